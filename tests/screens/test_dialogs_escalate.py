"""The escalation preview: who is on each level, when the pager would go there itself, and what is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oncall_tui.board import Board
from oncall_tui.model import Directory, EscalationLevel, EscalationPolicy, Incident, IncidentState, Ref
from screens.dialogs.frame import Dialog
from screens.dialogs.levels import level_rows, next_level
from tests.screens.dialog_bench import SIZES, assert_whole, bench, crowd, dialog, params, words
from tests.support.ui import (
    ALICE,
    BOB,
    CHARLIE,
    ERIN,
    NOW,
    incident,
    sample_board,
    sample_directory,
    sample_facts,
    screen_lines,
    with_incidents,
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def board_of(*, directory: Directory | None = None, **fields: object) -> Board:
    facts = with_incidents(incident("Q1", **fields))
    if directory is not None:
        facts = replace(facts, directories={"pager": directory})
    return sample_board(facts)


def whens(one: Incident, board: Board) -> list[str]:
    return [row.when for row in level_rows(one, sample_directory().policies[0], board)]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"escalation_level": 1, "escalates_at": NOW + timedelta(minutes=2)},
            ["now here", "by itself in 2m", "by itself in 12m"],
        ),
        (
            {"escalation_level": 2, "escalates_at": NOW + timedelta(minutes=8)},
            ["was paged", "now here", "by itself in 8m"],
        ),
        ({"escalation_level": 3}, ["was paged", "was paged", "now here"]),
        ({"escalation_level": None}, ["first", "5m after level 1", "10m after level 2"]),
        (
            {"escalation_level": 1, "escalates_at": None},
            ["now here", "5m after level 1", "10m after level 2"],
        ),
        (
            {"escalation_level": 1, "state": IncidentState.ACKNOWLEDGED},
            ["now here", "not by itself", "not by itself"],
        ),
        ({"escalation_level": 1, "state": IncidentState.SNOOZED}, ["now here", "asleep", "asleep"]),
    ],
)
def test_when_the_pager_goes_there_by_itself(fields: dict[str, object], told: list[str]) -> None:
    assert whens(incident("Q1", **fields), sample_board()) == told


def test_the_levels_people_come_from_who_is_on_call_where_the_policy_tells_none() -> None:
    policy = replace(
        sample_directory().policies[0],
        levels=tuple(EscalationLevel(level=n, people=(), delay_minutes=5) for n in (2, 1, 3)),
    )
    rows = level_rows(incident("Q1"), policy, sample_board())
    assert [(row.number, row.people) for row in rows] == [(1, (ALICE,)), (2, (BOB,)), (3, (ERIN,))]


@pytest.mark.parametrize(("level", "chosen"), [(None, "1"), (1, "2"), (2, "3"), (3, "3")])
def test_the_cursor_begins_on_the_level_that_comes_next(level: int | None, chosen: str) -> None:
    one = incident("Q1", escalation_level=level)
    assert next_level(one, level_rows(one, sample_directory().policies[0], sample_board())) == chosen


async def test_shows_each_level_with_its_people_how_they_are_reached_and_when() -> None:
    app = bench(dialog("escalate", board_of(escalates_at=NOW + timedelta(minutes=2))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = words(app)
        assert "1 Alice Martin (you) alice@example.com now here" in text
        assert "2 Bob Chen bob@example.com by itself in 2m" in text
        assert "3 Erin Walsh erin@example.com by itself in 12m" in text
        assert "Wakes Bob Chen <bob@example.com>." in text
        await pilot.press("enter")
    assert params(app) == {"level": 2}


@pytest.mark.parametrize(
    ("keys", "level"), [(["3"], 3), (["1"], 1), (["down"], 3), (["up"], 1), (["k"], 1), (["G"], 3), (["9"], 2)]
)
async def test_a_level_is_chosen_by_its_number_or_the_arrows(keys: list[str], level: int) -> None:
    app = bench(dialog("escalate"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        assert app.results == [], "choosing sends nothing"
        await pilot.press("enter")
    assert params(app) == {"level": level}


async def test_a_person_found_by_name() -> None:
    app = bench(dialog("escalate"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", *"char")
        await pilot.pause()
        assert "Wakes Charlie Diaz <charlie@example.com>." in words(app)
        await pilot.press("enter")
    assert params(app) == {"person": CHARLIE.id, "person_name": "Charlie Diaz"}


async def test_a_name_that_fits_nobody_sends_nothing() -> None:
    app = bench(dialog("escalate"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", *"nobody", "enter")
        await pilot.pause()
        assert app.results == []
        assert "nothing fits what was typed" in words(app)


async def test_another_policy() -> None:
    other = EscalationPolicy(
        source="pager",
        id="PDB",
        name="Databases",
        levels=(EscalationLevel(level=1, people=(CHARLIE,)), EscalationLevel(level=2, people=(BOB,))),
    )
    known = sample_directory()
    app = bench(dialog("escalate", board_of(directory=replace(known, policies=(*known.policies, other)))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("shift+tab")
        await pilot.pause()
        assert "Starts at level 1 of Databases: wakes Charlie Diaz." in words(app)
        await pilot.press("enter")
    assert params(app) == {"policy": "PDB", "policy_name": "Databases"}


async def test_the_own_policy_is_not_offered_as_another() -> None:
    app = bench(dialog("escalate"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", "tab")
        await pilot.pause()
        assert "Policy" not in words(app)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"escalation_policy": None}, "No levels: it has no policy."),
        ({"escalation_policy": Ref(id="PZ", name="Elsewhere")}, "pager does not tell the levels of Elsewhere"),
    ],
)
async def test_without_levels_people_are_offered_and_it_is_said_why(fields: dict[str, object], why: str) -> None:
    app = bench(dialog("escalate", board_of(**fields)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert why in words(app)
        await pilot.press(*"bob", "enter")
    assert params(app) == {"person": BOB.id, "person_name": "Bob Chen"}


async def test_a_source_that_tells_nothing_can_only_be_left() -> None:
    app = bench(dialog("escalate", board_of(directory=Directory())))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", "down", "enter")
        await pilot.pause()
        assert "tells no policy, no people" in words(app)
        assert app.results == []
        await pilot.press("escape")
    assert app.results == [None]


async def test_a_level_that_nobody_holds_says_that_nobody_is_woken() -> None:
    known = sample_directory()
    policy = replace(
        known.policies[0],
        levels=(*known.policies[0].levels[:1], EscalationLevel(level=2, people=(), targets=("Night rota",))),
    )
    facts = replace(
        with_incidents(incident("Q1")), on_call=(), directories={"pager": replace(known, policies=(policy,))}
    )
    app = bench(dialog("escalate", sample_board(facts)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Nobody holds level 2 now (Night rota): nobody would be woken." in words(app)


async def test_an_acknowledged_one_says_who_is_on_it() -> None:
    board = board_of(state=IncidentState.ACKNOWLEDGED, acknowledged_by=(BOB,))
    app = bench(dialog("escalate", board))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Bob Chen is on it." in words(app)


@pytest.mark.parametrize("size", SIZES)
async def test_many_levels_and_people_scroll(size: tuple[int, int]) -> None:
    app = bench(dialog("escalate", board_of(directory=crowd(400))))
    async with app.run_test(size=size) as pilot:
        await pilot.press("G")
        await pilot.pause()
        assert_whole(app)
        assert any(line.strip("│ ").startswith("▌ 20") for line in screen_lines(app))
        await pilot.press("tab", "pagedown", "down")
        await pilot.pause()
        assert_whole(app)
        await pilot.press("enter")
    assert params(app)["person"] != "P0"


async def test_the_target_is_what_was_seen_at_the_key() -> None:
    board = board_of()
    found = dialog("escalate", board)
    assert sample_facts().incidents[0].version == found.target.seen  # type: ignore[attr-defined]


async def test_two_of_one_name_are_told_apart_also_where_the_line_is_short() -> None:
    twin = replace(BOB, id="UB2", contact=None)
    directory = replace(sample_directory(), people=(ALICE, BOB, twin))
    app = bench(dialog("reassign", board_of(directory=directory)))
    async with app.run_test(size=(44, 24)) as pilot:
        await pilot.pause()
        text = words(app)
        assert f"{BOB.name} <bo" in text
        assert f"{BOB.name} <UB2>" in text
