"""An action's calls: not behind a poll's, not out of a spent budget, and known to be unsent where nothing was sent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from oncall_tui.clock import SystemClock
from oncall_tui.sources.base import RateLimited, Unreachable, for_action
from oncall_tui.sources.http import HttpClient
from tests.support.clock import ManualClock

CANARY = "canary-5f1c2e"


async def _headers() -> dict[str, str]:
    return {"Authorization": f"Token token={CANARY}"}


@asynccontextmanager
async def server(held: asyncio.Event, asked: asyncio.Queue[str]) -> AsyncIterator[str]:
    """Answers at once, but ``/slow`` only when ``held`` is set. ``asked`` gets each request's first line."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                line = head.split(b"\r\n")[0].decode()
                asked.put_nowait(line)
                if "/slow" in line:
                    await held.wait()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def test_an_action_does_not_wait_behind_the_reads_of_a_poll() -> None:
    held, asked = asyncio.Event(), asyncio.Queue[str]()
    async with server(held, asked) as base:
        client = HttpClient(base, clock=SystemClock())
        reads = [asyncio.create_task(client.get("/slow")) for _ in range(12)]
        for _ in range(4):
            await asked.get()
        async with asyncio.timeout(5):
            assert (await client.request("PUT", "/act", json={})).status == 200
            with for_action():
                assert (await client.get("/read-back")).status == 200
        assert not any(read.done() for read in reads)
        held.set()
        await asyncio.gather(*reads)
        await client.aclose()


async def test_a_read_for_an_action_may_use_what_is_kept_for_actions() -> None:
    headers = {"ratelimit-limit": "960", "ratelimit-remaining": "10", "ratelimit-reset": "40"}

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"{}"))

    client = HttpClient("https://x.test", clock=ManualClock(), transport=httpx.MockTransport(handler))
    await client.get("/x")
    with pytest.raises(RateLimited):
        await client.get("/x")
    with for_action():
        assert (await client.get("/x")).status == 200
    with pytest.raises(RateLimited):
        await client.get("/x")


@pytest.fixture
def black_hole() -> Iterator[str]:
    """An address where connections are neither taken nor refused, as behind a tunnel that is down."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(0)
    fill = [socket.socket() for _ in range(4)]
    for one in fill:
        one.setblocking(False)
        one.connect_ex(listening.getsockname())
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    for one in (*fill, listening):
        one.close()


async def test_an_action_that_found_no_connection_was_not_sent(black_hole: str) -> None:
    client = HttpClient(black_hole, clock=SystemClock(), deadline_s=1.0)
    with pytest.raises(Unreachable) as caught:
        await client.request("PUT", "/x", json={})
    assert not caught.value.maybe_applied
    await client.aclose()


async def test_what_is_on_this_machine_is_not_asked_by_way_of_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    # Plain HTTP is allowed there because nothing leaves the machine.
    held, asked, proxied = asyncio.Event(), asyncio.Queue[str](), asyncio.Queue[str]()
    async with server(held, asked) as base, server(held, proxied) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        client = HttpClient(base, clock=SystemClock(), headers=_headers)
        assert (await client.get("/x")).status == 200
        await client.aclose()
    assert asked.get_nowait() == "GET /x HTTP/1.1"
    assert proxied.empty()


@pytest.mark.parametrize("zone", ["-9999999999999999", "+99999999"])
async def test_a_date_in_a_zone_beyond_every_number_is_passed_over(zone: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        headers = {"date": f"Wed, 21 Oct 2015 07:28:00 {zone}", "retry-after": f"Wed, 21 Oct 2015 07:28:00 {zone}"}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"{}"))

    client = HttpClient("https://x.test", clock=ManualClock(), transport=httpx.MockTransport(handler))
    assert (await client.get("/x")).status == 200
