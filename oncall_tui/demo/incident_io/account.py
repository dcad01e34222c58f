"""The account's people, paths, incidents, pages and alerts, and what becomes of them with time."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from oncall_tui.demo import company
from oncall_tui.demo.company import Employee, Team
from oncall_tui.demo.past import Past

WEEK = timedelta(days=7)
_ALPHABET = string.digits + "ABCDEFGHJKMNPQRSTVWXYZ"
STATUSES = (
    ("Triage", "triage"), ("Investigating", "live"), ("Fixing", "live"), ("Monitoring", "live"),
    ("Documenting", "learning"), ("Closed", "closed"), ("Declined", "declined"), ("Merged", "merged"),
    ("Canceled", "canceled"), ("Paused", "paused"),
)  # fmt: skip
"""Name and category of each status, in order of rank."""
SEVERITIES = ("Minor", "Major", "Critical")
"""In order of rank: the last is the most severe."""


@dataclass(frozen=True, slots=True)
class Named:
    """A thing with an id, a name, a rank; ``category`` of a status."""

    id: str
    name: str
    rank: int
    category: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A weekly rotation."""

    id: str
    rotation: str
    name: str
    team: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A team's escalation path: two schedules, then the managers."""

    id: str
    name: str
    team: str
    schedules: tuple[Schedule, Schedule]
    nodes: tuple[str, ...]


@dataclass(slots=True)
class Update:
    """One update of an incident; ``by`` ``None``: the API key."""

    id: str
    at: datetime
    message: str | None
    status: Named
    severity: Named | None
    by: Employee | None


@dataclass(slots=True)
class Incident:
    """One incident."""

    id: str
    number: int
    name: str
    status: Named
    severity: Named | None
    created: datetime
    updated: datetime
    lead: Employee | None = None
    updates: list[Update] = field(default_factory=list)


@dataclass(slots=True)
class Alert:
    """One alert."""

    id: str
    title: str
    description: str
    service: str
    created: datetime
    resolved: datetime | None = None


@dataclass(slots=True)
class Event:
    """Something that happened to a page."""

    id: str
    word: str
    at: datetime
    people: tuple[Employee, ...] = ()


