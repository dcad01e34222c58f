"""The server on a real socket: many callers, broken requests, broken connections, stop and start again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from oncall_tui.demo import server as server_module
from oncall_tui.demo.faults import Planned, delay, drop_after_apply, refuse
from oncall_tui.demo.http1 import MAX_BODY
from oncall_tui.demo.server import HOST, RunningServer, serve
from tests.demo.echo import EchoWorld
from tests.support.clock import ManualClock


class Bench:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.planned = Planned()
        self.world = EchoWorld(self.clock, (self.planned,))
        self.server: RunningServer

    async def raw(self, sent: bytes) -> bytes:
        """What the server says to these bytes until it closes."""
        reader, writer = await asyncio.open_connection(HOST, self.server.port)
        try:
            writer.write(sent)
            async with asyncio.timeout(10):
                return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    made.server = await serve(made.world)
    yield made
    await made.server.close()


@pytest.fixture
async def client(bench: Bench) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=30)
    async with httpx.AsyncClient(base_url=bench.server.base_url, trust_env=False, limits=limits) as made:
        yield made


def head(line: str = "GET /pagerduty/x HTTP/1.1", *headers: str) -> bytes:
    return "\r\n".join([line, "Host: localhost", *headers, "", ""]).encode("latin-1")


async def test_it_lists_what_it_serves(client: httpx.AsyncClient, bench: Bench) -> None:
    answer = await client.get("/")
    assert answer.json() == {"systems": [f"{bench.server.base_url}/pagerduty", f"{bench.server.base_url}/prometheus"]}


async def test_it_listens_on_loopback_only(bench: Bench) -> None:
    assert bench.server._server is not None
    assert {sock.getsockname()[0] for sock in bench.server._server.sockets} == {"127.0.0.1"}


async def test_a_request_arrives_whole_and_the_connection_is_kept(client: httpx.AsyncClient, bench: Bench) -> None:
    for number in range(3):
        answer = await client.put(
            f"/pagerduty/incidents/a%2Fb?limit=1&x[]=é&n={number}", content=b"body", headers={"From": "a@b.c"}
        )
        assert answer.json()["body"] == "body"
    assert len(bench.server._connections) == 1
    seen = bench.world.sim.asked[0]
    assert (seen.method, seen.segments, seen.values("x[]")) == ("PUT", ("incidents", "a/b"), ("é",))
    assert seen.headers["from"] == "a@b.c"


async def test_head_has_the_length_and_no_body(client: httpx.AsyncClient) -> None:
    whole = await client.get("/pagerduty/x")
    answer = await client.head("/pagerduty/x")
    assert answer.status_code == 200 and answer.content == b""
    assert int(answer.headers["content-length"]) == len(whole.content) + 1
    assert (await client.get("/pagerduty/x")).status_code == 200, "the connection is still in step"


async def test_an_empty_answer_keeps_the_connection_in_step(client: httpx.AsyncClient) -> None:
    assert (await client.get("/pagerduty/empty")).status_code == 204
    assert (await client.get("/pagerduty/x")).json()["path"] == "/x"


async def test_state_is_shown_past_all_faults(client: httpx.AsyncClient, bench: Bench) -> None:
    bench.planned.next(refuse, count=None)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get("/pagerduty/x")
    assert (await client.get("/_state")).json() == {"asked": 0}


async def test_a_dropped_answer_closes_the_socket_after_it_was_applied(client: httpx.AsyncClient, bench: Bench) -> None:
    bench.planned.next(drop_after_apply)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await client.put("/pagerduty/incidents", content=b"x")
    assert [request.body for request in bench.world.sim.asked] == [b"x"]
    assert (await client.get("/pagerduty/y")).status_code == 200


async def test_a_late_answer_holds_up_nobody_else(client: httpx.AsyncClient, bench: Bench) -> None:
    bench.planned.next(delay(3))
    late = asyncio.create_task(client.get("/pagerduty/late"))
    while not bench.clock.sleeping:
        await asyncio.sleep(0.001)
    assert (await client.get("/pagerduty/soon")).json()["path"] == "/soon"
    assert not late.done()
    bench.clock.advance(3)
    assert (await late).json()["path"] == "/late"


async def test_many_callers_at_once_each_get_their_own(client: httpx.AsyncClient, bench: Bench) -> None:
    answers = await asyncio.gather(*(client.post(f"/pagerduty/{n}", content=str(n).encode()) for n in range(200)))
    assert [answer.json()["body"] for answer in answers] == [str(n) for n in range(200)]
    assert len(bench.world.sim.asked) == 200


async def test_pipelined_requests_are_answered_in_order(bench: Bench) -> None:
    said = await bench.raw(head("GET /pagerduty/1 HTTP/1.1") + head("GET /pagerduty/2 HTTP/1.1", "Connection: close"))
    assert said.count(b"HTTP/1.1 200 OK") == 2
    assert said.index(b'"/1"') < said.index(b'"/2"')


async def test_http_1_0_is_answered_and_closed(bench: Bench) -> None:
    said = await bench.raw(b"GET /pagerduty/x HTTP/1.0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 OK") and b"connection: close" in said


async def test_expect_continue_is_answered_before_the_body(bench: Bench) -> None:
    reader, writer = await asyncio.open_connection(HOST, bench.server.port)
    writer.write(head("PUT /pagerduty/x HTTP/1.1", "Content-Length: 2", "Expect: 100-continue", "Connection: close"))
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"ok")
    assert (await reader.read()).startswith(b"HTTP/1.1 200 OK")
    writer.close()


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS, not HTTP\r\n\r\n"),
        (400, b"garbage\r\n\r\n"),
        (400, b"\r\n\r\n\r\n"),
        (400, b"GET http://127.0.0.1/pagerduty/x HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /pagerduty/x\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /pagerduty/x HTTP/2.0\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /pagerduty/x HTTP/1.1\r\n\r\n"),
        (400, b"GET /pagerduty/x HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
        (400, b"GET /pagerduty/x HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"),
        (400, head("GET /pagerduty/x HTTP/1.1", "Name : space before the colon")),
        (400, head("GET /pagerduty/x HTTP/1.1", "A: b", " folded")),
        (400, head("PUT /pagerduty/x HTTP/1.1", "Content-Length: -5")),
        (400, head("PUT /pagerduty/x HTTP/1.1", "Content-Length: 2", "Content-Length: 3")),
        (400, head("PUT /pagerduty/x HTTP/1.1", "Content-Length: 0x10")),
        (501, head("PUT /pagerduty/x HTTP/1.1", "Transfer-Encoding: chunked") + b"0\r\n\r\n"),
        (413, head("PUT /pagerduty/x HTTP/1.1", f"Content-Length: {MAX_BODY + 1}")),
        (431, head("GET /pagerduty/x HTTP/1.1", *(f"X-{n}: y" for n in range(101)))),
        (431, head("GET /pagerduty/x HTTP/1.1", "X: " + "y" * 40_000)),
        (400, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ],
)
async def test_a_broken_request_is_refused_and_nothing_is_applied(bench: Bench, status: int, sent: bytes) -> None:
    said = await bench.raw(sent)
    assert said.startswith(f"HTTP/1.1 {status} ".encode()), said[:80]
    assert b"connection: close" in said
    assert not bench.world.sim.asked


async def test_the_largest_body_is_taken(client: httpx.AsyncClient, bench: Bench) -> None:
    answer = await client.put("/pagerduty/x", content=b"x" * MAX_BODY)
    assert answer.status_code == 200 and len(bench.world.sim.asked[0].body) == MAX_BODY


async def test_a_body_that_is_cut_off_applies_nothing(bench: Bench) -> None:
    _, writer = await asyncio.open_connection(HOST, bench.server.port)
    writer.write(head("PUT /pagerduty/x HTTP/1.1", "Content-Length: 10") + b"half")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    while bench.server._connections:
        await asyncio.sleep(0.001)
    assert not bench.world.sim.asked


async def test_who_sends_half_a_request_and_waits_is_told_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "READ_S", 0.05)
    assert (await bench.raw(b"GET /pagerduty")).startswith(b"HTTP/1.1 408 ")


async def test_who_says_nothing_is_hung_up_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "IDLE_S", 0.05)
    assert await bench.raw(b"") == b""


async def test_too_many_connections_are_turned_away(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MAX_CONNECTIONS", 2)
    held = [await asyncio.open_connection(HOST, bench.server.port) for _ in range(2)]
    while len(bench.server._connections) < 2:
        await asyncio.sleep(0.001)
    assert (await bench.raw(head())).startswith(b"HTTP/1.1 503 ")
    held[0][1].close()
    while len(bench.server._connections) > 1:
        await asyncio.sleep(0.001)
    assert (await bench.raw(head("GET /pagerduty/x HTTP/1.1", "Connection: close"))).startswith(b"HTTP/1.1 200 ")
    held[1][1].close()


async def test_closed_with_open_connections_and_started_again_on_its_port(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    port = bench.server.port
    async with httpx.AsyncClient(base_url=bench.server.base_url, trust_env=False) as client:
        await client.put("/pagerduty/x", content=b"before")
        bench.planned.next(delay(1000))
        waiting = asyncio.create_task(client.get("/pagerduty/late"))
        while not bench.clock.sleeping:
            await asyncio.sleep(0.001)
        async with asyncio.timeout(5):
            await bench.server.close()
            await bench.server.close()
        with pytest.raises(httpx.TransportError):
            await waiting
        with pytest.raises(httpx.ConnectError):
            await client.get("/pagerduty/x")
        bench.server = await serve(bench.world, port)
        assert bench.server.port == port
        assert (await client.get("/_state")).json() == {"asked": 2}, "the world went on holding what it had"
    assert not [record.getMessage() for record in caplog.records if record.name == "asyncio"]


async def test_a_port_that_is_taken_is_said(bench: Bench) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        with pytest.raises(OSError):
            await serve(bench.world, taken.getsockname()[1])
