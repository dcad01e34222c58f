"""Whose snooze it is that is seen, and whether it stands for the one that was sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall_tui.sources.base import Outcome
from oncall_tui.sources.snoozing import SnoozeLine, judge
from tests.support.clock import START

HOUR = timedelta(hours=1)
NOW = timedelta()
MINE, BOBS, WHOSE = True, False, None


@pytest.mark.parametrize(
    ("wakes", "lines", "says"),
    [
        (None, [], None),
        (None, [(NOW, MINE)], Outcome.APPLIED),  # and it sleeps no more
        (None, [(NOW, BOBS)], None),
        (None, [(NOW, WHOSE)], None),
        (4 * HOUR, [], Outcome.APPLIED),  # the log tells it later
        (4 * HOUR, [(NOW, MINE)], Outcome.APPLIED),
        (4 * HOUR, [(NOW, WHOSE)], Outcome.APPLIED),
        (4 * HOUR + timedelta(minutes=5), [(timedelta(minutes=5), MINE)], Outcome.APPLIED),  # it came late
        (1 * HOUR, [(NOW, MINE)], None),
        (9 * HOUR, [(NOW, MINE)], None),
        (1 * HOUR, [(-HOUR, BOBS)], None),
        (9 * HOUR, [(-HOUR, BOBS)], None),
        (9 * HOUR, [(-HOUR, MINE)], None),
        (1 * HOUR, [(NOW, BOBS)], None),
        (9 * HOUR, [(NOW, BOBS)], Outcome.SUPERSEDED),
        (4 * HOUR, [(NOW, BOBS)], Outcome.SUPERSEDED),
        (1 * HOUR, [(NOW, MINE), (HOUR, BOBS)], Outcome.APPLIED),
        (1 * HOUR, [(NOW, BOBS), (timedelta(seconds=1), MINE)], None),
    ],
)
def test_what_is_seen(
    wakes: timedelta | None, lines: list[tuple[timedelta, bool | None]], says: Outcome | None
) -> None:
    seen = [SnoozeLine(START + at, whose) for at, whose in lines]
    assert judge(4 * HOUR, START, START + wakes if wakes is not None else None, seen) is says
