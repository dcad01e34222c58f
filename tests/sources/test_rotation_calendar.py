"""Who is on call when: tables for the nights the clocks change, properties for the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall_tui.config.options import Hours
from oncall_tui.sources.rotation.calendar import (
    Overlap,
    Overridden,
    Rotation,
    Stretch,
    Turns,
    Weekdays,
    at,
    following,
    gaps,
    on_the_wall,
    overlaps,
)

ZONES = (
    "UTC",
    "Europe/Rome",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Asia/Kathmandu",
    "Asia/Beirut",  # clocks change at midnight
    "Africa/Casablanca",  # summer time is interrupted for Ramadan
    "Pacific/Apia",  # a whole day was skipped in 2011
    "Pacific/Chatham",
)
NOBODY: tuple[None, None] = (None, None)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def nights(zone: str = "Europe/Rome", hours: str = "08:00-20:00") -> Weekdays:
    """The seed's daily rotation."""
    people = ("alice", "bob"), ("charlie", "david"), ("eve", "frank"), ("grace", "henry"), ("ivan", "judy")
    week = (*people, ("kevin", "laura"), ("mike", "nancy"))
    return Weekdays(ZoneInfo(zone), Hours.from_text(hours), dict(enumerate(week)))


def weekly(zone: str = "Europe/Rome", starts: str = "2026-01-05T09:00", people: str = "a b c") -> Turns:
    return Turns(ZoneInfo(zone), datetime.fromisoformat(starts), 7, tuple(people.split()))


# -- the wall --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("Europe/Rome", "2026-01-05T09:00", "2026-01-05T08:00"),
        ("Europe/Rome", "2026-07-05T09:00", "2026-07-05T07:00"),
        ("Europe/Rome", "2026-03-29T01:59", "2026-03-29T00:59"),
        ("Europe/Rome", "2026-03-29T02:00", "2026-03-29T01:00"),  # skipped: at the jump
        ("Europe/Rome", "2026-03-29T02:30", "2026-03-29T01:00"),
        ("Europe/Rome", "2026-03-29T03:00", "2026-03-29T01:00"),
        ("Europe/Rome", "2026-03-29T03:10", "2026-03-29T01:10"),
        ("Europe/Rome", "2026-10-25T02:30", "2026-10-25T00:30"),  # twice: at the first
        ("Europe/Rome", "2026-10-25T03:00", "2026-10-25T02:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30"),
        ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T10:00"),
        ("Pacific/Apia", "2011-12-31T09:00", "2011-12-30T19:00"),
    ],
)
def test_on_the_wall(zone: str, wall: str, instant: str) -> None:
    assert on_the_wall(datetime.fromisoformat(wall), ZoneInfo(zone)) == utc(instant)


@given(
    zone=st.sampled_from(ZONES),
    wall=st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1)),
    later=st.timedeltas(timedelta(), timedelta(hours=30)),
)
@settings(max_examples=300, deadline=None)
def test_the_wall_never_goes_back(zone: str, wall: datetime, later: timedelta) -> None:
    place, whole = ZoneInfo(zone), wall.replace(microsecond=0)
    instant = on_the_wall(whole, place)
    assert instant <= on_the_wall(whole + later, place)
    assert instant.astimezone(place).replace(tzinfo=None) >= whole
    before = (instant - timedelta(seconds=1)).astimezone(place).replace(tzinfo=None)
    assert before < whole


# -- weekly ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "person", "start", "end"),
    [
        ("2026-01-05T08:00", "a", "2026-01-05T08:00", "2026-01-12T08:00"),
        ("2026-01-12T07:59", "a", "2026-01-05T08:00", "2026-01-12T08:00"),
        ("2026-01-12T08:00", "b", "2026-01-12T08:00", "2026-01-19T08:00"),
        ("2026-01-26T08:00", "a", "2026-01-26T08:00", "2026-02-02T08:00"),
        # Clocks go forward on 29 March: that week is an hour shorter, on 25 October an hour longer.
        ("2026-03-29T12:00", "c", "2026-03-23T08:00", "2026-03-30T07:00"),
        ("2026-10-25T12:00", "c", "2026-10-19T07:00", "2026-10-26T08:00"),
        ("2036-01-07T12:00", "a", "2036-01-07T08:00", "2036-01-14T08:00"),
    ],
)
def test_weekly(moment: str, person: str, start: str, end: str) -> None:
    assert at(weekly(), utc(moment)) == Stretch(utc(start), utc(end), person)


def test_before_the_first_hand_off_nobody_is_on_call() -> None:
    found = at(weekly(), utc("2026-01-05T07:59"))
    assert found.person is None and found.end == utc("2026-01-05T08:00")
    assert following(weekly(), found) == Stretch(utc("2026-01-05T08:00"), utc("2026-01-12T08:00"), "a")


def test_a_hand_off_at_a_time_that_is_skipped() -> None:
    turns = weekly(starts="2026-03-22T02:30")
    assert at(turns, utc("2026-03-29T01:00")) == Stretch(utc("2026-03-29T01:00"), utc("2026-04-05T00:30"), "b")


