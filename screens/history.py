"""History: what the seat has seen before. Of an incident the earlier ones of its kind; of some words the texts that
hold them (W6)."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input, Static

from oncall_tui.actions import Action
from oncall_tui.board import Board
from oncall_tui.model.search import Found, Hit
from oncall_tui.policy.seen import Earlier, SeenBefore, summary
from screens.aiming import NoTarget
from screens.base import COMMON, OncallScreen
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.past_requests import SearchWanted, SeenWanted, TextWanted
from screens.past_words import PastRow, day_words, found_counts, found_rows, full_lines, kind_rows, text_lines
from screens.reading import ReadingScreen
from screens.requests import CopyRequested, IncidentWanted, QuestionFailed, ScreenRequested, Target, ask
from widgets.footer import ENTER, Hint
from widgets.lines import Span, Words
from widgets.messages import CursorMoved, RowOpened
from widgets.table import Column, ListTable, grown
from widgets.textpane import TextPane, awaits
from widgets.theme import Look

PAUSE_S = 0.15
"""After the last letter, so long nothing is asked."""
REST_S = 0.3
"""So long the cursor is on a row before its system is asked."""
_EXAMPLE = "words of a title, a note, an alert, a handover"


class PastList(ListTable[PastRow]):
    """The newest or the best first."""

    NAME = "History"
    DEFAULT_CSS = """
    PastList { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.board: Board | None = None
        self.seen: SeenBefore | None = None
        """Of the incident's kind, while that is shown."""
        self.found: Found | None = None
        """What the words brought, while that is shown."""

    def show_kind(self, seen: SeenBefore) -> None:
        """The earlier incidents of a kind. After a search the cursor is on the first one: none of what it found is
        gone."""
        was_found, self.seen, self.found = self.found is not None, seen, None
        self.show(kind_rows(seen))
        if was_found:
            self.action_edge(-1)

    def show_found(self, found: Found) -> None:
        """What a search brought."""
        self.seen, self.found = None, found
        self.show(found_rows(found))
        self.action_edge(-1)

    def clear(self) -> None:
        """Nothing is looked for."""
        self.seen = self.found = None
        self.show(())

    def key_of(self, row: PastRow) -> str:
        """The row's key."""
        return row.key

    def counts(self, look: Look) -> list[Words]:
        """How often, or how many."""
        if self.found is not None:
            return found_counts(self.found)
        if self.seen is None or self.board is None:
            return []
        told = summary(self.seen, self.board.minute, self.board.zone).partition(", last ")[0]
        return [(Span("the same kind", "title"),), (Span(told, "title"),)]

    def columns(self, cells: int) -> Sequence[Column[PastRow]]:
        """When, how long or what kind, who or which incident, what it says."""
        is_kind = self.seen is not None
        names = max(10, min(40, cells // (4 if is_kind else 3)))
        return grown(
            [
                Column[PastRow]("When", 12, self._when),
                Column("Took" if is_kind else "What", 11 if is_kind else 8, lambda row, look: row.what),
                Column("Who" if is_kind else "Incident", names, lambda row, look: row.name, here=True),
                Column("What it left behind" if is_kind else "Text", 0, lambda row, look: row.text, gap=2),
            ],
            cells,
        )

    def empty_words(self, look: Look) -> Sequence[Words]:
        """Nothing of it is known here."""
        if self.seen is not None:
            return ((Span("none of its kind before it, in what is kept here", "dim"),),)
        if self.found is not None:
            return ((Span("no text here holds all of these words", "dim"),),)
        return ((Span(f"type {_EXAMPLE}", "dim"),),)

    def _when(self, row: PastRow, look: Look) -> Words:
        assert self.board is not None, "rows come with a board"
        return (Span(day_words(row.at, self.board.minute, self.board.zone), "dim"),)


class SearchLine(Horizontal):
    """Where the words are typed."""

    DEFAULT_CSS = """
    SearchLine { height: 1; background: $panel; }
    SearchLine Static { width: 10; color: $key; text-style: bold; }
    SearchLine Input.-textual-compact { padding: 0; background: $panel; }
    """

    def compose(self) -> ComposeResult:
        """A word, and the line."""
        yield Static("  search ", markup=False)
        field = Input(placeholder=_EXAMPLE, compact=True, max_length=200, select_on_focus=False)
        field.cursor_blink = False
        yield field


class HistoryScreen(OncallScreen[None]):
    """The line, the list, and the row under the cursor in full."""

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "open",
        "filter",
        "next_pane",
        "previous_pane",
        "copy",
        "back",
        *(one for one in COMMON if one != "history"),
    )
    DEFAULT_CSS = """
    HistoryScreen #body { layout: vertical; }
    HistoryScreen #row { height: 8; }
    """

    def __init__(self, incident_id: str | None, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.incident_id = incident_id
        self._seen: SeenBefore | None = None
        self._waits: Timer | None = None
        """For the next letter."""
        self._rests: Timer | None = None
        """The cursor, on a row."""
        self._read: set[str] = set()
        """Earlier incidents whose system was asked for the whole of them."""

    def compose_body(self) -> ComposeResult:
        """Line, list, row."""
        yield SearchLine()
        yield PastList(id="past")
        yield TextPane(id="row")

    @property
    def rows(self) -> PastList:
        """The list."""
        return self.query_one(PastList)

    @property
    def field(self) -> Input:
        """The search line's."""
        return self.query_one(Input)

    def on_mount(self) -> None:
        """The same kind at once where there is an incident; else words are wanted."""
        self._fit()
        if self.incident_id is None:
            self.set_focus(self.field)
        else:
            self.set_focus(self.rows)
            self.run_worker(self._ask_kind(self.incident_id), exclusive=True, group="past", exit_on_error=False)

    def on_resize(self) -> None:
        """In a low terminal the list alone."""
        self._fit()
        self._show_row()

    def _fit(self) -> None:
        self.query_one("#row").styles.height = 0 if self.size.height < 18 else 8 if self.size.height < 30 else 12

    def show_board(self, board: Board) -> None:
        """Times by its zone."""
        self.rows.board = board
        self.rows.redraw()
        self._show_row()

    # -- asking ----------------------------------------------------------------------------------------------

    async def _ask_kind(self, incident_id: str) -> None:
        try:
            self._seen = await ask(self, SeenWanted(incident_id))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        if not self.field.value.strip():
            self._show_kind()
            self._want_timeline()

    async def _search(self, text: str) -> None:
        try:
            found = await ask(self, SearchWanted(text))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        self.rows.show_found(found)
        self._show_row()

    def _show_kind(self) -> None:
        if self._seen is not None:
            self.rows.show_kind(self._seen)
        else:
            self.rows.clear()
        self._show_row()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search while typing; an empty line goes back to the same kind."""
        event.stop()
        if self._waits is not None:
            self._waits.stop()
        self._waits = self.set_timer(PAUSE_S, self._begin)

    def _begin(self) -> None:
        text = self.field.value.strip()
        if text:
            self.run_worker(self._search(text), exclusive=True, group="past", exit_on_error=False)
        else:
            self.workers.cancel_group(self, "past")
            self._show_kind()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """On to what was found."""
        event.stop()
        if self._waits is not None:
            self._waits.stop()
        self._begin()
        self.set_focus(self.rows)

    def on_key(self, event: events.Key) -> None:
        """Out of the line with ``down`` or ``esc``."""
        super().on_key(event)
        if self.field.has_focus and event.key in ("down", "escape") and (self.rows.rows or event.key == "down"):
            event.stop()
            event.prevent_default()
            self.set_focus(self.rows)

    def on_descendant_focus(self) -> None:
        """Letters are no keys while words are typed."""
        self.show_footer()

    def hints(self) -> tuple[Hint, ...]:
        """Of the line, while it has the focus; elsewhere the key that filters other screens leads to it."""
        if self.is_mounted and self.field.has_focus:
            return Hint(ENTER, "To the list", ""), Hint("esc", "Back", "")
        return tuple(hint._replace(short="Search") if hint.action_id == "filter" else hint for hint in super().hints())

    # -- the row under the cursor ----------------------------------------------------------------------------

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another row in full."""
        event.stop()
        self._show_row()
        self._want_timeline()

    def _want_timeline(self) -> None:
        """Of an earlier incident whose timeline is not known here its system is asked once, when the cursor rests."""
        row = self.rows.cursor
        if self._rests is not None:
            self._rests.stop()
        if row is None or not isinstance(row.told, Earlier) or row.told.is_read or row.key in self._read:
            return
        self._rests = self.set_timer(
            REST_S, lambda: self.run_worker(self._read_whole(row.key), group="whole", exit_on_error=False)
        )

    async def _read_whole(self, incident_id: str) -> None:
        self._read.add(incident_id)
        with contextlib.suppress(QuestionFailed):  # what is known of it is shown
            await ask(self, IncidentWanted(incident_id, read=True))
        if self.incident_id is not None:
            await self._ask_kind(self.incident_id)

    def on_row_opened(self, event: RowOpened) -> None:
        """A double click."""
        event.stop()
        self.do_open()

    def _show_row(self) -> None:
        row, board = self.rows.cursor, self.board
        self.query_one("#row", TextPane).show(
            lambda cells, look: (
                full_lines(row, board, cells)
                if row is not None and board is not None
                else awaits("the line under the cursor", cells)
            ),
            title=(Span("In full", "title"),),
        )

    def aim(self, action: Action) -> tuple[Target, ...]:
        """Nothing is done to the past."""
        raise NoTarget(f"{action.title.lower()}: not in the history")

    # -- keys ------------------------------------------------------------------------------------------------

    def do_filter(self) -> None:
        """Type words."""
        self.set_focus(self.field)

    def do_next_pane(self) -> None:
        """Line, list, row."""
        self._step(1)

    def do_previous_pane(self) -> None:
        """The other way round."""
        self._step(-1)

    def _step(self, step: int) -> None:
        order = [self.field, self.rows, *([self.query_one("#row", TextPane)] if self.size.height >= 18 else [])]
        here = next((number for number, one in enumerate(order) if one.has_focus), 1)
        self.set_focus(order[(here + step) % len(order)])

    def do_open(self) -> None:
        """The incident, or the text."""
        row = self.rows.cursor
        if row is None:
            self.say("nothing under the cursor", "stale")
        elif row.incident_id is not None:
            self.post_message(ScreenRequested("incident", row.incident_id))
        elif isinstance(row.told, Hit):
            self.run_worker(self._open_text(row.told), exclusive=True, group="text", exit_on_error=False)

    async def _open_text(self, hit: Hit) -> None:
        try:
            found = await ask(self, TextWanted(hit))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        if found is None:
            self.say("it has gone meanwhile", "stale")
            return
        title, text = found
        cells = max(20, min(90, self.size.width - 8))
        self.app.push_screen(ReadingScreen(title or hit.title, text_lines(text, cells)))

    def do_copy(self) -> None:
        """The id of the row under the cursor."""
        row = self.rows.cursor
        if row is None:
            self.say("nothing under the cursor", "stale")
        else:
            self.post_message(CopyRequested(row.incident_id or row.name[0].text, "id" if row.incident_id else "name"))

    def do_back(self) -> None:
        """Words away first, where they hide the same kind."""
        if self.incident_id is not None and self.field.value:
            self.field.value = ""
            self.set_focus(self.rows)
        else:
            super().do_back()
