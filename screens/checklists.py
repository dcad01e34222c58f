"""A shift's checklists: what a program can check it checks, the rest is ticked by hand; kept for each shift (S4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from oncall_tui.actions import Scope
from oncall_tui.board import Board
from oncall_tui.handover.sheet import Sheet, subject_words
from oncall_tui.model import Severity, Verb
from oncall_tui.policy.checklists import BEFORE_SHIFT, Outcome, Standing
from screens import checklist_words as told
from screens import leading
from screens.aiming import TOO_SMALL, is_too_small
from screens.base import COMMON, OncallScreen
from screens.declaring import Origin
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import QuestionFailed, ScreenRequested, ask
from screens.shift_requests import ChecklistNames, ProbesWanted, SheetWanted, ShiftItemTicked
from widgets.lines import BLANK, Span, Words
from widgets.messages import CursorMoved, RowOpened
from widgets.table import Column, ListTable, grown
from widgets.textpane import TextPane, wrap_words
from widgets.theme import Look

LEADS = {
    "sources": "sources",
    "clock": "sources",
    "channels": "sources",
    "on-call": "schedule",
    "escalation": "roles",
    "handover": "handed",
    "handed-over": "handover",
    "items": "handover",
    "notes": "handover",
    "forgotten": "forgotten",
    "sent": "outbox",
}
"""The screen that a check is about."""
REVIEWED = frozenset({"review", "runbooks"})
"""Items that are about the last days."""
PAGED = "pager"
"""The item that a test page is for."""
_RINGS: Severity = 2
"""A pager rings by it; a lower one may wait for the morning."""


class ItemList(ListTable[Standing]):
    """One item a line."""

    HEADING = False
    DEFAULT_CSS = """
    ItemList { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.board: Board | None = None
        self.title = ""

    @property
    def NAME(self) -> str:  # type: ignore[override]  # the list's own
        """The checklist's title."""
        return self.title or "Checklist"

    def key_of(self, row: Standing) -> str:
        """The item's id."""
        return row.item.id

    def counts(self, look: Look) -> list[Words]:
        """How far it is, and what is not well."""
        if not self.rows:
            return []
        done = sum(row.done for row in self.rows)
        bad = sum(
            row.failed or (not row.done and row.finding is not None and row.finding.outcome is Outcome.NOT_YET)
            for row in self.rows
        )
        return [
            (Span(f"{done} of {len(self.rows)}", "good" if done == len(self.rows) else "text"),),
            (Span(f"{bad} not well", "error"),) if bad else BLANK,
        ]

    def columns(self, cells: int) -> Sequence[Column[Standing]]:
        """Box, text, what is known of it."""
        columns: list[Column[Standing]] = [
            Column("", 3, lambda row, look: told.box_words(row)),
            Column("", 0, self._text, here=True),
        ]
        if cells >= 60:
            columns.append(Column("", cells * 2 // 5, self._said, gap=2))
        return grown(columns, cells)

    def _text(self, row: Standing, look: Look) -> Words:
        return (Span(row.item.text, "dim" if row.done else "text"),)

    def _said(self, row: Standing, look: Look) -> Words:
        return told.said_words(row, self.board) if self.board is not None else BLANK

    def empty_words(self, look: Look) -> Sequence[Words]:
        """Nothing in it, or not here yet."""
        return ((Span("the list is empty" if self.title else "the list is being looked at", "dim"),),)


class ChecklistsScreen(OncallScreen[None]):
    """The list above; below, the last days before a shift, else the item under the cursor in full."""

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "checklist_tick",
        "checklist_check",
        "checklist_next",
        "checklist_last",
        "open",
        "next_pane",
        "previous_pane",
        "back",
        *(one for one in COMMON if one != "checklists"),
    )
    DEFAULT_CSS = """
    ChecklistsScreen #body { layout: vertical; }
    ChecklistsScreen #below { height: 8; }
    ChecklistsScreen.-below #below { height: 1fr; }
    ChecklistsScreen.-below #items { display: none; }
    """

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.names: tuple[str, ...] = (BEFORE_SHIFT,)
        self.listed = BEFORE_SHIFT
        self.sheet: Sheet | None = None

    def compose_body(self) -> ComposeResult:
        """List above, what belongs to it below."""
        yield ItemList(id="items")
        yield TextPane(id="below")

    @property
    def rows(self) -> ItemList:
        """The items."""
        return self.query_one(ItemList)

    @property
    def below(self) -> TextPane:
        """The last days, or the item."""
        return self.query_one("#below", TextPane)

    def on_mount(self) -> None:
        """Show what is known, then ask everybody."""
        self.rows.focus()
        self.run_worker(self._begin(), exclusive=True, group="checklist", exit_on_error=False)

    def on_resize(self) -> None:
        """Two thirds are the list's; in a low terminal all."""
        self._share()

    def _share(self) -> None:
        alone = self.has_class("-below")
        self.below.display = alone or self.size.height >= 18
        self.below.styles.height = "1fr" if alone else max(6, self.size.height // 3)

    def live_scopes(self) -> frozenset[Scope]:
        """Those of a checklist."""
        return frozenset({Scope.CHECKLIST, Scope.VIEW})

    # -- asking ----------------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        try:
            self.names = await ask(self, ChecklistNames()) or self.names
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        if self.listed not in self.names:
            self.listed = self.names[0]
        await self._look()
        await self._probe()

    async def _look(self) -> None:
        name = self.listed
        try:
            found = await ask(self, SheetWanted(name))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        if found is not None and name == self.listed:
            turned = self.sheet is None or self.sheet.checklist.name != name
            self.sheet = found
            self._show()
            if turned:
                self.rows.action_edge(-1)
                self._show_below()

    async def _probe(self) -> None:
        try:
            await ask(self, ProbesWanted())
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        await self._look()

    def facts_changed(self) -> None:
        """Look anew, without asking anybody."""
        self.run_worker(self._look(), exclusive=True, group="look", exit_on_error=False)

    def show_board(self, board: Board) -> None:
        """The minute has moved."""
        self.rows.board = board
        self._show()

    def _show(self) -> None:
        if self.sheet is None or self.board is None:
            return
        self.rows.board, self.rows.title = self.board, self.sheet.checklist.title
        self.rows.show(self.sheet.standing)
        self._show_below()

    def _show_below(self) -> None:
        board, sheet = self.board, self.sheet
        if board is None or sheet is None:
            return
        row, found = self.rows.cursor, sheet.review
        of = Span(f"  {subject_words(sheet.subject, board.zone)}", "dim")
        if found is not None:
            self.below.show(
                lambda cells, look: [*_item(row, board, cells), *told.review_lines(found, board, cells, look)],
                title=(Span("The last 7 days", "title"), of),
            )
        else:
            self.below.show(
                lambda cells, look: _item(row, board, cells),
                title=(Span("Item", "title"), of),
            )

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another item in full."""
        event.stop()
        self._show_below()

    def on_row_opened(self, event: RowOpened) -> None:
        """A double click."""
        event.stop()
        self.do_open()

    # -- doing -----------------------------------------------------------------------------------------------

    def do_checklist_tick(self) -> None:
        """Done, or not done."""
        row = self.rows.cursor
        if row is None or self.board is None:
            self.say("no item under the cursor", "stale")
            return
        if self.board.seat.read_only:
            self.say("read-only seat: nothing is ticked from here", "error")
            return
        done = row.tick is None or not row.tick.done
        self.run_worker(self._tick(row, done), group="tick", exit_on_error=False)

    async def _tick(self, row: Standing, done: bool) -> None:
        try:
            await ask(self, ShiftItemTicked(self.listed, row.item.id, done=done))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        self.say(f"{'ticked' if done else 'not done'}: {row.item.text}", "good" if done else "dim")
        await self._look()

    def do_checklist_check(self) -> None:
        """Ask everybody anew."""
        self.say("asking every source and channel", "dim")
        self.run_worker(self._probe(), exclusive=True, group="checklist", exit_on_error=False)

    def do_checklist_next(self) -> None:
        """The next list."""
        self._turn(1)

    def do_checklist_last(self) -> None:
        """The list before."""
        self._turn(-1)

    def _turn(self, step: int) -> None:
        if len(self.names) < 2:
            self.say("there is no other list", "dim")
            return
        self.listed = self.names[(self.names.index(self.listed) + step) % len(self.names)]
        self.facts_changed()

    def do_open(self) -> None:
        """Where the item leads: the screen that its check is about, or its command."""
        row = self.rows.cursor
        if row is None:
            return
        if row.item.command:
            from screens.commands import begin

            begin(self, row.item.command)
            return
        if row.item.id in REVIEWED:
            self.do_next_pane()
            return
        name = LEADS.get(row.item.check)
        if row.item.id == PAGED and name is None:
            self._test_page()
            return
        if name is None:
            self.say("it leads nowhere: it is looked after by hand", "dim")
            return
        self.post_message(ScreenRequested(name))

    def _test_page(self) -> None:
        """The form of a declaration for a page that tests the way to the phone: the incident alone is made, of the
        service that the person names, and not before its last key."""
        board = self.board
        if board is None:
            return
        if board.seat.read_only:
            self.say("read-only seat: nobody is paged from here", "error")
            return
        if is_too_small(self.size):
            self.say(TOO_SMALL, "error")
            return
        if not any(Verb.DECLARE.value in words for words in board.capabilities.values()):
            self.say("no source of this config makes incidents: page yourself in your pager", "stale")
            return
        origin = Origin(title=f"Test page by {board.seat.name}", severity=_RINGS, is_test=True)
        leading.form(self, origin, board)

    def do_next_pane(self) -> None:
        """What is below alone on the screen, and back."""
        alone = not self.has_class("-below")
        self.set_class(alone, "-below")
        self._share()
        (self.below if alone else self.rows).focus()

    def do_back(self) -> None:
        """Back to the list first."""
        if self.has_class("-below"):
            self.do_next_pane()
        else:
            super().do_back()

    def do_previous_pane(self) -> None:
        """The same: there are two."""
        self.do_next_pane()


def _item(row: Standing | None, board: Board, cells: int) -> list[Words]:
    if row is None:
        return []
    return [
        *wrap_words((*told.box_words(row), Span(f" {row.item.text}", "strong")), cells, indent=4),
        *wrap_words((Span("    "), *told.said_words(row, board)), cells, indent=4),
    ]
