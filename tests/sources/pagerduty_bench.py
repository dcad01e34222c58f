"""A PagerDuty source on a simulated account, and the means to disturb what lies between them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx

from oncall_tui.config.secret import Secret
from oncall_tui.demo.pagerduty import TOKEN, PagerDutySim
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import Incident, OutboxRow, Snapshot, Verb
from oncall_tui.sources.base import Known, Seat, SourceContext
from oncall_tui.sources.pagerduty import Options, PagerDuty, make
from tests.support.clock import ManualClock
from tests.support.transport import simulator_transport

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


class Bench:
    """One source named ``pager`` for alice, on one simulated account.

    ``rules`` answer in the account's place (first that gives something), or raise; ``edits`` change the JSON of
    answers whose path ends with their key.
    """

    def __init__(self, *, seat: str | None = "alice@example.com", skew: timedelta = timedelta(), **sim: Any) -> None:
        options = {key: sim.pop(key) for key in ("severity", "user", "token") if key in sim}
        self.clock = ManualClock()
        self.sim = PagerDutySim(Shifted(self.clock, skew), seed=7, **sim)
        self.exchanges: list[tuple[Request, Response]] = []
        self.rules: list[Answerer] = []
        self.edits: dict[str, Edit] = {}
        self.known: dict[str, Incident] = {}
        self.since: datetime | None = None
        self.last_success: datetime | None = None
        context = SourceContext(
            name="pager",
            seat=Seat(user=seat, teams=("Payments",)),
            clock=self.clock,
            transport=simulator_transport(self.sim, self._seen, intercept=self._intercept),
        )
        built = make(
            Options(
                name="pager",
                kind="pagerduty",
                token=options.pop("token", Secret("literal", TOKEN)),
                **options,
            ),
            context,
        )
        assert isinstance(built, PagerDuty)
        self.source = built
        self._keys = 0

    def _seen(self, request: Request, response: Response) -> None:
        self.exchanges.append((request, response))

    async def _intercept(self, request: Request) -> Response | httpx.Response | None:
        for rule in self.rules:
            answer = rule(request)
            if answer is not None:
                return answer
        for ending, edit in self.edits.items():
            if request.method == "GET" and request.path.endswith(ending):
                response = self.sim.handle(request)
                return json_response(edit(json.loads(response.body)), response.status)
        return None

    @property
    def calls(self) -> list[str]:
        """``GET /incidents`` of every call that reached the account."""
        return [f"{request.method} {request.path}" for request, _ in self.exchanges]

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

    async def one(self, native_id: str) -> Incident:
        """That incident as the next poll tells it."""
        taken = await self.poll()
        return next(incident for incident in taken.incidents or () if incident.native_id == native_id)

    def row(self, verb: Verb, native_id: str, **params: Any) -> OutboxRow:
        """An action of alice's, pressed and sent now."""
        self._keys += 1
        now = self.clock.now()
        return OutboxRow(
            key=f"k{self._keys}",
            verb=verb,
            target=f"pager:{native_id}",
            source="pager",
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


def refuse(code: int, status: int = 400, message: str = "no") -> Response:
    """A refusal of PagerDuty's."""
    return json_response({"error": {"code": code, "message": message}}, status)


def on(method: str, ending: str, answer: Response | httpx.Response | Exception) -> Answerer:
    """A rule that answers (or raises) for that method and end of the path."""

    def rule(request: Request) -> Response | httpx.Response | None:
        if request.method != method or not request.path.endswith(ending):
            return None
        if isinstance(answer, Exception):
            raise answer
        return answer

    return rule


HOUR = timedelta(hours=1)
