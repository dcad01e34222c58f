"""Whether an incident has to go further up by its severity's rule, and whether it has. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from oncall_tui.model import (
    EntryKind,
    HealthCheck,
    HealthSample,
    HealthStatus,
    Incident,
    NoteKind,
    TimelineEntry,
)
from oncall_tui.policy.severity import EscalationRule


def severity_since(incident: Incident, timeline: Iterable[TimelineEntry]) -> datetime:
    """When it got the severity that it has."""
    changes = [entry.at for entry in timeline if entry.kind is EntryKind.SEVERITY]
    return max((incident.created_at, *changes))


def escalated(timeline: Iterable[TimelineEntry], since: datetime, whom: str) -> bool:
    """Whether it went further up since then: by the pager's log, or by a note that says so or names who was to hear."""
    to = whom.casefold()
    for entry in timeline:
        if entry.at < since:
            continue
        text = entry.text.casefold()
        if entry.kind is EntryKind.ESCALATED:
            return True
        is_said = entry.note_kind in (NoteKind.DID, NoteKind.TOLD) or entry.kind is EntryKind.STATUS_UPDATE
        if text.startswith("escalated") and entry.kind is EntryKind.NOTE:
            return True
        if to and is_said and to in text:
            return True
    return False


def breach(
    incident: Incident, rule: EscalationRule, health: Iterable[tuple[HealthCheck, tuple[HealthSample, ...]]]
) -> tuple[datetime, str] | bool | str:
    """Since when and by which check the objective is breached; ``False``: it is kept; else why nobody can tell."""
    names = {name.casefold() for name in rule.slo}
    service = incident.service.name.casefold() if incident.service is not None else None
    known = [
        (check, samples)
        for check, samples in health
        if check.name.casefold() in names and (check.service is None or check.service.casefold() == service)
    ]
    broken = [
        (_bad_since(check, samples), _said_by(check))
        for check, samples in known
        if check.status in (HealthStatus.DOWN, HealthStatus.DEGRADED)
    ]
    if broken:
        return min(broken)
    blind = [check.name for check, _ in known if check.status is HealthStatus.UNKNOWN]
    if known and not blind:
        return False
    if blind:
        return f"no data of {', '.join(blind)}"
    return "no query of its service tells of it" if names else ""


def _bad_since(check: HealthCheck, samples: Iterable[HealthSample]) -> datetime:
    """Since when a check that is not well has not been, as far as its samples go back."""
    since = check.checked_at
    for sample in sorted(samples, key=lambda one: one.at, reverse=True):
        if sample.at > check.checked_at:
            continue
        if sample.status not in (HealthStatus.DOWN, HealthStatus.DEGRADED):
            break
        since = sample.at
    return since


def _said_by(check: HealthCheck) -> str:
    value = "" if check.value is None else f" {check.value:g}{f' {check.unit}' if check.unit else ''}"
    return f"{check.name}{value}"
