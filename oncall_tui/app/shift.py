"""Questions about shifts, answered by the desk. Imported when the first is asked."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from oncall_tui.config.shift_rules import roles
from oncall_tui.desk import ActRefused, checking, handing
from oncall_tui.desk.history import schedule_ahead
from oncall_tui.desk.shift import forgotten_now, keep_edits
from oncall_tui.handover import Handed, HandedError
from oncall_tui.handover.files import read_file
from oncall_tui.schedule.duties import duties
from screens.requests import ShiftQuestion
from screens.shift_requests import (
    AcceptWanted,
    BesideWanted,
    ChecklistNames,
    EditsKept,
    ForgottenWanted,
    HandedFileWanted,
    HandoverKept,
    PreviousWanted,
    ProbesWanted,
    RolesWanted,
    ScheduleWanted,
    SheetWanted,
    ShiftItemTicked,
)

if TYPE_CHECKING:
    from oncall_tui.board import Board
    from oncall_tui.desk import Desk
    from oncall_tui.sources.base import Probe


_PROBES: WeakKeyDictionary[Desk, dict[str, Probe]] = WeakKeyDictionary()
"""What every source and channel of a desk answered last, for the checklists; asked by a person, never by itself."""


async def answer(desk: Desk, board: Board | None, question: ShiftQuestion[Any]) -> Any:
    """The answer.

    Raises:
        ActRefused: there is none, and why.
        StoreError: the store cannot be read.
    """
    if board is None:
        raise ActRefused("nothing is known yet: the first answer is awaited")
    match question:
        case BesideWanted():
            return await handing.beside(desk, board, question.start, question.end)
        case HandoverKept():
            return await handing.keep(desk, question.handover, question.origin)
        case EditsKept():
            return await keep_edits(desk, question.name, question.text)
        case PreviousWanted():
            return await handing.previous(desk, board)
        case HandedFileWanted():
            return await _read(question.path)
        case AcceptWanted():
            done = await handing.accept(desk, board, question.handed, question.receipt)
            return f"accepted from {question.handed.user}: {done.words}"
        case ForgottenWanted():
            return await forgotten_now(desk)
        case ChecklistNames():
            return tuple(checking.shift_lists(desk))
        case SheetWanted():
            return await checking.sheet(desk, board, question.name, _PROBES.get(desk))
        case ProbesWanted():
            _PROBES[desk] = await desk.probe()
            return None
        case ShiftItemTicked():
            await checking.tick(desk, board, question.name, question.item, done=question.done)
            return None
        case RolesWanted():
            return duties(board, roles(desk.settings.rules), board.policy)
        case ScheduleWanted():
            return await schedule_ahead(desk, board, timedelta(days=question.days))
    raise TypeError(f"nobody answers {type(question).__name__}")


async def _read(path: str) -> Handed:
    try:
        return await asyncio.to_thread(lambda: read_file(Path(path).expanduser()))
    except (HandedError, RuntimeError) as error:
        raise ActRefused(f"{path}: {error}") from None
