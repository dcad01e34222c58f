"""The server's people, services, policies and alerts, and what becomes of them with time."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from oncall_tui.demo import company
from oncall_tui.demo.company import Employee, Team
from oncall_tui.demo.past import Past

WEEK = timedelta(days=7)
UNACKED, ACKED, CLOSED = "StatusUnacknowledged", "StatusAcknowledged", "StatusClosed"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A weekly rotation as a schedule."""

    id: str
    name: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody who stands in for somebody (``None``: for whoever it is)."""

    id: str
    schedule: Schedule
    start: datetime
    end: datetime
    adds: Employee
    removes: Employee | None


@dataclass(frozen=True, slots=True)
class Policy:
    """A team's escalation policy: two schedules, then the managers."""

    id: str
    name: str
    schedules: tuple[Schedule, Schedule]
    step_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A service and its policy."""

    id: str
    name: str
    policy: Policy


@dataclass(slots=True)
class Event:
    """One line of an alert's log."""

    id: int
    at: datetime
    message: str
    details: str | None = None


@dataclass(slots=True)
class Alert:
    """One alert."""

    number: int
    summary: str
    details: str
    service: Service
    created: datetime
    meta: dict[str, str]
    status: str = UNACKED
    step: int = -1
    rounds: int = 0
    escalated: datetime | None = None
    closed: datetime | None = None
    dedup: str = ""
    """What a second creation joins it by."""
    requested: datetime | None = None
    """When somebody asked for its escalation, which the engine has not done yet."""
    log: list[Event] = field(default_factory=list)


