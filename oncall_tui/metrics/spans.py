"""What the metrics screen shows: the shift, the last seven days, the last thirty; and those before. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from oncall_tui.metrics.periods import By, shift_edges

Span = Literal["shift", "week", "month"]
SPANS: tuple[Span, ...] = ("shift", "week", "month")
DAYS: dict[Span, int] = {"week": 7, "month": 30}
"""Whole days of the calendar's zone, today the last of them."""
SHIFTS = 14
"""So many shifts are drawn beside the figures of one."""
_LEAST = timedelta(minutes=1)


def stretch(
    span: Span, back: int, *, now: datetime, zone: tzinfo, shift: timedelta, anchor: datetime
) -> tuple[datetime, datetime]:
    """From when to when, UTC: the span that ``now`` lies in (up to now), or the whole one ``back`` spans before it.

    Args:
        zone: of the team's calendar.
        anchor: when some shift began.
    """
    if span == "shift":
        return _shifts(back, 1, now, zone, shift, anchor)
    days = DAYS[span]
    last = now.astimezone(zone).date() - timedelta(days=days * back)
    start = _midnight(last - timedelta(days=days - 1), zone)
    end = now if back == 0 else _midnight(last + timedelta(days=1), zone)
    return start, max(end, start + _LEAST)


def drawn(
    span: Span, back: int, *, now: datetime, zone: tzinfo, shift: timedelta, anchor: datetime
) -> tuple[datetime, datetime, By]:
    """From when to when it is drawn, and in which parts: the days of the stretch, or its shift and those before."""
    if span == "shift":
        return *_shifts(back, SHIFTS, now, zone, shift, anchor), "shift"
    return *stretch(span, back, now=now, zone=zone, shift=shift, anchor=anchor), "day"


def _shifts(
    back: int, count: int, now: datetime, zone: tzinfo, shift: timedelta, anchor: datetime
) -> tuple[datetime, datetime]:
    edges = shift_edges(now - (back + count + 2) * shift, now + _LEAST, zone, shift, anchor)
    this = max(number for number, edge in enumerate(edges) if edge <= now)
    start = edges[max(0, this - back - count + 1)]
    end = now if back == 0 else edges[this - back + 1]
    return start, max(end, start + _LEAST)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
