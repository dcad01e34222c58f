"""The simulated Loki: requests in, answers out."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from oncall_tui.clock import Clock, iso, parse_instant
from oncall_tui.demo import company
from oncall_tui.demo.loki.lines import line
from oncall_tui.demo.loki.logql import Count, Lines, ParseError, parse
from oncall_tui.demo.wire import Request, Response, json_response

TENANT = "demo"
USER, PASSWORD = "demo", "demo-loki-password"
VERSION = "3.7.0"
MAX_SERIES = 500
_LEVELS = {"info": 240.0, "warn": 12.0, "error": 4.0}
"""Lines a minute of each service when all is well."""
_EVERY, _LASTS = timedelta(minutes=12), timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Burst:
    """More lines of a service and level than usual, from ``start`` on; ``end`` ``None``: it goes on."""

    service: str
    level: str
    per_minute: float
    start: datetime
    end: datetime | None = None


class LokiSim:
    """A simulated Loki with one tenant.

    Args:
        clock: its time.
        seed: how many lines are usual follows from it.
        rate_limit: queries a minute.
    """

    prefix = "loki"

    def __init__(self, clock: Clock, seed: int = 1, *, rate_limit: int = 600) -> None:
        self.started_at = clock.now()
        self.password = PASSWORD
        self.ready = True
        self.rate_limit = rate_limit
        self.services = {service: self._usual(seed, service) for team in company.TEAMS for service in team.services}
        """Lines a minute of each service by level."""
        self.bursts: list[Burst] = []
        self._clock = clock
        self._minute: tuple[datetime, int] = (self.started_at, 0)
        self._open_scene()

    @staticmethod
    def _usual(seed: int, service: str) -> dict[str, float]:
        chance = random.Random(f"{seed}:loki:{service}")  # noqa: S311 - a simulation's chance
        return {level: rate * chance.uniform(0.5, 1.5) for level, rate in _LEVELS.items()}

    def _open_scene(self) -> None:
        now = self.started_at
        self.burst("payments", "error", 410, now - timedelta(minutes=7))
        self.burst("payments", "fatal", 3, now - timedelta(minutes=2))
        self.burst("storage", "error", 180, now - timedelta(minutes=41), now - timedelta(minutes=36))
        self.burst("storage", "error", 220, now - timedelta(minutes=25), now - timedelta(minutes=22))
        self.burst("gateway", "error", 150, now - timedelta(minutes=4))
        self.burst("edge", "error", 260, now - timedelta(minutes=3))

    # -- the API -----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises for anything a client can send."""
        answer = self._routed(request)
        return Response(
            status=answer.status,
            headers={"date": format_datetime(self._clock.now(), usegmt=True), **answer.headers},
            body=answer.body,
        )

    def _routed(self, request: Request) -> Response:
        if request.path == "/ready":
            return _text("ready\n") if self.ready else _text("Ingester not ready: waiting for 15s\n", 503)
        if not request.path.startswith("/loki/api/v1/"):
            return _text("404 page not found\n", 404)
        wanted = b64encode(f"{USER}:{self.password}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {wanted}":
            return _text("Unauthorized\n", 401)
        if request.segments[3:] == ("status", "buildinfo"):
            return json_response({"version": VERSION, "revision": "simulated", "branch": "HEAD", "goVersion": "go1.26"})
        if request.headers.get("x-scope-orgid") != TENANT:
            return _text("no org id\n", 401)
        if self._is_too_many():
            return _text("too many outstanding requests\n", 429)
        return self._asked(request)

    def _is_too_many(self) -> bool:
        now = self._clock.now()
        began, used = self._minute
        if not timedelta() <= now - began < timedelta(minutes=1):
            began, used = now, 0
        self._minute = (began, used + 1)
        return used >= self.rate_limit

    def _asked(self, request: Request) -> Response:
        try:
            match request.segments[3:]:
                case ("query",):
                    return self._query(request)
                case ("query_range",):
                    return self._query_range(request)
                case ("label", "service_name", "values"):
                    return self._services(request)
                case ("label", _, "values"):
                    return json_response({"status": "success"})  # as it tells of a label that it does not have
                case ("labels",):
                    return json_response({"status": "success", "data": ["env", "service_name"]})
        except ParseError as error:
            return _text(f"{error}\n", 400)
        except (ValueError, OverflowError) as error:
            return _text(f"cannot parse time: {error}\n", 400)
        return _text("404 page not found\n", 404)

    def _query(self, request: Request) -> Response:
        query = parse(request.value("query"))
        if isinstance(query, Lines):
            return _text(
                "log queries are not supported as an instant query type, "
                "please change your query to a range query type\n",
                400,
            )
        at = _moment(request.value("time"), self._clock.now())
        series = [(metric, value) for metric, value in self._counted(query, at)]
        if len(series) > MAX_SERIES:
            return _too_many_series()
        result = [{"metric": metric, "value": [at.timestamp(), f"{value:g}"]} for metric, value in series]
        return _success("vector", result)

    def _query_range(self, request: Request) -> Response:
        query = parse(request.value("query"))
        end = _moment(request.value("end"), self._clock.now())
        start = _moment(request.value("start"), end - timedelta(hours=1))
        if start > end:
            return _text("end timestamp must not be before or equal to start time\n", 400)
        if isinstance(query, Lines):
            limit = int(request.value("limit", "100"))
            return _success("streams", self._streams(query, start, end, limit))
        step = timedelta(seconds=float(request.value("step", "60").rstrip("s")))
        found: dict[tuple[tuple[str, str], ...], list[list[Any]]] = {}
        at = start
        while at <= end:
            for metric, value in self._counted(query, at):
                found.setdefault(tuple(sorted(metric.items())), []).append([at.timestamp(), f"{value:g}"])
            at += step
        if len(found) > MAX_SERIES:
            return _too_many_series()
        return _success("matrix", [{"metric": dict(key), "values": values} for key, values in found.items()])

    def _services(self, request: Request) -> Response:
        """Those that have logged anything."""
        query = parse(request.value("query") or '{service_name=~".+"}')
        matchers = query.matchers if isinstance(query, Lines) else ()
        end = _moment(request.value("end"), self._clock.now())
        logged = self._logged(_moment(request.value("start"), end - timedelta(hours=1)), end)
        found = {labels["service_name"] for labels, lines in logged if lines and all(m.holds(labels) for m in matchers)}
        return json_response({"status": "success", "data": sorted(found)})

    # -- counting ----------------------------------------------------------------------------------------------

    def _counted(self, query: Count, at: datetime) -> Iterator[tuple[dict[str, str], float]]:
        """The series at that time; those of no lines are absent."""
        sums: dict[tuple[tuple[str, str], ...], float] = {}
        for labels, lines in self._logged(at - timedelta(seconds=query.over_s), at):
            if all(matcher.holds(labels) for matcher in query.lines.matchers):
                key = tuple((name, labels[name]) for name in query.by if name in labels)
                sums[key] = sums.get(key, 0) + lines
        for key, value in sums.items():
            if value > 0 and (query.above is None or value > query.above):
                yield dict(key), value

    def _logged(self, start: datetime, end: datetime) -> Iterator[tuple[dict[str, str], int]]:
        """How many lines of each service and level there were from ``start`` to ``end``."""
        minutes = (end - start).total_seconds() / 60
        for service, usual in self.services.items():
            for level in (*_LEVELS, "fatal"):
                lines = usual.get(level, 0.0) * minutes + sum(
                    burst.per_minute * _overlap(burst, start, end)
                    for burst in (*self.bursts, *self._recurring(end))
                    if burst.service == service and burst.level == level
                )
                yield {"service_name": service, "env": "prod", "detected_level": level}, round(lines)

    def _recurring(self, until: datetime) -> Iterator[Burst]:
        """Search logs too much for three minutes in every twelve."""
        number = int((until - self.started_at) / _EVERY)
        for back in range(max(1, number - 6), number + 1):
            start = self.started_at + back * _EVERY
            yield Burst("search", "error", 130, start, start + _LASTS)

    def _streams(self, query: Lines, start: datetime, end: datetime, limit: int) -> list[dict[str, Any]]:
        """The newest lines, ``limit`` of all streams together, minute by minute from the end back."""
        found: dict[tuple[tuple[str, str], ...], list[list[str]]] = {}
        told, until = 0, end
        while until > start and told < limit:
            since = max(start, until - timedelta(minutes=1))
            for labels, lines in self._logged(since, until):
                if not lines or not all(matcher.holds(labels) for matcher in query.matchers):
                    continue
                service, level = labels["service_name"], labels["detected_level"]
                entries = found.setdefault(tuple(labels.items()), [])
                for number in range(min(lines, limit - told)):
                    at = until - (until - since) * (number + 1) / (lines + 1)
                    entries.append([_ns(at), line(service, level, int(at.timestamp() * 10))])
                    told += 1
            until = since
        return [{"stream": dict(key), "values": values} for key, values in found.items() if values]

    # -- the story and the tests ---------------------------------------------------------------------------------

    def burst(
        self, service: str, level: str, per_minute: float, start: datetime | None = None, end: datetime | None = None
    ) -> None:
        """From ``start`` (now) until ``end`` (for ever) so many lines more a minute."""
        self.services.setdefault(service, {})
        self.bursts.append(Burst(service, level, per_minute, start or self._clock.now(), end))

    def calm(self) -> None:
        """All bursts end now."""
        now = self._clock.now()
        self.bursts = [
            Burst(one.service, one.level, one.per_minute, one.start, min(one.end or now, now)) for one in self.bursts
        ]

    def told(self) -> dict[str, Any]:
        """What it holds now, as JSON; see :class:`~oncall_tui.demo.systems.Living`."""
        now = self._clock.now()
        counted = self._logged(now - timedelta(minutes=1), now)
        lines = {f"{labels['service_name']} {labels['detected_level']}": count for labels, count in counted if count}
        return {"now": iso(now), "last_minute": lines, "writes": []}


def _overlap(burst: Burst, start: datetime, end: datetime) -> float:
    """Minutes that a burst and a stretch of time share."""
    begin, finish = max(burst.start, start), min(burst.end or end, end)
    return max(0.0, (finish - begin).total_seconds() / 60)


def _moment(word: str, default: datetime) -> datetime:
    """Nanoseconds, seconds, or RFC 3339."""
    if not word:
        return default
    if word.isdigit() and len(word) > 10:
        return datetime.fromtimestamp(int(word) / 1e9, UTC)
    if word.replace(".", "", 1).isdigit():
        return datetime.fromtimestamp(float(word), UTC)
    return parse_instant(word)


def _ns(moment: datetime) -> str:
    return f"{int(moment.timestamp() * 1000)}000000"


def _success(kind: str, result: list[Any]) -> Response:
    return json_response({"status": "success", "data": {"resultType": kind, "result": result, "stats": {}}})


def _too_many_series() -> Response:
    words = f"maximum number of series ({MAX_SERIES}) reached for a single query; consider reducing query cardinality"
    return _text(f"{words}\n", 400)


def _text(words: str, status: int = 200) -> Response:
    return Response(status=status, headers={"content-type": "text/plain; charset=utf-8"}, body=words.encode())
