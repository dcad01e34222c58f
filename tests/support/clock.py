"""A clock that a test drives by hand."""

from __future__ import annotations

import asyncio
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
