"""From what was measured of incidents to the figures of a period. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from statistics import fmean, median

from oncall_tui.metrics.definitions import ONE_INTERRUPTION, RECURS_WITHIN
from oncall_tui.metrics.measured import Measured
from oncall_tui.metrics.periods import Period
from oncall_tui.metrics.rules import DEFAULT, Rules
from oncall_tui.policy import Calendar
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One metric of one period. ``value`` is ``None`` where there is nothing to measure: never a made-up zero."""

    value: float | None
    known: int = 0
    """On how much it was measured."""
    of: int = 0
    """Out of how much."""
    mean: float | None = None
    p90: float | None = None
    """Of lengths: nine of ten were no longer."""
    parts: dict[str, int] = field(default_factory=dict)


Figures = Mapping[str, Figure]
"""By the metric's id."""


class Sample:
    """Incidents with their pages, ready to be cut into periods.

    Args:
        measured: in the order of their triggers.
        recurring: for each whether it recurs.
    """

    def __init__(self, measured: Sequence[Measured], recurring: Sequence[bool]) -> None:
        self._measured = measured
        self._recurring = recurring
        self._times = [one.at for one in measured]
        self._pages = sorted(page for one in measured for page in one.pages)

    def within(self, period: Period) -> tuple[Sequence[Measured], int, Sequence[datetime]]:
        """The incidents that were triggered in the period, how many of them recur, and the pages in it: also those of
        incidents from before."""
        low, high = bisect_left(self._times, period.start), bisect_left(self._times, period.end)
        first, last = bisect_left(self._pages, period.start), bisect_left(self._pages, period.end)
        return self._measured[low:high], sum(self._recurring[low:high]), self._pages[first:last]


def recurrences(measured: Iterable[Measured], within: timedelta = RECURS_WITHIN) -> list[bool]:
    """For each incident, in the order of their triggers, whether it recurs."""
    last: dict[tuple[str, str], datetime] = {}
    found = []
    for one in measured:
        before = last.get(one.kind)
        found.append(before is not None and one.at - before <= within)
        last[one.kind] = one.at
    return found


def figures(
    sample: Sample,
    period: Period,
    *,
    alerts: int | None,
    calendar: Calendar,
    now: datetime,
    noise: int = 0,
    rules: Rules = DEFAULT,
) -> Figures:
    """The figures of a period.

    Args:
        alerts: how often alerts fired; ``None`` where that cannot be told.
        noise: how many groups of alerts that belong to no incident were judged as noise.
        now: what is due before it and not done is late.
    """
    these, recurring, pages = sample.within(period)
    hours = rules.hours or calendar
    return {
        "incident_detection_time": _lengths(these, lambda one: one.detect),
        "incident_acknowledgement_time": _lengths(these, lambda one: one.acknowledge),
        "on_call_response_time": _lengths(these, lambda one: one.respond),
        "incident_mitigation_time": _lengths(these, lambda one: one.mitigate),
        "incident_resolution_time": _lengths(these, lambda one: one.resolve),
        "incident_count_by_severity": _by_severity(these),
        "on_call_alerts_per_shift": _per_shift(alerts, period),
        "false_positive_rate": Figure(
            value=sum(one.noise for one in these) / len(these) if these else None,
            known=sum(one.judged for one in these),
            of=len(these),
            parts={"alerts": noise},
        ),
        "on_call_interruptions": _per_shift(interruptions(pages, rules.one_interruption), period),
        "after_hours_pages": _count(sum(not hours.is_business_time(page) for page in pages), len(pages)),
        "weekend_incidents": _count(sum(_is_weekend(one.at, calendar) for one in these), len(these)),
        "postmortems_completed": _postmortems(these, now),
        "action_items_completed": _count(sum(one.items_done for one in these), sum(one.items for one in these)),
        "recurring_incidents": _count(recurring, len(these)),
    }


def _count(value: int, of: int) -> Figure:
    return Figure(value=value, known=of, of=of)


def _per_shift(count: int | None, period: Period) -> Figure:
    if count is None:
        return Figure(value=None)
    return Figure(value=count / period.shifts, known=count, of=count, parts={"count": count})


def _lengths(these: Sequence[Measured], length: Callable[[Measured], float | None]) -> Figure:
    found = sorted(seconds for one in these if (seconds := length(one)) is not None)
    if not found:
        return Figure(value=None, of=len(these))
    return Figure(
        value=median(found),
        known=len(found),
        of=len(these),
        mean=fmean(found),
        p90=found[math.ceil(0.9 * len(found)) - 1],
    )


def _by_severity(these: Sequence[Measured]) -> Figure:
    counts = Counter(one.severity for one in these)
    parts = {**{f"sev{number}": counts[number] for number in (1, 2, 3, 4)}, "none": counts[None]}
    return Figure(value=len(these), known=len(these), of=len(these), parts=parts)


def interruptions(pages: Sequence[datetime], within: timedelta = ONE_INTERRUPTION) -> int:
    """How often pages, in order, interrupt: those within so long of the first of them once."""
    count, begun = 0, None
    for page in pages:
        if begun is None or page - begun >= within:
            count, begun = count + 1, page
    return count


def _is_weekend(moment: datetime, calendar: Calendar) -> bool:
    return moment.astimezone(calendar.zone).weekday() not in calendar.weekdays


def _postmortems(these: Sequence[Measured], now: datetime) -> Figure:
    owed = [one for one in these if one.owes_postmortem]
    open_ones = [one for one in owed if not one.postmortem_done]
    late = sum(one.postmortem_due is not None and one.postmortem_due < now for one in open_ones)
    return Figure(value=len(owed) - len(open_ones), known=len(owed), of=len(owed), parts={"overdue": late})
