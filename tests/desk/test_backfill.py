"""History out of the pagers: window by window, giving way, stopped, killed and resumed, never ringing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from oncall_tui.desk import ActRefused
from oncall_tui.desk.backfill import DAYS, MOST_TRIES, Backfill, place_name
from oncall_tui.model import EntryKind, IncidentDetail, IncidentState, TimelineEntry
from oncall_tui.sources.base import HistoryPage, RateLimited, Refused, TimedOut, is_for_history
from oncall_tui.store import Store
from tests.support.clock import ManualClock
from tests.support.make import incident

NOW = datetime(2026, 11, 23, 14, 42, tzinfo=UTC)
SINCE = NOW - timedelta(days=10)


class Pager:
    """A pager with a past: an incident every six hours, two on a page."""

    kind = "pagerduty"
    history_window = timedelta(days=3)

    def __init__(self, name: str = "pager") -> None:
        self.name = name
        self.asked: list[tuple[datetime, datetime, str | None]] = []
        self.fails: list[BaseException] = []
        self.before: Callable[[], Any] = lambda: None
        self.page_size = 2
        self.extra: tuple[IncidentDetail, ...] = ()

    async def history(self, start: datetime, end: datetime, after: str | None = None) -> HistoryPage:
        assert is_for_history(), "half of the rate limit is left to polls and actions"
        self.asked.append((start, end, after))
        found = self.before()
        if asyncio.iscoroutine(found):
            await found
        if self.fails:
            raise self.fails.pop(0)
        all_of = [one for one in past(self.name) if start <= one.incident.created_at < end]
        place = int(after or 0)
        page = all_of[place : place + self.page_size]
        more = place + self.page_size < len(all_of)
        return HistoryPage(incidents=(*page, *self.extra), after=str(place + self.page_size) if more else None)


class Mute:
    """A source without a history."""

    name, kind = "probes", "http"


def past(source: str) -> list[IncidentDetail]:
    found = []
    for number in range(1, 400):
        at = NOW - timedelta(hours=6 * number)
        one = replace(
            incident(f"H{number}"),
            id=f"{source}:H{number}",
            source=source,
            state=IncidentState.RESOLVED,
            created_at=at,
            updated_at=at + timedelta(hours=1),
            resolved_at=at + timedelta(hours=1),
        )
        entry = TimelineEntry(
            id=f"{source}:n{number}", incident_id=one.id, at=at, kind=EntryKind.NOTE, text="mitigated: x", origin=source
        )
        found.append(IncidentDetail(incident=one, timeline=(entry,)))
    return found


class Bench:
    """A store, sources, and the reading between them."""

    def __init__(self, store: Store, clock: ManualClock, *sources: Any) -> None:
        self.store, self.clock = store, clock
        self.sources = {one.name: one for one in sources}
        self.idled: list[str] = []
        self.said = 0
        self.polls = False
        self.work = self.made()

    def made(self) -> Backfill:
        """A new one, as in another process."""

        async def idle(name: str) -> None:
            self.idled.append(name)

        def changed() -> None:
            self.said += 1

        return Backfill(self.store, self.sources, self.clock, idle=idle, changed=changed, polls=lambda: self.polls)

    async def run(self, since: datetime = SINCE) -> None:
        self.work.start(since)
        await self.drive()

    async def drive(self, until: Callable[[], bool] | None = None) -> None:
        """Let time pass until it has ended, or until then."""
        limit = time.monotonic() + 20
        while time.monotonic() < limit:
            if not self.work.is_running or (until is not None and until()):
                return
            if self.clock.sleeping:
                self.clock.advance(0.5)
                await asyncio.sleep(0)
            else:
                await asyncio.sleep(0.0005)  # the store has a thread of its own
        raise AssertionError(f"it does not end: {self.work.progress}")

    async def kept(self) -> set[str]:
        """Ids of the incidents that are stored."""
        found, after = await self.store.incident_history(NOW - timedelta(days=400), NOW, limit=5000)
        assert after is None
        return {one.incident.native_id for one in found}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = ManualClock(NOW)
    store = await Store.open(tmp_path, clock=clock)
    yield Bench(store, clock, Pager(), Mute())
    await store.close()


def pager(bench: Bench) -> Pager:
    found = bench.sources["pager"]
    assert isinstance(found, Pager)
    return found


async def test_it_reads_window_by_window_from_now_back(bench: Bench) -> None:
    await bench.run()
    (one,) = bench.work.progress
    assert (one.stage, one.share, one.incidents, one.new) == ("done", 1.0, 40, 40)
    assert await bench.kept() == {f"H{number}" for number in range(1, 41)}
    starts = [start for start, _, after in pager(bench).asked if after is None]
    assert starts == sorted(starts, reverse=True) and starts[-1] == SINCE
    assert all(end - start <= timedelta(days=3) for start, end, _ in pager(bench).asked)
    found, _ = await bench.store.incident_history(SINCE, NOW)
    assert found[0].timeline[0].text == "mitigated: x"


async def test_read_twice_it_changes_nothing_and_asks_for_nothing_again(bench: Bench) -> None:
    await bench.run()
    asked = len(pager(bench).asked)
    bench.work = bench.made()
    await bench.run()
    assert len(pager(bench).asked) == asked and bench.work.progress[0].stage == "done"
    await bench.store.set_value(place_name("pager"), "")
    bench.work = bench.made()
    await bench.run()
    assert (bench.work.progress[0].incidents, bench.work.progress[0].new) == (40, 0)


async def test_farther_back_it_goes_on_and_what_was_missed_since_is_read_first(bench: Bench) -> None:
    await bench.run(NOW - timedelta(days=3))
    first = len(pager(bench).asked)
    bench.clock.advance(86400.0)
    bench.work = bench.made()
    await bench.run(NOW - timedelta(days=6))
    later = pager(bench).asked[first:]
    assert later[0][0] == NOW and later[0][1] >= NOW + timedelta(days=1), "the day in which nobody read"
    assert later[1][1] == NOW - timedelta(days=3) and later[-1][0] == NOW - timedelta(days=6)
    bench.work = bench.made()
    asked = len(pager(bench).asked)
    await bench.run(NOW - timedelta(days=6))
    assert len(pager(bench).asked) == asked, "that day is not missed a second time"


@pytest.mark.parametrize("at", [1, 2, 3, 7, 12])
async def test_killed_at_any_page_it_goes_on_from_there(bench: Bench, at: int) -> None:
    on_its_way = asyncio.Event()

    async def hang() -> None:
        if len(pager(bench).asked) > at:
            on_its_way.set()
            await asyncio.Event().wait()

    pager(bench).before = hang
    bench.work.start(SINCE)
    await bench.drive(on_its_way.is_set)
    await bench.work.end()
    assert not bench.work.is_running
    pages = list(pager(bench).asked)
    pager(bench).before = lambda: None
    bench.work = bench.made()
    await bench.run()
    assert await bench.kept() == {f"H{number}" for number in range(1, 41)}
    # The page that was on its way is asked for again, and none before it.
    assert pager(bench).asked[len(pages)] == pages[-1]
    assert bench.work.progress[0].stage == "done"


async def test_stopped_it_ends_after_the_page_and_says_so(bench: Bench) -> None:
    bench.work.start(SINCE)
    await bench.drive(lambda: len(pager(bench).asked) >= 9)
    bench.work.stop()
    await bench.drive()
    one = bench.work.progress[0]
    assert one.stage == "stopped" and 0 < one.share < 1
    assert len(pager(bench).asked) <= 10
    with pytest.raises(ActRefused, match="read already"):
        bench.work.start(SINCE)
        bench.work.start(SINCE)
    await bench.drive()
    assert bench.work.progress[0].stage == "done"


async def test_a_place_that_cannot_be_read_begins_anew(bench: Bench) -> None:
    for text in (
        "{",
        '{"until": "x", "read_to": "y"}',
        '{"until": "2099-01-01T00:00:00Z", "read_to": "2098-01-01T00:00:00Z"}',
    ):
        await bench.store.set_value(place_name("pager"), text)
        bench.work = bench.made()
        await bench.run()
        assert bench.work.progress[0].stage == "done"
        place = msgspec.json.decode(await bench.store.value(place_name("pager")) or "")
        assert place["read_to"] == "2026-11-13T14:42:00Z"


async def test_it_waits_for_polls_and_keeps_a_pace_beside_them(bench: Bench) -> None:
    bench.polls = True
    began = bench.clock.now()
    await bench.run()
    pages = len(pager(bench).asked)
    assert bench.idled == ["pager"] * pages
    assert (bench.clock.now() - began).total_seconds() >= pages


async def test_a_rate_limit_is_waited_for_however_often(bench: Bench) -> None:
    pager(bench).fails = [RateLimited("slow down", retry_after=120.0) for _ in range(6)]
    began = bench.clock.now()
    bench.work.start(SINCE)
    await bench.drive(lambda: bench.work.progress[0].stage == "pausing")
    assert "waits 120 s (rate limit)" in bench.work.progress[0].note
    await bench.drive()
    assert bench.work.progress[0].stage == "done"
    assert (bench.clock.now() - began) >= timedelta(minutes=12)


async def test_a_system_that_is_away_is_asked_again_and_then_left(bench: Bench) -> None:
    pager(bench).fails = [TimedOut("no answer") for _ in range(MOST_TRIES - 1)]
    await bench.run()
    assert bench.work.progress[0].stage == "done"
    await bench.store.set_value(place_name("pager"), "")
    pager(bench).fails = [TimedOut("no answer") for _ in range(MOST_TRIES)]
    bench.work = bench.made()
    await bench.run()
    one = bench.work.progress[0]
    assert (one.stage, one.note) == ("failed", "no answer")


@pytest.mark.parametrize("error", [Refused("no such field"), RuntimeError("a bug")])
async def test_one_source_that_fails_does_not_hold_up_the_others(bench: Bench, error: BaseException) -> None:
    other = Pager("other")
    bench.sources["other"] = other
    pager(bench).fails = [error]
    bench.work = bench.made()
    await bench.run()
    assert [one.stage for one in bench.work.progress] == ["failed", "done"]


async def test_what_is_open_is_the_polls_and_nothing_of_the_past_rings(bench: Bench) -> None:
    held = replace(past("pager")[0].incident, state=IncidentState.TRIGGERED, resolved_at=None)
    await bench.store.put_detail(IncidentDetail(incident=held))
    stray = replace(incident("OPEN"), state=IncidentState.TRIGGERED, created_at=NOW - timedelta(days=2))
    pager(bench).extra = (IncidentDetail(incident=stray),)
    await bench.run()
    known = await bench.store.known_incidents("pager")
    assert {one.native_id for one in known.values() if one.is_open} == {"H1"}
    facts = await bench.store.facts(NOW)
    assert [one.native_id for one in facts.incidents if one.is_open] == ["H1"]
    assert await bench.store.incident("pager:OPEN") is None


async def test_what_was_read_is_not_let_go_of_before_its_time(bench: Bench) -> None:
    await bench.run(NOW - timedelta(days=9))
    await bench.run(NOW - timedelta(days=99))
    await bench.run(NOW - timedelta(days=9))
    whole = await bench.kept()
    assert len(whole) == 396
    await bench.store.prune(NOW)
    assert await bench.kept() == whole
    await bench.store.prune(NOW + timedelta(days=30))
    left = await bench.kept()
    assert left < whole and "H1" in left and "H390" not in left


async def test_who_has_no_history_says_so_and_nonsense_is_refused(bench: Bench) -> None:
    bench.work.start(SINCE, ["pager", "probes"])
    await bench.drive()
    assert [(one.source, one.stage) for one in bench.work.progress] == [("pager", "done"), ("probes", "cannot")]
    assert "http has no incidents of long ago" in bench.work.progress[1].note
    for since, names in ((SINCE, ["probes"]), (bench.clock.now(), None), (NOW - timedelta(days=5000), None)):
        with pytest.raises(ActRefused):
            bench.made().start(since, names)
    assert DAYS == 90


async def test_each_step_is_told(bench: Bench) -> None:
    bench.work.start(SINCE)
    shares = []

    async def watch() -> None:
        while bench.work.is_running:
            shares.append((await bench.work.moved())[0].share)

    watching = asyncio.create_task(watch())
    await bench.drive()
    await asyncio.wait_for(watching, 5)
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(set(shares)) >= 4
    assert bench.said == 1, "a board is asked for once, at the end"
