"""As much JQL as searches for labels, projects, states and times need, with AND, OR, NOT and brackets."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

_TOKEN = re.compile(r'\s*(>=|<=|!=|=|>|<|\(|\)|,|"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^\s()=<>!,"\']+)')
_AGO = re.compile(r"-(\d+)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

Test = Callable[[dict[str, Any]], bool]
"""Whether an issue is found; of an issue: field in lower case -> text, list of texts, or time."""


class JqlError(Exception):
    """Why Jira does not take the query, in its words."""


class Query:
    """One search.

    Args:
        fields: what can be asked for, in lower case.
        now: what relative times count from.
    """

    def __init__(self, text: str, fields: frozenset[str], now: datetime) -> None:
        body, *order = re.split(r"\border\s+by\b", text, maxsplit=1, flags=re.IGNORECASE)
        self.newest_first = "desc" in " ".join(order).lower()
        self._fields = fields
        self._now = now
        self._tokens = _TOKEN.findall(body)
        self._at = 0
        if not self._tokens:
            raise JqlError("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
        self.holds = self._any()
        if self._at < len(self._tokens):
            raise JqlError(f"Error in the JQL Query: Expecting operator but got '{self._tokens[self._at]}'.")

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            raise JqlError("Error in the JQL Query: Expecting either a value, list or function at the end.")
        self._at += 1
        return token

    def _any(self) -> Test:
        tests = [self._all()]
        while self._peek().lower() == "or":
            self._at += 1
            tests.append(self._all())
        return lambda issue: any(test(issue) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._peek().lower() == "and":
            self._at += 1
            tests.append(self._one())
        return lambda issue: all(test(issue) for test in tests)

    def _one(self) -> Test:
        if self._peek().lower() == "not":
            self._at += 1
            negated = self._one()
            return lambda issue: not negated(issue)
        if self._peek() == "(":
            self._at += 1
            inner = self._any()
            if self._take() != ")":
                raise JqlError("Error in the JQL Query: Expecting ')' before the end of the query.")
            return inner
        return self._clause()

    def _clause(self) -> Test:
        field, sign = self._take(), self._take().lower()
        name = field.lower()
        if name not in self._fields:
            raise JqlError(f"Field '{field}' does not exist or you do not have permission to view it.")
        if sign == "in":
            values = frozenset(self._list())
            return lambda issue: bool(values & _words(issue.get(name)))
        value = _unquoted(self._take())
        if sign in ("=", "!="):
            wanted = sign == "="
            return lambda issue: (value.casefold() in _words(issue.get(name))) is wanted
        if sign in (">=", "<=", ">", "<"):
            return self._compared(name, sign, value)
        raise JqlError(f"Error in the JQL Query: Expecting operator but got '{sign}'.")

    def _list(self) -> list[str]:
        if self._take() != "(":
            raise JqlError("Error in the JQL Query: Expecting '(' after 'in'.")
        values = []
        while (word := self._take()) != ")":
            if word != ",":
                values.append(_unquoted(word).casefold())
        return values

    def _compared(self, name: str, sign: str, value: str) -> Test:
        match = _AGO.fullmatch(value)
        if match is None:
            raise JqlError(f"Date value '{value}' for field '{name}' is invalid.")
        moment = self._now - timedelta(**{_UNITS[match[2]]: int(match[1])})
        after = sign.startswith(">")

        def holds(issue: dict[str, Any]) -> bool:
            at = issue.get(name)
            return isinstance(at, datetime) and (at >= moment if after else at <= moment)

        return holds


def _unquoted(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token[:1] in ('"', "'") else token


def _words(value: Any) -> frozenset[str]:
    many = value if isinstance(value, list | tuple) else [value]
    return frozenset(one.casefold() for one in many if isinstance(one, str))
