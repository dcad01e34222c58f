"""A Grafana OnCall source on a simulated engine, and the means to disturb what lies between them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from oncall_tui.config.secret import Secret
from oncall_tui.demo.faults import Broken, Onward, Outcome, Planned
from oncall_tui.demo.gate import Gate
from oncall_tui.demo.grafana_oncall import TOKEN, GrafanaOnCallSim
from oncall_tui.demo.transport import BASE_URL, WorldTransport
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import Incident, OutboxRow, Snapshot, Verb
from oncall_tui.sources.base import Known, Seat, SourceContext
from oncall_tui.sources.grafana_oncall import GrafanaOnCall, Options, make
from tests.support.clock import ManualClock

Edit = Callable[[Any], Any]


class Shifted:
    """Another machine's clock, off by a fixed length of time."""

    def __init__(self, clock: ManualClock, by: timedelta) -> None:
        self._clock = clock
        self._by = by

    def now(self) -> Any:
        return self._clock.now() + self._by

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class Bench:
    """One source named ``irm`` for alice on one engine, where nothing is before it is triggered.

    ``planned`` orders troubles; ``edits`` change the JSON of GET answers whose path ends with their key.
    """

    def __init__(
        self, *, seat: str | None = "alice@example.com", skew: timedelta = timedelta(), sim: Any = None, **options: Any
    ) -> None:
        self.clock = ManualClock()
        there = Shifted(self.clock, skew)
        self.sim = GrafanaOnCallSim(there, 7, **(sim or {}))
        self.planned = Planned()
        self.edits: dict[str, Edit] = {}
        self.exchanges: list[tuple[Request, Response]] = []
        self.known: dict[str, Incident] = {}
        self.last_success: Any = None
        gate = Gate([self.sim], clock=there, faults=[self.planned, self], seen=self._seen)
        context = SourceContext(
            name="irm",
            seat=Seat(user=seat, teams=("Payments",)),
            clock=self.clock,
            transport=WorldTransport(gate.exchange, self.clock),
        )
        given = {"token": Secret("literal", TOKEN), **options}
        built = make(
            Options(name="irm", kind="grafana-oncall", base_url=f"{BASE_URL}/grafana-oncall", **given), context
        )
        assert isinstance(built, GrafanaOnCall)
        self.source = built
        self._keys = 0

    def _seen(self, prefix: str, request: Request, response: Response) -> None:
        self.exchanges.append((request, response))

    def trouble(self, prefix: str, request: Request) -> Callable[[str, Request, Onward], Outcome] | None:
        """As a fault of the demo: the edit that is for this request."""
        for ending, edit in self.edits.items():
            if request.method == "GET" and request.path.endswith(ending):
                return _edited(edit)
        return None

    @property
    def calls(self) -> list[str]:
        """``GET /alert_groups/?state=new`` of every call that reached the engine, without the paging."""
        told = []
        for request, _ in self.exchanges:
            query = "&".join(f"{key}={value}" for key, value in request.query if key not in ("page", "perpage"))
            path = request.path.removeprefix("/api/v1")
            told.append(f"{request.method} {path}{'?' if query else ''}{query}")
        return told

    async def poll(self) -> Snapshot:
        """Poll once, as the desk does, and remember what the store would hold."""
        taken = await self.source.poll(Known(incidents=dict(self.known), last_success=self.last_success))
        self.last_success = self.clock.now()
        for incident in taken.incidents or ():
            self.known[incident.native_id] = incident
        return taken

    async def one(self, native_id: str) -> Incident:
        """That alert group as the next poll tells it."""
        taken = await self.poll()
        return next(incident for incident in taken.incidents or () if incident.native_id == native_id)

    def row(self, verb: Verb, native_id: str, **params: Any) -> OutboxRow:
        """An action of alice's, pressed and sent now."""
        self._keys += 1
        now = self.clock.now()
        return OutboxRow(
            key=f"k{self._keys}",
            verb=verb,
            target=f"irm:{native_id}",
            source="irm",
            target_title="t",
            params=params,
            seat="alice@example.com",
            created_at=now,
            not_before=now,
            attempts=1,
            sent_at=now,
        )

    def user(self, key: str) -> str:
        """The id of one of the company's people."""
        return self.sim.estate.users[key].id


def _edited(edit: Edit) -> Callable[[str, Request, Onward], Outcome]:
    def trouble(prefix: str, request: Request, onward: Onward) -> Outcome:
        answer = onward(prefix, request).answer
        assert not isinstance(answer, Broken)
        return Outcome(json_response(edit(json.loads(answer.body)), answer.status))

    return trouble


def ending(text: str, method: str = "") -> Callable[[Request], bool]:
    """Requests whose path ends so."""
    return lambda request: request.path.endswith(text) and method in ("", request.method)


def each(**changes: Any) -> Edit:
    """Every row of a list with these values."""

    def edit(data: Any) -> Any:
        return {**data, "results": [{**row, **changes} for row in data["results"]]}

    return edit
