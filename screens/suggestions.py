"""Suggested incidents: all of them, those dismissed too, with why each of their signals is one (W5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from oncall_tui.actions import Action, Scope
from oncall_tui.board import Board
from oncall_tui.policy.suggest import Suggestion
from screens.aiming import NoTarget
from screens.base import COMMON, OncallScreen
from screens.past import dismiss
from screens.requests import Target
from screens.suggestion_words import suggestion_lines
from widgets.lines import BLANK, Span, Words
from widgets.messages import CursorMoved
from widgets.table import Column, ListTable, grown
from widgets.textpane import TextPane, awaits
from widgets.theme import Look
from widgets.words import age, clock, severity_words


class SuggestionList(ListTable[Suggestion]):
    """Those that are suggested, the worst first, then those dismissed."""

    NAME = "Suggested incidents"
    DEFAULT_CSS = """
    SuggestionList { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.board: Board | None = None
        self.declare_key = self.dismiss_key = ""

    def show_board(self, board: Board) -> None:
        """The board's."""
        self.board = board
        self.show((*board.suggestions, *board.dismissed))

    def key_of(self, row: Suggestion) -> str:
        """Its id."""
        return row.id

    def counts(self, look: Look) -> list[Words]:
        """How many of each."""
        gone = sum(1 for row in self.rows if row.dismissed is not None)
        return [
            (Span(f"{len(self.rows) - gone} suggested", "title"),) if len(self.rows) > gone else BLANK,
            (Span(f"{gone} dismissed", "dim"),) if gone else BLANK,
        ]

    def freshness(self, look: Look) -> Words:
        """The key of this screen."""
        row = self.cursor
        if row is None or not self.dismiss_key:
            return BLANK
        does = " brings it back" if row.dismissed is not None else " dismisses it"
        declares: Words = (Span(self.declare_key, "key"), Span(" declares  ", "dim")) if self.declare_key else BLANK
        return (*declares, Span(self.dismiss_key, "key"), Span(does, "dim"))

    def columns(self, cells: int) -> Sequence[Column[Suggestion]]:
        """How bad, since when, what, and what became of it, where any was dismissed."""
        state = [Column("", 16, self._state, gap=2)] if any(row.dismissed is not None for row in self.rows) else []
        return grown(
            [
                Column[Suggestion]("Sev", 4, lambda row, look: severity_words(row.severity)),
                Column("Age", 4, self._age, right=True),
                Column("Suggested", 0, lambda row, look: (Span(row.title),), here=True),
                Column("Signals", 7, lambda row, look: (Span(str(len(row.members)), "dim"),), right=True),
                *state,
            ],
            cells,
        )

    def row_role(self, row: Suggestion) -> str | None:
        """What was dismissed steps back."""
        return "resolved" if row.dismissed is not None else None

    def empty_words(self, look: Look) -> Sequence[Words]:
        """Nothing hangs together."""
        return ((Span("no alerts, log spikes and reports without an incident hang together", "dim"),),)

    def _age(self, row: Suggestion, look: Look) -> Words:
        return (Span(age(row.first_at, self.board.minute) if self.board is not None else "", "dim"),)

    def _state(self, row: Suggestion, look: Look) -> Words:
        if row.dismissed is None or self.board is None:
            return BLANK
        word = "declared" if row.dismissed.declared else "dismissed"
        return (Span(f"{word} {clock(row.dismissed.at, self.board.minute, self.board.zone)}"),)


class SuggestionsScreen(OncallScreen[None]):
    """The list, and the suggestion under the cursor in full."""

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "declare",
        "declare",
        "dismiss_suggestion",
        "next_pane",
        "previous_pane",
        "back",
        *(one for one in COMMON if one != "suggestions"),
    )
    DEFAULT_CSS = """
    SuggestionsScreen #body { layout: vertical; }
    SuggestionsScreen #suggested { height: 30%; min-height: 5; }
    SuggestionsScreen #suggestion { height: 1fr; }
    """

    def compose_body(self) -> ComposeResult:
        """List above, the suggestion below."""
        yield SuggestionList(id="suggested")
        yield TextPane(id="suggestion")

    @property
    def rows(self) -> SuggestionList:
        """The list."""
        return self.query_one(SuggestionList)

    def on_mount(self) -> None:
        """The keys go to the list."""
        self.rows.declare_key = self.key_map.shown("declare")
        self.rows.dismiss_key = self.key_map.shown("dismiss_suggestion")
        self.rows.focus()

    def live_scopes(self) -> frozenset[Scope]:
        """Those of alerts."""
        return frozenset({Scope.ALERT, Scope.VIEW})

    def show_board(self, board: Board) -> None:
        """The board's suggestions."""
        self.rows.show_board(board)
        self._show_one()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another one in full."""
        event.stop()
        self.rows.redraw()
        self._show_one()

    @property
    def suggestion(self) -> Suggestion | None:
        """The one under the cursor."""
        return self.rows.cursor

    def _show_one(self) -> None:
        one, board = self.rows.cursor, self.board
        self.query_one("#suggestion", TextPane).show(
            lambda cells, look: (
                suggestion_lines(one, board, cells)
                if one is not None and board is not None
                else awaits("the suggestion under the cursor, with each of its signals", cells)
            ),
            title=(Span(one.title if one is not None else "Suggestion", "title"),),
        )

    def aim(self, action: Action) -> tuple[Target, ...]:
        """Nothing is sent from here."""
        raise NoTarget(f"{action.title.lower()}: not a thing of suggestions")

    def do_next_pane(self) -> None:
        """List and text."""
        text = self.query_one("#suggestion", TextPane)
        (text if self.rows.has_focus else self.rows).focus()

    def do_previous_pane(self) -> None:
        """The same: there are two."""
        self.do_next_pane()

    def do_dismiss_suggestion(self) -> None:
        """Dismiss it, or bring it back."""
        one = self.suggestion
        if one is None:
            self.say("nothing under the cursor", "stale")
        else:
            dismiss(self, one)
