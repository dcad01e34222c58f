"""Quiet hours, thresholds, and how often a page comes round again."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall_tui.config.attention import AttentionOptions
from oncall_tui.policy.attention import AttentionRules, QuietHours

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "wall", "quiet"),
    [
        ("22:00-07:00", "21:59", False),
        ("22:00-07:00", "22:00", True),
        ("22:00-07:00", "00:00", True),
        ("22:00-07:00", "06:59", True),
        ("22:00-07:00", "07:00", False),
        ("12:00-13:30", "11:59", False),
        ("12:00-13:30", "12:00", True),
        ("12:00-13:30", "13:30", False),
    ],
)
def test_quiet_hours_go_over_midnight(hours: str, wall: str, quiet: bool) -> None:
    assert QuietHours.from_text(hours).hold(time.fromisoformat(wall)) is quiet


def test_they_are_of_the_seats_wall_also_when_clocks_change() -> None:
    rules = AttentionRules(quiet=QuietHours.from_text("22:00-07:00"), zone=ZoneInfo("Europe/Berlin"))
    assert not rules.is_quiet(datetime(2026, 7, 1, 19, 59, tzinfo=UTC))  # 21:59 in summer
    assert rules.is_quiet(datetime(2026, 7, 1, 20, 0, tzinfo=UTC))
    assert not rules.is_quiet(datetime(2026, 12, 1, 20, 30, tzinfo=UTC))  # 21:30 in winter
    # The night in which the clocks go back: 07:00 is 06:00 UTC.
    assert rules.is_quiet(datetime(2026, 10, 25, 5, 59, tzinfo=UTC))
    assert not rules.is_quiet(datetime(2026, 10, 25, 6, 0, tzinfo=UTC))


@pytest.mark.parametrize("text", ["", "22-7", "22:00", "25:00-07:00", "22:60-07:00", "22:00-22:00", "22:00-07:00x"])
def test_what_are_no_quiet_hours(text: str) -> None:
    with pytest.raises(ValueError, match=r"hours|when they begin"):
        QuietHours.from_text(text)


def test_they_are_written_as_they_are_read() -> None:
    assert str(QuietHours.from_text("9:05-7:00")) == "09:05-07:00"


@pytest.mark.parametrize(
    ("options", "severity", "mine", "quiet", "rings"),
    [
        ({}, 4, True, False, True),
        ({}, 1, False, False, False),  # my teams' do not ring unless asked for
        ({"teams": "sev2"}, 2, False, False, True),
        ({"teams": "sev2"}, 3, False, False, False),
        ({"mine": "sev3"}, 4, True, False, False),
        ({"mine": "none"}, 1, True, False, False),
        ({}, 3, True, True, False),
        ({}, 2, True, True, True),
        ({}, None, True, True, True),  # unknown counts as Sev2
        ({"in_quiet": "sev1"}, None, True, True, False),
        ({"teams": "sev4"}, 3, False, True, False),
    ],
)
def test_what_rings(options: dict[str, str], severity: int | None, mine: bool, quiet: bool, rings: bool) -> None:
    rules = AttentionOptions(**options).rules(UTC)  # type: ignore[arg-type]  # words of the config
    assert rules.rings(severity, mine=mine, quiet=quiet) is rings


def test_how_often_it_comes_round() -> None:
    rules = AttentionRules(again=timedelta(minutes=5))
    waited = [0, 4, 5, 9, 10, 61]
    assert [rules.times(NOON, NOON + timedelta(minutes=one)) for one in waited] == [0, 0, 1, 1, 2, 12]
    assert rules.times(NOON, NOON - timedelta(hours=1)) == 0
    assert AttentionRules().times(NOON, NOON + timedelta(days=1)) == 0
