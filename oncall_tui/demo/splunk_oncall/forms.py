"""The JSON that the simulated organisation answers with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.demo import company
from oncall_tui.demo.company import Employee, Team
from oncall_tui.demo.splunk_oncall.account import (
    ACKED,
    RESOLVED,
    UNACKED,
    WAITS,
    Account,
    Incident,
    Note,
    policy_slug,
    team_slug,
)

PHASES = {UNACKED: "triggered", ACKED: "acknowledged", RESOLVED: "resolved"}
"""The words of the reporting API, by those of the public one."""


def incident(one: Incident) -> dict[str, Any]:
    """As the live list has it."""
    last_id, last_at, _ = one.alerts[-1]
    return {
        "incidentNumber": one.number,
        "startTime": iso(one.started),
        "currentPhase": one.phase,
        "alertCount": len(one.alerts),
        "lastAlertTime": iso(last_at),
        "lastAlertId": last_id,
        "entityId": one.entity_id,
        "entityDisplayName": one.display,
        "entityState": one.state,
        "routingKey": one.routing_key,
        "host": one.host,
        "service": one.service,
        "pagedUsers": list(one.users),
        "pagedTeams": [team_slug(team) for team in one.policies],
        "pagedPolicies": [policy_info(team) for team in one.policies],
        "transitions": [
            {
                "name": step.name,
                "at": iso(step.at),
                "message": step.message or "",
                "manually": step.by is not None,
                **({"by": step.by} if step.by else {}),
                **({"alertId": step.alert_id} if step.alert_id else {}),
            }
            for step in one.transitions
        ],
    }


def past(one: Incident) -> dict[str, Any]:
    """As the reporting API has it."""
    ended = [step.at for step in one.transitions if step.name == "resolved"]
    return {**incident(one), "currentPhase": PHASES[one.phase], **({"endTime": iso(ended[-1])} if ended else {})}


def note(one: Note) -> dict[str, Any]:
    """One note."""
    return {"name": one.name, "displayName": one.display_name, "json_value": one.value}


def alert(incidents: Iterable[Incident], uuid: str) -> dict[str, Any] | None:
    """One alert; ``None`` where there is none of that id."""
    for one in incidents:
        for alert_id, at, message in one.alerts:
            if alert_id == uuid:
                return {
                    "messageType": one.state,
                    "entityId": one.entity_id,
                    "timestamp": int(at.timestamp()),
                    "stateStartTime": int(one.started.timestamp()),
                    "stateMessage": message,
                    "monitoringTool": "prometheus",
                    "entityDisplayName": one.display,
                    "raw": "{}",
                }
    return None


def user(one: Employee) -> dict[str, Any]:
    """One user."""
    first, _, last = one.name.partition(" ")
    return {"firstName": first, "lastName": last, "username": one.key, "email": one.email, "verified": False}


def policy_ref(team: Team) -> dict[str, str]:
    """A policy's name and slug."""
    return {"name": team.policy, "slug": policy_slug(team)}


def team_ref(team: Team) -> dict[str, str]:
    """A team's name and slug."""
    return {"name": team.name, "slug": team_slug(team)}


def policy_info(team: Team) -> dict[str, Any]:
    """A policy and its team."""
    return {"policy": policy_ref(team), "team": team_ref(team)}


def policy(team: Team) -> dict[str, Any]:
    """A policy with its steps."""
    rotations = [
        {
            "executionType": "rotation_group",
            "rotationGroup": {"slug": f"rtg-{team.key}-{word}", "label": f"{team.name} {word}"},
        }
        for word in ("primary", "secondary")
    ]
    managers = [{"executionType": "user", "user": {"username": key}} for key in company.MANAGERS]
    entries = ([rotations[0]], [rotations[1]], managers)
    return {
        **policy_ref(team),
        "teamSlug": team_slug(team),
        "ignoreCustomPagingPolicies": False,
        "steps": [{"timeout": wait, "entries": items} for wait, items in zip(WAITS, entries, strict=True)],
    }


def current(account: Account, team: Team, now: datetime) -> dict[str, Any]:
    """Who is on call now, of one team: those of the first step."""
    users = [{"onCallUser": {"username": key}} for key in account.on_step(team, 0, now)]
    return {"team": team_ref(team), "onCallNow": [{"escalationPolicy": policy_ref(team), "users": users}]}


def schedule(account: Account, team: Team, step: int, days: int, now: datetime) -> dict[str, Any]:
    """One step of a team's schedule."""
    entries: list[dict[str, Any]] = []
    if step < 2:
        people, word = ((team.primary, "primary"), (team.secondary, "secondary"))[step]
        rolls = account.rolls(people, now, now + timedelta(days=days))
        entries.append(
            {
                "onCallUser": {"username": rolls[0][2]},
                "onCallType": "rotation_group",
                "rotationName": f"{team.name} {word}",
                "shiftName": "weekly",
                "shiftRoll": iso(rolls[0][1]),
                "rolls": [
                    {"start": iso(start), "end": iso(end), "onCallUser": {"username": who}, "isRoll": True}
                    for start, end, who in rolls
                ],
            }
        )
    elif step == 2:
        entries = [{"onCallUser": {"username": key}, "onCallType": "user", "rolls": []} for key in company.MANAGERS]
    return {"team": team_ref(team), "schedules": [{"policy": policy_ref(team), "schedule": entries, "overrides": []}]}
