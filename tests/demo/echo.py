"""A simulator that remembers what it was asked and says it back."""

from __future__ import annotations

from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo.faults import Fault, Outcome
from oncall_tui.demo.gate import Gate
from oncall_tui.demo.wire import Request, Response, json_response


class EchoSim:
    """``asked`` holds every request that reached it."""

    def __init__(self, prefix: str = "pagerduty") -> None:
        self.prefix = prefix
        self.asked: list[Request] = []

    def handle(self, request: Request) -> Response:
        self.asked.append(request)
        if request.path == "/empty":
            return Response(status=204)
        return json_response(
            {"method": request.method, "path": request.path, "query": request.query, "body": request.body.decode()}
        )


class EchoWorld:
    """What can be served, with nothing but an EchoSim behind it."""

    def __init__(self, clock: Clock, faults: tuple[Fault, ...] = ()) -> None:
        self.clock = clock
        self.sim = EchoSim()
        self.other = EchoSim("prometheus")
        self.gate = Gate((self.sim, self.other), clock=clock, faults=faults)

    @property
    def prefixes(self) -> tuple[str, ...]:
        return self.gate.prefixes

    def exchange(self, request: Request) -> Outcome:
        return self.gate.exchange(request)

    def state(self) -> dict[str, Any]:
        return {"asked": len(self.sim.asked)}
