"""One world of metrics, targets and alerts behind both simulated monitors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from oncall_tui.clock import Clock
from oncall_tui.demo import company
from oncall_tui.demo.monitors.evaluate import Point
from oncall_tui.demo.monitors.matchers import Labels, Matcher, all_hold
from oncall_tui.demo.monitors.rules import BY_HAND, RUNBOOKS, RuleBook
from oncall_tui.demo.monitors.series import INTERVAL_S, Series, Shape, natural_series

WARM_UP_S = 4200
"""The world has been running for so long when it begins: the last hour has a past."""
_NAP_S, _NAP_EVERY_S = 150, 1500
"""The target that naps is down for the former, each time the latter has passed."""
_LOOKBACK_S = 300.0
_RETENTION_S = 3 * 3600.0
"""A range reaches back no further."""
_MINUTE = 60.0


@dataclass(slots=True)
class Target:
    """Something that is scraped."""

    job: str
    instance: str
    service: str
    naps_at: float | None = None
    """Offset of its naps, in seconds."""
    _down: list[tuple[float, float | None, str]] = field(default_factory=list)

    def error(self, at: float) -> str:
        """Why its last scrape failed; ``""`` while it is up."""
        at = at // INTERVAL_S * INTERVAL_S
        if self.naps_at is not None and (at + self.naps_at) % _NAP_EVERY_S < _NAP_S:
            return f'Get "http://{self.instance}/metrics": context deadline exceeded'
        return next((why for start, end, why in self._down if start <= at and (end is None or at < end)), "")

    def set(self, at: float, error: str) -> None:
        """From ``at`` on it fails with ``error``, or is up where that is empty."""
        at = at // INTERVAL_S * INTERVAL_S
        self._down = [(start, at if end is None else end, why) for start, end, why in self._down]
        if error:
            self._down.append((at, None, error))

    @property
    def labels(self) -> dict[str, str]:
        """Its labels on what is scraped from it."""
        return {"instance": self.instance, "job": self.job, "service": self.service}


class Monitoring:
    """The simulated company's monitoring. Deterministic by clock and seed; moved on by whoever asks it.

    Args:
        external_labels: what Prometheus adds to alerts on their way to the Alertmanager.
    """

    def __init__(
        self,
        clock: Clock,
        seed: int = 1,
        teams: tuple[company.Team, ...] = company.TEAMS,
        external_labels: dict[str, str] | None = None,
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.external_labels = external_labels or {}
        self.services = tuple(dict.fromkeys(service for team in teams for service in team.services))
        self.started_at = self.now
        self.book = RuleBook()
        self.targets = self._make_targets()
        self._series = natural_series(self.services, seed)
        self._by_metric: dict[str, list[Series]] = {}
        for series in self._series:
            self._by_metric.setdefault(series.gauge.metric, []).append(series)
        self._evaluated_at = (self.now - WARM_UP_S) // INTERVAL_S * INTERVAL_S

    def _make_targets(self) -> list[Target]:
        found = [Target(service, f"{service}-{number}:8080", service) for service in self.services for number in (1, 2)]
        hosts = (("db-1", "storage"), ("db-7", "storage"), ("search-1", "search"))
        found += [Target("node", f"{host}:9100", service) for host, service in hosts if service in self.services]
        for target in found:
            if target.instance == "edge-2:8080":
                target.naps_at = float(self.seed * 97 % _NAP_EVERY_S)
        return found

    # -- time ------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Unix seconds by the clock."""
        return self.clock.now().timestamp()

    @property
    def evaluated_at(self) -> float:
        """When the rules were evaluated last, Unix seconds."""
        return self._evaluated_at

    def catch_up(self) -> None:
        """Evaluate the rules for the time that has passed."""
        now = self.now
        if now - self._evaluated_at > 2 * WARM_UP_S:
            self._evaluated_at = (now - WARM_UP_S) // INTERVAL_S * INTERVAL_S
        while self._evaluated_at + INTERVAL_S <= now:
            self._evaluated_at += INTERVAL_S
            self.book.evaluate(self, self._evaluated_at)

    # -- what happens ------------------------------------------------------------------------------------------------

    def set_metric(self, service: str, name: str, value: float | None, instance: str | None = None) -> None:
        """From now on the metric shows ``value``; ``None``: it is gone; NaN and infinity are shown as such.

        ``name`` is one of ``error_ratio latency_p99 request_rate pool_used disk_used backup_age cache_age`` (ages in
        seconds, ratios 0 to 1). Raises KeyError where the service has no such metric.
        """
        for series in self._find(service, name, instance):
            series.put(self.now, value)

    def clear_metric(self, service: str, name: str, instance: str | None = None) -> None:
        """From now on the metric shows its natural values again. Raises KeyError as :meth:`set_metric`."""
        for series in self._find(service, name, instance):
            series.clear(self.now)

    def shape(
        self,
        service: str,
        name: str,
        peak: float,
        *,
        start_s: float = 0.0,
        rise_s: float = 60.0,
        hold_s: float = 600.0,
        fall_s: float = 120.0,
        instance: str | None = None,
    ) -> None:
        """The metric rises to ``peak``, holds, falls back; ``start_s`` seconds from now (negative: in the past, which
        alerts only before the first answer). Raises KeyError as :meth:`set_metric`."""
        for series in self._find(service, name, instance):
            series.shapes.append(Shape(self.now + start_s, peak, rise_s, hold_s, fall_s))

    def _find(self, service: str, name: str, instance: str | None) -> list[Series]:
        found = [
            series
            for series in self._series
            if series.gauge.name == name
            and series.labels.get("service") == service
            and instance in (None, series.labels.get("instance"))
        ]
        if not found:
            raise KeyError(f"{service} has no {name}")
        return found

    def set_target(self, instance: str, error: str) -> None:
        """From now on scraping ``instance`` fails with ``error``; empty: it is up. Raises KeyError."""
        found = [target for target in self.targets if target.instance == instance]
        if not found:
            raise KeyError(instance)
        found[0].set(self.now, error)

    def break_rule(self, name: str, error: str) -> None:
        """From now on the rule cannot be evaluated, for that reason; empty: it can."""
        self.book.errors.pop(name, None)
        if error:
            self.book.errors[name] = error

    def fire(
        self, name: str, service: str, severity: str, *, summary: str | None = None, start_s: float = 0.0, **labels: str
    ) -> None:
        """An alert fires ``start_s`` seconds from now (negative: since then) until :meth:`end`. Once more while it
        stands changes nothing."""
        start = self.now + start_s
        wanted = {"alertname": name, "service": service, "severity": severity, **labels}
        if not any(one.labels == wanted for one in self.book.standing(start, "firing")):
            self.book.fire(wanted, _written(name, service, summary), start, None)

    def end(self, name: str, service: str, **labels: str) -> int:
        """End the alerts of that name that were fired by hand; how many there were."""
        return self.book.end({"alertname": name, "service": service, **labels}, self.now)

    def flap(
        self,
        name: str,
        service: str,
        severity: str,
        *,
        times: int,
        every_s: float = 240.0,
        on_s: float = 90.0,
        summary: str | None = None,
        start_s: float = 0.0,
        **labels: str,
    ) -> None:
        """An alert that fires ``times`` times for ``on_s`` seconds, ``every_s`` seconds apart."""
        wanted = {"alertname": name, "service": service, "severity": severity, **labels}
        for number in range(times):
            start = self.now + start_s + number * every_s
            self.book.fire(dict(wanted), _written(name, service, summary), start, start + on_s)

    def open_scene(self) -> None:
        """What stands when the demo begins: the seed's incidents as their monitors see them, a flapping alert, one
        that is over. To be called before the first answer."""
        self.shape("payments", "error_ratio", 0.124, start_s=-4 * _MINUTE, hold_s=20 * _MINUTE, fall_s=300)
        self.shape("gateway", "latency_p99", 5.2, start_s=-18 * _MINUTE, hold_s=60 * _MINUTE, fall_s=300)
        self.shape("storage", "disk_used", 0.91, start_s=-45 * _MINUTE, hold_s=1e9, instance="db-7")
        for series in self._find("storage", "backup_age", None):
            series.put(self.now - WARM_UP_S, 25.9 * 3600)
        self.flap(
            "CacheMissRatioHigh", "edge", "info", times=30, start_s=-50 * _MINUTE, summary="Cache misses above 40 %"
        )
        self.fire("ShardUnassigned", "search", "warning", start_s=-48 * _MINUTE, summary="A shard has no node")
        next(one for one in self.book.episodes if one.labels["alertname"] == "ShardUnassigned").ended_at = (
            self.now - 31 * _MINUTE
        )
        self.fire("NightlyBatchSlow", "web", "warning", start_s=-90 * _MINUTE, summary="The nightly batch still runs")

    # -- what Prometheus asks ----------------------------------------------------------------------------------------

    def instant(self, matchers: tuple[Matcher, ...], at: float) -> list[tuple[Labels, float]]:
        """Each matching series with its value at ``at``; nothing is known of the future."""
        if at > self.now + _LOOKBACK_S:
            return []
        named = next((one for one in matchers if (one.name, one.sign) == ("__name__", "=")), None)
        found = self._named(named.value if named is not None else None, at)
        rest = tuple(one for one in matchers if one is not named)
        return [one for one in found if all_hold(rest, one[0])] if rest else list(found)

    def window(self, matchers: tuple[Matcher, ...], start: float, end: float) -> list[tuple[Labels, list[Point]]]:
        """Each matching series with its samples after ``start`` up to ``end``."""
        end = min(end, self.now)
        tick = (max(start, self.now - _RETENTION_S) // INTERVAL_S + 1) * INTERVAL_S
        found: dict[tuple[tuple[str, str], ...], tuple[Labels, list[Point]]] = {}
        while tick <= end:
            for labels, value in self.instant(matchers, tick):
                found.setdefault(tuple(sorted(labels.items())), (labels, []))[1].append((tick, value))
            tick += INTERVAL_S
        return list(found.values())

    def _named(self, name: str | None, at: float) -> Iterator[tuple[Labels, float]]:
        """The series of that metric, or all."""
        for series in self._series if name is None else self._by_metric.get(name, ()):
            if (value := series.value(at)) is not None:
                yield series.labels, value
        if name in (None, "up"):
            for target in self.targets:
                yield {"__name__": "up", **target.labels}, 0.0 if target.error(at) else 1.0
        tick = at // INTERVAL_S * INTERVAL_S
        if name in (None, "ALERTS"):
            for episode in self.book.standing(tick, "pending", "firing"):
                yield {"__name__": "ALERTS", **episode.labels, "alertstate": episode.state(tick)}, 1.0
        if name in (None, BY_HAND):
            for episode in self.book.standing(tick, "firing"):
                if episode.rule is None:
                    yield {"__name__": BY_HAND, **episode.labels}, 1.0


def _written(name: str, service: str, summary: str | None) -> dict[str, str]:
    return {"summary": summary or f"{name} on {service}", "runbook_url": f"{RUNBOOKS}/{name}"}
