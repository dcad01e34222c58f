"""The Alertmanager source over its simulator: what it tells, what half fails, what is hostile."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.clock import parse_instant
from oncall_tui.config.secret import Secret
from oncall_tui.demo.wire import Request, Response
from oncall_tui.model import AlertState, HealthStatus
from oncall_tui.sources import load_kind
from oncall_tui.sources.alertmanager import Options, make
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
from tests.sources.monitor_bench import Bench, alert_named, answering
from tests.support.openapi import require_spec

ALERT: dict[str, Any] = {
    "fingerprint": "d2b4",
    "labels": {"alertname": "HighLatency", "severity": "critical", "service": "payments"},
    "annotations": {"summary": "slow", "runbook_url": "https://runbooks.example.com/x"},
    "startsAt": "2026-11-23T13:00:00.000Z",
    "updatedAt": "2026-11-23T13:58:00.000Z",
    "endsAt": "2026-11-23T14:02:00.000Z",
    "generatorURL": "http://prom:9090/graph?g0.expr=x",
    "receivers": [{"name": "pager"}],
    "status": {"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": []},
}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def with_alerts(bench: Bench, *alerts: Any) -> None:
    bench.intercept = answering(json.dumps(list(alerts)), path="/alerts")


def test_it_is_registered_under_its_name() -> None:
    assert load_kind("alertmanager").Options is Options


async def test_alerts_silences_and_readiness_come_in_one_poll(bench: Bench) -> None:
    bench.world.open_scene()
    bench.alertmanager.open_scene()
    snapshot = await bench.alerts().poll(Known())
    alert = alert_named(snapshot, "HighErrorRate")
    assert alert.id == f"alerts:{alert.native_id}" and len(alert.native_id) == 16
    assert (alert.state, alert.service, alert.severity, alert.severity_word) == (
        AlertState.FIRING, "payments", 2, "critical",
    )  # fmt: skip
    assert alert.summary == "payments: 12.4% of requests fail"
    assert alert.runbook == "https://runbooks.example.com/HighErrorRate"
    assert alert.url and alert.url.startswith("http://prometheus.example.com/")
    assert alert.labels["region"] == "eu-1" and alert.group_key == "HighErrorRate|payments"
    assert alert.first_at == bench.clock.now() - timedelta(minutes=3)
    assert snapshot.alerts_complete and snapshot.problems == () and snapshot.clock_skew == timedelta()
    assert snapshot.failed == frozenset()
    (silence,) = snapshot.silences or ()
    assert silence.matchers == ('alertname="NightlyBatchSlow"',) and silence.created_by == "bob@example.com"
    muted = alert_named(snapshot, "NightlyBatchSlow")
    assert muted.state is AlertState.SILENCED and muted.silenced_by == (silence.id,)
    (ready,) = snapshot.health or ()
    assert (ready.name, ready.status) == ("Alertmanager", HealthStatus.OK)


async def test_one_call_runs_at_a_time_and_four_are_not_needed(bench: Bench) -> None:
    await bench.alerts().poll(Known())
    assert [request.path for request, _ in bench.calls] == ["/api/v2/alerts", "/api/v2/silences", "/-/ready"]


async def test_an_alert_that_ended_is_absent_from_a_complete_list(bench: Bench) -> None:
    bench.world.fire("DiskFull", "storage", "warning")
    source = bench.alerts()
    assert alert_named(await source.poll(Known()), "DiskFull").state is AlertState.FIRING
    bench.world.end("DiskFull", "storage")
    snapshot = await source.poll(Known())
    assert [alert.name for alert in snapshot.alerts or ()] == [] and snapshot.alerts_complete


async def test_an_inhibited_alert_is_silenced_and_says_by_what(bench: Bench) -> None:
    bench.world.fire("ServiceDown", "web", "critical")
    bench.world.fire("CacheCold", "web", "info")
    bench.world.fire("CacheCold", "edge", "info")
    snapshot = await bench.alerts().poll(Known())
    states = {
        alert.service: (alert.state, alert.silenced_by) for alert in snapshot.alerts or () if alert.name == "CacheCold"
    }
    assert states == {
        "web": (AlertState.SILENCED, ("inhibited by ServiceDown",)),
        "edge": (AlertState.FIRING, ()),
    }


async def test_a_time_interval_that_mutes_is_named(bench: Bench) -> None:
    status = {"state": "suppressed", "silencedBy": ["s-1"], "inhibitedBy": ["gone"], "mutedBy": ["week\u202eend"]}
    with_alerts(bench, {**ALERT, "status": status})
    alert = alert_named(await bench.alerts().poll(Known()), "HighLatency")
    assert alert.state is AlertState.SILENCED
    assert alert.silenced_by == ("alerts:s-1", "inhibited by gone", "muted by week\\u202eend")


async def test_an_older_server_without_mutedby_and_with_an_end_in_the_past_is_read(bench: Bench) -> None:
    old = {**ALERT, "status": {"state": "active", "silencedBy": [], "inhibitedBy": []}}
    over = {**ALERT, "fingerprint": "e1", "endsAt": "2026-11-23T13:59:00.000Z"}
    with_alerts(bench, old, over)
    states = {alert.native_id: alert for alert in (await bench.alerts().poll(Known())).alerts or ()}
    assert states["d2b4"].state is AlertState.FIRING
    assert states["e1"].state is AlertState.RESOLVED
    assert states["e1"].ended_at == parse_instant("2026-11-23T13:59:00Z")


async def test_severity_service_and_filter_follow_the_options(bench: Bench) -> None:
    bench.world.fire("A", "web", "warning", tier="gold", app="shop")
    bench.world.fire("B", "web", "info", tier="lead", app="shop")
    source = bench.alerts(
        severity={"gold": 1}, severity_labels=("tier",), service_labels=("app",), filter=('alertname="A"',)
    )
    (alert,) = (await source.poll(Known())).alerts or ()
    assert (alert.name, alert.severity, alert.severity_word, alert.service) == ("A", 1, "gold", "shop")


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", 2),
        ("PAGE", 2),
        ("warning", 4),
        ("info", 4),
        ("ticket", 3),
        ("emergency", 1),
        ("sev1", 1),
        ("odd", None),
    ],
)
async def test_words_of_the_severity_label_map_by_the_seeds_levels(
    bench: Bench, word: str, severity: int | None
) -> None:
    bench.world.fire("A", "web", word)
    alert = alert_named(await bench.alerts().poll(Known()), "A")
    assert (alert.severity, alert.severity_word) == (severity, word)


# -- failures ---------------------------------------------------------------------------------------------------------


async def test_silences_that_fail_leave_the_alerts(bench: Bench) -> None:
    bench.world.fire("A", "web", "warning")
    bench.intercept = answering('"get silences failed"', 500, path="/silences")
    snapshot = await bench.alerts().poll(Known())
    assert alert_named(snapshot, "A") and snapshot.silences is None
    (problem,) = snapshot.problems
    assert problem.startswith("silences: ") and "get silences failed" in problem
    assert snapshot.failed == {"silences"}


async def test_alerts_that_fail_are_not_taken_for_ended(bench: Bench) -> None:
    bench.intercept = answering("<html>proxy</html>", path="/alerts")
    snapshot = await bench.alerts().poll(Known())
    assert snapshot.alerts is None and not snapshot.alerts_complete and snapshot.silences == ()
    assert snapshot.failed == {"alerts"}


async def test_a_busy_server_says_why_in_plain_text(bench: Bench) -> None:
    bench.intercept = answering("Limit of concurrent GET requests reached (8), try again later.\n", 503)
    with pytest.raises(ServerFailed, match="Limit of concurrent GET requests"):
        await bench.alerts().poll(Known())


async def test_a_server_that_is_not_there_is_asked_once(bench: Bench) -> None:
    asked = []

    async def refuse(request: Request) -> Response | None:
        import httpx

        asked.append(request.path)
        raise httpx.ConnectError("refused")

    bench.intercept = refuse
    with pytest.raises(Unreachable):
        await bench.alerts().poll(Known())
    assert asked == ["/api/v2/alerts"]


async def test_a_wrong_token_fails_the_poll(bench: Bench) -> None:
    bench.intercept = answering('"no"', 401)
    with pytest.raises(AuthFailed):
        await bench.alerts().poll(Known())


async def test_not_ready_is_down_and_no_readiness_is_not(bench: Bench) -> None:
    source = bench.alerts()
    bench.alertmanager.ready = False
    (ready,) = (await source.poll(Known())).health or ()
    assert ready.status is HealthStatus.DOWN and "not ready" in (ready.detail or "")
    bench.intercept = answering("404 page not found", 404, path="/-/ready")
    (ready,) = (await source.poll(Known())).health or ()
    assert ready.status is HealthStatus.OK


@pytest.mark.parametrize("body", ["{}", "null", '"x"', "[", "", "3", "[" * 5000])
async def test_what_is_no_list_is_a_bad_answer(bench: Bench, body: str) -> None:
    bench.intercept = answering(body)
    with pytest.raises(SourceError) as failure:
        await bench.alerts().poll(Known())
    assert isinstance(failure.value, BadAnswer)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"labels": None, "status": None, "annotations": 3},
        {"labels": {"alertname": 7, "x": ["y"]}, "fingerprint": "a b\n", "startsAt": 5},
        {"labels": {"alertname": "ok"}, "status": {"silencedBy": 7, "inhibitedBy": [None, {}], "mutedBy": {"a": 1}}},
        {"fingerprint": "\u202e", "startsAt": "0001-01-01T00:00:00Z", "endsAt": "9999-99-99T99:99:99Z"},
    ],
)
async def test_a_broken_row_is_shown_and_costs_no_other(bench: Bench, broken: Any) -> None:
    with_alerts(bench, broken, ALERT, "junk", None)
    alerts = (await bench.alerts().poll(Known())).alerts or ()
    assert len(alerts) == 2 and alerts[1].name == "HighLatency"
    assert alerts[0].native_id and alerts[0].name


async def test_hostile_texts_are_shown_as_text(bench: Bench) -> None:
    labels = {"alertname": "\x1b]2;pwned\x07", "service": "[@click=app.quit]x[/]", "in\u202estance": "a\r\nb"}
    annotations = {"summary": "\x9b2J" + "x" * 100_000, "runbook_url": "javascript:alert(1)"}
    with_alerts(bench, {**ALERT, "labels": labels, "annotations": annotations, "generatorURL": "file:///etc/passwd"})
    (alert,) = (await bench.alerts().poll(Known())).alerts or ()
    assert alert.name == "\\x1b]2;pwned\\x07" and alert.service == "[@click=app.quit]x[/]"
    assert alert.labels["in\\u202estance"] == "a b"
    assert alert.summary and alert.summary.startswith("\\x9b2J") and len(alert.summary) <= 500
    assert alert.url is None and alert.runbook is None


async def test_the_same_alert_twice_is_one(bench: Bench) -> None:
    with_alerts(bench, ALERT, ALERT)
    assert len((await bench.alerts().poll(Known())).alerts or ()) == 1


async def test_old_ended_silences_are_left_out_and_odd_ones_read(bench: Bench) -> None:
    def silence(native_id: Any, ends_at: str, state: Any) -> dict[str, Any]:
        return {
            "id": native_id,
            "status": {"state": state},
            "matchers": [
                {"name": "a", "value": 'b"\\\n\x1b', "isRegex": True, "isEqual": False},
                {"name": "c", "value": "d"},
            ],
            "startsAt": "2026-11-20T10:00:00Z",
            "endsAt": ends_at,
            "createdBy": "bob",
            "comment": "line\nline\x1b[31m",
        }

    listed = [
        silence("s1", "2026-11-23T13:00:00Z", "expired"),
        silence("s2", "2026-11-20T12:00:00Z", "expired"),
        silence("s3", "2026-11-23T15:00:00Z", "who knows"),
        silence(None, "2026-11-23T15:00:00Z", "active"),
    ]
    bench.intercept = answering(json.dumps(listed), path="/silences")
    found = (await bench.alerts().poll(Known())).silences or ()
    assert [(one.native_id, one.state) for one in found] == [("s3", "active"), ("s1", "expired")]
    assert found[0].matchers == ('a!~"b\\"\\\\\\n\\x1b"', 'c="d"')
    assert found[0].comment == "line line\\x1b[31m"


async def test_ten_thousand_alerts_are_read(bench: Bench) -> None:
    with_alerts(bench, *({**ALERT, "fingerprint": f"f{number}"} for number in range(10_000)))
    assert len((await bench.alerts().poll(Known())).alerts or ()) == 10_000


# -- options, probe, the rest -----------------------------------------------------------------------------------------


async def test_credentials_and_headers_go_with_every_call(bench: Bench) -> None:
    secret = Secret("literal", "t0ken")
    await bench.alerts(token=secret, headers={"X-Scope-OrgID": "team"}).poll(Known())
    assert {request.headers["authorization"] for request, _ in bench.calls} == {"Bearer t0ken"}
    assert {request.headers["x-scope-orgid"] for request, _ in bench.calls} == {"team"}
    bench.calls.clear()
    await bench.alerts(username="alice", password=secret).poll(Known())
    assert {request.headers["authorization"] for request, _ in bench.calls} == {"Basic YWxpY2U6dDBrZW4="}
    bench.calls.clear()
    await bench.alerts().poll(Known())
    assert not any("authorization" in request.headers for request, _ in bench.calls)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"base_url": "http://alertmanager:9093"}, "base_url: .*allow_http"),
        ({"base_url": "ftp://x"}, "base_url"),
        ({"token": Secret("literal", "x"), "username": "a", "password": Secret("literal", "y")}, "either token"),
        ({"username": "a"}, "go together"),
        ({"username": "a:b", "password": Secret("literal", "y")}, "colon"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Options(name="alerts", kind="alertmanager", **options)


def test_an_address_with_the_apis_own_path_is_taken() -> None:
    options = Options(name="a", kind="alertmanager", base_url="https://mimir.example.com/alertmanager/api/v2/")
    assert options.base_url == "https://mimir.example.com/alertmanager"
    assert (
        Options(name="a", kind="alertmanager", base_url="http://am:9093", allow_http=True).base_url == "http://am:9093"
    )
    assert Options(name="a", kind="alertmanager").poll == timedelta(seconds=15)


async def test_check_tells_version_latency_skew_and_no_word_of_the_config(bench: Bench) -> None:
    source = bench.alerts()
    probe = await source.probe()
    assert probe.ok and probe.version == "0.34.0" and probe.latency_ms is not None and probe.clock_skew_s == 0.0
    assert set(probe.can) == {"alerts", "silences", "silence", "expire_silence", "health"}
    assert "<secret>" not in repr(probe) and "receivers" not in repr(probe)
    bench.alertmanager.ready = False
    probe = await source.probe()
    assert not probe.ok and probe.error and "not ready" in probe.error
    bench.intercept = answering('"no"', 403)
    probe = await source.probe()
    assert (probe.ok, probe.error_kind) == (False, "auth")


async def test_what_it_cannot_do_is_said(bench: Bench) -> None:
    source = bench.alerts()
    assert Capability.INCIDENTS not in source.capabilities
    with pytest.raises(Unsupported):
        await source.read("x")
    with pytest.raises(TypeError):
        make(object(), bench.context("x", bench.alertmanager, "alertmanager.yaml"))  # type: ignore[arg-type]  # wrong on purpose
    await source.aclose()
    await source.aclose()


async def test_its_calls_fit_the_published_description() -> None:
    require_spec("alertmanager.yaml")
    bench = Bench()
    bench.world.open_scene()
    bench.alertmanager.open_scene()
    source = bench.alerts(filter=('severity=~"critical|page|warning"',))
    await source.poll(Known())
    await source.probe()
    assert bench.checked("alertmanager.yaml") == {"GET /alerts 200", "GET /silences 200", "GET /status 200"}
