"""Questions about shifts, answered by the desk. Imported when the first is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from oncall_tui.config.shift_rules import roles
from oncall_tui.desk import ActRefused
from oncall_tui.desk.history import schedule_ahead
from oncall_tui.schedule.duties import duties
from screens.requests import ShiftQuestion
from screens.shift_requests import RolesWanted, ScheduleWanted

if TYPE_CHECKING:
    from oncall_tui.board import Board
    from oncall_tui.desk import Desk


async def answer(desk: Desk, board: Board | None, question: ShiftQuestion[Any]) -> Any:
    """The answer.

    Raises:
        ActRefused: there is none, and why.
        StoreError: the store cannot be read.
    """
    if board is None:
        raise ActRefused("nothing is known yet: the first answer is awaited")
    match question:
        case RolesWanted():
            return duties(board, roles(desk.settings.rules), board.policy)
        case ScheduleWanted():
            return await schedule_ahead(desk, board, timedelta(days=question.days))
    raise TypeError(f"nobody answers {type(question).__name__}")
