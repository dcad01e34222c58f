"""The health pane: what the checks say, worst first, each with a short history. No data is a state of its own."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.board import Board, HealthRow, PaneName
from oncall_tui.model import HealthCheck, HealthSample, HealthStatus
from oncall_tui.text import width
from widgets import words
from widgets.lines import BLANK, Span, Words, words_width
from widgets.pane import label_width
from widgets.signs import Signs
from widgets.table import Column, ListTable, grown
from widgets.theme import Look

ROLE = {
    HealthStatus.OK: "ok",
    HealthStatus.DEGRADED: "late",
    HealthStatus.DOWN: "down",
    HealthStatus.UNKNOWN: "no-data",
}


def spark(history: Sequence[HealthSample], cells: int, signs: Signs) -> str:
    """The latest values as at most ``cells`` levels between their least and greatest; a gap where there was none."""
    samples = history[-cells:] if cells > 0 else ()
    values = [sample.value for sample in samples if sample.value is not None]
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    top = len(signs.spark) - 1

    def level(value: float | None) -> str:
        if value is None:
            return " "
        if high <= low:
            return signs.spark[0]
        return signs.spark[round((value - low) / (high - low) * top)]

    return "".join(level(sample.value) for sample in samples)


def value_text(check: HealthCheck) -> str:
    """The value with its unit, or the status's word: ``12.4 %``, ``ok``, ``no data``."""
    if check.status is HealthStatus.UNKNOWN:
        return "no data"
    if check.value is None:
        return check.status.value
    return f"{number_text(check.value)} {check.unit or ''}".rstrip()


def number_text(value: float) -> str:
    """Three digits that matter, at most six cells: ``0.02``, ``12.4``, ``5230``, ``1.2M``."""
    size = abs(value)
    if size != size or size == float("inf"):
        return "no number"
    for limit, factor, unit in ((1e4, 1.0, ""), (1e6, 1e3, "k"), (1e9, 1e6, "M"), (1e12, 1e9, "G")):
        if size < limit:
            shown = value / factor
            digits = 0 if abs(shown) >= 100 else 1 if abs(shown) >= 10 else 2
            text = f"{shown:.{digits}f}"
            return (text.rstrip("0").rstrip(".") if "." in text else text) + unit
    return f"{value:.0e}"


def label(check: HealthCheck) -> str:
    """Service and check without saying the service twice."""
    service = check.service or ""
    if not service or service.casefold() in check.name.casefold():
        return check.name
    return f"{service} {check.name}"


