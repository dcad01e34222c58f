"""What the tab Investigation asks of the app. Done in :mod:`oncall_tui.app.leading`."""

from __future__ import annotations

from oncall_tui.investigation import Investigation
from screens.requests import LeadQuestion


class InvestigationWanted(LeadQuestion[Investigation | None]):
    """An incident's time frame looked at; ``None``: nobody knows the incident. ``width`` is as
    :func:`oncall_tui.investigation.frame_around` takes it; ``anew``: monitors are asked, though they were before."""

    def __init__(self, incident_id: str, width: int = 0, *, anew: bool = False) -> None:
        super().__init__()
        self.incident_id = incident_id
        self.width = width
        self.anew = anew
