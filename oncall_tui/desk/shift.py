"""The shift's handover as the desk has it: facts of the stretch, and what the seat added by hand, remembered."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from oncall_tui.board import Board
from oncall_tui.handover import Handover, HandoverEdits, decode_edits, draft, edits_key

if TYPE_CHECKING:
    from oncall_tui.desk import Desk


async def load_edits(desk: Desk, board: Board) -> HandoverEdits:
    """What the seat added to the handover of the board's shift."""
    return decode_edits(await desk.value(_key(board)))


def _key(board: Board) -> str:
    return edits_key(board.shift.start, board.shift.end, on_call=board.shift.on_call)


async def draft_handover(desk: Desk, board: Board, start: datetime, end: datetime, edits: HandoverEdits) -> Handover:
    """The handover of the stretch, as the store's facts and the seat's own lines write it."""
    facts = await desk.shift_facts(start, end)
    return draft(
        facts, user=board.seat.user or board.seat.name, on_call=board.shift.on_call, now=desk.clock.now(), edits=edits
    )
