"""Accept a handover: where the receipt goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from oncall_tui.board import Board
from oncall_tui.handover import NOTES, NOWHERE, Handed, still_open, takes_notes
from oncall_tui.handover.handed import HandedIncident
from oncall_tui.model import Verb
from oncall_tui.text import clip, width, wrap
from screens.dialogs.choices import Choices, up_down
from screens.dialogs.frame import Block, Dialog, Key, Part
from widgets.lines import BLANK, Span, Words
from widgets.table import Column

_NAMED = 2
"""So many of those that are over are named; they are all on the screen behind."""
_TITLE = 40
"""Cells of each."""


class Receipt(NamedTuple):
    """One way to tell the others."""

    name: str
    told: str


def receipts(handed: Handed, board: Board) -> tuple[Receipt, ...]:
    """The ways that there are, the likeliest first. Pure."""
    channels = [
        Receipt(one.name, f"a message to {one.place}") for one in board.channels if one.can(Verb.MESSAGE) and one.place
    ]
    able = [one for one in still_open(handed, board).open if takes_notes(board, one)]
    notes = [Receipt(NOTES, f"a note on {len(able)} open incident{'' if len(able) == 1 else 's'}")] if able else []
    return (*channels, *notes, Receipt(NOWHERE, "in the audit here only"))


def taken_over(handed: Handed, board: Board) -> str:
    """What is the next seat's from then on, and what of the text is not: it was written before. Pure."""
    still = still_open(handed, board)
    count, items = len(still.open), len(handed.document.action_items)
    told = (
        f"{count} open incident{'' if count == 1 else 's'} and {items} action item{'' if items == 1 else 's'} are "
        "yours from then on. "
    )
    if still.over:
        told += f"Resolved since it was written: {_titles(still.over)}. "
    if still.unknown:
        told += f"Not on the list here: {_titles(still.unknown)}. "
    return f"{told}It is kept and audited here; the others read a receipt:"


def _titles(gone: Sequence[HandedIncident]) -> str:
    more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
    return ", ".join(clip(one.title, _TITLE) for one in gone[:_NAMED]) + more


class AcceptDialog(Dialog):
    """Gives ``{"receipt": name}``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False, priority=True),
        Binding("up,k", "move(-1)", show=False, priority=True),
        Binding("enter", "accept", show=False),
    ]

    def __init__(self, handed: Handed, board: Board) -> None:
        super().__init__(f"Take over from {handed.user}?", board)
        self.told = taken_over(handed, board)
        self.ways = receipts(handed, board)

    def compose_parts(self) -> ComposeResult:
        """What it means, and the ways."""
        yield Block(id="told")
        yield Choices(lambda row: row.name, self._columns_of, lambda: ())
        yield Block(id="gap")

    @property
    def choices(self) -> Choices[Receipt]:
        """The ways."""
        return self.query_one(Choices)

    def on_mount(self) -> None:
        """The first way."""
        self.choices.show(self.ways)
        self.choices.focus()
        self.fit()

    def parts(self, cells: int) -> Sequence[Part]:
        """What it means gives way."""
        return (
            Part(self.query_one("#gap"), 1, 0),
            Part(self.query_one("#told"), len(wrap(self.told, cells)) + 1, 1),
            Part(self.choices, min(6, len(self.ways)), min(3, len(self.ways))),
        )

    def keys(self) -> Sequence[Key]:
        """``enter`` accepts."""
        return (("enter", "accept"), (up_down(self), "receipt"), ("esc", "leave"))

    def draw(self) -> None:
        """What it means."""
        lines: list[Words] = [(Span(line),) for line in wrap(self.told, self.inner)]
        self.query_one("#told", Block).show([*lines, BLANK])

    def _columns_of(self, cells: int) -> Sequence[Column[Receipt]]:
        names = min(20, max(width(row.name) for row in self.ways))
        return (
            Column("", names, lambda row, look: (Span(row.name),), here=True),
            Column("", 0, lambda row, look: (Span(row.told, "dim"),), gap=2),
        )

    def action_move(self, step: int) -> None:
        """Another way."""
        self.choices.action_move(step)

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """``enter``, or a double click."""
        event.stop()
        self.action_accept()

    def action_accept(self) -> None:
        """This way."""
        row = self.choices.cursor
        if row is not None:
            self.finish({"receipt": row.name})
