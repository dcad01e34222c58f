"""A read-only seat changes nothing by key or palette: every writing action, on every screen that offers it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from oncall_tui.actions import BY_ID
from oncall_tui.app import AppSettings, OncallApp, build_app
from screens.base import OncallScreen
from screens.keys import DEFAULT_KEYS
from screens.palette import PaletteList, PaletteScreen
from screens.requests import ScreenRequested
from screens.tabs.base import Tab
from tests.house.test_three_ways import PLACES
from tests.house.three_ways import WRITING, Day, house_of, make_day
from tests.support.ui import screen_text

WRITES = {action.id for action in WRITING}
OPENS = {"commands"}
"""Opens a list, which has what changes nothing too; its own choice is refused (tests/desk/test_commands.py)."""
QUIET = {"undo"}
"""Takes back what this seat did last: nothing, on a seat that does nothing."""
EVERYWHERE = OPENS | QUIET

ROUTES: Mapping[str, Callable[[Day], tuple[str, ...]]] = {
    "DashboardScreen": lambda day: (),
    "DashboardScreen alerts": lambda day: ("key 2",),
    "IncidentScreen": lambda day: (f"screen incident {day.incident}",),
    "InvestigationTab": lambda day: (f"screen incident {day.incident}", "act investigation"),
    "ResolutionTab": lambda day: (f"screen incident {day.incident}", "act resolution"),
    "CommsTab": lambda day: (f"screen incident {day.incident}", "act comms"),
    "PostmortemScreen": lambda day: (f"screen postmortem {day.incident}",),
    "HandoverScreen": lambda day: ("screen handover",),
    "HandedScreen": lambda day: ("screen handed",),
    "ChecklistsScreen": lambda day: ("screen checklists",),
    "ForgottenScreen": lambda day: ("screen forgotten",),
    "SilencesScreen": lambda day: ("screen silences",),
    "ScheduleScreen": lambda day: ("screen schedule",),
    "SuggestionsScreen": lambda day: ("screen suggestions",),
    "DeclarationScreen": lambda day: ("screen declarations",),
    "OutboxScreen": lambda day: ("screen outbox",),
    "RunScreen": lambda day: (f"screen incident {day.incident}", "run told"),
}
"""How to come to each place that offers a writing action of its own; a screen and a tab by the name of its class."""


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return asyncio.run(make_day(tmp_path_factory.mktemp("day")))


@pytest.fixture
def day(yesterday: Day, tmp_path: Path) -> Day:
    return yesterday.copied(tmp_path / "seat")


@asynccontextmanager
async def shadow(day: Day) -> AsyncIterator[tuple[OncallApp, Pilot[None]]]:
    """The read-only seat's dashboard."""
    async with house_of(day.world, day.folder, read_only=True) as house:
        settings = AppSettings(
            folder=day.data, theme="dark", environ={"LANG": "C.UTF-8"}, commands=house.config.commands
        )
        app = build_app(house.desk, clock=day.world.clock, settings=settings)
        async with app.run_test(size=(120, 36)) as pilot:
            yield app, pilot
            assert app.faults.total == 0, "nothing unexpected happened"


async def quiet(pilot: Pilot[None]) -> None:
    """What was pressed is done: the errands' and the screen's workers have ended."""
    for _ in range(4):
        await pilot.pause()
        await asyncio.sleep(0.01)


async def go(app: OncallApp, pilot: Pilot[None], step: str) -> None:
    """One step of a route."""
    what, name, *target = step.split()
    screen = app.screen
    assert isinstance(screen, OncallScreen)
    if what == "key":
        await pilot.press(name)
    elif what == "act":
        screen.action_act(name)
    elif what == "run":
        screen.action_run(name)
    else:
        screen.post_message(ScreenRequested(name, target[0] if target else None))
    for _ in range(200):
        await quiet(pilot)
        if what in ("key", "act") or app.screen is not screen:
            break
    await quiet(pilot)
    await quiet(pilot)


async def by_palette(app: OncallApp, pilot: Pilot[None], action_id: str) -> None:
    """Choose it by its name."""
    await pilot.press("ctrl+p")
    await pilot.pause()
    palette = app.screen
    assert isinstance(palette, PaletteScreen)
    palette.query_one(Input).value = BY_ID[action_id].title
    await pilot.pause()
    assert palette.query_one(PaletteList).put_cursor(action_id), "not in the palette"
    await pilot.press("enter")


def own(screen: OncallScreen[object], place: str) -> set[str]:
    """What is tried there: of a tab its own actions, and what every screen has on the dashboard alone."""
    if isinstance(screen.focused, Tab) and place.endswith("Tab"):
        return set(screen.focused.ACTIONS)
    return set(screen.action_ids()) - (EVERYWHERE if place != "DashboardScreen" else set())


def test_every_place_that_offers_a_writing_action_is_gone_to() -> None:
    writing = {one.__name__ for one in PLACES if set(one.ACTIONS) & WRITES - EVERYWHERE}
    assert writing <= {name.split()[0] for name in ROUTES}
    assert {one for place in PLACES for one in place.ACTIONS} >= WRITES


@pytest.mark.parametrize("place", ROUTES)
async def test_no_key_and_no_name_changes_anything_and_a_line_says_why(day: Day, place: str) -> None:
    async with shadow(day) as (app, pilot):
        for _ in range(100):
            await quiet(pilot)
            if app._tasks and app.board is not None and app.board.incidents:
                break
        for step in ROUTES[place](day):
            await go(app, pilot, step)
        screen = app.screen
        assert isinstance(screen, OncallScreen)
        assert place.split()[0] in (type(screen).__name__, type(app.focused).__name__), screen_text(app)
        assert {action.id for action in screen.offered()} == set(screen.action_ids()), "? shows all of it"
        decisions, writes = day.decisions(), day.writes()
        scopes, absent = screen.live_scopes(), screen.absent()
        live = [one for one in dict.fromkeys(screen.action_ids()) if one in WRITES and one not in absent]
        tried = [one for one in live if one in own(screen, place)]
        assert tried
        for action_id in tried:
            for way in ("key", "palette"):
                screen.say("")
                if way == "key":
                    await pilot.press(DEFAULT_KEYS.keys(action_id)[0])
                else:
                    await by_palette(app, pilot, action_id)
                await quiet(pilot)
                told = screen_text(app)
                if action_id in OPENS:
                    await pilot.press("escape")
                    await pilot.pause()
                elif action_id not in QUIET and BY_ID[action_id].scope in scopes:
                    assert "read-only seat" in told, (action_id, way, told)
                assert app.screen is screen, (action_id, way, told)
                assert day.decisions() == decisions, (action_id, way)
        assert day.writes() == writes
