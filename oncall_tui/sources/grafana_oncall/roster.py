"""What is known of people, teams, integrations, chains and schedules, and who is on call by it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime

from oncall_tui.model import EscalationLevel, EscalationPolicy, OnCall, Person, Ref, Shift
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.grafana_oncall.api import Row
from oncall_tui.sources.grafana_oncall.chains import Chain, Target


@dataclass(frozen=True, slots=True)
class User:
    """One person; ``role`` is the system's word (``user``, ``observer``, ``admin``), ``zone`` an IANA name."""

    person: Person
    role: str | None
    team_ids: frozenset[str]
    zone: str | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule and the ids of those who hold it now."""

    id: str
    name: str
    team_id: str | None
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One person holds a schedule from when to when."""

    start: datetime
    end: datetime
    user_id: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """The shifts of one schedule within a window, which cuts off what lies beyond."""

    since: datetime
    until: datetime
    stretches: tuple[Stretch, ...]

    def now_of(self, user_id: str, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Since when and until when without a break this person holds it; ``None`` where the window cuts."""
        mine = sorted((one for one in self.stretches if one.user_id == user_id), key=lambda one: one.start)
        held = next((one for one in mine if one.start <= now < one.end), None)
        if held is None:
            return None, None
        start, end = held.start, held.end
        for one in reversed(mine):
            if one.start < start <= one.end:
                start = one.start
        for one in mine:
            if one.start <= end < one.end:
                end = one.end
        return start if start > self.since else None, end if end < self.until else None

    def next_after(self, user_ids: Iterable[str], now: datetime) -> str | None:
        """Who takes over first of those who are none of these."""
        holders = set(user_ids)
        coming = [one for one in self.stretches if one.start > now and one.user_id not in holders]
        return min(coming, key=lambda one: one.start).user_id if coming else None


@dataclass(frozen=True, slots=True)
class Roster:
    """Each part may be empty because it could not be read."""

    users: Mapping[str, User] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    integrations: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    """Name and team of each."""
    routes: Mapping[str, str] = field(default_factory=dict)
    """Route -> its chain."""
    chains: Mapping[str, Chain] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    ahead: Mapping[str, Ahead] = field(default_factory=dict)

    def person(self, user_id: str) -> Person:
        """That person; by their id alone where they are not known."""
        known = self.users.get(user_id)
        return known.person if known is not None else Person(id=user_id, name=user_id)

    def holders(self, target: Target) -> tuple[Person, ...]:
        """Who would be notified now; nobody where the system does not tell."""
        match target.kind:
            case "user":
                return (self.person(target.id),)
            case "schedule":
                schedule = self.schedules.get(target.id)
                return tuple(self.person(one) for one in schedule.holders) if schedule is not None else ()
            case "team":
                return tuple(user.person for user in self.users.values() if target.id in user.team_ids)
        return ()

    def on_level(self, chain_id: str, number: int) -> tuple[Person, ...]:
        """Who would be notified now on that level of that chain, each once."""
        chain = self.chains.get(chain_id)
        if chain is None or not 1 <= number <= len(chain.levels):
            return ()
        people = [person for target in chain.levels[number - 1].targets for person in self.holders(target)]
        return tuple({person.id: person for person in people}.values())

    def describe(self, target: Target) -> str:
        """What a person would call it."""
        match target.kind:
            case "schedule":
                schedule = self.schedules.get(target.id)
                return schedule.name if schedule is not None else target.id
            case "team":
                return f"team {self.teams.get(target.id, target.id)}"
            case "group":
                return f"chat group {target.id}"
            case "turn":
                return f"{self.person(target.id).name} (in turn)"
        return self.person(target.id).name

    def team_of(self, chain: Chain) -> str:
        """What a person would call it: its team, else its name."""
        return self.teams.get(chain.team_id or "", chain.name)


# -- reading -------------------------------------------------------------------------------------------------------


def read_users(rows: Iterable[Row]) -> dict[str, User]:
    """Users by id."""
    found = {}
    for row in rows:
        user_id = fields.native_id(row, "id")
        if user_id is None:
            continue
        email = fields.text(row, "email")
        name = fields.text(row, "username") or email or user_id
        listed = fields.walk(row, "teams")
        teams = frozenset(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else frozenset()
        person = Person(id=user_id, name=name, contact=email)
        found[user_id] = User(person, fields.text(row, "role"), teams, fields.zone(row, "timezone"))
    return found


def read_schedules(rows: Iterable[Row]) -> dict[str, Schedule]:
    """Schedules by id."""
    found = {}
    for row in rows:
        schedule_id = fields.native_id(row, "id")
        if schedule_id is None:
            continue
        listed = fields.walk(row, "on_call_now")
        read = (fields.native_id(one) for one in listed) if isinstance(listed, list) else ()
        holders = tuple(dict.fromkeys(one for one in read if one is not None))
        name = fields.text(row, "name") or schedule_id
        found[schedule_id] = Schedule(schedule_id, name, fields.native_id(row, "team_id"), holders)
    return found


def read_ahead(rows: Iterable[Row], since: datetime, until: datetime) -> Ahead:
    """The final shifts of one schedule within that window, in order."""
    found = []
    for row in rows:
        start, end = fields.instant(row, "shift_start"), fields.instant(row, "shift_end")
        user_id = fields.native_id(row, "user_pk")
        if user_id is not None and start is not None and end is not None and end > start:
            found.append(Stretch(start, end, user_id))
    return Ahead(since, until, tuple(sorted(found, key=lambda one: (one.start, one.end, one.user_id))))


# -- as the model has it -------------------------------------------------------------------------------------------


def escalation_policies(source: str, roster: Roster) -> tuple[EscalationPolicy, ...]:
    """All chains, with those who would be notified now."""
    return tuple(
        EscalationPolicy(
            source=source,
            id=chain.id,
            name=chain.name,
            teams=(team,) if (team := roster.teams.get(chain.team_id or "")) else (),
            levels=tuple(
                EscalationLevel(
                    level=number,
                    people=roster.on_level(chain.id, number),
                    targets=tuple(roster.describe(target) for target in level.targets),
                    delay_minutes=level.delay_minutes,
                )
                for number, level in enumerate(chain.levels, 1)
            ),
        )
        for chain in roster.chains.values()
    )


def _places(roster: Roster) -> Iterator[tuple[Schedule, str, int, Ref | None, float | None]]:
    """Each schedule where it stands: team, level, chain, seconds until paged; those on no chain by themselves."""
    placed = set()
    for chain in roster.chains.values():
        for number, level in enumerate(chain.levels, 1):
            for target in level.targets:
                schedule = roster.schedules.get(target.id) if target.kind == "schedule" else None
                if schedule is not None:
                    placed.add(schedule.id)
                    ref = Ref(id=chain.id, name=chain.name)
                    yield schedule, roster.team_of(chain), number, ref, level.after_minutes * 60
    for schedule in roster.schedules.values():
        if schedule.id not in placed:
            yield schedule, roster.teams.get(schedule.team_id or "", schedule.name), 1, None, None


def on_call(source: str, roster: Roster, now: datetime) -> tuple[OnCall, ...]:
    """Who holds each schedule now, and who is named on a level by name: once for each team, level and person."""
    found: dict[tuple[str, str, int, str], OnCall] = {}
    for schedule, team, level, chain, paged_after_s in _places(roster):
        ahead = roster.ahead.get(schedule.id)
        coming = ahead.next_after(schedule.holders, now) if ahead is not None else None
        for user_id in schedule.holders:
            since, until = ahead.now_of(user_id, now) if ahead is not None else (None, None)
            found.setdefault(
                (team, chain.id if chain else "", level, user_id),
                OnCall(
                    source=source,
                    team=team,
                    level=level,
                    person=roster.person(user_id),
                    policy=chain,
                    schedule=Ref(id=schedule.id, name=schedule.name),
                    since=since,
                    until=until,
                    paged_after_s=paged_after_s,
                    next_person=roster.person(coming).name if coming is not None else None,
                ),
            )
    for chain_ in roster.chains.values():
        for number, one in enumerate(chain_.levels, 1):
            for target in one.targets:
                if target.kind == "user":
                    team = roster.team_of(chain_)
                    found.setdefault(
                        (team, chain_.id, number, target.id),
                        OnCall(
                            source=source,
                            team=team,
                            level=number,
                            person=roster.person(target.id),
                            policy=Ref(id=chain_.id, name=chain_.name),
                            paged_after_s=one.after_minutes * 60,
                        ),
                    )
    return tuple(sorted(found.values(), key=lambda row: (row.team, row.policy.name if row.policy else "", row.level)))


def shifts(source: str, roster: Roster) -> tuple[Shift, ...]:
    """The stretches of every schedule within its window, and the gaps between them."""
    found: dict[tuple[str, str, int, datetime, str], Shift] = {}
    for schedule, team, level, _, _ in _places(roster):
        ahead = roster.ahead.get(schedule.id)
        if ahead is None:
            continue
        for start, end, user_id in _with_gaps(ahead):
            found[(schedule.id, team, level, start, user_id or "")] = Shift(
                source=source,
                schedule=schedule.name,
                team=team,
                level=level,
                start=start,
                end=end,
                person=roster.person(user_id) if user_id is not None else None,
            )
    return tuple(sorted(found.values(), key=lambda shift: (shift.team, shift.level, shift.schedule, shift.start)))


def _with_gaps(ahead: Ahead) -> Iterator[tuple[datetime, datetime, str | None]]:
    reached = ahead.since
    for one in ahead.stretches:
        if one.start > reached:
            yield reached, one.start, None
        yield one.start, one.end, one.user_id
        reached = max(reached, one.end)
    if reached < ahead.until:
        yield reached, ahead.until, None
