"""Loki: services that log more errors than usual, by a count of their lines in the last minute.

Each poll counts once. The hour before (when a spike began, how often it came) is read whole now and then, for it costs
Loki much more, and between it is remembered. Of a service that logged no error nothing is told: zeros are left out.
"""

from __future__ import annotations

from oncall_tui.config.options import SourceOptions
from oncall_tui.sources.base import Source, SourceContext
from oncall_tui.sources.loki.options import Options
from oncall_tui.sources.loki.source import Loki

__all__ = ["Loki", "Options", "make"]


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a Loki: {type(options).__name__}")
    return Loki(options, context)
