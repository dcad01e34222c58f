"""Log lines that differ only in their numbers, ids and times are one pattern. Pure.

Linear in what is read, and bounded: of a long line only its beginning counts, and beyond so many patterns the rest is
counted as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from oncall_tui.model.ranges import LogLine
from oncall_tui.records import dataclass

MOST = 200
"""Patterns that are told apart."""
_COUNTED = 240
"""Characters of a line by which it is told apart."""
_PLACEHOLDER = "‹…›"
_VARIES = re.compile(
    r"""
      \d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?   # a time
    | \b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b                  # a uuid
    | \b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b                                      # an address
    | \b0x[0-9a-fA-F]+\b
    | \b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{6,}\b             # a hash
    | (?<![A-Za-z_])[-+]?\d+(?:[.,:]\d+)*                                       # a number, a time of day
    """,
    re.VERBOSE | re.ASCII,
)
_BLANKS = re.compile(r"\s+")
_LEVEL = re.compile(r"\b(?:level|lvl|severity)=\"?(\w{1,12})|\b(FATAL|CRITICAL|ERROR|WARN(?:ING)?|INFO|DEBUG)\b", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Lines of one kind. ``text`` has :data:`‹…›` where they differ; ``example`` is the newest."""

    text: str
    count: int
    first_at: datetime
    last_at: datetime
    example: str
    level: str = ""
    """As the newest says it, in lower case; empty: it does not."""
    is_rest: bool = False
    """All that were beyond :data:`MOST` patterns."""


@dataclass(slots=True)
class _Group:
    count: int
    first_at: datetime
    last: LogLine


def patterns(lines: Iterable[LogLine]) -> tuple[Pattern, ...]:
    """The patterns of these lines, the most frequent first; what had no place of its own comes last."""
    groups: dict[str, _Group] = {}
    rest: _Group | None = None
    for line in lines:
        key = pattern_of(line.text)
        group = groups.get(key)
        if group is None and len(groups) < MOST:
            groups[key] = _Group(1, line.at, line)
        elif group is not None:
            _add(group, line)
        elif rest is None:
            rest = _Group(1, line.at, line)
        else:
            _add(rest, line)
    found = [_pattern(key, group) for key, group in groups.items()]
    found.sort(key=lambda one: (-one.count, -one.last_at.timestamp(), one.text))
    if rest is not None:
        found.append(_pattern("lines of other kinds", rest, is_rest=True))
    return tuple(found)


def pattern_of(text: str) -> str:
    """A line without what varies from one to the next."""
    return _BLANKS.sub(" ", _VARIES.sub(_PLACEHOLDER, text[:_COUNTED])).strip() or "(an empty line)"


def _add(group: _Group, line: LogLine) -> None:
    group.count += 1
    if line.at < group.first_at:
        group.first_at = line.at
    if line.at > group.last.at:
        group.last = line


def _pattern(text: str, group: _Group, *, is_rest: bool = False) -> Pattern:
    return Pattern(
        text=text,
        count=group.count,
        first_at=group.first_at,
        last_at=group.last.at,
        example=group.last.text,
        level="" if is_rest else level_of(group.last),
        is_rest=is_rest,
    )


def level_of(line: LogLine) -> str:
    """How bad a line says that it is: by its labels, else by its own words; in lower case, empty where neither does."""
    for label in ("detected_level", "level", "severity"):
        if line.labels.get(label):
            return line.labels[label].casefold()[:12]
    match = _LEVEL.search(line.text[:_COUNTED])
    return (match[1] or match[2]).casefold() if match is not None else ""
