"""What a team may define otherwise: what tells of a problem first, what is after hours, one interruption, recurring."""

from __future__ import annotations

from datetime import timedelta

from oncall_tui.metrics.definitions import ONE_INTERRUPTION, RECURS_WITHIN
from oncall_tui.policy import Calendar
from oncall_tui.records import dataclass

NOTE, ALERT = "note", "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The definitions of docs/metrics.md where nothing else is given."""

    first_sign: frozenset[str] = frozenset({NOTE, ALERT})
    """What counts as detected from: a note ``began``, the first firing of its alerts, the earlier of both."""
    hours: Calendar | None = None
    """Outside its hours, its days, on its holidays a page is after hours; ``None``: the team's calendar."""
    one_interruption: timedelta = ONE_INTERRUPTION
    recurs_within: timedelta = RECURS_WITHIN


DEFAULT = Rules()
