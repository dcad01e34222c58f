"""The simulated metrics: what each series shows at any time, past or future, by seed and by what was set."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from dataclasses import dataclass, field

from oncall_tui.demo.monitors.matchers import Labels

INTERVAL_S = 15
"""Seconds between two scrapes, and between two evaluations of the rules."""
_NOISE_S = 120
"""Seconds between two chances of the noise, which runs smoothly from one to the next."""

REGIONS = {"payments": "eu-1", "gateway": "eu"}


@dataclass(frozen=True, slots=True)
class Gauge:
    """A kind of metric: ``name`` is what callers set, ``metric`` the series' own name. Natural values lie around
    ``level``, by at most ``swing``. ``period_s``: it is the time of something that happens that often."""

    name: str
    metric: str
    level: float = 0.0
    swing: float = 0.0
    period_s: float | None = None


ERROR_RATIO = Gauge("error_ratio", "job:error_ratio", 0.002, 0.0015)
LATENCY = Gauge("latency_p99", "job:latency_seconds:p99", 0.35, 0.12)
REQUESTS = Gauge("request_rate", "job:requests:rate5m", 120.0, 40.0)
POOL = Gauge("pool_used", "db_connection_pool:used_ratio", 0.55, 0.1)
DISK = Gauge("disk_used", "instance:disk_used:ratio", 0.6, 0.01)
BACKUP = Gauge("backup_age", "backup_last_success_timestamp_seconds", period_s=86400.0)
CACHE = Gauge("cache_age", "cache_last_refresh_timestamp_seconds", period_s=600.0)
GAUGES = (ERROR_RATIO, LATENCY, REQUESTS, POOL, DISK, BACKUP, CACHE)


@dataclass(frozen=True, slots=True)
class Shape:
    """A bump of a metric: it rises to ``peak``, holds, falls back. Lengths in seconds, ``start`` in Unix seconds."""

    start: float
    peak: float
    rise_s: float = 60.0
    hold_s: float = 600.0
    fall_s: float = 120.0

    def share(self, at: float) -> float:
        """How much of the peak stands at that time, 0 to 1."""
        into = at - self.start
        left = self.rise_s + self.hold_s + self.fall_s - into
        if into < 0 or left < 0:
            return 0.0
        return min(1.0, into / self.rise_s if self.rise_s else 1.0, left / self.fall_s if self.fall_s else 1.0)


_STEPS_KEPT = 64


@dataclass(slots=True)
class Series:
    """One series of the world."""

    gauge: Gauge
    labels: Labels
    seed: int
    shapes: list[Shape] = field(default_factory=list)
    _set_at: list[float] = field(default_factory=list)
    _set_to: list[float | Gauge | None] = field(default_factory=list)
    _chances: dict[int, float] = field(default_factory=dict)
    """Those of the latest steps."""
    _word: str = ""

    def put(self, at: float, value: float | None) -> None:
        """From ``at`` on it shows ``value``; ``None``: it is gone. Of a time, ``value`` is its age at ``at``."""
        shown = at - value if value is not None and self.gauge.period_s is not None else value
        self._order(at, shown)

    def clear(self, at: float) -> None:
        """From ``at`` on it shows its natural values again."""
        self._order(at, self.gauge)

    def _order(self, at: float, what: float | Gauge | None) -> None:
        place = bisect_right(self._set_at, at)
        del self._set_at[place:], self._set_to[place:]
        self._set_at.append(at)
        self._set_to.append(what)

    def value(self, at: float) -> float | None:
        """What the last scrape before ``at`` saw; ``None`` where there is none."""
        at = at // INTERVAL_S * INTERVAL_S
        place = bisect_right(self._set_at, at) - 1
        ordered = self._set_to[place] if place >= 0 else self.gauge
        if not isinstance(ordered, Gauge):
            return ordered
        natural = self._natural(at)
        for shape in self.shapes:
            natural += (shape.peak - natural) * shape.share(at)
        return natural

    def _natural(self, at: float) -> float:
        if self.gauge.period_s is not None:
            # The nightly backup ends at 02:00 UTC.
            offset = 7200.0 if self.gauge.period_s >= 86400 else 0.0
            return (at - offset) // self.gauge.period_s * self.gauge.period_s + offset
        step, into = divmod(at, _NOISE_S)
        first, second = self._chance(int(step)), self._chance(int(step) + 1)
        return self.gauge.level + self.gauge.swing * (first + (second - first) * into / _NOISE_S)

    def _chance(self, step: int) -> float:
        """-1 to 1, always the same for the same seed, series and step."""
        found = self._chances.get(step)
        if found is None:
            self._word = self._word or f"{self.seed}/{self.gauge.name}/{sorted(self.labels.items())}/"
            if len(self._chances) >= _STEPS_KEPT:
                self._chances.clear()
            found = self._chances[step] = zlib.crc32(f"{self._word}{step}".encode()) / 0x7FFFFFFF - 1.0
        return found


def natural_series(services: tuple[str, ...], seed: int) -> list[Series]:
    """Every series of the simulated company but ``up`` and ``ALERTS``."""
    found: list[Series] = []
    for service in services:
        labels = {"job": service, "service": service}
        if service in REGIONS:
            labels["region"] = REGIONS[service]
        found += [
            Series(gauge, {"__name__": gauge.metric, **labels}, seed) for gauge in (ERROR_RATIO, LATENCY, REQUESTS)
        ]
    for service, gauge, extra in (
        ("payments", POOL, {"pool": "orders"}),
        ("gateway", POOL, {"pool": "sessions"}),
        ("storage", DISK, {"instance": "db-1"}),
        ("storage", DISK, {"instance": "db-7"}),
        ("search", DISK, {"instance": "search-1"}),
        ("storage", BACKUP, {"database": "orders"}),
        ("edge", CACHE, {"cache": "static"}),
    ):
        if service in services:
            found.append(Series(gauge, {"__name__": gauge.metric, "service": service, **extra}, seed))
    return found
