"""One incident: its timeline, its facts, its alerts; every action works on it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import var

from oncall_tui.actions import Action, Scope
from oncall_tui.board import AlertRow, Board, IncidentRow, Relation
from oncall_tui.model import IncidentFacts, Version
from screens.around_words import around_lines, joined_lines
from screens.base import COMMON, NoTarget, OncallScreen, incident_target
from screens.details import link_lines
from screens.dialogs.frame import Block
from screens.incident_words import alert_lines, facts_lines, head_lines, timeline_lines
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.outbox_words import needs_decision
from screens.reading import ReadingScreen
from screens.requests import CopyRequested, IncidentWanted, QuestionFailed, Target, ask
from widgets.lines import BLANK, Span, Words
from widgets.textpane import TextPane
from widgets.theme import look_of
from widgets.words import age, clock

TIMELINE, ALERTS, FACTS = "timeline", "alerts", "facts"
_ORDER = (TIMELINE, ALERTS, FACTS)
ASIDE = 48
"""Cells of facts and alerts beside the timeline."""
_TITLES = {TIMELINE: "Timeline", ALERTS: "Alerts", FACTS: "Facts"}


class IncidentScreen(OncallScreen[None]):
    """Side by side where there is room; otherwise ``tab`` goes through timeline, alerts and facts.

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
        "back",
        "next_pane",
        "phase",
        "noise",
        "previous_pane",
        "link",
        "copy",
        *COMMON,
    )
    DEFAULT_CSS = """
    IncidentScreen #body { layout: vertical; }
    IncidentScreen #head { height: 2; }
    IncidentScreen #panes { height: 1fr; layout: horizontal; }
    IncidentScreen #timeline { width: 1fr; height: 1fr; }
    IncidentScreen #aside { width: 48; height: 1fr; }
    IncidentScreen #facts { height: 1fr; }
    IncidentScreen #alerts { height: 8; }
    IncidentScreen.-tabs #aside { width: 1fr; }
    IncidentScreen.-tabs #alerts { height: 1fr; }
    """

    view: var[IncidentFacts | None] = var(None)
    """Everything the store has of it."""

    def __init__(self, incident_id: str, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.incident_id = incident_id
        self.tab = TIMELINE
        self.problem: str | None = None
        """Why its system could not be read the last time."""
        self._asked = False
        self._read_for: tuple[Version, object] | None = None

    # -- what is on it ---------------------------------------------------------------------------------------

    def compose_body(self) -> ComposeResult:
        """The head over all; timeline at the left, facts and alerts at the right."""
        yield Block(id="head")
        with Horizontal(id="panes"):
            yield TextPane(follow=True, id=TIMELINE)
            with Vertical(id="aside"):
                yield TextPane(id=FACTS)
                yield TextPane(id=ALERTS)

    def on_mount(self) -> None:
        """What is known at once; then the whole of it."""
        self._arrange()
        self._pane(self.tab).focus()
        self.facts_changed()
        self._read()

    def _pane(self, name: str) -> TextPane:
        return self.query_one(f"#{name}", TextPane)

    @property
    def tabbed(self) -> bool:
        """One pane at a time."""
        return self.size.width < 100 or self.size.height < 24

    def on_resize(self) -> None:
        """Another size may mean other panes."""
        self._arrange()
        self._draw()

    def _arrange(self) -> None:
        tabbed = self.tabbed
        self.set_class(tabbed, "-tabs")
        for name in _ORDER:
            self._pane(name).display = not tabbed or name == self.tab
        self.query_one("#aside").display = not tabbed or self.tab != TIMELINE
        if tabbed and self.focused is not self._pane(self.tab):
            self._pane(self.tab).focus()

    # -- facts -----------------------------------------------------------------------------------------------

    def facts_changed(self) -> None:
        """What the store has now."""
        self.run_worker(self._ask(read=False), exclusive=True, group="view", exit_on_error=False)

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

    @property
    def joined(self) -> tuple[AlertRow, ...]:
        """The monitors' alerts that belong to it, besides those that its own system tells of."""
        if self.board is None:
            return ()
        own = {alert.id for alert in self.view.alerts} if self.view is not None else set()
        return tuple(row for row in self.board.joined_to(self.incident_id) if own.isdisjoint(row.ids))

    def _draw(self) -> None:
        if not self.is_mounted or self.board is None or not self.size:
            return
        board, row, view = self.board, self.row, self.view
        look = look_of(self)
        head = self.query_one("#head", Block)
        if row is None:
            why = self.problem or ("nothing is known of it" if self._asked else "not read yet")
            head.show([(Span(f" {self.incident_id}", "strong"),), (Span(f" {why}", "stale"),)])
            return
        lines = [(Span(" "), *words) for words in head_lines(row, board, max(8, self.size.width - 2), look)]
        most = max(1, min(4, self.size.height // 4))
        head.styles.height = min(len(lines), most)
        head.show(lines[:most])
        alerts, joined = view.alerts if view is not None else (), self.joined
        self._pane(FACTS).show(
            lambda cells, look: [*facts_lines(row, board, cells, look), *around_lines(view, board, cells)],
            title=self._title(FACTS),
            aside=BLANK,
        )
        self._pane(ALERTS).show(
            lambda cells, look: (
                [
                    *alert_lines(alerts, board, cells, look),
                    *joined_lines(joined, self.incident_id, board, cells, look),
                ]
                or [(Span("no alert is joined to it", "dim"),)]
            ),
            title=self._title(ALERTS),
            aside=BLANK,
        )
        self._pane(TIMELINE).show(
            lambda cells, look: timeline_lines(view, board, cells, look) if view is not None else [],
            title=self._title(TIMELINE),
            aside=self._freshness(board, row),
        )
        if not self.tabbed:
            self._share_aside()

    def _share_aside(self) -> None:
        """The alerts get what they need, half at most, and what the facts leave over."""
        room = self.query_one("#aside").size.height or self.size.height - 6
        facts, alerts = (self._pane(name).lines_for(ASIDE) + 2 for name in (FACTS, ALERTS))
        self._pane(ALERTS).styles.height = max(3, min(alerts, room // 2), room - facts)

    def _title(self, name: str) -> Words:
        count = (len(self.view.alerts) if self.view is not None else 0) + len(self.joined)
        counts = {ALERTS: f" {count}" if count else "", TIMELINE: "", FACTS: ""}
        if not self.tabbed:
            return (Span(f"{_TITLES[name]}{counts[name]}", "title"),)
        words: list[Span] = []
        for one in _ORDER:
            words += [Span("  ")] if words else []
            words.append(Span(f"{_TITLES[one]}{counts[one]}", "title" if one == name else "dim"))
        return tuple(words)

    def _freshness(self, board: Board, row: IncidentRow) -> Words:
        view = self.view
        read = view.read_at if view is not None else None
        words = []
        if read is not None:
            words.append(f"read {clock(read, board.minute, board.zone)}")
        elif self._asked or self.problem:
            words.append("timeline never read")
        if self.problem is not None:
            words.append(self.problem)
        elif row.stale and read is not None:
            words.append(f"{age(read, board.minute)} old, {row.incident.source} is late")
        role = "stale" if self.problem is not None or row.stale or read is None else "dim"
        return (Span(" · ".join(words), role),) if words else BLANK

    # -- keys ------------------------------------------------------------------------------------------------

    def live_scopes(self) -> frozenset[Scope]:
        """Those of incidents."""
        return frozenset({Scope.INCIDENT, Scope.VIEW})

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

    def do_next_pane(self) -> None:
        """Timeline, alerts, facts."""
        self._step(1)

    def do_previous_pane(self) -> None:
        """The other way round."""
        self._step(-1)

    def _step(self, step: int) -> None:
        here = next((name for name in _ORDER if self._pane(name).has_focus), self.tab)
        self.tab = _ORDER[(_ORDER.index(here) + step) % len(_ORDER)]
        self._arrange()
        self._pane(self.tab).focus()
        self._draw()

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
