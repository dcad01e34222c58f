"""One line of text."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.widgets import Input

from oncall_tui.board import Board
from oncall_tui.text import MAX_TITLE, clean, wrap
from screens.dialogs.frame import Block, Dialog, Key, Part
from widgets.lines import BLANK, Span, Words


class LineDialog(Dialog):
    """Gives ``{"text": line}``. ``begin``: what stands there already; ``does``: what ``enter`` does with it."""

    def __init__(self, title: str, told: str, board: Board, *, begin: str = "", does: str = "add") -> None:
        super().__init__(title, board)
        self.told = told
        self.begin = begin
        self.does = does

    def compose_parts(self) -> ComposeResult:
        """The line, and what it is for."""
        yield Input(self.begin, compact=True, max_length=MAX_TITLE, select_on_focus=False)
        yield Block(id="told")

    def on_mount(self) -> None:
        """Type at once."""
        field = self.query_one(Input)
        field.focus()
        field.cursor_position = len(field.value)

    def parts(self, cells: int) -> Sequence[Part]:
        """What it is for gives way."""
        return (
            Part(self.query_one("#told"), len(self._lines(cells)), 0),
            Part(self.query_one(Input), 1),
        )

    def keys(self) -> Sequence[Key]:
        """``enter`` gives it."""
        return (("enter", self.does), ("esc", "leave"))

    def draw(self) -> None:
        """What it is for."""
        self.query_one("#told", Block).show(self._lines(self.inner))

    def _lines(self, cells: int) -> list[Words]:
        return [BLANK, *((Span(line, "dim"),) for line in wrap(self.told, cells)), BLANK]

    def submit(self) -> None:
        """Give it, if there is something."""
        text = clean(self.query_one(Input).value)
        if text:
            self.finish({"text": text})
        else:
            self.say("the line is empty")
