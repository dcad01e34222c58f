"""Label matchers, as PromQL and Alertmanager write them: ``severity="critical"``, ``service=~"api.*"``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Labels = Mapping[str, str]

NAME = r"[a-zA-Z_][a-zA-Z0-9_]*"
_FORM = re.compile(rf"\s*({NAME})\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label. A regular expression is anchored at both ends; an absent label is ``""``."""

    name: str
    sign: str
    value: str

    def __post_init__(self) -> None:
        if self.sign in ("=~", "!~"):
            try:
                re.compile(self.value)
            except re.error as error:
                raise ValueError(f"error parsing regexp: {error}: `{self.value}`") from None

    def holds(self, labels: Labels) -> bool:
        """Whether ``labels`` fulfil it."""
        value = labels.get(self.name, "")
        match self.sign:
            case "=":
                return value == self.value
            case "!=":
                return value != self.value
        found = re.fullmatch(self.value, value, re.DOTALL) is not None
        return found if self.sign == "=~" else not found


def all_hold(matchers: tuple[Matcher, ...], labels: Labels) -> bool:
    """Whether ``labels`` fulfil all of them."""
    return all(matcher.holds(labels) for matcher in matchers)


def unquoted(text: str) -> str:
    """What a quoted string means, its quotes already taken off."""
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text)


def parse_matcher(text: str) -> Matcher:
    """A matcher as Alertmanager's ``filter`` takes it; the quotes may be left out.

    Raises:
        ValueError: with Alertmanager's own words.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"bad matcher format: {text}")
    name, sign, value = match.groups()
    if value.startswith('"') or value.endswith('"'):
        if not re.fullmatch(r'"(?:[^"\\]|\\.)*"', value, re.DOTALL):
            raise ValueError(f"matcher value contains unescaped double quote: {value}")
        value = unquoted(value[1:-1])
    return Matcher(name, sign, value)
