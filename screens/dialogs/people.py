"""A list of people to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oncall_tui.board import Board
from oncall_tui.model import Person
from oncall_tui.text import width
from screens.dialogs.choices import Choices, matches
from screens.dialogs.targets import is_me, named
from widgets.lines import Span, Words
from widgets.table import Column
from widgets.theme import Look


def matching(people: Iterable[Person], typed: str) -> tuple[Person, ...]:
    """Those whose name or contact holds each typed word; those whose name begins with what was typed first."""
    found = [person for person in people if matches(typed, person.name, person.contact)]
    start = typed.strip().casefold()
    return tuple(sorted(found, key=lambda person: not person.name.casefold().startswith(start)) if start else found)


class PeopleList(Choices[Person]):
    """Name, contact, and on which level the person is now."""

    def __init__(self, source: str, board: Board, *, id: str | None = None) -> None:
        super().__init__(lambda person: person.id, self._cells, lambda: (Span("nobody of that name", "dim"),), id=id)
        self._source = source
        self._board = board
        self._duties: dict[str, str] = {}
        for team in board.on_call:
            for entry in team.rows:
                if entry.source == source:
                    self._duties.setdefault(entry.person.id, f"level {entry.level} {team.team}")

    def _cells(self, cells: int) -> Sequence[Column[Person]]:
        names = min(max((width(self._named(row)) for row in self.rows), default=8), max(8, cells // 2))
        columns: list[Column[Person]] = [Column("", names, self._name_words, here=True)]
        if cells >= 44:
            columns.append(Column("", 0, lambda row, look: (Span(row.contact or "", "dim"),), gap=2))
            columns.append(Column("", min(20, cells // 3), self._duty_words, gap=2))
        else:
            columns.append(Column("", 0, self._duty_words, gap=2))
        return columns

    def _named(self, row: Person) -> str:
        name = named(row, self._source, self._board)
        is_shared = sum(one.name == row.name for one in self.rows) > 1
        return f"{name} <{row.contact or row.id}>" if is_shared else name

    def _name_words(self, row: Person, look: Look) -> Words:
        return (Span(self._named(row), "you" if is_me(row, self._source, self._board) else "text"),)

    def _duty_words(self, row: Person, look: Look) -> Words:
        return (Span(self._duties.get(row.id, ""), "dim"),)
