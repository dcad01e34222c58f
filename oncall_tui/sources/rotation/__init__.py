"""A static rotation and escalation path out of the config file, for teams without a pager (Y14). No I/O."""

from __future__ import annotations

from oncall_tui.sources.base import SourceContext
from oncall_tui.sources.rotation.options import Options
from oncall_tui.sources.rotation.source import RotationSource

__all__ = ["Options", "RotationSource", "make"]


def make(options: Options, context: SourceContext) -> RotationSource:
    """The source of these schedules."""
    return RotationSource(options, context)
