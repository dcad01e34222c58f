"""A picture on the terminal before Textual is there: the last known screen, at once.

    if early.show(picture, width, height):   # microseconds; imports nothing heavy
        ...                                  # import Textual, build the app
    app.run()                                # SafeDriver goes on from what is shown

The app calls `SafeDriver.take_over()` once its own picture is complete, and saves the next one with
`SafeDriver.picture()`. Keys pressed meanwhile are kept, and can only move or be text (see `gate`). When
the app never comes, `leave` gives the terminal back; it is called at exit on its own.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import termios
import tty
from typing import Any, Final, NamedTuple

ENTER: Final = "\x1b[?1049h\x1b[m\x1b[2J\x1b[?25l\x1b[?7l"
_LEAVE: Final = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"


class Shown(NamedTuple):
    """What a driver takes over."""

    picture: str
    width: int
    height: int
    attrs: list[Any]
    """The terminal's attributes before, as `termios.tcgetattr` gives them."""


_shown: Shown | None = None


def show(picture: str, width: int, height: int) -> bool:
    """Enter the alternate screen on standard output and draw.

    Args:
        picture: As `SafeDriver.picture` gave it, for a screen of this size; more text may be drawn over it.
        width: Columns it was made for.
        height: Rows it was made for.

    Returns:
        `False`, with nothing done, when this is no terminal of that size or does not take it at once.
    """
    global _shown
    try:
        if os.get_terminal_size(1) != (width, height) or not (os.isatty(0) and os.isatty(1)):
            return False
        attrs = termios.tcgetattr(0)
        raw = termios.tcgetattr(0)
        raw[tty.LFLAG] &= ~(termios.ECHO | termios.ICANON)
        raw[tty.CC][termios.VMIN] = 1
        termios.tcsetattr(0, termios.TCSANOW, raw)
        _shown = Shown(picture, width, height, attrs)
        atexit.register(leave)
        data = (ENTER + picture).encode("utf-8", "replace")
        while data:
            data = data[os.write(1, data) :]
    except (OSError, termios.error):
        leave()
        return False
    return True


def take() -> Shown | None:
    """What is shown, once: whoever takes it is to give the terminal back."""
    global _shown
    shown, _shown = _shown, None
    if shown is not None:
        atexit.unregister(leave)
    return shown


def leave() -> None:
    """Give the terminal back when nobody took it over."""
    shown = take()
    if shown is not None:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(0, termios.TCSANOW, shown.attrs)
            os.write(1, _LEAVE.encode())
