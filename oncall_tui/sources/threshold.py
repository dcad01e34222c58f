"""Limits of health checks as the config writes them: ``> 5``, ``>= 5 %``, ``< 0.99``, ``> 800ms``. Pure."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from oncall_tui.records import dataclass

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_SECONDS: Mapping[str, float] = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}
_FORM = re.compile(
    r"\s*(>=|<=|==|!=|>|<)\s*"
    r"([+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][+-]?\d{1,3})?)\s*"
    r"([A-Za-z%°µ€$][A-Za-z%°µ€$/_^*·-]{0,15})?\s*",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """One limit. ``unit`` is as written, ``None`` where none was: the limit is in the measured value's own unit."""

    sign: str
    value: float
    unit: str | None = None

    pattern = r"^\s*(>=|<=|==|!=|>|<)\s*[+-]?[\d.]"

    @classmethod
    def from_text(cls, text: str) -> Threshold:
        """As :func:`parse`: a config field may have this type."""
        return parse(text)

    def holds(self, value: float) -> bool:
        """Whether ``value``, in this threshold's unit, crosses it. Never for NaN."""
        return not math.isnan(value) and _OPERATORS[self.sign](value, self.value)

    def in_unit(self, unit: str | None) -> Threshold:
        """The same limit for values measured in ``unit``: ``> 1.2s`` in ``ms`` is ``> 1200ms``.

        Raises:
            ValueError: both have a unit, they differ, and are not both times.
        """
        if self.unit is None or unit is None or self.unit == unit:
            return replace(self, unit=unit or self.unit)
        if self.unit not in _SECONDS or unit not in _SECONDS:
            raise ValueError(f"the limit is in {self.unit}, the value in {unit}")
        seconds = self.value * _SECONDS[self.unit]
        return replace(self, value=float(f"{seconds / _SECONDS[unit]:.12g}"), unit=unit)

    def worst(self, first: float, second: float) -> float:
        """The one of two values that lies further on the bad side; for ``==`` and ``!=`` one that holds."""
        if self.sign in (">", ">="):
            return max(first, second)
        if self.sign in ("<", "<="):
            return min(first, second)
        return first if self.holds(first) else second

    def __str__(self) -> str:
        space = " " if self.unit and self.unit not in _SECONDS and self.unit != "%" else ""
        return f"{self.sign} {self.value:g}{space}{self.unit or ''}"


def parse(text: str) -> Threshold:
    """``"> 800ms"`` as a threshold: a comparison (``> >= < <= == !=``), a number, perhaps a unit.

    Raises:
        ValueError: none of these; one line that shows the form.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"not a limit: {text[:40]!r} (write '> 5', '>= 5 %', '< 0.99', '> 800ms')")
    value = float(match[2])
    if not math.isfinite(value):
        raise ValueError(f"not a limit: {text[:40]!r} is beyond every number")
    return Threshold(match[1], value, match[3])
