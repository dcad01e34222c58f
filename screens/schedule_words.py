"""The schedule as the lines of a list, and what there is to know of each. Pure.

Times stand with their zone's name, which says which of two o'clocks it is in the night when clocks go back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from oncall_tui.board import Board
from oncall_tui.records import dataclass
from oncall_tui.schedule import Gap, Overlap, Rotation, Schedule, Turn
from oncall_tui.schedule.render import when
from widgets.lines import Span, Words
from widgets.theme import Look
from widgets.words import stretch

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLine:
    """One line: a rotation's heading (``what`` is ``None``), or a stretch of it."""

    key: str
    rotation: Rotation
    what: Turn | Gap | Overlap | None = None


def schedule_lines(schedule: Schedule, start: datetime) -> tuple[ScheduleLine, ...]:
    """The rotations from ``start`` on: each with its heading, its turns, and where nobody or more than one is there."""
    return tuple(line for one in schedule.rotations for line in _lines(one, start))


def _lines(one: Rotation, start: datetime) -> Iterator[ScheduleLine]:
    head = f"{one.source}|{one.team}|{one.level}"
    yield ScheduleLine(key=head, rotation=one)
    rows: list[Turn | Gap | Overlap] = [*one.turns, *one.gaps, *one.overlaps]
    for row in sorted(rows, key=lambda row: (row.start, not isinstance(row, Turn))):
        if row.end > start:
            who = f"{row.schedule}|{row.person.id}" if isinstance(row, Turn) else type(row).__name__
            yield ScheduleLine(key=f"{head}|{row.start:%Y%m%d%H%M%S}|{who}", rotation=one, what=row)


def week_start(schedule: Schedule, week: int, zone: tzinfo) -> datetime:
    """Where the view begins: now, or the Monday that is so many weeks on."""
    if week <= 0:
        return schedule.start
    local = schedule.start.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday()) + week * WEEK
    return datetime(monday.year, monday.month, monday.day, tzinfo=zone)


def last_week(schedule: Schedule, zone: tzinfo) -> int:
    """The last week that holds a turn, a gap or an overlap."""
    ends = [turn.end for one in schedule.rotations for turn in one.turns]
    latest = min(schedule.end, max(ends, default=schedule.start))
    week = 0
    while week_start(schedule, week + 1, zone) < latest:
        week += 1
    return week


def heading_words(one: Rotation, board: Board, look: Look) -> Words:
    """Who holds it now until when, and who is next."""
    zone = board.zone
    name = Span(f"{one.team}, {one.role}", "title-focus" if _is_mine(one, board) else "title")
    now: list[Span] = [Span("  now ", "label")]
    if not one.now:
        now.append(Span("NOBODY", "down"))
    for number, turn in enumerate(one.now):
        now += [Span(", ")] if number else []
        now.append(Span(turn.person.name, "you" if is_mine(turn, one, board) else "text"))
    told: list[Span] = [name, *now]
    if one.following is not None:
        at = one.following.start.astimezone(zone)
        told += [Span("  next ", "label"), Span(one.following.person.name), Span(f" {at:%a %d %b %H:%M}", "dim")]
    return tuple(told)


def is_mine(turn: Turn, one: Rotation, board: Board) -> bool:
    """Whether the seat holds the turn."""
    return f"{one.source}:{turn.person.id}" in board.seat.my_ids


def _is_mine(one: Rotation, board: Board) -> bool:
    return any(is_mine(turn, one, board) for turn in one.turns)


def who_words(line: ScheduleLine, board: Board) -> Words:
    """Who it is, or that it is nobody, or who they are."""
    match line.what:
        case Turn() as turn:
            return (Span(turn.person.name, "you" if is_mine(turn, line.rotation, board) else "text"),)
        case Gap():
            return (Span("NOBODY", "down"),)
        case Overlap() as both:
            return (Span(f"BOTH: {', '.join(both.people)}", "soon"),)
    return ()


def mark_words(line: ScheduleLine) -> Words:
    """``now``, ``next``, ``override``; of a gap and an overlap nothing that its own words do not say."""
    turn = line.what
    if not isinstance(turn, Turn):
        return ()
    words = []
    if turn in line.rotation.now:
        words.append(Span("now", "good"))
    elif turn == line.rotation.following:
        words.append(Span("next", "label"))
    if turn.is_override:
        words.append(Span(" override" if words else "override", "match"))
    return tuple(words)


def theirs_words(line: ScheduleLine, board: Board) -> Words:
    """The hand-off times in the person's own zone, where that differs from the seat's."""
    turn = line.what
    if not isinstance(turn, Turn) or turn.zone is None or not _differs(turn, turn.zone, board.zone):
        return ()
    start, end = turn.start.astimezone(turn.zone), turn.end.astimezone(turn.zone)
    return (Span(f"{start:%a %d %H:%M %Z} to {end:%a %d %H:%M %Z}", "dim"),)


def line_facts(line: ScheduleLine | None, schedule: Schedule, board: Board) -> list[tuple[str, str]]:
    """What there is to know of the line under the cursor, as label and text."""
    if line is None:
        return []
    one, zone = line.rotation, board.zone
    what = line.what
    if what is None:
        return [
            ("rotation", f"{one.team}, {one.role} (level {one.level}), of {one.source}"),
            ("schedules", ", ".join(one.schedules)),
            ("ahead", f"{_count(one.turns, 'turn')}, {_count(one.gaps, 'gap')}, {_count(one.overlaps, 'overlap')}"),
            ("not known", f"after {when(one.known_until, zone)}" if one.known_until < schedule.end else ""),
        ]
    times = f"{when(what.start, zone)} to {when(what.end, zone)}, {stretch(what.end - what.start)}"
    changed = _clock_change(what.start, what.end, zone)
    if what.end >= one.known_until:
        times += "; what comes after is not known"
    facts = [("here", f"{times}{f'; {changed}' if changed else ''}")]
    if not isinstance(what, Turn):
        told = "nobody is on call" if isinstance(what, Gap) else f"{' and '.join(what.people)} are both on call"
        return [(f"{one.team}, {one.role}", told), *facts]
    person = what.person
    facts.insert(0, ("who", f"{person.name}{f' <{person.contact}>' if person.contact else ''}"))
    if what.zone is not None and _differs(what, what.zone, zone):
        theirs = _clock_change(what.start, what.end, what.zone)
        told = f"{when(what.start, what.zone)} to {when(what.end, what.zone)} ({what.zone})"
        facts.append(("for them", f"{told}{f'; {theirs}' if theirs else ''}"))
    facts.append(("schedule", f"{what.schedule} of {one.source}{', an override' if what.is_override else ''}"))
    return facts


def _differs(turn: Turn, one: tzinfo, other: tzinfo) -> bool:
    return any(at.astimezone(one).utcoffset() != at.astimezone(other).utcoffset() for at in (turn.start, turn.end))


def _clock_change(start: datetime, end: datetime, zone: tzinfo) -> str:
    before, after = start.astimezone(zone).utcoffset(), end.astimezone(zone).utcoffset()
    if before is None or after is None or before == after:
        return ""
    moved = after - before
    return f"clocks go {'on' if moved > timedelta() else 'back'} {stretch(abs(moved))} meanwhile"


def _count(rows: tuple[object, ...], what: str) -> str:
    return f"{len(rows) or 'no'} {what}{'' if len(rows) == 1 else 's'}"
