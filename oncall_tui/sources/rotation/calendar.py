"""Who is on call when, by a rotation. Pure; instants are aware UTC, hand-offs are wall time in the schedule's zone.

A hand-off happens when a clock on the wall first shows its time. Where that time is skipped (the night that clocks
go forward) it happens at the jump; where it comes twice, at the first. So shifts join without gap or overlap over
every change of the clocks, and the night of the change is an hour shorter or longer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from oncall_tui.config.options import Hours
from oncall_tui.records import dataclass

_DAY = timedelta(days=1)
_LOOK_AHEAD = timedelta(days=60)
"""How far the next person is looked for: eight weeks of somebody else's turns."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``start`` to ``end`` ``person`` is on call; nobody where it is ``None``."""

    start: datetime
    end: datetime
    person: str | None
    is_override: bool = False


@dataclass(frozen=True, slots=True)
class Overlap:
    """From ``start`` to ``end`` several people hold one level, by more than one schedule."""

    start: datetime
    end: datetime
    people: tuple[str, ...]


def on_the_wall(wall: datetime, zone: tzinfo) -> datetime:
    """The first instant (UTC) at which clocks in ``zone`` show the naive time ``wall`` or a later one."""
    aware = wall.replace(tzinfo=zone, fold=0)
    instant = aware.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    # Skipped: the jump lies between what the offsets after and before it make of this time.
    early, late = aware.replace(fold=1).astimezone(UTC), instant
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


