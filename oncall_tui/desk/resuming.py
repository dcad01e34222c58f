"""Going on with declarations: what can go into the outbox now goes there. Done by the process that sends, so that one
process does it; each step's key is the same whoever does it, so that after a crash it is done once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from oncall_tui.board import room_name
from oncall_tui.clock import Clock
from oncall_tui.desk.params import checked
from oncall_tui.desk.parts import internal
from oncall_tui.desk.settings import ActRefused, DeskSettings
from oncall_tui.model import Incident, OutboxRow, OutboxState, join_id
from oncall_tui.policy.declaring import (
    INCIDENT,
    LINK,
    NUMBER,
    PLACE,
    ROOM,
    ROOM_ID,
    ROOM_NAME,
    Declaration,
    Declared,
    Step,
    StepState,
    due,
    filled,
    looks_again,
    stands,
)
from oncall_tui.store import Store, StoreError

_AGAIN = timedelta(seconds=2)
"""Until one that could not be gone on with is tried again."""


async def resume(store: Store, settings: DeskSettings, clock: Clock) -> tuple[bool, datetime | None]:
    """Put what is due of every open declaration into the outbox.

    Returns:
        whether anything was, and when something is due next by the clock.

    Raises:
        StoreError: it could not be stored; nothing is lost, and it is tried again.
    """
    has_moved, times = False, []
    for declared in await store.declarations.opened():
        try:
            moved, again = await _go_on(store, settings, clock, declared)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - our own bug with one plan must not hold up another
            internal(f"declaration {declared.id}", error)
            moved, again = False, clock.now() + _AGAIN
        has_moved |= moved
        times += [again] if again is not None else []
    return has_moved, min(times, default=None)


async def _go_on(
    store: Store, settings: DeskSettings, clock: Clock, declared: Declared
) -> tuple[bool, datetime | None]:
    now, unasked_for = clock.now(), settings.resend_for
    rows = await store.declarations.rows([declared.key(step.id) for step in declared.plan.steps])
    known = with_incident(declared, rows)
    moved = known is not declared
    if moved or _is_over(known, rows, now, unasked_for):

        def as_it_is(held: Declared) -> tuple[Declared, bool]:
            one = with_incident(held, rows)
            return one, _is_over(one, rows, now, unasked_for)

        await store.declarations.change(declared.id, as_it_is)
    standing = stands(known, rows, now, unasked_for)
    for step in due(known, standing, now):
        moved |= await store.declarations.enqueue(await _row(store, known, step, standing, now))
    return moved, looks_again(standing, now)


def _is_over(declared: Declared, rows: tuple[OutboxRow, ...], now: datetime, unasked_for: timedelta) -> bool:
    """Whether nothing of it goes into the outbox unasked any more, and its incident is known if it is still to be."""
    by_key = {row.key: row for row in rows}
    made = by_key.get(declared.key(INCIDENT))
    if declared.incident is None and made is not None and made.pending:
        return False
    left = [step.id for step in declared.plan.steps if declared.key(step.id) not in by_key]
    return all(now > declared.last_asked(step_id) + unasked_for for step_id in left)


def with_incident(declared: Declared, rows: tuple[OutboxRow, ...]) -> Declared:
    """It with the incident's id, once the pager has told it."""
    if declared.incident is not None:
        return declared
    key = declared.key(INCIDENT)
    made = next((row for row in rows if row.key == key and row.state is OutboxState.CONFIRMED), None)
    if made is None or made.native_ref is None:
        return declared
    return replace(declared, incident=join_id(made.source, made.native_ref))


async def _row(store: Store, declared: Declared, step: Step, standing: Declaration, now: datetime) -> OutboxRow:
    words = await _words(store, declared, step, standing)
    row = OutboxRow(
        key=declared.key(step.id),
        verb=step.verb,
        target=declared.incident or declared.target,
        source=step.to,
        target_title=declared.plan.wish.title,
        seat=declared.seat,
        created_at=now,
        not_before=now,
    )
    try:
        return replace(row, params=checked(step.verb, filled(step.params, words)))
    except ActRefused as error:
        return replace(row, state=OutboxState.REFUSED, answered_at=now, answer=str(error))


async def _words(store: Store, declared: Declared, step: Step, standing: Declaration) -> Mapping[str, str]:
    """What stands for what was not known when the plan was made."""
    words: dict[str, str] = {}
    if declared.incident is not None:
        held = await store.incident_seen(declared.incident)
        native_id = declared.incident.partition(":")[2]
        words = told_of(held[0]) if held is not None else {NUMBER: native_id, ROOM_NAME: f"inc-{native_id}".lower()}
    room = standing.step(ROOM)
    if room is not None and room.state is StepState.DONE and room.row is not None:
        words = {**words, ROOM_ID: room.row.native_ref or "", PLACE: f"#{str(room.row.params['name']).lstrip('#')}"}
    return words


def told_of(incident: Incident) -> dict[str, str]:
    """What its pager says of an incident, for the texts of steps."""
    return {
        NUMBER: f"#{incident.number}" if incident.number else incident.native_id,
        LINK: incident.url or "",
        ROOM_NAME: room_name(incident),
    }
