"""What goes wrong between the caller and a simulator, on request.

A *trouble* is what happens to one request (it is refused, applied and then dropped, answered with garbage …). A
*fault* decides which requests meet which trouble: by the clock, in windows that come again, so that whoever
watches sees a source fail and come back, or by order of a test (:class:`Planned`). The same clock, seed and
requests give the same troubles.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Protocol

from oncall_tui.clock import Clock
from oncall_tui.demo.wire import Request, Response, json_response

FAULT_NAMES = (
    "latency",
    "rate-limit",
    "server-error",
    "drop-after-apply",
    "bad-json",
    "hostile",
    "source-down",
)
"""What ``--fault`` takes. ``hostile`` is not a fault of the wire: the world's own texts become hostile
(:mod:`oncall_tui.demo.hostile`)."""


class Broken(Enum):
    """How a connection fails in place of an answer."""

    REFUSED = "refused"
    """No connection: the request did not reach the simulator."""
    DROPPED = "dropped"
    """The connection closes without an answer; the request may have been applied."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the caller gets, ``delay_s`` seconds after it was applied."""

    answer: Response | Broken
    delay_s: float = 0.0


Onward = Callable[[str, Request], Outcome]
"""Carries a request on towards the simulator of that prefix. The request's path is below the prefix."""
Trouble = Callable[[str, Request, Onward], Outcome]
"""What happens to one request in place of being carried on undisturbed."""


def is_write(request: Request) -> bool:
    """Whether the request may change state. A query that is sent by POST (Prometheus, GraphQL) may not."""
    if request.segments[-1:] == ("graphql",) and b"mutation" not in request.body:
        return False
    return request.method in ("PUT", "PATCH", "DELETE") or (
        request.method == "POST" and request.segments[-1:] not in (("query",), ("query_range",))
    )


# -- troubles ----------------------------------------------------------------------------------------------------


def refuse(prefix: str, request: Request, onward: Onward) -> Outcome:
    """No connection; nothing is applied."""
    return Outcome(Broken.REFUSED)


def drop_before_apply(prefix: str, request: Request, onward: Onward) -> Outcome:
    """The connection closes without an answer; nothing is applied, which the caller cannot know."""
    return Outcome(Broken.DROPPED)


def drop_after_apply(prefix: str, request: Request, onward: Onward) -> Outcome:
    """The request is applied, then the connection closes without an answer."""
    return replace(onward(prefix, request), answer=Broken.DROPPED)


def answer_with(response: Response) -> Trouble:
    """``response`` comes in place of the simulator's; nothing is applied."""
    return lambda prefix, request, onward: Outcome(response)


def apply_and_answer(response: Response) -> Trouble:
    """The request is applied, but ``response`` comes back."""
    return lambda prefix, request, onward: replace(onward(prefix, request), answer=response)


def delay(seconds: float) -> Trouble:
    """The answer comes ``seconds`` after the request was applied."""

    def trouble(prefix: str, request: Request, onward: Onward) -> Outcome:
        outcome = onward(prefix, request)
        return replace(outcome, delay_s=outcome.delay_s + seconds)

    return trouble


def limit_rate(reset_s: float, *, tell: bool = True) -> Trouble:
    """429 in the system's own form; nothing is applied. ``tell``: with the headers that say how long to wait."""
    seconds = str(max(1, round(reset_s)))

    def trouble(prefix: str, request: Request, onward: Onward) -> Outcome:
        if prefix == "pagerduty":
            body = {"error": {"message": "Rate Limit Exceeded", "code": 2020}}
            headers = {"ratelimit-limit": "960", "ratelimit-remaining": "0", "ratelimit-reset": seconds}
            return Outcome(json_response(body, 429, **(headers if tell else {})))
        return Outcome(
            Response(
                status=429,
                headers={"content-type": "text/plain", **({"retry-after": seconds} if tell else {})},
                body=b"Too Many Requests\n",
            )
        )

    return trouble


SERVER_ERRORS = (
    json_response({"error": {"message": "Internal Server Error", "code": 2000}}, 500),
    Response(
        status=502,
        headers={"content-type": "text/html"},
        body=b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1>"
        b"</center><hr><center>nginx</center></body>\r\n</html>\r\n",
    ),
    Response(status=503, headers={"content-type": "text/plain"}, body=b"upstream connect error"),
)
"""An application's, a proxy's and a mesh's way to fail."""


