"""A tab with a cursor: some of its lines can be chosen, and its keys are about the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import Binding, BindingType

from screens.keys import DEFAULT_KEYS, KeyMap
from screens.tabs.base import Tab
from widgets.lines import BLANK, Span, Words
from widgets.messages import PaneMessage
from widgets.pane import side_line
from widgets.theme import Look, look_of


class Line(NamedTuple):
    """One line. Lines with the same ``key`` stand together and are one row for the cursor; it never stands on one
    without a key."""

    words: Words
    key: str = ""


LineMaker = Callable[[int, Look], Sequence[Line]]
"""Makes the lines for so many cells."""


_UNSEEN = 76
"""Cells of a tab that is not laid out yet."""


class RowMoved(PaneMessage):
    """The cursor of the tab went to the row ``key``."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key


class RowsTab(Tab):
    """The cursor stays on its row when rows move. Where its row is gone it stands nowhere until it is moved, so that no
    key acts on a neighbour. Beyond the first and the last row, and without any, the keys scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
    ]

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self._keys: tuple[str, ...] = ()
        """Of each line, in the order of :attr:`rows`."""
        self._cursor = ""
        self._line = 0
        """Where the cursor was last."""
        self._touched = False

    def draw_lines(self, make: LineMaker, aside: Words = BLANK) -> None:
        """Show these lines under the headline."""

        def words(cells: int, look: Look) -> list[Words]:
            lines = make(cells, look)
            self._take(tuple(line.key for line in lines))
            return [line.words for line in lines]

        if not self.size:
            words(_UNSEEN, look_of(self))  # a key that follows at once finds its row
        self.draw(words, aside)

    @property
    def cursor(self) -> str | None:
        """The key of the row under the cursor; ``None`` while it stands nowhere."""
        return self._cursor if self._cursor and self._cursor in self._keys else None

    def put_cursor(self, key: str) -> bool:
        """Move the cursor to that row; false where there is none."""
        if not key or key not in self._keys:
            return False
        self._go_to(key)
        return True

    def _take(self, keys: tuple[str, ...]) -> None:
        if keys == self._keys:
            return
        self._keys = keys
        if self._cursor and self._cursor in keys:
            self._line = keys.index(self._cursor)
        elif not self._touched or not self._cursor:
            self._cursor = next(filter(None, keys), "")
            self._line = keys.index(self._cursor) if self._cursor else 0

    def action_move(self, step: int) -> None:
        """One row on; a cursor that stands nowhere comes down where it was."""
        here = self.cursor
        numbers = (
            range(self._line, len(self._keys)) if step > 0 else range(min(self._line, len(self._keys) - 1), -1, -1)
        )
        found = next((self._keys[number] for number in numbers if self._keys[number] not in ("", here)), None)
        if found is None:
            self.action_scroll(step)
        else:
            self._go_to(found)

    def action_page(self, step: int) -> None:
        """One window on, and the cursor with it."""
        super().action_page(step)
        seen = range(self.top, min(self.top + self.window, len(self._keys)))
        keys = [self._keys[number] for number in seen if self._keys[number]]
        if keys and self._cursor not in keys:
            self._go_to(keys[0] if step > 0 else keys[-1])

    def action_edge(self, step: int) -> None:
        """To the end or the beginning, and the cursor with it."""
        keys = [key for key in self._keys if key]
        if keys:
            self._go_to(keys[-1] if step > 0 else keys[0])
        super().action_edge(step)

    def _go_to(self, key: str) -> None:
        first = self._keys.index(key)
        last = len(self._keys) - 1 - self._keys[::-1].index(key)
        moved, self._touched = key != self._cursor, True
        self._cursor, self._line = key, first
        if first < self.top:
            self._go(first)
        elif last >= self.top + self.window:
            self._go(min(first, last - self.window + 1))
        self.redraw()
        if moved:
            self.post_message(RowMoved(key))

    def line(self, y: int, cells: int) -> Words:
        """As any text, with the cursor before its row."""
        number = self.top + y - 1
        inside = 0 < y < self.size.height - 1 and number < min(len(self._keys), len(self.rows))
        if not inside or self._keys[number] != (self.cursor or None):
            return super().line(y, cells)
        look = look_of(self)
        bar = Span(look.signs.cursor, "cursor") if self.has_focus else Span(look.signs.cursor_idle, "title")
        return side_line((bar, *self.rows[number]), cells, look)

    def lines_of_focus(self) -> tuple[int, ...]:
        """The frame, and the cursor's lines."""
        here = self.cursor
        lines = [number - self.top + 1 for number, key in enumerate(self._keys) if key and key == here]
        return (*super().lines_of_focus(), *lines)

    def on_focus(self) -> None:
        """Somebody has been here."""
        self._touched = True

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked."""
        number = self.top + event.y - 1
        if 0 < event.y < self.size.height - 1 and number < len(self._keys) and self._keys[number]:
            self._go_to(self._keys[number])
