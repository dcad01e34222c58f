"""Alertmanager: what fires now, what is silenced and why, and silences made and ended here.

API v2. The list of alerts is whole and drops what has ended: absence means *ended*, never *resolved*.
An alert that is suppressed is :attr:`AlertState.SILENCED`, whatever suppresses it, because nobody is notified of it;
``Alert.silenced_by`` says what does: the full ids of silences, ``inhibited by …``, ``muted by …`` (a time interval).
``/status`` holds the server's config: nothing of it is kept or logged but version and cluster state.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from oncall_tui.config.options import SourceOptions, at_least, opt
from oncall_tui.model import (
    HealthCheck,
    HealthStatus,
    IncidentDetail,
    OutboxRow,
    Snapshot,
    join_id,
)
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.access import AccessOptions, Parts
from oncall_tui.sources.alertmanager_api.facts import Reader
from oncall_tui.sources.alertmanager_api.listing import list_alerts, list_silences
from oncall_tui.sources.alertmanager_api.matchers import check_filters
from oncall_tui.sources.alertmanager_api.silencing import Silencing
from oncall_tui.sources.base import (
    BadAnswer,
    Capability,
    Confirmation,
    Known,
    NotFound,
    Probe,
    Sent,
    ServerFailed,
    Source,
    SourceContext,
    SourceError,
    Unsupported,
)
from oncall_tui.sources.labels import LabelOptions

_ROOT = "/api/v2"


@dataclass(frozen=True, kw_only=True)
class Options(AccessOptions, LabelOptions):
    """One Alertmanager."""

    base_url: str = opt("http://127.0.0.1:9093", help="its address, with the prefix it is served below")
    poll: timedelta = opt(timedelta(seconds=15), help="interval of its polls", check=at_least(timedelta(seconds=2)))
    filter: tuple[str, ...] = opt((), help='only alerts that all these match: severity="critical"', check=check_filters)


def make(options: SourceOptions, context: SourceContext) -> Source:
    """The source; opens nothing yet."""
    if not isinstance(options, Options):
        raise TypeError(f"not the options of an Alertmanager: {type(options).__name__}")
    return Alertmanager(options, context)


class Alertmanager:
    """One Alertmanager, or what speaks its API (Mimir, Grafana Cloud)."""

    kind: ClassVar[str] = "alertmanager"
    capabilities: frozenset[Capability] = frozenset(
        {
            Capability.ALERTS,
            Capability.SILENCES,
            Capability.SILENCE,
            Capability.EXPIRE_SILENCE,
            Capability.HEALTH,
        }
    )

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._options = options
        self._clock = context.clock
        self._client = options.client(context)
        author = options.user or context.seat.user or "oncall-tui"
        self._silencing = Silencing(
            self._client, _ROOT, self._reader, author=author, whose=f"{context.name} (Alertmanager)"
        )

    async def poll(self, known: Known) -> Snapshot:
        """Alerts, silences, readiness: one call after the other, because the server counts those that run at once."""
        parts = Parts()
        listed = await parts.take("alerts", list_alerts(self._client, _ROOT, self._reader, self._options.filter))
        alerts, unnamed = listed if listed is not None else (None, 0)
        if unnamed:
            parts.problems.append(f"alerts: {unnamed} without a fingerprint; none counts as ended by this list")
        silences = await parts.take("silences", list_silences(self._silencing, self._reader))
        parts.settle()
        ready = await parts.take("readiness", self._readiness())
        return Snapshot(
            source=self.name,
            taken_at=self._clock.now(),
            alerts=alerts,
            alerts_complete=alerts is not None and not unnamed,
            silences=silences,
            health=None if ready is None else (ready,),
            problems=tuple(parts.problems),
            failed=frozenset(
                word.value
                for word, part in (
                    (Capability.ALERTS, alerts),
                    (Capability.SILENCES, silences),
                    (Capability.HEALTH, ready),
                )
                if part is None
            ),
            budget=self._client.budget,
            clock_skew=self._client.clock_skew,
        )

    async def _readiness(self) -> HealthCheck:
        status, detail = HealthStatus.OK, None
        try:
            await self._client.get("/-/ready", want_json=False)
        except ServerFailed as error:
            status, detail = HealthStatus.DOWN, f"not ready: {error}"
        except NotFound:
            # What serves the API below a prefix may keep readiness elsewhere; that it answers is what can be told.
            detail = "answers; tells no readiness"
        return HealthCheck(
            id=join_id(self.name, "ready"),
            source=self.name,
            name="Alertmanager",
            status=status,
            checked_at=self._clock.now(),
            detail=detail,
            url=self._options.base_url,
        )

    async def read(self, native_id: str) -> IncidentDetail:
        """Not here: an Alertmanager has no incidents."""
        raise Unsupported(f"{self.name} has alerts, no incidents")

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """For a silence: ids of those with equal matchers that are not over."""
        return await self._silencing.prepare(row)

    async def send(self, row: OutboxRow) -> Sent:
        """Make a silence, or end one."""
        return await self._silencing.send(row)

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Read the silence back."""
        return await self._silencing.confirm(row)

    async def probe(self) -> Probe:
        """Version, readiness, latency, skew. Never raises."""
        try:
            status = await self._client.get(f"{_ROOT}/status")
            if fields.obj(status.data, "versionInfo") == {}:
                raise BadAnswer(f"{self._client.host} does not answer as an Alertmanager")
            ready = await self._readiness()
        except SourceError as error:
            return Probe(ok=False, error=str(error), error_kind=error.kind, latency_ms=self._client.latency_ms)
        notes = [ready.detail] if ready.detail else []
        if fields.text(status.data, "cluster", "status", limit=40) == "settling":
            notes.append("its cluster is settling: silences may not have spread yet")
        skew = self._client.clock_skew
        is_ready = ready.status is HealthStatus.OK
        return Probe(
            ok=is_ready,
            error=None if is_ready else ready.detail,
            error_kind=None if is_ready else ServerFailed.kind,
            latency_ms=status.latency_ms,
            version=fields.text(status.data, "versionInfo", "version", limit=60),
            can=tuple(sorted(one.value for one in self.capabilities)),
            clock_skew_s=None if skew is None else skew.total_seconds(),
            notes=tuple(notes),
        )

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._client.aclose()

    def _reader(self) -> Reader:
        """A reader for the present by the server's clock: a silence must not begin in its future."""
        return Reader(self.name, self._options, self._clock.now() + (self._client.clock_skew or timedelta()))
