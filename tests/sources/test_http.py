"""The HTTP layer and the tolerant fields against hostile answers (reliability.md, section 3)."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oncall_tui.config.secret import Secret, SecretError
from oncall_tui.sources import fields
from oncall_tui.sources.answers import decode_json, error_words, read_budget, retry_after
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Dropped,
    NotFound,
    RateLimited,
    Refused,
    ServerFailed,
    SourceError,
    TimedOut,
    Unreachable,
)
from oncall_tui.sources.http import MAX_BYTES, HttpClient, check_base_url, segment
from oncall_tui.text import unsafe_count
from tests.support.clock import START, ManualClock

BASE = "https://api.example.com/v2"
CANARY = "canary-5f1c2e"
Handler = Callable[[httpx.Request], httpx.Response]


async def _headers() -> dict[str, str]:
    return {"Authorization": f"Token token={CANARY}", "DD-API-KEY": CANARY}


def unread(handler: Handler) -> httpx.MockTransport:
    """What ``handler`` answers, with a body that is not read yet, as the network's is."""

    def carry(request: httpx.Request) -> httpx.Response:
        made = handler(request)
        if not made.is_closed:
            return made
        return httpx.Response(made.status_code, headers=made.headers, stream=httpx.ByteStream(made.content))

    return httpx.MockTransport(carry)


def client(handler: Handler, **options: Any) -> HttpClient:
    options = {"headers": _headers, **options}
    return HttpClient(BASE, clock=ManualClock(), transport=unread(handler), **options)


def answering(response: httpx.Response | Exception, **options: Any) -> HttpClient:
    def handler(request: httpx.Request) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        return response

    return client(handler, **options)


class Stream(httpx.AsyncByteStream):
    """A body that comes piece by piece; counts what was taken."""

    def __init__(self, pieces: Any, pause_s: float = 0.0) -> None:
        self.pieces = pieces
        self.pause_s = pause_s
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            await asyncio.sleep(self.pause_s)
            self.taken += 1
            yield piece


# -- where the token goes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_redirect_is_followed_and_no_header_reaches_a_second_host(status: int, method: str) -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(status, headers={"location": "https://evil.example/x"})

    with pytest.raises(BadAnswer) as caught:
        await client(handler).request(method, "/incidents", json={} if method == "POST" else None)
    assert asked == ["api.example.com"]
    assert "evil.example" in str(caught.value)
    assert "api.example.com" in str(caught.value)
    assert not unsafe_count(str(caught.value))
    assert caught.value.maybe_applied is (method == "POST")


@pytest.mark.parametrize("location", ["https://evil.example/\x1b[c", "https://[", "", "\u202e", "//", "http://a b/"])
async def test_a_redirect_to_nonsense_is_an_error_too(location: str) -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers=[(b"location", location.encode())])

    with pytest.raises(SourceError) as caught:
        await client(handler).get("/incidents")
    assert asked == ["api.example.com"]
    assert not unsafe_count(str(caught.value))


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v2/next",
        "//evil.example/v2/next",
        "http://api.example.com/v2/next",
        "https://api.example.com:8443/v2/next",
        "https://api.example.com@evil.example/",
        "https://api.example.com.evil.example/",
        "https://evil.example\\@api.example.com/",
        "ftp://api.example.com/",
        "file:///etc/passwd",
        "https://[bad/",
        "https://api.example.com:port/",
        "https://\x1b[c/",
    ],
)
async def test_a_foreign_next_link_is_refused_before_anything_is_sent(link: str) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    with pytest.raises(SourceError):
        await client(handler).get(link)
    assert asked == []


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/incidents", f"{BASE}/incidents"),
        ("incidents", f"{BASE}/incidents"),
        (f"{BASE}/incidents?page=2", f"{BASE}/incidents?page=2"),
        ("HTTPS://API.EXAMPLE.COM/v2/x", f"{BASE}/x"),
        ("/silences?link=https://evil.example/", f"{BASE}/silences?link=https://evil.example/"),
    ],
)
async def test_own_addresses_stay_below_the_base(path: str, address: str) -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={})

    await client(handler).get(path)
    assert asked == [address]


