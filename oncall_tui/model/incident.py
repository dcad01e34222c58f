"""Incidents and their timelines."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from oncall_tui.model.common import Person, Ref, Severity
from oncall_tui.records import dataclass


class IncidentState(StrEnum):
    """Where an incident stands, by its own system's word."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    UNKNOWN = "unknown"
    """The system used a word we do not know, or no longer finds it: shown, never dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What an action was pressed against (A0): if this still holds, the action still means the same."""

    state: IncidentState
    escalation_level: int | None
    assignees: tuple[str, ...]
    merged_into: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A page: what a pager wants somebody to look at."""

    id: str
    source: str
    native_id: str
    title: str
    state: IncidentState
    created_at: datetime
    number: str | None = None
    """The system of record's own number (``1234``), for people to say aloud."""
    severity: Severity | None = None
    severity_word: str | None = None
    """The system's own word the severity came from (``P1``, ``high``)."""
    urgency: str | None = None
    service: Ref | None = None
    teams: tuple[str, ...] = ()
    assignees: tuple[Person, ...] = ()
    acknowledged_by: tuple[Person, ...] = ()
    acknowledged_at: datetime | None = None
    """Of the latest acknowledgement that still stands."""
    first_acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    updated_at: datetime | None = None
    escalation_policy: Ref | None = None
    escalation_level: int | None = None
    """1 is paged first. ``None``: the system does not say or the level cannot be derived."""
    escalates_at: datetime | None = None
    """When the pager goes to the next level by itself."""
    retriggers_at: datetime | None = None
    """When an acknowledgement runs out and the pager triggers again by itself."""
    wakes_at: datetime | None = None
    """When a snooze ends."""
    merged_into: str | None = None
    """Full id of the incident that it was merged into."""
    alert_count: int | None = None
    mergeable: bool | None = None
    url: str | None = None
    runbook: str | None = None
    bridge: str | None = None
    """Conference bridge: a number or link to show, never to open."""
    keys: tuple[str, ...] = ()
    """Its dedup keys: by what whoever raised it calls the trouble (PagerDuty's ``incident_key``, Opsgenie's alias)."""
    links: tuple[str, ...] = ()
    """Addresses that whoever raised it gave with it: of the alert, of another system's incident."""
    takes: tuple[str, ...] | None = None
    """Words of the verbs that this one takes, where they are fewer than its source's; ``None``: all of those."""

    @property
    def version(self) -> Version:
        """The version that actions are pinned to (A0)."""
        return Version(
            state=self.state,
            escalation_level=self.escalation_level,
            assignees=tuple(sorted(person.id for person in self.assignees)),
            merged_into=self.merged_into,
        )

    @property
    def is_open(self) -> bool:
        """Not resolved by its system's word."""
        return self.state is not IncidentState.RESOLVED


class EntryKind(StrEnum):
    """What a timeline entry tells."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    ESCALATED = "escalated"
    ASSIGNED = "assigned"
    NOTIFIED = "notified"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    MERGED = "merged"
    SEVERITY = "severity"
    NOTE = "note"
    STATUS_UPDATE = "status_update"
    ALERT = "alert"
    ACTION = "action"
    """A local action that has not been confirmed (from the outbox)."""
    OTHER = "other"


class NoteKind(StrEnum):
    """What a note records; ``told`` resets the update that is due."""

    OBSERVED = "observed"
    DID = "did"
    DECIDED = "decided"
    TOLD = "told"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line of an incident's timeline. ``at`` is when it happened, which for a back-dated note is not when
    it was written (``written_at``)."""

    id: str
    """``SOURCE:NATIVE_ID`` of the entry, unique in its source."""
    incident_id: str
    at: datetime
    kind: EntryKind
    text: str
    author: str | None = None
    origin: str = ""
    """Who says so: the source's name, or ``local``."""
    note_kind: NoteKind | None = None
    written_at: datetime | None = None
    level: int | None = None