class HealthPane(ListTable[HealthRow]):
    """A row a check."""

    NUMBER = "3"
    NAME = "Health"
    HEADING = False

    board: Board | None = None

    def show_board(self, board: Board, rows: tuple[HealthRow, ...], hidden: int) -> None:
        """Show these of the board's checks; ``hidden`` others are kept back."""
        self.board = board
        self.show(rows, hidden=hidden)

    def key_of(self, row: HealthRow) -> str:
        """The check's full id."""
        return row.check.id

    def counts(self, look: Look) -> list[Words]:
        """``1 down · 1 degraded``."""
        told: list[Words] = []
        silent = "no data" if self.size.width >= 50 else look.signs.no_data
        for status, word in (
            (HealthStatus.DOWN, "down"),
            (HealthStatus.DEGRADED, "degraded"),
            (HealthStatus.UNKNOWN, silent),
        ):
            count = sum(1 for row in self.rows if row.check.status is status)
            if count:
                told.append((Span(f"{count} {word}", ROLE[status]),))
        return told or ([(Span("all ok", "ok"),)] if self.rows else [])

    def freshness(self, look: Look) -> Words:
        """How old the checks are, when they are old."""
        board = self.board
        if board is None:
            return BLANK
        return words.freshness_words(board.panes.get(PaneName.HEALTH), board.minute, board.zone)

    def empty_words(self, look: Look) -> Sequence[Words]:
        """No checks, or none heard of yet."""
        state = None if self.board is None else self.board.panes.get(PaneName.HEALTH)
        if state is not None and not state.served:
            return ((Span("no check is configured", "dim"),),)
        return ((Span("the first answer is awaited", "dim"),),)

    def row_depends(self) -> object:
        """Ages and times of day."""
        return None if self.board is None else (self.board.minute, self.board.zone)

    def columns(self, cells: int) -> Sequence[Column[HealthRow]]:
        """Sign, what, value, history; on a wide pane the reason and the age too."""
        values = label_width([value_text(row.check) for row in self.rows[:200]], 4, 9 if cells < 60 else 14)
        sparks = 0 if cells < 24 else 4 if cells < 60 else 8 if cells < 100 else 24
        columns = [Column[HealthRow]("", 1, self._sign)]
        if cells >= 60:
            names = label_width([label(row.check) for row in self.rows[:200]], 8, cells // 3)
            columns.append(Column("Check", names, self._label, here=True))
        else:
            columns.append(Column("Check", 0, self._marked_label, here=True))
        columns.append(Column("Value", values, self._value, right=True))
        if cells >= 60:
            columns.append(Column("Why", 0, self._why, gap=2))
        if sparks:
            columns.append(
                Column(
                    "",
                    sparks,
                    lambda row, look: (Span(spark(row.history, sparks, look.signs), self._role(row)),),
                    right=True,
                )
            )
        return grown(columns, cells)

    @staticmethod
    def _role(row: HealthRow) -> str:
        return "stale" if row.stale else ROLE[row.check.status]

    def _sign(self, row: HealthRow, look: Look) -> Words:
        return (Span(look.signs.health(row.check.status), ROLE[row.check.status]),)

    def _label(self, row: HealthRow, look: Look) -> Words:
        return (Span(label(row.check), "dim" if row.stale or row.check.status is HealthStatus.OK else "text"),)

    def _marked_label(self, row: HealthRow, look: Look) -> Words:
        """Where there is no room for the reason: that the service is in maintenance stands before all that is cut."""
        name = self._label(row, look)
        return (Span("maint ", "soon"), *name) if row.maintenance is not None else name

    def _value(self, row: HealthRow, look: Look) -> Words:
        role = "dim" if row.check.status is HealthStatus.OK else ROLE[row.check.status]
        return (Span(value_text(row.check), role),)

    def _why(self, row: HealthRow, look: Look) -> Words:
        told = ["in maintenance" if row.maintenance is not None else "", row.check.detail or ""]
        if row.stale and self.board is not None:
            told.append(f"as of {words.since(row.check.checked_at, self.board.minute)} ({row.check.source})")
        return (Span("  ".join(part for part in told if part), "dim"),)


def summary_words(rows: Sequence[HealthRow], cells: int, look: Look) -> Words:
    """One line for small screens: each unwell service by name with its worst status, the well checks as a count."""
    well = sum(1 for row in rows if row.check.status is HealthStatus.OK)
    count: Words = (Span(look.signs.ok, "ok"), Span(f"{well}", "dim")) if well else BLANK
    worst: dict[str, HealthRow] = {}
    for row in rows:  # worst first
        if row.check.status is not HealthStatus.OK:
            worst.setdefault(row.check.service or row.check.name, row)
    ill = list(worst.values())
    named = [(look.signs.health(row.check.status), f"{row.check.service or row.check.name} ") for row in ill]
    left = cells - words_width(count)
    if sum(width(sign) + width(name) for sign, name in named) > left:
        left -= 4
    told: list[Span] = []
    for number, (row, (sign, name)) in enumerate(zip(ill, named, strict=True)):
        left -= width(sign) + width(name)
        if left < 0:
            told.append(Span(f"+{len(ill) - number} ", "down"))
            break
        told += [Span(sign, ROLE[row.check.status]), Span(name, "text")]
    return (*told, *count) if told or count else (Span("no check", "dim"),)
