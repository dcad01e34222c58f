"""Run by ``test_kill.py`` in a process of its own: forks desks that press and send, and kills them at random points.

Arguments: folder, number of kills, seed. The system of record is a file that outlives them: one line for each time an
action took effect. Prints what is in the outbox at the end, what was confirmed to the person, and what took effect.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
import traceback
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from oncall_tui.board import BoardSettings
from oncall_tui.desk import Desk, DeskSettings
from oncall_tui.model import IncidentDetail, OutboxRow, Snapshot, Verb
from oncall_tui.sources.base import Confirmation, Known, Outcome, Sent, TimedOut
from oncall_tui.store import Store
from tests.support.clock import START
from tests.support.fakes import FakePager, FakePagerServer, incident

SPEED = 60
TARGETS = [f"Q{n}" for n in range(6)]


class FastClock:
    """Wall time, sixty times as fast, the same in every process."""

    def __init__(self, began: float) -> None:
        self._began = began

    def now(self) -> datetime:
        return START + timedelta(seconds=(time.time() - self._began) * SPEED)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)


class FilePager(FakePager):
    """Takes effect by a line in a file; slow and lossy."""

    def __init__(self, clock: FastClock, path: Path, dice: random.Random) -> None:
        super().__init__(FakePagerServer(clock))
        self._path = path
        self._dice = dice

    async def poll(self, known: Known) -> Snapshot:
        told = tuple(incident(name) for name in TARGETS)
        return Snapshot(source=self.name, taken_at=self.server.clock.now(), incidents=told, incidents_complete=True)

    async def read(self, native_id: str) -> IncidentDetail:
        return IncidentDetail(incident=incident(native_id))

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        await asyncio.sleep(self._dice.uniform(0, 0.01))
        append(self._path, row.key)
        await asyncio.sleep(self._dice.uniform(0, 0.01))
        if self._dice.random() < 0.1:
            raise TimedOut("no answer", maybe_applied=True)
        return Sent()

    async def confirm(self, row: OutboxRow) -> Confirmation:
        await asyncio.sleep(self._dice.uniform(0, 0.005))
        there = row.key in self._path.read_text().split()
        return Confirmation(outcome=Outcome.APPLIED if there else Outcome.NOT_APPLIED)


def append(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


async def desk_life(folder: Path, began: float, seed: int, presses: int, ready: int | None) -> list[dict[str, Any]]:
    """One process: press, send, and (without presses) go on until nothing is pending. Says by a byte on ``ready`` that
    it is at work."""
    clock, dice = FastClock(began), random.Random(seed)
    store = await Store.open(folder / "data", clock=clock)
    pager = FilePager(clock, folder / "applied", dice)
    board = BoardSettings(user="alice", sources=(("pager", "fake"),))
    desk = Desk(store, [pager], clock, DeskSettings(board=board, resend_for=timedelta(hours=10)))
    await desk.poll_once()
    await desk.start(poll=False)
    if ready is not None:
        os.write(ready, b".")
    for n in range(presses):
        verb = dice.choice([Verb.NOTE, Verb.NOTE, Verb.ACKNOWLEDGE, Verb.ESCALATE])
        params = {Verb.NOTE: {"text": f"{seed} {n}"}, Verb.ESCALATE: {"level": 2}}.get(verb, {})
        target = dice.choice(TARGETS)
        row = await desk.act(
            verb, f"pager:{target}", params=params, seen=incident(target).version, title="t", undo=False
        )
        append(folder / "pressed", row.key)
        await asyncio.sleep(dice.uniform(0, 0.01))
    while presses or await store.outbox(pending_only=True):
        await asyncio.sleep(0.05)
    rows = [
        {"key": row.key, "verb": row.verb.value, "target": row.target, "state": row.state.value, "sent": row.attempts}
        for row in await store.outbox()
    ]
    notices = list(store.notices)
    audited = {line.key for line in await store.audit(100_000)}
    await desk.stop()
    await store.close()
    return [{"rows": rows, "notices": notices, "audited": len(audited)}]


def main() -> None:
    """Fork, kill, again; then let one finish."""
    folder, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    dice, began = random.Random(seed), time.time()
    (folder / "applied").touch()
    (folder / "pressed").touch()
    for n in range(kills):
        heard, ready = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(desk_life(folder, began, seed * 10_000 + n, 4, ready))
            except BaseException:
                append(folder / "errors", traceback.format_exc())
            os._exit(1)
        os.close(ready)
        # One in five dies while it opens the folder, the others while they press and send.
        if dice.random() > 0.2:
            os.read(heard, 1)
        time.sleep(dice.uniform(0.001, 0.08))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(heard)
    report = asyncio.run(asyncio.wait_for(desk_life(folder, began, seed, 0, None), 60))[0]
    report["pressed"] = (folder / "pressed").read_text().split()
    report["applied"] = (folder / "applied").read_text().split()
    report["errors"] = (folder / "errors").read_text() if (folder / "errors").exists() else ""
    print(json.dumps(report))


if __name__ == "__main__":
    main()
