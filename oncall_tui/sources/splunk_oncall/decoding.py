"""Incidents, their transitions, notes and alerts, out of Splunk On-Call's JSON into the model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from oncall_tui.model import (
    Alert,
    AlertState,
    EntryKind,
    Incident,
    IncidentState,
    Ref,
    Severity,
    TimelineEntry,
    join_id,
)
from oncall_tui.records import dataclass
from oncall_tui.sources import fields, notes
from oncall_tui.sources.splunk_oncall.roster import Roster

Row = Mapping[str, Any]

# The published description says "triggered", the servers say "UNACKED".
_STATES = {
    "unacked": IncidentState.TRIGGERED,
    "triggered": IncidentState.TRIGGERED,
    "acked": IncidentState.ACKNOWLEDGED,
    "acknowledged": IncidentState.ACKNOWLEDGED,
    "resolved": IncidentState.RESOLVED,
    "snoozed": IncidentState.SNOOZED,
}
_KINDS = {
    "triggered": EntryKind.TRIGGERED,
    "unacked": EntryKind.TRIGGERED,
    "acknowledged": EntryKind.ACKNOWLEDGED,
    "acked": EntryKind.ACKNOWLEDGED,
    "resolved": EntryKind.RESOLVED,
    "rerouted": EntryKind.ASSIGNED,
    "escalated": EntryKind.ESCALATED,
    "paged": EntryKind.NOTIFIED,
    "snoozed": EntryKind.SNOOZED,
}


_UNDOES = (EntryKind.TRIGGERED, EntryKind.ASSIGNED)
"""After these an incident must be acknowledged anew."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of an incident's state. ``by`` is a user name."""

    id: str
    kind: EntryKind
    name: str
    at: datetime
    by: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One note as it is stored there. ``at`` and ``by`` are told by notes of ours only."""

    name: str
    text: str
    by: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class AlertRow:
    """What an alert itself says. ``state`` is its message type: ``CRITICAL``, ``WARNING``, ``INFO`` …"""

    id: str
    state: str | None
    message: str | None
    tool: str | None
    name: str | None


def number_of(row: Row) -> str | None:
    """The incident's number, which it is called by."""
    return fields.native_id(row, "incidentNumber")


def transitions(row: Row) -> list[Transition]:
    """Those that have a time, oldest first. They have no id there: name and time make one."""
    found: dict[tuple[str, datetime, str | None, str | None], Transition] = {}
    taken: set[str] = set()
    for item in fields.rows(row, "transitions"):
        at, name = fields.instant(item, "at"), fields.text(item, "name", limit=60) or "changed"
        if at is None:
            continue
        by, message = fields.text(item, "by", limit=100), fields.text(item, "message")
        word = "".join(char for char in name.casefold().split(" ")[0] if char.isascii() and char.isalnum())[:20]
        identity = f"{word}-{int(at.timestamp() * 1000)}"
        if (name, at, by, message) in found:
            continue
        while identity in taken:
            identity += "x"
        taken.add(identity)
        kind = _KINDS.get(word, EntryKind.OTHER)
        found[name, at, by, message] = Transition(identity, kind, name, at, by, message)
    return sorted(found.values(), key=lambda one: one.at)


def note_rows(data: Any) -> tuple[list[NoteRow], bool]:
    """The notes of an incident, and whether the answer is a list of them: an object may be one note of many."""
    rows: Iterable[Row]
    whole = isinstance(data, list) or fields.is_list(data, "notes")
    if isinstance(data, list):
        rows = (item for item in data if isinstance(item, Mapping))
    else:
        rows = fields.rows(data, "notes") if whole else [fields.obj(data)]
    found = {}
    for row in rows:
        name = fields.text(row, "name", limit=100)
        if name is None:
            continue
        value = fields.walk(row, "json_value")
        told = fields.block(value, "text") or (fields.block({"v": value}, "v") if isinstance(value, str) else None)
        words = told or fields.text(row, "displayName") or fields.text(row, "display_name") or name
        found[name] = NoteRow(name, words, fields.text(value, "author", limit=100), fields.instant(value, "at"))
    return list(found.values()), whole


