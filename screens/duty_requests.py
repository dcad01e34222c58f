"""What screens ask for when an incident is led: what is due by which rule, the resolution checklist, the watch after
its fix. Answered in :mod:`oncall_tui.app.duties`."""

from __future__ import annotations

from oncall_tui.board.led import Led
from screens.requests import DutyQuestion


class LedWanted(DutyQuestion[Led | None]):
    """How an incident is led now; ``None``: nothing is known of it."""

    def __init__(self, incident_id: str) -> None:
        super().__init__()
        self.incident_id = incident_id


class ItemTicked(DutyQuestion[bool]):
    """Say that an item of the resolution checklist is done, or that it is not. Whether all of it is done by that, and
    was not before."""

    def __init__(self, incident_id: str, item: str, *, done: bool) -> None:
        super().__init__()
        self.incident_id = incident_id
        self.item = item
        self.done = done


class WatchBegun(DutyQuestion[None]):
    """Watch the incident's service from now on."""

    def __init__(self, incident_id: str) -> None:
        super().__init__()
        self.incident_id = incident_id
