"""Silence an alert group: which labels are matched, for how long, why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from oncall_tui.board import AlertRow, Board
from oncall_tui.text import MAX_TITLE, clean, width, wrap
from screens.dialogs.choices import up_down
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.targets import target_lines
from screens.dialogs.times import Stretch, offered, read_stretch
from screens.requests import Target
from widgets.lines import Span, Words, clip_words
from widgets.theme import look_of

LENGTHS = (
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(days=1),
)
FIRST = 2
"""Which of them is there at first."""


class SilenceDialog(Dialog):
    """Two lines, reason and length. Gives ``{"seconds": n, "reason": text, "labels": {…}}``."""

    DEFAULT_CSS = """
    SilenceDialog #reason, SilenceDialog #length { height: 1; layout: horizontal; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab", "other", show=False, priority=True),
        Binding("down", "step(1)", show=False, priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
    ]

    def __init__(self, target: Target, board: Board) -> None:
        super().__init__("Silence", board)
        self.target = target
        self.labels = dict(sorted(target.labels.items()))
        self.offered = offered(LENGTHS, board.minute, board.zone)

    def compose_parts(self) -> ComposeResult:
        """The alert, its labels, then the two lines, each under its name."""
        yield Block(id="targets")
        yield Block(id="labels")
        yield Block(id="why")
        yield Input(
            placeholder="why, and what ends it", compact=True, max_length=MAX_TITLE, select_on_focus=False, id="reason"
        )
        yield Block(id="until")
        yield Input(self.offered[FIRST].name, compact=True, max_length=20, select_on_focus=False, id="length")
        yield Block(id="gap")

    def on_mount(self) -> None:
        """The reason is asked first: a length is there already."""
        self.reason.focus()
        self.length.cursor_position = len(self.length.value)

    @property
    def reason(self) -> Input:
        """Why."""
        return self.query_one("#reason", Input)

    @property
    def length(self) -> Input:
        """For how long."""
        return self.query_one("#length", Input)

    def parts(self, cells: int) -> Sequence[Part]:
        """The labels give way to the two lines."""
        told = target_lines((self.target,), self.first_board, cells, look_of(self).signs)
        labels = self._labels(cells)
        return (
            Part(self.query_one("#gap"), 1, 0),
            Part(self.query_one("#targets"), len(told) + 1, 1),
            Part(self.query_one("#labels"), min(10, len(labels)) + 1, 1),
            Part(self.query_one("#why"), 1, 0),
            Part(self.query_one("#until"), 1),
            Part(self.reason, 1),
            Part(self.length, 1),
        )

    def keys(self) -> Sequence[Key]:
        """``enter`` sends it, from both lines."""
        return (("enter", "silence"), ("tab", "other line"), (up_down(self), "length"), ("esc", "leave"))

    def draw(self) -> None:
        """The alert, its labels, and when the silence ends."""
        self.query_one("#targets", Block).show(
            target_lines((self.target,), self.first_board, self.inner, look_of(self).signs)
        )
        block = self.query_one("#labels", Block)
        lines = self._labels(self.inner)
        room = int(block.styles.height.value) if block.styles.height is not None else len(lines)
        if len(lines) > room:
            lines = [*lines[: room - 1], (Span(f"and {len(lines) - room + 1} lines more", "dim"),)]
        block.show(lines)
        self.query_one("#why", Block).show([(Span("Why", "label"),)])
        self._draw_until()

    def _labels(self, cells: int) -> list[Words]:
        if not self.labels:
            return [(Span(line, "stale"),) for line in wrap("No label is shared: it would match everything.", cells)]
        row = self.target.row
        count = f" ({len(row.ids)} alerts now)" if isinstance(row, AlertRow) and len(row.ids) > 1 else ""
        lines: list[Words] = [(Span(f"Mutes what has all of these labels{count}", "label"),)]
        names = min(24, max(width(name) for name in self.labels))
        for name, value in self.labels.items():
            words = (Span(f"  {clean(name).ljust(names)}  ", "dim"), Span(clean(value) or '""'))
            lines.append(clip_words(words, cells))
        return lines

    def _draw_until(self) -> None:
        words: list[Span] = [Span("For  ", "label")]
        try:
            told = self._stretch()
            words.append(Span(told.until(self.board.minute, self.board.zone), "match"))
        except ValueError:
            words.append(Span("45m, 2h, 1d, 18:00", "stale"))
        self.query_one("#until", Block).show([tuple(words)])

    def _stretch(self) -> Stretch:
        board = self.board
        return read_stretch(self.length.value, board.minute, board.zone)

    def typed(self, field: Input) -> None:
        """Another end."""
        if field is self.length:
            self._draw_until()

    def action_other(self) -> None:
        """To the other line."""
        (self.reason if self.length.has_focus else self.length).focus()

    def action_step(self, step: int) -> None:
        """A longer or a shorter one of the usual lengths."""
        names = [one.name for one in self.offered]
        here = names.index(self.length.value) if self.length.value in names else FIRST - step
        self.length.value = names[(here + step) % len(names)]
        self.length.cursor_position = len(self.length.value)

    def submit(self) -> None:
        """Silence it, once it has a reason and an end."""
        reason = clean(self.reason.value)
        try:
            told = self._stretch()
        except ValueError:
            self.say("not a length of time: 45m, 2h, 1d, 18:00")
            self.length.focus()
            return
        if not self.labels:
            self.say("no label is shared: it would match everything")
        elif not reason:
            self.say("a silence needs a reason")
            self.reason.focus()
        else:
            self.finish({"seconds": told.seconds, "reason": reason, "labels": self.labels})
