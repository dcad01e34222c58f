"""A source of either system (Opsgenie, JSM Operations) on its simulated account, and the means to disturb the wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.config.secret import Secret
from oncall_tui.demo.faults import Outcome as WireOutcome
from oncall_tui.demo.faults import Planned, answer_with, is_write
from oncall_tui.demo.gate import Gate
from oncall_tui.demo.genie.life import Alert, Life
from oncall_tui.demo.jsm import TOKEN as JSM_TOKEN
from oncall_tui.demo.jsm import JsmSim
from oncall_tui.demo.opsgenie import TOKEN, OpsgenieSim
from oncall_tui.demo.transport import BASE_URL, WorldTransport
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import Incident, OutboxRow, Snapshot, Verb
from oncall_tui.sources import jsm, opsgenie
from oncall_tui.sources.base import Confirmation, Known, Outcome, Seat, SourceContext
from oncall_tui.sources.genie.source import GenieSource
from tests.support.clock import ManualClock

ALICE = "alice@example.com"


class Shifted:
    """Another machine's clock, off by a fixed length of time."""

    def __init__(self, clock: ManualClock, by: timedelta) -> None:
        self._clock = clock
        self._by = by

    def now(self) -> datetime:
        return self._clock.now() + self._by

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class GenieBench:
    """One source named ``pager`` for alice. Subclasses say which system."""

    sim: Any
    name = "pager"

    def __init__(self, *, seat: str | None = ALICE, skew: timedelta = timedelta()) -> None:
        self.clock = ManualClock()
        self.server_clock = Shifted(self.clock, skew)
        self.planned = Planned()
        self.exchanges: list[tuple[Request, Response]] = []
        self.known: dict[str, Incident] = {}
        self.last_success: datetime | None = None
        self._seat = Seat(user=seat, teams=("Payments",))
        self._keys = 0

    def context(self) -> SourceContext:
        gate = Gate([self.sim], clock=self.server_clock, faults=[self.planned], seen=self._seen)
        return SourceContext(
            name=self.name,
            seat=self._seat,
            clock=self.clock,
            transport=WorldTransport(gate.exchange, self.clock),
        )

    def _seen(self, prefix: str, request: Request, response: Response) -> None:
        self.exchanges.append((request, response))

    @property
    def source(self) -> GenieSource:
        raise NotImplementedError

    @property
    def life(self) -> Life:
        life: Life = self.sim.life
        return life

    @property
    def calls(self) -> list[str]:
        """``GET /v2/alerts`` of every call that reached the account."""
        return [f"{request.method} {request.path}" for request, _ in self.exchanges]

    @property
    def sent(self) -> list[tuple[str, Any]]:
        """``POST /v2/alerts/…`` and body of every write that reached the account."""
        return [
            (f"{request.method} {request.path}", request.json() if request.body else None)
            for request, _ in self.exchanges
            if is_write(request)
        ]

    def user(self, key: str) -> str:
        """The id of one of the company's people."""
        found: str = self.life.estate.users[key].id
        return found

    def alert(self, message: str) -> Alert:
        """The alert whose message begins so."""
        return next(one for one in self.life.alerts.values() if one.message.startswith(message))

    async def poll(self) -> Snapshot:
        """Poll once, as the desk does, and remember what the store would hold."""
        taken = await self.source.poll(Known(incidents=dict(self.known), last_success=self.last_success))
        self.last_success = self.clock.now()
        for incident in taken.incidents or ():
            self.known[incident.native_id] = incident
        return taken

    async def incident(self, message: str) -> Incident:
        """The page whose title begins so, as a poll tells it."""
        taken = await self.poll()
        return next(one for one in taken.incidents or () if one.title.startswith(message))

    def row(self, verb: Verb, native_id: str, **params: Any) -> OutboxRow:
        """An action of alice's, pressed and sent now."""
        self._keys += 1
        now = self.clock.now()
        return OutboxRow(
            key=f"k{self._keys}",
            verb=verb,
            target=f"{self.name}:{native_id}",
            source=self.name,
            target_title="t",
            params=params,
            seat=ALICE,
            created_at=now,
            not_before=now,
            attempts=1,
            sent_at=now,
        )

    async def send(self, row: OutboxRow) -> OutboxRow:
        """Send it; the row as the desk keeps it then."""
        sent = await self.source.send(row)
        return replace(row, answered_at=self.clock.now(), native_ref=sent.native_ref)

    async def outcome(self, row: OutboxRow, after: float = 1) -> tuple[Outcome, str]:
        """What reading back says so many seconds later."""
        self.clock.advance(after)
        found: Confirmation = await self.source.confirm(row)
        return found.outcome, found.text

    def edit(self, ending: str, change: Callable[[Any], Any], *, count: int | None = None) -> None:
        """Answers to GET whose path ends so come changed."""

        def trouble(prefix: str, request: Request, onward: Callable[[str, Request], WireOutcome]) -> WireOutcome:
            outcome = onward(prefix, request)
            assert isinstance(outcome.answer, Response)
            data = change(json.loads(outcome.answer.body))
            body = json_response(data, outcome.answer.status).body
            return replace(outcome, answer=replace(outcome.answer, body=body))

        self.planned.next(trouble, matching=on("GET", ending), count=count)

    def refuse(self, ending: str, status: int, message: str = "no", *, method: str = "GET", count: int = 1) -> None:
        """Calls whose path ends so are refused."""
        response = json_response({"message": message, "took": 0.1, "requestId": "r"}, status)
        self.planned.next(answer_with(response), matching=on(method, ending), count=count)


