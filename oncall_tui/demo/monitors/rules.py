"""The simulated alert rules, and the alerts that come and go by them."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from oncall_tui.demo.monitors import promql
from oncall_tui.demo.monitors.evaluate import Storage, Vector
from oncall_tui.demo.monitors.matchers import Labels

RUNBOOKS = "https://runbooks.example.com"
BY_HAND = "scenario_active"
"""The metric whose rules stand for the alerts that are fired by hand."""
KEPT_S = 7200.0
"""Seconds that an alert's end is remembered."""

LabelKey = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One alerting rule. ``summary`` names labels and ``$value``."""

    name: str
    query: str
    severity: str
    summary: str
    for_s: int = 0
    group: str = "services"


RULES = (
    Rule("HighErrorRate", "job:error_ratio > 0.05", "critical", "$service: $percent of requests fail", 30),
    Rule("P99TooHigh", "job:latency_seconds:p99 > 5", "critical", "$service: P99 latency is ${value}s", 60),
    Rule("LatencyDegraded", "job:latency_seconds:p99 > 1.5", "warning", "$service: P99 latency is ${value}s", 300),
    Rule(
        "ConnectionPoolNearlyFull",
        "db_connection_pool:used_ratio > 0.9",
        "page",
        "$service: $percent of the connections of pool $pool are taken",
        60,
    ),
    Rule("DiskWillFill", "instance:disk_used:ratio > 0.85", "warning", "$instance: disk is $percent full", 60, "hosts"),
    Rule(
        "BackupDelayed",
        "time() - backup_last_success_timestamp_seconds > 93600",
        "ticket",
        "$service: no backup of $database for $hours h",
        60,
        "hosts",
    ),
    Rule(
        "CacheStale",
        "time() - cache_last_refresh_timestamp_seconds > 3600",
        "info",
        "$service: cache $cache was not refreshed for $hours h",
        0,
        "hosts",
    ),
    Rule("TargetDown", "up == 0", "warning", "$instance of $job is not scraped", 60, "hosts"),
)


@dataclass(slots=True)
class Episode:
    """One alert from its first true evaluation to its end; times in Unix seconds. ``rule`` is ``None`` where it was
    fired by hand."""

    labels: dict[str, str]
    annotations: dict[str, str]
    active_at: float
    fired_at: float | None = None
    ended_at: float | None = None
    value: float = 1.0
    rule: Rule | None = None

    def state(self, at: float) -> str:
        """``inactive``, ``pending`` or ``firing`` at that time."""
        if at < self.active_at or (self.ended_at is not None and at >= self.ended_at):
            return "inactive"
        return "firing" if self.fired_at is not None and at >= self.fired_at else "pending"


def label_key(labels: Labels) -> LabelKey:
    """A label set as a key."""
    return tuple(sorted(labels.items()))


@dataclass(slots=True)
class RuleBook:
    """The rules with the state of their alerts. Driven tick by tick."""

    rules: tuple[Rule, ...] = RULES
    errors: dict[str, str] = field(default_factory=dict)
    """Rule name -> why it cannot be evaluated now."""
    episodes: list[Episode] = field(default_factory=list)
    _open: dict[tuple[str, LabelKey], Episode] = field(default_factory=dict)

    def evaluate(self, storage: Storage, at: float) -> None:
        """One evaluation of every rule."""
        for rule in self.rules:
            if rule.name in self.errors:
                continue
            result = promql.parse(rule.query).at(storage, at)
            self._follow(rule, result.samples if isinstance(result, Vector) else (), at)
        self.episodes[:] = [one for one in self.episodes if one.ended_at is None or one.ended_at > at - KEPT_S]

    def _follow(self, rule: Rule, samples: Iterable[tuple[Labels, float]], at: float) -> None:
        true_now = set()
        for labels, value in samples:
            kept = {name: text for name, text in labels.items() if name != "__name__"}
            kept |= {"alertname": rule.name, "severity": rule.severity}
            key = (rule.name, label_key(kept))
            true_now.add(key)
            episode = self._open.get(key)
            if episode is None:
                episode = self._open[key] = Episode(kept, {}, at, rule=rule)
                self.episodes.append(episode)
            episode.value = value
            episode.annotations = _annotations(rule, kept, value)
            if episode.fired_at is None and at - episode.active_at >= rule.for_s:
                episode.fired_at = at
        for key in [key for key in self._open if key[0] == rule.name and key not in true_now]:
            self._open.pop(key).ended_at = at

    # -- by hand -------------------------------------------------------------------------------------------------

    def fire(self, labels: dict[str, str], annotations: dict[str, str], start: float, end: float | None) -> Episode:
        """An alert without a rule's condition, from ``start`` until ``end`` or until it is ended."""
        episode = Episode(labels, annotations, start, start, end)
        self.episodes.append(episode)
        return episode

    def end(self, labels: Mapping[str, str], at: float) -> int:
        """End the alerts fired by hand that have all of ``labels``, those to come too; how many there were."""
        found = [
            one
            for one in self.episodes
            if one.rule is None and labels.items() <= one.labels.items() and (one.ended_at is None or one.ended_at > at)
        ]
        for episode in found:
            episode.ended_at = at
            if episode.active_at > at:
                self.episodes.remove(episode)
        return len(found)

    # -- asking --------------------------------------------------------------------------------------------------

    def standing(self, at: float, *states: str) -> Iterator[Episode]:
        """The alerts that are in one of ``states`` at that time."""
        return (one for one in self.episodes if one.state(at) in states)

    def by_hand(self, at: float) -> dict[str, list[Episode]]:
        """Alerts without a rule by their name, over ones included."""
        found: dict[str, list[Episode]] = {}
        for episode in self.episodes:
            if episode.rule is None and episode.active_at <= at:
                found.setdefault(episode.labels["alertname"], []).append(episode)
        return found


def _annotations(rule: Rule, labels: Labels, value: float) -> dict[str, str]:
    words = {**labels, "value": f"{value:.1f}", "percent": f"{value:.1%}", "hours": f"{value / 3600:.0f}"}
    return {
        "summary": string.Template(rule.summary).safe_substitute(words),
        "runbook_url": f"{RUNBOOKS}/{rule.name}",
    }
