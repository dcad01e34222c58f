"""Alert groups, their alerts and resolution notes, out of OnCall's JSON into the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.model import (
    Alert,
    AlertState,
    EntryKind,
    Incident,
    IncidentState,
    Person,
    Ref,
    TimelineEntry,
    join_id,
)
from oncall_tui.records import dataclass
from oncall_tui.sources import fields, notes
from oncall_tui.sources.grafana_oncall.api import Row
from oncall_tui.sources.grafana_oncall.roster import Roster
from oncall_tui.sources.labels import LabelOptions, group_key, runbook_of, summary_of
from oncall_tui.text import clean

STATES = {
    "firing": IncidentState.TRIGGERED,
    "acknowledged": IncidentState.ACKNOWLEDGED,
    "silenced": IncidentState.SNOOZED,
    "resolved": IncidentState.RESOLVED,
}
_ALERT_STATES = {
    IncidentState.TRIGGERED: AlertState.FIRING,
    IncidentState.ACKNOWLEDGED: AlertState.FIRING,
    IncidentState.SNOOZED: AlertState.SILENCED,
    IncidentState.RESOLVED: AlertState.RESOLVED,
}
_MOST_FINGERPRINTS = 20
_LABELS = ("labels", "groupLabels", "commonLabels")
_ANNOTATIONS = ("annotations", "commonAnnotations")
_FIRST = timedelta(seconds=2)
"""An alert so close to its group's beginning is the one that began it."""


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One resolution note as it is stored there."""

    id: str
    content: str
    author: Person | None
    at: datetime


def labels_of(row: Row) -> dict[str, str]:
    """The labels of an alert group: its own, before those of its last alert's payload (as Alertmanager and Grafana
    write them)."""
    payload = fields.obj(row, "last_alert", "payload")
    found: dict[str, str] = {}
    for place in _LABELS:
        found |= fields.labels(payload, place)
    for label in fields.rows(row, "labels"):
        name, value = _word(label, "key"), _word(label, "value")
        if name and value:
            found[name] = value
    return found


def _word(label: Row, part: str) -> str | None:
    """What its documentation gives as an object with id and name; a plain text is taken too."""
    for path in ((part, "name"), (part, "id"), (part,)):
        word = fields.text(label, *path)
        if word is not None:
            return word
    return None


def _fingerprints(row: Row) -> tuple[str, ...]:
    """Of the alerts in its last alert's payload, as Alertmanager and Grafana write them."""
    payload = fields.obj(row, "last_alert", "payload")
    rows = [payload, *fields.rows(payload, "alerts")][:_MOST_FINGERPRINTS]
    return tuple(dict.fromkeys(key for one in rows if (key := fields.text(one, "fingerprint", limit=64))))


def _annotations_of(row: Row) -> dict[str, str]:
    payload = fields.obj(row, "last_alert", "payload")
    found: dict[str, str] = {}
    for place in _ANNOTATIONS:
        found |= fields.labels(payload, place)
    return found


