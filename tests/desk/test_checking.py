"""A shift's checklists at the desk: what is checked, what is remembered for which shift, what a read-only seat may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oncall_tui.config.leading import ChecklistItemOptions
from oncall_tui.config.schema import PolicyOptions
from oncall_tui.desk import ActRefused
from oncall_tui.desk.checking import findings, list_named, sheet, shift_lists, subject_of, tick
from oncall_tui.desk.handing import accept, keep
from oncall_tui.model import Person, Verb
from oncall_tui.policy.checklists import AFTER_SHIFT, BEFORE_SHIFT, BUILT_IN, CHECKS, Finding, Outcome
from oncall_tui.sources.base import Probe
from tests.desk.conftest import MakeRoom
from tests.desk.room import Room
from tests.desk.test_handing import drafted, given_by
from tests.desk.test_shift import HOUR, on_call
from tests.support.fakes import ALICE, BOB

WELL = {"pager": Probe(ok=True, clock_skew_s=2.0)}


async def found(room: Room, name: str, item: str, probes: dict[str, Probe] | None = None) -> Finding:
    board = await room.desk.board()
    return (await findings(room.desk, board, list_named(room.desk, name), WELL if probes is None else probes))[item]


def test_the_seeds_lists_with_checks_that_there_are() -> None:
    before, after = BUILT_IN[BEFORE_SHIFT], BUILT_IN[AFTER_SHIFT]
    for checklist in (before, after):
        assert len({one.id for one in checklist.items}) == len(checklist.items)
        assert {one.check for one in checklist.items if one.check} <= set(CHECKS)
    assert [one.id for one in before.items if one.by_hand] == ["environment", "review", "items", "runbooks", "pager"]


async def test_what_the_systems_answer(room: Room) -> None:
    assert await found(room, BEFORE_SHIFT, "monitoring") == Finding(outcome=Outcome.OK, words="1 source answered")
    down = {"pager": Probe(ok=False, error="connection refused")}
    assert await found(room, BEFORE_SHIFT, "monitoring", down) == Finding(
        outcome=Outcome.NOT_YET, words="pager: connection refused"
    )
    lost = {"pager": Probe(ok=True, notes=("zoe is nobody there: nothing is mine (seat.user)",))}
    assert (await found(room, BEFORE_SHIFT, "monitoring", lost)).outcome is Outcome.NOT_YET
    assert (await found(room, BEFORE_SHIFT, "clock")).words == "within 2 s of 1 system"
    late = {"pager": Probe(ok=True, clock_skew_s=-90.0)}
    assert await found(room, BEFORE_SHIFT, "clock", late) == Finding(
        outcome=Outcome.NOT_YET, words="differs from pager -90 s"
    )
    assert (await found(room, BEFORE_SHIFT, "clock", {"pager": Probe(ok=True)})).outcome is Outcome.UNKNOWN
    assert (await found(room, BEFORE_SHIFT, "chat")).words == "no channel is configured"
    board = await room.desk.board()
    unasked = await findings(room.desk, board, list_named(room.desk, BEFORE_SHIFT), None)
    assert unasked["monitoring"] == Finding(outcome=Outcome.UNKNOWN, words="not asked yet")


async def turn(room: Room, person: Person, begin: float, end: float) -> None:
    now = room.clock.now()
    await on_call(room, person, now + begin * HOUR, now + end * HOUR)


async def test_whether_it_is_my_turn_and_who_holds_the_path(room: Room) -> None:
    await turn(room, ALICE, -1, 11)
    mine = await found(room, BEFORE_SHIFT, "schedule")
    assert mine.outcome is Outcome.OK and mine.words.startswith("primary now until ")
    await turn(room, BOB, -1, 11)
    assert (await found(room, BEFORE_SHIFT, "schedule")).outcome is Outcome.NOT_YET


async def test_the_handover_before(room: Room) -> None:
    await room.run(5)
    assert (await found(room, BEFORE_SHIFT, "handover")).outcome is Outcome.UNKNOWN
    handover = replace(await drafted(room), user="bob@example.com")
    await keep(room.desk, handover, "sent")
    assert await found(room, BEFORE_SHIFT, "handover") == Finding(
        outcome=Outcome.NOT_YET, words="of bob@example.com, not accepted"
    )
    await accept(room.desk, await room.desk.board(), given_by(handover, "bob@example.com"), "none")
    done = await found(room, BEFORE_SHIFT, "handover")
    assert done.outcome is Outcome.OK and "by alice@example.com" in done.words


async def test_after_the_shift(room: Room) -> None:
    await room.run(5)
    await turn(room, ALICE, -11, 1)
    assert (await found(room, AFTER_SHIFT, "notes")).words == "none is written"
    assert (await found(room, AFTER_SHIFT, "handed-over")).words == "neither exported nor sent"
    assert (await found(room, AFTER_SHIFT, "forgotten")).outcome is Outcome.OK
    assert (await found(room, AFTER_SHIFT, "outbox")).outcome is Outcome.OK
    await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    room.clock.advance(5 * 3600)
    await room.act(Verb.NOTE, "pager:Q2", text="action: fix the pool")
    waits = await found(room, AFTER_SHIFT, "outbox")
    assert waits.outcome is Outcome.NOT_YET and "in the outbox" in waits.words
    await room.run(20)
    assert (await found(room, AFTER_SHIFT, "items")) == Finding(outcome=Outcome.NOT_YET, words="fix the pool")


async def test_ticks_are_kept_for_the_shift_and_nowhere_else(room: Room) -> None:
    await turn(room, ALICE, -1, 11)
    board = await room.desk.board()
    assert (await tick(room.desk, board, BEFORE_SHIFT, "env")).id == "environment"
    assert (await tick(room.desk, board, BEFORE_SHIFT, "2")).id == "vpn"
    now = await sheet(room.desk, board, BEFORE_SHIFT, WELL)
    done = {one.item.id: one for one in now.standing}
    assert done["environment"].done and done["environment"].tick is not None
    assert done["environment"].tick.by == "alice@example.com"
    assert now.subject == f"shift {board.shift.start:%Y-%m-%dT%H:%M}" and now.review is not None
    await tick(room.desk, board, BEFORE_SHIFT, "environment", done=False)
    assert not (await sheet(room.desk, board, BEFORE_SHIFT, WELL)).standing[0].done
    room.clock.advance(13 * 3600)
    await turn(room, ALICE, -1, 11)
    later = await sheet(room.desk, await room.desk.board(), BEFORE_SHIFT, WELL)
    assert later.subject != now.subject and not any(one.tick for one in later.standing)


async def test_a_persons_tick_counts_against_a_check_and_then_it_is_well(room: Room) -> None:
    await turn(room, ALICE, -1, 11)
    board = await room.desk.board()
    before = await sheet(room.desk, board, BEFORE_SHIFT, WELL)
    assert not before.is_well
    for one in before.standing:
        if one.finding is not None and not one.done:
            await tick(room.desk, board, BEFORE_SHIFT, one.item.id)
    after = await sheet(room.desk, board, BEFORE_SHIFT, WELL)
    assert after.is_well and not all(one.done for one in after.standing), "what is left is to be ticked by hand"


async def test_off_call_the_list_is_of_the_day(room: Room) -> None:
    await turn(room, BOB, -1, 11)
    board = await room.desk.board()
    assert await subject_of(room.desk, board, BEFORE_SHIFT) == f"off call {board.shift.end:%Y-%m-%d}"


async def test_what_is_refused_and_the_teams_own_list(make_room: MakeRoom) -> None:
    room = await make_room(read_only=True)
    board = await room.desk.board()
    with pytest.raises(ActRefused, match="read-only"):
        await tick(room.desk, board, BEFORE_SHIFT, "environment")
    with pytest.raises(ActRefused, match="an incident's"):
        list_named(room.desk, "resolution")
    with pytest.raises(ActRefused, match="no checklist is called"):
        list_named(room.desk, "x")
    own = ChecklistItemOptions(text="Feed the cat")
    rules = PolicyOptions(checklists={"friday": (own,), AFTER_SHIFT: (own,)})
    room.desk.settings = replace(room.desk.settings, rules=rules, read_only=False)
    assert list(shift_lists(room.desk)) == [BEFORE_SHIFT, AFTER_SHIFT, "friday"]
    assert [one.text for one in list_named(room.desk, AFTER_SHIFT).items] == ["Feed the cat"]
    assert (await tick(room.desk, board, "friday", "feed")).id == "feed-the-cat"
    with pytest.raises(ActRefused, match="no item of friday"):
        await tick(room.desk, board, "friday", "dog")
    assert timedelta() < HOUR
