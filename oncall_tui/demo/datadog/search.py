"""The searches of Datadog's pages, as far as the simulated organisation understands them: ``key:value`` and
``key:(a OR "b c")``, all of which must hold, and words that a name must hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_TERM = re.compile(r'([\w.-]+):\(([^)]*)\)|([\w.-]+):"([^"]*)"|([\w.-]+):(\S+)|"([^"]*)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Term:
    """One attribute and the values of which one must hold; without a key, words of a name."""

    key: str
    values: frozenset[str]


def parse(query: str) -> list[Term]:
    """The terms of a search, in lower case."""
    found = []
    for many, listed, quoted_key, quoted, key, value, phrase, word in _TERM.findall(query.casefold()):
        if many:
            values = {part.strip().strip('"') for part in re.split(r"\s+or\s+", listed)}
            found.append(Term(many, frozenset(values)))
        elif quoted_key or key:
            found.append(Term(quoted_key or key, frozenset({quoted or value})))
        elif (phrase or word) not in ("and", "*"):
            found.append(Term("", frozenset({phrase or word})))
    return found


def holds(query: str, attributes: Callable[[str], frozenset[str]], name: str) -> bool:
    """Whether all terms hold.

    Args:
        attributes: the values of an attribute, in lower case.
        name: what words without a key are looked for in.
    """
    for term in parse(query):
        if term.key and not term.values & attributes(term.key):
            return False
        if not term.key and not any(word in name.casefold() for word in term.values):
            return False
    return True
