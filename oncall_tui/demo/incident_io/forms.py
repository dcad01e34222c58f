"""The JSON that the simulated account answers with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.demo import company
from oncall_tui.demo.company import Employee, Team
from oncall_tui.demo.incident_io.account import (
    WEEK,
    Account,
    Alert,
    Incident,
    Named,
    Page,
    Path,
    Schedule,
    Update,
)

_SHORT = {"live": "active", "learning": "post-incident"}
"""Where an incident is told in few words its category has the app's name."""


def user(account: Account, one: Employee) -> dict[str, Any]:
    """A user in few words."""
    return {"id": account.users[one.key], "name": one.name, "email": one.email, "role": "responder"}


def whole_user(account: Account, one: Employee) -> dict[str, Any]:
    """A user with seats and roles."""
    role = {"id": "01RESPONDER", "name": "Responder", "slug": "responder"}
    seats = {"on_call": "full_access", "response": "full_access"}
    return {**user(account, one), "base_role": role, "custom_roles": [], "is_active": True, "seats": seats}


def named(account: Account, one: Named) -> dict[str, Any]:
    """A status or severity."""
    at = iso(account.started - timedelta(days=900))
    found: dict[str, Any] = {
        "id": one.id, "name": one.name, "description": one.name, "rank": one.rank, "created_at": at, "updated_at": at,
    }  # fmt: skip
    return {**found, "category": one.category} if one.category else found


def _role(account: Account, kind: str) -> dict[str, Any]:
    at = iso(account.started - timedelta(days=900))
    return {
        "id": account.roles[kind],
        "name": f"Incident {kind.capitalize()}",
        "shortform": kind,
        "role_type": kind,
        "description": f"The {kind} of the incident",
        "instructions": "",
        "created_at": at,
        "updated_at": at,
    }


def incident(account: Account, one: Incident) -> dict[str, Any]:
    """An incident."""
    roles = [{"role": _role(account, "reporter"), "assignee": user(account, account.people["bob"])}]
    lead: dict[str, Any] = {"role": _role(account, "lead")}
    if one.lead is not None:
        lead["assignee"] = user(account, one.lead)
    found: dict[str, Any] = {
        "id": one.id,
        "reference": f"INC-{one.number}",
        "name": one.name,
        "summary": "",
        "mode": "standard",
        "visibility": "public",
        "permalink": f"https://app.incident.io/demo/incidents/{one.number}",
        "call_url": f"https://meet.example.com/inc-{one.number}",
        "slack_channel_id": f"C{one.number}",
        "slack_channel_name": f"inc-{one.number}",
        "slack_team_id": "T1",
        "created_at": iso(one.created),
        "updated_at": iso(one.updated),
        "incident_status": named(account, one.status),
        "incident_role_assignments": [lead, *roles],
        "custom_field_entries": [],
        "creator": {"user": user(account, account.people["bob"])},
    }
    return {**found, "severity": named(account, one.severity)} if one.severity else found


def update(account: Account, of: Incident, one: Update) -> dict[str, Any]:
    """An update of an incident."""
    updater = {"user": user(account, one.by)} if one.by else {"api_key": {"id": "01KEY", "name": "oncall"}}
    found: dict[str, Any] = {
        "id": one.id,
        "incident_id": of.id,
        "created_at": iso(one.at),
        "new_incident_status": named(account, one.status),
        "updater": updater,
    }
    if one.severity is not None:
        found["new_severity"] = named(account, one.severity)
    return {**found, "message": one.message} if one.message else found


def _short_alert(one: Alert) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "status": "resolved" if one.resolved else "firing",
        "deduplication_key": f"{one.service}/{one.title}",
        "alert_source_id": "01SOURCE",
        "source_url": "https://prometheus.example.com/alerts",
        "created_at": iso(one.created),
        "updated_at": iso(one.resolved or one.created),
    }
    return {**found, "resolved_at": iso(one.resolved)} if one.resolved else found


def alert(one: Alert) -> dict[str, Any]:
    """An alert."""
    attribute = {"id": "01ATTRIBUTE", "name": "service", "type": "String", "array": False, "required": False}
    value = {"literal": one.service, "label": one.service}
    return {**_short_alert(one), "attributes": [{"attribute": attribute, "value": value}]}


