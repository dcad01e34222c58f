"""The simulated organisation as one thing: requests in, answers out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import msgspec

from oncall_tui.clock import Clock, iso
from oncall_tui.demo.datadog.estate import Estate
from oncall_tui.demo.datadog.reading import Reader
from oncall_tui.demo.datadog.refusal import Refusal
from oncall_tui.demo.datadog.writing import Writer
from oncall_tui.demo.past import Archive
from oncall_tui.demo.wire import Request, Response, json_response

API_KEY = "demo-datadog-api-key"
APP_KEY = "demo-datadog-app-key"
RATE_LIMIT, PERIOD_S = 120, 60

_NEEDS: dict[tuple[str, ...], str] = {
    ("api", "v1", "monitor"): "monitors_read",
    ("api", "v1", "query"): "timeseries_query",
    ("api", "v2", "events"): "events_read",
    ("api", "v2", "downtime"): "monitors_downtime",
    ("api", "v2", "incidents"): "incident_read",
    ("api", "v2", "on-call"): "on_call_read",
    ("api", "v2", "team"): "teams_read",
    ("api", "v2", "users"): "user_access_read",
}


class DatadogSim:
    """A simulated Datadog organisation.

    Args:
        clock: its time; what became due happens when a request comes.
        seed: ids follow from it.
        lacking: permissions that the application key's owner does not have.
        rate_limit: requests a minute to each endpoint.
        owner: whose application key it is.
    """

    prefix = "datadog"

    def __init__(
        self,
        clock: Clock,
        seed: int = 1,
        *,
        lacking: Collection[str] = (),
        rate_limit: int = RATE_LIMIT,
        owner: str = "alice",
    ) -> None:
        self.estate = Estate(seed, clock.now())
        self._archive = Archive(seed, clock.now(), self.estate.past, lambda one: one.id)
        self.writes: list[dict[str, Any]] = []
        self.lacking = set(lacking)
        self.keys = (API_KEY, APP_KEY)
        self.rate_limit = rate_limit
        self.rate_limits: dict[str, int] = {}
        """Of single endpoints (``GET_monitor_search``) other limits."""
        self._clock = clock
        self._owner = owner
        self._used: dict[str, tuple[datetime, int]] = {}

    def handle(self, request: Request) -> Response:
        """Answer one request as of the clock's now. Never raises for anything a client can send."""
        now = self._clock.now()
        headers = {"date": format_datetime(now, usegmt=True)}
        try:
            self._admit(request)
            headers |= self._count(request, now)
            self.estate.advance(now)
            answer = self._answer(request, now)
        except Refusal as no:
            answer = json_response({"errors": [no.words]}, no.status)
            headers = {**headers, **no.headers}
        return Response(status=answer.status, headers={**answer.headers, **headers}, body=answer.body)

    def _answer(self, request: Request, now: datetime) -> Response:
        if request.method == "GET":
            return json_response(Reader(self.estate, request, now, self._archive).answer())
        try:
            body = request.json() if request.body else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Refusal(400, "Invalid JSON structure") from None
        writer = Writer(self.estate, now, self._owner)
        status, data = writer.answer(request, body)
        self.writes += writer.done
        return json_response(data, status) if data is not None else Response(status=status)

    def _admit(self, request: Request) -> None:
        """A wrong key of either kind, another region, a missing permission: all are 403."""
        api_key, app_key = request.headers.get("dd-api-key"), request.headers.get("dd-application-key")
        if api_key != self.keys[0]:
            raise Refusal(403, "Forbidden")
        if request.segments == ("api", "v1", "validate"):
            return
        need = _NEEDS.get(request.segments[:3])
        if app_key != self.keys[1] or need in self.lacking:
            raise Refusal(403, "Forbidden")
        if need == "incident_read" and request.method != "GET" and "incident_write" in self.lacking:
            raise Refusal(403, "Forbidden")

    def _count(self, request: Request, now: datetime) -> dict[str, str]:
        endpoint = f"{request.method}_{'_'.join(request.segments[2:4])}"
        began, used = self._used.get(endpoint, (now, 0))
        if not 0 <= (now - began).total_seconds() < PERIOD_S:
            began, used = now, 0
        self._used[endpoint] = (began, used + 1)
        left = PERIOD_S - int((now - began).total_seconds())
        limit = self.rate_limits.get(endpoint, self.rate_limit)
        if used >= limit:
            raise RateRefusal(limit, left, endpoint)
        return _rate_headers(limit, limit - used - 1, left, endpoint)

    def told(self) -> dict[str, Any]:
        """What it holds now, as JSON; see :class:`~oncall_tui.demo.systems.Living`."""
        now = self._clock.now()
        return {
            "monitors": [
                {
                    "id": one.id,
                    "name": one.name,
                    "status": one.status,
                    "groups": {",".join(group.tags) or "*": group.status for group in one.groups},
                }
                for one in self.estate.monitors.values()
            ],
            "downtimes": [
                {"id": one.id, "scope": one.scope, "monitor": one.identifier, "status": one.status(now)}
                for one in self.estate.downtimes.values()
            ],
            "incidents": [
                {
                    "id": one.id,
                    "number": one.public_id,
                    "title": one.title,
                    "severity": one.severity,
                    "state": one.state,
                    "commander": one.commander,
                    "created_at": iso(one.created),
                }
                for one in self.estate.incidents.values()
            ],
            "writes": list(self.writes),
        }

    # -- the story and the tests ---------------------------------------------------------------------------------

    def set_status(self, monitor_id: int, status: str, tags: tuple[str, ...] = ()) -> None:
        """A group of a monitor goes over into that state now (``Alert``, ``Warn``, ``No Data``, ``OK`` …)."""
        self.estate.set_status(monitor_id, status, self._clock.now(), tags)

    def user(self, key: str) -> str:
        """The id of one of the company's people."""
        return self.estate.users[key]

    def incident(self, title: str) -> str:
        """The id of the incident whose title begins so."""
        return next(one.id for one in self.estate.incidents.values() if one.title.startswith(title))


class RateRefusal(Refusal):
    """429, which tells when the endpoint's limit begins anew."""

    def __init__(self, limit: int, left: int, endpoint: str) -> None:
        super().__init__(429, f"Rate limit of {limit} requests in {PERIOD_S} seconds reached. Please try again later.")
        self.headers = _rate_headers(limit, 0, left, endpoint)


def _rate_headers(limit: int, remaining: int, left: int, endpoint: str) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-period": str(PERIOD_S),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(left),
        "x-ratelimit-name": endpoint,
    }