class Decoder:
    """Decodes for one source, by its name and how its labels are read."""

    def __init__(self, source: str, options: LabelOptions) -> None:
        self.source = source
        self._options = options

    def incident(self, row: Row, roster: Roster, known: Incident | None, now: datetime) -> Incident | None:
        """One alert group; ``None`` where it has no id that it could be called by. ``known``: what is held of it."""
        # An id is text there: a number in its place is another thing's, not an id in another form.
        native_id = fields.native_id(row, "id") if isinstance(row.get("id"), str) else None
        if native_id is None:
            return None
        labels = labels_of(row)
        # What has no labels often says the same in plain fields of its payload.
        words = {**_flat(fields.obj(row, "last_alert", "payload")), **labels}
        word, severity = self._options.severity_of(words)
        state = STATES.get(fields.text(row, "state") or "", IncidentState.UNKNOWN)
        resolved, accepted = state is IncidentState.RESOLVED, state is IncidentState.ACKNOWLEDGED
        created = fields.instant(row, "created_at") or (known.created_at if known else None)
        by = _person(row, "acknowledged_by", roster)
        closer = _person(row, "resolved_by", roster)
        return Incident(
            id=join_id(self.source, native_id),
            source=self.source,
            native_id=native_id,
            title=fields.text(row, "title") or labels.get("alertname") or native_id,
            state=state,
            created_at=created or now,
            severity=severity,
            severity_word=word,
            service=self._service(row, words, roster),
            teams=self._teams(row, roster),
            acknowledged_by=(by,) if by is not None and accepted else (),
            acknowledged_at=fields.instant(row, "acknowledged_at") if accepted else None,
            resolved_at=fields.instant(row, "resolved_at") if resolved else None,
            resolved_by=closer.name if closer is not None and resolved else None,
            escalation_policy=_chain(row, roster),
            alert_count=fields.integer(row, "alerts_count"),
            url=fields.url(row, "permalinks", "web"),
            runbook=runbook_of(_annotations_of(row), labels),
            keys=_fingerprints(row),
        )

    def _service(self, row: Row, words: Mapping[str, str], roster: Roster) -> Ref | None:
        named = self._options.service_of(words)
        if named is not None:
            return Ref(id=named, name=named)
        integration = fields.native_id(row, "integration_id")
        if integration is None:
            return None
        return Ref(id=integration, name=roster.integrations.get(integration, (integration, None))[0])

    def _teams(self, row: Row, roster: Roster) -> tuple[str, ...]:
        chain = roster.chains.get(roster.routes.get(fields.native_id(row, "route_id") or "", ""))
        integration = roster.integrations.get(fields.native_id(row, "integration_id") or "")
        ids = (
            fields.native_id(row, "team_id"),
            integration[1] if integration is not None else None,
            chain.team_id if chain is not None else None,
        )
        return tuple(dict.fromkeys(name for one in ids if (name := roster.teams.get(one or ""))))

    def alert(self, row: Row, incident: Incident) -> Alert:
        """What the alerts of a group say, as one: the system tells of them one by one only when asked."""
        labels = labels_of(row)
        annotations = _annotations_of(row)
        name = labels.get("alertname") or incident.title
        service = incident.service.name if incident.service is not None else None
        payload = fields.obj(row, "last_alert", "payload")
        first_at = incident.created_at
        # Not the group's own id: an incident and an alert must not share one.
        native_id = f"{incident.native_id}-alerts"
        return Alert(
            id=join_id(self.source, native_id),
            source=self.source,
            native_id=native_id,
            name=name,
            state=_ALERT_STATES.get(incident.state, AlertState.UNKNOWN),
            first_at=first_at,
            last_at=max(first_at, fields.instant(row, "last_alert", "created_at") or first_at),
            severity_word=incident.severity_word,
            severity=incident.severity,
            service=service,
            summary=summary_of(annotations) or fields.text(payload, "message"),
            count=max(1, incident.alert_count or 1),
            group_key=group_key(name, service),
            labels=labels,
            incident_id=incident.id,
            ended_at=incident.resolved_at,
            url=incident.url,
            runbook=incident.runbook,
        )

    # -- timeline ------------------------------------------------------------------------------------------------

    def with_acknowledgement(self, row: Row, incident: Incident, roster: Roster) -> Incident:
        """An incident that is over, with when it was acknowledged and by whom: of what is past that stands still."""
        at, by = fields.instant(row, "acknowledged_at"), _person(row, "acknowledged_by", roster)
        if at is None:
            return incident
        people = (by,) if by is not None else ()
        return replace(incident, acknowledged_at=at, first_acknowledged_at=at, acknowledged_by=people)

    def timeline(self, row: Row, incident: Incident, roster: Roster) -> list[TimelineEntry]:
        """What the times of a group tell of its life, and its last alert."""
        who = ", ".join(person.name for person in incident.acknowledged_by)
        closer = _person(row, "resolved_by", roster)
        moments = (
            (EntryKind.TRIGGERED, incident.created_at, incident.title, None),
            (EntryKind.ACKNOWLEDGED, incident.acknowledged_at, "Acknowledged", who or None),
            (EntryKind.RESOLVED, incident.resolved_at, "Resolved", closer.name if closer else None),
            (
                EntryKind.SNOOZED,
                fields.instant(row, "silenced_at") if incident.state is IncidentState.SNOOZED else None,
                "Silenced",
                None,
            ),
        )
        found = [
            TimelineEntry(
                id=join_id(self.source, f"{incident.native_id}-{kind.value}-{int(at.timestamp())}"),
                incident_id=incident.id,
                at=at,
                kind=kind,
                text=f"{words} by {author}" if author else words,
                author=author,
                origin=self.source,
            )
            for kind, at, words, author in moments
            if at is not None
        ]
        return found + self.alert_entries([fields.obj(row, "last_alert")], incident)

    def alert_entries(self, rows: Iterable[Row], incident: Incident) -> list[TimelineEntry]:
        """The alerts of a group after the one that began it."""
        found = []
        for row in rows:
            alert_id, at = fields.native_id(row, "id"), fields.instant(row, "created_at")
            if alert_id is None or at is None or abs(at - incident.created_at) < _FIRST:
                continue
            found.append(
                TimelineEntry(
                    id=join_id(self.source, alert_id),
                    incident_id=incident.id,
                    at=at,
                    kind=EntryKind.ALERT,
                    text=_alert_words(row) or incident.title,
                    origin=self.source,
                )
            )
        return found

    def note(self, row: NoteRow, incident_id: str) -> TimelineEntry:
        """A resolution note on the timeline, at the time it speaks of. ``incident_id`` is native."""
        text, at, kind = notes.decode(row.content, row.at)
        return TimelineEntry(
            id=join_id(self.source, row.id),
            incident_id=join_id(self.source, incident_id),
            at=at,
            kind=EntryKind.NOTE,
            text=text,
            author=row.author.name if row.author else None,
            origin=self.source,
            note_kind=kind,
            written_at=row.at,
        )


def note_rows(rows: Iterable[Row], roster: Roster) -> list[NoteRow]:
    """The notes that have an id and a time."""
    found = []
    for row in rows:
        note_id, at = fields.native_id(row, "id"), fields.instant(row, "created_at")
        if note_id is not None and at is not None:
            found.append(NoteRow(note_id, fields.block(row, "text") or "", _person(row, "author", roster), at))
    return found


def _person(row: Row, field: str, roster: Roster) -> Person | None:
    user_id = fields.native_id(row, field)
    return roster.person(user_id) if user_id is not None else None


def _chain(row: Row, roster: Roster) -> Ref | None:
    chain = roster.chains.get(roster.routes.get(fields.native_id(row, "route_id") or "", ""))
    return Ref(id=chain.id, name=chain.name) if chain is not None else None


def _flat(payload: Mapping[str, Any]) -> dict[str, str]:
    """The payload's own texts, for payloads without labels."""
    return {clean(name, 200): clean(value) for name, value in list(payload.items())[:64] if isinstance(value, str)}


def _alert_words(row: Row) -> str | None:
    payload = fields.obj(row, "payload")
    for path in (("commonAnnotations", "summary"), ("annotations", "summary"), ("title",), ("message",)):
        words = fields.text(payload, *path)
        if words is not None:
            return words
    return None
