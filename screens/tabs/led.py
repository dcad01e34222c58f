"""What the tabs about leading share: they ask how the incident is led whenever the store has changed or a minute has
passed, and draw it."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any

from oncall_tui.board import Board, IncidentRow
from oncall_tui.board.led import Led
from oncall_tui.model import IncidentFacts
from screens.aiming import incident_target
from screens.base import OncallScreen
from screens.duty_requests import LedWanted
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import DutyQuestion, QuestionFailed, Target, ask
from screens.tabs.rows import Line, RowsTab
from widgets.lines import Span
from widgets.theme import Look

READ_ONLY = "read-only seat: nothing is sent"


class LedTab(RowsTab):
    """Override :meth:`lines`. :attr:`led` is what the app answered last."""

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.led: Led | None = None
        self._problem: str | None = None
        self._minute: datetime | None = None
        self._shown: tuple[IncidentFacts | None, IncidentRow, Board] | None = None

    @property
    def board(self) -> Board | None:
        """The board it was drawn from last."""
        return self._shown[2] if self._shown is not None else None

    @property
    def target(self) -> Target | None:
        """The incident, pinned."""
        return incident_target(self._shown[1]) if self._shown is not None else None

    def show_incident(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> None:
        """What is known; with another minute it is asked for anew."""
        first = self._shown is None or self._shown[1].id != row.id
        self._shown = (view, row, board)
        if first or self._minute != board.minute:
            self._minute = board.minute
            self.refresh_facts()
        self._draw()

    def refresh_facts(self) -> None:
        """Ask how it is led."""
        if self._shown is not None:
            self.run_worker(self._ask(self._shown[1].id), exclusive=True, group="led", exit_on_error=False)

    async def _ask(self, incident_id: str) -> None:
        try:
            self.led = await ask(self, LedWanted(incident_id))
            self._problem = None
        except QuestionFailed as reason:
            self._problem = str(reason)
        self._draw()

    def _draw(self) -> None:
        if self._shown is None:
            return
        view, row, board = self._shown
        led = self.led if self.led is not None and self.led.incident_id == row.id else None
        if led is None or view is None:
            said = self._problem or "being read"
            self.draw_lines(lambda cells, look: [Line((Span(said, "stale" if self._problem else "dim"),))])
        else:
            self.draw_lines(lambda cells, look: self.lines(led, view, board, cells, look))

    def lines(self, led: Led, view: IncidentFacts, board: Board, cells: int, look: Look) -> list[Line]:
        """What it shows."""
        raise NotImplementedError

    # -- what its keys share -----------------------------------------------------------------------------------

    def say(self, text: str, role: str = "text") -> None:
        """One line above the footer."""
        if isinstance(self.screen, OncallScreen):
            self.screen.say(text, role)

    def may_act(self) -> bool:
        """Whether the seat may do anything; says why not."""
        if self.board is None or self.target is None:
            self.say("nothing is known yet: the first answer is awaited", "stale")
            return False
        if self.board.seat.read_only:
            self.say(READ_ONLY, "error")
            return False
        return True

    def request(self, question: DutyQuestion[Any], said: str) -> None:
        """Have the app do it, say that it is done or why not, and show it."""
        self.run_worker(self._do(question, said), exit_on_error=False)

    async def _do(self, question: DutyQuestion[Any], said: str) -> None:
        try:
            told = await ask(self, question)
        except QuestionFailed as reason:
            self.say(str(reason), "error")
            return
        self.say(said)
        with contextlib.suppress(QuestionFailed):
            if self.target is not None:
                self.led = await ask(self, LedWanted(self.target.id)) or self.led
        self._draw()
        self.done(question, told)

    def done(self, question: DutyQuestion[Any], told: Any) -> None:
        """The app has done it, and :attr:`led` is how it stands since."""
