"""What the queries of an incident's time frame gave. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from itertools import pairwise
from math import floor
from typing import Literal

from oncall_tui.investigation.patterns import Pattern, patterns
from oncall_tui.model import Change
from oncall_tui.model.ranges import Frame, LinesFound, Series, SeriesFound
from oncall_tui.policy.conclusions import Conclusions
from oncall_tui.records import dataclass

MOST_SERIES = 6
"""Series of one query that are shown, those with the greatest values."""
MOST_PATTERNS = 8
"""Patterns of one query that are shown, the most frequent."""
BUCKETS = 60
"""Values of a series that are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query or link as it is asked: filled, and of whom."""

    name: str
    kind: Literal["metric", "logs", "link"]
    text: str
    source: str = ""
    unit: str | None = None
    datasource: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One series over the frame: the plain figures of its values, and those in :data:`BUCKETS` even steps, the greatest
    of each (``None``: nothing was told)."""

    labels: Mapping[str, str]
    values: tuple[float | None, ...]
    low: float
    high: float
    last: float
    last_at: datetime
    high_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one query; of several parts only those of its kind are filled. ``problem``: why nothing did."""

    query: Query
    problem: str | None = None
    curves: tuple[Curve, ...] = ()
    more_series: int = 0
    """Series that are not among the curves."""
    patterns: tuple[Pattern, ...] = ()
    more_patterns: int = 0
    lines: int = 0
    """How many lines were read."""
    is_cut: bool = False
    """There are more lines than were read."""
    notes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """``metric``, ``logs`` or ``link``."""
        return self.query.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Investigation:
    """An incident's time frame looked at: ``asked_at`` is when its queries were."""

    incident_id: str
    frame: Frame
    width: int
    asked_at: datetime
    results: tuple[Result, ...] = ()
    changes: tuple[Change, ...] = ()
    """Near the frame, the newest first."""
    conclusions: Conclusions = field(default_factory=Conclusions)
    hint: str = ""
    """Why there is nothing to ask, and what helps."""


def of_series(query: Query, found: SeriesFound, frame: Frame) -> Result:
    """The result of a metric."""
    curves = [curve for one in found.series if (curve := curve_of(one, frame)) is not None]
    curves.sort(key=lambda one: (-one.high, sorted(one.labels.items())))
    return Result(
        query=query,
        curves=tuple(curves[:MOST_SERIES]),
        more_series=max(0, len(curves) - MOST_SERIES),
        notes=found.notes,
    )


def of_lines(query: Query, found: LinesFound) -> Result:
    """The result of a query of lines."""
    kinds = patterns(found.lines)
    return Result(
        query=query,
        patterns=kinds[:MOST_PATTERNS],
        more_patterns=max(0, len(kinds) - MOST_PATTERNS),
        lines=len(found.lines),
        is_cut=found.is_cut,
        notes=found.notes,
    )


def curve_of(series: Series, frame: Frame) -> Curve | None:
    """The curve of one series; ``None`` where it has no value in the frame."""
    points = [(at, value) for at, value in series.points if frame.start <= at <= frame.end]
    if not points:
        return None
    high_at, high = max(points, key=lambda point: point[1])
    last_at, last = points[-1]
    return Curve(
        labels=series.labels,
        values=_buckets(points, frame),
        low=min(value for _, value in points),
        high=high,
        last=last,
        last_at=last_at,
        high_at=high_at,
    )


def _buckets(points: Sequence[tuple[datetime, float]], frame: Frame) -> tuple[float | None, ...]:
    """Where there are fewer values than buckets, each holds until the next, over a gap of a few steps at most."""
    length = frame.length.total_seconds() or 1.0
    found: list[float | None] = [None] * BUCKETS
    for at, value in points:
        place = min(BUCKETS - 1, floor((at - frame.start).total_seconds() / length * BUCKETS))
        held = found[place]
        found[place] = value if held is None else max(held, value)
    steps = [(after[0] - before[0]).total_seconds() for before, after in pairwise(points)]
    reach = int(2 * min(steps) / length * BUCKETS) if steps else 0
    last, since = None, 0
    for place, held in enumerate(found):
        if held is not None:
            last, since = held, 0
        elif last is not None and since < reach:
            found[place] = last
            since += 1
    return tuple(found)


def shrunk(values: Sequence[float | None], cells: int) -> tuple[float | None, ...]:
    """The values in at most so many steps, the greatest of each."""
    if cells <= 0 or len(values) <= cells:
        return tuple(values)
    found: list[float | None] = []
    for number in range(cells):
        part = values[number * len(values) // cells : (number + 1) * len(values) // cells]
        known = [value for value in part if value is not None]
        found.append(max(known) if known else None)
    return tuple(found)
