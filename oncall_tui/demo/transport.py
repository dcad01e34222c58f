"""The simulated company behind httpx: what a source sends is handed to the world, no socket is opened.

Any address with the world's prefix in its path arrives (``http://127.0.0.1:1/pagerduty/incidents``): there is no
network behind this transport.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx

from oncall_tui.clock import Clock
from oncall_tui.demo.faults import Broken, Outcome
from oncall_tui.demo.wire import Request, split_target

BASE_URL = "http://127.0.0.1:1"
"""What the demo's config names as the origin: loopback, so that plain ``http`` is allowed, and a port that
nothing listens on."""


class WorldTransport(httpx.AsyncBaseTransport):
    """Carries requests to ``exchange`` (a world's) and waits for late answers on ``clock``."""

    def __init__(self, exchange: Callable[[Request], Outcome], clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange.

        Raises:
            httpx.ConnectError: the fault refuses the connection.
            httpx.RemoteProtocolError: the fault drops it without an answer.
        """
        body = await request.aread()
        path, query = split_target(request.url.raw_path.decode("ascii"))
        outcome = self._exchange(
            Request(
                method=request.method,
                path=path,
                query=query,
                headers={name.lower(): value for name, value in request.headers.items()},
                body=body,
            )
        )
        if outcome.delay_s > 0:
            await self._clock.sleep(outcome.delay_s)
        match outcome.answer:
            case Broken.REFUSED:
                raise httpx.ConnectError("Connection refused", request=request)
            case Broken.DROPPED:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
            case answer:
                body = b"" if request.method == "HEAD" else answer.body
                return httpx.Response(answer.status, headers=dict(answer.headers), stream=httpx.ByteStream(body))
