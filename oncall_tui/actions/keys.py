"""Which keys a person may give to which action: what ``check`` tells of the config, and what the dashboard does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from oncall_tui.actions import ACTIONS, BY_ID, Scope, reserved_keys

Changed = Mapping[str, tuple[str, ...]]
"""Action id -> the keys that a person has given it in place of its own."""

LIST_KEYS = frozenset({"j", "k", "g", "G", "up", "down", "pageup", "pagedown", "home", "end"})
"""Keys that move in every list: never an action's."""
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
_SHORT = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
"""Characters that key events do not call as Unicode does."""


class HasKey(Protocol):
    """A command of the team's own."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def key(self) -> str | None:
        """Its key as the config gives it."""
        ...


def key_name(key: str) -> str:
    """A key as the config gives it (``?``, ``A``, ``ctrl+p``) by the name that key events carry."""
    if len(key) == 1 and not key.isalnum():
        import unicodedata  # seldom needed

        key = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
    return _SHORT.get(key, key)


def parts(given: str) -> list[str]:
    """The keys of an entry of the config: ``a,f5`` are two, ``,`` is one."""
    return [given] if len(given) == 1 else [part for part in given.split(",") if part]


def take(given: Mapping[str, str]) -> tuple[Changed, tuple[str, ...]]:
    """What can be taken of ``keys`` in the config, and one line for each entry that cannot: that action keeps its
    own keys."""
    changed: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for action_id, text in given.items():
        names = tuple(key_name(part) for part in parts(text))
        problem = _problem(action_id, names)
        if problem is None:
            changed[action_id] = names
        else:
            problems.append(f"keys.{action_id}: {problem}")
    for action_id in list(changed):
        other = clash(action_id, changed)
        if other is not None:
            theirs = keys_of(other, changed)
            shared = next(part for part in parts(given[action_id]) if key_name(part) in theirs)
            problems.append(f"keys.{action_id}: {shared} is also {BY_ID[other].title}")
            del changed[action_id]
    return changed, tuple(problems)


def without_key(commands: Iterable[HasKey], changed: Changed) -> dict[str, str]:
    """The commands whose key another thing has on the screens where they run: name -> one line that says so."""
    owners = {key: action for action in reversed(ACTIONS) for key in keys_of(action.id, changed)}
    found = {}
    for one in commands:
        key = key_name(one.key) if one.key else None
        if key is not None and (key in owners or key in LIST_KEYS):
            what = owners[key].title if key in owners else "moving in lists"
            found[one.name] = f"commands, {one.name}: {one.key} is also {what}"
    return found


def keys_of(action_id: str, changed: Changed) -> tuple[str, ...]:
    """The keys of an action, the one that is shown first."""
    return changed.get(action_id, BY_ID[action_id].keys)


def clash(action_id: str, changed: Changed) -> str | None:
    """Another action that has one of this one's keys where both are live."""
    mine = set(keys_of(action_id, changed))
    for other in ACTIONS:
        if other.id != action_id and mine & set(keys_of(other.id, changed)) and _meet(action_id, other.id):
            return other.id
    return None


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
