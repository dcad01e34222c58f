"""Handing over and taking over at the desk: what is kept, which one is the previous, the receipt in both places."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.clock import iso
from oncall_tui.desk import ActRefused
from oncall_tui.desk.handing import accept, beside, keep, kept, previous
from oncall_tui.desk.shift import draft_handover
from oncall_tui.handover import NOTES, NOWHERE, Handed, Handover, HandoverEdits, handed_of, to_json
from oncall_tui.model import OutboxState
from tests.desk.conftest import MakeRoom
from tests.desk.room import Room
from tests.desk.test_shift import HOUR, on_call
from tests.support.fakes import ALICE


async def drafted(room: Room, **edits: Any) -> Handover:
    board = await room.desk.board()
    end = room.clock.now()
    return await draft_handover(room.desk, board, end - 12 * HOUR, end, HandoverEdits(**edits))


def given_by(handover: Handover, user: str, hours: float = 0) -> Handed:
    document = json.loads(json.dumps(to_json(handover)))
    document["shift"] |= {
        "user": user,
        "start": iso(handover.start + hours * HOUR),
        "end": iso(handover.end + hours * HOUR),
    }
    return handed_of(json.dumps(document).encode())


async def test_the_latest_of_a_seats_shift_is_kept_once(room: Room) -> None:
    await keep(room.desk, await drafted(room), "exported")
    await keep(room.desk, await drafted(room, notes=("watch db-7",)), "sent")
    (one,) = await kept(room.desk)
    assert (one.origin, one.handed.document.notes, one.accepted_at) == ("sent", ("watch db-7",), None)


async def test_the_next_seat_accepts_with_a_note_on_what_is_open_and_in_the_audit(room: Room) -> None:
    await room.run(5)
    board = await room.desk.board()
    handed = given_by(await drafted(room, items=("fix the pool TICKET-9",)), "bob@example.com")
    assert handed.document.open
    done = await accept(room.desk, board, handed)
    assert "receipt as a note on" in done.words and done.kept.accepted_by == "alice@example.com"
    await room.run(5)
    assert len(done.rows) == len(handed.document.open)
    for row in done.rows:
        assert await room.state(row) is OutboxState.CONFIRMED
        (text,) = room.server.notes(row.target)
        assert text.startswith("Handover accepted: alice@example.com has taken over from bob@example.com")
    (line,) = [line for line in await room.desk.audit() if line.verb == "handover"]
    assert (line.event, line.seat, line.key) == ("accepted", "alice@example.com", handed.digest)
    (one,) = await kept(room.desk)
    assert one.receipts == tuple(row.key for row in done.rows)
    with pytest.raises(ActRefused, match="has accepted it already"):
        await accept(room.desk, board, handed)
    again = await beside(room.desk, board, handed.start, handed.end)
    assert again.previous is not None and again.accepted_at is not None
    document = await drafted(room)
    assert document.since_last is not None and document.since_last.user == "bob@example.com"
    assert [one.text for one in document.action_items] == ["fix the pool TICKET-9"], "what was left is mine now"


async def test_nothing_is_written_on_what_was_resolved_since(room: Room) -> None:
    from oncall_tui.model import Verb

    await room.run(5)
    handed = given_by(await drafted(room), "bob@example.com")
    gone, *left = [one.id for one in handed.document.open]
    assert left
    await room.act(Verb.RESOLVE, gone)
    await room.run(30)
    done = await accept(room.desk, await room.desk.board(), handed)
    await room.run(5)
    assert [row.target for row in done.rows] == left and not room.server.notes(gone)
    assert f"a note on {len(left)} open incident" in done.words
    (text,) = room.server.notes(left[0])
    assert text.endswith(f"{len(left)} open, 1 resolved since"), text


async def test_its_items_are_the_next_seats_until_a_note_says_that_they_are_done(room: Room) -> None:
    await room.run(5)
    handed = given_by(await drafted(room, items=("fix the pool TICKET-9",)), "bob@example.com")
    await accept(room.desk, await room.desk.board(), handed, NOWHERE)
    assert len((await drafted(room)).action_items) == 1
    from oncall_tui.model import Verb

    await room.act(Verb.NOTE, handed.document.open[0].id, text="done: TICKET-9")
    await room.run(10)
    document = await drafted(room)
    assert document.action_items == () and document.since_last is not None
    assert [one.text for one in document.since_last.items_done] == ["fix the pool TICKET-9"]


async def test_the_previous_one_is_somebody_elses_or_an_earlier_one_of_mine(room: Room) -> None:
    now = room.clock.now()
    await on_call(room, ALICE, now - HOUR, now + 11 * HOUR)
    board = await room.desk.board()
    assert await previous(room.desk, board) is None
    mine = await drafted(room)
    await keep(room.desk, replace(mine, start=now - HOUR, end=now), "exported")
    assert await previous(room.desk, board) is None, "of this very shift"
    await keep(room.desk, replace(mine, start=now - 24 * HOUR, end=now - 13 * HOUR), "exported")
    found = await previous(room.desk, board)
    assert found is not None and found.handed.end == now - 13 * HOUR
    await keep(room.desk, replace(mine, user="bob@example.com", start=now - 13 * HOUR, end=now - HOUR), "sent")
    found = await previous(room.desk, board)
    assert found is not None and found.handed.user == "bob@example.com"


async def test_what_cannot_be_accepted(room: Room, make_room: MakeRoom) -> None:
    await room.run(5)
    board = await room.desk.board()
    handed = given_by(await drafted(room), "bob@example.com")
    with pytest.raises(ActRefused, match="it is your own handover"):
        await accept(room.desk, board, given_by(await drafted(room), "Alice@example.com"))
    with pytest.raises(ActRefused, match="no channel named 'nowhere' takes messages"):
        await accept(room.desk, board, handed, "nowhere")
    closed = handed_of(json.dumps({**json.loads(json.dumps(to_json(await drafted(room)))), "open": []}).encode())
    with pytest.raises(ActRefused, match="it is your own"):
        await accept(room.desk, board, closed, NOTES)
    assert await kept(room.desk) == () and not [one for one in await room.desk.audit() if one.verb == "handover"]
    shadow = await make_room(read_only=True)
    with pytest.raises(ActRefused, match="read-only"):
        await accept(shadow.desk, await shadow.desk.board(), handed)
    assert await kept(shadow.desk) == ()


async def test_only_so_many_are_kept_and_a_spoilt_one_is_passed_over(room: Room) -> None:
    base = await drafted(room)
    for day in reversed(range(25)):
        at = timedelta(days=day)
        await keep(room.desk, replace(base, start=base.start - at, end=base.end - at), "exported")
    newest = [base.end - timedelta(days=day) for day in range(20)]
    assert [one.handed.end for one in await kept(room.desk)] == newest
    await room.desk.set_value("handed:2999-01-01T00:00:00Z:aaaaaaaa", '{"document": {"version": 1}')
    assert [one.handed.end for one in await kept(room.desk)] == newest


async def test_what_was_accepted_stays_so_when_the_same_is_kept_again(room: Room) -> None:
    theirs = replace(await drafted(room), user="bob@example.com")
    await keep(room.desk, theirs, "sent")
    (one,) = await kept(room.desk)
    await accept(room.desk, await room.desk.board(), one.handed, NOWHERE)
    await keep(room.desk, theirs, "exported")
    (one,) = await kept(room.desk)
    assert one.accepted_by == "alice@example.com"
    await keep(room.desk, replace(theirs, notes=("watch db-7",)), "exported")
    (one,) = await kept(room.desk)
    assert (one.handed.document.notes, one.accepted_by) == (("watch db-7",), None), "nobody has accepted this one"


async def test_what_takes_no_note_keeps_nobody_from_accepting(room: Room) -> None:
    await room.run(5)
    board = await room.desk.board()
    handed = given_by(await drafted(room), "bob@example.com")
    first, *others = [row for row in board.incidents if row.id in {one.id for one in handed.document.open}]
    assert others
    closed = replace(first, incident=replace(first.incident, takes=("acknowledge",)))
    rows = tuple(closed if row is first else row for row in board.incidents)
    done = await accept(room.desk, replace(board, incidents=rows), handed, NOTES)
    assert {row.target for row in done.rows} == {row.id for row in others}
    (one,) = await kept(room.desk)
    assert one.receipts == tuple(row.key for row in done.rows)


async def test_a_handover_of_long_ago_is_kept_when_it_is_accepted(room: Room) -> None:
    await room.run(5)
    base = await drafted(room)
    for day in range(20):
        at = timedelta(days=day)
        await keep(room.desk, replace(base, start=base.start - at, end=base.end - at), "exported")
    done = await accept(room.desk, await room.desk.board(), given_by(base, "bob@example.com", -2400), NOWHERE)
    assert done.kept.accepted_by == "alice@example.com"


@pytest.mark.parametrize("hours", [14, 24 * 400])
async def test_a_shift_that_has_not_begun_is_not_accepted(room: Room, hours: float) -> None:
    board = await room.desk.board()
    handed = given_by(await drafted(room), "bob@example.com", hours)
    with pytest.raises(ActRefused, match="nothing of it can be handed over yet"):
        await accept(room.desk, board, handed)
    assert await kept(room.desk) == ()
    written = replace(given_by(await drafted(room), "bob@example.com"), written_at=room.clock.now() + 2 * HOUR)
    with pytest.raises(ActRefused, match="which lies ahead: is this clock right"):
        await accept(room.desk, board, written)


async def test_an_end_that_lies_ahead_puts_a_handover_before_none_that_came_later(room: Room) -> None:
    board = await room.desk.board()
    base = await drafted(room)
    for days in range(25):
        ahead = replace(base, user=f"mallory{days}@example.com", end=base.end + timedelta(days=days + 1))
        await accept(room.desk, board, given_by(ahead, ahead.user), NOWHERE)
    await room.run(60)
    later = await drafted(room)
    real = given_by(replace(later, start=later.end - HOUR), "bob@example.com")
    await accept(room.desk, board, real, NOWHERE)
    found = await previous(room.desk, board)
    assert found is not None and found.handed.user == "bob@example.com"
    await room.run(60)
    await accept(
        room.desk, board, given_by(replace(base, end=base.end + timedelta(days=40)), "eve@example.com"), NOWHERE
    )
    assert [one.handed.user for one in await kept(room.desk)][:2] == ["eve@example.com", "bob@example.com"]


async def test_what_lies_ahead_pushes_no_real_one_out(room: Room) -> None:
    base = await drafted(room)
    for days in range(1, 21):
        ahead = timedelta(days=days)
        await keep(room.desk, replace(base, user="m", start=base.start + ahead, end=base.end + ahead), "sent")
    for user in ("bob", "eve", "erin"):
        await room.run(60)
        await keep(room.desk, replace(await drafted(room), user=user), "sent")
    users = [one.handed.user for one in await kept(room.desk)]
    assert users == ["erin", "eve", "bob", *["m"] * 17]
