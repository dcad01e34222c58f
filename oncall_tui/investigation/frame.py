"""The stretch of time that is looked at: from before an incident's first sign to its end. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from oncall_tui.model import Alert, Incident, TimelineEntry
from oncall_tui.model.ranges import Frame
from oncall_tui.policy.life import life

BEFORE = timedelta(minutes=30)
"""So long before the first sign it begins."""
WIDEST, NARROWEST = 6, -4
"""How often it can be widened and narrowed."""
_LONGEST = timedelta(days=7)
_SHORTEST = timedelta(minutes=5)
_POINTS = 120
_STEPS_S = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


def first_and_end(
    incident: Incident, timeline: Iterable[TimelineEntry], alerts: Iterable[Alert], joined: Iterable[datetime] = ()
) -> tuple[datetime, datetime | None]:
    """When the incident showed first (by a note, by its alerts, or by its trigger) and when it ended, if it has.

    Args:
        joined: when the monitors' alerts that belong to it fired first.
    """
    signs = [*(alert.first_at for alert in alerts), *joined]
    its_life = life(incident, tuple(timeline), min(signs, default=None))
    return its_life.began or its_life.triggered, its_life.resolved


def frame_around(first: datetime, resolved: datetime | None, now: datetime, width: int = 0) -> Frame:
    """The frame.

    Args:
        first: the first sign.
        resolved: its end; ``None`` while it lasts.
        now: nothing is known of what comes after it.
        width: 0 from half an hour before the first sign to the end; each step up looks twice as far around, each step
            down half as far before, and at a quarter of what followed.
    """
    width = max(NARROWEST, min(WIDEST, width))
    start, end = first - before_of(width), min(resolved or now, now)
    if width >= 0:
        end = min(now, end + before_of(width) - BEFORE)
    else:
        end = min(now, first + max((end - first) / (1 << -2 * width), _SHORTEST))
    end = max(end, start + _SHORTEST)
    if end - start > _LONGEST:
        end = start + _LONGEST
    return Frame(start=_whole(start), end=_whole(end))


def before_of(width: int) -> timedelta:
    """How long before the first sign a frame of that width begins."""
    return BEFORE * (1 << width) if width >= 0 else BEFORE / (1 << -width)


def _whole(moment: datetime) -> datetime:
    """The second: what is asked twice is asked alike."""
    return moment.replace(microsecond=0)


def step_of(frame: Frame) -> timedelta:
    """The step at which a frame has some 120 values at most."""
    wanted = frame.length.total_seconds() / _POINTS
    return timedelta(seconds=next((step for step in _STEPS_S if step >= wanted), _STEPS_S[-1]))
