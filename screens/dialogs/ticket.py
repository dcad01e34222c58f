"""A ticket of an action item: through which channel, and what it will say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from oncall_tui.board import Board, ChannelView
from oncall_tui.model import Verb
from oncall_tui.postmortem import StandingItem, owner_of, ticket_title
from oncall_tui.text import width
from screens.dialogs.choices import Choices, up_down
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.reading import facts_lines
from screens.telling import named
from widgets.lines import BLANK, Span, Words
from widgets.table import Column


class TicketDialog(Dialog):
    """``enter`` makes it: ``{"channel": its name}``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(self, item: StandingItem, board: Board) -> None:
        super().__init__("Ticket of an action item", board)
        self.item = item
        self.channels = tuple(one for one in board.channels if one.can(Verb.TICKET))

    def compose_parts(self) -> ComposeResult:
        """What it will say, and the channels."""
        yield Block(id="told")
        yield Choices(lambda row: row.name, self._columns_of, lambda: ())

    @property
    def choices(self) -> Choices[ChannelView]:
        """The channels."""
        return self.query_one(Choices)

    def on_mount(self) -> None:
        """The first channel."""
        self.choices.show(self.channels)
        self.choices.focus()

    def parts(self, cells: int) -> Sequence[Part]:
        """What it will say gives way."""
        return (
            Part(self.query_one("#told"), len(self._told(cells)), 1),
            Part(self.choices, min(6, len(self.channels)), 1),
        )

    def keys(self) -> Sequence[Key]:
        """``enter`` makes it."""
        more: Sequence[Key] = ((up_down(self), "channel"),) if len(self.channels) > 1 else ()
        return (("enter", "make the ticket"), *more, ("esc", "leave"))

    def draw(self) -> None:
        """What it will say."""
        self.query_one("#told", Block).show(self._told(self.inner))

    def _told(self, cells: int) -> list[Words]:
        owner = owner_of(self.item.owner, self.first_board.directories.values())
        facts = (
            ("title", ticket_title(self.item.noted)),
            ("owner", owner or "nobody: none is noted"),
            ("due", str(self.item.due) if self.item.due is not None else "no date"),
        )
        told = "Its key goes on the incident's timeline, where everybody sees it."
        return [*facts_lines(facts, cells), BLANK, (Span(told, "dim"),), BLANK]

    def _columns_of(self, cells: int) -> Sequence[Column[ChannelView]]:
        names = min(24, max(width(named(row)) for row in self.channels))
        return (
            Column("", names, lambda row, look: (Span(named(row)),), here=True),
            Column("", 0, lambda row, look: (Span(row.place, "dim"),), gap=2),
        )

    def action_move(self, step: int) -> None:
        """Another channel."""
        self.choices.action_move(step)

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """``enter``, or a double click."""
        event.stop()
        self.submit()

    def submit(self) -> None:
        """Make it."""
        row = self.choices.cursor
        if row is not None:
            self.finish({"channel": row.name})
