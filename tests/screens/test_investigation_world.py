"""By key against the simulated systems at 80x24: an incident is looked into; what is found out is in the pager."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from oncall_tui import actions, channels, sources
from oncall_tui.app import AppSettings, OncallApp, build_app
from oncall_tui.cli.compose import open_house
from oncall_tui.clock import SystemClock
from oncall_tui.config.load import load_config
from oncall_tui.demo.systems import ASKED
from oncall_tui.demo.transport import BASE_URL
from oncall_tui.demo.world import World
from screens.dashboard import DashboardScreen
from screens.dialogs.frame import Dialog
from screens.dialogs.line import LineDialog
from screens.dialogs.verdict import VerdictDialog
from screens.incident import IncidentScreen
from screens.tabs.investigation import InvestigationTab
from tests.support.ui import screen_text


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


class Seat:
    """The running app and the world behind it; on the incident ``id``."""

    def __init__(self, app: OncallApp, world: World, pilot: Pilot[None]) -> None:
        self.app, self.world, self.pilot = app, world, pilot
        self.id = next(one["id"] for one in world.state()["incidents"] if "Checkout" in one["title"])

    async def until(self, condition: Callable[[], object], what: str) -> None:
        for _ in range(600):
            await self.pilot.pause()
            if condition():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"never: {what}\n{screen_text(self.app)}")

    @property
    def notes(self) -> list[str]:
        """As the pager has them."""
        [incident] = [one for one in self.world.state()["incidents"] if one["id"] == self.id]
        return [str(note["content"]) for note in incident["notes"]]

    @property
    def tab(self) -> InvestigationTab:
        return self.app.screen.query_one(InvestigationTab)

    def on(self, words: str) -> bool:
        """Put the cursor on the line that holds these words; whether there is one."""
        for number, row in enumerate(self.tab.rows):
            if words in "".join(span.text for span in row):
                return self.tab.put_cursor(self.tab._keys[number])
        return False


@asynccontextmanager
async def seat(folder: Path) -> AsyncIterator[Seat]:
    clock = SystemClock()
    world = World(clock, seed=1, asked=ASKED)
    path = folder / "config.yaml"
    path.touch(mode=0o600)
    path.write_text(f"{world.config_yaml(BASE_URL)}actions: {{undo: {{note: 0s}}}}\n")
    config = load_config(path, kinds=sources, channels=channels, environ=os.environ, known_actions=actions.BY_ID)
    async with open_house(config, folder / "data", sends=True, clock=clock, transport=world.transport()) as house:
        settings = AppSettings(folder=folder / "data", theme="dark", environ={"LANG": "C.UTF-8"})
        app = build_app(house.desk, clock=clock, settings=settings)
        async with app.run_test(size=(80, 24)) as pilot:
            one = Seat(app, world, pilot)
            dashboard = app.screen_stack[0]
            assert isinstance(dashboard, DashboardScreen)
            await one.until(lambda: dashboard.incidents.put_cursor(f"pager:{one.id}"), "the incident")
            yield one
            assert app.faults.total == 0, "nothing unexpected happened"


async def test_an_incident_is_looked_into_by_keys_alone(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.pilot.press("enter")
        await one.until(lambda: isinstance(one.app.screen, IncidentScreen), "the incident's screen")
        await one.pilot.press("tab", "tab", "tab")
        await one.until(lambda: one.on("12.4 %"), "the error rate")
        text = " ".join(screen_text(one.app).split())
        assert "[Invest" in text and "before its first sign" in text
        await one.until(lambda: one.on("could not get a connection"), "the logs")
        await one.pilot.press("F")
        await one.until(lambda: any("finding: errors:" in note for note in one.notes), "the finding, in the pager")
        await one.pilot.press("h")
        await one.until(lambda: isinstance(one.app.screen, LineDialog), "the line")
        await one.pilot.press(*"pool too small", "enter")
        await one.until(lambda: "hypothesis: pool too small" in one.notes, "the hypothesis, in the pager")
        await one.until(lambda: one.on("H1 pool too small"), "it is listed")
        await one.pilot.press("v")
        await one.until(lambda: isinstance(one.app.screen, VerdictDialog), "the verdicts")
        await one.pilot.press("c")
        await one.until(lambda: "confirmed: pool too small" in one.notes, "the verdict, in the pager")
        await one.until(lambda: one.on("H1 pool too small"), "it is still there")
        await one.pilot.press("B")
        await one.until(lambda: isinstance(one.app.screen, LineDialog), "the line")
        await one.pilot.press("enter")
        await one.until(lambda: "root cause: pool too small" in one.notes, "the root cause, in the pager")
        await one.until(lambda: "Root cause" in screen_text(one.app), "and on the screen")
        await one.pilot.press("plus")
        await one.until(lambda: "from 1h before" in " ".join(screen_text(one.app).split()), "it was widened")
