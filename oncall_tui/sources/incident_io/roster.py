"""People, severities, statuses, schedules and escalation paths of an account, and who is on call by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from oncall_tui.model import EscalationLevel, EscalationPolicy, OnCall, Person, Ref, Shift
from oncall_tui.sources import fields
from oncall_tui.sources.incident_io.paging import Row


@dataclass(frozen=True, slots=True)
class Status:
    """A status that an incident can be in, and its category: ``live``, ``learning``, ``closed`` …"""

    id: str
    name: str
    category: str
    rank: int


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a path: seconds from the trigger until it is paged, those that it then has, and its targets' ids."""

    paged_after_s: float
    seconds: float
    schedules: tuple[str, ...]
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """An escalation path, as it goes within working hours."""

    id: str
    name: str
    teams: tuple[str, ...]
    levels: tuple[Level, ...]
    repeats: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Who holds a rotation of a schedule from when to when; ``person`` ``None``: nobody."""

    start: datetime
    end: datetime
    person: Person | None
    rotation: str | None
    is_override: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule: its rotations' ids, who holds it now and who next."""

    id: str
    name: str
    teams: tuple[str, ...]
    rotations: tuple[str, ...]
    current: tuple[Stretch, ...]
    following: tuple[Stretch, ...]


@dataclass(slots=True)
class Roster:
    """What is known; any part may be empty because it could not be read."""

    people: dict[str, Person] = field(default_factory=dict)
    severities: tuple[Ref, ...] = ()
    """Most severe first."""
    statuses: tuple[Status, ...] = ()
    teams: dict[str, str] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)
    entries: tuple[Stretch, ...] = ()

    def team(self, ids: Iterable[str], otherwise: str) -> str:
        """The first of these teams' names that is known."""
        return next((self.teams[team] for team in ids if team in self.teams), otherwise)


def person(row: object, *path: str) -> Person | None:
    """The user that stands there."""
    user = fields.native_id(row, *path, "id")
    if user is None:
        return None
    return Person(id=user, name=fields.text(row, *path, "name") or user, contact=fields.text(row, *path, "email"))


# -- reading -----------------------------------------------------------------------------------------------------


def read_people(rows: Iterable[Row]) -> dict[str, Person]:
    """Users by id."""
    return {who.id: who for row in rows if (who := person(row)) is not None}


def read_severities(rows: Iterable[Row]) -> tuple[Ref, ...]:
    """Severities, most severe first: a higher rank is more severe."""
    ranked = []
    for row in rows:
        severity, rank = fields.native_id(row, "id"), fields.integer(row, "rank")
        if severity is not None and rank is not None:
            ranked.append((rank, Ref(id=severity, name=fields.text(row, "name") or severity)))
    return tuple(ref for _, ref in sorted(ranked, key=lambda pair: pair[0], reverse=True))


def read_statuses(rows: Iterable[Row]) -> tuple[Status, ...]:
    """Statuses by rank."""
    found = []
    for row in rows:
        status, category = fields.native_id(row, "id"), fields.text(row, "category")
        if status is not None and category is not None:
            name = fields.text(row, "name") or status
            found.append(Status(status, name, category, fields.integer(row, "rank") or 0))
    return tuple(sorted(found, key=lambda status: status.rank))


def read_teams(rows: Iterable[Row]) -> dict[str, str]:
    """Names of teams by id."""
    named = ((fields.native_id(row, "id"), fields.text(row, "name")) for row in rows)
    return {team: name for team, name in named if team and name}


def _ids(row: Row, key: str) -> tuple[str, ...]:
    found = fields.walk(row, key)
    return tuple(item for item in found if isinstance(item, str)) if isinstance(found, list) else ()


def _stretches(rows: Iterable[Row]) -> tuple[Stretch, ...]:
    found = []
    for row in rows:
        start, end = fields.instant(row, "start_at"), fields.instant(row, "end_at")
        if start is not None and end is not None and end > start:
            found.append(Stretch(start, end, person(row, "user"), fields.native_id(row, "rotation_id")))
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def read_schedules(rows: Iterable[Row]) -> dict[str, Schedule]:
    """Schedules by id."""
    found = {}
    for row in rows:
        schedule = fields.native_id(row, "id")
        if schedule is None:
            continue
        rotations = (fields.native_id(item, "id") for item in fields.rows(row, "config", "rotations"))
        found[schedule] = Schedule(
            id=schedule,
            name=fields.text(row, "name") or schedule,
            teams=_ids(row, "team_ids"),
            rotations=tuple(rotation for rotation in rotations if rotation),
            current=_stretches(fields.rows(row, "current_shifts")),
            following=_stretches(fields.rows(row, "next_shifts")),
        )
    return found


def read_entries(final: Iterable[Row], overrides: Iterable[Row]) -> tuple[Stretch, ...]:
    """Entries of all schedules, each once; the rotation tells whose they are."""
    stood_in = _stretches(overrides)
    return tuple(
        replace(one, is_override=any(_within(one, other) for other in stood_in))
        for one in dict.fromkeys(_stretches(final))
    )


def _within(one: Stretch, other: Stretch) -> bool:
    same = one.rotation == other.rotation and one.person == other.person
    return same and other.start <= one.start and one.end <= other.end


def read_paths(rows: Iterable[Row]) -> dict[str, Path]:
    """Escalation paths by id."""
    found = {}
    for row in rows:
        path = fields.native_id(row, "id")
        if path is None:
            continue
        nodes = list(_nodes(fields.rows(row, "path"), 0))
        repeats = max((fields.integer(node, "repeat", "repeat_times") or 0 for node in nodes), default=0)
        found[path] = Path(
            path, fields.text(row, "name") or path, _ids(row, "team_ids"), tuple(_levels(nodes)), repeats
        )
    return found


