"""httpx gets what the gate gives: answers, late answers, refused and dropped connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from oncall_tui.demo.faults import Planned, answer_with, delay, drop_after_apply, is_write, limit_rate, refuse
from oncall_tui.demo.transport import BASE_URL, WorldTransport
from oncall_tui.demo.wire import Response
from oncall_tui.sources.base import Dropped, RateLimited, TimedOut, Unreachable
from oncall_tui.sources.http import HttpClient, check_base_url
from tests.demo.echo import EchoWorld
from tests.support.clock import ManualClock


class Bench:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.planned = Planned()
        self.world = EchoWorld(self.clock, (self.planned,))
        self.client = HttpClient(
            check_base_url(f"{BASE_URL}/pagerduty"),
            clock=self.clock,
            transport=WorldTransport(self.world.exchange, self.clock),
        )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    await made.client.aclose()


async def test_a_request_arrives_whole(bench: Bench) -> None:
    answer = await bench.client.request(
        "POST", "/incidents/a%2Fb/notes", params=[("include[]", "users"), ("include[]", "teams & ü")], json={"é": 1}
    )
    (seen,) = bench.world.sim.asked
    assert seen.segments == ("incidents", "a/b", "notes")
    assert seen.values("include[]") == ("users", "teams & ü")
    assert seen.headers["content-type"] == "application/json"
    assert seen.json() == {"é": 1}
    assert answer.data["path"] == "/incidents/a%2Fb/notes"
    assert bench.client.clock_skew is not None and abs(bench.client.clock_skew.total_seconds()) < 1


async def test_a_late_answer_is_waited_for_by_the_clock_and_blocks_nobody(bench: Bench) -> None:
    bench.planned.next(delay(3))
    late = asyncio.create_task(bench.client.get("/incidents"))
    while not bench.clock.sleeping:
        await asyncio.sleep(0)
    assert (await bench.client.get("/oncalls")).data["path"] == "/oncalls"
    bench.clock.advance(2.9)
    await asyncio.sleep(0)
    assert not late.done()
    bench.clock.advance(0.1)
    assert (await late).data["path"] == "/incidents"


async def test_who_gives_up_on_a_late_answer_has_applied_it(bench: Bench) -> None:
    bench.planned.next(delay(60))
    with pytest.raises(TimedOut) as caught:
        await bench.client.request("PUT", "/incidents", json={}, deadline_s=0.01)
    assert caught.value.maybe_applied
    assert [request.method for request in bench.world.sim.asked] == ["PUT"]


async def test_refused_is_unreachable_and_nothing_was_sent(bench: Bench) -> None:
    bench.planned.next(refuse)
    with pytest.raises(Unreachable) as caught:
        await bench.client.request("PUT", "/incidents", json={})
    assert not caught.value.maybe_applied
    assert not bench.world.sim.asked


async def test_dropped_after_it_was_applied(bench: Bench) -> None:
    bench.planned.next(drop_after_apply, matching=is_write)
    await bench.client.get("/incidents")
    with pytest.raises(Dropped) as caught:
        await bench.client.request("PUT", "/incidents", json={})
    assert caught.value.maybe_applied
    assert [request.method for request in bench.world.sim.asked] == ["GET", "PUT"]


async def test_the_rate_limit_reaches_the_caller_with_its_wait(bench: Bench) -> None:
    bench.planned.next(limit_rate(33))
    with pytest.raises(RateLimited) as caught:
        await bench.client.get("/incidents")
    assert caught.value.retry_after == 33


async def test_a_megabyte_arrives() -> None:
    planned = Planned()
    planned.next(answer_with(Response(body=b"x" * 1_000_000)))
    clock = ManualClock()
    async with httpx.AsyncClient(transport=WorldTransport(EchoWorld(clock, (planned,)).exchange, clock)) as client:
        assert len((await client.get(f"{BASE_URL}/pagerduty/x")).content) == 1_000_000


async def test_head_brings_no_body(bench: Bench) -> None:
    answer = await bench.client.request("HEAD", "/incidents", want_json=False)
    assert (answer.status, answer.text) == (200, "")
