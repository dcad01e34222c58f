"""What the simulated organisation holds, and how it lives: monitors that fire and recover, downtimes, incidents."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from oncall_tui.demo import company
from oncall_tui.demo.past import Past

WENT = {"Alert": "error", "Warn": "warning", "No Data": "warning", "OK": "success"}
_WORDS = {"Alert": "Triggered", "Warn": "Warn", "No Data": "No data", "OK": "Recovered"}
_FLAPS_EVERY, _FLAPS_FOR = timedelta(minutes=15), timedelta(minutes=2)


@dataclass(slots=True)
class Group:
    """One group of a monitor; without tags it is the monitor itself."""

    tags: tuple[str, ...]
    status: str = "OK"
    last_triggered: datetime | None = None


@dataclass(slots=True)
class Monitor:
    """One monitor."""

    id: int
    name: str
    tags: tuple[str, ...]
    groups: list[Group]
    message: str = ""

    @property
    def status(self) -> str:
        """The worst of its groups'."""
        ranks = ("Alert", "Warn", "No Data", "OK")
        known = [group.status for group in self.groups if group.status in ranks]
        other = next((group.status for group in self.groups if group.status not in ranks), "OK")
        return min(known, key=ranks.index) if known else other


@dataclass(slots=True)
class Event:
    """One event of a monitor, or of anything else."""

    id: str
    at: datetime
    title: str
    status: str
    tags: tuple[str, ...] = ()
    source: str = "alert"
    monitor: Monitor | None = None
    group: tuple[str, ...] = ()
    message: str = ""


@dataclass(slots=True)
class Downtime:
    """One downtime; ``identifier`` as it was given."""

    id: str
    scope: str
    identifier: dict[str, object]
    message: str | None
    created: datetime
    start: datetime
    end: datetime | None
    created_by: str
    canceled: datetime | None = None

    def status(self, now: datetime) -> str:
        """Datadog's word."""
        if self.canceled is not None:
            return "canceled"
        if self.end is not None and self.end <= now:
            return "ended"
        return "active" if self.start <= now else "scheduled"


@dataclass(slots=True)
class Incident:
    """One incident."""

    id: str
    public_id: int
    title: str
    severity: str
    state: str
    created: datetime
    created_by: str
    service: str
    team: str
    commander: str | None = None
    customer_impact: str | None = None
    modified: datetime | None = None
    resolved: datetime | None = None
    fields: dict[str, object] = field(default_factory=dict)


