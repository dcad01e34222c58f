"""Actions leave once, in order, and their outcome is always visible."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from oncall_tui.actions import RETRY
from oncall_tui.desk import ActRefused
from oncall_tui.model import IncidentState, OutboxRow, OutboxState, Retry, Verb
from oncall_tui.sources.base import Capability, Confirmation, Outcome, is_for_action
from oncall_tui.store import StoreError
from tests.desk.conftest import MakeRoom
from tests.desk.room import Room
from tests.support.clock import ManualClock
from tests.support.fakes import BOB, FakePager, FakePagerServer, Fault, random_faults


async def test_what_is_asked_for_an_action_is_known_to_be_for_one(room: Room) -> None:
    seen: dict[str, set[bool]] = {}
    room.pager.before = lambda method: seen.setdefault(method, set()).add(is_for_action())
    await room.run(40)
    await room.act(Verb.NOTE, "pager:Q1", text="on it")
    await room.act(Verb.RESOLVE, "pager:Q2")
    await room.run(5)
    assert seen.pop("poll") == {False}
    assert {"prepare", "send", "confirm"} <= set(seen)
    assert all(marks == {True} for marks in seen.values()), seen


async def test_an_acknowledgement_is_confirmed_by_what_the_server_shows(room: Room) -> None:
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    assert pressed.state is OutboxState.QUEUED
    await room.settle()
    assert await room.state(pressed) is OutboxState.CONFIRMED
    assert room.server.incidents["Q1"].state is IncidentState.ACKNOWLEDGED
    board = await room.desk.board()
    row = board.incident("pager:Q1")
    assert row is not None
    assert row.incident.state is IncidentState.ACKNOWLEDGED
    assert row.actions == ()
    assert await room.events(pressed) == ["queued", "sending", "answered", "confirmed"]


async def test_it_shows_as_pending_until_it_is_confirmed(room: Room) -> None:
    gate = asyncio.Event()
    room.pager.before = lambda method: gate.wait() if method == "send" else None
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    await room.settle()
    row = (await room.desk.board()).incident("pager:Q1")
    assert row is not None
    assert [one.state for one in row.actions] == [OutboxState.SENDING]
    assert row.incident.state is IncidentState.TRIGGERED
    gate.set()
    await room.settle()
    assert await room.state(pressed) is OutboxState.CONFIRMED


async def test_a_2xx_alone_is_not_a_confirmation(room: Room) -> None:
    room.pager.fault("confirm", *[Fault.UNREACHABLE] * 3)
    pressed = await room.act(Verb.ESCALATE, "pager:Q1", level=2)
    await room.settle()
    assert await room.state(pressed) is OutboxState.SENDING
    await room.run(60)
    assert await room.state(pressed) is OutboxState.CONFIRMED
    assert room.server.applied[pressed.key] == 1


async def test_what_was_taken_and_then_refused_is_refused_and_not_sent_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [Confirmation(outcome=Outcome.UNKNOWN), Confirmation(outcome=Outcome.REFUSED, text="the alert is gone")]

    async def confirm(row: OutboxRow) -> Confirmation:
        return answers.pop(0)

    monkeypatch.setattr(room.pager, "confirm", confirm)
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    await room.run(30)
    row = await room.row(pressed)
    assert (row.state, row.answer, row.attempts) == (OutboxState.REFUSED, "the alert is gone", 1)
    assert await room.events(pressed) == ["queued", "sending", "answered", "refused"]


async def test_the_undo_window_and_undo(room: Room) -> None:
    note = await room.act(Verb.NOTE, "pager:Q1", undo=True, text="first", at=None, kind=None)
    ack = await room.act(Verb.ACKNOWLEDGE, "pager:Q2", undo=True)
    await room.run(4)
    assert await room.state(note) is OutboxState.QUEUED
    assert await room.state(ack) is OutboxState.CONFIRMED  # none for an acknowledgement
    undone = await room.desk.undo()
    assert undone is not None
    assert (undone.key, undone.state) == (note.key, OutboxState.CANCELLED)
    assert await room.desk.undo() is None
    other = await room.act(Verb.NOTE, "pager:Q1", undo=True, text="second", at=None, kind=None)
    await room.run(6)
    assert await room.state(other) is OutboxState.CONFIRMED
    assert await room.desk.undo() is None
    assert room.server.notes("pager:Q1") == ["second"]


async def test_order_is_kept_on_a_target_and_targets_do_not_wait_for_each_other(room: Room) -> None:
    room.pager.fault("send", Fault.SERVER, Fault.SERVER)
    pressed = [await room.act(Verb.NOTE, "pager:Q1", text=f"note {n}", at=None, kind=None) for n in range(4)]
    other = await room.act(Verb.ACKNOWLEDGE, "pager:Q2")
    await room.run(120)
    assert room.server.notes("pager:Q1") == [f"note {n}" for n in range(4)]
    assert await room.state(other) is OutboxState.CONFIRMED
    assert [await room.state(one) for one in pressed] == [OutboxState.CONFIRMED] * 4


async def test_one_stuck_target_does_not_hold_the_others(room: Room) -> None:
    room.server.add(*(f"R{n}" for n in range(12)))
    await room.desk.refresh(wait=True)
    stuck = asyncio.Event()
    waits = iter([stuck.wait()])
    room.pager.before = lambda method: next(waits, None) if method == "send" else None
    first = await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    await room.settle()
    others = [await room.act(Verb.ACKNOWLEDGE, f"pager:R{n}") for n in range(12)]
    await room.settle()
    assert {await room.state(one) for one in others} == {OutboxState.CONFIRMED}
    assert await room.state(first) is OutboxState.SENDING
    stuck.set()
    await room.settle()
    assert await room.state(first) is OutboxState.CONFIRMED


async def test_what_was_pressed_right_after_our_own_acknowledgement_still_goes(room: Room) -> None:
    seen = room.server.incidents["Q1"].version
    await room.act(Verb.ACKNOWLEDGE, "pager:Q1", seen=seen)
    escalation = await room.act(Verb.ESCALATE, "pager:Q1", seen=seen, level=2)
    await room.settle()
    assert await room.state(escalation) is OutboxState.CONFIRMED
    assert "pinned anew" in await room.events(escalation)


# -- what has changed meanwhile (A0) ---------------------------------------------------------------------------


async def test_acknowledged_by_somebody_else_is_superseded_and_not_sent(room: Room) -> None:
    seen = room.server.incidents["Q1"].version
    room.server.change("Q1", state=IncidentState.ACKNOWLEDGED, acknowledged_by=(BOB,), acknowledged_at=room.clock.now())
    await room.desk.refresh(wait=True)
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1", seen=seen)
    await room.settle()
    row = await room.row(pressed)
    assert (row.state, row.answer) == (OutboxState.SUPERSEDED, "already acknowledged by Bob 14:00")
    assert room.server.calls["send"] == 0


async def test_words_of_a_resolution_that_is_not_needed_are_told_as_not_written(room: Room) -> None:
    seen = room.server.incidents["Q1"].version
    room.server.change("Q1", state=IncidentState.RESOLVED, resolved_by="Bob")
    row = await room.act(Verb.RESOLVE, "pager:Q1", seen=seen, resolution="rolled back")
    await room.run(10)
    found = await room.row(row)
    assert found.state is OutboxState.SUPERSEDED
    assert found.answer is not None
    assert found.answer.endswith("; not written: rolled back")


async def test_a_change_that_the_board_had_not_seen_holds_an_escalation(room: Room) -> None:
    seen = room.server.incidents["Q1"].version
    await room.run(10)
    room.server.change("Q1", escalation_level=2, assignees=(BOB,))
    pressed = await room.act(Verb.ESCALATE, "pager:Q1", seen=seen, level=2)
    await room.settle()
    row = await room.row(pressed)
    assert row.state is OutboxState.QUEUED
    assert row.held == "changed since the key press: now at level 2; now with Bob"
    assert room.server.calls["send"] == 0
    board_row = (await room.desk.board()).incident("pager:Q1")
    assert board_row is not None
    assert board_row.actions == (row,)
    # Held is held: nothing but a person moves it.
    await room.run(3600, step=30)
    assert await room.row(pressed) == row
    await room.desk.retry(pressed.key)
    await room.settle()
    assert await room.state(pressed) is OutboxState.CONFIRMED


async def test_what_is_fresh_is_not_asked_for_again(room: Room) -> None:
    await room.run(2)
    await room.act(Verb.RESOLVE, "pager:Q1")
    await room.settle()
    assert room.server.calls["read"] == 0
    await room.run(15)
    await room.act(Verb.ACKNOWLEDGE, "pager:Q2")
    await room.settle()
    assert room.server.calls["read"] == 0


async def test_a_title_or_severity_may_change_freely(room: Room) -> None:
    seen = room.server.incidents["Q1"].version
    room.server.change("Q1", title="another title", severity=1)
    await room.desk.refresh(wait=True)
    pressed = await room.act(Verb.ESCALATE, "pager:Q1", seen=seen, level=2)
    await room.settle()
    assert await room.state(pressed) is OutboxState.CONFIRMED


async def test_a_target_that_vanished_is_refused_and_said_so(room: Room) -> None:
    pressed_against = room.server.incidents["Q1"].version
    del room.server.incidents["Q1"]
    await room.run(10)
    pressed = await room.act(Verb.RESOLVE, "pager:Q1", seen=pressed_against)
    await room.settle()
    row = await room.row(pressed)
    assert (row.state, row.answer) == (OutboxState.REFUSED, "no incident Q1")
    shown = (await room.desk.board()).incident("pager:Q1")
    assert shown is not None
    assert shown.incident.state is IncidentState.UNKNOWN


async def test_a_note_goes_whatever_has_changed(room: Room) -> None:
    seen = room.server.incidents["Q1"].version
    room.server.change("Q1", state=IncidentState.RESOLVED, resolved_at=room.clock.now(), resolved_by="Bob")
    await room.desk.refresh(wait=True)
    pressed = await room.act(Verb.NOTE, "pager:Q1", seen=seen, text="was the deploy", at=None, kind="observed")
    await room.settle()
    assert await room.state(pressed) is OutboxState.CONFIRMED


async def test_already_resolved_by_the_servers_word_is_superseded_without_a_loop(room: Room) -> None:
    seen = room.server.incidents["Q1"].version
    room.server.change("Q1", state=IncidentState.RESOLVED, resolved_at=room.clock.now(), resolved_by="Bob")
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1", seen=seen)
    await room.run(60)
    row = await room.row(pressed)
    assert (row.state, row.attempts, row.answer) == (OutboxState.SUPERSEDED, 1, "resolved by Bob")


# -- lost answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.NOTE, Verb.ESCALATE, Verb.RESOLVE])
async def test_an_answer_lost_after_it_took_effect_is_read_back(room: Room, verb: Verb) -> None:
    params: dict[str, object] = {Verb.NOTE: {"text": "x"}, Verb.ESCALATE: {"level": 2}}.get(verb, {})
    room.pager.fault("send", Fault.LOST_AFTER)
    pressed = await room.act(verb, "pager:Q1", **params)
    await room.run(30)
    assert await room.state(pressed) is OutboxState.CONFIRMED
    assert room.server.applied[pressed.key] == 1
    assert room.server.calls["send"] == 1


@pytest.mark.parametrize(
    ("verb", "sends", "ends"),
    [
        (Verb.ACKNOWLEDGE, 2, OutboxState.CONFIRMED),
        (Verb.NOTE, 2, OutboxState.CONFIRMED),
        (Verb.ESCALATE, 1, OutboxState.UNKNOWN),
    ],
)
async def test_an_answer_lost_before_it_took_effect(room: Room, verb: Verb, sends: int, ends: OutboxState) -> None:
    params: dict[str, object] = {Verb.NOTE: {"text": "x"}, Verb.ESCALATE: {"level": 2}}.get(verb, {})
    room.pager.fault("send", Fault.LOST_BEFORE)
    pressed = await room.act(verb, "pager:Q1", **params)
    await room.run(120)
    assert await room.state(pressed) is ends
    assert room.server.calls["send"] == sends
    assert room.server.applied[pressed.key] == sends - 1


async def test_a_note_that_shows_late_is_not_written_twice(room: Room) -> None:
    # The server takes it, and its list shows it only three seconds later.
    room.pager.fault("send", Fault.LOST_AFTER)
    pressed = await room.act(Verb.NOTE, "pager:Q1", text="late")
    await room.settle()
    hidden, room.server.entries = room.server.entries, []
    await room.run(3)
    assert await room.state(pressed) is OutboxState.SENDING
    room.server.entries = hidden
    await room.run(60)
    assert await room.state(pressed) is OutboxState.CONFIRMED
    assert room.server.calls["send"] == 1


async def test_a_note_that_shows_only_when_it_is_about_to_go_again_is_not_written_twice(room: Room) -> None:
    room.pager.fault("send", Fault.LOST_AFTER)
    pressed = await room.act(Verb.NOTE, "pager:Q1", text="very late")
    await room.settle()
    hidden, room.server.entries = room.server.entries, []
    while "queued again" not in await room.events(pressed):
        await room.run(0.1, step=0.1)
    room.server.entries = hidden
    await room.run(60)
    assert await room.state(pressed) is OutboxState.CONFIRMED
    assert room.server.notes("pager:Q1") == ["very late"]


class WallClock(ManualClock):
    """Sleeps by a steady clock, and tells a time that somebody can set."""

    set_by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.set_by


@pytest.mark.parametrize("hours", [-48, -2, -0.1])
async def test_a_wall_clock_that_is_set_back_holds_nothing_up_for_long(make_room: MakeRoom, hours: float) -> None:
    clock = WallClock()
    room = await make_room(clock=clock)
    room.server.add("Q1")
    await room.desk.start()
    await room.settle()
    room.pager.down = True
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1", undo=True)
    await room.run(20)
    clock.set_by = timedelta(hours=hours)
    room.pager.down = False
    polls = room.server.calls["poll"]
    await room.run(100)
    assert await room.state(pressed) is OutboxState.CONFIRMED
    assert room.server.calls["poll"] >= polls + 3


async def test_an_unknown_escalation_is_shown_and_sent_again_only_by_a_person(room: Room) -> None:
    room.pager.sees_steps = False
    room.pager.fault("send", Fault.LOST_AFTER)
    pressed = await room.act(Verb.ESCALATE, "pager:Q1", level=2)
    await room.run(3600, step=10)
    row = await room.row(pressed)
    assert row.state is OutboxState.UNKNOWN
    assert room.server.applied[pressed.key] == 1
    board = await room.desk.board()
    assert board.counts.failed == 1
    await room.desk.retry(pressed.key)
    await room.run(30)
    assert room.server.applied[pressed.key] == 2


async def test_a_link_that_dies_in_the_middle_is_read_back_when_it_is_there_again(room: Room) -> None:
    room.pager.fault("send", Fault.LOST_AFTER)
    pressed = await room.act(Verb.ESCALATE, "pager:Q1", level=2)
    await room.settle()
    room.pager.down = True
    await room.run(300, step=5)
    assert await room.state(pressed) is OutboxState.SENDING
    room.pager.down = False
    await room.run(330, step=5)
    assert await room.state(pressed) is OutboxState.CONFIRMED
    assert room.server.applied[pressed.key] == 1


async def test_a_lost_answer_that_cannot_be_read_back_ends_as_unknown(room: Room) -> None:
    room.pager.fault("send", Fault.LOST_AFTER)
    pressed = await room.act(Verb.NOTE, "pager:Q1", text="x")
    await room.settle()
    room.pager.down = True
    await room.run(1800, step=10)
    row = await room.row(pressed)
    assert row.state is OutboxState.UNKNOWN
    assert row.answer == "it may have taken effect: no connection"


async def test_a_bug_in_a_source_is_a_lost_answer_and_tells_no_secret(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    room.pager.fault("send", Fault.BUG)
    room.pager.fault("confirm", Fault.BUG)
    pressed = await room.act(Verb.ESCALATE, "pager:Q1", level=2)
    await room.run(120)
    assert await room.state(pressed) is OutboxState.UNKNOWN
    assert "KeyError" in caplog.text
    assert "secret-token-value" not in caplog.text
    assert "secret-token-value" not in str(await room.desk.audit())


async def test_three_hundred_actions_at_twenty_percent_lost_answers(make_room: MakeRoom) -> None:
    room = await make_room()
    room.server.add(*(f"Q{n}" for n in range(75)))
    room.pager.chance = random_faults(7, lost_after=0.2, lost_before=0.1, unreachable=0.05)
    await room.desk.start()
    await room.settle()
    pressed = []
    for n in range(75):
        pressed.append(await room.act(Verb.NOTE, f"pager:Q{n}", text="one"))
        pressed.append(await room.act(Verb.NOTE, f"pager:Q{n}", text="two"))
        pressed.append(await room.act(Verb.ACKNOWLEDGE, f"pager:Q{n}"))
        pressed.append(await room.act(Verb.NOTE, f"pager:Q{n}", text="three"))
    await room.run(600, step=1)
    assert {await room.state(one) for one in pressed} == {OutboxState.CONFIRMED}
    for n in range(75):
        assert room.server.notes(f"pager:Q{n}") == ["one", "two", "three"]
    assert len(room.server.applied) == 300
    notes = [one.key for one in pressed if one.verb is Verb.NOTE]
    assert {room.server.applied[key] for key in notes} == {1}
    assert room.server.calls["send"] > 330, "the faults were there"


# -- away for long (A7) ----------------------------------------------------------------------------------------


async def test_unreachable_it_waits_and_goes_out_once_when_the_source_is_back(room: Room) -> None:
    room.pager.down = True
    pressed = [await room.act(verb, "pager:Q1", **params) for verb, params in _each()]
    await room.run(300, step=5)
    assert {await room.state(one) for one in pressed} == {OutboxState.QUEUED}
    room.pager.down = False
    await room.run(330, step=5)
    assert {await room.state(one) for one in pressed} == {OutboxState.CONFIRMED}
    assert [room.server.applied[one.key] for one in pressed] == [1, 1, 1]


def _each() -> list[tuple[Verb, dict[str, object]]]:
    return [(Verb.ACKNOWLEDGE, {}), (Verb.NOTE, {"text": "x"}), (Verb.ESCALATE, {"level": 2})]


async def test_a_poll_that_succeeds_opens_the_way_at_once(room: Room) -> None:
    room.pager.down = True
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    await room.run(240, step=5)
    room.pager.down = False
    await room.desk.refresh(wait=True)
    await room.settle()
    assert await room.state(pressed) is OutboxState.CONFIRMED


async def test_after_three_days_nothing_goes_without_a_question(room: Room) -> None:
    room.server.add(*(f"R{n}" for n in range(100)))
    await room.desk.refresh(wait=True)
    room.pager.down = True
    pressed = []
    for n in range(100):
        pressed.append(await room.act(Verb.ACKNOWLEDGE, f"pager:R{n}"))
        pressed.append(await room.act(Verb.NOTE, f"pager:R{n}", text="x"))
    await room.run(16 * 60, step=20)
    await room.run(3 * 86400, step=21600)
    room.pager.down = False
    await room.run(600, step=20)
    rows = [await room.row(one) for one in pressed]
    assert {(row.state, row.held) for row in rows} == {(OutboxState.QUEUED, "it waited too long to go unasked")}
    assert not room.server.applied
    # One is sent, one dropped, one turned into a note; the others wait.
    await room.desk.retry(rows[0].key)
    await room.desk.cancel(rows[2].key)
    note = await room.desk.as_note(rows[4].key)
    await room.settle()
    assert await room.state(rows[0]) is OutboxState.CONFIRMED
    assert await room.state(rows[2]) is OutboxState.CANCELLED
    assert await room.state(rows[4]) is OutboxState.CANCELLED
    assert await room.state(note) is OutboxState.CONFIRMED
    assert room.server.notes("pager:R2") == [
        "Meant at 14:00 UTC, not done: acknowledge (it waited too long to go unasked)"
    ]
    assert len(room.server.applied) == 2


async def test_send_it_now_is_good_for_a_quarter_of_an_hour_not_for_days(room: Room) -> None:
    room.pager.down = True
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    await room.run(1000, step=10)
    await room.desk.retry(pressed.key)
    await room.run(300, step=10)
    assert (await room.row(pressed)).held is None
    await room.run(700, step=10)
    row = await room.row(pressed)
    assert row.held is not None
    assert not row.forced


# -- no -------------------------------------------------------------------------------------------------------


async def test_a_poisonous_action_is_parked_after_one_try_and_the_rest_goes_on(room: Room) -> None:
    room.pager.fault("send", Fault.REFUSED)
    poison = await room.act(Verb.ESCALATE, "pager:Q1", level=9)
    after = await room.act(Verb.NOTE, "pager:Q1", text="after")
    await room.run(120)
    row = await room.row(poison)
    assert (row.state, row.answer, row.attempts) == (OutboxState.REFUSED, "not allowed", 1)
    assert await room.state(after) is OutboxState.CONFIRMED
    await room.desk.see_off(poison.key)
    assert (await room.desk.board()).counts.failed == 0


async def test_a_refusal_because_it_is_so_already_is_superseded(room: Room) -> None:
    room.pager.fault("send", Fault.REFUSED)

    def bob_is_faster(method: str) -> None:
        if method == "send":
            room.server.change("Q1", state=IncidentState.ACKNOWLEDGED, acknowledged_by=(BOB,))

    room.pager.before = bob_is_faster
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    await room.settle()
    row = await room.row(pressed)
    assert (row.state, row.answer) == (OutboxState.SUPERSEDED, "acknowledged by Bob")


async def test_a_read_only_seat_sends_nothing_whoever_asks(make_room: MakeRoom) -> None:
    writer = await make_room()
    writer.server.add("Q1")
    await writer.desk.poll_once()
    left = await writer.act(Verb.ACKNOWLEDGE, "pager:Q1")
    shadow = await make_room(clock=writer.clock, server=writer.server, pagers=writer.pagers, read_only=True)
    await shadow.desk.start()
    await shadow.run(30)
    assert await shadow.store.lease_holder() is None
    with pytest.raises(ActRefused, match="read-only"):
        await shadow.act(Verb.NOTE, "pager:Q1", text="x")
    with pytest.raises(ActRefused, match="read-only"):
        await shadow.desk.retry(left.key)
    with pytest.raises(ActRefused, match="read-only"):
        await shadow.desk.flush(1)
    # Not by going round the desk either.
    assert await shadow.store.take_lease()
    await shadow.desk._sender._delivery.step(left)
    shadow.desk._sender.active = True
    shadow.desk._sender.hurry()
    await shadow.run(5)
    assert shadow.server.calls["send"] == 0


async def test_what_cannot_be_is_refused_in_one_line(room: Room) -> None:
    async def refused(verb: Verb, target: str, **params: object) -> str:
        with pytest.raises(ActRefused) as error:
            await room.desk.act(verb, target, params=params, seen=None, title="")
        return str(error.value)

    assert await refused(Verb.ACKNOWLEDGE, "nonsense") == "not an id: nonsense"
    assert await refused(Verb.ACKNOWLEDGE, "other:Q1") == "no source named other is configured"
    assert await refused(Verb.ACKNOWLEDGE, "pager:GONE") == "nothing with the id pager:GONE is known here"
    assert await refused(Verb.NOTE, "pager:Q1", text="  \n ") == "the note is empty"
    assert await refused(Verb.NOTE, "pager:Q1", text="x", kind="guessed") == (
        "a note is one of observed, did, decided, told"
    )
    assert "not an ISO" in await refused(Verb.NOTE, "pager:Q1", text="x", at="yesterday")
    assert await refused(Verb.ESCALATE, "pager:Q1") == "escalate to one of: a level, a person, a policy"
    assert "whole number" in await refused(Verb.ESCALATE, "pager:Q1", level=True)
    assert "from 1 to 4" in await refused(Verb.SEVERITY, "pager:Q1", severity=5)
    assert await refused(Verb.REASSIGN, "pager:Q1", people=[]) == "no person was chosen"
    assert await refused(Verb.SILENCE, "pager:Q1", seconds=60) == "a silence needs a reason"
    assert "not an incident's id" in await refused(Verb.MERGE, "pager:Q1", into="Q2")
    room.pager.capabilities = frozenset({Capability.INCIDENTS})
    assert await refused(Verb.ACKNOWLEDGE, "pager:Q1") == "pager (fake) cannot acknowledge"
    assert await room.desk.outbox() == ()


async def test_a_key_press_that_cannot_be_stored_is_not_confirmed(room: Room) -> None:
    await room.store._database.run(lambda db: db.execute("PRAGMA max_page_count = 1").fetchone())
    with pytest.raises(StoreError, match="disk full"):
        for n in range(200):
            await room.act(Verb.NOTE, "pager:Q1", text=f"{n} " + "x" * 2000)
    assert room.desk.banner is not None
    assert "disk full" in room.desk.banner
    board = await room.desk.board()
    assert board.banner == room.desk.banner
    assert len(board.incidents) == 2


async def test_double_press_is_one_effect(room: Room) -> None:
    first = await room.act(Verb.NOTE, "pager:Q1", undo=True, text="once")
    second = await room.act(Verb.NOTE, "pager:Q1", undo=True, text="once")
    assert first == second
    await room.run(10)
    assert room.server.notes("pager:Q1") == ["once"]


async def test_cancel_only_what_has_not_left(room: Room) -> None:
    gate = asyncio.Event()
    room.pager.before = lambda method: gate.wait() if method == "send" else None
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    await room.settle()
    with pytest.raises(ActRefused, match="left already"):
        await room.desk.cancel(pressed.key)
    with pytest.raises(ActRefused, match="left already"):
        await room.desk.retry(pressed.key)
    gate.set()
    await room.settle()
    with pytest.raises(ActRefused, match="has ended: confirmed"):
        await room.desk.cancel(pressed.key)
    with pytest.raises(ActRefused, match="no action has the key"):
        await room.desk.cancel("nobody")


async def test_a_source_that_is_not_configured_any_more_holds_its_actions(make_room: MakeRoom) -> None:
    before = await make_room()
    before.server.add("Q1")
    await before.desk.poll_once()
    pressed = await before.act(Verb.ACKNOWLEDGE, "pager:Q1")
    other = FakePager(FakePagerServer(before.clock), name="other")
    room = await make_room(clock=before.clock, pagers=(other,))
    await room.desk.start()
    await room.settle()
    assert (await room.row(pressed)).held == "no source named pager is configured now"


async def test_waiting_ends_with_the_outcome_a_hold_or_the_time(room: Room) -> None:
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    assert (await room.desk.wait(pressed.key, 20)).state is OutboxState.CONFIRMED
    room.pager.down = True
    stuck = await room.act(Verb.ACKNOWLEDGE, "pager:Q2")
    waiting = asyncio.create_task(room.desk.wait(stuck.key, 20))
    await room.run(19)
    assert not waiting.done()
    await room.run(2)
    assert (await waiting).state is OutboxState.QUEUED


async def test_flush_sends_what_waits_for_its_next_attempt(make_room: MakeRoom) -> None:
    room = await make_room()
    room.server.add("Q1", "Q2")
    await room.desk.poll_once()
    await room.desk.start(poll=False)
    room.pager.down = True
    pressed = [await room.act(Verb.ACKNOWLEDGE, one) for one in ("pager:Q1", "pager:Q2")]
    await room.run(120)
    room.pager.down = False
    rows = await room.desk.flush(20)
    assert [row.state for row in rows] == [OutboxState.CONFIRMED] * 2
    assert {row.key for row in rows} == {one.key for one in pressed}


# -- the end of a process --------------------------------------------------------------------------------------


async def test_stop_lets_an_answer_come_within_the_grace(room: Room) -> None:
    async def short() -> None:
        await asyncio.sleep(0.02)

    room.pager.before = lambda method: short() if method == "send" else None
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    while room.server.calls["send"] == 0:
        await asyncio.sleep(0)
    await room.desk.stop(grace_s=2)
    assert await room.state(pressed) is OutboxState.CONFIRMED
    assert await room.store.lease_holder() is None
    await room.desk.stop()


async def test_what_has_no_answer_at_the_end_is_read_back_at_the_next_start(make_room: MakeRoom) -> None:
    room = await make_room()
    room.server.add("Q1")
    await room.desk.start()
    await room.settle()
    for_ever = asyncio.Event()
    room.pager.before = lambda method: for_ever.wait() if method == "send" else None
    pressed = await room.act(Verb.ESCALATE, "pager:Q1", level=2)
    await room.settle()
    await room.desk.stop(grace_s=0.01)
    assert await room.state(pressed) is OutboxState.SENDING
    # It had arrived after all.
    room.pager.before = None
    await room.pager.send(await room.row(pressed))
    again = await make_room(clock=room.clock, server=room.server, pagers=room.pagers)
    await again.desk.start()
    await again.run(30)
    assert await again.state(pressed) is OutboxState.CONFIRMED
    assert room.server.applied[pressed.key] == 1


async def test_an_addition_of_a_killed_process_waits_until_it_must_have_arrived(make_room: MakeRoom) -> None:
    room = await make_room()
    room.server.add("Q1")
    await room.desk.poll_once()
    await room.store.take_lease()
    pressed = await room.act(Verb.NOTE, "pager:Q1", text="x")
    sending = replace(pressed, state=OutboxState.SENDING, attempts=1, sent_at=room.clock.now())
    assert await room.store.begin_send(sending)
    await room.store.drop_lease()
    again = await make_room(clock=room.clock, server=room.server, pagers=room.pagers)
    await again.desk.start()
    await again.run(15)
    assert await again.state(pressed) is OutboxState.SENDING
    await room.pager.send(sending)  # the killed process's request, slow on its way
    await again.run(60)
    assert await again.state(pressed) is OutboxState.CONFIRMED
    assert room.server.notes("pager:Q1") == ["x"]


def test_every_verb_has_its_rule() -> None:
    assert set(RETRY) == set(Verb)
    assert RETRY[Verb.ESCALATE] is Retry.STEP
