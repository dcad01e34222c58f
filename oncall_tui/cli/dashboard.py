"""The dashboard, on the configured systems or on the simulated company."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from oncall_tui import actions, channels, sources
from oncall_tui.cli import exits, shelf
from oncall_tui.cli.compose import data_folder, open_house, read_config
from oncall_tui.clock import Clock, SystemClock
from oncall_tui.config.kept import Copy
from oncall_tui.config.places import data_dir, find_config
from oncall_tui.config.schema import Config
from oncall_tui.desk.first import read_first
from oncall_tui.frames import Frames, key_of
from oncall_tui.terminal.lifecycle import refuse_reason

if TYPE_CHECKING:
    from argparse import Namespace

    from oncall_tui.cli.firstframe import Asked

log = logging.getLogger(__name__)

_STARTED_S = 2.0
"""By then the dashboard stands."""
_SWITCH_S = 0.0005
"""Between two threads, until then."""


def dashboard(args: Namespace | Asked) -> int:
    """``oncall-tui``: the dashboard on the configured systems."""
    _check_terminal()
    folder = data_folder(args)
    # Before the config is read: a picture belongs to the config as it was then.
    path = find_config(args.config, os.environ)
    frames = Frames(str(folder), key_of(str(path), read_only=args.read_only, environ=os.environ))
    copy = Copy(path, os.environ) if path is not None else None
    config = (copy.read() if copy is not None else None) or read_config(args)
    return asyncio.run(_run(config, folder, args.read_only, SystemClock(), frames=frames, copy=copy))


def demo(args: Namespace) -> int:
    """``demo``: the dashboard on the simulated company; without ``--data-dir`` its data goes with it."""
    _check_terminal()
    from oncall_tui.demo.systems import ASKED, CHANNELS
    from oncall_tui.demo.transport import BASE_URL
    from oncall_tui.demo.world import World

    clock = SystemClock()
    world = World(clock, seed=args.seed, faults=tuple(args.fault), channels=CHANNELS, asked=ASKED)
    with _folder(args.data_dir) as folder:
        config = _demo_config(folder, world.config_yaml(BASE_URL))
        return asyncio.run(_run(config, folder, args.read_only, clock, transport=world.transport()))


def _check_terminal() -> None:
    reason = refuse_reason(sys.stdin, sys.stdout, sys.stderr, os.environ)
    if reason is not None:
        raise exits.UsageError(reason)


@contextlib.contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield Path(data_dir(str(given), os.environ))
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="oncall-tui-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _demo_config(folder: Path, text: str) -> Config:
    """The simulated seat's config, through the same checks as anybody's."""
    import tempfile

    from oncall_tui.config.load import load_config

    with tempfile.TemporaryDirectory(prefix="oncall-tui-config-") as scratch:
        path = Path(scratch) / "config.yaml"
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return load_config(path, kinds=sources, channels=channels, environ=os.environ, known_actions=actions.BY_ID)


async def _run(
    config: Config,
    folder: Path,
    read_only: bool,
    clock: Clock,
    *,
    transport: Any = None,
    frames: Frames | None = None,
    copy: Copy | None = None,
) -> int:
    loop = asyncio.get_running_loop()
    # The store's thread asks for its turn at each of its queries: imports would let it wait 5 ms every time.
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    loop.call_later(_STARTED_S, sys.setswitchinterval, usual)
    loop.call_later(_STARTED_S, _collect_garbage)

    keep = partial(_keep, config, copy)
    # The program's end does not wait for the thread: what is not kept now is kept the next time.
    keeping = loop.call_later(_STARTED_S, Thread(target=keep, name="for the next start", daemon=True).start)
    # The face's imports take most of the start; the store is opened meanwhile, in its own thread.
    importing = asyncio.create_task(_import_face())
    async with open_house(config, folder, sends=True, read_only=read_only, clock=clock, transport=transport) as house:
        # The store's thread reads the first board while this one goes on importing.
        begun = asyncio.create_task(read_first(house.desk, frames))
        await importing
        from oncall_tui.app import AppSettings, build_app, run_app
        from oncall_tui.terminal import SafeDriver

        settings = AppSettings(
            folder=folder,
            keys=config.keys,
            theme=config.theme,
            commands=config.commands,
            bell=config.attention.bell,
            title=config.attention.title,
            notify=config.attention.notify,
            frames=frames,
        )
        app = build_app(house.desk, clock=clock, settings=settings, driver_class=SafeDriver, begun=begun)
        code = await run_app(app)
    if loop.time() < keeping.when():  # a short stay: the terminal is given back, and this is the last chance
        keep()
    return code


def _keep(config: Config, copy: Copy | None) -> None:
    """What makes the next start faster. Whatever fails here, the seat goes on as if nothing were: the log has it."""
    todo: dict[str, Callable[[], bool]] = {"modules": partial(shelf.put_up, os.environ)}
    if copy is not None:
        todo["config"] = partial(copy.keep, config)
    for what, keep in todo.items():
        try:
            keep()
        except Exception:
            log.warning("the %s could not be kept for the next start", what, exc_info=True)


def _collect_garbage() -> None:
    """From now on (`oncall_tui.cli.main` has stopped it), and never again in what the start has made: of its 200,000
    objects none is garbage, and going through them holds a key up for 20 ms."""
    gc.freeze()
    gc.enable()


async def _import_face() -> None:
    """In pieces, between which the store's thread is given its next work."""
    for name in ("textual.css.stylesheet", "textual.widget", "textual.screen", "textual.app", "oncall_tui.app"):
        import_module(name)
        await asyncio.sleep(0)
    import_module("oncall_tui.terminal.driver")
