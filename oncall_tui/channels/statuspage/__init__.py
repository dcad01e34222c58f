"""Atlassian Statuspage, by its API v1: public incidents, their updates, the state of the page's components.

An incident carries its outbox key in its metadata, by which it is found again when an answer was lost. Updates cannot
carry one: they are told by what was there before.
"""

from __future__ import annotations

from oncall_tui.channels.statuspage.channel import Statuspage
from oncall_tui.channels.statuspage.options import Options
from oncall_tui.config.options import ChannelOptions
from oncall_tui.sources.base import Receiver, SourceContext

__all__ = ["Options", "Statuspage", "make"]


def make(options: ChannelOptions, context: SourceContext) -> Receiver:
    """The channel; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a Statuspage: {type(options).__name__}")
    return Statuspage(options, context)
