"""What is due on an incident, its checklist and its watch, for the screens: see :mod:`screens.duty_requests`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oncall_tui.board import Board
from oncall_tui.desk import Desk
from oncall_tui.desk.lead import begin_watch, complete_now, led_now, look, tick
from oncall_tui.policy.watching import WatchState
from oncall_tui.store import StoreError
from screens.duty_requests import ItemTicked, LedWanted, WatchBegun
from screens.requests import DutyQuestion

if TYPE_CHECKING:
    from oncall_tui.app.face import OncallApp


async def answer(desk: Desk, board: Board | None, question: DutyQuestion[Any]) -> Any:
    """What is asked.

    Raises:
        ActRefused, StoreError: it cannot be done; one line.
    """
    match question:
        case LedWanted():
            return None if board is None else await led_now(desk, board, question.incident_id)
        case ItemTicked():
            await tick(desk, question.incident_id, question.item, done=question.done)
            return board is not None and await complete_now(desk, board, question.incident_id)
        case WatchBegun():
            await begin_watch(desk, question.incident_id)
            return None
    raise TypeError(f"nobody answers {type(question).__name__}")


async def look_once(app: OncallApp) -> None:
    """The minute's look at what is watched; what it says is said in the strip."""
    board = app.board
    if board is None:
        return
    try:
        news = await look(app.desk, board)
    except StoreError:
        return  # the board's own reading says so, and the banner
    for one in news:
        well = one.watch.state is WatchState.RECOVERED
        key = app.key_map.shown("communicate")
        told = f" ({key} tells stakeholders)" if well else ""
        app.say(f"{one.watch.words}: {one.title}{told}", "good" if well else "error")
