"""The facts of an incident: what its system says, how its life went, what stands around it."""

from __future__ import annotations

import contextlib
from datetime import datetime

from oncall_tui.board import Board, IncidentRow
from oncall_tui.board.led import Led
from oncall_tui.model import IncidentFacts
from oncall_tui.policy.seen import SeenBefore
from screens.around_words import around_lines
from screens.due_words import due_lines
from screens.duty_requests import LedWanted
from screens.incident_words import facts_lines
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.life_words import life_facts
from screens.past_requests import SeenWanted
from screens.past_words import seen_lines
from screens.requests import IncidentWanted, QuestionFailed, ask
from screens.tabs.base import Tab


class FactsTab(Tab):
    """As labels and words."""

    NAME = "facts"
    TITLE = "Facts"
    ASIDE = True

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self._key = keys.shown("history")
        self._seen: SeenBefore | None = None
        self._led: Led | None = None
        self._asked: tuple[str, datetime] | None = None
        """For which incident, and at which minute: what was seen before is the same until the next."""
        self._read: set[str] = set()
        """Earlier incidents whose system was asked for the whole of them."""
        self._shown: tuple[IncidentFacts | None, IncidentRow, Board] | None = None

    def show_incident(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> None:
        """All that is known; what was seen before once it is answered."""
        self._shown = (view, row, board)
        if self._asked != (row.id, board.minute):
            self._asked = (row.id, board.minute)
            self.run_worker(self._ask(row.id), exclusive=True, group="seen", exit_on_error=False)
            self.refresh_facts()
        self._draw(view, row, board)

    def refresh_facts(self) -> None:
        """What is due may be another: something was told, ticked, or the minute is."""
        if self._shown is not None:
            self.run_worker(self._ask_due(self._shown[1].id), exclusive=True, group="due", exit_on_error=False)

    async def _ask_due(self, incident_id: str) -> None:
        with contextlib.suppress(QuestionFailed):
            led = await ask(self, LedWanted(incident_id))
            if led != self._led and self._shown is not None:
                self._led = led
                self._draw(*self._shown)

    async def _ask(self, incident_id: str) -> None:
        with contextlib.suppress(QuestionFailed):  # the rest of the facts does not wait for it
            self._take(await ask(self, SeenWanted(incident_id)))
            last = self._seen.times[0] if self._seen is not None and self._seen.times else None
            if last is not None and not last.is_read and last.incident.id not in self._read:
                # What was done the last time is worth the question, once.
                self._read.add(last.incident.id)
                await ask(self, IncidentWanted(last.incident.id, read=True))
                self._take(await ask(self, SeenWanted(incident_id)))

    def _take(self, seen: SeenBefore) -> None:
        self._seen = seen
        if self._shown is not None:
            self._draw(*self._shown)

    def _draw(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> None:
        self.draw(
            lambda cells, look: [
                *facts_lines(
                    row,
                    board,
                    cells,
                    look,
                    seen_lines(self._seen, self._key, board, cells),
                    life_facts(view, board),
                ),
                *due_lines(self._led, row.id, board, cells),
                *around_lines(view, board, cells),
            ]
        )
