"""The sources: when each last answered, what went wrong, when it is asked again, what it may still ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from textual.app import ComposeResult
from textual.reactive import var

from oncall_tui.board import Board, SourceStatus, SourceView
from oncall_tui.clock import format_duration
from oncall_tui.model import SourceState, Verb
from oncall_tui.text import clip, width
from screens.base import COMMON, OncallScreen
from screens.outbox_words import sign_span, stands, state_span
from screens.reading import facts_lines
from screens.requests import QuestionFailed, RefreshRequested, SourcesWanted, ask
from widgets.lines import BLANK, Span, Words, clip_words
from widgets.messages import CursorMoved, RowOpened
from widgets.table import Column, ListTable, grown
from widgets.textpane import TextPane
from widgets.theme import Look
from widgets.words import VERB_WORD, age, ahead, clock, newest

_ROLE = {SourceStatus.OK: "ok", SourceStatus.LATE: "late", SourceStatus.DOWN: "down"}
_WORD = {
    SourceStatus.OK: "well",
    SourceStatus.LATE: "late",
    SourceStatus.DOWN: "down",
    SourceStatus.NEVER: "no answer yet",
}
TALL = 28
"""Lines from which on the channels have a place, too."""
MOST_CHANNELS = 6
_VERBS = frozenset(verb.value for verb in Verb)


class SourcesList(ListTable[SourceView]):
    """One source a line."""

    NAME = "Sources"
    DEFAULT_CSS = """
    SourcesList { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.board: Board | None = None
        self.states: dict[str, SourceState] = {}

    def show_board(self, board: Board, states: Sequence[SourceState]) -> None:
        """Show the board's sources, with what is known of each besides."""
        self.board = board
        self.states = {state.name: state for state in states}
        self.show(board.sources)

    def key_of(self, row: SourceView) -> str:
        """Its name."""
        return row.name

    def counts(self, look: Look) -> list[Words]:
        """How many are not well."""
        counted = [(sum(1 for row in self.rows if row.status is status), status) for status in SourceStatus]
        return [
            (Span(f"{number} {_WORD[status]}", _ROLE.get(status, "no-data")),)
            for number, status in counted
            if number and (status is not SourceStatus.OK or number == len(self.rows))
        ]

    def columns(self, cells: int) -> Sequence[Column[SourceView]]:
        """Status, name, kind, last success, latency, budget, what is wrong."""
        names = min(20, max((width(row.name) for row in self.rows), default=6))
        columns: list[Column[SourceView]] = [
            Column("", 1, lambda row, look: (Span(look.signs.source(row.status), _ROLE.get(row.status, "no-data")),)),
            Column("Source", max(6, names), lambda row, look: (Span(row.name, "strong"),), here=True),
        ]
        if cells >= 60:
            kinds = min(14, max((width(row.kind) for row in self.rows), default=4))
            columns.append(Column("Kind", max(4, kinds), lambda row, look: (Span(row.kind, "dim"),), gap=2))
        columns.append(Column("Answered", 8, self._answered, right=True, gap=2))
        if cells >= 60:
            columns.append(Column("Took", 8, self._took, right=True))
        if cells >= 90:
            columns.append(Column("Budget", 12, self._budget, right=True))
        columns.append(Column("", 0, self._wrong, gap=2))
        return grown(columns, cells)

    def empty_words(self, look: Look) -> Sequence[Words]:
        """No source is configured."""
        return ((Span("no source is configured", "stale"),),)

    def last_success(self, row: SourceView) -> str:
        """How long ago it last answered well."""
        state = self.states.get(row.name)
        at = state.last_success if state is not None else row.last_success
        if at is None or self.board is None:
            return "never" if row.status is not SourceStatus.OK else ""
        return age(at, self.board.minute)

    def _answered(self, row: SourceView, look: Look) -> Words:
        return (Span(self.last_success(row), _ROLE.get(row.status, "no-data") if row.error else "text"),)

    def _took(self, row: SourceView, look: Look) -> Words:
        state = self.states.get(row.name)
        took = state.latency_ms if state is not None else None
        return (Span("" if took is None else f"{took:.0f} ms", "dim"),)

    def _budget(self, row: SourceView, look: Look) -> Words:
        state = self.states.get(row.name)
        budget = state.budget if state is not None else None
        if budget is None or budget.remaining is None:
            return BLANK
        low = budget.limit is not None and budget.remaining * 10 < budget.limit
        left = f"{budget.remaining}/{budget.limit}" if budget.limit is not None else str(budget.remaining)
        return (Span(left, "soon" if low else "dim"),)

    def _wrong(self, row: SourceView, look: Look) -> Words:
        if row.error:
            return (Span(row.error, "error" if row.status is SourceStatus.DOWN else "stale"),)
        if row.problems:
            more = f" (and {len(row.problems) - 1} more)" if len(row.problems) > 1 else ""
            return (Span(f"{row.problems[0]}{more}", "stale"),)
        return (Span(_WORD[row.status], "dim"),)


class SourcesScreen(OncallScreen[None]):
    """The list, and the source under the cursor in full. ``R`` asks all of them; opening one asks it alone."""

    ACTIONS: ClassVar[tuple[str, ...]] = ("open", "back", *(one for one in COMMON if one != "sources"))
    DEFAULT_CSS = """
    SourcesScreen #body { layout: vertical; }
    SourcesScreen #source { height: 14; }
    SourcesScreen #channels { height: 5; display: none; }
    """

    states: var[tuple[SourceState, ...]] = var(())
    """What the board leaves out of each source: asked for with every board."""

    def compose_body(self) -> ComposeResult:
        """List above, source below, channels at the bottom."""
        yield SourcesList(id="sources")
        yield TextPane(id="source")
        yield TextPane(id="channels")

    @property
    def rows(self) -> SourcesList:
        """The sources."""
        return self.query_one(SourcesList)

    def on_mount(self) -> None:
        """The keys go to the list."""
        self.rows.focus()
        self.facts_changed()

    def on_resize(self) -> None:
        """In a low terminal the list alone."""
        low = self.size.height < 18
        pane = self.query_one("#source")
        pane.display = not low
        pane.styles.height = max(6, self.size.height // 2 - 2)
        self._show_channels()

    def facts_changed(self) -> None:
        """Ask again for what is not on the board."""
        self.run_worker(self._ask(), exclusive=True, group="states", exit_on_error=False)

    async def _ask(self) -> None:
        try:
            self.states = await ask(self, SourcesWanted())
        except QuestionFailed as reason:
            self.say(str(reason), "error")

    def watch_states(self) -> None:
        """Draw what was told."""
        if self.is_mounted and self.board is not None:
            self.show_board(self.board)

    def show_board(self, board: Board) -> None:
        """The board's sources."""
        self.rows.show_board(board, self.states)
        self._show_source()
        self._show_channels()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another source in full."""
        event.stop()
        self._show_source()

    def on_row_opened(self, event: RowOpened) -> None:
        """A double click."""
        event.stop()
        self.do_open()

    def _show_source(self) -> None:
        row = self.rows.cursor
        title: Words = (Span(f"{row.name} ({row.kind})" if row is not None else "Source", "title"),)
        self.query_one("#source", TextPane).show(lambda cells, look: self._told(row, cells), title=title)

    def _show_channels(self) -> None:
        """How the channels fare by their latest actions, where there is room for them."""
        board, pane = self.board, self.query_one("#channels", TextPane)
        pane.display = board is not None and bool(board.channels) and self.size.height >= TALL
        if board is not None and pane.display:
            pane.styles.height = min(len(board.channels), MOST_CHANNELS) + 2
            title: Words = (Span("Channels", "title"), Span("  their latest action within the hour", "dim"))
            pane.show(lambda cells, look: channel_lines(board, cells, look), title=title)

    def _told(self, row: SourceView | None, cells: int) -> list[Words]:
        board = self.board
        if row is None or board is None:
            return []
        state = next((one for one in self.states if one.name == row.name), None)
        return facts_lines(source_facts(row, state, board), cells)

    def do_open(self) -> None:
        """Ask the source under the cursor now."""
        row = self.rows.cursor
        if row is not None:
            self.post_message(RefreshRequested((row.name,)))


def channel_lines(board: Board, cells: int, look: Look) -> list[Words]:
    """One channel a line: how its latest action stands and what was answered, else whom it reaches. Pure."""
    names = min(16, max((width(one.name) for one in board.channels), default=4))
    lines: list[Words] = []
    for channel in board.channels:
        action = newest(row for row in board.outbox if row.source == channel.name)
        head = (Span(f"{clip(channel.name, names).ljust(names)}  ", "strong"), Span(f"{channel.kind}  ", "dim"))
        if action is None:
            lines.append(clip_words((Span("  "), *head, Span(channel.place, "dim")), cells))
            continue
        word = state_span(action)
        told = f"{VERB_WORD[action.verb]} {stands(action, board.minute, board.zone)}"
        lines.append(clip_words((sign_span(action, look.signs), Span(" "), *head, Span(told, word.role)), cells))
    return lines


def source_facts(row: SourceView, state: SourceState | None, board: Board) -> list[tuple[str, str]]:
    """Everything of one source as label and text. Pure."""

    def told(moment: datetime) -> str:
        return f"{clock(moment, board.minute, board.zone)} ({age(moment, board.minute)})"

    last = state.last_success if state is not None else row.last_success
    facts = [
        ("status", _WORD[row.status] + (", stopped: not asked until its token changes or R" if row.stopped else "")),
        ("answered", told(last) if last is not None else "never"),
        ("error", f"{row.error}{f' ({row.failures} in a row)' if row.failures > 1 else ''}" if row.error else ""),
    ]
    if state is not None and state.last_attempt is not None and state.last_attempt != last:
        facts.append(("asked", told(state.last_attempt)))
    if row.next_try is not None and not row.stopped:
        at = clock(row.next_try, board.minute, board.zone)
        facts.append(("next try", f"{at} (in {ahead(row.next_try, board.minute)})"))
    facts += [("problem", problem) for problem in row.problems]
    facts.append(("asked every", format_duration(timedelta(seconds=round(row.poll_s)))))
    if state is not None and state.latency_ms is not None:
        facts.append(("took", f"{state.latency_ms:.0f} ms"))
    budget = state.budget if state is not None else None
    if budget is not None and budget.remaining is not None:
        of = f" of {budget.limit}" if budget.limit is not None else ""
        until = (
            f", full again {clock(budget.resets_at, board.minute, board.zone)}" if budget.resets_at is not None else ""
        )
        facts.append(("budget left", f"{budget.remaining}{of} calls{until}"))
    skew = row.clock_skew_s
    if skew is not None:
        ahead_or_behind = "ahead of" if skew > 0 else "behind"
        facts.append(("its clock", f"{format_duration(timedelta(seconds=abs(round(skew))))} {ahead_or_behind} ours"))
    can = board.capabilities.get(row.name, row.serves)
    facts.append(("serves", ", ".join(sorted(word.replace("_", " ") for word in can - _VERBS))))
    facts.append(("can", ", ".join(sorted(word.replace("_", " ") for word in can & _VERBS))))
    return facts
