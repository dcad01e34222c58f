"""Whether an action still means what it meant when its key was pressed (product A0). Pure."""

from __future__ import annotations

from datetime import timedelta, tzinfo

from oncall_tui.model import Incident, IncidentState, Verb, Version

OWN_FACT = timedelta(seconds=5)
"""A fact older than this is read anew before an action goes by it."""
OWN_FACT_LIGHT = timedelta(seconds=30)
"""The same for an acknowledgement: it does no harm and must not wait."""

_STATE, _LEVEL, _ASSIGNEES, _MERGED = "state", "level", "assignees", "merged"

_CHANGES: dict[Verb, frozenset[str]] = {
    Verb.ACKNOWLEDGE: frozenset({_STATE}),
    Verb.UNACKNOWLEDGE: frozenset({_STATE, _LEVEL, _ASSIGNEES}),
    Verb.RESOLVE: frozenset({_STATE}),
    Verb.REOPEN: frozenset({_STATE, _LEVEL, _ASSIGNEES}),
    Verb.ESCALATE: frozenset({_STATE, _LEVEL, _ASSIGNEES}),
    Verb.REASSIGN: frozenset({_STATE, _LEVEL, _ASSIGNEES}),
    Verb.SNOOZE: frozenset({_STATE}),
    Verb.MERGE: frozenset({_STATE, _MERGED}),
}


def differences(one: Version, other: Version) -> frozenset[str]:
    """Which parts of the version are not the same."""
    pairs = {
        _STATE: one.state is not other.state,
        _LEVEL: one.escalation_level != other.escalation_level,
        _ASSIGNEES: one.assignees != other.assignees,
        _MERGED: one.merged_into != other.merged_into,
    }
    return frozenset(name for name, differs in pairs.items() if differs)


def is_effect_of(verb: Verb, before: Version, after: Version) -> bool:
    """Whether the change from ``before`` to ``after`` is no more than what this verb does: actions that were pressed
    before it took effect then still mean the same."""
    return differences(before, after) <= _CHANGES.get(verb, frozenset())


def already_so(verb: Verb, incident: Incident, zone: tzinfo) -> str | None:
    """Who was first, when what the verb wants is true already; else ``None``."""
    state = incident.state
    if state is IncidentState.RESOLVED and verb in (Verb.ACKNOWLEDGE, Verb.RESOLVE):
        return _resolved(incident, zone)
    if verb is Verb.ACKNOWLEDGE and state in (IncidentState.ACKNOWLEDGED, IncidentState.SNOOZED):
        return _acknowledged(incident, zone)
    if verb is Verb.UNACKNOWLEDGE and state is IncidentState.TRIGGERED:
        return "it is triggered already"
    return None


def what_changed(seen: Version, incident: Incident, zone: tzinfo) -> str | None:
    """Why an action pressed against ``seen`` waits for a person, one line; ``None``: nothing has changed."""
    changed = differences(seen, incident.version)
    words = []
    if _MERGED in changed and incident.merged_into:
        words.append(f"merged into {incident.merged_into}")
    if _STATE in changed:
        words.append(_state_words(incident, zone))
    if _LEVEL in changed:
        level = incident.escalation_level
        words.append(f"now at level {level}" if level is not None else "its level is not known now")
    if _ASSIGNEES in changed:
        names = ", ".join(person.name for person in incident.assignees)
        words.append(f"now with {names}" if names else "now with nobody")
    return f"changed since the key press: {'; '.join(words) or 'not merged any more'}" if changed else None


def _state_words(incident: Incident, zone: tzinfo) -> str:
    match incident.state:
        case IncidentState.RESOLVED:
            return _resolved(incident, zone)
        case IncidentState.ACKNOWLEDGED:
            return _acknowledged(incident, zone)
        case IncidentState.UNKNOWN:
            return "its system does not say how it stands"
        case state:
            return f"now {state.value}"


def _acknowledged(incident: Incident, zone: tzinfo) -> str:
    names = ", ".join(person.name for person in incident.acknowledged_by)
    at = incident.acknowledged_at
    by = f" by {names}" if names else ""
    word = "snoozed" if incident.state is IncidentState.SNOOZED else "acknowledged"
    return f"already {word}{by}{f' {at.astimezone(zone):%H:%M}' if at else ''}"


def _resolved(incident: Incident, zone: tzinfo) -> str:
    at = incident.resolved_at
    by = f" by {incident.resolved_by}" if incident.resolved_by else ""
    return f"already resolved{by}{f' {at.astimezone(zone):%H:%M}' if at else ''}"
