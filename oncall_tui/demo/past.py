"""What happened at the simulated company before its day began: a few troubles a day, made when they are asked for. The
same for the same seed and day, in whatever order days are asked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, TypeVar

DAYS = 420
"""So long ago the company's records begin."""
QUIET = timedelta(days=3)
"""The last days before the company's day hold nothing of this: they are the story's."""
_KINDS = (
    ("payments", "Checkout returns 503", 1, 25),
    ("payments", "Payment gateway latency", 2, 90),
    ("gateway", "P99 latency > {ms} ms, EU", 2, 45),
    ("gateway", "3-D Secure challenges time out", 2, 60),
    ("storage", "Database backup delay", 3, 180),
    ("storage", "Disk db-{n} fills up", 3, 120),
    ("search", "Search index is {n} minutes behind", 3, 75),
    ("edge", "Cache refresh", 4, 200),
    ("edge", "Certificate of edge-{n} expires soon", 4, 400),
    ("web", "Login page slow", 3, 50),
)
"""Service, title, severity, minutes that it takes."""
_NOTES = (
    "looked at the dashboards, it is the pool",
    "mitigated: traffic moved away",
    "root cause: a deployment without a migration",
    "noise: flapping, no user saw it",
    "impact: some requests failed",
    "action: alert on the cause, not on the symptom (owner: Bob)",
)


@dataclass(frozen=True, slots=True)
class Past:
    """One trouble that is over. ``severity`` 1 to 4; ``notes`` with their times, oldest first."""

    number: int
    """Its number in the company, never given twice."""
    service: str
    title: str
    severity: int
    at: datetime
    acked_at: datetime | None
    resolved_at: datetime
    by_person: bool
    """Whether a person ended it, and not the monitor."""
    notes: tuple[tuple[datetime, str], ...]


def troubles(seed: int, day: date) -> tuple[Past, ...]:
    """The troubles of one day (UTC), oldest first."""
    die = random.Random(f"{seed}:{day.isoformat()}")  # noqa: S311 - a story, no secret
    begin = datetime.combine(day, time(), tzinfo=UTC)
    minutes = sorted(die.sample(range(1440), die.choice((0, 1, 1, 2, 2, 3, 5))))
    return tuple(
        _trouble(die, begin + timedelta(minutes=minute), day.toordinal() * 10 + place)
        for place, minute in enumerate(minutes)
    )


def _trouble(die: random.Random, at: datetime, number: int) -> Past:
    service, title, severity, minutes = die.choice(_KINDS)
    length = timedelta(seconds=round(60 * minutes * die.uniform(0.3, 2.5)))
    acked = at + timedelta(seconds=die.randint(40, 900)) if severity < 4 or die.random() < 0.5 else None
    resolved = max(at + length, (acked or at) + timedelta(minutes=1))
    spread = (resolved - (acked or at)) / 5
    said = die.sample(_NOTES, die.choice((0, 0, 0, 1, 1, 2))) if acked is not None else []
    notes = tuple(((acked or at) + (place + 1) * spread, text) for place, text in enumerate(said))
    words = title.format(ms=die.choice((2000, 5000)), n=die.randint(1, 9))
    return Past(number, service, words, severity, at, acked, resolved, acked is not None and die.random() < 0.6, notes)


def between(seed: int, began: datetime, since: datetime, until: datetime) -> Iterator[Past]:
    """The troubles that were triggered from ``since`` up to ``until``, oldest first, as far as there are records.

    Args:
        began: when the company's day began.
    """
    since = max(since, began - timedelta(days=DAYS))
    until = min(until, began - QUIET)
    day = since.date()
    while day <= until.date() and since < until:
        for one in troubles(seed, day):
            if since <= one.at < until:
                yield one
        day += timedelta(days=1)


T = TypeVar("T")


class Archive(Generic[T]):
    """A simulated system's own things of long ago, made day by day when they are asked for.

    Args:
        began: when the company's day began.
        made: the system's thing out of a trouble; its ids follow from the trouble's number.
        key: the id of such a thing.
    """

    def __init__(self, seed: int, began: datetime, made: Callable[[Past], T], key: Callable[[T], str]) -> None:
        self._seed = seed
        self._began = began
        self._made = made
        self._key = key
        self._days: dict[date, tuple[tuple[datetime, T], ...]] = {}
        self.known: dict[str, T] = {}
        """Those that were asked for before, by id."""

    def triggered(self, since: datetime, until: datetime) -> Iterator[T]:
        """Those that were triggered from ``since`` up to ``until``, oldest first."""
        day = since.date()
        while day <= min(until, self._began).date():
            yield from (one for at, one in self._of(day) if since <= at < until)
            day += timedelta(days=1)

    def _of(self, day: date) -> tuple[tuple[datetime, T], ...]:
        if day not in self._days:
            start = datetime.combine(day, time(), tzinfo=UTC)
            found = between(self._seed, self._began, start, start + timedelta(days=1))
            self._days[day] = tuple((one.at, self._made(one)) for one in found)
            self.known |= {self._key(one): one for _, one in self._days[day]}
        return self._days[day]
