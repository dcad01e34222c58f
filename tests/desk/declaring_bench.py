"""A seat with the simulated company's pager, chat, status page, tickets and receiver of mail, on a hand-driven clock:
the real sources and channels, each exchange of which can be disturbed."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from oncall_tui import actions, channels, sources
from oncall_tui.cli.compose import House, open_house
from oncall_tui.config.load import load_config
from oncall_tui.demo.faults import is_write
from oncall_tui.demo.systems import stanzas
from oncall_tui.demo.transport import BASE_URL
from oncall_tui.demo.wire import Request
from oncall_tui.demo.world import World
from oncall_tui.desk.declaring import declaration, declare, plan_declaration
from oncall_tui.model import Incident
from oncall_tui.policy.declaring import Declaration, Plan, StepState, Wish
from tests.support.clock import ManualClock

MORE = ("slack", "statuspage", "jira", "webhook")
TITLE = "Nobody can pay"
SEV1 = Wish(
    title=TITLE,
    severity=1,
    service="payments",
    text="Every payment is turned down.",
    customer_impact="All users experiencing failing payments",
    note="triage: Sev1, total outage",
    commander="Erin",
)
STEPS = (
    "incident",
    "note",
    "commander",
    "participants",
    "room",
    "message-room",
    "message-team",
    "message-company",
    "message-stakeholders",
    "publication",
    "ticket",
)


class Company:
    """The simulated company, which outlives the seats."""

    def __init__(self, folder: Path, pager: str | None = None) -> None:
        """``pager``: a kind that it has besides, and where incidents are declared then."""
        self.folder = folder
        self.clock = ManualClock()
        self.world = World(self.clock, seed=1, more=(pager,) if pager is not None else (), channels=MORE)
        self.pager = "pager" if pager is None else stanzas((pager,), "")["sources"][0]["name"]
        path = folder / "config.yaml"
        path.touch(mode=0o600)
        text = self.world.config_yaml(BASE_URL)
        path.write_text(text.replace("stakeholders: hook", f"stakeholders: hook\n    pager: {self.pager}"))
        self.config = load_config(
            path, kinds=sources, channels=channels, environ=os.environ, known_actions=actions.BY_ID
        )

    @asynccontextmanager
    async def seat(self, **how: Any) -> AsyncIterator[Seat]:
        """A process at this seat, as long as the context lasts."""
        transport = self.world.transport()
        async with open_house(
            self.config, self.folder / "data", sends=True, clock=self.clock, transport=transport, **how
        ) as house:
            seat = Seat(self, house)
            seat.count_work()
            if not await house.store.source_states():
                await house.desk.poll_once()
            await house.desk.start(poll=False)
            yield seat

    # -- what the systems hold -----------------------------------------------------------------------------------

    @property
    def incidents(self) -> list[Any]:
        """The pager's incidents of that title."""
        return [one for one in self.world.pagerduty.incidents.values() if one.title == TITLE]

    def told(self, kind: str) -> Any:
        """What one of the further systems holds."""
        return self.world.more[kind].told()

    def counts(self) -> dict[str, int]:
        """How many there are of each."""
        made = self.incidents
        rooms = self.told("slack")["rooms"]
        own = [room for room in rooms if any(room["name"] == f"inc-{one.number}" for one in made)]
        said = {room["name"]: sum(TITLE in one["text"] for one in room["messages"]) for room in rooms}
        return {
            "incident": len(made),
            "note": sum(len(one.notes) for one in made),
            "commander": sum(entry.kind == "assign" and "Erin" in entry.summary for one in made for entry in one.log),
            "participants": self.world.state()["writes"]["applied"].get("responders", 0),
            "room": len(own),
            "message-room": sum(said[room["name"]] for room in own),
            "message-team": said["incidents"],
            "message-company": said["general-updates"],
            "message-stakeholders": len({one["key"] for one in self.told("webhook")["received"]}),
            "publication": sum(one["name"] == TITLE for one in self.told("statuspage")["incidents"]),
            "ticket": sum(TITLE in one["summary"] for one in self.told("jira")["issues"]),
        }


@dataclass
class Seat:
    """One process."""

    company: Company
    house: House
    busy: int = 0

    def count_work(self) -> None:
        """Know how much the store's thread has to do."""
        database = self.house.store._database
        run: Callable[..., Any] = database.run

        async def counted(work: Any) -> Any:
            self.busy += 1
            try:
                return await run(work)
            finally:
                self.busy -= 1

        database.run = counted  # type: ignore[method-assign]  # seen from outside it does the same

    async def settle(self) -> None:
        """Until every task waits for the clock."""
        quiet, loop = 0, asyncio.get_running_loop()
        until = time.monotonic() + 20
        while quiet < 5:
            assert time.monotonic() < until, f"it never comes to rest: {asyncio.all_tasks()}"
            await asyncio.sleep(0.0001 if self.busy else 0)
            ready: Any = loop._ready  # type: ignore[attr-defined]  # how asyncio keeps what it has to run
            quiet = 0 if self.busy or ready else quiet + 1

    async def settle_a_little(self) -> None:
        """Let the others do a small step of their work."""
        await asyncio.sleep(0.0005)

    async def run(self, seconds: float, step: float = 1.0) -> None:
        """Let so much time pass."""
        await self.settle()
        passed = 0.0
        while passed < seconds:
            self.company.clock.advance(step)
            passed += step
            await self.settle()

    async def plan(self, wish: Wish = SEV1) -> Plan:
        """What declaring that would do."""
        return await plan_declaration(self.house.desk, await self.house.desk.board(), wish)

    async def declare(self, wish: Wish = SEV1) -> Declaration:
        """Say yes to it."""
        return await declare(self.house.desk, await self.plan(wish))

    async def now(self, one: Declaration) -> Declaration:
        """It as it stands now."""
        found = await declaration(self.house.desk, one.id)
        assert found is not None
        return found

    async def states(self, one: Declaration) -> dict[str, StepState]:
        """Each step as it stands now."""
        return {each.step.id: each.state for each in (await self.now(one)).steps}

    async def incident(self, one: Declaration) -> Incident:
        """The incident that it has made."""
        view = await self.house.desk.view((await self.now(one)).incident or "")
        assert view is not None
        return view.incident


def nth(step: str) -> tuple[str, Callable[[Request], bool]]:
    """Prefix, and which of its requests is that step's write."""
    prefix, ending, number = _WRITES[step]
    seen = 0

    def matching(request: Request) -> bool:
        nonlocal seen
        if not is_write(request) or not request.path.endswith(ending):
            return False
        seen += 1
        return seen == number

    return prefix, matching


_WRITES = {
    "incident": ("pagerduty", "/incidents", 1),
    "note": ("pagerduty", "/notes", 1),
    "commander": ("pagerduty", "/incidents", 2),
    "participants": ("pagerduty", "/responder_requests", 1),
    "room": ("slack", "/conversations.create", 1),
    "message-room": ("slack", "/chat.postMessage", 1),
    "message-team": ("slack", "/chat.postMessage", 2),
    "message-company": ("slack", "/chat.postMessage", 3),
    "message-stakeholders": ("webhook", "/events", 1),
    "publication": ("statuspage", "/incidents", 1),
    "ticket": ("jira", "/issue", 1),
}


def one_of_each() -> dict[str, int]:
    """What there is when all went well; three are asked to join."""
    return cast(dict[str, int], dict.fromkeys(STEPS, 1))
