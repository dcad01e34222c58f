"""The person's own clipboard, through SSH, tmux and screen: OSC 52."""

from __future__ import annotations

import base64
from collections.abc import Mapping

MAX_BYTES = 72_000
"""Of text: its base64 form stays under the 100,000 bytes that terminals take."""
_SCREEN_CHUNK = 250


class TooLarge(ValueError):
    """More than terminals take."""


def osc52(text: str, environ: Mapping[str, str]) -> str:
    """The sequence that puts ``text`` on the clipboard of the terminal that ``environ`` tells of.

    In tmux it is sent twice: plain, which tmux takes with ``set-clipboard on``, and wrapped for the terminal behind
    it, which arrives with ``allow-passthrough on``. Whichever is off ignores its form.

    Raises:
        TooLarge: over :data:`MAX_BYTES`.
    """
    raw = text.encode("utf-8", "replace")
    if len(raw) > MAX_BYTES:
        raise TooLarge(f"{len(raw)} bytes are more than terminals take ({MAX_BYTES})")
    plain = f"\x1b]52;c;{base64.b64encode(raw).decode('ascii')}\x07"
    if environ.get("TMUX"):
        return plain + "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("STY") or environ.get("TERM", "").startswith("screen"):
        return "".join(
            f"\x1bP{plain[start : start + _SCREEN_CHUNK]}\x1b\\" for start in range(0, len(plain), _SCREEN_CHUNK)
        )
    return plain
