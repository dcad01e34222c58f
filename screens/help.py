"""All keys, from the registry."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.actions import Action
from oncall_tui.text import width, wrap
from screens.keys import KeyMap
from screens.reading import ReadingScreen
from widgets.lines import BLANK, Span, Words

_LISTS = (
    ("j k ↓ ↑", "Move", "one row; pgdn and pgup one window."),
    ("g G", "Ends", "first and last row."),
)
CELLS = 74
"""So wide that it fits an 80-column screen."""


def help_lines(actions: Sequence[Action], keys: KeyMap) -> list[Words]:
    """The actions under their headings, each with its key and what it does."""
    lines: list[Words] = []
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for action in actions:
        groups.setdefault(action.group, []).append((keys.shown_all(action.id), action.title, action.help))
    groups.setdefault("Lists", []).extend(_LISTS)
    names = max(width(key) for rows in groups.values() for key, _, _ in rows)
    for group, rows in groups.items():
        if lines:
            lines.append(BLANK)
        lines.append((Span(group, "title"),))
        for key, title, told in rows:
            first, *rest = wrap(f"{title}: {told}", CELLS - names - 3)
            lines.append(
                (Span(f" {key.rjust(names)}  ", "key"), Span(title, "strong"), Span(first[len(title) :], "dim"))
            )
            lines += [(Span(" " * (names + 3)), Span(part, "dim")) for part in rest]
    return lines


class HelpScreen(ReadingScreen):
    """What every key does here."""

    def __init__(self, actions: Sequence[Action], keys: KeyMap) -> None:
        super().__init__("Keys", help_lines(actions, keys))
