"""The timeline: oldest first, the newest in sight."""

from __future__ import annotations

from oncall_tui.board import Board, IncidentRow
from oncall_tui.model import IncidentFacts
from screens.incident_words import timeline_lines
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.tabs.base import Tab
from widgets.lines import BLANK, Span, Words
from widgets.words import age, clock


class TimelineTab(Tab):
    """What its system tells of it, with what is still in the outbox; how old that is in the headline."""

    NAME = "timeline"
    TITLE = "Timeline"
    FOLLOW = True

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.asked = False
        """Its system has answered since the screen is open. Set by the screen."""
        self.problem: str | None = None
        """Why its system could not be read the last time. Set by the screen."""

    def show_incident(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> None:
        """All entries."""
        self.draw(
            lambda cells, look: timeline_lines(view, board, cells, look) if view is not None else [],
            self._freshness(view, row, board),
        )

    def _freshness(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> Words:
        read = view.read_at if view is not None else None
        words = []
        if read is not None:
            words.append(f"read {clock(read, board.minute, board.zone)}")
        elif self.asked or self.problem:
            words.append("timeline never read")
        if self.problem is not None:
            words.append(self.problem)
        elif row.stale and read is not None:
            words.append(f"{age(read, board.minute)} old, {row.incident.source} is late")
        role = "stale" if self.problem is not None or row.stale or read is None else "dim"
        return (Span(" · ".join(words), role),) if words else BLANK
