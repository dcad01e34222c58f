"""Assign: take it over, or give it to somebody."""

from __future__ import annotations

from oncall_tui.board import Board
from oncall_tui.model import Directory, Person
from oncall_tui.text import wrap
from screens.dialogs.choices import Choices
from screens.dialogs.people import PeopleList, matching
from screens.dialogs.pick import PickDialog
from screens.dialogs.targets import is_me, reached
from screens.requests import Target
from widgets.lines import Span, Words


class AssignDialog(PickDialog[Person]):
    """The seat itself comes first. Gives ``{"people": [id], "names": [name]}``."""

    PLACEHOLDER = "type a name"
    DOES = "assign"
    FOLLOWS = 2

    def __init__(self, targets: tuple[Target, ...], board: Board) -> None:
        super().__init__("Assign" if len(targets) == 1 else f"Assign {len(targets)} incidents", targets, board)
        self.source = targets[0].source
        self.mixed = len({target.source for target in targets}) > 1
        directory = board.directories.get(self.source, Directory())
        known = {person.id: person for person in directory.people}
        if directory.me is not None:
            known.setdefault(directory.me.id, directory.me)
        everybody = sorted(known.values(), key=lambda person: not is_me(person, self.source, board))
        self.people = () if self.mixed else tuple(everybody)

    def make_list(self) -> Choices[Person]:
        """People."""
        return PeopleList(self.source, self.first_board)

    def found(self, typed: str) -> tuple[Person, ...]:
        """Those of that name."""
        return matching(self.people, typed)

    def follows(self, row: Person | None) -> list[Words]:
        """Who is told, who had it."""
        if row is None:
            return [(Span(line, "stale"),) for line in wrap(self.nothing_fits(), self.inner)] if not self.people else []
        if is_me(row, self.source, self.first_board):
            text = "You take it over." if len(self.targets) == 1 else "You take them over."
        else:
            text = f"Wakes {reached(row, self.source, self.first_board)}."
        had = sorted({name for target in self.targets for name in target.assignees} - {row.name})
        if had:
            text += f" No longer with {', '.join(had)}."
        return [(Span(line),) for line in wrap(text, self.inner)]

    def params(self, row: Person) -> dict[str, object] | str:
        """One person."""
        return {"people": [row.id], "names": [row.name]}

    def nothing_fits(self) -> str:
        """Why there is nobody."""
        if self.mixed:
            return "They are from several systems, with people of their own: assign those of one at a time."
        return "nobody of that name" if self.people else f"{self.source} tells no people."
