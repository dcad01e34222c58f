"""Send the handover, or a post-mortem: through which channel, to whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from oncall_tui.board import Board, ChannelView
from oncall_tui.model import Verb
from oncall_tui.text import clean, width, wrap
from screens.dialogs.choices import Choices, up_down
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.telling import MAX_LINE, addresses, named
from widgets.lines import BLANK, Span, Words
from widgets.messages import CursorMoved
from widgets.table import Column

_ASKS = {"to": "to (mail addresses)", "room": "into the room"}


class SendHandoverDialog(Dialog):
    """Gives ``{"channel": ChannelView, "to": [addresses], "room": room or None}``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("enter", "send", show=False),
    ]

    def __init__(self, told: str, board: Board, *, title: str = "Send the handover") -> None:
        """``told``: what is sent, in one line."""
        super().__init__(title, board)
        self.told = told
        self.channels = tuple(one for one in board.channels if one.can(Verb.MESSAGE))

    def compose_parts(self) -> ComposeResult:
        """What is sent, the channels, to whom."""
        yield Block(id="told")
        yield Choices(lambda row: row.name, self._columns_of, lambda: ())
        yield Block(id="reach")
        yield Input(compact=True, max_length=MAX_LINE, select_on_focus=False)
        yield Block(id="gap")

    @property
    def choices(self) -> Choices[ChannelView]:
        """The channels."""
        return self.query_one(Choices)

    @property
    def field(self) -> Input:
        """Others than the channel's own."""
        return self.query_one(Input)

    def on_mount(self) -> None:
        """The first channel."""
        self.choices.show(self.channels)
        self._follow()

    def _follow(self) -> None:
        """The line is there where the channel takes it."""
        row = self.choices.cursor
        takes = row is not None and bool(row.named_by)
        self.field.disabled = not takes
        if row is not None:
            self.field.placeholder = row.place or "must be named"
        (self.field if takes else self.choices).focus()
        self.fit()

    def parts(self, cells: int) -> Sequence[Part]:
        """What is sent gives way."""
        row = self.choices.cursor
        takes = row is not None and bool(row.named_by)
        return (
            Part(self.query_one("#gap"), 1, 0),
            Part(self.query_one("#told"), len(wrap(self.told, cells)) + 1, 0),
            Part(self.choices, min(6, len(self.channels)), min(3, len(self.channels))),
            Part(self.query_one("#reach"), 2, 1),
            Part(self.field, 1 if takes else 0, 1 if takes else 0),
        )

    def keys(self) -> Sequence[Key]:
        """``enter`` sends it."""
        return (("enter", "send"), (up_down(self), "channel"), ("esc", "leave"))

    def draw(self) -> None:
        """What is sent, and whom it reaches."""
        lines: list[Words] = [(Span(line, "dim"),) for line in wrap(self.told, self.inner)]
        self.query_one("#told", Block).show([*lines, BLANK])
        self._draw_reach()

    def _draw_reach(self) -> None:
        row = self.choices.cursor
        if row is None:
            return
        where = clean(self.field.value, MAX_LINE) if row.named_by else ""
        words: Words = (Span(f"reaches {where or row.place or 'nobody yet'}, by {named(row)}", "strong"),)
        block = self.query_one("#reach", Block)
        tall = block.styles.height is not None and block.styles.height.value > 1
        block.show([BLANK, words] if tall else [words])

    def _columns_of(self, cells: int) -> Sequence[Column[ChannelView]]:
        names = min(20, max(width(named(row)) for row in self.channels))
        return (
            Column("", names, lambda row, look: (Span(named(row)),), here=True),
            Column("", 0, lambda row, look: (Span(row.place or _ASKS.get(row.named_by, ""), "dim"),), gap=2),
        )

    def typed(self, field: Input) -> None:
        """Somebody else."""
        self._draw_reach()

    def action_move(self, step: int) -> None:
        """Another channel."""
        self.choices.action_move(step)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another channel: what was typed for the one before is not for this one."""
        event.stop()
        self.field.value = ""
        self._follow()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """``enter``, or a double click."""
        event.stop()
        self.submit()

    def action_send(self) -> None:
        """``enter`` elsewhere."""
        self.submit()

    def submit(self) -> None:
        """Send it, once somebody is reached."""
        row = self.choices.cursor
        if row is None:
            return
        typed = clean(self.field.value, MAX_LINE) if row.named_by else ""
        if row.named_by and not typed and not row.place:
            self.say(f"{row.name}: the config names nobody: type {_ASKS[row.named_by]}")
            return
        to = addresses(typed) if row.named_by == "to" else []
        self.finish({"channel": row, "to": to, "room": typed or None if row.named_by == "room" else None})
