"""Schedules of the next weeks, of both kinds, as shifts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from oncall_tui.model import Person, Shift
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.pagerduty.oncall import Roster
from oncall_tui.sources.pagerduty.paging import Row


@dataclass(frozen=True, slots=True)
class Stretch:
    """Who holds a schedule from when to when; ``person`` ``None``: nobody."""

    start: datetime
    end: datetime
    person: Person | None
    is_override: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """A schedule over a window of time."""

    id: str
    name: str
    stretches: tuple[Stretch, ...]
    is_newer: bool = False
    """Made of shifts: an override of those names a rotation, which no list tells."""


def read_schedule(row: Row, roster: Roster, since: datetime, until: datetime) -> Rendered | None:
    """A schedule made of layers, with its gaps; ``None`` where it has no id or was not rendered."""
    schedule_id = fields.native_id(row, "id")
    if schedule_id is None or not fields.is_list(row, "final_schedule", "rendered_schedule_entries"):
        return None
    overrides = list(_entries(fields.rows(row, "overrides_subschedule", "rendered_schedule_entries"), roster))
    found = [
        Stretch(start, end, person, any(o[0] <= start and end <= o[1] and o[2] == person for o in overrides))
        for start, end, person in _entries(fields.rows(row, "final_schedule", "rendered_schedule_entries"), roster)
    ]
    name = fields.text(row, "name") or fields.text(row, "summary") or schedule_id
    return Rendered(schedule_id, name, tuple(_with_gaps(found, since, until)))


def read_shift_schedule(row: Row, roster: Roster) -> Rendered | None:
    """A schedule made of shifts (v3), which tells its gaps itself."""
    schedule_id = fields.native_id(row, "id")
    if schedule_id is None:
        return None
    found = []
    for shift in fields.rows(row, "final_schedule", "computed_shift_assignments"):
        start, end = fields.instant(shift, "start_time"), fields.instant(shift, "end_time")
        member = fields.native_id(shift, "member", "user_id")
        if start is None or end is None or end <= start:
            continue
        person = (roster.people.get(member) or Person(id=member, name=member)) if member else None
        kind = fields.text(shift, "source", "type") or ""
        found.append(Stretch(start, end, person, kind.endswith("_override")))
    stretches = tuple(sorted(found, key=lambda s: s.start))
    return Rendered(schedule_id, fields.text(row, "name") or schedule_id, stretches, is_newer=True)


def _entries(rows: Iterable[Row], roster: Roster) -> Iterator[tuple[datetime, datetime, Person | None]]:
    for row in rows:
        start, end = fields.instant(row, "start"), fields.instant(row, "end")
        if start is not None and end is not None and end > start:
            yield start, end, roster.person(row, "user")


def _with_gaps(stretches: Sequence[Stretch], since: datetime, until: datetime) -> Iterator[Stretch]:
    reached = since
    for stretch in sorted(stretches, key=lambda item: item.start):
        if stretch.start > reached:
            yield Stretch(reached, stretch.start, None)
        yield stretch
        reached = max(reached, stretch.end)
    if reached < until:
        yield Stretch(reached, until, None)


def newer_ids(roster: Roster) -> tuple[str, ...]:
    """Ids of the shift-based schedules that stand on a level; the list of schedules does not contain them."""
    found = (
        target.id
        for policy in roster.policies.values()
        for _, targets in policy.rules
        for target in targets
        if target.kind == "schedule_v3"
    )
    return tuple(dict.fromkeys(found))


def shifts(source: str, rendered: Mapping[str, Rendered], roster: Roster, teams: Sequence[str]) -> tuple[Shift, ...]:
    """The stretches of every schedule that stands on a level, once for each team and level."""
    found: dict[tuple[str, str, int, datetime], Shift] = {}
    for policy in roster.policies.values():
        team = policy.team(teams)
        for level, (_, targets) in enumerate(policy.rules, 1):
            for schedule in (rendered[target.id] for target in targets if target.id in rendered):
                for stretch in schedule.stretches:
                    found[(schedule.id, team, level, stretch.start)] = Shift(
                        source=source,
                        schedule=schedule.name,
                        team=team,
                        level=level,
                        start=stretch.start,
                        end=stretch.end,
                        person=stretch.person,
                        is_override=stretch.is_override,
                        schedule_id=None if schedule.is_newer else schedule.id,
                    )
    return tuple(sorted(found.values(), key=lambda shift: (shift.team, shift.level, shift.schedule, shift.start)))
