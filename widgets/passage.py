"""Containers that only stand between a pane and its screen: what a pane says to its screen passes them at once.

A message that bubbles waits in the queue of each ancestor, a tenth of a millisecond each, though these have nothing to
do with it.
"""

from __future__ import annotations

from textual import events
from textual.containers import Container, Horizontal, Vertical
from textual.message import Message
from textual.message_pump import MessagePump

from widgets.messages import PaneMessage


class _Passage(MessagePump):
    def post_message(self, message: Message) -> bool:
        """Hand keys, and what panes say, to the parent; all else is this node's own."""
        if isinstance(message, (events.Key, PaneMessage)) and self._parent is not None:
            return self._parent.post_message(message)
        return super().post_message(message)


class Passage(_Passage, Container):
    """A container."""


class Row(_Passage, Horizontal):
    """Side by side."""


class Column(_Passage, Vertical):
    """One below the other."""
