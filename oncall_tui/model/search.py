"""What a look into local history brings: texts that hold some words, earlier incidents of the same kind."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from oncall_tui.model.history import IncidentHistory
from oncall_tui.records import dataclass


class DocumentKind(StrEnum):
    """What a text was when the seat saw it."""

    INCIDENT = "incident"
    """Its title, with its service, number and id."""
    NOTE = "note"
    """A note or a status update of an incident's timeline."""
    ALERT = "alert"
    """What a group of alerts is called and says of itself."""
    SENT = "sent"
    """A handover that a channel took from here; what it took about an incident is a note."""
    TEXT = "text"
    """What the seat wrote here: of a handover, of a post-mortem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One text that holds what was looked for."""

    kind: DocumentKind
    ref: str
    """The id of what it is a text of, in its kind."""
    at: datetime
    """When it was written, or last seen."""
    title: str
    """The incident's title, else what the text is called."""
    snippet: tuple[tuple[str, bool], ...]
    """The text about the words, in pieces: (text, it is one of the words)."""
    incident_id: str | None = None
    service: str | None = None
    """Of the incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search brought."""

    hits: tuple[Hit, ...] = ()
    """The best first; among equals the newest."""
    total: int = 0
    """How many there are in all."""
    unread: int = 0
    """How many rows are still to be read into the index."""
    is_plain: bool = False
    """SQLite has no FTS5 here: words are looked for as they stand, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameKind:
    """The earlier incidents of an incident's kind."""

    count: int = 0
    since: datetime | None = None
    """The oldest incident that is kept: local history reaches back so far."""
    seconds: tuple[float, ...] = ()
    """From trigger to resolution, of those that were resolved: the latest few hundred."""
    latest: tuple[IncidentHistory, ...] = ()
    """The latest first, each with what its life can be read from."""
