"""The incidents pane: what burns, whose it is, how long there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from oncall_tui.board import Board, IncidentRow, PaneName, Relation
from oncall_tui.model import IncidentState
from widgets import words
from widgets.lines import BLANK, Span, Words
from widgets.pane import label_width
from widgets.table import Column, ListTable, grown
from widgets.theme import Look

WIDE = 70
"""From this many cells on, states have their words; below, their signs alone tell them."""
ROOMY = 92
"""The same where each row also tells whose it is."""


def needs_hand(row: IncidentRow, board: Board) -> bool:
    """It is mine, and not acknowledged or past a deadline."""
    if row.relation is not Relation.MINE:
        return False
    state = row.incident.state
    if state is IncidentState.TRIGGERED or state is IncidentState.RESOLVED:
        return state is IncidentState.TRIGGERED
    return row.due is not None and row.due.overdue(board.minute)


class Counts:
    """Which rows of the board need the person's hand, and which are not open; from one board to the next only the rows
    that are other objects are looked at."""

    def __init__(self) -> None:
        self._rows: dict[int, IncidentRow] = {}
        """By ``id()``, which the row itself keeps from becoming another's."""
        self._minute: datetime | None = None
        self._in_need: set[int] = set()
        self._ended: set[int] = set()

    def take(self, board: Board) -> None:
        """Look at a board."""
        rows = board.incidents
        now = dict(zip(map(id, rows), rows, strict=True))
        if board.minute != self._minute:
            self._minute = board.minute
            self._in_need, self._ended = _marked(rows, board)
        else:
            gone = self._rows.keys() - now.keys()
            in_need, ended = _marked([now[one] for one in now.keys() - self._rows.keys()], board)
            self._in_need -= gone
            self._in_need |= in_need
            self._ended -= gone
            self._ended |= ended
        self._rows = now

    def of(self, rows: Sequence[IncidentRow]) -> tuple[int, int]:
        """How many of these rows of the board need the person, and how many are open."""
        ended = sum(map(self._ended.__contains__, map(id, rows))) if self._ended else 0
        return sum(map(self._in_need.__contains__, map(id, rows))), len(rows) - ended


def _marked(rows: Sequence[IncidentRow], board: Board) -> tuple[set[int], set[int]]:
    """The ``id()`` of those that need the person's hand, and of those that are not open."""
    in_need = {id(row) for row in rows if needs_hand(row, board)}
    return in_need, {id(row) for row in rows if row.incident.state is IncidentState.RESOLVED}


