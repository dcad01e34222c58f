"""Mail by SMTP: plain text and HTML from templates, over STARTTLS or TLS.

Each mail's ``Message-ID`` is made of its outbox key, so that one that is sent again is the same mail for who receives
it. A mail whose answer was lost after its text had left cannot be asked for: its outcome stays unknown.
"""

from __future__ import annotations

from oncall_tui.channels.smtp.channel import Smtp
from oncall_tui.channels.smtp.options import Options
from oncall_tui.config.options import ChannelOptions
from oncall_tui.sources.base import Receiver, SourceContext

__all__ = ["Options", "Smtp", "make"]


def make(options: ChannelOptions, context: SourceContext) -> Receiver:
    """The channel; opens nothing yet.

    Raises:
        ValueError: a template of the config cannot be read or is wrong.
    """
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a mail server: {type(options).__name__}")
    return Smtp(options, context)