@given(st.text(max_size=60))
def test_any_id_is_one_segment_of_the_path(text: str) -> None:
    try:
        quoted = segment(text)
    except UnicodeEncodeError:
        return  # a lone surrogate never passes the fields
    assert "/" not in quoted
    assert "?" not in quoted
    assert "#" not in quoted
    assert quoted not in (".", "..")
    url = httpx.URL(f"{BASE}/incidents/{quoted}/notes")
    assert url.raw_path.startswith(b"/v2/incidents/")
    assert url.raw_path.endswith(b"/notes")
    assert url.raw_path.count(b"/") == 4


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("https://api.pagerduty.com/", "https://api.pagerduty.com"),
        (" https://h/prefix/ ", "https://h/prefix"),
        ("http://127.0.0.1:8080/pagerduty", "http://127.0.0.1:8080/pagerduty"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_usable_base_addresses(address: str, wanted: str) -> None:
    assert check_base_url(address) == wanted


@pytest.mark.parametrize(
    "address",
    [
        "http://api.pagerduty.com", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "ftp://h",
        "https://user:pass@h", "https://h?x=1", "https://h#x", "https://", "h", "", "https://h:port", "https://[",
    ],
)  # fmt: skip
def test_base_addresses_that_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"address|network"):
        check_base_url(address)


def test_plain_http_elsewhere_only_when_it_is_allowed() -> None:
    assert check_base_url("http://pager.internal", plain_http=True) == "http://pager.internal"


# -- size, time, encoding ----------------------------------------------------------------------------------------


def _bomb(encoder: Any, pieces: int) -> Any:
    block = bytes(1024 * 1024)
    for _ in range(pieces):
        yield encoder.compress(block)
    yield encoder.flush()


@pytest.mark.parametrize(("encoding", "wbits"), [("gzip", 31), ("deflate", 15), ("x-gzip", 31)])
async def test_a_compressed_bomb_is_stopped_at_the_limit(encoding: str, wbits: int) -> None:
    encoder = zlib.compressobj(9, zlib.DEFLATED, wbits)
    whole = b"".join(_bomb(encoder, 256))
    stream = Stream([whole])
    tracemalloc.start()
    try:
        with pytest.raises(BadAnswer, match="more than 16 MiB"):
            await answering(httpx.Response(200, headers={"content-encoding": encoding}, stream=stream)).get("/x")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MAX_BYTES + 32 * 1024 * 1024


async def test_a_plain_body_over_the_limit_is_not_read_to_its_end() -> None:
    stream = Stream([b" " * 65536] * 100_000)
    with pytest.raises(BadAnswer, match="more than 16 MiB"):
        await answering(httpx.Response(200, stream=stream)).get("/x")
    assert stream.taken < 300


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 65_790, 131_072, 131_200, 1_000_003])
@pytest.mark.parametrize("piece", [7, 1024, 10_000_000])
async def test_compressed_answers_come_whole(size: int, piece: int) -> None:
    text = "x" * size
    packed = gzip.compress(json.dumps(text).encode())
    pieces = [packed[at : at + piece] for at in range(0, len(packed), piece)]
    answer = await answering(httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Stream(pieces))).get("/x")
    assert answer.data == text


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-encoding": "gzip"}, b"not gzip"),
        ({"content-encoding": "gzip"}, gzip.compress(b'{"a": 1}' * 1000, mtime=0)[:-30]),
        ({"content-encoding": "br"}, b"\x0b\x02"),
        ({"content-encoding": "zstd"}, b"x"),
        ({"content-encoding": "gzip, gzip"}, gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0)),
        ({"content-encoding": "\x1b[c"}, b"{}"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_bad_or_unasked_compression_is_a_bad_answer(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(BadAnswer) as caught:
        await answering(httpx.Response(200, headers=headers, stream=Stream([body]))).get("/x")
    assert not unsafe_count(str(caught.value))


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_dripping_body_ends_at_the_total_deadline(method: str) -> None:
    stream = Stream([b" "] * 1000, pause_s=0.02)
    source = answering(httpx.Response(200, stream=stream), deadline_s=0.15)
    with pytest.raises(TimedOut) as caught:
        await source.request(method, "/x")
    assert caught.value.maybe_applied is (method == "PUT")
    assert stream.taken < 50


async def test_stalled_headers_end_at_the_total_deadline() -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    source = HttpClient(BASE, clock=ManualClock(), transport=httpx.MockTransport(never), deadline_s=0.05)
    with pytest.raises(TimedOut):
        await source.get("/x")


async def test_enough_of_an_endless_body_is_enough() -> None:
    stream = Stream([b"y" * 1000] * 100_000)
    answer = await answering(httpx.Response(200, stream=stream)).get("/x", want_json=False, enough=4096)
    assert len(answer.text) == 4096
    assert stream.taken <= 70


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "too deeply"),
        (b'{"a":' * 100_000, "JSON"),
        (b"<html><title>Log in</title>", "web page"),
        (b'{"a": 1', "no valid JSON"),
        (b'{"a": NaN}', "no valid JSON"),
        (b'{"a": Infinity}', "no valid JSON"),
        (b'{"a": "\xff\xfe"}', "no valid JSON"),
        ('{"a": 1}'.encode("utf-16"), "no valid JSON"),
        (b"null null", "no valid JSON"),
        (b"'x'", "no valid JSON"),
        (b"\x00", "no valid JSON"),
    ],
    ids=lambda value: repr(value)[:24],
)
async def test_what_is_no_json_is_a_bad_answer(body: bytes, reason: str) -> None:
    with pytest.raises(BadAnswer, match=reason):
        await answering(httpx.Response(200, content=body)).get("/x")


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b"\xef\xbb\xbf{}", {}),
        (b"null", None),
        (b"[]", []),
        (b"", None),
        (b"  \n", None),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
