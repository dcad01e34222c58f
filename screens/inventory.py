"""What is easily forgotten, as lists: acknowledged incidents that nobody touches (W9), and what is muted (W10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from oncall_tui.actions import Action, Scope
from oncall_tui.board import Board, IncidentRow
from oncall_tui.handover import HandoverIncident, muted
from oncall_tui.model import Silence
from oncall_tui.text import width
from screens.aiming import NoTarget, incident_target
from screens.base import COMMON, OncallScreen
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.reading import facts_lines
from screens.requests import QuestionFailed, ScreenRequested, Target, ask
from screens.shift_requests import ForgottenWanted
from widgets.lines import BLANK, Span, Words
from widgets.messages import CursorMoved, RowOpened
from widgets.table import Column, ListTable, grown
from widgets.textpane import TextPane, awaits
from widgets.theme import Look
from widgets.words import age, clock, left, severity_words


class ForgottenList(ListTable[HandoverIncident]):
    """One incident a line, the longest silent first."""

    NAME = "Forgotten"
    DEFAULT_CSS = """
    ForgottenList { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.board: Board | None = None
        self.is_told = False

    def key_of(self, row: HandoverIncident) -> str:
        """The incident's id."""
        return row.incident.id

    def counts(self, look: Look) -> list[Words]:
        """What it is a list of."""
        return [(Span(f"{len(self.rows)} acknowledged and silent for hours", "stale" if self.rows else "dim"),)]

    def columns(self, cells: int) -> Sequence[Column[HandoverIncident]]:
        """Severity, how long silent, title, who has it."""
        who = min(cells // 4, max((width(_who(row)) for row in self.rows), default=6))
        columns: list[Column[HandoverIncident]] = [
            Column("Sev", 4, lambda row, look: severity_words(row.incident.severity)),
            Column("Silent", 6, self._silent, right=True),
            Column("Incident", 0, lambda row, look: (Span(row.incident.title),), here=True, gap=2),
        ]
        if cells >= 50:
            columns.append(Column("With", max(6, who), lambda row, look: (Span(_who(row), "dim"),), gap=2))
        return grown(columns, cells)

    def _silent(self, row: HandoverIncident, look: Look) -> Words:
        return (Span(age(row.last_touched, self.board.minute) if self.board is not None else "", "overdue"),)

    def empty_words(self, look: Look) -> Sequence[Words]:
        """Nothing is."""
        words = "nothing that is acknowledged is forgotten" if self.is_told else "the timelines are being read"
        return ((Span(words, "good" if self.is_told else "dim"),),)


def _who(row: HandoverIncident) -> str:
    people = row.incident.acknowledged_by or row.incident.assignees
    return ", ".join(person.name for person in people) or "nobody"


class ForgottenScreen(OncallScreen[None]):
    """The list; what can be done to an incident can be done to the one under the cursor."""

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "note",
        "resolve",
        "snooze",
        "reassign",
        "communicate",
        "escalate",
        "unacknowledge",
        "open",
        "back",
        *(one for one in COMMON if one != "forgotten"),
    )
    DEFAULT_CSS = """
    ForgottenScreen #body { layout: vertical; }
    """

    def compose_body(self) -> ComposeResult:
        """The list alone."""
        yield ForgottenList(id="forgotten")

    @property
    def rows(self) -> ForgottenList:
        """The incidents."""
        return self.query_one(ForgottenList)

    def on_mount(self) -> None:
        """The keys go to the list."""
        self.rows.focus()
        self.facts_changed()

    def live_scopes(self) -> frozenset[Scope]:
        """Those of incidents."""
        return frozenset({Scope.INCIDENT, Scope.VIEW})

    def facts_changed(self) -> None:
        """Ask anew."""
        self.run_worker(self._ask(), exclusive=True, group="forgotten", exit_on_error=False)

    async def _ask(self) -> None:
        try:
            found = await ask(self, ForgottenWanted())
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        self.rows.board, self.rows.is_told = self.board, True
        self.rows.show(tuple(found))
        self.show_footer()

    def show_board(self, board: Board) -> None:
        """The minute has moved."""
        self.rows.board = board
        self.rows.redraw()

    def on_row_opened(self, event: RowOpened) -> None:
        """A double click."""
        event.stop()
        self.do_open()

    def do_open(self) -> None:
        """The incident on its own screen."""
        row = self.rows.cursor
        if row is not None:
            self.post_message(ScreenRequested("incident", row.incident.id))

    def aim(self, action: Action) -> tuple[Target, ...]:
        """The incident under the cursor, as the board has it.

        Raises:
            NoTarget: nothing is under it, or it has gone.
        """
        row = self.rows.cursor
        if row is None or self.board is None:
            raise NoTarget("nothing under the cursor")
        now: IncidentRow | None = self.board.incident(row.incident.id)
        if now is None:
            raise NoTarget(f"gone from the board: {row.incident.title}")
        return (incident_target(now),)


class SilencesList(ListTable[Silence]):
    """One silence a line, what ends first first."""

    NAME = "Silences"
    DEFAULT_CSS = """
    SilencesList { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.board: Board | None = None

    def key_of(self, row: Silence) -> str:
        """Its id."""
        return row.id

    def counts(self, look: Look) -> list[Words]:
        """How many there are."""
        planned = sum(row.state == "pending" for row in self.rows)
        active = len(self.rows) - planned
        return [(Span(f"{active} active"),), (Span(f"{planned} planned", "dim"),) if planned else BLANK]

    def columns(self, cells: int) -> Sequence[Column[Silence]]:
        """Until when, what, by whom, why."""
        columns: list[Column[Silence]] = [
            Column("Ends", 9, self._ends),
            Column("In", 7, self._left, right=True),
            Column("Muted", 0, lambda row, look: (Span(" ".join(row.matchers) or "everything"),), here=True, gap=2),
        ]
        if cells >= 60:
            by = min(14, max((width(row.created_by) for row in self.rows), default=2))
            columns.append(Column("By", max(2, by), lambda row, look: (Span(row.created_by, "dim"),), gap=2))
        if cells >= 76:
            columns.append(Column("Why", cells // 4, lambda row, look: (Span(row.comment, "dim"),), gap=2))
        return grown(columns, cells)

    def _ends(self, row: Silence, look: Look) -> Words:
        if self.board is None:
            return BLANK
        return (Span(clock(row.ends_at, self.board.minute, self.board.zone)),)

    def _left(self, row: Silence, look: Look) -> Words:
        if self.board is None:
            return BLANK
        soon = (row.ends_at - self.board.minute).total_seconds() < 1800
        return (Span(left(row.ends_at, self.board.minute), "soon" if soon else "dim"),)

    def row_role(self, row: Silence) -> str | None:
        """What is only planned steps back."""
        return "dim" if row.state == "pending" else None

    def empty_words(self, look: Look) -> Sequence[Words]:
        """Nothing is."""
        return ((Span("nothing is muted", "good"),),)


class SilencesScreen(OncallScreen[None]):
    """The list, and the silence under the cursor in full."""

    ACTIONS: ClassVar[tuple[str, ...]] = ("expire_silence", "back", *(one for one in COMMON if one != "silences"))
    DEFAULT_CSS = """
    SilencesScreen #body { layout: vertical; }
    SilencesScreen #silence { height: 9; }
    """

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)

    def compose_body(self) -> ComposeResult:
        """List above, silence below."""
        yield SilencesList(id="silences")
        yield TextPane(id="silence")

    @property
    def rows(self) -> SilencesList:
        """The silences."""
        return self.query_one(SilencesList)

    def on_mount(self) -> None:
        """The keys go to the list."""
        self.rows.focus()

    def on_resize(self) -> None:
        """In a low terminal the list alone."""
        self.query_one("#silence").display = self.size.height >= 18

    def live_scopes(self) -> frozenset[Scope]:
        """That of ending one."""
        return frozenset({Scope.ALERT, Scope.VIEW})

    def show_board(self, board: Board) -> None:
        """The board's silences."""
        self.rows.board = board
        found = muted(board.silences)
        self.rows.show(self.rows.rows if found == self.rows.rows else found)
        self._show_silence()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Another one in full."""
        event.stop()
        self._show_silence()

    def _show_silence(self) -> None:
        row, board = self.rows.cursor, self.board
        facts: list[tuple[str, str]] = []
        if row is not None and board is not None:
            start, end = (clock(at, board.minute, board.zone) for at in (row.starts_at, row.ends_at))
            facts = [
                ("mutes", " ".join(row.matchers) or "everything"),
                ("why", row.comment or "no reason given"),
                ("by", row.created_by),
                ("times", f"{start} to {end} ({left(row.ends_at, board.minute)} left), {row.state}"),
                ("where", f"{row.source}  {row.native_id}"),
            ]
        title: Words = (Span("Silence", "title"),)
        self.query_one("#silence", TextPane).show(
            lambda cells, look: facts_lines(facts, cells) if facts else awaits("the silence under the cursor", cells),
            title=title,
        )

    def aim(self, action: Action) -> tuple[Target, ...]:
        """The silence under the cursor.

        Raises:
            NoTarget: nothing is under it.
        """
        if self.rows.lost:
            raise NoTarget("gone from under the cursor; move to choose another")
        row = self.rows.cursor
        if row is None:
            raise NoTarget("nothing under the cursor")
        return (Target(id=row.id, source=row.source, title=" ".join(row.matchers) or row.native_id),)
