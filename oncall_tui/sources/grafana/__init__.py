"""Grafana: what its own alerting fires and what is silenced there, health by its rules and data sources, annotations
as changes.

Its Alertmanager speaks the Alertmanager API v2 below a path of its own. An alert of Grafana's cannot be acknowledged:
it is silenced here, or acknowledged in the pager that it was sent to.
"""

from __future__ import annotations

from oncall_tui.config.options import SourceOptions
from oncall_tui.sources.base import Source, SourceContext
from oncall_tui.sources.grafana.options import Options
from oncall_tui.sources.grafana.source import Grafana

__all__ = ["Grafana", "Options", "make"]


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a Grafana: {type(options).__name__}")
    return Grafana(options, context)
