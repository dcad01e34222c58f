"""History read from the pagers (M3): incidents of long ago, window by window from now back, so that metrics and "seen
before" work from the first day.

It gives way: between two pages it waits until the source's poll is done, it leaves half of a known rate limit alone,
and actions have connections of their own. It can be stopped at any page and goes on from there, in another process too:
the place is in the store. Reading a stretch twice changes nothing; what is open is left to the polls.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from oncall_tui.clock import Clock, iso, parse_instant
from oncall_tui.desk.parts import backoff, internal, pause
from oncall_tui.desk.settings import ActRefused
from oncall_tui.model import HistoryProgress
from oncall_tui.sources.base import (
    Dropped,
    HasHistory,
    HistoryPage,
    RateLimited,
    ServerFailed,
    Source,
    SourceError,
    TimedOut,
    Unreachable,
    for_history,
)
from oncall_tui.store import Store, StoreError
from oncall_tui.store.small import KEEP
from oncall_tui.text import clean

DAYS = 90
"""How far back it reads where nobody says."""
MOST_DAYS = 730
MOST_TRIES = 4
"""Of one page, while its system is away or fails."""
PACE_S = 1.0
"""Between two pages beside live polls."""
ALONE_S = 0.05
"""The same where nothing polls."""
_WAIT_S = 30.0
"""After a rate limit that does not say how long."""
_GAP = timedelta(minutes=5)
"""So much that was not polled is not read for its own sake: polls look back farther than that."""
_AGAIN = (Unreachable, TimedOut, Dropped, ServerFailed)


class _Place(msgspec.Struct):
    """Where the reading of one source stands, as it is stored."""

    until: str
    read_to: str
    after: str | None = None
    """Within the window that begins at ``window`` and ends at ``read_to``."""
    window: str | None = None


def place_name(source: str) -> str:
    """Under which name a source's place is remembered."""
    return f"backfill:{source}"


