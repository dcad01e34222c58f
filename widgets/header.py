"""The top line: who sits here and until when, how the sources fare, the time."""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta
from itertools import islice

from oncall_tui.board import Board, IncidentRow, Relation, SourceStatus
from oncall_tui.model import IncidentState
from oncall_tui.policy import DueKind
from widgets.lines import BLANK, Lines, Span, Words, clip_words, sides, words_width
from widgets.theme import Look, look_of
from widgets.words import clock, deadline_words, source_words, stretch

NEWS_SOON = timedelta(minutes=10)
"""An update that is due so soon is told in the header."""


class HeaderBar(Lines):
    """One line; draws only what the minute, the seat or a source's health changes."""

    DEFAULT_CSS = """
    HeaderBar { height: 1; }
    """

    board: Board | None = None

    def show(self, board: Board) -> None:
        """Show the board's seat, sources and minute."""
        self.board = board
        self.redraw()

    def line(self, y: int, cells: int) -> Words:
        """The one line."""
        board = self.board
        name = (Span(" ONCALL", "title-focus"),)
        if board is None:
            return name
        look = look_of(self)
        time = (Span(f"{board.minute.astimezone(board.zone):%H:%M} ", "strong"),)
        room = cells - words_width(time) - 1
        seat = _seat(board, long=cells >= 100)
        left = (*name, Span("  " if cells >= 100 else " "), *seat, *_news_due(board, look))
        sources = _sources(board, look, max(0, room - words_width(left) - 4))
        if words_width(left) + words_width(sources) + 3 > room:
            left = clip_words(left, max(0, room - words_width(sources) - 3))
        middle = (*left, Span(" " * (3 if cells < 100 else 5)), *sources)
        return sides(middle, time, cells, gap=1)


def _seat(board: Board, *, long: bool) -> Words:
    seat = board.seat
    words = [Span(seat.name, "strong")]
    if seat.role is None:
        words.append(Span(" · not on call", "dim"))
    else:
        words.append(Span(f" · {seat.role}", "text"))
        if seat.until is not None and long:
            left = stretch(seat.until - board.minute)
            words.append(Span(f" · until {clock(seat.until, board.minute, board.zone)} ({left})", "dim"))
        elif seat.until is not None:
            words.append(Span(f" → {clock(seat.until, board.minute, board.zone)}", "dim"))
    if seat.read_only:
        words += [Span(" "), Span(" READ-ONLY ", "banner")]
    return tuple(words)


def _news_due(board: Board, look: Look) -> Words:
    """That somebody waits for news of something mine: soon, or since when."""
    # Rows are by what needs a hand: those that are acknowledged stand together, the nearest deadline first.
    first = bisect_left(board.incidents, 1, key=_rank)
    due = []
    for row in islice(board.incidents, first, None):
        if row.due is None or row.due.at > board.minute + NEWS_SOON or _rank(row) > 1:
            break
        if row.due.what is DueKind.UPDATE and row.relation is Relation.MINE:
            due.append(row.due)
    if not due:
        return BLANK
    more = (Span(f" {look.signs.times}{len(due)}", "dim"),) if len(due) > 1 else BLANK
    return (Span("  "), *deadline_words(due[0], board.minute, board.zone), *more)


def _rank(row: IncidentRow) -> int:
    """Before, among, or behind those that are acknowledged, as :func:`oncall_tui.policy.hand_order` has them."""
    state = row.incident.state
    if state in (IncidentState.TRIGGERED, IncidentState.UNKNOWN):
        return 0
    return 1 if state is IncidentState.ACKNOWLEDGED else 2


def _sources(board: Board, look: Look, room: int) -> Words:
    """All sources by name; where there is no room, the healthy ones as one count, then only the signs."""
    everyone = [source_words(source, board.minute, look.signs) for source in board.sources]
    full = _joined(everyone, "  ")
    if words_width(full) <= room:
        return full
    well = sum(1 for source in board.sources if source.status is SourceStatus.OK)
    ill = [source_words(source, board.minute, look.signs) for source in board.sources if source.status != "ok"]
    count: list[Words] = [(Span(look.signs.ok, "ok"), Span(f" {well}", "dim"))] if well else []
    for parts in (ill, [words[:2] for words in ill], [words[:1] for words in ill]):
        told = _joined([*count, *parts], "  " if len(parts[0:1] and parts[0]) > 1 else " ")
        if words_width(told) <= room:
            return told
    return clip_words(told, room)


def _joined(parts: list[Words], gap: str) -> Words:
    words: list[Span] = []
    for part in parts:
        if words:
            words.append(Span(gap))
        words += part
    return tuple(words) if words else BLANK
