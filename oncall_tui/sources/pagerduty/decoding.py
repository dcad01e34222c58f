"""Incidents, their log, notes and alerts, out of PagerDuty's JSON into the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

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
from oncall_tui.sources.pagerduty.oncall import Roster, reference
from oncall_tui.sources.pagerduty.options import SeverityWords
from oncall_tui.sources.pagerduty.paging import Row

_STATES = {
    "triggered": IncidentState.TRIGGERED,
    "acknowledged": IncidentState.ACKNOWLEDGED,
    "resolved": IncidentState.RESOLVED,
}
_KINDS = {
    "acknowledge": EntryKind.ACKNOWLEDGED,
    "acknowledgement": EntryKind.ACKNOWLEDGED,  # so in the published description of the answers
    "unacknowledge": EntryKind.UNACKNOWLEDGED,
    "escalate": EntryKind.ESCALATED,
    "repeat_escalation_path": EntryKind.ESCALATED,
    "assign": EntryKind.ASSIGNED,
    "delegate": EntryKind.ASSIGNED,
    "notify": EntryKind.NOTIFIED,
    "snooze": EntryKind.SNOOZED,
    "resolve": EntryKind.RESOLVED,
    "urgency_change": EntryKind.SEVERITY,
    "priority_change": EntryKind.SEVERITY,
    "status_update": EntryKind.STATUS_UPDATE,
    "annotate": EntryKind.NOTE,
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log entry. ``kind`` is its type without ``_log_entry``; ``agent`` who did it, person or service."""

    id: str
    incident_id: str
    kind: str
    at: datetime
    summary: str
    agent: Ref | None
    by_person: bool
    note: str | None
    description: str | None
    service: str | None
    severity_word: str | None
    links: tuple[str, ...] = ()
    """Addresses that its sender gave with it."""


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One note as it is stored there."""

    id: str
    incident_id: str
    content: str
    author: Ref | None
    at: datetime


def log_lines(rows: Iterable[Row], incident_id: str | None = None) -> list[LogLine]:
    """The lines that have an id, a time and an incident, in the order given."""
    found = []
    for row in rows:
        line_id, at = fields.native_id(row, "id"), fields.instant(row, "created_at")
        of = incident_id or fields.native_id(row, "incident", "id")
        if line_id is None or at is None or of is None:
            continue
        kind = (fields.text(row, "type") or "").removesuffix("_log_entry")
        found.append(
            LogLine(
                id=line_id,
                incident_id=of,
                kind=kind,
                at=at,
                summary=fields.text(row, "summary") or kind.replace("_", " "),
                agent=reference(row, "agent"),
                by_person=(fields.text(row, "agent", "type") or "").startswith("user"),
                note=fields.block(row, "note"),
                description=fields.text(row, "event_details", "description"),
                service=fields.text(row, "service", "summary"),
                severity_word=fields.text(row, "channel", "cef_details", "severity"),
                links=tuple(link for one in fields.rows(row, "contexts") if (link := fields.url(one, "href"))),
            )
        )
    return found


def note_rows(rows: Iterable[Row], incident_id: str) -> list[NoteRow]:
    """The notes that have an id and a time."""
    found = []
    for row in rows:
        note_id, at = fields.native_id(row, "id"), fields.instant(row, "created_at")
        if note_id is not None and at is not None:
            content = fields.block(row, "content") or ""
            found.append(NoteRow(note_id, incident_id, content, reference(row, "user"), at))
    return found


class Decoder:
    """Decodes for one source, by its name and its words for severity."""

    def __init__(self, source: str, words: SeverityWords) -> None:
        self.source = source
        self.words = words

    def incident(
        self, row: Row, roster: Roster, lines: Sequence[LogLine], known: Incident | None, now: datetime
    ) -> Incident | None:
        """One incident; ``None`` where it has no id that can be called by.

        Args:
            lines: what is at hand of its log, for what the incident itself does not tell.
            known: what is held of it.
        """
        native_id = fields.native_id(row, "id")
        if native_id is None:
            return None
        pending = {
            fields.text(action, "type"): fields.instant(action, "at") for action in fields.rows(row, "pending_actions")
        }
        state = _STATES.get(fields.text(row, "status") or "", IncidentState.UNKNOWN)
        runs_out = pending.get("unacknowledge")
        if state is IncidentState.ACKNOWLEDGED and _is_snoozed(lines, known, runs_out):
            state = IncidentState.SNOOZED
        priority = fields.text(row, "priority", "name") or fields.text(row, "priority", "summary")
        urgency = fields.text(row, "urgency")
        assigned = [
            (fields.instant(one, "at"), roster.person(one, "assignee")) for one in fields.rows(row, "assignments")
        ]
        assignees = tuple({person.id: person for _, person in assigned if person}.values())
        accepted = [
            (fields.instant(one, "at"), roster.person(one, "acknowledger"))
            for one in fields.rows(row, "acknowledgements")
        ]
        policy = reference(row, "escalation_policy")
        escalates_at = pending.get("escalate")
        created = fields.instant(row, "created_at") or (known.created_at if known else None)
        updated = fields.instant(row, "updated_at") or fields.instant(row, "last_status_change_at")
        resolved = state is IncidentState.RESOLVED
        resolved_at = fields.instant(row, "resolved_at") or fields.instant(row, "last_status_change_at")
        merged_into = fields.native_id(row, "resolve_reason", "incident", "id")
        return Incident(
            id=join_id(self.source, native_id),
            source=self.source,
            native_id=native_id,
            title=fields.text(row, "title") or fields.text(row, "summary") or native_id,
            state=state,
            created_at=created or updated or now,
            number=fields.text(row, "incident_number"),
            severity=self.words.of(priority or urgency),
            severity_word=priority or urgency,
            urgency=urgency,
            service=reference(row, "service"),
            teams=tuple(name for team in fields.rows(row, "teams") if (name := fields.text(team, "summary"))),
            assignees=assignees,
            acknowledged_by=tuple({person.id: person for _, person in accepted if person}.values()),
            acknowledged_at=max((at for at, _ in accepted if at), default=None),
            first_acknowledged_at=_first_acknowledged(lines, known, [at for at, _ in accepted if at]),
            resolved_at=resolved_at if resolved else None,
            resolved_by=fields.text(row, "last_status_change_by", "summary") if resolved else None,
            updated_at=updated,
            escalation_policy=policy,
            escalation_level=None if resolved else self._level(row, roster, assigned, escalates_at, known),
            escalates_at=escalates_at,
            retriggers_at=runs_out if state is IncidentState.ACKNOWLEDGED else None,
            wakes_at=runs_out if state is IncidentState.SNOOZED else None,
            merged_into=join_id(self.source, merged_into) if merged_into else None,
            alert_count=fields.integer(row, "alert_counts", "all"),
            mergeable=fields.boolean(row, "is_mergeable"),
            url=fields.url(row, "html_url"),
            keys=(key,) if (key := fields.text(row, "incident_key", limit=255)) else (),
            links=tuple(dict.fromkeys(link for line in lines if line.kind == "trigger" for link in line.links)),
            bridge=fields.url(row, "conference_bridge", "conference_url")
            or fields.text(row, "conference_bridge", "conference_number"),
        )

    def _level(
        self,
        row: Row,
        roster: Roster,
        assigned: Sequence[tuple[datetime | None, Person | None]],
        escalates_at: datetime | None,
        known: Incident | None,
    ) -> int | None:
        if fields.text(row, "assigned_via") == "direct_assignment":
            return None
        people = {person.id for _, person in assigned if person}
        since = max((at for at, _ in assigned if at), default=None)
        level = roster.level_of(fields.native_id(row, "escalation_policy", "id"), people, since, escalates_at)
        if level is None and known is not None and people == {person.id for person in known.assignees}:
            return known.escalation_level  # the rota has moved on since it was assigned
        return level

    def timeline(
        self, lines: Iterable[LogLine], note_list: Iterable[NoteRow], incident: Incident, first_trigger: str | None
    ) -> list[TimelineEntry]:
        """The timeline of one incident. Notes come from its notes, so the log's mention of them is left out."""
        ordered = sorted(lines, key=lambda line: line.at)
        resolved = False
        found = []
        for line in ordered:
            kind = self._kind(line, incident, resolved, first_trigger)
            resolved = resolved or line.kind == "resolve"
            if kind is EntryKind.NOTE:
                continue
            words = line.description if kind is EntryKind.ALERT and line.description else line.summary
            found.append(
                TimelineEntry(
                    id=join_id(self.source, line.id),
                    incident_id=incident.id,
                    at=line.at,
                    kind=kind,
                    text=f"{words}: {line.note}" if line.note else words,
                    author=line.agent.name if line.agent else None,
                    origin=self.source,
                )
            )
        return found + [self.note(row) for row in note_list]

    def note(self, row: NoteRow) -> TimelineEntry:
        """A note on the timeline, at the time it speaks of."""
        text, at, kind = notes.decode(row.content, row.at)
        return TimelineEntry(
            id=join_id(self.source, row.id),
            incident_id=join_id(self.source, row.incident_id),
            at=at,
            kind=EntryKind.NOTE,
            text=text,
            author=row.author.name if row.author else None,
            origin=self.source,
            note_kind=kind,
            written_at=row.at,
        )

    def _kind(self, line: LogLine, incident: Incident, resolved: bool, first_trigger: str | None) -> EntryKind:
        if line.kind == "trigger":
            if line.by_person and (resolved or first_trigger not in (None, line.id)):
                return EntryKind.REOPENED
            return EntryKind.TRIGGERED if first_trigger in (None, line.id) else EntryKind.ALERT
        if line.kind == "resolve" and incident.merged_into is not None:
            return EntryKind.MERGED
        if line.kind == "field_value_change" and "priority" in line.summary.lower():
            return EntryKind.SEVERITY
        return _KINDS.get(line.kind, EntryKind.OTHER)

    def fired(self, line: LogLine, incident: Incident | None) -> Alert:
        """The alert that a trigger entry speaks of; its state is its incident's."""
        state = (
            AlertState.UNKNOWN if incident is None else AlertState.FIRING if incident.is_open else AlertState.RESOLVED
        )
        return Alert(
            id=join_id(self.source, line.id),
            source=self.source,
            native_id=line.id,
            name=line.description or (incident.title if incident else line.summary),
            state=state,
            first_at=line.at,
            last_at=line.at,
            severity_word=line.severity_word,
            severity=incident.severity if incident else None,
            service=line.service or (incident.service.name if incident and incident.service else None),
            incident_id=join_id(self.source, line.incident_id),
            ended_at=incident.resolved_at if incident and not incident.is_open else None,
            url=incident.url if incident else None,
        )

    def alerts(self, rows: Iterable[Row], incident: Incident) -> list[Alert]:
        """An incident's alerts, under the id of the trigger entry that also tells of them in the log."""
        found = []
        for row in rows:
            alert_id = fields.native_id(row, "first_trigger_log_entry", "id") or fields.native_id(row, "id")
            at = fields.instant(row, "created_at")
            if alert_id is None or at is None:
                continue
            resolved = fields.text(row, "status") == "resolved" or not incident.is_open
            found.append(
                Alert(
                    id=join_id(self.source, alert_id),
                    source=self.source,
                    native_id=alert_id,
                    name=fields.text(row, "summary") or incident.title,
                    state=AlertState.RESOLVED if resolved else AlertState.FIRING,
                    first_at=at,
                    last_at=at,
                    severity_word=fields.text(row, "severity"),
                    severity=incident.severity,
                    service=fields.text(row, "service", "summary"),
                    incident_id=incident.id,
                    ended_at=incident.resolved_at if resolved else None,
                    url=fields.url(row, "html_url") or incident.url,
                )
            )
        return found


def _is_snoozed(lines: Sequence[LogLine], known: Incident | None, runs_out: datetime | None) -> bool:
    """A snooze is an acknowledgement there: only the log tells them apart, by which came last."""
    if runs_out is None:
        return False
    snoozed = max((line.at for line in lines if line.kind == "snooze"), default=None)
    accepted = max((line.at for line in lines if line.kind.startswith("acknowledge")), default=None)
    if snoozed is not None:
        return accepted is None or snoozed >= accepted
    if accepted is not None:
        return False
    return known is not None and known.state is IncidentState.SNOOZED and known.wakes_at == runs_out


def _first_acknowledged(
    lines: Sequence[LogLine], known: Incident | None, standing: Sequence[datetime]
) -> datetime | None:
    times = [*(line.at for line in lines if line.kind.startswith("acknowledge")), *standing]
    if known is not None and known.first_acknowledged_at is not None:
        times.append(known.first_acknowledged_at)
    return min(times, default=None)
