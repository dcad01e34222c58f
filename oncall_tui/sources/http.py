"""The one module that speaks HTTP, for every source.

What it keeps (measured in ``research/reliability.md`` section 3): one total deadline a call, an answer's size
bounded before and after decoding, no redirect followed, the token sent to its own origin only, rate-limit
headers of all families read strictly, and every failure turned into one :class:`SourceError`.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from oncall_tui import __version__
from oncall_tui.clock import Clock
from oncall_tui.config.secret import SecretError, forget_commands
from oncall_tui.model import Budget
from oncall_tui.records import dataclass
from oncall_tui.sources.answers import (
    MAX_WAIT_S,
    decode_json,
    error_words,
    host_in,
    read_budget,
    retry_after,
    unreachable_reason,
)
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
    is_for_action,
    is_for_history,
)
from oncall_tui.text import clean

if TYPE_CHECKING:
    import httpx

DEADLINE_S = 15.0
MAX_BYTES = 16 * 1024 * 1024
_CHUNK = 64 * 1024
_ABSOLUTE = re.compile(r"([a-z][a-z0-9+.-]*:)?//", re.IGNORECASE | re.ASCII)
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1", re.IGNORECASE)

Params = Sequence[tuple[str, str | int | float | bool]]
HeaderMaker = Callable[[], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer. ``data`` is the decoded JSON (``None`` for an empty body or where text was asked for), ``headers``
    what came with it, to be asked for in any case."""

    status: int
    data: Any
    text: str
    latency_ms: float
    headers: Mapping[str, str] = field(default_factory=dict)


def segment(value: str) -> str:
    """``value`` as exactly one path segment, whatever it holds."""
    return quote(value, safe="").replace(".", "%2E") if set(value) <= {"."} else quote(value, safe="")


def is_loopback(host: str) -> bool:
    """Whether that name or address is this machine's own, by its looks."""
    return _LOOPBACK.fullmatch(host) is not None


def check_base_url(base_url: str, *, plain_http: bool = False) -> str:
    """A usable base address without a trailing slash.

    Raises:
        ValueError: not http(s), with user, query or fragment, or plain ``http`` to another machine.
    """
    try:
        parts = urlsplit(base_url.strip())
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"not an address: {clean(base_url, 80)}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"not an http(s) address: {clean(base_url, 80)}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("the address must not hold a user, a query or a fragment")
    if parts.scheme == "http" and not plain_http and not is_loopback(host):
        raise ValueError(
            f"http:// would show the token to the network: use https, or allow_http: true for {clean(host, 60)}"
        )
    return base_url.strip().rstrip("/")


