"""How a declaration stands, what goes next, what waits for what and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from oncall_tui.model import OutboxRow, OutboxState, Verb
from oncall_tui.policy.declaring import (
    LINK,
    NUMBER,
    PATIENCE,
    PLACE,
    ROOM_ID,
    ROOM_NAME,
    Declaration,
    Declared,
    Plan,
    Step,
    StepState,
    Wish,
    due,
    filled,
    looks_again,
    shown,
    stands,
)
from tests.support.clock import START

UNASKED = timedelta(minutes=15)


def step(name: str, *, needs: tuple[str, ...] = ("incident",), after: tuple[str, ...] = ()) -> Step:
    return Step(
        id=name, verb=Verb.NOTE, to="pager", does=name, rule="r", params={"text": name}, needs=needs, after=after
    )


PLAN = Plan(
    wish=Wish(title="t", severity=1),
    steps=(
        step("incident", needs=()),
        step("room"),
        step("inside", needs=("incident", "room")),
        step("team", after=("room",)),
        step("ticket"),
    ),
)
NEW = Declared(id="abc", plan=PLAN, seat="alice", at=START, asked_at=START)
MADE = replace(NEW, incident="pager:Q1")


def row(name: str, state: OutboxState, **more: Any) -> OutboxRow:
    return OutboxRow(
        key=NEW.key(name),
        verb=Verb.NOTE,
        target="pager:Q1",
        source="pager",
        target_title="t",
        seat="alice",
        created_at=START,
        not_before=START,
        state=state,
        answered_at=START,
        **more,
    )


def at(declared: Declared, *rows: OutboxRow, now: datetime = START) -> Declaration:
    return stands(declared, rows, now, UNASKED)


def next_of(declared: Declared, *rows: OutboxRow, now: datetime = START) -> list[str]:
    return [one.id for one in due(declared, at(declared, *rows, now=now), now)]


def states(one: Declaration) -> list[str]:
    return [each.state.value for each in one.steps]


DONE = row("incident", OutboxState.CONFIRMED)


def test_everything_waits_for_the_incident() -> None:
    assert next_of(NEW) == ["incident"]
    assert next_of(NEW, row("incident", OutboxState.SENDING)) == []
    told = at(NEW, row("incident", OutboxState.SENDING))
    assert {one.why for one in told.steps[1:]} == {"waits for incident"}


def test_then_all_goes_that_needs_no_more() -> None:
    assert next_of(MADE, DONE) == ["room", "ticket"]
    assert next_of(MADE, DONE, row("room", OutboxState.CONFIRMED), row("ticket", OutboxState.QUEUED)) == [
        "inside",
        "team",
    ]


def test_a_message_waits_for_the_room_for_a_while_only() -> None:
    going = (DONE, row("room", OutboxState.SENDING), row("ticket", OutboxState.CONFIRMED))
    assert next_of(MADE, *going) == []
    assert looks_again(at(MADE, *going), START) == START + PATIENCE
    assert next_of(MADE, *going, now=START + PATIENCE) == ["team"]


@pytest.mark.parametrize("state", [OutboxState.REFUSED, OutboxState.UNKNOWN, OutboxState.CANCELLED])
def test_a_room_that_will_not_be_is_not_waited_for(state: OutboxState) -> None:
    assert next_of(MADE, DONE, row("room", state), row("ticket", OutboxState.QUEUED)) == ["team"]
    told = at(MADE, DONE, row("room", state))
    inside = told.step("inside")
    assert inside is not None and (inside.state, inside.why) == (StepState.WAITING, "waits for room")


def test_it_is_over_when_nothing_of_it_moves_by_itself() -> None:
    done = [row(name, OutboxState.CONFIRMED) for name in ("incident", "inside", "team", "ticket")]
    assert not at(MADE, DONE).is_over
    assert at(MADE, *done, row("room", OutboxState.CONFIRMED)).is_over
    assert not at(MADE, *done, row("room", OutboxState.SENDING)).is_over
    refused = at(MADE, DONE, row("room", OutboxState.REFUSED), row("team", OutboxState.CONFIRMED))
    assert not refused.is_over, "the ticket is to come"
    refused = at(NEW, row("incident", OutboxState.REFUSED))
    assert refused.is_over, "what waits for it waits for a person"
    assert [one.step.id for one in refused.troubles] == ["incident"]


def test_nothing_goes_long_after_a_person_spoke_and_each_step_can_be_asked_for_alone() -> None:
    late = START + UNASKED + timedelta(seconds=1)
    assert next_of(MADE, DONE, now=late) == []
    assert states(at(MADE, DONE, now=late)) == ["done", "held", "waiting", "held", "held"]
    asked = replace(MADE, asked={"ticket": late})
    assert next_of(asked, DONE, now=late) == ["ticket"]
    again = replace(MADE, asked_at=late)
    assert next_of(again, DONE, now=late) == ["room", "ticket"]


def test_a_row_that_waits_for_a_person_is_held() -> None:
    told = at(MADE, DONE, row("room", OutboxState.QUEUED, held="the target has changed"))
    room = told.step("room")
    assert room is not None and (room.state, room.why) == (StepState.HELD, "the target has changed")


def test_keys_are_the_same_for_everybody_short_and_of_one_step_only() -> None:
    keys = [NEW.key(one.id) for one in PLAN.steps]
    assert keys == [replace(NEW, seat="bob").key(one.id) for one in PLAN.steps]
    assert len({*keys, replace(NEW, id="abd").key("incident")}) == len(keys) + 1
    assert {len(key) for key in keys} == {12}


def test_texts_are_filled_in_and_lines_of_what_never_came_are_left_out() -> None:
    params = {
        "text": f"{NUMBER}\nRoom: {PLACE}\n{LINK}\nEnd {{x}} {{{{y}}}}",
        "room": ROOM_ID,
        "name": ROOM_NAME,
        "to": [],
    }
    known = {NUMBER: "#7", LINK: "https://x/7", PLACE: "#inc-7", ROOM_ID: "C7", ROOM_NAME: "inc-7"}
    assert filled(params, known) == {
        "text": "#7\nRoom: #inc-7\nhttps://x/7\nEnd {x} {{y}}",
        "room": "C7",
        "name": "inc-7",
        "to": [],
    }
    assert filled(params, {NUMBER: "#7"}) == {"text": "#7\nEnd {x} {{y}}", "room": None, "name": "", "to": []}
    assert shown(f"make #{ROOM_NAME} of {NUMBER}") == "make #inc-(number) of (number)"


def test_other_words_are_taken_where_there_are_words() -> None:
    plan = PLAN.worded("ticket", "other").worded("nothing", "x")
    ticket = plan.step("ticket")
    assert ticket is not None and ticket.text == "other"
    assert [one.text for one in plan.steps if one.id != "ticket"] == ["incident", "room", "inside", "team"]
