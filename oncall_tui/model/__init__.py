"""The field's terms as plain, frozen, typed data. No I/O, no clock.

Every time is an aware datetime in UTC. Every text has passed :mod:`oncall_tui.text` in the source that made
it. Severity is 1 (critical) to 4 (low) or ``None``. Ids that leave a source are ``SOURCE:NATIVE_ID``.
"""

from oncall_tui.model.action import (
    COMPONENT_STATES,
    DECLARING,
    FINAL,
    MESSAGING,
    OF_SCHEDULES,
    PENDING,
    PUBLICATION_IMPACTS,
    PUBLICATION_STATES,
    AuditLine,
    Draft,
    OutboxRow,
    OutboxState,
    Retry,
    Verb,
)
from oncall_tui.model.common import Ids, Person, Ref, Severity, join_id, split_id
from oncall_tui.model.facts import Facts, First, IncidentFacts, ShiftFacts
from oncall_tui.model.history import HistoryProgress, IncidentHistory
from oncall_tui.model.incident import EntryKind, Incident, IncidentState, NoteKind, TimelineEntry, Version
from oncall_tui.model.monitoring import (
    Alert,
    AlertGroup,
    AlertState,
    Change,
    ChangeKind,
    HealthCheck,
    HealthSample,
    HealthStatus,
    Silence,
)
from oncall_tui.model.rota import Directory, EscalationLevel, EscalationPolicy, OnCall, Shift
from oncall_tui.model.source import Budget, IncidentDetail, Snapshot, SourceState
from oncall_tui.model.suggested import DetectionRules, Dismissal
from oncall_tui.model.work import ActionItem

__all__ = [
    "COMPONENT_STATES",
    "DECLARING",
    "FINAL",
    "MESSAGING",
    "OF_SCHEDULES",
    "PENDING",
    "PUBLICATION_IMPACTS",
    "PUBLICATION_STATES",
    "ActionItem",
    "Alert",
    "AlertGroup",
    "AlertState",
    "AuditLine",
    "Budget",
    "Change",
    "ChangeKind",
    "DetectionRules",
    "Directory",
    "Dismissal",
    "Draft",
    "EntryKind",
    "EscalationLevel",
    "EscalationPolicy",
    "Facts",
    "First",
    "HealthCheck",
    "HealthSample",
    "HealthStatus",
    "HistoryProgress",
    "Ids",
    "Incident",
    "IncidentDetail",
    "IncidentFacts",
    "IncidentHistory",
    "IncidentState",
    "NoteKind",
    "OnCall",
    "OutboxRow",
    "OutboxState",
    "Person",
    "Ref",
    "Retry",
    "Severity",
    "Shift",
    "ShiftFacts",
    "Silence",
    "Snapshot",
    "SourceState",
    "TimelineEntry",
    "Verb",
    "Version",
    "join_id",
    "split_id",
]
