"""Choose a command of the team's own, or look at a run again."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.actions.keys import key_name
from oncall_tui.board import Board
from oncall_tui.config.commands import CommandOptions
from oncall_tui.records import dataclass
from oncall_tui.text import clip, width
from screens.command_requests import RunView
from screens.commands import command_line
from screens.dialogs.choices import Choices, matches
from screens.dialogs.pick import PickDialog
from screens.dialogs.targets import target_lines
from screens.keys import given_key
from screens.requests import Target
from widgets.lines import Span, Words
from widgets.table import Column
from widgets.theme import Look, look_of
from widgets.words import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One line: a command to run, or a run to look at."""

    id: str
    title: str
    told: str
    """What is run, or how the run fares."""
    key: str = ""
    changes: bool = False
    run: RunView | None = None


def offers(commands: Sequence[CommandOptions], runs: Sequence[RunView], board: Board) -> tuple[Offer, ...]:
    """Commands in the order of the config, then runs, the newest first. Pure."""
    found = [
        Offer(
            id=f"start:{one.name}",
            title=one.shown,
            told=command_line(one),
            key=given_key((key_name(one.key),)) if one.key else "",
            changes=one.changes,
        )
        for one in commands
    ]
    for run in runs:
        at = clock(run.started_at, board.minute, board.zone)
        about = f", {run.target_title}" if run.target_title else ""
        found.append(Offer(id=run.key, title=run.title, told=f"{run.result}, {at}{about}", run=run))
    return tuple(found)


class CommandsDialog(PickDialog[Offer]):
    """Gives ``{"start": name}`` or ``{"run": key}``."""

    PLACEHOLDER = "type a command's name"
    DOES = "run, or look at it"
    FOLLOWS = 2

    def __init__(
        self, commands: Sequence[CommandOptions], runs: Sequence[RunView], target: Target | None, board: Board
    ) -> None:
        super().__init__("Commands", (target,) if target is not None else (), board)
        self.rows = offers(commands, runs, board)

    def make_list(self) -> Choices[Offer]:
        """Commands, then runs."""
        return Choices(lambda row: row.id, self._columns_of, lambda: (Span(self.nothing_fits(), "stale"),))

    def _columns_of(self, cells: int) -> Sequence[Column[Offer]]:
        titles = min(30, max((width(row.title) for row in self.rows), default=8))
        columns: list[Column[Offer]] = [
            Column("", 1, _mark),
            Column("", min(titles, max(8, cells - 10)), lambda row, look: (Span(row.title),), here=True),
        ]
        if cells >= 40:
            columns.append(Column("", 0, lambda row, look: (Span(row.told, "dim"),), gap=2))
        if any(row.key for row in self.rows):
            columns.append(Column("", 6, lambda row, look: (Span(row.key, "key"),), right=True))
        return columns

    def found(self, typed: str) -> tuple[Offer, ...]:
        """Those that hold each typed word."""
        return tuple(row for row in self.rows if matches(typed, row.title, row.id, row.told))

    def follows(self, row: Offer | None) -> list[Words]:
        """What is run, or what has become of it."""
        if row is None:
            return []
        if row.run is not None:
            return [(Span(clip(row.told, self.inner)),), (Span("its output is shown again", "dim"),)]
        read_only = row.changes and self.first_board.seat.read_only
        if read_only:
            told, role = "changes something: not from a read-only seat", "stale"
        elif row.changes:
            told, role = "! changes something: asked for once before it runs", "soon"
        else:
            told, role = "changes nothing: runs at once", "dim"
        return [(Span(clip(f"$ {row.told}", self.inner)),), (Span(told, role),)]

    def params(self, row: Offer) -> dict[str, object] | str:
        """Which of the two."""
        return {"run": row.run.key} if row.run is not None else {"start": row.id.partition(":")[2]}

    def _targets(self, cells: int) -> list[Words]:
        if not self.targets:
            return [(Span("about nothing on this screen", "dim"),)]
        return target_lines(self.targets, self.first_board, cells, look_of(self).signs)


def _mark(row: Offer, look: Look) -> Words:
    if row.run is None:
        return (Span("!", "soon"),) if row.changes else (Span(" "),)
    if row.run.ended_at is None:
        return (Span(look.signs.pending, "pending"),)
    return (Span(look.signs.ok if row.run.ok else look.signs.refused, "ok" if row.run.ok else "error"),)
