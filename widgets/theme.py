"""How roles are drawn: one table a theme. Widgets name roles (``sev1``, ``overdue``); only this module knows colours.

A role's drawing is a Rich style string. The same colours are theme variables for the style sheets (``$sev1``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache

from rich.style import Style
from textual.dom import DOMNode
from textual.theme import Theme

from oncall_tui.records import dataclass
from widgets.signs import UNICODE, Signs

THEMES = ("dark", "light", "colour-blind", "ansi16", "mono")
"""Names that the config knows besides ``auto``."""


def _dark(**changes: str) -> dict[str, str]:
    roles = {
        "text": "#c5ced9",
        "strong": "bold #f0f4f8",
        "dim": "#8793a1",
        "faint": "#3d4855",
        "title": "#9fb0c3",
        "title-focus": "bold #8ec7ff",
        "label": "#6f7c8a",
        "key": "bold #8ec7ff",
        "cursor": "bold #8ec7ff",
        "cursor-title": "bold #ffffff on #26466b",
        "mark": "bold #8ec7ff",
        "you": "bold #8ec7ff",
        "sev1": "bold #ffffff on #b3202c",
        "sev2": "bold #ffa657",
        "sev3": "#dfc873",
        "sev4": "#8793a1",
        "sev-none": "bold #d2a8ff",
        "triggered": "bold #ff7b72",
        "acknowledged": "#79c0a0",
        "snoozed": "#a9a3d9",
        "resolved": "#6f7c8a",
        "state-unknown": "bold #d2a8ff",
        "pending": "bold #e3b341",
        "refused": "bold #ff7b72",
        "outcome-unknown": "bold #d2a8ff",
        "overdue": "bold #ff7b72",
        "soon": "bold #ffa657",
        "ok": "#57ab79",
        "late": "bold #e3b341",
        "down": "bold #ff7b72",
        "no-data": "bold #d2a8ff",
        "stale": "#e3b341",
        "error": "bold #ff7b72",
        "banner": "bold #14181f on #e3b341",
        "good": "#79c0a0",
        "match": "bold #e3b341",
        "link": "underline #79b8ff",
    }
    return roles | changes


_ROLES: Mapping[str, Mapping[str, str]] = {
    "dark": _dark(),
    # Okabe and Ito's palette: told apart in every common kind of colour blindness.
    "colour-blind": _dark(
        **{
            "sev1": "bold #ffffff on #a84300",
            "sev2": "bold #e69f00",
            "sev3": "#f0e442",
            "triggered": "bold #ff8c42",
            "acknowledged": "#56b4e9",
            "snoozed": "#cc79a7",
            "refused": "bold #ff8c42",
            "overdue": "bold #ff8c42",
            "soon": "bold #f0e442",
            "ok": "#56b4e9",
            "late": "bold #f0e442",
            "down": "bold #ff8c42",
            "stale": "#f0e442",
            "error": "bold #ff8c42",
            "good": "#56b4e9",
            "no-data": "bold #cc79a7",
            "pending": "bold #f0e442",
        }
    ),
    "light": {
        "text": "#24292f",
        "strong": "bold #0d1117",
        "dim": "#57606a",
        "faint": "#c2c8cf",
        "title": "#4b5661",
        "title-focus": "bold #0550ae",
        "label": "#6e7781",
        "key": "bold #0550ae",
        "cursor": "bold #0550ae",
        "cursor-title": "bold #0d1117 on #cfe4ff",
        "mark": "bold #0550ae",
        "you": "bold #0550ae",
        "sev1": "bold #ffffff on #b3202c",
        "sev2": "bold #a64500",
        "sev3": "#7d5a00",
        "sev4": "#57606a",
        "sev-none": "bold #7a3fb8",
        "triggered": "bold #b3202c",
        "acknowledged": "#1a6b45",
        "snoozed": "#5b4fa8",
        "resolved": "#6e7781",
        "state-unknown": "bold #7a3fb8",
        "pending": "bold #7d5a00",
        "refused": "bold #b3202c",
        "outcome-unknown": "bold #7a3fb8",
        "overdue": "bold #b3202c",
        "soon": "bold #a64500",
        "ok": "#1a7f37",
        "late": "bold #7d5a00",
        "down": "bold #b3202c",
        "no-data": "bold #7a3fb8",
        "stale": "#7d5a00",
        "error": "bold #b3202c",
        "banner": "bold #ffffff on #7d5a00",
        "good": "#1a6b45",
        "match": "bold #a64500",
        "link": "underline #0550ae",
    },
    # The terminal's own 16 colours: what a serial console and a slow link have.
    "ansi16": {
        "text": "default",
        "strong": "bold",
        "dim": "default",
        "faint": "bright_black",
        "title": "default",
        "title-focus": "bold cyan",
        "label": "bright_black",
        "key": "bold cyan",
        "cursor": "bold cyan",
        "cursor-title": "bold reverse",
        "mark": "bold cyan",
        "you": "bold cyan",
        "sev1": "bold bright_white on red",
        "sev2": "bold yellow",
        "sev3": "yellow",
        "sev4": "default",
        "sev-none": "bold magenta",
        "triggered": "bold red",
        "acknowledged": "green",
        "snoozed": "magenta",
        "resolved": "bright_black",
        "state-unknown": "bold magenta",
        "pending": "bold yellow",
        "refused": "bold red",
        "outcome-unknown": "bold magenta",
        "overdue": "bold red",
        "soon": "bold yellow",
        "ok": "green",
        "late": "bold yellow",
        "down": "bold red",
        "no-data": "bold magenta",
        "stale": "yellow",
        "error": "bold red",
        "banner": "bold black on yellow",
        "good": "green",
        "match": "bold yellow",
        "link": "underline cyan",
    },
    # No colour at all: weight, underline and reverse carry what signs and words say already.
    "mono": {
        "text": "default",
        "strong": "bold",
        "dim": "default",
        "faint": "dim",
        "title": "default",
        "title-focus": "bold underline",
        "label": "dim",
        "key": "bold",
        "cursor": "bold",
        "cursor-title": "bold reverse",
        "mark": "bold",
        "you": "bold",
        "sev1": "bold reverse",
        "sev2": "bold",
        "sev3": "default",
        "sev4": "default",
        "sev-none": "bold",
        "triggered": "bold",
        "acknowledged": "default",
        "snoozed": "default",
        "resolved": "dim",
        "state-unknown": "bold",
        "pending": "bold",
        "refused": "bold reverse",
        "outcome-unknown": "bold reverse",
        "overdue": "bold reverse",
        "soon": "bold underline",
        "ok": "default",
        "late": "bold",
        "down": "bold reverse",
        "no-data": "bold",
        "stale": "bold",
        "error": "bold reverse",
        "banner": "bold reverse",
        "good": "default",
        "match": "bold underline",
        "link": "underline",
    },
}

_BASE = {
    "dark": {"background": "#11151c", "surface": "#161c26", "panel": "#1c2430", "foreground": "#c5ced9"},
    "colour-blind": {"background": "#11151c", "surface": "#161c26", "panel": "#1c2430", "foreground": "#c5ced9"},
    "light": {"background": "#fbfaf7", "surface": "#f2f1ec", "panel": "#e8e6df", "foreground": "#24292f"},
}


@lru_cache(maxsize=512)
def _parsed(text: str) -> Style:
    return Style.parse("none" if text == "default" else text)


@dataclass(frozen=True, slots=True)
class Look:
    """What a widget draws with: a theme's roles and a set of signs."""

    theme: str = "dark"
    signs: Signs = field(default=UNICODE)

    def style(self, role: str) -> Style:
        """The Rich style of a role.

        Raises:
            KeyError: no such role.
        """
        return _parsed(_ROLES[self.theme][role])


