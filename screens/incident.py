"""One incident: its tabs, with facts and alerts beside them where there is room; every action works on it."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import var

from oncall_tui.actions import BY_ID, Action, Scope
from oncall_tui.board import Board, IncidentRow, Relation
from oncall_tui.model import IncidentFacts, Version
from screens.aiming import TOO_SMALL, NoTarget, incident_target, is_too_small
from screens.base import COMMON, OncallScreen
from screens.details import link_lines
from screens.dialogs.frame import Block
from screens.incident_words import head_lines
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.outbox_words import needs_decision
from screens.reading import ReadingScreen
from screens.requests import CopyRequested, IncidentWanted, QuestionFailed, Target, ask
from screens.tabs import TABS, Tab
from screens.tabs.alerts import AlertsTab
from screens.tabs.facts import FactsTab
from screens.tabs.rows import RowMoved
from screens.tabs.timeline import TimelineTab
from widgets.lines import Span
from widgets.theme import look_of

ASIDE = 48
"""Cells of facts and alerts beside the chosen tab."""


class IncidentScreen(OncallScreen[None]):
    """Where there is room, the chosen tab with facts and alerts beside it; otherwise one tab at a time. ``tab`` goes
    through them all.

    What the store has is shown at once, then its system is asked for the whole of it.
    """

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
        "investigation",
        "resolution",
        "comms",
        "back",
        "next_pane",
        "previous_pane",
        "link",
        "copy",
        *COMMON,
    )
    DEFAULT_CSS = """
    IncidentScreen #body { layout: vertical; }
    IncidentScreen #head { height: 2; }
    IncidentScreen #panes { height: 1fr; layout: horizontal; }
    IncidentScreen #aside { width: 48; height: 1fr; }
    IncidentScreen #alerts { height: 8; }
    IncidentScreen.-tabs #aside { width: 1fr; }
    IncidentScreen.-tabs #alerts { height: 1fr; }
    """

    view: var[IncidentFacts | None] = var(None)
    """Everything the store has of it."""

    def __init__(self, incident_id: str, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.incident_id = incident_id
        self.tabs = tuple(kind(keys) for kind in TABS)
        self.tab = self.tabs[0]
        """The one that the keys go to."""
        self.left = self.tabs[0]
        """The one at the left, where two halves are shown."""
        self.problem: str | None = None
        """Why its system could not be read the last time."""
        self._asked = False
        self._read_for: tuple[Version, object] | None = None

    # -- what is on it ---------------------------------------------------------------------------------------

    def compose_body(self) -> ComposeResult:
        """The head over all; the chosen tab at the left, facts above alerts at the right."""
        yield Block(id="head")
        with Horizontal(id="panes"):
            yield from (tab for tab in self.tabs if not tab.ASIDE)
            with Vertical(id="aside"):
                yield from reversed([tab for tab in self.tabs if tab.ASIDE])

    def on_mount(self) -> None:
        """What is known at once; then the whole of it."""
        self._arrange()
        self.tab.focus()
        self.facts_changed()
        self._read()

    def _pane(self, kind: type[Tab]) -> Tab:
        return self.tabs[TABS.index(kind)]

    @property
    def tabbed(self) -> bool:
        """One tab at a time."""
        return self.size.width < 100 or self.size.height < 24

    def on_resize(self) -> None:
        """Another size may mean other panes."""
        self._arrange()
        self._draw()

    def _in_sight(self, tab: Tab) -> bool:
        if self.tabbed:
            return tab is self.tab
        return tab.ASIDE or tab is self.left

    def _arrange(self) -> None:
        tabbed = self.tabbed
        self.set_class(tabbed, "-tabs")
        appeared = []
        for tab in self.tabs:
            seen = self._in_sight(tab)
            if seen and not tab.in_sight:
                appeared.append(tab)
            tab.display = tab.in_sight = seen
        self.query_one("#aside").display = not tabbed or self.tab.ASIDE
        if tabbed and self.focused is not self.tab:
            self.tab.focus()
        for tab in appeared:
            tab.refresh_facts()

    # -- facts -----------------------------------------------------------------------------------------------

    def facts_changed(self) -> None:
        """What the store has now."""
        self.run_worker(self._ask(read=False), exclusive=True, group="view", exit_on_error=False)
        for tab in self.tabs:
            if tab.in_sight:
                tab.refresh_facts()

    def _read(self) -> None:
        self.run_worker(self._ask(read=True), exclusive=True, group="read", exit_on_error=False)

    async def _ask(self, *, read: bool) -> None:
        question = IncidentWanted(self.incident_id, read=read)
        try:
            view = await ask(self, question)
        except QuestionFailed as reason:
            self.problem = str(reason)
        else:
            if read:
                self.problem = question.problem
                self._asked = True
            self.view = view
        self._draw()

    def watch_view(self) -> None:
        """Draw what came."""
        self._draw()

    def show_board(self, board: Board) -> None:
        """Draw by the new minute; read anew what has become another."""
        row = board.incident(self.incident_id)
        if row is not None:
            mark = (row.incident.version, row.incident.updated_at)
            if self._read_for is not None and self._read_for != mark:
                self._read()
            self._read_for = mark
        self._draw()

    @property
    def row(self) -> IncidentRow | None:
        """The incident as the board has it, or as the store has it once the board has let it go."""
        on_board = self.board.incident(self.incident_id) if self.board is not None else None
        if on_board is not None or self.view is None:
            return on_board
        waiting = tuple(row for row in self.view.outbox if row.pending or needs_decision(row))
        return IncidentRow(incident=self.view.incident, due=None, relation=Relation.OTHER, actions=waiting)

    def _draw(self) -> None:
        if not self.is_mounted or self.board is None or not self.size:
            return
        board, row, view = self.board, self.row, self.view
        head = self.query_one("#head", Block)
        if row is None:
            why = self.problem or ("nothing is known of it" if self._asked else "not read yet")
            head.show([(Span(f" {self.incident_id}", "strong"),), (Span(f" {why}", "stale"),)])
            return
        look = look_of(self)
        lines = [
            (Span(" "), *words) for words in head_lines(_owing(row, view), board, max(8, self.size.width - 2), look)
        ]
        most = max(1, min(4, self.size.height // 4))
        head.styles.height = min(len(lines), most)
        head.show(lines[:most])
        timeline = self._pane(TimelineTab)
        assert isinstance(timeline, TimelineTab)
        timeline.asked, timeline.problem = self._asked, self.problem
        self._name_tabs(view, row, board)
        for tab in self.tabs:
            if tab.in_sight:
                tab.show_incident(view, row, board)
        if not self.tabbed:
            self._share_aside()

    def _name_tabs(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> None:
        """Each tab's headline: the names of all that stand in its place."""
        counts = {tab.NAME: tab.count(view, row, board) for tab in self.tabs}
        left = tuple(kind for kind in TABS if not kind.ASIDE)
        for tab in self.tabs:
            tab.neighbours = TABS if self.tabbed else (type(tab),) if tab.ASIDE else left
            tab.counts = counts

    def _share_aside(self) -> None:
        """The alerts get what they need, half at most, and what the facts leave over."""
        room = self.query_one("#aside").size.height or self.size.height - 6
        facts, alerts = (self._pane(kind).lines_for(ASIDE) + 2 for kind in (FactsTab, AlertsTab))
        self._pane(AlertsTab).styles.height = max(3, min(alerts, room // 2), room - facts)

    # -- keys ------------------------------------------------------------------------------------------------

    @property
    def keyed(self) -> Tab | None:
        """The tab that has the focus: its own keys are live."""
        return next((tab for tab in self.tabs if tab is self.focused), None)

    def action_ids(self) -> tuple[str, ...]:
        """The screen's, and before them those of the tab that has the focus."""
        return (*(self.keyed.ACTIONS if self.keyed is not None else ()), *self.ACTIONS)

    def live_scopes(self) -> frozenset[Scope]:
        """Those of incidents, and the scopes of the tab's own actions."""
        own = (BY_ID[one].scope for one in (self.keyed.ACTIONS if self.keyed is not None else ()))
        return frozenset({Scope.INCIDENT, Scope.VIEW, *own})

    def action_act(self, action_id: str) -> None:
        """A tab's own action is the tab's to do."""
        tab = self.keyed
        if tab is None or action_id not in tab.ACTIONS:
            super().action_act(action_id)
        elif is_too_small(self.size):
            self.say(TOO_SMALL, "error")
        else:
            getattr(tab, f"do_{action_id}")()

    def watch_focused(self) -> None:
        """Other keys are live."""
        if self.is_mounted:
            self.show_footer()

    def on_row_moved(self, event: RowMoved) -> None:
        """Another row of a tab, and perhaps other keys."""
        event.stop()
        self.show_footer()

    def aim(self, action: Action) -> tuple[Target, ...]:
        """This incident, whatever pane has the focus."""
        row = self.row
        if row is None:
            raise NoTarget(f"nothing is known of {self.incident_id} yet")
        return (incident_target(row),)

    def changed_since(self, action: Action, target: Target) -> str | None:
        """One that the board has let go is compared with what the store has."""
        if self.board is not None and self.board.incident(target.id) is None and self.view is not None:
            same = self.view.incident.version == target.seen
            return None if same else f"changed since the key: {target.title}"
        return super().changed_since(action, target)

    def do_refresh(self) -> None:
        """Every source, and this incident whole."""
        super().do_refresh()
        self._read()
        for tab in self.tabs:
            if tab.in_sight:
                tab.read_anew()

    def do_next_pane(self) -> None:
        """The next tab."""
        self._step(1)

    def do_previous_pane(self) -> None:
        """The other way round."""
        self._step(-1)

    def _step(self, step: int) -> None:
        here = self.tabs.index(self.keyed or self.tab)
        self.open_tab(self.tabs[(here + step) % len(self.tabs)])

    def open_tab(self, tab: Tab) -> None:
        """Bring that tab into sight, with the focus."""
        self.tab = tab
        if not tab.ASIDE:
            self.left = tab
        self._arrange()
        tab.focus()
        self._draw()

    def do_investigation(self) -> None:
        """Metrics, log lines and changes in its time; what was found out."""
        self._open_named("investigation")

    def do_resolution(self) -> None:
        """The checklist, and the watch after the fix."""
        self._open_named("resolution")

    def do_comms(self) -> None:
        """What was said, and what is due next."""
        self._open_named("comms")

    def _open_named(self, name: str) -> None:
        self.open_tab(next(tab for tab in self.tabs if name == tab.NAME))

    def do_link(self) -> None:
        """Its addresses, to read and to click in the terminal."""
        row = self.row
        if row is not None:
            self.app.push_screen(ReadingScreen("Link", link_lines(row, max(20, min(90, self.size.width - 8)))))

    def do_copy(self) -> None:
        """Its link, or its id where it has none."""
        row = self.row
        if row is not None:
            url = row.incident.url
            self.post_message(CopyRequested(url or row.id, "link" if url else "id"))


def _owing(row: IncidentRow, view: IncidentFacts | None) -> IncidentRow:
    """Without what a resolved one owes where a note says that its post-mortem is written: the board reads no notes."""
    if row.due is None or view is None or row.incident.is_open:
        return row
    from oncall_tui.policy.marks import marks
    from oncall_tui.policy.writeup import written

    return row if written(marks(view.timeline)) is None else replace(row, due=None)
