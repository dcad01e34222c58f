"""What of a board is shown: the scope and each pane's filter. Whatever is kept back is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Generic, TypeVar

from oncall_tui.board import AlertRow, Board, HealthRow, IncidentRow, Relation
from oncall_tui.records import dataclass
from screens import sights
from screens.filtering import Filter, Getter, Told

Row = TypeVar("Row")

SCOPES = ("teams", "mine", "all")
"""Whose incidents are shown: round and round, beginning with the first."""
SCOPE_WORDS = {"mine": "my incidents", "teams": "my teams' incidents", "all": "all incidents"}
_RELATIONS = {"mine": frozenset({Relation.MINE}), "teams": frozenset({Relation.MINE, Relation.TEAM})}


STEP = 250
"""Rows whose texts are worked out in one go: a millisecond."""


@dataclass
class Filtered(Generic[Row]):
    """A pane's filter, and the text of each of its rows, kept for as long as the row is the same object."""

    text_of: Callable[[Row], str]
    fields: Mapping[str, Getter[Row]]
    filter: Filter = field(default_factory=Filter)
    _texts: dict[int, Told[Row]] = field(default_factory=dict)
    """By the row's ``id()``, which the row beside its text keeps from becoming another's."""
    _of: Sequence[Row] = ()
    """The rows that the texts are of, exactly and in this order."""

    _ready: dict[int, Told[Row]] = field(default_factory=dict)
    """Texts that were worked out ahead."""

    def set(self, found: Filter) -> None:
        """From now on filter so."""
        self.filter = found
        if not found:
            self._texts, self._of, self._ready = {}, (), {}

    def through(self, rows: tuple[Row, ...], board: Board) -> tuple[Row, ...]:
        """The rows that the filter lets through, in their order."""
        if not self.filter:
            return rows
        if rows is not self._of:
            known = self._texts or self._ready
            self._texts = {id(row): known.get(id(row)) or Told(row, self.text_of(row)) for row in rows}
            self._of, self._ready = rows, {}
        return tuple(self.filter.through(self._texts.values(), self.fields, board))

    def prepare(self, rows: Sequence[Row]) -> Iterator[None]:
        """Work out the texts ahead, some at each step; needless once a filter is in force."""
        ready: dict[int, Told[Row]] = {}
        self._ready = ready
        for start in range(0, len(rows), STEP):
            if self._of:
                return
            ready.update((id(row), Told(row, self.text_of(row))) for row in rows[start : start + STEP])
            yield
        if not self._of:
            self._texts, self._of, self._ready = ready, rows, {}


class Sieve:
    """Rows that are shown, and how many are not."""

    def __init__(self, scope: str) -> None:
        self.scope = scope if scope in SCOPES else SCOPES[0]
        self._incidents = Filtered(sights.incident_text, sights.INCIDENT)
        self._alerts = Filtered(sights.alert_text, sights.ALERT)
        self._health = Filtered(sights.health_text, sights.HEALTH)
        self._scoped: tuple[str, tuple[IncidentRow, ...], tuple[IncidentRow, ...]] = ("", (), ())
        """A scope, the rows of a board, and those of them in that scope."""

    def _pane(self, pane: str) -> Filtered[Any] | None:
        panes: dict[str, Filtered[Any]] = {
            "incidents": self._incidents,
            "alerts": self._alerts,
            "health": self._health,
        }
        return panes.get(pane)

    def filter_of(self, pane: str) -> Filter:
        """The filter in force in a pane; the empty one lets all through."""
        filtered = self._pane(pane)
        return filtered.filter if filtered is not None else Filter()

    @property
    def filters(self) -> bool:
        """Whether any pane is filtered."""
        return any(one.filter for one in (self._incidents, self._alerts, self._health))

    def set_filter(self, pane: str, found: Filter) -> None:
        """From now on a pane is filtered so."""
        filtered = self._pane(pane)
        assert filtered is not None, f"no filter in pane {pane}"
        filtered.set(found)

    def prepare(self, pane: str, board: Board) -> Iterator[None]:
        """Get ready for a filter in a pane, a millisecond's work at each step: then its first letter is quick too."""
        if pane == "incidents":
            yield from self._incidents.prepare(self._in_scope(board))
        elif pane == "alerts":
            yield from self._alerts.prepare(board.alerts)

    def widen(self) -> str:
        """The next scope, as its words."""
        self.scope = SCOPES[(SCOPES.index(self.scope) + 1) % len(SCOPES)]
        return SCOPE_WORDS[self.scope]

    def incidents(self, board: Board) -> tuple[tuple[IncidentRow, ...], int]:
        """The incidents of the scope that the filter lets through."""
        shown = self._incidents.through(self._in_scope(board), board)
        return shown, len(board.incidents) - len(shown)

    def _in_scope(self, board: Board) -> tuple[IncidentRow, ...]:
        rows = board.incidents
        wanted = _RELATIONS.get(self.scope)
        if wanted is None:
            return rows
        if self._scoped[0] != self.scope or self._scoped[1] is not rows:
            kept = tuple([row for row in rows if row.relation in wanted])
            self._scoped = (self.scope, rows, rows if len(kept) == len(rows) else kept)
        return self._scoped[2]

    def alerts(self, board: Board) -> tuple[tuple[AlertRow, ...], int]:
        """The alert groups that the filter lets through."""
        shown = self._alerts.through(board.alerts, board)
        return shown, len(board.alerts) - len(shown)

    def health(self, board: Board) -> tuple[tuple[HealthRow, ...], int]:
        """The checks that the filter lets through."""
        shown = self._health.through(board.health, board)
        return shown, len(board.health) - len(shown)