def _nodes(rows: Iterable[Row], depth: int) -> Iterator[Row]:
    """The nodes in order; of a fork, the way within its condition (else the other), at most ten deep."""
    for row in rows:
        if fields.text(row, "type") != "if_else":
            yield row
        elif depth < 10:
            within = list(_nodes(fields.rows(row, "if_else", "then_path"), depth + 1))
            yield from within or _nodes(fields.rows(row, "if_else", "else_path"), depth + 1)


def _levels(nodes: Iterable[Row]) -> Iterator[Level]:
    waited = 0.0
    for node in nodes:
        waited += fields.number(node, "delay", "delay_seconds") or 0.0
        if fields.text(node, "type") != "level":
            continue
        targets = [
            (fields.text(target, "type"), fields.native_id(target, "id"))
            for target in fields.rows(node, "level", "targets")
        ]
        seconds = max(0.0, fields.number(node, "level", "time_to_ack_seconds") or 0.0)
        yield Level(
            waited,
            seconds,
            tuple(key for kind, key in targets if kind == "schedule" and key),
            tuple(key for kind, key in targets if kind == "user" and key),
        )
        waited += seconds


# -- as the model has it -----------------------------------------------------------------------------------------


def on_call(source: str, roster: Roster) -> tuple[OnCall, ...]:
    """One row for each path, level and person; a schedule on no path stands on level 1 of itself."""
    found: dict[tuple[str, int, str], OnCall] = {}
    placed: set[str] = set()
    for path in roster.paths.values():
        for number, level in enumerate(path.levels, 1):
            for schedule in (roster.schedules[key] for key in level.schedules if key in roster.schedules):
                placed.add(schedule.id)
                for row in _holders(source, roster, schedule, number, path, level):
                    found[path.id, number, row.person.id] = row
            for user in level.users:
                found[path.id, number, user] = OnCall(
                    source=source,
                    team=roster.team(path.teams, path.name),
                    level=number,
                    person=roster.people.get(user) or Person(id=user, name=user),
                    policy=Ref(id=path.id, name=path.name),
                    paged_after_s=level.paged_after_s,
                )
    for schedule in roster.schedules.values():
        if schedule.id not in placed:
            for row in _holders(source, roster, schedule, 1, None, None):
                found[schedule.id, 1, row.person.id] = row
    return tuple(sorted(found.values(), key=lambda row: (row.team, row.policy.name if row.policy else "", row.level)))


def _holders(
    source: str, roster: Roster, schedule: Schedule, number: int, path: Path | None, level: Level | None
) -> Iterator[OnCall]:
    for stretch in schedule.current:
        if stretch.person is None:
            continue
        coming = (
            one.person.name
            for one in schedule.following
            if one.person is not None and one.rotation == stretch.rotation and one.person.id != stretch.person.id
        )
        yield OnCall(
            source=source,
            team=roster.team((*(path.teams if path else ()), *schedule.teams), path.name if path else schedule.name),
            level=number,
            person=stretch.person,
            policy=Ref(id=path.id, name=path.name) if path else None,
            schedule=Ref(id=schedule.id, name=schedule.name),
            since=stretch.start,
            until=stretch.end,
            paged_after_s=level.paged_after_s if level else None,
            next_person=next(coming, None),
        )


def shifts(source: str, roster: Roster) -> tuple[Shift, ...]:
    """The entries of every schedule, at the lowest level where it stands on a path."""
    owners = {rotation: schedule for schedule in roster.schedules.values() for rotation in schedule.rotations}
    found = []
    for stretch in roster.entries:
        schedule = owners.get(stretch.rotation or "")
        if schedule is None:
            continue
        places = [
            (number, path)
            for path in roster.paths.values()
            for number, level in enumerate(path.levels, 1)
            if schedule.id in level.schedules
        ]
        number, path = min(places, key=lambda place: place[0]) if places else (1, None)
        found.append(
            Shift(
                source=source,
                schedule=schedule.name,
                team=roster.team(
                    (*(path.teams if path else ()), *schedule.teams), path.name if path else schedule.name
                ),
                level=number,
                start=stretch.start,
                end=stretch.end,
                person=stretch.person,
                is_override=stretch.is_override,
            )
        )
    return tuple(sorted(found, key=lambda shift: (shift.team, shift.level, shift.schedule, shift.start)))


def policies(source: str, roster: Roster) -> tuple[EscalationPolicy, ...]:
    """All paths with the people who hold their levels now."""
    return tuple(
        EscalationPolicy(
            source=source,
            id=path.id,
            name=path.name,
            repeats=path.repeats,
            teams=tuple(roster.teams[team] for team in path.teams if team in roster.teams),
            levels=tuple(_level(roster, number, level) for number, level in enumerate(path.levels, 1)),
        )
        for path in roster.paths.values()
    )


def _level(roster: Roster, number: int, level: Level) -> EscalationLevel:
    schedules = [roster.schedules[key] for key in level.schedules if key in roster.schedules]
    people = [one.person for schedule in schedules for one in schedule.current if one.person is not None]
    people += [roster.people.get(user) or Person(id=user, name=user) for user in level.users]
    names = [schedule.name for schedule in schedules] + [who.name for who in people if who.id in level.users]
    return EscalationLevel(
        level=number,
        people=tuple({who.id: who for who in people}.values()),
        targets=tuple(names),
        delay_minutes=level.seconds / 60,
    )


def status_for(statuses: Sequence[Status], name: str | None) -> Status | None:
    """The status that resolving sets: the one of that name, else the first after the incident, else the first of those
    that are closed."""
    if name is not None:
        return next((status for status in statuses if status.name.casefold() == name.casefold()), None)
    for category in ("learning", "closed"):
        for status in statuses:
            if status.category == category:
                return status
    return None
