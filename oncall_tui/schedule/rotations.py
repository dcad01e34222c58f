"""Rotations out of the shifts that the sources tell of: turns, who is next, when nobody or more than one is there (S3).
Pure. All in instants: a change of the clocks opens no gap."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from oncall_tui.board.build import ROLES
from oncall_tui.clock import zone_named
from oncall_tui.model import Directory, Person, Shift
from oncall_tui.records import dataclass

SLACK = timedelta(minutes=1)
"""Shorter than this, a gap or an overlap is a system's rounding: one that ends a shift at 07:59:59."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One person's stretch of one schedule, whole: it may have begun before now and end after the horizon."""

    start: datetime
    end: datetime
    person: Person
    schedule: str
    is_override: bool = False
    zone: tzinfo | None = None
    """Where the person lives, if that is known."""
    schedule_id: str | None = None
    """The schedule's native id, where somebody else can stand in on it."""

    def covers(self, moment: datetime) -> bool:
        """Whether the person is on call at ``moment``."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Nobody is on call."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Several people are on call for the same level."""

    start: datetime
    end: datetime
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """One level of one team, with all schedules that stand on it."""

    source: str
    team: str
    level: int
    role: str
    schedules: tuple[str, ...]
    turns: tuple[Turn, ...]
    """Those that touch the time ahead, by their beginning."""
    now: tuple[Turn, ...]
    """Who is on call now."""
    following: Turn | None
    """The next turn of somebody who is not on call now."""
    gaps: tuple[Gap, ...]
    overlaps: tuple[Overlap, ...]
    covered_at: tuple[tuple[str, str], ...] = ()
    """The schedules where somebody else can stand in: native id and name."""
    known_until: datetime
    """What comes after is not known: no gap is seen there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The rotations from ``start`` to ``end``: the seat's teams first, then by team and level."""

    start: datetime
    end: datetime
    rotations: tuple[Rotation, ...]


def look_ahead(
    shifts: Iterable[Shift],
    directories: Mapping[str, Directory],
    *,
    now: datetime,
    until: datetime,
    teams: Collection[str] = (),
) -> Schedule:
    """The rotations from ``now`` (aware UTC) to ``until``.

    Args:
        shifts: of all sources, as they tell them.
        directories: by source: where the people's zones are known from.
        teams: the seat's own.
    """
    groups: dict[tuple[str, str, int], list[Shift]] = {}
    for shift in dict.fromkeys(shifts):
        if shift.end > max(now, shift.start):
            groups.setdefault((shift.source, shift.team, shift.level), []).append(shift)
    mine = {team.casefold() for team in teams}
    found = [
        _rotation(key, members, directories.get(key[0]) or Directory(), now, until) for key, members in groups.items()
    ]
    found = [one for one in found if one.turns or one.gaps]
    found.sort(key=lambda one: (one.team.casefold() not in mine, one.team.casefold(), one.level, one.source))
    return Schedule(start=now, end=until, rotations=tuple(found))


def _rotation(
    key: tuple[str, str, int], members: Sequence[Shift], directory: Directory, now: datetime, until: datetime
) -> Rotation:
    source, team, level = key
    turns = sorted(_turns(members, directory), key=lambda turn: (turn.start, turn.schedule, turn.person.id))
    known_until = max(shift.end for shift in members)
    sections = list(_sections(turns, now, min(until, known_until)))
    on_call = tuple(turn for turn in turns if turn.covers(now))
    holders = {turn.person.id for turn in on_call}
    return Rotation(
        source=source,
        team=team,
        level=level,
        role=ROLES.get(level, f"level {level}"),
        schedules=tuple(dict.fromkeys(shift.schedule for shift in members)),
        covered_at=tuple(dict.fromkeys((one.schedule_id, one.schedule) for one in members if one.schedule_id)),
        turns=tuple(turn for turn in turns if turn.start < until),
        now=on_call,
        following=next((turn for turn in turns if turn.start > now and turn.person.id not in holders), None),
        gaps=tuple(Gap(start=low, end=high) for low, high, people in sections if not people and high - low >= SLACK),
        overlaps=tuple(
            Overlap(start=low, end=high, people=people)
            for low, high, people in sections
            if len(people) > 1 and high - low >= SLACK
        ),
        known_until=known_until,
    )


def _turns(members: Iterable[Shift], directory: Directory) -> Iterator[Turn]:
    by_schedule: dict[str, list[Shift]] = {}
    for shift in members:
        by_schedule.setdefault(shift.schedule, []).append(shift)
    for schedule, shifts in by_schedule.items():
        overrides = [shift for shift in shifts if shift.is_override and shift.person is not None]
        held: Turn | None = None
        for piece in sorted(_without_overridden(shifts, overrides), key=lambda one: (one.start, one.end)):
            if piece.person is None:
                continue
            if held is not None and _goes_on(held, piece):
                held = replace(held, end=max(held.end, piece.end))
                continue
            if held is not None:
                yield held
            held = Turn(
                start=piece.start,
                end=piece.end,
                person=piece.person,
                schedule=schedule,
                is_override=piece.is_override,
                zone=_zone(directory.zones.get(piece.person.id)),
                schedule_id=piece.schedule_id,
            )
        if held is not None:
            yield held


def _goes_on(turn: Turn, piece: Shift) -> bool:
    assert piece.person is not None
    same = piece.person.id == turn.person.id and piece.is_override == turn.is_override
    return same and piece.start - turn.end < SLACK


def _without_overridden(shifts: Iterable[Shift], overrides: Sequence[Shift]) -> Iterator[Shift]:
    """Where a system tells an override beside the turn that it replaces, only what is left of that turn."""
    for shift in shifts:
        pieces = [shift]
        for over in overrides if not shift.is_override else ():
            pieces = [left for piece in pieces for left in _cut(piece, over)]
        yield from pieces


def _cut(piece: Shift, over: Shift) -> Iterator[Shift]:
    if over.end <= piece.start or piece.end <= over.start:
        yield piece
        return
    if piece.start < over.start:
        yield replace(piece, end=over.start)
    if over.end < piece.end:
        yield replace(piece, start=over.end)


def _zone(name: str | None) -> tzinfo | None:
    try:
        return zone_named(name) if name else None
    except ValueError:
        return None  # a name of the system's own


def _sections(
    turns: Sequence[Turn], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, tuple[str, ...]]]:
    """``start`` to ``end`` cut where the people change, each with their names; those of the same people made one."""
    edges = {start, end} if end > start else set()
    edges |= {edge for turn in turns for edge in (turn.start, turn.end) if start < edge < end}
    held: tuple[datetime, datetime, tuple[str, ...]] | None = None
    place, there = 0, list[Turn]()
    for low, high in pairwise(sorted(edges)):
        while place < len(turns) and turns[place].start <= low:
            there.append(turns[place])
            place += 1
        there = [turn for turn in there if turn.end > low]
        people = tuple(sorted({turn.person.id: turn.person.name for turn in there}.values()))
        if held is not None and held[2] == people:
            held = (held[0], high, people)
            continue
        if held is not None:
            yield held
        held = (low, high, people)
    if held is not None:
        yield held
