"""What earlier incidents of a kind tell."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oncall_tui.model import EntryKind, IncidentHistory, IncidentState, TimelineEntry
from oncall_tui.model.search import SameKind
from oncall_tui.policy.marks import MarkKind
from oncall_tui.policy.seen import length_words, seen_before, summary
from tests.support.make import BOB, NOW, ago, incident

DAY = 24 * 60


def entry(text: str, author: str | None = "Bob", kind: EntryKind = EntryKind.NOTE, minutes: float = 1) -> TimelineEntry:
    return TimelineEntry(
        id=f"pager:{text}{kind}", incident_id="pager:Q1", at=ago(minutes), kind=kind, text=text, author=author
    )


def past(native: str, days: float, took: float | None, *timeline: TimelineEntry, **fields: Any) -> IncidentHistory:
    began = ago(days * DAY)
    state = IncidentState.RESOLVED if took is not None else IncidentState.TRIGGERED
    resolved = began + timedelta(minutes=took) if took is not None else None
    one = incident(native, created_at=began, state=state, resolved_at=resolved, **fields)
    return IncidentHistory(incident=one, timeline=timeline)


def test_how_often_how_long_who_and_what_helped_in_one_line() -> None:
    found = SameKind(
        count=4,
        since=ago(90 * DAY),
        seconds=(2280.0, 600.0, 9000.0),
        latest=(
            past(
                "Q1",
                11,
                38,
                entry("did: restarted it"),
                entry("root cause: the pool"),
                entry("", "Eve", EntryKind.RESOLVED),
            ),
            past("Q2", 30, 10),
        ),
    )
    seen = seen_before(found)
    assert summary(seen, NOW, UTC) == ("4 times in 90 d, usually 38 min, last 12 Nov by Eve: root cause: the pool")
    first, second = seen.times
    assert first.people == ("Eve", "Bob") and first.note is not None and first.note.text == "did: restarted it"
    assert first.took == timedelta(minutes=38) and first.is_read and not second.is_read
    assert second.lesson == "" and second.people == ()


def test_the_last_note_stands_where_no_root_cause_was_found() -> None:
    told = past("Q1", 1, 5, entry("looked\nat   it", minutes=9), entry("watching", "Eve"), resolved_by="Monitor")
    (one,) = seen_before(SameKind(count=1, latest=(told,))).times
    assert one.lesson == "watching" and one.people == ("Monitor", "Eve", "Bob")
    (one,) = seen_before(SameKind(count=1, latest=(past("Q1", 1, 5, entry("looked\nat   it")),))).times
    assert one.lesson == "looked at it"


def test_noise_is_counted_and_told() -> None:
    told = (past("Q1", 1, 5, entry("noise: the probe")), past("Q2", 2, 5, entry("real")), past("Q3", 3, None))
    seen = seen_before(SameKind(count=3, since=ago(10 * DAY), seconds=(300.0, 300.0), latest=told))
    assert seen.times[0].judgements == (MarkKind.NOISE,) and seen.times[2].took is None
    assert summary(seen, NOW, UTC).startswith("3 times in 10 d, usually 5 min, 1 of 3 noise, last 22 Nov")


def test_never_before_says_how_far_back_is_known() -> None:
    assert summary(seen_before(SameKind(since=ago(3 * DAY))), NOW, UTC) == "not in 3 d"
    assert summary(seen_before(SameKind()), NOW, UTC) == "not"


def test_once_is_once_and_its_day_is_the_seats() -> None:
    began = NOW.replace(hour=23, minute=30) - timedelta(days=2)
    told = IncidentHistory(incident=incident("Q1", created_at=began, acknowledged_by=(BOB,)))
    seen = seen_before(SameKind(count=1, since=ago(DAY), seconds=(30.0,), latest=(told,)))
    line = summary(seen, NOW, ZoneInfo("Europe/Berlin"))
    assert line == "once in 1 d, took under a minute, last 22 Nov by Bob Brandt"


def test_a_clock_that_was_put_back_makes_no_length_below_zero() -> None:
    assert seen_before(SameKind(count=1, latest=(past("Q1", 1, -5),))).times[0].took == timedelta()


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.2, "under a minute"), (38, "38 min"), (60, "1 h"), (130, "2 h 10 min"), (2879, "47 h 59 min"), (4320, "3 d")],
)
def test_lengths_in_words(minutes: float, words: str) -> None:
    assert length_words(timedelta(minutes=minutes)) == words
