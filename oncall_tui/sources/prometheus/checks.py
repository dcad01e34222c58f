"""What Prometheus says of health besides the configured queries: targets, rules. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from oncall_tui.model import HealthCheck, HealthStatus, join_id
from oncall_tui.sources import fields
from oncall_tui.sources.queries import QueryReader
from oncall_tui.text import clean

_NAMED = 3
"""How many failing things a line names before it only counts."""


@dataclass(frozen=True, slots=True)
class CheckReader:
    """Makes checks of the answers of one server, taken at ``now``."""

    source: str
    base_url: str
    now: datetime

    @property
    def queries(self) -> QueryReader:
        """Reads the answers of queries."""
        return QueryReader(
            self.source, self.now, lambda query: f"{self.base_url}/graph?g0.expr={quote(query)}&g0.tab=0"
        )

    def targets(self, data: Any) -> tuple[HealthCheck, ...]:
        """The answer of ``/targets``: one check for each job; how many are up, and which are not."""
        jobs: dict[str, list[Mapping[str, Any]]] = {}
        for target in fields.rows(data, "data", "activeTargets"):
            job = fields.text(target, "labels", "job", limit=100) or fields.text(target, "scrapePool", limit=100)
            jobs.setdefault(job or "(no job)", []).append(target)
        return tuple(self._job(job, targets) for job, targets in sorted(jobs.items()))

    def _job(self, job: str, targets: list[Mapping[str, Any]]) -> HealthCheck:
        down = [target for target in targets if fields.text(target, "health") == "down"]
        up = sum(fields.text(target, "health") == "up" for target in targets)
        waiting = len(targets) - up - len(down)
        detail = [_down_line(target) for target in down[:_NAMED]]
        detail += [f"and {len(down) - _NAMED} more"] if len(down) > _NAMED else []
        detail += [f"{waiting} not scraped yet"] if waiting else []
        if len(down) == len(targets):
            status = HealthStatus.DOWN
        elif down:
            status = HealthStatus.DEGRADED
        else:
            status = HealthStatus.OK if up else HealthStatus.UNKNOWN
        return HealthCheck(
            id=join_id(self.source, f"targets/{job}"),
            source=self.source,
            name=f"{job} targets",
            status=status,
            checked_at=self.now,
            service=self._service_of(targets) or job,
            value=float(up),
            unit=f"of {len(targets)} up",
            detail=clean("; ".join(detail)) or None,
            url=f"{self.base_url}/targets",
        )

    @staticmethod
    def _service_of(targets: list[Mapping[str, Any]]) -> str | None:
        services = {fields.text(target, "labels", "service", limit=100) for target in targets}
        return services.pop() if len(services) == 1 else None

    def rules(self, data: Any) -> tuple[HealthCheck, ...]:
        """The answer of ``/rules``: one check, degraded while a rule cannot be evaluated; none without rules."""
        rules = [rule for group in fields.rows(data, "data", "groups") for rule in fields.rows(group, "rules")]
        if not rules:
            return ()
        broken = [rule for rule in rules if fields.text(rule, "health") == "err"]
        detail = [_broken_line(rule) for rule in broken[:_NAMED]]
        detail += [f"and {len(broken) - _NAMED} more"] if len(broken) > _NAMED else []
        return (
            HealthCheck(
                id=join_id(self.source, "rules"),
                source=self.source,
                name="alert rules",
                status=HealthStatus.DEGRADED if broken else HealthStatus.OK,
                checked_at=self.now,
                value=float(len(rules) - len(broken)),
                unit=f"of {len(rules)} work",
                detail=clean("; ".join(detail)) or None,
                url=f"{self.base_url}/rules",
            ),
        )


def _down_line(target: Mapping[str, Any]) -> str:
    where = fields.text(target, "labels", "instance", limit=100) or fields.text(target, "scrapeUrl", limit=200) or "?"
    why = fields.text(target, "lastError", limit=160)
    return f"down: {where} ({why})" if why else f"down: {where}"


def _broken_line(rule: Mapping[str, Any]) -> str:
    return f"{fields.text(rule, 'name', limit=100) or '?'}: {fields.text(rule, 'lastError', limit=160) or 'fails'}"