def alert_row(data: Any, alert_id: str) -> AlertRow:
    """What the alert of that id says."""
    return AlertRow(
        id=alert_id,
        state=fields.text(data, "messageType", limit=60),
        message=fields.text(data, "stateMessage"),
        tool=fields.text(data, "monitoringTool"),
        name=fields.text(data, "entityDisplayName"),
    )


class Decoder:
    """Decodes for one source, by its name and its words for severity (lower case -> severity)."""

    def __init__(self, source: str, words: Mapping[str, Severity]) -> None:
        self.source = source
        self._words = words

    def incident(
        self, row: Row, roster: Roster, known: Incident | None, alert: AlertRow | None, now: datetime
    ) -> Incident | None:
        """One incident of the live list or of the history; ``None`` where it has no number that it can be called by.

        Args:
            alert: what its latest alert says, where that is known.
        """
        number = number_of(row)
        if number is None:
            return None
        steps = transitions(row)
        state = _STATES.get((fields.text(row, "currentPhase") or "").casefold(), IncidentState.UNKNOWN)
        resolved = state is IncidentState.RESOLVED
        accepted = _accepted(row, steps)
        standing = _standing(accepted, steps) if state in (IncidentState.ACKNOWLEDGED, IncidentState.SNOOZED) else []
        resolutions = [step for step in steps if step.kind is EntryKind.RESOLVED]
        last_alert = fields.instant(row, "lastAlertTime")
        created = fields.instant(row, "startTime") or (known.created_at if known else None)
        moved = [moment for moment in (last_alert, *(step.at for step in steps)) if moment is not None]
        word, severity = self._severity(row, alert)
        ended = fields.instant(row, "endTime") or (resolutions[-1].at if resolutions else None)
        return Incident(
            id=join_id(self.source, number),
            source=self.source,
            native_id=number,
            title=_title(row, alert, number),
            state=state,
            created_at=created or min(moved, default=now),
            number=number,
            severity=severity,
            severity_word=word,
            service=_service(row),
            teams=roster.team_names(row),
            assignees=tuple(roster.person(user) for user in dict.fromkeys(_texts(row, "pagedUsers"))),
            acknowledged_by=tuple({by: roster.person(by) for _, by in standing if by}.values()),
            acknowledged_at=max((at for at, _ in standing), default=None),
            first_acknowledged_at=_first(accepted, known),
            resolved_at=(ended or max(moved, default=None)) if resolved else None,
            resolved_by=_name(roster, resolutions[-1].by) if resolved and resolutions else None,
            updated_at=max(moved, default=None),
            escalation_policy=_policy(row),
            alert_count=fields.integer(row, "alertCount"),
            mergeable=False,
            url=fields.url(row, "incidentLink"),
            keys=(key,) if (key := fields.text(row, "entityId", limit=512)) else (),
        )

    def _severity(self, row: Row, alert: AlertRow | None) -> tuple[str | None, Severity | None]:
        routing = fields.text(row, "routingKey", limit=100)
        if routing is not None and routing.casefold() in self._words:
            return routing, self._words[routing.casefold()]
        word = fields.text(row, "entityState", limit=60) or (alert.state if alert is not None else None)
        return word, self._words.get(word.casefold()) if word else None

    def timeline(self, row: Row, found: Iterable[NoteRow], incident: Incident, roster: Roster) -> list[TimelineEntry]:
        """Transitions and notes of one incident."""
        entries = [
            TimelineEntry(
                id=join_id(self.source, f"{incident.native_id}-{step.id}"),
                incident_id=incident.id,
                at=step.at,
                kind=step.kind,
                text=f"{step.name}: {step.message}" if step.message else step.name,
                author=_name(roster, step.by),
                origin=self.source,
            )
            for step in transitions(row)
        ]
        return entries + [self._note(note, incident, roster) for note in found]

    def _note(self, note: NoteRow, incident: Incident, roster: Roster) -> TimelineEntry:
        written = note.at or incident.created_at  # one that tells no time stands at the incident's beginning
        text, at, kind = notes.decode(note.text, written)
        digest = hashlib.blake2b(note.name.encode(), digest_size=8).hexdigest()
        return TimelineEntry(
            id=join_id(self.source, f"{incident.native_id}-note-{digest}"),
            incident_id=incident.id,
            at=at,
            kind=EntryKind.NOTE,
            text=text,
            author=_name(roster, note.by),
            origin=self.source,
            note_kind=kind,
            written_at=note.at,
        )

    def alert(self, row: Row, incident: Incident, said: AlertRow | None) -> Alert:
        """What fired for this incident, one for each: the API lists no alerts, only how many and the latest."""
        last = fields.instant(row, "lastAlertTime") or incident.created_at
        resolved = not incident.is_open
        unknown = incident.state is IncidentState.UNKNOWN
        return Alert(
            id=join_id(self.source, f"{incident.native_id}-alert"),
            source=self.source,
            native_id=f"{incident.native_id}-alert",
            name=incident.title,
            state=AlertState.UNKNOWN if unknown else AlertState.RESOLVED if resolved else AlertState.FIRING,
            first_at=min(incident.created_at, last),
            last_at=last,
            severity_word=incident.severity_word,
            severity=incident.severity,
            service=incident.service.name if incident.service else None,
            summary=said.message if said is not None else None,
            count=max(1, incident.alert_count or 1),
            labels={key: text for key in ("host", "service", "entityId") if (text := fields.text(row, key))},
            incident_id=incident.id,
            ended_at=incident.resolved_at,
            url=incident.url,
        )


