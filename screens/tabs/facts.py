"""The facts of an incident: what its system says, how its life went, what stands around it."""

from __future__ import annotations

from oncall_tui.board import Board, IncidentRow
from oncall_tui.model import IncidentFacts
from screens.around_words import around_lines
from screens.incident_words import facts_lines
from screens.life_words import life_lines
from screens.tabs.base import Tab


class FactsTab(Tab):
    """As labels and words."""

    NAME = "facts"
    TITLE = "Facts"
    ASIDE = True

    def show_incident(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> None:
        """All that is known."""
        self.draw(
            lambda cells, look: [
                *facts_lines(row, board, cells, look),
                *life_lines(view, board, cells),
                *around_lines(view, board, cells),
            ]
        )
