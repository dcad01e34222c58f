"""The simulated organisation's things as Datadog writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.demo.company import Employee, Team
from oncall_tui.demo.datadog.estate import Downtime, Estate, Event, Group, Incident, Monitor


def monitor(one: Monitor) -> dict[str, Any]:
    """A row of the search of monitors."""
    triggered = [group.last_triggered for group in one.groups if group.last_triggered is not None]
    return {
        "id": one.id,
        "name": one.name,
        "status": one.status,
        "type": "query alert",
        "classification": "metric",
        "tags": list(one.tags),
        "scopes": ["env:prod"],
        "metrics": ["demo.value"],
        "query": f"avg(last_5m):avg:demo.value{{monitor:{one.id}}} > 5",
        "last_triggered_ts": int(max(triggered).timestamp()) if triggered else None,
        "notifications": [{"handle": "payments@example.com", "name": "Payments"}],
        "creator": {"email": "erin@example.com", "handle": "erin@example.com", "name": "Erin Engel"},
        "org_id": 42,
    }


def group(one: Monitor, part: Group) -> dict[str, Any]:
    """A row of the search of groups."""
    return {
        "monitor_id": one.id,
        "monitor_name": one.name,
        "group": ",".join(part.tags) or "*",
        "group_tags": list(part.tags) or ["*"],
        "status": part.status,
        "last_triggered_ts": int(part.last_triggered.timestamp()) if part.last_triggered else None,
        "last_nodata_ts": int(part.last_triggered.timestamp())
        if part.last_triggered and part.status == "No Data"
        else 0,
    }


def counts(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How many of each state."""
    statuses = Counter(row["status"] for row in rows)
    return {
        "status": [{"count": count, "name": name} for name, count in statuses.items()],
        "type": [{"count": len(rows), "name": "metric"}],
        "muted": [{"count": len(rows), "name": False}],
        "tag": [],
    }


def monitor_resource(one: Monitor) -> dict[str, Any]:
    """A monitor that a downtime includes."""
    return {"id": one.id, "type": "monitors", "attributes": {"name": one.name}}


def event(one: Event) -> dict[str, Any]:
    """An event."""
    inner: dict[str, Any] = {
        "title": one.title,
        "status": one.status,
        "priority": "normal",
        "source_type_name": one.source,
        "timestamp": int(one.at.timestamp() * 1000),
        "tags": list(one.tags),
        "evt": {"id": one.id[:8], "name": one.title, "source_id": 36, "type": one.source},
        "monitor_id": None,
        "monitor_groups": None,
    }
    if one.monitor is not None:
        inner |= {
            "aggregation_key": f"monitor:{one.monitor.id}",
            "monitor_id": one.monitor.id,
            "monitor_groups": list(one.group),
            "monitor": {
                "id": one.monitor.id,
                "name": one.monitor.name,
                "tags": list(one.monitor.tags),
                "type": "query alert",
            },
        }
    else:
        inner["aggregation_key"] = one.title
    attributes = {"timestamp": iso(one.at), "message": one.message, "tags": list(one.tags), "attributes": inner}
    return {"id": one.id, "type": "event", "attributes": attributes}


def downtime(one: Downtime, estate: Estate, now: datetime) -> dict[str, Any]:
    """A downtime."""
    number = one.identifier.get("monitor_id")
    return {
        "id": one.id,
        "type": "downtime",
        "attributes": {
            "scope": one.scope,
            "monitor_identifier": one.identifier,
            "message": one.message,
            "status": one.status(now),
            "created": iso(one.created),
            "modified": iso(one.canceled or one.created),
            "canceled": iso(one.canceled) if one.canceled else None,
            "display_timezone": "UTC",
            "mute_first_recovery_notification": False,
            "notify_end_states": ["alert", "no data", "warn"],
            "notify_end_types": ["expired"],
            "schedule": {"start": iso(one.start), "end": iso(one.end) if one.end else None},
        },
        "relationships": {
            "created_by": {"data": {"id": estate.users[one.created_by], "type": "users"}},
            "monitor": {"data": {"id": str(number), "type": "monitors"} if number is not None else None},
        },
    }


def incident(one: Incident, estate: Estate) -> dict[str, Any]:
    """An incident's ``data``."""
    commander = {"id": estate.users[one.commander], "type": "users"} if one.commander else None
    author = {"data": {"id": estate.users[one.created_by], "type": "users"}}
    return {
        "id": one.id,
        "type": "incidents",
        "attributes": {
            "public_id": one.public_id,
            "title": one.title,
            "severity": one.severity,
            "state": one.state,
            "created": iso(one.created),
            "declared": iso(one.created),
            "detected": iso(one.created),
            "modified": iso(one.modified or one.created),
            "resolved": iso(one.resolved) if one.resolved else None,
            "customer_impacted": one.customer_impact is not None,
            "customer_impact_scope": one.customer_impact,
            "customer_impact_start": iso(one.created) if one.customer_impact else None,
            "customer_impact_end": None,
            "is_test": False,
            "notification_handles": [],
            "fields": {
                "severity": {"type": "dropdown", "value": one.severity},
                "state": {"type": "dropdown", "value": one.state},
                "services": {"type": "autocomplete", "value": [one.service]},
                "teams": {"type": "autocomplete", "value": [one.team]},
                "summary": {"type": "textbox", "value": None},
                **one.fields,
            },
        },
        "relationships": {
            "commander_user": {"data": commander},
            "created_by_user": author,
            "declared_by_user": author,
            "last_modified_by_user": author,
        },
    }


def incident_attributes(one: Incident, key: str) -> frozenset[str]:
    """The values of a facet, for the search."""
    match key:
        case "state":
            return frozenset({one.state.casefold()})
        case "severity":
            return frozenset({one.severity.casefold()})
        case "services":
            return frozenset({one.service})
        case "teams" | "team":
            return frozenset({one.team})
    return frozenset()


def user(one: Employee, estate: Estate) -> dict[str, Any]:
    """A user."""
    return {
        "id": estate.users[one.key],
        "type": "users",
        "attributes": {
            "name": one.name,
            "handle": one.email,
            "email": one.email,
            "title": one.title,
            "status": "Active",
            "disabled": False,
            "verified": True,
            "service_account": False,
            "created_at": "2024-01-08T09:00:00Z",
        },
    }


def incident_user(one: Employee, estate: Estate) -> dict[str, Any]:
    """A user whom an incident includes."""
    native_id = estate.users[one.key]
    attributes = {"name": one.name, "handle": one.email, "email": one.email, "uuid": native_id}
    return {"id": native_id, "type": "users", "attributes": attributes}


def team(one: Team, estate: Estate) -> dict[str, Any]:
    """A team."""
    attributes = {"name": one.name, "handle": one.key, "user_count": len({*one.primary, *one.secondary})}
    return {"id": estate.teams[one.key], "type": "team", "attributes": attributes}


def step(team_key: str, level: int, people: Sequence[str], estate: Estate) -> dict[str, Any]:
    """A step of a team's escalation with who is on it now."""
    responders = [{"id": estate.users[key], "type": "users"} for key in people]
    return {
        "id": estate.steps[team_key, level],
        "type": "escalation_policy_steps",
        "relationships": {"responders": {"data": responders}},
    }
