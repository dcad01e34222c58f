"""The alerts pane: what the monitors say, grouped, each group beside the incident that it belongs to. Above them stand
the incidents that are suggested, from groups that belong to none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from oncall_tui.board import AlertRow, Board, PaneName
from oncall_tui.model import AlertState
from widgets import words
from widgets.lines import BLANK, Span, Words, fit_words, words_width
from widgets.pane import label_width
from widgets.table import Column, ListTable, grown
from widgets.theme import Look

if TYPE_CHECKING:
    from oncall_tui.policy.suggest import Suggestion  # imported where there is something to suggest

MOST_SUGGESTED = 3
"""Suggestions that stand in the pane; of the others the title tells, and the command that lists them all."""

_SEVERITY = {"critical": "crit", "warning": "warn", "information": "info", "informational": "info"}


def severity_words(row: AlertRow) -> Words:
    """The monitor's own word in four cells, drawn by what it counts as."""
    word = row.severity_word or ("" if row.severity is None else f"sev{row.severity}")
    role = "dim" if row.severity is None else f"sev{max(2, row.severity)}"
    return (Span(_SEVERITY.get(word.lower(), word[:4]), role),)


class AlertsPane(ListTable["AlertRow | Suggestion"]):
    """Suggested incidents, then groups of alerts: firing ones first, the latest first."""

    NUMBER = "2"
    NAME = "Alerts"

    board: Board | None = None
    groups: tuple[AlertRow, ...] = ()
    """The rows that are groups of alerts."""
    suggested = 0
    """How many incidents are suggested, those that have no row here too."""
    suggestion_keys = ""
    """What can be done with a suggestion, in a few words; set by the screen."""

    def show_board(self, board: Board, rows: tuple[AlertRow, ...], hidden: int) -> None:
        """Show these of the board's groups; ``hidden`` others are kept back."""
        suggestions = _let_through(board, rows) if hidden else board.suggestions
        self.board, self.suggested = board, len(board.suggestions)
        hidden += len(board.suggestions) - len(suggestions)
        shown = suggestions[:MOST_SUGGESTED]
        if rows is self.groups and self.rows[: len(self.rows) - len(rows)] == shown:
            self.show(self.rows, hidden=hidden)
            return
        self.groups = rows
        self.show((*shown, *rows) if shown else rows, hidden=hidden)

    def key_of(self, row: AlertRow | Suggestion) -> str:
        """The group's key, or that of the suggestion."""
        return row.key if isinstance(row, AlertRow) else f"suggestion {row.id}"

    def whole_row(self, row: AlertRow | Suggestion, look: Look) -> Words | None:
        """A suggestion: how bad it may be, what it is made of, what can be done with it."""
        if isinstance(row, AlertRow):
            return None
        cells = max(0, self.size.width - 5)
        told: Words = (
            Span(f"{look.signs.suggested} SUGGESTED ", "soon"),
            *words.severity_words(row.severity),
            Span(f" {row.title}", "strong"),
        )
        keys: Words = (Span(f"  {self.suggestion_keys}", "dim"),) if self.suggestion_keys else BLANK
        room = cells - words_width(keys)
        return (*fit_words(told, room), *keys) if room >= min(60, words_width(told)) else fit_words(told, cells)

    def counts(self, look: Look) -> list[Words]:
        """``last hour · 214 in 9 groups``."""
        if self.board is None:
            return []
        if self._counting:
            return [(Span("counting", "dim"),)]
        total = sum(row.count for row in self.groups)
        groups = f"{len(self.groups)} group{'' if len(self.groups) == 1 else 's'}"
        told: list[Words] = [(Span("last hour", "title"),)] if self.size.width >= 60 else []
        if self.suggested:
            told.append((Span(f"{self.suggested} suggested", "soon"),))
        return [*told, (Span(f"{total} in {groups}" if self.groups else "none", "title"),)]

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

    def row_role(self, row: AlertRow | Suggestion) -> str | None:
        """What has ended is drawn quietly."""
        if not isinstance(row, AlertRow):
            return None
        return "resolved" if row.state in (AlertState.ENDED, AlertState.RESOLVED) else None

    def row_depends(self) -> object:
        """Ages and times of day."""
        return None if self.board is None else (self.board.minute, self.board.zone)

    def columns(self, cells: int) -> Sequence[Column[AlertRow | Suggestion]]:
        """When, how bad, what, where, how often, and whose incident."""
        names = label_width([row.name for row in self.groups[:200]], 8, max(8, min(24, cells // 4)))
        columns = [
            Column("Last", 5, _of(self._last)),
            Column("", 1, _of(lambda row, look: (Span(look.signs.alert(row.state), "snoozed"),))),
            Column("Sev", 4, _of(lambda row, look: severity_words(row)), gap=0 if cells < 60 else 1),
        ]
        if cells < 44:
            return grown([*columns, Column("Alert", 0, _of(self._label), here=True)], cells)
        columns.append(Column("Alert", names, _of(self._label), here=True))
        wheres = label_width(
            [row.where for row in self.groups[:200]], 5, max(5, min(22, cells // (4 if cells >= 66 else 5)))
        )
        columns.append(Column("Where", wheres, _of(lambda row, look: (Span(row.where, "dim"),)), gap=2))
        columns.append(Column("", 5, _of(self._count), right=True, gap=1 if cells >= 66 else 0))
        columns.append(Column("Incident", 0, _of(self._incident), gap=2))
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


def _of(words: Callable[[AlertRow, Look], Words]) -> Callable[[AlertRow | Suggestion, Look], Words]:
    """A cell of a group's; a suggestion has none."""
    return lambda row, look: words(row, look) if isinstance(row, AlertRow) else BLANK


def _let_through(board: Board, rows: tuple[AlertRow, ...]) -> tuple[Suggestion, ...]:
    """The suggestions that have a signal among these rows."""
    if not board.suggestions:
        return ()
    shown = {row.key for row in rows}
    return tuple(one for one in board.suggestions if not shown.isdisjoint(one.keys))
