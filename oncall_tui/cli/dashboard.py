"""The dashboard, on the configured systems or on the simulated company."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oncall_tui import actions, sources
from oncall_tui.cli import exits
from oncall_tui.cli.compose import data_folder, open_house, read_config
from oncall_tui.clock import Clock, SystemClock
from oncall_tui.config.load import load_config
from oncall_tui.config.schema import Config
from oncall_tui.terminal.lifecycle import refuse_reason


def dashboard(args: Namespace) -> int:
    """``oncall-tui``: the dashboard on the configured systems."""
    _check_terminal()
    return asyncio.run(_run(read_config(args), data_folder(args), args.read_only, SystemClock(), None))


def demo(args: Namespace) -> int:
    """``demo``: the dashboard on the simulated company; without ``--data-dir`` its data goes with it."""
    _check_terminal()
    from oncall_tui.demo.transport import BASE_URL
    from oncall_tui.demo.world import World

    clock = SystemClock()
    world = World(clock, seed=args.seed, faults=tuple(args.fault))
    with _folder(args.data_dir) as folder:
        config = _demo_config(folder, world.config_yaml(BASE_URL))
        return asyncio.run(_run(config, folder, args.read_only, clock, world.transport()))


def _check_terminal() -> None:
    reason = refuse_reason(sys.stdin, sys.stdout, sys.stderr, os.environ)
    if reason is not None:
        raise exits.UsageError(reason)


@contextlib.contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given.expanduser()
        return
    with tempfile.TemporaryDirectory(prefix="oncall-tui-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _demo_config(folder: Path, text: str) -> Config:
    """The simulated seat's config, through the same checks as anybody's."""
    with tempfile.TemporaryDirectory(prefix="oncall-tui-config-") as scratch:
        path = Path(scratch) / "config.yaml"
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return load_config(path, kinds=sources, environ=os.environ, known_actions=actions.BY_ID)


async def _run(config: Config, folder: Path, read_only: bool, clock: Clock, transport: Any) -> int:
    async with open_house(config, folder, sends=True, read_only=read_only, clock=clock, transport=transport) as house:
        from oncall_tui.app import AppSettings, build_app, run_app
        from oncall_tui.terminal import SafeDriver

        settings = AppSettings(
            folder=folder,
            keys=config.keys,
            theme=config.theme,
            bell=config.attention.bell,
            title=config.attention.title,
        )
        app = build_app(house.desk, clock=clock, settings=settings, driver_class=SafeDriver)
        return await run_app(app)
