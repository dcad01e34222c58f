"""What screens ask for when a command of the team's own is run. Answered in :mod:`oncall_tui.app.commands`."""

from __future__ import annotations

from datetime import datetime

from oncall_tui.records import dataclass
from screens.requests import CommandQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """One run as it is now."""

    key: str
    name: str
    title: str
    """What the list calls it."""
    changes: bool
    kind: str
    """``incident``, ``alert`` or ``none``."""
    target: str | None
    target_title: str
    started_at: datetime
    ended_at: datetime | None
    """``None``: it runs."""
    ok: bool
    result: str
    """``running``, ``exit 0``, ``timed out after 1m``."""
    lines: tuple[str, ...] = ()
    """What it has said, clean."""


class RunsWanted(CommandQuestion[tuple[RunView, ...]]):
    """What runs and what has run, the newest first; without their lines."""


class RunWanted(CommandQuestion[RunView | None]):
    """One run with all that it has said; ``None``: it is no longer kept."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key


class RunStarted(CommandQuestion[str]):
    """Run the command of that name about ``target`` (an incident's id, an alert's id, nothing): its key."""

    def __init__(self, name: str, target: str | None) -> None:
        super().__init__()
        self.name = name
        self.target = target


class RunStopped(CommandQuestion[bool]):
    """End that run; ``False``: it has ended already."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
