"""One step of one action: check what it was pressed against, send it, read back what became of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from oncall_tui.actions import RETRY
from oncall_tui.clock import Clock
from oncall_tui.desk.parts import backoff, internal
from oncall_tui.desk.settings import DeskSettings
from oncall_tui.desk.version import OWN_FACT, OWN_FACT_LIGHT, already_so, is_effect_of, what_changed
from oncall_tui.model import DECLARING, MESSAGING, OF_SCHEDULES, Incident, OutboxRow, OutboxState, Retry, Verb, split_id
from oncall_tui.records import dataclass
from oncall_tui.sources.base import (
    Confirmation,
    NotFound,
    Outcome,
    Receiver,
    Refused,
    Source,
    SourceError,
    Unsupported,
)
from oncall_tui.store import Store
from oncall_tui.text import clean

if TYPE_CHECKING:
    from oncall_tui.desk.sending import Gates

LOOKS = 5
"""How often the system is asked what became of an action before its outcome is called unknown."""
SETTLE = timedelta(seconds=4)
"""A lost addition is sent again only when it is still not there this long after its answer was lost …"""
SETTLE_OTHERS = timedelta(seconds=20)
"""… or after it was sent, where another process sent it, whose request may still be on its way."""

_READ_BACK = "no answer came; read back"
_NO_INCIDENT = MESSAGING | OF_SCHEDULES | DECLARING | {Verb.SILENCE, Verb.EXPIRE_SILENCE}
"""What does not depend on how an incident stands."""
_QUEUED = frozenset({OutboxState.QUEUED})
_SENDING = frozenset({OutboxState.SENDING})


@dataclass(slots=True)
class _Look:
    """How often an action was looked for without a clear answer, and when to look again."""

    tries: int
    next_at: datetime


class Delivery:
    """The steps of actions. Holds only what a restart may forget: how often it has looked for what."""

    def __init__(
        self,
        store: Store,
        receivers: Mapping[str, Receiver],
        clock: Clock,
        settings: DeskSettings,
        gates: Gates,
        *,
        changed: Callable[[], None],
        refresh: Callable[[str], None],
        chance: random.Random,
    ) -> None:
        self._store = store
        self._receivers = receivers
        self._clock = clock
        self._settings = settings
        self._gates = gates
        self._changed = changed
        self._refresh = refresh
        self._chance = chance
        self._looks: dict[str, _Look] = {}
        self._lost_at: dict[str, datetime] = {}
        self._waits: dict[str, tuple[str, datetime]] = {}

    # -- when --------------------------------------------------------------------------------------------------

    def due(self, row: OutboxRow) -> datetime | None:
        """When its next step may be, as far as the row itself is concerned. ``OutboxRow.next_try`` only tells people:
        a process that starts tries at once."""
        if row.state is OutboxState.SENDING:
            look = self._looks.get(row.key)
            return look.next_at if look is not None else None
        waits = self._waits.get(row.key)
        return waits[1] if waits is not None else None

    def hurry(self, source: str | None = None) -> None:
        """What waits for its next attempt (at that source) is due at once."""
        self._waits = {key: waits for key, waits in self._waits.items() if source not in (None, waits[0])}
        if source is None:
            for look in self._looks.values():
                look.next_at = self._clock.now()

    def expires(self, row: OutboxRow) -> datetime:
        """Until when it goes out unasked (A7): from the key press, or from when a person said "send it"."""
        return max(row.created_at, row.not_before) + self._settings.resend_for

    # -- steps -------------------------------------------------------------------------------------------------

    async def step(self, row: OutboxRow) -> None:
        """The next step of a row that is due. The seat's read-only rule is kept here, below every key and command.

        Raises:
            StoreError: a transition could not be stored: nothing was sent after it.
        """
        if self._settings.read_only:
            return
        source = self._receivers.get(row.source)
        if source is None:
            await self.hold(
                row, f"no {'channel' if row.verb in MESSAGING else 'source'} named {row.source} is configured now"
            )
        elif row.state is OutboxState.SENDING:
            await self._look(source, row)
        else:
            await self._send(source, row)

    async def _send(self, source: Receiver, row: OutboxRow) -> None:
        if self.expires(row) <= self._clock.now():
            await self.hold(row, "it waited too long to go unasked")
            return
        try:
            if row.attempts > 0 and await self._is_there(source, row):
                return
            if not row.forced and not await self._means_the_same(source, row):
                return
            if row.attempts == 0 and RETRY[row.verb] is not Retry.STATE:
                row = replace(row, baseline=await source.prepare(row))
        except (Refused, Unsupported) as error:
            await self._end(row, OutboxState.REFUSED, str(error))
            return
        except SourceError as error:
            await self._wait_for_source(row, error)
            return
        await self._send_now(source, row)

    async def _send_now(self, source: Receiver, row: OutboxRow) -> None:
        now = self._clock.now()
        sending = replace(
            row, state=OutboxState.SENDING, attempts=row.attempts + 1, sent_at=now, next_try=None, answer=None
        )
        if not await self._store.begin_send(sending):
            # Cancelled, or another process sends now: the watch will tell.
            self._waits[row.key] = (row.source, now + timedelta(seconds=1))
            return
        self._looks.pop(row.key, None)
        self._changed()
        try:
            sent = await source.send(sending)
        except Refused as error:
            await self._refused(source, sending, error)
        except Unsupported as error:
            await self._end(sending, OutboxState.REFUSED, str(error))
        except SourceError as error:
            if error.maybe_applied:
                await self._lost(sending, str(error), error.retry_after)
            else:
                await self._wait_for_source(sending, error)
        except Exception as error:  # noqa: BLE001 - a source's bug: what was sent is not known
            await self._lost(sending, internal(f"{row.verb.value} {row.target}", error), None)
        else:
            self._gates.open(row.source)
            answered = replace(
                sending,
                answered_at=self._clock.now(),
                answer=clean(sent.text) or None,
                native_ref=sent.native_ref or row.native_ref,
            )
            await self._store.move(answered, was=_SENDING, event="answered")
            await self._look(source, answered)

    async def _refused(self, source: Receiver, row: OutboxRow, error: Refused) -> None:
        """4xx: parked with its reason, unless it says no because it is so already."""
        self._gates.open(row.source)
        if RETRY[row.verb] is Retry.STATE and not isinstance(error, NotFound):
            try:
                found = await source.confirm(row)
            except SourceError:
                found = Confirmation(outcome=Outcome.UNKNOWN)
            if found.outcome is Outcome.APPLIED and row.attempts > 1:
                await self._end(row, OutboxState.CONFIRMED, found.text, found)
                return
            if found.outcome in (Outcome.APPLIED, Outcome.SUPERSEDED):
                await self._end(row, OutboxState.SUPERSEDED, found.text or str(error), found)
                return
        if isinstance(error, NotFound) and row.verb not in MESSAGING | OF_SCHEDULES | DECLARING:
            await self._store.mark_unknown(row.target)
        await self._end(row, OutboxState.REFUSED, str(error))

    # -- before sending ----------------------------------------------------------------------------------------

    async def _is_there(self, source: Receiver, row: OutboxRow) -> bool:
        """Before it is sent again: whether an earlier attempt has taken effect after all (then it has ended)."""
        found = await source.confirm(row)
        if found.outcome is Outcome.APPLIED:
            await self._end(row, OutboxState.CONFIRMED, found.text, found)
        elif found.outcome is Outcome.SUPERSEDED:
            await self._end(row, OutboxState.SUPERSEDED, found.text, found)
        else:
            return False
        return True

    async def _means_the_same(self, source: Receiver, row: OutboxRow) -> bool:
        """Whether the target still is what it was at the key press. If not the row is held, superseded or refused."""
        if row.verb in _NO_INCIDENT:
            return True
        incident = await self._target(source, row)
        if incident is None or row.verb is Verb.NOTE:
            return incident is not None
        zone = self._settings.board.zone
        first = already_so(row.verb, incident, zone)
        if first is not None:
            await self._end(row, OutboxState.SUPERSEDED, first)
            return False
        changed = what_changed(row.seen, incident, zone) if row.seen is not None else None
        if changed is not None:
            await self.hold(row, changed)
            return False
        return True

    async def _target(self, source: Receiver, row: OutboxRow) -> Incident | None:
        """The target as its system has it, asked anew when the store's fact is old. ``None``: it is gone, the row has
        ended."""
        held = await self._store.incident_seen(row.target)
        if held is not None and row.verb is Verb.NOTE:
            return held[0]  # whatever its state: a note only needs it to be there, and the system says so itself
        fresh = OWN_FACT_LIGHT if row.verb is Verb.ACKNOWLEDGE else OWN_FACT
        if held is not None and self._clock.now() - held[1] <= fresh:
            return held[0]
        try:
            detail = await cast(Source, source).read(split_id(row.target)[1])
        except NotFound as error:
            await self._store.mark_unknown(row.target)
            await self._end(row, OutboxState.REFUSED, str(error))
            return None
        await self._store.put_detail(detail)
        held = await self._store.incident_seen(row.target)
        return held[0] if held is not None else detail.incident

    # -- after sending -----------------------------------------------------------------------------------------

    async def _lost(self, row: OutboxRow, words: str, retry_after: float | None) -> None:
        """No answer, and it may have taken effect: read back."""
        now = self._clock.now()
        self._lost_at[row.key] = now
        self._looks[row.key] = _Look(0, now + timedelta(seconds=max(1.0, retry_after or 0.0)))
        await self._store.move(replace(row, answer=clean(words)), was=_SENDING, event="no answer")
        self._changed()

    async def _look(self, source: Receiver, row: OutboxRow) -> None:
        """Read back a row that was sent."""
        try:
            found = await source.confirm(row)
        except Refused as error:
            found = Confirmation(outcome=Outcome.UNKNOWN, text=str(error))
        except SourceError as error:
            await self._cannot_look(row, error)
            return
        except Exception as error:  # noqa: BLE001 - a source's bug: the outcome stays unknown, and visible
            found = Confirmation(outcome=Outcome.UNKNOWN, text=internal(f"reading back {row.target}", error))
        self._gates.open(row.source)
        if found.outcome is Outcome.APPLIED:
            await self._end(row, OutboxState.CONFIRMED, found.text, found)
        elif found.outcome is Outcome.SUPERSEDED:
            await self._end(row, OutboxState.SUPERSEDED, found.text, found)
        elif found.outcome is Outcome.REFUSED:
            await self._end(row, OutboxState.REFUSED, found.text, found)
        else:
            await self._not_seen(row, found)

    async def _cannot_look(self, row: OutboxRow, error: SourceError) -> None:
        """The system cannot be asked now: it is asked again for a quarter of an hour, then the outcome is unknown."""
        until = self._gates.close(row.source, error.retry_after)
        now = self._clock.now()
        if now < (row.sent_at or row.created_at) + self._settings.resend_for:
            self._looks[row.key] = _Look(self._tries(row), until)
            self._changed()
        elif RETRY[row.verb] is Retry.STATE:
            await self._requeue(row, str(error), until)
        else:
            await self._end(row, OutboxState.UNKNOWN, f"it may have taken effect: {error}")

    def _tries(self, row: OutboxRow) -> int:
        look = self._looks.get(row.key)
        return look.tries if look is not None else 0

    async def _not_seen(self, row: OutboxRow, found: Confirmation) -> None:
        now = self._clock.now()
        tries = self._tries(row) + 1
        kind = RETRY[row.verb]
        lost = row.answered_at is None
        if lost and kind is Retry.STATE:
            await self._requeue(row, row.answer or "no answer", self._resend_at(row))
        elif lost and kind is Retry.ADDITION and found.outcome is Outcome.NOT_APPLIED and now >= self._settled(row):
            await self._requeue(row, row.answer or "no answer, and it is not there", self._resend_at(row))
        elif tries < LOOKS or (lost and kind is Retry.ADDITION and found.outcome is Outcome.NOT_APPLIED):
            self._looks[row.key] = _Look(tries, now + timedelta(seconds=2 ** min(tries - 1, 3)))
        elif kind is Retry.STATE:
            await self._requeue(row, "answered, and has not taken effect", self._resend_at(row))
        else:
            await self._end(row, OutboxState.UNKNOWN, _unknown_words(row, found))

    def _settled(self, row: OutboxRow) -> datetime:
        """From when on "it is not there" means that it did not arrive."""
        lost_at = self._lost_at.get(row.key)
        return lost_at + SETTLE if lost_at is not None else (row.sent_at or row.created_at) + SETTLE_OTHERS

    def _resend_at(self, row: OutboxRow) -> datetime:
        return self._clock.now() + timedelta(seconds=backoff(row.attempts, 1.0, self._chance))

    # -- transitions -------------------------------------------------------------------------------------------

    async def hold(self, row: OutboxRow, reason: str) -> None:
        """It waits for a person: send, drop, or turn into a note."""
        held = replace(row, state=OutboxState.QUEUED, held=clean(reason), forced=False, next_try=None)
        self._waits.pop(row.key, None)
        await self._store.move(held, was=frozenset({row.state}), event="held")
        self._changed()

    async def _wait_for_source(self, row: OutboxRow, error: SourceError) -> None:
        """Nothing was sent: it stays queued until the system answers again."""
        await self._requeue(row, str(error), self._gates.close(row.source, error.retry_after))

    async def _requeue(self, row: OutboxRow, words: str, next_try: datetime) -> None:
        queued = replace(
            row, state=OutboxState.QUEUED, answer=clean(words) or None, answered_at=None, next_try=next_try
        )
        self._looks.pop(row.key, None)
        self._waits[row.key] = (row.source, next_try)
        await self._store.move(queued, was=frozenset({row.state}), event="queued again")
        self._changed()

    async def _end(self, row: OutboxRow, state: OutboxState, words: str, found: Confirmation | None = None) -> None:
        if found is not None and found.detail is not None:
            await self._store.put_detail(found.detail)
        if state is OutboxState.SUPERSEDED and not (found is not None and found.tells_words):
            words += _unwritten(row)
        ended = replace(
            row,
            state=state,
            answered_at=self._clock.now(),
            answer=clean(words) or (_READ_BACK if row.answered_at is None and found is not None else row.answer),
            native_ref=(found.native_ref if found is not None else None) or row.native_ref,
            next_try=None,
            held=None,
        )
        moved = await self._store.move(ended, was=frozenset({row.state}), event=state.value)
        if moved and state is OutboxState.CONFIRMED:
            await self._carry_version_on(ended)
        self._looks.pop(row.key, None)
        self._lost_at.pop(row.key, None)
        self._waits.pop(row.key, None)
        self._changed()
        if state is not OutboxState.REFUSED:
            self._refresh(row.source)

    async def _carry_version_on(self, done: OutboxRow) -> None:
        """What was pressed on the same target before this one took effect is pinned to what this one made of it: our
        own acknowledgement does not hold up the escalation that was pressed right after it."""
        held = await self._store.incident_seen(done.target)
        if held is None or done.seen is None:
            return
        after = held[0].version
        if after == done.seen or not is_effect_of(done.verb, done.seen, after):
            return
        for row in await self._store.outbox(pending_only=True):
            if row.target == done.target and row.seen == done.seen and row.state is OutboxState.QUEUED:
                pinned = replace(row, seen=after)
                await self._store.move(pinned, was=_QUEUED, event="pinned anew", detail=f"after {done.key}")


def _unwritten(row: OutboxRow) -> str:
    """The words of a resolution that somebody else came before."""
    words = row.params.get("resolution") if row.verb is Verb.RESOLVE else None
    return f"; not written: {words}" if words else ""


def _unknown_words(row: OutboxRow, found: Confirmation) -> str:
    if found.text:
        return found.text
    if row.answered_at is not None:
        return "the system took it, and it does not show there"
    return "no answer, and it does not show there: look before you send it again"
