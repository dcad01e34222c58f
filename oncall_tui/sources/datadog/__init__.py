"""Datadog: monitors and their groups as alerts and health, events of the last hour, incidents, on-call, downtimes.

Monitors and groups come from the search that Datadog's own pages use, so both are as fresh as those. What fired and
recovered within the hour, and how often, comes from the events. There is no acknowledging a monitor: it is muted by a
downtime, which is a silence here. An incident nobody commands is *triggered*, one that somebody commands or that is
stable is *acknowledged*: the word is this program's, Datadog's own is kept beside it.
"""

from __future__ import annotations

from oncall_tui.config.options import SourceOptions
from oncall_tui.sources.base import Source, SourceContext
from oncall_tui.sources.datadog.options import Options
from oncall_tui.sources.datadog.source import Datadog

__all__ = ["Datadog", "Options", "make"]


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a Datadog organisation: {type(options).__name__}")
    return Datadog(options, context)
