"""The last known board on the terminal before anything heavy is imported: Textual alone takes far longer."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence

TYPE_CHECKING = False  # as typing says, which is not worth its import before the picture
if TYPE_CHECKING:
    from typing import NoReturn


class Asked:
    """The dashboard, as it is asked for; the same names as the grammar gives."""

    def __init__(self, config: str | None, data_dir: str | None, read_only: bool) -> None:
        self.config = config
        self.data_dir = data_dir
        self.read_only = read_only


def asked(words: Sequence[str]) -> Asked | None:
    """The dashboard that these arguments plainly ask for; ``None``: another command, or something for the grammar to
    look at. (The whole grammar costs as much as the picture.)"""
    given: dict[str, str] = {}
    read_only = False
    rest = iter(words)
    for word in rest:
        name, found, value = word.partition("=")
        if word == "--read-only":
            read_only = True
            continue
        if name not in ("--config", "--data-dir"):
            return None
        value = value if found else next(rest, "")
        if not value or value.startswith("-"):
            return None
        given[name] = value
    return Asked(given.get("--config"), given.get("--data-dir"), read_only)


def show_last_board(dashboard: Asked, environ: Mapping[str, str]) -> None:
    """Where there is a picture of this dashboard, show it.

    The terminal belongs to the picture until the app's driver or :func:`give_back` takes it.
    """
    from oncall_tui.config.places import data_dir, find_config
    from oncall_tui.frames import Frames, key_of
    from oncall_tui.terminal import early, lifecycle

    config = find_config(dashboard.config, environ)
    if config is None or lifecycle.refuse_reason(sys.stdin, sys.stdout, sys.stderr, environ) is not None:
        return
    try:
        width, height = os.get_terminal_size(1)
    except OSError:
        return
    key = key_of(config, read_only=dashboard.read_only, environ=environ)
    kept = Frames(data_dir(dashboard.data_dir, environ), key).read(width, height)
    if kept is not None:
        _end_in_good_order()
        early.show(kept.marked(width, time.time()), width, height)


def give_back() -> None:
    """Give the terminal back, if a picture is on it and no app has taken it over."""
    early = sys.modules.get("oncall_tui.terminal.early")
    if early is not None:
        early.leave()


def _end_in_good_order() -> None:
    """Until the app has handlers of its own: a signal that ends the process leaves no picture behind."""
    import signal

    def end(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, end)
    # Ctrl+Z in that third of a second would leave the shell inside the picture.
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
