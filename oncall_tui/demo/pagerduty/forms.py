"""The simulated account's things as the JSON of its API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.demo.pagerduty.estate import (
    ChangeEvent,
    MaintenanceWindow,
    Override,
    Policy,
    Priority,
    Schedule,
    Service,
    Team,
    User,
)
from oncall_tui.demo.pagerduty.life import RESOLVED, Alert, Entry, Incident, Note

Json = dict[str, Any]
_WEB = "https://example.pagerduty.com"
_API = "https://api.pagerduty.com"


def reference(kind: str, path: str, thing_id: str, summary: str) -> Json:
    """A reference as every answer uses them."""
    return {
        "id": thing_id,
        "type": f"{kind}_reference",
        "summary": summary,
        "self": f"{_API}/{path}/{thing_id}",
        "html_url": f"{_WEB}/{path}/{thing_id}",
    }


def user_ref(user: User) -> Json:
    """A person, by reference."""
    return reference("user", "users", user.id, user.name)


def agent_ref(agent: User | Service) -> Json:
    """Who did it: a person, or the service that stands for the machine."""
    return user_ref(agent) if isinstance(agent, User) else service_ref(agent)


def service_ref(service: Service) -> Json:
    """A service, by reference."""
    return reference("service", "services", service.id, service.name)


def team_ref(team: Team) -> Json:
    """A team, by reference."""
    return reference("team", "teams", team.id, team.name)


def policy_ref(policy: Policy) -> Json:
    """An escalation policy, by reference."""
    return reference("escalation_policy", "escalation_policies", policy.id, policy.name)


def schedule_ref(schedule: Schedule) -> Json:
    """A schedule of either kind, by reference."""
    return reference("schedule_v3" if schedule.shift_based else "schedule", "schedules", schedule.id, schedule.name)


def incident_ref(incident: Incident) -> Json:
    """An incident, by reference."""
    return reference("incident", "incidents", incident.id, f"[#{incident.number}] {incident.title}")


def whole(thing: Json, kind: str, **more: Any) -> Json:
    """A reference grown to the thing itself."""
    return {**thing, "type": kind, **more}


def user(person: User, teams: list[Team]) -> Json:
    """A person whole."""
    return whole(
        user_ref(person), "user", name=person.name, email=person.email, time_zone="Etc/UTC", role="user",
        job_title=person.title, teams=[team_ref(team) for team in teams if team.id in person.team_ids],
    )  # fmt: skip


def service(item: Service, status: str, last_incident: datetime | None) -> Json:
    """A service whole."""
    form = whole(
        service_ref(item), "service", name=item.name, status=status, acknowledgement_timeout=item.ack_timeout_s,
        auto_resolve_timeout=0, escalation_policy=policy_ref(item.policy), teams=[team_ref(item.team)],
    )  # fmt: skip
    return {**form, "last_incident_timestamp": iso(last_incident)} if last_incident else form


def priority(item: Priority) -> Json:
    """A priority."""
    return {"id": item.id, "type": "priority", "summary": item.name, "name": item.name}


def policy(item: Policy) -> Json:
    """An escalation policy whole."""
    return whole(
        policy_ref(item), "escalation_policy", name=item.name, num_loops=item.num_loops,
        teams=[team_ref(item.team)],
        escalation_rules=[
            {
                "id": rule.id,
                "escalation_delay_in_minutes": rule.delay_minutes,
                "targets": [user_ref(to) if isinstance(to, User) else schedule_ref(to) for to in rule.targets],
            }
            for rule in item.rules
        ],
    )  # fmt: skip


def change_event(item: ChangeEvent) -> Json:
    """A change event whole."""
    return {
        "id": item.id,
        "type": "change_event",
        "summary": item.summary,
        "timestamp": iso(item.at),
        "source": item.source,
        "services": [service_ref(item.service)],
        "links": [{"href": item.link, "text": "The pipeline's run"}] if item.link else [],
        "images": [],
        "custom_details": {},
    }


def maintenance_window(item: MaintenanceWindow) -> Json:
    """A maintenance window whole."""
    return whole(
        reference("maintenance_window", "maintenance_windows", item.id, item.description), "maintenance_window",
        sequence_number=item.number, start_time=iso(item.start), end_time=iso(item.end), description=item.description,
        services=[service_ref(service) for service in item.services],
        teams=[team_ref(team) for team in dict.fromkeys(service.team for service in item.services)],
        created_by=user_ref(item.created_by),
    )  # fmt: skip


def incident(item: Incident) -> Json:
    """An incident whole."""
    pending = [("escalate", item.escalate_at), ("unacknowledge", item.unacknowledge_at)]
    first = item.log[0]
    form = whole(
        incident_ref(item), "incident", incident_number=item.number, title=item.title, status=item.status,
        urgency=item.urgency, incident_key=item.key, created_at=iso(item.created_at),
        updated_at=iso(item.updated_at or item.created_at),
        last_status_change_at=iso(item.status_changed_at or item.created_at),
        last_status_change_by=agent_ref(item.status_changed_by or item.service),
        service=service_ref(item.service), escalation_policy=policy_ref(item.policy),
        teams=[team_ref(item.policy.team)],
        assignments=[
            {"at": iso(item.assigned_at or item.created_at), "assignee": user_ref(person)} for person in item.assignees
        ],
        assigned_via="direct_assignment" if item.assigned_directly else "escalation_policy",
        acknowledgements=[{"at": iso(at), "acknowledger": user_ref(person)} for at, person in item.acknowledgers],
        pending_actions=[{"type": kind, "at": iso(at)} for kind, at in pending if at is not None],
        alert_counts={
            "all": len(item.alerts),
            "triggered": sum(not alert.resolved for alert in item.alerts),
            "resolved": sum(alert.resolved for alert in item.alerts),
        },
        is_mergeable=item.mergeable and item.status != RESOLVED,
        incident_type={"name": "incident_default"},
        first_trigger_log_entry=reference("trigger_log_entry", "log_entries", first.id, first.summary),
        incidents_responders=[
            {
                "state": "pending", "user": user_ref(asked), "incident": incident_ref(item), "message": message,
                "requester": user_ref(requester), "requested_at": iso(at), "updated_at": iso(at),
            }
            for asked, requester, message, at in item.responders
        ],
    )  # fmt: skip
    if item.priority is not None:
        form["priority"] = priority(item.priority)
    if item.resolved_at is not None:
        form["resolved_at"] = iso(item.resolved_at)
    if item.merged_into is not None:
        form["resolve_reason"] = {"type": "merge_resolve_reason", "incident": incident_ref(item.merged_into)}
    return form


def entry(item: Entry) -> Json:
    """A log entry."""
    form: Json = {
        "id": item.id,
        "type": f"{item.kind}_log_entry",
        "summary": item.summary,
        "self": f"{_API}/log_entries/{item.id}",
        "html_url": f"{_WEB}/incidents/{item.incident.id}/log_entries/{item.id}",
        "created_at": iso(item.at),
        "agent": agent_ref(item.agent),
        "incident": incident_ref(item.incident),
        "service": service_ref(item.incident.service),
        "teams": [team_ref(item.incident.policy.team)],
        "contexts": [],
        "event_details": {"description": item.description} if item.description else {},
    }
    if item.note:
        form["note"] = item.note
    if item.kind in ("assign", "escalate", "delegate"):
        form["assignees"] = [user_ref(person) for person in item.people]
    if item.kind == "notify":
        form["user"] = user_ref(item.people[0])
    if item.kind == "acknowledge":
        form["acknowledgement_timeout"] = item.incident.service.ack_timeout_s
    if item.until is not None:
        form["changed_actions"] = [{"type": "unacknowledge", "at": iso(item.until)}]
    return form


def alert(item: Alert, of: Incident) -> Json:
    """An alert of an incident."""
    return whole(
        reference("alert", "alerts", item.id, item.summary), "alert", status=RESOLVED if item.resolved else "triggered",
        severity=item.severity, alert_key=item.key, created_at=iso(item.at), suppressed=False,
        service=service_ref(of.service), incident=incident_ref(of),
        first_trigger_log_entry=reference("trigger_log_entry", "log_entries", item.entry.id, item.entry.summary),
        body={"type": "alert_body", "contexts": [], "details": {}},
    )  # fmt: skip


def note(item: Note) -> Json:
    """A note."""
    return {
        "id": item.id,
        "user": user_ref(item.user),
        "channel": {"summary": "The PagerDuty website or APIs"},
        "content": item.content,
        "created_at": iso(item.at),
        "updated_at": iso(item.at),
    }


def schedule(item: Schedule, since: datetime | None, until: datetime | None, parts: tuple[str, ...], cut: bool) -> Json:
    """A schedule of the older kind, rendered over the window where one is asked for."""
    form = whole(
        schedule_ref(item), "schedule", name=item.name, time_zone="Etc/UTC", teams=[team_ref(item.team)],
        users=[user_ref(person) for person in item.users],
    )  # fmt: skip
    if since is None or until is None:
        return form
    for part, name in (("final_schedule", "Final Schedule"), ("overrides_subschedule", "Overrides")):
        if part in parts:
            form[part] = {
                "name": name,
                "rendered_coverage_percentage": 100.0,
                "rendered_schedule_entries": [
                    {
                        "start": iso(max(start, since) if cut else start),
                        "end": iso(min(end, until) if cut else end),
                        "user": user_ref(person),
                    }
                    for start, end, person, override in item.entries(since, until)
                    if override or part == "final_schedule"
                ],
            }
    return form


def override(item: Override) -> Json:
    """Somebody who stands in."""
    return {"id": item.id, "start": iso(item.start), "end": iso(item.end), "user": user_ref(item.user)}


def shift_schedule(item: Schedule, since: datetime | None, until: datetime | None) -> Json:
    """A schedule of the newer kind; its shifts where a window is asked for."""
    form = whole(
        schedule_ref(item), "schedule_v3", name=item.name, time_zone="Etc/UTC", teams=[team_ref(item.team)],
        users=[user_ref(person) for person in item.users], rotations=[],
    )  # fmt: skip
    if since is not None and until is not None:
        form["final_schedule"] = {
            "type": "final_schedule",
            "rendered_coverage_percentage": 100.0,
            "computed_shift_assignments": [
                {
                    "type": "computed_shift_assignment",
                    "start_time": iso(max(start, since)),
                    "end_time": iso(min(end, until)),
                    "member": {"type": "user_member", "user_id": person.id},
                    "source": {"type": "schedule_rotation_override" if override else "schedule_rotation"},
                }
                for start, end, person, override in item.entries(since, until)
            ],
        }
    return form


def on_call(
    of: Policy, level: int, person: User, by: Schedule | None, start: datetime | None, end: datetime | None
) -> Json:
    """One row of who is on call; who is put straight on the policy has no schedule, start or end."""
    form: Json = {"escalation_policy": policy_ref(of), "escalation_level": level, "user": user_ref(person)}
    if by is not None and start is not None and end is not None:
        form |= {"schedule": schedule_ref(by), "start": iso(start), "end": iso(end)}
    return form
