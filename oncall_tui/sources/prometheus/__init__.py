"""Prometheus: health by query, by target and by rule, and the alerts that it fires itself.

API v1, of Prometheus and of what speaks it (Mimir, Thanos, VictoriaMetrics). Its alerts matter where no Alertmanager
is configured, and for the last hour, which an Alertmanager forgets. The same alert in both has the same
:func:`~oncall_tui.sources.labels.group_key`, and label sets that
:func:`~oncall_tui.sources.labels.is_same` joins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from oncall_tui.config.options import Findings, SourceOptions, at_least, opt
from oncall_tui.model import Alert, HealthCheck, HealthStatus, IncidentDetail, OutboxRow, Snapshot
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.access import AccessOptions, Parts
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    Confirmation,
    Known,
    Probe,
    Refused,
    Sent,
    ServerFailed,
    Source,
    SourceContext,
    SourceError,
    Unsupported,
)
from oncall_tui.sources.labels import LabelOptions
from oncall_tui.sources.prometheus.alerts import (
    FIRED,
    STEP_S,
    WINDOW,
    AlertReader,
    fired_names,
    one_of,
    read_history,
)
from oncall_tui.sources.prometheus.checks import CheckReader
from oncall_tui.sources.queries import HealthQuery, check_names

if TYPE_CHECKING:
    from oncall_tui.model.ranges import OwnQuery, RangeQuery, SeriesFound

__all__ = ["HealthQuery", "Options", "Prometheus", "make"]

QUERY_TIMEOUT = "10s"
"""The server gives up before our own deadline does, and says so."""
_AT_ONCE = 2
_SHORT_NAMES = 50
"""Names of short alerts asked for by one query."""


@dataclass(frozen=True, kw_only=True)
class Options(AccessOptions, LabelOptions):
    """One Prometheus."""

    base_url: str = opt("http://127.0.0.1:9090", help="its address, with the prefix it is served below")
    poll: timedelta = opt(timedelta(seconds=30), help="interval of its polls", check=at_least(timedelta(seconds=2)))
    health: tuple[HealthQuery, ...] = opt((), help="checks by query")
    alerts: bool = opt(True, help="show its alerts, with those of the last hour")
    targets: bool = opt(True, help="a check for each job: how many of its targets are up")
    rules: bool = opt(True, help="a check that says which rules cannot be evaluated")

    def __post_init__(self) -> None:
        with Findings() as findings:
            with findings.one():
                super().__post_init__()
            with findings.one():
                check_names(self.health, taken={"rules": "the check of the rules"})


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a Prometheus: {type(options).__name__}")
    return Prometheus(options, context)


class Prometheus:
    """One Prometheus."""

    kind: ClassVar[str] = "prometheus"

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._options = options
        self._clock = context.clock
        self._client = options.client(context)
        self._seen: dict[str, Alert] = {}
        self._shown: dict[str, tuple[HealthCheck, ...]] = {}

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Alerts and health, as far as they are configured."""
        options = self._options
        serves = {Capability.ALERTS} if options.alerts else set()
        if options.health or options.targets or options.rules:
            serves.add(Capability.HEALTH)
        return frozenset(serves)

    # -- reading ---------------------------------------------------------------------------------------------------

    async def poll(self, known: Known) -> Snapshot:
        """Alerts, targets, rules and queries; each may fail alone."""
        parts = Parts()
        await self._reach(parts)
        alerts = await self._alerts(parts) if self._options.alerts else None
        health = await self._health(parts) if Capability.HEALTH in self.capabilities else None
        parts.settle()
        return Snapshot(
            source=self.name,
            taken_at=self._clock.now(),
            alerts=alerts,
            alerts_complete=alerts is not None,
            health=health,
            problems=tuple(parts.problems),
            # A check that did not come is there as unknown; alerts that did not come are not there at all.
            failed=frozenset({Capability.ALERTS.value} if self._options.alerts and alerts is None else ()),
            budget=self._client.budget,
            clock_skew=self._client.clock_skew,
        )

    async def _reach(self, parts: Parts) -> None:
        """A cheap call first: where it gets no answer, the slow ones would only cost time."""
        # Some that speak the API do not serve this: then the parts will tell what is wrong.
        with suppress(Refused, AuthFailed, ServerFailed, BadAnswer):
            await self._client.get("/api/v1/status/buildinfo")
        parts.reached()

    async def _get(self, path: str, params: list[tuple[str, str | int | float | bool]] | None = None) -> Any:
        """The envelope of a successful answer."""
        answer = await self._client.get(path, params or [])
        if fields.text(answer.data, "status") != "success":
            reason = fields.text(answer.data, "error", limit=200) or "an answer without success"
            raise BadAnswer(f"{self._client.host}: {reason}")
        return answer.data

    async def _query(self, expression: str) -> Any:
        return await self._get("/api/v1/query", [("query", expression), ("timeout", QUERY_TIMEOUT)])

    async def _alerts(self, parts: Parts) -> tuple[Alert, ...] | None:
        answer = await parts.take("alerts", self._get("/api/v1/alerts"))
        if answer is None:
            return None
        if not fields.is_list(answer, "data", "alerts"):
            parts.failed("alerts", BadAnswer(f"{self._client.host} answers with no list of alerts"))
            return None
        reader = AlertReader(self.name, self._options, self._clock.now())
        firing = reader.firing(answer)
        history = await parts.take("alerts of the last hour", self._history()) or {}
        alerts = reader.with_history(firing, history, self._seen)
        self._seen = {alert.native_id: alert for alert in alerts}
        return alerts

    async def _history(self) -> Mapping[str, Any]:
        """When each alert of the last hour fired: by the minute, and for those shorter than that exactly."""
        fired = fired_names(await self._query(f"count_over_time({FIRED}[1h])"))
        if not fired:
            return {}
        end = self._clock.now() + (self._client.clock_skew or timedelta())
        window: list[tuple[str, str | int | float | bool]] = [
            ("query", FIRED),
            ("start", round((end - WINDOW).timestamp(), 3)),
            ("end", round(end.timestamp(), 3)),
            ("step", STEP_S),
            ("timeout", QUERY_TIMEOUT),
        ]
        history = read_history(await self._get("/api/v1/query_range", window))
        short = {name for native_id, name in fired.items() if native_id not in history and name}
        if short:
            exact = await self._query(f"{one_of(sorted(short)[:_SHORT_NAMES])}[1h]")
            history = {**read_history(exact), **history}
        return history

    async def _health(self, parts: Parts) -> tuple[HealthCheck, ...]:
        reader = CheckReader(self.name, self._options.base_url, self._clock.now())
        checks = await self._queries(parts, reader)
        if self._options.targets:
            answer = await parts.take("targets", self._get("/api/v1/targets", [("state", "active")]))
            checks += self._current("targets", None if answer is None else reader.targets(answer))
        if self._options.rules:
            answer = await parts.take("rules", self._get("/api/v1/rules", [("exclude_alerts", "true")]))
            checks += self._current("rules", None if answer is None else reader.rules(answer))
        return checks

    def _current(self, part: str, checks: tuple[HealthCheck, ...] | None) -> tuple[HealthCheck, ...]:
        """The checks of this part; where it did not come, the last ones as unknown: absence would hide them."""
        if checks is None:
            last = self._shown.get(part, ())
            reason = f"{part} cannot be read"
            return tuple(replace(one, status=HealthStatus.UNKNOWN, value=None, detail=reason) for one in last)
        self._shown[part] = checks
        return checks

    async def _queries(self, parts: Parts, reader: CheckReader) -> tuple[HealthCheck, ...]:
        places = asyncio.Semaphore(_AT_ONCE)

        async def evaluate(check: HealthQuery) -> HealthCheck:
            async with places:
                try:
                    answer = await self._query(check.query)
                except SourceError as error:
                    parts.failed(f"check {check.name[:60]}", error)
                    return reader.queries.failed_query(check, str(error))
            parts.succeeded()
            return reader.queries.query(check, answer)

        return tuple(await asyncio.gather(*(evaluate(check) for check in self._options.health)))

    # -- a stretch of time, when somebody looks into it --------------------------------------------------------------

    async def series(self, query: RangeQuery) -> SeriesFound:
        """The series of a query over a stretch of time. Raises SourceError."""
        from oncall_tui.sources.ranges import range_params, series_of

        return series_of(await self._get("/api/v1/query_range", range_params(query)), self._client.host)

    def own_queries(self, services: frozenset[str]) -> tuple[OwnQuery, ...]:
        """The queries of the health checks of such a service."""
        from oncall_tui.sources.ranges import own_of

        called = {name.casefold() for name in services}
        checks = [one for one in self._options.health if (one.service or "").casefold() in called]
        return tuple(own_of(one.name, one.query, one.unit) for one in checks)

    async def read(self, native_id: str) -> IncidentDetail:
        """Not here: a Prometheus has no incidents."""
        raise Unsupported(f"{self.name} has alerts and health, no incidents")

    # -- acting: nothing can be done to a Prometheus -----------------------------------------------------------------

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Nothing."""
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        """Unsupported."""
        raise self._unsupported(row)

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Unsupported."""
        raise self._unsupported(row)

    def _unsupported(self, row: OutboxRow) -> Unsupported:
        hint = ": silence it in its Alertmanager" if "silence" in row.verb.value else ""
        return Unsupported(f"{self.name} (Prometheus) cannot {row.verb.value}{hint}")

    # -- the rest --------------------------------------------------------------------------------------------------

    async def probe(self) -> Probe:
        """Version, readiness, latency, skew, whether its config loads, which checks' queries fail. Never raises."""
        notes: list[str] = []
        try:
            build = await self._get("/api/v1/status/buildinfo")
            latency_ms = self._client.latency_ms
            notes += await self._probe_readiness()
            for check in self._options.health:
                notes += await self._probe_query(check)
        except SourceError as error:
            return Probe(ok=False, error=str(error), error_kind=error.kind, latency_ms=self._client.latency_ms)
        skew = self._client.clock_skew
        return Probe(
            ok=True,
            latency_ms=latency_ms,
            version=fields.text(build, "data", "version", limit=60),
            can=tuple(sorted(one.value for one in self.capabilities)),
            clock_skew_s=None if skew is None else skew.total_seconds(),
            notes=tuple(notes),
        )

    async def _probe_readiness(self) -> list[str]:
        notes = []
        try:
            await self._client.get("/-/ready", want_json=False)
            runtime = await self._get("/api/v1/status/runtimeinfo")
        except Refused:
            # What serves the API below a prefix may keep these elsewhere.
            return []
        if fields.boolean(runtime, "data", "reloadConfigSuccess") is False:
            notes.append("its last config reload failed: it runs on an older config")
        if fields.integer(runtime, "data", "corruptionCount"):
            notes.append("its storage found corruption")
        return notes

    async def _probe_query(self, check: HealthQuery) -> list[str]:
        try:
            answer = await self._query(check.query)
        except (Refused, ServerFailed, BadAnswer) as error:
            return [f"check {check.name[:60]}: {error}"]
        shown = CheckReader(self.name, self._options.base_url, self._clock.now()).queries.query(check, answer)
        return [f"check {check.name[:60]}: {shown.detail or 'no data'}"] if shown.value is None else []

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._client.aclose()
