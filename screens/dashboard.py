"""The dashboard: what burns, is it mine, how long have I got, can I trust what I see."""

from __future__ import annotations

import contextlib
from typing import Any, ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from oncall_tui.actions import Action, Scope
from oncall_tui.board import AlertRow, Board, HealthRow, IncidentRow
from screens.base import COMMON, NoTarget, OncallScreen, alert_targets, incident_target
from screens.details import copied, details_of, link_lines
from screens.filtering import Filter, FilterError, parse_filter
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.reading import ReadingScreen
from screens.requests import CopyRequested, ScreenRequested, Target, ValueKept
from screens.sieve import SCOPES, Sieve
from widgets.alerts import AlertsPane
from widgets.filterline import FilterLine
from widgets.footer import ENTER, Hint
from widgets.health import HealthPane
from widgets.incidents import IncidentsPane
from widgets.lines import Lines, Span, Words
from widgets.messages import CursorMoved, RowOpened, SelectionChanged
from widgets.oncall import OnCallPane
from widgets.strip import StatusStrip
from widgets.summary import SummaryLine
from widgets.table import ListTable
from widgets.words import note_words

Row = TypeVar("Row")


class TooSmall(Lines):
    """The one line of a terminal that is too small for a list."""

    def line(self, y: int, cells: int) -> Words:
        """How much room is needed."""
        return (Span("terminal too small: 40x8 at least", "stale"),)