def _cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _page(body: bytes) -> bytes:
    return b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in to continue</body></html>"


def _not_a_number(body: bytes) -> bytes:
    return b'{"value":NaN,' + body[1:]


def _deep(body: bytes) -> bytes:
    return b"[" * 100_000


def _not_utf8(body: bytes) -> bytes:
    return b'{"caf\xe9":1,' + body[1:]


def _other_root(body: bytes) -> bytes:
    return b'"under maintenance"'


GARBLES: tuple[Callable[[bytes], bytes], ...] = (_cut, _page, _not_a_number, _deep, _not_utf8, _other_root)


def garble(how: Callable[[bytes], bytes]) -> Trouble:
    """The request is applied; the body of its good answer is spoilt by ``how``."""

    def trouble(prefix: str, request: Request, onward: Onward) -> Outcome:
        outcome = onward(prefix, request)
        answer = outcome.answer
        if isinstance(answer, Broken) or answer.status >= 300 or not answer.body:
            return outcome
        return replace(outcome, answer=replace(answer, body=how(answer.body)))

    return trouble


# -- faults: which request meets which trouble -------------------------------------------------------------------


class Fault(Protocol):
    """Decides what happens to each request; asked once for each, in the order they come."""

    def trouble(self, prefix: str, request: Request) -> Trouble | None:
        """What ``request`` meets, ``None``: nothing."""
        ...


def through(faults: Sequence[Fault], handle: Callable[[str, Request], Response]) -> Onward:
    """``handle`` behind ``faults``: the first of them stands nearest to the caller."""

    def step(fault: Fault, onward: Onward, prefix: str, request: Request) -> Outcome:
        trouble = fault.trouble(prefix, request)
        return onward(prefix, request) if trouble is None else trouble(prefix, request, onward)

    carried: Onward = lambda prefix, request: Outcome(handle(prefix, request))  # noqa: E731 - one of a chain
    for fault in reversed(faults):
        carried = partial(step, fault, carried)
    return carried


@dataclass(frozen=True, slots=True)
class Windows:
    """Stretches of time: the first begins ``first_s`` seconds after ``start`` and lasts ``lasts_s``, the next
    begins ``every_s`` after it, and so on."""

    start: datetime
    first_s: float
    lasts_s: float
    every_s: float

    def at(self, now: datetime) -> tuple[int, float] | None:
        """The number (from 0) of the window that is open at ``now`` and the seconds left of it."""
        number, into = divmod((now - self.start).total_seconds() - self.first_s, self.every_s)
        return (int(number), self.lasts_s - into) if number >= 0 and into < self.lasts_s else None


@dataclass(kw_only=True)
class Timed:
    """A fault whose windows come again. What it does in them is its subclass's."""

    clock: Clock
    windows: Windows
    chance: random.Random

    def trouble(self, prefix: str, request: Request) -> Trouble | None:
        """As :meth:`Fault.trouble`."""
        window = self.windows.at(self.clock.now())
        return None if window is None else self.within(window[0], window[1], prefix, request)

    def within(self, number: int, left_s: float, prefix: str, request: Request) -> Trouble | None:
        """What ``request`` meets in window ``number``, which is open for ``left_s`` more seconds."""
        raise NotImplementedError


class Latency(Timed):
    """Every answer is late."""

    def within(self, number: int, left_s: float, prefix: str, request: Request) -> Trouble | None:
        """0.5 to 4 seconds late."""
        return delay(round(self.chance.uniform(0.5, 4.0), 3))


class RateLimit(Timed):
    """The budget is used up."""

    def within(self, number: int, left_s: float, prefix: str, request: Request) -> Trouble | None:
        """429, one in four without a word on how long to wait."""
        return limit_rate(left_s, tell=self.chance.random() < 0.75)


