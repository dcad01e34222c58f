"""A clock that a test drives by hand."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


class ManualClock:
    """Stands still until :meth:`advance`; whoever sleeps on it wakes when it has come far enough."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The instant it shows, aware UTC."""
        return self._now

    def advance(self, seconds: float | timedelta) -> None:
        """Move it on and wake those whose time has come."""
        self._now += seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
        for due, future in list(self._sleepers):
            if due <= self._now and not future.done():
                future.set_result(None)

    async def sleep(self, seconds: float) -> None:
        """Return once the clock was advanced by ``seconds``."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        sleeper = (self._now + timedelta(seconds=seconds), asyncio.get_running_loop().create_future())
        self._sleepers.append(sleeper)
        try:
            await sleeper[1]
        finally:
            self._sleepers.remove(sleeper)

    @property
    def sleeping(self) -> int:
        """How many wait on it."""
        return len(self._sleepers)


class QuickClock:
    """The wall clock, run so many times as fast: what waits a second waits a fraction of it, for everybody on it."""

    def __init__(self, times: float) -> None:
        self._times = times
        self._began = datetime.now(UTC)

    def now(self) -> datetime:
        """The instant it shows, aware UTC."""
        return self._began + (datetime.now(UTC) - self._began) * self._times

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of it."""
        await asyncio.sleep(seconds / self._times)


class WoundClock:
    """Goes as the wall clock does, and a test can put it forward: whoever sleeps past the new present wakes at once."""

    def __init__(self, start: datetime = START) -> None:
        self._ahead = start - datetime.now(UTC)
        self._sleepers: set[tuple[datetime, asyncio.Event]] = set()

    def now(self) -> datetime:
        """The instant it shows, aware UTC."""
        return datetime.now(UTC) + self._ahead

    def wind(self, seconds: float) -> None:
        """Put it forward."""
        self._ahead += timedelta(seconds=seconds)
        now = self.now()
        for due, over in self._sleepers:
            if due <= now:
                over.set()

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of it, those that it is put forward by counted."""
        due = self.now() + timedelta(seconds=seconds)
        sleeper = (due, asyncio.Event())
        self._sleepers.add(sleeper)
        try:
            while (left := (due - self.now()).total_seconds()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(sleeper[1].wait(), left)
            await asyncio.sleep(0)
        finally:
            self._sleepers.discard(sleeper)
