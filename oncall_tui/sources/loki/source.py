"""Loki as a source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from oncall_tui.model import IncidentDetail, OutboxRow, Snapshot
from oncall_tui.sources import fields
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    Confirmation,
    Known,
    NotFound,
    Probe,
    Refused,
    Sent,
    ServerFailed,
    SourceContext,
    SourceError,
    Unsupported,
)
from oncall_tui.sources.loki.options import Options
from oncall_tui.sources.loki.spikes import HOUR, MINUTE, Counts, History, Judge, read
from oncall_tui.text import clean

if TYPE_CHECKING:
    from oncall_tui.model.ranges import LinesFound, OwnQuery, RangeQuery, SeriesFound

WHOLE_EVERY = timedelta(minutes=10)
"""The hour is read whole so often."""
_API = "/loki/api/v1"


class Loki:
    """One Loki."""

    kind: ClassVar[str] = "loki"

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._options = options
        self._clock = context.clock
        self._client = options.client(context)
        self._history = History()
        self._whole_at: datetime | None = None
        self._logging: frozenset[str] | None = None
        """Services that logged anything within the hour; ``None``: not told."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Spikes, unless it is only to be asked."""
        if not self._options.spikes:
            return frozenset()
        return frozenset({Capability.ALERTS, Capability.LOG_SPIKES, Capability.HEALTH})

    def _now(self) -> datetime:
        """The present by Loki's clock, in whole seconds."""
        now = self._clock.now() + (self._client.clock_skew or timedelta())
        return now.replace(microsecond=0)

    # -- poll --------------------------------------------------------------------------------------------------

    async def poll(self, known: Known) -> Snapshot:
        """Count the lines of the last minute, now and then of the hour.

        Raises:
            SourceError: the lines could not be counted.
        """
        if not self._options.spikes:
            await self._labels(MINUTE)  # whether it is there, and answers these credentials
            return Snapshot(
                source=self.name,
                taken_at=self._clock.now(),
                budget=self._client.budget,
                clock_skew=self._client.clock_skew,
            )
        spoilt = await self._count()
        judge = Judge(self.name, self._options, self._now(), self._logging)
        return Snapshot(
            source=self.name,
            taken_at=self._clock.now(),
            alerts=None if spoilt else judge.alerts(self._history),
            alerts_complete=not spoilt,
            health=None if spoilt else judge.health(self._history),
            problems=(f"{spoilt} counts cannot be read: see service_label and level_label",) if spoilt else (),
            failed=frozenset({Capability.ALERTS.value, Capability.HEALTH.value}) if spoilt else frozenset(),
            budget=self._client.budget,
            clock_skew=self._client.clock_skew,
        )

    async def _count(self) -> int:
        """Bring the history up to date; gives how many series cannot be read. What is spoilt is not remembered."""
        now = self._now()
        if self._whole_at is None or not timedelta() <= now - self._whole_at < WHOLE_EVERY:
            times = [now - MINUTE * back for back in range(60, -1, -1)]
            params = [("start", _ns(times[0])), ("end", _ns(now)), ("step", "60")]
            hour = await self._ask("query_range", "matrix", params, times)
            if hour.spoilt:
                return hour.spoilt
            self._history.replace(hour)
            if self._options.thresholds:
                self._logging = await self._who_logs(times[0], now)
            self._whole_at = now
        # Without a time Loki counts up to its own present, whatever our clock or a proxy's date say.
        counts = await self._ask("query", "vector", [], [now])
        if not counts.spoilt:
            self._history.add(counts)
        return counts.spoilt

    async def _ask(self, path: str, wanted: str, params: Sequence[tuple[str, str]], times: list[datetime]) -> Counts:
        answer = await self._client.get(f"{_API}/{path}", [("query", self._options.count), *params])
        result = _result(answer.data, wanted)
        if result is None:
            raise BadAnswer(f"{self._client.host} answers {path} with no {wanted}")
        return read(self._options, result, times)

    async def _who_logs(self, start: datetime, end: datetime) -> frozenset[str] | None:
        """The services of which there are lines, whatever their level; ``None`` where that cannot be told."""
        path = f"{_API}/label/{self._options.service_label}/values"
        try:
            answer = await self._client.get(
                path, [("start", _ns(start)), ("end", _ns(end)), ("query", self._options.selector)]
            )
        except (AuthFailed, Refused):
            return None
        listed = fields.walk(answer.data, "data")
        if fields.text(answer.data, "status") != "success" or not isinstance(listed, list | None):
            return None
        return frozenset(clean(one, 200) for one in listed or () if isinstance(one, str))

    async def _readiness(self) -> str | None:
        """Why it is not ready to answer, as far as it says so."""
        try:
            await self._client.get("/ready", want_json=False, enough=1000)
        except ServerFailed as error:
            return f"not ready: {error}"
        except (NotFound, AuthFailed):
            return None  # behind a gateway, and in Grafana Cloud, it is not to be had
        return None

    # -- a stretch of time, when somebody looks into it --------------------------------------------------------

    async def series(self, query: RangeQuery) -> SeriesFound:
        """The series of a query that counts lines. Raises SourceError."""
        from oncall_tui.sources.ranges import loki_params, series_of

        answer = await self._client.get(f"{_API}/query_range", loki_params(query, lines=False))
        return series_of(answer.data, self._client.host)

    async def lines(self, query: RangeQuery) -> LinesFound:
        """The newest lines of a query. Raises SourceError."""
        from oncall_tui.sources.ranges import lines_of, loki_params

        answer = await self._client.get(f"{_API}/query_range", loki_params(query, lines=True))
        return lines_of(answer.data, self._client.host, query.limit)

    def own_queries(self, services: frozenset[str]) -> tuple[OwnQuery, ...]:
        """The errors of such a service: their lines, and how many there were a minute."""
        from oncall_tui.model.ranges import OwnQuery

        if not services:
            return ()
        lines, count = self._options.lines_of(services), self._options.count_of(services)
        return (
            OwnQuery(name="errors a minute", kind="metric", text=count, unit="/min"),
            OwnQuery(name="errors", kind="logs", text=lines),
        )

    async def read(self, native_id: str) -> IncidentDetail:
        """Not here: Loki has no incidents."""
        raise Unsupported(f"{self.name} has alerts, no incidents")

    # -- actions: none -----------------------------------------------------------------------------------------

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Nothing: no action is taken."""
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        """Not here: logs are only read."""
        raise Unsupported(f"{self.name} (Loki) cannot {row.verb.value}")

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Not here: logs are only read."""
        raise Unsupported(f"{self.name} (Loki) cannot {row.verb.value}")

    # -- check -------------------------------------------------------------------------------------------------

    async def probe(self) -> Probe:
        """Whether the query is taken and finds labelled lines, version, readiness. Never raises SourceError."""
        notes: list[str] = []
        error: SourceError | None = None
        try:
            counts = await self._ask("query", "vector", [], [self._now()])
            notes += await self._look(counts)
        except AuthFailed as caught:
            words = f"{caught}: set org_id, the tenant" if "no org id" in str(caught) else str(caught)
            error = AuthFailed(words, status=caught.status)
        except SourceError as caught:
            error = caught
        latency, skew = self._client.latency_ms, self._client.clock_skew
        return Probe(
            ok=error is None,
            error=str(error) if error else None,
            error_kind=error.kind if error else None,
            latency_ms=latency,
            version=await self._version() if error is None else None,
            can=() if error else tuple(sorted(one.value for one in self.capabilities)),
            clock_skew_s=skew.total_seconds() if skew is not None else None,
            notes=tuple(notes),
        )

    async def _look(self, counts: Counts) -> list[str]:
        """Why nothing might ever be found: the labels that are asked for are not there."""
        notes = [] if not counts.spoilt else [f"{counts.spoilt} counts cannot be read"]
        names = await self._labels(HOUR)
        if self._options.service_label not in names:
            label = self._options.service_label
            notes.append(f"no stream of the last hour has the label {label}: set service_label and selector")
        if not counts.at:
            notes += await self._look_at_levels()
        unready = await self._readiness()
        return [*notes, *([unready] if unready else [])]

    async def _labels(self, length: timedelta) -> list[Any]:
        """The names of the labels of so long ago until now."""
        end = self._now()
        answer = await self._client.get(f"{_API}/labels", [("start", _ns(end - length)), ("end", _ns(end))])
        if fields.text(answer.data, "status") != "success":
            raise BadAnswer(f"{self._client.host} answers labels without success")
        listed = fields.walk(answer.data, "data")
        return listed if isinstance(listed, list) else []

    async def _look_at_levels(self) -> list[str]:
        """No error was counted: whether one could be."""
        label = self._options.level_label
        query = f"sum by ({label}) (count_over_time({self._options.selector} [1m]))"
        try:
            answer = await self._client.get(f"{_API}/query", [("query", query)])
        except Refused:
            return []  # too many series: there are lines, and levels
        found = list(fields.rows(answer.data, "data", "result"))
        if not found or any(fields.text(one, "metric", label) for one in found):
            return []
        words = f"no line of the last minute has the label {label}"
        return [f"{words}: set level_label and errors, or no error is counted"]

    async def _version(self) -> str | None:
        try:
            answer = await self._client.get(f"{_API}/status/buildinfo")
        except SourceError:
            return None  # hosted ones do not tell
        return fields.text(answer.data, "version", limit=60) or fields.text(answer.data, "data", "version", limit=60)

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._client.aclose()


def _result(data: Any, wanted: str) -> list[Any] | None:
    result = fields.walk(data, "data", "result")
    told = fields.walk(data, "data", "resultType")
    return result if isinstance(result, list) and told == wanted else None


def _ns(moment: datetime) -> str:
    """Nanoseconds since 1970, as Loki takes times; whole seconds, so nothing is lost to floating point."""
    return f"{int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())}000000000"
