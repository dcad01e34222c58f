"""Standing in: what changes hands, which turn is meant, and when 18:00 is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall_tui.model import Person, Shift
from oncall_tui.schedule import Rotation, Schedule, look_ahead
from oncall_tui.schedule.cover import cover_of, next_turn, parse_ahead, preview, replaced

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 10, 23, 12, 42, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALICE, BOB, CAROL = (Person(id=f"P{name[0]}", name=name) for name in ("Alice", "Bob", "Carol"))


def shift(
    begin: float, finish: float, person: Person | None = ALICE, level: int = 1, native: str | None = "S1"
) -> Shift:
    return Shift(
        source="pager", schedule=f"schedule {native}", team="Payments", level=level, person=person, schedule_id=native,
        start=NOW + begin * HOUR, end=NOW + finish * HOUR,
    )  # fmt: skip


def ahead(*shifts: Shift) -> Schedule:
    return look_ahead(shifts, {}, now=NOW, until=NOW + 96 * HOUR)


def one(*shifts: Shift) -> Rotation:
    (found,) = ahead(*shifts).rotations
    return found


def test_a_cover_is_cut_where_the_schedule_changes_hands() -> None:
    found = one(shift(-6, 10), shift(10, 20, BOB), shift(22, 40))
    pieces = [((p.start - NOW) / HOUR, (p.end - NOW) / HOUR, p.was and p.was.name) for p in
              replaced(found, "S1", NOW + 8 * HOUR, NOW + 24 * HOUR)]  # fmt: skip
    assert pieces == [(8, 10, "Alice"), (10, 20, "Bob"), (20, 22, None), (22, 24, "Alice")]
    assert list(replaced(found, "S1", NOW, NOW)) == []


def test_what_changes_is_told_with_the_zones_name() -> None:
    found = one(shift(30, 40), shift(40, 60, BOB))
    cover = cover_of(found, "S1", NOW + 35 * HOUR, NOW + 70 * HOUR, CAROL)
    assert preview(cover, found, BERLIN) == [
        "Sun 25 Oct 01:42 CEST to Sun 25 Oct 05:42 CET: Carol instead of Alice",
        "Sun 25 Oct 05:42 CET to Mon 26 Oct 01:42 CET: Carol instead of Bob",
        "Mon 26 Oct 01:42 CET to Mon 26 Oct 11:42 CET: Carol instead of whoever it is, which is not known yet",
    ], "five hours and one more of the night in which clocks go back"
    assert cover.instead == (ALICE, BOB) and cover.params["instead"] is None, "it is two people's turn"
    assert cover_of(found, "S1", NOW + 31 * HOUR, NOW + 33 * HOUR, BOB).params == {
        "start": "2026-10-24T19:42:00Z",
        "end": "2026-10-24T21:42:00Z",
        "person": "PB",
        "person_name": "Bob",
        "instead": "PA",
        "instead_name": "Alice",
    }


def test_a_gap_is_filled_and_what_changes_nothing_is_refused() -> None:
    found = one(shift(-6, 10), shift(10, 20, None), shift(20, 40, BOB))
    assert preview(cover_of(found, "S1", NOW + 10 * HOUR, NOW + 20 * HOUR, BOB), found, UTC) == [
        "Fri 23 Oct 22:42 UTC to Sat 24 Oct 08:42 UTC: Bob instead of nobody"
    ]
    mixed = cover_of(found, "S1", NOW + 8 * HOUR, NOW + 22 * HOUR, BOB)
    assert preview(mixed, found, UTC)[-1].endswith("Bob, as now") and mixed.instead == (ALICE,)
    with pytest.raises(ValueError, match="Bob is on call there then already"):
        cover_of(found, "S1", NOW + 21 * HOUR, NOW + 22 * HOUR, BOB)
    with pytest.raises(ValueError, match="it ends before it begins"):
        cover_of(found, "S1", NOW + 21 * HOUR, NOW + 20 * HOUR, BOB)


def test_the_seats_next_turn_is_the_first_that_can_be_covered() -> None:
    mine = {"pager:PA"}
    found = next_turn(
        ahead(shift(5, 9, native=None), shift(9, 20, BOB), shift(20, 30), shift(-2, 50, BOB, 2, "S2")), mine
    )
    assert found is not None and found[1].start == NOW + 20 * HOUR and found[1].schedule_id == "S1"
    now = next_turn(ahead(shift(-6, 9), shift(20, 30)), mine)
    assert now is not None and now[1].start == NOW - 6 * HOUR
    assert next_turn(ahead(shift(-6, 9, BOB)), mine) is None


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("18:00", "2026-10-23T16:00:00+00:00"),
        ("08:00", "2026-10-24T06:00:00+00:00"),
        ("4h", "2026-10-23T16:42:00+00:00"),
        ("+1d", "2026-10-24T12:42:00+00:00"),
        ("2026-10-26 08:00", "2026-10-26T07:00:00+00:00"),
        ("2026-10-26T08:00Z", "2026-10-26T08:00:00+00:00"),
    ],
)
def test_a_time_to_come(words: str, at: str) -> None:
    assert parse_ahead(words, after=NOW, zone=BERLIN).isoformat() == at


def test_a_time_of_day_over_the_change_of_the_clocks() -> None:
    saturday = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
    assert parse_ahead("09:00", after=saturday, zone=BERLIN).isoformat() == "2026-10-25T08:00:00+00:00"


@pytest.mark.parametrize("words", ["", "later", "25:00", "-4h", "\x1b[2J", "9" * 400, "0001-01-01T00:00+23:59"])
def test_what_is_no_time_to_come(words: str) -> None:
    with pytest.raises(ValueError, match="not a time to come"):
        parse_ahead(words, after=NOW, zone=BERLIN)
