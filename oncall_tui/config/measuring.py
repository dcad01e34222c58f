"""Options of how metrics are measured, where the handbook leaves it open."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from oncall_tui.config.options import Hours, at_least, opt, some
from oncall_tui.records import dataclass


@dataclass(frozen=True, kw_only=True)
class MetricsOptions:
    """What counts as detected, as after hours, as one interruption, as recurring."""

    first_sign: tuple[Literal["note", "alert"], ...] = opt(
        ("note", "alert"), help="from what detection is counted: the earlier of these", check=some
    )
    working_hours: Hours | None = opt(None, help="a page outside of them is after hours; left out: the calendar's")
    interruption: timedelta = opt(
        timedelta(minutes=5), help="pages within so long of the first interrupt once", check=at_least(timedelta(0))
    )
    recurs: timedelta = opt(
        timedelta(days=30), help="one of the same kind within so long recurs", check=at_least(timedelta(hours=1))
    )
