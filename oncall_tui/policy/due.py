"""What is due next on an incident, and in which order incidents need a hand. Pure; ``now`` is an argument."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from oncall_tui.model import Incident, IncidentState
from oncall_tui.policy.calendar import Calendar
from oncall_tui.policy.severity import UNKNOWN_COUNTS_AS, SeverityPolicy
from oncall_tui.records import dataclass


class DueKind(StrEnum):
    """What is due (contract, ``now --json``)."""

    ACKNOWLEDGE = "acknowledge"
    UPDATE = "update"
    RESOLVE = "resolve"
    WAKE = "wake"
    POSTMORTEM = "post-mortem"
    """Of one that is resolved."""


@dataclass(frozen=True, slots=True)
class Due:
    """One deadline; ``at`` is aware UTC."""

    what: DueKind
    at: datetime

    def overdue(self, now: datetime) -> bool:
        """Whether the deadline has passed. Waking is an event, never overdue."""
        return self.what is not DueKind.WAKE and now >= self.at


def next_due(
    incident: Incident,
    policy: SeverityPolicy,
    calendar: Calendar,
    *,
    last_told: datetime | None = None,
    triggered_again_at: datetime | None = None,
) -> Due | None:
    """The nearest deadline of an incident; of a resolved one the end of the last business day for its post-mortem,
    ``None`` where its severity asks for none. Whether it is written already is not looked at.

    Not yet acknowledged: to acknowledge, counted from the trigger (or the latest re-trigger). Acknowledged: the
    earlier of the next stakeholder update and the resolution target. Snoozed: when it wakes.

    Args:
        last_told: when stakeholders were last told (note of kind ``told``, status update): restarts the update clock.
        triggered_again_at: the latest time it went back to triggered by itself.
    """
    rule = policy.rule(incident.severity)
    match incident.state:
        case IncidentState.RESOLVED:
            if rule.postmortem_days is None or incident.resolved_at is None or incident.merged_into is not None:
                return None
            return Due(DueKind.POSTMORTEM, calendar.after_business_days(incident.resolved_at, rule.postmortem_days))
        case IncidentState.TRIGGERED | IncidentState.UNKNOWN:
            start = max(incident.created_at, triggered_again_at or incident.created_at)
            at = start + rule.respond if rule.respond is not None else calendar.end_of_business_day(start)
            return Due(DueKind.ACKNOWLEDGE, at)
        case IncidentState.SNOOZED if incident.wakes_at is not None:
            return Due(DueKind.WAKE, incident.wakes_at)
    resolve = Due(DueKind.RESOLVE, incident.created_at + rule.resolve)
    if rule.update is None:
        return resolve
    begun = incident.first_acknowledged_at or incident.acknowledged_at or incident.created_at
    update = Due(DueKind.UPDATE, max(begun, last_told or begun) + rule.update)
    return min(update, resolve, key=lambda due: due.at)


_STATE_RANK = {
    IncidentState.TRIGGERED: 0,
    IncidentState.UNKNOWN: 0,
    IncidentState.ACKNOWLEDGED: 1,
    IncidentState.SNOOZED: 2,
    IncidentState.RESOLVED: 3,
}


def hand_order(incident: Incident, due: Due | None) -> tuple[int, float, int, float, str]:
    """Sort key (screens, principle 2): unacknowledged first, then the nearest deadline, then severity, then age
    (oldest first). Total and stable: the id breaks the last tie. Resolved ones come last, latest first."""
    resolved = incident.resolved_at or incident.updated_at or incident.created_at
    is_over = incident.state is IncidentState.RESOLVED
    deadline = due.at.timestamp() if due is not None and not is_over else -resolved.timestamp()
    severity = incident.severity if incident.severity is not None else UNKNOWN_COUNTS_AS
    return (_STATE_RANK[incident.state], deadline, severity, incident.created_at.timestamp(), incident.id)
