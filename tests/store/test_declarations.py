"""Declarations on the disk: stored before anything is sent, each step's action once, saved from a broken file."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from oncall_tui.model import OutboxRow, Verb
from oncall_tui.policy.declaring import Declared, Plan, Skipped, Step, Wish
from oncall_tui.store import Store, StoreError
from oncall_tui.store.salvage import carry_over
from tests.support.clock import START, ManualClock

PLAN = Plan(
    wish=Wish(title="Nobody can pay", severity=1, alerts=("alerts:1",), without=frozenset({"ticket"})),
    steps=(
        Step(id="incident", verb=Verb.DECLARE, to="pager", does="make it", rule="r", params={"title": "x", "to": []}),
    ),
    skipped=(Skipped(id="ticket", why="left out"),),
)
ONE = Declared(id="abcdef", plan=PLAN, seat="alice", at=START, asked_at=START, asked={"incident": START})


async def opened(folder: Path, clock: ManualClock | None = None) -> Store:
    return await Store.open(folder, clock=clock or ManualClock())


def row(key: str, text: str = "x") -> OutboxRow:
    return OutboxRow(
        key=key,
        verb=Verb.MESSAGE,
        target="pager:Q1",
        source="war-room",
        target_title="t",
        params={"text": text},
        seat="alice",
        created_at=START,
        not_before=START,
    )


async def test_what_is_stored_comes_back_as_it_was_also_from_another_process(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    assert not await store.has_declarations()
    await store.declarations.put(ONE)
    other = await opened(tmp_path)
    assert await other.has_declarations()
    assert await other.declarations.opened() == (ONE,)
    assert await other.declarations.latest(5) == ((ONE, False),)
    assert await other.declarations.named("abc") == (ONE, False)
    assert await other.declarations.named("") is None
    [line] = [line for line in await other.audit(10) if line.event == "declared"]
    assert (line.key, line.seat, line.target) == ("abcdef", "alice", "local:declaration-abcdef")
    assert "Nobody can pay" in line.detail
    await other.close()
    await store.close()


async def test_it_is_changed_and_over(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.declarations.put(ONE)
    known = replace(ONE, incident="pager:Q1")
    await store.declarations.change(ONE.id, lambda held: (replace(held, incident="pager:Q1"), False))
    assert await store.declarations.opened() == (known,)
    await store.declarations.change(ONE.id, lambda held: (held, True))
    assert not await store.has_declarations()
    assert await store.declarations.named("abcdef") == (known, True)
    with pytest.raises(StoreError):
        await store.declarations.put(ONE)  # there is one of that id
    await store.close()


async def test_what_two_processes_change_of_it_is_not_lost(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.declarations.put(ONE)
    other = await opened(tmp_path)
    later = START + timedelta(minutes=20)
    await other.declarations.change(ONE.id, lambda held: (replace(held, asked={"room": later}), False))
    # Whoever sends has read it before a person said so, and writes what it has heard from the pager.
    await store.declarations.change(ONE.id, lambda held: (replace(held, incident="pager:Q1"), not held.asked))
    assert await store.declarations.opened() == (replace(ONE, incident="pager:Q1", asked={"room": later}),)
    await store.declarations.change("gone", lambda held: (held, True))
    assert await store.declarations.latest(5) == ((replace(ONE, incident="pager:Q1", asked={"room": later}), False),)
    await other.close()
    await store.close()


async def test_a_beginning_that_two_have_names_none(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    for name in ("abcdef", "abcxyz"):
        await store.declarations.put(replace(ONE, id=name))
    assert await store.declarations.named("abc") is None
    assert await store.declarations.named("abcx") is not None
    await store.close()


async def test_the_action_of_a_step_is_stored_once_by_its_key(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    assert await store.declarations.enqueue(row("one"))
    assert not await store.declarations.enqueue(row("one", "other words"))
    # What would be a double press is two steps here: in two rooms the same words are said.
    assert await store.declarations.enqueue(row("two"))
    assert [(one.key, one.params["text"]) for one in await store.outbox(pending_only=True)] == [
        ("one", "x"),
        ("two", "x"),
    ]
    assert [one.key for one in await store.declarations.rows(["two", "on", "nothing"])] == ["two"]
    await store.close()


async def test_from_a_broken_file_it_is_saved_as_what_waits_for_a_person(tmp_path: Path) -> None:
    store = await opened(tmp_path / "broken")
    await store.declarations.put(ONE)
    await store.close()
    store = await opened(tmp_path / "new")
    await store._database.run(lambda db: carry_over(tmp_path / "broken" / "oncall.db", db, START))
    assert await store.declarations.latest(5) == ((ONE, True),)
    assert not await store.has_declarations(), "its actions may be lost: nothing of it goes by itself"
    await store.close()


async def test_it_is_let_go_of_with_its_actions(tmp_path: Path) -> None:
    clock = ManualClock()
    store = await opened(tmp_path, clock)
    await store.declarations.put(ONE)
    await store.prune(START + timedelta(days=89))
    assert await store.declarations.latest(5)
    await store.prune(START + timedelta(days=91))
    assert await store.declarations.latest(5) == ()
    await store.close()
