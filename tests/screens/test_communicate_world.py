"""By key against the simulated systems: what is told arrives there, is confirmed, and stands on the timeline."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from oncall_tui import actions, channels, sources
from oncall_tui.app import AppSettings, OncallApp, build_app
from oncall_tui.cli.compose import House, open_house
from oncall_tui.clock import SystemClock
from oncall_tui.config.load import load_config
from oncall_tui.demo.faults import refuse
from oncall_tui.demo.transport import BASE_URL
from oncall_tui.demo.world import World
from oncall_tui.model import FINAL, EntryKind, OutboxRow, OutboxState, Verb
from screens.dashboard import DashboardScreen
from screens.dialogs.communicate import CommunicateDialog
from screens.dialogs.frame import Dialog
from screens.dialogs.tell import TellDialog
from screens.handover import HandoverScreen
from screens.incident import IncidentScreen
from tests.support.ui import screen_text

MORE = ("slack", "statuspage", "webhook", "jira")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


class Seat:
    """The running app, the house behind it and the world behind that; on the incident ``id``."""

    def __init__(self, app: OncallApp, house: House, world: World, pilot: Pilot[None]) -> None:
        self.app, self.house, self.world, self.pilot = app, house, world, pilot
        self.id = f"pager:{next(one['id'] for one in world.state()['incidents'] if 'Checkout' in one['title'])}"

    async def until(self, condition: Callable[[], object], what: str) -> None:
        for _ in range(600):
            await self.pilot.pause()
            if condition():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"never: {what}\n{screen_text(self.app)}")

    async def form(self, does: str, channel: str) -> None:
        """Press the key and open the form of what that channel does."""
        await self.pilot.press("c")
        await self.until(lambda: isinstance(self.app.screen, CommunicateDialog) and self.app.screen.ways, "the list")
        dialog = self.app.screen
        assert isinstance(dialog, CommunicateDialog)
        numbers = [row.number for row in dialog.ways if (row.way.does, row.way.channel.name) == (does, channel)]
        assert numbers, [(row.way.channel.name, row.way.does) for row in dialog.ways]
        dialog.choices.put_cursor(str(numbers[0]))
        await self.pilot.press("enter")
        await self.until(lambda: isinstance(self.app.screen, TellDialog), "the form")

    async def sent(self, *keys: str) -> OutboxRow:
        """Type, send; the row when it has ended."""
        before = {row.key for row in await self.house.desk.outbox()}
        await self.pilot.press(*keys, "enter")
        for _ in range(600):
            await self.pilot.pause()
            new = [row for row in await self.house.desk.outbox() if row.key not in before]
            if new and new[-1].state in FINAL:
                return new[-1]
            await asyncio.sleep(0.02)
        raise AssertionError(f"it did not end: {new}\n{screen_text(self.app)}")

    def system(self, kind: str) -> dict[str, Any]:
        return dict(self.world.state()["systems"][kind])

    async def spoken(self) -> list[tuple[EntryKind, str, str]]:
        view = await self.house.desk.view(self.id)
        assert view is not None
        return [(one.kind, one.origin, one.text) for one in view.timeline if one.id.startswith("local:")]


@asynccontextmanager
async def seat(folder: Path, window: str = "0s") -> AsyncIterator[Seat]:
    clock = SystemClock()
    world = World(clock, seed=1, more=MORE)
    path = folder / "config.yaml"
    path.touch(mode=0o600)
    path.write_text(f"{world.config_yaml(BASE_URL)}actions: {{undo: {{message: {window}}}}}\n")
    config = load_config(path, kinds=sources, channels=channels, environ=os.environ, known_actions=actions.BY_ID)
    async with open_house(config, folder / "data", sends=True, clock=clock, transport=world.transport()) as house:
        settings = AppSettings(folder=folder / "data", theme="dark", environ={"LANG": "C.UTF-8"})
        app = build_app(house.desk, clock=clock, settings=settings)
        async with app.run_test(size=(120, 40)) as pilot:
            one = Seat(app, house, world, pilot)
            dashboard = app.screen_stack[0]
            assert isinstance(dashboard, DashboardScreen)
            await one.until(lambda: dashboard.incidents.put_cursor(one.id), "the incident")
            yield one
            assert app.faults.total == 0, "nothing unexpected happened"


def named(house: House, kind: str) -> str:
    return next(one.name for one in house.channels if one.kind == kind)


async def test_a_room_is_made_and_talked_in(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        chat = named(one.house, "slack")
        before = (await one.house.desk.board()).incident(one.id)
        await one.form("make its room", chat)
        row = await one.sent()
        assert (row.verb, row.state) == (Verb.ROOM, OutboxState.CONFIRMED)
        await one.form("post to the incident's room", chat)
        row = await one.sent()
        assert (row.verb, row.state) == (Verb.MESSAGE, OutboxState.CONFIRMED)
        rooms = {room["id"]: room for room in one.system("slack")["rooms"]}
        (message,) = rooms[row.params["room"]]["messages"]
        assert "INCIDENT" in message["text"] and "Checkout returns 503" in message["text"]
        await one.form("change the last message", chat)
        row = await one.sent(*" Fixed.")
        assert (row.verb, row.state) == (Verb.UPDATE_MESSAGE, OutboxState.CONFIRMED)
        rooms = {room["id"]: room for room in one.system("slack")["rooms"]}
        assert [one["text"].endswith("Fixed.") for one in rooms[row.params["message"].split("/")[0]]["messages"]] == [
            True
        ]
        kinds = [(kind, origin) for kind, origin, _ in await one.spoken()]
        assert kinds == [(EntryKind.OTHER, chat), (EntryKind.STATUS_UPDATE, chat), (EntryKind.STATUS_UPDATE, chat)]
        assert before is not None
        await one.pilot.press("enter")
        await one.until(lambda: isinstance(one.app.screen, IncidentScreen), "the incident's screen")
        await one.until(lambda: f"alice@example.com · {chat}" in screen_text(one.app), "what was said, on the timeline")


async def test_a_publication_is_made_then_updated_never_twice(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        page = named(one.house, "statuspage")
        await one.form("publish", page)
        await one.until(lambda: "Payments API" in screen_text(one.app), "the components")
        # Title, status, impact, components: Checkout is the second.
        row = await one.sent("tab", "tab", "tab", "tab", "down", "right", "right", "right")
        assert (row.verb, row.state) == (Verb.PUBLISH, OutboxState.CONFIRMED), row
        assert one.system("statuspage")["components"]["Checkout"] == "partial_outage"
        await one.form("update what is published", page)
        row = await one.sent(*"All is well.", "tab", "right", "right", "right")
        assert (row.verb, row.state) == (Verb.PUBLISH_UPDATE, OutboxState.CONFIRMED), row
        ours = [one for one in one.system("statuspage")["incidents"] if one["name"] == "Checkout returns 503"]
        assert [incident["status"] for incident in ours] == ["resolved"]
        assert ours[0]["incident_updates"][0]["body"].endswith("All is well.")
        texts = [text for _, _, text in await one.spoken()]
        assert texts[0].startswith("investigating: Checkout returns 503\n") and texts[1].startswith("resolved: ")
        assert texts[1].endswith("All is well.")


async def test_ticket_hook_and_call(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.form("make a ticket", named(one.house, "jira"))
        row = await one.sent("tab", *"bob@example.com", "tab", *"2026-12-24")
        assert row.state is OutboxState.CONFIRMED
        (issue,) = [one for one in one.system("jira")["issues"] if one["key"] == row.native_ref]
        assert (issue["summary"], issue["due"]) == ("Checkout returns 503", "2026-12-24") and issue["assignee"]
        await one.form("message", named(one.house, "webhook"))
        row = await one.sent(*" Soon.")
        assert row.state is OutboxState.CONFIRMED
        assert one.system("webhook")["received"][-1]["body"]["text"].endswith("Soon.")
        await one.form("tick: Call centre, +49 30 901821, Tell them what customers see.", "by-hand")
        row = await one.sent(*": opened")
        assert row.state is OutboxState.CONFIRMED
        assert (
            EntryKind.NOTE,
            "by-hand",
            "Call centre, +49 30 901821, Tell them what customers see.: opened",
        ) in await one.spoken()


async def test_the_window_to_undo_and_the_draft(tmp_path: Path) -> None:
    async with seat(tmp_path, "60s") as one:
        chat = named(one.house, "slack")
        key = f"tell:{one.id}:{chat}:message"
        await one.form("message", chat)
        await one.pilot.press(*" Slow.")
        await one.pilot.press("escape")
        await one.until(lambda: isinstance(one.app.screen, DashboardScreen), "the dashboard")
        assert await one.house.desk.draft(key) is not None
        await one.form("message", chat)
        await one.until(lambda: "Slow." in screen_text(one.app), "the draft")
        await one.pilot.press("enter")
        await one.until(lambda: ": message leaves in 1m" in screen_text(one.app), "it")
        assert await one.house.desk.draft(key) is None
        before = len(one.system("slack")["writes"])
        await one.pilot.press("u")
        await one.until(lambda: "undone, it never left: message" in screen_text(one.app), "undone")
        (row,) = await one.house.desk.outbox()
        assert row.state is OutboxState.CANCELLED and len(one.system("slack")["writes"]) == before


async def test_a_refused_form_keeps_its_draft(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        chat = named(one.house, "slack")
        await one.form("message", chat)
        await one.pilot.press(*" Slow.")
        original = one.house.desk.tell

        async def refuse_it(*args: Any, **given: Any) -> OutboxRow:
            from oncall_tui.desk import ActRefused

            raise ActRefused("no channel named that is configured")

        one.house.desk.tell = refuse_it  # type: ignore[method-assign]  # what the desk says where the config has changed
        await one.pilot.press("enter")
        await one.until(lambda: "no channel named that" in screen_text(one.app), "why")
        one.house.desk.tell = original  # type: ignore[method-assign]  # as it was
        assert await one.house.desk.draft(f"tell:{one.id}:{chat}:message") is not None


async def test_components_of_a_page_that_is_down_are_said_to_be_unknown(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        one.world.planned.next(refuse, prefix="statuspage", count=None)
        await one.form("publish", named(one.house, "statuspage"))
        await one.until(lambda: "its components are not known" in screen_text(one.app), "why")


async def test_the_handover_is_sent_by_key(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.pilot.press("x")
        await one.until(
            lambda: isinstance(one.app.screen, HandoverScreen) and one.app.screen.handover is not None, "the handover"
        )
        await one.pilot.press("s")
        await one.pilot.pause()
        row = await one.sent()
        assert row.state is OutboxState.CONFIRMED and row.target.startswith("local:handover-")
        posted = [message["text"] for room in one.system("slack")["rooms"] for message in room["messages"]]
        assert any(text.startswith("*Shift handover: alice@example.com*") for text in posted), posted
        await one.until(lambda: "message sent: Handover alice" in screen_text(one.app), "it was sent")
