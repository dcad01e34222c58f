"""Alerts and their log, out of GoAlert's JSON into the model: an alert there is what pages people, an incident here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall_tui.model import EntryKind, Incident, IncidentState, Person, Ref, TimelineEntry, join_id
from oncall_tui.sources import fields
from oncall_tui.sources.goalert.api import Row
from oncall_tui.sources.goalert.options import Options
from oncall_tui.sources.goalert.roster import Roster

_STATES = {
    "StatusUnacknowledged": IncidentState.TRIGGERED,
    "StatusAcknowledged": IncidentState.ACKNOWLEDGED,
    "StatusClosed": IncidentState.RESOLVED,
}
# The log is told in words only.
_KINDS = (
    ("created", EntryKind.TRIGGERED),
    ("acknowledged", EntryKind.ACKNOWLEDGED),
    ("closed", EntryKind.RESOLVED),
    ("escalated", EntryKind.ESCALATED),
    ("notification", EntryKind.NOTIFIED),
    ("no notification", EntryKind.NOTIFIED),
    ("suppressed", EntryKind.ALERT),
)
_BY = re.compile(r" by (.{1,200}?)(?: \([^()]*\))?$")
"""What follows the name in brackets is the way it came by: ``Acknowledged by Alice (Web)``."""
_ASKED = "escalation requested"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an alert's log; ``by`` is the name of whom it says that has done it."""

    id: str
    at: datetime
    kind: EntryKind
    text: str
    by: str | None

    @property
    def asks(self) -> bool:
        """Whether somebody has asked for an escalation, which the engine does at its next cycle."""
        return self.text.casefold().startswith(_ASKED)


def events(row: Row) -> list[Event]:
    """The lines that have an id and a time, oldest first, each once."""
    found: dict[str, Event] = {}
    for item in fields.rows(row, "recentEvents", "nodes"):
        event, at = fields.native_id(item, "id"), fields.instant(item, "timestamp")
        if event is None or at is None:
            continue
        text = fields.text(item, "message") or "changed"
        said = text.casefold()
        kind = next((kind for word, kind in _KINDS if said.startswith(word)), EntryKind.OTHER)
        details = fields.text(item, "state", "details")
        who = _BY.search(text) if kind is not EntryKind.NOTIFIED else None
        found[event] = Event(event, at, kind, f"{text}: {details}" if details else text, who[1] if who else None)
    return sorted(found.values(), key=lambda event: (event.at, len(event.id), event.id))


def alert_id(row: Row) -> str | None:
    """The number that mutations take."""
    number = fields.integer(row, "alertID")
    return str(number) if number is not None and number > 0 else None


