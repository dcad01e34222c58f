"""The desk: where facts come in, boards go out, and actions leave. The same for the screen and the command line."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.actions import BY_VERB
from oncall_tui.board import Board, Relation, build_board
from oncall_tui.clock import Clock
from oncall_tui.desk.params import checked
from oncall_tui.desk.parts import internal, pause
from oncall_tui.desk.polling import Poller
from oncall_tui.desk.sending import Sender
from oncall_tui.desk.settings import ActRefused, DeskSettings
from oncall_tui.desk.watch import Watch
from oncall_tui.model import (
    FINAL,
    AuditLine,
    Draft,
    Facts,
    IncidentFacts,
    IncidentState,
    OutboxRow,
    OutboxState,
    ShiftFacts,
    SourceState,
    Verb,
    Version,
    split_id,
)
from oncall_tui.sources.base import NotFound, Source, SourceError, can
from oncall_tui.store import Store, StoreError
from oncall_tui.text import clean

log = logging.getLogger(__name__)

_KEY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_LOOK_S = 0.5
_QUEUED = frozenset({OutboxState.QUEUED})
_AGAIN = frozenset({OutboxState.QUEUED, OutboxState.REFUSED, OutboxState.UNKNOWN})
_UNSETTLED = frozenset({OutboxState.REFUSED, OutboxState.UNKNOWN})


class Desk:
    """The engine. Holds no fact of its own: everything is in the store."""

    def __init__(self, store: Store, sources: Sequence[Source], clock: Clock, settings: DeskSettings) -> None:
        self.clock = clock
        self.settings = settings
        self._store = store
        self._sources: Mapping[str, Source] = {source.name: source for source in sources}
        self._subscribers: list[Callable[[], None]] = []
        self._pulse = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._reading: dict[str, asyncio.Task[str | None]] = {}
        self._pressed: list[str] = []
        self._facts: Facts | None = None
        chance = random.Random()  # noqa: S311 - spreads polls in time, keeps no secret
        self._sender = Sender(
            store, self._sources, clock, settings, changed=self._say_changed, refresh=self._refresh_soon, chance=chance
        )
        self._pollers = {
            source.name: Poller(
                source, store, clock, changed=self._say_changed, answered=self._sender.answered, chance=chance
            )
            for source in sources
        }
        self._watch = Watch(store, clock, settings, self._sender, changed=self._say_changed, reopened=self._poke_all)
        self._polling = False

    # -- life --------------------------------------------------------------------------------------------------

    async def start(self, *, poll: bool = True) -> None:
        """Take the lease if it is free, and begin to send and (``poll``) to poll; returns at once."""
        await self._watch.begin()
        self._spawn(self._sender.run(), "sender")
        self._spawn(self._watch.run(), "watch")
        if poll:
            self._polling = True
            for name, poller in self._pollers.items():
                self._spawn(poller.run(), f"poller {name}")

    async def stop(self, grace_s: float = 3.0) -> None:
        """End everything within about ``grace_s`` seconds. What is queued stays queued, what is on its way and has no
        answer stays ``sending`` and is read back at the next start. May be called twice."""
        await self._sender.stop(grace_s)
        for task in self._tasks | set(self._reading.values()):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._reading.values(), return_exceptions=True)
        await asyncio.gather(*(poller.stop() for poller in self._pollers.values()))
        await self._watch.end()

    def _spawn(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            internal(task.get_name(), error)

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """``callback`` is called on the loop's thread when a board may show something else. Returns what ends it."""
        self._subscribers.append(callback)

        def end() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return end

    def _say_changed(self) -> None:
        pulse, self._pulse = self._pulse, asyncio.Event()
        pulse.set()
        for callback in tuple(self._subscribers):
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - a screen's bug must not end the sending
                internal("a subscriber", error)

    # -- facts out ---------------------------------------------------------------------------------------------

    @property
    def sender(self) -> str | None:
        """Who holds the sending lease (``host pid 123``), when it is not this process."""
        return self._watch.other

    @property
    def banner(self) -> str | None:
        """The line that everything else depends on: nothing can be stored, or what the data folder has to tell."""
        lines = [self._store.trouble] if self._store.trouble else []
        return " · ".join([*lines, *self._store.notices]) or None

    async def board(self) -> Board:
        """All that a screen may show, now."""
        now = self.clock.now()
        self._facts = await self._store.facts(now)
        told = {name: frozenset(word.value for word in one.capabilities) for name, one in self._sources.items()}
        settings = replace(self.settings.board, capabilities=told)
        return build_board(self._facts, settings, now, sender=self.sender, banner=self.banner)

    async def attention(self, board: Board) -> tuple[str, ...]:
        """Ids of triggered incidents that are the seat's and that it was not rung for yet: once a page, again when it
        triggers again; none while the seat does not hold the shift (W8)."""
        if not board.shift.on_call:
            return ()
        again = self._facts.retriggered if self._facts is not None else {}
        marks = {}
        for row in board.incidents:
            if row.relation is Relation.MINE and row.incident.state is IncidentState.TRIGGERED:
                since = again.get(row.id, row.incident.created_at)
                marks[f"{row.id} {since.isoformat()}"] = row.id
        try:
            new = await self._store.mark_rung(marks)
        except StoreError:
            return tuple(marks.values())  # better rung twice than never
        return tuple(incident_id for mark, incident_id in marks.items() if mark in new)

    async def view(self, incident_id: str) -> IncidentFacts | None:
        """What the store has of one incident."""
        return await self._store.incident(incident_id)

    async def shift_facts(self, start: datetime, end: datetime) -> ShiftFacts:
        """What a handover of that stretch is made of."""
        return await self._store.shift_facts(start, end)

    async def source_states(self) -> tuple[SourceState, ...]:
        """How each source fares."""
        return await self._store.source_states()

    async def outbox(self) -> tuple[OutboxRow, ...]:
        """Every action, newest last."""
        return await self._store.outbox()

    async def audit(self, limit: int = 200) -> tuple[AuditLine, ...]:
        """The latest audit lines, oldest first."""
        return await self._store.audit(limit)

    # -- facts in ----------------------------------------------------------------------------------------------

    async def read(self, incident_id: str) -> str | None:
        """Ask its source for the whole incident and store it. The problem in one line, or ``None``."""
        running = self._reading.get(incident_id)
        if running is None:
            running = asyncio.create_task(self._read(incident_id), name=f"read {incident_id}")
            self._reading[incident_id] = running
            running.add_done_callback(lambda _: self._reading.pop(incident_id, None))
        return await asyncio.shield(running)

    async def _read(self, incident_id: str) -> str | None:
        try:
            source = self._source_of(incident_id)
            detail = await source.read(split_id(incident_id)[1])
            news = await self._store.put_detail(detail)
        except NotFound as error:
            news = await self._store.mark_unknown(incident_id)
            problem: str | None = str(error)
        except (SourceError, StoreError, ActRefused) as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - a source's bug is told like its other failures
            return internal(f"read {incident_id}", error)
        else:
            problem = None
        if news:
            self._say_changed()
        return problem

    async def refresh(self, names: Collection[str] | None = None, *, wait: bool = False) -> None:
        """Poll these sources (``None``: all) now; ``wait`` until they have answered or failed."""
        chosen = [poller for name, poller in self._pollers.items() if names is None or name in names]
        if wait:
            await asyncio.gather(*(poller.once() for poller in chosen))
            return
        for poller in chosen:
            if self._polling:
                poller.poke()
            else:
                self._spawn(poller.once(), f"poll {poller.source.name}")

    def _refresh_soon(self, name: str) -> None:
        if self._polling and name in self._pollers:
            self._pollers[name].poke()

    def _poke_all(self) -> None:
        for name in self._pollers:
            self._refresh_soon(name)

    async def poll_once(self) -> dict[str, str | None]:
        """Every source once, all at the same time: its name and its problem in one line, or ``None``."""
        problems = await asyncio.gather(*(poller.once() for poller in self._pollers.values()))
        return dict(zip(self._pollers, problems, strict=True))

    # -- actions: the only way out -----------------------------------------------------------------------------

    async def act(
        self,
        verb: Verb,
        target: str,
        *,
        params: Mapping[str, Any],
        seen: Version | None,
        title: str,
        undo: bool = True,
    ) -> OutboxRow:
        """Store an action; when this returns it is on the disk. It leaves after the undo window (``undo``) if the
        target then still is what was ``seen``. A double press gives the row that is pending already.

        Raises:
            ActRefused: read-only seat, unknown id, not this source's, a parameter that cannot be.
            StoreError: it could not be stored: nothing will be sent.
        """
        self._check_may_act()
        source = self._source_of(target)
        if not can(source.capabilities, verb):
            raise ActRefused(f"{source.name} ({source.kind}) cannot {BY_VERB[verb].title.lower()}")
        if seen is None and not await self._store.find_ids(target):
            raise ActRefused(f"nothing with the id {clean(target, 80)} is known here")
        now = self.clock.now()
        row = OutboxRow(
            key=new_key(),
            verb=verb,
            target=target,
            source=source.name,
            target_title=clean(title),
            params=checked(verb, params),
            seen=seen,
            seat=self.settings.board.user_in.get(source.name) or self.settings.board.user or "seat",
            created_at=now,
            not_before=now + (self.settings.undo.get(BY_VERB[verb].id, timedelta()) if undo else timedelta()),
        )
        stored, is_new = await self._store.enqueue(row)
        if is_new:
            self._pressed.append(stored.key)
        self._moved()
        return stored

    async def cancel(self, key: str) -> OutboxRow:
        """Drop a queued action; a refused or unknown one is seen off.

        Raises:
            ActRefused: no such action, it has left, or it has ended.
        """
        row = await self._row(key)
        if row.state in _UNSETTLED:
            await self.see_off(row.key)
            return row
        if not row.pending:
            raise ActRefused(f"it has ended: {row.state.value}")
        cancelled = replace(row, state=OutboxState.CANCELLED, answered_at=self.clock.now(), held=None, next_try=None)
        if not await self._store.move(cancelled, was=_QUEUED, event="cancelled"):
            raise ActRefused("it has left already")
        self._moved()
        return cancelled

    async def retry(self, key: str) -> OutboxRow:
        """Send a held, refused or unknown action now, whatever its age and its target's version.

        Raises:
            ActRefused: read-only seat, no such action, it is on its way, or it has ended well.
        """
        self._check_may_act()
        row = await self._row(key)
        now = self.clock.now()
        again = replace(
            row,
            state=OutboxState.QUEUED,
            forced=True,
            held=None,
            next_try=None,
            not_before=now,
            answered_at=None,
            answer=None,
        )
        if not await self._store.move(again, was=_AGAIN, event="retried", detail="by a person"):
            raise ActRefused("it has left already" if row.pending else f"it has ended: {row.state.value}")
        self._sender.hurry()
        self._moved()
        return again

    async def as_note(self, key: str) -> OutboxRow:
        """Instead of a held, refused or unknown action, a note on its target that says what was meant.

        Raises:
            ActRefused: as :meth:`act` and :meth:`cancel`.
        """
        row = await self._row(key)
        if row.state not in _AGAIN:
            raise ActRefused("it has left already" if row.pending else f"it has ended: {row.state.value}")
        if row.verb is Verb.NOTE:
            raise ActRefused("it is a note already")
        why = row.held or row.answer or "dropped"
        at = row.created_at.astimezone(self.settings.board.zone)
        text = f"Meant at {at:%H:%M %Z}, not done: {BY_VERB[row.verb].title.lower()} ({why})"
        params = {"text": text, "at": None, "kind": None}
        # The note first: should storing it fail, the action is still there to be decided on.
        note = await self.act(Verb.NOTE, row.target, params=params, seen=row.seen, title=row.target_title, undo=False)
        await self.cancel(row.key)
        return note

    async def see_off(self, key: str) -> None:
        """A person has seen that it was refused, or that its outcome is unknown."""
        await self._store.see_off((await self._row(key)).key)
        self._say_changed()

    async def undo(self) -> OutboxRow | None:
        """Cancel this process's newest action that has not left; ``None`` where there is none."""
        while self._pressed:
            try:
                return await self._cancel_queued(self._pressed.pop())
            except ActRefused:
                continue
        return None

    async def _cancel_queued(self, key: str) -> OutboxRow:
        if (await self._row(key)).state is not OutboxState.QUEUED:
            raise ActRefused("it has left already")
        return await self.cancel(key)

    async def wait(self, key: str, timeout_s: float) -> OutboxRow:
        """The row once it has ended or waits for a person, or as it is after ``timeout_s``; also when another process
        sends it.

        Raises:
            ActRefused: no such action.
        """
        until = self.clock.now() + timedelta(seconds=timeout_s)
        while True:
            pulse = self._pulse
            row = await self._row(key)
            left = (until - self.clock.now()).total_seconds()
            if row.state in FINAL or row.held is not None or left <= 0:
                return row
            await pause(self.clock, min(left, _LOOK_S), pulse)

    async def flush(self, timeout_s: float) -> tuple[OutboxRow, ...]:
        """Send everything that waits only for its next attempt; what was pending, as it is when it has ended, is held,
        or after ``timeout_s``.

        Raises:
            ActRefused: read-only seat.
        """
        self._check_may_act()
        pending = [row for row in await self._store.outbox(pending_only=True) if row.held is None]
        self._sender.hurry()
        until = self.clock.now() + timedelta(seconds=timeout_s)
        ended = []
        for row in pending:
            left = max(0.0, (until - self.clock.now()).total_seconds())
            ended.append(await self.wait(row.key, left))
        return tuple(ended)

    def _check_may_act(self) -> None:
        if self.settings.read_only:
            raise ActRefused("this seat is read-only: no action leaves")
        if self._store.read_only:
            raise ActRefused("the data folder is of a newer oncall-tui: no action is taken from here")

    def _source_of(self, target: str) -> Source:
        try:
            name, _ = split_id(target)
        except ValueError:
            raise ActRefused(f"not an id: {clean(target, 80)}") from None
        source = self._sources.get(name)
        if source is None:
            raise ActRefused(f"no source named {clean(name, 40)} is configured")
        return source

    async def _row(self, key: str) -> OutboxRow:
        row = await self._store.outbox_row(key)
        if row is None:
            raise ActRefused(f"no action has the key {clean(key, 40)}")
        return row

    def _moved(self) -> None:
        self._sender.wake()
        self._say_changed()

    # -- drafts and remembered things ----------------------------------------------------------------------------

    async def draft(self, key: str) -> Draft | None:
        """The text that a person has begun."""
        return await self._store.draft(key)

    async def save_draft(self, key: str, text: str) -> None:
        """Keep a text as it is now."""
        await self._store.save_draft(key, text)

    async def drop_draft(self, key: str) -> None:
        """The text was sent or discarded."""
        await self._store.drop_draft(key)

    async def value(self, name: str) -> str | None:
        """A remembered choice."""
        return await self._store.value(name)

    async def set_value(self, name: str, text: str) -> None:
        """Remember a choice."""
        await self._store.set_value(name, text)


def new_key() -> str:
    """A key for an action, made at the key press: short enough to be typed, and no other has it."""
    return "".join(secrets.choice(_KEY_LETTERS) for _ in range(12))
