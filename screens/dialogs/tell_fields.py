"""The parts of a form about an incident: a labelled line, one of a few words, components with their states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from oncall_tui.model import COMPONENT_STATES
from oncall_tui.text import width
from screens.dialogs.choices import Choices
from screens.dialogs.frame import Block
from screens.telling import MAX_LINE, Choice, Line
from widgets.lines import Lines, Span, Words, words_width
from widgets.table import Column

LABEL = 9
"""Cells of a label, with the blank behind it."""


class LabelledLine(Horizontal):
    """A line to type, its label before it."""

    DEFAULT_CSS = """
    LabelledLine { height: 1; }
    LabelledLine Block { width: 9; height: 1; }
    LabelledLine Input { width: 1fr; }
    """

    def __init__(self, line: Line) -> None:
        super().__init__()
        self.line = line

    def compose(self) -> ComposeResult:
        """Label and line."""
        yield Block()
        yield Input(
            self.line.value,
            placeholder=self.line.placeholder,
            compact=True,
            max_length=MAX_LINE,
            select_on_focus=False,
        )

    def on_mount(self) -> None:
        """The label's word; the cursor at the end of what is there."""
        self.query_one(Block).show([(Span(self.line.label, "label"),)])
        self.field.cursor_position = len(self.field.value)

    @property
    def field(self) -> Input:
        """Where it is typed."""
        return self.query_one(Input)


class ChoiceLine(Lines, can_focus=True):
    """One of a few words: left and right, or space, go through them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "step(1)", show=False),
        Binding("left", "step(-1)", show=False),
    ]
    DEFAULT_CSS = """
    ChoiceLine { height: 1; }
    """

    class Changed(Message):
        """Another word."""

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.choice = choice
        self.value = choice.value

    def put(self, value: str | None) -> None:
        """Choose ``value``, if it is one of the words."""
        if value in self.choice.options and value != self.value:
            self.value = value
            self.redraw()
            self.post_message(self.Changed())

    def action_step(self, step: int) -> None:
        """The next word, round and round."""
        options = self.choice.options
        self.put(options[(options.index(self.value) + step) % len(options)])

    def on_focus(self) -> None:
        """The keys come here."""
        self.redraw()

    def on_blur(self) -> None:
        """They go elsewhere."""
        self.redraw()

    def line(self, y: int, cells: int) -> Words:
        """All the words, the chosen one marked; where there is no room, that one alone."""
        chosen = "cursor-title" if self.has_focus else "match"
        words = [Span(self.choice.label.ljust(LABEL), "label")]
        for option in self.choice.options:
            words.append(Span(f" {option or self.choice.unset} ", chosen if option == self.value else "dim"))
        if words_width(words) <= cells:
            return tuple(words)
        at, of = self.choice.options.index(self.value) + 1, len(self.choice.options)
        return (words[0], Span(f" {self.value or self.choice.unset} ", chosen), Span(f" {at} of {of}", "dim"))


class Component(NamedTuple):
    """A component and what is told of it; ``None``: nothing."""

    name: str
    state: str | None


class ComponentList(Choices[Component]):
    """Left and right, or space, go through the states of the component under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "state(1)", show=False),
        Binding("left", "state(-1)", show=False),
    ]

    class Changed(Message):
        """Another state."""

    def __init__(self) -> None:
        super().__init__(lambda row: row.name, self._columns_of, lambda: ())

    @property
    def lit(self) -> bool:
        """Only while the keys are here: a line above has them otherwise."""
        return self.has_focus

    @property
    def told(self) -> dict[str, str]:
        """The components that something is told of."""
        return {row.name: row.state for row in self.rows if row.state is not None}

    def put(self, states: dict[str, str]) -> None:
        """Tell these states, as far as the components are there."""
        self.show(tuple(row._replace(state=states.get(row.name)) for row in self.rows))

    def action_state(self, step: int) -> None:
        """The next state of the one under the cursor."""
        row = self.cursor
        if row is None:
            return
        states = (None, *COMPONENT_STATES)
        state = states[(states.index(row.state) + step) % len(states)]
        self.show(tuple(one._replace(state=state) if one.name == row.name else one for one in self.rows))
        self.post_message(self.Changed())

    def on_focus(self) -> None:
        """The keys come here."""
        self.redraw()

    def on_blur(self) -> None:
        """They go elsewhere."""
        self.redraw()

    def _columns_of(self, cells: int) -> Sequence[Column[Component]]:
        names = min(28, max((width(row.name) for row in self.rows), default=8))
        return (
            Column("", names, lambda row, look: (Span(row.name),), here=True),
            Column("", 0, self._state, gap=2),
        )

    @staticmethod
    def _state(row: Component, look: object) -> Words:
        if row.state is None:
            return (Span("not told", "dim"),)
        return (Span(row.state.replace("_", " "), "good" if row.state == "operational" else "match"),)
