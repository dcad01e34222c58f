"""Export a document: which form, which name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from oncall_tui.board import Board
from oncall_tui.text import paint_safe, wrap
from screens.dialogs.frame import Block, Dialog, Key, Part
from widgets.lines import BLANK, Span, Words

DOCUMENT: Mapping[str, str] = {"md": "Markdown", "html": "HTML", "json": "JSON"}
"""The forms of a document, by their file's ending."""
_TOLD = "Into the exports folder, for your eyes only. A file that is there is never replaced: a number is added."


class ExportDialog(Dialog):
    """Gives ``{"format": one of the forms' endings, "name": file name}``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,down", "form(1)", show=False, priority=True),
        Binding("shift+tab,up", "form(-1)", show=False, priority=True),
    ]

    def __init__(
        self, default: str, board: Board, *, title: str = "Export the handover", forms: Mapping[str, str] = DOCUMENT
    ) -> None:
        """``default``: the name that is offered; ``forms``: name by ending, the first is chosen."""
        super().__init__(title, board)
        self.default = default
        self.forms = dict(forms)
        self.form = next(iter(self.forms))

    def compose_parts(self) -> ComposeResult:
        """Forms, name, where it goes."""
        yield Block(id="forms")
        yield Input(self.default, compact=True, max_length=200, select_on_focus=False)
        yield Block(id="told")

    def on_mount(self) -> None:
        """The cursor at the end of the name."""
        field = self.query_one(Input)
        field.focus()
        field.cursor_position = len(field.value)

    def parts(self, cells: int) -> Sequence[Part]:
        """Where it goes gives way."""
        return (
            Part(self.query_one("#told"), len(self._told(cells)), 0),
            Part(self.query_one("#forms"), 2, 1),
            Part(self.query_one(Input), 1),
        )

    def keys(self) -> Sequence[Key]:
        """``enter`` writes it."""
        return (("enter", "write the file"), ("tab", "form"), ("esc", "leave"))

    def draw(self) -> None:
        """The forms, and where it goes."""
        words: list[Span] = []
        for form, name in self.forms.items():
            words.append(Span(f" {name} ", "cursor-title" if form == self.form else "dim"))
        self.query_one("#forms", Block).show([tuple(words)])
        self.query_one("#told", Block).show(self._told(self.inner))

    def _told(self, cells: int) -> list[Words]:
        return [BLANK, *((Span(line, "dim"),) for line in wrap(_TOLD, cells)), BLANK]

    def action_form(self, step: int) -> None:
        """Another form: the name's ending follows."""
        endings = list(self.forms)
        self.form = endings[(endings.index(self.form) + step) % len(endings)]
        field = self.query_one(Input)
        stem, dot, ending = field.value.rpartition(".")
        field.value = f"{stem if dot and ending in endings else field.value}.{self.form}"
        field.cursor_position = len(field.value)
        self.draw()

    def submit(self) -> None:
        """Write it, if it can be a file's name."""
        name = self.query_one(Input).value.strip()
        problem = name_problem(name)
        if problem is not None:
            self.say(problem)
            return
        self.finish({"format": self.form, "name": name if "." in name else f"{name}.{self.form}"})


def name_problem(name: str) -> str | None:
    """Why that cannot be the name of a file in the exports folder, or ``None``. Pure."""
    if not name or name in (".", ".."):
        return "the name is empty"
    if "/" in name or "\0" in name:
        return "a name, not a path: it goes into the exports folder"
    if paint_safe(name) != name:
        return "the name holds control characters"
    if name.startswith(("-", ".")):
        return "a name that begins with a letter or a digit"
    return "longer than 200 bytes" if len(os.fsencode(name)) > 200 else None