class IncidentsPane(ListTable[IncidentRow]):
    """Incidents in the order in which they need a hand."""

    NUMBER = "1"
    NAME = "Incidents"

    board: Board | None = None

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._counts = Counts()
        self._counted = (0, 0)

    def show_board(self, board: Board, rows: tuple[IncidentRow, ...], hidden: int) -> None:
        """Show these of the board's incidents; ``hidden`` others are kept back."""
        if board is not self.board:
            self._counts.take(board)
        self.board = board
        self._counted = self._counts.of(rows)
        state = board.panes.get(PaneName.INCIDENTS)
        self.show(rows, hidden=hidden, unread=state.unread if state is not None else 0)

    def key_of(self, row: IncidentRow) -> str:
        """The incident's full id."""
        return row.id

    def counts(self, look: Look) -> list[Words]:
        """``2 need you · 5 open``."""
        if self.board is None or not (self.rows or self.hidden):
            return []
        mine, count = self._counted
        if self.unread:
            return [(Span(f"{count + self.unread} open", "title"),), (Span(f"reading {self.unread} more", "stale"),)]
        told: list[Words] = [(Span(f"{mine} {'needs' if mine == 1 else 'need'} you", "triggered"),)] if mine else []
        return [*told, (Span(f"{count} open", "title"),)]

    def freshness(self, look: Look) -> Words:
        """How old the pagers' word is, when it is old."""
        board = self.board
        if board is None:
            return BLANK
        return words.freshness_words(board.panes.get(PaneName.INCIDENTS), board.minute, board.zone)

    def empty_words(self, look: Look) -> Sequence[Words]:
        """An empty list is good news only where every pager has answered."""
        if self.board is None:
            return ((Span("the first answer is awaited", "dim"),),)
        if self.hidden:
            return ((Span(f"none of {self.hidden} shown: esc clears the filter, v widens the scope", "dim"),),)
        state = self.board.panes.get(PaneName.INCIDENTS)
        if state is not None and not state.served:
            return ((Span("no pager is configured", "dim"),),)
        if state is not None and state.missing:
            return ((Span(f"no answer yet from {', '.join(state.missing)}: this is not an all-clear", "stale"),),)
        if state is not None and state.stale:
            return ((Span("none when last heard: this is not an all-clear", "stale"),),)
        return ((Span("no open incident", "good"),),)

    def row_role(self, row: IncidentRow) -> str | None:
        """A resolved one is drawn quietly."""
        return "resolved" if row.incident.state is IncidentState.RESOLVED else None

    def row_depends(self) -> object:
        """Ages and times of day."""
        return None if self.board is None else (self.board.minute, self.board.zone)

    def keys_of(self, rows: Sequence[IncidentRow]) -> list[str]:
        """As ``key_of``."""
        return [row.incident.id for row in rows]

    def columns(self, cells: int) -> Sequence[Column[IncidentRow]]:
        """Wide: words for everything; narrow: signs, the deadline, the title."""
        return self._wide(cells) if cells >= WIDE else self._narrow(cells)

    def _wide(self, cells: int) -> Sequence[Column[IncidentRow]]:
        several = len({row.incident.source for row in self.rows}) > 1
        columns = [Column[IncidentRow]("", 1, lambda row, look: words.sign_words(row, look.signs))]
        if several and cells < ROOMY:
            # The title is what is read first: where the pager's name takes room, the sign tells the state.
            columns += [
                Column[IncidentRow]("", 1, lambda row, look: words.pending_sign(row, look.signs), gap=0),
                Column[IncidentRow]("Sev", 4, lambda row, look: words.severity_words(row.incident.severity), gap=0),
            ]
        else:
            columns += [
                Column[IncidentRow]("Sev", 4, lambda row, look: words.severity_words(row.incident.severity)),
                Column[IncidentRow]("State", 10, lambda row, look: words.state_words(row, look.signs)),
            ]
        columns += [
            Column[IncidentRow]("Age", 3, self._age, right=True),
            Column[IncidentRow]("Due", 15, self._due, gap=2),
            Column[IncidentRow]("Incident", 0, self._titles(0), here=True, gap=2),
        ]
        if cells >= 100:
            columns.append(Column("Pager", 12, lambda row, look: words.by_itself_words(row, self._board.minute), gap=2))
        if several:
            columns.append(Column("From", 8, lambda row, look: (Span(row.incident.source, "dim"),), gap=2))
        columns.append(Column("Service", self._service_cells(7, cells // 6), self._service, gap=2))
        return self._placed(columns, cells)

    def _narrow(self, cells: int) -> Sequence[Column[IncidentRow]]:
        columns = [
            Column[IncidentRow]("", 1, lambda row, look: words.sign_words(row, look.signs)),
            Column[IncidentRow]("", 1, lambda row, look: words.pending_sign(row, look.signs), gap=0),
            Column[IncidentRow]("", 2, lambda row, look: words.severity_words(row.incident.severity, short=True)),
        ]
        if cells >= 34:
            columns.append(Column("Age", 3, self._age, right=True))
        if cells >= 48:
            columns.append(Column("Due", 14, self._due))
        columns.append(Column("Incident", 0, self._titles(0), here=True))
        if cells >= 60:
            columns.append(Column("Service", self._service_cells(4, cells // 6), self._service, right=True))
        return self._placed(columns, cells)

    def _placed(self, columns: Sequence[Column[IncidentRow]], cells: int) -> Sequence[Column[IncidentRow]]:
        """The columns grown; the title's words know how much room they have."""
        return tuple(
            replace(column, words=self._titles(column.cells)) if column.here else column
            for column in grown(columns, cells)
        )

    def _titles(self, cells: int) -> Callable[[IncidentRow, Look], Words]:
        def title(row: IncidentRow, look: Look) -> Words:
            told = words.title_words(row, cells)
            return (Span(told[0].text, "dim"), *told[1:]) if row.stale else told

        return title

    @property
    def _board(self) -> Board:
        assert self.board is not None, "rows come with a board"
        return self.board

    def _age(self, row: IncidentRow, look: Look) -> Words:
        role = "stale" if row.stale else "dim"
        return (Span(words.age(row.incident.created_at, self._board.minute), role),)

    def _due(self, row: IncidentRow, look: Look) -> Words:
        return words.due_words(row, self._board.minute, self._board.zone)

    def _service(self, row: IncidentRow, look: Look) -> Words:
        return (Span(row.incident.service.name if row.incident.service else look.signs.dash, "dim"),)

    def _service_cells(self, least: int, most: int) -> int:
        names = [row.incident.service.name for row in self.rows[:200] if row.incident.service]
        return label_width(names, least, max(least, most))
