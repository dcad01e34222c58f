"""The tabs of the incident's screen, in the order in which ``tab`` goes through them.

Another one is a module here, and a line below. See :class:`~screens.tabs.base.Tab`.
"""

from __future__ import annotations

from screens.tabs.alerts import AlertsTab
from screens.tabs.base import Tab, strip_words
from screens.tabs.comms import CommsTab
from screens.tabs.facts import FactsTab
from screens.tabs.investigation import InvestigationTab
from screens.tabs.postmortem import PostmortemTab
from screens.tabs.resolution import ResolutionTab
from screens.tabs.timeline import TimelineTab

__all__ = ["TABS", "Tab", "strip_words"]

TABS: tuple[type[Tab], ...] = (
    TimelineTab,
    AlertsTab,
    FactsTab,
    InvestigationTab,
    ResolutionTab,
    CommsTab,
    PostmortemTab,
)
