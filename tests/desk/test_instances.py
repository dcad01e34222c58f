"""Several processes on one data folder: one sends, all see; and the folder's own accidents."""

from __future__ import annotations

import asyncio

from oncall_tui.model import OutboxState, Verb
from tests.desk.conftest import MakeRoom
from tests.desk.room import Room


async def pair(make_room: MakeRoom) -> tuple[Room, Room]:
    """Two started rooms on one folder; the first sends."""
    first = await make_room()
    first.server.add("Q1", "Q2")
    await first.desk.start()
    await first.settle()
    second = await make_room(clock=first.clock, server=first.server, pagers=first.pagers)
    await second.desk.start(poll=False)
    await second.settle()
    return first, second


async def both(first: Room, second: Room, seconds: float) -> None:
    """Time passes for both."""
    passed = 0.0
    while passed < seconds:
        first.clock.advance(0.5)
        passed += 0.5
        for _ in range(2):
            await first.settle()
            await second.settle()


async def test_the_other_queues_waits_and_is_told(make_room: MakeRoom) -> None:
    first, second = await pair(make_room)
    assert first.desk.sender is None
    assert second.desk.sender is not None
    assert (await second.desk.board()).counts.sender == second.desk.sender
    pressed = await second.act(Verb.ACKNOWLEDGE, "pager:Q1")
    waiting = asyncio.create_task(second.desk.wait(pressed.key, 20))
    await both(first, second, 2)
    assert (await waiting).state is OutboxState.CONFIRMED
    assert first.server.applied[pressed.key] == 1


async def test_a_press_in_each_is_one_effect(make_room: MakeRoom) -> None:
    first, second = await pair(make_room)
    one = await second.act(Verb.NOTE, "pager:Q1", undo=True, text="same")
    other = await first.act(Verb.NOTE, "pager:Q1", undo=True, text="same")
    assert one.key == other.key
    await both(first, second, 8)
    assert first.server.notes("pager:Q1") == ["same"]


async def test_what_one_polls_the_other_shows(make_room: MakeRoom) -> None:
    first, second = await pair(make_room)
    said = second.said
    first.server.add("Q3")
    await first.desk.refresh(wait=True)
    await both(first, second, 1)
    assert second.said > said
    assert (await second.desk.board()).incident("pager:Q3") is not None


async def test_the_other_takes_over_when_the_first_leaves(make_room: MakeRoom) -> None:
    first, second = await pair(make_room)
    await first.desk.stop()
    pressed = await second.act(Verb.ACKNOWLEDGE, "pager:Q1")
    await second.run(4)
    assert second.desk.sender is None
    assert await second.state(pressed) is OutboxState.CONFIRMED


async def test_one_that_was_stopped_for_a_minute_does_not_send_what_the_other_has_sent(make_room: MakeRoom) -> None:
    first, second = await pair(make_room)
    # The first does not run (SIGSTOP): only the second one's tasks see the time pass.
    frozen = first.desk._watch._store.renew_lease
    first.desk._watch._store.renew_lease = lambda: asyncio.sleep(3600, False)  # type: ignore[method-assign]
    first.desk._sender._wake.clear()
    pressed = await second.act(Verb.ESCALATE, "pager:Q1", level=2)
    first.desk._sender.active = True
    await both(first, second, 15)
    first.desk._watch._store.renew_lease = frozen  # type: ignore[method-assign]
    await both(first, second, 15)
    assert first.server.applied[pressed.key] == 1
    assert await second.state(pressed) is OutboxState.CONFIRMED


async def test_a_command_that_does_not_send_never_takes_the_lease(make_room: MakeRoom) -> None:
    room = await make_room(sends=False)
    room.server.add("Q1")
    await room.desk.poll_once()
    await room.desk.start(poll=False)
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    await room.run(30)
    assert await room.store.lease_holder() is None
    assert await room.state(pressed) is OutboxState.QUEUED


async def test_a_database_that_was_deleted_is_noticed_within_ten_seconds(make_room: MakeRoom) -> None:
    room = await make_room()
    room.server.add("Q1", "Q2")
    await room.desk.start()
    await room.settle()
    room.pager.down = True
    pressed = await room.act(Verb.ACKNOWLEDGE, "pager:Q1")
    await room.settle()
    room.store.path.unlink()
    await room.run(10)
    assert room.store.path.exists()
    assert (await room.row(pressed)).pending
    assert room.desk.banner is not None
    assert "deleted or replaced" in room.desk.banner
    room.pager.down = False
    await room.desk.refresh(wait=True)
    await room.run(5)
    assert await room.state(pressed) is OutboxState.CONFIRMED
    assert len((await room.desk.board()).incidents) == 2