def page(account: Account, one: Page) -> dict[str, Any]:
    """An escalation."""
    found: dict[str, Any] = {
        "id": one.id,
        "title": one.title,
        "description": "",
        "status": one.status,
        "priority": {"name": "High"},
        "creator": {"alert": {"id": one.alerts[0].id, "title": one.alerts[0].title}} if one.alerts else {},
        "created_at": iso(one.created),
        "updated_at": iso(one.updated),
        "events": [_event(account, one, index) for index in range(len(one.events))],
        "related_alerts": [_short_alert(item) for item in one.alerts],
        "related_incidents": [
            {
                "id": item.id,
                "external_id": item.number,
                "reference": f"INC-{item.number}",
                "name": item.name,
                "status_category": _SHORT.get(item.status.category, item.status.category),
                "visibility": "public",
            }
            for item in one.incidents
        ],
    }
    return {**found, "escalation_path_id": one.path.id} if one.path else found


def _event(account: Account, one: Page, index: int) -> dict[str, Any]:
    event = one.events[index]
    found: dict[str, Any] = {"id": event.id, "event": event.word, "occurred_at": iso(event.at), "urgency": "high"}
    return {**found, "users": [user(account, who) for who in event.people]} if event.people else found


def schedule(account: Account, one: Schedule, now: datetime, *, following: bool) -> dict[str, Any]:
    """A schedule with who holds it now and, with ``following``, who next."""
    at = iso(account.started - timedelta(days=400))
    this, after = account.shifts(one, now, now + WEEK)[:2]
    rotation = {
        "id": one.rotation,
        "name": "weekly",
        "handover_start_at": iso(this[0]),
        "handovers": [{"interval": 1, "interval_type": "weekly"}],
        "layers": [{"id": f"{one.rotation}L", "name": "Layer 1"}],
        "users": [user(account, account.people[key]) for key in one.people],
        "working_intervals": [],
    }
    found: dict[str, Any] = {
        "id": one.id,
        "name": one.name,
        "timezone": "UTC",
        "annotations": {},
        "team_ids": [account.teams[one.team]],
        "permalink": f"https://app.incident.io/demo/on-call/schedules/{one.id}",
        "created_at": at,
        "updated_at": at,
        "config": {"rotations": [rotation]},
        "current_shifts": [entry(account, one, this)],
    }
    return {**found, "next_shifts": [entry(account, one, after)]} if following else found


def entry(account: Account, of: Schedule, one: tuple[datetime, datetime, Employee]) -> dict[str, Any]:
    """A stretch of a schedule."""
    start, end, who = one
    return {
        "entry_id": f"{of.rotation}{start:%Y%m%d}",
        "rotation_id": of.rotation,
        "layer_id": f"{of.rotation}L",
        "start_at": iso(start),
        "end_at": iso(end),
        "user": user(account, who),
    }


def path(account: Account, one: Path, now: datetime) -> dict[str, Any]:
    """An escalation path."""
    nodes: list[dict[str, Any]] = []
    for level, minutes in enumerate(company.LEVEL_MINUTES):
        if level < 2:
            target = one.schedules[level].id
            targets = [_target("schedule", target, "currently_on_call")]
        else:
            targets = [_target("user", account.users[key], "") for key in company.MANAGERS]
        told = {"targets": targets, "time_to_ack_seconds": minutes * 60, "ack_mode": "first"}
        nodes.append({"id": one.nodes[level], "type": "level", "level": told})
    repeat = {"repeat_times": company.POLICY_REPEATS, "to_node": one.nodes[0]}
    nodes.append({"id": one.nodes[3], "type": "repeat", "repeat": repeat})
    return {
        "id": one.id,
        "name": one.name,
        "path": nodes,
        "team_ids": [account.teams[one.team]],
        "current_responders": [user(account, who) for who in account.on_level(one, 0, now)],
    }


def _target(kind: str, key: str, mode: str) -> dict[str, Any]:
    return {"type": kind, "id": key, "urgency": "high", "schedule_mode": mode}


def team(account: Account, one: Team) -> dict[str, Any]:
    """A team."""
    members = [
        {"id": account.users[key], "name": account.people[key].name, "email": account.people[key].email}
        for key in one.primary
    ]
    key = account.teams[one.key]
    return {"id": key, "name": one.name, "members": members, "catalog_entry": {"id": key, "name": one.name}}
