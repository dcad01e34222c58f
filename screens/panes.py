"""Four panes on one screen: which of them are seen at which size, and where the keys go."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.app import ComposeResult

from oncall_tui.actions import Scope
from oncall_tui.board import AlertRow, HealthRow, IncidentRow
from screens.base import OncallScreen
from screens.keys import DEFAULT_KEYS, KeyMap
from widgets.alerts import AlertsPane
from widgets.filterline import FilterLine
from widgets.health import HealthPane
from widgets.incidents import IncidentsPane
from widgets.lines import Lines, Span, Words
from widgets.messages import CursorMoved
from widgets.oncall import OnCallPane
from widgets.passage import Column, Row
from widgets.strip import StatusStrip
from widgets.summary import SummaryLine
from widgets.table import ListTable
from widgets.words import note_words


class TooSmall(Lines):
    """The one line of a terminal that is too small for a list."""

    def line(self, y: int, cells: int) -> Words:
        """How much room is needed."""
        return (Span("terminal too small: 40x8 at least", "stale"),)


class FourPanes(OncallScreen[None]):
    """Incidents, alerts, health and on call, with the lines that stand in for them on a small terminal."""

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.zoomed: str | None = None
        """Id of the pane that fills the body."""
        self._keys_are_of: object = None

    def compose_body(self) -> ComposeResult:
        """The panes, and the lines that stand in for them."""
        # Before they are there: then each is styled once.
        self._take_form(*self.app.size, update=False)
        with Row(id="columns"):
            with Column(id="left"):
                yield IncidentsPane(id="incidents")
                yield AlertsPane(id="alerts")
            with Column(id="right"):
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

    # -- size and focus --------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Another size may mean other panes."""
        self._arrange()

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
        pane = self.pane_in_focus
        if pane is None and self.focused is not None:
            return  # a text is being typed
        if pane is None or not self._seen(pane):
            (self.query_one(f"#{self.zoomed}") if self.zoomed else self.incidents).focus()
        self.show_footer()

    @staticmethod
    def _seen(pane: ListTable[Any]) -> bool:
        return all(node.display for node in pane.ancestors_with_self if isinstance(node, (ListTable, Column)))

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
        aimed_at = self._aimed_at()
        if aimed_at != self._keys_are_of:
            self._keys_are_of = aimed_at
            self.show_footer()

    def _aimed_at(self) -> object:
        """What decides which keys are live: whose the row under the cursor is, and what it takes."""
        pane = self.pane_in_focus
        row = pane.cursor if pane is not None else None
        if pane is None or pane.selected or not isinstance(row, (IncidentRow, AlertRow)):
            return (pane and pane.id, None if pane is None else tuple(pane.selected))
        if isinstance(row, IncidentRow):
            return row.incident.source, row.incident.takes
        return row.source, bool(row.silences)

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


def _form(width: int, height: int) -> str:
    """Which panes a terminal of that size shows."""
    if width >= 100 and height >= 30:
        return "four"
    if width >= 80 and height >= 24:
        return "two"
    return "one" if width >= 40 and height >= 8 else "none"