async def test_odd_but_valid_json_is_taken(body: bytes, data: Any) -> None:
    assert (await answering(httpx.Response(200, content=body)).get("/x")).data == data


def test_a_number_of_five_thousand_digits_harms_nobody() -> None:
    try:
        data = decode_json(b'{"a": ' + b"9" * 5000 + b"}", "h")
    except BadAnswer:
        return
    assert fields.integer(data, "a") is None
    assert fields.number(data, "a") is None


# -- statuses and failures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "maybe"),
    [
        (400, Refused, False),
        (401, AuthFailed, False),
        (402, Refused, False),
        (403, AuthFailed, False),
        (404, NotFound, False),
        (408, ServerFailed, True),
        (409, Refused, False),
        (410, NotFound, False),
        (418, Refused, False),
        (420, RateLimited, False),
        (429, RateLimited, False),
        (500, ServerFailed, True),
        (503, ServerFailed, True),
        (599, ServerFailed, True),
    ],
)
async def test_each_status_is_one_kind_of_error(status: int, kind: type[SourceError], maybe: bool) -> None:
    source = answering(httpx.Response(status, json={"error": {"message": "no\x1b[c", "code": 7}}))
    with pytest.raises(kind) as caught:
        await source.request("PUT", "/x", json={})
    assert type(caught.value) is kind
    assert caught.value.maybe_applied is maybe
    assert not unsafe_count(str(caught.value))
    assert "\n" not in str(caught.value)
    with pytest.raises(kind) as read:
        await source.get("/x")
    assert not read.value.maybe_applied


@pytest.mark.parametrize(
    ("error", "kind", "maybe"),
    [
        (httpx.ConnectError("[Errno 111] refused"), Unreachable, False),
        (httpx.ConnectTimeout("x"), Unreachable, False),
        (httpx.PoolTimeout("x"), Unreachable, False),
        (httpx.ProxyError("x"), Unreachable, False),
        (httpx.UnsupportedProtocol("x"), Unreachable, False),
        (httpx.ReadTimeout("x"), TimedOut, True),
        (httpx.WriteTimeout("x"), TimedOut, True),
        (httpx.ReadError("reset\x1b[c"), Dropped, True),
        (httpx.WriteError("x"), Dropped, True),
        (httpx.RemoteProtocolError("x"), Dropped, True),
        (httpx.DecodingError("x"), BadAnswer, True),
        (httpx.InvalidURL("x"), Unreachable, False),
        (httpx.CookieConflict("x"), BadAnswer, True),
        (RuntimeError("x"), BadAnswer, True),
        (ImportError("socksio"), Unreachable, False),
    ],
)
async def test_each_failure_is_one_kind_of_error(error: Exception, kind: type[SourceError], maybe: bool) -> None:
    source = answering(error)
    with pytest.raises(kind) as caught:
        await source.request("POST", "/x", json={})
    assert type(caught.value) is kind
    assert caught.value.maybe_applied is maybe
    assert CANARY not in str(caught.value)
    assert not unsafe_count(str(caught.value))
    with pytest.raises(kind) as read:
        await source.get("/x")
    assert not read.value.maybe_applied


