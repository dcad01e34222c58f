"""The key map in force: the registry's keys, with what a person has changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.binding import Binding

from oncall_tui.actions import BY_ID
from oncall_tui.actions.keys import clash, key_name, keys_of, take, without_key
from oncall_tui.records import dataclass
from widgets.footer import ENTER

if TYPE_CHECKING:
    from oncall_tui.config.commands import CommandOptions

_SHOWN = {
    "enter": ENTER,
    "escape": "esc",
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "asterisk": "*",
    "space": "space",
    "shift+tab": "shift+tab",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
}


@dataclass(frozen=True, slots=True)
class KeyMap:
    """Action id -> keys. ``changed`` holds only what a person has replaced."""

    changed: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    commands: tuple[CommandOptions, ...] = ()
    """The team's own programs; one whose key another thing has keeps none here."""

    @classmethod
    def from_config(
        cls, keys: Mapping[str, str], commands: Sequence[CommandOptions] = ()
    ) -> tuple[KeyMap, tuple[str, ...]]:
        """The map, and one line for each entry that cannot be taken (that action keeps its own keys)."""
        changed, problems = take(keys)
        taken = without_key(commands, changed)
        free = tuple(replace(one, key=None) if one.name in taken else one for one in commands)
        return cls(MappingProxyType(dict(changed)), free), (*problems, *taken.values())

    def keys(self, action_id: str) -> tuple[str, ...]:
        """The keys of an action, the one that is shown first."""
        return keys_of(action_id, self.changed)

    def shown(self, action_id: str) -> str:
        """The first key as a person reads it: ``⏎``, ``/``, ``ctrl+p``."""
        return given_key(self.keys(action_id))

    def shown_all(self, action_id: str) -> str:
        """All keys as a person reads them."""
        return " ".join(_SHOWN.get(key, key) for key in self.keys(action_id))

    def clash(self, action_id: str) -> str | None:
        """Another action that has one of this one's keys where both are live."""
        return clash(action_id, self.changed)

    def bindings(self, action_ids: Iterable[str], act: str = "act") -> list[Binding]:
        """A screen's bindings for these actions, each to ``action_act``; a pane of it says ``screen.act``."""
        return [
            Binding(key, f"{act}('{action_id}')", BY_ID[action_id].title, show=False, id=f"{action_id}:{key}")
            for action_id in action_ids
            for key in self.keys(action_id)
        ]

    def command_bindings(self, action_ids: Iterable[str]) -> list[Binding]:
        """The commands' own keys, on a screen that offers commands; each to ``action_run``."""
        if "commands" not in action_ids:
            return []
        return [
            Binding(key_name(one.key), f"run('{one.name}')", one.shown, show=False, id=f"run:{one.name}")
            for one in self.commands
            if one.key
        ]


def given_key(keys: tuple[str, ...]) -> str:
    """The first of ``keys`` as a person reads it; empty without keys."""
    return _SHOWN.get(keys[0], keys[0]) if keys else ""


DEFAULT_KEYS = KeyMap()
