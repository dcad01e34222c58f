"""The shift's handover as the desk has it: facts of the stretch, and what the seat added by hand, remembered."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from oncall_tui.board import Board
from oncall_tui.handover import Handover, HandoverEdits, draft

if TYPE_CHECKING:
    from oncall_tui.desk import Desk


def _key(start: datetime) -> str:
    return f"handover:{start:%Y-%m-%dT%H:%M}"


async def load_edits(desk: Desk, start: datetime) -> HandoverEdits:
    """What the seat added to the handover of the shift that began at ``start``."""
    found = await desk.value(_key(start))
    if found is None:
        return HandoverEdits()
    try:
        return msgspec.json.decode(found, type=HandoverEdits)
    except msgspec.DecodeError:
        return HandoverEdits()


async def save_edits(desk: Desk, start: datetime, edits: HandoverEdits) -> None:
    """Keep them; they survive a crash."""
    await desk.set_value(_key(start), msgspec.json.encode(edits).decode())


async def draft_handover(desk: Desk, board: Board, start: datetime, end: datetime, edits: HandoverEdits) -> Handover:
    """The handover of the stretch, as the store's facts and the seat's own lines write it."""
    facts = await desk.shift_facts(start, end)
    return draft(
        facts, user=board.seat.user or board.seat.name, on_call=board.shift.on_call, now=desk.clock.now(), edits=edits
    )
