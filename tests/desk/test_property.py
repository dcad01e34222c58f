"""Whatever happens, in any order: an action ends, or waits where a person sees it; steps and notes never double."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from oncall_tui.desk import ActRefused
from oncall_tui.model import FINAL, IncidentState, OutboxRow, OutboxState, Verb
from tests.desk.room import Room, open_room
from tests.support.clock import ManualClock
from tests.support.fakes import ALICE, BOB, FakePager, FakePagerServer, Fault

EXAMPLES = int(os.environ.get("ONCALL_TUI_EXAMPLES", "12"))
TARGETS = ("Q1", "Q2")
VERBS: dict[Verb, dict[str, Any]] = {
    Verb.ACKNOWLEDGE: {},
    Verb.RESOLVE: {},
    Verb.ESCALATE: {"level": 2},
    Verb.SEVERITY: {"severity": 1},
    Verb.NOTE: {},
}
SEEN_BY_A_PERSON = (OutboxState.REFUSED, OutboxState.UNKNOWN)


class DeskMachine(RuleBasedStateMachine):
    """Presses, faults, other people, crashes and waiting, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock()
        self.server = FakePagerServer(self.clock)
        self.server.add(*TARGETS)
        self.pager = FakePager(self.server)
        self.pressed: dict[str, Verb] = {}
        self.by_hand: Counter[str] = Counter()
        self.number = 0
        self.room: Room

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run(work)

    async def open(self) -> None:
        self.room = await open_room(
            Path(self.folder.name) / "data", clock=self.clock, server=self.server, pagers=(self.pager,)
        )
        await self.room.desk.start()
        await self.room.settle()

    @initialize()
    def begin(self) -> None:
        self.run(self.open())

    @rule(verb=st.sampled_from(sorted(VERBS)), name=st.sampled_from(TARGETS), undo=st.booleans())
    def press(self, verb: Verb, name: str, undo: bool) -> None:
        self.number += 1
        params = {"text": f"note {self.number}"} if verb is Verb.NOTE else VERBS[verb]

        async def work() -> None:
            view = await self.room.desk.view(f"pager:{name}")
            seen = view.incident.version if view is not None else None
            row = await self.room.act(verb, f"pager:{name}", seen=seen, undo=undo, **params)
            self.pressed[row.key] = verb
            await self.room.settle()

        self.run(work())

    @rule(fault=st.sampled_from(sorted(Fault)), method=st.sampled_from(("send", "send", "confirm", "read", "poll")))
    def goes_wrong(self, fault: Fault, method: str) -> None:
        if fault is Fault.LOST_AFTER and method != "send":
            return
        self.pager.fault(method, fault)

    @rule(down=st.booleans())
    def link(self, down: bool) -> None:
        self.pager.down = down

    @rule(name=st.sampled_from(TARGETS), state=st.sampled_from((IncidentState.ACKNOWLEDGED, IncidentState.TRIGGERED)))
    def somebody_else(self, name: str, state: IncidentState) -> None:
        self.server.change(name, state=state, acknowledged_by=(BOB,) if state is IncidentState.ACKNOWLEDGED else ())

    @rule(name=st.sampled_from(TARGETS))
    def somebody_escalates(self, name: str) -> None:
        self.server.change(name, escalation_level=3, assignees=(BOB, ALICE))

    @rule(seconds=st.sampled_from((1, 5, 30, 120, 1200)))
    def time_passes(self, seconds: int) -> None:
        self.run(self.room.run(seconds, step=max(0.5, seconds / 40)))

    @rule(which=st.integers(0, 50), how=st.sampled_from(("cancel", "retry", "see_off", "undo")))
    def a_person_decides(self, which: int, how: str) -> None:
        async def work() -> None:
            rows = [row for row in await self.room.desk.outbox() if row.state not in (OutboxState.CONFIRMED,)]
            if not rows:
                return
            row = rows[which % len(rows)]
            try:
                if how == "undo":
                    await self.room.desk.undo()
                elif how == "retry":
                    await self.room.desk.retry(row.key)
                    self.by_hand[row.key] += 1
                elif how == "cancel":
                    await self.room.desk.cancel(row.key)
                else:
                    await self.room.desk.see_off(row.key)
            except ActRefused:
                pass
            await self.room.settle()

        self.run(work())

    @rule()
    def restart(self) -> None:
        async def work() -> None:
            await self.room.close()
            await self.open()

        self.run(work())

    @rule(method=st.sampled_from(("send", "confirm")), name=st.sampled_from(TARGETS))
    def killed_in_the_middle(self, method: str, name: str) -> None:
        """A press whose process dies while the system is being asked."""
        never = asyncio.Event()

        async def work() -> None:
            self.pager.before = lambda called: never.wait() if called == method else None
            view = await self.room.desk.view(f"pager:{name}")
            if view is not None:
                row = await self.room.act(Verb.ESCALATE, f"pager:{name}", seen=view.incident.version, level=2)
                self.pressed[row.key] = Verb.ESCALATE
            await self.room.settle()
            await self.room.desk.stop(grace_s=0.0)
            await self.room.store.close()
            self.pager.before = None
            await self.open()

        self.run(work())

    @precondition(lambda self: self.pressed)
    @invariant()
    def steps_and_notes_take_effect_once(self) -> None:
        for key, times in self.server.applied.items():
            verb = self.pressed.get(key)
            if verb is Verb.NOTE:
                assert times <= 1, key
            if verb is Verb.ESCALATE:
                assert times <= 1 + self.by_hand[key], key

    def teardown(self) -> None:
        async def work() -> None:
            if not hasattr(self, "room"):
                return
            self.pager.down = False
            self.pager.faults.clear()
            await self.room.run(1000, step=10)
            await self.room.run(1000, step=10)
            rows: dict[str, OutboxRow] = {row.key: row for row in await self.room.desk.outbox()}
            shown = {row.key for row in (await self.room.store.facts(self.clock.now())).outbox}
            assert set(self.pressed) <= set(rows), "no press is lost"
            accepted = {line.key for line in await self.room.desk.audit(10_000) if line.event == "accepted"}
            for key in self.pressed:
                row = rows[key]
                assert row.state in FINAL or row.held is not None, row
                if row.held is not None or (row.state in SEEN_BY_A_PERSON and key not in accepted):
                    assert key in shown, "what waits for a person is on the board"
                if row.state is OutboxState.CONFIRMED:
                    assert self.server.applied[key] >= 1 or key in accepted, row
            await self.room.close()

        try:
            self.run(work())
        finally:
            self.loop.close()
            self.folder.cleanup()


TestDesk = DeskMachine.TestCase
TestDesk.settings = settings(
    # A failing run is told as it is: making it shorter would take minutes of a real database's time.
    phases=(Phase.explicit, Phase.generate),
    max_examples=EXAMPLES,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
