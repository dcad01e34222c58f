"""PagerDuty, by its REST API v2: incidents with their log and notes, who is on call, and every action.

Snoozed and acknowledged are one state there: the log tells them apart. The escalation level is told nowhere: it
follows from whom the incident is assigned to and who is on the policy's levels. Severity is the priority's, by
the configured words, or the urgency's where there is none.
"""

from __future__ import annotations

from oncall_tui.config.options import SourceOptions
from oncall_tui.sources.base import Source, SourceContext
from oncall_tui.sources.pagerduty.options import Options
from oncall_tui.sources.pagerduty.source import PagerDuty

__all__ = ["Options", "PagerDuty", "make"]


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a PagerDuty account: {type(options).__name__}")
    return PagerDuty(options, context)
