"""The alerts pane: what the monitors say, grouped, each group beside the incident that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.board import AlertRow, Board, PaneName
from oncall_tui.model import AlertState
from widgets import words
from widgets.lines import BLANK, Span, Words
from widgets.pane import label_width
from widgets.table import Column, ListTable, grown
from widgets.theme import Look

_SEVERITY = {"critical": "crit", "warning": "warn", "information": "info", "informational": "info"}


def severity_words(row: AlertRow) -> Words:
    """The monitor's own word in four cells, drawn by what it counts as."""
    word = row.severity_word or ("" if row.severity is None else f"sev{row.severity}")
    role = "dim" if row.severity is None else f"sev{max(2, row.severity)}"
    return (Span(_SEVERITY.get(word.lower(), word[:4]), role),)


class AlertsPane(ListTable[AlertRow]):
    """Groups of alerts: firing ones first, the latest first."""

    NUMBER = "2"
    NAME = "Alerts"

    board: Board | None = None

    def show_board(self, board: Board, rows: tuple[AlertRow, ...], hidden: int) -> None:
        """Show these of the board's groups; ``hidden`` others are kept back."""
        self.board = board
        self.show(rows, hidden=hidden)

    def key_of(self, row: AlertRow) -> str:
        """The group's key."""
        return row.key

    def counts(self, look: Look) -> list[Words]:
        """``last hour · 214 in 9 groups``."""
        if self.board is None:
            return []
        if self._counting:
            return [(Span("counting", "dim"),)]
        total = sum(row.count for row in self.rows)
        groups = f"{len(self.rows)} group{'' if len(self.rows) == 1 else 's'}"
        told: list[Words] = [(Span("last hour", "title"),)] if self.size.width >= 60 else []
        return [*told, (Span(f"{total} in {groups}" if self.rows else "none", "title"),)]

    def freshness(self, look: Look) -> Words:
        """How old the monitors' word is, when it is old."""
        board = self.board
        if board is None:
            return BLANK
        return words.freshness_words(board.panes.get(PaneName.ALERTS), board.minute, board.zone)

    def empty_words(self, look: Look) -> Sequence[Words]:
        """Quiet, or not known to be."""
        if self.board is None:
            return ((Span("the first answer is awaited", "dim"),),)
        if self.hidden:
            return ((Span(f"none of {self.hidden} shown: esc clears the filter", "dim"),),)
        if self._counting:
            return ((Span("the alerts of the last hour are being counted", "dim"),),)
        state = self.board.panes.get(PaneName.ALERTS)
        if state is not None and not state.served:
            return ((Span("no monitor is configured", "dim"),),)
        if state is not None and (state.missing or state.stale):
            return ((Span("none known: this is not an all-clear", "stale"),),)
        return ((Span("no alert in the last hour", "good"),),)

    @property
    def _counting(self) -> bool:
        """There are more than can be counted for the first board; nothing is known of them yet."""
        state = self.board.panes.get(PaneName.ALERTS) if self.board is not None else None
        return state is not None and state.counting

    def row_role(self, row: AlertRow) -> str | None:
        """What has ended is drawn quietly."""
        return "resolved" if row.state in (AlertState.ENDED, AlertState.RESOLVED) else None

    def row_depends(self) -> object:
        """Ages and times of day."""
        return None if self.board is None else (self.board.minute, self.board.zone)

    def columns(self, cells: int) -> Sequence[Column[AlertRow]]:
        """When, how bad, what, where, how often, and whose incident."""
        names = label_width([row.name for row in self.rows[:200]], 8, max(8, min(24, cells // 4)))
        columns = [
            Column[AlertRow]("Last", 5, self._last),
            Column[AlertRow]("", 1, lambda row, look: (Span(look.signs.alert(row.state), "snoozed"),)),
            Column[AlertRow]("Sev", 4, lambda row, look: severity_words(row), gap=0 if cells < 60 else 1),
        ]
        if cells < 44:
            return grown([*columns, Column("Alert", 0, self._label, here=True)], cells)
        columns.append(Column("Alert", names, self._label, here=True))
        wheres = label_width(
            [row.where for row in self.rows[:200]], 5, max(5, min(22, cells // (4 if cells >= 66 else 5)))
        )
        columns.append(Column("Where", wheres, lambda row, look: (Span(row.where, "dim"),), gap=2))
        columns.append(Column("", 5, self._count, right=True, gap=1 if cells >= 66 else 0))
        columns.append(Column("Incident", 0, self._incident, gap=2))
        return grown(columns, cells)

    @property
    def _board(self) -> Board:
        assert self.board is not None, "rows come with a board"
        return self.board

    def _last(self, row: AlertRow, look: Look) -> Words:
        local = row.last_at.astimezone(self._board.zone)
        return (Span(f"{local:%H:%M}", "stale" if row.stale else "dim"),)

    def _label(self, row: AlertRow, look: Look) -> Words:
        action = words.newest(row.actions)
        mark = look.signs.pending if action is not None and action.pending and not action.held else ""
        role = "dim" if row.stale or row.state is AlertState.SILENCED else "text"
        return (Span(row.name, role), Span(mark, "pending"))

    def _count(self, row: AlertRow, look: Look) -> Words:
        return (Span(f"{look.signs.times}{row.count}" if row.count < 10_000 else "many", "dim"),)

    def _incident(self, row: AlertRow, look: Look) -> Words:
        told = words.trouble(words.newest(row.actions))
        if told is not None:
            return (told[0], Span(": "), told[1])
        if row.state is AlertState.SILENCED and row.silences:
            ends = max(silence.ends_at for silence in row.silences)
            until = words.clock(ends, self._board.minute, self._board.zone)
            return (Span(f"silenced {look.signs.arrow} {until}", "snoozed"),)
        if row.state in (AlertState.ENDED, AlertState.RESOLVED):
            return (Span(row.state.value, "resolved"),)
        if row.incident_title is None:
            return (Span(look.signs.dash, "dim"),)
        return (Span(f"{look.signs.arrow} ", "label"), Span(row.incident_title, "text"))