class Rotation(ABC):
    """A rule that says who is on call at every instant."""

    @abstractmethod
    def stretches(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """The stretches that touch ``start`` to ``end``, whole, in order, without gap or overlap between them.
        ``end`` itself counts as touched where it equals ``start``."""


@dataclass(frozen=True, slots=True)
class Turns(Rotation):
    """People take turns of ``days`` days each, from ``starts`` (naive) on; before that nobody."""

    zone: tzinfo
    starts: datetime
    days: int
    people: tuple[str, ...]

    def _boundary(self, turn: int) -> datetime:
        return on_the_wall(self.starts + turn * self.days * _DAY, self.zone)

    def stretches(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """As :meth:`Rotation.stretches`."""
        begin = self._boundary(0)
        if start < begin:
            yield Stretch(start, begin, None)
        since = max(start, begin).astimezone(self.zone).replace(tzinfo=None) - self.starts
        # The wall may run ahead of or behind the turns by a change of the clocks: begin a turn early.
        turn = max(0, since // (self.days * _DAY) - 1)
        at, following = self._boundary(turn), self._boundary(turn + 1)
        while at <= max(start, end):
            if following > max(start, begin) and following > at and (at < end or at <= start):
                yield Stretch(at, following, self.people[turn % len(self.people)])
            turn += 1
            at, following = following, self._boundary(turn + 1)


@dataclass(frozen=True, slots=True)
class Weekdays(Rotation):
    """Each day of the week has its own people, week for week.

    Args:
        day: the day half; the night half goes on until the next day's half begins and belongs to the day on which
            it began. ``None``: a day goes from midnight to midnight.
        people: by weekday (Monday 0): who has the day and who has the night; ``None``: nobody.
    """

    zone: tzinfo
    day: Hours | None
    people: Mapping[int, tuple[str | None, str | None]]

    def stretches(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """As :meth:`Rotation.stretches`."""
        # A week around it, so that a gap is whole: on one day of seven somebody is there.
        first = start.astimezone(self.zone).date() - 8 * _DAY
        last = max(start, end).astimezone(self.zone).date() + 8 * _DAY
        found = (
            piece
            for ahead in range((last - first).days + 1)
            for piece in self._halves(first + ahead * _DAY)
            if piece.end > piece.start
        )
        for piece in joined(found):
            if piece.end > start and (piece.start < end or piece.start <= start):
                yield piece

    def _halves(self, day: date) -> Iterator[Stretch]:
        by_day, by_night = self.people.get(day.weekday(), (None, None))
        opens = self.day.start if self.day is not None else time()
        begin = on_the_wall(datetime.combine(day, opens), self.zone)
        end = on_the_wall(datetime.combine(day + _DAY, opens), self.zone)
        if self.day is None:
            yield Stretch(begin, end, by_day)
            return
        middle = on_the_wall(datetime.combine(day, self.day.end), self.zone)
        yield Stretch(begin, middle, by_day)
        yield Stretch(middle, end, by_night)


def joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """``stretches`` with gaps that follow each other made one."""
    held: Stretch | None = None
    for piece in stretches:
        if held is not None and held.person is None and piece.person is None and held.end == piece.start:
            held = replace(held, end=piece.end)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held


@dataclass(frozen=True, slots=True)
class Overridden(Rotation):
    """A rotation with overrides laid over it: of two that overlap the later in the list holds."""

    base: Rotation
    overrides: tuple[Stretch, ...] = ()

    def stretches(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """As :meth:`Rotation.stretches`."""
        low, high = start, max(start, end)
        for over in self.overrides:
            if _touch(over, start, end):
                low, high = min(low, over.start), max(high, over.end)
        pieces = list(self.base.stretches(low, high))
        # An override beside the window may still cut a turn that reaches into it.
        low, high = pieces[0].start, pieces[-1].end
        for over in self.overrides:
            if _touch(over, low, high):
                pieces = _laid_over(pieces, over)
        yield from joined(piece for piece in pieces if _touch(piece, start, end))


def _touch(piece: Stretch, start: datetime, end: datetime) -> bool:
    return piece.end > start and (piece.start < end or piece.start <= start)


def _laid_over(pieces: Sequence[Stretch], over: Stretch) -> list[Stretch]:
    before = [replace(piece, end=min(piece.end, over.start)) for piece in pieces if piece.start < over.start]
    after = [replace(piece, start=max(piece.start, over.end)) for piece in pieces if piece.end > over.end]
    return [*before, replace(over, is_override=True), *after]


def at(rotation: Rotation, moment: datetime) -> Stretch:
    """The stretch that covers ``moment``."""
    return next(piece for piece in rotation.stretches(moment, moment) if piece.start <= moment < piece.end)


def following(rotation: Rotation, current: Stretch) -> Stretch | None:
    """The next stretch that somebody else holds, within sixty days; ``None`` where there is none."""
    for piece in rotation.stretches(current.end, current.end + _LOOK_AHEAD):
        if piece.person not in (None, current.person):
            return piece
    return None


def gaps(rotations: Sequence[Rotation], start: datetime, end: datetime) -> list[Stretch]:
    """When, from ``start`` to ``end``, nobody holds what these rotations hold together (one level)."""
    pieces = (Stretch(low, high, None) for low, high, people in _sections(rotations, start, end) if not people)
    return list(joined(pieces))


def overlaps(rotations: Sequence[Rotation], start: datetime, end: datetime) -> list[Overlap]:
    """When, from ``start`` to ``end``, several of these rotations (one level) put different people on call."""
    found: list[Overlap] = []
    for low, high, people in _sections(rotations, start, end):
        if len(people) < 2:
            continue
        if found and found[-1].end == low and found[-1].people == people:
            found[-1] = replace(found[-1], end=high)
        else:
            found.append(Overlap(low, high, people))
    return found


def _sections(
    rotations: Sequence[Rotation], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, tuple[str, ...]]]:
    """``start`` to ``end`` cut at every hand-off, each section with the people of all rotations."""
    pieces = [list(rotation.stretches(start, end)) for rotation in rotations]
    cuts = {start, end, *(edge for row in pieces for piece in row for edge in (piece.start, piece.end))}
    edges = sorted(edge for edge in cuts if start <= edge <= end)
    places = [0] * len(pieces)
    for low, high in pairwise(edges):
        people: list[str] = []
        for row, held in enumerate(pieces):
            while places[row] < len(held) and held[places[row]].end <= low:
                places[row] += 1
            piece = held[places[row]] if places[row] < len(held) else None
            if piece is not None and piece.start <= low and piece.person is not None and piece.person not in people:
                people.append(piece.person)
        yield low, high, tuple(people)
