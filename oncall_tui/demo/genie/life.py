"""Alerts and incidents that live: what monitors and people do to them, and the queue in which writes wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.demo import company
from oncall_tui.demo.genie.estate import Escalation, Estate, Schedule, User

Responder = tuple[str, str]
"""Kind and id."""


class Impossible(Exception):
    """A request that was taken cannot be done: the status that its outcome shows."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log."""

    at: datetime
    kind: str
    text: str
    owner: str


@dataclass(frozen=True, slots=True)
class Note:
    """One note."""

    id: str
    at: datetime
    text: str
    owner: str


@dataclass(slots=True)
class Alert:
    """One alert."""

    id: str
    number: int
    alias: str
    message: str
    priority: str
    created_at: datetime
    service: str
    responders: list[Responder]
    escalation: Escalation
    updated_at: datetime
    last_at: datetime
    count: int = 1
    closed: bool = False
    acknowledged: bool = False
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    snoozed_until: datetime | None = None
    owner: User | None = None
    source: str = "prometheus"
    details: dict[str, str] = field(default_factory=dict)
    log: list[Line] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    paged: int = 0
    """Steps of its escalation that have paged."""


@dataclass(slots=True)
class Incident:
    """One of Opsgenie's incidents."""

    id: str
    number: int
    message: str
    priority: str
    created_at: datetime
    updated_at: datetime
    team_id: str
    status: str = "open"
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Queued:
    """One write that was taken. ``done`` is its outcome once it was done: whether it succeeded, and in what words."""

    id: str
    action: str
    target: str
    due: datetime
    effect: Callable[[datetime], str]
    told: dict[str, Any]
    done: tuple[bool, str] | None = None