def test_daily_turns_over_a_day_that_was_skipped() -> None:
    turns = Turns(ZoneInfo("Pacific/Apia"), datetime(2011, 12, 28, 9), 1, ("a", "b", "c", "d"))
    found = list(turns.stretches(utc("2011-12-28T20:00"), utc("2012-01-01T00:00")))
    assert [(one.person, (one.end - one.start).total_seconds() / 3600) for one in found] == [
        ("a", 24),
        ("b", 15),  # until the jump
        ("c", 9),  # the rest of a day that had no morning
        ("d", 24),
        ("a", 24),
    ]


def test_next() -> None:
    turns = weekly(people="a b a")
    assert following(turns, at(turns, utc("2026-01-06T00:00"))).person == "b"  # type: ignore[union-attr]
    # Two turns in a row are the same person's: next is who comes after them.
    third = following(turns, at(turns, utc("2026-01-20T00:00")))
    assert third is not None and (third.person, third.start) == ("b", utc("2026-02-02T08:00"))
    alone = weekly(people="a")
    assert following(alone, at(alone, utc("2026-01-06T00:00"))) is None


# -- day and night ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "person", "hours"),
    [
        ("2026-11-23T07:00", "alice", 12),  # Monday 08:00 in Rome
        ("2026-11-23T18:59", "alice", 12),
        ("2026-11-23T19:00", "bob", 12),
        ("2026-11-24T06:59", "bob", 12),  # Monday's night goes on until Tuesday morning
        ("2026-11-24T07:00", "charlie", 12),
        ("2026-11-22T23:00", "nancy", 12),
        ("2026-03-28T22:00", "laura", 11),  # clocks go forward in this night
        ("2026-10-24T22:00", "laura", 13),  # and back in this one
        ("2026-03-29T10:00", "mike", 12),
    ],
)
def test_day_and_night(moment: str, person: str, hours: int) -> None:
    found = at(nights(), utc(moment))
    assert (found.person, found.end - found.start) == (person, timedelta(hours=hours))


def test_days_without_halves_go_from_midnight_to_midnight() -> None:
    week = Weekdays(ZoneInfo("Europe/Rome"), None, {0: ("a", None), 1: ("b", None)})
    assert at(week, utc("2026-11-23T12:00")) == Stretch(utc("2026-11-22T23:00"), utc("2026-11-23T23:00"), "a")
    free = at(week, utc("2026-11-26T12:00"))
    assert free == Stretch(utc("2026-11-24T23:00"), utc("2026-11-29T23:00"), None)
    assert following(week, at(week, utc("2026-11-24T12:00"))).person == "a"  # type: ignore[union-attr]


def test_a_day_half_without_a_night_is_a_gap() -> None:
    week = Weekdays(ZoneInfo("UTC"), Hours.from_text("09:00-17:00"), dict.fromkeys(range(5), ("a", None)))
    found = gaps([week], utc("2026-11-27T00:00"), utc("2026-12-01T00:00"))
    assert [(one.start, one.end) for one in found] == [
        (utc("2026-11-27T00:00"), utc("2026-11-27T09:00")),
        (utc("2026-11-27T17:00"), utc("2026-11-30T09:00")),
        (utc("2026-11-30T17:00"), utc("2026-12-01T00:00")),
    ]


# -- overrides -------------------------------------------------------------------------------------------------------


def over(start: str, end: str, person: str) -> Stretch:
    return Stretch(utc(start), utc(end), person, is_override=True)


def test_an_override_cuts_what_it_covers() -> None:
    stand_in = over("2026-01-10T00:00", "2026-01-13T00:00", "x")
    rotation = Overridden(weekly(), (stand_in,))
    assert list(rotation.stretches(utc("2026-01-06T00:00"), utc("2026-01-14T00:00"))) == [
        Stretch(utc("2026-01-05T08:00"), utc("2026-01-10T00:00"), "a"),
        stand_in,
        Stretch(utc("2026-01-13T00:00"), utc("2026-01-19T08:00"), "b"),
    ]
    assert at(rotation, utc("2026-01-12T12:00")) == stand_in
    assert at(rotation, utc("2026-01-13T00:00")).start == utc("2026-01-13T00:00")
    assert following(rotation, at(rotation, utc("2026-01-09T00:00"))) == stand_in
    # Seen from inside as from outside: it is told whole.
    assert list(rotation.stretches(utc("2026-01-11T00:00"), utc("2026-01-11T01:00"))) == [stand_in]


def test_an_override_inside_a_turn_leaves_both_ends() -> None:
    rotation = Overridden(weekly(), (over("2026-01-07T00:00", "2026-01-08T00:00", "x"),))
    found = list(rotation.stretches(utc("2026-01-06T00:00"), utc("2026-01-09T00:00")))
    assert [one.person for one in found] == ["a", "x", "a"]


