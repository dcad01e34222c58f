"""The parameters of each verb: checked and cleaned before an action is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from oncall_tui.clock import iso, parse_instant
from oncall_tui.desk.settings import ActRefused
from oncall_tui.model import PUBLICATION_STATES, NoteKind, Verb, split_id
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


def _room(params: Mapping[str, Any]) -> Params:
    return {"name": _needed(params, "name", "the room needs a name"), "topic": _text(params, "topic") or ""}


def _topic(params: Mapping[str, Any]) -> Params:
    return {
        "room": _needed(params, "room", "the topic of which room?"),
        "topic": _needed(params, "topic", "the topic is empty"),
    }


def _message(params: Mapping[str, Any]) -> Params:
    return {
        "text": _needed(params, "text", "the message is empty"),
        "subject": _text(params, "subject") or "",
        # Markup that the product's own templates made; it is sent, never shown.
        "html": params["html"] if isinstance(params.get("html"), str) else None,
        "room": _text(params, "room"),
        "to": _texts(params, "to"),
    }


def _update_message(params: Mapping[str, Any]) -> Params:
    return {
        "message": _needed(params, "message", "which message is to change?"),
        "text": _needed(params, "text", "the message is empty"),
    }


def _publication(params: Mapping[str, Any]) -> Params:
    status, impact, components = _text(params, "status"), _text(params, "impact"), params.get("components") or {}
    if status not in PUBLICATION_STATES:
        raise ActRefused(f"a publication is one of {', '.join(PUBLICATION_STATES)}")
    if not isinstance(components, Mapping) or not all(
        isinstance(one, str) for pair in components.items() for one in pair
    ):
        raise ActRefused("components must be texts")
    return {
        "text": _needed(params, "text", "the update is empty"),
        "status": status,
        "impact": impact,
        "components": {clean(name): clean(state) for name, state in components.items()},
    }


def _publish(params: Mapping[str, Any]) -> Params:
    return {"title": _needed(params, "title", "the publication needs a title"), **_publication(params)}


def _publish_update(params: Mapping[str, Any]) -> Params:
    return {"publication": _needed(params, "publication", "which publication is to change?"), **_publication(params)}


def _ticket(params: Mapping[str, Any]) -> Params:
    due = _text(params, "due")
    if due is not None:
        try:
            date.fromisoformat(due)
        except ValueError:
            raise ActRefused(f"not a date: {due[:20]} (2026-12-25)") from None
    return {
        "title": _needed(params, "title", "the ticket needs a title"),
        "text": _text(params, "text") or "",
        "owner": _text(params, "owner"),
        "due": due,
        "labels": _texts(params, "labels"),
    }


def _tick(params: Mapping[str, Any]) -> Params:
    return {"text": _text(params, "text") or ""}


def _override(params: Mapping[str, Any]) -> Params:
    times = {}
    for name in ("start", "end"):
        try:
            times[name] = parse_instant(_needed(params, name, f"{name} is missing"))
        except ValueError as error:
            raise ActRefused(str(error)) from None
    length = (times["end"] - times["start"]).total_seconds()
    if not 60 <= length <= _LONGEST_S:
        raise ActRefused("it ends before it begins" if length <= 0 else "from a minute to 400 days")
    person = _needed(params, "person", "who stands in?")
    return {
        **{name: iso(at) for name, at in times.items()},
        "person": person,
        "person_name": _text(params, "person_name") or person,
        "instead": _text(params, "instead"),
        "instead_name": _text(params, "instead_name") or "",
    }


def _declare(params: Mapping[str, Any]) -> Params:
    return {
        "title": _needed(params, "title", "the incident needs a title"),
        "text": _text(params, "text") or "",
        "severity": _whole(params, "severity", 1, 4),
        **{name: _text(params, name) for name in ("service", "policy")},
        **{name: _text(params, name) or "" for name in ("service_name", "policy_name")},
    }


def _texts(params: Mapping[str, Any], name: str) -> list[str]:
    values = params.get(name) or []
    if not isinstance(values, list | tuple) or not all(isinstance(one, str) and one for one in values):
        raise ActRefused(f"{name} must be a list of texts")
    return [clean(one) for one in values]


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
    Verb.ROOM: _room,
    Verb.TOPIC: _topic,
    Verb.MESSAGE: _message,
    Verb.UPDATE_MESSAGE: _update_message,
    Verb.PUBLISH: _publish,
    Verb.PUBLISH_UPDATE: _publish_update,
    Verb.TICKET: _ticket,
    Verb.TICK: _tick,
    Verb.OVERRIDE: _override,
    Verb.DECLARE: _declare,
}
