"""What stands against an action before it is queued, and what has changed since the key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oncall_tui.actions import BY_ID
from oncall_tui.board import Board
from oncall_tui.model import IncidentState
from screens.aiming import alert_targets, incident_target
from screens.guard import judge, still_holds
from screens.requests import Target
from tests.support.make import grouped
from tests.support.ui import (
    ALICE,
    BOB,
    incident,
    outbox_row,
    sample_alerts,
    sample_board,
    sample_facts,
    silence,
    with_incidents,
)


def pinned(board: Board, native: str = "Q1") -> Target:
    row = board.incident(f"pager:{native}")
    assert row is not None
    return incident_target(row)


def one(**fields: Any) -> Board:
    return sample_board(with_incidents(incident(**fields)))


def test_my_page_is_acknowledged_without_a_question() -> None:
    board = sample_board()
    verdict = judge(BY_ID["acknowledge"], [pinned(board)], board)
    assert verdict.targets == (pinned(board),) and not verdict.doubts and not verdict.refused


@pytest.mark.parametrize(
    ("fields", "doubt"),
    [
        ({"assignees": (BOB,)}, "assigned to Bob Chen: Checkout returns 503"),
        ({"assignees": (), "escalation_policy": None, "teams": ("Other",)}, "not yours: Checkout returns 503"),
        (
            {"state": IncidentState.ACKNOWLEDGED, "acknowledged_by": (BOB,)},
            "Bob Chen is on it already: Checkout returns 503",
        ),
    ],
)
def test_the_guard_asks_for_what_is_not_mine_or_taken(fields: dict[str, Any], doubt: str) -> None:
    board = one(**fields)
    assert judge(BY_ID["acknowledge"], [pinned(board)], board).doubts == (doubt,)


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        ("acknowledge", {"state": IncidentState.RESOLVED}, "already resolved"),
        ("acknowledge", {"state": IncidentState.ACKNOWLEDGED, "acknowledged_by": (ALICE,)}, "you have acknowledged"),
        ("resolve", {"state": IncidentState.RESOLVED}, "already resolved"),
        ("reopen", {}, "not resolved"),
        ("unacknowledge", {}, "not acknowledged"),
    ],
)
def test_what_has_no_point_is_refused_with_one_line(action: str, fields: dict[str, Any], said: str) -> None:
    board = one(**fields)
    verdict = judge(BY_ID[action], [pinned(board)], board)
    assert not verdict.targets and said in verdict.refused[0]


def test_a_double_press_is_refused_while_the_first_is_on_its_way() -> None:
    board = sample_board(replace(sample_facts(), outbox=(outbox_row(),)))
    verdict = judge(BY_ID["acknowledge"], [pinned(board)], board)
    assert "already on its way" in verdict.refused[0]


def test_a_source_that_cannot_is_named() -> None:
    board = sample_board(capabilities={"pager": frozenset({"incidents", "note"})})
    verdict = judge(BY_ID["acknowledge"], [pinned(board)], board)
    assert verdict.refused == ("pager (pagerduty) cannot acknowledge",)


def test_a_read_only_seat_acts_on_nothing() -> None:
    board = sample_board(read_only=True)
    verdict = judge(BY_ID["note"], [pinned(board)], board)
    assert not verdict.targets and "read-only" in verdict.refused[0]


def test_an_action_for_one_refuses_several() -> None:
    board = sample_board()
    targets = [pinned(board, "Q1"), pinned(board, "Q2")]
    assert "one at a time" in judge(BY_ID["escalate"], targets, board).refused[0]
    assert len(judge(BY_ID["resolve"], targets, board).targets) == 2


def test_of_several_those_that_can_go_on() -> None:
    board = sample_board()
    verdict = judge(BY_ID["acknowledge"], [pinned(board, "Q1"), pinned(board, "Q3")], board)
    assert [target.id for target in verdict.targets] == ["pager:Q1"]
    assert len(verdict.refused) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, None),
        ({"title": "another title", "severity": 3}, None),
        ({"state": IncidentState.RESOLVED}, "triggered to resolved"),
        ({"escalation_level": 2}, "now at level 2"),
        ({"assignees": (BOB,)}, "now with Bob Chen"),
        ({"merged_into": "pager:Q9"}, "merged into pager:Q9"),
    ],
)
def test_a_target_is_held_against_the_version_that_was_seen(fields: dict[str, Any], said: str | None) -> None:
    target = pinned(one())
    told = still_holds(BY_ID["resolve"], target, one(**fields))
    assert told is None if said is None else told is not None and said in told


def test_an_acknowledgement_by_another_is_for_the_pager_to_tell() -> None:
    target = pinned(one())
    board = one(state=IncidentState.ACKNOWLEDGED, acknowledged_by=(BOB,))
    assert still_holds(BY_ID["acknowledge"], target, board) is None


def test_a_target_that_vanished() -> None:
    target = pinned(one())
    told = still_holds(BY_ID["resolve"], target, sample_board(with_incidents()))
    assert told == "gone since the key: Checkout returns 503"


def test_alert_groups_are_pinned_to_an_alert_and_to_their_silences() -> None:
    alert = replace(sample_alerts()[0], silenced_by=("alerts:s1",))
    board = sample_board(replace(sample_facts(), groups=grouped((alert,)), silences=(silence(),)))
    row = board.alerts[0]
    (target,) = alert_targets(BY_ID["silence"], row)
    assert (target.id, target.labels["alertname"]) == ("alerts:eu-1", "HighErrorRate")
    (ending,) = alert_targets(BY_ID["expire_silence"], row)
    assert ending.id == "alerts:s1"
    assert still_holds(BY_ID["expire_silence"], ending, board) is None
    assert still_holds(BY_ID["expire_silence"], ending, sample_board()) is not None
