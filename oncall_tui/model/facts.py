"""Consistent pictures out of the store."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from oncall_tui.model.action import OutboxRow
from oncall_tui.model.incident import Incident, TimelineEntry
from oncall_tui.model.monitoring import Alert, AlertGroup, Change, HealthCheck, HealthSample, Silence
from oncall_tui.model.rota import Directory, OnCall, Shift
from oncall_tui.model.source import SourceState
from oncall_tui.model.suggested import Dismissal
from oncall_tui.model.work import ActionItem
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """Which incidents a list began with, for a start that shows those before it has read all others."""

    edition: str
    """As :attr:`Facts.edition`: of any other edition, these may not be the first ones."""
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One consistent picture out of the store: what a board is made of."""

    incidents: tuple[Incident, ...] = ()
    """Open ones, and those resolved within the window."""
    unread: int = 0
    """Open incidents that are not among these yet: only those that were asked for first are."""
    edition: str = ""
    """Changes with every change of an incident or of what its timeline tells."""
    last_told: dict[str, datetime] = field(default_factory=dict)
    """Incident id -> when stakeholders were last told (note of kind ``told`` or status update)."""
    retriggered: dict[str, datetime] = field(default_factory=dict)
    """Incident id -> the latest time it went back to triggered by itself."""
    groups: tuple[AlertGroup, ...] = ()
    """Alerts that are active, and those last seen within the window: each once, in groups."""
    counting: bool = False
    """The groups are still being counted: there are none here yet."""
    health: tuple[HealthCheck, ...] = ()
    history: dict[str, tuple[HealthSample, ...]] = field(default_factory=dict)
    """Check id -> its latest samples, oldest first, at most 24."""
    on_call: tuple[OnCall, ...] = ()
    shifts: tuple[Shift, ...] = ()
    silences: tuple[Silence, ...] = ()
    changes: tuple[Change, ...] = ()
    """What was over no longer than 24 h ago, is under way, or is planned for the next 7 days; the earliest first."""
    directories: dict[str, Directory] = field(default_factory=dict)
    """Source name -> what it knows."""
    sources: tuple[SourceState, ...] = ()
    dismissals: tuple[Dismissal, ...] = ()
    """Suggested incidents that a person does not want to see again, oldest first."""
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
    changes: tuple[Change, ...] = ()
    """On its service (or on none that is named): from the hours before it began to what is planned; latest first."""
    action_items: tuple[ActionItem, ...] = ()
    """That their ticket system says came from it, open ones first."""


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
    changes: tuple[Change, ...] = ()
    """Under way in the stretch, or planned for the 7 days behind it; the earliest first."""
    action_items: tuple[ActionItem, ...] = ()
    """All that the ticket systems tell of, whenever they were made: open ones, and those done lately."""
