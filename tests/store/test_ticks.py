"""What was ticked stays ticked: in another window, after a crash, after the file was broken."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from oncall_tui.model import EntryKind, IncidentDetail, TimelineEntry
from oncall_tui.policy.checklists import Tick
from oncall_tui.store import Store
from oncall_tui.store.files import DATABASE
from oncall_tui.store.salvage import carry_over
from oncall_tui.store.schema import migrate
from tests.support.clock import START, ManualClock
from tests.support.fakes import incident

LIST, ABOUT = "resolution", "pager:Q1"


def tick(item: str, minutes: float = 0, **given: object) -> Tick:
    facts: dict[str, object] = {"item": item, "at": START + timedelta(minutes=minutes), "by": "alice@example.com"}
    return Tick(**(facts | given))  # type: ignore[arg-type]  # facts of a tick


async def test_ticks_come_out_as_they_went_in_the_oldest_first(store: Store) -> None:
    later, earlier = tick("deploy", 5, done=False, said="exit 1: no such host"), tick("test-fix", 1)
    await store.put_tick(LIST, ABOUT, later)
    await store.put_tick(LIST, ABOUT, earlier)
    assert await store.ticks(LIST, ABOUT) == (earlier, later)


async def test_another_incident_and_another_list_have_ticks_of_their_own(store: Store) -> None:
    await store.put_tick(LIST, ABOUT, tick("deploy"))
    assert await store.ticks(LIST, "pager:Q2") == ()
    assert await store.ticks("before-shift", ABOUT) == ()


async def test_what_is_said_of_an_item_last_counts(store: Store) -> None:
    await store.put_tick(LIST, ABOUT, tick("deploy", 0, done=False, said="exit 1"))
    await store.put_tick(LIST, ABOUT, tick("deploy", 3))
    assert await store.ticks(LIST, ABOUT) == (tick("deploy", 3),)


async def test_a_tick_can_be_taken_back(store: Store) -> None:
    await store.put_tick(LIST, ABOUT, tick("deploy"))
    await store.put_tick(LIST, ABOUT, tick("verify"))
    await store.drop_tick(LIST, ABOUT, "deploy")
    assert await store.ticks(LIST, ABOUT) == (tick("verify"),)


async def test_of_whom_something_was_said_lately(store: Store) -> None:
    await store.put_tick(LIST, "pager:Q2", tick("deploy"))
    await store.put_tick(LIST, ABOUT, tick("deploy", 10))
    await store.put_tick(LIST, ABOUT, tick("verify", 11))
    await store.put_tick("before-shift", "shift", tick("vpn", 11))
    assert await store.tick_subjects(LIST, START + timedelta(minutes=5)) == (ABOUT,)
    assert await store.tick_subjects(LIST, START) == (ABOUT, "pager:Q2")


async def test_two_windows_that_tick_different_items_both_have_said_so(store: Store, folder: Path) -> None:
    other = await Store.open(folder, clock=ManualClock())
    try:
        await store.put_tick(LIST, ABOUT, tick("test-fix"))
        before = await store.version()
        await other.put_tick(LIST, ABOUT, tick("deploy", 1))
        assert await store.version() != before, "the first window is not told"
        assert [one.item for one in await store.ticks(LIST, ABOUT)] == ["test-fix", "deploy"]
    finally:
        await other.close()


@pytest.mark.parametrize("hostile", ["half \ud800 a letter", "", "x" * 100_000, "a\tb", "'; DROP TABLE tick; --"])
async def test_any_text_is_kept(store: Store, hostile: str) -> None:
    await store.put_tick(LIST, ABOUT, tick("deploy", said=hostile, by=hostile))
    (found,) = await store.ticks(LIST, ABOUT)
    assert found.said == found.by == hostile.encode("utf-8", "backslashreplace").decode()


async def test_ticks_are_let_go_of_with_their_incidents(store: Store) -> None:
    await store.put_tick(LIST, ABOUT, tick("deploy"))
    await store.put_tick(LIST, ABOUT, tick("verify", 60 * 24 * 80))
    await store.prune(START + timedelta(days=100))
    assert [one.item for one in await store.ticks(LIST, ABOUT)] == ["verify"]


async def test_ticks_are_saved_from_a_broken_file(store: Store, folder: Path, tmp_path: Path) -> None:
    await store.put_tick(LIST, ABOUT, tick("deploy"))
    await store.close()
    with sqlite3.connect(tmp_path / "new.db", isolation_level=None) as new:
        migrate(new)
        carry_over(folder / DATABASE, new, START)
        assert new.execute("SELECT list, subject, item, seat FROM tick").fetchall() == [
            (LIST, ABOUT, "deploy", "alice@example.com")
        ]
    new.close()


async def test_notes_that_speak_of_a_mitigation_are_found_whoever_wrote_them(store: Store) -> None:
    notes = (
        ("Q1", "mitigated: bigger pool", 1),
        ("Q2", "MITIGATED", 2),
        ("Q3", "looking", 3),
        ("Q4", "Mitigation", -9),
    )
    for native_id, text, minutes in notes:
        entry = TimelineEntry(
            id=f"pager:{native_id}N",
            incident_id=f"pager:{native_id}",
            at=START + timedelta(minutes=minutes),
            kind=EntryKind.NOTE,
            text=text,
        )
        await store.put_detail(IncidentDetail(incident=incident(native_id), timeline=(entry,)))
    assert await store.mitigated_since(START) == ("pager:Q1", "pager:Q2")
