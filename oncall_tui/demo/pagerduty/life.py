"""How incidents live in the simulated account: what people and the clock do to them, and the log of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from oncall_tui.demo.pagerduty.estate import Estate, Policy, Priority, Service, User, make_id

TRIGGERED, ACKNOWLEDGED, RESOLVED = "triggered", "acknowledged", "resolved"
Agent = User | Service
OVERVIEW = frozenset(
    {
        "trigger", "acknowledge", "unacknowledge", "resolve", "escalate", "assign", "delegate", "snooze", "annotate",
        "exhaust_escalation_path", "repeat_escalation_path", "urgency_change",
    }
)  # fmt: skip
"""Log entry types that ``is_overview`` keeps."""


class Rejected(Exception):
    """The account says no: PagerDuty's own code and words."""

    def __init__(self, code: int, message: str, *details: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.status = status


@dataclass(slots=True)
class Entry:
    """One line of the log. ``kind`` is the type without ``_log_entry``."""

    id: str
    kind: str
    at: datetime
    agent: Agent
    summary: str
    incident: Incident
    note: str | None = None
    description: str | None = None
    people: tuple[User, ...] = ()
    until: datetime | None = None


@dataclass(slots=True)
class Alert:
    """One alert of an incident."""

    id: str
    summary: str
    severity: str
    key: str
    at: datetime
    entry: Entry
    resolved: bool = False


@dataclass(slots=True)
class Note:
    """One note on an incident."""

    id: str
    user: User
    content: str
    at: datetime


@dataclass(slots=True)
class Incident:
    """One incident, as the account holds it."""

    id: str
    number: int
    key: str
    title: str
    service: Service
    policy: Policy
    urgency: str
    created_at: datetime
    priority: Priority | None = None
    status: str = TRIGGERED
    level: int = 1
    rounds: int = 0
    """How often the policy was gone through to its end."""
    assignees: tuple[User, ...] = ()
    assigned_at: datetime | None = None
    assigned_directly: bool = False
    acknowledgers: list[tuple[datetime, User]] = field(default_factory=list)
    escalate_at: datetime | None = None
    unacknowledge_at: datetime | None = None
    updated_at: datetime | None = None
    status_changed_at: datetime | None = None
    status_changed_by: Agent | None = None
    resolved_at: datetime | None = None
    merged_into: Incident | None = None
    mergeable: bool = True
    log: list[Entry] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    responders: list[tuple[User, User, str, datetime]] = field(default_factory=list)
    """Who was asked, by whom, with what message, when."""
    status_updates: list[tuple[User, str, datetime]] = field(default_factory=list)

    @property
    def next_event(self) -> datetime | None:
        """When the account will move it by itself."""
        return min((at for at in (self.escalate_at, self.unacknowledge_at) if at is not None), default=None)


class Life:
    """All incidents of the account, and the only way to change them. Times are the caller's."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.incidents: dict[str, Incident] = {}
        self._made = 0

    def _id(self, kind: str, length: int = 14) -> str:
        self._made += 1
        return make_id(self.estate.seed, kind, str(self._made), length)

    # -- the clock ---------------------------------------------------------------------------------------------

    def advance(self, now: datetime) -> None:
        """Let happen what was due until ``now``: escalations, acknowledgements and snoozes that run out."""
        for incident in self.incidents.values():
            self.advance_one(incident, now)

    def advance_one(self, incident: Incident, now: datetime) -> None:
        """The same for one incident."""
        while (due := incident.next_event) is not None and due <= now:
            if incident.unacknowledge_at == due:
                self._log(incident, "unacknowledge", due, incident.service, "Unacknowledged due to timeout")
                self._back_to_triggered(incident, due, incident.service)
            else:
                self._escalate_by_itself(incident, due)

    def _escalate_by_itself(self, incident: Incident, at: datetime) -> None:
        if incident.level < len(incident.policy.rules):
            self._go_to_level(incident, incident.level + 1, at, incident.service, "due to timeout")
        elif incident.rounds < incident.policy.num_loops:
            incident.rounds += 1
            self._log(incident, "repeat_escalation_path", at, incident.service, "Escalation policy repeated")
            self._go_to_level(incident, 1, at, incident.service, "due to timeout")
        else:
            incident.escalate_at = None
            self._log(incident, "exhaust_escalation_path", at, incident.service, "Escalation policy exhausted")
            incident.updated_at = at

    # -- what monitors and people do -----------------------------------------------------------------------------

    def trigger(
        self, service: Service, title: str, at: datetime, *, urgency: str, priority: Priority | None, key: str | None
    ) -> Incident:
        """A new page, or one more alert on the open incident with the same key."""
        if key and (there := self.open_with(service, key)) is not None:
            return there
        new_id = self._id("incident")
        incident = Incident(
            new_id, 1000 + len(self.incidents) + 1, key or new_id.lower(), title, service, service.policy, urgency, at,
            priority=priority, updated_at=at, status_changed_at=at, status_changed_by=service,
        )  # fmt: skip
        self.incidents[new_id] = incident
        return incident

    def open_with(self, service: Service, key: str) -> Incident | None:
        """The open incident of that service with that key."""
        found = (one for one in self.incidents.values() if one.key == key and one.service is service)
        return next((one for one in found if one.status != RESOLVED), None)

    def declare(
        self,
        service: Service,
        by: User,
        title: str,
        at: datetime,
        *,
        urgency: str,
        priority: Priority | None,
        key: str | None,
    ) -> Incident:
        """Somebody makes one by hand: no alert, level 1 is paged."""
        incident = self.trigger(service, title, at, urgency=urgency, priority=priority, key=key)
        incident.status_changed_by = by
        self._log(incident, "trigger", at, by, f"Triggered by {by.name}").description = title
        self._go_to_level(incident, 1, at, service, "")
        return incident

    def add_alert(self, incident: Incident, summary: str, at: datetime, severity: str, key: str | None) -> Alert:
        """One more alert; the first one pages level 1."""
        first = not incident.alerts
        entry = self._log(incident, "trigger", at, incident.service, "Triggered through the API")
        entry.description = summary
        alert = Alert(self._id("alert"), summary, severity, key or self._id("key").lower(), at, entry)
        incident.alerts.append(alert)
        if first:
            self._go_to_level(incident, 1, at, incident.service, "")
        else:
            incident.updated_at = at
        return alert

    def acknowledge(self, incident: Incident, by: User, at: datetime) -> None:
        """Rejected 1001 when resolved, 1002 when somebody has acknowledged it already."""
        self._must_be_open(incident)
        if incident.status == ACKNOWLEDGED:
            raise Rejected(1002, "Incident Already Acknowledged")
        incident.acknowledgers.append((at, by))
        incident.escalate_at = None
        incident.unacknowledge_at = at + timedelta(seconds=incident.service.ack_timeout_s)
        self._status(incident, ACKNOWLEDGED, at, by)
        self._log(incident, "acknowledge", at, by, f"Acknowledged by {by.name}")

    def snooze(self, incident: Incident, by: User, seconds: int, at: datetime) -> None:
        """Quiet until then; what is still triggered is acknowledged by it."""
        self._must_be_open(incident)
        if incident.status == TRIGGERED:
            self.acknowledge(incident, by, at)
        incident.unacknowledge_at = at + timedelta(seconds=seconds)
        incident.updated_at = at
        entry = self._log(incident, "snooze", at, by, f"Snoozed by {by.name}")
        entry.until = incident.unacknowledge_at

    def set_triggered(self, incident: Incident, by: User, at: datetime) -> None:
        """Un-acknowledge, or reopen what is resolved."""
        if incident.status == TRIGGERED:
            raise Rejected(1012, "Incident Not Acknowledged")
        if incident.status == RESOLVED:
            if incident.merged_into is not None:
                raise Rejected(1019, "Incident Already Merged")
            incident.resolved_at = None
            incident.level, incident.rounds = 1, 0
            for alert in incident.alerts:
                alert.resolved = False
            self._log(incident, "trigger", at, by, f"Reopened by {by.name}")
        else:
            self._log(incident, "unacknowledge", at, by, f"Unacknowledged by {by.name}")
        self._back_to_triggered(incident, at, by)

    def resolve(self, incident: Incident, by: Agent, at: datetime, resolution: str | None = None) -> None:
        """Rejected 1001 when it is so already."""
        self._must_be_open(incident)
        self._close(incident, by, at, f"Resolved by {by.name}" if isinstance(by, User) else "Resolved through the API")
        incident.log[-1].note = resolution
        for alert in incident.alerts:
            alert.resolved = True

    def escalate(self, incident: Incident, by: User, level: int, at: datetime) -> None:
        """To that level of its policy. Rejected 1006 when there is none, 1015 when nobody is on it."""
        self._must_be_open(incident)
        if not 1 <= level <= len(incident.policy.rules):
            raise Rejected(1006, "Incident Cannot Be Escalated")
        self._go_to_level(incident, level, at, by, f"by {by.name}")

    def set_policy(self, incident: Incident, by: User, policy: Policy, at: datetime) -> None:
        """Another policy, from its first level."""
        self._must_be_open(incident)
        incident.policy, incident.rounds = policy, 0
        self._go_to_level(incident, 1, at, by, f"by {by.name} to {policy.name}")

    def assign(self, incident: Incident, by: User, people: tuple[User, ...], at: datetime) -> None:
        """To people, past the policy: it escalates no further by itself."""
        self._must_be_open(incident)
        names = ", ".join(user.name for user in people)
        self._hand_to(incident, people, at)
        incident.assigned_directly = True
        incident.escalate_at = None
        self._log(incident, "assign", at, by, f"Assigned to {names} by {by.name}").people = people
        self._page(incident, at)

    def merge(self, target: Incident, sources: list[Incident], by: User, at: datetime) -> None:
        """``sources`` become resolved, their alerts go to ``target``, which must be open."""
        if target.status == RESOLVED:
            raise Rejected(1001, "Incident Already Resolved")
        for source in sources:
            if source is target or not source.mergeable or not target.mergeable:
                raise Rejected(2001, "Invalid Input Provided", f"Incident {source.number} cannot be merged")
            if source.merged_into is not None:
                raise Rejected(1019, "Incident Already Merged")
        for source in sources:
            target.alerts += source.alerts
            source.alerts, source.merged_into = [], target
            if source.status != RESOLVED:
                self._close(source, by, at, f"Merged into #{target.number} by {by.name}")
        target.updated_at = at

    def note(self, incident: Incident, by: User, content: str, at: datetime) -> Note:
        """A note, at most 2000 on one incident."""
        if len(incident.notes) >= 2000:
            raise Rejected(2001, "Invalid Input Provided", "Too many notes")
        note = Note(self._id("note"), by, content, at)
        incident.notes.append(note)
        self._log(incident, "annotate", at, by, f"Note added by {by.name}").note = content
        return note

    def change(self, incident: Incident, by: User, at: datetime, what: str, **values: object) -> None:
        """Set plain fields (``title``, ``priority``, ``urgency``), with one line in the log."""
        for name, value in values.items():
            setattr(incident, name, value)
        incident.updated_at = at
        kind = "urgency_change" if "urgency" in values else "field_value_change"
        self._log(incident, kind, at, by, f"{what} by {by.name}")

    # -- parts -------------------------------------------------------------------------------------------------

    def _must_be_open(self, incident: Incident) -> None:
        if incident.status == RESOLVED:
            raise Rejected(1001, "Incident Already Resolved")

    def _log(self, incident: Incident, kind: str, at: datetime, agent: Agent, summary: str) -> Entry:
        entry = Entry(self._id("entry"), kind, at, agent, summary, incident)
        incident.log.append(entry)
        return entry

    def _status(self, incident: Incident, status: str, at: datetime, by: Agent) -> None:
        incident.status, incident.status_changed_at, incident.status_changed_by = status, at, by
        incident.updated_at = at

    def _close(self, incident: Incident, by: Agent, at: datetime, summary: str) -> None:
        incident.assignees, incident.acknowledgers = (), []
        incident.escalate_at = incident.unacknowledge_at = None
        incident.resolved_at = at
        self._status(incident, RESOLVED, at, by)
        self._log(incident, "resolve", at, by, summary)

    def _back_to_triggered(self, incident: Incident, at: datetime, by: Agent) -> None:
        incident.acknowledgers, incident.unacknowledge_at = [], None
        self._status(incident, TRIGGERED, at, by)
        if incident.assigned_directly and incident.assignees:
            self._page(incident, at)
        else:
            self._go_to_level(incident, incident.level, at, by, "")

    def _go_to_level(self, incident: Incident, level: int, at: datetime, by: Agent, words: str) -> None:
        rule = incident.policy.rules[level - 1]
        people = rule.people(at)
        if not people:
            raise Rejected(1015, "Escalation Policy Has Nobody On Call")
        incident.level, incident.assigned_directly = level, False
        self._hand_to(incident, people, at)
        incident.escalate_at = at + timedelta(minutes=rule.delay_minutes)
        names = ", ".join(user.name for user in people)
        summary = f"Escalated to {names} {words}" if words else f"Assigned to {names}"
        self._log(incident, "escalate" if words else "assign", at, by, summary).people = people
        self._page(incident, at)

    def _hand_to(self, incident: Incident, people: tuple[User, ...], at: datetime) -> None:
        incident.assignees, incident.assigned_at = people, at
        incident.acknowledgers, incident.unacknowledge_at = [], None
        if incident.status != TRIGGERED:
            incident.status, incident.status_changed_at = TRIGGERED, at
        incident.updated_at = at

    def _page(self, incident: Incident, at: datetime) -> None:
        if incident.urgency == "high":
            for user in incident.assignees:
                summary = f"Notified {user.name} by push"
                self._log(incident, "notify", at, incident.service, summary).people = (user,)
