"""The field's terms as plain, frozen, typed data. No I/O, no clock.

Every time is an aware datetime in UTC. Every text has passed :mod:`oncall_tui.text` in the source that made
it. Severity is 1 (critical) to 4 (low) or ``None``. Ids that leave a source are ``SOURCE:NATIVE_ID``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

Severity = int
"""1 critical, 2 major, 3 moderate, 4 low (seed, "Incident Severity Levels")."""


def join_id(source: str, native_id: str) -> str:
    """``pager`` and ``Q1ABC`` are ``pager:Q1ABC``."""
    return f"{source}:{native_id}"


def split_id(full_id: str) -> tuple[str, str]:
    """``pager:Q1ABC`` is ``("pager", "Q1ABC")``.

    Raises:
        ValueError: no source prefix.
    """
    source, sep, native = full_id.partition(":")
    if not sep or not source or not native:
        raise ValueError(f"not an id: {full_id!r}")
    return source, native


class IncidentState(StrEnum):
    """Where an incident stands, by its own system's word."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    UNKNOWN = "unknown"
    """The system used a word we do not know, or no longer finds it: shown, never dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in one system. ``id`` is native to it; ``contact`` is mail, phone or handle, if told."""

    id: str
    name: str
    contact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A thing of a system by its native id and name (service, policy, team, priority)."""

    id: str
    name: str


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


class AlertState(StrEnum):
    """Where an alert stands (W12): ``ended`` by absence from a complete list, ``resolved`` by the system's word."""

    FIRING = "firing"
    SILENCED = "silenced"
    ENDED = "ended"
    RESOLVED = "resolved"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What a monitor says is wrong."""

    id: str
    source: str
    native_id: str
    name: str
    state: AlertState
    first_at: datetime
    last_at: datetime
    severity_word: str | None = None
    """The label's own word: ``critical``, ``warning``, ``info``, ``page`` …"""
    severity: Severity | None = None
    service: str | None = None
    summary: str | None = None
    count: int = 1
    """How often it fired in the window that the source reports."""
    group_key: str = ""
    """Alerts of one source with the same key are drawn as one row; ``""`` groups by name and service."""
    labels: dict[str, str] = field(default_factory=dict)
    incident_id: str | None = None
    """Full id of the incident it belongs to, where the system says so; else joined by the store's facts."""
    silenced_by: tuple[str, ...] = ()
    ended_at: datetime | None = None
    url: str | None = None
    runbook: str | None = None


class HealthStatus(StrEnum):
    """What a check says."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
    """No data: a state of its own, never ``ok``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """The latest result of one check. ``detail`` says why where it is not ok (one line)."""

    id: str
    source: str
    name: str
    status: HealthStatus
    checked_at: datetime
    service: str | None = None
    value: float | None = None
    unit: str | None = None
    detail: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSample:
    """One point of a check's history."""

    at: datetime
    value: float | None
    status: HealthStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """One person who holds one level now (or next: see ``since``), of one escalation policy."""

    source: str
    team: str
    """The team or, where the system knows none, the escalation policy: what a person would call it."""
    level: int
    person: Person
    policy: Ref | None = None
    schedule: Ref | None = None
    since: datetime | None = None
    until: datetime | None = None
    """``None``: for ever."""
    paged_after_s: float | None = None
    """Seconds from the trigger until this level is paged."""
    next_person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A stretch of a schedule that one person holds; ``gap`` when nobody does."""

    source: str
    schedule: str
    team: str
    level: int
    start: datetime
    end: datetime
    person: Person | None
    is_override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationLevel:
    """One level of a policy: who is paged, and after how many minutes the pager goes on to the next."""

    level: int
    people: tuple[Person, ...]
    """Those who hold it now; empty when nobody does."""
    targets: tuple[str, ...] = ()
    """Names of schedules or users on the level, as the system gives them."""
    delay_minutes: float = 0
    """Minutes from paging this level until the next is paged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """Who is paged after whom."""

    source: str
    id: str
    name: str
    levels: tuple[EscalationLevel, ...]
    repeats: int = 0
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What is muted in a monitor, by whom, why, until when."""

    id: str
    source: str
    native_id: str
    matchers: tuple[str, ...]
    """Each as its system writes it: ``alertname="HighLatency"``."""
    created_by: str
    comment: str
    starts_at: datetime
    ends_at: datetime
    state: str
    """``active``, ``pending`` or ``expired``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What one system knows that actions choose from. Native ids."""

    people: tuple[Person, ...] = ()
    policies: tuple[EscalationPolicy, ...] = ()
    priorities: tuple[Ref, ...] = ()
    """Most severe first."""
    services: tuple[Ref, ...] = ()
    me: Person | None = None
    """The seat's own user in this system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What is left of a system's rate limit, by its own headers."""

    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one poll of one source brought. A part that the source does not serve, or that failed, is ``None``:
    the store then keeps what it has. ``*_complete`` says that absence from the part means something."""

    source: str
    taken_at: datetime
    incidents: tuple[Incident, ...] | None = None
    incidents_complete: bool = False
    """All *open* incidents that the token may see are in ``incidents`` (recently resolved ones may be too)."""
    alerts: tuple[Alert, ...] | None = None
    alerts_complete: bool = False
    """All active alerts are in ``alerts``: one that is absent has ended."""
    health: tuple[HealthCheck, ...] | None = None
    on_call: tuple[OnCall, ...] | None = None
    shifts: tuple[Shift, ...] | None = None
    silences: tuple[Silence, ...] | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    directory: Directory | None = None
    problems: tuple[str, ...] = ()
    """One clean line for each part that failed while others came."""
    failed: frozenset[str] = frozenset()
    """Capabilities' words (``alerts``, ``on_call`` …) whose part was due and did not come: the store's is older."""
    budget: Budget | None = None
    clock_skew: timedelta | None = None
    """The server's clock minus ours, by its ``Date`` header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDetail:
    """One incident read whole: its facts, its timeline, its alerts."""

    incident: Incident
    timeline: tuple[TimelineEntry, ...] = ()
    alerts: tuple[Alert, ...] = ()


class Verb(StrEnum):
    """What can be done to a target. The command line's and the outbox's word for it."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    ESCALATE = "escalate"
    REASSIGN = "reassign"
    SNOOZE = "snooze"
    NOTE = "note"
    SEVERITY = "severity"
    MERGE = "merge"
    RESPONDERS = "responders"
    TITLE = "title"
    SILENCE = "silence"
    EXPIRE_SILENCE = "expire_silence"


