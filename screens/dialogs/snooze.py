"""Snooze: how long, from a few lengths or as typed, and when it wakes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from oncall_tui.board import Board
from screens.dialogs.choices import Choices
from screens.dialogs.pick import PickDialog
from screens.dialogs.times import Stretch, length_words, offered, read_stretch
from screens.requests import Target
from widgets.lines import Span, Words
from widgets.table import Column

LENGTHS = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4))


class SnoozeDialog(PickDialog[Stretch]):
    """Gives ``{"seconds": n}``."""

    PLACEHOLDER = "45m, 1h30m, 16:00"
    DOES = "snooze"
    FOLLOWS: ClassVar[int] = 1

    def __init__(self, targets: tuple[Target, ...], board: Board) -> None:
        super().__init__("Snooze" if len(targets) == 1 else f"Snooze {len(targets)} incidents", targets, board)

    def make_list(self) -> Choices[Stretch]:
        """Lengths with their ends."""
        return Choices(lambda row: row.name, self._columns_of, lambda: (Span("not a length of time", "stale"),))

    def _columns_of(self, cells: int) -> Sequence[Column[Stretch]]:
        return (
            Column[Stretch]("", 12, lambda row, look: (Span(row.name),), here=True),
            Column("", 18, lambda row, look: self._end(row), gap=2),
            Column("", 0, lambda row, look: (), gap=0),
        )

    def _end(self, row: Stretch) -> Words:
        named = row.name.startswith("until")
        return (Span(length_words(row) if named else row.until(self.board.minute, self.board.zone), "dim"),)

    def found(self, typed: str) -> tuple[Stretch, ...]:
        """What was typed as a length; without it the usual ones."""
        board = self.board
        if not typed.strip():
            return offered(LENGTHS, board.minute, board.zone)
        try:
            return (read_stretch(typed, board.minute, board.zone),)
        except ValueError:
            return ()

    def follows(self, row: Stretch | None) -> list[Words]:
        """When it wakes."""
        if row is None:
            return []
        it = "It triggers" if len(self.targets) == 1 else "They trigger"
        return [(Span(f"Quiet {row.until(self.board.minute, self.board.zone)}. {it} again then."),)]

    def params(self, row: Stretch) -> dict[str, object] | str:
        """Seconds."""
        return {"seconds": row.seconds}

    def nothing_fits(self) -> str:
        """What can be typed."""
        return "not a length of time: 45m, 1h30m, 16:00"