class Account:
    """All of it. Times are the caller's."""

    def __init__(self, seed: int, started: datetime) -> None:
        self._random = random.Random(f"{seed}:goalert")  # noqa: S311 - made-up ids, no secret
        self.users = {one.key: self.uuid() for one in company.EMPLOYEES}
        self.people = {one.key: one for one in company.EMPLOYEES}
        self.policies = [self._policy(team) for team in company.TEAMS]
        self.services = {
            key: Service(self.uuid(), key, policy)
            for team, policy in zip(company.TEAMS, self.policies, strict=True)
            for key in team.services
        }
        self.alerts: dict[int, Alert] = {}
        self._anchor = (started - timedelta(days=started.weekday())).replace(hour=9, minute=0, second=0, microsecond=0)
        self._events = 0
        self.overrides: list[Override] = []
        self.cycle = timedelta()
        """So long the engine takes to do what was asked for."""

    def uuid(self) -> str:
        """A new id."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def _policy(self, team: Team) -> Policy:
        primary = Schedule(self.uuid(), f"{team.name} primary", team.primary)
        secondary = Schedule(self.uuid(), f"{team.name} secondary", team.secondary)
        return Policy(self.uuid(), team.policy, (primary, secondary), tuple(self.uuid() for _ in range(3)))

    # -- who is on call ----------------------------------------------------------------------------------------

    def shifts(self, schedule: Schedule, since: datetime, until: datetime) -> list[tuple[datetime, datetime, Employee]]:
        """The turns that touch the window: from, to, who."""
        return [
            (low, high, who)
            for begins, ends, person in self._weeks(schedule, since, until)
            for low, high, who in self._cut(schedule, begins, ends, person)
            if low < until and high > since
        ]

    def _cut(
        self, schedule: Schedule, start: datetime, end: datetime, person: Employee
    ) -> Iterator[tuple[datetime, datetime, Employee]]:
        here = [one for one in self.overrides if one.schedule is schedule]
        edges = {start, end} | {edge for one in here for edge in (one.start, one.end) if start < edge < end}
        for low, high in pairwise(sorted(edges)):
            standing = next((one for one in here if one.start <= low < one.end and one.removes in (None, person)), None)
            yield low, high, standing.adds if standing is not None else person

    def _weeks(self, schedule: Schedule, since: datetime, until: datetime) -> list[tuple[datetime, datetime, Employee]]:
        start = self._anchor + (since - self._anchor) // WEEK * WEEK
        found = []
        while start < until:
            key = schedule.people[(start - self._anchor) // WEEK % len(schedule.people)]
            found.append((start, start + WEEK, self.people[key]))
            start += WEEK
        return found

    def on_step(self, policy: Policy, step: int, at: datetime) -> tuple[Employee, ...]:
        """Who holds a step."""
        if step >= 2:
            return tuple(self.people[key] for key in company.MANAGERS)
        return (self.shifts(policy.schedules[step], at, at + timedelta(seconds=1))[0][2],)

    # -- alerts ------------------------------------------------------------------------------------------------

    def create(self, service: Service, summary: str, details: str, at: datetime, meta: dict[str, str]) -> Alert:
        """A monitor's alert."""
        alert = Alert(len(self.alerts) + 301, summary, details, service, at, meta)
        self.alerts[alert.number] = alert
        self._log(alert, at, "Created via Prometheus integration (Generic)")
        self._go_on(alert, at, "")
        return alert

    def advance(self, alert: Alert, now: datetime) -> None:
        """Let happen what was due: the next steps of the policy."""
        if alert.requested is not None and alert.requested + self.cycle <= now and alert.status != CLOSED:
            at, alert.requested, alert.status = alert.requested + self.cycle, None, UNACKED
            self._go_on(alert, at, " due to manual escalation")
        while alert.status == UNACKED and alert.escalated is not None:
            due = alert.escalated + timedelta(minutes=company.LEVEL_MINUTES[alert.step])
            last = alert.step == 2 and alert.rounds >= company.POLICY_REPEATS
            if due > now or last:
                return
            minutes = company.LEVEL_MINUTES[alert.step]
            self._go_on(alert, due, f" automatically after {minutes:g} minutes")

    def acknowledge(self, alert: Alert, by: Employee, at: datetime) -> bool:
        """Whether it changed."""
        if alert.status != UNACKED:
            return False
        alert.status = ACKED
        self._log(alert, at, f"Acknowledged by {by.name} (Web)")
        return True

    def close(self, alert: Alert, by: Employee, at: datetime) -> bool:
        """Whether it changed."""
        if alert.status == CLOSED:
            return False
        alert.status, alert.closed = CLOSED, at
        self._log(alert, at, f"Closed by {by.name} (Web)")
        return True

    def escalate(self, alert: Alert, by: Employee, at: datetime) -> bool:
        """To the next step, at the engine's next cycle; what is acknowledged pages again. Whether that was taken."""
        if alert.status == CLOSED or alert.requested is not None:
            return False
        alert.requested = at
        self._log(alert, at, f"Escalation requested by {by.name} (Web)")
        self.advance(alert, at)
        return True

    def _go_on(self, alert: Alert, at: datetime, how: str) -> None:
        alert.step += 1
        if alert.step > 2:
            alert.step, alert.rounds = 0, alert.rounds + 1
        alert.escalated = at
        if how:
            self._log(alert, at, f"Escalated to step #{alert.step + 1}{how}")
        for person in self.on_step(alert.service.policy, alert.step, at):
            self._log(alert, at, f"Notification sent to {person.name} (SMS)", "Delivered")

    def _log(self, alert: Alert, at: datetime, message: str, details: str | None = None) -> None:
        self._events += 1
        alert.log.append(Event(self._events, at, message, details))

    def past(self, one: Past) -> Alert:
        """An alert of long ago. It is not among :attr:`alerts`."""
        service = self.services[one.service]
        by = self.on_step(service.policy, 0, one.at)[0]
        number = one.number % 1_000_000_000
        alert = Alert(number, one.title, "", service, one.at, {}, status=CLOSED, closed=one.resolved_at, step=0)
        told = [(one.at, "Created via Prometheus integration (Generic)")]
        told += [(one.acked_at, f"Acknowledged by {by.name} (Web)")] if one.acked_at is not None else []
        ended = f"Closed by {by.name} (Web)" if one.by_person else "Closed via Prometheus integration (Generic)"
        told.append((one.resolved_at, ended))
        alert.log = [Event(number * 10 + place, at, words) for place, (at, words) in enumerate(told)]
        return alert

    def found(self, statuses: Sequence[str], not_closed_before: datetime | None) -> list[Alert]:
        """The alerts of these statuses (all where none is given), open ones first, newest first."""
        chosen = [
            one
            for one in self.alerts.values()
            if (not statuses or one.status in statuses)
            and (not_closed_before is None or one.closed is None or one.closed >= not_closed_before)
        ]
        order = (UNACKED, ACKED, CLOSED)
        return sorted(chosen, key=lambda one: (order.index(one.status), -one.number))