def test_of_two_overrides_the_later_in_the_list_holds() -> None:
    first, second = over("2026-01-06T00:00", "2026-01-09T00:00", "x"), over("2026-01-08T00:00", "2026-01-11T00:00", "y")
    people = lambda one: [(piece.person, piece.start.day) for piece in one]  # noqa: E731
    span = utc("2026-01-06T00:00"), utc("2026-01-10T12:00")
    assert people(Overridden(weekly(), (first, second)).stretches(*span)) == [("x", 6), ("y", 8)]
    assert people(Overridden(weekly(), (second, first)).stretches(*span)) == [("x", 6), ("y", 9)]
    # What the window does not touch still cuts what it does.
    (found,) = Overridden(weekly(), (first, second)).stretches(utc("2026-01-06T00:00"), utc("2026-01-06T01:00"))
    assert (found.person, found.end) == ("x", utc("2026-01-08T00:00"))


def test_an_override_fills_a_gap() -> None:
    rotation = Overridden(weekly(), (over("2026-01-02T00:00", "2026-01-05T08:00", "x"),))
    assert gaps([rotation], utc("2026-01-01T00:00"), utc("2026-02-01T00:00")) == [
        Stretch(utc("2026-01-01T00:00"), utc("2026-01-02T00:00"), None)
    ]


# -- several schedules on one level ----------------------------------------------------------------------------------


def test_two_halves_make_a_whole() -> None:
    early = Weekdays(ZoneInfo("UTC"), Hours.from_text("00:00-12:00"), dict.fromkeys(range(7), ("a", None)))
    late = Weekdays(ZoneInfo("UTC"), Hours.from_text("12:00-23:59"), dict.fromkeys(range(7), ("b", None)))
    found = gaps([early, late], utc("2026-11-23T00:00"), utc("2026-11-25T00:00"))
    assert [(one.end - one.start) for one in found] == [timedelta(minutes=1)] * 2
    assert overlaps([early, late], utc("2026-11-23T00:00"), utc("2026-11-25T00:00")) == []


def test_overlaps() -> None:
    one = weekly(people="a b")
    two = Overridden(weekly(people="a b"), (over("2026-01-06T00:00", "2026-01-07T00:00", "x"),))
    assert overlaps([one, two], utc("2026-01-05T12:00"), utc("2026-02-05T00:00")) == [
        Overlap(utc("2026-01-06T00:00"), utc("2026-01-07T00:00"), ("a", "x"))
    ]


# -- properties ------------------------------------------------------------------------------------------------------

SPAN = timedelta(days=400)


def assert_joined(rotation: Rotation, start: datetime, end: datetime) -> list[Stretch]:
    found = list(rotation.stretches(start, end))
    assert found[0].start <= start and found[-1].end >= end
    assert all(one.start < one.end for one in found)
    assert all(one.end == two.start for one, two in pairwise(found))
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("starts", ["2025-12-01T09:00", "2025-12-07T02:30", "2025-12-01T00:00"])
def test_a_full_rotation_has_no_gap_in_400_days(zone: str, starts: str) -> None:
    start = utc("2026-01-01T00:00")
    for days in (1, 7):
        turns = Turns(ZoneInfo(zone), datetime.fromisoformat(starts), days, ("a", "b", "c"))
        found = assert_joined(turns, start, start + SPAN)
        assert all(one.person is not None for one in found)
        assert all(abs(one.end - one.start - timedelta(days=days)) <= timedelta(hours=1) for one in found)
        assert all(
            "abc".index(two.person or "") == ("abc".index(one.person or "") + 1) % 3 for one, two in pairwise(found)
        )
        assert gaps([turns], start, start + SPAN) == overlaps([turns], start, start + SPAN) == []


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hours", ["08:00-20:00", "02:30-03:10", "00:00-23:59", "00:30-12:00"])
def test_days_and_nights_have_no_gap_in_400_days(zone: str, hours: str) -> None:
    start = utc("2026-01-01T00:00")
    found = assert_joined(nights(zone, hours), start, start + SPAN)
    assert all(one.person is not None for one in found)
    assert gaps([nights(zone, hours)], start, start + SPAN) == []


overrides = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(1, 6_000), st.sampled_from("xyz")).map(
        lambda one: Stretch(
            utc("2026-03-20T00:00") + timedelta(minutes=one[0]),
            utc("2026-03-20T00:00") + timedelta(minutes=one[0] + one[1]),
            one[2],
            is_override=True,
        )
    ),
    max_size=6,
)


@given(
    zone=st.sampled_from(ZONES),
    laid=overrides,
    offset=st.integers(-3_000, 26_000),
    length=st.integers(0, 10_000),
    by_day=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_whatever_the_window_the_answer_is_the_same(
    zone: str, laid: list[Stretch], offset: int, length: int, by_day: bool
) -> None:
    base: Rotation = nights(zone) if by_day else weekly(zone)
    rotation = Overridden(base, tuple(laid))
    start = utc("2026-03-20T00:00") + timedelta(minutes=offset)
    end = start + timedelta(minutes=length)
    found = assert_joined(rotation, start, end)
    whole = list(rotation.stretches(start - timedelta(days=40), end + timedelta(days=40)))
    assert all(one in whole for one in found)
    for moment in (start, end - timedelta(minutes=length // 2), end):
        expected = next(
            (one.person for one in reversed(laid) if one.start <= moment < one.end), at(base, moment).person
        )
        assert at(rotation, moment).person == expected
