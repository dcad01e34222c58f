"""The last days on one screen, for whoever begins a shift: alerts by count and trend, what is not resolved, what keeps
coming back, which runbooks to read again (S4). Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.model import Incident, Severity, ShiftFacts
from oncall_tui.policy.kinds import kind_of
from oncall_tui.records import dataclass

DAYS = 7
MOST = 12
"""Rows of each part."""
_MORE, _LESS = 1.5, 1 / 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """An alert, how often it fired, and how often in the stretch of the same length before."""

    name: str
    service: str | None
    count: int
    before: int

    @property
    def trend(self) -> str:
        """``new``, ``more``, ``less``, or ``as before``."""
        if not self.before:
            return "new"
        ratio = self.count / self.before
        return "more" if ratio >= _MORE else "less" if ratio <= _LESS else "as before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """Incidents of one kind: the latest, and how often it came within the stretch."""

    latest: Incident
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What there was from ``start`` to ``end``."""

    start: datetime
    end: datetime
    counts: dict[str, int]
    """``sev1`` to ``sev4``, ``none``, ``total``: incidents triggered within it."""
    fired: tuple[Fired, ...]
    """The most frequent first."""
    fired_total: int
    fired_before: int
    unresolved: tuple[Incident, ...]
    recurring: tuple[Recurring, ...]
    runbooks: tuple[tuple[str, str], ...]
    """(What it is of, its address), of incidents and alerts of the stretch, each address once."""


def review(facts: ShiftFacts) -> Review:
    """The review of the facts' stretch."""
    triggered = [one for one in facts.incidents if facts.start <= one.created_at < facts.end]
    by_severity: Counter[Severity | None] = Counter(one.severity for one in triggered)
    unresolved = [one for one in facts.incidents if one.is_open]
    unresolved.sort(key=lambda one: (one.severity or 5, one.created_at, one.id))
    now: Counter[tuple[str, str | None]] = Counter()
    before: Counter[tuple[str, str | None]] = Counter()
    for counter, alerts in ((now, facts.alerts), (before, facts.earlier_alerts)):
        for alert in alerts:
            counter[alert.name, alert.service] += alert.count
    fired = [
        Fired(name=name, service=service, count=count, before=before[name, service])
        for (name, service), count in now.items()
    ]
    fired.sort(key=lambda one: (-one.count, one.name, one.service or ""))
    return Review(
        start=facts.start,
        end=facts.end,
        counts={
            **{f"sev{severity}": by_severity[severity] for severity in (1, 2, 3, 4)},
            "none": by_severity[None],
            "total": len(triggered),
        },
        fired=tuple(fired[:MOST]),
        fired_total=sum(now.values()),
        fired_before=sum(before.values()),
        unresolved=tuple(unresolved[:MOST]),
        recurring=_recurring(triggered),
        runbooks=_runbooks(facts),
    )


def _recurring(incidents: list[Incident]) -> tuple[Recurring, ...]:
    kinds: defaultdict[tuple[str, str], list[Incident]] = defaultdict(list)
    for one in incidents:
        kinds[kind_of(one)].append(one)
    found = [
        Recurring(latest=max(same, key=lambda one: (one.created_at, one.id)), count=len(same))
        for same in kinds.values()
        if len(same) > 1
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, one.latest.title, one.latest.id))[:MOST])


def _runbooks(facts: ShiftFacts) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for one in facts.incidents:
        if one.runbook:
            found.setdefault(one.runbook, one.title)
    for alert in facts.alerts:
        if alert.runbook:
            found.setdefault(alert.runbook, alert.name)
    return tuple((title, url) for url, title in list(found.items())[:MOST])


def to_json(found: Review) -> dict[str, Any]:
    """As a part of a JSON document."""
    return {
        "from": iso(found.start),
        "until": iso(found.end),
        "counts": dict(found.counts),
        "alerts": {
            "total": found.fired_total,
            "before": found.fired_before,
            "most": [
                {"name": one.name, "service": one.service, "count": one.count, "before": one.before, "trend": one.trend}
                for one in found.fired
            ],
        },
        "unresolved": [_told(one) for one in found.unresolved],
        "recurring": [
            {"title": one.latest.title, "count": one.count, "latest": one.latest.id} for one in found.recurring
        ],
        "runbooks": [{"of": of, "url": url} for of, url in found.runbooks],
    }


def _told(one: Incident) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "severity": one.severity,
        "state": one.state.value,
        "since": iso(one.created_at),
    }


def stretch(now: datetime) -> tuple[datetime, datetime]:
    """What is reviewed at ``now``."""
    return now - timedelta(days=DAYS), now
