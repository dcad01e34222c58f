"""A Datadog source on a simulated organisation, every exchange recorded, and the means to disturb what lies between."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from oncall_tui.config.secret import Secret
from oncall_tui.demo.datadog import API_KEY, APP_KEY, DatadogSim
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import Alert, OutboxRow, Snapshot, Verb
from oncall_tui.sources.base import Known, Seat, SourceContext
from oncall_tui.sources.datadog import Datadog, Options, make
from tests.sources.pagerduty_bench import Shifted
from tests.support.clock import ManualClock
from tests.support.transport import simulator_transport

Rule = Callable[[Request], Response | httpx.Response | None]


class Bench:
    """One source named ``dd`` for alice of Payments. ``rules`` answer in the organisation's place or raise; ``edits``
    change the JSON of answers whose path ends with their key."""

    def __init__(self, *, skew: timedelta = timedelta(), seat: str | None = "alice@example.com", **more: Any) -> None:
        sim = {key: more.pop(key) for key in ("lacking", "rate_limit") if key in more}
        self.clock = ManualClock()
        self.sim = DatadogSim(Shifted(self.clock, skew), 7, **sim)
        self.exchanges: list[tuple[Request, Response]] = []
        self.rules: list[Rule] = []
        self.edits: dict[str, Callable[[Any], Any]] = {}
        options = Options(
            name="dd",
            kind="datadog",
            base_url="http://127.0.0.1:1",
            api_key=Secret("literal", API_KEY),
            app_key=Secret("literal", APP_KEY),
            **more,
        )
        transport = simulator_transport(
            self.sim, lambda request, answer: self.exchanges.append((request, answer)), intercept=self._intercept
        )
        seat_of = Seat(user=seat, teams=("Payments",))
        built = make(options, SourceContext(name="dd", seat=seat_of, clock=self.clock, transport=transport))
        assert isinstance(built, Datadog)
        self.source = built

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

    def calls(self, ending: str = "") -> list[Request]:
        """The requests that reached the organisation, of paths that end so."""
        return [request for request, _ in self.exchanges if request.path.endswith(ending)]

    async def poll(self) -> Snapshot:
        """Poll once."""
        return await self.source.poll(Known())

    async def alert(self, name: str, **labels: str) -> Alert:
        """The one alert of that name with these labels, as the next poll tells it."""
        return alert_named(await self.poll(), name, **labels)

    def row(self, verb: Verb, native_id: str, **params: Any) -> OutboxRow:
        """An action of alice's, pressed and sent now."""
        now = self.clock.now()
        return OutboxRow(
            key="k1",
            verb=verb,
            target=f"dd:{native_id}",
            source="dd",
            target_title="as seen",
            params=params,
            seat="alice@example.com",
            created_at=now,
            not_before=now,
            attempts=1,
            sent_at=now,
        )


def alert_named(snapshot: Snapshot, name: str, **labels: str) -> Alert:
    """The one alert of that name with these labels."""
    (found,) = [one for one in snapshot.alerts or () if one.name == name and labels.items() <= one.labels.items()]
    return found


def on(method: str, ending: str, answer: Response | httpx.Response | Exception, times: int | None = None) -> Rule:
    """A rule that answers (or raises) for that method and end of the path, at most ``times``."""
    left = [times]

    def rule(request: Request) -> Response | httpx.Response | None:
        if request.method != method or not request.path.endswith(ending) or left[0] == 0:
            return None
        if left[0] is not None:
            left[0] -= 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    return rule


def refuse(status: int, words: str = "no") -> Response:
    """A refusal of Datadog's."""
    return json_response({"errors": [words]}, status)
