"""The filter language of the lists (product T2). Pure.

``sev:1 state:triggered service:pay,gate source:pager who:bob mine:yes !service:edge ~chekout /regex/ "two words" word``

All terms must hold; ``!`` turns one round; a comma means either; plain words are looked for in everything that the
row shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from oncall_tui.board import Board
from oncall_tui.records import dataclass

MAX_LENGTH = 200
"""Characters of a filter that are read."""

KEYS = ("sev", "state", "service", "source", "team", "who", "mine", "title", "id", "due", "label")
_ALIASES = {"severity": "sev", "assignee": "who", "name": "title", "is": "state", "from": "source"}
_STATE_ALIASES = {"acked": "acknowledged", "ack": "acknowledged", "open": "!resolved"}
_WORD = re.compile(r"\w+")
_NEAR = 0.8
"""The part of two words' letters that match, from which on they are near."""
_TOKEN = re.compile(r'\s*(!?)((?:[a-z]+:)?"[^"]*"|/(?:\\.|[^/\\])*/|\S+)')


class FilterError(ValueError):
    """The filter cannot be read: one line that says why."""


Row = TypeVar("Row")
Asked = TypeVar("Asked")
Words = tuple[str, ...]
Getter = Callable[[Row, Board], Words]
"""A field's words of a row, as they stand."""
Search = Callable[[str], bool]
"""Looks through a row's text."""


class Term(NamedTuple):
    """A question to one field of a row."""

    key: str
    lets: Callable[[Words], bool]
    """Whether a row with these words in the field, case-folded, is shown."""


class Told(NamedTuple, Generic[Row]):
    """A row, and everything it shows, case-folded, a line each."""

    row: Row
    text: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read. The empty one lets everything through."""

    text: str = ""
    wanted: tuple[str, ...] = ()
    """Plain words that have to be in a row's text."""
    unwanted: tuple[str, ...] = ()
    searches: tuple[Search, ...] = ()
    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted or self.searches or self.terms)

    def through(self, told: Iterable[Told[Row]], fields: Mapping[str, Getter[Row]], board: Board) -> list[Row]:
        """The rows that all terms let through, in their order.

        A loop for each term, and none that calls a function for a plain word: 10,000 rows are within what a key may
        take. ``fields``: how the words of each of :data:`KEYS` are read off a row.
        """
        left = told
        for word in self.wanted:
            left = [one for one in left if word in one.text]
        for word in self.unwanted:
            left = [one for one in left if word not in one.text]
        for search in self.searches:
            left = [one for one in left if search(one.text)]
        rows = [one.row for one in left]
        for term in self.terms:
            rows = _asked(rows, term, fields.get(term.key, _no_words), board)
        return rows


def _asked(rows: Iterable[Row], term: Term, getter: Getter[Row], board: Board) -> list[Row]:
    """The rows that a term lets through; rows with the same words in the field are asked once."""
    known: dict[Words, bool] = {}
    kept = []
    for row in rows:
        words = getter(row, board)
        lets = known.get(words)
        if lets is None:
            lets = known[words] = term.lets(tuple(word.casefold() for word in words))
        if lets:
            kept.append(row)
    return kept


def _no_words(row: object, board: Board) -> Words:
    """A field that rows of this kind do not have."""
    return ()


def parse_filter(text: str) -> Filter:
    """Read a filter.

    Raises:
        FilterError: an unknown key, a regular expression that cannot be read, a severity that is none.
    """
    told = text.strip()
    if len(told) > MAX_LENGTH:
        raise FilterError(f"a filter of more than {MAX_LENGTH} characters")
    words: dict[bool, list[str]] = {True: [], False: []}
    searches: list[Search] = []
    terms: list[Term] = []
    for negated, token in _TOKEN.findall(told):
        if (search := _search(token)) is not None:
            searches.append(_not(search) if negated else search)
        elif (term := _keyed(token)) is not None:
            terms.append(term._replace(lets=_not(term.lets)) if negated else term)
        else:
            words[not negated].append(token.strip('"').casefold())
    return Filter(told, tuple(words[True]), tuple(words[False]), tuple(searches), tuple(terms))


def _not(asks: Callable[[Asked], bool]) -> Callable[[Asked], bool]:
    return lambda asked: not asks(asked)


def _search(token: str) -> Search | None:
    """What a term looks for in a row's text, ``None`` when it is of another kind."""
    if len(token) >= 2 and token[0] == token[-1] == "/":
        return _regex(token[1:-1])
    if token.startswith("/"):
        raise FilterError(f"a regular expression ends with /: {token}")
    return _fuzzy(token[1:].casefold()) if token.startswith("~") else None


def _regex(pattern: str) -> Search:
    try:
        found = re.compile(pattern, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise FilterError(f"not a regular expression: /{pattern}/ ({error})") from None
    return lambda text: any(map(found.search, text.split("\n")))


def _fuzzy(wanted: str) -> Search:
    if not wanted:
        raise FilterError("~ needs a word after it")
    return lambda text: any(close(wanted, word) for word in _WORD.findall(text))


@lru_cache(maxsize=32_768)
def close(wanted: str, word: str) -> bool:
    """Whether ``word`` is near ``wanted``: its letters in order, or a typing error away."""
    letters = iter(word)
    if word[:1] == wanted[:1] and all(letter in letters for letter in wanted):
        return True
    both = len(wanted) + len(word)
    if abs(len(wanted) - len(word)) > 2 or 2 * sum(letter in wanted for letter in word) < _NEAR * both:
        return False  # so many letters cannot match as a near word needs
    return SequenceMatcher(None, wanted, word, autojunk=False).ratio() >= _NEAR


def _keyed(token: str) -> Term | None:
    """What a term asks of a field, ``None`` for a plain word."""
    name, colon, given = token.partition(":")
    if not (colon and name.isalpha()):
        return None
    key = _ALIASES.get(name.lower(), name.lower())
    value = given.strip('"').casefold()
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
            return Term(key, _severity(values))
        case "state":
            return Term(key, _state(values))
        case "mine":
            return Term(key, _yes_or_no(values[0]))
        case _:
            return Term(key, lambda words: any(value in word for word in words for value in values))


def _yes_or_no(value: str) -> Callable[[Words], bool]:
    wanted = value in ("yes", "y", "true", "1")
    if not wanted and value not in ("no", "n", "false", "0"):
        raise FilterError(f"mine:{value} is neither yes nor no")
    return lambda words: ("yes" in words) is wanted


def _severity(values: Words) -> Callable[[Words], bool]:
    wanted: set[str] = set()
    for value in values:
        span = re.fullmatch(r"(?:sev|s)?([1-4])(?:-([1-4]))?", value)
        if span is not None:
            wanted |= {str(level) for level in range(int(span[1]), int(span[2] or span[1]) + 1)}
        elif value in ("?", "none"):
            wanted.add("?")
        else:
            raise FilterError(f"not a severity: sev:{value} (1, 1-2, 1,3 or ?)")
    return lambda words: not wanted.isdisjoint(words)


def _state(values: Words) -> Callable[[Words], bool]:
    terms = []
    for value in values:
        name = _STATE_ALIASES.get(value, value)
        starts = name.removeprefix("!")

        def term(words: Words, starts: str = starts, negated: bool = name.startswith("!")) -> bool:
            return any(word.startswith(starts) for word in words) is not negated

        terms.append(term)
    return lambda words: any(one(words) for one in terms)
