"""A list to choose one from, without a frame of its own, and a line that finds in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.message import Message

from widgets.lines import Words
from widgets.signs import ASCII
from widgets.table import Column, ListTable, grown
from widgets.theme import Look, look_of

Row = TypeVar("Row")


class Choices(ListTable[Row]):
    """Rows under a cursor. ``key`` gives a row's stable key, ``columns`` what is drawn of it."""

    HEADING = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", show=False),
        *(Binding(str(number), f"number('{number}')", show=False) for number in range(1, 10)),
    ]
    DEFAULT_CSS = """
    Choices { background: $surface; }
    """

    class Chosen(Message):
        """``enter`` on a row, or a double click."""

    def __init__(
        self,
        key: Callable[[Row], str],
        columns: Callable[[int], Sequence[Column[Row]]],
        empty: Callable[[], Words],
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._key = key
        self._make_columns = columns
        self._empty = empty

    @property
    def lit(self) -> bool:
        """The keys come here also from a line above it."""
        return True

    def key_of(self, row: Row) -> str:
        """The row's key."""
        return self._key(row)

    def columns(self, cells: int) -> Sequence[Column[Row]]:
        """The columns of a list so wide."""
        return grown(self._make_columns(cells), cells)

    def empty_words(self, look: Look) -> Sequence[Words]:
        """What stands there without rows."""
        return (self._empty(),)

    def action_choose(self) -> None:
        """The row under the cursor is meant."""
        if self.cursor is not None:
            self.post_message(self.Chosen())

    def action_number(self, key: str) -> None:
        """To the row of that number."""
        self.put_cursor(key)

    # -- without a frame -------------------------------------------------------------------------------------

    @property
    def _overflows(self) -> bool:
        return len(self.rows) > self.size.height > 1

    @property
    def _head(self) -> int:
        return 0

    @property
    def _window(self) -> int:
        return max(1, self.size.height - (1 if self._overflows else 0))

    def line(self, y: int, cells: int) -> Words:
        """A row, or in the last line what is outside the window."""
        look = look_of(self)
        if not self.rows:
            empty = self.empty_words(look)
            return empty[y] if y < len(empty) else ()
        if self._overflows and y == self.size.height - 1:
            return self._outside(look)
        number = self._top + y
        if number >= len(self.rows):
            return ()
        return self._row_words(number, self._columns_for(max(1, cells - 2)), look)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked; a double click chooses it."""
        number = self._top + event.y
        if self._overflows and event.y == self.size.height - 1:
            return
        if 0 <= number < len(self.rows):
            self._go(number)
            if event.chain == 2:
                self.action_choose()


def matches(words: str, *texts: str | None) -> bool:
    """Whether each typed word is in one of the texts (without regard to case)."""
    found = " ".join(text for text in texts if text).casefold()
    return all(word in found for word in words.casefold().split())


def up_down(node: DOMNode) -> str:
    """The arrow keys as a person reads them."""
    signs = look_of(node).signs
    return f"{signs.more_above}{signs.more_below}" if signs is not ASCII else "up down"
