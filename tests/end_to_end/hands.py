"""What a person at the dashboard does: looks, moves, waits for what is seen before the next key."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.seat import Seat, Terminal

LATENCY = "P99 latency > 5000"
"""Sev2, triggered, Alice's, its time to acknowledge is over: the first row."""
CHECKOUT = "Checkout returns"
"""Sev1, triggered, Alice's, on level 1 of its policy; goes to level 2 by itself two minutes into the company's day."""
GATEWAY = "Payment gateway lat"
"""Sev2, acknowledged by Alice."""

LARGE, SMALL = (120, 36), (80, 24)
both_sizes = pytest.mark.parametrize("size", [LARGE, SMALL], ids=["120x36", "80x24"])

ENTER, ESC = "\r", "\x1b"


def hasty(seat: Seat) -> None:
    """Let actions leave after one second in place of five: for tests that are not about the time to undo."""
    window = "actions: {undo: {note: 1s, resolve: 1s, escalate: 1s}}\n"
    seat.config.write_text(f"{seat.config.read_text()}{window}")


def opened(seat: Seat, *args: str, **how: Any) -> Terminal:
    """The dashboard with its first answers in, the keys in the incidents."""
    terminal = seat.dashboard(*args, **how)
    terminal.wait(CHECKOUT)
    # All five dots are there, and none is marked: every source has answered once.
    terminal.wait(r"● pager +● alerts +● metrics +● probes +● rota|  ● 5  ")
    terminal.wait(r"^│▌ ")
    return terminal


def row(terminal: Terminal, words: str) -> str:
    """A pane's line with these words, as it is now."""
    return next((line for line in terminal.lines if line.startswith("│") and words in line), "")


def cursor(terminal: Terminal) -> str:
    """The line under the cursor of the pane in focus."""
    return next((line for line in terminal.lines if "│▌" in line), "")


def cursor_on(terminal: Terminal, words: str) -> None:
    """Move the cursor to the pane's line with these words, a key and a look at a time."""
    for _ in range(40):
        before = cursor(terminal)
        if words in before:
            return
        above = row(terminal, words) in terminal.lines[: terminal.lines.index(before)] if before else False
        terminal.press("k" if above else "j")
        terminal.until(lambda before=before: cursor(terminal) != before, "the cursor to move")
    raise AssertionError(f"no line with {words!r}\n{terminal.text}")


def pressed(terminal: Terminal, key: str, pattern: str) -> None:
    """A key, and what is seen of it."""
    terminal.press(key)
    terminal.wait(pattern)


def confirmed(terminal: Terminal, key: str, pattern: str) -> None:
    """The key that a dialog waits for, by somebody who has read it: it takes none in its first moment."""
    terminal.settle()
    pressed(terminal, key, pattern)


def typed(terminal: Terminal, text: str) -> None:
    """Text into the field that has the keys."""
    terminal.type(text)
    terminal.wait(re.escape(text[-20:]))
    # What comes at once behind letters that came in a bunch belongs to them, as with a paste.
    terminal.settle()
