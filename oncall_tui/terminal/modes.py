"""Small facts about terminals: which one is ours, how large, what it can, how to leave it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
from collections.abc import Mapping
from typing import Final

MAX_WIDTH: Final = 500
MAX_HEIGHT: Final = 200
"""Cells. A terminal may claim any size (5000x2000 held Textual up for 40 s); this much is drawn."""

LEAVE: Final = (
    "\x1b[?2026l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?2004l\x1b[?2048l"
    "\x1b[?7h\x1b[<u\x1b]8;;\x1b\\\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[0m"
)
"""Undoes all modes that the driver sets. Kitty's keyboard goes before the alternate screen does."""
ABORT: Final = "\x18\x1b\\"
"""Ends whatever sequence a terminal may stand in the middle of."""

_WITH_BCE: Final = (
    *("xterm", "tmux", "alacritty", "kitty", "foot", "linux", "rxvt", "vte", "gnome", "konsole", "iterm"),
    *("st-", "wezterm", "contour", "putty", "mintty", "ghostty", "ms-terminal", "nsterm", "rio"),
)


def clamp(width: int, height: int) -> tuple[int, int]:
    """Bring a terminal's size into what can be drawn at all and drawn in time.

    Args:
        width: Columns; 0 or less counts as unknown (80).
        height: Rows; 0 or less counts as unknown (24).

    Returns:
        Columns from 1 to `MAX_WIDTH`, rows from 1 to `MAX_HEIGHT`.
    """
    return min(width, MAX_WIDTH) if width > 0 else 80, min(height, MAX_HEIGHT) if height > 0 else 24


def size_of(fd: int) -> tuple[int, int]:
    """Columns and rows to draw on the terminal `fd`, clamped; 80 and 24 where it does not tell."""
    try:
        return clamp(*os.get_terminal_size(fd))
    except OSError:
        return 80, 24


def erases_with_ground(env: Mapping[str, str]) -> bool:
    """Does erasing leave the pen's ground behind (`back_color_erase`)?

    Args:
        env: The environment (`TERM`, `TMUX`).

    Returns:
        `False` where it is not known; more bytes are sent then.
    """
    term = env.get("TERM", "")
    if term.startswith("screen"):
        return "TMUX" in env and "STY" not in env
    return term.startswith(_WITH_BCE)


def find_terminal() -> int:
    """The first of standard output, error, input that is a terminal; else standard output."""
    for stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
        with contextlib.suppress(OSError, ValueError):
            if stream is not None and os.isatty(stream.fileno()):
                return stream.fileno()
    return 1


def may_use(fd: int) -> bool:
    """Is this process in the terminal's foreground? If not it is stopped here, as shells expect.

    Args:
        fd: The terminal, for reading.

    Returns:
        `False` when it was stopped and continued meanwhile: SIGCONT's handler is to start again.
    """
    if not os.isatty(fd):
        return True

    def stop_again(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGSTOP)

    signal.signal(signal.SIGTTOU, stop_again)
    signal.signal(signal.SIGTTIN, stop_again)
    try:
        # Changes nothing, but in the background (`bg`) it brings SIGTTOU before anything is drawn.
        termios.tcsetattr(fd, termios.TCSANOW, termios.tcgetattr(fd))
    except termios.error:
        # A terminal that is gone fails too, and reading it will say so.
        return _is_gone(fd)
    finally:
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        signal.signal(signal.SIGTTIN, signal.SIG_DFL)
    return True


def _is_gone(fd: int) -> bool:
    try:
        termios.tcgetattr(fd)
    except termios.error:
        return True
    return False
