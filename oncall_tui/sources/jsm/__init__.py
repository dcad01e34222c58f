"""Jira Service Management Operations, Opsgenie's successor: alerts as pages, on-call, and what can be done there.

Its incidents are issues of Jira's, which are another source's. People are Atlassian accounts: their names come from
Jira's own API behind the same host, with the same token.
"""

from __future__ import annotations

from oncall_tui.config.options import SourceOptions
from oncall_tui.sources.base import Source, SourceContext
from oncall_tui.sources.jsm.options import Options
from oncall_tui.sources.jsm.source import JsmOperations

__all__ = ["JsmOperations", "Options", "make"]


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of Jira Service Management Operations: {type(options).__name__}")
    return JsmOperations(options, context)
