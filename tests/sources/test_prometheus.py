"""The Prometheus source over its simulator: health by query, targets and rules; what half fails; what is hostile."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from oncall_tui.demo.monitors import prometheus_config
from oncall_tui.demo.wire import Request, Response
from oncall_tui.model import HealthStatus, Verb
from oncall_tui.sources import load_kind
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    Known,
    ServerFailed,
    SourceError,
    Unreachable,
    Unsupported,
)
from oncall_tui.sources.prometheus import HealthQuery, Options, make
from oncall_tui.sources.threshold import parse
from tests.sources.monitor_bench import Bench, answering, check_named
from tests.support.openapi import require_spec

ONLY_QUERIES: dict[str, Any] = {"alerts": False, "targets": False, "rules": False}
UP = HealthQuery(name="up", query="up", down=parse("< 1"))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def query(text: str, **values: Any) -> HealthQuery:
    for limit in ("degraded", "down"):
        if limit in values:
            values[limit] = parse(values[limit])
    return HealthQuery(name=values.pop("name", "check"), query=text, **values)


def vector(*values: str, **envelope: Any) -> str:
    result = [{"metric": {"instance": f"i{number}"}, "value": [1763906400, word]} for number, word in enumerate(values)]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}, **envelope})


async def checked(bench: Bench, check: HealthQuery) -> Any:
    (found,) = (await bench.metrics(health=(check,), **ONLY_QUERIES).poll(Known())).health or ()
    return found


def test_it_is_registered_under_its_name() -> None:
    assert load_kind("prometheus").Options is Options


# -- queries ----------------------------------------------------------------------------------------------------------


async def test_a_check_goes_through_ok_degraded_down_and_no_data(bench: Bench) -> None:
    check = query(
        '100 * job:error_ratio{job="payments"}',
        name="payments error rate", service="payments", unit="%", degraded="> 1", down="> 5",
    )  # fmt: skip
    source = bench.metrics(health=(check,), **ONLY_QUERIES)
    seen = []
    for value in (0.002, 0.02, 0.124, float("nan"), float("inf"), None):
        bench.clock.advance(15)
        bench.world.set_metric("payments", "error_ratio", value)
        found = check_named(await source.poll(Known()), "payments error rate")
        seen.append((found.status.value, found.value and round(found.value, 3), found.detail))
        assert (found.service, found.unit, found.id) == ("payments", "%", "metrics:payments-error-rate")
    assert seen == [
        ("ok", 0.2, None),
        ("degraded", 2.0, "limit > 1%"),
        ("down", 12.4, "limit > 5%"),
        ("unknown", None, "the value is NaN"),
        ("unknown", None, "the value is +Inf"),
        ("unknown", None, "no data"),
    ]


async def test_of_several_series_the_worst_decides_and_is_named(bench: Bench) -> None:
    bench.world.set_metric("storage", "disk_used", 0.91, instance="db-7")
    check = query('100 * instance:disk_used:ratio{service="storage"}', degraded="> 85", down="> 97")
    found = await checked(bench, check)
    assert (found.status, round(found.value)) == (HealthStatus.DEGRADED, 91)
    assert found.detail == "limit > 85; worst of 2: service=storage, instance=db-7"


@pytest.mark.parametrize(
    ("limits", "values", "status", "value"),
    [
        ({"down": "< 1"}, ("1", "0", "0.5"), "down", 0.0),
        ({"degraded": "> 5"}, ("7", "9", "6"), "degraded", 9.0),
        ({"degraded": "> 5", "down": "> 50"}, ("7", "60", "NaN"), "down", 60.0),
        ({"degraded": "> 5"}, ("1", "NaN"), "unknown", None),
        ({"down": "== 0"}, ("1", "0"), "down", 0.0),
        ({"down": "> 5"}, ("1", "3"), "ok", 3.0),
        ({}, ("1", "3"), "ok", 1.0),
    ],
)
async def test_the_worst_lies_furthest_on_the_bad_side(
    bench: Bench, limits: dict[str, str], values: tuple[str, ...], status: str, value: float | None
) -> None:
    bench.intercept = answering(vector(*values), path="/query")
    found = await checked(bench, query("x", **limits))
    assert (found.status.value, found.value) == (status, value)


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        ({"resultType": "matrix", "result": []}, "the query gives ranges, not values"),
        ({"resultType": "string", "result": [1, "x"]}, "the query gives a text, not a value"),
        ({"resultType": "vector", "result": []}, "no data"),
        ({"resultType": "vector", "result": None}, "no data"),
        ({"resultType": "vector", "result": [{"metric": {}, "histogram": [1, {}]}]}, "a histogram, not a value"),
        ({"resultType": "scalar", "result": [1, "bad\x1b[2J"]}, "the value is bad\\x1b[2J"),
        ({"resultType": "new"}, "the answer holds no result"),
        (None, "the answer holds no result"),
        ([], "the answer holds no result"),
    ],
)
async def test_what_is_no_value_is_unknown_and_says_why(bench: Bench, data: Any, detail: str) -> None:
    bench.intercept = answering(json.dumps({"status": "success", "data": data}), path="/query")
    found = await checked(bench, query("x", down="> 5"))
    assert (found.status, found.value, found.detail) == (HealthStatus.UNKNOWN, None, detail)


async def test_a_scalar_is_a_value(bench: Bench) -> None:
    found = await checked(bench, query("3 + 4", degraded="> 5"))
    assert (found.status, found.value) == (HealthStatus.DEGRADED, 7.0)


async def test_warnings_are_shown_with_good_data(bench: Bench) -> None:
    bench.prometheus.warnings = ("a replica did not answer",)
    found = await checked(bench, query("vector(1)", down="> 5"))
    assert (found.status, found.value) == (HealthStatus.OK, 1.0)
    assert found.detail == "warning: a replica did not answer"


async def test_limits_in_other_units_of_time_are_converted(bench: Bench) -> None:
    bench.world.set_metric("gateway", "latency_p99", 5.2)
    check = query('1000 * job:latency_seconds:p99{job="gateway"}', unit="ms", degraded="> 1.5s", down="> 8s")
    found = await checked(bench, check)
    assert (found.status, found.detail) == (HealthStatus.DEGRADED, "limit > 1500ms")


async def test_one_failing_query_is_unknown_and_leaves_the_others(bench: Bench) -> None:
    checks = (query("up{", name="broken"), query("vector(1)", name="fine"))
    snapshot = await bench.metrics(health=checks, **ONLY_QUERIES).poll(Known())
    broken = check_named(snapshot, "broken")
    assert broken.status is HealthStatus.UNKNOWN and "parse error: unexpected end of input" in (broken.detail or "")
    assert check_named(snapshot, "fine").status is HealthStatus.OK
    assert [problem.split(":")[0] for problem in snapshot.problems] == ["check broken"]


async def test_a_query_that_times_out_on_the_server_costs_itself_only(bench: Bench) -> None:
    slow = json.dumps({"status": "error", "errorType": "timeout", "error": "query timed out in expression evaluation"})

    async def intercept(request: Request) -> Response | None:
        if request.value("query") != "slow":
            return None
        return Response(status=503, headers={"content-type": "application/json"}, body=slow.encode())

    bench.intercept = intercept
    checks = (query("slow", name="slow"), query("vector(1)", name="fine"))
    snapshot = await bench.metrics(health=checks, **ONLY_QUERIES).poll(Known())
    assert "query timed out" in (check_named(snapshot, "slow").detail or "")
    assert check_named(snapshot, "fine").status is HealthStatus.OK


async def test_a_query_that_never_answers_does_not_hide_the_others(bench: Bench) -> None:
    async def intercept(request: Request) -> Response | None:
        if request.value("query") == "stuck":
            raise httpx.ReadTimeout("stuck")
        return None

    bench.intercept = intercept
    checks = (query("stuck", name="stuck"), query("vector(1)", name="fine"))
    snapshot = await bench.metrics(health=checks, **ONLY_QUERIES).poll(Known())
    assert check_named(snapshot, "stuck").status is HealthStatus.UNKNOWN
    assert check_named(snapshot, "fine").status is HealthStatus.OK


# -- targets and rules ------------------------------------------------------------------------------------------------


async def test_each_job_is_a_check_that_names_what_is_down(bench: Bench) -> None:
    source = bench.metrics(alerts=False)
    bench.world.set_target("db-7:9100", "connection refused")
    found = check_named(await source.poll(Known()), "node targets")
    assert (found.status, found.value, found.unit) == (HealthStatus.DEGRADED, 2.0, "of 3 up")
    assert found.detail == "down: db-7:9100 (connection refused)"
    for instance in ("db-1:9100", "search-1:9100"):
        bench.world.set_target(instance, "connection refused")
    assert check_named(await source.poll(Known()), "node targets").status is HealthStatus.DOWN
    for instance in ("db-1:9100", "db-7:9100", "search-1:9100"):
        bench.world.set_target(instance, "")
    found = check_named(await source.poll(Known()), "node targets")
    assert (found.status, found.detail) == (HealthStatus.OK, None)
    assert check_named(await source.poll(Known()), "payments targets").service == "payments"


async def test_targets_not_scraped_yet_and_many_down_are_counted(bench: Bench) -> None:
    targets = [{"labels": {"job": "a", "instance": f"i{n}"}, "health": "down", "lastError": "x"} for n in range(5)]
    targets += [
        {"labels": {"job": "a"}, "health": "up"},
        {"labels": {"job": "b"}, "health": "unknown"},
        {},
        {"labels": 3},
    ]
    data = {"status": "success", "data": {"activeTargets": targets}}
    bench.intercept = answering(json.dumps(data), path="/targets")
    snapshot = await bench.metrics(alerts=False, rules=False).poll(Known())
    assert check_named(snapshot, "a targets").detail == "down: i0 (x); down: i1 (x); down: i2 (x); and 2 more"
    waiting = check_named(snapshot, "b targets")
    assert (waiting.status, waiting.detail) == (HealthStatus.UNKNOWN, "1 not scraped yet")
    assert check_named(snapshot, "(no job) targets").status is HealthStatus.UNKNOWN


async def test_a_rule_that_cannot_be_evaluated_degrades(bench: Bench) -> None:
    source = bench.metrics(alerts=False, targets=False)
    (found,) = (await source.poll(Known())).health or ()
    assert (found.name, found.status, found.value, found.unit) == ("alert rules", HealthStatus.OK, 8.0, "of 8 work")
    bench.world.break_rule("DiskWillFill", "many-to-many matching not allowed")
    (found,) = (await source.poll(Known())).health or ()
    assert (found.status, found.detail) == (HealthStatus.DEGRADED, "DiskWillFill: many-to-many matching not allowed")
    bench.world.break_rule("DiskWillFill", "")
    (found,) = (await source.poll(Known())).health or ()
    assert found.status is HealthStatus.OK


async def test_a_part_that_fails_leaves_the_others_and_makes_its_own_unknown(bench: Bench) -> None:
    source = bench.metrics(health=(UP,), alerts=False)
    assert check_named(await source.poll(Known()), "node targets").status is HealthStatus.OK
    bench.intercept = answering("no", 500, path="/targets")
    snapshot = await source.poll(Known())
    found = check_named(snapshot, "node targets")
    assert (found.status, found.value, found.detail) == (HealthStatus.UNKNOWN, None, "targets cannot be read")
    assert check_named(snapshot, "alert rules").status is HealthStatus.OK
    assert [problem.split(":")[0] for problem in snapshot.problems] == ["targets"]
    assert snapshot.failed == frozenset()


async def test_the_first_part_may_time_out_alone(bench: Bench) -> None:
    async def intercept(request: Request) -> Response | None:
        if request.path.endswith("/v1/alerts"):
            raise httpx.ReadTimeout("stuck")
        return None

    bench.intercept = intercept
    snapshot = await bench.metrics(health=(UP,)).poll(Known())
    assert snapshot.alerts is None and check_named(snapshot, "up").value is not None
    assert [problem.split(":")[0] for problem in snapshot.problems] == ["alerts"]
    assert snapshot.failed == {"alerts"}


# -- total failure ----------------------------------------------------------------------------------------------------


async def test_a_server_that_is_not_there_is_asked_once(bench: Bench) -> None:
    asked = []

    async def refuse(request: Request) -> Response | None:
        asked.append(request.path)
        raise httpx.ConnectError("refused")

    bench.intercept = refuse
    with pytest.raises(Unreachable):
        await bench.metrics(health=(UP,)).poll(Known())
    assert asked == ["/api/v1/status/buildinfo"]


async def test_a_server_that_is_starting_fails_the_poll(bench: Bench) -> None:
    bench.prometheus.ready = False
    with pytest.raises(ServerFailed):
        await bench.metrics(health=(UP,)).poll(Known())


async def test_a_wrong_token_fails_the_poll(bench: Bench) -> None:
    bench.intercept = answering("Unauthorized\n", 401)
    with pytest.raises(AuthFailed):
        await bench.metrics(health=(UP,)).poll(Known())


@pytest.mark.parametrize("body", ["<html>", "[]", "null", '{"status":"error","error":"x"}', "3", '{"status":7}'])
async def test_what_is_no_success_is_a_bad_answer(bench: Bench, body: str) -> None:
    bench.intercept = answering(body)
    with pytest.raises(SourceError) as failure:
        await bench.metrics(health=(UP,)).poll(Known())
    assert isinstance(failure.value, BadAnswer)


# -- options, probe, the rest -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make_options", "words"),
    [
        (
            lambda: Options(name="m", kind="prometheus", health=(query("a", name="A b"), query("b", name="a-B"))),
            "too like",
        ),
        (lambda: Options(name="m", kind="prometheus", health=(query("a", name="rules"),)), "too like"),
        (lambda: query("a", unit="ms", degraded="> 5 %"), "degraded: the limit is in %, the value in ms"),
        (lambda: Options(name="m", kind="prometheus", base_url="http://prometheus:9090"), "allow_http"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(make_options: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make_options()


def test_what_it_serves_follows_the_options(bench: Bench) -> None:
    assert bench.metrics().capabilities == {Capability.ALERTS, Capability.HEALTH}
    assert bench.metrics(**ONLY_QUERIES).capabilities == frozenset()
    assert bench.metrics(**{**ONLY_QUERIES, "health": (UP,)}).capabilities == {Capability.HEALTH}


async def test_check_tells_version_and_which_checks_have_no_value(bench: Bench) -> None:
    checks = (UP, query("up{", name="broken"), query("nothing", name="empty"))
    probe = await bench.metrics(health=checks).probe()
    assert probe.ok and probe.version == "3.14.0" and probe.clock_skew_s == 0.0 and probe.can == ("alerts", "health")
    assert probe.notes[0].startswith("check broken: ") and probe.notes[1:] == ("check empty: no data",)


async def test_check_tells_of_a_failed_reload(bench: Bench) -> None:
    data = {"status": "success", "data": {"reloadConfigSuccess": False, "corruptionCount": 2}}
    bench.intercept = answering(json.dumps(data), path="/runtimeinfo")
    probe = await bench.metrics().probe()
    assert probe.ok and [note.split(":")[0] for note in probe.notes] == [
        "its last config reload failed", "its storage found corruption",
    ]  # fmt: skip


async def test_check_tells_that_it_is_not_ready(bench: Bench) -> None:
    bench.prometheus.ready = False
    probe = await bench.metrics().probe()
    assert not probe.ok and probe.error_kind == "server"


async def test_nothing_can_be_done_to_it(bench: Bench) -> None:
    source = bench.metrics()
    row = bench.row(Verb.SILENCE, "metrics:x")
    assert await source.prepare(row) == ()
    for call in (source.send, source.confirm):
        with pytest.raises(Unsupported, match="silence it in its Alertmanager"):
            await call(row)
    with pytest.raises(Unsupported):
        await source.read("x")
    with pytest.raises(TypeError):
        make(object(), bench.context("x", bench.prometheus, "prometheus.yaml"))  # type: ignore[arg-type]  # on purpose
    await source.aclose()


async def test_its_calls_fit_the_published_description() -> None:
    require_spec("prometheus.yaml")
    bench = Bench()
    bench.world.open_scene()
    bench.prometheus.warnings = ("w",)
    health = tuple(query(one["query"], name=one["name"]) for one in prometheus_config("http://127.0.0.1:1")["health"])
    source = bench.metrics(health=(*health, query("up{", name="broken")))
    await source.poll(Known())
    await source.probe()
    assert bench.checked("prometheus.yaml") == {
        "GET /status/buildinfo 200", "GET /status/runtimeinfo 200", "GET /alerts 200", "GET /rules 200",
        "GET /targets 200", "GET /query 200", "GET /query 400", "GET /query_range 200",
    }  # fmt: skip
