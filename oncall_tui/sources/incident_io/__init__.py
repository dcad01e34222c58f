"""incident.io, by its public API: incidents with their updates, pages (escalations) that belong to none, alerts, who is
on call; set severity and title, resolve, page somebody.

Its API acknowledges no page and takes no note: an engineer does so in its app, in Slack or by phone.
"""

from __future__ import annotations

from oncall_tui.config.options import SourceOptions
from oncall_tui.sources.base import Source, SourceContext
from oncall_tui.sources.incident_io.options import Options
from oncall_tui.sources.incident_io.source import IncidentIo

__all__ = ["IncidentIo", "Options", "make"]


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of an incident.io account: {type(options).__name__}")
    return IncidentIo(options, context)
