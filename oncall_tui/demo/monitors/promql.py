"""A small, honest part of PromQL: what a health board asks for. Everything else is a parse error, not a guess.

Understood: numbers, ``time()``, selectors with matchers, ``selector[1h]``, ``count_over_time``, ``last_over_time``,
``max_over_time``, ``min_over_time``, ``avg_over_time`` of one, ``vector``, aggregations ``sum avg min max count``
with ``by (…)``, arithmetic and comparison (with ``bool``) where one side is a number, parentheses, a sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from oncall_tui.demo.monitors import evaluate
from oncall_tui.demo.monitors.evaluate import AGGREGATIONS, COMPARISONS, OVER_TIME, Expression
from oncall_tui.demo.monitors.matchers import NAME, Matcher, unquoted

_MAX_CHARACTERS = 4000
_MAX_DEPTH = 40


class QueryError(ValueError):
    """The expression is refused, in Prometheus's words; ``position`` counts from 1."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(f"1:{position}: parse error: {message}")


_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![a-zA-Z_0-9]))
    |(?P<duration>(?:\d+[smhdw])+)
    |(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<sign>=~|!~|!=|==|>=|<=|[-+*/<>=(){}\[\],]))""",
    re.VERBOSE | re.ASCII,
)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds_of(duration: str) -> float:
    """``1h30m`` in seconds."""
    return float(sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+)([smhdw])", duration)))


@lru_cache(maxsize=512)
def parse(text: str) -> Expression:
    """The expression that ``text`` is.

    Raises:
        QueryError: it is none, or one beyond this part of PromQL.
    """
    if len(text) > _MAX_CHARACTERS:
        raise QueryError(1, "the expression is too long")
    return _Parser(text).whole()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            start = len(text) - len(text[place:].lstrip())
            raise QueryError(start + 1, f"unexpected character: {text[start]!r}")
        kind = match.lastgroup or ""
        yield _Token(kind, match[kind], match.start(kind) + 1)
        place = match.end()


class _Parser:
    """Recursive descent over the tokens, one method for each binding strength."""

    def __init__(self, text: str) -> None:
        self._tokens = [*_tokens(text), _Token("end", "", len(text) + 1)]
        self._next = 0
        self._depth = 0

    def whole(self) -> Expression:
        if self._here.kind == "end":
            raise QueryError(1, "no expression found in input")
        expression = self._comparison()
        if self._here.kind != "end":
            self._fail("")
        return expression

    # -- tokens ------------------------------------------------------------------------------------------------

    @property
    def _here(self) -> _Token:
        return self._tokens[self._next]

    def _accept(self, *texts: str) -> _Token | None:
        token = self._here
        if token.text not in texts or token.kind not in ("sign", "name"):
            return None
        self._next += 1
        return token

    def _take(self, kind: str, where: str) -> _Token:
        token = self._here
        if token.kind != kind:
            self._fail(where)
        self._next += 1
        return token

    def _need(self, text: str, where: str) -> None:
        if self._accept(text) is None:
            self._fail(where)

    def _fail(self, where: str) -> NoReturn:
        token = self._here
        what = "end of input" if token.kind == "end" else f'"{token.text}"'
        raise QueryError(token.position, f"unexpected {what}{where}")

    # -- operators, loosest first ------------------------------------------------------------------------------

    def _comparison(self) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise QueryError(self._here.position, "nested too deeply")
        left = self._sum()
        while (sign := self._accept(*COMPARISONS)) is not None:
            as_bool = self._accept("bool") is not None
            right = self._sum()
            _check_operands(left, sign, right)
            if left.kind == right.kind and not as_bool:
                raise QueryError(sign.position, "comparisons between scalars must use BOOL modifier")
            left = evaluate.compared(left, sign.text, right, as_bool=as_bool)
        self._depth -= 1
        return left

    def _sum(self) -> Expression:
        left = self._product()
        while (sign := self._accept("+", "-")) is not None:
            left = _calculated(left, sign, self._product())
        return left

    def _product(self) -> Expression:
        left = self._signed()
        while (sign := self._accept("*", "/")) is not None:
            left = _calculated(left, sign, self._signed())
        return left

    def _signed(self) -> Expression:
        sign = self._accept("-", "+")
        if sign is None or sign.text == "+":
            return self._atom()
        return _calculated(evaluate.number(-1.0), _Token("sign", "*", sign.position), self._atom())

    def _atom(self) -> Expression:
        token = self._here
        if token.kind == "number":
            self._next += 1
            return evaluate.number(float(token.text))
        if token.kind == "name":
            self._next += 1
            return self._named(token)
        if self._accept("(") is not None:
            inner = self._comparison()
            self._need(")", " in parentheses")
            return inner
        if token.text != "{":
            self._fail("")
        return self._selector(token, [])

    def _named(self, name: _Token) -> Expression:
        if name.text in AGGREGATIONS and self._here.text in ("(", "by"):
            return self._aggregation(name)
        if self._accept("(") is not None:
            return self._function(name)
        if name.text.lower() in ("inf", "nan"):
            return evaluate.number(float(name.text))
        return self._selector(name, [Matcher("__name__", "=", name.text)])

    def _selector(self, start: _Token, matchers: list[Matcher]) -> Expression:
        if self._accept("{") is not None:
            matchers += self._matchers()
        chosen = tuple(matchers)
        if all(matcher.holds({}) for matcher in chosen):
            raise QueryError(start.position, "vector selector must contain at least one non-empty matcher")
        if self._accept("[") is None:
            return evaluate.selected(chosen)
        length = self._take("duration", " in duration")
        self._need("]", " in duration")
        return evaluate.windowed(chosen, seconds_of(length.text))

    def _matchers(self) -> Iterator[Matcher]:
        where = " inside braces"
        while self._accept("}") is None:
            name = self._take("name", where)
            sign = self._accept("=", "!=", "=~", "!~")
            if sign is None or not re.fullmatch(NAME, name.text):
                self._fail(where)
            value = self._take("string", where)
            try:
                yield Matcher(name.text, sign.text, unquoted(value.text[1:-1]))
            except ValueError as error:
                raise QueryError(value.position, str(error)) from None
            if self._accept(",") is None and self._here.text != "}":
                self._fail(where)

    # -- functions ---------------------------------------------------------------------------------------------

    def _function(self, name: _Token) -> Expression:
        where = f" in call to function {name.text}"
        if name.text == "time":
            self._need(")", where)
            return evaluate.present()
        if name.text not in OVER_TIME and name.text != "vector":
            raise QueryError(name.position, f'unknown function with name "{name.text}"')
        position = self._here.position
        inner = self._comparison()
        self._need(")", where)
        wanted = "scalar" if name.text == "vector" else "matrix"
        if inner.kind != wanted:
            called = {"matrix": "range vector", "vector": "instant vector", "scalar": "scalar"}
            message = f'expected type {called[wanted]} in call to function "{name.text}", got {called[inner.kind]}'
            raise QueryError(position, message)
        return evaluate.as_vector(inner) if name.text == "vector" else evaluate.over_time(name.text, inner)

    def _aggregation(self, name: _Token) -> Expression:
        by = self._labels_by()
        self._need("(", " in aggregation")
        position = self._here.position
        inner = self._comparison()
        self._need(")", " in aggregation")
        if inner.kind != "vector":
            raise QueryError(position, f"expected type instant vector in aggregation expression, got {inner.kind}")
        return evaluate.aggregated(name.text, inner, by or self._labels_by())

    def _labels_by(self) -> tuple[str, ...]:
        if self._accept("by") is None:
            return ()
        where = " in grouping opts"
        self._need("(", where)
        names: list[str] = []
        while self._accept(")") is None:
            names.append(self._take("name", where).text)
            if self._accept(",") is None and self._here.text != ")":
                self._fail(where)
        return tuple(names)


def _check_operands(left: Expression, sign: _Token, right: Expression) -> None:
    if "matrix" in (left.kind, right.kind):
        raise QueryError(sign.position, "binary expression must contain only scalar and instant vector types")
    if left.kind == right.kind == "vector":
        raise QueryError(sign.position, "one side of an operator must be a number here")


def _calculated(left: Expression, sign: _Token, right: Expression) -> Expression:
    _check_operands(left, sign, right)
    return evaluate.calculated(left, sign.text, right)
