"""The app on the simulated company: the real desk, store and sources behind it, the systems' own state before it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from textual.pilot import Pilot

from oncall_tui import actions, sources
from oncall_tui.app import AppSettings, OncallApp, build_app
from oncall_tui.cli.compose import open_house
from oncall_tui.clock import SystemClock
from oncall_tui.config.load import load_config
from oncall_tui.demo.transport import BASE_URL
from oncall_tui.demo.world import World
from screens.dashboard import DashboardScreen
from tests.support.ui import screen_lines, screen_text


class Seat:
    """The running app and the world behind it."""

    def __init__(self, app: OncallApp, world: World, pilot: Pilot[None]) -> None:
        self.app = app
        self.world = world
        self.pilot = pilot

    async def sees(self, *words: str) -> None:
        await self.until(lambda: all(word in screen_text(self.app) for word in words), f"to see {words}")

    async def until(self, condition: Callable[[], object], what: str) -> None:
        for _ in range(600):
            await self.pilot.pause()
            if condition():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"never: {what}\n{screen_text(self.app)}")

    @property
    def dashboard(self) -> DashboardScreen:
        (found,) = [one for one in self.app.screen_stack if isinstance(one, DashboardScreen)]
        return found

    def on_server(self, title: str) -> dict[str, object]:
        (found,) = [one for one in self.world.state()["incidents"] if title in one["title"]]
        return dict(found)


@asynccontextmanager
async def seat(
    folder: Path, *, size: tuple[int, int] = (120, 36), faults: tuple[str, ...] = (), transport: Any = None
) -> AsyncIterator[Seat]:
    clock = SystemClock()
    world = World(clock, seed=1, faults=faults)
    path = folder / "config.yaml"
    path.touch(mode=0o600)
    path.write_text(world.config_yaml(BASE_URL))
    config = load_config(path, kinds=sources, environ=os.environ, known_actions=actions.BY_ID)
    carrier = transport or world.transport()
    async with open_house(config, folder / "data", sends=True, clock=clock, transport=carrier) as house:
        settings = AppSettings(folder=folder / "data", theme="dark", environ={"LANG": "C.UTF-8"})
        app = build_app(house.desk, clock=clock, settings=settings)
        async with app.run_test(size=size) as pilot:
            yield Seat(app, world, pilot)
            assert app.faults.total == 0, "nothing unexpected happened"


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_the_world_is_on_the_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with seat(tmp_path, size=size) as one:
        await one.sees("Checkout returns 503", "SEV1", "HighErrorRate", "Alice", "primary", "2 need you")


async def test_acknowledge_by_key_is_on_the_server_and_then_on_the_row(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.sees("Checkout returns 503")
        pane = one.dashboard.incidents
        row = next(row for row in pane.rows if row.incident.title == "Checkout returns 503")
        assert pane.put_cursor(row.id)
        assert one.on_server("Checkout returns 503")["status"] == "triggered"
        await one.pilot.press("a")
        await one.sees("acknowledged: Checkout returns 503")
        assert one.on_server("Checkout returns 503")["status"] == "acknowledged"
        (line,) = [line for line in screen_lines(one.app) if "Checkout returns 503" in line and "SEV1" in line]
        assert "ACKED " in line and "▌" in line, "confirmed, and the cursor stays on it"


async def test_with_every_source_down_the_last_state_is_there_at_once_and_an_action_waits(tmp_path: Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with seat(tmp_path) as one:
        await one.sees("Checkout returns 503")
    async with seat(tmp_path, transport=httpx.MockTransport(refuse)) as one:
        assert "Checkout returns 503" in screen_text(one.app), "on the first frame, from the store"
        await one.until(lambda: re.search("[◐✗] pager", screen_lines(one.app)[0]), "the pager is not well")
        await one.pilot.press("a")
        await one.sees("ACKED…", "1 queued")


async def test_hostile_strangers_are_text_in_every_pane(tmp_path: Path) -> None:
    async with seat(tmp_path, faults=("hostile",)) as one:
        await one.sees("need you")
        for key in ("v", "v", "2", "3", "4", "1", "enter"):
            await one.pilot.press(key)
            await one.pilot.pause()
            text = screen_text(one.app)
            assert not any((ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 for char in text)
