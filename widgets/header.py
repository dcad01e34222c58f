"""The top line: who sits here and until when, how the sources fare, the time."""

from __future__ import annotations

from oncall_tui.board import Board, SourceStatus
from widgets.lines import BLANK, Lines, Span, Words, clip_words, sides, words_width
from widgets.theme import Look, look_of
from widgets.words import clock, source_words, stretch


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
        left = (*name, Span("  " if cells >= 100 else " "), *seat)
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