async def test_cancelling_passes_through() -> None:
    started = asyncio.Event()

    async def never(request: httpx.Request) -> httpx.Response:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    source = HttpClient(BASE, clock=ManualClock(), transport=httpx.MockTransport(never))
    task = asyncio.create_task(source.get("/x"))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_secret_that_cannot_be_read_is_an_auth_failure_and_nothing_is_sent() -> None:
    async def failing() -> dict[str, str]:
        raise SecretError("no token: env PD is empty or not set")

    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    source = client(handler, headers=failing)
    with pytest.raises(AuthFailed, match="env PD"):
        await source.request("POST", "/x")
    assert asked == []


async def test_a_token_is_read_anew_for_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    secret = Secret("env", "ONCALL_TEST_TOKEN")

    async def headers() -> dict[str, str]:
        return {"Authorization": await secret.read()}

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={})

    source = client(handler, headers=headers)
    for token in ("one", "two"):
        monkeypatch.setenv("ONCALL_TEST_TOKEN", token)
        await source.get("/x")
    assert seen == ["one", "two"]


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_token_is_fetched_anew(status: int, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("before")
    secret = Secret("command", f"cat {tmp_path}/token")

    async def headers() -> dict[str, str]:
        return {"Authorization": await secret.read()}

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if request.headers["authorization"] == "after" else status, json={})

    source = client(handler, headers=headers)
    with pytest.raises(AuthFailed):
        await source.get("/x")
    (tmp_path / "token").write_text("after")
    assert (await source.get("/x")).status == 200


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
async def test_an_answer_that_repeats_the_token_does_not_tell_it(status: int) -> None:
    secret = Secret("literal", CANARY)

    async def headers() -> dict[str, str]:
        return {"Authorization": await secret.read()}

    source = answering(httpx.Response(status, json={"error": f"no such key: {CANARY}"}), headers=headers)
    with pytest.raises(SourceError) as caught:
        await source.get("/x")
    assert CANARY not in str(caught.value)
    assert "no such key" in str(caught.value)


async def test_closing_twice_is_fine() -> None:
    source = answering(httpx.Response(200, json={}))
    await source.get("/x")
    await source.aclose()
    await source.aclose()


# -- a real socket -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", Dropped),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", Dropped),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000 + b"\r\n\r\n", Dropped),
        (b"garbage\r\n\r\n", Dropped),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", Dropped),
        (b"HTTP/1.1 204 No Content\r\n\r\n", None),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_raw_answers_of_a_server(raw: bytes, kind: type[SourceError] | None) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    source = HttpClient(f"http://127.0.0.1:{port}", clock=ManualClock())
    try:
        if kind is None:
            assert (await source.request("DELETE", "/x")).data is None
        else:
            with pytest.raises(kind):
                await source.get("/x")
    finally:
        await source.aclose()
        server.close()


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "ä", "a\x00"])
async def test_a_header_that_cannot_be_sent_is_told_and_nothing_is_sent(value: str) -> None:
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    source = HttpClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", clock=ManualClock())
    with pytest.raises(SourceError):
        await source.request("POST", "/x", headers={"From": value})
    await source.aclose()
    server.close()
    assert b"".join(came) == b""


async def test_nobody_listening_is_unreachable() -> None:
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    source = HttpClient(f"http://127.0.0.1:{port}", clock=ManualClock())
    with pytest.raises(Unreachable) as caught:
        await source.request("POST", "/x")
    assert not caught.value.maybe_applied
    await source.aclose()


# -- rate limits and clocks --------------------------------------------------------------------------------------

NONSENSE = ["", "abc", "-5", "nan", "inf", "1e9", "٣", "9" * 20, "1.5.2", "0x10", " ", "+5", "1,5", "\x1b[c"]


