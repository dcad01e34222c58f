"""Questions about metrics, history and post-mortems, answered by the desk. Imported when the first is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oncall_tui.desk import ActRefused
from oncall_tui.desk.history import span_metrics
from oncall_tui.metrics import PeriodError
from screens.history_requests import MetricsWanted
from screens.requests import HistoryQuestion

if TYPE_CHECKING:
    from oncall_tui.board import Board
    from oncall_tui.desk import Desk


async def answer(desk: Desk, board: Board | None, question: HistoryQuestion[Any]) -> Any:
    """The answer.

    Raises:
        ActRefused: there is none, and why.
        StoreError: the store cannot be read.
    """
    match question:
        case MetricsWanted():
            if board is None:
                raise ActRefused("nothing is known yet: the first answer is awaited")
            try:
                return await span_metrics(desk, board, question.span, question.back, question.by)
            except PeriodError as error:
                raise ActRefused(str(error)) from None
    raise TypeError(f"nobody answers {type(question).__name__}")
