"""Slack, by its Web API: the incident's channel, its topic, messages and their changes; or by an incoming webhook.

A message carries its outbox key as hidden metadata, by which it is found again when an answer was lost. Through a
webhook nothing can be read back: there a lost answer stays unknown.
"""

from __future__ import annotations

from oncall_tui.channels.slack.channel import Slack
from oncall_tui.channels.slack.hook import SlackHook
from oncall_tui.channels.slack.options import Options
from oncall_tui.config.options import ChannelOptions
from oncall_tui.sources.base import Receiver, SourceContext

__all__ = ["Options", "Slack", "SlackHook", "make"]


def make(options: ChannelOptions, context: SourceContext) -> Receiver:
    """The channel; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of Slack: {type(options).__name__}")
    return SlackHook(options, context) if options.webhook is not None else Slack(options, context)