class Estate:
    """The organisation's things; ids follow from the seed."""

    def __init__(self, seed: int, now: datetime) -> None:
        self._chance = random.Random(f"{seed}:datadog")  # noqa: S311 - a simulation's chance
        self.users = {person.key: self.uuid() for person in company.EMPLOYEES}
        self.teams = {team.key: self.uuid() for team in company.TEAMS}
        self.steps = {(team.key, level): self.uuid() for team in company.TEAMS for level in (1, 2, 3)}
        self.monitors: dict[int, Monitor] = {}
        self.events: list[Event] = []
        self.downtimes: dict[str, Downtime] = {}
        self.incidents: dict[str, Incident] = {}
        self._flap = (now + _FLAPS_EVERY, "Alert")
        self._open_scene(now)

    def uuid(self) -> str:
        """A new id."""
        return str(UUID(int=self._chance.getrandbits(128), version=4))

    # -- what happens --------------------------------------------------------------------------------------------

    def set_status(self, monitor_id: int, status: str, at: datetime, tags: tuple[str, ...] = ()) -> None:
        """A group of a monitor goes over into that state, and an event tells of it."""
        monitor = self.monitors[monitor_id]
        group = next((one for one in monitor.groups if one.tags == tags), None)
        if group is None:
            group = Group(tags)
            monitor.groups.append(group)
        group.status = status
        if status != "OK":
            group.last_triggered = at
        where = f" on {','.join(tags)}" if tags else ""
        title = f"[{_WORDS.get(status, status)}{where}] {monitor.name}"
        message = f"%%%\n{monitor.message}\n%%%" if monitor.message else ""
        self.tell(title, WENT.get(status, "info"), at, monitor=monitor, group=tags, message=message)

    def tell(
        self,
        title: str,
        status: str,
        at: datetime,
        *,
        tags: tuple[str, ...] = (),
        source: str = "alert",
        monitor: Monitor | None = None,
        group: tuple[str, ...] = (),
        message: str = "",
    ) -> None:
        """An event."""
        tags = (*group, *(monitor.tags if monitor else ()), *tags)
        self.events.append(Event(self.uuid(), at, title, status, tags, source, monitor, group, message))

    def mute(
        self,
        scope: str,
        identifier: dict[str, object],
        message: str | None,
        at: datetime,
        end: datetime | None,
        by: str,
    ) -> Downtime:
        """A downtime from ``at`` on."""
        made = Downtime(self.uuid(), scope, identifier, message, at, at, end, by)
        self.downtimes[made.id] = made
        return made

    def has_service(self, name: str) -> bool:
        """Whether a team has a service of that name."""
        return any(name in team.services for team in company.TEAMS)

    def declare(self, title: str, severity: str, service: str, at: datetime, by: str, **more: str | None) -> Incident:
        """An incident."""
        team = next(team.key for team in company.TEAMS if service in team.services)
        number = 39 + len(self.incidents)
        made = Incident(self.uuid(), number, title, severity, "active", at, by, service, team, modified=at, **more)  # type: ignore[arg-type]  # commander and customer_impact only
        self.incidents[made.id] = made
        return made

    def past(self, one: Past) -> Incident:
        """An incident of long ago. It is not among :attr:`incidents`."""
        team = next(team for team in company.TEAMS if one.service in team.services)
        by = team.primary[one.number % len(team.primary)]
        return Incident(
            f"past-{one.number}",
            one.number,
            one.title,
            f"SEV-{one.severity}",
            "resolved",
            one.at,
            by,
            one.service,
            team.key,
            commander=by,
            modified=one.resolved_at,
            resolved=one.resolved_at,
        )

    def set_state(self, incident: Incident, state: str, at: datetime) -> None:
        """An incident goes over into that state."""
        incident.state, incident.modified = state, at
        incident.resolved = at if state in ("resolved", "completed") else None

    def advance(self, now: datetime) -> None:
        """Let happen what was due: one monitor flaps."""
        while self._flap[0] <= now:
            at, status = self._flap
            self.set_status(1005, status, at, ("pop:fra",))
            self._flap = (at + _FLAPS_FOR, "OK") if status == "Alert" else (at + _FLAPS_EVERY, "Alert")

    def duties(self, team_key: str, now: datetime) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Who holds each level of a team: a weekly rotation, the managers on level 3."""
        team = next(one for one in company.TEAMS if one.key == team_key)
        week = now.isocalendar().week
        yield 1, (team.primary[week % len(team.primary)],)
        yield 2, (team.secondary[week % len(team.secondary)],)
        yield 3, company.MANAGERS

    # -- as the day begins ---------------------------------------------------------------------------------------

    def _open_scene(self, now: datetime) -> None:
        def monitor(
            number: int, name: str, service: str, *more: str, message: str = "", groups: tuple[str, ...] = ()
        ) -> None:
            team = next(one.key for one in company.TEAMS if service in one.services)
            tags = (f"service:{service}", f"team:{team}", "env:prod", *more)
            made = [Group((tag,)) for tag in groups] or [Group(())]
            self.monitors[number] = Monitor(number, name, tags, made, message)

        def ago(minutes: float) -> datetime:
            return now - timedelta(minutes=minutes)

        monitor(1001, "Checkout error rate", "payments", "severity:critical",
                message="More than 5 % of checkouts fail. Runbook: https://runbooks.example.com/checkout",
                groups=("region:eu-1", "region:us-1"))  # fmt: skip
        monitor(1002, "Gateway latency p99", "gateway", message="Over 1.5 s for 10 minutes.")
        monitor(1003, "Disk nearly full", "storage", groups=("host:db-1", "host:db-2"))
        monitor(1004, "Search index age", "search")
        monitor(1005, "Edge cache hit ratio", "edge", groups=("pop:ams", "pop:fra"))
        monitor(1006, "Website checks", "web")
        self.set_status(1003, "Warn", ago(170), ("host:db-1",))
        self.set_status(1004, "No Data", ago(95))
        self.set_status(1005, "Alert", ago(42), ("pop:ams",))
        self.set_status(1005, "OK", ago(38), ("pop:ams",))
        self.set_status(1001, "Alert", ago(31), ("region:eu-1",))
        self.set_status(1001, "OK", ago(27), ("region:eu-1",))
        self.set_status(1002, "Warn", ago(16))
        self.set_status(1001, "Alert", ago(9), ("region:eu-1",))
        self.tell("Backup of orders failed", "error", ago(50), tags=("service:storage",), source="backup")
        self.mute(
            "host:db-1",
            {"monitor_id": 1003},
            "disk is on its way, TICKET-123",
            ago(160),
            now + timedelta(hours=3),
            "bob",
        )
        old = self.declare("Image uploads failed", "SEV-3", "web", ago(26 * 60), "eve", commander="eve")
        self.set_state(old, "resolved", ago(24 * 60))
        slow = self.declare("Order history is slow", "SEV-3", "storage", ago(130), "ivan", commander="charlie")
        self.set_state(slow, "stable", ago(70))
        self.declare("Checkout fails for some customers", "SEV-2", "payments", ago(8), "grace",
                     customer_impact="Every twentieth checkout fails in the EU")  # fmt: skip