class Retry(StrEnum):
    """How a verb may be sent again when the answer was lost."""

    STATE = "state"
    """Sets a state: sending it again does no harm."""
    ADDITION = "addition"
    """Adds something: sent again only after reading back showed that it is not there."""
    STEP = "step"
    """Moves a step: never sent again by itself; a lost answer is read back, else the outcome is unknown."""


class OutboxState(StrEnum):
    """The life of an action. *Pending* means queued or sending."""

    QUEUED = "queued"
    SENDING = "sending"
    CONFIRMED = "confirmed"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


PENDING = frozenset({OutboxState.QUEUED, OutboxState.SENDING})
FINAL = frozenset(OutboxState) - PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """An action from the key press to the system's answer: stored before it is sent, pinned to what was seen.

    ``params`` by verb (all JSON values):
    ``escalate`` ``{"level": int}`` or ``{"person": id, "person_name": str}`` or ``{"policy": id, "policy_name": str}``;
    ``reassign`` ``{"people": [ids], "names": [str]}``; ``snooze`` ``{"seconds": int}``;
    ``note`` ``{"text": str, "at": iso or null, "kind": NoteKind or null}`` (``text`` without the back-date mark);
    ``severity`` ``{"severity": 1..4}``; ``merge`` ``{"into": full id}``; ``resolve`` ``{"resolution": str or null}``;
    ``silence`` ``{"seconds": int, "reason": str, "labels": {..}}``; ``expire_silence`` ``{}``;
    ``title`` ``{"title": str}``; ``responders`` ``{"people": [ids], "names": [str], "message": str}``.
    """

    key: str
    """Made at the key press; unique; the idempotency key where a system takes one."""
    verb: Verb
    target: str
    """Full id of the incident, alert or silence."""
    source: str
    target_title: str
    """As the person saw it."""
    params: dict[str, Any] = field(default_factory=dict)
    seen: Version | None = None
    seat: str
    """Who pressed the key: the seat's user."""
    created_at: datetime
    not_before: datetime
    """End of the undo window."""
    state: OutboxState = OutboxState.QUEUED
    attempts: int = 0
    sent_at: datetime | None = None
    """Of the latest attempt."""
    answered_at: datetime | None = None
    answer: str | None = None
    """One clean line: what the system said, who was first, why it was refused."""
    native_ref: str | None = None
    """The id that the system gave to what was made (note, silence)."""
    baseline: tuple[str, ...] = ()
    """What was there before the first send (ids of equal notes), to tell ours when reading back."""
    next_try: datetime | None = None
    held: str | None = None
    """Why it waits for a person (A7): too old, or the target has changed. ``None``: goes by itself."""
    forced: bool = False
    """A person said: send it, whatever its age or its target's version."""

    @property
    def pending(self) -> bool:
        """Queued or sending."""
        return self.state in PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How one source fares: a fact like any other."""

    name: str
    kind: str
    serves: frozenset[str] = frozenset()
    """Its capabilities' words (``incidents``, ``alerts``, ``health``, ``on_call`` …)."""
    last_success: datetime | None = None
    last_attempt: datetime | None = None
    error: str | None = None
    """One clean line, ``None`` when the last attempt succeeded."""
    error_kind: str | None = None
    """``unreachable``, ``timeout``, ``auth``, ``rate_limited``, ``bad_answer``, ``server``, ``refused`` …"""
    failures: int = 0
    """In a row."""
    next_try: datetime | None = None
    poll_s: float = 30.0
    """The interval of its polls in seconds; three of them missed and its facts are stale."""
    latency_ms: float | None = None
    problems: tuple[str, ...] = ()
    budget: Budget | None = None
    clock_skew_s: float | None = None
    stopped: bool = False
    """Not polled any more until its token changes or a person asks (401, 403)."""
    behind: dict[str, datetime | None] = field(default_factory=dict)
    """Capability's word -> when that part last came, where it did not come with the last success; ``None``: never."""

    def of_part(self, word: str) -> SourceState:
        """As it fares in the part that this capability's word names: its last success is that part's."""
        return replace(self, last_success=self.behind[word]) if word in self.behind else self

    def is_stale(self, now: datetime) -> bool:
        """No success within three polls (or none at all). One that lies ahead by as much tells of a clock that was
        put back, not of a fresh answer."""
        return self.last_success is None or abs((now - self.last_success).total_seconds()) > 3 * self.poll_s + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One line of the append-only audit (K4)."""

    at: datetime
    seat: str
    event: str
    """``queued``, ``sending``, ``confirmed``, ``refused`` … or ``cancelled``, ``retried``, ``accepted``."""
    key: str
    verb: str
    target: str
    detail: str = ""
    """What was seen, what was sent, what the system answered; one clean line or JSON; no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Text that a person is writing: survives Esc, a dropped link and a crash (A3)."""

    key: str
    """``note:INCIDENT_ID`` or ``handover:SHIFT_START``."""
    text: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One consistent picture out of the store: what a board is made of."""

    incidents: tuple[Incident, ...] = ()
    """Open ones, and those resolved within the window."""
    last_told: dict[str, datetime] = field(default_factory=dict)
    """Incident id -> when stakeholders were last told (note of kind ``told`` or status update)."""
    retriggered: dict[str, datetime] = field(default_factory=dict)
    """Incident id -> the latest time it went back to triggered by itself."""
    alerts: tuple[Alert, ...] = ()
    """Active ones, and those last seen within the window."""
    health: tuple[HealthCheck, ...] = ()
    history: dict[str, tuple[HealthSample, ...]] = field(default_factory=dict)
    """Check id -> its latest samples, oldest first, at most 24."""
    on_call: tuple[OnCall, ...] = ()
    shifts: tuple[Shift, ...] = ()
    silences: tuple[Silence, ...] = ()
    directories: dict[str, Directory] = field(default_factory=dict)
    """Source name -> what it knows."""
    sources: tuple[SourceState, ...] = ()
    outbox: tuple[OutboxRow, ...] = ()
    """All pending ones, and those that ended within the window (a refused or unknown one until a person has
    seen it off), newest last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFacts:
    """Everything the store has of one incident."""

    incident: Incident
    timeline: tuple[TimelineEntry, ...] = ()
    """Oldest first by ``at``."""
    alerts: tuple[Alert, ...] = ()
    outbox: tuple[OutboxRow, ...] = ()
    read_at: datetime | None = None
    """When the whole incident was last read from its system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftFacts:
    """What the store has of a stretch of time: what a handover is made of."""

    start: datetime
    end: datetime
    incidents: tuple[Incident, ...] = ()
    """Created, touched or still open between start and end."""
    timeline: tuple[TimelineEntry, ...] = ()
    """Of these incidents, oldest first."""
    alerts: tuple[Alert, ...] = ()
    earlier_alerts: tuple[Alert, ...] = ()
    """Of the stretch of the same length before: what trends are compared with."""
    silences: tuple[Silence, ...] = ()
    outbox: tuple[OutboxRow, ...] = ()
    sources: tuple[SourceState, ...] = ()
