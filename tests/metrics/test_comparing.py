"""What has changed since the period before, and the stretches that the screen asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall_tui.metrics import DEFINITIONS, SPANS, Figure, Span, change, drawn, plan, spoken, stretch

BY_ID = {one.id: one for one in DEFINITIONS}
BERLIN = ZoneInfo("Europe/Berlin")
HALF_DAY = timedelta(hours=12)
NOW = datetime(2026, 10, 26, 13, 5, tzinfo=UTC)
"""A Monday: clocks went back in Berlin the night before."""
ANCHOR = datetime(2026, 10, 26, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("metric", "now", "before", "words"),
    [
        ("incident_resolution_time", Figure(value=90), Figure(value=120), "25 % better"),
        ("incident_resolution_time", Figure(value=150), Figure(value=120), "25 % worse"),
        ("incident_resolution_time", Figure(value=120), Figure(value=120), "same"),
        ("incident_resolution_time", Figure(value=120.2), Figure(value=120), "1 % worse"),
        ("incident_resolution_time", Figure(value=None), Figure(value=120), ""),
        ("incident_resolution_time", Figure(value=3), None, ""),
        ("after_hours_pages", Figure(value=3), Figure(value=0), "from 0, worse"),
        ("after_hours_pages", Figure(value=0), Figure(value=3), "100 % better"),
        ("after_hours_pages", Figure(value=100), Figure(value=1), ">999 % worse"),
        ("false_positive_rate", Figure(value=0.25), Figure(value=0.20), "5 pt worse"),
        ("postmortems_completed", Figure(value=2, of=2), Figure(value=3, of=6), "50 pt better"),
        ("postmortems_completed", Figure(value=3, of=6), Figure(value=1, of=2), "same"),
        ("postmortems_completed", Figure(value=0, of=0), Figure(value=1, of=2), ""),
        ("action_items_completed", Figure(value=1, of=4), Figure(value=1, of=2), "25 pt worse"),
    ],
)
def test_the_change_is_told_in_words(metric: str, now: Figure, before: Figure | None, words: str) -> None:
    assert spoken(change(BY_ID[metric], now, before)) == words


def test_of_every_metric_less_is_better_but_of_what_was_to_be_done() -> None:
    more, less = Figure(value=3, of=4), Figure(value=1, of=4)
    better = {one.id for one in DEFINITIONS if (found := change(one, more, less)) and found.verdict == "better"}
    assert better == {"postmortems_completed", "action_items_completed"}


def ask(span: Span, back: int, now: datetime = NOW) -> tuple[datetime, datetime]:
    return stretch(span, back, now=now, zone=BERLIN, shift=HALF_DAY, anchor=ANCHOR)


def test_the_stretches_are_by_the_wall_and_join() -> None:
    assert ask("shift", 0) == (ANCHOR, NOW)
    assert ask("shift", 1) == (datetime(2026, 10, 25, 19, tzinfo=UTC), ANCHOR)
    # Twelve hours on the wall, thirteen by the clock: the night of the change.
    assert ask("shift", 3) == (datetime(2026, 10, 24, 18, tzinfo=UTC), datetime(2026, 10, 25, 7, tzinfo=UTC))
    assert ask("week", 0) == (datetime(2026, 10, 19, 22, tzinfo=UTC), NOW)
    assert ask("week", 1) == (datetime(2026, 10, 12, 22, tzinfo=UTC), datetime(2026, 10, 19, 22, tzinfo=UTC))
    for span in SPANS:
        for back in range(1, 9):
            assert ask(span, back)[1] == (ask(span, back - 1)[0])


@pytest.mark.parametrize("now", [ANCHOR, datetime(2026, 10, 25, 23, 0, tzinfo=UTC)])
def test_one_that_has_just_begun_is_not_empty(now: datetime) -> None:
    for span in SPANS:
        since, until = ask(span, 0, now)
        assert since < until


@pytest.mark.parametrize(("span", "parts"), [("shift", 14), ("week", 7), ("month", 30)])
@pytest.mark.parametrize("back", [0, 1, 5])
def test_what_is_drawn_has_a_part_for_each_day_or_shift(span: Span, parts: int, back: int) -> None:
    since, until, by = drawn(span, back, now=NOW, zone=BERLIN, shift=HALF_DAY, anchor=ANCHOR)
    made = plan(since, until, by=by, zone=BERLIN, shift=HALF_DAY, anchor=ANCHOR)
    assert len(made.parts) == parts and made.parts[-1].end == ask(span, back)[1]
    assert by == ("shift" if span == "shift" else "day")
