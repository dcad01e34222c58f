"""Polling: the interval, back-off, what a failure leaves, what a list leaves out."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from oncall_tui.board import PaneName, SourceStatus
from oncall_tui.desk.polling import Poller
from oncall_tui.model import EntryKind, IncidentState, OnCall, Snapshot
from oncall_tui.sources.base import (
    BadAnswer,
    Dropped,
    Known,
    RateLimited,
    Refused,
    ServerFailed,
    SourceError,
    TimedOut,
    Unreachable,
)
from oncall_tui.store import StoreError
from tests.desk.conftest import MakeRoom
from tests.desk.room import Room
from tests.support.fakes import ALICE, BOB, FakePager, FakePagerServer, Fault


async def test_a_poll_reaches_the_board_and_says_changed_once(room: Room) -> None:
    assert {row.id for row in (await room.desk.board()).incidents} == {"pager:Q1", "pager:Q2"}
    before = room.said
    await room.run(120)
    assert room.said == before, "equal facts are no news"
    room.server.change("Q1", severity=1)
    await room.run(40)
    assert room.said == before + 1


async def test_the_interval_has_jitter_of_a_tenth(room: Room) -> None:
    await room.run(1200, step=1)
    assert 36 <= room.server.calls["poll"] <= 45


async def test_what_is_known_is_handed_in(room: Room) -> None:
    await room.run(40)
    first, second = room.pager.known[:2]
    assert first == Known()
    assert set(second.incidents) == {"Q1", "Q2"}
    assert second.last_success is not None


async def test_a_source_that_fails_is_asked_at_its_interval_and_leaves_the_facts(room: Room) -> None:
    room.pager.down = True
    calls = room.server.calls["poll"]
    await room.run(3600, step=5)
    assert 110 <= room.server.calls["poll"] - calls <= 150, "hardly more often than one that is well"
    state = (await room.desk.source_states())[0]
    assert (state.error, state.error_kind) == ("no connection", "unreachable")
    assert state.failures >= 8
    assert state.next_try is not None
    assert state.next_try - room.clock.now() <= room.pager.poll_interval
    board = await room.desk.board()
    assert len(board.incidents) == 2
    assert board.sources[0].status is SourceStatus.DOWN
    room.pager.down = False
    await room.run(room.pager.poll_interval.total_seconds() + 1, step=1)
    state = (await room.desk.source_states())[0]
    assert (state.error, state.failures) == (None, 0)


@pytest.mark.parametrize("error", [Unreachable, TimedOut, Dropped, ServerFailed, BadAnswer, Refused])
@pytest.mark.parametrize("seconds", [2, 15, 600])
async def test_a_source_that_is_back_is_seen_within_one_interval_however_long_it_had_failed(
    make_room: MakeRoom, monkeypatch: pytest.MonkeyPatch, error: type[SourceError], seconds: int
) -> None:
    room = await make_room()
    poller = Poller(
        room.pager, room.store, room.clock, changed=lambda: None, answered=lambda _: None, chance=random.Random(1)
    )
    room.pager.poll_interval = timedelta(seconds=seconds)

    async def fail(_: Known) -> Snapshot:
        raise error("no")

    monkeypatch.setattr(room.pager, "poll", fail)
    waits = []
    for _ in range(40):
        await poller.once()
        (state,) = await room.store.source_states()
        assert state.next_try is not None
        waits.append((state.next_try - room.clock.now()).total_seconds())
    most = min(seconds, 300)
    assert all(1 <= wait <= most for wait in waits)
    assert all(wait >= 0.8 * most - 0.001 for wait in waits[1:]), "and not asked more often than one that is well"


async def test_a_source_that_is_asked_too_often_is_left_alone_ever_longer(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def limited(_: Known) -> Snapshot:
        raise RateLimited("too many requests")

    monkeypatch.setattr(room.pager, "poll", limited)
    waits = []
    for _ in range(60):
        await room.desk.refresh(wait=True)
        (state,) = await room.desk.source_states()
        assert state.next_try is not None
        waits.append((state.next_try - room.clock.now()).total_seconds())
    assert max(waits) > room.pager.poll_interval.total_seconds() * 1.5
    assert max(waits) <= 60


async def test_the_wait_that_a_system_asks_for_is_kept(room: Room) -> None:
    room.pager.fault("poll", Fault.RATE_LIMITED)
    await room.desk.refresh(wait=True)
    calls = room.server.calls["poll"]
    await room.run(29)
    assert room.server.calls["poll"] == calls


async def test_a_token_that_is_refused_stops_the_polling_until_asked(room: Room) -> None:
    room.pager.fault("poll", *[Fault.AUTH] * 4)
    await room.desk.refresh(wait=True)
    state = (await room.desk.source_states())[0]
    assert not state.stopped, "its token may have run out: it is fetched anew, once"
    assert state.next_try is not None
    assert state.next_try - room.clock.now() <= room.pager.poll_interval
    await room.desk.refresh(wait=True)
    state = (await room.desk.source_states())[0]
    assert state.stopped
    calls = room.server.calls["poll"]
    await room.run(290, step=5)
    assert room.server.calls["poll"] == calls
    await room.run(20)
    assert room.server.calls["poll"] == calls + 1
    await room.desk.refresh(["pager"])
    await room.settle()
    assert room.server.calls["poll"] == calls + 2
    await room.desk.refresh(wait=True)
    assert not (await room.desk.source_states())[0].stopped


async def test_a_bug_in_a_source_marks_it_and_tells_no_secret(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    room.pager.fault("poll", Fault.BUG)
    await room.desk.refresh(wait=True)
    state = (await room.desk.source_states())[0]
    assert (state.error_kind, state.error) == ("internal", "internal error (KeyError): see oncall.log")
    assert "KeyError" in caplog.text
    assert "secret-token-value" not in caplog.text
    await room.run(60)
    assert (await room.desk.source_states())[0].error is None


async def test_one_round_at_a_time(room: Room) -> None:
    gate = asyncio.Event()
    room.pager.before = lambda method: gate.wait() if method == "poll" else None
    calls = room.server.calls["poll"]
    waiting = [asyncio.create_task(room.desk.refresh(wait=True)) for _ in range(5)]
    await room.run(200, step=5)
    assert room.server.calls["poll"] == calls + 1
    waiting.pop().cancel()
    gate.set()
    await asyncio.gather(*waiting)


async def test_sources_do_not_wait_for_each_other(make_room: MakeRoom) -> None:
    room = await make_room()
    slow = FakePager(room.server, name="slow")
    never = asyncio.Event()
    slow.before = lambda _method: never.wait()
    both = await make_room(clock=room.clock, server=room.server, pagers=(slow, room.pager))
    room.server.add("Q1")
    await both.desk.start()
    await both.settle()
    assert [row.id for row in (await both.desk.board()).incidents] == ["pager:Q1"]


async def test_a_source_that_never_answers_is_ended(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oncall_tui.desk.polling.LONGEST_POLL_S", 0.01)
    never = asyncio.Event()
    room.pager.before = lambda _method: never.wait()
    assert await room.desk.poll_once() == {"pager": "no answer within 0 s"}
    assert (await room.desk.source_states())[0].error_kind == "timeout"


async def test_poll_once_tells_who_failed_and_what_came_only_in_part(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await room.desk.poll_once() == {"pager": None}
    room.pager.down = True
    assert await room.desk.poll_once() == {"pager": "no connection"}
    room.pager.down = False

    async def in_part(_: Known) -> Snapshot:
        return Snapshot(source="pager", taken_at=room.clock.now(), problems=("on-calls: 500", "schedules: 500"))

    monkeypatch.setattr(room.pager, "poll", in_part)
    assert await room.desk.poll_once() == {"pager": "on-calls: 500; schedules: 500"}
    assert len((await room.desk.board()).incidents) == 2


async def test_a_part_that_does_not_come_grows_old_while_its_source_answers(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.desk.poll_once()
    last = room.clock.now()

    async def in_part(_: Known) -> Snapshot:
        now = room.clock.now()
        problems = ("on-call: 500",)
        return Snapshot(source="pager", taken_at=now, problems=problems, failed=frozenset({"on_call"}))

    whole = room.pager.poll
    monkeypatch.setattr(room.pager, "poll", in_part)
    await room.run(200)
    (state,) = await room.desk.source_states()
    assert state.behind == {"on_call": last}
    assert not state.is_stale(room.clock.now())
    board = await room.desk.board()
    assert board.panes[PaneName.ON_CALL].as_of == last
    assert not board.panes[PaneName.INCIDENTS].stale
    monkeypatch.setattr(room.pager, "poll", whole)
    await room.run(40)
    assert not (await room.desk.board()).panes[PaneName.ON_CALL].stale


async def test_a_poll_that_could_not_be_stored_is_no_success(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    await room.desk.poll_once()
    last = room.clock.now()

    async def full(*_: object) -> bool:
        raise StoreError("disk full: nothing can be stored")

    apply = room.store.apply
    monkeypatch.setattr(room.store, "apply", full)
    await room.run(200)
    monkeypatch.setattr(room.store, "apply", apply)
    room.pager.known.clear()
    await room.desk.poll_once()
    # What ended meanwhile is asked for from where the store stands.
    assert room.pager.known[0].last_success == last


async def test_only_configured_sources_are_told_and_each_of_them(make_room: MakeRoom) -> None:
    first = await make_room()
    await first.desk.poll_once()
    await first.close()
    server = FakePagerServer(first.clock)
    second = await make_room(clock=first.clock, server=server, pagers=(FakePager(server, name="other"),))
    (state,) = await second.desk.source_states()
    assert (state.name, state.kind, state.last_success) == ("other", "fake", None)
    now = second.clock.now()
    facts = await second.desk.shift_facts(now - timedelta(hours=1), now)
    assert [one.name for one in facts.sources] == ["other"]


async def test_a_page_that_comes_again_is_rung_for_once_though_log_and_list_are_a_moment_apart(room: Room) -> None:
    now = room.clock.now()
    entry = OnCall(source="pager", team="P", level=1, person=ALICE, since=now, until=now + timedelta(hours=9))
    (state,) = await room.desk.source_states()
    await room.store.apply(Snapshot(source="pager", taken_at=now, on_call=(entry,)), state)

    async def rung() -> tuple[str, ...]:
        await room.desk.poll_once()
        return await room.desk.attention(await room.desk.board())

    assert set(await rung()) == {"pager:Q1", "pager:Q2"}
    room.server.change("Q1", state=IncidentState.ACKNOWLEDGED)
    assert await rung() == ()
    room.clock.advance(600)
    room.server.change("Q1", state=IncidentState.TRIGGERED)
    assert await rung() == ("pager:Q1",)
    room.clock.advance(2)
    room.server.log("pager:Q1", EntryKind.UNACKNOWLEDGED, "timeout", "pager")
    assert await rung() == ()


async def test_a_read_whose_outcome_cannot_be_stored_is_told(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> bool:
        raise StoreError("disk full")

    monkeypatch.setattr(room.store, "mark_unknown", full)
    del room.server.incidents["Q1"]
    assert await room.desk.read("pager:Q1") == "disk full"


# -- absence is not an answer (W12) ----------------------------------------------------------------------------


async def test_one_that_the_list_leaves_out_is_asked_for_by_itself(room: Room) -> None:
    room.server.hidden.add("Q1")
    room.server.change("Q1", state=IncidentState.RESOLVED, resolved_at=room.clock.now(), resolved_by="Bob")
    await room.run(40)
    row = (await room.desk.board()).incident("pager:Q1")
    assert row is not None
    assert (row.incident.state, row.incident.resolved_by) == (IncidentState.RESOLVED, "Bob")
    reads = room.server.calls["read"]
    await room.run(120)
    assert room.server.calls["read"] == reads


async def test_one_that_is_still_open_stays_and_is_asked_for_ever_less_often(room: Room) -> None:
    room.server.hidden.add("Q1")
    await room.run(3600, step=5)
    row = (await room.desk.board()).incident("pager:Q1")
    assert row is not None
    assert row.incident.state is IncidentState.TRIGGERED
    assert 5 <= room.server.calls["read"] <= 14


async def test_one_that_is_gone_is_unknown_and_stays_visible(room: Room) -> None:
    del room.server.incidents["Q1"]
    await room.run(3600, step=10)
    row = (await room.desk.board()).incident("pager:Q1")
    assert row is not None
    assert row.incident.state is IncidentState.UNKNOWN
    room.server.add("Q1")
    await room.run(40)
    row = (await room.desk.board()).incident("pager:Q1")
    assert row is not None
    assert row.incident.state is IncidentState.TRIGGERED


async def test_many_missing_ones_are_asked_for_a_few_at_a_time(make_room: MakeRoom) -> None:
    room = await make_room()
    room.server.add(*(f"Q{n}" for n in range(35)))
    await room.desk.poll_once()
    for n in range(35):
        room.server.hidden.add(f"Q{n}")
        room.server.change(f"Q{n}", state=IncidentState.RESOLVED, resolved_at=room.clock.now())
    for expected in (10, 20, 30, 35, 35):
        room.clock.advance(1)
        await room.desk.poll_once()
        assert room.server.calls["read"] == expected
    assert {row.incident.state for row in (await room.desk.board()).incidents} == {IncidentState.RESOLVED}


# -- reading one, attention ------------------------------------------------------------------------------------


async def test_reading_one_whole(room: Room) -> None:
    room.server.change("Q1", runbook="https://runbook.example.com")
    assert await room.desk.read("pager:Q1") is None
    view = await room.desk.view("pager:Q1")
    assert view is not None
    assert (view.incident.runbook, view.read_at) == ("https://runbook.example.com", room.clock.now())
    room.pager.down = True
    assert await room.desk.read("pager:Q1") == "no connection"
    room.pager.down = False
    assert await room.desk.read("pager:NONE") == "no incident NONE"
    assert await room.desk.read("nobody:Q1") == "no source named nobody is configured"
    room.pager.fault("read", Fault.BUG)
    assert await room.desk.read("pager:Q1") == "internal error (KeyError): see oncall.log"


async def test_two_who_read_the_same_share_one_call(room: Room) -> None:
    gate = asyncio.Event()
    room.pager.before = lambda method: gate.wait() if method == "read" else None
    both = [asyncio.create_task(room.desk.read("pager:Q1")) for _ in range(2)]
    await room.settle()
    gate.set()
    assert await asyncio.gather(*both) == [None, None]
    assert room.server.calls["read"] == 1


async def on_call(room: Room, level: int | None) -> None:
    """Alice holds that level from now on, or none."""
    holders = () if level is None else (OnCall(source="pager", team="Payments", level=level, person=ALICE),)
    now = room.clock.now()
    state = (await room.desk.source_states())[0]
    await room.store.apply(Snapshot(source="pager", taken_at=now, on_call=holders), state)


async def test_attention_is_for_what_is_new_and_mine_while_i_hold_the_shift(room: Room) -> None:
    assert await room.desk.attention(await room.desk.board()) == ()
    await on_call(room, 1)
    assert set(await room.desk.attention(await room.desk.board())) == {"pager:Q1", "pager:Q2"}
    assert await room.desk.attention(await room.desk.board()) == ()
    room.server.add("Q3", assignees=(BOB,))
    await room.desk.refresh(wait=True)
    assert await room.desk.attention(await room.desk.board()) == ()
    # Acknowledged, then triggered again: a page again, once.
    room.server.change("Q1", state=IncidentState.ACKNOWLEDGED)
    await room.run(40)
    room.server.change("Q1", state=IncidentState.TRIGGERED)
    await room.run(40)
    assert await room.desk.attention(await room.desk.board()) == ("pager:Q1",)
    assert await room.desk.attention(await room.desk.board()) == ()


async def test_a_subscriber_that_fails_harms_nobody(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    heard = []

    def broken() -> None:
        raise RuntimeError("secret words")

    end = room.desk.subscribe(broken)
    room.desk.subscribe(lambda: heard.append(1))
    room.server.change("Q1", severity=1)
    await room.run(40)
    assert heard
    assert "secret words" not in caplog.text
    end()
    end()


async def test_equal_facts_make_an_equal_board(room: Room) -> None:
    one, other = await room.desk.board(), await room.desk.board()
    assert one == other
    assert one.capabilities["pager"] >= {"acknowledge", "incidents"}
