"""Prometheus's own alerts: those that fire, those of the last hour, and which they are in Alertmanager."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.model import AlertState
from oncall_tui.sources.base import Known
from oncall_tui.sources.labels import is_same, labels_key
from tests.sources.monitor_bench import Bench, alert_named, answering

ONLY_ALERTS: dict[str, Any] = {"targets": False, "rules": False}


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_rule_fires_after_its_time_and_ends_without_its_cause(bench: Bench) -> None:
    source = bench.metrics(**ONLY_ALERTS)
    bench.world.set_metric("payments", "error_ratio", 0.124)
    bench.clock.advance(15)
    assert (await source.poll(Known())).alerts == (), "pending is not firing"
    bench.clock.advance(30)
    alert = alert_named(await source.poll(Known()), "HighErrorRate")
    assert (alert.state, alert.service, alert.severity, alert.count) == (AlertState.FIRING, "payments", 2, 1)
    assert alert.summary == "payments: 12.4% of requests fail" and alert.runbook
    assert alert.last_at == bench.clock.now()
    bench.world.clear_metric("payments", "error_ratio")
    bench.clock.advance(300)
    snapshot = await source.poll(Known())
    ended = alert_named(snapshot, "HighErrorRate")
    assert snapshot.alerts_complete
    assert (ended.id, ended.state, ended.count) == (alert.id, AlertState.ENDED, 1)
    assert ended.summary == alert.summary, "what was known while it fired stays known"
    assert ended.ended_at and timedelta(minutes=4) <= bench.clock.now() - ended.ended_at <= timedelta(minutes=6)
    bench.clock.advance(3600)
    assert [one.name for one in (await source.poll(Known())).alerts or ()] != ["HighErrorRate"]


async def test_an_alert_that_flapped_is_counted_and_its_last_end_told(bench: Bench) -> None:
    bench.world.flap("CacheMiss", "edge", "info", times=5, every_s=300, on_s=120, start_s=-3000)
    alert = alert_named(await bench.metrics(**ONLY_ALERTS).poll(Known()), "CacheMiss")
    assert (alert.state, alert.count) == (AlertState.ENDED, 5)
    begin = bench.clock.now() - timedelta(seconds=3000)
    assert begin <= alert.first_at <= begin + timedelta(seconds=60)
    last_end = begin + timedelta(seconds=4 * 300 + 120)
    assert alert.ended_at and last_end - timedelta(seconds=60) <= alert.ended_at <= last_end


async def test_one_that_fires_now_and_fired_before_counts_both(bench: Bench) -> None:
    bench.world.flap("CacheMiss", "edge", "info", times=3, every_s=600, on_s=120, start_s=-1250)
    alert = alert_named(await bench.metrics(**ONLY_ALERTS).poll(Known()), "CacheMiss")
    assert (alert.state, alert.count) == (AlertState.FIRING, 3)


async def test_an_alert_shorter_than_the_step_is_not_missed(bench: Bench) -> None:
    # Between two samples of the minute's range, seen only by count_over_time.
    bench.world.flap('Bl"ip.(1)\\', "web", "warning", times=2, every_s=600, on_s=20, start_s=-1225)
    bench.world.flap("Other", "web", "warning", times=1, on_s=20, start_s=-1225)
    alert = alert_named(await bench.metrics(**ONLY_ALERTS).poll(Known()), 'Bl"ip.(1)\\')
    assert (alert.state, alert.count) == (AlertState.ENDED, 2)
    exact = [request.value("query") for request, _ in bench.calls if "=~" in request.value("query")]
    assert len(exact) == 1 and exact[0].endswith("}[1h]")


async def test_a_quiet_hour_costs_two_calls(bench: Bench) -> None:
    assert (await bench.metrics(**ONLY_ALERTS).poll(Known())).alerts == ()
    asked = [request.path.removeprefix("/api/v1/") for request, _ in bench.calls]
    assert asked == ["status/buildinfo", "alerts", "query"]


async def test_the_beginning_of_an_old_ended_alert_does_not_move_with_the_window(bench: Bench) -> None:
    bench.world.flap("Old", "web", "warning", times=1, on_s=600, start_s=-3300)
    source = bench.metrics(**ONLY_ALERTS)
    first = alert_named(await source.poll(Known()), "Old")
    bench.clock.advance(600)
    second = alert_named(await source.poll(Known()), "Old")
    assert first.first_at == second.first_at
    bench.clock.advance(1200)
    assert "Old" not in [alert.name for alert in (await source.poll(Known())).alerts or ()]


async def test_history_that_fails_leaves_what_fires(bench: Bench) -> None:
    bench.world.fire("A", "web", "warning")
    bench.intercept = answering(
        '{"status":"error","errorType":"execution","error":"too many samples"}', 422, path="/query"
    )
    snapshot = await bench.metrics(**ONLY_ALERTS).poll(Known())
    assert alert_named(snapshot, "A").state is AlertState.FIRING and snapshot.alerts_complete
    assert snapshot.problems == ("alerts of the last hour: too many samples",)


async def test_alerts_that_fail_are_not_taken_for_ended(bench: Bench) -> None:
    bench.intercept = answering('{"status":"success","data":{}}', path="/alerts")
    snapshot = await bench.metrics(targets=True, rules=False).poll(Known())
    assert snapshot.alerts is None and not snapshot.alerts_complete and snapshot.health
    assert "no list of alerts" in snapshot.problems[0]


async def test_broken_and_hostile_rows_are_shown(bench: Bench) -> None:
    rows = [
        {},
        {"labels": {"alertname": "\x1b[2J", "service": "[/]"}, "state": "firing", "activeAt": 5},
        {"labels": {"alertname": "odd"}, "state": "melting", "annotations": {"summary": "a\nb\u202e"}},
        {"labels": {"alertname": "waiting"}, "state": "pending"},
        "junk",
    ]
    bench.intercept = answering(json.dumps({"status": "success", "data": {"alerts": rows}}), path="/v1/alerts")
    found = {alert.name: alert for alert in (await bench.metrics(**ONLY_ALERTS).poll(Known())).alerts or ()}
    assert {"(no name)", "\\x1b[2J", "odd"} <= set(found) and "waiting" not in found
    assert found["\\x1b[2J"].service == "[/]"
    assert found["odd"].state is AlertState.UNKNOWN and found["odd"].summary == "a b\\u202e"


async def test_history_of_nonsense_is_no_history(bench: Bench) -> None:
    bench.world.fire("A", "web", "warning")
    series = [
        {"metric": {"alertname": "X"}, "values": values}
        for values in (None, [], [[]], ["x", [None, 1]], [["nan", "1"]])
    ]
    body = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": series}})
    bench.intercept = answering(body, path="/query_range")
    assert [one.name for one in (await bench.metrics(**ONLY_ALERTS).poll(Known())).alerts or ()] == ["A"]


async def test_the_same_alert_in_alertmanager_is_found_by_its_labels() -> None:
    bench = Bench(external_labels={"prometheus": "demo", "cluster": "eu"})
    bench.world.open_scene()
    in_prometheus = alert_named(await bench.metrics(**ONLY_ALERTS).poll(Known()), "HighErrorRate")
    in_alertmanager = alert_named(await bench.alerts().poll(Known()), "HighErrorRate")
    assert in_prometheus.group_key == in_alertmanager.group_key
    assert is_same(in_prometheus.labels, in_alertmanager.labels)
    assert labels_key(in_prometheus.labels) != labels_key(in_alertmanager.labels), "cluster is the site's own label"
    assert labels_key(in_prometheus.labels) == labels_key(in_alertmanager.labels, external=("prometheus", "cluster"))
