"""The one door of the simulated company: a request with a system's prefix in its path comes in, passes the faults,
and the system's answer goes out. What carries it (httpx's transport, a socket) stands before this door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from email.utils import format_datetime

from oncall_tui.clock import Clock
from oncall_tui.demo.faults import Broken, Fault, Outcome, through
from oncall_tui.demo.wire import Request, Response, Simulator, json_response

Seen = Callable[[str, Request, Response], None]
"""Told of each request that a simulator has handled, with its own answer, whatever the caller gets to see."""


class Gate:
    """Routes by the path's first segment, which is taken off.

    Args:
        faults: the first stands nearest to the caller.
        seen: told of each handled request.
    """

    def __init__(
        self, simulators: Sequence[Simulator], *, clock: Clock, faults: Sequence[Fault] = (), seen: Seen | None = None
    ) -> None:
        self._simulators = {simulator.prefix: simulator for simulator in simulators}
        self._clock = clock
        self._seen = seen
        self._onward = through(faults, self._handle)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What is served."""
        return tuple(self._simulators)

    def exchange(self, request: Request) -> Outcome:
        """What the caller gets. Every answer is dated (``Date``), as every server's is."""
        prefix, slash, rest = request.path.removeprefix("/").partition("/")
        if prefix not in self._simulators:
            served = ", ".join(f"/{name}" for name in self._simulators)
            return self._dated(Outcome(json_response({"error": f"nothing here; served are {served}"}, 404)))
        return self._dated(self._onward(prefix, replace(request, path=f"{slash}{rest}" or "/")))

    def _handle(self, prefix: str, request: Request) -> Response:
        response = self._simulators[prefix].handle(request)
        if self._seen is not None:
            self._seen(prefix, request, response)
        return response

    def _dated(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome.answer, Broken):
            return outcome
        headers = {"date": format_datetime(self._clock.now(), usegmt=True), **outcome.answer.headers}
        return replace(outcome, answer=replace(outcome.answer, headers=headers))