class HttpClient:
    """Calls to one origin.

    Args:
        base_url: as :func:`check_base_url` gives it.
        headers: makes the headers of each call (reads the token anew); a SecretError becomes AuthFailed.
        transport: an ``httpx.AsyncBaseTransport`` in place of the network.
        reserve: requests of the system's budget that reads leave for actions (K5).

    Actions, and what is read for them (:func:`~oncall_tui.sources.base.for_action`), have connections of their own:
    they do not wait until a poll has done reading.
    """

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        headers: HeaderMaker | None = None,
        transport: Any = None,
        deadline_s: float = DEADLINE_S,
        max_bytes: int = MAX_BYTES,
        reserve: int = 15,
        ca_file: str | None = None,
    ) -> None:
        self.base_url = base_url
        self.budget: Budget | None = None
        """By the latest answer that told of one."""
        self.clock_skew: timedelta | None = None
        self.latency_ms: float | None = None
        self._clock = clock
        self._headers = headers
        self._transport = transport
        self._deadline_s = deadline_s
        self._max_bytes = max_bytes
        self._reserve = reserve
        self._ca_file = ca_file
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self._budgets: dict[str, Budget] = {}
        parts = urlsplit(base_url)
        self._origin = (parts.scheme, parts.netloc.lower())
        self.host = clean(parts.netloc, 100)

    async def get(self, path: str, params: Params = (), **options: Any) -> Answer:
        """GET ``path`` (below the base address, or an absolute link of the same origin)."""
        return await self.request("GET", path, params=params, **options)

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        want_json: bool = True,
        accept: Sequence[int] = (),
        deadline_s: float | None = None,
        enough: int | None = None,
        meter: str = "",
        writes: bool | None = None,
    ) -> Answer:
        """One call, never repeated here.

        Args:
            accept: statuses besides 2xx that are answers and not errors (a redirect among them is not followed either).
            want_json: decode the body; otherwise it is in ``Answer.text``.
            enough: so many bytes of the body will do: what is beyond them is cut off and not read.
            meter: which of the system's rate limits this call counts against, where it has one for each endpoint.
            writes: whether it may change something, where the method does not tell (a query that is sent by POST).

        Raises:
            SourceError: as the tree in :mod:`oncall_tui.sources.base` tells; for a call that may change something
                ``maybe_applied`` says that the system may have acted.
        """
        if writes is None:
            writes = method not in ("GET", "HEAD")
        acts = writes or is_for_action()
        if not acts:
            self._keep_reserve(meter)
        limit_s = deadline_s or self._deadline_s
        address = self._address(path)
        started = time.perf_counter()
        sent = False
        try:
            async with asyncio.timeout(limit_s):
                all_headers = {**(await self._make_headers()), **(headers or {})}
                client = self._open(acts)
                request = client.build_request(
                    method,
                    address,
                    params=[(key, _param(value)) for key, value in params] or None,
                    content=msgspec.json.encode(json) if json is not None else None,
                    data=form,
                    headers={**({"Content-Type": "application/json"} if json is not None else {}), **all_headers},
                    # Of a write it must be known that it was not sent: no connection has to show before the deadline.
                    timeout=_timeout(limit_s, limit_s / 2 if writes else limit_s),
                )
                sent = True
                response = await client.send(request, stream=True)
                try:
                    body = await self._body(response, enough)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise TimedOut(f"no answer from {self.host} in {limit_s:.0f} s", maybe_applied=writes and sent) from None
        except SecretError as error:
            raise AuthFailed(clean(error)) from None
        except SourceError as error:
            error.maybe_applied = writes
            raise
        except AssertionError:
            raise  # a broken invariant is a fault of this program, never the system's answer
        except Exception as error:  # noqa: BLE001 - whatever httpx and h11 raise ends at this wall
            raise self._translated(error, writes) from None
        self.latency_ms = (time.perf_counter() - started) * 1000
        self._note_headers(response.headers, meter)
        return self._answer(response.status_code, response.headers, body, want_json, accept, writes)

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    # -- one call's parts ------------------------------------------------------------------------------------

    def _open(self, acts: bool) -> httpx.AsyncClient:
        if acts not in self._clients:
            self._clients[acts] = self._new_client()
        return self._clients[acts]

    def _new_client(self) -> httpx.AsyncClient:
        import httpx

        parts = urlsplit(self.base_url)
        verify: Any = True
        if self._transport is None and parts.scheme == "https":
            verify = ssl.create_default_context(cafile=self._ca_file) if self._ca_file else httpx.create_ssl_context()
        return httpx.AsyncClient(
            transport=self._transport,
            verify=verify,
            # A proxy is another machine: what is for this one, perhaps in plain HTTP, does not go there.
            trust_env=not is_loopback(parts.hostname or ""),
            follow_redirects=False,
            headers={"User-Agent": f"oncall-tui/{__version__}", "Accept-Encoding": "gzip, deflate"},
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2),
        )

    async def _make_headers(self) -> Mapping[str, str]:
        return await self._headers() if self._headers is not None else {}

    def _address(self, path: str) -> str:
        if not _ABSOLUTE.match(path):
            return f"{self.base_url}/{path.lstrip('/')}"
        try:
            address = urljoin(self.base_url + "/", path)
            parts = urlsplit(address)
        except ValueError:
            raise BadAnswer(f"{self.host} points to what is no address: not followed") from None
        if (parts.scheme, parts.netloc.lower()) != self._origin:
            raise BadAnswer(f"{self.host} points to another host ({clean(parts.netloc, 80)}): not followed")
        return address

    async def _body(self, response: httpx.Response, enough: int | None) -> bytes:
        encoding = response.headers.get("content-encoding", "").strip().lower()
        inflate: Any = None
        if encoding in ("gzip", "x-gzip", "deflate"):
            inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        elif encoding not in ("", "identity"):
            raise BadAnswer(f"{self.host} answers in {clean(encoding, 30)}, which was not asked for")
        held = bytearray()
        came = False
        async for raw in response.aiter_raw(_CHUNK):
            while raw:
                if inflate is None:
                    chunk, raw = raw, b""
                else:
                    try:
                        chunk = inflate.decompress(raw, _CHUNK)
                    except zlib.error:
                        raise BadAnswer(f"{self.host} answers with broken compression") from None
                    raw = inflate.unconsumed_tail
                held += chunk
                if enough is not None and len(held) >= enough:
                    return bytes(held[:enough])
                if len(held) > self._max_bytes:
                    raise BadAnswer(f"{self.host} answers with more than {self._max_bytes // 1024 // 1024} MiB")
            came = True
        if inflate is not None and came and not inflate.eof:
            raise BadAnswer(f"{self.host} answers with compression that breaks off")
        return bytes(held)

    def _answer(
        self, status: int, headers: Mapping[str, str], body: bytes, want_json: bool, accept: Sequence[int], writes: bool
    ) -> Answer:
        if 300 <= status < 400 and status not in accept:
            target = host_in(headers.get("location", ""))
            raise BadAnswer(f"{self.host} redirects to {target} ({status}): not followed", maybe_applied=writes)
        if not (200 <= status < 300 or status in accept):
            raise self._refusal(status, headers, body, writes)
        if not want_json:
            return Answer(status, None, body.decode("utf-8", "replace"), self.latency_ms or 0.0, headers)
        return Answer(
            status,
            decode_json(body, self.host, maybe_applied=writes) if body.strip() else None,
            "",
            self.latency_ms or 0.0,
            headers,
        )

    def _refusal(self, status: int, headers: Mapping[str, str], body: bytes, writes: bool) -> SourceError:
        message, code = error_words(body)
        words = f": {message}" if message else ""
        if status in (401, 403):
            forget_commands()
            return AuthFailed(f"{self.host} refuses the token ({status}){words}", status=status)
        if status in (420, 429):
            wait = retry_after(headers, self._clock.now())
            return RateLimited(
                f"{self.host} limits the rate ({status}){words}", retry_after=wait if wait is not None else 45.0
            )
        if status == 408 or status >= 500:
            return ServerFailed(
                f"{self.host} fails ({status}){words}",
                retry_after=retry_after(headers, self._clock.now()),
                maybe_applied=writes,
            )
        kind = NotFound if status in (404, 410) else Refused
        return kind(message or f"{self.host} answers {status}", status=status, code=code)

    def _translated(self, error: Exception, writes: bool) -> SourceError:
        import httpx

        match error:
            case httpx.ConnectTimeout() | httpx.PoolTimeout():
                return Unreachable(f"cannot reach {self.host}: no connection in time")
            case httpx.TimeoutException():
                return TimedOut(f"no answer from {self.host} in time", maybe_applied=writes)
            case httpx.ConnectError() | httpx.ProxyError() | httpx.UnsupportedProtocol():
                return Unreachable(f"cannot reach {self.host}: {unreachable_reason(error)}")
            case httpx.DecodingError():
                return BadAnswer(f"{self.host} answers with broken compression", maybe_applied=writes)
            case httpx.TransportError():
                return Dropped(
                    f"the connection to {self.host} broke: {clean(error, 120) or type(error).__name__}",
                    maybe_applied=writes,
                )
            case httpx.InvalidURL() | ValueError() | ImportError() | OSError():
                # A proxy variable, CA file or header that cannot be used: before anything was sent.
                return Unreachable(f"cannot call {self.host}: {clean(error, 160) or type(error).__name__}")
        return BadAnswer(f"{self.host}: {type(error).__name__}", maybe_applied=writes)

    # -- budget and clock --------------------------------------------------------------------------------------

    def _keep_reserve(self, meter: str) -> None:
        known = self._budgets.get(meter)
        if known is None or known.remaining is None or known.resets_at is None:
            return
        left = (known.resets_at - self._clock.now()).total_seconds()
        reserve = max(4 * self._reserve, (known.limit or 0) // 2) if is_for_history() else self._reserve
        if left > 0 and known.remaining <= reserve:
            kept = "polls and actions" if is_for_history() else "actions"
            raise RateLimited(
                f"{self.host}: {known.remaining} calls left of the budget, kept for {kept}",
                retry_after=min(left, MAX_WAIT_S),
            )

    def _note_headers(self, headers: Mapping[str, str], meter: str) -> None:
        now = self._clock.now()
        budget = read_budget(headers, now)
        if budget is not None:
            self.budget = self._budgets[meter] = budget
        try:
            served = parsedate_to_datetime(headers.get("date", ""))
            self.clock_skew = (served if served.tzinfo else served.replace(tzinfo=UTC)) - now
        except (ValueError, TypeError, IndexError, OverflowError):
            return


def _timeout(whole_s: float, connect_s: float) -> httpx.Timeout:
    import httpx

    return httpx.Timeout(whole_s, connect=connect_s, pool=connect_s)


def _param(value: str | int | float | bool) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
