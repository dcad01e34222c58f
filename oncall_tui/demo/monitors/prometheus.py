"""Prometheus's HTTP API over the simulated monitoring."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from oncall_tui.clock import parse_instant
from oncall_tui.demo.monitors import promql
from oncall_tui.demo.monitors.answers import dated, rfc3339, sample, scientific, text
from oncall_tui.demo.monitors.evaluate import Expression, Matrix, Result, Scalar, Vector
from oncall_tui.demo.monitors.matchers import Labels
from oncall_tui.demo.monitors.rules import BY_HAND, Episode, Rule
from oncall_tui.demo.monitors.series import INTERVAL_S
from oncall_tui.demo.monitors.world import Monitoring, Target
from oncall_tui.demo.wire import Request, Response, json_response

VERSION = "3.14.0"
_MAX_POINTS = 11_000


class _Bad(Exception):
    """400 ``bad_data`` with that reason."""


class PrometheusSim:
    """One Prometheus. ``alertmanager_url`` is the one that it says it sends its alerts to."""

    prefix = "prometheus"

    def __init__(self, world: Monitoring, alertmanager_url: str = "http://alertmanager:9093") -> None:
        self.world = world
        self.ready = True
        """Whether it serves; while it starts it does not."""
        self.warnings: tuple[str, ...] = ()
        """What comes with each query's result."""
        self._alertmanager_url = alertmanager_url
        self._answers: dict[tuple[str, ...], Callable[[dict[str, list[str]]], Any]] = {
            ("query",): self._query,
            ("query_range",): self._query_range,
            ("alerts",): self._alerts,
            ("rules",): self._rules,
            ("targets",): self._targets,
            ("alertmanagers",): self._alertmanagers,
            ("status", "buildinfo"): self._buildinfo,
            ("status", "runtimeinfo"): self._runtimeinfo,
        }

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises."""
        self.world.catch_up()
        return dated(self._routed(request), self.world.clock)

    def _routed(self, request: Request) -> Response:
        match request.segments:
            case ("-", "healthy"):
                return text("Prometheus Server is Healthy.\n")
            case ("-", "ready") if self.ready:
                return text("Prometheus Server is Ready.\n")
            case ("-", "ready"):
                return text("Service Unavailable", 503)
            case ("api", "v1", *rest) if tuple(rest) in self._answers:
                return self._api(request, tuple(rest))
        return text("404 page not found\n", 404)

    def _api(self, request: Request, path: tuple[str, ...]) -> Response:
        posted = request.method == "POST" and path in (("query",), ("query_range",))
        if request.method not in ("GET", "HEAD") and not posted:
            return Response(status=405, headers={"allow": "GET, OPTIONS"})
        if not self.ready:
            return text("Service Unavailable", 503)
        pairs = list(request.query)
        if posted:
            pairs += parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        given: dict[str, list[str]] = {}
        for name, value in pairs:
            given.setdefault(name, []).append(value)
        try:
            data = self._answers[path](given)
        except _Bad as error:
            return json_response({"status": "error", "errorType": "bad_data", "error": str(error)}, 400)
        envelope = {"status": "success", "data": data}
        if self.warnings and path[0].startswith("query"):
            envelope["warnings"] = list(self.warnings)
        return json_response(envelope)

    # -- queries -----------------------------------------------------------------------------------------------------

    def _query(self, given: dict[str, list[str]]) -> Any:
        at = _time(given, "time", self.world.now)
        return _data(_parsed(given).at(self.world, at), at)

    def _query_range(self, given: dict[str, list[str]]) -> Any:
        start, end = _time(given, "start", None), _time(given, "end", None)
        if end < start:
            raise _Bad('invalid parameter "end": end timestamp must not be before start time')
        step = _length(given, "step")
        if step <= 0:
            raise _Bad(
                'invalid parameter "step": zero or negative query resolution step widths are not accepted. '
                "Try a positive integer"
            )
        if (end - start) / step > _MAX_POINTS:
            raise _Bad(
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )
        expression = _parsed(given)
        if expression.kind == "matrix":
            raise _Bad(
                'invalid parameter "query": invalid expression type "range vector" for range query, '
                "must be Scalar or instant Vector"
            )
        series: dict[tuple[tuple[str, str], ...], tuple[Labels, list[list[Any]]]] = {}
        for number in range(int((end - start) / step) + 1):
            at = start + number * step
            result = expression.at(self.world, at)
            for labels, value in _values(result):
                series.setdefault(tuple(sorted(labels.items())), (labels, []))[1].append([at, sample(value)])
        return {
            "resultType": "matrix",
            "result": [{"metric": labels, "values": values} for labels, values in series.values()],
        }

    # -- alerts and rules --------------------------------------------------------------------------------------------

    def _alerts(self, given: dict[str, list[str]]) -> Any:
        now = self.world.now
        return {"alerts": [_alert(one, now) for one in self.world.book.standing(now, "pending", "firing")]}

    def _rules(self, given: dict[str, list[str]]) -> Any:
        kind = given.get("type", [""])[0].lower()
        if kind not in ("", "alert", "record"):
            raise _Bad(f'invalid parameter "type": not supported value "{kind}"')
        groups: dict[str, list[dict[str, Any]]] = {}
        if kind != "record":
            with_alerts = given.get("exclude_alerts", [""])[0].lower() not in ("1", "t", "true")
            for group, rule in self._all_rules():
                if not with_alerts:
                    del rule["alerts"]
                groups.setdefault(group, []).append(rule)
        return {"groups": [self._group(name, rules) for name, rules in groups.items()]}

    def _group(self, name: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "name": name,
            "file": f"/etc/prometheus/rules/{name}.yml",
            "interval": INTERVAL_S,
            "limit": 0,
            "evaluationTime": 0.0011,
            "lastEvaluation": rfc3339(self.world.evaluated_at),
            "rules": rules,
        }

    def _all_rules(self) -> Iterator[tuple[str, dict[str, Any]]]:
        now = self.world.now
        book = self.world.book
        for rule in book.rules:
            standing = [one for one in book.standing(now, "pending", "firing") if one.rule is rule]
            yield rule.group, self._rule(rule, standing, book.errors.get(rule.name, ""))
        for name, episodes in sorted(book.by_hand(now).items()):
            labels = episodes[0].labels
            rule = Rule(name, f'{BY_HAND}{{alertname="{name}"}} > 0', labels.get("severity", ""), "", 0, "scenario")
            yield rule.group, self._rule(rule, [one for one in episodes if one.state(now) == "firing"], "")

    def _rule(self, rule: Rule, standing: list[Episode], error: str) -> dict[str, Any]:
        now = self.world.now
        states = {one.state(now) for one in standing}
        found: dict[str, Any] = {
            "type": "alerting",
            "name": rule.name,
            "query": rule.query,
            "duration": rule.for_s,
            "keepFiringFor": 0,
            "labels": {"severity": rule.severity},
            "annotations": {"summary": rule.summary} if rule.summary else {},
            "alerts": [_alert(one, now) for one in standing],
            "state": "firing" if "firing" in states else "pending" if states else "inactive",
            "health": "err" if error else "ok",
            "evaluationTime": 0.0002,
            "lastEvaluation": rfc3339(self.world.evaluated_at),
        }
        if error:
            found["lastError"] = error
        return found

    # -- targets and status ------------------------------------------------------------------------------------------

    def _targets(self, given: dict[str, list[str]]) -> Any:
        state = given.get("state", ["any"])[0].lower()
        pool = given.get("scrapePool", [""])[0]
        shown = self.world.targets if state in ("any", "active", "") else []
        return {
            "activeTargets": [self._target(one) for one in shown if pool in ("", one.job)],
            "droppedTargets": [],
            "droppedTargetCounts": dict.fromkeys((one.job for one in self.world.targets), 0),
        }

    def _target(self, target: Target) -> dict[str, Any]:
        error = target.error(self.world.now)
        url = f"http://{target.instance}/metrics"
        return {
            "discoveredLabels": {"__address__": target.instance, "__scheme__": "http", "job": target.job},
            "labels": target.labels,
            "scrapePool": target.job,
            "scrapeUrl": url,
            "globalUrl": url,
            "lastError": error,
            "lastScrape": rfc3339(self.world.now // INTERVAL_S * INTERVAL_S),
            "lastScrapeDuration": 10.0 if error else 0.004,
            "health": "down" if error else "up",
            "scrapeInterval": f"{INTERVAL_S}s",
            "scrapeTimeout": "10s",
        }

    def _alertmanagers(self, given: dict[str, list[str]]) -> Any:
        return {"activeAlertmanagers": [{"url": f"{self._alertmanager_url}/api/v2/alerts"}], "droppedAlertmanagers": []}

    def _buildinfo(self, given: dict[str, list[str]]) -> Any:
        return {
            "version": VERSION,
            "revision": "simulated",
            "branch": "HEAD",
            "buildUser": "simulator",
            "buildDate": "20260821-00:00:00",
            "goVersion": "go1.26",
        }

    def _runtimeinfo(self, given: dict[str, list[str]]) -> Any:
        return {
            "startTime": rfc3339(self.world.started_at),
            "CWD": "/prometheus",
            "hostname": "prometheus-0",
            "serverTime": rfc3339(self.world.now),
            "reloadConfigSuccess": True,
            "lastConfigTime": rfc3339(self.world.started_at),
            "corruptionCount": 0,
            "goroutineCount": 42,
            "GOMAXPROCS": 2,
            "GOMEMLIMIT": 2**63 - 1,
            "GOGC": "75",
            "GODEBUG": "",
            "storageRetention": "15d",
        }


def _alert(episode: Episode, now: float) -> dict[str, Any]:
    return {
        "labels": episode.labels,
        "annotations": episode.annotations,
        "state": episode.state(now),
        "activeAt": rfc3339(episode.active_at),
        "value": scientific(episode.value),
    }


def _values(result: Result) -> tuple[tuple[Labels, float], ...]:
    if isinstance(result, Scalar):
        return (({}, result.value),)
    return result.samples if isinstance(result, Vector) else ()


def _data(result: Result, at: float) -> Any:
    if isinstance(result, Scalar):
        return {"resultType": "scalar", "result": [at, sample(result.value)]}
    if isinstance(result, Matrix):
        return {
            "resultType": "matrix",
            "result": [
                {"metric": labels, "values": [[when, sample(value)] for when, value in points]}
                for labels, points in result.series
            ],
        }
    return {
        "resultType": "vector",
        "result": [{"metric": labels, "value": [at, sample(value)]} for labels, value in result.samples],
    }


def _parsed(given: dict[str, list[str]]) -> Expression:
    try:
        return promql.parse(given.get("query", [""])[0])
    except promql.QueryError as error:
        raise _Bad(f'invalid parameter "query": {error}') from None


def _time(given: dict[str, list[str]], name: str, default: float | None) -> float:
    word = given.get(name, [""])[0]
    if not word and default is not None:
        return default
    try:
        found = float(word)
        if math.isfinite(found):
            datetime.fromtimestamp(found)  # noqa: DTZ006 - only whether it can be one
            return found
    except (ValueError, OverflowError, OSError):
        pass
    try:
        return parse_instant(word).timestamp()
    except (ValueError, OverflowError):
        why = "Invalid time value for 'time': " if name == "time" else ""
        raise _Bad(f'invalid parameter "{name}": {why}cannot parse "{word}" to a valid timestamp') from None


def _length(given: dict[str, list[str]], name: str) -> float:
    word = given.get(name, [""])[0]
    try:
        found = float(word)
        if math.isfinite(found):
            return found
    except ValueError:
        if found := promql.seconds_of(word):
            return found
    raise _Bad(f'invalid parameter "{name}": cannot parse "{word}" to a valid duration')
