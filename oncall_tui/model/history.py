"""What the store has of incidents long ago: enough to measure them by."""

from __future__ import annotations

from datetime import datetime

from oncall_tui.model.incident import Incident, TimelineEntry
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentHistory:
    """One incident with what its life can be read from."""

    incident: Incident
    timeline: tuple[TimelineEntry, ...] = ()
    """Its turns, notes and messages, oldest first; without pages sent and alerts joined."""
    first_alert_at: datetime | None = None
    """When the first of its alerts fired, where any is known."""
    done_tickets: frozenset[str] = frozenset()
    """Keys (folded) of the tickets that their system says are done: of all, not of this incident alone."""
