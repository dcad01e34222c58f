"""Which phase the incident is in (I3): the six of the seed and "mitigated", with when each began; now or back-dated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from oncall_tui.board import Board, IncidentRow
from oncall_tui.clock import iso
from oncall_tui.model import IncidentFacts
from oncall_tui.policy.life import MEANS, Life, Phase, phase_note
from oncall_tui.text import MAX_TITLE, clean
from screens.dialogs.choices import Choices, up_down
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.note_text import NoteText, read_note
from screens.dialogs.targets import target_lines
from screens.life_words import life_of
from screens.requests import IncidentWanted, QuestionFailed, Target, ask
from widgets.lines import BLANK, Span, Words
from widgets.messages import CursorMoved
from widgets.table import Column
from widgets.theme import Look, look_of
from widgets.words import clock

MITIGATED = "mitigated"


class _Choice(NamedTuple):
    number: int
    phase: Phase | None
    """``None``: mitigated."""

    @property
    def word(self) -> str:
        return self.phase.value if self.phase is not None else MITIGATED


_CHOICES = tuple(_Choice(number + 1, phase) for number, phase in enumerate((*Phase, None)))


class PhaseDialog(Dialog):
    """Gives ``{"text": the note, "at": iso or null}``. When each phase began is asked of the store first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab", "turn", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(self, target: Target, board: Board) -> None:
        super().__init__("Phase", board)
        self.target = target
        self.life: Life | None = None
        self._put_at = 0
        """Where the cursor was put by itself: elsewhere it stays with the person."""

    def compose_parts(self) -> ComposeResult:
        """The incident, the phases, the time and words to it, what is written."""
        yield Block(id="targets")
        yield Choices(lambda row: str(row.number), self._columns_of, lambda: ())
        yield Block(id="gap")
        yield Input(
            placeholder="tab: since when (14:32), and a word on it",
            compact=True,
            max_length=MAX_TITLE,
            select_on_focus=False,
        )
        yield Block(id="written")

    @property
    def choices(self) -> Choices[_Choice]:
        """The phases."""
        return self.query_one(Choices)

    def on_mount(self) -> None:
        """On what comes next, once it is known where it stands."""
        self.choices.show(_CHOICES)
        self.choices.focus()
        if isinstance(self.target.row, IncidentRow):
            self._know(IncidentFacts(incident=self.target.row.incident))
        self.fit()
        self.run_worker(self._read_life(), exit_on_error=False)

    async def _read_life(self) -> None:
        try:
            found: IncidentFacts | None = await ask(self, IncidentWanted(self.target.id))
        except QuestionFailed as reason:
            self.say(str(reason))
            return
        if found is not None:
            self._know(found)

    def _know(self, facts: IncidentFacts) -> None:
        self.life = life_of(facts)
        here = self.choices.cursor
        if not self._put_at or (here is not None and here.number == self._put_at):
            self._put_at = _next(self.life)
            self.choices.put_cursor(str(self._put_at))
        self.choices.redraw()
        self._draw_written()

    def parts(self, cells: int) -> Sequence[Part]:
        """The incident's facts give way; the phases stay."""
        told = target_lines((self.target,), self.first_board, cells, look_of(self).signs)
        return (
            Part(self.query_one("#targets"), len(told) + 1, 1),
            Part(self.query_one("#gap"), 1, 0),
            Part(self.choices, len(_CHOICES), 3),
            Part(self.query_one("#written"), 1),
            Part(self.query_one(Input), 1),
        )

    def keys(self) -> Sequence[Key]:
        """Numbers and ``enter``."""
        return (("enter", "write it"), (f"1-7 {up_down(self)}", "choose"), ("tab", "when, why"), ("esc", "leave"))

    def draw(self) -> None:
        """The incident, and what would be written."""
        told = target_lines((self.target,), self.first_board, self.inner, look_of(self).signs)
        self.query_one("#targets", Block).show([*told, BLANK])
        self._draw_written()

    def _columns_of(self, cells: int) -> Sequence[Column[_Choice]]:
        columns: list[Column[_Choice]] = [
            Column("", 1, lambda row, look: (Span(str(row.number), "key"),)),
            Column("", 14, self._word, here=True, gap=2),
            Column("", 22 if cells >= 44 else 12, self._since, gap=2),
        ]
        if cells >= 64:
            columns.append(Column("", 0, lambda row, look: (Span(MEANS[row.phase], "dim"),), gap=2))
        return columns

    def _word(self, row: _Choice, look: Look) -> Words:
        here = self.life is not None and row.phase is not None and row.phase is self.life.phase
        return (Span(row.word, "you" if here else "text"),)

    def _since(self, row: _Choice, look: Look) -> Words:
        if self.life is None:
            return BLANK
        board = self.board
        if row.phase is None:
            at, how = self.life.mitigated, "noted"
        else:
            start = next((one for one in self.life.phases if one.phase is row.phase), None)
            at, how = (start.at if start else None), ("noted" if start and start.marked else "by itself")
        if at is None:
            return BLANK
        now = "now, " if row.phase is not None and row.phase is self.life.phase else ""
        return (Span(f"{now}{clock(at, board.minute, board.zone)} {how}", "you" if now else "dim"),)

    def _draw_written(self) -> None:
        said = self.said
        role = "dim" if said.at is None else "match"
        self.query_one("#written", Block).show([(Span("writes ", "label"), Span(f"{self.text!r}, {said.told}", role))])

    @property
    def said(self) -> NoteText:
        """The line as time and words."""
        board = self.board
        typed = clean(self.query_one(Input).value)
        # A note of no words is none; of a phase the words may be missing.
        read = read_note(f"{typed} .", board.minute, board.zone)
        return NoteText(read.text.removesuffix(".").strip(), read.at, read.told, read.problem)

    @property
    def text(self) -> str:
        """The note."""
        row = self.choices.cursor
        return phase_note(row.phase if row is not None else None, self.said.text)

    # -- keys ------------------------------------------------------------------------------------------------

    def action_turn(self) -> None:
        """Between the list and the line."""
        field = self.query_one(Input)
        (self.choices if field.has_focus else field).focus()

    def action_move(self, step: int) -> None:
        """Up or down, also from the line."""
        self.choices.action_move(step)

    def typed(self, field: Input) -> None:
        """Something else would be written."""
        self._draw_written()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another phase."""
        event.stop()
        self._draw_written()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """``enter``, or a double click."""
        event.stop()
        self.submit()

    def submit(self) -> None:
        """Write it, unless it is of a time to come."""
        said = self.said
        if said.problem is not None:
            self.say(said.problem)
        else:
            self.finish({"text": self.text, "at": iso(said.at) if said.at is not None else None})


def _next(life: Life) -> int:
    """The number of what comes after the present phase."""
    order = tuple(Phase)
    return min(order.index(life.phase) + 2, len(order))
