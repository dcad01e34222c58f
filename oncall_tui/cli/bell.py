"""``check --bell``: the path by which a page reaches the person, tried on this terminal (S4)."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Mapping
from typing import Any

from oncall_tui.config.attention import AttentionOptions
from oncall_tui.terminal.notify import BELL, form_of, notification, way
from oncall_tui.text import clean

_TMUX_S = 2.0
_TMUX_NEEDS = (
    ("allow-passthrough", ("on", "all"), "the notification stops at tmux: set -g allow-passthrough on"),
    ("monitor-bell", ("on",), "tmux looks at no bell of this window: set -g monitor-bell on"),
    ("bell-action", ("any", "current", "other"), "tmux passes no bell on: set -g bell-action any"),
)


def try_bell(options: AttentionOptions, environ: Mapping[str, str]) -> dict[str, Any]:
    """Ring this terminal as a page would: what was sent, and what stands in its way."""
    form = form_of(options.notify, environ)
    sent = BELL if options.bell else ""
    if form is not None:
        sent += notification("this is how a page rings", form, environ)
    reached = _send(sent)
    problems = [] if reached else ["no terminal to ring: run it on the one where the dashboard is"]
    if reached and environ.get("TMUX"):
        problems += tmux_problems(tmux_options(), bell=options.bell, notifies=form is not None)
    return {
        "rung": reached and options.bell,
        "notified": form if reached else None,
        "way": "off" if options.notify == "off" else way(form, environ),
        "problems": problems,
    }


def _send(sequence: str) -> bool:
    """To the terminal itself, whatever stdout is."""
    with contextlib.suppress(OSError):
        descriptor = os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            os.write(descriptor, sequence.encode("utf-8"))
        finally:
            os.close(descriptor)
        return True
    return False


def tmux_options() -> dict[str, str]:
    """What tmux says of the options that matter here; empty where it does not answer."""
    found: dict[str, str] = {}
    for name, _, _ in _TMUX_NEEDS:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            told = subprocess.run(  # noqa: S603 - words of ours
                ["tmux", "show-options", "-Apv", name],  # noqa: S607 - the person's own tmux
                capture_output=True,
                timeout=_TMUX_S,
                check=True,
            )
            found[name] = clean(told.stdout.decode("utf-8", "replace"), 40)
    return found


def tmux_problems(options: Mapping[str, str], *, bell: bool, notifies: bool) -> list[str]:
    """What stands in the way in tmux, one clean line each. Pure."""
    if not options:
        return ["tmux does not say what it lets pass"]
    wanted = {"allow-passthrough": notifies, "monitor-bell": bell, "bell-action": bell}
    return [
        f"{words} (it is {options[name]})"
        for name, good, words in _TMUX_NEEDS
        if wanted[name] and name in options and options[name] not in good
    ]


def bell_lines(told: Mapping[str, Any]) -> list[str]:
    """The same for people."""
    rung = "rung" if told["rung"] else "not rung"
    head = "FAIL" if told["problems"] else "ok  "
    return [
        f"{head} attention",
        f"     bell: {rung}; notification: {told['way']}",
        *(f"     problem: {problem}" for problem in told["problems"]),
        "     did it reach you? If not, look at the terminal's own settings for bell and notifications",
    ]
