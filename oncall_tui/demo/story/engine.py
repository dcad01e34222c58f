"""Scenes in time. What the clock has passed happens when somebody looks, at the time it was due.

A scene is a generator: it acts, yields the seconds until it goes on, and so on until it ends. No task and no timer
is behind it: :meth:`Story.advance` plays all that is due, in order, and sets the simulators' clock to each step's
own time meanwhile. So the same seed and the same clock give the same company, however often it was looked at.
"""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count

from oncall_tui.clock import Clock

Scene = Iterator[float]


class StoryClock:
    """The clock of the simulated systems: the given one, but a step's own time while the story plays it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._playing: datetime | None = None

    def now(self) -> datetime:
        """The present instant of the simulated systems, aware, UTC."""
        return self._playing or self._clock.now()

    async def sleep(self, seconds: float) -> None:
        """As the given clock's."""
        await self._clock.sleep(seconds)

    @property
    def behind_s(self) -> float:
        """Seconds from the step that is played to the present; 0 while none is."""
        return (self._clock.now() - self.now()).total_seconds()

    @contextlib.contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Stand at ``moment`` inside the block."""
        before, self._playing = self._playing, moment
        try:
            yield
        finally:
            self._playing = before


class Story:
    """The scenes and when each goes on."""

    def __init__(self, clock: StoryClock) -> None:
        self._clock = clock
        self._order = count()
        self._due: list[tuple[datetime, int, Scene]] = []

    def begin(self, scene: Scene, after_s: float = 0.0) -> None:
        """Let ``scene`` begin ``after_s`` seconds from the present (negative: in the past, at the next look)."""
        moment = self._clock.now() + timedelta(seconds=after_s)
        heapq.heappush(self._due, (moment, next(self._order), scene))

    def advance(self, between: Callable[[], None] = lambda: None) -> None:
        """Play what is due. ``between`` is called before each step, at its time, so that what the systems do by
        themselves until then has happened."""
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            moment, _, scene = heapq.heappop(self._due)
            with self._clock.at(moment):
                between()
                pause = next(scene, None)
                if pause is not None:
                    self.begin(scene, pause)

    @property
    def waiting(self) -> int:
        """How many scenes have not ended."""
        return len(self._due)
