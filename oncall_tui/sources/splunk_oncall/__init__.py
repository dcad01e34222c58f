"""Splunk On-Call (VictorOps), by its public API: incidents with their transitions and notes, who is on call, teams,
policies; acknowledge, resolve, reroute, note.

It tells no severity, keeps no list of alerts, and calls the same status (403) "wrong key" and "too many calls": what is
made of that stands in :mod:`~oncall_tui.sources.splunk_oncall.api`.
"""

from __future__ import annotations

from oncall_tui.config.options import SourceOptions
from oncall_tui.sources.base import Source, SourceContext
from oncall_tui.sources.splunk_oncall.options import Options
from oncall_tui.sources.splunk_oncall.source import SplunkOnCall

__all__ = ["Options", "SplunkOnCall", "make"]


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a Splunk On-Call organisation: {type(options).__name__}")
    return SplunkOnCall(options, context)