@pytest.mark.parametrize("value", NONSENSE)
def test_a_nonsense_hint_is_no_hint(value: str) -> None:
    for header in ("retry-after", "ratelimit-reset", "x-ratelimit-reset", "x-ratelimit-period-in-sec"):
        assert retry_after({header: value}, START) is None
    assert read_budget({"ratelimit-remaining": value}, START) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "100000"}, 900.0),
        ({"retry-after": "Mon, 23 Nov 2026 14:02:00 GMT"}, 120.0),
        ({"retry-after": "Mon, 23 Nov 2026 13:00:00 GMT"}, 0.0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 900.0),
        ({"ratelimit-reset": "41"}, 41.0),
        ({"x-ratelimit-reset": "12"}, 12.0),
        ({"x-ratelimit-reset": str(int(START.timestamp()) + 33)}, 33.0),
        ({"x-ratelimit-period-in-sec": "60"}, 60.0),
        ({"retry-after": "abc", "ratelimit-reset": "9"}, 9.0),
        ({}, None),
    ],
)
def test_every_family_of_hints_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, START) == seconds


@example("0\x1f", "")
@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_breaks_the_reading(one: str, other: str) -> None:
    for name in ("retry-after", "ratelimit-reset", "x-ratelimit-reset"):
        wait = retry_after({name: one, "date": other}, START)
        assert wait is None or 0 <= wait <= 900
    budget = read_budget({"ratelimit-remaining": one, "ratelimit-reset": other, "ratelimit-limit": other}, START)
    assert budget is None or budget.resets_at is None or START <= budget.resets_at <= START + timedelta(minutes=15)


async def test_a_limit_without_a_hint_waits_under_a_minute() -> None:
    with pytest.raises(RateLimited) as caught:
        await answering(httpx.Response(429)).get("/x")
    assert caught.value.retry_after == 45.0


@pytest.mark.parametrize("headers", [{"ratelimit-reset": "33"}, {"retry-after": "33"}])
async def test_a_limit_with_a_hint_waits_for_it(headers: dict[str, str]) -> None:
    for status in (429, 503):
        with pytest.raises(SourceError) as caught:
            await answering(httpx.Response(status, headers=headers)).get("/x")
        assert caught.value.retry_after == 33.0


async def test_a_limit_of_one_endpoint_does_not_stop_the_others() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"}
    source = answering(httpx.Response(200, json={}, headers=headers), reserve=0)
    await source.get("/events", meter="events")
    await source.get("/monitors", meter="monitors")
    with pytest.raises(RateLimited) as caught:
        await source.get("/events", meter="events")
    assert caught.value.retry_after == 9


async def test_reads_stop_before_the_budget_is_gone_and_actions_do_not() -> None:
    headers = {"ratelimit-limit": "960", "ratelimit-remaining": "10", "ratelimit-reset": "40"}
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return httpx.Response(200, json={}, headers=headers)

    source = client(handler)
    await source.get("/x")
    with pytest.raises(RateLimited, match="kept for actions") as caught:
        await source.get("/x")
    assert caught.value.retry_after == 40.0
    await source.request("PUT", "/x", json={})
    assert asked == ["GET", "PUT"]
    source._clock.advance(41)  # type: ignore[attr-defined]  # the bench's hand-driven clock
    await source.get("/x")
    assert asked == ["GET", "PUT", "GET"]


@pytest.mark.parametrize("days", [-1, 0, 1])
async def test_the_servers_clock_is_compared_with_ours(days: int) -> None:
    served = format_datetime(START + timedelta(days=days), usegmt=True)
    source = answering(httpx.Response(200, json={}, headers={"date": served}))
    await source.get("/x")
    assert source.clock_skew == timedelta(days=days)


@pytest.mark.parametrize(
    "date",
    ["", "x", "Mon, 99 Nov 2026 14:00:00 GMT", "Mon, 23 Nov 99999 14:00:00 GMT", "Mon, 23 Nov 2026 14:00:00 +999999"],
)
async def test_a_date_that_is_none_is_passed_over(date: str) -> None:
    source = answering(httpx.Response(200, json={}, headers={"date": date}))
    assert (await source.get("/x")).data == {}