def _texts(row: Row, key: str) -> list[str]:
    found = fields.walk(row, key)
    return (
        [text for item in found if (text := fields.text({"v": item}, "v", limit=100))]
        if isinstance(found, list)
        else []
    )


def _title(row: Row, alert: AlertRow | None, number: str) -> str:
    shown = fields.text(row, "entityDisplayName") or (alert.name if alert is not None else None)
    if shown:
        return shown
    service, host = fields.text(row, "service"), fields.text(row, "host")
    return f"{service} on {host}" if service and host else service or fields.text(row, "entityId") or f"#{number}"


def _service(row: Row) -> Ref | None:
    """The routing key stands for the service where it is told, else the host: ``service`` is what was checked on it."""
    name = fields.text(row, "routingKey") or fields.text(row, "host") or fields.text(row, "service")
    return Ref(id=name, name=name) if name else None


def _policy(row: Row) -> Ref | None:
    for item in fields.rows(row, "pagedPolicies"):
        slug = fields.native_id(item, "policy", "slug")
        if slug is not None:
            return Ref(id=slug, name=fields.text(item, "policy", "name") or slug)
    return None


def _accepted(row: Row, steps: Sequence[Transition]) -> list[tuple[datetime, str | None]]:
    """When and by whom it was acknowledged, oldest first; of the history, the latest only."""
    found = [(step.at, step.by) for step in steps if step.kind is EntryKind.ACKNOWLEDGED]
    at = fields.instant(row, "ackTime")
    if not found and at is not None:
        found = [(at, fields.text(row, "ackUserId", limit=100))]
    return found


def _standing(
    accepted: Sequence[tuple[datetime, str | None]], steps: Sequence[Transition]
) -> Sequence[tuple[datetime, str | None]]:
    """The acknowledgements that nothing has undone since; all of them where that leaves none."""
    undone = max((step.at for step in steps if step.kind in _UNDOES), default=None)
    return [one for one in accepted if undone is None or one[0] >= undone] or accepted


def _first(accepted: Sequence[tuple[datetime, str | None]], known: Incident | None) -> datetime | None:
    times = [at for at, _ in accepted]
    if known is not None and known.first_acknowledged_at is not None:
        times.append(known.first_acknowledged_at)
    return min(times, default=None)


def _name(roster: Roster, user: str | None) -> str | None:
    return roster.person(user).name if user else None
