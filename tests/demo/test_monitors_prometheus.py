"""The simulated Prometheus answers as the real one does."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from oncall_tui.demo.monitors import Monitoring, PrometheusSim, prometheus_config
from oncall_tui.demo.wire import Request, Response
from tests.support.clock import ManualClock
from tests.support.openapi import SpecChecker, require_spec


@pytest.fixture
def simulator() -> PrometheusSim:
    world = Monitoring(ManualClock(), seed=1)
    world.open_scene()
    return PrometheusSim(world)


def ask(simulator: PrometheusSim, path: str, method: str = "GET", body: bytes = b"", **query: str) -> Response:
    headers = {"content-type": "application/x-www-form-urlencoded"} if body else {}
    request = Request(method=method, path=path, query=tuple(query.items()), headers=headers, body=body)
    return simulator.handle(request)


def data(simulator: PrometheusSim, path: str, **query: str) -> Any:
    response = ask(simulator, f"/api/v1/{path}", **query)
    assert response.status == 200, response.body
    envelope = json.loads(response.body)
    assert envelope["status"] == "success"
    return envelope["data"]


def error(simulator: PrometheusSim, path: str, **query: str) -> str:
    response = ask(simulator, f"/api/v1/{path}", **query)
    envelope = json.loads(response.body)
    assert (response.status, envelope["status"], envelope["errorType"]) == (400, "error", "bad_data")
    return str(envelope["error"])


def test_a_query_gives_samples_as_texts_at_the_time_asked_for(simulator: PrometheusSim) -> None:
    now = simulator.world.now
    found = data(simulator, "query", query='100 * job:error_ratio{job="payments"}')
    assert found["resultType"] == "vector"
    (sample,) = found["result"]
    assert sample["metric"] == {"job": "payments", "service": "payments", "region": "eu-1"}
    assert sample["value"] == [now, "12.4"]
    assert data(simulator, "query", query="3 * 4")["result"] == [now, "12"]
    at = data(simulator, "query", query="time()", time="2026-11-23T13:00:00Z")["result"]
    assert at == [now - 3600, str(int(now - 3600))]


def test_a_query_may_be_posted_as_a_form(simulator: PrometheusSim) -> None:
    response = ask(simulator, "/api/v1/query", "POST", urlencode({"query": "vector(1)"}).encode())
    assert json.loads(response.body)["data"]["result"][0]["value"][1] == "1"


def test_a_range_holds_a_sample_for_each_step(simulator: PrometheusSim) -> None:
    now = simulator.world.now
    found = data(
        simulator, "query_range", query='up{instance="db-1:9100"}', start=str(now - 120), end=str(now), step="1m"
    )
    (series,) = found["result"]
    assert (found["resultType"], [at for at, _ in series["values"]]) == ("matrix", [now - 120, now - 60, now])


def test_alerts_that_ended_are_in_the_series_only(simulator: PrometheusSim) -> None:
    names = {one["labels"]["alertname"] for one in data(simulator, "alerts")["alerts"]}
    assert "HighErrorRate" in names and "ShardUnassigned" not in names
    counted = data(simulator, "query", query='count_over_time(ALERTS{alertstate="firing"}[1h])')["result"]
    counts = {one["metric"]["alertname"]: int(one["value"][1]) for one in counted}
    assert counts["ShardUnassigned"] == 68 and counts["NightlyBatchSlow"] == 240
    assert all(one["metric"]["alertstate"] == "firing" and "__name__" not in one["metric"] for one in counted)


def test_the_form_of_an_alert(simulator: PrometheusSim) -> None:
    found = [one for one in data(simulator, "alerts")["alerts"] if one["labels"]["alertname"] == "HighErrorRate"]
    assert found == [
        {
            "labels": {
                "alertname": "HighErrorRate", "job": "payments", "region": "eu-1", "service": "payments",
                "severity": "critical",
            },
            "annotations": {
                "summary": "payments: 12.4% of requests fail",
                "runbook_url": "https://runbooks.example.com/HighErrorRate",
            },
            "state": "firing",
            "activeAt": "2026-11-23T13:56:30.000Z",
            "value": "1.24e-01",
        }
    ]  # fmt: skip


def test_rules_stand_in_groups_with_their_state(simulator: PrometheusSim) -> None:
    simulator.world.break_rule("CacheStale", "boom")
    groups = {group["name"]: group for group in data(simulator, "rules")["groups"]}
    assert list(groups) == ["services", "hosts", "scenario"]
    rules = {rule["name"]: rule for group in groups.values() for rule in group["rules"]}
    assert (rules["HighErrorRate"]["state"], len(rules["HighErrorRate"]["alerts"])) == ("firing", 1)
    assert rules["TargetDown"]["state"] == "inactive"
    assert (rules["CacheStale"]["health"], rules["CacheStale"]["lastError"]) == ("err", "boom")
    bare = data(simulator, "rules", exclude_alerts="true", type="alert")["groups"][0]["rules"][0]
    assert "alerts" not in bare
    assert data(simulator, "rules", type="record") == {"groups": []}


def test_targets_tell_why_they_are_down(simulator: PrometheusSim) -> None:
    simulator.world.set_target("db-7:9100", "connection refused")
    targets = {one["labels"]["instance"]: one for one in data(simulator, "targets", state="active")["activeTargets"]}
    assert (targets["db-7:9100"]["health"], targets["db-7:9100"]["lastError"]) == ("down", "connection refused")
    assert targets["db-1:9100"]["health"] == "up"
    assert data(simulator, "targets", state="dropped")["activeTargets"] == []


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        ("query", {}, 'invalid parameter "query": 1:1: parse error: no expression found in input'),
        ("query", {"query": "foo{"}, 'invalid parameter "query": 1:5: parse error: unexpected end of input'),
        ("query", {"query": "1", "time": "x"}, 'cannot parse "x" to a valid timestamp'),
        ("query", {"query": "1", "time": "1e400"}, 'invalid parameter "time"'),
        ("query_range", {"query": "up", "start": "10", "end": "1", "step": "1"}, "end timestamp must not be before"),
        ("query_range", {"query": "up", "start": "1", "end": "9", "step": "0"}, "zero or negative query resolution"),
        ("query_range", {"query": "up", "start": "1", "end": "9", "step": "x"}, "to a valid duration"),
        ("query_range", {"query": "up", "start": "1", "end": "1e8", "step": "1"}, "maximum resolution of 11,000"),
        ("query_range", {"query": "up[1h]", "start": "1", "end": "9", "step": "1"}, "range query"),
        ("query_range", {"query": "up", "end": "9", "step": "1"}, 'invalid parameter "start"'),
        ("rules", {"type": "x"}, 'invalid parameter "type": not supported value "x"'),
    ],
)
def test_what_is_wrong_is_bad_data(simulator: PrometheusSim, path: str, query: dict[str, str], words: str) -> None:
    assert words in error(simulator, path, **query)


def test_what_is_not_there_is_plain_text(simulator: PrometheusSim) -> None:
    for path in ("/", "/nope", "/api/v1/nope", "/api/v2/alerts"):
        assert (ask(simulator, path).status, ask(simulator, path).body) == (404, b"404 page not found\n")
    assert ask(simulator, "/api/v1/alerts", "POST").status == 405
    assert ask(simulator, "/-/ready").body == b"Prometheus Server is Ready.\n"
    simulator.ready = False
    assert ask(simulator, "/-/ready").status == ask(simulator, "/api/v1/alerts").status == 503
    assert ask(simulator, "/-/healthy").status == 200


def test_a_huge_range_does_not_stop_it(simulator: PrometheusSim) -> None:
    found = data(simulator, "query", query='count_over_time(up{instance="db-1:9100"}[99999w])')["result"]
    assert int(found[0]["value"][1]) == 720


def test_the_demos_checks_show_every_state(simulator: PrometheusSim) -> None:
    config = prometheus_config("http://127.0.0.1:1")
    assert config["base_url"] == "http://127.0.0.1:1/prometheus"
    values = {
        check["name"]: [float(one["value"][1]) for one in data(simulator, "query", query=check["query"])["result"]]
        for check in config["health"]
    }
    assert values["payments error rate"][0] > 5
    assert 1.5 < values["gateway p99"][0] < 8
    assert any(value > 85 for value in values["database disks"])
    assert 26 < values["database backup"][0] < 48
    assert values["search freshness"] == []
    assert values["web requests"][0] > 20 and values["edge cache"][0] < 3600


def test_every_answer_fits_the_published_description(simulator: PrometheusSim) -> None:
    checker = SpecChecker(require_spec("prometheus.yaml"), "/api/v1")
    simulator.world.break_rule("CacheStale", "boom")
    simulator.warnings = ("w",)
    now = str(simulator.world.now)
    calls: list[tuple[str, dict[str, str]]] = [
        ("query", {"query": "up"}),
        ("query", {"query": "1"}),
        ("query", {"query": "up[1m]"}),
        ("query", {"query": "("}),
        ("query_range", {"query": "up", "start": now, "end": now, "step": "15"}),
        ("alerts", {}),
        ("rules", {}),
        ("rules", {"exclude_alerts": "true"}),
        ("targets", {"state": "active"}),
        ("alertmanagers", {}),
        ("status/buildinfo", {}),
        ("status/runtimeinfo", {}),
    ]
    for path, query in calls:
        request = Request(method="GET", path=f"/api/v1/{path}", query=tuple(query.items()))
        checker.check(request, simulator.handle(request))
    form = urlencode({"query": "up"}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    request = Request(method="POST", path="/api/v1/query", headers=headers, body=form)
    checker.check(request, simulator.handle(request))
    assert len(checker.checked) == 10