def on(method: str, ending: str) -> Callable[[Request], bool]:
    """Calls of that method whose path ends so."""
    return lambda request: request.method == method and request.path.endswith(ending)


class OpsgenieBench(GenieBench):
    """Opsgenie. Keyword arguments are the simulator's; ``severity``, ``user`` and ``token`` the source's."""

    def __init__(self, *, seat: str | None = ALICE, skew: timedelta = timedelta(), **given: Any) -> None:
        super().__init__(seat=seat, skew=skew)
        options = {key: given.pop(key) for key in ("severity", "user", "token") if key in given}
        scene = given.pop("scene", True)
        self.sim = OpsgenieSim(self.server_clock, 7, **given)
        if scene:
            self.sim.open_scene()
        options.setdefault("token", Secret("literal", TOKEN))
        built = opsgenie.make(
            opsgenie.Options(name=self.name, kind="opsgenie", base_url=f"{BASE_URL}/opsgenie", **options),
            self.context(),
        )
        assert isinstance(built, opsgenie.Opsgenie)
        self._built = built

    @property
    def source(self) -> opsgenie.Opsgenie:
        return self._built


class JsmBench(GenieBench):
    """Jira Service Management Operations. Keyword arguments are the simulator's; ``severity``, ``user``, ``token``,
    ``email`` and ``site`` the source's."""

    def __init__(self, *, seat: str | None = ALICE, skew: timedelta = timedelta(), **given: Any) -> None:
        super().__init__(seat=seat, skew=skew)
        options = {key: given.pop(key) for key in ("severity", "user", "token", "email", "site") if key in given}
        scene = given.pop("scene", True)
        self.sim = JsmSim(self.server_clock, 7, **given)
        if scene:
            self.sim.open_scene()
        options = {"email": ALICE, "token": Secret("literal", JSM_TOKEN), "cloud_id": self.sim.cloud_id, **options}
        if "site" in options:
            del options["cloud_id"]
        built = jsm.make(jsm.Options(name=self.name, kind="jsm", base_url=f"{BASE_URL}/jsm", **options), self.context())
        assert isinstance(built, jsm.JsmOperations)
        self._built = built

    @property
    def source(self) -> jsm.JsmOperations:
        return self._built

    @property
    def ops(self) -> str:
        """What stands before every path of the operations."""
        return f"/jsm/ops/api/{self.sim.cloud_id}/v1"
