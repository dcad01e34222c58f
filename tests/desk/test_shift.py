"""What a seat wrote for the next one is there when it is handed over: after the shift's end."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall_tui.desk.shift import edits_between, load_edits
from oncall_tui.handover import HandoverEdits, edits_key, encode_edits, with_note
from oncall_tui.model import OnCall, Person, Snapshot
from tests.desk.room import Room
from tests.support.fakes import ALICE, BOB

HOUR = timedelta(hours=1)


async def on_call(room: Room, person: Person, start: datetime, end: datetime) -> None:
    entry = OnCall(source="pager", team="Payments", level=1, person=person, since=start, until=end)
    (state,) = await room.desk.source_states()
    await room.store.apply(Snapshot(source="pager", taken_at=room.clock.now(), on_call=(entry,)), state)


async def written(room: Room, words: str) -> HandoverEdits:
    """The seat adds a line to its current shift's handover."""
    shift = (await room.desk.board()).shift
    edits = with_note(HandoverEdits(), words)
    key = edits_key(shift.start, shift.end, on_call=shift.on_call)
    await room.desk.set_value(key, encode_edits(edits))
    return edits


async def test_notes_are_there_after_the_end_of_the_shift(room: Room) -> None:
    end = room.clock.now() + HOUR
    await on_call(room, ALICE, end - 12 * HOUR, end)
    edits = await written(room, "watch db-7")
    room.clock.advance(HOUR + timedelta(minutes=3))
    await on_call(room, BOB, end, end + 12 * HOUR)
    board = await room.desk.board()
    assert not board.shift.on_call
    assert await load_edits(room.desk, board) == edits
    # The next day nobody is handed that shift any more.
    room.clock.advance(12 * HOUR)
    assert await load_edits(room.desk, await room.desk.board()) == HandoverEdits()


async def test_a_shift_by_its_times_has_its_notes(room: Room) -> None:
    now = room.clock.now()
    await on_call(room, ALICE, now - HOUR, now + 23 * HOUR)
    first = await written(room, "first half")
    room.clock.advance(12 * HOUR)
    second = await written(room, "second half")
    assert await load_edits(room.desk, await room.desk.board()) == second
    assert await edits_between(room.desk, now - HOUR, now + 11 * HOUR) == first
    assert await edits_between(room.desk, now + 10 * HOUR, now + 20 * HOUR) == second
    assert await edits_between(room.desk, now - 30 * HOUR, now - 20 * HOUR) == HandoverEdits()
