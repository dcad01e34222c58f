"""The parameters of each verb: checked and cleaned before an action is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from oncall_tui.clock import parse_instant
from oncall_tui.desk.settings import ActRefused
from oncall_tui.model import NoteKind, Verb, split_id
from oncall_tui.text import clean, clean_block

_LONGEST_S = 400 * 86400
_MOST_PEOPLE = 50

Params = dict[str, Any]


def checked(verb: Verb, params: Mapping[str, Any]) -> Params:
    """The parameters as they are stored.

    Raises:
        ActRefused: one is missing or cannot be; the line names it.
    """
    return _CHECKS[verb](params)


def _text(params: Mapping[str, Any], name: str) -> str | None:
    value = params.get(name)
    if value is not None and not isinstance(value, str):
        raise ActRefused(f"{name} must be text")
    return (clean_block(value) if name in ("text", "message") else clean(value)) or None if value else None


def _needed(params: Mapping[str, Any], name: str, what: str) -> str:
    value = _text(params, name)
    if value is None:
        raise ActRefused(what)
    return value


def _whole(params: Mapping[str, Any], name: str, low: int, high: int) -> int:
    value = params.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ActRefused(f"{name} must be a whole number from {low} to {high}")
    return value


def _people(params: Mapping[str, Any]) -> Params:
    ids, names = params.get("people"), params.get("names")
    if not isinstance(ids, list | tuple) or not ids or not all(isinstance(one, str) and one for one in ids):
        raise ActRefused("no person was chosen")
    if len(ids) > _MOST_PEOPLE:
        raise ActRefused(f"more than {_MOST_PEOPLE} people")
    told = names if isinstance(names, list | tuple) and len(names) == len(ids) else ids
    return {"people": list(ids), "names": [clean(name) for name in told]}


def _nothing(params: Mapping[str, Any]) -> Params:
    return {}


def _resolve(params: Mapping[str, Any]) -> Params:
    return {"resolution": _text(params, "resolution")}


def _escalate(params: Mapping[str, Any]) -> Params:
    ways = [name for name in ("level", "person", "policy") if params.get(name) is not None]
    if len(ways) != 1:
        raise ActRefused("escalate to one of: a level, a person, a policy")
    way = ways[0]
    if way == "level":
        return {"level": _whole(params, "level", 1, 100)}
    return {way: _needed(params, way, f"no {way} was chosen"), f"{way}_name": _text(params, f"{way}_name") or ""}


def _snooze(params: Mapping[str, Any]) -> Params:
    return {"seconds": _whole(params, "seconds", 1, _LONGEST_S)}


def _note(params: Mapping[str, Any]) -> Params:
    at, kind = _text(params, "at"), _text(params, "kind")
    if at is not None:
        try:
            parse_instant(at)
        except ValueError as error:
            raise ActRefused(str(error)) from None
    if kind is not None and kind not in set(NoteKind):
        raise ActRefused(f"a note is one of {', '.join(NoteKind)}")
    return {"text": _needed(params, "text", "the note is empty"), "at": at, "kind": kind}


def _severity(params: Mapping[str, Any]) -> Params:
    return {"severity": _whole(params, "severity", 1, 4)}


def _merge(params: Mapping[str, Any]) -> Params:
    into = _needed(params, "into", "merge into which incident?")
    try:
        split_id(into)
    except ValueError:
        raise ActRefused(f"not an incident's id: {into}") from None
    return {"into": into}


def _title(params: Mapping[str, Any]) -> Params:
    return {"title": _needed(params, "title", "the title is empty")}


def _responders(params: Mapping[str, Any]) -> Params:
    return {**_people(params), "message": _text(params, "message") or ""}


def _silence(params: Mapping[str, Any]) -> Params:
    labels = params.get("labels") or {}
    if not isinstance(labels, Mapping) or not all(isinstance(one, str) for pair in labels.items() for one in pair):
        raise ActRefused("labels must be texts")
    return {
        "seconds": _whole(params, "seconds", 1, _LONGEST_S),
        "reason": _needed(params, "reason", "a silence needs a reason"),
        # As they are: they are matched, not shown.
        "labels": dict(labels),
    }


_CHECKS: dict[Verb, Callable[[Mapping[str, Any]], Params]] = {
    Verb.ACKNOWLEDGE: _nothing,
    Verb.UNACKNOWLEDGE: _nothing,
    Verb.RESOLVE: _resolve,
    Verb.REOPEN: _nothing,
    Verb.ESCALATE: _escalate,
    Verb.REASSIGN: _people,
    Verb.SNOOZE: _snooze,
    Verb.NOTE: _note,
    Verb.SEVERITY: _severity,
    Verb.MERGE: _merge,
    Verb.RESPONDERS: _responders,
    Verb.TITLE: _title,
    Verb.SILENCE: _silence,
    Verb.EXPIRE_SILENCE: _nothing,
}
