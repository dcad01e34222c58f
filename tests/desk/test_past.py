"""Local history and suggestions through the desk: what is indexed by itself, what is dismissed and for whom."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from oncall_tui.board import BoardSettings
from oncall_tui.desk import ActRefused, Desk, DeskSettings, past
from oncall_tui.model import EntryKind, IncidentDetail, Snapshot, SourceState, TimelineEntry
from oncall_tui.store import Store
from tests.desk.room import Room
from tests.support.clock import START, ManualClock
from tests.support.fakes import incident
from tests.support.make import alert

SETTINGS = DeskSettings(
    board=BoardSettings(
        user="alice@example.com",
        sources=(("pager", "fake"), ("alerts", "alertmanager")),
        capabilities={"alerts": frozenset({"alerts"})},
    ),
    sends=False,
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "data", clock=ManualClock())
    yield opened
    await opened.close()


def desk_on(store: Store, settings: DeskSettings = SETTINGS) -> Desk:
    return Desk(store, [], ManualClock(), settings)


async def trouble(store: Store, *more: str) -> None:
    alerts = tuple(
        alert(name, name=name, service="edge", first_at=START, last_at=START, severity=1 if name == "Down" else 2)
        for name in ("HandshakesFail", "ConnectionsCut", *more)
    )
    pager = SourceState(name="pager", kind="fake", serves=frozenset({"incidents"}), last_success=START)
    await store.put_state(pager)
    snapshot = Snapshot(source="alerts", taken_at=START, alerts=alerts)
    await store.apply(snapshot, SourceState(name="alerts", kind="alertmanager", last_success=START))


async def test_a_dismissal_is_kept_for_every_desk_on_the_folder_and_taken_back_by_any(store: Store) -> None:
    await trouble(store)
    mine, other = desk_on(store), desk_on(store)
    (one,) = (await mine.board()).suggestions
    await past.dismiss(mine, one)
    board = await other.board()
    assert board.suggestions == () and board.dismissed[0].dismissed is not None
    assert board.dismissed[0].dismissed.by == "alice@example.com"
    await past.restore(other, board.dismissed[0])
    assert (await mine.board()).suggestions == (one,)
    with pytest.raises(ActRefused, match="not dismissed"):
        await past.restore(other, board.dismissed[0])


async def test_something_worse_brings_it_back_by_itself(store: Store) -> None:
    await trouble(store)
    desk = desk_on(store)
    await past.dismiss(desk, (await desk.board()).suggestions[0], declared=True)
    assert (await desk.board()).dismissed[0].dismissed.declared  # type: ignore[union-attr]  # it is dismissed
    await trouble(store, "Down")
    board = await desk.board()
    assert [one.severity for one in board.suggestions] == [1] and board.dismissed == ()


async def test_a_read_only_seat_dismisses_nothing(store: Store) -> None:
    await trouble(store)
    desk = desk_on(store, replace(SETTINGS, read_only=True))
    (one,) = (await desk.board()).suggestions
    with pytest.raises(ActRefused, match="read-only"):
        await past.dismiss(desk, one)
    assert (await desk.board()).suggestions == (one,)


async def test_what_cannot_be_read_of_dismissals_is_left_out_and_old_ones_go(store: Store, tmp_path: Path) -> None:
    await trouble(store)
    desk = desk_on(store)
    (one,) = (await desk.board()).suggestions
    await past.dismiss(desk, one)
    await store.set_value("dismissed:9", "{not json")
    assert (await desk.board()).suggestions == ()
    clock = ManualClock()
    clock.advance(31 * 86400)
    await store.prune(clock.now())
    assert await store.value_names("dismissed:") == ()


async def test_the_last_time_of_the_kind_tells_who_and_what(store: Store) -> None:
    was = incident("Q1", title="Disk 90 % full", created_at=START.replace(day=1), resolved_by="Bob")
    await store.put_detail(
        IncidentDetail(
            incident=was,
            timeline=(
                TimelineEntry(
                    id="pager:E1", incident_id=was.id, at=was.created_at, kind=EntryKind.NOTE, text="root cause: logs"
                ),
            ),
        )
    )
    await store.put_detail(IncidentDetail(incident=incident("Q2", title="Disk 97 % full")))
    seen = await past.seen_before(desk_on(store), "pager:Q2")
    assert seen.count == 1 and seen.times[0].root_cause == "logs" and seen.times[0].people == ("Bob",)


async def test_a_running_desk_indexes_by_itself_within_minutes_and_then_writes_nothing(room: Room) -> None:
    with contextlib.closing(sqlite3.connect(room.store.path)) as db:
        assert db.execute("SELECT count(*) FROM document").fetchone() == (0,)
        await room.run(65)
        assert db.execute("SELECT count(*) FROM document WHERE kind = 'incident'").fetchone() == (2,)
        room.server.add("Q3")
        await room.run(125)
        assert db.execute("SELECT count(*) FROM document WHERE kind = 'incident'").fetchone() == (3,)
        rows = db.execute("SELECT * FROM document ORDER BY number").fetchall()
        await room.run(65)
        assert db.execute("SELECT * FROM document ORDER BY number").fetchall() == rows
    assert (await room.desk.search("title")).total == 3