class Decoder:
    """Decodes for one source."""

    def __init__(self, source: str, options: Options) -> None:
        self.source = source
        self._options = options

    def incident(
        self, row: Row, roster: Roster, log: Sequence[Event] | None, known: Incident | None, now: datetime
    ) -> Incident | None:
        """One alert; ``None`` where it has no number.

        Args:
            log: its log where it was read; otherwise what ``known`` tells of it stays as long as its state does.
        """
        number = alert_id(row)
        if number is None:
            return None
        state = _STATES.get(fields.text(row, "status") or "", IncidentState.UNKNOWN)
        step = fields.integer(row, "state", "stepNumber")
        policy_id = fields.native_id(row, "service", "escalationPolicyID")
        word, severity = self._options.severity_of(_meta(row))
        created = fields.instant(row, "createdAt") or (known.created_at if known else None)
        accepted = [event for event in log or () if event.kind is EntryKind.ACKNOWLEDGED]
        standing = _standing(log or ()) if state is IncidentState.ACKNOWLEDGED else None
        held = known if log is None and known is not None and known.state is state else None
        escalated = fields.instant(row, "state", "lastEscalation")
        first = [event.at for event in accepted]
        if known is not None and known.first_acknowledged_at is not None:
            first.append(known.first_acknowledged_at)
        closed = [event for event in log or () if event.kind is EntryKind.RESOLVED]
        resolved = state is IncidentState.RESOLVED
        resolved_at = fields.instant(row, "metrics", "closedAt") or (closed[-1].at if closed else None)
        moved = [moment for moment in (created, escalated, resolved_at, *(event.at for event in log or ())) if moment]
        return Incident(
            id=join_id(self.source, number),
            source=self.source,
            native_id=number,
            title=fields.text(row, "summary") or f"alert {number}",
            state=state,
            created_at=created or now,
            number=number,
            severity=severity,
            severity_word=word,
            service=_service(row),
            assignees=self._assignees(row, roster, step) if not resolved else (),
            acknowledged_by=_who(roster, standing) or (held.acknowledged_by if held else ()),
            acknowledged_at=standing.at if standing else held.acknowledged_at if held else None,
            first_acknowledged_at=min(first, default=None),
            resolved_at=(resolved_at or (held.resolved_at if held else None)) if resolved else None,
            resolved_by=(closed[-1].by if closed else held.resolved_by if held else None) if resolved else None,
            updated_at=_updated_at(moved, log, known, state),
            escalation_policy=_policy(row, policy_id, roster),
            escalation_level=step + 1 if step is not None and step >= 0 and not resolved else None,
            escalates_at=_escalates_at(row, roster, policy_id, state),
            mergeable=False,
            url=f"{self._options.shown_url}/alerts/{number}",
        )

    def _assignees(self, row: Row, roster: Roster, step: int | None) -> tuple[Person, ...]:
        service = fields.native_id(row, "serviceID") or fields.native_id(row, "service", "id")
        return roster.on_step(service, step) if service is not None and step is not None else ()

    def timeline(self, row: Row, log: Iterable[Event], incident: Incident) -> list[TimelineEntry]:
        """The log of one alert, and what its sender has written of it."""
        entries = [
            TimelineEntry(
                id=join_id(self.source, f"event-{event.id}"),
                incident_id=incident.id,
                at=event.at,
                kind=event.kind,
                text=event.text,
                author=event.by,
                origin=self.source,
            )
            for event in log
        ]
        details = fields.block(row, "details")
        if details is None:
            return entries
        entry = TimelineEntry(
            id=join_id(self.source, f"{incident.native_id}-details"),
            incident_id=incident.id,
            at=incident.created_at,
            kind=EntryKind.OTHER,
            text=details,
            origin=self.source,
        )
        return [entry, *entries]


def _updated_at(
    moved: Sequence[datetime], log: Sequence[Event] | None, known: Incident | None, state: IncidentState
) -> datetime | None:
    """The latest time that is told. Without the log it may be older than what was known before: then it stays, or,
    where the state is another one since, none is told, so that it is not taken for an older state."""
    told = max(moved, default=None)
    if log is not None or known is None or known.updated_at is None or (told is not None and told >= known.updated_at):
        return told
    return known.updated_at if known.state is state else None


def _meta(row: Row) -> dict[str, str]:
    pairs = ((fields.text(item, "key"), fields.text(item, "value")) for item in fields.rows(row, "meta"))
    return {key: value for key, value in pairs if key and value}


def _service(row: Row) -> Ref | None:
    service = fields.native_id(row, "serviceID") or fields.native_id(row, "service", "id")
    return Ref(id=service, name=fields.text(row, "service", "name") or service) if service is not None else None


def _policy(row: Row, policy: str | None, roster: Roster) -> Ref | None:
    if policy is None:
        return None
    known = roster.policies.get(policy)
    name = fields.text(row, "service", "escalationPolicy", "name") or (known.name if known else None)
    return Ref(id=policy, name=name or policy)


def _standing(log: Sequence[Event]) -> Event | None:
    """The acknowledgement that no escalation has undone."""
    found = None
    for event in log:
        if event.kind is EntryKind.ACKNOWLEDGED:
            found = event
        elif event.kind is EntryKind.ESCALATED:
            found = None
    return found


def _who(roster: Roster, event: Event | None) -> tuple[Person, ...]:
    return (roster.named(event.by),) if event is not None and event.by else ()


def _escalates_at(row: Row, roster: Roster, policy_id: str | None, state: IncidentState) -> datetime | None:
    """Unless it is acknowledged, an alert goes on when its step's minutes are over, as long as rounds are left."""
    policy = roster.policies.get(policy_id or "")
    step = fields.integer(row, "state", "stepNumber")
    since = fields.instant(row, "state", "lastEscalation")
    if policy is None or step is None or since is None or state is not IncidentState.TRIGGERED:
        return None
    if not 0 <= step < len(policy.steps):
        return None
    rounds = fields.integer(row, "state", "repeatCount") or 0
    if step == len(policy.steps) - 1 and rounds >= policy.repeats:
        return None
    return since + timedelta(minutes=min(policy.steps[step].delay_minutes, 10_000))
