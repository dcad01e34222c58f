"""A desk with everything around it, on a hand-driven clock: runs until nothing is left to do, then stands still."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from oncall_tui.board import BoardSettings
from oncall_tui.desk import Desk, DeskSettings
from oncall_tui.model import MESSAGING, OutboxRow, OutboxState, Verb, Version
from oncall_tui.sources.base import Receiver
from oncall_tui.store import Store
from tests.support.clock import ManualClock
from tests.support.fakes import FakePager, FakePagerServer

USER = "alice@example.com"


@dataclass
class Room:
    """One process at the desk."""

    clock: ManualClock
    server: FakePagerServer
    pagers: tuple[FakePager, ...]
    store: Store
    desk: Desk
    busy: int = 0
    said: int = 0
    """How often the desk said that something changed."""
    rows: list[OutboxRow] = field(default_factory=list)

    @property
    def pager(self) -> FakePager:
        """The first source."""
        return self.pagers[0]

    async def settle(self) -> None:
        """Until every task waits for the clock or for somebody outside."""
        quiet = 0
        loop = asyncio.get_running_loop()
        until = time.monotonic() + 20
        while quiet < 3:
            assert time.monotonic() < until, f"it never comes to rest: {asyncio.all_tasks()}"
            await asyncio.sleep(0.0001 if self.busy else 0)
            ready: Any = loop._ready  # type: ignore[attr-defined]  # how asyncio keeps what it has to run
            quiet = 0 if self.busy or ready else quiet + 1

    async def run(self, seconds: float, step: float = 0.5) -> None:
        """Let so much time pass, in small steps."""
        await self.settle()
        passed = 0.0
        while passed < seconds:
            self.clock.advance(min(step, seconds - passed))
            passed += step
            await self.settle()

    async def act(
        self, verb: Verb, target: str, *, seen: Version | None = None, undo: bool = False, **params: Any
    ) -> OutboxRow:
        """An action against what the server shows now (or ``seen``)."""
        found = self.server.incidents.get(target.partition(":")[2])
        version = seen or (found.version if found is not None else None)
        return await self.desk.act(verb, target, params=params, seen=version, title=f"Title of {target}", undo=undo)

    async def state(self, row: OutboxRow) -> OutboxState:
        """How it stands now."""
        return (await self.row(row)).state

    async def row(self, row: OutboxRow) -> OutboxRow:
        """It, now."""
        found = await self.store.outbox_row(row.key)
        assert found is not None
        return found

    async def events(self, row: OutboxRow) -> list[str]:
        """Its audit."""
        return [line.event for line in await self.desk.audit(10_000) if line.key == row.key]

    async def close(self) -> None:
        """As at the end of a process."""
        await self.desk.stop(grace_s=0.2)
        await self.store.close()


async def open_room(
    folder: Path,
    *,
    clock: ManualClock | None = None,
    server: FakePagerServer | None = None,
    pagers: tuple[FakePager, ...] | None = None,
    channels: tuple[Receiver, ...] = (),
    **settings: Any,
) -> Room:
    """A room on ``folder``; its desk is not started."""
    clock = clock or ManualClock()
    server = server or FakePagerServer(clock)
    pagers = pagers or (FakePager(server),)
    board = BoardSettings(user=USER, sources=tuple((pager.name, pager.kind) for pager in pagers))
    store = await Store.open(folder, clock=clock)
    undo = {"note": timedelta(seconds=5), "resolve": timedelta(seconds=5), "escalate": timedelta(seconds=5)}
    undo |= {verb.value: timedelta(seconds=5) for verb in MESSAGING}
    desk = Desk(store, pagers, clock, DeskSettings(**({"board": board, "undo": undo} | settings)), channels=channels)
    room = Room(clock=clock, server=server, pagers=pagers, store=store, desk=desk)
    count_work(room)

    def said() -> None:
        room.said += 1

    desk.subscribe(said)
    return room


def count_work(room: Room) -> None:
    """Know how much the store's thread has to do."""
    database = room.store._database
    run: Callable[..., Any] = database.run

    async def counted(work: Any) -> Any:
        room.busy += 1
        try:
            return await run(work)
        finally:
            room.busy -= 1

    database.run = counted  # type: ignore[method-assign]  # seen from outside it does the same
