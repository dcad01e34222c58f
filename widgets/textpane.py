"""A framed text that scrolls: a timeline, facts, a document. Wrapped anew at every width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import set_cell_size
from textual import events
from textual.binding import Binding, BindingType

from oncall_tui.text import width
from widgets.lines import BLANK, Lines, Span, Words
from widgets.pane import bottom_line, side_line, top_line
from widgets.theme import Look, look_of

_ROOM_TO_CUT = 8
Maker = Callable[[int, Look], Sequence[Words]]
"""Makes the lines for so many cells."""


class TextPane(Lines, can_focus=True):
    """Shows what a :data:`Maker` makes. With ``follow`` it begins at the end, and stays there while it is there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("home,g", "edge(-1)", show=False),
        Binding("end,G", "edge(1)", show=False),
    ]

    def __init__(self, *, follow: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.follow = follow
        self.title: Words = BLANK
        self.aside: Words = BLANK
        self.rows: tuple[Words, ...] = ()
        self.top = 0
        self._make: Maker | None = None
        self._was_at_end = True

    def show(self, make: Maker, *, title: Words, aside: Words = BLANK) -> None:
        """Show these lines under this title; the window stays on what it shows."""
        self._make = make
        self.title = title
        self.aside = aside
        self._remake()

    @property
    def window(self) -> int:
        """Lines that fit."""
        return max(1, self.size.height - 2)

    @property
    def at_end(self) -> bool:
        """Whether the last line is seen."""
        return self.top >= len(self.rows) - self.window

    def lines_for(self, cells: int) -> int:
        """How many lines there would be in a pane so wide."""
        return len(self._make(max(1, cells - 4), look_of(self))) if self._make is not None else 0

    def _remake(self) -> None:
        if self._make is None or not self.size:
            return
        # As it was in the last size: of a window that has become lower the end is out of sight already.
        stick = self.follow and self._was_at_end
        self.rows = tuple(self._make(max(1, self.size.width - 4), look_of(self)))
        self._go(len(self.rows) if stick else self.top)
        self.redraw()

    def _go(self, top: int) -> None:
        self.top = max(0, min(top, len(self.rows) - self.window))
        self._was_at_end = self.at_end

    def on_resize(self) -> None:
        """Wrap anew; the end stays in sight where it was."""
        self._remake()

    def action_scroll(self, lines: int) -> None:
        """Some lines on."""
        self._go(self.top + lines)
        self.redraw()

    def action_page(self, step: int) -> None:
        """One window on."""
        self.action_scroll(step * max(1, self.window - 1))

    def action_edge(self, step: int) -> None:
        """To the end or the beginning."""
        self._go(len(self.rows) if step > 0 else 0)
        self.redraw()

    def line(self, y: int, cells: int) -> Words:
        """Frame or text."""
        look = look_of(self)
        if y == 0:
            return top_line(self._headline(), self.aside, cells, look)
        if y == self.size.height - 1:
            return bottom_line(self._outside(look), cells, look)
        number = self.top + y - 1
        words = self.rows[number] if number < len(self.rows) else BLANK
        return side_line((Span(" "), *words), cells, look)

    def _headline(self) -> Words:
        if not self.has_focus:
            return self.title
        return tuple(span._replace(role="title-focus") if span.role == "title" else span for span in self.title)

    def _outside(self, look: Look) -> Words:
        below = len(self.rows) - self.top - self.window
        parts = [f"{look.signs.more_above} {self.top}"] if self.top > 0 else []
        if below > 0:
            parts.append(f"{look.signs.more_below} {below} more")
        return (Span("  ".join(parts), "dim"),) if parts else BLANK

    def lines_of_focus(self) -> tuple[int, ...]:
        """The title: the keys scroll what is under it."""
        return (0,)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        event.stop()
        self.action_scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        event.stop()
        self.action_scroll(-3)


def awaits(what: str, cells: int) -> list[Words]:
    """What will stand in a pane that is about the row under the cursor, while there is none."""
    return wrap_words((Span(f"here stands in full {what}", "dim"),), cells)


def wrap_words(words: Words, cells: int, *, indent: int = 0) -> list[Words]:
    """``words`` (clean, one line) as lines of at most ``cells`` cells, broken at spaces where it can; from the second
    on they begin after ``indent`` blanks. Never empty."""
    indent = min(indent, cells // 2, max(0, cells - 2))
    lines: list[Words] = []
    line: list[Span] = []
    used = 0
    for token in _tokens(words):
        space = not token.text.strip(" ")
        # What fits on no line (an address) is cut where it stands, if it has some room there.
        endless = width(token.text) > cells - indent and cells - used >= _ROOM_TO_CUT
        if used + width(token.text) > cells and line and not endless:
            if space:
                continue
            lines.append(_joined(line))
            line, used = _begin(indent)
        while token.text and used + width(token.text) > cells and not space:
            room = max(1, cells - used)
            head = set_cell_size(token.text, room).rstrip() or token.text[:1]
            lines.append(_joined([*line, Span(head, token.role, token.link)]))
            token = Span(token.text[len(head) :], token.role, token.link)
            line, used = _begin(indent)
        if space and not lines and not line:
            line.append(token)  # what is indented stays so
        elif space and used == (indent if lines else 0):
            continue
        elif token.text:
            line.append(token)
        used += width(token.text)
    lines.append(_joined(line))
    return lines


def _begin(indent: int) -> tuple[list[Span], int]:
    return ([Span(" " * indent)] if indent else []), indent


def _tokens(words: Words) -> list[Span]:
    tokens: list[Span] = []
    for span in words:
        for number, part in enumerate(span.text.split(" ")):
            if number:
                tokens.append(Span(" ", span.role))
            if part:
                tokens.append(Span(part, span.role, span.link))
    return tokens


def _joined(line: Sequence[Span]) -> Words:
    """Spans drawn alike as one; blanks at the end cut."""
    joined: list[Span] = []
    for span in line:
        if joined and joined[-1][1:] == span[1:]:
            joined[-1] = Span(joined[-1].text + span.text, span.role, span.link)
        else:
            joined.append(span)
    while joined and not joined[-1].text.strip(" "):
        joined.pop()
    if joined and joined[-1].text.endswith(" "):
        joined[-1] = joined[-1]._replace(text=joined[-1].text.rstrip(" "))
    return tuple(joined)
