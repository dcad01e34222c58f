"""Going on with declarations: what can go into the outbox now goes there. Done by the process that sends, so that one
process does it; each step's key is the same whoever does it, so that after a crash it is done once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from oncall_tui.board import room_name
from oncall_tui.clock import Clock
from oncall_tui.desk.params import checked
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
from oncall_tui.store import Store


async def resume(store: Store, settings: DeskSettings, clock: Clock) -> tuple[bool, datetime | None]:
    """Put what is due of every open declaration into the outbox.

    Returns:
        whether anything was, and when something is due next by the clock.

    Raises:
        StoreError: it could not be stored; nothing is lost, and it is tried again.
    """
    has_moved, times = False, []
    for declared in await store.declarations.opened():
        moved, again = await _go_on(store, settings, clock, declared)
        has_moved |= moved
        times += [again] if again is not None else []
    return has_moved, min(times, default=None)


async def _go_on(
    store: Store, settings: DeskSettings, clock: Clock, declared: Declared
) -> tuple[bool, datetime | None]:
    now = clock.now()
    keys = [declared.key(step.id) for step in declared.plan.steps]
    rows = await store.declarations.rows(keys)
    known = _with_incident(declared, rows)
    if known is not declared:
        await store.declarations.change(known, is_over=False)
    standing = stands(known, rows, now, settings.resend_for)
    moved = known is not declared
    for step in due(known, standing, now):
        moved |= await store.declarations.enqueue(await _row(store, known, step, standing, now))
    left = [step for step in known.plan.steps if known.key(step.id) not in {row.key for row in rows}]
    if all(now > known.last_asked(step.id) + settings.resend_for for step in left):
        await store.declarations.change(known, is_over=True)
    return moved, looks_again(standing, now)


def _with_incident(declared: Declared, rows: tuple[OutboxRow, ...]) -> Declared:
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
