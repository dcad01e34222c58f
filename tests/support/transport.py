"""A simulator behind httpx: what a source sends is handed to it, its answer is handed back, no socket opened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx

from oncall_tui.demo.wire import Request, Response, Simulator, split_target

OnExchange = Callable[[Request, Response], None]
Intercept = Callable[[Request], Awaitable[Response | httpx.Response | None]]


def wire_request(request: httpx.Request, prefix: str = "") -> Request:
    """``request`` as a simulator takes it, without ``prefix`` at the beginning of its path."""
    path, query = split_target(request.url.raw_path.decode("ascii"))
    return Request(
        method=request.method,
        path=path.removeprefix(prefix) or "/",
        query=query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.content,
    )


def simulator_transport(
    simulator: Simulator, on_exchange: OnExchange | None = None, *, prefix: str = "", intercept: Intercept | None = None
) -> httpx.AsyncBaseTransport:
    """Carries every request to ``simulator``.

    Args:
        on_exchange: sees each pair that the simulator itself answered.
        prefix: what the base address has before the simulator's own paths.
        intercept: answers in the simulator's place (or raises an httpx error) where it does not give ``None``.
    """

    async def carry(request: httpx.Request) -> httpx.Response:
        await request.aread()
        wire = wire_request(request, prefix)
        answer = await intercept(wire) if intercept is not None else None
        if isinstance(answer, httpx.Response):
            return answer
        if answer is None:
            answer = simulator.handle(wire)
            if on_exchange is not None:
                on_exchange(wire, answer)
        # A stream that is not read yet, as the network's is.
        return httpx.Response(answer.status, headers=dict(answer.headers), stream=httpx.ByteStream(answer.body))

    return httpx.MockTransport(carry)
