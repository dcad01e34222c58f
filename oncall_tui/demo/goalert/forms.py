"""The JSON that the simulated server answers with: exactly what the documents select."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.demo import company
from oncall_tui.demo.company import Employee
from oncall_tui.demo.goalert.account import Account, Alert, Override, Policy, Schedule, Service


def alert(account: Account, one: Alert | None, events: int | None) -> dict[str, Any] | None:
    """One alert; with ``events`` its latest lines of the log."""
    if one is None:
        return None
    service, policy = one.service, one.service.policy
    found: dict[str, Any] = {
        "id": str(one.number),
        "alertID": one.number,
        "status": one.status,
        "summary": one.summary,
        "details": one.details,
        "createdAt": iso(one.created),
        "serviceID": service.id,
        "service": {
            "id": service.id,
            "name": service.name,
            "escalationPolicyID": policy.id,
            "maintenanceExpiresAt": None,
            "escalationPolicy": {"id": policy.id, "name": policy.name},
        },
        "state": _state(one),
        "meta": [{"key": key, "value": value} for key, value in one.meta.items()],
        "metrics": {"closedAt": iso(one.closed)} if one.closed is not None else None,
        "noiseReason": None,
    }
    if events is not None:
        lines = list(reversed(one.log))[:events]
        found["recentEvents"] = {
            "nodes": [
                {
                    "id": line.id,
                    "timestamp": iso(line.at),
                    "message": line.message,
                    "state": {"details": line.details, "status": "OK"} if line.details else None,
                }
                for line in lines
            ]
        }
    return found


def _state(one: Alert) -> dict[str, Any] | None:
    if one.escalated is None or one.closed is not None:
        return None
    return {"stepNumber": one.step, "lastEscalation": iso(one.escalated), "repeatCount": one.rounds}


def changed(one: Alert) -> dict[str, Any]:
    """What an update tells of an alert."""
    return {"id": str(one.number), "alertID": one.number, "status": one.status}


def escalated(one: Alert) -> dict[str, Any]:
    """What an escalation tells of an alert."""
    return {**changed(one), "state": _state(one)}


def user(account: Account, one: Employee) -> dict[str, Any]:
    """One user."""
    return {"id": account.users[one.key], "name": one.name, "email": one.email}


def service(account: Account, one: Service, now: datetime) -> dict[str, Any]:
    """One service with who is on call for it."""
    on_call = [
        {"userID": account.users[person.key], "userName": person.name, "stepNumber": step}
        for step in range(3)
        for person in account.on_step(one.policy, step, now)
    ]
    return {"id": one.id, "name": one.name, "escalationPolicyID": one.policy.id, "onCallUsers": on_call}


def policy(account: Account, one: Policy) -> dict[str, Any]:
    """One policy with its steps."""
    actions = [[_action("builtin-schedule", "schedule_id", item.id, item.name)] for item in one.schedules]
    actions.append(
        [_action("builtin-user", "user_id", account.users[key], account.people[key].name) for key in company.MANAGERS]
    )
    steps = [
        {"id": step_id, "stepNumber": step, "delayMinutes": company.LEVEL_MINUTES[step], "actions": actions[step]}
        for step, step_id in enumerate(one.step_ids)
    ]
    return {"id": one.id, "name": one.name, "repeat": company.POLICY_REPEATS, "steps": steps}


def _action(kind: str, key: str, target: str, name: str) -> dict[str, Any]:
    shown = {"__typename": "DestinationDisplayInfo", "text": name}
    return {"type": kind, "args": {key: target}, "displayInfo": shown}


def schedule(account: Account, one: Schedule, start: datetime, end: datetime) -> dict[str, Any]:
    """One schedule with its shifts, cut at the window."""
    shifts = [
        {
            "userID": account.users[person.key],
            "user": {"id": account.users[person.key], "name": person.name},
            "start": iso(max(begins, start)),
            "end": iso(min(ends, end)),
            "truncated": begins < start or ends > end,
        }
        for begins, ends, person in account.shifts(one, start, end)
    ]
    return {"id": one.id, "name": one.name, "shifts": shifts}


def override(account: Account, one: Override) -> dict[str, Any]:
    """Somebody who stands in."""
    return {
        "id": one.id,
        "start": iso(one.start),
        "end": iso(one.end),
        "addUserID": account.users[one.adds.key],
        "removeUserID": account.users[one.removes.key] if one.removes is not None else "",
    }
