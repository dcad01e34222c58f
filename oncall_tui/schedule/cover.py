"""Standing in: which turn is meant, what changes by it, and when "18:00" is. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from oncall_tui.clock import iso, parse_duration
from oncall_tui.model import Person
from oncall_tui.records import dataclass
from oncall_tui.schedule.render import when
from oncall_tui.schedule.rotations import Rotation, Schedule, Turn

_TIME = re.compile(r"([0-2]?\d):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Somebody who is to stand in on one schedule, from ``start`` to ``end`` (aware UTC)."""

    schedule_id: str
    start: datetime
    end: datetime
    person: Person
    instead: tuple[Person, ...] = ()
    """Who holds it otherwise, in their order."""

    @property
    def params(self) -> dict[str, str | None]:
        """As the outbox takes them."""
        return {
            "start": iso(self.start),
            "end": iso(self.end),
            "person": self.person.id,
            "person_name": self.person.name,
            "instead": self.instead[0].id if len(self.instead) == 1 else None,
            "instead_name": ", ".join(person.name for person in self.instead),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A stretch that changes hands. ``was``: who holds it now; ``None``: nobody."""

    start: datetime
    end: datetime
    was: Person | None


def cover_of(rotation: Rotation, schedule_id: str, start: datetime, end: datetime, person: Person) -> Cover:
    """The same with who holds it otherwise.

    Raises:
        ValueError: it ends before it begins, or changes nothing; one line.
    """
    if end <= start:
        raise ValueError("it ends before it begins")
    pieces = list(replaced(rotation, schedule_id, start, end))
    holders = {one.was.id: one.was for one in pieces if one.was is not None}
    if set(holders) == {person.id} and all(one.was is not None for one in pieces):
        raise ValueError(f"{person.name} is on call there then already")
    instead = tuple(one for one in holders.values() if one.id != person.id)
    return Cover(schedule_id=schedule_id, start=start, end=end, person=person, instead=instead)


def replaced(rotation: Rotation, schedule_id: str, start: datetime, end: datetime) -> Iterator[Replaced]:
    """``start`` to ``end`` cut where the schedule changes hands."""
    turns = [turn for turn in rotation.turns if turn.schedule_id == schedule_id]
    if end <= start:
        return
    edges = {start, end} | {edge for turn in turns for edge in (turn.start, turn.end) if start < edge < end}
    for low, high in pairwise(sorted(edges)):
        yield Replaced(start=low, end=high, was=next((one.person for one in turns if one.covers(low)), None))


def preview(cover: Cover, rotation: Rotation, zone: tzinfo) -> list[str]:
    """What changes, a line a stretch; times in ``zone``."""
    lines = []
    for one in replaced(rotation, cover.schedule_id, cover.start, cover.end):
        times = f"{when(one.start, zone)} to {when(one.end, zone)}"
        known = one.start < rotation.known_until
        was = one.was.name if one.was is not None else "nobody" if known else "whoever it is, which is not known yet"
        if one.was is not None and one.was.id == cover.person.id:
            lines.append(f"{times}: {cover.person.name}, as now")
        else:
            lines.append(f"{times}: {cover.person.name} instead of {was}")
    return lines


def next_turn(schedule: Schedule, my_ids: Collection[str]) -> tuple[Rotation, Turn] | None:
    """The seat's own turn that ends first and can be covered. ``my_ids``: ``SOURCE:PERSON_ID``."""
    mine = [
        (rotation, turn)
        for rotation in schedule.rotations
        for turn in rotation.turns
        if turn.schedule_id and f"{rotation.source}:{turn.person.id}" in my_ids and turn.end > schedule.start
    ]
    return min(mine, key=lambda found: (found[1].start, found[0].level), default=None)


def parse_ahead(text: str, *, after: datetime, zone: tzinfo) -> datetime:
    """A time to come, as a person gives it, as aware UTC: ``18:00`` (the first after ``after`` on the clock of
    ``zone``), ``4h`` or ``+4h`` (after it), or ISO 8601 (without an offset: in ``zone``).

    Raises:
        ValueError: none of these.
    """
    words = text.strip()
    time = _TIME.fullmatch(words)
    if time is not None and int(time[1]) < 24:
        day = after.astimezone(zone).date()
        for ahead in (day, day + timedelta(days=1)):
            at = datetime(ahead.year, ahead.month, ahead.day, int(time[1]), int(time[2]), tzinfo=zone).astimezone(UTC)
            if at > after:
                return at
    try:
        return after + parse_duration(words.removeprefix("+"))
    except ValueError:
        pass
    try:
        value = datetime.fromisoformat(words)
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"not a time to come: {words[:40]!r} (18:00, 4h, 2026-11-30 08:00)") from None