@dataclass(slots=True)
class Page:
    """One escalation."""

    id: str
    title: str
    created: datetime
    updated: datetime
    path: Path | None
    users: tuple[Employee, ...]
    key: str = ""
    status: str = "triggered"
    level: int = -1
    incidents: list[Incident] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class Account:
    """All of it. Times are the caller's."""

    def __init__(self, seed: int, started: datetime) -> None:
        self._random = random.Random(f"{seed}:incident-io")  # noqa: S311 - made-up ids, no secret
        self._anchor = (started - timedelta(days=started.weekday())).replace(hour=9, minute=0, second=0, microsecond=0)
        self.started = started
        self.people = {one.key: one for one in company.EMPLOYEES}
        self.users = {one.key: self.ulid() for one in company.EMPLOYEES}
        self.teams = {team.key: self.ulid() for team in company.TEAMS}
        self.statuses = [Named(self.ulid(), name, rank, category) for rank, (name, category) in enumerate(STATUSES)]
        self.severities = [Named(self.ulid(), name, rank + 1) for rank, name in enumerate(SEVERITIES)]
        self.paths = [self._path(team) for team in company.TEAMS]
        self.roles = {"lead": self.ulid(), "reporter": self.ulid()}
        self.incidents: dict[str, Incident] = {}
        self.pages: dict[str, Page] = {}
        self.alerts: dict[str, Alert] = {}

    def ulid(self) -> str:
        """A new id as incident.io makes them."""
        return "01" + "".join(self._random.choices(_ALPHABET, k=24))

    def _path(self, team: Team) -> Path:
        primary = Schedule(self.ulid(), self.ulid(), f"{team.name} primary", team.key, team.primary)
        secondary = Schedule(self.ulid(), self.ulid(), f"{team.name} secondary", team.key, team.secondary)
        return Path(self.ulid(), team.policy, team.key, (primary, secondary), tuple(self.ulid() for _ in range(4)))

    def status(self, name: str) -> Named:
        """The status of that name."""
        return next(one for one in self.statuses if one.name == name)

    def severity(self, name: str) -> Named:
        """The severity of that name."""
        return next(one for one in self.severities if one.name == name)

    # -- who is on call ----------------------------------------------------------------------------------------

    def shifts(self, schedule: Schedule, since: datetime, until: datetime) -> list[tuple[datetime, datetime, Employee]]:
        """The weeks that touch the window: from, to, who."""
        start = self._anchor + (since - self._anchor) // WEEK * WEEK
        found = []
        while start < until:
            key = schedule.people[(start - self._anchor) // WEEK % len(schedule.people)]
            found.append((start, start + WEEK, self.people[key]))
            start += WEEK
        return found

    def on_level(self, path: Path, level: int, at: datetime) -> tuple[Employee, ...]:
        """Who holds a level (from 0)."""
        if level >= 2:
            return tuple(self.people[key] for key in company.MANAGERS)
        return (self.shifts(path.schedules[level], at, at + timedelta(seconds=1))[0][2],)

    # -- incidents ---------------------------------------------------------------------------------------------

    def declare(self, name: str, status: str, severity: str | None, at: datetime, lead: str | None = None) -> Incident:
        """A new incident."""
        chosen = self.severity(severity) if severity else None
        incident = Incident(self.ulid(), len(self.incidents) + 141, name, self.status(status), chosen, at, at)
        incident.lead = self.people[lead] if lead else None
        self.incidents[incident.id] = incident
        self._update(incident, at, "declared", incident.lead)
        return incident

    def edit(
        self,
        incident: Incident,
        at: datetime,
        *,
        by: Employee | None = None,
        name: str | None = None,
        status: Named | None = None,
        severity: Named | None = None,
        message: str | None = None,
    ) -> None:
        """Change what is given."""
        incident.name = name or incident.name
        incident.status = status or incident.status
        incident.severity = severity or incident.severity
        if status is not None or severity is not None or message is not None:
            self._update(incident, at, message, by)
        incident.updated = at

    def _update(self, incident: Incident, at: datetime, message: str | None, by: Employee | None) -> None:
        incident.updates.append(Update(self.ulid(), at, message, incident.status, incident.severity, by))

    def past(self, one: Past) -> Incident:
        """An incident of long ago. It is not among :attr:`incidents`."""
        path = next(each for each in self.paths if one.service in _team(each.team).services)
        lead = self.on_level(path, 0, one.at)[0]
        severity = self.severity({1: "Critical", 2: "Major"}.get(one.severity, "Minor"))
        closed = self.status("Closed")
        incident = Incident(
            f"01PAST{one.number:020d}", one.number, one.title, closed, severity, one.at, one.resolved_at, lead
        )
        told = [(one.at, "declared", self.status("Investigating"))]
        told += [(at, text, self.status("Fixing")) for at, text in one.notes]
        told.append((one.resolved_at, "it is over", closed))
        incident.updates = [
            Update(f"01PAST{one.number:016d}{place:04d}", at, text, status, severity, lead)
            for place, (at, text, status) in enumerate(told)
        ]
        return incident

    # -- alerts and pages ----------------------------------------------------------------------------------------

    def alert(self, title: str, description: str, service: str, at: datetime) -> Alert:
        """A monitor's alert."""
        alert = Alert(self.ulid(), title, description, service, at)
        self.alerts[alert.id] = alert
        return alert

    def page(
        self,
        title: str,
        at: datetime,
        *,
        path: Path | None = None,
        users: Sequence[Employee] = (),
        incident: Incident | None = None,
        alert: Alert | None = None,
        key: str = "",
    ) -> Page:
        """Page along a path or people."""
        page = Page(self.ulid(), title, at, at, path, tuple(users), key)
        page.incidents = [incident] if incident else []
        page.alerts = [alert] if alert else []
        self.pages[page.id] = page
        self._happened(page, "triggered", at)
        if path is None:
            self._happened(page, "notified_users", at, tuple(users))
        else:
            self._next_level(page, at)
        return page

    def advance(self, page: Page, now: datetime) -> None:
        """Go on along the path while nobody answers; after its end the page has expired."""
        while page.status == "triggered" and page.path is not None:
            due = page.updated + timedelta(minutes=company.LEVEL_MINUTES[page.level])
            if due > now:
                return
            if page.level >= 2:
                page.status = "expired"
                self._happened(page, "expired", due)
                return
            self._next_level(page, due)

    def acknowledge(self, page: Page, by: str, at: datetime) -> None:
        """Somebody answers in the app."""
        page.status = "acked"
        self._happened(page, "acked", at, (self.people[by],))

    def end(self, page: Page, word: str, at: datetime) -> None:
        """``resolved`` or ``cancelled``."""
        page.status = word
        self._happened(page, word, at)

    def _next_level(self, page: Page, at: datetime) -> None:
        assert page.path is not None, "people are paged at once"
        page.level += 1
        self._happened(page, "notified_users", at, self.on_level(page.path, page.level, at))

    def _happened(self, page: Page, word: str, at: datetime, people: tuple[Employee, ...] = ()) -> None:
        page.events.append(Event(self.ulid(), word, at, people))
        page.updated = at


def _team(key: str) -> Team:
    return next(team for team in company.TEAMS if team.key == key)
