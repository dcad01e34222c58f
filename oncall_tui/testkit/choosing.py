"""Which action the kit tries on which target with which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.model import (
    DECLARING,
    MESSAGING,
    OF_SCHEDULES,
    AlertState,
    Incident,
    IncidentState,
    Snapshot,
    Verb,
    join_id,
)
from oncall_tui.testkit.subject import Subject

_STATES: Mapping[Verb, tuple[IncidentState, ...]] = {
    Verb.ACKNOWLEDGE: (IncidentState.TRIGGERED,),
    Verb.ESCALATE: (IncidentState.TRIGGERED,),
    Verb.UNACKNOWLEDGE: (IncidentState.ACKNOWLEDGED,),
    Verb.REOPEN: (IncidentState.RESOLVED,),
}
_OPEN = (IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED)
MESSAGES: Mapping[Verb, Mapping[str, Any]] = {
    Verb.ROOM: {"name": "inc-checkout", "topic": "Checkout returns 503"},
    Verb.MESSAGE: {"text": "We are on it.", "subject": "Checkout", "html": None, "room": None, "to": []},
    Verb.PUBLISH: {
        "title": "Checkout is slow",
        "text": "We are looking into it.",
        "status": "investigating",
        "impact": "minor",
        "components": {},
    },
    Verb.TICKET: {"title": "Raise the pool", "text": "It ran out.", "owner": None, "due": "2026-12-01", "labels": []},
    Verb.TICK: {"text": "called the vendor"},
}
"""Verbs of channels that stand alone."""
FOLLOWING: Mapping[Verb, tuple[Verb, str, Mapping[str, Any]]] = {
    Verb.TOPIC: (Verb.ROOM, "room", {"topic": "fix is out"}),
    Verb.UPDATE_MESSAGE: (Verb.MESSAGE, "message", {"text": "We were on it."}),
    Verb.PUBLISH_UPDATE: (
        Verb.PUBLISH,
        "publication",
        {"text": "The cause is known.", "status": "identified", "impact": None, "components": {}},
    ),
}
"""Verbs of channels that need what another has made: that verb, the parameter that names it, the rest."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One action to try."""

    verb: Verb
    target: str
    params: Mapping[str, Any] = field(default_factory=dict)


def trial(subject: Subject, verb: Verb, taken: Snapshot) -> Trial | None:
    """What to try ``verb`` on, of what a poll brought; ``None``: nothing there fits."""
    params = subject.params.get(verb)
    if verb in MESSAGING:
        return Trial(verb=verb, target="pager:Q1", params=params or MESSAGES.get(verb, {}))
    if verb in DECLARING:
        return Trial(verb=verb, target="local:declaration-kit", params={**_declare(taken), **(params or {})})
    target = _target(subject, verb, taken)
    if target is None:
        return None
    chosen = params if params is not None else _params(verb, target, taken)
    return None if chosen is None else Trial(verb=verb, target=join_id(subject.name, target), params=chosen)


def _target(subject: Subject, verb: Verb, taken: Snapshot) -> str | None:
    if verb in subject.targets:
        return subject.targets[verb]
    if verb in OF_SCHEDULES:
        return next((one.schedule_id for one in taken.shifts or () if one.schedule_id and one.person), None)
    if verb is Verb.SILENCE:
        return next((one.native_id for one in taken.alerts or () if one.state is AlertState.FIRING), None)
    if verb is Verb.EXPIRE_SILENCE:
        return next((one.native_id for one in taken.silences or () if one.state == "active"), None)
    states = _STATES.get(verb, _OPEN)
    return next((one.native_id for one in taken.incidents or () if one.state in states), None)


def _params(verb: Verb, target: str, taken: Snapshot) -> Mapping[str, Any] | None:
    people = taken.directory.people if taken.directory is not None else ()
    incident = next((one for one in taken.incidents or () if one.native_id == target), None)
    match verb:
        case Verb.ESCALATE:
            return _escalate(incident, taken)
        case Verb.REASSIGN | Verb.RESPONDERS:
            held = {person.id for person in incident.assignees} if incident is not None else set()
            other = next((person for person in people if person.id not in held), None)
            if other is None:
                return None
            more = {"message": "please join"} if verb is Verb.RESPONDERS else {}
            return {"people": [other.id], "names": [other.name], **more}
        case Verb.OVERRIDE:
            return _override(target, taken)
        case Verb.SEVERITY:
            return {"severity": 2 if incident is not None and incident.severity == 1 else 1}
        case Verb.MERGE:
            into = next((one.id for one in taken.incidents or () if one.is_open and one.native_id != target), None)
            return None if into is None else {"into": into}
        case Verb.SILENCE:
            alert = next(one for one in taken.alerts or () if one.native_id == target)
            return {"seconds": 3600, "reason": "known", "labels": dict(alert.labels)}
    return _PLAIN.get(verb, {})


_PLAIN: Mapping[Verb, Mapping[str, Any]] = {
    Verb.SNOOZE: {"seconds": 3600},
    Verb.NOTE: {"text": "looked at the dashboards", "at": None, "kind": None},
    Verb.TITLE: {"title": "Another title"},
    Verb.RESOLVE: {"resolution": None},
}


def _declare(taken: Snapshot) -> Mapping[str, Any]:
    """A new incident, of the first service and for the first policy that the system tells of."""
    services = taken.directory.services if taken.directory is not None else ()
    policies = taken.directory.policies if taken.directory is not None else ()
    return {
        "title": "Checkout is slow",
        "text": "Customers wait for half a minute.",
        "severity": 2,
        "service": services[0].id if services else None,
        "service_name": services[0].name if services else "",
        "policy": policies[0].id if policies and not services else None,
        "policy_name": policies[0].name if policies and not services else "",
    }


def _override(schedule_id: str, taken: Snapshot) -> Mapping[str, Any] | None:
    """Somebody else for an hour of the turn that ends last."""
    people = taken.directory.people if taken.directory is not None else ()
    turns = [one for one in taken.shifts or () if one.schedule_id == schedule_id and one.person is not None]
    last = max(turns, key=lambda one: one.end, default=None)
    if last is None or last.person is None:
        return None
    held = last.person
    other = next((one for one in people if one.id != held.id), None)
    if other is None:
        return None
    times = {"start": iso(last.end - timedelta(hours=2)), "end": iso(last.end - timedelta(hours=1))}
    return {
        **times,
        "person": other.id,
        "person_name": other.name,
        "instead": held.id,
        "instead_name": held.name,
    }


def _escalate(incident: Incident | None, taken: Snapshot) -> Mapping[str, Any] | None:
    policies = taken.directory.policies if taken.directory is not None else ()
    if incident is None:
        return None
    own = incident.escalation_policy
    policy = next((one for one in policies if own is not None and one.id == own.id), None)
    level = (incident.escalation_level or 1) + 1
    if policy is not None and len(policy.levels) >= level:
        return {"level": level}
    other = next((one for one in policies if own is None or one.id != own.id), None)
    return None if other is None else {"policy": other.id, "policy_name": other.name}
