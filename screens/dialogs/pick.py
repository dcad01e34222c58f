"""A line to type in and a list under it that it finds in: the form that several dialogs have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from oncall_tui.board import Board
from screens.dialogs.choices import Choices, up_down
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.targets import target_lines
from screens.requests import Target
from widgets.lines import BLANK, Span, Words
from widgets.messages import CursorMoved
from widgets.theme import look_of

Row = TypeVar("Row")


class PickDialog(Dialog, Generic[Row]):
    """The targets, a line, a list, and a sentence on what follows from the row under the cursor."""

    PLACEHOLDER: ClassVar[str] = "type to find"
    MOST_ROWS: ClassVar[int] = 10
    FOLLOWS: ClassVar[int] = 1
    """Lines of the sentence."""
    DOES: ClassVar[str] = "choose"
    """What ``enter`` does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
    ]

    def __init__(self, title: str, targets: tuple[Target, ...], board: Board) -> None:
        super().__init__(title, board)
        self.targets = targets
        self.at_most = self.MOST_ROWS

    # -- for a dialog to override ----------------------------------------------------------------------------

    def make_list(self) -> Choices[Row]:
        """The list, without rows yet."""
        raise NotImplementedError

    def found(self, typed: str) -> tuple[Row, ...]:
        """The rows for what was typed, the likeliest first."""
        raise NotImplementedError

    def follows(self, row: Row | None) -> list[Words]:
        """What follows from choosing ``row``, in at most :attr:`FOLLOWS` lines."""
        return []

    def params(self, row: Row) -> dict[str, object] | str:
        """The answer's parameters; or one line that says why it cannot be."""
        raise NotImplementedError

    # -- parts -----------------------------------------------------------------------------------------------

    def compose_parts(self) -> ComposeResult:
        """From the top: targets, line, list, what follows."""
        yield Block(id="targets")
        yield Input(placeholder=self.PLACEHOLDER, compact=True, max_length=80, select_on_focus=False)
        yield self.make_list()
        yield Block(id="follows")

    @property
    def choices(self) -> Choices[Row]:
        """The list."""
        return self.query_one(Choices)

    def on_mount(self) -> None:
        """Everything is offered at first."""
        rows = self.found("")
        self.at_most = min(self.MOST_ROWS, max(1, len(rows)))
        self.choices.show(rows)
        self.query_one(Input).focus()
        self.fit()

    def parts(self, cells: int) -> Sequence[Part]:
        """The targets give way first, then the list."""
        told = self._targets(cells)
        return (
            Part(self.query_one("#targets"), len(told) + 1, 1),
            Part(self.choices, self.at_most, min(3, self.at_most)),
            Part(self.query_one("#follows"), max(3, self.FOLLOWS + 1), self.FOLLOWS),
            Part(self.query_one(Input), 1),
        )

    def keys(self) -> Sequence[Key]:
        """``enter`` takes the row under the cursor."""
        return (("enter", self.DOES), (up_down(self), "choose"), ("esc", "leave"))

    def _targets(self, cells: int) -> list[Words]:
        return target_lines(self.targets, self.first_board, cells, look_of(self).signs)

    def draw(self) -> None:
        """The targets, and what follows."""
        block = self.query_one("#targets", Block)
        lines = self._targets(self.inner)
        room = int(block.styles.height.value) if block.styles.height is not None else len(lines)
        if len(self.targets) > 1 and len(lines) > room:
            lines = [*lines[: max(0, room - 1)], (Span(f"and {len(lines) - max(0, room - 1)} more", "dim"),)]
        block.show(lines)
        self._draw_follows()

    def _draw_follows(self) -> None:
        block = self.query_one("#follows", Block)
        lines = self.follows(self.choices.cursor)[: self.FOLLOWS]
        height = block.styles.height
        block.show([BLANK, *lines] if height is not None and height.value > self.FOLLOWS else lines)

    # -- keys ------------------------------------------------------------------------------------------------

    def typed(self, field: Input) -> None:
        """Offer what fits, the likeliest under the cursor."""
        self.choices.show(self.found(field.value))
        self.choices.action_edge(-1)
        self._draw_follows()

    def action_move(self, step: int) -> None:
        """Up or down the list."""
        self.choices.action_move(step)

    def action_page(self, step: int) -> None:
        """A window up or down the list."""
        self.choices.action_page(step)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Something else would follow."""
        event.stop()
        self._draw_follows()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """A double click in the list."""
        event.stop()
        self.submit()

    def submit(self) -> None:
        """The row under the cursor is meant."""
        row = self.choices.cursor
        if row is None:
            self.say(self.nothing_fits())
            return
        params = self.params(row)
        if isinstance(params, str):
            self.say(params)
        else:
            self.finish(params)

    def nothing_fits(self) -> str:
        """Why ``enter`` did nothing."""
        return "nothing fits what was typed"
