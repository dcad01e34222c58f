"""What a channel was told stands on the incident's timeline once it is confirmed, and restarts the update clock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall_tui.board import Made, made_of
from oncall_tui.desk import ActRefused
from oncall_tui.model import EntryKind, IncidentState, NoteKind, OutboxRow, OutboxState, TimelineEntry, Verb
from oncall_tui.sources.base import Outcome, Refused, Unreachable
from oncall_tui.store import Store
from tests.desk.conftest import MakeRoom
from tests.desk.room import Room
from tests.support.channels import FakeChannel

MESSAGE = {"text": "Checkout is slow.\nWe are on it."}
PUBLISH = {"title": "Slow checkout", "text": "We look into it.", "status": "investigating"}


@pytest.fixture
def chat() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
async def room(make_room: MakeRoom, chat: FakeChannel) -> Room:
    room = await make_room(channels=(chat,))
    room.server.add("Q1", "Q2")
    await room.desk.start()
    await room.settle()
    return room


async def told(room: Room, verb: Verb, /, *, about: str = "pager:Q1", undo: bool = False, **params: Any) -> OutboxRow:
    row = await room.desk.tell(verb, "chat", about=about, params=params, title="Title of Q1", undo=undo)
    await room.settle()
    return await room.row(row)


async def spoken(room: Room, about: str = "pager:Q1") -> list[TimelineEntry]:
    view = await room.desk.view(about)
    assert view is not None
    return [entry for entry in view.timeline if entry.id.startswith("local:")]


async def update_due(room: Room) -> Any:
    row = (await room.desk.board()).incident("pager:Q1")
    assert row is not None and row.due is not None
    return row.due


@pytest.mark.parametrize(
    ("verb", "params", "kind", "note_kind", "text", "restarts"),
    [
        (Verb.MESSAGE, MESSAGE, EntryKind.STATUS_UPDATE, None, "Checkout is slow.\nWe are on it.", True),
        (
            Verb.UPDATE_MESSAGE,
            {"message": "C1/1.2", "text": "It is over."},
            EntryKind.STATUS_UPDATE,
            None,
            "changed to: It is over.",
            True,
        ),
        (
            Verb.PUBLISH,
            PUBLISH,
            EntryKind.STATUS_UPDATE,
            None,
            "investigating: Slow checkout\nWe look into it.",
            True,
        ),
        (
            Verb.PUBLISH_UPDATE,
            {"publication": "p1", "text": "A fix is out.", "status": "monitoring"},
            EntryKind.STATUS_UPDATE,
            None,
            "monitoring: A fix is out.",
            True,
        ),
        (Verb.ROOM, {"name": "inc-1"}, EntryKind.OTHER, None, "room #inc-1", False),
        (Verb.TOPIC, {"room": "C1", "topic": "checkout"}, EntryKind.OTHER, None, "topic: checkout", False),
        (Verb.TICKET, {"title": "Add a probe"}, EntryKind.OTHER, None, "ticket C1: Add a probe", False),
        (Verb.TICK, {"text": "Bridge is open"}, EntryKind.NOTE, NoteKind.DID, "Bridge is open", False),
    ],
)
async def test_what_is_confirmed_is_on_the_timeline(
    room: Room,
    verb: Verb,
    params: dict[str, Any],
    kind: EntryKind,
    note_kind: NoteKind | None,
    text: str,
    restarts: bool,
) -> None:
    room.server.incidents["Q1"] = _acknowledged(room)
    await room.desk.refresh(wait=True)
    before = await update_due(room)
    await room.run(120)
    row = await told(room, verb, **params)
    assert row.state is OutboxState.CONFIRMED, row
    (entry,) = await spoken(room)
    assert (entry.id, entry.kind, entry.note_kind, entry.text) == (f"local:{row.key}", kind, note_kind, text)
    assert (entry.author, entry.origin, entry.at) == ("alice@example.com", "chat", row.sent_at)
    after = await update_due(room)
    assert after.what == before.what
    assert (after.at > before.at) is restarts


def _acknowledged(room: Room) -> Any:
    from dataclasses import replace

    from tests.support.fakes import ALICE

    now = room.clock.now()
    return replace(
        room.server.incidents["Q1"],
        state=IncidentState.ACKNOWLEDGED,
        acknowledged_by=(ALICE,),
        acknowledged_at=now,
        first_acknowledged_at=now,
        updated_at=now,
    )


async def test_the_pagers_own_readings_leave_it_there(room: Room) -> None:
    row = await told(room, Verb.MESSAGE, **MESSAGE)
    await room.desk.read("pager:Q1")
    await room.run(60)
    assert [entry.id for entry in await spoken(room)] == [f"local:{row.key}"]


@pytest.mark.parametrize(
    ("failure", "outcome", "state"),
    [
        (Refused("no such room"), Outcome.APPLIED, OutboxState.REFUSED),
        (Unreachable("no connection"), Outcome.APPLIED, OutboxState.QUEUED),
        (None, Outcome.UNKNOWN, OutboxState.UNKNOWN),
    ],
)
async def test_what_is_not_confirmed_is_not(
    room: Room, chat: FakeChannel, failure: Any, outcome: Outcome, state: OutboxState
) -> None:
    chat.failure, chat.outcome = failure, outcome
    row = await told(room, Verb.MESSAGE, **MESSAGE)
    if state is OutboxState.UNKNOWN:
        await room.run(60)
    assert (await room.row(row)).state is state
    assert await spoken(room) == []


async def test_a_handover_is_on_no_timeline(room: Room) -> None:
    row = await told(room, Verb.MESSAGE, about="local:handover-2026-11-23T08:00Z", text="# Handover")
    assert row.state is OutboxState.CONFIRMED
    view = await room.desk.view("pager:Q1")
    assert view is not None and not [one for one in view.timeline if one.id.startswith("local:")]
    assert await room.desk.view(row.target) is None


async def test_it_waits_for_the_undo_window(room: Room, chat: FakeChannel) -> None:
    row = await told(room, Verb.MESSAGE, undo=True, **MESSAGE)
    await room.run(4)
    assert not chat.taken
    assert await room.desk.undo() is not None
    await room.run(10)
    assert not chat.taken and (await room.row(row)).state is OutboxState.CANCELLED


async def test_a_damaged_database_gets_it_back_from_the_outbox(room: Room, tmp_path: Path) -> None:
    row = await told(room, Verb.MESSAGE, **MESSAGE)
    await room.close()
    path = tmp_path / "data" / "oncall.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'rung'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * 64)
    store = await Store.open(tmp_path / "data", clock=room.clock)
    try:
        assert any("was damaged" in notice for notice in store.notices)
        assert [one.key for one in await store.outbox()] == [row.key]
        entries = await store._database.run(lambda db: db.execute("SELECT id, is_told FROM entry").fetchall())
        assert entries == [(f"local:{row.key}", 1)]
    finally:
        await store.close()


# -- what the board tells of channels --------------------------------------------------------------------------


async def test_the_board_tells_of_channels(make_room: MakeRoom) -> None:
    chat, bare = FakeChannel(), FakeChannel("bare", reach=None)
    room = await make_room(channels=(chat, bare))
    first, second = (await room.desk.board()).channels
    assert (first.name, first.kind, first.place, first.named_by) == ("chat", "fake", "#incidents", "room")
    assert first.subject and first.html and first.contacts == ("Bridge, +49 30 1",) and first.can(Verb.PUBLISH)
    # One that tells nothing of whom it reaches is there all the same.
    assert (second.name, second.place, second.contacts) == ("bare", "", ())
    # What its token turns out to lack is gone from the next board.
    chat.capabilities = frozenset()
    assert not (await room.desk.board()).channels[0].can(Verb.MESSAGE)


async def test_components_are_asked_of_the_channel(make_room: MakeRoom) -> None:
    page = FakeChannel("page", names=("Website", "API"))
    room = await make_room(channels=(page,))
    assert await room.desk.components("page") == ("Website", "API")
    assert await room.desk.components("pager") == ()
    page.blind = Unreachable("no connection")
    with pytest.raises(ActRefused, match="page: its components are not known: no connection"):
        await room.desk.components("page")


# -- what an incident has already ------------------------------------------------------------------------------


async def test_what_was_made_is_read_from_confirmed_actions(room: Room, chat: FakeChannel) -> None:
    async def made() -> Made:
        view = await room.desk.view("pager:Q1")
        assert view is not None
        return made_of(view.outbox, "chat")

    assert await made() == Made()
    there = await told(room, Verb.ROOM, name="inc-1")
    published = await told(room, Verb.PUBLISH, **PUBLISH)
    found = await made()
    assert (found.room, found.publication, found.status) == (there, published, "investigating")
    await told(room, Verb.PUBLISH_UPDATE, publication=published.native_ref, text="over", status="resolved")
    ticket = await told(room, Verb.TICKET, title="Add a probe")
    await told(room, Verb.MESSAGE, about="pager:Q2", **MESSAGE)
    found = await made()
    assert (found.status, found.tickets, found.message) == ("resolved", (ticket,), None)
    assert made_of((await room.desk.view("pager:Q1")).outbox, "other") == Made()  # type: ignore[union-attr]  # it is there
    await room.desk.tell(Verb.PUBLISH, "chat", about="pager:Q1", params=PUBLISH, title="x")
    chat.outcome = Outcome.UNKNOWN
    await told(room, Verb.MESSAGE, **MESSAGE)
    await room.run(3)
    assert (await made()).on_way >= {Verb.PUBLISH}
    await room.run(60)
    found = await made()
    assert found.on_way == frozenset() and found.unknown == {Verb.MESSAGE, Verb.PUBLISH}
    assert found.message is None, "what is unknown is nothing to change"


def test_the_window_of_a_message() -> None:
    from oncall_tui.config.schema import UndoOptions

    options = UndoOptions(message=timedelta(seconds=7))
    assert {options.window(verb) for verb in (Verb.MESSAGE, Verb.PUBLISH, Verb.ROOM, Verb.TICK)} == {
        timedelta(seconds=7)
    }
    assert options.window(Verb.ACKNOWLEDGE) == timedelta()
