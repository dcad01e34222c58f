"""Things of the site as the JSON of its operations. What would be ``null`` is left out, for the description allows
none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.demo.genie.estate import Escalation, Override, Schedule, User
from oncall_tui.demo.genie.life import Alert, Line, Note, Queued

Form = dict[str, Any]


def time(moment: datetime) -> str:
    """As these APIs write times: milliseconds and ``Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _status(alert: Alert) -> str:
    if alert.closed:
        return "closed"
    if alert.snoozed_until is not None:
        return "snoozed"
    return "acked" if alert.acknowledged else "open"


def _since(alert: Alert, moment: datetime) -> int:
    return int((moment - alert.created_at).total_seconds() * 1000)


def alert(one: Alert) -> Form:
    """An alert."""
    return {
        "id": one.id,
        "tinyId": str(one.number),
        "message": one.message,
        "status": _status(one),
        "acknowledged": one.acknowledged,
        "priority": one.priority,
        "alias": one.alias,
        "entity": one.service,
        "source": one.source,
        "tags": ["prometheus"],
        "description": one.message,
        "createdAt": time(one.created_at),
        "updatedAt": time(one.updated_at),
        "lastOccuredAt": time(one.last_at),
        "count": one.count,
        **({"owner": one.owner.name} if one.owner else {}),
        "snoozed": one.snoozed_until is not None,
        **({"snoozedUntil": time(one.snoozed_until)} if one.snoozed_until else {}),
        "responders": [{"id": thing, "type": kind} for kind, thing in one.responders],
        "integrationType": "API",
        "integrationName": "Prometheus",
        "extraProperties": dict(one.details),
        "actions": [],
        "seen": one.acknowledged_at is not None,
        **({"ackTime": _since(one, one.acknowledged_at)} if one.acknowledged_at else {}),
        **({"closeTime": _since(one, one.closed_at)} if one.closed_at else {}),
    }


def line(one: Line) -> Form:
    """One line of a log."""
    return {"logTime": time(one.at), "logType": one.kind, "log": one.text, "owner": one.owner}


def note(one: Note) -> Form:
    """One note."""
    return {
        "id": one.id,
        "note": one.text,
        "owner": one.owner,
        "createdAt": time(one.at),
        "updatedAt": time(one.at),
    }


def request(one: Queued) -> Form:
    """What became of a request that was done."""
    success, words = one.done or (False, "")
    return {
        "action": one.action.capitalize(),
        "processedAt": time(one.due),
        "isSuccess": success,
        "status": words,
        "alertId": one.target if success else "",
    }


def account(one: User) -> Form:
    """An Atlassian account, as Jira tells it."""
    return {
        "accountId": one.id,
        "accountType": "atlassian",
        "displayName": one.name,
        "emailAddress": one.email,
        "active": True,
        "timeZone": "Europe/Berlin",
    }


def schedule(one: Schedule) -> Form:
    """A schedule."""
    return {
        "id": one.id,
        "name": one.name,
        "description": "",
        "timezone": "UTC",
        "enabled": one.enabled,
        "teamId": one.team.id,
    }


def escalation(one: Escalation) -> Form:
    """An escalation."""
    rules = [
        {
            "condition": "if-not-acked",
            "notifyType": "default",
            "delay": step.minutes,
            "recipient": {"type": "schedule" if isinstance(step.target, Schedule) else "user", "id": step.target.id},
        }
        for step in one.steps
    ]
    repeat = {"waitInterval": 15, "count": one.repeats, "resetRecipientStates": False, "closeAlertAfterAll": False}
    return {"id": one.id, "name": one.name, "description": "", "rules": rules, "enabled": True, "repeat": repeat}


def timeline(one: Schedule, since: datetime, length: timedelta) -> Form:
    """A schedule's final timeline."""
    periods = [
        {
            "startDate": time(start),
            "endDate": time(end),
            "type": "override" if override else "base",
            "responder": {"id": holder.id, "type": "user"},
        }
        for start, end, holder, override in one.periods(since, since + length)
    ]
    rotation = {"id": one.rotation_id, "name": one.name, "order": 1.0, "deleted": False, "periods": periods}
    return {
        "startDate": time(since),
        "endDate": time(since + length),
        "finalTimeline": {"rotations": [rotation]},
    }


def override(item: Override) -> Form:
    """Somebody who stands in."""
    return {
        "alias": item.alias,
        "responder": {"type": "user", "id": item.user.id},
        "startDate": iso(item.start),
        "endDate": iso(item.end),
        "rotationIds": [],
    }
