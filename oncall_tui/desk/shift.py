"""The shift's handover as the desk has it: facts of the stretch, and what the seat added by hand, remembered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from oncall_tui.board import Board
from oncall_tui.desk.settings import ActRefused
from oncall_tui.handover import (
    Handover,
    HandoverEdits,
    HandoverIncident,
    decode_edits,
    draft,
    edits_key,
    encode_edits,
    forgotten,
    key_of_stretch,
    told_of,
)

if TYPE_CHECKING:
    from oncall_tui.desk import Desk


async def load_edits(desk: Desk, board: Board) -> HandoverEdits:
    """What the seat added to the handover of the board's shift; off call, where nothing was added since, to that of the
    shift which has just ended: it is handed over now."""
    found = await desk.value(_key(board))
    if found is None and not board.shift.on_call:
        return await edits_between(desk, board.shift.start, board.shift.end)
    return decode_edits(found)


async def edits_between(desk: Desk, start: datetime, end: datetime) -> HandoverEdits:
    """What the seat added to the handover of the shift that the stretch is, or mostly is."""
    names = await desk.value_names("handover:")
    name = key_of_stretch(names, start, end, desk.settings.board.shift_duration)
    return decode_edits(await desk.value(name)) if name is not None else HandoverEdits()


async def keep_edits(desk: Desk, name: str, text: str) -> None:
    """Remember what the seat added to a handover.

    Args:
        name: the handover's (:func:`~oncall_tui.handover.edits_key`).
        text: the edits as :func:`~oncall_tui.handover.encode_edits` writes them.

    Raises:
        ActRefused: the seat is read-only.
        StoreError: it could not be stored.
    """
    if desk.settings.read_only:
        raise ActRefused("this seat is read-only: the handover is not edited from here")
    await desk.set_value(name, text)


async def edit_handover(desk: Desk, board: Board, change: Callable[[HandoverEdits], HandoverEdits]) -> None:
    """Change what the seat added to the handover of the board's shift.

    Raises:
        ActRefused: the seat is read-only.
        StoreError: it could not be stored.
    """
    await keep_edits(desk, _key(board), encode_edits(change(await load_edits(desk, board))))


def _key(board: Board) -> str:
    return edits_key(board.shift.start, board.shift.end, on_call=board.shift.on_call)


async def draft_handover(desk: Desk, board: Board, start: datetime, end: datetime, edits: HandoverEdits) -> Handover:
    """The handover of the stretch, as the store's facts and the seat's own lines write it."""
    from oncall_tui.desk.handing import beside

    facts = await desk.shift_facts(start, end)
    return draft(
        facts,
        user=board.seat.user or board.seat.name,
        on_call=board.shift.on_call,
        now=desk.clock.now(),
        zone=board.zone,
        edits=edits,
        beside=await beside(desk, board, start, end),
    )


async def forgotten_now(desk: Desk) -> tuple[HandoverIncident, ...]:
    """What is acknowledged and silent for as long as the policy says (W9), the longest silent first."""
    now, after = desk.clock.now(), desk.settings.rules.forgotten
    return forgotten(told_of(await desk.shift_facts(now - after, now)), now, after)
