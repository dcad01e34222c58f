"""What was said of an incident, what is due next, and who hears what."""

from __future__ import annotations

from typing import ClassVar

from oncall_tui.board import Board
from oncall_tui.board.led import Led
from oncall_tui.model import IncidentFacts
from oncall_tui.policy.reminders import Duty, Reminder
from screens.base import OncallScreen
from screens.comms_words import comms_lines
from screens.tabs.led import LedTab
from screens.tabs.rows import Line
from widgets.theme import Look


class CommsTab(LedTab):
    """What is due is a row: ``enter`` opens its form."""

    NAME = "comms"
    TITLE = "Comms"
    ACTIONS: ClassVar[tuple[str, ...]] = ("tell_due",)

    def lines(self, led: Led, view: IncidentFacts, board: Board, cells: int, look: Look) -> list[Line]:
        """Due, the matrix, what was said."""
        return comms_lines(led, view, board, cells)

    @property
    def reminder(self) -> Reminder | None:
        """What is due under the cursor."""
        if self.led is None or self.cursor is None:
            return None
        told = [one for one in self.led.reminders if one.duty in (Duty.UPDATE, Duty.PUBLISH)]
        number = int(self.cursor.partition(":")[2])
        return told[number] if number < len(told) else None

    def do_tell_due(self) -> None:
        """Tell whom it is due to: the form, where one channel does it; else the list of ways."""
        reminder = self.reminder
        if not self.may_act():
            return
        if reminder is None:
            self.say("nothing due under the cursor", "error")
            return
        from screens.communicate import communicate

        if isinstance(self.screen, OncallScreen):
            communicate(self.screen, first=reminder)
