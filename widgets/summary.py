"""Health and on call in one line, where there is no room for their panes."""

from __future__ import annotations

from oncall_tui.board import Board, PaneName
from oncall_tui.text import width
from widgets import health, oncall
from widgets.lines import BLANK, Lines, Span, Words, clip_words, words_width
from widgets.theme import look_of
from widgets.words import short_freshness


class SummaryLine(Lines):
    """``Health ✗payments ?search ●12   On call Alice(you) → Bob``; each with its age where that is old."""

    DEFAULT_CSS = """
    SummaryLine { height: 1; }
    """

    board: Board | None = None

    def show_board(self, board: Board) -> None:
        """Show the board's health and first team."""
        self.board = board
        self.redraw()

    def line(self, y: int, cells: int) -> Words:
        """The one line."""
        if self.board is None:
            return BLANK
        look = look_of(self)
        health_age, people_age = (
            short_freshness(self.board.panes.get(pane), self.board.minute)
            for pane in (PaneName.HEALTH, PaneName.ON_CALL)
        )
        people = clip_words((*people_age, *oncall.summary_words(self.board, look)), cells // 2)
        names = (" 3 ", "Health ", "   4 ", "On call ")
        room = cells - words_width(people) - sum(width(name) for name in names) - words_width(health_age) - 1
        checks = health.summary_words(self.board.health, room, look)
        return (
            Span(names[0], "key"),
            Span(names[1], "title"),
            *health_age,
            *clip_words(checks, room),
            Span(names[2], "key"),
            Span(names[3], "title"),
            *people,
        )
