"""``simulate``: the simulated company's APIs over HTTP on this machine, and a config for them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from argparse import Namespace

from oncall_tui.cli import exits
from oncall_tui.clock import SystemClock
from oncall_tui.demo import systems
from oncall_tui.demo.server import serve
from oncall_tui.demo.world import World

_CODES = {signal.SIGHUP: exits.HANGUP, signal.SIGINT: exits.INTERRUPTED, signal.SIGTERM: exits.TERMINATED}


def simulate(args: Namespace) -> int:
    """The command: serves until it is told to end."""
    return asyncio.run(_simulate(args))


async def _simulate(args: Namespace) -> int:
    chosen = systems.names() if args.systems is None else tuple(name for name in args.systems.split(",") if name)
    if unknown := set(chosen) - set(systems.names()):
        raise exits.UsageError(
            f"no further system is named {sorted(unknown)[0]} (there are: {', '.join(systems.names())})"
        )
    world = World(SystemClock(), seed=args.seed, faults=tuple(args.fault), more=chosen)
    try:
        server = await serve(world, args.port)
    except OSError as error:
        raise exits.Failure(f"cannot listen on 127.0.0.1:{args.port}: {error.strerror}", exits.USAGE) from None
    try:
        # The config is printed whole before anything is served from the reader's point of view: it can be
        # redirected to a file, which the dashboard takes as it is.
        sys.stdout.write(world.config_yaml(server.base_url))
        sys.stdout.flush()
        sys.stderr.write(f"oncall-tui: serving {', '.join(world.prefixes)} at {server.base_url}; Ctrl-C ends it\n")
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def end(code: int) -> None:
            if not ended.done():
                ended.set_result(code)

        for number, code in _CODES.items():
            asyncio.get_running_loop().add_signal_handler(number, end, code)
        return await ended
    finally:
        with contextlib.suppress(OSError):
            await server.close()
