"""What hardly changes in the simulated account: people, teams, schedules, policies, services, priorities."""

from __future__ import annotations

import random
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from oncall_tui.demo import company

WEEK = timedelta(days=7)
HANDOFF_HOUR = 9
_ALPHABET = string.ascii_uppercase + string.digits


def make_id(seed: int, kind: str, key: str, length: int = 7) -> str:
    """An id as PagerDuty makes them (``PXPGF42``, ``Q02JTSNZWHSEKV``), always the same for the same arguments."""
    chance = random.Random(f"{seed}:{kind}:{key}")  # noqa: S311 - made-up ids, no secret
    return ("Q" if length > 7 else "P") + "".join(chance.choices(_ALPHABET, k=length - 1))


@dataclass(frozen=True, slots=True)
class User:
    """One person of the account."""

    id: str
    key: str
    name: str
    email: str
    title: str
    team_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """One team."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody stands in on a schedule."""

    start: datetime
    end: datetime
    user: User
    id: str


@dataclass(slots=True)
class Schedule:
    """A weekly rotation: hand-off Mondays at 09:00 UTC."""

    id: str
    name: str
    team: Team
    users: tuple[User, ...]
    anchor: datetime
    """A hand-off at which ``users[0]`` begins."""
    shift_based: bool = False
    """One of the newer kind, which only ``/v3/schedules`` shows."""
    overrides: list[Override] = field(default_factory=list)

    def entries(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, User, bool]]:
        """Who holds it from when to when (whole stretches that touch the window), and whether as an override."""
        start = self.anchor + (since - self.anchor) // WEEK * WEEK
        while start < until:
            user = self.users[(start - self.anchor) // WEEK % len(self.users)]
            yield from self._cut(start, start + WEEK, user, since, until)
            start += WEEK

    def _cut(
        self, start: datetime, end: datetime, user: User, since: datetime, until: datetime
    ) -> Iterator[tuple[datetime, datetime, User, bool]]:
        edges = {start, end}
        for override in self.overrides:
            edges |= {edge for edge in (override.start, override.end) if start < edge < end}
        ordered = sorted(edges)
        for left, right in pairwise(ordered):
            standing = next((item for item in self.overrides if item.start <= left < item.end), None)
            if left < until and right > since:
                yield (left, right, standing.user if standing else user, standing is not None)

    def holder(self, at: datetime) -> tuple[datetime, datetime, User]:
        """Who holds it at that instant, with the stretch."""
        start, end, user, _ = next(
            entry for entry in self.entries(at, at + timedelta(seconds=1)) if entry[0] <= at < entry[1]
        )
        return start, end, user


@dataclass(frozen=True, slots=True)
class Rule:
    """One level of a policy."""

    id: str
    delay_minutes: int
    targets: tuple[User | Schedule, ...]

    def people(self, at: datetime) -> tuple[User, ...]:
        """Who is on the level at that instant, each once."""
        found = [target.holder(at)[2] if isinstance(target, Schedule) else target for target in self.targets]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Policy:
    """Who is paged after whom."""

    id: str
    name: str
    team: Team
    rules: tuple[Rule, ...]
    num_loops: int


@dataclass(frozen=True, slots=True)
class Service:
    """What incidents happen on."""

    id: str
    key: str
    name: str
    team: Team
    policy: Policy
    ack_timeout_s: int = 1800


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """What a pipeline says that it has changed."""

    id: str
    service: Service
    summary: str
    at: datetime
    source: str
    link: str | None


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """A stretch in which services make no incidents."""

    id: str
    number: int
    services: tuple[Service, ...]
    description: str
    start: datetime
    end: datetime
    created_by: User


@dataclass(frozen=True, slots=True)
class Priority:
    """A priority of the account, most severe first."""

    id: str
    name: str


class Estate:
    """The account's furniture, built from :mod:`oncall_tui.demo.company`; the same for the same seed and start."""

    def __init__(self, seed: int, start: datetime) -> None:
        self.seed = seed
        monday = (start - timedelta(days=start.weekday())).replace(hour=HANDOFF_HOUR, minute=0, second=0, microsecond=0)
        self.anchor = monday if monday <= start else monday - WEEK
        self.teams = {team.key: Team(self._id("team", team.key), team.name) for team in company.TEAMS}
        self.users = {person.key: self._user(person) for person in company.EMPLOYEES}
        self.schedules: list[Schedule] = []
        self.policies: list[Policy] = []
        self.services: dict[str, Service] = {}
        self.changes: list[ChangeEvent] = []
        self.maintenance: list[MaintenanceWindow] = []
        for team in company.TEAMS:
            self._furnish(team)
        self.priorities = [Priority(self._id("priority", name), name) for name in ("P1", "P2", "P3", "P4")]

    def _id(self, kind: str, key: str) -> str:
        return make_id(self.seed, kind, key)

    def _user(self, person: company.Employee) -> User:
        member = [
            self.teams[team.key].id
            for team in company.TEAMS
            if person.key in (*team.primary, *team.secondary) or person.key in company.MANAGERS
        ]
        return User(self._id("user", person.key), person.key, person.name, person.email, person.title, tuple(member))

    def _furnish(self, team: company.Team) -> None:
        here = self.teams[team.key]
        rotations = []
        for role, keys in (("Primary", team.primary), ("Secondary", team.secondary)):
            name = f"{team.name} {role}"
            people = tuple(self.users[key] for key in keys)
            shift_based = name == "Edge Secondary"
            schedule = Schedule(self._id("schedule", name), name, here, people, self.anchor, shift_based)
            rotations.append(schedule)
        self.schedules += rotations
        managers = tuple(self.users[key] for key in company.MANAGERS)
        levels: tuple[tuple[User | Schedule, ...], ...] = ((rotations[0],), (rotations[1],), managers)
        rules = tuple(
            Rule(self._id("rule", f"{team.key}{number}"), minutes, targets)
            for number, (minutes, targets) in enumerate(zip(company.LEVEL_MINUTES, levels, strict=True), 1)
        )
        policy = Policy(self._id("policy", team.policy), team.policy, here, rules, company.POLICY_REPEATS)
        self.policies.append(policy)
        for key in team.services:
            self.services[key] = Service(self._id("service", key), key, key, here, policy)

    def user(self, who: str) -> User | None:
        """By key, id or mail."""
        return next((user for user in self.users.values() if who in (user.key, user.id, user.email)), None)

    def policy(self, policy_id: str) -> Policy | None:
        """By id."""
        return next((policy for policy in self.policies if policy.id == policy_id), None)

    def priority(self, word: str) -> Priority | None:
        """By id or name."""
        return next((priority for priority in self.priorities if word in (priority.id, priority.name)), None)

    def change(self, service: str, summary: str, at: datetime, source: str, link: str | None) -> None:
        """A pipeline tells of a change on a service (its key)."""
        change_id = make_id(self.seed, "change", f"{len(self.changes)}", 26)
        self.changes.append(ChangeEvent(change_id, self.services[service], summary, at, source, link))

    def maintain(self, services: Iterable[str], description: str, start: datetime, end: datetime, by: str) -> None:
        """Somebody (key, id or mail) opens or plans a maintenance window on these services (their keys)."""
        person = self.user(by)
        assert person is not None
        number = len(self.maintenance) + 1
        window_id = self._id("maintenance", str(number))
        chosen = tuple(self.services[key] for key in services)
        self.maintenance.append(MaintenanceWindow(window_id, number, chosen, description, start, end, person))

    def override(self, schedule: str, user: str, start: datetime, end: datetime) -> Override:
        """Let ``user`` (key, id or mail) stand in on the schedule of that name or id from ``start`` to ``end``; the
        latest override counts."""
        found = next(item for item in self.schedules if schedule in (item.name, item.id))
        person = self.user(user)
        assert person is not None
        made = Override(start, end, person, self._id("override", f"{found.id}{len(found.overrides)}"))
        found.overrides.insert(0, made)
        return made
