"""What a query's parts do with the samples: the values of PromQL, its arithmetic, comparisons and foldings."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from oncall_tui.demo.monitors.matchers import Labels, Matcher

Point = tuple[float, float]
"""Unix seconds and value."""


class Storage(Protocol):
    """Where series come from."""

    def instant(self, matchers: tuple[Matcher, ...], at: float) -> list[tuple[Labels, float]]:
        """Each matching series with its value at ``at``, staleness counted."""
        ...

    def window(self, matchers: tuple[Matcher, ...], start: float, end: float) -> list[tuple[Labels, list[Point]]]:
        """Each matching series with its samples after ``start`` up to ``end``."""
        ...


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number without labels."""

    value: float


@dataclass(frozen=True, slots=True)
class Vector:
    """One value for each of several series."""

    samples: tuple[tuple[Labels, float], ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Several values for each of several series."""

    series: tuple[tuple[Labels, tuple[Point, ...]], ...]


Result = Scalar | Vector | Matrix
Evaluate = Callable[[Storage, float], Result]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its type (``scalar``, ``vector``, ``matrix``) and how it is evaluated at a time."""

    kind: str
    at: Evaluate


ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: a / b if b else math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a),
}
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
OVER_TIME: Mapping[str, Callable[[list[float]], float]] = {
    "count_over_time": lambda values: float(len(values)),
    "last_over_time": lambda values: values[-1],
    "max_over_time": max,
    "min_over_time": min,
    "avg_over_time": lambda values: sum(values) / len(values),
}
AGGREGATIONS: Mapping[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "avg": lambda values: math.fsum(values) / len(values),
    "min": min,
    "max": max,
    "count": lambda values: float(len(values)),
}


def number(value: float) -> Expression:
    """A literal."""
    return Expression("scalar", lambda storage, at: Scalar(value))


def present() -> Expression:
    """``time()``."""
    return Expression("scalar", lambda storage, at: Scalar(at))


def selected(matchers: tuple[Matcher, ...]) -> Expression:
    """An instant selector."""
    return Expression("vector", lambda storage, at: Vector(tuple(storage.instant(matchers, at))))


def windowed(matchers: tuple[Matcher, ...], seconds: float) -> Expression:
    """A range selector of that length."""

    def window(storage: Storage, at: float) -> Matrix:
        found = storage.window(matchers, at - seconds, at)
        return Matrix(tuple((labels, tuple(points)) for labels, points in found if points))

    return Expression("matrix", window)


def as_vector(inner: Expression) -> Expression:
    """``vector(…)`` of a scalar."""
    return Expression("vector", lambda storage, at: Vector((({}, _scalar(inner, storage, at)),)))


def over_time(name: str, inner: Expression) -> Expression:
    """``count_over_time(…)`` and its kin, of a range."""
    fold, keeps_name = OVER_TIME[name], name == "last_over_time"

    def folded(storage: Storage, at: float) -> Vector:
        matrix = inner.at(storage, at)
        series = matrix.series if isinstance(matrix, Matrix) else ()
        return Vector(
            tuple(
                (labels if keeps_name else _nameless(labels), fold([value for _, value in points]))
                for labels, points in series
            )
        )

    return Expression("vector", folded)


def aggregated(name: str, inner: Expression, by: tuple[str, ...]) -> Expression:
    """``sum by (…) (…)`` and its kin."""
    fold = AGGREGATIONS[name]

    def grouped(storage: Storage, at: float) -> Vector:
        groups: dict[tuple[tuple[str, str], ...], list[float]] = {}
        for labels, value in _samples(inner, storage, at):
            groups.setdefault(tuple((one, labels[one]) for one in by if one in labels), []).append(value)
        return Vector(tuple((dict(group), fold(values)) for group, values in groups.items()))

    return Expression("vector", grouped)


def calculated(left: Expression, sign: str, right: Expression) -> Expression:
    """``left * right``: at most one side is a vector."""
    calculate = ARITHMETIC[sign]
    if left.kind == right.kind:
        return Expression(
            "scalar", lambda storage, at: Scalar(calculate(_scalar(left, storage, at), _scalar(right, storage, at)))
        )

    def each(storage: Storage, at: float) -> Vector:
        return Vector(
            tuple((_nameless(labels), calculate(*pair)) for labels, _, pair in _pairs(left, right, storage, at))
        )

    return Expression("vector", each)


def compared(left: Expression, sign: str, right: Expression, *, as_bool: bool) -> Expression:
    """``left > right``: a filter of the vector's samples, or with ``bool`` a 0 or 1 for each."""
    compare = COMPARISONS[sign]
    if left.kind == right.kind:
        return Expression(
            "scalar",
            lambda storage, at: Scalar(float(compare(_scalar(left, storage, at), _scalar(right, storage, at)))),
        )

    def each(storage: Storage, at: float) -> Vector:
        found = [(labels, value, compare(*pair)) for labels, value, pair in _pairs(left, right, storage, at)]
        if as_bool:
            return Vector(tuple((_nameless(labels), float(holds)) for labels, _, holds in found))
        return Vector(tuple((labels, value) for labels, value, holds in found if holds))

    return Expression("vector", each)


def _pairs(
    left: Expression, right: Expression, storage: Storage, at: float
) -> list[tuple[Labels, float, tuple[float, float]]]:
    """Of each sample of the side that is a vector: labels, value, and both operands in their order."""
    if left.kind == "vector":
        other = _scalar(right, storage, at)
        return [(labels, value, (value, other)) for labels, value in _samples(left, storage, at)]
    other = _scalar(left, storage, at)
    return [(labels, value, (other, value)) for labels, value in _samples(right, storage, at)]


def _nameless(labels: Labels) -> Labels:
    return {name: value for name, value in labels.items() if name != "__name__"}


def _scalar(expression: Expression, storage: Storage, at: float) -> float:
    result = expression.at(storage, at)
    return result.value if isinstance(result, Scalar) else math.nan


def _samples(expression: Expression, storage: Storage, at: float) -> tuple[tuple[Labels, float], ...]:
    result = expression.at(storage, at)
    return result.samples if isinstance(result, Vector) else ()
