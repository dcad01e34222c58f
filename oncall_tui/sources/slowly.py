"""What hardly changes in a system (people, policies, schedules): read anew every few minutes, each part by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta

from oncall_tui.records import dataclass
from oncall_tui.sources.base import Dropped, SourceError, TimedOut, Unreachable

RETRY = timedelta(minutes=1)
"""After a part failed, unless the system asks for longer."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part.

    ``read`` reads it and keeps what it has read; it gives a line where that is not the whole of it, and raises
    SourceError. ``serves``: the capability's word whose facts go stale where the part does not come.
    """

    read: Callable[[], Awaitable[str | None]]
    every: timedelta
    serves: str = ""


class Slowly:
    """The parts of one system, in the order in which they need each other.

    Attributes:
        read: the parts that have come at least once.
        changed: those that have come since :meth:`told`.
    """

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self.read: set[str] = set()
        self.changed: set[str] = set()
        self._parts = parts
        self._due: dict[str, datetime] = {}
        self._failures: dict[str, SourceError] = {}
        self._notes: dict[str, str] = {}

    async def refresh(self, now: datetime) -> None:
        """Read what is due. Never raises SourceError: see :attr:`problems`."""
        await self._take((name for name in self._parts if self._due.get(name, now) <= now), now)

    async def ensure(self, names: Iterable[str], now: datetime) -> None:
        """Read those of ``names`` that have never come, now. Raises SourceError where one does not."""
        for name in names:
            if name not in self.read:
                await self._take([name], now)
                if name in self._failures:
                    raise self._failures[name]

    async def _take(self, names: Iterable[str], now: datetime) -> None:
        away: SourceError | None = None
        for name in names:
            part = self._parts[name]
            try:
                if away is not None:
                    raise away  # the system is not there: asking it for the other parts would only cost time
                note = await part.read()
            except SourceError as error:
                away = error if isinstance(error, Unreachable | TimedOut | Dropped) else None
                self._failures[name] = error
                self._due[name] = now + max(RETRY, timedelta(seconds=error.retry_after or 0.0))
                continue
            self._failures.pop(name, None)
            self._notes.pop(name, None)
            if note is not None:
                self._notes[name] = note
            self._due[name] = now + part.every
            self.read.add(name)
            self.changed.add(name)

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each part whose latest reading failed or is not whole."""
        failed = [f"{name}: {error}" for name, error in self._failures.items()]
        return (*failed, *(f"{name}: {note}" for name, note in self._notes.items()))

    @property
    def failed(self) -> frozenset[str]:
        """The capabilities' words whose part was due and did not come."""
        return frozenset(word for name in self._failures if (word := self._parts[name].serves))

    def outdate(self, names: Iterable[str]) -> None:
        """What has just been changed is read anew by the next refresh."""
        for name in names:
            self._due.pop(name, None)

    def told(self) -> None:
        """All that was read anew has been told."""
        self.changed.clear()
