"""One config with every system there is: what each serves is on the screen and in ``now --json``; what each can do
arrives by its key, and is confirmed."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from textual.pilot import Pilot

from oncall_tui import actions, channels, sources
from oncall_tui.actions import BY_VERB
from oncall_tui.app import AppSettings, OncallApp, build_app
from oncall_tui.board import AlertRow, IncidentRow
from oncall_tui.cli.compose import House, open_house
from oncall_tui.config.load import load_config
from oncall_tui.demo import systems
from oncall_tui.demo.transport import BASE_URL
from oncall_tui.demo.world import World
from oncall_tui.model import FINAL, IncidentState, OutboxRow, OutboxState, Verb
from oncall_tui.sources.base import Source, can
from screens.dashboard import DashboardScreen
from screens.dialogs.confirm import ConfirmDialog, QuestionDialog
from screens.dialogs.frame import Dialog
from tests.support.clock import QuickClock
from tests.support.hand import press, settled, until
from tests.support.ui import screen_text
from widgets.table import ListTable

T = TypeVar("T")

TYPED = {Verb.NOTE: "looked", Verb.TITLE: " (again)", Verb.SILENCE: "deploy"}
"""What is typed into the form before it is sent."""
STATES = {
    Verb.ACKNOWLEDGE: IncidentState.TRIGGERED,
    Verb.UNACKNOWLEDGE: IncidentState.ACKNOWLEDGED,
    Verb.REOPEN: IncidentState.RESOLVED,
}
ORDER = (
    Verb.NOTE,
    Verb.SEVERITY,
    Verb.TITLE,
    Verb.REASSIGN,
    Verb.ESCALATE,
    Verb.ACKNOWLEDGE,
    Verb.SNOOZE,
    Verb.RESOLVE,
)


class Seat:
    """The running app, the house behind it and the world behind that."""

    def __init__(self, app: OncallApp, house: House, world: World, pilot: Pilot[None]) -> None:
        self.app = app
        self.house = house
        self.world = world
        self.pilot = pilot

    async def until(self, condition: Callable[[], T], what: str) -> T:
        return await until(self.pilot, condition, what)

    async def press(self, *keys: str) -> None:
        await press(self.pilot, *keys)

    @property
    def dashboard(self) -> DashboardScreen:
        (found,) = [one for one in self.app.screen_stack if isinstance(one, DashboardScreen)]
        return found

    async def is_shown(self, row_id: str) -> None:
        """The pane has what the store has: who presses the next key has seen what the last one did."""
        held = await self.house.store.incident_seen(row_id)
        assert held is not None
        version = held[0].version
        if held[0].is_open:
            await self.until(
                lambda: any(
                    row.id == row_id and row.incident.version == version for row in self.dashboard.incidents.rows
                ),
                f"{row_id} as it is",
            )

    async def done_by_key(self, verb: Verb, row_id: str, pane: ListTable[Any] | None = None) -> OutboxRow:
        """Press the verb's key on that row, answer what is asked with what is offered; the row of the outbox when it
        has ended."""
        before = {row.key for row in await self.house.desk.outbox()}
        pane = pane or self.dashboard.incidents
        await self.until(lambda: pane.put_cursor(row_id), f"{row_id} in the pane")
        await self.press(BY_VERB[verb].keys[0])
        await settled(self.pilot)
        if verb is Verb.SEVERITY:
            severity = next(row.incident.severity for row in pane.rows if row.id == row_id)
            await self.press(str((severity or 2) % 4 + 1))
        if verb in TYPED:
            await self.until(lambda: not isinstance(self.app.screen, DashboardScreen), f"the form of {verb.value}")
            await self.press(*TYPED[verb])
        for _ in range(300):
            new = [row for row in await self.house.desk.outbox() if row.key not in before]
            if new and new[-1].state in FINAL:
                return new[-1]
            if new and new[-1].held:
                # The pager went on by itself between the look and the key: looked at again, pressed again.
                await self.house.desk.cancel(new[-1].key)
                await self.is_shown(row_id)
                return await self.done_by_key(verb, row_id)
            if not new and not isinstance(self.app.screen, DashboardScreen):
                asks = isinstance(self.app.screen, ConfirmDialog | QuestionDialog)
                await self.press("y" if asks else "enter")
            await settled(self.pilot)
            await asyncio.sleep(0.03)
        raise AssertionError(f"{verb.value} on {row_id} did not end: {new}\n{screen_text(self.app)}")


@pytest.fixture(autouse=True)
def _quick_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dialogs take no key in their first moment, for a hand's sake; that they do not is tested where they are."""
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