class Backfill:
    """Reads the history of sources, one after the other; one run at a time.

    Args:
        idle: waits until the named source is not being polled.
        changed: called when metrics would show something else.
        polls: whether anything polls beside it.
    """

    def __init__(
        self,
        store: Store,
        sources: Mapping[str, Source],
        clock: Clock,
        *,
        idle: Callable[[str], Awaitable[None]],
        changed: Callable[[], None],
        polls: Callable[[], bool],
    ) -> None:
        self.progress: tuple[HistoryProgress, ...] = ()
        """Of the run that is on its way, or of the last one."""
        self._store = store
        self._sources = sources
        self._clock = clock
        self._idle = idle
        self._changed = changed
        self._polls = polls
        self._chance = random.Random()  # noqa: S311 - spreads attempts in time, keeps no secret
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._moved = asyncio.Event()

    @property
    def is_running(self) -> bool:
        """Whether a run is on its way."""
        return self._task is not None and not self._task.done()

    def start(self, since: datetime, names: Collection[str] | None = None) -> None:
        """Begin, or go on where it stands.

        Args:
            since: as far back.
            names: of these sources; ``None``: of all that have a history.

        Raises:
            ActRefused: it runs already, or there is nothing to read.
        """
        if self.is_running:
            raise ActRefused("history is being read already")
        now = self._clock.now()
        if not timedelta() < now - since <= timedelta(days=MOST_DAYS + 1):
            raise ActRefused(f"history is read of the past, {MOST_DAYS} days back at most")
        chosen = [one for name, one in self._sources.items() if self._is_meant(name, one, names)]
        if not any(isinstance(one, HasHistory) for one in chosen):
            raise ActRefused("no configured source can be asked for its history")
        self.progress = tuple(
            HistoryProgress(
                source=one.name,
                kind=one.kind,
                stage="waiting" if isinstance(one, HasHistory) else "cannot",
                since=since,
                until=now,
                read_to=now,
                note="" if isinstance(one, HasHistory) else f"{one.kind} has no incidents of long ago to read",
            )
            for one in chosen
        )
        self._stopping.clear()
        self._task = asyncio.create_task(self._run(since), name="backfill")

    @staticmethod
    def _is_meant(name: str, source: Source, names: Collection[str] | None) -> bool:
        return name in names if names is not None else isinstance(source, HasHistory)

    async def wait(self) -> tuple[HistoryProgress, ...]:
        """Until the run has ended."""
        if self._task is not None:
            await asyncio.shield(self._task)
        return self.progress

    async def moved(self) -> tuple[HistoryProgress, ...]:
        """Until something has changed, or at once where nothing runs."""
        if self.is_running:
            self._moved.clear()
            await self._moved.wait()
        return self.progress

    def stop(self) -> None:
        """Stop after the page that is on its way."""
        self._stopping.set()

    async def end(self) -> None:
        """Stop now; what was read stays, and so does the place."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # -- one run -----------------------------------------------------------------------------------------------

    async def _run(self, since: datetime) -> None:
        try:
            await self._keep_for(self._clock.now() - since)
            for one in self.progress:
                source = self._sources[one.source]
                if isinstance(source, HasHistory) and not self._stopping.is_set():
                    await self._read(one.source, source, since)
        finally:
            for one in self.progress:
                if one.stage in ("waiting", "reading", "pausing"):
                    self._tell(one.source, stage="stopped", note="")
            self._moved.set()
            self._changed()

    async def _keep_for(self, length: timedelta) -> None:
        """What is read is not let go of at once: incidents are kept for as long as was ever asked for."""
        days = length.days + 1
        held = await self._store.value(KEEP) or ""
        if not (held.isascii() and held.isdigit() and int(held[:6]) >= days):
            await self._store.set_value(KEEP, str(days))

    async def _read(self, name: str, source: HasHistory, since: datetime) -> None:
        try:
            place = await self._place(name)
            now = self._clock.now()
            self._tell(name, stage="reading", until=now, read_to=parse_instant(place.read_to))
            until = parse_instant(place.until)
            if now - until > _GAP and await self._windows(name, source, until, now, None):
                place.until = iso(now)
                await self._save(name, place)
            if not self._stopping.is_set():
                await self._windows(name, source, since, parse_instant(place.read_to), place)
            if not self._stopping.is_set():
                self._tell(name, stage="done")
        except (SourceError, StoreError) as error:
            self._tell(name, stage="failed", note=str(error))
        except Exception as error:  # noqa: BLE001 - a source's bug ends the reading of this source alone
            self._tell(name, stage="failed", note=internal(f"history of {name}", error))

    async def _windows(
        self, name: str, source: HasHistory, since: datetime, until: datetime, place: _Place | None
    ) -> bool:
        """Read from ``until`` back to ``since``; ``place`` is kept up to date where there is one. Whether it came to
        the end."""
        end = until
        while end > since:
            start, after = max(since, end - source.history_window), None
            if place is not None and place.window is not None and place.after is not None:
                start, after = parse_instant(place.window), place.after
            while True:
                page = await self._page(name, source, start, end, after)
                if page is None:
                    return False
                after = page.after
                if place is not None:
                    place.after, place.window = after, iso(start) if after is not None else None
                    if after is None:
                        place.read_to = iso(start)
                        self._tell(name, read_to=start)
                    await self._save(name, place)
                if after is None:
                    break
            end = start
        return True

    async def _page(
        self, name: str, source: HasHistory, start: datetime, end: datetime, after: str | None
    ) -> HistoryPage | None:
        """One page, stored; ``None``: stopped before.

        Raises:
            SourceError: it did not come, however often it was asked for.
        """
        tries = 0
        while not await pause(self._clock, PACE_S if self._polls() else ALONE_S, self._stopping):
            await self._idle(name)
            try:
                with for_history():
                    page = await source.history(start, end, after)
            except RateLimited as error:
                wait = error.retry_after or _WAIT_S
                self._tell(name, stage="pausing", note=f"waits {wait:.0f} s (rate limit)")
                await pause(self._clock, wait, self._stopping)
                continue
            except _AGAIN as error:
                tries += 1
                if tries >= MOST_TRIES:
                    raise
                self._tell(name, stage="pausing", note=str(error))
                await pause(self._clock, backoff(tries, 2.0, self._chance, 30.0), self._stopping)
                continue
            new = await self._store.put_history(page.incidents)
            one = self._of(name)
            note = clean("; ".join(page.notes), 200) or one.note if one.stage == "reading" else "; ".join(page.notes)
            self._tell(
                name, stage="reading", incidents=one.incidents + len(page.incidents), new=one.new + new, note=note
            )
            return page
        return None

    # -- the place ---------------------------------------------------------------------------------------------

    async def _place(self, name: str) -> _Place:
        now = iso(self._clock.now())
        raw = await self._store.value(place_name(name))
        try:
            found = msgspec.json.decode(raw or "", type=_Place)
            read_to, until = parse_instant(found.read_to), parse_instant(found.until)
            if found.window is not None:
                parse_instant(found.window)
        except (msgspec.DecodeError, ValueError):
            return _Place(until=now, read_to=now)
        ahead = self._clock.now()
        return found if read_to <= until <= ahead else _Place(until=now, read_to=now)

    async def _save(self, name: str, place: _Place) -> None:
        await self._store.set_value(place_name(name), msgspec.json.encode(place).decode())

    def _of(self, name: str) -> HistoryProgress:
        return next(one for one in self.progress if one.source == name)

    def _tell(self, name: str, **changes: object) -> None:
        self.progress = tuple(
            replace(one, **changes) if one.source == name else one  # type: ignore[arg-type]  # fields of HistoryProgress
            for one in self.progress
        )
        self._moved.set()
