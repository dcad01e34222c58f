"""Who is on call ahead: turns, who is next, gaps and overlaps; right over a change of the clocks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.model import Directory, Person, Shift
from oncall_tui.schedule import Rotation, Schedule, look_ahead, to_json, to_lines
from oncall_tui.sources.rotation.calendar import Turns, Weekdays
from oncall_tui.text import width

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 14, 42, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALICE, BOB, CAROL = (Person(id=f"P{name[0]}", name=name, contact=f"{name}@x") for name in ("Alice", "Bob", "Carol"))


def shift(begin: float, finish: float, person: Person | None = ALICE, **fields: Any) -> Shift:
    """From ``begin`` to ``finish`` hours after now."""
    values: dict[str, Any] = {"source": "pager", "schedule": "Payments primary", "team": "Payments", "level": 1}
    return Shift(**{**values, "start": NOW + begin * HOUR, "end": NOW + finish * HOUR, "person": person, **fields})


def ahead(*shifts: Shift, hours: float = 48, **more: Any) -> Schedule:
    return look_ahead(shifts, more.pop("directories", {}), now=NOW, until=NOW + hours * HOUR, **more)


def one(*shifts: Shift, **more: Any) -> Rotation:
    (found,) = ahead(*shifts, **more).rotations
    return found


def hours(*pairs: Any) -> list[tuple[float, float]]:
    return [((pair.start - NOW) / HOUR, (pair.end - NOW) / HOUR) for pair in pairs]


def test_turns_with_who_is_on_call_and_who_is_next() -> None:
    found = one(shift(-6, 6), shift(6, 12), shift(12, 24, BOB), shift(24, 48))
    assert hours(*found.turns) == [(-6, 12), (12, 24), (24, 48)], "what goes on is one turn"
    assert [turn.person.name for turn in found.now] == ["Alice"]
    assert found.following is not None and found.following.person is BOB
    assert (found.gaps, found.overlaps, found.role) == ((), (), "primary")


def test_a_gap_is_where_no_schedule_of_the_level_has_somebody() -> None:
    found = one(
        shift(-6, 6), shift(8, 20, BOB), shift(20, 22, None), shift(22, 30),
        shift(20, 21, CAROL, schedule="Stand-in"),
    )  # fmt: skip
    assert hours(*found.gaps) == [(6, 8), (21, 22)]
    assert found.schedules == ("Payments primary", "Stand-in")


def test_an_overlap_is_where_a_level_has_two_people() -> None:
    found = one(shift(-6, 12), shift(10, 20, BOB, schedule="b"), shift(11, 13, ALICE, schedule="c"), shift(12, 30))
    assert [(both.people, *hours(both)) for both in found.overlaps] == [(("Alice", "Bob"), (10, 20))]
    assert one(shift(-6, 12), shift(-6, 12, schedule="b")).overlaps == (), "the same person twice is one"


def test_an_override_is_marked_and_takes_the_place_of_what_it_replaces() -> None:
    found = one(shift(-6, 24), shift(4, 8, BOB, is_override=True))
    assert [(turn.person.name, turn.is_override) for turn in found.turns] == [
        ("Alice", False),
        ("Bob", True),
        ("Alice", False),
    ]
    assert (found.gaps, found.overlaps) == ((), ())
    covered = one(shift(2, 6), shift(-1, 8, BOB, is_override=True))
    assert [turn.person.name for turn in covered.turns] == ["Bob"]


def test_a_second_of_rounding_is_no_gap() -> None:
    tick = timedelta(seconds=1)
    joined = one(shift(-6, 6), shift(6, 12, BOB, start=NOW + 6 * HOUR + tick))
    assert joined.gaps == ()
    assert one(shift(-6, 6), shift(6, 12, BOB, start=NOW + 6 * HOUR - tick)).overlaps == ()


def test_what_comes_after_the_last_shift_is_not_known_and_no_gap() -> None:
    schedule = ahead(shift(-6, 6), hours=48)
    assert schedule.rotations[0].gaps == ()
    assert to_lines(schedule, UTC)[-1] == "  not known after Mon 23 Nov 20:42 UTC"
    assert ahead().rotations == ()
    assert to_lines(ahead(), UTC) == ["no configured source tells of shifts in this time"]
    assert ahead(shift(-6, -1), shift(50, 60)).rotations[0].turns == (), "nobody in the days asked for"


def test_nobody_now_is_a_gap_that_began() -> None:
    found = one(shift(-6, 2, None), shift(2, 12, BOB))
    assert (found.now, hours(*found.gaps)) == ((), [(0, 2)])
    assert found.following is not None and found.following.person is BOB


def test_the_seats_teams_come_first_and_levels_in_their_order() -> None:
    shifts = [
        shift(-1, 5, team=team, level=level, source=source)
        for team in ("Apps", "Storage") for level in (2, 1) for source in ("pager", "rota")
    ]  # fmt: skip
    found = ahead(*shifts, teams=("storage",)).rotations
    assert [(row.team, row.level, row.source) for row in found[:3]] == [
        ("Storage", 1, "pager"),
        ("Storage", 1, "rota"),
        ("Storage", 2, "pager"),
    ]
    assert found[-1].team == "Apps"


# -- changes of the clocks -------------------------------------------------------------------------------------------


def of_rotation(rule: Turns | Weekdays, start: datetime, days: int) -> tuple[Shift, ...]:
    end = start + timedelta(days=days)
    return tuple(
        shift(0, 0, Person(id=piece.person, name=piece.person), start=piece.start, end=piece.end)
        for piece in rule.stretches(start, end)
        if piece.person is not None
    )


@pytest.mark.parametrize("start", [datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 10, 23, 12, tzinfo=UTC)])
@pytest.mark.parametrize("weekly", [True, False])
def test_hand_offs_stay_at_their_hour_and_nothing_opens_when_clocks_change(start: datetime, weekly: bool) -> None:
    rule = Turns(BERLIN, datetime(2026, 1, 5, 8), 7 if weekly else 1, ("alice", "bob"))
    schedule = look_ahead(of_rotation(rule, start, 14), {}, now=start, until=start + timedelta(days=14))
    (found,) = schedule.rotations
    assert (found.gaps, found.overlaps) == ((), ())
    assert {turn.start.astimezone(BERLIN).hour for turn in found.turns} == {8}
    lines = to_lines(schedule, BERLIN)
    assert {word for line in lines for word in line.split() if word in ("CET", "CEST")} == {"CET", "CEST"}
    assert all("08:00" in line for line in lines if " Mar " in line or " Oct " in line)


def test_an_hour_that_comes_twice_is_told_apart() -> None:
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    now = first - HOUR
    shifts = (shift(0, 0, start=now, end=first), shift(0, 0, BOB, start=first, end=second))
    text = "\n".join(to_lines(look_ahead(shifts, {}, now=now, until=second), BERLIN))
    assert "Sun 25 Oct 02:30 CEST  Sun 25 Oct 02:30 CET   Bob" in text


# -- as it is read ---------------------------------------------------------------------------------------------------


def test_hand_offs_are_also_told_where_the_person_lives() -> None:
    zones = {"PB": "America/New_York", "PA": "Europe/Berlin", "PC": "Nowhere/Else"}
    schedule = ahead(
        shift(-6, 6), shift(6, 12, BOB), shift(12, 20, CAROL), directories={"pager": Directory(zones=zones)}
    )
    lines = to_lines(schedule, BERLIN)
    at = next(number for number, line in enumerate(lines) if line.endswith("Bob"))
    assert lines[at] == "  Mon 23 Nov 21:42 CET   Tue 24 Nov 03:42 CET   Bob"
    assert lines[at + 1] == "  Mon 23 Nov 15:42 EST   Mon 23 Nov 21:42 EST     for them"
    assert sum("for them" in line for line in lines) == 1
    turns = to_json(schedule)["rotations"][0]["turns"]
    assert [turn["zone"] for turn in turns] == ["Europe/Berlin", "America/New_York", None]
    assert turns[1]["start_there"] == "2026-11-23T15:42:00-05:00"


def test_the_text_says_everything() -> None:
    lines = to_lines(ahead(shift(-6, 6), shift(8, 20, BOB, is_override=True), shift(18, 30, CAROL, schedule="b")), UTC)
    assert lines == [
        "=== Payments, primary (pager: Payments primary, b) ===",
        "  now   Alice                        until Mon 23 Nov 20:42 UTC",
        "  next  Bob                          from  Mon 23 Nov 22:42 UTC",
        "  Mon 23 Nov 08:42 UTC   Mon 23 Nov 20:42 UTC   Alice",
        "! Mon 23 Nov 20:42 UTC   Mon 23 Nov 22:42 UTC   NOBODY",
        "  Mon 23 Nov 22:42 UTC   Tue 24 Nov 10:42 UTC   Bob                  override",
        "  Tue 24 Nov 08:42 UTC   Tue 24 Nov 20:42 UTC   Carol",
        "! Tue 24 Nov 08:42 UTC   Tue 24 Nov 10:42 UTC   BOTH: Bob, Carol",
        "  not known after Tue 24 Nov 20:42 UTC",
    ]


def test_json_has_every_key() -> None:
    document = json.loads(json.dumps(to_json(ahead(shift(-6, 6), shift(8, 20, BOB)))))
    assert (document["version"], document["from"]) == (1, "2026-11-23T14:42:00Z")
    (found,) = document["rotations"]
    assert found["now"][0]["person"] == "Alice" and found["next"]["contact"] == "Bob@x"
    assert found["gaps"] == [{"start": "2026-11-23T20:42:00Z", "end": "2026-11-23T22:42:00Z"}]
    assert (found["overlaps"], found["role"], found["turns"][0]["override"]) == ([], "primary", False)


STRETCHES = st.lists(
    st.tuples(
        st.integers(-10, 40), st.integers(0, 20), st.sampled_from([ALICE, BOB, None]), st.sampled_from("ab"),
        st.booleans(),
    ),
    max_size=12,
)  # fmt: skip


@given(STRETCHES)
def test_at_every_hour_gaps_and_overlaps_are_what_the_turns_say(
    rows: list[tuple[int, int, Person | None, str, bool]],
) -> None:
    shifts = [
        shift(begin, begin + length, person, schedule=name, is_override=over)
        for begin, length, person, name, over in rows
    ]
    schedule = ahead(*shifts)
    for found in schedule.rotations:
        end = min(schedule.end, found.known_until)
        for half in range(96):
            moment = NOW + half * HOUR / 2 + HOUR / 4
            if moment >= end:
                break
            people = {turn.person.name for turn in found.turns if turn.covers(moment)}
            assert any(gap.start <= moment < gap.end for gap in found.gaps) is not bool(people)
            both = [one.people for one in found.overlaps if one.start <= moment < one.end]
            assert both == ([tuple(sorted(people))] if len(people) > 1 else [])
    assert all(width(line) <= 80 for line in to_lines(schedule, BERLIN))
