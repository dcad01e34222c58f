"""The organisation's people, policies and incidents, and what becomes of them with time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from oncall_tui.demo import company
from oncall_tui.demo.company import Employee, Team
from oncall_tui.demo.past import Past

WEEK = timedelta(days=7)
UNACKED, ACKED, RESOLVED = "UNACKED", "ACKED", "RESOLVED"
RECENT = timedelta(hours=1)
"""So long a resolved incident stays in the live list."""
WAITS = (0, *company.LEVEL_MINUTES[:-1])
"""Minutes before each step of a policy is paged."""


def team_slug(team: Team) -> str:
    """``team-payments``."""
    return f"team-{team.key}"


def policy_slug(team: Team) -> str:
    """``pol-payments``."""
    return f"pol-{team.key}"


@dataclass(slots=True)
class Transition:
    """One change of an incident."""

    name: str
    at: datetime
    by: str | None = None
    message: str | None = None
    alert_id: str | None = None


@dataclass(slots=True)
class Note:
    """One note; ``value`` is any JSON."""

    name: str
    display_name: str
    value: Any


@dataclass(slots=True)
class Incident:
    """One incident."""

    number: str
    entity_id: str
    display: str
    host: str
    service: str
    routing_key: str
    state: str
    team: Team
    started: datetime
    phase: str = UNACKED
    policies: list[Team] = field(default_factory=list)
    """Whose policies are paged."""
    users: list[str] = field(default_factory=list)
    """Those paged."""
    step: int = -1
    """The policy's step that was paged last; ``None`` beyond it once it was rerouted to people."""
    transitions: list[Transition] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    alerts: list[tuple[str, datetime, str]] = field(default_factory=list)
    """Id, time, message."""


class Refusal(Exception):
    """A command that is not accepted; 200 all the same."""


class Account:
    """All of it. Times are the caller's."""

    def __init__(self, seed: int, started: datetime) -> None:
        self.incidents: dict[str, Incident] = {}
        self.people = {one.key: one for one in company.EMPLOYEES}
        self._random = random.Random(f"{seed}:splunk-oncall")  # noqa: S311 - made-up ids, no secret
        self._anchor = (started - timedelta(days=started.weekday())).replace(hour=9, minute=0, second=0, microsecond=0)
        self._next = 1201

    # -- who is on call ----------------------------------------------------------------------------------------

    def rolls(self, people: Sequence[str], since: datetime, until: datetime) -> list[tuple[datetime, datetime, str]]:
        """The weeks of a rotation that touch the window: from, to, user name."""
        start = self._anchor + (since - self._anchor) // WEEK * WEEK
        found = []
        while start < until:
            found.append((start, start + WEEK, people[(start - self._anchor) // WEEK % len(people)]))
            start += WEEK
        return found

    def on_step(self, team: Team, step: int, at: datetime) -> tuple[str, ...]:
        """The user names that hold a step of the team's policy."""
        if step >= 2:
            return company.MANAGERS
        people = (team.primary, team.secondary)[step]
        return (self.rolls(people, at, at + timedelta(seconds=1))[0][2],)

    # -- incidents ---------------------------------------------------------------------------------------------

    def alert(self, team: Team, service: str, display: str, message: str, at: datetime, state: str) -> Incident:
        """A monitor's alert: a new incident, or one more alert of the open one of that entity."""
        entity = f"{service}/{display.split(' ')[0].lower()}"
        for incident in self.incidents.values():
            if incident.entity_id == entity and incident.phase != RESOLVED:
                incident.alerts.append((self._uuid(), at, message))
                return incident
        number = str(self._next)
        self._next += 1
        incident = Incident(number, entity, display, f"{service}-1", service, team.key, state, team, at)
        self.incidents[number] = incident
        incident.policies = [team]
        incident.alerts.append((self._uuid(), at, message))
        incident.transitions.append(Transition("triggered", at, message=message, alert_id=incident.alerts[-1][0]))
        self.advance(incident, at)
        return incident

    def declare(self, team: Team, summary: str, details: str, by: str, at: datetime) -> Incident:
        """Somebody makes one by hand: there is no key, so each is a new one."""
        number = str(self._next)
        self._next += 1
        incident = Incident(number, self._uuid(), summary, "", "", team.key, "CRITICAL", team, at)
        self.incidents[number] = incident
        incident.policies = [team]
        incident.alerts.append((self._uuid(), at, details))
        incident.transitions.append(Transition("triggered", at, by, details, incident.alerts[-1][0]))
        self.advance(incident, at)
        return incident

    def past(self, one: Past) -> Incident:
        """An incident of long ago. It is not among :attr:`incidents`."""
        team = next(each for each in company.TEAMS if one.service in each.services)
        by = self.on_step(team, 0, one.at)[0]
        state = "CRITICAL" if one.severity <= 2 else "WARNING"
        incident = Incident(
            str(one.number),
            f"past-{one.number}",
            one.title,
            f"{one.service}-1",
            one.service,
            team.key,
            state,
            team,
            one.at,
        )
        incident.phase, incident.policies, incident.users = RESOLVED, [team], [by]
        incident.alerts.append((f"past-{one.number}", one.at, one.title))
        incident.transitions.append(Transition("triggered", one.at, message=one.title))
        if one.acked_at is not None:
            incident.transitions.append(Transition("acknowledged", one.acked_at, by))
        incident.transitions.append(Transition("resolved", one.resolved_at, by if one.by_person else None))
        return incident

    def advance(self, incident: Incident, now: datetime) -> None:
        """Page the steps of the policy that are due."""
        while incident.phase == UNACKED and 0 <= incident.step + 1 < len(WAITS):
            due = incident.started + timedelta(minutes=sum(WAITS[: incident.step + 2]))
            if due > now:
                return
            incident.step += 1
            for user in self.on_step(incident.team, incident.step, due):
                if user not in incident.users:
                    incident.users.append(user)

    def acknowledge(self, incident: Incident, by: str, message: str | None, at: datetime) -> None:
        """Refusal where it is acknowledged or resolved already."""
        if incident.phase != UNACKED:
            raise Refusal(f"Incident is already {incident.phase.lower()}")
        incident.phase = ACKED
        incident.transitions.append(Transition("acknowledged", at, by, message))

    def resolve(self, incident: Incident, by: str, message: str | None, at: datetime) -> None:
        """Refusal where it is so already."""
        if incident.phase == RESOLVED:
            raise Refusal("Incident is already resolved")
        incident.phase = RESOLVED
        incident.transitions.append(Transition("resolved", at, by, message))

    def reroute(self, incident: Incident, by: str, targets: Sequence[Employee | Team], add: bool, at: datetime) -> None:
        """To people and policies, from now on in place of those paged before (or besides them)."""
        if incident.phase == RESOLVED:
            raise Refusal("Incident is already resolved")
        users = [one.key for one in targets if isinstance(one, Employee)]
        teams = [one for one in targets if isinstance(one, Team)]
        for team in teams:
            users += self.on_step(team, 0, at)
        incident.users = list(dict.fromkeys([*(incident.users if add else ()), *users]))
        incident.policies = [*(incident.policies if add else ()), *teams] or incident.policies
        incident.phase = UNACKED
        incident.step = len(WAITS)
        names = ", ".join(one.name for one in targets)
        incident.transitions.append(Transition("rerouted", at, by, f"to {names}"))

    def note(self, incident: Incident, name: str, display: str, value: Any) -> Note:
        """A new note, or the one of that name anew."""
        note = Note(name, display, value)
        incident.notes = [*(one for one in incident.notes if one.name != name), note]
        return note

    def _uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))
