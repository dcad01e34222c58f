"""A picture on the terminal before Textual is there: the last known screen, at once.

    if early.show(picture, width, height):   # microseconds; never waits; imports nothing heavy
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

TYPE_CHECKING = False  # as typing says, which is not worth its import before the picture
if TYPE_CHECKING:
    from typing import Any, Final

ENTER: Final = "\x1b[?1049h\x1b[m\x1b[2J\x1b[?25l\x1b[?7l"
_LEAVE: Final = b"\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
_ABORT: Final = b"\x18\x1b\\"
"""Ends whatever sequence a terminal may stand in the middle of."""


class Shown:
    """What a driver takes over."""

    def __init__(self, picture: str, width: int, height: int, attrs: list[Any], rest: bytes) -> None:
        self.picture = picture
        self.width = width
        self.height = height
        self.attrs = attrs
        """The terminal's attributes before, as `termios.tcgetattr` gives them."""
        self.rest = rest
        """What the terminal has not taken yet: it goes before anything else."""


_shown: Shown | None = None


def show(picture: str, width: int, height: int) -> bool:
    """Enter the alternate screen on standard output and draw, without waiting for the terminal.

    Args:
        picture: As `SafeDriver.picture` gave it, for a screen of this size; more text may be drawn over it.
        width: Columns it was made for.
        height: Rows it was made for.

    Returns:
        `False`, with nothing done, when this is no terminal of that size or takes nothing now. Of a picture that it
        takes in part, the rest is left to whoever calls `take`.
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
    except (OSError, termios.error):
        return False
    data = (ENTER + picture).encode("utf-8", "replace")
    sent = _write(data)
    if not sent:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, attrs)
        return False
    _shown = Shown(picture, width, height, attrs, data[sent:])
    atexit.register(leave)
    return True


def _write(data: bytes) -> int:
    """How many of these bytes the terminal takes now.

    It is opened anew, for standard output's own flags are the shell's too; where that is forbidden (after `su`), those
    are changed and put back.
    """
    try:
        fd = os.open(os.ttyname(1), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        fd = 1
    sent = 0
    try:
        with contextlib.suppress(OSError):  # it takes no more, or is gone: the count tells
            os.set_blocking(fd, False)
            while sent < len(data):
                sent += os.write(fd, data[sent:])
    finally:
        if fd == 1:
            os.set_blocking(1, True)
        else:
            os.close(fd)
    return sent


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
    if shown is None:
        return
    with contextlib.suppress(OSError, termios.error):
        if shown.rest:
            # It stands within the picture, and takes nothing: what it was given goes, so that this gets through.
            termios.tcflush(1, termios.TCOFLUSH)
        termios.tcsetattr(0, termios.TCSANOW, shown.attrs)
        _write((_ABORT if shown.rest else b"") + _LEAVE)
