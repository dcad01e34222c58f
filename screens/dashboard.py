"""The dashboard: what burns, is it mine, how long have I got, can I trust what I see."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events

from oncall_tui.actions import BY_ID, Action, Scope
from oncall_tui.board import AlertRow, Board, HealthRow, IncidentRow
from screens.aiming import NoTarget, Pointless, alert_targets, incident_target
from screens.base import COMMON
from screens.filtering import Filter, FilterError, parse_filter
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.panes import FourPanes
from screens.requests import CopyRequested, ScreenRequested, Target, ValueKept
from screens.sieve import SCOPES, Sieve
from widgets.alerts import AlertsPane
from widgets.filterline import FilterLine
from widgets.footer import ENTER, Hint
from widgets.health import HealthPane
from widgets.incidents import IncidentsPane
from widgets.messages import RowOpened, SelectionChanged
from widgets.oncall import OnCallLine
from widgets.summary import SummaryLine
from widgets.table import ListTable

if TYPE_CHECKING:
    from oncall_tui.policy.suggest import Suggestion

Row = TypeVar("Row")


class DashboardScreen(FourPanes):
    """Four panes; which of them are seen follows from the size of the terminal."""

    CSS_PATH = "dashboard.tcss"
    ACTIONS: ClassVar[tuple[str, ...]] = (
        "acknowledge",
        "escalate",
        "note",
        "resolve",
        "snooze",
        "severity",
        "communicate",
        "reassign",
        "unacknowledge",
        "reopen",
        "merge",
        "title",
        "declare",
        "phase",
        "noise",
        "postmortem",
        "silence",
        "expire_silence",
        "dismiss_suggestion",
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
        self._filtering: tuple[ListTable[Any], Filter] | None = None
        """The pane whose filter is being typed, and what was in force there before."""
        self.is_plain = False
        """It is what the terminal shows, whole, with nothing over it and nothing typed in it."""
        self._changes = 0
        self._begin_at = place

    # -- what is on it ---------------------------------------------------------------------------------------

    def show_board(self, board: Board) -> None:
        """Filter, and hand each pane its rows."""
        for pane in (self.incidents, self.alerts, self.health):
            self._show_rows(pane, board)
        self.people.show_board(board)
        self.query_one(SummaryLine).show_board(board)
        if self._begin_at:
            self._begin()
        self._show_note()

    def _show_rows(self, pane: ListTable[Any], board: Board) -> None:
        """What the scope and the pane's filter let through."""
        if isinstance(pane, IncidentsPane):
            pane.show_board(board, *self.sieve.incidents(board))
        elif isinstance(pane, AlertsPane):
            if board.suggestions and not pane.suggestion_keys:
                pane.suggestion_keys = "  ".join(f"{key} {does}" for key, does in self._suggestion_keys())
            pane.show_board(board, *self.sieve.alerts(board))
        elif isinstance(pane, HealthPane):
            pane.show_board(board, *self.sieve.health(board))

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

    def on_screen_resume(self, event: events.ScreenResume) -> None:
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

    def on_resize(self, event: events.Resize) -> None:
        """Another size is another picture."""
        self._settle()

    # -- what the person did in a pane -----------------------------------------------------------------------

    def on_selection_changed(self, event: SelectionChanged) -> None:
        """The title of the pane counts them."""
        event.stop()

    def on_row_opened(self, event: RowOpened) -> None:
        """A double click."""
        event.stop()
        self.do_open()

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
            alerts = [row for row in pane.selected_rows() or (self._row_of(pane),) if isinstance(row, AlertRow)]
            if not alerts:
                raise Pointless(f"{action.title.lower()} works on alerts: this is a suggested incident")
            return tuple(target for row in alerts for target in alert_targets(action, row))
        where = "1, the incidents" if action.scope is Scope.INCIDENT else "2, the alerts"
        raise NoTarget(f"{action.title.lower()} works in pane {where}")

    @property
    def suggestion(self) -> Suggestion | None:
        """The suggested incident under the cursor of the pane in focus."""
        pane = self.pane_in_focus
        row = pane.cursor if isinstance(pane, AlertsPane) else None
        return row if row is not None and not isinstance(row, AlertRow) else None

    def _suggestion_keys(self) -> tuple[tuple[str, str], ...]:
        """What can be done with a suggestion: key and word."""
        words = {"declare": "declare", "dismiss_suggestion": "dismiss"}
        return tuple(
            (self.key_map.shown(one), word) for one, word in words.items() if one in BY_ID and one in self.ACTIONS
        )

    def do_dismiss_suggestion(self) -> None:
        """Do not suggest the incident under the cursor."""
        from screens.past import dismiss

        one = self.suggestion
        if one is None:
            self.say("no suggested incident under the cursor: they stand first in pane 2", "stale")
        elif dismiss(self, one):
            self.alerts.action_move(1)  # it leaves from under the cursor because the person said so

    def _row_of(self, pane: ListTable[Row]) -> Row:
        """The row under a pane's cursor.

        Raises:
            NoTarget: the pane is empty, or its cursor's row has vanished since the person last moved it.
        """
        if pane.lost:
            gone = pane.vanished
            named = getattr(gone, "name", None) or getattr(gone, "title", "the row")
            title = gone.incident.title if isinstance(gone, IncidentRow) else named
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
            if pane.unread:
                self.say(f"not yet: {pane.unread} more are still being read", "stale")
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
        elif isinstance(row, AlertRow):
            from screens.alert_details import AlertDetails

            self.app.push_screen(AlertDetails(row, self.board, self._details_width()))
        elif isinstance(row, OnCallLine):
            self.post_message(ScreenRequested("roles", row.team.team))
        elif isinstance(row, HealthRow):
            from screens.details import details_of
            from screens.reading import ReadingScreen

            self.app.push_screen(ReadingScreen(*details_of(row, self.board, self._details_width())))
        else:
            from screens.reading import ReadingScreen
            from screens.suggestion_words import suggestion_lines

            lines = suggestion_lines(row, self.board, self._details_width(), self._suggestion_keys())
            self.app.push_screen(ReadingScreen(row.title, lines))

    def _details_width(self) -> int:
        return max(20, min(90, self.size.width - 8))

    def do_link(self) -> None:
        """The addresses of the row under the cursor, to read and to click in the terminal."""
        row = self._linked_row()
        if row is not None:
            from screens.details import link_lines
            from screens.reading import ReadingScreen

            self.app.push_screen(ReadingScreen("Link", link_lines(row, self._details_width())))

    def do_copy(self) -> None:
        """The link of the row under the cursor, or its id where it has none."""
        row = self._linked_row()
        if row is not None:
            from screens.details import copied

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

    def hints(self) -> tuple[Hint, ...]:
        """While a filter is typed, letters are no keys: only what ends it is shown. Of alerts also what the lead's keys
        do with them."""
        if self._filtering is not None:
            return Hint(ENTER, "Keep", ""), Hint("esc", "As before", "")
        if not isinstance(self.pane_in_focus, AlertsPane):
            return super().hints()
        absent = self.absent()
        declare, noise = (
            tuple(Hint(self.key_map.shown(one), BY_ID[one].short, one) for one in (name,) if one not in absent)
            for name in ("declare", "noise")
        )
        return (*declare, *super().hints(), *noise)

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
        if self.board is not None:
            self._get_ready(self.sieve.prepare(pane.id or "", self.board))

    def _get_ready(self, steps: Iterator[None]) -> None:
        """A step at a time, keys between: letters are typed at ten a second, a large board takes a few of them."""
        if next(steps, self) is None and self._filtering is not None:
            self.call_later(self._get_ready, steps)

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
            self._show_rows(pane, self.board)
            self._show_note()
