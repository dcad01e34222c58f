"""Stored before it is sent, changed only from what it is, every change one audit line that nobody can take out."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from oncall_tui.model import OutboxState, Verb
from oncall_tui.store import Store, StoreError
from tests.store.conftest import row
from tests.support.clock import START, ManualClock
from tests.support.fakes import BOB, incident

QUEUED = frozenset({OutboxState.QUEUED})
SENDING = frozenset({OutboxState.SENDING})


async def test_what_was_pressed_is_there_after_a_crash(store: Store, folder: Path, clock: ManualClock) -> None:
    pressed = row("k1", verb=Verb.NOTE, params={"text": "rolled back", "at": None, "kind": "did"})
    assert await store.enqueue(pressed) == (pressed, True)
    # Nothing is closed: what a killed process leaves behind.
    other = await Store.open(folder, clock=clock)
    assert await other.outbox() == (pressed,)
    assert [line.event for line in await other.audit()] == ["queued"]
    await other.close()


async def test_the_second_copy_is_forced_to_disk_before_the_press_is_confirmed(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[bytes] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        fsync(descriptor)
        forced.append((folder / "outbox.journal").read_bytes())

    monkeypatch.setattr(os, "fsync", watched)
    await store.enqueue(row("k1"))
    assert len(forced) == 1
    assert b'"k1"' in forced[0]
    assert await store._database.run(lambda db: db.execute("PRAGMA synchronous").fetchone()[0]) >= 2


async def test_a_double_press_is_one_action(store: Store) -> None:
    first, _ = await store.enqueue(row("k1"))
    assert await store.enqueue(row("k2", created_at=START + timedelta(seconds=1))) == (first, False)
    others = (
        row("k3", target="pager:Q2"),
        row("k4", verb=Verb.RESOLVE),
        row("k5", seen=replace(incident("Q1").version, assignees=(BOB.id,))),
        row("k6", params={"x": 1}),
    )
    for other in others:
        assert (await store.enqueue(other))[1], other.key
    await store.move(replace(first, state=OutboxState.CANCELLED), was=QUEUED, event="cancelled")
    assert (await store.enqueue(row("k7")))[1]


async def test_a_press_that_waits_for_a_person_is_still_the_same_press(store: Store) -> None:
    first, _ = await store.enqueue(row("k1"))
    held = replace(first, held="too old")
    await store.move(held, was=QUEUED, event="held")
    assert await store.enqueue(row("k2")) == (held, False)


async def test_moves_only_from_what_it_is(store: Store) -> None:
    first, _ = await store.enqueue(row("k1"))
    sending = replace(first, state=OutboxState.SENDING, attempts=1, sent_at=START)
    assert await store.move(sending, was=QUEUED, event="sending")
    cancelled = replace(first, state=OutboxState.CANCELLED)
    assert not await store.move(cancelled, was=QUEUED, event="cancelled")
    assert await store.outbox_row("k1") == sending
    assert [line.event for line in await store.audit()] == ["queued", "sending"]
    assert not await store.move(replace(sending, key="nobody"), was=SENDING, event="confirmed")


async def test_a_move_made_before_another_attempt_does_not_make_it_forgotten(store: Store) -> None:
    first, _ = await store.enqueue(row("k1"))
    await store.move(replace(first, attempts=1, sent_at=START), was=QUEUED, event="queued again")
    assert not await store.move(replace(first, forced=True), was=QUEUED, event="retried")
    assert (await store.outbox())[0].attempts == 1


async def test_two_that_move_at_once_one_wins(store: Store, folder: Path, clock: ManualClock) -> None:
    other = await Store.open(folder, clock=clock)
    for n in range(20):
        first, _ = await store.enqueue(row(f"k{n}", target=f"pager:Q{n}"))
        moved = await asyncio.gather(
            store.move(replace(first, state=OutboxState.CANCELLED), was=QUEUED, event="cancelled"),
            other.move(replace(first, state=OutboxState.SENDING), was=QUEUED, event="sending"),
        )
        assert sorted(moved) == [False, True]
    await other.close()


async def test_an_action_is_found_by_the_beginning_of_its_key(store: Store) -> None:
    await store.enqueue(row("abcd"))
    await store.enqueue(row("abxy", target="pager:Q2"))
    assert (await store.outbox_row("abc")) == row("abcd")
    assert await store.outbox_row("ab") is None
    assert await store.outbox_row("") is None
    assert await store.outbox_row("zz") is None


async def test_a_refused_one_stays_until_it_is_seen_off(store: Store) -> None:
    first, _ = await store.enqueue(row("k1"))
    refused = replace(first, state=OutboxState.REFUSED, answer="no")
    await store.move(refused, was=QUEUED, event="refused")
    week = START + timedelta(days=7)
    assert (await store.facts(week)).outbox == (refused,)
    await store.see_off("k1")
    await store.see_off("k1")
    await store.see_off("nobody")
    assert (await store.facts(START)).outbox == ()
    assert [line.event for line in await store.audit()] == ["queued", "refused", "accepted"]


async def test_a_confirmed_one_leaves_the_board_after_the_window(store: Store) -> None:
    first, _ = await store.enqueue(row("k1"))
    await store.move(replace(first, state=OutboxState.CONFIRMED), was=QUEUED, event="confirmed")
    assert len((await store.facts(START + timedelta(minutes=59))).outbox) == 1
    assert (await store.facts(START + timedelta(minutes=61))).outbox == ()


async def test_the_audit_tells_what_was_seen_and_cannot_be_rewritten(store: Store) -> None:
    await store.enqueue(row("k1", params={"level": 2}, verb=Verb.ESCALATE))
    line = (await store.audit())[0]
    assert (line.seat, line.verb, line.target) == ("alice@example.com", "escalate", "pager:Q1")
    assert "triggered, level 1, PALICE" in line.detail
    assert '"level":2' in line.detail
    for statement in ("UPDATE audit SET seat = 'x'", "DELETE FROM audit"):
        with pytest.raises(StoreError):
            await store._database.run(lambda db, text=statement: db.execute(text))
    assert await store.audit() == (line,)


async def test_what_cannot_be_stored_is_refused_and_leaves_nothing(store: Store, folder: Path) -> None:
    with pytest.raises(StoreError):
        await store.enqueue(row("k1", params={"text": "\ud800"}))
    assert await store.outbox() == ()
    with pytest.raises(StoreError):
        await store.enqueue(row("k2", params={"x": {1, 2} and object()}))
    await store.enqueue(row("k3"))
    with pytest.raises(StoreError, match="is there already"):
        await store.enqueue(row("k3", target="pager:Q2"))
    assert [one.target for one in await store.outbox()] == ["pager:Q1"]


async def test_a_cancelled_caller_leaves_no_transaction_open(store: Store, folder: Path, clock: ManualClock) -> None:
    other = await Store.open(folder, clock=clock)
    for n in range(50):
        task = asyncio.create_task(store.enqueue(row(f"k{n}", target=f"pager:Q{n}")))
        for _ in range(n % 4):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # Had it left one open, this would wait for five seconds and fail.
        async with asyncio.timeout(2):
            await other.enqueue(row(f"o{n}", target=f"pager:O{n}"))
    assert not await store._database.run(lambda db: db.in_transaction)
    rows = {one.key for one in await store.outbox()}
    assert {f"o{n}" for n in range(50)} <= rows
    # Whole or not at all: every row that is there has its audit line.
    assert rows == {line.key for line in await store.audit(500)}
    await other.close()


async def test_four_on_one_folder_wait_for_each_other(folder: Path, clock: ManualClock) -> None:
    stores = [await Store.open(folder, clock=clock) for _ in range(4)]

    async def press(n: int, one: Store) -> None:
        for m in range(15):
            await one.enqueue(row(f"k{n}x{m}", target=f"pager:Q{n}x{m}"))
            await one.facts(START)

    await asyncio.gather(*(press(n, one) for n, one in enumerate(stores)))
    assert len(await stores[0].outbox()) == 60
    for one in stores:
        await one.close()
    with sqlite3.connect(folder / "oncall.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


async def test_another_process_is_noticed_by_the_version(store: Store, folder: Path, clock: ManualClock) -> None:
    other = await Store.open(folder, clock=clock)
    before = await store.version()
    await store.set_value("mine", "x")
    assert await store.version() == before
    await other.set_value("theirs", "x")
    assert await store.version() != before
    await other.close()


async def test_a_closed_store_says_so(folder: Path, clock: ManualClock) -> None:
    store = await Store.open(folder, clock=clock)
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.facts(START)


async def test_drafts_values_and_rings(store: Store) -> None:
    assert await store.draft("note:pager:Q1") is None
    await store.save_draft("note:pager:Q1", "half a \ud800 thought")
    draft = await store.draft("note:pager:Q1")
    assert draft is not None
    assert (draft.text, draft.updated_at) == ("half a \\ud800 thought", START)
    await store.drop_draft("note:pager:Q1")
    assert await store.draft("note:pager:Q1") is None
    await store.set_value("scope", "mine")
    assert await store.value("scope") == "mine"
    assert await store.value("theme") is None
    assert await store.mark_rung(["a", "b", "a"]) == {"a", "b"}
    assert await store.mark_rung(["b", "c"]) == {"c"}
    assert await store.mark_rung([]) == frozenset()