DEFAULT_LOOK = Look()


def look_of(node: DOMNode) -> Look:
    """The look in force in ``node``'s app; the dark one where the app has none (a widget tried alone)."""
    look = getattr(node.app, "look", None)
    return look if isinstance(look, Look) else DEFAULT_LOOK


def textual_themes() -> tuple[Theme, ...]:
    """Our themes as Textual wants them, roles as variables for the style sheets."""
    return tuple(_textual_theme(name) for name in THEMES)


def _textual_theme(name: str) -> Theme:
    roles = {role: _parsed(text) for role, text in _ROLES[name].items()}
    if name in _BASE:
        base = _BASE[name]
        return Theme(
            name=name,
            dark=name != "light",
            primary=_hex(roles["key"]),
            secondary=_hex(roles["title"]),
            accent=_hex(roles["key"]),
            warning=_hex(roles["late"]),
            error=_hex(roles["error"]),
            success=_hex(roles["ok"]),
            background=base["background"],
            surface=base["surface"],
            panel=base["panel"],
            foreground=base["foreground"],
            variables={role: _hex(style) for role, style in roles.items() if style.color is not None}
            | {"border": _hex(roles["faint"]), "border-blurred": _hex(roles["faint"])},
        )
    plain = "ansi_default"
    return Theme(
        name=name,
        ansi=True,
        primary="ansi_cyan" if name == "ansi16" else plain,
        secondary=plain,
        accent="ansi_cyan" if name == "ansi16" else plain,
        warning="ansi_yellow" if name == "ansi16" else plain,
        error="ansi_red" if name == "ansi16" else plain,
        success="ansi_green" if name == "ansi16" else plain,
        foreground=plain,
        background=plain,
        surface=plain,
        panel=plain,
        boost=plain,
        variables={role: _ansi(style) for role, style in roles.items()}
        | {
            "border": plain,
            "border-blurred": plain,
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "block-cursor-foreground": "ansi_black",
            "block-cursor-background": "ansi_white",
            "input-cursor-background": "ansi_white",
            "input-cursor-foreground": "ansi_black",
            "input-cursor-text-style": "reverse",
            "input-selection-background": "ansi_white",
            "input-selection-foreground": "ansi_black",
        },
    )


def _hex(style: Style) -> str:
    assert style.color is not None, "a role of a full-colour theme has a colour"
    return style.color.get_truecolor().hex


def _ansi(style: Style) -> str:
    if style.color is None or style.color.is_default:
        return "ansi_default"
    return f"ansi_{style.color.name}"


def variable_defaults() -> dict[str, str]:
    """The roles' variables, for an app whose theme is not set yet (``App.get_theme_variable_defaults``)."""
    return dict(_textual_theme("dark").variables)
