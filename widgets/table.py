"""One list for all panes: rows by stable key, drawn line by line.

The cursor stands on a row, not on a line: it stays on its row when rows move. When its row vanishes the cursor is
*lost* until the person moves it, so that no key acts on a neighbour that slid under it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType

from oncall_tui.records import dataclass
from oncall_tui.text import clip
from widgets.lines import BLANK, Lines, Span, Words, fit_words, words_width
from widgets.messages import CursorMoved, RowOpened, SelectionChanged
from widgets.pane import LEAST_ASIDE, bottom_line, separated, side_line, top_line
from widgets.theme import Look, look_of

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its heading, its width in cells and the words of a row's cell.

    ``here`` marks the column whose words are emphasised on the cursor's row.
    """

    title: str
    cells: int
    words: Callable[[Row, Look], Words]
    right: bool = False
    here: bool = False
    gap: int = 1
    """Blank cells before it, unless it is the first."""


def grown(columns: Sequence[Column[Row]], cells: int) -> tuple[Column[Row], ...]:
    """``columns`` with the one of width 0 grown to fill ``cells``."""
    taken = sum(column.cells for column in columns) + sum(column.gap for column in columns[1:])
    return tuple(column if column.cells else replace(column, cells=max(1, cells - taken)) for column in columns)