class DashboardScreen(OncallScreen[None]):
    """Four panes; which of them are seen follows from the size of the terminal."""

    CSS_PATH = "dashboard.tcss"
    ACTIONS: ClassVar[tuple[str, ...]] = (
        "acknowledge",
        "escalate",
        "note",
        "resolve",
        "snooze",
        "severity",
        "reassign",
        "unacknowledge",
        "reopen",
        "merge",
        "title",
        "silence",
        "expire_silence",
        "open",
        "back",
        "filter",
        "select",
        "select_all",
        "scope",
        "next_pane",
        "previous_pane",
        "pane_incidents",
        "pane_alerts",
        "pane_health",
        "pane_on_call",
        "link",
        "copy",
        *COMMON,
    )

    def __init__(self, keys: KeyMap = DEFAULT_KEYS, *, scope: str = SCOPES[0], place: str = "") -> None:
        """``place``: where the keys begin (:attr:`place`), if that is there."""
        super().__init__(keys)
        self.sieve = Sieve(scope)
        self.zoomed: str | None = None
        """Id of the pane that fills the body."""
        self._filtering: tuple[ListTable[Any], Filter] | None = None
        """The pane whose filter is being typed, and what was in force there before."""
        self.is_plain = False
        """It is what the terminal shows, whole, with nothing over it and nothing typed in it."""
        self._changes = 0
        self._begin_at = place

    # -- what is on it ---------------------------------------------------------------------------------------

    def compose_body(self) -> ComposeResult:
        """The panes, and the lines that stand in for them."""
        # Before they are there: then each is styled once.
        self._take_form(*self.app.size, update=False)
        with Horizontal(id="columns"):
            with Vertical(id="left"):
                yield IncidentsPane(id="incidents")
                yield AlertsPane(id="alerts")
            with Vertical(id="right"):
                yield OnCallPane(id="on_call")
                yield HealthPane(id="health")
        yield SummaryLine(id="summary")
        yield FilterLine()
        yield TooSmall(id="too-small")

    @property
    def incidents(self) -> IncidentsPane:
        """Pane 1."""
        return self.query_one(IncidentsPane)

    @property
    def alerts(self) -> AlertsPane:
        """Pane 2."""
        return self.query_one(AlertsPane)

    @property
    def health(self) -> HealthPane:
        """Pane 3."""
        return self.query_one(HealthPane)

    @property
    def people(self) -> OnCallPane:
        """Pane 4."""
        return self.query_one(OnCallPane)

    def on_mount(self) -> None:
        """The keys begin in the incidents."""
        self._arrange()
        self.incidents.focus()

    def show_board(self, board: Board) -> None:
        """Filter, and hand each pane its rows."""
        self.incidents.show_board(board, *self.sieve.incidents(board))
        self.alerts.show_board(board, *self.sieve.alerts(board))
        self.health.show_board(board, *self.sieve.health(board))
        self.people.show_board(board)
        self.query_one(SummaryLine).show_board(board)
        if self._begin_at:
            self._begin()
        self._show_note()

    @property
    def place(self) -> str:
        """The pane in focus and the key of the row under its cursor, for the next start; ``""``: nowhere."""
        pane = self.pane_in_focus
        return f"{pane.id} {pane.cursor_key}" if pane is not None and pane.cursor_key is not None else ""

    def _begin(self) -> None:
        """The picture before the start showed the cursor somewhere, and keys pressed meanwhile go from there."""
        (name, _, key), self._begin_at = self._begin_at.partition(" "), ""
        pane = next((pane for pane in self.panes if pane.id == name), None)
        if pane is not None and self._seen(pane) and pane.put_cursor(key):
            pane.focus()

    # -- what may be kept of it -------------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        """On top again."""
        self._settle()

    def on_screen_suspend(self) -> None:
        """Something comes over it."""
        self.is_plain = False

    def _settle(self) -> None:
        """Plain again once what it is now is drawn."""
        self.is_plain = False
        self._changes += 1
        self.call_after_refresh(self._settled, self._changes)

    def _settled(self, changes: int) -> None:
        if changes == self._changes:
            self.is_plain = self.is_current and self._filtering is None and not self.sieve.filters

    # -- size and focus --------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Another size may mean other panes."""
        self._arrange()
        self._settle()

    def _arrange(self) -> None:
        self._take_form(*self.size, update=True)
        self.call_after_refresh(self._keep_focus)

    def _take_form(self, width: int, height: int, *, update: bool) -> None:
        form = _form(width, height)
        for name in ("four", "two", "one", "none"):
            self.set_class(form == name, f"-{name}", update=update)
        self.set_class(width >= 140, "-wide", update=update)
        if form == "four":
            self.zoomed = None
        for name in ("alerts", "health", "on_call"):
            self.set_class(self.zoomed == name, f"-zoom-{name}", update=update)

    def _keep_focus(self) -> None:
        """The keys never go to a pane that is not seen."""
        if self._filtering is not None:
            return
        pane = self.pane_in_focus
        if pane is None or not self._seen(pane):
            (self.query_one(f"#{self.zoomed}") if self.zoomed else self.incidents).focus()
        self.show_footer()

    @staticmethod
    def _seen(pane: ListTable[Any]) -> bool:
        return all(node.display for node in pane.ancestors_with_self if isinstance(node, (ListTable, Vertical)))

    @property
    def panes(self) -> tuple[ListTable[Any], ...]:
        """The four panes in the order of their numbers."""
        return self.incidents, self.alerts, self.health, self.people

    @property
    def pane_in_focus(self) -> ListTable[Any] | None:
        """The pane that the keys go to."""
        return self.focused if isinstance(self.focused, ListTable) else None

    def live_scopes(self) -> frozenset[Scope]:
        """The scopes of the pane in focus."""
        pane = self.pane_in_focus
        if isinstance(pane, AlertsPane):
            return frozenset({Scope.ALERT, Scope.VIEW})
        if isinstance(pane, (HealthPane, OnCallPane)):
            return frozenset({Scope.VIEW})
        return frozenset({Scope.INCIDENT, Scope.VIEW})

    def hints(self) -> tuple[Hint, ...]:
        """While a filter is typed, letters are no keys: only what ends it is shown."""
        if self._filtering is not None:
            return Hint(ENTER, "Keep", ""), Hint("esc", "As before", "")
        return super().hints()

    def watch_focused(self) -> None:
        """Other keys are live now."""
        if self.is_mounted:
            self.show_footer()
            self._show_note()

    def before_paint(self) -> None:
        """What the cursor may have come to by what is about to be painted."""
        self._show_note()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Nobody else asks."""
        event.stop()

    def _show_note(self) -> None:
        row = self.pane_in_focus.cursor if self.pane_in_focus is not None else None
        note: Words = ()
        if self.board is not None and isinstance(row, IncidentRow):
            note = note_words(row, self.board.minute)
        elif isinstance(row, AlertRow) and row.summary:
            note = (Span(row.summary, "dim"),)
        elif isinstance(row, HealthRow) and row.check.detail:
            note = (Span(row.check.detail, "dim"),)
        self.query_one(StatusStrip).show_note(note)

    def on_selection_changed(self, event: SelectionChanged) -> None:
        """The title of the pane counts them."""
        event.stop()

    def on_row_opened(self, event: RowOpened) -> None:
        """A double click."""
        event.stop()
        self.do_open()

    def do_next_pane(self) -> None:
        """The focus moves on."""
        self._step_pane(1)

    def do_previous_pane(self) -> None:
        """The focus moves back."""
        self._step_pane(-1)

    def _step_pane(self, step: int) -> None:
        seen = [pane for pane in self.panes if self._seen(pane)]
        if not seen:
            return
        here = self.pane_in_focus
        place = seen.index(here) + step if here in seen else 0
        seen[place % len(seen)].focus()

    def do_pane_incidents(self) -> None:
        """To pane 1."""
        self._enter(self.incidents)

    def do_pane_alerts(self) -> None:
        """To pane 2."""
        self._enter(self.alerts)

    def do_pane_health(self) -> None:
        """To pane 3, full width where it has no place beside the others."""
        self._enter(self.health)

    def do_pane_on_call(self) -> None:
        """To pane 4, full width where it has no place beside the others."""
        self._enter(self.people)

    def _enter(self, pane: ListTable[Any]) -> None:
        if self.zoomed is not None and self.zoomed != pane.id:
            self._zoom(None)
        if not self._seen(pane):
            self._zoom(pane.id)
        pane.focus()

    def _zoom(self, name: str | None) -> None:
        self.zoomed = name
        for one in ("alerts", "health", "on_call"):
            self.set_class(one == name, f"-zoom-{one}")

    def do_back(self) -> None:
        """Take back the nearest thing: a pane's full width, the marks, the filter, the focus elsewhere."""
        pane = self.pane_in_focus
        if self.zoomed is not None:
            self._zoom(None)
            self.incidents.focus()
        elif pane is not None and pane.selected:
            pane.clear_marks()
        elif pane is not None and self.sieve.filter_of(pane.id or ""):
            self._set_filter(pane, Filter())
            self.say("filter off", "dim")
        elif pane is not self.incidents:
            self.incidents.focus()

    # -- targets ---------------------------------------------------------------------------------------------

    def aim(self, action: Action) -> tuple[Target, ...]:
        """The marked rows of the pane in focus, else the row under its cursor."""
        pane = self.pane_in_focus
        if action.scope is Scope.INCIDENT and isinstance(pane, IncidentsPane):
            rows = pane.selected_rows()
            return tuple(incident_target(row) for row in rows) if rows else (incident_target(self._row_of(pane)),)
        if action.scope is Scope.ALERT and isinstance(pane, AlertsPane):
            alerts = pane.selected_rows() or (self._row_of(pane),)
            return tuple(target for row in alerts for target in alert_targets(action, row))
        where = "1, the incidents" if action.scope is Scope.INCIDENT else "2, the alerts"
        raise NoTarget(f"{action.title.lower()} works in pane {where}")

    def _row_of(self, pane: ListTable[Row]) -> Row:
        """The row under a pane's cursor.

        Raises:
            NoTarget: the pane is empty, or its cursor's row has vanished since the person last moved it.
        """
        if pane.lost:
            gone = pane.vanished
            title = gone.incident.title if isinstance(gone, IncidentRow) else getattr(gone, "name", "the row")
            raise NoTarget(f"gone from under the cursor: {title}; move to choose another")
        row = pane.cursor
        if row is None:
            raise NoTarget("nothing under the cursor")
        return row

    def after_action(self, action: Action) -> None:
        """Marks have served."""
        pane = self.pane_in_focus
        if pane is not None and pane.selected:
            pane.clear_marks()

    def do_select(self) -> None:
        """Mark the row under the cursor."""
        pane = self.pane_in_focus
        if isinstance(pane, (IncidentsPane, AlertsPane)):
            pane.toggle_mark()

    def do_select_all(self) -> None:
        """Mark all rows that are shown."""
        pane = self.pane_in_focus
        if isinstance(pane, (IncidentsPane, AlertsPane)):
            pane.toggle_all()

    # -- opening, links --------------------------------------------------------------------------------------

    def do_open(self) -> None:
        """The incident on its own screen; other rows in a frame over this one."""
        pane = self.pane_in_focus
        if pane is None or self.board is None:
            return
        try:
            row = self._row_of(pane)
        except NoTarget as reason:
            self.say(str(reason), "stale")
            return
        if isinstance(row, IncidentRow):
            self.post_message(ScreenRequested("incident", row.id))
        else:
            self.app.push_screen(ReadingScreen(*details_of(row, self.board, self._details_width())))

    def _details_width(self) -> int:
        return max(20, min(90, self.size.width - 8))

    def do_link(self) -> None:
        """The addresses of the row under the cursor, to read and to click in the terminal."""
        row = self._linked_row()
        if row is not None:
            self.app.push_screen(ReadingScreen("Link", link_lines(row, self._details_width())))

    def do_copy(self) -> None:
        """The link of the row under the cursor, or its id where it has none."""
        row = self._linked_row()
        if row is not None:
            self.post_message(CopyRequested(*copied(row)))

    def _linked_row(self) -> IncidentRow | AlertRow | HealthRow | None:
        pane = self.pane_in_focus
        try:
            row = self._row_of(pane) if pane is not None else None
        except NoTarget as reason:
            self.say(str(reason), "stale")
            return None
        if isinstance(row, (IncidentRow, AlertRow, HealthRow)):
            return row
        self.say("nothing here has a link", "stale")
        return None

    # -- scope and filter ------------------------------------------------------------------------------------

    def do_scope(self) -> None:
        """My teams, mine, all: round and round."""
        told = self.sieve.widen()
        self.post_message(ValueKept("scope", self.sieve.scope))
        if self.board is not None:
            self.show_board(self.board)
        hidden = self.incidents.hidden
        self.say(told + (f": {hidden} hidden" if hidden else ""))

    def do_filter(self) -> None:
        """Type a filter for the pane in focus; it works as it is typed."""
        pane = self.pane_in_focus
        if not isinstance(pane, (IncidentsPane, AlertsPane, HealthPane)):
            self.say("no filter for this pane", "stale")
            return
        before = self.sieve.filter_of(pane.id or "")
        self._filtering = (pane, before)
        self.is_plain = False
        self.add_class("-filtering")
        self.query_one(FilterLine).open(before.text)
        self.show_footer()

    def on_filter_line_typed(self, event: FilterLine.Typed) -> None:
        """Filter while typing; what cannot be read yet changes nothing."""
        event.stop()
        if self._filtering is not None:
            with contextlib.suppress(FilterError):
                self._set_filter(self._filtering[0], parse_filter(event.text))

    def on_filter_line_ended(self, event: FilterLine.Ended) -> None:
        """The filter stands, or what was in force before does."""
        event.stop()
        if self._filtering is None:
            return
        pane, found = self._filtering
        problem = None
        if event.kept:
            try:
                found = parse_filter(event.text)
            except FilterError as reason:
                problem = str(reason)
        self._filtering = None
        self._set_filter(pane, found)
        if event.kept and pane.lost:
            pane.action_edge(-1)  # what left was sent away by the person, who now looks at what is left
        pane.focus()
        self.query_one(FilterLine).close()
        self.remove_class("-filtering")
        if problem is not None:
            self.say(f"filter: {problem}", "error")
        elif event.kept and found:
            self.say(f"{len(pane.rows)} shown, {pane.hidden} hidden; esc shows all", "dim")

    def _set_filter(self, pane: ListTable[Any], found: Filter) -> None:
        self.sieve.set_filter(pane.id or "", found)
        pane.filter_text = found.text if found else ""
        self._settle()
        if self.board is not None:
            self.show_board(self.board)


def _form(width: int, height: int) -> str:
    """Which panes a terminal of that size shows."""
    if width >= 100 and height >= 30:
        return "four"
    if width >= 80 and height >= 24:
        return "two"
    return "one" if width >= 40 and height >= 8 else "none"
