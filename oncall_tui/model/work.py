"""What is to be done afterwards: action items in a ticket system."""

from __future__ import annotations

from datetime import date, datetime

from oncall_tui.model.common import Person
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionItem:
    """One action item as its ticket system has it (H1, I9)."""

    id: str
    source: str
    native_id: str
    """Its key there: ``OPS-12``."""
    title: str
    state: str
    """The system's own word: ``In Progress``."""
    done: bool
    owner: Person | None = None
    due: date | None = None
    """A day of the owner's calendar, without a time zone."""
    incident_id: str | None = None
    """Full id of the incident it came from, where its label tells."""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    url: str | None = None
