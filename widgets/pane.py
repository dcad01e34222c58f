"""A pane's frame: border, title with counts, freshness at the right, what lies outside the window at the bottom."""

from __future__ import annotations

from oncall_tui.text import width
from widgets.lines import Span, Words, clip_words, fit_words, words_width
from widgets.theme import Look

LEAST_ASIDE = 22
"""Cells of an aside that tell how old it is: ``as of Mon 14:36 (26h)``."""


def top_line(title: Words, aside: Words, cells: int, look: Look, *, keep: int = 1) -> Words:
    """The frame's upper line: ``╭ title ────── aside ╮``.

    Where both do not fit, the aside (freshness) is cut down to :data:`LEAST_ASIDE` cells: its reason is elsewhere, too,
    and how many are hidden is not. If that is not enough, the title's first ``keep`` words stay (the pane's name), then
    comes the aside, then the rest of the title (counts).
    """
    frame = look.signs.frame
    if cells < 8:
        return (Span(frame.across * cells, "faint"),)
    inner = cells - 2
    name = words_width(title[:keep])
    beside = inner - 2 - words_width(title) - 3
    aside = clip_words(aside, beside if beside >= LEAST_ASIDE else max(0, inner - name - 6))
    taken = words_width(aside) + 3 if aside else 0
    title = clip_words(title, max(0, inner - 2 - taken)) if words_width(title) + 2 + taken > inner else title
    fill = inner - (words_width(title) + 2 if title else 0) - taken
    words: list[Span] = [Span(frame.top_left, "faint")]
    if title:
        words += [Span(" "), *title, Span(" ")]
    words.append(Span(frame.across * max(0, fill), "faint"))
    if aside:
        words += [Span(" "), *aside, Span(" "), Span(frame.across, "faint")]
    words.append(Span(frame.top_right, "faint"))
    return tuple(words)


def bottom_line(note: Words, cells: int, look: Look) -> Words:
    """The frame's lower line, with a note (what is scrolled out) near its right end."""
    frame = look.signs.frame
    if cells < 2:
        return (Span(frame.across * cells, "faint"),)
    note = clip_words(note, max(0, cells - 6))
    told = words_width(note)
    taken = told + 3 if told else 0
    words: list[Span] = [Span(frame.bottom_left + frame.across * max(0, cells - 2 - taken), "faint")]
    if told:
        words += [Span(" "), *note, Span(" "), Span(frame.across, "faint")]
    words.append(Span(frame.bottom_right, "faint"))
    return tuple(words)


def side_line(words: Words, cells: int, look: Look) -> Words:
    """A line of content between the frame's sides."""
    down = look.signs.frame.down
    if cells < 2:
        return (Span(down * cells, "faint"),)
    return (Span(down, "faint"), *fit_words(words, cells - 2), Span(down, "faint"))


def separated(parts: list[Words], sign: str) -> Words:
    """Counts in a title, with a faint sign between them."""
    words: list[Span] = []
    for part in parts:
        if not part:
            continue
        if words:
            words.append(Span(f" {sign} ", "label"))
        words += part
    return tuple(words)


def label_width(labels: list[str], least: int, most: int) -> int:
    """Cells of a column that fits all ``labels`` within bounds."""
    return max(least, min(most, max((width(label) for label in labels), default=least)))