class ServerError(Timed):
    """Two requests in three fail in the server."""

    def within(self, number: int, left_s: float, prefix: str, request: Request) -> Trouble | None:
        """500, 502 or 503; half of the writes that fail were applied."""
        if self.chance.random() >= 2 / 3:
            return None
        failure = self.chance.choice(SERVER_ERRORS)
        applied = is_write(request) and self.chance.random() < 0.5
        return apply_and_answer(failure) if applied else answer_with(failure)


class DropAfterApply:
    """Every other write is applied and never answered, the first of them too."""

    def __init__(self) -> None:
        self._writes = 0

    def trouble(self, prefix: str, request: Request) -> Trouble | None:
        """As :meth:`Fault.trouble`."""
        if not is_write(request):
            return None
        self._writes += 1
        return drop_after_apply if self._writes % 2 else None


class BadJson(Timed):
    """Good answers are spoilt."""

    def within(self, number: int, left_s: float, prefix: str, request: Request) -> Trouble | None:
        """One of :data:`GARBLES`."""
        return garble(self.chance.choice(GARBLES))


@dataclass(kw_only=True)
class SourceDown(Timed):
    """One source at a time cannot be reached, each of ``prefixes`` in turn."""

    prefixes: tuple[str, ...]

    def within(self, number: int, left_s: float, prefix: str, request: Request) -> Trouble | None:
        """Refused where it is this source's turn."""
        return refuse if prefix == self.prefixes[number % len(self.prefixes)] else None


def make_fault(name: str, *, clock: Clock, seed: int, prefixes: Sequence[str]) -> Fault:
    """The fault of that name, as ``--fault`` gives it, from now on.

    Raises:
        ValueError: no fault of the wire has that name (``hostile`` is none).
    """
    start = clock.now()
    chance = random.Random(f"{seed}:{name}")  # noqa: S311 - a simulation's chance, no secret
    match name:
        case "latency":
            return Latency(clock=clock, windows=Windows(start, 10, 120, 180), chance=chance)
        case "rate-limit":
            return RateLimit(clock=clock, windows=Windows(start, 30, 40, 120), chance=chance)
        case "server-error":
            return ServerError(clock=clock, windows=Windows(start, 30, 45, 120), chance=chance)
        case "drop-after-apply":
            return DropAfterApply()
        case "bad-json":
            return BadJson(clock=clock, windows=Windows(start, 30, 45, 120), chance=chance)
        case "source-down":
            windows = Windows(start, 45, 90, 240)
            return SourceDown(clock=clock, windows=windows, chance=chance, prefixes=tuple(prefixes))
    raise ValueError(f"no such fault: {name}")


@dataclass
class _Order:
    trouble: Trouble
    prefix: str
    matching: Callable[[Request], bool]
    left: int | None


@dataclass
class Planned:
    """Troubles that a test orders for the requests to come.

    >>> world.planned.next(drop_after_apply, matching=is_write)
    >>> world.planned.next(answer_with(SERVER_ERRORS[0]), prefix="pagerduty", count=3)
    """

    _orders: list[_Order] = field(default_factory=list)
    met: list[tuple[str, Request]] = field(default_factory=list)
    """Prefix and request of those that met an ordered trouble, in order."""

    def next(
        self,
        trouble: Trouble,
        *,
        prefix: str = "",
        matching: Callable[[Request], bool] = lambda request: True,
        count: int | None = 1,
    ) -> None:
        """The next ``count`` requests (``None``: all, until :meth:`clear`) to ``prefix`` (``""``: to any) that
        ``matching`` says yes to meet ``trouble``. Orders are served in the order they were given."""
        self._orders.append(_Order(trouble, prefix, matching, count))

    def clear(self) -> None:
        """Forget the orders that are left."""
        self._orders.clear()

    @property
    def pending(self) -> int:
        """How many orders still wait for a request."""
        return len(self._orders)

    def trouble(self, prefix: str, request: Request) -> Trouble | None:
        """As :meth:`Fault.trouble`."""
        for order in self._fitting(prefix, request):
            if order.left is not None:
                order.left -= 1
                if order.left <= 0:
                    self._orders.remove(order)
            self.met.append((prefix, request))
            return order.trouble
        return None

    def _fitting(self, prefix: str, request: Request) -> Iterable[_Order]:
        return (order for order in self._orders if order.prefix in ("", prefix) and order.matching(request))
