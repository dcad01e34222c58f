"""As much LogQL as counts of lines need: ``sum by (a, b) (count_over_time({…} | label=~"…" [1m]))``, perhaps with
``> N`` behind it, and selections of lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from oncall_tui.demo.monitors.matchers import Matcher, parse_matcher

_COUNT = re.compile(
    r"\s*sum\s+by\s*\(([^)]*)\)\s*\(\s*count_over_time\(\s*(.+?)\s*\[(\d+)([smh])\]\s*\)\s*\)\s*(?:>\s*([\d.]+))?\s*",
    re.DOTALL,
)
_LINES = re.compile(r'\s*\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\}\s*(.*)', re.DOTALL)
_STAGE = re.compile(r'\|\s*([\w]+\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*")\s*')
_PAIR = re.compile(r'\s*([a-zA-Z_]\w*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*")\s*(?:,|$)')
_SECONDS = {"s": 1, "m": 60, "h": 3600}


class ParseError(Exception):
    """``parse error …``, as Loki words it."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A selection of lines: all matchers must hold."""

    matchers: tuple[Matcher, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How many lines, by labels, over the seconds before."""

    by: tuple[str, ...]
    lines: Lines
    over_s: int
    above: float | None


def parse(query: str) -> Count | Lines:
    """The query. Raises ParseError."""
    if not query.strip():
        raise ParseError("parse error : syntax error: unexpected $end")
    match = _COUNT.fullmatch(query)
    if match is None:
        return _lines(query)
    by, inner, number, unit, above = match.groups()
    labels = tuple(part.strip() for part in by.split(",") if part.strip())
    return Count(labels, _lines(inner), int(number) * _SECONDS[unit], float(above) if above else None)


def _lines(query: str) -> Lines:
    match = _LINES.fullmatch(query)
    if match is None:
        raise ParseError(f"parse error at line 1, col 1: syntax error: unexpected IDENTIFIER: {query[:40]}")
    pairs, rest = match.groups()
    matchers = _all(_PAIR, pairs)
    if not any(not matcher.holds({}) for matcher in matchers):
        raise ParseError(
            "parse error : queries require at least one regexp or equality matcher that does not have an "
            'empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will'
        )
    return Lines((*matchers, *_all(_STAGE, rest)))


def _all(pattern: re.Pattern[str], text: str) -> tuple[Matcher, ...]:
    found, at = [], 0
    while text[at:].strip():
        match = pattern.match(text, at)
        if match is None:
            raise ParseError(f"parse error at line 1, col {at + 1}: syntax error: unexpected {text[at:][:20].strip()}")
        try:
            found.append(parse_matcher(match[1]))
        except ValueError as error:
            raise ParseError(f"parse error : {error}") from None
        at = match.end()
    return tuple(found)
