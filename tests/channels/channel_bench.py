"""A channel before a simulated system, and the means to disturb what lies between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Generic, TypeVar

from oncall_tui.clock import Clock
from oncall_tui.config.options import ChannelOptions
from oncall_tui.demo.faults import Planned, Trouble, is_write
from oncall_tui.demo.gate import Gate
from oncall_tui.demo.transport import WorldTransport
from oncall_tui.demo.wire import Request, Response, Simulator
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.sources.base import Confirmation, Outcome, Receiver, Seat, Sent, SourceContext
from tests.support.clock import ManualClock

BASE = "http://127.0.0.1:1"
Sim = TypeVar("Sim", bound=Simulator)
Make = Callable[[Any, SourceContext], Receiver]


class FlowingClock(ManualClock):
    """Whoever sleeps on it moves it on."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class Bench(Generic[Sim]):
    """One channel named ``chan`` of alice's seat, and the system that it talks to.

    ``planned`` orders troubles for the requests to come; ``exchanges`` is what reached the system.
    """

    def __init__(self, make_sim: Callable[[Clock], Sim], make: Make, options: ChannelOptions) -> None:
        self.clock = FlowingClock()
        self.sim = make_sim(self.clock)
        self.planned = Planned()
        self.exchanges: list[tuple[Request, Response]] = []
        self._make = make
        self._options = options
        self._gate = Gate([self.sim], clock=self.clock, faults=[self.planned], seen=self._seen)
        self.channel = self.restarted()
        self._keys = 0

    def restarted(self) -> Receiver:
        """The channel as a process makes it that starts now."""
        transport = WorldTransport(self._gate.exchange, self.clock)
        seat = Seat(user="alice@example.com", teams=("Payments",))
        self.channel = self._make(
            self._options, SourceContext(name="chan", seat=seat, clock=self.clock, transport=transport)
        )
        return self.channel

    def _seen(self, prefix: str, request: Request, response: Response) -> None:
        self.exchanges.append((request, response))

    @property
    def calls(self) -> list[str]:
        """``POST /api/chat.postMessage`` of every call that reached the system."""
        return [f"{request.method} {request.path}" for request, _ in self.exchanges]

    def trouble(self, trouble: Trouble, ending: str = "", *, count: int | None = 1, writes: bool = False) -> None:
        """The next requests whose path has that end meet it."""
        self.planned.next(
            trouble,
            matching=lambda request: request.path.endswith(ending) and (not writes or is_write(request)),
            count=count,
        )

    def row(self, verb: Verb, target: str = "pager:Q1ABC", **params: Any) -> OutboxRow:
        """An action of alice's, pressed and sent now."""
        self._keys += 1
        return make_row(self.clock, f"key{self._keys}", verb, target, params)

    async def deliver(self, row: OutboxRow) -> tuple[Sent, Confirmation]:
        """Send it and read it back, as the desk does."""
        sent = await self.channel.send(row)
        return sent, await self.channel.confirm(answered(row, sent, self.clock))

    async def outcome(self, row: OutboxRow) -> Outcome:
        """What reading back says of a row whose answer was lost."""
        return (await self.channel.confirm(row)).outcome


def make_row(clock: ManualClock, key: str, verb: Verb, target: str, params: dict[str, Any]) -> OutboxRow:
    """A row on its way, its first attempt made now."""
    now = clock.now()
    if verb is Verb.MESSAGE:
        params = {"subject": "", "html": None, "room": None, "to": [], **params}
    return OutboxRow(
        key=key,
        verb=verb,
        target=target,
        source="chan",
        target_title="[ERROR] <!channel> checkout & \x1b[31mpay",
        params=params,
        seat="alice@example.com",
        created_at=now,
        not_before=now,
        attempts=1,
        sent_at=now,
    )


def answered(row: OutboxRow, sent: Sent, clock: ManualClock) -> OutboxRow:
    """The row after its answer, as the store holds it."""
    return replace(row, answered_at=clock.now(), native_ref=sent.native_ref or row.native_ref, answer=sent.text or None)


def again(row: OutboxRow, clock: ManualClock) -> OutboxRow:
    """The row at its next attempt, without an answer yet."""
    return replace(row, attempts=row.attempts + 1, sent_at=clock.now(), answered_at=None)


def text_answer(text: str, status: int = 200) -> Response:
    """A plain answer."""
    return Response(status=status, headers={"content-type": "text/plain"}, body=text.encode())
