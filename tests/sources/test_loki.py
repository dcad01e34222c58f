"""The Loki source over its simulator: what a spike is, what is told of it, what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from oncall_tui.config.secret import Secret
from oncall_tui.demo.loki import PASSWORD, TENANT, USER, LokiSim
from oncall_tui.demo.loki.logql import Count, Lines, ParseError, parse
from oncall_tui.demo.wire import Request, Response
from oncall_tui.model import Alert, AlertState, HealthStatus, OutboxRow, Snapshot, Verb
from oncall_tui.sources import load_kind
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Known,
    RateLimited,
    Refused,
    Seat,
    ServerFailed,
    SourceContext,
    SourceError,
    Unreachable,
    Unsupported,
)
from oncall_tui.sources.loki import Loki, Options, make
from tests.sources.pagerduty_bench import Shifted
from tests.support.clock import START, ManualClock
from tests.support.transport import simulator_transport

MINUTE = timedelta(minutes=1)


class Bench:
    """One source named ``logs`` on a simulated Loki whose services log what is usual."""

    def __init__(self, skew: timedelta = timedelta(), **options: Any) -> None:
        self.clock = ManualClock()
        self.sim = LokiSim(Shifted(self.clock, skew), 7)
        self.sim.bursts.clear()
        self.sim._recurring = lambda until: iter(())  # type: ignore[method-assign]  # only what a test asks for
        self.calls: list[Request] = []
        self.rule: Callable[[Request], Response | None] = lambda request: None
        given: dict[str, Any] = {
            "base_url": "http://127.0.0.1:1",
            "username": USER,
            "password": Secret("literal", PASSWORD),
            "org_id": TENANT,
            **options,
        }

        async def intercept(request: Request) -> Response | httpx.Response | None:
            return self.rule(request)

        transport = simulator_transport(self.sim, lambda request, _: self.calls.append(request), intercept=intercept)
        context = SourceContext(name="logs", seat=Seat(), clock=self.clock, transport=transport)
        built = make(Options(name="logs", kind="loki", **given), context)
        assert isinstance(built, Loki)
        self.source = built

    async def poll(self) -> Snapshot:
        return await self.source.poll(Known())

    async def alert(self, service: str) -> Alert:
        (found,) = [one for one in (await self.poll()).alerts or () if one.service == service]
        return found

    def paths(self) -> list[str]:
        return [request.path.rpartition("/")[2] for request in self.calls]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def answering(data: Any, status: int = 200, path: str = "") -> Callable[[Request], Response | None]:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return lambda request: Response(status=status, body=body) if request.path.endswith(path) else None


def vector(*rows: Any) -> Any:
    return {"status": "success", "data": {"resultType": "vector", "result": list(rows)}}


def test_it_is_registered_under_its_name() -> None:
    assert load_kind("loki").Options is Options


async def test_more_than_the_threshold_in_a_minute_is_a_spike(bench: Bench) -> None:
    bench.sim.burst("payments", "error", 410, START - 7 * MINUTE)
    bench.sim.burst("payments", "fatal", 3, START - 2 * MINUTE)
    snapshot = await bench.poll()
    (alert,) = snapshot.alerts or ()
    assert (alert.id, alert.name, alert.service, alert.state) == (
        "logs:payments",
        "Error spike",
        "payments",
        AlertState.FIRING,
    )
    assert (alert.severity_word, alert.severity) == ("fatal", 2)
    assert alert.summary is not None and "3 fatal in the last minute (more than 100 is a spike)" in alert.summary
    assert alert.first_at == START - 7 * MINUTE and alert.last_at == START and alert.count == 1
    assert alert.group_key == "Error spike|payments" and alert.labels == {"service_name": "payments"}
    assert snapshot.alerts_complete and snapshot.problems == ()


async def test_the_threshold_is_100_a_minute_and_can_be_another_for_a_service() -> None:
    for count, spikes in ((100, False), (101, True)):
        bench = Bench()
        bench.sim.services = {"web": {"error": float(count)}}
        assert bool((await bench.poll()).alerts) is spikes, count
    bench = Bench(threshold=10, thresholds={"web": 500})
    bench.sim.services = {"web": {"error": 400.0}, "api": {"error": 11.0}}
    assert [one.service for one in (await bench.poll()).alerts or ()] == ["api"]


async def test_a_spike_that_is_over_has_ended_and_tells_its_worst_minute(bench: Bench) -> None:
    bench.sim.burst("storage", "error", 180, START - 41 * MINUTE, START - 36 * MINUTE)
    bench.sim.burst("storage", "error", 220, START - 25 * MINUTE, START - 22 * MINUTE)
    alert = await bench.alert("storage")
    assert alert.state is AlertState.ENDED and alert.ended_at == START - 21 * MINUTE and alert.count == 2
    assert alert.first_at == START - 25 * MINUTE and alert.severity_word == "error" and alert.severity == 3
    assert alert.summary is not None and "in its worst minute" in alert.summary
    bench.clock.advance(40 * MINUTE)
    assert (await bench.poll()).alerts == ()


async def test_a_spike_begins_and_ends_between_two_readings_of_the_hour(bench: Bench) -> None:
    assert (await bench.poll()).alerts == ()
    bench.sim.burst("edge", "error", 300)
    bench.clock.advance(60)
    alert = await bench.alert("edge")
    assert alert.state is AlertState.FIRING and alert.first_at == START
    bench.sim.calm()
    bench.clock.advance(90)
    alert = await bench.alert("edge")
    assert alert.state is AlertState.ENDED and alert.ended_at == START + timedelta(seconds=150)
    assert bench.paths() == ["query_range", "query", "query", "query"]


async def test_the_hour_is_read_whole_every_ten_minutes(bench: Bench) -> None:
    for _ in range(22):
        await bench.poll()
        bench.clock.advance(30)
    assert bench.paths().count("query_range") == 2 and bench.paths().count("query") == 22
    (first, *_) = [call for call in bench.calls if call.path.endswith("query_range")]
    assert first.value("end") == f"{int(START.timestamp())}000000000" and first.value("step") == "60"
    assert int(first.value("end")) - int(first.value("start")) == 3600 * 10**9


async def test_each_service_with_errors_is_a_check(bench: Bench) -> None:
    bench.sim.services = {"web": {"error": 7.0}, "api": {"error": 150.0, "critical": 0.0}, "calm": {"info": 900.0}}
    checks = {check.name: check for check in (await bench.poll()).health or ()}
    assert {name: (check.status, check.value, check.unit) for name, check in checks.items()} == {
        "web errors": (HealthStatus.OK, 7.0, "/min"),
        "api errors": (HealthStatus.DEGRADED, 150.0, "/min"),
    }
    assert checks["api errors"].detail == "more than 100 a minute" and checks["web errors"].service == "web"
    bench.sim.services = {}
    bench.clock.advance(60)
    assert {check.value for check in (await bench.poll()).health or ()} == {0.0}, "absent is zero, and stays a check"


async def test_a_service_with_a_threshold_of_its_own_is_always_a_check() -> None:
    bench = Bench(thresholds={"ledger": 5})
    bench.sim.services["ledger"] = {"info": 9.0}
    assert {check.service: check.status for check in (await bench.poll()).health or ()}["ledger"] is HealthStatus.OK


async def test_a_service_of_which_no_line_comes_at_all_is_unknown_not_ok() -> None:
    bench = Bench(thresholds={"ledger": 5, "web": 7})
    checks = {check.service: check for check in (await bench.poll()).health or ()}
    assert (checks["ledger"].status, checks["ledger"].value) == (HealthStatus.UNKNOWN, None)
    assert checks["ledger"].detail == "no line of it within the hour, of any level"
    assert checks["web"].status is HealthStatus.OK
    bench.sim.services = {}
    bench.clock.advance(3700)
    checks = {check.service: check for check in (await bench.poll()).health or ()}
    assert {check.status for check in checks.values()} == {HealthStatus.UNKNOWN}, "nothing comes in any more"


@pytest.mark.parametrize("status", [403, 404])
async def test_where_it_cannot_be_told_who_logs_it_is_not_called_ok(status: int) -> None:
    bench = Bench(thresholds={"ledger": 5})
    bench.rule = answering(b"no", status, "/values")
    snapshot = await bench.poll()
    (check,) = [one for one in snapshot.health or () if one.service == "ledger"]
    assert (check.status, check.detail) == (HealthStatus.UNKNOWN, "Loki does not tell whether it logs")


async def test_a_label_that_the_index_does_not_have_says_nothing_of_who_logs() -> None:
    bench = Bench(thresholds={"ledger": 5})
    bench.rule = answering({"status": "success", "data": []}, 200, "/values")
    (check,) = [one for one in (await bench.poll()).health or () if one.service == "ledger"]
    assert check.status is HealthStatus.OK


async def test_who_logs_is_asked_for_only_where_somebody_has_a_threshold() -> None:
    for thresholds, asked in (({}, 0), ({"web": 5}, 1)):
        bench = Bench(thresholds=thresholds)
        await bench.poll()
        await bench.poll()
        assert bench.paths().count("values") == asked


async def test_the_query_is_the_configured_one() -> None:
    bench = Bench(
        selector='{namespace="shop"}', errors='| json | level=~"(?i)error"', service_label="app", level_label="level"
    )
    bench.rule = answering(vector(), path="query")
    asked: list[str] = []

    def rule(request: Request) -> Response:
        asked.append(request.value("query"))
        kind = "matrix" if request.path.endswith("range") else "vector"
        return Response(body=json.dumps({"data": {"resultType": kind, "result": []}}).encode())

    bench.rule = rule
    await bench.poll()
    wanted = 'sum by (app, level) (count_over_time({namespace="shop"} | json | level=~"(?i)error" [1m]))'
    assert asked == [wanted, wanted]


# -- the link -----------------------------------------------------------------------------------------------------


async def test_the_link_is_lokis_own_answer_or_grafanas_explore(bench: Bench) -> None:
    bench.sim.burst("payments", "error", 410, START - 7 * MINUTE)
    parts = urlsplit((await bench.alert("payments")).url or "")
    asked = parse_qs(parts.query)
    assert (parts.netloc, parts.path) == ("127.0.0.1:1", "/loki/api/v1/query_range")
    expr = '{service_name=~".+", service_name="payments"} | detected_level=~"error|fatal|critical"'
    assert asked["query"] == [expr]
    assert int(asked["end"][0]) == int(START.timestamp())
    assert isinstance(parse(expr), Lines)

    other = Bench(grafana_url="https://grafana.example.com/", datasource="abc")
    other.sim.burst("payments", "error", 410, START - 7 * MINUTE)
    url = (await other.alert("payments")).url or ""
    assert url.isascii() and url.startswith("https://grafana.example.com/explore?schemaVersion=1&panes=")
    pane = json.loads(parse_qs(urlsplit(url).query)["panes"][0])["a"]
    assert pane["datasource"] == "abc" and pane["queries"][0]["expr"] == expr
    assert pane["queries"][0]["datasource"] == {"type": "loki", "uid": "abc"}


@pytest.mark.parametrize("service", ['a"b', "x\\y", "ö — ü", "a b", "\x1b[31m", "-" * 300])
async def test_any_name_of_a_service_is_taken_and_cannot_leave_its_quotes(bench: Bench, service: str) -> None:
    bench.sim.services = {service: {"error": 500.0}}
    (alert,) = (await bench.poll()).alerts or ()
    assert "\x1b" not in (alert.service or "") and alert.id.isascii() and " " not in alert.id
    expr = parse_qs(urlsplit(alert.url or "").query)["query"][0]
    query = parse(expr)
    assert isinstance(query, Lines) and len(query.matchers) == 3
    assert query.matchers[1].value == alert.service


# -- addresses, credentials, config -----------------------------------------------------------------------------------


def test_the_address_may_have_the_apis_path_at_its_end() -> None:
    for given in ("https://logs.example.com/loki/api/v1", "https://logs.example.com/", "https://logs.example.com"):
        assert Options(name="l", kind="loki", base_url=given).base_url == "https://logs.example.com"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"grafana_url": "ftp://x"}, "grafana_url"),
        ({"base_url": "http://logs.example.com"}, "base_url"),
        ({"username": "x"}, "go together"),
    ],
)
def test_options_that_cannot_be_are_refused(options: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Options(name="l", kind="loki", **options)


async def test_the_tenant_and_the_credentials_are_sent(bench: Bench) -> None:
    await bench.poll()
    assert bench.calls[0].headers["x-scope-orgid"] == TENANT
    assert bench.calls[0].headers["authorization"].startswith("Basic ")


async def test_a_missing_tenant_is_named_by_check() -> None:
    bench = Bench(org_id=None)
    with pytest.raises(AuthFailed, match="no org id"):
        await bench.poll()
    probe = await bench.source.probe()
    assert not probe.ok and "set org_id" in (probe.error or "")


async def test_a_wrong_password_is_auth(bench: Bench) -> None:
    bench.sim.password = "another"
    with pytest.raises(AuthFailed):
        await bench.poll()


# -- failures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (answering(b"parse error at line 1", 400), Refused),
        (answering(b"maximum number of series (500) reached", 400), Refused),
        (answering(b"too many outstanding requests", 429), RateLimited),
        (answering(b"context deadline exceeded", 504), ServerFailed),
        (answering({"status": "success", "data": {"resultType": "streams", "result": []}}), BadAnswer),
        (answering({"status": "success"}), BadAnswer),
        (answering(b"<html>"), BadAnswer),
    ],
)
async def test_a_query_that_fails_fails_the_poll_with_lokis_words(
    bench: Bench, answer: Callable[[Request], Response | None], error: type[SourceError]
) -> None:
    bench.rule = answer
    with pytest.raises(error):
        await bench.poll()


async def test_a_server_that_is_not_there_is_unreachable(bench: Bench) -> None:
    def gone(request: Request) -> Response:
        raise httpx.ConnectError("refused")

    bench.rule = gone
    with pytest.raises(Unreachable):
        await bench.poll()


@pytest.mark.parametrize(
    "row",
    [
        {"metric": {"service_name": 7}, "value": [1, "5"]},
        {"metric": {"service_name": "web"}, "value": [1]},
        {"metric": {"service_name": "web"}, "value": [1, "NaN"]},
        {"metric": {"service_name": "web"}, "value": ["x", "5"]},
        {"metric": {"service_name": "web"}},
        "nonsense",
    ],
)
async def test_counts_that_cannot_be_read_end_no_alert(bench: Bench, row: Any) -> None:
    bench.sim.burst("web", "error", 500, START - 3 * MINUTE)
    await bench.poll()
    bench.clock.advance(30)
    bench.rule = answering(vector(row), path="/query")
    snapshot = await bench.poll()
    assert snapshot.alerts is None and snapshot.failed == {"alerts", "health"}
    assert "1 counts cannot be read" in snapshot.problems[0]
    bench.rule = lambda request: None
    bench.clock.advance(30)
    alert = await bench.alert("web")
    assert (alert.state, alert.count, alert.first_at) == (AlertState.FIRING, 1, START - 3 * MINUTE)


async def test_lines_without_a_service_or_a_level_are_counted(bench: Bench) -> None:
    bench.sim.services = {}
    bench.rule = answering(vector({"metric": {}, "value": [1, "700"]}), path="/query")
    alert = await bench.alert("(no service)")
    assert (alert.state, alert.severity_word) == (AlertState.FIRING, "error")


async def test_the_present_is_lokis_own_whatever_the_clocks_say() -> None:
    bench = Bench(skew=timedelta(minutes=5))
    bench.sim.burst("web", "error", 500, START)
    assert (await bench.alert("web")).state is AlertState.FIRING
    assert not [call for call in bench.calls if call.path.endswith("/query") and call.value("time")]
    snapshot = await bench.poll()
    assert snapshot.clock_skew == timedelta(minutes=5)


# -- check ------------------------------------------------------------------------------------------------------------


async def test_check_tells_version_and_what_it_can(bench: Bench) -> None:
    probe = await bench.source.probe()
    assert (
        probe.ok and probe.version == "3.7.0" and probe.can == ("alerts", "health", "log_spikes") and probe.notes == ()
    )


async def test_check_says_when_the_label_is_nowhere_and_when_loki_is_not_ready() -> None:
    bench = Bench(service_label="app")
    bench.sim.ready = False
    notes = (await bench.source.probe()).notes
    assert "no stream of the last hour has the label app: set service_label and selector" in notes
    assert any("not ready" in note and "Ingester" in note for note in notes)


async def test_check_says_when_no_line_has_a_level() -> None:
    """As on servers that do not find levels out by themselves: no error would ever be counted."""
    bench = Bench(errors='| level=~"error"', level_label="level")
    assert (await bench.source.probe()).notes == (
        "no line of the last minute has the label level: set level_label and errors, or no error is counted",
    )


async def test_no_action_is_taken(bench: Bench) -> None:
    now = bench.clock.now()
    row = OutboxRow(
        key="k", verb=Verb.SILENCE, target="logs:web", source="logs", target_title="t",
        seat="alice", created_at=now, not_before=now,
    )  # fmt: skip
    assert await bench.source.prepare(row) == ()
    for call in (bench.source.send, bench.source.confirm):
        with pytest.raises(Unsupported):
            await call(row)
    with pytest.raises(Unsupported):
        await bench.source.read("web")


# -- the simulator's LogQL -----------------------------------------------------------------------------------


def test_the_simulated_logql_refuses_what_loki_refuses() -> None:
    for query in ("", "up", '{app=~".*"}', '{app="a"', 'sum by (a) (rate({a="b"}[1m]))', '{a="b"} | x', '{a=~"("}'):
        with pytest.raises(ParseError, match="parse error"):
            parse(query)
    found = parse('sum by (a, b) (count_over_time({a="x", c!="}"} | l=~"e|f" [5m])) > 10')
    assert isinstance(found, Count) and (found.by, found.over_s, found.above) == (("a", "b"), 300, 10.0)
    assert len(found.lines.matchers) == 3


async def test_one_that_is_only_asked_tells_nothing_by_itself_but_whether_it_is_there() -> None:
    bench = Bench(spikes=False)
    bench.sim.burst("payments", "error", 900)
    snapshot = await bench.poll()
    assert bench.source.capabilities == frozenset()
    assert (snapshot.alerts, snapshot.health, snapshot.alerts_complete) == (None, None, False)
    assert [request.path for request in bench.calls] == ["/loki/api/v1/labels"]
    bench.sim.password = "another"
    with pytest.raises(AuthFailed):
        await bench.poll()
