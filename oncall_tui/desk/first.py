"""The board that a start begins with, read by the store's thread while the face is still being imported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from oncall_tui.board import Board
from oncall_tui.frames import Frames
from oncall_tui.model import First
from oncall_tui.records import dataclass
from oncall_tui.store.codec import decode_strictly, encode

if TYPE_CHECKING:
    from oncall_tui.desk import Desk

PATIENCE_S = 0.01
"""So long alerts are counted for it; a hundred thousand of them take longer, and come with the next board."""


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What the face begins with. ``scope`` as it was left; ``None``: never chosen."""

    scope: str | None
    board: Board


async def read_first(desk: Desk, frames: Frames | None = None) -> Begun:
    """The first board; with very many incidents those that the picture of this terminal began with.

    Raises:
        StoreError: the store cannot be read.
    """
    scope = await desk.value("scope")
    return Begun(scope=scope, board=await desk.board(patience_s=PATIENCE_S, first=_pictured(frames)))


def told(first: First) -> str:
    """These incidents as one line beside a picture."""
    return encode(first).decode()


def _pictured(frames: Frames | None) -> First | None:
    try:
        # Not what an app says, which goes by COLUMNS and LINES until it has a driver.
        shown = frames.read(*os.get_terminal_size(1)) if frames is not None else None
        return decode_strictly(First, shown.first) if shown is not None and shown.first else None
    except (OSError, ValueError):
        return None
