"""One run of a command: what it says as it comes, how it ended, a note made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import ClassVar

from rich.cells import set_cell_size
from textual.app import ComposeResult
from textual.reactive import var

from oncall_tui.actions import BY_ID, Scope
from oncall_tui.board import Board
from oncall_tui.clock import format_duration
from oncall_tui.policy.ran import ran
from oncall_tui.text import width
from screens.aiming import incident_target
from screens.base import COMMON, OncallScreen
from screens.command_requests import RunStopped, RunView, RunWanted
from screens.guard import incapable
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import ActionRequested, Answer, QuestionFailed, ask
from widgets.lines import BLANK, Span, Words
from widgets.textpane import TextPane
from widgets.theme import Look
from widgets.words import clock


class RunScreen(OncallScreen[None]):
    """Follows the end while it is in sight. Leaving it stops nothing."""

    ACTIONS: ClassVar[tuple[str, ...]] = ("run_note", "run_stop", "back", *COMMON)
    DEFAULT_CSS = """
    RunScreen #output { height: 1fr; }
    """

    run: var[RunView | None] = var(None)
    """The run as it was last told of; set by the app."""

    def __init__(self, key: str, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.run_key = key
        self._begins: list[int] = []
        """Of each drawn line the number of the line of the output that it belongs to."""

    def compose_body(self) -> ComposeResult:
        """The output alone."""
        yield TextPane(follow=True, id="output")

    @property
    def output(self) -> TextPane:
        """What it says."""
        return self.query_one("#output", TextPane)

    def on_mount(self) -> None:
        """Ask for what it has said until now."""
        self.output.focus()
        self.run_worker(self._ask(), exit_on_error=False)

    async def _ask(self) -> None:
        try:
            self.run = await ask(self, RunWanted(self.run_key))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        if self.run is None:
            self.say("that run is no longer kept", "stale")

    def live_scopes(self) -> frozenset[Scope]:
        """Those of a run."""
        return frozenset({Scope.RUN, Scope.VIEW})

    def watch_run(self) -> None:
        """It has said something, or ended."""
        if self.is_mounted:
            self._draw()
            self.show_footer()

    def show_board(self, board: Board) -> None:
        """How long it runs is counted in the board's minutes."""
        self._draw()

    def absent(self) -> dict[str, str]:
        """What has ended cannot be stopped; what is about nothing has no timeline."""
        found = super().absent()
        if self.run is not None and self.run.ended_at is not None:
            found["run_stop"] = "it has ended"
        if self.run is not None and self.run.kind != "incident":
            found["run_note"] = "it is about no incident"
        return found

    def _draw(self) -> None:
        run, board = self.run, self.board
        if run is None or board is None:
            return
        role = "pending" if run.ended_at is None else "ok" if run.ok else "error"
        mark = (Span("! ", "soon"),) if run.changes else ()
        title: Words = (*mark, Span(run.title, "title"), Span("  "), Span(run.result, role))
        if run.target_title:
            title = (*title, Span(f"  {run.target_title}", "dim"))
        began = clock(run.started_at, board.minute, board.zone)
        took = f", took {format_duration(_took(run))}" if run.ended_at is not None else ""
        self.output.show(self._lines, title=title, aside=(Span(f"{began}{took}", "dim"),))

    def _lines(self, cells: int, look: Look) -> Sequence[Words]:
        run = self.run
        if run is None or not run.lines:
            self._begins = []
            silent = "it has said nothing" if run is not None and run.ended_at is not None else "nothing said yet"
            return ((Span(silent, "dim"),),)
        drawn: list[Words] = []
        self._begins = []
        for number, line in enumerate(run.lines):
            for part in folded(line, cells):
                drawn.append((Span(part),) if part else BLANK)
                self._begins.append(number)
        return drawn

    # -- keys ------------------------------------------------------------------------------------------------

    def do_run_stop(self) -> None:
        """End it."""
        if self.run is not None and self.run.ended_at is not None:
            self.say(f"it has ended: {self.run.result}", "dim")
            return
        self.run_worker(self._stop(), exit_on_error=False)

    async def _stop(self) -> None:
        try:
            stopped = await ask(self, RunStopped(self.run_key))
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        self.say("stopping it" if stopped else "it has ended", "dim")

    def do_run_note(self) -> None:
        """Edit a note made of what it said, and write it on the incident."""
        run, board = self.run, self.board
        if run is None or board is None:
            return
        if run.target is None or run.kind != "incident":
            self.say("it is about no incident: there is no timeline to write on", "error")
            return
        row = board.incident(run.target)
        if row is None:
            self.say(f"no longer on the board: {run.target_title}", "error")
            return
        target, action = incident_target(row), BY_ID["note"]
        why = "read-only seat: nothing is sent" if board.seat.read_only else incapable(action, target, board)
        if why is not None:
            self.say(why, "error")
            return
        from screens.dialogs.note import NoteDialog

        def answered(answer: Answer | None) -> None:
            if answer is None:
                self.say("note: left undone, the draft is kept", "dim")
                return
            problem = self.changed_since(action, target)
            if problem is not None:
                self.say(f"not sent: {problem}", "error")
                return
            self.post_message(ActionRequested("note", (target,), answer.params))

        self.app.push_screen(NoteDialog(target, board, begin=ran(run.name, run.result, self.chosen_lines())), answered)

    def chosen_lines(self) -> tuple[str, ...]:
        """The lines in the window where the person has scrolled to some, else the last ones."""
        run, pane = self.run, self.output
        if run is None or not self._begins:
            return ()
        if pane.at_end:
            return run.lines
        shown = self._begins[pane.top : pane.top + pane.window]
        return run.lines[shown[0] : shown[-1] + 1]


def _took(run: RunView) -> timedelta:
    assert run.ended_at is not None
    return timedelta(seconds=round((run.ended_at - run.started_at).total_seconds()))


def folded(line: str, cells: int) -> Iterator[str]:
    """A line in pieces of at most ``cells`` cells, cut where it must: output is not prose."""
    while width(line) > cells:
        head = set_cell_size(line, cells).rstrip() or line[:1]
        yield head
        line = line[len(head) :]
    yield line
