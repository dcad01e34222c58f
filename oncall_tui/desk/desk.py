"""The desk: where facts come in, boards go out, and actions leave. The same for the screen and the command line."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING, Any

from oncall_tui.board import Board, Builder, ChannelView
from oncall_tui.clock import Clock
from oncall_tui.desk.acting import Actions, source_of
from oncall_tui.desk.kept import Kept
from oncall_tui.desk.parts import internal, pause
from oncall_tui.desk.polling import Poller
from oncall_tui.desk.sending import Sender
from oncall_tui.desk.settings import ActRefused, DeskSettings
from oncall_tui.desk.watch import Watch
from oncall_tui.model import (
    FINAL,
    Facts,
    First,
    OutboxRow,
    Verb,
    Version,
    split_id,
)
from oncall_tui.sources.base import (
    Capability,
    HasComponents,
    NotFound,
    Probe,
    Receiver,
    Source,
    SourceError,
    for_action,
    reach_of,
)
from oncall_tui.store import Store, StoreError
from oncall_tui.text import clean

if TYPE_CHECKING:
    from oncall_tui.desk.attention import Ringer
    from oncall_tui.desk.backfill import Backfill
    from oncall_tui.desk.commands import Runs
    from oncall_tui.desk.investigating import Investigator
    from oncall_tui.store.declarations import Declarations

log = logging.getLogger(__name__)

_LOOK_S = 0.5


class Desk(Kept):
    """The engine. Holds no fact of its own: everything is in the store."""

    def __init__(
        self,
        store: Store,
        sources: Sequence[Source],
        clock: Clock,
        settings: DeskSettings,
        *,
        channels: Sequence[Receiver] = (),
    ) -> None:
        super().__init__(store, {source.name: source for source in sources})
        self.clock = clock
        self.settings = settings
        self._channels: Mapping[str, Receiver] = {channel.name: channel for channel in channels}
        self._subscribers: list[Callable[[], None]] = []
        self._pulse = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._reading: dict[str, asyncio.Task[str | None]] = {}
        self._facts: Facts | None = None
        self._whole: tuple[Board, str] | None = None
        """The last board that has all incidents, and what edition of them."""
        self._builder = Builder()
        self._ringer: Ringer | None = None
        chance = random.Random()  # noqa: S311 - spreads polls in time, keeps no secret
        self._sender = Sender(
            store,
            {**self._sources, **self._channels},
            clock,
            settings,
            changed=self._say_changed,
            refresh=self._refresh_soon,
            chance=chance,
        )
        self._pollers = {
            source.name: Poller(
                source, store, clock, changed=self._say_changed, answered=self._sender.answered, chance=chance
            )
            for source in sources
        }
        self._actions = Actions(
            store,
            {**self._sources, **self._channels},
            clock,
            settings,
            self._sender,
            changed=self._say_changed,
        )
        self._watch = Watch(store, clock, settings, self._sender, changed=self._say_changed, reopened=self._poke_all)
        self._polling = False
        self._runs: Runs | None = None
        self._backfill: Backfill | None = None
        self._investigator: Investigator | None = None

    @property
    def sources(self) -> Mapping[str, Source]:
        """The configured sources by name, for what a person asks of one; polls are the desk's own."""
        return self._sources

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
        ending = [self._runs.stop()] if self._runs is not None else []
        if self._backfill is not None:
            ending.append(self._backfill.end())
        await asyncio.gather(self._sender.stop(grace_s), *ending)
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

    async def board(self, *, patience_s: float = inf, first: First | None = None) -> Board:
        """All that a screen may show, now.

        Args:
            patience_s: how long to count alerts; what is not counted by then is on the next board, and the pane's
                state says so.
            first: with very many incidents, these alone; the pane's state says how many are missing.
        """
        now = self.clock.now()
        told = {name: frozenset(word.value for word in one.capabilities) for name, one in self._sources.items()}
        settings = replace(self.settings.board, capabilities=told, channels=self._channel_views())
        monitors = {name: Capability.SILENCE.value in told.get(name, ()) for name, _ in settings.sources}
        self._facts = await self._store.facts(
            now, monitors=monitors, patience_s=patience_s, join_labels=settings.join_labels, first=first
        )
        board = self._builder.build(self._facts, settings, now, sender=self.sender, banner=self.banner)
        self._whole = (board, self._facts.edition) if not self._facts.unread else None
        await asyncio.sleep(0)  # with ten thousand incidents a board takes a while: whoever waits goes first
        return board

    def first_of(self, board: Board, ids: Sequence[str]) -> First | None:
        """These incidents of a board as those that the next start shows first; ``None`` where that board has not all,
        or a later one is made already."""
        if self._whole is None or self._whole[0] is not board:
            return None
        return First(edition=self._whole[1], ids=tuple(ids))

    def _channel_views(self) -> tuple[ChannelView, ...]:
        """The channels as they are now: what a token may do shows only once it was used."""
        views = []
        for channel in self._channels.values():
            reach = reach_of(channel)
            views.append(
                ChannelView(
                    name=channel.name,
                    kind=channel.kind,
                    capabilities=frozenset(word.value for word in channel.capabilities),
                    place=reach.place,
                    named_by=reach.named_by,
                    subject=reach.subject,
                    html=reach.html,
                    contacts=reach.contacts,
                )
            )
        return tuple(views)

    async def components(self, channel: str) -> tuple[str, ...]:
        """What a publication on that channel may tell the state of, by name; none where it knows none.

        Raises:
            ActRefused: it cannot be asked now, and why.
        """
        found = self._channels.get(channel)
        if not isinstance(found, HasComponents):
            return ()
        try:
            with for_action():
                return await found.components()
        except SourceError as error:
            raise ActRefused(f"{clean(channel, 40)}: its components are not known: {error}") from None

    async def attention(self, board: Board) -> tuple[str, ...]:
        """Ids of triggered incidents that the seat is to be rung for: once a page, again when it triggers again, as
        the rules of attention say; none while the seat does not hold the shift (W8)."""
        if self._ringer is None:
            from oncall_tui.desk.attention import Ringer

            self._ringer = Ringer(self._store, self.settings.attention)
        again = self._facts.retriggered if self._facts is not None else {}
        return await self._ringer.ring(board, again, self.clock.now())

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
            source = source_of(self._sources, incident_id)
            problem: str | None = None
            try:
                detail = await source.read(split_id(incident_id)[1])
                news = await self._store.put_detail(detail)
            except NotFound as error:
                news = await self._store.mark_unknown(incident_id)
                problem = str(error)
        except (SourceError, StoreError, ActRefused) as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - a source's bug is told like its other failures
            return internal(f"read {incident_id}", error)
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
        return await self._actions.act(verb, target, params=params, seen=seen, title=title, undo=undo)

    async def tell(
        self, verb: Verb, channel: str, *, about: str, params: Mapping[str, Any], title: str, undo: bool = True
    ) -> OutboxRow:
        """Store what a channel is to do (``verb`` of MESSAGING) about an incident or a handover; as :meth:`act`.

        Raises:
            ActRefused: read-only seat, no such channel, not this channel's, a parameter that cannot be.
            StoreError: it could not be stored: nothing will be sent.
        """
        return await self._actions.tell(verb, channel, about=about, params=params, title=title, undo=undo)

    async def cancel(self, key: str) -> OutboxRow:
        """Drop a queued action; a refused or unknown one is seen off. Raises ActRefused."""
        return await self._actions.cancel(key)

    async def retry(self, key: str) -> OutboxRow:
        """Send a held, refused or unknown action now, whatever its age and its target's version. Raises ActRefused."""
        return await self._actions.retry(key)

    async def as_note(self, key: str) -> OutboxRow:
        """Instead of an action that has not left, a note on its target that says what was meant. Raises ActRefused."""
        return await self._actions.as_note(key)

    async def see_off(self, key: str) -> None:
        """A person has seen that it was refused, or that its outcome is unknown. Raises ActRefused."""
        await self._actions.see_off(key)

    async def undo(self) -> OutboxRow | None:
        """Cancel this process's newest action that has not left; ``None`` where there is none."""
        return await self._actions.undo()

    async def wait(self, key: str, timeout_s: float) -> OutboxRow:
        """The row once it has ended or waits for a person, or as it is after ``timeout_s``; also when another process
        sends it. Raises ActRefused where there is no such action."""
        until = self.clock.now() + timedelta(seconds=timeout_s)
        while True:
            pulse = self._pulse
            row = await self._actions.row(key)
            left = (until - self.clock.now()).total_seconds()
            if row.state in FINAL or row.held is not None or left <= 0:
                return row
            await pause(self.clock, min(left, _LOOK_S), pulse)

    async def flush(self, timeout_s: float) -> tuple[OutboxRow, ...]:
        """Send everything that waits only for its next attempt, and what declarations add to it; what was pending, as
        it is when it has ended, is held, or after ``timeout_s``. Raises ActRefused in a read-only seat."""
        until = self.clock.now() + timedelta(seconds=timeout_s)
        told: dict[str, OutboxRow] = {}
        while True:
            pulse = self._pulse
            pending = [row for row in await self._actions.hurry() if row.key not in told]
            for row in pending:
                told[row.key] = await self.wait(row.key, max(0.0, (until - self.clock.now()).total_seconds()))
            left = (until - self.clock.now()).total_seconds()
            if left <= 0 or not (pending or await self._is_declaring()):
                return tuple(told.values())
            if not pending:
                await pause(self.clock, min(left, _LOOK_S), pulse)

    async def _is_declaring(self) -> bool:
        """Whether a declaration is going to add to the outbox by itself."""
        if not await self._store.has_declarations():
            return False
        from oncall_tui.desk.declaring import declarations

        return any(not one.is_over for one in await declarations(self))

    # -- the team's own programs ---------------------------------------------------------------------------------

    @property
    def declared(self) -> Declarations:
        """Declarations as they are stored: see :mod:`oncall_tui.desk.declaring`."""
        return self._store.declarations

    def look(self) -> None:
        """Something may be due to leave, and a board may show something else."""
        self._sender.wake()
        self._say_changed()

    @property
    def runs(self) -> Runs:
        """The programs that run beside incidents, and those that have run."""
        if self._runs is None:
            from oncall_tui.desk.commands import Runs

            self._runs = Runs(
                self.clock,
                seat=self.settings.board.user or "",
                read_only=self.settings.read_only,
                hidden=self.settings.hidden,
                record=self._store.record,
            )
        return self._runs

    @property
    def investigator(self) -> Investigator:
        """Looks into incidents, and remembers what came."""
        if self._investigator is None:
            from oncall_tui.desk.investigating import Investigator

            self._investigator = Investigator(self)
        return self._investigator

    # -- history -------------------------------------------------------------------------------------------------

    @property
    def backfill(self) -> Backfill:
        """The reading of the pagers' history."""
        if self._backfill is None:
            from oncall_tui.desk.backfill import Backfill

            self._backfill = Backfill(
                self._store,
                self._sources,
                self.clock,
                idle=lambda name: self._pollers[name].idle(),
                changed=self._say_changed,
                polls=lambda: self._polling,
            )
        return self._backfill

    # -- the systems themselves ------------------------------------------------------------------------------------

    async def probe(self) -> dict[str, Probe]:
        """Ask every source and channel whether it is reachable and authorised, all at the same time; by name."""
        asked = {**self._sources, **self._channels}
        with for_action():
            found = await asyncio.gather(*(receiver.probe() for receiver in asked.values()))
        return dict(zip(asked, found, strict=True))
