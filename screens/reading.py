"""A framed text over the screen: help, links, the facts of a row. Scrolls where it does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from oncall_tui.text import width, wrap
from screens.base import OncallDialog
from widgets.lines import BLANK, Lines, Span, Words, words_width
from widgets.pane import bottom_line, side_line, top_line
from widgets.theme import look_of


class ReadingBox(Lines, can_focus=True):
    """The frame and the window on its lines."""

    DEFAULT_CSS = """
    ReadingBox { background: $surface; }
    """

    def __init__(self, title: str, body: Sequence[Words]) -> None:
        super().__init__()
        self.heading = title
        self.body = tuple(body)
        self.top = 0

    def fitted(self, cells: int, height: int) -> tuple[int, int]:
        """Its width and height on a screen of that size."""
        longest = max((words_width(line) for line in self.body), default=0)
        return min(cells, max(longest, width(self.heading) + 2, 28) + 4), min(height, len(self.body) + 2)

    @property
    def window(self) -> int:
        """Lines of text that fit."""
        return max(1, self.size.height - 2)

    def scroll_by(self, lines: int) -> None:
        """Move the window."""
        top = max(0, min(self.top + lines, len(self.body) - self.window))
        if top != self.top:
            self.top = top
            self.redraw()

    def line(self, y: int, cells: int) -> Words:
        """Frame and text."""
        look = look_of(self)
        if y == 0:
            return top_line(
                (Span(self.heading, "title-focus"),), (Span("esc", "key"), Span(" back", "dim")), cells, look
            )
        if y == self.size.height - 1:
            below = len(self.body) - self.top - self.window
            note = f"{look.signs.more_below} {below} more" if below > 0 else ""
            if self.top:
                note = f"{look.signs.more_above} {self.top}  {note}".rstrip()
            return bottom_line((Span(note, "dim"),) if note else BLANK, cells, look)
        number = self.top + y - 1
        words = self.body[number] if number < len(self.body) else BLANK
        return side_line((Span(" "), *words), cells, look)


class ReadingScreen(OncallDialog[None]):
    """Shows ``body`` until ``esc``, ``q`` or ``enter``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark", "close", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("home,g", "scroll(-100000)", show=False),
        Binding("end,G", "scroll(100000)", show=False),
    ]

    def __init__(self, title: str, body: Sequence[Words]) -> None:
        super().__init__()
        self.box = ReadingBox(title, body)

    def compose(self) -> ComposeResult:
        """The box alone."""
        yield self.box

    def on_mount(self) -> None:
        """Fit the box into the screen."""
        self._fit()

    def on_resize(self) -> None:
        """Fit the box into the screen."""
        self._fit()

    def _fit(self) -> None:
        self.box.styles.width, self.box.styles.height = self.box.fitted(self.size.width, self.size.height)
        self.call_after_refresh(self.box.scroll_by, 0)

    def action_scroll(self, lines: int) -> None:
        """Some lines on."""
        self.box.scroll_by(lines)

    def action_page(self, step: int) -> None:
        """One window on."""
        self.box.scroll_by(step * max(1, self.box.window - 1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        self.box.scroll_by(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        self.box.scroll_by(-3)

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)


def facts_lines(facts: Sequence[tuple[str, str]], cells: int) -> list[Words]:
    """Pairs of a label and its (outside, clean) text as lines of at most ``cells`` cells; empty texts are left out."""
    told = [(label, text) for label, text in facts if text]
    names = max((width(label) for label, _ in told), default=0)
    lines: list[Words] = []
    for label, text in told:
        for number, part in enumerate(wrap(text, max(8, cells - names - 2))):
            head = label if number == 0 else ""
            lines.append((Span(head.ljust(names) + "  ", "label"), Span(part, "text")))
    return lines
