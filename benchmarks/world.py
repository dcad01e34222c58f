"""A source kind, ``synthetic``: leaves the store as it was filled, and brings changes at a set rate or on demand.

What costs here is the product's: the poll goes through the same desk, store and board as any. Nothing is sent
anywhere, so no HTTP library is imported for it: a configured pager adds that.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from benchmarks import company
from oncall_tui.config.options import SourceOptions, opt
from oncall_tui.model import IncidentDetail, OutboxRow, Snapshot
from oncall_tui.sources.base import Capability, Confirmation, Known, Outcome, Probe, Sent, SourceContext

CONTROL = "ONCALL_BENCH_CONTROL"
"""Path of a datagram socket. ``b"42 3"`` brings edition 3 of incident 42: one character of its title changes."""
SERVES = {
    "pager": frozenset({Capability.INCIDENTS, Capability.ON_CALL, Capability.ACKNOWLEDGE, Capability.NOTE}),
    "alerts": frozenset({Capability.ALERTS, Capability.SILENCE}),
    "health": frozenset({Capability.HEALTH}),
}
_LONGEST_WAIT_S = 100.0


@dataclass(frozen=True, kw_only=True)
class Options(SourceOptions):
    """What a synthetic source takes."""

    serves: Literal["pager", "alerts", "health"] = opt(help="which part")
    of: int = opt(help="how many incidents or alerts of the store may change")
    filled: datetime = opt(help="when the store was filled")
    changes_per_minute: int = opt(0, help="how many it brings")


class SyntheticSource:
    """One part of the made-up world."""

    kind: ClassVar[str] = "synthetic"

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = options.name
        self.poll_interval = options.poll
        self.capabilities = SERVES[options.serves]
        self._options = options
        self._context = context
        self._polled = time.monotonic()
        self._turn = 0
        self._asked = asyncio.Event()
        self._wanted = (0, 0)
        self._control: socket.socket | None = None

    async def poll(self, known: Known) -> Snapshot:
        """What has changed since the last poll; with a control socket the pager waits for it to be asked."""
        if self._options.serves == "pager" and CONTROL in os.environ:
            return await self._on_demand()
        now = time.monotonic()
        due = int((now - self._polled) * self._options.changes_per_minute / 60)
        if due:
            self._polled = now
        return self._changed(due)

    def _changed(self, due: int) -> Snapshot:
        now = self._context.clock.now()
        if not due or not self._options.of:
            return Snapshot(source=self.name, taken_at=now)
        numbers = [(self._turn + n) % self._options.of for n in range(due)]
        self._turn += due
        edition = int(now.timestamp())
        if self._options.serves == "alerts":
            alerts = tuple(company.alert(number, now, fires=True, count=1 + self._turn) for number in numbers)
            return Snapshot(source=self.name, taken_at=now, alerts=alerts)
        incidents = tuple(company.incident(number, self._options.filled, edition, now) for number in numbers)
        return Snapshot(source=self.name, taken_at=now, incidents=incidents)

    async def _on_demand(self) -> Snapshot:
        if self._control is None:
            self._control = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._control.setblocking(False)
            self._control.bind(os.environ[CONTROL])
            asyncio.get_running_loop().add_reader(self._control, self._take)
            return self._changed(0)
        try:
            async with asyncio.timeout(_LONGEST_WAIT_S):
                await self._asked.wait()
        except TimeoutError:
            return self._changed(0)
        self._asked.clear()
        number, edition = self._wanted
        now = self._context.clock.now()
        told = company.incident(number, self._options.filled, edition, now)
        return Snapshot(source=self.name, taken_at=now, incidents=(told,))

    def _take(self) -> None:
        assert self._control is not None
        number, edition = self._control.recv(64).split()
        self._wanted = (int(number), int(edition))
        self._asked.set()

    async def read(self, native_id: str) -> IncidentDetail:
        """One incident by its number."""
        return IncidentDetail(incident=company.incident(int(native_id[1:]), self._options.filled))

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Nothing is there."""
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        """Taken."""
        return Sent(text="200")

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Applied."""
        return Confirmation(outcome=Outcome.APPLIED)

    async def probe(self) -> Probe:
        """Well."""
        return Probe(ok=True)

    async def aclose(self) -> None:
        """Let go of the socket."""
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
            self._control = None


def make(options: Any, context: SourceContext) -> SyntheticSource:
    """The source with these options."""
    return SyntheticSource(options, context)
