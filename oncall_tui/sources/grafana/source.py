"""Grafana as a source: what a poll brings, silences made and ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from oncall_tui.model import (
    Change,
    HealthCheck,
    HealthStatus,
    IncidentDetail,
    OutboxRow,
    Snapshot,
    join_id,
)
from oncall_tui.sources import fields
from oncall_tui.sources.access import Parts
from oncall_tui.sources.alertmanager_api.facts import Reader
from oncall_tui.sources.alertmanager_api.listing import list_alerts, list_silences
from oncall_tui.sources.alertmanager_api.silencing import Silencing
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    Confirmation,
    Known,
    Probe,
    Refused,
    Sent,
    SourceContext,
    SourceError,
    Unsupported,
)
from oncall_tui.sources.grafana import changes
from oncall_tui.sources.grafana.options import Options, QueryCheck
from oncall_tui.sources.grafana.rules import RuleReader, rows_of
from oncall_tui.sources.http import segment
from oncall_tui.sources.queries import QueryReader

if TYPE_CHECKING:
    from oncall_tui.model.ranges import LinesFound, OwnQuery, RangeQuery, SeriesFound

ALERTMANAGER = "/api/alertmanager/grafana/api/v2"
RULES = "/api/prometheus/grafana/api/v1/rules"
QUERY_TIMEOUT = "10s"
"""The data source gives up before our own deadline does, and says so."""
_AT_ONCE = 2


class Grafana:
    """One Grafana."""

    kind: ClassVar[str] = "grafana"

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._options = options
        self._clock = context.clock
        self._client = options.client(context)
        author = options.user or context.seat.user or "oncall-tui"
        self._silencing = Silencing(
            self._client, ALERTMANAGER, self._reader, author=author, whose=f"{context.name} (Grafana)"
        )
        self._changes = changes.ChangeReader(context.name, options.base_url, options.changes, options.service_labels)
        self._changes_due: datetime | None = None

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Changes only where tags are configured for them."""
        serves = {
            Capability.ALERTS,
            Capability.SILENCES,
            Capability.SILENCE,
            Capability.EXPIRE_SILENCE,
            Capability.HEALTH,
        }
        return frozenset(serves | {Capability.CHANGES} if self._options.changes else serves)

    # -- reading ---------------------------------------------------------------------------------------------------

    async def poll(self, known: Known) -> Snapshot:
        """Alerts, silences, changes, health; each may fail alone."""
        parts = Parts()
        listed = await parts.take("alerts", list_alerts(self._client, ALERTMANAGER, self._reader, self._options.filter))
        alerts, unnamed = listed if listed is not None else (None, 0)
        if unnamed:
            parts.problems.append(f"alerts: {unnamed} without a fingerprint; none counts as ended by this list")
        silences = await parts.take("silences", list_silences(self._silencing, self._reader))
        due = self._changes_are_due()
        changed = await parts.take("changes", self._read_changes(parts)) if due else None
        checks = [*await self._by_query(parts), *await self._by_rule(parts)]
        parts.settle()
        missing = ((Capability.ALERTS, alerts is None), (Capability.SILENCES, silences is None))
        return Snapshot(
            source=self.name,
            taken_at=self._clock.now(),
            alerts=alerts,
            alerts_complete=alerts is not None and not unnamed,
            silences=silences,
            changes=changed,
            health=(await self._own_health(), *checks),
            problems=tuple(parts.problems),
            # A check that did not come is there as unknown; what else did not come is not there at all.
            failed=frozenset(
                word.value
                for word, is_missing in (*missing, (Capability.CHANGES, due and changed is None))
                if is_missing
            ),
            budget=self._client.budget,
            clock_skew=self._client.clock_skew,
        )

    def _there(self) -> datetime:
        """The present by the server's clock."""
        return self._clock.now() + (self._client.clock_skew or timedelta())

    def _reader(self) -> Reader:
        return Reader(self.name, self._options, self._there())

    def _changes_are_due(self) -> bool:
        now = self._clock.now()
        return bool(self._options.changes) and (
            self._changes_due is None or not now < self._changes_due <= now + changes.EVERY
        )

    async def _read_changes(self, parts: Parts) -> tuple[Change, ...]:
        rows, note = await changes.list_annotations(
            self._client, self._options.changes, self._clock.now(), self._there()
        )
        if note:
            parts.problems.append(f"changes: {note}")
        found = self._changes.changes(rows)
        if rows and not found:
            raise BadAnswer(f"{self._client.host} answers with annotations that nobody asked for")
        self._changes_due = self._clock.now() + changes.EVERY
        return found

    # -- health ----------------------------------------------------------------------------------------------------

    async def _own_health(self) -> HealthCheck:
        try:
            database, _ = await self._ask_health()
        except SourceError as error:
            return self._own(HealthStatus.UNKNOWN, str(error))
        if database == "ok":
            return self._own(HealthStatus.OK, None)
        return self._own(HealthStatus.DOWN, f"its database: {database}")

    async def _ask_health(self) -> tuple[str, str | None]:
        """What it says of its database, and its version where it tells. Raises SourceError."""
        answer = await self._client.get("/api/health", accept=(503,))
        database = fields.text(answer.data, "database", limit=60)
        if database is None:
            raise BadAnswer(f"{self._client.host} does not answer as a Grafana")
        return database, fields.text(answer.data, "version", limit=60)

    def _own(self, status: HealthStatus, detail: str | None) -> HealthCheck:
        return HealthCheck(
            id=join_id(self.name, "grafana"),
            source=self.name,
            name="Grafana",
            status=status,
            checked_at=self._clock.now(),
            detail=detail,
            url=self._options.base_url,
        )

    async def _query(self, check: QueryCheck) -> Any:
        """The envelope of a successful answer. Raises SourceError."""
        path = f"/api/datasources/proxy/uid/{segment(check.datasource)}/api/v1/query"
        answer = await self._client.get(path, [("query", check.query), ("timeout", QUERY_TIMEOUT)])
        return self._successful(answer.data)

    async def _rules(self, params: Sequence[tuple[str, str | int]]) -> Any:
        """Rules without their instances. Raises SourceError."""
        data = self._successful((await self._client.get(RULES, [*params, ("limit_alerts", 0)])).data)
        if not fields.is_list(data, "data", "groups"):
            raise BadAnswer(f"{self._client.host} answers with no groups of rules")
        return data

    def _successful(self, data: Any) -> Any:
        if fields.text(data, "status") != "success":
            reason = fields.text(data, "error", limit=200) or "an answer without success"
            raise BadAnswer(f"{self._client.host}: {reason}")
        return data

    def _queries(self) -> QueryReader:
        return QueryReader(self.name, self._clock.now(), lambda query: f"{self._options.base_url}/explore")

    async def _by_query(self, parts: Parts) -> tuple[HealthCheck, ...]:
        places = asyncio.Semaphore(_AT_ONCE)
        reader = self._queries()

        async def evaluate(check: QueryCheck) -> HealthCheck:
            async with places:
                try:
                    answer = await self._query(check)
                except SourceError as error:
                    parts.failed(f"check {check.name[:60]}", error)
                    return reader.failed_query(check, str(error))
            parts.succeeded()
            return reader.query(check, answer)

        return tuple(await asyncio.gather(*(evaluate(check) for check in self._options.health)))

    async def _by_rule(self, parts: Parts) -> list[HealthCheck]:
        reader = RuleReader(self.name, self._options.base_url, self._clock.now())
        found: list[HealthCheck] = []
        if self._options.rules:
            # Servers that do not know a parameter pass it over: what came is looked at again.
            data = await parts.take("rules", self._rules([("health", "error"), ("health", "nodata")]))
            found.append(reader.broken([*rows_of(data)]) if data is not None else self._no_rules(parts))
        if self._options.health_rules:
            uids = dict.fromkeys(check.rule for check in self._options.health_rules)
            data = await parts.take("checks by rule", self._rules([("rule_uid", uid) for uid in uids]))
            rows = [*rows_of(data)]
            found += [
                reader.check(check, rows) if data is not None else reader.failed(check, parts.problems[-1])
                for check in self._options.health_rules
            ]
        return found

    def _no_rules(self, parts: Parts) -> HealthCheck:
        return HealthCheck(
            id=join_id(self.name, "rules"),
            source=self.name,
            name="Grafana rules",
            status=HealthStatus.UNKNOWN,
            checked_at=self._clock.now(),
            detail=parts.problems[-1],
            url=f"{self._options.base_url}/alerting/list",
        )

    # -- a stretch of time, when somebody looks into it --------------------------------------------------------------

    async def series(self, query: RangeQuery) -> SeriesFound:
        """The series of a query, through the data source that it names. Raises SourceError."""
        from oncall_tui.sources.ranges import range_params, series_of

        path = f"{self._proxied(query)}/api/v1/query_range"
        answer = await self._client.get(path, range_params(query))
        return series_of(self._successful(answer.data), self._client.host)

    async def lines(self, query: RangeQuery) -> LinesFound:
        """The newest lines of a query, through the data source (a Loki) that it names. Raises SourceError."""
        from oncall_tui.sources.ranges import lines_of, loki_params

        path = f"{self._proxied(query)}/loki/api/v1/query_range"
        answer = await self._client.get(path, loki_params(query, lines=True))
        return lines_of(self._successful(answer.data), self._client.host, query.limit)

    def _proxied(self, query: RangeQuery) -> str:
        if query.datasource is None:
            raise Unsupported(f"{self.name} (Grafana) asks a data source: set datasource, its uid")
        return f"/api/datasources/proxy/uid/{segment(query.datasource)}"

    def own_queries(self, services: frozenset[str]) -> tuple[OwnQuery, ...]:
        """The queries of the health checks of such a service."""
        from oncall_tui.sources.ranges import own_of

        called = {name.casefold() for name in services}
        checks = [one for one in self._options.health if (one.service or "").casefold() in called]
        return tuple(own_of(one.name, one.query, one.unit, one.datasource) for one in checks)

    async def read(self, native_id: str) -> IncidentDetail:
        """Not here: a Grafana has no incidents."""
        raise Unsupported(f"{self.name} has alerts, no incidents")

    # -- silences --------------------------------------------------------------------------------------------------

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """For a silence: ids of those with equal matchers that are not over."""
        return await self._silencing.prepare(row)

    async def send(self, row: OutboxRow) -> Sent:
        """Make a silence, or end one. Refused where the token may not: Grafana names the missing permission."""
        try:
            return await self._silencing.send(row)
        except AuthFailed as error:
            if error.status != 403:
                raise
            raise Refused(f"the token may not do that: {error}", status=403) from None

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Read the silence back."""
        return await self._silencing.confirm(row)

    # -- the rest --------------------------------------------------------------------------------------------------

    async def probe(self) -> Probe:
        """Version, database, what the token may read. Never raises."""
        notes: list[str] = []
        able = set(self.capabilities)
        try:
            database, version = await self._ask_health()
            await list_alerts(self._client, ALERTMANAGER, self._reader, self._options.filter)
            if database != "ok":
                notes.append(f"its database: {database}")
            for part, words in await self._unreadable():
                able -= words
                notes.append(part)
        except SourceError as error:
            return Probe(ok=False, error=str(error), error_kind=error.kind, latency_ms=self._client.latency_ms)
        skew = self._client.clock_skew
        return Probe(
            ok=True,
            latency_ms=self._client.latency_ms,
            version=version,
            can=tuple(sorted(one.value for one in able)),
            clock_skew_s=None if skew is None else skew.total_seconds(),
            notes=tuple(notes),
        )

    async def _unreadable(self) -> list[tuple[str, frozenset[Capability]]]:
        """One line for each part that the token may not read, or that is not there, and what is lost without it."""
        found: list[tuple[str, frozenset[Capability]]] = []
        try:
            await list_silences(self._silencing, self._reader)
        except (AuthFailed, Refused) as error:
            lost = {Capability.SILENCES, Capability.SILENCE, Capability.EXPIRE_SILENCE}
            found.append((f"silences cannot be read: {error}", frozenset(lost)))
        parts = Parts()
        parts.reached()
        if self._options.changes:
            try:
                await self._read_changes(parts)
            except (AuthFailed, Refused) as error:
                found.append((f"changes cannot be read: {error}", frozenset({Capability.CHANGES})))
        checks = [*await self._by_query(parts), *await self._by_rule(parts)]
        found += [
            (f"check {check.name}: {check.detail or 'no data'}", frozenset())
            for check in checks
            if check.status is HealthStatus.UNKNOWN
        ]
        return found

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._client.aclose()
