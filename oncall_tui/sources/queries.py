"""Checks by a PromQL query against limits, of whatever serves Prometheus's query API. Pure.

Of several series the worst decides: down before degraded before no value before ok. A query without a result, a
result that is no finite number, or one that is no number at all, is *unknown*, never ok.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from oncall_tui.config.options import Findings, opt, some
from oncall_tui.model import HealthCheck, HealthStatus, join_id
from oncall_tui.sources import fields
from oncall_tui.sources.threshold import Threshold
from oncall_tui.text import clean

_RANK = {HealthStatus.DOWN: 0, HealthStatus.DEGRADED: 1, HealthStatus.UNKNOWN: 2, HealthStatus.OK: 3}
_NAMED = 3
"""How many warnings of a server are told."""


def slug_of(name: str) -> str:
    """A check's name as a part of an id: ``payments-error-rate``."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "check"


@dataclass(frozen=True, kw_only=True)
class HealthQuery:
    """One check: a PromQL expression and its limits. Without limits it shows its value and is ok while there is one."""

    name: str = opt(help="what the pane calls it; unique in this source", check=some)
    service: str | None = opt(None, help="the service that it tells of")
    query: str = opt(help="PromQL, evaluated at the present", check=some)
    unit: str | None = opt(None, help="of the value: %, ms, GiB")
    degraded: Threshold | None = opt(None, help="degraded while this holds: '> 1'")
    down: Threshold | None = opt(None, help="down while this holds: '> 5'")

    def __post_init__(self) -> None:
        with Findings() as findings:
            for key in ("degraded", "down"):
                with findings.one(key):
                    limit: Threshold | None = getattr(self, key)
                    if limit is not None:
                        object.__setattr__(self, key, limit.in_unit(self.unit))

    @property
    def slug(self) -> str:
        """The name as a part of an id: ``payments-error-rate``."""
        return slug_of(self.name)

    def status_of(self, value: float) -> HealthStatus:
        """What a finite value means."""
        if self.down is not None and self.down.holds(value):
            return HealthStatus.DOWN
        if self.degraded is not None and self.degraded.holds(value):
            return HealthStatus.DEGRADED
        return HealthStatus.OK

    def limit_of(self, status: HealthStatus) -> Threshold | None:
        """The limit that gave this status."""
        return {HealthStatus.DOWN: self.down, HealthStatus.DEGRADED: self.degraded}.get(status)


class NamedCheck(Protocol):
    """A check that is configured by name."""

    @property
    def name(self) -> str:
        """What the pane calls it."""
        ...

    @property
    def slug(self) -> str:
        """The name as a part of an id."""
        ...


def check_names(checks: Iterable[NamedCheck], taken: Mapping[str, str]) -> None:
    """Raises ValueError where the names of two checks make one id. ``taken``: ids that are taken -> by what."""
    slugs = dict(taken)
    for check in checks:
        if check.slug in slugs:
            raise ValueError(f"health: {check.name[:60]!r} is too like {slugs[check.slug]!r}: name it otherwise")
        slugs[check.slug] = check.name[:60]


@dataclass(frozen=True, slots=True)
class _Sample:
    status: HealthStatus
    value: float | None
    labels: Mapping[str, str]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class QueryReader:
    """Makes checks of the answers of one server, taken at ``now``. ``link`` gives the address of a query's graph."""

    source: str
    now: datetime
    link: Callable[[str], str]

    def query(self, check: HealthQuery, answer: Any) -> HealthCheck:
        """The answer of ``/query`` (the whole envelope) as a check."""
        samples, problem = _samples(check, fields.obj(answer, "data"))
        warnings = [f"warning: {clean(text, 160)}" for text in _texts(answer, "warnings")]
        warnings += [clean(text, 160) for text in _texts(answer, "infos")]
        if not samples:
            return self._of_query(check, HealthStatus.UNKNOWN, None, [problem or "no data", *warnings])
        worst = _worst(check, samples)
        limit = check.limit_of(worst.status)
        detail = [f"limit {limit}"] if limit is not None else []
        detail += [worst.reason] if worst.reason else []
        if len(samples) > 1 and worst.status is not HealthStatus.OK:
            detail.append(f"worst of {len(samples)}: {_described(worst.labels)}")
        return self._of_query(check, worst.status, worst.value, detail + warnings)

    def failed_query(self, check: HealthQuery, reason: str) -> HealthCheck:
        """A check whose query did not come back."""
        return self._of_query(check, HealthStatus.UNKNOWN, None, [reason])

    def _of_query(
        self, check: HealthQuery, status: HealthStatus, value: float | None, detail: list[str]
    ) -> HealthCheck:
        return HealthCheck(
            id=join_id(self.source, check.slug),
            source=self.source,
            name=clean(check.name, 200),
            status=status,
            checked_at=self.now,
            service=clean(check.service, 200) if check.service else None,
            value=value,
            unit=check.unit,
            detail=clean("; ".join(detail)) or None,
            url=self.link(check.query),
        )


def _samples(check: HealthQuery, data: Mapping[str, Any]) -> tuple[list[_Sample], str | None]:
    """The values of a query's result; none of them, and why, where it has no values."""
    match data.get("resultType"):
        case "scalar":
            return [_sample(check, {}, data.get("result"))], None
        case "vector":
            return [
                _sample(check, fields.labels(row, "metric"), row.get("value")) for row in fields.rows(data, "result")
            ], None
        case "matrix":
            return [], "the query gives ranges, not values"
        case "string":
            return [], "the query gives a text, not a value"
    return [], "the answer holds no result"


def _sample(check: HealthQuery, labels: Mapping[str, str], pair: Any) -> _Sample:
    word = pair[1] if isinstance(pair, list) and len(pair) == 2 else None
    value = fields.number(word)
    if value is not None:
        return _Sample(check.status_of(value), value, labels)
    reason = f"the value is {clean(word, 20)}" if isinstance(word, str) else "a histogram, not a value"
    return _Sample(HealthStatus.UNKNOWN, None, labels, reason)


def _worst(check: HealthQuery, samples: list[_Sample]) -> _Sample:
    limit = check.down or check.degraded

    def worse(first: _Sample, second: _Sample) -> _Sample:
        if first.status is not second.status:
            return first if _RANK[first.status] < _RANK[second.status] else second
        if limit is None or first.value is None or second.value is None:
            return first
        return first if limit.worst(first.value, second.value) == first.value else second

    worst = samples[0]
    for sample in samples[1:]:
        worst = worse(worst, sample)
    return worst


def _texts(answer: Any, field: str) -> Iterable[str]:
    found = fields.walk(answer, field)
    return [text for text in found[:_NAMED] if isinstance(text, str)] if isinstance(found, list) else []


def _described(labels: Mapping[str, str]) -> str:
    shown = [f"{name}={value}" for name, value in labels.items() if name != "__name__"]
    return clean(", ".join(shown), 120) or "(no labels)"
