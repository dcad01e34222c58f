"""Things of the account as Opsgenie's JSON. What would be ``null`` is left out, for its description allows none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.demo.genie.estate import Escalation, Override, Schedule, Team, User
from oncall_tui.demo.genie.life import Alert, Incident, Line, Note, Queued

Form = dict[str, Any]


def time(moment: datetime) -> str:
    """As Opsgenie writes times: milliseconds and ``Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _since(alert: Alert, moment: datetime) -> int:
    return int((moment - alert.created_at).total_seconds() * 1000)


def alert_row(alert: Alert) -> Form:
    """An alert as a list tells it."""
    report: Form = {}
    if alert.acknowledged_at is not None:
        report |= {"ackTime": _since(alert, alert.acknowledged_at), "acknowledgedBy": alert.acknowledged_by}
    if alert.closed_at is not None:
        report |= {"closeTime": _since(alert, alert.closed_at), "closedBy": alert.closed_by}
    return {
        "id": alert.id,
        "tinyId": str(alert.number),
        "alias": alert.alias,
        "message": alert.message,
        "status": "closed" if alert.closed else "open",
        "acknowledged": alert.acknowledged,
        "isSeen": bool(report),
        "tags": ["prometheus"],
        "snoozed": alert.snoozed_until is not None,
        **({"snoozedUntil": time(alert.snoozed_until)} if alert.snoozed_until else {}),
        "count": alert.count,
        "lastOccurredAt": time(alert.last_at),
        "createdAt": time(alert.created_at),
        "updatedAt": time(alert.updated_at),
        "source": alert.source,
        "owner": alert.owner.email if alert.owner else "",
        "priority": alert.priority,
        "responders": [{"type": kind, "id": thing} for kind, thing in alert.responders],
        "integration": {"id": "4513b7ea-3b91-438f-b7e4-e3e54af9147c", "name": "Prometheus", "type": "Prometheus"},
        **({"report": report} if report else {}),
    }


def alert_whole(alert: Alert) -> Form:
    """An alert by itself."""
    return {
        **alert_row(alert),
        "actions": [],
        "entity": alert.service,
        "description": alert.message,
        "details": dict(alert.details),
    }


def incident(one: Incident) -> Form:
    """An incident."""
    return {
        "id": one.id,
        "tinyId": str(one.number),
        "message": one.message,
        "status": one.status,
        "isSeen": True,
        "tags": [],
        "createdAt": time(one.created_at),
        "updatedAt": time(one.updated_at),
        "source": "web",
        "owner": "",
        "priority": one.priority,
        "responders": [{"type": "team", "id": one.team_id}],
        "ownerTeam": one.team_id,
        "extraProperties": {},
    }


def line(one: Line, offset: int) -> Form:
    """One line of a log."""
    return {"log": one.text, "type": one.kind, "owner": one.owner, "createdAt": time(one.at), "offset": _offset(offset)}


def note(one: Note, offset: int) -> Form:
    """One note."""
    return {"note": one.text, "owner": one.owner, "createdAt": time(one.at), "offset": _offset(offset)}


def _offset(number: int) -> str:
    return f"{number:06d}_1495629426158"


def place(offset: str) -> int:
    """The number in an offset of ours; 0 for any other text."""
    head = offset.partition("_")[0]
    return int(head) if head.isdigit() else 0


def request(one: Queued) -> Form:
    """What became of a request that was done."""
    success, words = one.done or (False, "")
    target = "incidentId" if one.target.startswith("incident-") else "alertId"
    return {
        "success": success,
        "action": one.action.capitalize(),
        "processedAt": time(one.due),
        "integrationId": "4513b7ea-3b91-438f-b7e4-e3e54af9147c",
        "isSuccess": success,
        "status": words,
        target: one.target.removeprefix("incident-") if success else "",
    }


def user(one: User) -> Form:
    """A user."""
    return {
        "id": one.id,
        "username": one.email,
        "fullName": one.name,
        "role": {"id": "User", "name": "User"},
        "timeZone": "Europe/Berlin",
        "blocked": False,
        "verified": True,
    }


def team(one: Team) -> Form:
    """A team, as the list tells it."""
    return {"id": one.id, "name": one.name, "description": ""}


def schedule(one: Schedule) -> Form:
    """A schedule."""
    return {
        "id": one.id,
        "name": one.name,
        "description": "",
        "timezone": "UTC",
        "enabled": one.enabled,
        "ownerTeam": {"id": one.team.id, "name": one.team.name},
        "rotations": [],
    }


def escalation(one: Escalation) -> Form:
    """An escalation."""
    rules = [
        {
            "condition": "if-not-acked",
            "notifyType": "default",
            "delay": {"timeAmount": step.minutes, "timeUnit": "minutes"},
            "recipient": {"type": "schedule" if isinstance(step.target, Schedule) else "user", "id": step.target.id},
        }
        for step in one.steps
    ]
    return {
        "id": one.id,
        "name": one.name,
        "description": "",
        "ownerTeam": {"id": one.team.id, "name": one.team.name},
        "rules": rules,
        "repeat": {
            "waitInterval": 15,
            "count": one.repeats,
            "resetRecipientStates": False,
            "closeAlertAfterAll": False,
        },
    }


def on_call(one: Schedule, at: datetime, flat: bool) -> Form:
    """Who is on call on a schedule."""
    parent = {"_parent": {"id": one.id, "name": one.name, "enabled": one.enabled}}
    holder = one.holder(at)
    if flat:
        return {**parent, "onCallRecipients": [holder.email]}
    return {**parent, "onCallParticipants": [{"id": holder.id, "name": holder.email, "type": "user"}]}


def timeline(one: Schedule, since: datetime, length: timedelta) -> Form:
    """A schedule's final timeline."""
    periods = [
        {
            "startDate": time(start),
            "endDate": time(end),
            "type": "override" if override else "base",
            "recipient": {"id": holder.id, "name": holder.email, "type": "user"},
        }
        for start, end, holder, override in one.periods(since, since + length)
    ]
    return {
        "_parent": {"id": one.id, "name": one.name, "enabled": one.enabled},
        "startDate": time(since),
        "endDate": time(since + length),
        "finalTimeline": {
            "rotations": [{"id": one.rotation_id, "name": one.name, "order": 1.0, "periods": periods}],
        },
    }


def override(item: Override) -> Form:
    """Somebody who stands in."""
    return {
        "alias": item.alias,
        "user": {"id": item.user.id, "type": "user", "username": item.user.email},
        "startDate": iso(item.start),
        "endDate": iso(item.end),
        "rotations": [],
    }
