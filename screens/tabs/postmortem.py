"""The post-mortem in a tab: until when it is due, its action items, its text. It has a screen of its own to work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncall_tui.board import Board, IncidentRow
from oncall_tui.model import IncidentFacts
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import QuestionFailed, ask
from screens.tabs.rows import Line, RowsTab
from widgets.lines import BLANK, Span, Words

# What it shows is imported when it is looked at first: an incident opens without documents.
if TYPE_CHECKING:
    from oncall_tui.postmortem import Written


class PostmortemTab(RowsTab):
    """As it would be exported now."""

    NAME = "postmortem"
    TITLE = "Postmortem"
    SHORT = "PM"

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self._key = keys.shown("postmortem")
        self.written: Written | None = None
        self.problem: str | None = None
        self._of: str | None = None
        self._board: Board | None = None

    def count(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> int:
        """Action items that are not done."""
        return sum(not one.done for one in self.written.document.standing) if self.written is not None else 0

    def refresh_facts(self) -> None:
        """Ask for it anew."""
        if self._of is not None:
            self.run_worker(self._ask(self._of), exclusive=True, group="postmortem", exit_on_error=False)

    async def _ask(self, incident_id: str) -> None:
        from screens.history_requests import PostmortemWanted

        try:
            self.written = await ask(self, PostmortemWanted(incident_id))
            self.problem = None
        except QuestionFailed as reason:
            self.problem = str(reason)
        self._draw()

    def show_incident(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> None:
        """What was answered last; the first time it is asked for."""
        self._board = board
        if self._of != row.id:
            self._of = row.id
            self.refresh_facts()
        self._draw()

    def _draw(self) -> None:
        board, written = self._board, self.written
        if board is None:
            return
        aside: Words = (Span(self._key, "key"), Span(" edit, export, send", "dim"))
        if written is None:
            words = (Span(self.problem or "being written", "stale" if self.problem else "dim"),)
            self.draw_lines(lambda cells, look: [Line(words)], aside=BLANK)
            return
        from screens.postmortem_words import postmortem_lines

        problem = [Line((Span(self.problem, "stale"),))] if self.problem else []
        self.draw_lines(
            lambda cells, look: [*problem, *(Line(*one) for one in postmortem_lines(written, board, cells, look))],
            aside=aside,
        )
