"""The alerts of an incident: its own system's, and the monitors' that belong to it."""

from __future__ import annotations

from oncall_tui.board import AlertRow, Board, IncidentRow
from oncall_tui.model import IncidentFacts
from screens.around_words import joined_lines
from screens.incident_words import alert_lines
from screens.tabs.base import Tab
from widgets.lines import Span


class AlertsTab(Tab):
    """Firing ones first."""

    NAME = "alerts"
    TITLE = "Alerts"
    ASIDE = True

    def count(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> int:
        """How many there are."""
        return (len(view.alerts) if view is not None else 0) + len(joined(view, row, board))

    def show_incident(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> None:
        """Its own, then those that a monitor tells of."""
        alerts, others = view.alerts if view is not None else (), joined(view, row, board)
        self.draw(
            lambda cells, look: (
                [
                    *alert_lines(alerts, board, cells, look),
                    *joined_lines(others, row.id, board, cells, look),
                ]
                or [(Span("no alert is joined to it", "dim"),)]
            )
        )


def joined(view: IncidentFacts | None, row: IncidentRow, board: Board) -> tuple[AlertRow, ...]:
    """The monitors' alerts that belong to it, besides those that its own system tells of."""
    own = {alert.id for alert in view.alerts} if view is not None else set()
    return tuple(one for one in board.joined_to(row.id) if own.isdisjoint(one.ids))
