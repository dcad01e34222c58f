"""Where messages go: chat, status page, mail, tickets, a hand. A kind is a module, imported only when configured.

A channel receives actions out of the outbox and serves no fact (:class:`~oncall_tui.sources.base.Receiver`). Its
module offers ``Options`` (a dataclass that inherits :class:`~oncall_tui.config.options.ChannelOptions`) and
``make(options, context) -> Receiver``. Third parties register such a module in the entry-point group
``oncall_tui.channels``.
"""

from __future__ import annotations

from typing import Protocol, cast

from oncall_tui.config.options import ChannelOptions
from oncall_tui.sources.base import Receiver, SourceContext
from oncall_tui.sources.registry import Registry

GROUP = "oncall_tui.channels"

KINDS: dict[str, str] = {
    "slack": "oncall_tui.channels.slack",
    "statuspage": "oncall_tui.channels.statuspage",
    "smtp": "oncall_tui.channels.smtp",
    "jira": "oncall_tui.channels.jira",
    "webhook": "oncall_tui.channels.webhook",
    "manual": "oncall_tui.channels.manual",
}

_REGISTRY = Registry(KINDS, GROUP)


class Kind(Protocol):
    """What a kind's module offers."""

    Options: type[ChannelOptions]

    def make(self, options: ChannelOptions, context: SourceContext) -> Receiver:
        """A channel of this kind; opens nothing yet."""
        ...


def kind_names() -> tuple[str, ...]:
    """All kinds that can be configured, ours first; third parties' are read without importing them."""
    return _REGISTRY.names()


def load_kind(name: str) -> Kind:
    """The module of that kind.

    Raises:
        KeyError: no such kind.
    """
    return cast(Kind, _REGISTRY.load(name))
