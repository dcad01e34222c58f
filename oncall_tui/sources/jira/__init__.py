"""Jira: action items as issues with owner, due date and state, and user reports as alerts.

Tickets are made by the channel of the same kind (:mod:`oncall_tui.channels.jira`), which labels them: the source finds
action items by ``oncall-action`` and their incident by ``oncall-INCIDENT_ID`` (:mod:`oncall_tui.sources.jira.marks`).
"""

from __future__ import annotations

from oncall_tui.config.options import SourceOptions
from oncall_tui.sources.base import Source, SourceContext
from oncall_tui.sources.jira.options import Options
from oncall_tui.sources.jira.source import Jira

__all__ = ["Jira", "Options", "make"]


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a Jira: {type(options).__name__}")
    return Jira(options, context)
