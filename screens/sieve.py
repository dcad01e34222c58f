"""What of a board is shown: the scope and each pane's filter. Whatever is kept back is counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from oncall_tui.board import AlertRow, Board, HealthRow, IncidentRow, Relation
from screens.filtering import Fields, Filter, alert_fields, health_fields, incident_fields

Row = TypeVar("Row")

SCOPES = ("teams", "mine", "all")
"""Whose incidents are shown: round and round, beginning with the first."""
SCOPE_WORDS = {"mine": "my incidents", "teams": "my teams' incidents", "all": "all incidents"}
_RELATIONS = {"mine": frozenset({Relation.MINE}), "teams": frozenset({Relation.MINE, Relation.TEAM})}


class Sieve:
    """Rows that are shown, and how many are not."""

    def __init__(self, scope: str) -> None:
        self.scope = scope if scope in SCOPES else SCOPES[0]
        self._filters: dict[str, Filter] = {}
        self._board: Board | None = None
        self._known: dict[int, Fields] = {}

    def filter_of(self, pane: str) -> Filter:
        """The filter in force in a pane; the empty one lets all through."""
        return self._filters.get(pane, Filter())

    @property
    def filters(self) -> bool:
        """Whether any pane is filtered."""
        return any(self._filters.values())

    def set_filter(self, pane: str, found: Filter) -> None:
        """From now on a pane is filtered so."""
        self._filters[pane] = found

    def widen(self) -> str:
        """The next scope, as its words."""
        self.scope = SCOPES[(SCOPES.index(self.scope) + 1) % len(SCOPES)]
        return SCOPE_WORDS[self.scope]

    def incidents(self, board: Board) -> tuple[tuple[IncidentRow, ...], int]:
        """The incidents of the scope that the filter lets through."""
        wanted = _RELATIONS.get(self.scope)
        rows = board.incidents
        scoped = rows if wanted is None else tuple(row for row in rows if row.relation in wanted)
        shown = self._through("incidents", scoped, board, incident_fields)
        return shown, len(rows) - len(shown)

    def alerts(self, board: Board) -> tuple[tuple[AlertRow, ...], int]:
        """The alert groups that the filter lets through."""
        shown = self._through("alerts", board.alerts, board, alert_fields)
        return shown, len(board.alerts) - len(shown)

    def health(self, board: Board) -> tuple[tuple[HealthRow, ...], int]:
        """The checks that the filter lets through."""
        shown = self._through("health", board.health, board, health_fields)
        return shown, len(board.health) - len(shown)

    def _through(
        self, pane: str, rows: Sequence[Row], board: Board, fields: Callable[[Row, Board], Fields]
    ) -> tuple[Row, ...]:
        found = self.filter_of(pane)
        if not found:
            return tuple(rows)
        if self._board is not board:
            # Typing on asks the same rows again and again: what a filter sees of them is worked out once a board.
            self._board, self._known = board, {}
        shown = []
        for row in rows:
            seen = self._known.get(id(row))
            if seen is None:
                seen = self._known[id(row)] = fields(row, board)
            if found.lets(seen):
                shown.append(row)
        return tuple(shown)