class Life:
    """Everything that changes in the account. Times are the caller's.

    Args:
        delay_s: how long a write waits until it is done.
    """

    def __init__(self, estate: Estate, delay_s: float) -> None:
        self.estate = estate
        self.alerts: dict[str, Alert] = {}
        self.incidents: dict[str, Incident] = {}
        self.requests: dict[str, Queued] = {}
        self.taken: list[dict[str, Any]] = []
        """Writes that were taken, in order."""
        self.writes: list[dict[str, Any]] = []
        """Writes that were done, in order."""
        self._delay = timedelta(seconds=delay_s)
        self._made = 0

    def new_id(self, kind: str) -> str:
        """One more id."""
        self._made += 1
        return self.estate.make_id(kind, str(self._made))

    # -- the clock ---------------------------------------------------------------------------------------------

    def advance(self, now: datetime) -> None:
        """Let happen what was due until ``now``: writes, snoozes that end, steps of escalations that page."""
        for queued in [one for one in self.requests.values() if one.done is None and one.due <= now]:
            self._do(queued)
        for alert in self.alerts.values():
            self._advance_one(alert, now)

    def _do(self, queued: Queued) -> None:
        try:
            queued.done = (True, queued.effect(queued.due))
        except Impossible as no:
            queued.done = (False, str(no))
        else:
            self.writes.append(queued.told)

    def _advance_one(self, alert: Alert, now: datetime) -> None:
        if alert.snoozed_until is not None and alert.snoozed_until <= now:
            at, alert.snoozed_until = alert.snoozed_until, None
            alert.acknowledged = False
            self.log(alert, at, "system", "Snooze ended", "System")
        while not (alert.closed or alert.acknowledged or alert.snoozed_until) and alert.paged < len(
            alert.escalation.steps
        ):
            step = alert.escalation.steps[alert.paged]
            at = alert.created_at + timedelta(minutes=step.minutes)
            if at > now:
                break
            alert.paged += 1
            who = step.target.holder(at) if isinstance(step.target, Schedule) else step.target
            if alert.paged > 1:
                self.log(alert, at, "system", f"Escalated to step {alert.paged} of [{alert.escalation.name}]", "System")
            self.log(alert, at, "alertRecipient", f"Sent a push notification to {who.email}", who.email)

    # -- writes ------------------------------------------------------------------------------------------------

    def take(self, action: str, target: str, now: datetime, effect: Callable[[datetime], str], **told: Any) -> Queued:
        """Put a write in the queue. ``action`` is the verb's word; ``told`` what else a test may want to know."""
        request_id = self.new_id("request")
        record = {"action": action, "target": target, **told}
        queued = Queued(request_id, action, target, now + self._delay, effect, record)
        self.requests[request_id] = queued
        self.taken.append(record)
        return queued

    def record(self, action: str, target: str, **told: Any) -> None:
        """A write that was done at once."""
        record = {"action": action, "target": target, **told}
        self.taken.append(record)
        self.writes.append(record)

    def alert(self, alert_id: str) -> Alert:
        """Raises Impossible where there is none."""
        if alert_id not in self.alerts:
            raise Impossible("Alert does not exist")
        return self.alerts[alert_id]

    def _open(self, alert_id: str) -> Alert:
        alert = self.alert(alert_id)
        if alert.closed:
            raise Impossible("Alert is already closed")
        return alert

    def log(self, alert: Alert, at: datetime, kind: str, text: str, owner: str) -> None:
        """One more line of its log; it counts as an update."""
        alert.log.append(Line(at, kind, text, owner))
        alert.updated_at = max(alert.updated_at, at)

    def trigger(
        self,
        service: str,
        message: str,
        at: datetime,
        *,
        priority: str = "P3",
        alias: str | None = None,
        count: int = 1,
        details: dict[str, str] | None = None,
    ) -> Alert:
        """A monitor's alert: a new one, or one more occurrence of the open one with the same alias."""
        alias = alias or message.casefold()
        for alert in self.alerts.values():
            if alert.alias == alias and not alert.closed:
                alert.count += 1
                alert.last_at = alert.updated_at = at
                return alert
        team = self.estate.team_of(service)
        escalation = self.estate.escalation_of(team)
        alert_id = f"{self.new_id('alert')}-{int(at.timestamp() * 1000)}"
        responders = [("team", team.id), ("escalation", escalation.id)]
        alert = Alert(
            alert_id, len(self.alerts) + 1, alias, message, priority, at, service, responders, escalation, at, at,
            count=count, details={"service": service, **(details or {})},
        )  # fmt: skip
        self.alerts[alert_id] = alert
        self.log(alert, at, "system", "Alert created via Prometheus", "System")
        return alert

    def create(
        self, message: str, at: datetime, *, priority: str, alias: str, service: str | None, escalation_id: str | None
    ) -> Alert:
        """Somebody makes one by hand; while one of that alias is open it counts as one more occurrence of it."""
        known = service is not None and any(service in team.services for team in company.TEAMS)
        alert = self.trigger(service if service and known else "payments", message, at, priority=priority, alias=alias)
        if alert.count == 1:
            alert.source = "oncall-tui"
            alert.details = {"service": service} if service else {}
            found = next((one for one in self.estate.escalations if one.id == escalation_id), None)
            if found is not None:
                alert.escalation, alert.responders = found, [("escalation", found.id)]
        return alert

    def take_new(
        self, message: str, now: datetime, *, priority: str, alias: str, service: str | None, asked: list[Any]
    ) -> Queued:
        """Put a new alert in the queue. ``asked``: the body's responders, of which an escalation is paged."""
        escalation = next((one.get("id") for one in asked if one.get("type") == "escalation"), None)

        def effect(at: datetime) -> str:
            made = self.create(message, at, priority=priority, alias=alias, service=service, escalation_id=escalation)
            taken.target = made.id
            return "Created alert"

        taken = self.take("declare", alias, now, effect)
        return taken

    def with_alias(self, alias: str) -> Alert | None:
        """The open alert of that alias."""
        return next((one for one in self.alerts.values() if one.alias == alias and not one.closed), None)

    def open_incident(self, service: str, message: str, at: datetime, priority: str) -> Incident:
        """An incident of Opsgenie's own."""
        incident_id = self.new_id("incident")
        team = self.estate.team_of(service)
        found = Incident(incident_id, len(self.incidents) + 1, message, priority, at, at, team.id)
        self.incidents[incident_id] = found
        return found

    def acknowledge(self, alert_id: str, by: str, at: datetime) -> str:
        """Whoever is first."""
        alert = self._open(alert_id)
        if alert.acknowledged:
            raise Impossible("Alert is already acknowledged")
        alert.acknowledged, alert.acknowledged_at, alert.acknowledged_by = True, at, by
        self.log(alert, at, "system", "Alert acknowledged via API", by)
        return "Acknowledged alert"

    def unacknowledge(self, alert_id: str, by: str, at: datetime) -> str:
        """It pages on."""
        alert = self._open(alert_id)
        if not alert.acknowledged:
            raise Impossible("Alert is not acknowledged")
        alert.acknowledged, alert.snoozed_until = False, None
        self.log(alert, at, "system", "Alert un-acknowledged via API", by)
        return "Unacknowledged alert"

    def close(self, alert_id: str, by: str, at: datetime, note: str | None = None) -> str:
        """It is over."""
        alert = self._open(alert_id)
        alert.closed, alert.closed_at, alert.closed_by, alert.snoozed_until = True, at, by, None
        self.log(alert, at, "system", "Alert closed via API", by)
        if note:
            self.note(alert_id, by, note, at)
        return "Closed alert"

    def snooze(self, alert_id: str, by: str, until: datetime, at: datetime) -> str:
        """Quiet until then."""
        alert = self._open(alert_id)
        alert.snoozed_until = until
        self.log(alert, at, "system", f"Alert snoozed until [{until:%Y-%m-%dT%H:%M:%SZ}]", by)
        return "Snoozed alert"

    def assign(self, alert_id: str, by: str, user: User | None, at: datetime) -> str:
        """It has one owner."""
        alert = self._open(alert_id)
        if user is None:
            raise Impossible("User does not exist")
        alert.owner = user
        self.log(alert, at, "system", f"Alert ownership assigned to [{user.email}]", by)
        return "Assigned alert"

    def escalate(self, alert_id: str, by: str, escalation_id: str, at: datetime) -> str:
        """To the next step of an escalation."""
        alert = self._open(alert_id)
        found = next((one for one in self.estate.escalations if escalation_id in (one.id, one.name)), None)
        if found is None:
            raise Impossible("Escalation does not exist")
        self.log(alert, at, "system", f"Alert escalated to next of [{found.name}]", by)
        self._add(alert, ("escalation", found.id))
        return "Escalated alert"

    def add_responder(self, alert_id: str, by: str, kind: str, thing_id: str, at: datetime) -> str:
        """One more who is paged."""
        alert = self._open(alert_id)
        if not self.estate.knows(kind, thing_id):
            raise Impossible("Responder does not exist")
        self._add(alert, (kind, thing_id))
        self.log(alert, at, "system", f"Added responder [{kind}] via API", by)
        return "Added responder"

    def _add(self, alert: Alert, responder: Responder) -> None:
        if responder not in alert.responders:
            alert.responders.append(responder)

    def note(self, alert_id: str, by: str, text: str, at: datetime) -> str:
        """A note, also on what is closed."""
        alert = self.alert(alert_id)
        alert.notes.append(Note(self.new_id("note"), at, text, by))
        self.log(alert, at, "system", "Note added via API", by)
        return "Added note"

    def set_priority(self, alert_id: str, by: str, priority: str, at: datetime) -> str:
        """P1 to P5."""
        alert = self._open(alert_id)
        alert.priority = priority
        self.log(alert, at, "system", f"Alert priority updated to [{priority}]", by)
        return "Updated alert priority"

    def set_message(self, alert_id: str, by: str, message: str, at: datetime) -> str:
        """What it is called."""
        alert = self._open(alert_id)
        alert.message = message
        self.log(alert, at, "system", "Alert message updated via API", by)
        return "Updated alert message"

    def close_incident(self, incident_id: str, note: str | None, at: datetime) -> str:
        """An incident is over."""
        found = self.incidents.get(incident_id)
        if found is None:
            raise Impossible("Incident does not exist")
        if found.status == "closed":
            raise Impossible("Incident is already closed")
        found.status, found.updated_at = "closed", at
        found.notes += [note] if note else []
        return "Closed incident"

    # -- telling -----------------------------------------------------------------------------------------------

    def told(self) -> dict[str, Any]:
        """What it holds, for whoever asks what has happened here."""
        return {
            "alerts": [
                {
                    "id": one.id,
                    "message": one.message,
                    "priority": one.priority,
                    "status": "closed" if one.closed else "open",
                    "acknowledged": one.acknowledged,
                    "snoozed_until": one.snoozed_until.isoformat() if one.snoozed_until else None,
                    "owner": one.owner.email if one.owner else None,
                    "responders": [list(responder) for responder in one.responders],
                    "notes": [note.text for note in one.notes],
                }
                for one in self.alerts.values()
            ],
            "incidents": [
                {"id": one.id, "message": one.message, "status": one.status, "notes": list(one.notes)}
                for one in self.incidents.values()
            ],
            "writes": list(self.writes),
        }
