"""What a page was worth: one key says it, ``tab`` first for a word on why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from oncall_tui.board import AlertRow, Board
from oncall_tui.policy.judging import MEANS
from oncall_tui.policy.marks import MarkKind
from oncall_tui.text import MAX_TITLE, clean, wrap
from screens.dialogs.choices import Choices
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.targets import target_lines
from screens.requests import Target
from widgets.lines import BLANK, Span, Words
from widgets.table import Column
from widgets.theme import look_of

_KEYS = {MarkKind.REAL: "r", MarkKind.NOISE: "n", MarkKind.DUPLICATE: "d", MarkKind.FIX_ALERT: "f"}


class _Choice(NamedTuple):
    key: str
    kind: MarkKind


_CHOICES = tuple(_Choice(_KEYS[kind], kind) for kind in MEANS)


class NoiseDialog(Dialog):
    """Gives ``{"kind": MarkKind's value, "why": str}``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(one.key, f"say_it('{one.kind.name}')", show=False) for one in _CHOICES),
        Binding("tab,shift+tab", "turn", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(self, incidents: tuple[Target, ...], alerts: tuple[AlertRow, ...], board: Board) -> None:
        super().__init__("What was it?", board)
        self.incidents = incidents
        self.alerts = alerts

    def compose_parts(self) -> ComposeResult:
        """What is judged, the four judgements, why, where it is kept."""
        yield Block(id="targets")
        yield Choices(lambda row: row.key, self._columns_of, lambda: ())
        yield Input(placeholder="why (tab)", compact=True, max_length=MAX_TITLE, select_on_focus=False)
        yield Block(id="where")

    @property
    def choices(self) -> Choices[_Choice]:
        """The four."""
        return self.query_one(Choices)

    def on_mount(self) -> None:
        """On what is asked for most."""
        self.choices.show(_CHOICES)
        self.choices.put_cursor(_KEYS[MarkKind.NOISE])
        self.choices.focus()
        self.fit()

    def parts(self, cells: int) -> Sequence[Part]:
        """What is judged gives way first."""
        told, where = self._targets(cells), self._where(cells)
        return (
            Part(self.query_one("#targets"), min(8, len(told)) + 1, min(2, len(told))),
            Part(self.query_one("#where"), len(where) + 1, 1),
            Part(self.query_one(Input), 1),
            Part(self.choices, len(_CHOICES), len(_CHOICES)),
        )

    def keys(self) -> Sequence[Key]:
        """A letter says it."""
        letters = " ".join(one.key for one in _CHOICES)
        return ((letters, "say it"), ("tab", "why"), ("enter", "the one marked"), ("esc", "leave"))

    def draw(self) -> None:
        """What is judged, and where that is kept."""
        block = self.query_one("#targets", Block)
        lines = self._targets(self.inner)
        room = int(block.styles.height.value) if block.styles.height is not None else len(lines)
        if len(lines) > room:
            lines = [*lines[: max(0, room - 1)], (Span(f"and {len(lines) - max(0, room - 1)} more", "dim"),)]
        block.show(lines)
        self.query_one("#where", Block).show([BLANK, *self._where(self.inner)])

    def _targets(self, cells: int) -> list[Words]:
        found = [*self.incidents, *(_target(row) for row in self.alerts)]
        return target_lines(found, self.first_board, cells, look_of(self).signs)

    def _where(self, cells: int) -> list[Words]:
        told = []
        if self.incidents:
            told.append("It goes on the timeline, as a note.")
        if self.alerts and not self.incidents:
            which = "It belongs" if len(self.alerts) == 1 else "They belong"
            told.append(f"{which} to no incident: kept here, for handover and metrics.")
        elif self.alerts:
            told.append(f"{len(self.alerts)} without an incident: kept here, for handover and metrics.")
        return [(Span(line, "dim"),) for text in told for line in wrap(text, cells)]

    def _columns_of(self, cells: int) -> Sequence[Column[_Choice]]:
        return (
            Column("", 1, lambda row, look: (Span(row.key, "key"),)),
            Column("", 13, lambda row, look: (Span(row.kind.value),), here=True, gap=2),
            Column("", 0, lambda row, look: (Span(MEANS[row.kind], "dim"),), gap=2),
        )

    # -- keys ------------------------------------------------------------------------------------------------

    def action_say_it(self, kind: str) -> None:
        """One key."""
        self._say_it(MarkKind[kind])

    def action_turn(self) -> None:
        """Between the list and the line."""
        field = self.query_one(Input)
        (self.choices if field.has_focus else field).focus()

    def action_move(self, step: int) -> None:
        """Up or down, also from the line."""
        self.choices.action_move(step)

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """``enter``, or a double click."""
        event.stop()
        self.submit()

    def submit(self) -> None:
        """The one under the cursor."""
        row = self.choices.cursor
        if row is not None:
            self._say_it(row.kind)

    def _say_it(self, kind: MarkKind) -> None:
        self.finish({"kind": kind.value, "why": clean(self.query_one(Input).value)})


def _target(row: AlertRow) -> Target:
    return Target(id=row.ids[0], source=row.source, title=row.name, service=row.service, row=row)
