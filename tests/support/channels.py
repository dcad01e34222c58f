"""A channel in memory: takes every messaging verb, and goes wrong as it is told to."""

from __future__ import annotations

from typing import ClassVar

from oncall_tui.model import MESSAGING, OutboxRow
from oncall_tui.sources.base import Capability, Confirmation, Outcome, Probe, Reach, Sent, SourceError

REACH = Reach(place="#incidents", named_by="room", subject=True, html=True, contacts=("Bridge, +49 30 1",))


class FakeChannel:
    """Takes what it is told and keeps it in ``taken``. ``failure`` is raised by the next send, ``outcome`` is what
    reading back shows."""

    kind: ClassVar[str] = "fake"

    def __init__(self, name: str = "chat", *, reach: Reach | None = REACH, names: tuple[str, ...] = ()) -> None:
        self.name = name
        self.capabilities = frozenset(Capability(verb.value) for verb in MESSAGING)
        self.failure: SourceError | None = None
        self.blind: SourceError | None = None
        """What asking for the components raises."""
        self.outcome = Outcome.APPLIED
        self.taken: list[OutboxRow] = []
        self.names = names
        if reach is not None:
            self.reach = reach

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        self.taken.append(row)
        return Sent(text=f"#{row.params['name']}" if "name" in row.params else "", native_ref=f"C{len(self.taken)}")

    async def confirm(self, row: OutboxRow) -> Confirmation:
        return Confirmation(outcome=self.outcome)

    async def components(self) -> tuple[str, ...]:
        if self.blind is not None:
            raise self.blind
        return self.names

    async def probe(self) -> Probe:
        return Probe(ok=True)

    async def aclose(self) -> None:
        return None
