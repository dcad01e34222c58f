"""The key map in force: the registry's keys, with what a person has changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.keys import REPLACED_KEYS, _character_to_key

from oncall_tui.actions import ACTIONS, BY_ID, Scope, reserved_keys
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
_ALONE = frozenset(
    {
        Scope.DECLARATION,
        Scope.METRICS,
        Scope.WRITE_UP,
        Scope.OUTBOX,
        Scope.HANDOVER,
        Scope.RUN,
        Scope.SCHEDULE,
        Scope.HANDED,
        Scope.CHECKLIST,
    }
)
"""Scopes with a screen of their own."""
_TABS = frozenset({Scope.INVESTIGATION, Scope.RESOLUTION, Scope.COMMS, Scope.POSTMORTEM})
"""Scopes with a tab of their own on the incident's screen: live beside the incident's, never two at once."""
_NOT_THERE: Mapping[Scope, frozenset[str]] = {
    Scope.OUTBOX: frozenset({"schedule"}),
    Scope.CHECKLIST: frozenset({"select"}),
    Scope.INVESTIGATION: frozenset({"open", "scope"}),
    Scope.RESOLUTION: frozenset({"open", "select"}),
    Scope.COMMS: frozenset({"open"}),
    Scope.METRICS: frozenset({"pane_incidents", "pane_alerts", "pane_health"}),
}
"""Views that the scope's screen does not offer, because it uses their keys."""
LIST_KEYS = frozenset({"j", "k", "g", "G", "up", "down", "pageup", "pagedown", "home", "end"})
"""Keys that move in every list: never an action's."""


def key_name(key: str) -> str:
    """A key as the config gives it (``?``, ``A``, ``ctrl+p``) by the name that key events carry."""
    return _character_to_key(key) if len(key) == 1 else REPLACED_KEYS.get(key, key)


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
        changed: dict[str, tuple[str, ...]] = {}
        problems: list[str] = []
        for action_id, given in keys.items():
            names = tuple(key_name(part) for part in ([given] if len(given) == 1 else given.split(",")) if part)
            problem = _problem(action_id, names)
            if problem is None:
                changed[action_id] = names
            else:
                problems.append(f"keys.{action_id}: {problem}")
        map_ = cls(MappingProxyType(changed))
        for action_id in list(changed):
            other = map_.clash(action_id)
            if other is not None:
                problems.append(f"keys.{action_id}: {given_key(changed[action_id])} is also {BY_ID[other].title}")
                del changed[action_id]
        free, taken = map_._free(commands)
        return replace(map_, commands=free), (*problems, *taken)

    def _free(self, commands: Sequence[CommandOptions]) -> tuple[tuple[CommandOptions, ...], tuple[str, ...]]:
        """Commands with the keys that nothing else has on the screens where they run, and what was taken away."""
        owners = {key: action for action in reversed(ACTIONS) for key in self.keys(action.id)}
        found: list[CommandOptions] = []
        problems: list[str] = []
        for one in commands:
            key = key_name(one.key) if one.key else None
            if key is not None and (key in owners or key in LIST_KEYS):
                what = owners[key].title if key in owners else "moving in lists"
                problems.append(f"commands, {one.name}: {one.key} is also {what}")
                one = replace(one, key=None)
            found.append(one)
        return tuple(found), tuple(problems)

    def keys(self, action_id: str) -> tuple[str, ...]:
        """The keys of an action, the one that is shown first."""
        return self.changed.get(action_id, BY_ID[action_id].keys)

    def shown(self, action_id: str) -> str:
        """The first key as a person reads it: ``⏎``, ``/``, ``ctrl+p``."""
        return given_key(self.keys(action_id))

    def shown_all(self, action_id: str) -> str:
        """All keys as a person reads them."""
        return " ".join(_SHOWN.get(key, key) for key in self.keys(action_id))

    def clash(self, action_id: str) -> str | None:
        """Another action that has one of this one's keys where both are live."""
        mine = set(self.keys(action_id))
        for other in ACTIONS:
            if other.id != action_id and mine & set(self.keys(other.id)) and _meet(action_id, other.id):
                return other.id
        return None

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


def _problem(action_id: str, names: tuple[str, ...]) -> str | None:
    if action_id not in BY_ID:
        return "no such action"
    for name in names:
        if name in reserved_keys():
            return f"{name} belongs to the terminal"
        if name in LIST_KEYS:
            return f"{name} moves in lists"
    return None if names else "no key"


def _meet(one: str, other: str) -> bool:
    """Whether two actions are ever live on one screen."""
    first, second = BY_ID[one].scope, BY_ID[other].scope
    if one in _NOT_THERE.get(second, ()) or other in _NOT_THERE.get(first, ()):
        return False
    if first == second or Scope.VIEW in (first, second):
        return True
    if {first, second} & _TABS:
        return Scope.INCIDENT in (first, second)
    return not {first, second} & _ALONE


DEFAULT_KEYS = KeyMap()
