"""A node that outlives an exception in one of its handlers.

Textual ends the message loop of a node whose handler raised, whatever the app does about it: the node then hears
nothing more. This mixin reports to the app and goes on.
"""

from __future__ import annotations

from textual.app import App
from textual.css.query import NoMatches
from textual.message import Message
from textual.message_pump import MessagePump


class Sturdy(MessagePump):
    """Put it first among a node's bases."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001  # whatever a handler raises is reported, and the node lives
            # A screen that is left before it was whole still gets its events, and has no parts any more.
            if not (isinstance(error, NoMatches) and self._is_leaving):
                report(self.app, error)

    @property
    def _is_leaving(self) -> bool:
        return self._closing or self._closed or bool(getattr(self, "_pruning", False))


def report(app: App[object], error: Exception) -> None:
    """Tell the app of an exception: it logs it, says it, and decides whether to go on."""
    app._handle_exception(error)
