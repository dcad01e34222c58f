"""What the person did in a pane, as messages to its screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from oncall_tui.records import dataclass

if TYPE_CHECKING:
    from widgets.table import ListTable


class PaneMessage(Message):
    """From a pane to its screen; goes no further."""


@dataclass
class CursorMoved(PaneMessage):
    """The person moved the cursor of ``pane`` to the row ``key``."""

    pane: ListTable  # type: ignore[type-arg]  # of any row type
    key: str


@dataclass
class SelectionChanged(PaneMessage):
    """Rows of ``pane`` were marked or unmarked; ``keys`` are the marked ones in the order shown."""

    pane: ListTable  # type: ignore[type-arg]  # of any row type
    keys: tuple[str, ...]


@dataclass
class RowOpened(PaneMessage):
    """The person double-clicked the row ``key`` of ``pane``: the mouse's way to "open"."""

    pane: ListTable  # type: ignore[type-arg]  # of any row type
    key: str
