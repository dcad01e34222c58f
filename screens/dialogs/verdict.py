"""What became of a hypothesis: one key says it, ``tab`` first for a word on why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from oncall_tui.board import Board
from oncall_tui.policy.conclusions import Hypothesis, Verdict
from oncall_tui.text import MAX_TITLE, clean
from screens.dialogs.choices import Choices
from screens.dialogs.frame import Block, Dialog, Key, Part
from widgets.lines import BLANK, Span, Words
from widgets.table import Column
from widgets.textpane import wrap_words


class _Choice(NamedTuple):
    key: str
    verdict: Verdict
    means: str


_CHOICES = (
    _Choice("c", Verdict.CONFIRMED, "it is so"),
    _Choice("r", Verdict.RULED_OUT, "it is not"),
    _Choice("o", Verdict.OPEN, "not known, again"),
)


class VerdictDialog(Dialog):
    """Gives ``{"verdict": Verdict's value, "why": str}``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(one.key, f"say_it('{one.verdict.name}')", show=False) for one in _CHOICES),
        Binding("tab,shift+tab", "turn", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(self, hypothesis: Hypothesis, board: Board) -> None:
        super().__init__("Verdict", board)
        self.hypothesis = hypothesis

    def compose_parts(self) -> ComposeResult:
        """The hypothesis, the verdicts, why."""
        yield Block(id="told")
        yield Choices(lambda row: row.key, self._columns_of, lambda: ())
        yield Input(placeholder="why (tab)", compact=True, max_length=MAX_TITLE, select_on_focus=False)

    @property
    def choices(self) -> Choices[_Choice]:
        """The verdicts."""
        return self.query_one(Choices)

    def on_mount(self) -> None:
        """On what it is not yet."""
        self.choices.show(_CHOICES)
        self.choices.put_cursor("o" if self.hypothesis.verdict is Verdict.RULED_OUT else "r")
        self.choices.focus()
        self.fit()

    def parts(self, cells: int) -> Sequence[Part]:
        """The hypothesis gives way."""
        return (
            Part(self.query_one("#told"), len(self._told(cells)), 1),
            Part(self.query_one(Input), 1),
            Part(self.choices, len(_CHOICES), len(_CHOICES)),
        )

    def keys(self) -> Sequence[Key]:
        """A letter says it."""
        letters = " ".join(one.key for one in _CHOICES)
        return ((letters, "say it"), ("tab", "why"), ("enter", "the one marked"), ("esc", "leave"))

    def draw(self) -> None:
        """The hypothesis as it stands."""
        self.query_one("#told", Block).show(self._told(self.inner))

    def _told(self, cells: int) -> list[Words]:
        one = self.hypothesis
        words = (Span(f"{one.name} ", "label"), Span(one.text, "strong"), Span(f"  {one.verdict.value}", "dim"))
        return [*wrap_words(words, cells, indent=3), BLANK]

    def _columns_of(self, cells: int) -> Sequence[Column[_Choice]]:
        return (
            Column("", 1, lambda row, look: (Span(row.key, "key"),)),
            Column("", 10, lambda row, look: (Span(row.verdict.value),), here=True, gap=2),
            Column("", 0, lambda row, look: (Span(row.means, "dim"),), gap=2),
        )

    # -- keys ------------------------------------------------------------------------------------------------

    def action_say_it(self, verdict: str) -> None:
        """One key."""
        self._say_it(Verdict[verdict])

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
            self._say_it(row.verdict)

    def _say_it(self, verdict: Verdict) -> None:
        self.finish({"verdict": verdict.value, "why": clean(self.query_one(Input).value)})
