"""The investigation: the incident's time as metrics, log lines and changes show it, and what was found out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from oncall_tui.actions import BY_ID
from oncall_tui.board import Board, IncidentRow
from oncall_tui.model import IncidentFacts
from oncall_tui.policy.marks import Mark, MarkKind
from screens.base import OncallScreen
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import Answer, QuestionFailed, Target, ask
from screens.tabs.rows import RowsTab
from widgets.lines import BLANK, Span
from widgets.words import clock

# What it shows is imported when it is looked at first: an incident opens without it.
if TYPE_CHECKING:
    from oncall_tui.investigation import Investigation
    from oncall_tui.policy.conclusions import Conclusions
    from screens.investigation_words import Shown, Thing


class InvestigationTab(RowsTab):
    """Monitors are asked when it first comes into sight, at another width, and by the key that refreshes."""

    NAME = "investigation"
    TITLE = "Investigation"
    SHORT = "Invest"
    ACTIONS: ClassVar[tuple[str, ...]] = (
        "finding",
        "hypothesis",
        "verdict",
        "root_cause",
        "frame_wider",
        "frame_narrower",
        "investigation_open",
    )

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.found: Investigation | None = None
        self.width = 0
        self._asking = False
        self._problem: str | None = None
        self._said: tuple[object, Conclusions] | None = None
        self._given: tuple[IncidentFacts | None, IncidentRow, Board] | None = None
        self._awaited: tuple[str, str | None] | None = None
        """A hypothesis that was just typed, as texts are compared, and the row that the cursor was on."""

    # -- what it shows -----------------------------------------------------------------------------------------

    def show_incident(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> None:
        """What was said follows the timeline; the first time its monitors are asked."""
        self._given = (view, row, board)
        if self.found is None and self._problem is None and not self._asking:
            self._begin()
        self._show()

    def read_anew(self) -> None:
        """By the key that refreshes."""
        self._begin(anew=True)
        self._show()

    def _begin(self, *, anew: bool = False) -> None:
        if self._given is None:
            return
        self._asking = True
        work = self._ask(self._given[1].id, self.width, anew=anew)
        self.run_worker(work, exclusive=True, group="investigation", exit_on_error=False)

    async def _ask(self, incident_id: str, width: int, *, anew: bool) -> None:
        from screens.investigation_requests import InvestigationWanted

        try:
            self.found = await ask(self, InvestigationWanted(incident_id, width, anew=anew))
            self._problem = None if self.found is not None else "nothing is known of it"
        except QuestionFailed as reason:
            self._problem = str(reason)
        self._asking = False
        self._show()

    @property
    def said(self) -> Conclusions:
        """What was found out, notes that have not left among it. Of the same notes it is worked out once."""
        from oncall_tui.policy.conclusions import Conclusions, conclusions, marks_of_facts

        view = self._given[0] if self._given is not None else None
        if view is None:
            return Conclusions()
        notes = (view.timeline, view.outbox)
        if self._said is None or self._said[0] != notes:
            self._said = (notes, conclusions(marks_of_facts(view)))
        return self._said[1]

    @property
    def shown(self) -> Shown:
        """All that it shows now."""
        from oncall_tui.policy.conclusions import waiting_marks
        from screens.investigation_words import Shown, plain

        view = self._given[0] if self._given is not None else None
        waiting = frozenset(plain(mark.text) for mark in waiting_marks(view)) if view is not None else frozenset()
        return Shown(
            found=self.found, said=self.said, waiting=waiting, asking=self._asking, problem=self._problem
        )  # fmt: skip

    def _show(self) -> None:
        if self._given is None:
            return
        from screens.investigation_words import investigation_lines

        board, shown = self._given[2], self.shown
        asked = self.found.asked_at if self.found is not None else None
        aside = (Span(f"asked {clock(asked, board.minute, board.zone)}", "dim"),) if asked is not None else BLANK
        self.draw_lines(lambda cells, look: investigation_lines(shown, board, cells, look), aside)
        self._go_to_awaited()

    def _go_to_awaited(self) -> None:
        """The cursor goes to a hypothesis that was just typed, unless the person has moved it since."""
        if self._awaited is None:
            return
        from screens.investigation_words import plain

        text, was_on = self._awaited
        one = next((one for one in self.said.hypotheses if plain(one.text) == text), None)
        if one is None and self.cursor == was_on:
            return
        self._awaited = None
        if one is not None and self.cursor == was_on:
            self.put_cursor(f"h{one.number}")

    @property
    def thing(self) -> Thing | None:
        """What the cursor is on."""
        from screens.investigation_words import things

        return things(self.shown).get(self.cursor) if self.cursor is not None else None

    # -- the frame ---------------------------------------------------------------------------------------------

    def do_frame_wider(self) -> None:
        """Further around."""
        self._turn(1)

    def do_frame_narrower(self) -> None:
        """Closer."""
        self._turn(-1)

    def _turn(self, step: int) -> None:
        from oncall_tui.investigation import NARROWEST, WIDEST

        width = max(NARROWEST, min(WIDEST, self.width + step))
        if width == self.width:
            self._say("that is as far as it goes", "dim")
            return
        self.width = width
        self._begin()
        self._show()

    # -- what is found out: notes ------------------------------------------------------------------------------

    def do_finding(self) -> None:
        """The line under the cursor is a note."""
        from oncall_tui.policy.conclusions import Hypothesis
        from screens.investigation_words import finding_text

        found = self._may_write("finding")
        thing = self.thing
        if found is None or self._given is None:
            return
        text = finding_text(thing, self.found, self._given[2].zone) if thing is not None and self.found else None
        if text is None:
            kept = isinstance(thing, Mark | Hypothesis)
            self._say("it is on the timeline already" if kept else "the cursor is on nothing to keep", "stale")
            return
        self._write(found[0], "keep as a finding", f"{MarkKind.FINDING.value}: {text}")

    def do_hypothesis(self) -> None:
        """Ask for it."""
        self._ask_line("hypothesis", "Hypothesis", MarkKind.HYPOTHESIS, "")

    def do_root_cause(self) -> None:
        """Ask for it; a hypothesis or finding under the cursor is where it begins."""
        from oncall_tui.policy.conclusions import Hypothesis

        thing = self.thing
        begin = thing.text if isinstance(thing, Hypothesis | Mark) else ""
        self._ask_line("root_cause", "Root cause", MarkKind.ROOT_CAUSE, begin)

    def _ask_line(self, action_id: str, title: str, kind: MarkKind, begin: str) -> None:
        found = self._may_write(action_id)
        if found is None:
            return
        target, board = found

        def answered(answer: Answer | None) -> None:
            if answer is None:
                self._say(f"{title.lower()}: left undone", "dim")
                return
            if kind is MarkKind.HYPOTHESIS:
                self._awaited = plain(answer.params["text"]), self.cursor
            self._write(target, title.lower(), f"{kind.value}: {answer.params['text']}")

        from screens.dialogs.line import LineDialog
        from screens.investigation_words import plain

        told = f"A note on the timeline: “{kind.value}: …”. Everybody who reads the pager sees it."
        self.app.push_screen(LineDialog(title, told, board, begin=begin), answered)

    def do_verdict(self) -> None:
        """Ask what became of the hypothesis under the cursor."""
        from oncall_tui.policy.conclusions import Hypothesis, Verdict, verdict_note
        from screens.dialogs.verdict import VerdictDialog

        found = self._may_write("verdict")
        thing = self.thing
        if found is None:
            return
        if not isinstance(thing, Hypothesis):
            self._say("the cursor is on no hypothesis", "stale")
            return
        target, board = found

        def answered(answer: Answer | None) -> None:
            if answer is None:
                self._say("verdict: left undone", "dim")
                return
            verdict = Verdict(answer.params["verdict"])
            self._write(target, f"{thing.name} {verdict.value}", verdict_note(thing, verdict, answer.params["why"]))

        self.app.push_screen(VerdictDialog(thing, board), answered)

    def _may_write(self, action_id: str) -> tuple[Target, Board] | None:
        from screens.leading import pinned, takes_notes

        screen = self._screen
        found = pinned(screen, BY_ID[action_id])
        if found is None:
            return None
        (target,), board = found
        why = takes_notes(target, board)
        if why is not None:
            screen.say(why, "error")
            return None
        return target, board

    def _write(self, target: Target, what: str, text: str) -> None:
        from screens.lead_requests import OrdersRequested, note

        self.post_message(OrdersRequested(what, [note(target, text)]))

    # -- the whole of a line -----------------------------------------------------------------------------------

    def do_investigation_open(self) -> None:
        """What the cursor is on, whole."""
        thing = self.thing
        if thing is None or self._given is None:
            self._say("the cursor is on nothing", "stale")
            return
        from screens.investigation_words import whole_lines
        from screens.reading import ReadingScreen

        cells = max(20, min(100, self.screen.size.width - 8))
        self.app.push_screen(ReadingScreen(*whole_lines(thing, self.found, self._given[2], cells)))

    @property
    def _screen(self) -> OncallScreen[None]:
        assert isinstance(self.screen, OncallScreen)
        return self.screen

    def _say(self, text: str, role: str) -> None:
        self._screen.say(text, role)