@asynccontextmanager
async def seat(folder: Path) -> AsyncIterator[Seat]:
    clock = QuickClock(5)
    world = World(clock, seed=1, more=systems.names())
    path = folder / "config.yaml"
    path.touch(mode=0o600)
    written = re.sub(r"(?m)poll: \d+s$", "poll: 30s", world.config_yaml(BASE_URL))  # an action is read back at once
    path.write_text(f"{written}actions: {{undo: {{note: 0s, resolve: 0s, escalate: 0s}}}}\n")
    config = load_config(path, kinds=sources, channels=channels, environ=os.environ, known_actions=actions.BY_ID)
    transport = world.transport()
    async with open_house(config, folder / "data", sends=True, clock=clock, transport=transport) as house:
        settings = AppSettings(folder=folder / "data", theme="dark", environ={"LANG": "C.UTF-8"})
        app = build_app(house.desk, clock=clock, settings=settings)
        async with app.run_test(size=(160, 60)) as pilot:
            yield Seat(app, house, world, pilot)
            assert app.faults.total == 0, "nothing unexpected happened"


def writes(world: World, kind: str) -> list[dict[str, Any]]:
    if kind == "alertmanager":
        return [{"action": "silence", **one} for one in world.state()["silences"]]
    if kind == "pagerduty":
        return [{"action": word} for word, count in world.state()["writes"]["received"].items() for _ in range(count)]
    return list(world.state()["systems"][kind]["writes"])


@pytest.mark.timeout(400)
async def test_each_action_by_its_key_arrives_and_is_confirmed(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.press("v", "v")
        done = {source.kind: [verb async for verb in acted(one, source)] for source in one.house.sources}
        assert {kind for kind, verbs in done.items() if verbs} == {
            "pagerduty", "opsgenie", "jsm", "splunk-oncall", "grafana-oncall", "datadog", "goalert", "incident-io",
        }  # fmt: skip
        assert sum(map(len, done.values())) > 40


async def acted(one: Seat, source: Source) -> AsyncIterator[Verb]:
    """Each verb of the source on one of its incidents, by its key."""
    pane = one.dashboard.incidents
    for verb in (verb for verb in ORDER if can(source.capabilities, verb)):

        def fitting(verb: Verb = verb) -> IncidentRow | None:
            wanted = STATES.get(verb)
            return next(
                (
                    row
                    for row in pane.rows
                    if row.incident.source == source.name
                    and row.incident.is_open
                    and wanted in (None, row.incident.state)
                    and (row.incident.takes is None or verb.value in row.incident.takes)
                ),
                None,
            )

        row = await one.until(fitting, f"an incident of {source.name} to {verb.value}")
        before = len(writes(one.world, source.kind))
        ended = await one.done_by_key(verb, row.id)
        assert (ended.verb, ended.source) == (verb, source.name)
        assert ended.state is OutboxState.CONFIRMED, ended
        assert len(writes(one.world, source.kind)) > before
        yield verb
        await one.is_shown(row.id)


@pytest.mark.timeout(120)
async def test_alerts_are_silenced_and_heard_again_by_key_in_every_monitor_that_can(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        monitors = [source for source in one.house.sources if can(source.capabilities, Verb.SILENCE)]
        assert [source.kind for source in monitors] == ["alertmanager", "datadog", "grafana"]
        await one.press("2")
        for source in monitors:
            await silenced_and_heard_again(one, source)


async def silenced_and_heard_again(one: Seat, source: Source) -> None:
    """S on an alert of that monitor, then E: both arrive, are confirmed, and are seen in the pane."""
    pane = one.dashboard.alerts

    def row_of(key: str) -> AlertRow | None:
        return next((row for row in pane.rows if isinstance(row, AlertRow) and row.key == key), None)

    def loud() -> AlertRow | None:
        rows = (row for row in pane.rows if isinstance(row, AlertRow))
        return next((row for row in rows if row.source == source.name and row.can_silence and not row.silences), None)

    def told(action: str) -> list[dict[str, Any]]:
        return [write for write in writes(one.world, source.kind) if write["action"] == action]

    alert = await one.until(loud, f"an alert of {source.name} that can be silenced")
    before = len(told("silence"))
    ended = await one.done_by_key(Verb.SILENCE, alert.key, pane)
    assert (ended.verb, ended.source, ended.state) == (Verb.SILENCE, source.name, OutboxState.CONFIRMED), ended
    assert ended.params["reason"] == "deploy"
    assert len(told("silence")) == before + 1
    row = await one.until(
        lambda: found if (found := row_of(alert.key)) is not None and found.silences else None,
        f"{alert.name} is shown as silenced",
    )
    (silence,) = row.silences
    assert "deploy" in silence.comment

    ended = await one.done_by_key(Verb.EXPIRE_SILENCE, alert.key, pane)
    assert (ended.verb, ended.target) == (Verb.EXPIRE_SILENCE, silence.id)
    assert ended.state is OutboxState.CONFIRMED, ended
    if source.kind == "alertmanager":
        (left,) = [made for made in one.world.state()["silences"] if silence.id.endswith(made["id"])]
        assert left["state"] == "expired"
    else:
        assert told("expire_silence")[-1]["target"] == silence.id.partition(":")[2]
    await one.until(
        lambda: (found := row_of(alert.key)) is not None and not found.silences, f"{alert.name} is heard again"
    )
