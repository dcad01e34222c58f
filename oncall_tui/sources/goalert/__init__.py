"""GoAlert, by its GraphQL API: alerts as incidents with their log, who is on call, shifts, policies, its own health;
acknowledge, close, escalate to the next step.

Whoever signs in acts: there is no acting in another's name. Notes, snoozing and severity are unknown there; severity is
read from what an alert's sender has put into its metadata.
"""

from __future__ import annotations

from oncall_tui.config.options import SourceOptions
from oncall_tui.sources.base import Source, SourceContext
from oncall_tui.sources.goalert.options import Options
from oncall_tui.sources.goalert.source import GoAlert

__all__ = ["GoAlert", "Options", "make"]


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a GoAlert server: {type(options).__name__}")
    return GoAlert(options, context)
