"""What hardly changes in the account: people, teams, schedules, escalations."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from oncall_tui.demo import company

WEEK = timedelta(days=7)
HANDOFF_HOUR = 9
MakeId = Callable[[str, str], str]
"""Kind and key of a thing to its id."""


def uuids(seed: int) -> MakeId:
    """Ids as Opsgenie makes them, the same for the same seed."""

    def make(kind: str, key: str) -> str:
        chance = random.Random(f"genie:{seed}:{kind}:{key}")  # noqa: S311 - made-up ids, no secret
        return str(uuid.UUID(int=chance.getrandbits(128), version=4))

    return make


@dataclass(frozen=True, slots=True)
class User:
    """One person of the account."""

    id: str
    key: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Team:
    """One team."""

    id: str
    key: str
    name: str
    members: tuple[User, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody stands in on a schedule."""

    start: datetime
    end: datetime
    user: User
    alias: str = ""


@dataclass(slots=True)
class Schedule:
    """One weekly rotation: hand-off Mondays at 09:00 UTC."""

    id: str
    name: str
    team: Team
    rotation_id: str
    users: tuple[User, ...]
    anchor: datetime
    """A hand-off at which ``users[0]`` begins."""
    overrides: list[Override] = field(default_factory=list)
    enabled: bool = True

    def periods(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, User, bool]]:
        """Who holds it from when to when within the window, and whether as an override."""
        start = self.anchor + (since - self.anchor) // WEEK * WEEK
        while start < until:
            user = self.users[(start - self.anchor) // WEEK % len(self.users)]
            edges = {max(start, since), min(start + WEEK, until)}
            for one in self.overrides:
                edges |= {edge for edge in (one.start, one.end) if max(start, since) < edge < min(start + WEEK, until)}
            for left, right in pairwise(sorted(edges)):
                standing = next((one for one in self.overrides if one.start <= left < one.end), None)
                yield left, right, standing.user if standing else user, standing is not None
            start += WEEK

    def stand_in(self, user: User, start: datetime, end: datetime, alias: str) -> Override:
        """Let somebody stand in; the latest counts, and one of the same alias is the same."""
        made = next((one for one in self.overrides if alias and one.alias == alias), None)
        if made is None:
            made = Override(start, end, user, alias or f"override-{len(self.overrides) + 1}")
            self.overrides.insert(0, made)
        return made

    def holder(self, at: datetime) -> User:
        """Who is on call at that instant."""
        return next(self.periods(at, at + timedelta(seconds=1)))[2]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an escalation: whom it pages, so many minutes after the alert was created."""

    minutes: int
    target: User | Schedule


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is paged after whom."""

    id: str
    name: str
    team: Team
    steps: tuple[Step, ...]
    repeats: int


class Estate:
    """The account's furniture, built from :mod:`oncall_tui.demo.company`."""

    def __init__(self, make_id: MakeId, start: datetime) -> None:
        self.make_id = make_id
        monday = (start - timedelta(days=start.weekday())).replace(hour=HANDOFF_HOUR, minute=0, second=0, microsecond=0)
        self.anchor = monday if monday <= start else monday - WEEK
        self.users = {
            one.key: User(make_id("user", one.key), one.key, one.name, one.email) for one in company.EMPLOYEES
        }
        self.teams: dict[str, Team] = {}
        self.schedules: list[Schedule] = []
        self.escalations: list[Escalation] = []
        for team in company.TEAMS:
            self._furnish(team)

    def _furnish(self, team: company.Team) -> None:
        keys = dict.fromkeys((*team.primary, *team.secondary, *company.MANAGERS))
        here = Team(self.make_id("team", team.key), team.key, team.name, tuple(self.users[key] for key in keys))
        self.teams[team.key] = here
        rotations = []
        for role, people in (("Primary", team.primary), ("Secondary", team.secondary)):
            name = f"{team.name} {role}"
            users = tuple(self.users[key] for key in people)
            ids = self.make_id("schedule", name), self.make_id("rotation", name)
            rotations.append(Schedule(ids[0], name, here, ids[1], users, self.anchor))
        self.schedules += rotations
        first, second, _ = company.LEVEL_MINUTES
        managers = [Step(first + second, self.users[key]) for key in company.MANAGERS]
        steps = (Step(0, rotations[0]), Step(first, rotations[1]), *managers)
        escalation_id = self.make_id("escalation", team.policy)
        self.escalations.append(Escalation(escalation_id, team.policy, here, steps, company.POLICY_REPEATS))

    def user(self, who: str) -> User | None:
        """By key, id, mail or name."""
        word = who.casefold()
        return next(
            (
                one
                for one in self.users.values()
                if word in (one.key, one.id.casefold(), one.email, one.name.casefold())
            ),
            None,
        )

    def team_of(self, service: str) -> Team:
        """The team that has a service."""
        return self.teams[next(team.key for team in company.TEAMS if service in team.services)]

    def escalation_of(self, team: Team) -> Escalation:
        """A team's escalation."""
        return next(one for one in self.escalations if one.team is team)

    def knows(self, kind: str, thing_id: str) -> bool:
        """Whether a responder of that kind is there."""
        ids = {
            "user": {one.id for one in self.users.values()},
            "team": {one.id for one in self.teams.values()},
            "schedule": {one.id for one in self.schedules},
            "escalation": {one.id for one in self.escalations},
        }
        return thing_id in ids.get(kind, set())
