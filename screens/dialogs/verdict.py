"""What became of a hypothesis: one key says it, ``tab`` first for a word on why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from oncall_tui.board import Board
from oncall_tui.policy.conclusions import Hypothesis, Verdict
from screens.dialogs.frame import Block, Part
from screens.dialogs.saying import Saying, SayingDialog, saying_keys
from widgets.lines import BLANK, Span, Words
from widgets.textpane import wrap_words

_KEYS = {Verdict.CONFIRMED: "c", Verdict.RULED_OUT: "r", Verdict.OPEN: "o"}
_MEANS = {Verdict.CONFIRMED: "it is so", Verdict.RULED_OUT: "it is not", Verdict.OPEN: "not known, again"}
_SAYINGS = tuple(Saying(_KEYS[one], one.value, means) for one, means in _MEANS.items())


class VerdictDialog(SayingDialog):
    """Gives ``{"verdict": Verdict's value, "why": str}``."""

    SAYINGS: ClassVar[tuple[Saying, ...]] = _SAYINGS
    BINDINGS: ClassVar[list[BindingType]] = saying_keys(_SAYINGS)

    def __init__(self, hypothesis: Hypothesis, board: Board) -> None:
        super().__init__("Verdict", board)
        self.hypothesis = hypothesis

    def compose_parts(self) -> ComposeResult:
        """The hypothesis, the verdicts, why."""
        yield Block(id="told")
        yield from self.compose_sayings()

    def on_mount(self) -> None:
        """On what it is not yet."""
        self.begin_at(_KEYS[Verdict.OPEN if self.hypothesis.verdict is Verdict.RULED_OUT else Verdict.RULED_OUT])

    def answer(self, word: str, why: str) -> dict[str, str]:
        """What became of it."""
        return {"verdict": word, "why": why}

    def parts(self, cells: int) -> Sequence[Part]:
        """The hypothesis gives way."""
        return (
            Part(self.query_one("#told"), len(self._told(cells)), 1),
            Part(self.query_one(Input), 1),
            Part(self.choices, len(_SAYINGS), len(_SAYINGS)),
        )

    def draw(self) -> None:
        """The hypothesis as it stands."""
        self.block("told").show(self._told(self.inner))

    def _told(self, cells: int) -> list[Words]:
        one = self.hypothesis
        words = (Span(f"{one.name} ", "label"), Span(one.text, "strong"), Span(f"  {one.verdict.value}", "dim"))
        return [*wrap_words(words, cells, indent=3), BLANK]
