"""What the store has of incidents long ago: enough to measure them by; and how far it was read from the pagers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

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


HistoryStage = Literal["waiting", "reading", "pausing", "done", "stopped", "failed", "cannot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryProgress:
    """How far the history of one source is read."""

    source: str
    kind: str
    stage: HistoryStage
    since: datetime
    until: datetime
    read_to: datetime
    """Everything from here to ``until`` is read."""
    incidents: int = 0
    """That were read by this run."""
    new: int = 0
    """Of them those that were not known, or are told otherwise now."""
    note: str = ""
    """Why it waits, failed or cannot; what of it is not whole. One clean line."""

    @property
    def share(self) -> float:
        """How much of the stretch is read, from 0 to 1."""
        if self.stage == "done":
            return 1.0
        whole = (self.until - self.since).total_seconds()
        return min(1.0, max(0.0, (self.until - self.read_to).total_seconds() / whole)) if whole > 0 else 1.0