class ListTable(Lines, Generic[Row], can_focus=True):
    """A framed list. A pane overrides :meth:`key_of`, :meth:`columns`, and what its title says."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("home,g", "edge(-1)", show=False),
        Binding("end,G", "edge(1)", show=False),
    ]

    HEADING: ClassVar[bool] = True
    """Whether a line of column headings may be drawn."""
    NUMBER: ClassVar[str] = ""
    NAME: ClassVar[str] = ""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.rows: tuple[Row, ...] = ()
        self.selected: frozenset[str] = frozenset()
        self.hidden = 0
        """How many rows the filter and the scope keep back: always said in the title."""
        self.unread = 0
        """How many more rows are still being read: they come below."""
        self.filter_text = ""
        """The filter in force, for the title."""
        self._columns: tuple[int, Sequence[Column[Row]]] | None = None
        self._index: dict[str, int] = {}
        self._cursor: str | None = None
        self._line = 0
        self._top = 0
        self._touched = False
        self._to_the_end = False
        """The person went to the last row, and that was not there yet."""
        self.vanished: Row | None = None
        """The row that the cursor has lost."""

    # -- for a pane to override ------------------------------------------------------------------------------

    def key_of(self, row: Row) -> str:
        """The row's stable key."""
        raise NotImplementedError

    def keys_of(self, rows: Sequence[Row]) -> list[str]:
        """The keys of many rows; a pane that may hold thousands has a quicker way."""
        return [self.key_of(row) for row in rows]

    def row_depends(self) -> object:
        """What a row is drawn from beside the row itself, where that is all there is; ``None`` where there may be more.

        While it, the row and the columns are equal, a line is not even worked out again.
        """
        return None

    def columns(self, cells: int) -> Sequence[Column[Row]]:
        """The columns for a list ``cells`` wide inside its frame."""
        raise NotImplementedError

    def counts(self, look: Look) -> list[Words]:
        """What the title counts."""
        return []

    def freshness(self, look: Look) -> Words:
        """What the right end of the title says of the sources; empty while they are fresh."""
        return BLANK

    def empty_words(self, look: Look) -> Sequence[Words]:
        """What stands in a list without rows."""
        return ((Span("nothing here", "dim"),),)

    def whole_row(self, row: Row, look: Look) -> Words | None:
        """A row's words where it has no columns (a heading among the rows), or ``None``."""
        return None

    def row_role(self, row: Row) -> str | None:
        """A role that a whole row is drawn in instead of its cells' own (``resolved``), or ``None``."""
        return None

    # -- rows ------------------------------------------------------------------------------------------------

    def show(self, rows: tuple[Row, ...], *, hidden: int = 0, unread: int = 0) -> None:
        """Show ``rows``. The cursor stays on its row; marks of rows that are gone go with them."""
        if rows is not self.rows:
            self._take(rows)
        self._columns = None
        self.hidden, self.unread = hidden, unread
        self._follow()
        if self._to_the_end and not unread:
            self.action_edge(1)
        self.redraw()

    def _take(self, rows: tuple[Row, ...]) -> None:
        before = self._index.get(self._cursor) if self._cursor is not None else None
        if before is not None:
            self.vanished = self.rows[before]
        self.rows = rows
        self._index = dict(zip(self.keys_of(rows), range(len(rows)), strict=True))
        if self.selected:
            self.selected = frozenset(key for key in self.selected if key in self._index)
        if self._cursor is None or not self._touched:
            if rows:
                # Nobody has been here yet: what comes first is what is looked at.
                self._cursor = self.key_of(rows[0])
                self._line = self._top = 0
        elif self._cursor in self._index:
            self._line = self._index[self._cursor]
            if before is not None and self._top > 0:
                # Above the window rows came or went: the cursor's row stays where the eye has it.
                self._top = max(0, self._top + self._line - before)
        else:
            self._line = max(0, min(self._line, len(rows) - 1))
        if not rows:
            self._cursor = None
            self._line = 0

    @property
    def lit(self) -> bool:
        """Whether it is drawn as the pane that the keys go to."""
        return self.has_focus

    @property
    def cursor(self) -> Row | None:
        """The row under the cursor; ``None`` without rows, or while the cursor is lost."""
        number = self._index.get(self._cursor) if self._cursor is not None else None
        return None if number is None else self.rows[number]

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor."""
        return self._cursor if self._cursor in self._index else None

    @property
    def lost(self) -> bool:
        """The cursor's row has vanished, and the person has not moved the cursor since."""
        return self._cursor is not None and self._cursor not in self._index

    def row(self, key: str) -> Row | None:
        """The row of that key, if it is shown."""
        number = self._index.get(key)
        return None if number is None else self.rows[number]

    def selected_rows(self) -> tuple[Row, ...]:
        """The marked rows, in the order shown."""
        return tuple(row for row in self.rows if self.key_of(row) in self.selected) if self.selected else ()

    # -- moving ----------------------------------------------------------------------------------------------

    def put_cursor(self, key: str) -> bool:
        """Move the cursor to the row ``key``; false when it is not shown."""
        number = self._index.get(key)
        if number is None:
            return False
        self._go(number)
        return True

    def action_move(self, step: int) -> None:
        """One row down or up. A lost cursor first comes down where it was."""
        self._go(self._line if self.lost else self._line + step)

    def action_page(self, step: int) -> None:
        """One window down or up."""
        self._go(self._line + step * max(1, self._window - 1))

    def action_edge(self, step: int) -> None:
        """To the last or the first row."""
        self._go(len(self.rows) - 1 if step > 0 else 0)
        self._to_the_end = step > 0 and self.unread > 0

    def _go(self, line: int) -> None:
        if not self.rows:
            return
        self._touched, self._to_the_end = True, False
        line = max(0, min(len(self.rows) - 1, line))
        key = self.key_of(self.rows[line])
        moved = key != self._cursor
        was, top = self._line, self._top
        self._line, self._cursor = line, key
        self._follow()
        if self._top == top:
            head = self._head
            self.redraw((was - top + head, line - top + head, self.size.height - 1))
        else:
            self.redraw()
        if moved:
            self.post_message(CursorMoved(self, key))

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or take its mark back, and go on to the next row."""
        key = self.cursor_key
        if key is None:
            return
        self._select(self.selected ^ {key})
        self.action_move(1)

    def toggle_all(self) -> None:
        """Mark all rows that are shown; with all marked, none."""
        if self.unread:
            return  # some of all would be marked
        everything = frozenset(self._index)
        self._select(frozenset() if self.selected == everything else everything)

    def clear_marks(self) -> None:
        """Take all marks back."""
        self._select(frozenset())

    def _select(self, keys: frozenset[str]) -> None:
        if keys == self.selected:
            return
        self.selected = keys
        self.redraw()
        self.post_message(SelectionChanged(self, tuple(self.key_of(row) for row in self.selected_rows())))

    # -- window ----------------------------------------------------------------------------------------------

    @property
    def _head(self) -> int:
        """Lines above the first row."""
        return 2 if self.HEADING and self.size.height >= 8 else 1

    @property
    def last_seen(self) -> int:
        """The number of the last line of the window, from 0."""
        return self._top + self._window - 1

    @property
    def _window(self) -> int:
        """Rows that fit."""
        return max(1, self.size.height - self._head - 1)

    def _follow(self) -> None:
        if not self.size.height:
            return  # there is no window yet: the first size follows
        if self._line < self._top:
            self._top = self._line
        elif self._line >= self._top + self._window:
            self._top = self._line - self._window + 1
        self._top = max(0, min(self._top, len(self.rows) - self._window))

    def on_resize(self) -> None:
        """The window changed: keep the cursor in it."""
        self._follow()
        self.redraw()

    # -- drawing ---------------------------------------------------------------------------------------------

    def line(self, y: int, cells: int) -> Words:
        """One line of the frame or of the rows."""
        look = look_of(self)
        if y == 0:
            aside = self.freshness(look)
            title, keep = self._title(look, cells - 4 - (LEAST_ASIDE + 3 if aside else 0))
            return top_line(title, aside, cells, look, keep=keep)
        if y == self.size.height - 1:
            return bottom_line(self._outside(look), cells, look)
        inner = max(0, cells - 2)
        columns = self._columns_for(inner - 3)
        head = self._head
        if head == 2 and y == 1:
            return side_line((Span("  "), *self._heading(columns)), cells, look)
        number = self._top + y - head
        if not self.rows:
            lines = self.empty_words(look)
            return side_line((Span("  "), *(lines[number] if number < len(lines) else BLANK)), cells, look)
        if number >= len(self.rows):
            return side_line(BLANK, cells, look)
        return side_line(self._row_words(number, columns, look), cells, look)

    def stamp(self, y: int, cells: int) -> object:
        """Equal stamps, equal lines: only rows have them."""
        number = self._top + y - self._head
        depends = self.row_depends()
        if depends is None or y < self._head or y >= self.size.height - 1 or number >= len(self.rows):
            return None
        row = self.rows[number]
        key = self.key_of(row)
        here = key == self._cursor
        layout = tuple((column.title, column.cells) for column in self._columns_for(max(0, cells - 2) - 3))
        lost = self.lost and number == self._line
        return row, depends, layout, here and (self.lit or "idle"), key in self.selected, lost

    def _columns_for(self, cells: int) -> Sequence[Column[Row]]:
        """The columns, worked out once for the rows that are shown."""
        if self._columns is None or self._columns[0] != cells:
            self._columns = (cells, self.columns(cells))
        return self._columns[1]

    def _title(self, look: Look, room: int) -> tuple[Words, int]:
        """The title, and how many of its words are never cut: with the name, how many rows are hidden."""
        role = "title-focus" if self.lit else "title"
        name = f"{self.NUMBER} {self.NAME}" if self.NUMBER else self.NAME
        counts = self.counts(look)
        if self.filter_text:
            counts.insert(0, (Span(f"/{clip(self.filter_text, 24)}", "match"),))
        if self.selected:
            counts.append((Span(f"{len(self.selected)} selected", "mark"),))
        head = (Span(name, role), Span(f" {look.signs.frame.across} ", "faint"))
        if not self.hidden:
            told = separated(counts, look.signs.dot)
            return ((*head, *told), 1) if told else (head[:1], 1)
        hidden = Span(f"{self.hidden} hidden", "match")
        whole = (*head, *separated([*counts, (hidden,)], look.signs.dot))
        if words_width(whole) <= room:
            return whole, 1
        return (*head, *separated([(hidden,), *counts], look.signs.dot)), 3

    def _outside(self, look: Look) -> Words:
        below = len(self.rows) + self.unread - self._top - self._window
        parts = []
        if self._top > 0:
            parts.append(f"{look.signs.more_above} {self._top}")
        if below > 0:
            parts.append(f"{look.signs.more_below} {below} more")
        return (Span("  ".join(parts), "dim"),) if parts else BLANK

    def _heading(self, columns: Sequence[Column[Row]]) -> Words:
        words: list[Span] = []
        for number, column in enumerate(columns):
            if number:
                words.append(Span(" " * column.gap))
            words += fit_words((Span(column.title, "label"),), column.cells, right=column.right)
        return tuple(words)

    def _row_words(self, number: int, columns: Sequence[Column[Row]], look: Look) -> Words:
        row = self.rows[number]
        key = self.key_of(row)
        here = key == self._cursor
        words = [self._bar(number, here, look), self._mark(key, look)]
        heading = self.whole_row(row, look)
        if heading is not None:
            return (*words, *self._here(heading, here))
        role = self.row_role(row)
        for place, column in enumerate(columns):
            if place:
                words.append(Span(" " * column.gap))
            cell = column.words(row, look)
            if role is not None:
                cell = tuple(Span(span.text, role) for span in cell)
            words += fit_words(self._here(cell, here and column.here), column.cells, right=column.right)
        return tuple(words)

    def _here(self, cell: Words, here: bool) -> Words:
        """A cell of the cursor's row: its first words stand out while the keys go here."""
        if not (here and cell and self.lit):
            return cell
        return (Span(cell[0].text, "cursor-title"), *cell[1:])

    def _bar(self, number: int, here: bool, look: Look) -> Span:
        if here:
            return Span(look.signs.cursor, "cursor") if self.lit else Span(look.signs.cursor_idle, "title")
        if self.lost and number == self._line:
            return Span(look.signs.lost, "refused")
        return Span(" ")

    def _mark(self, key: str, look: Look) -> Span:
        return Span(look.signs.mark, "mark") if key in self.selected else Span(" ")

    # -- focus and mouse -------------------------------------------------------------------------------------

    def lines_of_focus(self) -> tuple[int, int]:
        """The title, and the row of the cursor."""
        return 0, self._line - self._top + self._head

    def on_focus(self) -> None:
        """Somebody has been here."""
        self._touched = True

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked; a double click opens it."""
        number = self._top + event.y - self._head
        if event.y < self._head or event.y >= self.size.height - 1 or not 0 <= number < len(self.rows):
            return
        self._go(number)
        if event.chain == 2 and self._cursor is not None:
            self.post_message(RowOpened(self, self._cursor))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the window, not the cursor's row out of it."""
        event.stop()
        self.action_move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the window, not the cursor's row out of it."""
        event.stop()
        self.action_move(-3)
