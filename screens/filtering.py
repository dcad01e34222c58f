"""The filter language of the lists (product T2). Pure.

``sev:1 state:triggered service:pay,gate source:pager who:bob mine:yes !service:edge ~chekout /regex/ "two words" word``

All terms must hold; ``!`` turns one round; a comma means either; plain words are looked for in everything that the
row shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher, get_close_matches

from oncall_tui.board import AlertRow, Board, HealthRow, IncidentRow, Relation
from oncall_tui.records import dataclass

MAX_LENGTH = 200
"""Characters of a filter that are read."""

Fields = Mapping[str, tuple[str, ...]]
"""What a filter looks at: field -> its words, case-folded. ``""`` holds everything that is searched by plain words."""

KEYS = ("sev", "state", "service", "source", "team", "who", "mine", "title", "id", "due", "label")
_ALIASES = {"severity": "sev", "assignee": "who", "name": "title", "is": "state", "from": "source"}
_STATE_ALIASES = {"acked": "acknowledged", "ack": "acknowledged", "open": "!resolved"}
_TOKEN = re.compile(r'\s*(!?)((?:[a-z]+:)?"[^"]*"|/(?:\\.|[^/\\])*/|\S+)')


class FilterError(ValueError):
    """The filter cannot be read: one line that says why."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read. The empty one lets everything through."""

    text: str = ""
    terms: tuple[Callable[[Fields], bool], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def lets(self, fields: Fields) -> bool:
        """Whether a row with these fields is shown."""
        return all(term(fields) for term in self.terms)


def parse_filter(text: str) -> Filter:
    """Read a filter.

    Raises:
        FilterError: an unknown key, a regular expression that cannot be read, a severity that is none.
    """
    words = text.strip()
    if len(words) > MAX_LENGTH:
        raise FilterError(f"a filter of more than {MAX_LENGTH} characters")
    terms = []
    for negated, token in _TOKEN.findall(words):
        term = _term(token)
        terms.append(_not(term) if negated else term)
    return Filter(words, tuple(terms))


def _not(term: Callable[[Fields], bool]) -> Callable[[Fields], bool]:
    return lambda fields: not term(fields)


def _term(token: str) -> Callable[[Fields], bool]:
    if len(token) >= 2 and token[0] == token[-1] == "/":
        return _regex(token[1:-1])
    if token.startswith("/"):
        raise FilterError(f"a regular expression ends with /: {token}")
    if token.startswith("~"):
        return _fuzzy(token[1:].casefold())
    key, colon, value = token.partition(":")
    if colon and key.isalpha():
        return _keyed(_ALIASES.get(key.lower(), key.lower()), value.strip('"').casefold())
    return _has("", (token.strip('"').casefold(),))


def _regex(pattern: str) -> Callable[[Fields], bool]:
    try:
        found = re.compile(pattern, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise FilterError(f"not a regular expression: /{pattern}/ ({error})") from None
    return lambda fields: any(found.search(word) for word in fields[""])


def _fuzzy(wanted: str) -> Callable[[Fields], bool]:
    if not wanted:
        raise FilterError("~ needs a word after it")
    return lambda fields: any(close(wanted, word) for text in fields[""] for word in re.findall(r"\w+", text))


def close(wanted: str, word: str) -> bool:
    """Whether ``word`` is near ``wanted``: its letters in order, or a typing error away."""
    letters = iter(word)
    if word[:1] == wanted[:1] and all(letter in letters for letter in wanted):
        return True
    if abs(len(wanted) - len(word)) > 2:
        return False
    return SequenceMatcher(None, wanted, word, autojunk=False).ratio() >= 0.8


def _keyed(key: str, value: str) -> Callable[[Fields], bool]:
    if key not in KEYS:
        near = get_close_matches(key, (*KEYS, *_ALIASES), 1, 0.5)
        raise FilterError(
            f'no such key: {key}:{f" (did you mean {near[0]}:?)" if near else ""}, or quote it: "{key}:…"'
        )
    values = tuple(part for part in value.split(",") if part)
    if not values:
        raise FilterError(f"{key}: needs a value")
    match key:
        case "sev":
            return _severity(values)
        case "state":
            return _state(values)
        case "mine":
            wanted = values[0] in ("yes", "y", "true", "1")
            if not wanted and values[0] not in ("no", "n", "false", "0"):
                raise FilterError(f"mine:{values[0]} is neither yes nor no")
            return lambda fields: ("yes" in fields.get("mine", ())) is wanted
        case _:
            return _has(key, values)


def _has(key: str, values: tuple[str, ...]) -> Callable[[Fields], bool]:
    return lambda fields: any(value in word for word in fields.get(key, ()) for value in values)


def _severity(values: tuple[str, ...]) -> Callable[[Fields], bool]:
    wanted: set[str] = set()
    for value in values:
        span = re.fullmatch(r"(?:sev|s)?([1-4])(?:-([1-4]))?", value)
        if span is not None:
            wanted |= {str(level) for level in range(int(span[1]), int(span[2] or span[1]) + 1)}
        elif value in ("?", "none"):
            wanted.add("?")
        else:
            raise FilterError(f"not a severity: sev:{value} (1, 1-2, 1,3 or ?)")
    return lambda fields: bool(wanted & set(fields.get("sev", ())))


def _state(values: tuple[str, ...]) -> Callable[[Fields], bool]:
    terms = []
    for value in values:
        name = _STATE_ALIASES.get(value, value)
        starts = name.removeprefix("!")

        def term(fields: Fields, starts: str = starts, negated: bool = name.startswith("!")) -> bool:
            return any(word.startswith(starts) for word in fields.get("state", ())) is not negated

        terms.append(term)
    return lambda fields: any(one(fields) for one in terms)


# -- rows as fields --------------------------------------------------------------------------------------------


def incident_fields(row: IncidentRow, board: Board) -> Fields:
    """What a filter sees of an incident."""
    incident = row.incident
    late = row.due is not None and row.due.overdue(board.minute)
    fields = {
        "sev": (str(incident.severity) if incident.severity is not None else "?",),
        "state": (incident.state.value,),
        "service": (incident.service.name,) if incident.service else (),
        "source": (incident.source,),
        "team": incident.teams,
        "who": tuple(word for one in (*incident.assignees, *incident.acknowledged_by) for word in (one.name, one.id)),
        "mine": ("yes" if row.relation is Relation.MINE else "no",),
        "title": (incident.title,),
        "id": (incident.id, *((incident.number,) if incident.number else ())),
        "due": ((row.due.what.value,) if row.due else ()) + (("late",) if late else ()),
        "label": row.alert_names,
    }
    return _searched(fields, "title", "service", "source", "team", "who", "id", "state", "label")


def alert_fields(row: AlertRow, board: Board) -> Fields:
    """What a filter sees of an alert group."""
    labels = tuple(f"{name}={value}" for name, value in row.labels)
    incident = board.incident(row.incident_id) if row.incident_id else None
    fields = {
        "sev": (str(row.severity) if row.severity is not None else "?",),
        "state": (row.state.value,),
        "service": (row.service,) if row.service else (),
        "source": (row.source,),
        "team": incident.incident.teams if incident else (),
        "who": (),
        "mine": ("yes" if incident is not None and incident.relation is Relation.MINE else "no",),
        "title": (row.name, row.summary or ""),
        "id": tuple(row.ids),
        "due": (),
        "label": labels,
    }
    return _searched(fields, "title", "service", "source", "label", "state") | {
        "": _folded((row.name, row.summary or "", row.where, row.source, *labels, row.incident_title or ""))
    }


def health_fields(row: HealthRow, board: Board) -> Fields:
    """What a filter sees of a check."""
    check = row.check
    fields = {
        "sev": (),
        "state": (check.status.value,),
        "service": (check.service,) if check.service else (),
        "source": (check.source,),
        "team": (),
        "who": (),
        "mine": (),
        "title": (check.name,),
        "id": (check.id,),
        "due": (),
        "label": (),
    }
    return _searched(fields, "title", "service", "source", "state") | {
        "": _folded((check.name, check.service or "", check.source, check.status.value, check.detail or ""))
    }


def _folded(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in words)


def _searched(fields: dict[str, tuple[str, ...]], *names: str) -> dict[str, tuple[str, ...]]:
    folded = {key: _folded(words) for key, words in fields.items()}
    return folded | {"": tuple(word for name in names for word in folded[name])}
