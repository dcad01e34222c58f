"""Asking for attention: bell and notification when a page rings, and the window's title while pages wait."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from oncall_tui.board import Board, IncidentRow, Relation
from oncall_tui.model import IncidentState
from oncall_tui.text import clean

SAVE_TITLE = "\x1b[22;2t"
RESTORE_TITLE = "\x1b[23;2t"
BELL = "\x07"
NAME = "oncall-tui"


class Attention:
    """Turns pages that ring into what the terminal is sent; says each thing once."""

    def __init__(
        self,
        *,
        bell: bool,
        title: bool,
        notify: str = "off",
        environ: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """
        Args:
            notify: ``auto``, ``off``, or the form that the terminal takes (``osc9``, ``osc777``, ``osc99``).
            environ: tells which terminal this is.
        """
        self._bell = bell
        self._title = title
        self._notify = notify
        self._environ = environ
        self._waiting: Mapping[str, Relation] = {}
        """Pages that rang and wait: whose each was when it rang."""
        self._said = ""

    def begin(self) -> str:
        """What is sent at the start."""
        return SAVE_TITLE + self._titled(NAME) if self._title else ""

    def end(self) -> str:
        """What is sent at the end."""
        return RESTORE_TITLE if self._title else ""

    def rung(self, ids: tuple[str, ...], board: Board) -> str:
        """What is sent for a board on which the pages ``ids`` ring."""
        if not ids and not self._waiting:
            return self._titled(NAME) if self._title else ""
        wanted = {*ids, *self._waiting}
        rows = [row for row in board.incidents if row.id in wanted and self._waits(row)]
        self._waiting = {row.id: self._waiting.get(row.id, row.relation) for row in rows}
        sent = self._rings([row for row in rows if row.id in ids]) if ids else ""
        if not self._title:
            return sent
        if not rows:
            return sent + self._titled(NAME)
        return sent + self._titled(f"({len(rows)}) {clean(rows[0].incident.title, 60)} - {NAME}")

    def _waits(self, row: IncidentRow) -> bool:
        """It is triggered, and was not given to somebody else since it rang."""
        if row.incident.state is not IncidentState.TRIGGERED:
            return False
        return row.relation in (Relation.MINE, self._waiting.get(row.id, row.relation))

    def _rings(self, rows: list[IncidentRow]) -> str:
        bell = BELL if self._bell else ""
        if not rows or self._notify == "off":
            return bell
        incident = rows[0].incident
        service = f" ({incident.service.name})" if incident.service is not None else ""
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        severity = f"SEV{incident.severity or '?'}"
        return bell + self._notified(f"{severity} {clean(incident.title, 70)}{service}{more}")

    def _notified(self, text: str) -> str:
        from oncall_tui.terminal.notify import form_of, notification  # not at the top: the start needs none

        form = form_of(self._notify, self._environ)
        return notification(text, form, self._environ) if form is not None else ""

    def trial(self) -> tuple[str, str]:
        """What is sent when a person tries it, and what is said about it."""
        from oncall_tui.terminal.notify import form_of, way

        form = form_of(self._notify, self._environ)
        bell = "bell: rung" if self._bell else "bell: off"
        how = "notification: off" if self._notify == "off" else f"notification: {way(form, self._environ)}"
        sent = (BELL if self._bell else "") + (self._notified("this is how a page rings") if form else "")
        return sent, f"{bell}; {how}"

    def _titled(self, text: str) -> str:
        if text == self._said:
            return ""
        self._said = text
        return f"\x1b]2;{text}\x07"
