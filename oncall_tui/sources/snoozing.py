"""What a page that was read back says of a snooze: whose it is, and whether it is quiet as long as was wanted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from oncall_tui.records import dataclass
from oncall_tui.sources.base import Outcome

TOLERANCE = timedelta(seconds=4)
"""Systems tell whole seconds, and so is what is known of their clocks."""
LATE = timedelta(seconds=30)
"""So long after it was sent a system may have begun to count."""


@dataclass(frozen=True, slots=True)
class SnoozeLine:
    """A snooze in a page's log. ``is_mine``: by the seat; ``None``: who the seat is, or who did it, is not known."""

    at: datetime
    is_mine: bool | None


def judge(wanted: timedelta, since: datetime, wakes_at: datetime | None, lines: Sequence[SnoozeLine]) -> Outcome | None:
    """What became of a snooze.

    A snooze from before it was sent says nothing of it, whoever's it is and however long. One by somebody else after it
    stands for it only if it lasts as long; one of the seat's own is it only if it ends when it should. Times are the
    system's.

    Args:
        since: when it was sent; what is later may be its effect.
        wakes_at: when the page wakes; ``None``: it does not sleep, or that is not told.
        lines: the log's snoozes.

    Returns:
        ``APPLIED``, ``SUPERSEDED``, or ``None``: nothing of it is to be seen.
    """
    newer = sorted((line for line in lines if line.at >= since), key=lambda line: line.at)
    last = newer[-1] if newer else None
    if last is not None and last.is_mine is False:
        if any(line.is_mine for line in newer):
            return Outcome.APPLIED  # it was, and then somebody else changed it
        return Outcome.SUPERSEDED if wakes_at is not None and wakes_at >= since + wanted else None
    if wakes_at is None:
        return Outcome.APPLIED if last is not None and last.is_mine else None
    starts = [(since, LATE)] + ([(last.at, TOLERANCE)] if last is not None else [])
    if any(at + wanted - TOLERANCE <= wakes_at <= at + wanted + late for at, late in starts):
        return Outcome.APPLIED
    return None
