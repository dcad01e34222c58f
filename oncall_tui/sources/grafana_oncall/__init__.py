"""Grafana OnCall and Grafana Cloud IRM, by the OnCall public API v1: alert groups as incidents, their resolution notes,
who is on call, escalation chains, and every action that the API has.

An alert group has no severity, no assignee, no level and no log there. Severity and service are read from its labels
and its last alert; the timeline is what its times tell, its alerts and its resolution notes.
"""

from __future__ import annotations

from oncall_tui.config.options import SourceOptions
from oncall_tui.sources.base import Source, SourceContext
from oncall_tui.sources.grafana_oncall.options import Options
from oncall_tui.sources.grafana_oncall.source import GrafanaOnCall

__all__ = ["GrafanaOnCall", "Options", "make"]


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a Grafana OnCall: {type(options).__name__}")
    return GrafanaOnCall(options, context)
