"""Asking for attention: the bell once a page, and the window's title while pages wait."""

from __future__ import annotations

from oncall_tui.board import Board, Relation
from oncall_tui.model import IncidentState
from oncall_tui.text import clean

SAVE_TITLE = "\x1b[22;2t"
RESTORE_TITLE = "\x1b[23;2t"
NAME = "oncall-tui"


class Attention:
    """Turns new pages into what the terminal is sent; says each thing once."""

    def __init__(self, *, bell: bool, title: bool) -> None:
        self._bell = bell
        self._title = title
        self._waiting: frozenset[str] = frozenset()
        self._said = ""

    def begin(self) -> str:
        """What is sent at the start."""
        return SAVE_TITLE + self._titled(NAME) if self._title else ""

    def end(self) -> str:
        """What is sent at the end."""
        return RESTORE_TITLE if self._title else ""

    def rung(self, ids: tuple[str, ...], board: Board) -> str:
        """What is sent for a board on which ``ids`` are new pages that are mine."""
        waiting = {
            row.id
            for row in board.incidents
            if row.relation is Relation.MINE and row.incident.state is IncidentState.TRIGGERED
        }
        self._waiting = frozenset((self._waiting | set(ids)) & waiting)
        sent = "\x07" if ids and self._bell else ""
        if not self._title:
            return sent
        if not self._waiting:
            return sent + self._titled(NAME)
        first = next(row.incident.title for row in board.incidents if row.id in self._waiting)
        return sent + self._titled(f"({len(self._waiting)}) {clean(first, 60)} - {NAME}")

    def _titled(self, text: str) -> str:
        if text == self._said:
            return ""
        self._said = text
        return f"\x1b]2;{text}\x07"