# -- errors' words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (
            b'{"error": {"code": 1002, "message": "Incident Already Acknowledged"}}',
            ("Incident Already Acknowledged", 1002),
        ),
        (b'{"error": {"message": "Invalid", "errors": ["a", 3, "b"]}}', ("Invalid: a; b", None)),
        (b'{"errors": ["Forbidden"]}', ("Forbidden", None)),
        (b'{"errors": [{"title": "t", "detail": "no such thing"}, {"title": "t"}, 7]}', ("no such thing; t", None)),
        (
            b'{"errorMessages": ["Not today"], "errors": {"summary": "needed", "n": 1}}',
            ("Not today; summary: needed", None),
        ),
        (b'{"error": "bad_data: \\u001b[c"}', ("bad_data: \\x1b[c", None)),
        (b'{"detail": "Can\'t resolve a resolved alert group"}', ("Can't resolve a resolved alert group", None)),
        (b'{"text": ["This field is required.", "x"], "n": [1], "o": []}', ("text: This field is required.", None)),
        (b'"silence not found"', ("silence not found", None)),
        (b"plain words\x1b[c", ("plain words\\x1b[c", None)),
        (b"<html>no</html>", ("", None)),
        (b"", ("", None)),
        (b"[1, 2]", ("", None)),
        (b"null", ("", None)),
        (b'{"error": []}', ("", None)),
        (b'{"error": ["Name is missing", "Body \\u001b[c"]}', ("Name is missing; Body \\x1b[c", None)),
        (b'["Name is missing", {"message": "too long"}]', ("Name is missing; too long", None)),
        (b'{"message": {"a": 1}, "code": {"b": 2}}', ("", None)),
        (b"[" * 60_000, ("[" * 199 + "…", None)),
        (b"\xff\xfe", ("\ufffd\ufffd", None)),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_the_systems_own_reason_is_found_and_clean(body: bytes, wanted: tuple[str, Any]) -> None:
    assert error_words(body) == wanted


@given(st.binary(max_size=300))
def test_no_body_breaks_the_words(body: bytes) -> None:
    words, _ = error_words(body)
    assert len(words) <= 300
    assert not unsafe_count(words)


# -- fields ------------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_no_value_breaks_a_field_and_all_text_is_clean(value: Any) -> None:
    data = {"a": value}
    for path in (("a",), ("a", "b"), ()):
        found = fields.text(data, *path)
        assert found is None or (found and not unsafe_count(found) and "\n" not in found)
        block = fields.block(data, *path)
        assert block is None or not unsafe_count(block)
        whole = fields.integer(data, *path)
        assert whole is None or abs(whole) < 2**63
        number = fields.number(data, *path)
        assert number is None or abs(number) <= 1.8e308
        moment = fields.instant(data, *path) or fields.unix(data, *path)
        assert moment is None or moment.tzinfo is UTC
        assert fields.boolean(data, *path) in (None, True, False)
        assert all(isinstance(row, dict) for row in fields.rows(data, *path))
        native = fields.native_id(data, *path)
        assert native is None or (native.isascii() and native.isprintable() and " " not in native)
        address = fields.url(data, *path)
        assert address is None or address.startswith(("http://", "https://", "HTTP", "Http"))
        assert not unsafe_count("".join(fields.labels(data, *path).values()))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-11-23T14:00:00Z", START),
        ("2026-11-23T15:00:00+01:00", START),
        ("2026-11-23T14:00:00", START),
        ("2026-11-23T14:00:00.123456789Z", START.replace(microsecond=123456)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("2026-W48-1", None),
        ("1700000000", None),
        ("", None),
        ("2026-11-23T24:01:00Z", None),
    ],
)
def test_times_are_read_strictly(text: str, wanted: datetime | None) -> None:
    assert fields.instant({"at": text}, "at") == wanted


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://h/\x1b[c",
        "https://ä.example/",
        "http://[",
        " https://h",
        "https://h/ x",
    ],
)
def test_only_plain_web_addresses_are_addresses(value: str) -> None:
    assert fields.url({"u": value}, "u") is None


async def test_an_answer_brings_its_headers() -> None:
    client = HttpClient(
        BASE,
        clock=ManualClock(),
        transport=unread(lambda request: httpx.Response(200, json={}, headers={"X-OAuth-Scopes": "chat:write"})),
    )
    assert (await client.get("/a")).headers["x-oauth-scopes"] == "chat:write"
    assert (await client.get("/a", want_json=False)).headers["X-OAUTH-SCOPES"] == "chat:write"
    await client.aclose()
