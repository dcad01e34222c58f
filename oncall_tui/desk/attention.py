"""For which pages the seat is rung now: each once, again when it triggers again, in the quiet hours the grave ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oncall_tui.board import Board, IncidentRow, Relation
from oncall_tui.model import IncidentState
from oncall_tui.policy.attention import NOTHING, AttentionRules
from oncall_tui.store import Store, StoreError

_TEAMS = " teams"
"""Ends the mark of a page that rang as my teams' and not mine."""


class Ringer:
    """Remembers what it has looked at; what was rung for is in the store, which other processes share."""

    def __init__(self, store: Store, rules: AttentionRules) -> None:
        self._store = store
        self._rules = rules
        self._attended: tuple[IncidentRow, ...] = ()
        """The rows that were looked at for pages; one that is there again, the same object, has rung."""
        self._was_quiet = False
        self._rung: set[str] = set()
        """Marks of rows that may ring again: asked of the store once."""

    async def ring(self, board: Board, again: Mapping[str, datetime], now: datetime) -> tuple[str, ...]:
        """Ids of triggered incidents that were not rung for yet; none while the seat does not hold the shift.

        Args:
            again: when an incident last triggered again.
        """
        if not board.shift.on_call:
            return ()
        quiet = self._rules.is_quiet(now)
        marks: dict[str, str] = {}
        besides: list[str] = []
        for row in self._unattended(board, quiet):
            if self._rings(row, quiet) and (mark := self._mark(row, again, now)) not in self._rung:
                marks[mark] = row.id
                if row.relation is Relation.MINE and self._rules.teams != NOTHING:
                    besides.append(mark + _TEAMS)  # given to a colleague it does not ring anew
        try:
            new = await self._store.mark_rung([*marks, *besides])
        except StoreError:
            return tuple(marks.values())  # better rung twice than never
        self._attended, self._was_quiet = board.incidents, quiet
        if self._rules.again is not None:
            self._rung = {mark for mark in self._rung if mark.partition(" ")[0] in _waiting(board)} | set(marks)
        return tuple(incident_id for mark, incident_id in marks.items() if mark in new)

    def _unattended(self, board: Board, quiet: bool) -> tuple[IncidentRow, ...]:
        """Rows to look at: those that are new here, or all where time alone may have them ring."""
        if self._rules.again is not None or quiet != self._was_quiet:
            return board.incidents
        attended = set(map(id, self._attended))
        return tuple(row for row in board.incidents if id(row) not in attended)

    def _rings(self, row: IncidentRow, quiet: bool) -> bool:
        if row.incident.state is not IncidentState.TRIGGERED or row.relation is Relation.OTHER:
            return False
        return self._rules.rings(row.incident.severity, mine=row.relation is Relation.MINE, quiet=quiet)

    def _mark(self, row: IncidentRow, again: Mapping[str, datetime], now: datetime) -> str:
        since = again.get(row.id, row.incident.created_at)
        times = self._rules.times(since, now)
        mark = f"{row.id} {since.isoformat()}" + (f" {times}" if times else "")
        # What rang as a colleague's rings again when it comes to me.
        return mark if row.relation is Relation.MINE else mark + _TEAMS


def _waiting(board: Board) -> frozenset[str]:
    return frozenset(row.id for row in board.incidents if row.incident.state is IncidentState.TRIGGERED)
