"""The bottom line: the keys of the pane in focus, and at the right what the outbox holds."""

from __future__ import annotations

from typing import NamedTuple

from textual import events
from textual.message import Message

from oncall_tui.board import OutboxCounts
from oncall_tui.text import width
from widgets.lines import Lines, Span, Words, sides, words_width
from widgets.signs import ASCII
from widgets.theme import look_of

ENTER = "⏎"


class Hint(NamedTuple):
    """One key in the footer."""

    key: str
    short: str
    action_id: str


class FooterBar(Lines):
    """One line. Hints that do not fit are left out from the right, but ``?`` always stays."""

    DEFAULT_CSS = """
    FooterBar { height: 1; }
    """

    class HintChosen(Message):
        """A hint was clicked."""

        def __init__(self, action_id: str) -> None:
            super().__init__()
            self.action_id = action_id

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.hints: tuple[Hint, ...] = ()
        self.counts = OutboxCounts()

    def show(self, hints: tuple[Hint, ...], counts: OutboxCounts | None) -> None:
        """Show these keys and counts."""
        plain = look_of(self).signs is ASCII
        self.hints = tuple(hint._replace(key="enter") if plain and hint.key == ENTER else hint for hint in hints)
        self.counts = counts or OutboxCounts()
        self.redraw()

    def line(self, y: int, cells: int) -> Words:
        """The one line."""
        right = self._outbox()
        room = cells - words_width(right) - (3 if right else 1)
        words: list[Span] = [Span(" ")]
        for hint in self._fitting(room):
            words += [Span(hint.key, "key"), Span(f" {hint.short}  ", "dim")]
        return sides(tuple(words), (*right, Span(" ")) if right else (), cells)

    def _fitting(self, room: int) -> list[Hint]:
        last = [hint for hint in self.hints if hint.action_id == "help"]
        kept: list[Hint] = []
        left = room - sum(_room(hint) for hint in last)
        for hint in self.hints:
            if hint in last:
                continue
            left -= _room(hint)
            if left < 0:
                break
            kept.append(hint)
        return kept + last

    def _outbox(self) -> Words:
        counts = self.counts
        words: list[Span] = []
        for number, word, role in (
            (counts.failed, "failed", "refused"),
            (counts.held, "held", "stale"),
            (counts.queued, "queued", "pending"),
        ):
            if number:
                words += [Span(" ")] if words else []
                words.append(Span(f"{number} {word}", role))
        if counts.sender:
            words += [Span(" ")] if words else []
            words.append(Span(f"sent by {counts.sender}", "dim"))
        return tuple(words)

    def on_click(self, event: events.Click) -> None:
        """A click on a hint."""
        at = 1
        right = self._outbox()
        for hint in self._fitting(self.size.width - words_width(right) - (3 if right else 1)):
            if at <= event.x < at + _room(hint) - 2:
                self.post_message(self.HintChosen(hint.action_id))
                return
            at += _room(hint)


def _room(hint: Hint) -> int:
    return width(hint.key) + width(hint.short) + 3
