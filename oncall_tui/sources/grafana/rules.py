"""What Grafana's alert rules say of health. Pure.

A rule that fires is what its check says it means; one that waits, or recovers, is degraded. A rule that cannot be
evaluated, or that is not there, is *unknown*, never ok.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oncall_tui.model import HealthCheck, HealthStatus, join_id
from oncall_tui.sources import fields
from oncall_tui.sources.grafana.options import RuleCheck
from oncall_tui.text import clean

_NAMED = 3
"""How many failing rules a line names before it only counts."""
_BROKEN = ("error", "nodata")
_STATES = {
    "inactive": HealthStatus.OK,
    "pending": HealthStatus.DEGRADED,
    "recovering": HealthStatus.DEGRADED,
}
Row = Mapping[str, Any]


def rows_of(data: Any) -> Iterator[Row]:
    """The rules of an answer of ``/rules``."""
    for group in fields.rows(data, "data", "groups"):
        yield from fields.rows(group, "rules")


@dataclass(frozen=True, slots=True)
class RuleReader:
    """Makes checks of the answers of one Grafana, taken at ``now``."""

    source: str
    base_url: str
    now: datetime

    def check(self, check: RuleCheck, found: Sequence[Row]) -> HealthCheck:
        """One configured check, out of the rules that came."""
        row = next((one for one in found if fields.text(one, "uid") == check.rule), None)
        if row is None:
            return self._of_rule(check, HealthStatus.UNKNOWN, f"no rule {check.rule}, or it may not be read")
        state = fields.text(row, "state", limit=40) or "?"
        if fields.text(row, "health") in _BROKEN:
            reason = fields.text(row, "lastError", limit=200) or f"the rule has {fields.text(row, 'health')}"
            return self._of_rule(check, HealthStatus.UNKNOWN, reason)
        if state == "firing":
            return self._of_rule(check, HealthStatus(check.firing), f"rule {fields.text(row, 'name')} fires", row)
        idle = _why_idle(row)
        if idle is not None:
            return self._of_rule(check, HealthStatus.UNKNOWN, idle, row)
        status = _STATES.get(state, HealthStatus.UNKNOWN)
        return self._of_rule(check, status, None if status is HealthStatus.OK else f"the rule is {state}", row)

    def failed(self, check: RuleCheck, reason: str) -> HealthCheck:
        """A check whose rule could not be read."""
        return self._of_rule(check, HealthStatus.UNKNOWN, reason)

    def _of_rule(
        self, check: RuleCheck, status: HealthStatus, detail: str | None, row: Row | None = None
    ) -> HealthCheck:
        firing, known = _instances(row) if row is not None else (None, 0)
        return HealthCheck(
            id=join_id(self.source, check.slug),
            source=self.source,
            name=clean(check.name, 200),
            status=status,
            checked_at=self.now,
            service=clean(check.service, 200) if check.service else None,
            value=firing,
            unit=f"of {known} fire" if firing is not None else None,
            detail=clean(detail) if detail else None,
            url=f"{self.base_url}/alerting/grafana/{check.rule}/view",
        )

    def broken(self, found: Sequence[Row]) -> HealthCheck:
        """One check over all rules: degraded while one of them cannot be evaluated, unknown while one does not tell."""
        mute = sum(fields.text(row, "health") is None for row in found)
        bad = [row for row in found if fields.text(row, "health") in _BROKEN]
        lines = [_line(row) for row in bad[:_NAMED]]
        lines += [f"and {len(bad) - _NAMED} more"] if len(bad) > _NAMED else []
        lines += [f"{mute} rules do not tell their health"] if mute else []
        well = HealthStatus.UNKNOWN if mute else HealthStatus.OK
        return HealthCheck(
            id=join_id(self.source, "rules"),
            source=self.source,
            name="Grafana rules",
            status=HealthStatus.DEGRADED if bad else well,
            checked_at=self.now,
            value=float(len(bad)),
            unit="broken",
            detail=clean("; ".join(lines)) or None,
            url=f"{self.base_url}/alerting/list",
        )


def _why_idle(row: Row) -> str | None:
    """Why the state of a rule says nothing: nobody evaluates it, or it cannot be told whether somebody does."""
    health, evaluated_at = fields.text(row, "health", limit=40), row.get("lastEvaluation")
    if fields.boolean(row, "isPaused"):
        return "the rule is paused"
    # A rule that no scheduler has says that its health is ok; its last evaluation is then the year 1.
    if health == "unknown" or (isinstance(evaluated_at, str) and evaluated_at.startswith("0001-")):
        return "the rule has not been evaluated"
    if health is None:
        return "the rule does not tell its health"
    return None if health == "ok" else f"the rule's health is {health}"


def _instances(row: Row) -> tuple[float | None, int]:
    """How many instances of a rule fire, and of how many; ``None`` where the rule does not tell."""
    totals = fields.obj(row, "totals")
    counts = {name: number for name in totals if (number := fields.integer(totals, name)) is not None}
    return (float(counts.get("alerting", 0)), sum(counts.values())) if counts else (None, 0)


def _line(row: Row) -> str:
    name = fields.text(row, "name", limit=100) or fields.text(row, "uid", limit=60) or "?"
    reason = fields.text(row, "lastError", limit=160) or fields.text(row, "health", limit=20)
    return f"{name}: {reason}"
