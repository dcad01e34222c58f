"""Which theme and signs a terminal gets where the config says ``auto``. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from widgets.signs import ASCII, UNICODE
from widgets.theme import THEMES, Look

_C = ("C", "POSIX")


def choose_look(theme: str, environ: Mapping[str, str], color_system: str | None, *, no_color: bool) -> Look:
    """The look for a terminal.

    Args:
        theme: as configured: a theme's name or ``auto``.
        color_system: what the terminal can show: ``truecolor``, ``256``, ``standard`` (16), ``None`` (none).
        no_color: ``NO_COLOR`` is set, which beats every theme.
    """
    signs = ASCII if wants_ascii(environ) else UNICODE
    if no_color or color_system is None:
        return Look("mono", signs)
    if theme in THEMES:
        return Look(theme, signs)
    if color_system == "standard":
        return Look("ansi16", signs)
    # COLORFGBG ends with the background's number among the 16 colours: 7 and 15 are light.
    light = environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
    return Look("light" if light else "dark", signs)


def wants_ascii(environ: Mapping[str, str]) -> bool:
    """Whether the person asked for ASCII signs: a C or POSIX locale by name, or ``ONCALL_TUI_ASCII``."""
    if environ.get("ONCALL_TUI_ASCII"):
        return True
    named = {name: value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(name))}
    # Where the C locale is asked for, Python itself has put its UTF-8 form here before anything of ours runs (PEP 538).
    if named.get("LC_CTYPE") in ("C.UTF-8", "C.utf8", "UTF-8") and named.get("LANG") in _C:
        del named["LC_CTYPE"]
    return next(iter(named.values()), "") in _C
