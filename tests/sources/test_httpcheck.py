"""HTTP(S) checks: every state with its reason, none hiding another."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from oncall_tui import sources
from oncall_tui.config.load import load_config
from oncall_tui.config.problems import ConfigError
from oncall_tui.config.secret import Secret
from oncall_tui.model import HealthCheck, HealthStatus, OutboxRow, Verb
from oncall_tui.sources.base import Capability, Known, Seat, SourceContext, Unsupported
from oncall_tui.sources.httpcheck import HttpCheckSource, Options, make
from oncall_tui.sources.httpcheck.judge import BODY_BYTES
from oncall_tui.sources.httpcheck.options import CheckOptions
from oncall_tui.sources.threshold import Threshold
from tests.support.clock import START, ManualClock

OK, DEGRADED, DOWN, UNKNOWN = HealthStatus.OK, HealthStatus.DEGRADED, HealthStatus.DOWN, HealthStatus.UNKNOWN
Handler = Callable[[httpx.Request], "httpx.Response | Awaitable[httpx.Response]"]


def check(name: str = "website", url: str = "https://www.example.com/healthz", **more: Any) -> CheckOptions:
    return CheckOptions(name=name, url=url, **more)


def source(
    handler: Handler | None, *checks: CheckOptions, clock: ManualClock | None = None, **more: Any
) -> HttpCheckSource:
    async def answer(request: httpx.Request) -> httpx.Response:
        assert handler is not None
        found = handler(request)
        made = found if isinstance(found, httpx.Response) else await found
        # A stream that is not read yet, as the network's is.
        return httpx.Response(made.status_code, headers=made.headers, stream=made.stream)

    context = SourceContext(
        name="probes",
        seat=Seat(),
        clock=clock or ManualClock(),
        transport=httpx.MockTransport(answer) if handler is not None else None,
    )
    return make(Options(name="probes", kind="http", health=checks, **more), context)


async def health(handler: Handler | None, *checks: CheckOptions) -> tuple[HealthCheck, ...]:
    made = source(handler, *checks)
    found = (await made.poll(Known())).health
    await made.aclose()
    await made.aclose()
    assert found is not None
    return found


async def one(handler: Handler | None, **more: Any) -> HealthCheck:
    (found,) = await health(handler, check(**more))
    return found


def says(status: int = 200, text: str = "ok", **more: Any) -> Handler:
    return lambda request: httpx.Response(status, text=text, **more)


# -- states ----------------------------------------------------------------------------------------------------------


async def test_ok() -> None:
    found = await one(says(), service="web", url="https://www.example.com/healthz?key=s3cret")
    assert (found.id, found.source, found.name, found.service) == ("probes:website", "probes", "website", "web")
    assert (found.status, found.detail, found.unit) == (OK, None, "ms")
    assert found.value is not None and 0 <= found.value < 5000
    assert found.checked_at == START and found.url == "https://www.example.com/healthz"


@pytest.mark.parametrize(
    ("expected", "status", "state"),
    [
        ("200-299", 204, OK),
        ("200-299", 301, DOWN),
        ("200-299", 404, DOWN),
        ("200-299", 503, DOWN),
        ("200", 204, DOWN),
        ("301", 301, OK),
        (("200", "401-403"), 403, OK),
        (("200", "401-403"), 404, DOWN),
        ("500-599", 503, OK),
        ("429", 429, OK),
    ],
)
async def test_status(expected: Any, status: int, state: HealthStatus) -> None:
    found = await one(says(status, headers={"location": "https://evil.example/"}), expect_status=expected)
    assert found.status is state
    words = expected if isinstance(expected, str) else ", ".join(expected)
    assert found.detail == (None if state is OK else f"answers {status}, expected {words}")


async def test_no_redirect_is_followed() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"location": "https://evil.example/"})

    await one(answer, token=Secret("literal", "t0ken"))
    assert asked == ["https://www.example.com/healthz"]


@pytest.mark.parametrize(
    ("more", "body", "detail"),
    [
        ({"expect_body": "ok"}, "all ok here", None),
        ({"expect_body": "ok"}, "failed", "the body does not hold 'ok'"),
        ({"json": {"status": "UP"}}, '{"status": "UP"}', None),
        ({"json": {"status": "UP"}}, '{"status": "DOWN\\u001b"}', "status is 'DOWN\\\\x1b', expected 'UP'"),
        ({"json": {"a.0.b": "true", "n": "12", "z": "null"}}, '{"a": [{"b": true}], "n": 12, "z": null}', None),
        ({"json": {"a.1": "x"}}, '{"a": ["x"]}', "a.1 is not there"),
        ({"json": {"a": "x"}}, '{"a": {"x": 1}}', "a is not there"),
        ({"json": {"a": "x"}}, "<html>", "the body is no valid JSON"),
        ({"json": {"a": "x"}}, "[" * 5000, "the body is no valid JSON"),
    ],
)
async def test_body(more: Any, body: str, detail: str | None) -> None:
    found = await one(says(text=body), **more)
    assert (found.status, found.detail) == (OK if detail is None else DOWN, detail)


async def test_a_long_body_is_not_read_to_its_end() -> None:
    read = 0

    async def chunks() -> Any:
        nonlocal read
        for _ in range(100):
            read += 64 * 1024
            yield b"x" * 64 * 1024

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=chunks())

    assert (await one(answer)).status is OK
    assert read <= BODY_BYTES + 64 * 1024
    read = 0
    assert (await one(answer, json={"a": "b"})).detail == "the body is longer than 256 KiB"


async def test_slow_is_degraded() -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.03)
        return httpx.Response(200)

    found = await one(slow, degraded=Threshold.from_text("> 20ms"))
    assert found.status is DEGRADED and found.detail is not None and found.detail.endswith(" ms, limit > 20ms")
    assert (await one(slow, degraded=Threshold.from_text("> 30s"))).status is OK
    assert (await one(slow, degraded=Threshold.from_text("> 0.02s"))).status is DEGRADED


async def test_no_answer_in_time_is_down() -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    found = await one(never, timeout=timedelta(milliseconds=100))
    assert (found.status, found.detail, found.value) == (DOWN, "no whole answer in 0.1 s", None)


async def test_the_connection_broke() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")

    found = await one(broken)
    assert found.status is DOWN and "broke" in str(found.detail)


async def test_why_it_cannot_be_reached(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        found = await one(None, url=refused)
    assert (found.status, found.detail) == (DOWN, "unreachable: connection refused")

    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hangs_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert str((await one(None, url=f"https://127.0.0.1:{port}/")).detail).startswith("unreachable: TLS: ")
    server.close()
    await server.wait_closed()


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("cause", "detail"),
    [
        (
            socket.gaierror(-2, "Name or service not known"),
            "the name cannot be resolved (DNS): Name or service not known",
        ),
        (untrusted(), "TLS: self-signed certificate (an authority of your own: ca_file or SSL_CERT_FILE)"),
        (ssl.SSLError("wrong version"), "TLS: ('wrong version',)"),
        (ConnectionRefusedError(111, "refused"), "connection refused"),
        (OSError(errno.EHOSTUNREACH, "Connect call failed ('192.0.2.1', 443)"), "No route to host"),
        (OSError("All connection attempts failed"), "all attempts failed"),
    ],
)
async def test_the_cause_is_told(cause: Exception, detail: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("all attempts failed") from cause

    assert (await one(answer)).detail == f"unreachable: {detail}"


async def test_one_failing_check_hides_no_other() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/boom":
            raise httpx.ConnectError("no")
        return httpx.Response(200 if request.url.path == "/ok" else 500)

    unset = Secret("env", "NOT_SET_ANYWHERE")
    found = await health(
        answer,
        check("a", "https://a.example/ok"),
        check("b", "https://b.example/boom"),
        check("c", "https://a.example/bad"),
        check("d", "https://a.example/ok", token=unset),
        check("e", "https://a.example/ok"),
    )
    assert [one.status for one in found] == [OK, DOWN, DOWN, UNKNOWN, OK]
    assert "NOT_SET_ANYWHERE is empty or not set" in str(found[3].detail)


async def test_checks_run_at_once_but_not_too_many() -> None:
    running = most = 0
    most_of: dict[str, int] = {}
    now: dict[str, int] = {}
    release = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        host = request.url.host
        running += 1
        now[host] = now.get(host, 0) + 1
        most, most_of[host] = max(most, running), max(most_of.get(host, 0), now[host])
        await release.wait()
        running -= 1
        now[host] -= 1
        return httpx.Response(200)

    made = source(answer, *(check(f"c{n}", f"https://h{n % 3}.example/{n}") for n in range(30)))
    poll = asyncio.create_task(made.poll(Known()))
    while running < 8:
        await asyncio.sleep(0)
    release.set()
    found = (await poll).health
    assert found is not None and all(one.status is OK for one in found)
    assert most == 8 and max(most_of.values()) <= 4


# -- what is sent ----------------------------------------------------------------------------------------------------


async def test_method_headers_and_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_KEY", "k3y")
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    more: Any = {"headers": {"Accept": "text/plain", "X-Key": Secret("env", "PROBE_KEY")}}
    await one(
        answer, method="HEAD", token=Secret("literal", "t0ken"), url="https://www.example.com/a%2Fb?x=1&y=2", **more
    )
    await one(answer)
    first, second = seen
    assert first.method == "HEAD" and str(first.url) == "https://www.example.com/a%2Fb?x=1&y=2"
    assert first.headers["x-key"] == "k3y" and first.headers["accept"] == "text/plain"
    assert first.headers["authorization"] == "Bearer t0ken"
    assert second.method == "GET" and "authorization" not in second.headers


# -- several polls ---------------------------------------------------------------------------------------------------


async def test_failures_before_it_counts_as_down_and_successes_before_up() -> None:
    answers = iter([200, 500, 500, 500, 200, 500, 200, 200])

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(next(answers))

    made = source(answer, check(failures=3, successes=2))
    states = []
    for _ in range(8):
        ((found,),) = ((await made.poll(Known())).health or (),)
        states.append((found.status, (found.detail or "").partition(":")[0]))
    assert states == [
        (OK, ""),
        (OK, "failed 1 of 3"),
        (OK, "failed 2 of 3"),
        (DOWN, "answers 500, expected 200-299"),
        (DOWN, "answers again, 1 of 2"),
        (DOWN, "answers 500, expected 200-299"),
        (DOWN, "answers again, 1 of 2"),
        (OK, ""),
    ]


async def test_before_the_first_verdict_it_is_unknown() -> None:
    found = await one(says(500), failures=2)
    assert found.status is UNKNOWN and found.detail == "failed 1 of 2: answers 500, expected 200-299"


async def test_a_rate_limit_tells_of_us_and_not_of_the_service() -> None:
    clock, asked = ManualClock(), 0
    answers = [httpx.Response(200), httpx.Response(429, headers={"retry-after": "300"}), httpx.Response(200)]

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return answers[asked - 1]

    made = source(answer, check(), clock=clock)

    async def poll(seconds: float) -> HealthCheck:
        clock.advance(seconds)
        (found,) = (await made.poll(Known())).health or ()
        return found

    assert (await poll(0)).status is OK
    limited = await poll(30)
    assert limited.status is OK and limited.checked_at == START and "429" in str(limited.detail)
    assert (await poll(30)).status is OK and asked == 2
    stale = await poll(60)
    assert stale.status is UNKNOWN and stale.detail is not None and stale.detail.startswith("not asked: ")
    again = await poll(240)
    assert (again.status, again.detail, asked) == (OK, None, 3)


# -- the protocol ----------------------------------------------------------------------------------------------------


async def test_probe() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500 if request.url.path == "/bad" else 200)

    good = await source(answer, check("a"), check("b", "https://x.example/bad")).probe()
    assert good.ok and good.can == ("health",) and good.notes == ("b: down: answers 500, expected 200-299",)
    unread = await source(answer, check("a", token=Secret("env", "NOT_SET_ANYWHERE"))).probe()
    assert not unread.ok and unread.error_kind == "auth" and "NOT_SET_ANYWHERE" in str(unread.error)

    def nothing(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    gone = await source(nothing, check("a")).probe()
    assert (gone.ok, gone.error, gone.error_kind) == (False, "no address answers", "unreachable")


async def test_it_takes_no_actions() -> None:
    made = source(says(), check())
    assert made.capabilities == {Capability.HEALTH} and made.poll_interval == timedelta(seconds=30)
    row = OutboxRow(
        key="k",
        verb=Verb.NOTE,
        target="probes:x",
        source="probes",
        target_title="",
        seat="",
        created_at=START,
        not_before=START,
    )
    for call in (made.read("x"), made.prepare(row), made.send(row), made.confirm(row)):
        with pytest.raises(Unsupported, match="take no actions"):
            await call


# -- the config ------------------------------------------------------------------------------------------------------


def configured(tmp_path: Path, entry: str) -> Options:
    path = tmp_path / "config.yaml"
    path.write_text(f"sources:\n  - name: probes\n    kind: http\n    health:\n      - {entry}\n")
    path.chmod(0o600)
    (found,) = load_config(path, kinds=sources, environ={}).sources
    assert isinstance(found, Options)
    return found


def test_the_contracts_own_example(tmp_path: Path) -> None:
    entry = (
        "{name: website, service: web, url: 'https://www.example.com/healthz', expect_status: 200, timeout: 5s, "
        "degraded: '> 800ms'}"
    )
    (found,) = configured(tmp_path, entry).health
    assert 200 in found.statuses and 201 not in found.statuses
    assert found.timeout == timedelta(seconds=5) and str(found.degraded) == "> 800ms"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{name: a, url: ftp://x}", "not an http(s) address"),
        ("{name: a, url: 'https://u:p4ss@x/'}", "must not hold a user"),
        ("{name: a, url: 'https://x/ y'}", "percent-encoded"),
        ("{name: a, url: 'https://x', expect_status: 99}", "not a status"),
        ("{name: a, url: 'https://x', expect_status: 300-200}", "is empty"),
        ("{name: a, url: 'https://x', expect_status: []}", "must not be empty"),
        ("{name: a, url: 'https://x', method: POST}", "is not one of: GET, HEAD"),
        ("{name: a, url: 'https://x', method: HEAD, expect_body: ok}", "HEAD brings no body"),
        ("{name: a, url: 'https://x', degraded: '> 5 GiB'}", "a limit in ms or s"),
        ("{name: a, url: 'https://x', degraded: slow}", "not a limit"),
        ("{name: a, url: 'https://x', timeout: 2m}", "at most 60s"),
        ("{name: a, url: 'https://x', failures: 0}", "from 1 to 100"),
        ("{name: a, url: 'https://x', verify: false}", "unknown key"),
        ("{name: a, url: 'http://x', token: {env: T}}", "use https"),
        ("{name: a, url: 'http://x', headers: {X-Key: {env: T}}}", "use https"),
        ("{name: a, url: 'https://x', headers: {X-Api-Key: abc}}", "looks like a secret"),
        ("{name: a, url: 'https://x', headers: {'X Y': abc}}", "not the name of a header"),
        ('{name: a, url: "https://x", headers: {X-Y: "a\\r\\nB: c"}}', "no header can carry"),
        ("{name: a b, url: 'https://x'}\n      - {name: A-B, url: 'https://x'}", "two checks are called"),
        ("{name: a, url: 'https://x'}\n      - {name: a, url: 'https://x'}", "two checks are called"),
    ],
)
def test_what_is_refused(tmp_path: Path, entry: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, entry)
    assert words in str(caught.value) and "p4ss" not in str(caught.value)


def test_plain_http_without_a_secret_and_a_token_to_this_machine_are_fine(tmp_path: Path) -> None:
    assert configured(tmp_path, "{name: a, url: 'http://intranet/health'}")
    assert configured(tmp_path, "{name: a, url: 'http://127.0.0.1:8080/', token: {env: T}}")
