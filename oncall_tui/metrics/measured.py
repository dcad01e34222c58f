"""What is kept of one incident to measure by: a few numbers, so that a year of them fits into little memory. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from oncall_tui.metrics.rules import ALERT, DEFAULT, NOTE, Rules
from oncall_tui.model import EntryKind, Incident, IncidentHistory, Severity, TimelineEntry
from oncall_tui.policy import Calendar, SeverityPolicy
from oncall_tui.policy.kinds import kind_of
from oncall_tui.policy.life import life
from oncall_tui.policy.marks import JUDGEMENTS, Mark, MarkKind, marks
from oncall_tui.policy.writeup import noted_items, write_up
from oncall_tui.records import dataclass

_BACK = (EntryKind.UNACKNOWLEDGED, EntryKind.REOPENED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One incident's figures. Lengths in seconds, ``None`` where they are not known."""

    at: datetime
    """Its trigger."""
    severity: Severity | None
    service: str | None
    person: str | None
    """Who acknowledged first; ``None``: nobody."""
    kind: tuple[str, str]
    detect: float | None
    acknowledge: float | None
    respond: float | None
    mitigate: float | None
    resolve: float | None
    pages: tuple[datetime, ...]
    judged: bool
    noise: bool
    owes_postmortem: bool
    postmortem_due: datetime | None
    postmortem_done: bool
    items: int
    items_done: int


def measure(
    history: IncidentHistory, policy: SeverityPolicy, calendar: Calendar, rules: Rules = DEFAULT
) -> Measured | None:
    """The figures of one incident; ``None`` where it is part of another."""
    incident = history.incident
    if incident.merged_into is not None:
        return None
    found = marks(history.timeline)
    its_life = life(incident, history.timeline, history.first_alert_at)
    owed = write_up(incident.severity, its_life.resolved, policy, calendar)
    verdict = _verdict(found)
    items = noted_items(found, history.done_tickets)
    return Measured(
        at=incident.created_at,
        severity=incident.severity,
        service=incident.service.name if incident.service is not None else None,
        person=_person(incident, history.timeline),
        kind=kind_of(incident),
        detect=_detected(history, found, rules),
        acknowledge=_seconds(its_life.acknowledge),
        respond=_seconds(its_life.respond),
        mitigate=_seconds(its_life.mitigate),
        resolve=_seconds(its_life.resolve),
        pages=(incident.created_at, *(entry.at for entry in history.timeline if entry.kind in _BACK)),
        judged=verdict is not None,
        noise=verdict is MarkKind.NOISE,
        owes_postmortem=owed.required and its_life.resolved is not None,
        postmortem_due=owed.due,
        postmortem_done=any(mark.kind is MarkKind.POSTMORTEM for mark in found),
        items=len(items),
        items_done=sum(1 for _, done in items if done),
    )


def _detected(history: IncidentHistory, found: Sequence[Mark], rules: Rules) -> float | None:
    """From the first sign to the trigger, never negative; ``None``: no sign is known."""
    signs = [mark.at for mark in found if mark.kind is MarkKind.BEGAN] if NOTE in rules.first_sign else []
    if ALERT in rules.first_sign and history.first_alert_at is not None:
        signs.append(history.first_alert_at)
    triggered = history.incident.created_at
    return (triggered - min(*signs, triggered)).total_seconds() if signs else None


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def _verdict(found: Sequence[Mark]) -> MarkKind | None:
    return next((mark.kind for mark in reversed(found) if mark.kind in JUDGEMENTS), None)


def _person(incident: Incident, timeline: Sequence[TimelineEntry]) -> str | None:
    for entry in timeline:
        if entry.kind is EntryKind.ACKNOWLEDGED and entry.author:
            return entry.author
    return incident.acknowledged_by[0].name if incident.acknowledged_by else None
