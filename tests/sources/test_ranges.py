"""Values and lines over a stretch of time, of each source that can tell them, over its simulator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.demo.datadog.metrics import METRICS
from oncall_tui.demo.grafana import DATASOURCE, LOGS
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model.ranges import Frame, RangeQuery
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    HasQueries,
    RateLimited,
    Refused,
    ServerFailed,
    SourceError,
    TellsLines,
    TellsSeries,
    TimedOut,
    Unsupported,
)
from oncall_tui.sources.prometheus import HealthQuery, Prometheus
from oncall_tui.sources.ranges import LINE_CHARACTERS, MAX_SERIES, lines_of, series_of
from tests.sources import datadog_bench, grafana_bench
from tests.sources.monitor_bench import Bench
from tests.sources.test_loki import Bench as LokiBench
from tests.support.openapi import SpecChecker, require_spec

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ERRORS = '100 * job:error_ratio{job="payments"}'
LINES = '{service_name="payments"} | detected_level="error"'


def prometheus(bench: Bench, **options: Any) -> Prometheus:
    source = bench.metrics(**options)
    assert isinstance(source, Prometheus)
    return source


def ask(now: Any, text: str, length: timedelta = HOUR, **fields: Any) -> RangeQuery:
    return RangeQuery(text=text, frame=Frame(start=now - length, end=now), **fields)


# -- Prometheus -------------------------------------------------------------------------------------------------------


async def test_prometheus_tells_values_over_the_frame_and_its_call_fits_the_description() -> None:
    require_spec("prometheus.yaml")
    bench = Bench()
    now = bench.clock.now()
    bench.world.shape("payments", "error_ratio", 0.12, start_s=-1200)
    source = prometheus(bench)
    found = await source.series(ask(now, ERRORS, step=MINUTE))
    [one] = found.series
    assert one.labels["job"] == "payments" and "__name__" not in one.labels
    assert len(one.points) == 61 and one.points[0][0] == now - HOUR and one.points[-1][0] == now
    before, peak = one.points[10][1], max(value for _, value in one.points)
    assert before < 1 and peak == pytest.approx(12, abs=0.5)
    assert "GET /query_range 200" in bench.checked("prometheus.yaml")
    [(request, _)] = bench.calls
    assert request.value("timeout") == "10s" and request.value("step") == "60"


async def test_prometheus_says_what_is_wrong_with_a_query() -> None:
    bench = Bench()
    with pytest.raises(Refused, match="parse error"):
        await prometheus(bench).series(ask(bench.clock.now(), "sum("))


async def test_prometheus_knows_the_queries_of_a_services_checks() -> None:
    check = HealthQuery(name="error rate", service="Payments", query=ERRORS, unit="%")
    source = prometheus(Bench(), health=(check, HealthQuery(name="other", query="up")))
    [own] = source.own_queries(frozenset({"payments"}))
    assert (own.name, own.kind, own.text, own.unit) == ("error rate", "metric", ERRORS, "%")
    assert source.own_queries(frozenset()) == () == source.own_queries(frozenset({"edge"}))


async def test_without_series_there_are_none_and_no_number_is_no_point() -> None:
    bench = Bench()
    now = bench.clock.now()
    source = prometheus(bench)
    assert (await source.series(ask(now, 'up{job="nobody"}'))).series == ()
    data = {"resultType": "matrix", "result": [{"metric": {"a": "b"}, "values": [[1763906400, "NaN"], ["x", "1"], 7]}]}
    assert series_of({"status": "success", "data": data}, "here").series == ()


@pytest.mark.parametrize(
    "data",
    [None, [], {"resultType": "vector", "result": []}, {"resultType": "matrix"}, {"resultType": {"a": "\x1b[2J"}}, "x"],
)
def test_an_answer_that_is_none_is_a_bad_one(data: Any) -> None:
    for read in (lambda: series_of({"data": data}, "here"), lambda: lines_of({"data": data}, "here", 10)):
        with pytest.raises(BadAnswer) as caught:
            read()
        assert "\x1b" not in str(caught.value)


def test_of_too_many_series_some_are_read_and_that_is_said() -> None:
    rows = [{"metric": {"n": str(n)}, "values": [[1763906400, "1"]]} for n in range(MAX_SERIES + 5)]
    found = series_of({"data": {"resultType": "matrix", "result": rows}, "warnings": ["\x1b]0;x\x07slow"]}, "here")
    assert len(found.series) == MAX_SERIES
    assert f"{MAX_SERIES + 5} series: the first {MAX_SERIES} were read" in found.notes
    assert found.notes[0] == "\\x1b]0;x\\x07slow"


# -- Loki -------------------------------------------------------------------------------------------------------------


async def test_loki_tells_the_newest_lines_and_that_there_are_more() -> None:
    bench = LokiBench()
    bench.sim.burst("payments", "error", 400, bench.clock.now() - 7 * MINUTE)
    found = await bench.source.lines(ask(bench.clock.now(), LINES, limit=500))
    assert len(found.lines) == 500 and found.is_cut
    times = [line.at for line in found.lines]
    assert times == sorted(times, reverse=True) and bench.clock.now() - times[-1] < 3 * MINUTE
    assert found.lines[0].labels["detected_level"] == "error" and "payments" in str(found.lines[0].labels)
    [request] = bench.calls
    assert request.value("direction") == "backward" and request.value("start").endswith("000000000")


async def test_loki_tells_all_where_there_are_few() -> None:
    bench = LokiBench()
    found = await bench.source.lines(ask(bench.clock.now(), LINES, 5 * MINUTE))
    assert 0 < len(found.lines) < 100 and not found.is_cut


async def test_loki_counts_too() -> None:
    bench = LokiBench()
    bench.sim.burst("payments", "error", 400, bench.clock.now() - 7 * MINUTE)
    count = f"sum by (detected_level) (count_over_time({LINES} [1m]))"
    [one] = (await bench.source.series(ask(bench.clock.now(), count, step=MINUTE))).series
    assert one.points[-1][1] > 300 > one.points[0][1]


async def test_loki_knows_the_errors_of_a_service_whatever_it_is_called() -> None:
    bench = LokiBench(selector='{env="prod"}')
    count, lines = bench.source.own_queries(frozenset({"payments", 'pay"ments.eu'}))
    assert lines.text == (
        '{env="prod", service_name=~"pay\\"ments\\\\.eu|payments"} | detected_level=~"error|fatal|critical"'
    )
    assert (count.kind, lines.kind, count.unit) == ("metric", "logs", "/min")
    found = await bench.source.lines(ask(bench.clock.now(), lines.text))
    assert found.lines and {line.labels["service_name"] for line in found.lines} == {"payments"}
    assert (await bench.source.series(ask(bench.clock.now(), count.text))).series
    assert bench.source.own_queries(frozenset()) == ()


async def test_a_count_is_no_lines_and_lines_are_no_count() -> None:
    bench = LokiBench()
    with pytest.raises(BadAnswer, match="no lines"):
        await bench.source.lines(ask(bench.clock.now(), f"sum by (env) (count_over_time({LINES} [1m]))"))
    with pytest.raises(BadAnswer, match="no series"):
        await bench.source.series(ask(bench.clock.now(), LINES))


def test_a_million_lines_are_cut_and_hostile_ones_are_text() -> None:
    entries = [[str(1763906400_000000000 + n), "x"] for n in range(200_000)]
    entries[0] = ["1763906400000000000", "\x1b[2J\u202e" + "y" * 100_000]
    entries[1:4] = [["not a time", "z"], ["1763906400000000000"], None]  # type: ignore[list-item]
    streams = [{"stream": {"a\x1b": "b\x07"}, "values": entries}, {"stream": None, "values": "x"}, None]
    found = lines_of({"data": {"resultType": "streams", "result": streams}}, "here", 1000)
    assert len(found.lines) <= 1000
    text = next(line.text for line in found.lines if line.text.startswith("\\x1b"))
    assert len(text) == LINE_CHARACTERS and "\x1b" not in text and "\u202e" not in text
    assert found.lines[0].labels == {"a\\x1b": "b\\x07"}


# -- Grafana ----------------------------------------------------------------------------------------------------------


async def test_grafana_asks_its_data_sources() -> None:
    proxied = SpecChecker(require_spec("prometheus.yaml"), f"/api/datasources/proxy/uid/{DATASOURCE}/api/v1")
    bench = grafana_bench.Bench(health=(grafana_bench.query_check(service="payments"),))
    now = bench.clock.now()
    [one] = (await bench.source.series(ask(now, ERRORS, datasource=DATASOURCE))).series
    assert len(one.points) == 61
    lines = await bench.source.lines(ask(now, LINES, datasource=LOGS))
    assert lines.lines
    for request, response in bench.exchanges:
        if DATASOURCE in request.path:
            proxied.check(request, response)
    assert proxied.checked == {"GET /query_range 200"}
    [own] = bench.source.own_queries(frozenset({"payments"}))
    assert own.datasource == DATASOURCE


async def test_grafana_needs_to_know_which_one() -> None:
    bench = grafana_bench.Bench()
    with pytest.raises(Unsupported, match="set datasource"):
        await bench.source.series(ask(bench.clock.now(), "up"))
    with pytest.raises(SourceError, match="not found"):
        await bench.source.series(ask(bench.clock.now(), "up", datasource="../../admin"))
    [asked] = bench.calls
    assert asked.startswith("GET /api/datasources/proxy/uid/") and asked.endswith("/api/v1/query_range")


# -- Datadog ----------------------------------------------------------------------------------------------------------


async def test_datadog_tells_values_and_its_call_fits_the_description() -> None:
    checker = SpecChecker(require_spec("datadog-v1.json"))
    bench = datadog_bench.Bench()
    query = f"sum:{next(iter(METRICS))}{{service:payments}} by {{service}}.as_count()"
    [one] = (await bench.source.series(ask(bench.clock.now(), query))).series
    assert one.labels == {"service": "payments"} and len(one.points) > 100
    assert bench.clock.now() - HOUR <= one.points[0][0] <= one.points[-1][0] <= bench.clock.now()
    for request, response in bench.exchanges:
        checker.check(request, response)
    assert checker.checked == {"GET /api/v1/query 200"}
    assert (await bench.source.series(ask(bench.clock.now(), "avg:nothing.like.it{*}"))).series == ()


async def test_datadog_says_what_the_keys_lack_and_what_is_wrong() -> None:
    lacking = datadog_bench.Bench(lacking=("timeseries_query",))
    with pytest.raises(AuthFailed, match="timeseries_query"):
        await lacking.source.series(ask(lacking.clock.now(), "avg:x{*}"))
    bench = datadog_bench.Bench()
    with pytest.raises(Refused, match="parsing query"):
        await bench.source.series(ask(bench.clock.now(), "avg:x"))
    bench.edits["/query"] = lambda data: {"status": "error", "error": "too many \x1b[2Jpoints", "series": []}
    with pytest.raises(Refused) as caught:
        await bench.source.series(ask(bench.clock.now(), "avg:x{*}"))
    assert str(caught.value) == "too many \\x1b[2Jpoints"
    bench.edits["/query"] = lambda data: {"status": "ok"}
    with pytest.raises(BadAnswer):
        await bench.source.series(ask(bench.clock.now(), "avg:x{*}"))


# -- all --------------------------------------------------------------------------------------------------------------


def test_who_can_tell_what() -> None:
    metrics, loki = prometheus(Bench()), LokiBench().source
    grafana, datadog = grafana_bench.Bench().source, datadog_bench.Bench().source
    alerts = Bench().alerts()
    assert [isinstance(one, TellsSeries) for one in (metrics, loki, grafana, datadog, alerts)] == [True] * 4 + [False]
    assert [isinstance(one, TellsLines) for one in (metrics, loki, grafana, datadog)] == [False, True, True, False]
    assert [isinstance(one, HasQueries) for one in (metrics, loki, grafana, datadog)] == [True, True, True, False]


async def test_a_budget_that_is_used_up_is_kept_to() -> None:
    bench = datadog_bench.Bench(rate_limit=1)
    query = ask(bench.clock.now(), "avg:trace.http.request.hits{*}")
    await bench.source.series(query)
    with pytest.raises(RateLimited, match="0 calls left"):
        await bench.source.series(query)
    assert len(bench.exchanges) == 1


async def test_a_server_that_fails_or_says_nothing_is_one_error() -> None:
    bench = Bench()
    now = bench.clock.now()

    async def fails(request: Request) -> Response:
        return json_response({"status": "error", "errorType": "timeout", "error": "query timed out"}, 503)

    async def hangs(request: Request) -> Response:
        raise TimeoutError

    for answer, kind in ((fails, ServerFailed), (hangs, TimedOut)):
        bench.intercept = answer
        with pytest.raises(kind):
            await prometheus(bench).series(ask(now, "up"))

    async def html(request: Request) -> Response:
        return Response(status=200, headers={"content-type": "text/html"}, body=b"<html>login</html>")

    bench.intercept = html
    with pytest.raises(SourceError):
        await prometheus(bench).series(ask(now, "up"))
