"""The stretches of time that are measured: the period, the one before it, and its shifts, weeks or months. Pure.

Shifts, weeks and months begin by the clock on the wall of the team's calendar, so the one in which the clocks change is
an hour shorter or longer and none begins an hour late ever after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Literal

from oncall_tui.records import dataclass

By = Literal["severity", "service", "person", "shift", "day", "week", "month"]
BY_TIME = frozenset({"shift", "day", "week", "month"})
"""Those that cut a period into stretches of time."""
MOST = 1000
"""Shifts, days, weeks or months in one report."""


class PeriodError(ValueError):
    """That period cannot be reported on; one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From ``start`` to ``end`` (UTC), which are so many ``shifts`` (never under one: half a shift is not doubled)."""

    start: datetime
    end: datetime
    shifts: float
    label: str = ""

    def holds(self, moment: datetime) -> bool:
        """Whether ``moment`` lies in it."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured. ``parts`` are the period's shifts, days, weeks or months, oldest first; empty for other
    ``by``."""

    period: Period
    before: Period
    by: By | None
    parts: tuple[Period, ...]
    zone: tzinfo


def plan(
    since: datetime,
    until: datetime,
    *,
    by: By | None,
    zone: tzinfo,
    shift: timedelta,
    anchor: datetime,
) -> Plan:
    """The stretches of a report from ``since`` to ``until``.

    Args:
        zone: of the team's calendar.
        shift: how long a shift is.
        anchor: when some shift began.

    Raises:
        PeriodError: it ends before it begins, or holds more than :data:`MOST` parts.
    """
    if until <= since:
        raise PeriodError("the period ends before it begins: see --since and --until")
    parts = tuple(_parts(since, until, by, zone, shift, anchor))
    return Plan(
        period=_period(since, until, shift),
        before=_period(since - (until - since), since, shift),
        by=by,
        parts=parts,
        zone=zone,
    )


def _period(start: datetime, end: datetime, shift: timedelta, label: str = "") -> Period:
    return Period(start=start, end=end, shifts=max(1.0, (end - start) / shift), label=label)


def _parts(
    since: datetime, until: datetime, by: By | None, zone: tzinfo, shift: timedelta, anchor: datetime
) -> Iterator[Period]:
    match by:
        case "shift":
            if (until - since) / shift > MOST:
                raise PeriodError(f"more than {MOST} shifts in that period: give a shorter one, or --by week")
            edges: Iterable[datetime] = shift_edges(since, until, zone, shift, anchor)
        case "day":
            if until - since > timedelta(days=MOST):
                raise PeriodError(f"more than {MOST} days in that period: give a shorter one, or --by week")
            edges = _days(since, until, zone)
        case "week" | "month":
            if until - since > timedelta(days=7 * MOST):
                raise PeriodError(f"more than {MOST} weeks in that period: give a shorter one")
            edges = _weeks(since, until, zone) if by == "week" else _months(since, until, zone)
        case _:
            return
    for low, high in pairwise(edges):
        start, end = max(low, since), min(high, until)
        local = low.astimezone(zone)
        label = (
            f"{local:%Y-%m}" if by == "month" else f"{local:%Y-%m-%d %H:%M}" if by == "shift" else f"{local:%Y-%m-%d}"
        )
        if end > start:
            yield (
                Period(start=start, end=end, shifts=1.0, label=label)
                if by == "shift"
                else _period(start, end, shift, label)
            )


def shift_edges(since: datetime, until: datetime, zone: tzinfo, shift: timedelta, anchor: datetime) -> list[datetime]:
    """When shifts begin, from the one that ``since`` lies in to the first that begins at or after ``until``: every
    ``shift`` on the wall clock, from ``anchor`` on and back."""
    wall = anchor.astimezone(zone).replace(tzinfo=None)
    number = (since.astimezone(zone).replace(tzinfo=None) - wall) // shift - 1
    while _at(wall + (number + 1) * shift, zone) <= since:
        number += 1
    edges = [_at(wall + number * shift, zone)]
    while edges[-1] < until:
        number += 1
        edge = _at(wall + number * shift, zone)
        # In the hour that clocks skip or repeat, a short shift's edge may not lie behind the one before.
        if edge > edges[-1]:
            edges.append(edge)
    return edges


def _at(wall: datetime, zone: tzinfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _days(since: datetime, until: datetime, zone: tzinfo, each: int = 1) -> Iterator[datetime]:
    day = since.astimezone(zone).date()
    while True:
        edge = _at(datetime.combine(day, time()), zone)
        yield edge
        if edge >= until:
            return
        day += timedelta(days=each)


def _weeks(since: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
    local = since.astimezone(zone)
    return _days(local - timedelta(days=local.weekday()), until, zone, 7)


def _months(since: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
    day = since.astimezone(zone).date().replace(day=1)
    while True:
        edge = _at(datetime.combine(day, time()), zone)
        yield edge
        if edge >= until:
            return
        day = (day + timedelta(days=32)).replace(day=1)
