"""A source on the simulator of its kind, made from the demo's own stanza, and the means to disturb the wire."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, get_type_hints

import httpx

from oncall_tui import sources
from oncall_tui.config.secret import Secret
from oncall_tui.demo import systems
from oncall_tui.demo.wire import Request, Response, Simulator, json_response
from oncall_tui.model import Directory, HealthCheck, Incident, OnCall, OutboxRow, Shift, Snapshot, Verb
from oncall_tui.sources.base import Known, Seat, Source, SourceContext
from tests.support.clock import ManualClock
from tests.support.transport import simulator_transport

BASE = "http://127.0.0.1:1"
Answerer = Callable[[Request], Response | httpx.Response | None]
Edit = Callable[[Any], Any]


class Shifted:
    """Another machine's clock, off by a fixed length of time."""

    def __init__(self, clock: ManualClock, by: timedelta) -> None:
        self._clock = clock
        self._by = by

    def now(self) -> datetime:
        return self._clock.now() + self._by

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class Dated:
    """A simulator behind a server that dates its answers."""

    def __init__(self, simulator: Simulator, clock: Shifted) -> None:
        self.prefix = simulator.prefix
        self._simulator = simulator
        self._clock = clock

    def handle(self, request: Request) -> Response:
        answer = self._simulator.handle(request)
        headers = {"date": format_datetime(self._clock.now(), usegmt=True), **answer.headers}
        return dataclasses.replace(answer, headers=headers)


@dataclasses.dataclass
class Held:
    """What a store would hold after some polls."""

    on_call: tuple[OnCall, ...] = ()
    shifts: tuple[Shift, ...] = ()
    directory: Directory = dataclasses.field(default_factory=Directory)
    health: tuple[HealthCheck, ...] = ()


class SystemBench:
    """One source of ``kind`` for alice.

    ``rules`` answer in the system's place (first that gives something), or raise; ``edits`` change the JSON of good
    answers to GET whose path ends with their key.

    Args:
        make: makes the simulator; left out: the demo's own, with its opening scene.
        seat: who sits here.
        options: of the config, besides the demo's stanza.
    """

    def __init__(
        self,
        kind: str,
        make: Callable[[Any, int], Simulator] | None = None,
        *,
        seat: str | None = "alice@example.com",
        teams: tuple[str, ...] = ("Payments",),
        skew: timedelta = timedelta(),
        **options: Any,
    ) -> None:
        system = systems.load(kind)
        self.clock = ManualClock()
        there = Shifted(self.clock, skew)
        self.sim: Any = (make or system.make)(there, 7)
        self.exchanges: list[tuple[Request, Response]] = []
        self.rules: list[Answerer] = []
        self.edits: dict[str, Edit] = {}
        self.known: dict[str, Incident] = {}
        self.since: datetime | None = None
        self.last_success: datetime | None = None
        self.problems: tuple[str, ...] = ()
        stanza = {**system.stanzas(f"{BASE}/{kind}")["sources"][0], **options}
        self.name = stanza["name"]
        context = SourceContext(
            name=self.name,
            seat=Seat(user=seat, teams=teams),
            clock=self.clock,
            transport=simulator_transport(
                Dated(self.sim, there), self._seen, prefix=f"/{kind}", intercept=self._intercept
            ),
        )
        module = sources.load_kind(kind)
        self.source: Source = module.make(module.Options(**_typed(module.Options, stanza)), context)
        self._keys = 0

    def _seen(self, request: Request, response: Response) -> None:
        self.exchanges.append((request, response))

    async def _intercept(self, request: Request) -> Response | httpx.Response | None:
        for rule in self.rules:
            answer = rule(request)
            if answer is not None:
                return answer
        for ending, edit in self.edits.items():
            if request.path.endswith(ending):
                response = self.sim.handle(request)
                return json_response(edit(json.loads(response.body)), response.status)
        return None

    @property
    def calls(self) -> list[str]:
        """``GET /incidents`` of every call that reached the system."""
        return [f"{request.method} {request.path}" for request, _ in self.exchanges]

    @property
    def writes(self) -> list[dict[str, Any]]:
        """What the system has applied."""
        found: list[dict[str, Any]] = self.sim.told()["writes"]
        return found

    async def poll(self) -> Snapshot:
        """Poll once, as the desk does, and remember what the store would hold."""
        taken = await self.source.poll(
            Known(incidents=dict(self.known), since=self.since, last_success=self.last_success)
        )
        self.last_success = self.clock.now()
        for incident in taken.incidents or ():
            self.known[incident.native_id] = incident
        newest = max((entry.at for entry in taken.timeline), default=None)
        self.since = max(filter(None, (self.since, newest)), default=None)
        return taken

    async def polls(self, count: int, seconds: float = 30) -> list[Snapshot]:
        """Poll so often, so far apart."""
        taken = []
        for _ in range(count):
            taken.append(await self.poll())
            self.clock.advance(seconds)
        return taken

    async def held(self, count: int = 5, seconds: float = 30) -> Held:
        """What a store would hold after so many polls."""
        found = Held()
        for taken in await self.polls(count, seconds):
            for name in ("on_call", "shifts", "directory", "health"):
                if (value := getattr(taken, name)) is not None:
                    setattr(found, name, value)
        return found

    async def titled(self, title: str) -> Incident:
        """The incident of that title, as the next poll tells it."""
        return next(one for one in (await self.poll()).incidents or () if one.title == title)

    def row(self, verb: Verb, native_id: str, **params: Any) -> OutboxRow:
        """An action of alice's, pressed and sent now."""
        self._keys += 1
        now = self.clock.now()
        return OutboxRow(
            key=f"key{self._keys}",
            verb=verb,
            target=f"{self.name}:{native_id}",
            source=self.name,
            target_title="t",
            params=params,
            seat="alice@example.com",
            created_at=now,
            not_before=now,
            attempts=1,
            sent_at=now,
        )

    async def act(self, row: OutboxRow) -> OutboxRow:
        """Prepare and send it, and give what the store then holds of it."""
        row = dataclasses.replace(row, baseline=await self.source.prepare(row))
        sent = await self.source.send(row)
        return dataclasses.replace(row, answered_at=self.clock.now(), native_ref=sent.native_ref)

    def lose(self, method: str, ending: str, *, applied: bool) -> None:
        """The answer to the next such calls is lost, after or before they were applied."""

        def rule(request: Request) -> Response | None:
            if request.method != method or not request.path.endswith(ending):
                return None
            if applied:
                self.sim.handle(request)
            raise httpx.ReadTimeout("lost")

        self.rules.append(rule)


def _typed(options: type, stanza: Mapping[str, Any]) -> dict[str, Any]:
    """The stanza's values with its secrets as such."""
    hints = get_type_hints(options)
    found = dict(stanza)
    for key, value in stanza.items():
        if isinstance(value, str) and "Secret" in str(hints.get(key)):
            found[key] = Secret("literal", value)
    return found


def on(method: str, ending: str, answer: Response | httpx.Response | Exception) -> Answerer:
    """A rule that answers (or raises) for that method and end of the path."""

    def rule(request: Request) -> Response | httpx.Response | None:
        if request.method != method or not request.path.endswith(ending):
            return None
        if isinstance(answer, Exception):
            raise answer
        return answer

    return rule
