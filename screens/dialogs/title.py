"""Change the title: one line."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.widgets import Input

from oncall_tui.board import Board
from oncall_tui.text import MAX_TITLE, clean
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.targets import target_lines
from screens.requests import Target
from widgets.lines import BLANK
from widgets.theme import look_of


class TitleDialog(Dialog):
    """Begins with the title as it is. Gives ``{"title": text}``."""

    def __init__(self, target: Target, board: Board) -> None:
        super().__init__("Title", board)
        self.target = target

    def compose_parts(self) -> ComposeResult:
        """The incident, and the line."""
        yield Block(id="targets")
        yield Input(
            self.target.title,
            placeholder="what is broken, for whom",
            compact=True,
            max_length=MAX_TITLE,
            select_on_focus=False,
        )
        yield Block(id="gap")

    def on_mount(self) -> None:
        """The cursor at the end of the line."""
        field = self.query_one(Input)
        field.focus()
        field.cursor_position = len(field.value)

    def parts(self, cells: int) -> Sequence[Part]:
        """The incident's facts give way."""
        told = target_lines((self.target,), self.first_board, cells, look_of(self).signs)
        return (
            Part(self.query_one("#gap"), 1, 0),
            Part(self.query_one("#targets"), len(told) + 1, 1),
            Part(self.query_one(Input), 1),
        )

    def keys(self) -> Sequence[Key]:
        """``enter`` sends it."""
        return (("enter", "change it"), ("esc", "leave"))

    def draw(self) -> None:
        """The incident."""
        told = target_lines((self.target,), self.first_board, self.inner, look_of(self).signs)
        self.query_one("#targets", Block).show([*told, BLANK])

    def submit(self) -> None:
        """Change it, if it has changed."""
        title = clean(self.query_one(Input).value)
        if not title:
            self.say("the title is empty")
        elif title == self.target.title:
            self.say("it is called so already")
        else:
            self.finish({"title": title})
