"""One of a few words, by one key; ``tab`` first for a line on why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from oncall_tui.text import MAX_TITLE, clean
from screens.dialogs.choices import Choices
from screens.dialogs.frame import Block, Dialog, Key
from widgets.lines import Span
from widgets.table import Column


class Saying(NamedTuple):
    """One of the words: its key, the word, what it means."""

    key: str
    word: str
    means: str


def saying_keys(sayings: Iterable[Saying]) -> list[BindingType]:
    """The bindings of a :class:`SayingDialog` with these."""
    return [
        *(Binding(one.key, f"say_it('{one.key}')", show=False) for one in sayings),
        Binding("tab,shift+tab", "turn", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]


class SayingDialog(Dialog):
    """Gives what :meth:`answer` makes of the word and the reason.

    A dialog of this kind has :attr:`SAYINGS`, the bindings of :func:`saying_keys`, and blocks of its own around them.
    """

    SAYINGS: ClassVar[tuple[Saying, ...]] = ()

    def answer(self, word: str, why: str) -> dict[str, str]:
        """The answer's params."""
        raise NotImplementedError

    def compose_sayings(self) -> ComposeResult:
        """The words, and the line for why."""
        yield Choices(lambda row: row.key, self._columns_of, lambda: ())
        yield Input(placeholder="why (tab)", compact=True, max_length=MAX_TITLE, select_on_focus=False)

    def begin_at(self, key: str) -> None:
        """Show the words, the cursor on this one's."""
        self.choices.show(self.SAYINGS)
        self.choices.put_cursor(key)
        self.choices.focus()
        self.fit()

    @property
    def choices(self) -> Choices[Saying]:
        """The words."""
        return self.query_one(Choices)

    def block(self, name: str) -> Block:
        """A block of the dialog's own."""
        return self.query_one(f"#{name}", Block)

    def keys(self) -> Sequence[Key]:
        """A letter says it."""
        letters = " ".join(one.key for one in self.SAYINGS)
        return ((letters, "say it"), ("tab", "why"), ("enter", "the one marked"), ("esc", "leave"))

    def _columns_of(self, cells: int) -> Sequence[Column[Saying]]:
        longest = max(len(one.word) for one in self.SAYINGS)
        return (
            Column("", 1, lambda row, look: (Span(row.key, "key"),)),
            Column("", longest, lambda row, look: (Span(row.word),), here=True, gap=2),
            Column("", 0, lambda row, look: (Span(row.means, "dim"),), gap=2),
        )

    # -- keys ------------------------------------------------------------------------------------------------

    def action_say_it(self, key: str) -> None:
        """One key."""
        self._say(next(one for one in self.SAYINGS if one.key == key))

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
            self._say(row)

    def _say(self, one: Saying) -> None:
        self.finish(self.answer(one.word, clean(self.query_one(Input).value)))
