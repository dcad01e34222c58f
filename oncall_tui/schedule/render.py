"""The schedule as text of 80 columns and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.schedule.rotations import Gap, Overlap, Rotation, Schedule, Turn
from oncall_tui.text import clip, fit

WIDTH = 80
_NAME = 20


def to_lines(schedule: Schedule, zone: tzinfo) -> list[str]:
    """The rotations as lines of at most :data:`WIDTH` cells; times in ``zone``, each with its name there and then."""
    if not schedule.rotations:
        return ["no configured source tells of shifts in this time"]
    lines: list[str] = []
    for one in schedule.rotations:
        lines += ["", *_rotation(one, schedule, zone)] if lines else _rotation(one, schedule, zone)
    return [clip(line, WIDTH) for line in lines]


def _rotation(one: Rotation, schedule: Schedule, zone: tzinfo) -> Iterator[str]:
    yield f"=== {one.team}, {one.role} ({one.source}: {', '.join(one.schedules)}) ==="
    for turn in one.now:
        yield f"  now   {fit(turn.person.name, 28)} until {when(turn.end, zone)}"
    if not one.now:
        yield "  now   nobody"
    if one.following is not None:
        yield f"  next  {fit(one.following.person.name, 28)} from  {when(one.following.start, zone)}"
    rows: list[Turn | Gap | Overlap] = [*one.turns, *one.gaps, *one.overlaps]
    for row in sorted(rows, key=lambda row: (row.start, not isinstance(row, Turn))):
        yield from _row(row, zone)
    if one.known_until < schedule.end:
        yield f"  not known after {when(one.known_until, zone)}"


def _row(row: Turn | Gap | Overlap, zone: tzinfo) -> Iterator[str]:
    times = f"{fit(when(row.start, zone), 22)} {fit(when(row.end, zone), 22)}"
    match row:
        case Gap():
            yield f"! {times} NOBODY"
        case Overlap():
            yield f"! {times} BOTH: {', '.join(row.people)}"
        case Turn():
            mark = " override" if row.is_override else ""
            yield f"  {times} {fit(row.person.name, _NAME) if mark else row.person.name}{mark}"
            if row.zone is not None and _differs(row, zone):
                theirs = f"{fit(when(row.start, row.zone), 22)} {fit(when(row.end, row.zone), 22)}"
                yield f"  {theirs}   for them"


def _differs(turn: Turn, zone: tzinfo) -> bool:
    assert turn.zone is not None
    return any(
        moment.astimezone(turn.zone).utcoffset() != moment.astimezone(zone).utcoffset()
        for moment in (turn.start, turn.end)
    )


def when(moment: datetime, zone: tzinfo) -> str:
    """``Mon 26 Oct 08:00 CET``: with the zone's name, which says which of two o'clocks it is."""
    return f"{moment.astimezone(zone):%a %d %b %H:%M %Z}"


def to_json(schedule: Schedule) -> dict[str, Any]:
    """The rotations as one JSON document; ``zone`` is where the person lives, if that is known."""
    return {
        "version": 1,
        "from": iso(schedule.start),
        "until": iso(schedule.end),
        "rotations": [
            {
                "source": one.source,
                "team": one.team,
                "level": one.level,
                "role": one.role,
                "schedules": list(one.schedules),
                "known_until": iso(one.known_until),
                "now": [_turn(turn) for turn in one.now],
                "next": _turn(one.following) if one.following is not None else None,
                "turns": [_turn(turn) for turn in one.turns],
                "gaps": [{"start": iso(gap.start), "end": iso(gap.end)} for gap in one.gaps],
                "overlaps": [
                    {"start": iso(both.start), "end": iso(both.end), "people": list(both.people)}
                    for both in one.overlaps
                ],
            }
            for one in schedule.rotations
        ],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "start": iso(turn.start),
        "end": iso(turn.end),
        "person": turn.person.name,
        "contact": turn.person.contact,
        "schedule": turn.schedule,
        "override": turn.is_override,
        "zone": str(turn.zone) if turn.zone is not None else None,
        "start_there": turn.start.astimezone(turn.zone).isoformat() if turn.zone is not None else None,
    }
