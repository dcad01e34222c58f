"""A desktop notification through the terminal: OSC 9, OSC 777 or kitty's OSC 99, also from within tmux and screen.

A terminal that does not know its form ignores it; none is answered.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Literal

Form = Literal["osc9", "osc777", "osc99"]
LONGEST = 120
"""Code points of a notification's text: what is longer no desktop shows."""
BELL = "\x07"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")

_BY_PROGRAM: Mapping[str, Form] = {
    "iTerm.app": "osc9",
    "WezTerm": "osc9",
    "ghostty": "osc9",
    "rio": "osc9",
    "WarpTerminal": "osc9",
}
_BY_TERM: tuple[tuple[str, Form], ...] = (
    ("xterm-kitty", "osc99"),
    ("xterm-ghostty", "osc9"),
    ("wezterm", "osc9"),
    ("foot", "osc777"),
    ("rxvt-unicode", "osc777"),
    ("contour", "osc777"),
)


def form_of(wanted: str, environ: Mapping[str, str]) -> Form | None:
    """The form in which this terminal takes a notification, as far as ``environ`` tells; ``None``: none is sent.

    Args:
        wanted: one of the forms, which is then taken as it is; ``auto``; ``off``.
    """
    match wanted:
        case "osc9" | "osc777" | "osc99":
            return wanted
        case "off":
            return None
    if environ.get("KITTY_WINDOW_ID"):
        return "osc99"
    if environ.get("LC_TERMINAL") == "iTerm2":  # ssh carries it over, and tmux keeps it
        return "osc9"
    program = _BY_PROGRAM.get(environ.get("TERM_PROGRAM", ""))
    if program is not None:
        return program
    term = environ.get("TERM", "")
    return next((form for start, form in _BY_TERM if term.startswith(start)), None)


def notification(text: str, form: Form, environ: Mapping[str, str], *, title: str = "oncall-tui") -> str:
    """The sequence that shows ``text`` (clean, one line), cut to :data:`LONGEST`. A control character that is in it
    all the same does not get into the sequence."""
    said = _plain(text, LONGEST)
    match form:
        case "osc9":
            # Never a digit first: "4;…" is a progress bar in some terminals.
            plain = f"\x1b]9;{title}: {said}\x07"
        case "osc777":
            plain = f"\x1b]777;notify;{title};{said.replace(';', ',')}\x07"
        case "osc99":
            coded = base64.b64encode(f"{title}: {said}".encode("utf-8", "replace")).decode("ascii")
            plain = f"\x1b]99;i={title}:e=1:d=1;{coded}\x1b\\"
    return through(plain, environ)


def _plain(text: str, limit: int) -> str:
    said = _CONTROL.sub(" ", text).strip()
    return said if len(said) <= limit else said[: limit - 1] + "…"


def through(sequence: str, environ: Mapping[str, str]) -> str:
    """``sequence`` for the terminal behind tmux (which lets it pass with ``allow-passthrough on``) or screen."""
    if environ.get("TMUX"):
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("STY"):
        # screen ends its string at the first ST; a sequence that ends with BEL passes whole.
        return "\x1bP" + sequence.replace("\x1b\\", "\x07") + "\x1b\\"
    return sequence


def way(form: Form | None, environ: Mapping[str, str]) -> str:
    """In words how a notification goes out: few enough for one line of 80 columns behind what is said of the bell."""
    if form is None:
        term = _plain(environ.get("TERM", ""), 40) or "no TERM"
        return f"none (attention.notify): {term} is not known"
    name = {"osc9": "OSC 9", "osc777": "OSC 777", "osc99": "OSC 99 (kitty)"}[form]
    if environ.get("TMUX"):
        return f"{name} through tmux if allow-passthrough on"
    return f"{name} through screen" if environ.get("STY") else name
