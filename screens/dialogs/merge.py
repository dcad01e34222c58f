"""Merge into another open incident of the same source."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.board import Board, IncidentRow
from oncall_tui.model import Incident
from oncall_tui.text import width, wrap
from screens.dialogs.choices import Choices, matches
from screens.dialogs.pick import PickDialog
from screens.requests import Target
from widgets.lines import Span, Words
from widgets.table import Column
from widgets.theme import Look
from widgets.words import age, severity_words, sign_words


class MergeDialog(PickDialog[IncidentRow]):
    """Those of the same service come first. Gives ``{"into": full id}``."""

    PLACEHOLDER = "type a title, a service, a number"
    DOES = "merge"
    FOLLOWS = 2

    def __init__(self, target: Target, board: Board) -> None:
        super().__init__("Merge into", (target,), board)
        self.rows = tuple(
            sorted(
                (row for row in board.incidents if self._offered(row.incident, target)),
                key=lambda row: _service(row.incident) != target.service,
            )
        )

    @staticmethod
    def _offered(incident: Incident, target: Target) -> bool:
        return (
            incident.source == target.source
            and incident.id != target.id
            and incident.is_open
            and incident.merged_into is None
            and incident.mergeable is not False
        )

    def make_list(self) -> Choices[IncidentRow]:
        """Open incidents."""
        return Choices(lambda row: row.id, self._columns_of, lambda: (Span(self.nothing_fits(), "stale"),))

    def _columns_of(self, cells: int) -> Sequence[Column[IncidentRow]]:
        columns: list[Column[IncidentRow]] = [
            Column("", 2, lambda row, look: severity_words(row.incident.severity, short=True)),
            Column("", 1, lambda row, look: sign_words(row, look.signs)),
            Column("", 4, lambda row, look: (Span(age(row.incident.created_at, self.board.minute)),), right=True),
            Column("", 0, _title, here=True, gap=2),
        ]
        if cells >= 50:
            services = max((width(_service(row.incident) or "") for row in self.rows), default=0)
            columns.append(
                Column("", min(16, services), lambda row, look: (Span(_service(row.incident) or "", "dim"),), gap=2)
            )
        return columns

    def found(self, typed: str) -> tuple[IncidentRow, ...]:
        """Those that hold each typed word."""
        return tuple(
            row
            for row in self.rows
            if matches(typed, row.incident.title, _service(row.incident), row.incident.number, row.id)
        )

    def follows(self, row: IncidentRow | None) -> list[Words]:
        """Which of the two goes."""
        if row is None:
            return []
        number = f"#{row.incident.number} " if row.incident.number else ""
        text = f"This one is resolved; its alerts go to {number}{row.id}, {row.incident.title}."
        return [(Span(line),) for line in wrap(text, self.inner)]

    def params(self, row: IncidentRow) -> dict[str, object] | str:
        """The other one's id."""
        return {"into": row.id}

    def nothing_fits(self) -> str:
        """Why there is none."""
        if self.rows:
            return "nothing fits what was typed"
        return f"no other open incident of {self.targets[0].source}"


def _title(row: IncidentRow, look: Look) -> Words:
    return (Span(row.incident.title or "(no title)"),)


def _service(incident: Incident) -> str | None:
    return incident.service.name if incident.service is not None else None
