"""The world over HTTP on this machine's loopback, for ``simulate`` and for tests of the whole program.

``GET /`` lists what is served. ``GET /_state`` shows what the simulated systems hold and how many writes reached
them (:meth:`~oncall_tui.demo.world.World.state`): it is there for whoever tests a program against this server,
past all faults. Everything else goes to the world, whose faults apply here too: a late answer is waited for, a
dropped one closes the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Protocol

from oncall_tui.clock import Clock
from oncall_tui.demo import http1
from oncall_tui.demo.faults import Broken, Outcome
from oncall_tui.demo.wire import Request, Response, json_response

HOST = "127.0.0.1"
MAX_CONNECTIONS = 64
IDLE_S = 75.0
READ_S = 15.0
WRITE_S = 15.0
LINGER_S = 2.0


class Served(Protocol):
    """What can be served: a :class:`~oncall_tui.demo.world.World`."""

    clock: Clock

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The systems' path prefixes."""
        ...

    def exchange(self, request: Request) -> Outcome:
        """What the caller of ``request`` gets."""
        ...

    def state(self) -> dict[str, Any]:
        """What the systems hold, as JSON."""
        ...


class RunningServer:
    """A server that listens. Made by :func:`serve`."""

    def __init__(self, world: Served) -> None:
        self.world = world
        self.port = 0
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT``; a system's address is below it: ``/pagerduty``."""
        return f"http://{HOST}:{self.port}"

    async def listen(self, port: int) -> None:
        """Take ``port`` (0: any that is free). Raises OSError when it is taken."""
        self._server = await asyncio.start_server(self._connected, HOST, port, limit=http1.MAX_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and break every connection; the world stays as it is. May be called twice."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        tasks = list(self._connections)
        for task, writer in self._connections.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()

    # -- one connection ------------------------------------------------------------------------------------------

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            if len(self._connections) > 2 * MAX_CONNECTIONS:
                writer.transport.abort()
            elif len(self._connections) > MAX_CONNECTIONS:
                await _refuse(reader, writer, 503, "too many connections")
            else:
                await self._converse(reader, writer)
        except http1.BadRequest as error:
            with contextlib.suppress(OSError, TimeoutError):
                await _refuse(reader, writer, error.status, str(error))
        except (OSError, TimeoutError):
            writer.transport.abort()
        except asyncio.CancelledError:
            # Ours, from close(): asyncio's stream server would log it as a failure of its own.
            if self._server is not None:
                raise
        finally:
            del self._connections[task]
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        keep_alive = True
        while keep_alive:
            received = await http1.read_request(reader, writer, idle_s=IDLE_S, read_s=READ_S)
            if received is None:
                return
            answer = await self._answer(received.request)
            if answer is None:
                writer.transport.abort()
                return
            keep_alive = received.keep_alive
            head_only = received.request.method == "HEAD"
            await _send(writer, http1.encode(answer, keep_alive=keep_alive, head_only=head_only))

    async def _answer(self, request: Request) -> Response | None:
        """``None``: the connection is to be closed without an answer."""
        match request.method, request.path:
            case "GET" | "HEAD", "/":
                return json_response({"systems": [f"{self.base_url}/{prefix}" for prefix in self.world.prefixes]})
            case "GET", "/_state":
                return json_response(self.world.state())
        outcome = self.world.exchange(request)
        if outcome.delay_s > 0:
            await self.world.clock.sleep(outcome.delay_s)
        return None if isinstance(outcome.answer, Broken) else outcome.answer


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int, message: str) -> None:
    await _send(writer, http1.encode(json_response({"error": message}, status), keep_alive=False))
    # Closed with bytes unread, the socket would take the answer back: read on until the peer has seen it.
    writer.write_eof()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while await reader.read(http1.MAX_HEAD):
                pass


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    async with asyncio.timeout(WRITE_S):
        await writer.drain()


async def serve(world: Served, port: int = 0) -> RunningServer:
    """Serve ``world`` on 127.0.0.1 until :meth:`RunningServer.close`; 0 takes any free port (see ``.port``).

    The same world can be served again, on the same port too, after its server was closed.

    Raises:
        OSError: the port is taken.
    """
    server = RunningServer(world)
    await server.listen(port)
    return server
