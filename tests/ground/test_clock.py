"""Durations, instants and the times that people type."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.clock import (
    age_words,
    format_duration,
    iso,
    parse_duration,
    parse_instant,
    parse_moment,
    zone_named,
)

NOW = datetime(2026, 11, 23, 14, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15s", 15), ("5m", 300), ("2h", 7200), ("1d", 86400), ("1h30m", 5400), ("800ms", 0.8), ("0m", 0), (" 2H ", 7200)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "-5m", "5 m", "1.5h", "m", "99999999999d", "9999d", "5x", "١m", "1m" * 40])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@given(st.integers(0, 10**9))
def test_durations_round_trip(milliseconds: int) -> None:
    length = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(length)) == length


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T14:42:07Z", datetime(2026, 11, 23, 14, 42, 7, tzinfo=UTC)),
        ("2015-03-06T15:28:51-05:00", datetime(2015, 3, 6, 20, 28, 51, tzinfo=UTC)),
        ("2026-11-23T14:42:07.123456789Z", datetime(2026, 11, 23, 14, 42, 7, 123456, tzinfo=UTC)),
        ("2026-11-23T14:42:07", datetime(2026, 11, 23, 14, 42, 7, tzinfo=UTC)),
        ("2026-12-31T23:59:60Z", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_instants(text: str, moment: datetime) -> None:
    assert parse_instant(text) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "2026-W01-1", "1700000000", "2026-13-01T00:00:00Z", "x" * 100])
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError):
        parse_instant(text)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("12h", NOW - timedelta(hours=12)),
        ("7d", NOW - timedelta(days=7)),
        ("15:32", datetime(2026, 11, 23, 14, 32, tzinfo=UTC)),  # Berlin is an hour ahead
        ("15:50", datetime(2026, 11, 22, 14, 50, tzinfo=UTC)),  # not yet today: yesterday's
        ("2026-11-23T09:00", datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        ("2026-11-23T09:00Z", datetime(2026, 11, 23, 9, 0, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 6, 30, 22, 0, tzinfo=UTC)),
    ],
)
def test_moments_that_people_type(text: str, moment: datetime) -> None:
    assert parse_moment(text, now=NOW, zone=BERLIN) == moment


@pytest.mark.parametrize("text", ["", "25:00", "noon", "14:60", "-3h"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        parse_moment(text, now=NOW, zone=BERLIN)


def test_zones() -> None:
    assert zone_named("utc") is UTC
    with pytest.raises(ValueError, match="no such time zone"):
        zone_named("Mars/Olympus")
    with pytest.raises(ValueError, match="no such time zone"):
        zone_named("../../etc/passwd")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "now"),
        (0, "now"),
        (59, "now"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (86400, "1d"),
        (86400 * 100, "14w"),
    ],
)
def test_ages_take_four_cells(seconds: int, words: str) -> None:
    assert age_words(timedelta(seconds=seconds)) == words


def test_iso_is_utc_in_whole_seconds() -> None:
    assert iso(datetime(2026, 11, 23, 15, 42, 7, 999, tzinfo=BERLIN)) == "2026-11-23T14:42:07Z"
