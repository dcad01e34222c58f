"""The simulated account as one thing: requests in, answers out."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from oncall_tui.clock import Clock
from oncall_tui.demo.genie.estate import Estate, uuids
from oncall_tui.demo.genie.life import Alert, Life
from oncall_tui.demo.genie.past import Archive
from oncall_tui.demo.genie.scene import open_scene
from oncall_tui.demo.opsgenie.reading import Reader
from oncall_tui.demo.opsgenie.refusing import Refusal
from oncall_tui.demo.opsgenie.writing import Writer
from oncall_tui.demo.wire import Request, Response, json_response

TOKEN = "demo-opsgenie-key"  # noqa: S105 - opens the simulated account only
RATE_LIMIT = 600
RIGHTS = frozenset({"read", "write", "configuration"})


class OpsgenieSim:
    """A simulated Opsgenie account.

    Args:
        clock: its time; what became due is applied when a request comes.
        seed: ids and everything made up follow from it.
        rights: what the key may: ``read``, ``write``, ``configuration``.
        incidents: whether the plan has incidents.
        rate_limit: requests a minute in each domain (alerts, schedules, …).
        delay_s: how long a write waits until it is done.
    """

    prefix = "opsgenie"

    def __init__(
        self,
        clock: Clock,
        seed: int = 1,
        *,
        rights: frozenset[str] = RIGHTS,
        incidents: bool = True,
        rate_limit: int = RATE_LIMIT,
        delay_s: float = 0.4,
    ) -> None:
        self.estate = Estate(uuids(seed), clock.now())
        self.life = Life(self.estate, delay_s)
        self.archive = Archive(self.estate, seed, clock.now(), "email")
        self.heartbeats: dict[str, datetime | None] = {"nightly-backup": clock.now() - timedelta(hours=11)}
        """Name -> last ping; each is expected once a day."""
        self.rights = rights
        self.plan_has_incidents = incidents
        self._clock = clock
        self._rate_limit = rate_limit
        self._minute: datetime | None = None
        self._used: dict[str, int] = {}
        self._chance = random.Random(f"opsgenie:{seed}")  # noqa: S311 - made-up ids, no secret

    # -- the API -----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request as of the clock's now. Never raises for anything a client can send."""
        now = self._clock.now()
        state, left = self._count(request, now)
        headers = {
            "X-RateLimit-State": state,
            "X-RateLimit-Reason": "ACCOUNT",
            "X-RateLimit-Period-In-Sec": str(left),
            "X-Response-Time": "0.012",
        }
        request_id = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        try:
            self._let_in(request, state == "LIMITED")
            self.life.advance(now)
            status, body = self._answer(request, now)
        except Refusal as no:
            status, body = no.status, no.body()
        except (ValueError, TypeError, msgspec.DecodeError):
            status, body = 422, {"message": "Request body is not processable. Please check the errors."}
        whole = {**body, "took": 0.012, "requestId": body.get("requestId", request_id)}
        answer = json_response(whole, status)
        return Response(
            status=status,
            headers={**answer.headers, **headers, "X-Request-ID": whole["requestId"]},
            body=answer.body,
        )

    def _let_in(self, request: Request, limited: bool) -> None:
        if request.headers.get("authorization") != f"GenieKey {TOKEN}":
            raise Refusal(401, "Could not authenticate")
        if limited:
            raise Refusal(429, "You are making too many requests!")
        parts = request.segments
        needs = "write" if request.method != "GET" else "read"
        if parts[1:2] and parts[1] in ("schedules", "escalations", "teams", "users", "heartbeats", "account"):
            needs = "configuration"
        if needs not in self.rights:
            raise Refusal(403, "You are not authorized to access this resource", code=40301)
        if parts[1:2] == ("incidents",) and not self.plan_has_incidents:
            raise Refusal(402, "Your plan does not allow this feature")

    def _answer(self, request: Request, now: datetime) -> tuple[int, dict[str, Any]]:
        if request.method == "GET":
            return 200, Reader(self.life, request, now, self.heartbeats, self.archive).answer()
        match request.method, *request.segments:
            case ("POST", "v2", "schedules", schedule_id, "overrides"):
                schedule = Reader(self.life, request, now, self.heartbeats).schedule(schedule_id)
                return 201, Writer(self.life, request, now).override(schedule)
        return 202, Writer(self.life, request, now).answer()

    def _count(self, request: Request, now: datetime) -> tuple[str, int]:
        if self._minute is None or now - self._minute >= timedelta(minutes=1) or now < self._minute:
            self._minute, self._used = now, {}
        domain = request.segments[1] if len(request.segments) > 1 else ""
        self._used[domain] = self._used.get(domain, 0) + 1
        left = max(1, 60 - int((now - self._minute).total_seconds()))
        if self._used[domain] > self._rate_limit:
            return "LIMITED", left
        return ("THROTTLED" if self._used[domain] == self._rate_limit else "OK"), left

    # -- the story and the tests ---------------------------------------------------------------------------------

    def open_scene(self) -> Mapping[str, Alert]:
        """What has happened before the day begins."""
        now = self._clock.now()
        found = open_scene(self.life, now, "email")
        if self.plan_has_incidents:
            self.life.open_incident("payments", "Payments are failing", now - timedelta(minutes=2), "P1")
        return found

    @property
    def writes(self) -> list[dict[str, Any]]:
        """Every write that was taken, in order, done or not."""
        return self.life.taken

    def told(self) -> dict[str, Any]:
        """What it holds; ``writes`` are those that were done."""
        self.life.advance(self._clock.now())
        return self.life.told()
