"""One question, one key: what is about to happen, to what, and who is woken."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from oncall_tui.text import width, wrap
from screens.base import OncallDialog
from screens.requests import Answer
from widgets.lines import BLANK, Lines, Span, Words
from widgets.pane import bottom_line, side_line, top_line
from widgets.theme import look_of

_KEYS = "y yes   esc no"


class ConfirmBox(Lines):
    """A framed question. As wide as its longest line, within the screen."""

    DEFAULT_CSS = """
    ConfirmBox { background: $surface; }
    """

    def __init__(self, title: str, body: Sequence[str]) -> None:
        super().__init__()
        self.question = title
        self.body = tuple(body)

    def fitted(self, cells: int, height: int) -> tuple[int, int]:
        """Its width and height on a screen of that size."""
        longest = max(width(text) for text in (self.question, *self.body, _KEYS))
        inner = max(4, min(76, cells - 6, longest))
        return min(cells, inner + 4), min(height, len(self._wrapped(inner)) + 4)

    def _wrapped(self, inner: int) -> list[str]:
        return [line for text in self.body for line in wrap(text, max(1, inner))]

    def line(self, y: int, cells: int) -> Words:
        """Frame, body, and the keys in the last line before the frame's end."""
        look = look_of(self)
        height = self.size.height
        if y == 0:
            return top_line((Span(self.question, "title-focus"),), BLANK, cells, look)
        if y == height - 1:
            return bottom_line(BLANK, cells, look)
        if y == height - 2:
            keys = (Span(" "), Span("y", "key"), Span(" yes   "), Span("esc", "key"), Span(" no"))
            return side_line(keys, cells, look)
        body = self._wrapped(cells - 4)
        room = height - 4
        if len(body) > room > 0:
            body = [*body[: room - 1], f"and {len(body) - room + 1} lines more"]
        text = body[y - 1] if y - 1 < min(len(body), max(0, room)) else ""
        return side_line((Span(" "), Span(text, "strong" if y == 1 else "text")), cells, look)


HOLD_S = 0.3
"""A ``y`` that comes sooner after the question was typed before it was read."""


class ConfirmScreen(OncallDialog[Answer | None]):
    """``y`` gives ``answer``; ``esc`` and ``n`` go back. The key that opened it never confirms: a key held down
    too long repeats itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,Y", "answer(True)", show=False),
        Binding("n,N,escape,q", "answer(False)", show=False),
    ]

    def __init__(self, title: str, body: Sequence[str], *, answer: Answer | None = None) -> None:
        super().__init__()
        self.box = ConfirmBox(title, body)
        self.answer = answer or Answer()

    def compose(self) -> ComposeResult:
        """The box alone."""
        yield self.box

    def on_mount(self) -> None:
        """Fit the box into the screen."""
        self._since = monotonic()
        self._fit()

    def on_resize(self) -> None:
        """Fit the box into the screen."""
        self._fit()

    def _fit(self) -> None:
        cells, height = self.box.fitted(self.size.width, self.size.height)
        self.box.styles.width, self.box.styles.height = cells, height

    def action_answer(self, yes: bool) -> None:
        """Give the answer back."""
        if yes and monotonic() - self._since < HOLD_S:
            return
        self.dismiss(self.answer if yes else None)
