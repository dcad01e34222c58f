"""Opsgenie, by its REST API: alerts and incidents as pages, who is on call, heartbeats, and what can be done there.

Its API stops answering on 2027-04-05; its successor is the kind ``jsm``.

An alert is what pages somebody there, so it is an incident here. What Opsgenie calls an incident is one too, beside
its alerts, under an id that begins with ``incident-``: its API tells neither which alerts belong to it nor lets
anybody acknowledge it, so neither may stand for the other.
"""

from __future__ import annotations

from oncall_tui.config.options import SourceOptions
from oncall_tui.sources.base import Source, SourceContext
from oncall_tui.sources.opsgenie.options import Options
from oncall_tui.sources.opsgenie.source import Opsgenie

__all__ = ["Opsgenie", "Options", "make"]


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of an Opsgenie account: {type(options).__name__}")
    return Opsgenie(options, context)
