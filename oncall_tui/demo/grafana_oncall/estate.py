"""What hardly changes in the simulated engine: people, teams, schedules, chains, integrations, routes."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.demo import company

WEEK = timedelta(days=7)
HANDOFF_HOUR = 9
_ALPHABET = string.ascii_uppercase + string.digits


def make_id(seed: int, letter: str, key: str) -> str:
    """An id as OnCall makes them (``U4DNY931HHJS5``), always the same for the same arguments."""
    chance = random.Random(f"{seed}:oncall:{letter}:{key}")  # noqa: S311 - made-up ids, no secret
    return letter + "".join(chance.choices(_ALPHABET, k=12))


@dataclass(slots=True)
class User:
    """One person of the account."""

    id: str
    key: str
    email: str
    number: int
    role: str = "user"
    team_ids: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "id": self.id,
            "grafana_id": self.number,
            "email": self.email,
            "slack": None,
            "username": self.key,
            "role": self.role,
            "timezone": None,
            "teams": self.team_ids,
        }


@dataclass(slots=True)
class Schedule:
    """A weekly rotation: hand-off Mondays at 09:00 UTC."""

    id: str
    name: str
    team_id: str
    users: tuple[User, ...]
    anchor: datetime
    """A hand-off at which ``users[0]`` begins."""

    def stretches(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, User]]:
        """Who holds it from when to when, cut to the window."""
        start = self.anchor + (since - self.anchor) // WEEK * WEEK
        while start < until:
            user = self.users[(start - self.anchor) // WEEK % len(self.users)]
            yield max(start, since), min(start + WEEK, until), user
            start += WEEK

    def holder(self, at: datetime) -> User:
        """Who holds it at that instant."""
        return next(self.stretches(at, at + timedelta(seconds=1)))[2]

    def told(self, now: datetime) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "type": "web",
            "team_id": self.team_id,
            "time_zone": "UTC",
            "on_call_now": [self.holder(now).id],
            "shifts": None,
            "slack": {"channel_id": None, "user_group_id": None},
        }

    def final_shifts(self, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """The shifts of a window as the API shows them."""
        return [
            {
                "user_pk": user.id,
                "user_email": user.email,
                "user_username": user.key,
                "shift_start": iso(start),
                "shift_end": iso(end),
            }
            for start, end, user in self.stretches(since, until)
        ]


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the company: an integration whose only route leads to its team's chain."""

    key: str
    integration_id: str
    route_id: str
    chain_id: str
    team_id: str


class Estate:
    """Everything of the account that a person sets up."""

    def __init__(self, seed: int, now: datetime) -> None:
        self.seed = seed
        self.users = {
            person.key: User(make_id(seed, "U", person.key), person.key, person.email, number)
            for number, person in enumerate(company.EMPLOYEES, 1)
        }
        self.teams: list[dict[str, Any]] = []
        self.schedules: list[Schedule] = []
        self.chains: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []
        self.services: dict[str, Service] = {}
        monday = (now - timedelta(days=now.weekday())).replace(hour=HANDOFF_HOUR, minute=0, second=0, microsecond=0)
        for number, team in enumerate(company.TEAMS, 1):
            self._set_up(number, team, monday if monday <= now else monday - WEEK)

    def _set_up(self, number: int, team: company.Team, anchor: datetime) -> None:
        team_id = make_id(self.seed, "T", team.key)
        self.teams.append({"id": team_id, "grafana_id": number, "name": team.name, "email": "", "avatar_url": ""})
        chain_id = make_id(self.seed, "F", team.policy)
        self.chains.append({"id": chain_id, "name": team.policy, "team_id": team_id})
        rotas = []
        for role, keys in (("Primary", team.primary), ("Secondary", team.secondary)):
            users = tuple(self.users[key] for key in keys)
            for user in users:
                user.team_ids = [*dict.fromkeys((*user.team_ids, team_id))]
            schedule_id = make_id(self.seed, "S", f"{team.key}:{role}")
            rotas.append(Schedule(schedule_id, f"{team.name} {role}", team_id, users, anchor))
        self.schedules += rotas
        first, second, third = company.LEVEL_MINUTES
        on_call = ("notify_on_call_from_schedule", "notify_on_call_from_schedule")
        managers = [self.users[key].id for key in company.MANAGERS]
        for kind, values in (
            (on_call[0], {"important": False, on_call[1]: rotas[0].id}),
            ("wait", {"duration": first * 60}),
            (on_call[0], {"important": True, on_call[1]: rotas[1].id}),
            ("wait", {"duration": second * 60}),
            ("notify_persons", {"important": True, "persons_to_notify": managers}),
            ("wait", {"duration": third * 60}),
            ("repeat_escalation", {}),
        ):
            self._step(chain_id, kind, values)
        for key in team.services:
            self.services[key] = Service(
                key, make_id(self.seed, "C", key), make_id(self.seed, "R", key), chain_id, team_id
            )

    def _step(self, chain_id: str, kind: str, values: dict[str, Any]) -> None:
        position = sum(step["escalation_chain_id"] == chain_id for step in self.steps)
        step_id = make_id(self.seed, "E", f"{chain_id}:{position}")
        self.steps.append(
            {"id": step_id, "escalation_chain_id": chain_id, "position": position, "type": kind, **values}
        )

    def user(self, who: str) -> User | None:
        """By key, id or mail."""
        return next((user for user in self.users.values() if who in (user.key, user.id, user.email)), None)

    def integrations(self) -> list[dict[str, Any]]:
        """As the API shows them."""
        return [
            {
                "id": one.integration_id,
                "name": one.key,
                "team_id": one.team_id,
                "link": f"https://oncall.example.com/integrations/v1/alertmanager/{one.integration_id.lower()}/",
                "inbound_email": None,
                "type": "alertmanager",
                "default_route": {
                    "id": one.route_id,
                    "escalation_chain_id": one.chain_id,
                    "slack": {"channel_id": None},
                },
            }
            for one in self.services.values()
        ]

    def routes(self) -> list[dict[str, Any]]:
        """As the API shows them."""
        return [
            {
                "id": one.route_id,
                "integration_id": one.integration_id,
                "escalation_chain_id": one.chain_id,
                "routing_regex": ".*",
                "position": 0,
                "is_the_last_route": True,
                "slack": {"channel_id": None},
            }
            for one in self.services.values()
        ]
