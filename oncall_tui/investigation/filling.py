"""Queries and addresses with places to fill: what goes in cannot change what is asked. Pure.

A place is a name in braces, ``{service}``, ``{region}``. Within quotes the value is escaped as the query languages do
it, behind a matching operator (``=~``, ``|~``) as a regular expression that means just it. Outside of quotes only plain
words are taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from oncall_tui.clock import iso
from oncall_tui.model.ranges import Frame

MOST_VALUES = 10
"""Values of one name that a regular expression is made of."""
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,99})\}", re.ASCII)
_TOKEN = re.compile(
    r"""(?P<quoted>(?P<operator>(?:=~|!~|\|~)\s*)?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`))
    |(?P<place>\{[A-Za-z_][A-Za-z0-9_]{0,99}\})""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_PLAIN = re.compile(r"[\w.:/-]{1,200}", re.ASCII)
_REGEX = re.compile(r"([\\.+*?()|\[\]{}^$])")

Values = Mapping[str, Sequence[str]]
"""Name -> its values, the likeliest first."""


class Unfilled(Exception):
    """A place cannot be filled; ``str()`` is one line that says why."""


def fill(query: str, values: Values) -> str:
    """The query with its places filled.

    Raises:
        Unfilled: a name has no value, or one that cannot stand there.
    """

    def filled(match: re.Match[str]) -> str:
        if match["place"] is not None:
            return _bare(match["place"][1:-1], values)
        head = match["operator"] or ""
        text = match["quoted"][len(head) :]
        mark = text[0]
        return head + mark + _PLACE.sub(lambda place: _quoted(place[1], values, mark, bool(head)), text[1:-1]) + mark

    return _TOKEN.sub(filled, query)


def fill_link(template: str, values: Values, frame: Frame) -> str:
    """The address with its places filled, each as one part of a path or a query.

    Raises:
        Unfilled: a name has no value, or what comes out is no address.
    """
    times = _times(frame)
    address = _PLACE.sub(
        lambda place: times[place[1]] if place[1] in times else quote(_value(place[1], values), safe=""), template
    )
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or not address.isascii() or " " in address:
        raise Unfilled("no http(s) address comes out")
    return address


def places(template: str) -> frozenset[str]:
    """The names of a query's or an address's places."""
    return frozenset(_PLACE.findall(template))


def _times(frame: Frame) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, moment in (("from", frame.start), ("to", frame.end)):
        seconds = int(moment.timestamp())
        found |= {
            f"{name}_s": str(seconds),
            f"{name}_ms": str(seconds * 1000),
            f"{name}_us": str(seconds * 1_000_000),
            f"{name}_iso": quote(iso(_utc(moment)), safe=""),
        }
    return found


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _value(name: str, values: Values) -> str:
    found = values.get(name, ())
    if not found:
        why = "the incident has no service" if name == "service" else f"none of its alerts has the label {name}"
        raise Unfilled(why)
    return found[0]


def _bare(name: str, values: Values) -> str:
    value = _value(name, values)
    if not _PLAIN.fullmatch(value):
        raise Unfilled(f"{name} is no plain word: the place belongs within quotes")
    return value


def _quoted(name: str, values: Values, mark: str, is_regex: bool) -> str:
    first = _value(name, values)
    value = first
    if is_regex:
        several = [_REGEX.sub(r"\\\1", one) for one in values[name][:MOST_VALUES]]
        value = several[0] if len(several) == 1 else f"({'|'.join(several)})"
    if mark == "`":
        if "`" in value:
            raise Unfilled(f"{name} holds a backtick: the place belongs within other quotes")
        return value
    return value.replace("\\", "\\\\").replace(mark, f"\\{mark}").replace("\n", "\\n")
