"""The Grafana source: alerts and silences of its Alertmanager, health by rules and queries, annotations as changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.config.secret import Secret
from oncall_tui.demo.faults import answer_with, drop_after_apply, drop_before_apply, is_write, refuse
from oncall_tui.demo.grafana import rule_uid
from oncall_tui.demo.hostile import SHORT
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import Alert, AlertState, Change, ChangeKind, HealthCheck, HealthStatus, OutboxRow, Snapshot, Verb
from oncall_tui.sources import load_kind
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    Dropped,
    NotFound,
    Outcome,
    Refused,
    ServerFailed,
    Unreachable,
    Unsupported,
)
from oncall_tui.sources.grafana import Options
from oncall_tui.sources.grafana.changes import LIMIT, MAX_PAGES
from oncall_tui.text import unsafe_count
from tests.sources.grafana_bench import HOUR, Bench, query_check, rule_check
from tests.support.clock import START

CHECKOUT = rule_uid("CheckoutConversionLow")
SILENCES = "/api/alertmanager/grafana/api/v2/silences"


def alert_of(taken: Snapshot, name: str) -> Alert:
    (found,) = [alert for alert in taken.alerts or () if alert.name == name]
    return found


def check_of(taken: Snapshot, name: str) -> HealthCheck:
    (found,) = [check for check in taken.health or () if check.name == name]
    return found


# -- alerts --------------------------------------------------------------------------------------------------------


async def test_what_fires_and_what_is_silenced() -> None:
    bench = Bench()
    bench.sim.open_scene()
    taken = await bench.poll()
    alert = alert_of(taken, "CheckoutConversionLow")
    assert (alert.state, alert.severity, alert.severity_word) == (AlertState.FIRING, 2, "critical")
    assert (alert.service, alert.summary) == ("payments", "One in five checkouts is left")
    assert alert.first_at == START - timedelta(minutes=9)
    assert alert.labels["__alert_rule_uid__"] == CHECKOUT
    assert alert.runbook == "https://runbooks.example.com/CheckoutConversionLow"
    silenced = alert_of(taken, "CertificateOld")
    (silence,) = taken.silences or ()
    assert silenced.state is AlertState.SILENCED and silenced.silenced_by == (silence.id,)
    assert (silence.created_by, silence.comment) == ("bob@example.com", "renewed on Monday, TICKET-140")
    assert taken.alerts_complete and not taken.problems and not taken.failed


async def test_the_configured_filter_goes_along() -> None:
    bench = Bench(filter=('severity="critical"', 'service=~"pay.*"'))
    bench.sim.open_scene()
    assert [alert.name for alert in (await bench.poll()).alerts or ()] == ["CheckoutConversionLow"]


async def test_a_list_with_alerts_that_say_not_which_they_are_ends_none() -> None:
    bench = Bench()
    bench.sim.open_scene()
    bench.edits["/alerts"] = lambda rows: [{**row, "fingerprint": None} for row in rows]
    taken = await bench.poll()
    assert len(taken.alerts or ()) == 3 and not taken.alerts_complete
    assert "3 without a fingerprint" in taken.problems[0]


async def test_hostile_text_is_clean_everywhere() -> None:
    bench = Bench(health_rules=(rule_check(CHECKOUT),))
    for number, words in enumerate(SHORT):
        bench.sim.world.fire("Odd", "web", "warning", summary=words, number=str(number), odd=words)
        bench.sim.annotate(words, ["deploy", words, f"service:{words}"], START, login=words)
    bench.sim.broken["CheckoutConversionLow"] = ("error", SHORT[8])
    taken = await bench.poll()
    assert len(taken.alerts or ()) == len(taken.changes or ()) == len(SHORT)
    texts = [text for one in taken.alerts or () for text in (one.summary or "", *one.labels.values())]
    texts += [text or "" for one in taken.changes or () for text in (one.title, one.service, one.author)]
    texts += [one.detail or "" for one in taken.health or ()]
    assert not any(unsafe_count(text) for text in texts)


# -- silences ------------------------------------------------------------------------------------------------------


def silence_row(bench: Bench, alert: Alert, **values: Any) -> OutboxRow:
    params = {"seconds": 3600, "reason": "fix is on its way", "labels": alert.labels}
    return bench.row(Verb.SILENCE, alert.id, **{"params": params, **values})


async def firing(bench: Bench) -> Alert:
    bench.sim.world.fire("CheckoutConversionLow", "payments", "critical")
    return alert_of(await bench.poll(), "CheckoutConversionLow")


async def test_a_silence_is_made_read_back_and_ended() -> None:
    bench = Bench()
    row = silence_row(bench, await firing(bench))
    assert await bench.source.prepare(row) == ()
    sent = await bench.source.send(row)
    body = bench.sim.writes[0]["body"]
    assert (body["createdBy"], body["comment"]) == ("alice@example.com", "fix is on its way")
    assert {"name": "__alert_rule_uid__", "value": CHECKOUT, "isRegex": False, "isEqual": True} in body["matchers"]
    made = replace(row, native_ref=sent.native_ref, answered_at=START)
    assert (await bench.source.confirm(made)).outcome is Outcome.APPLIED
    assert alert_of(await bench.poll(), "CheckoutConversionLow").state is AlertState.SILENCED
    bench.clock.advance(60)
    end = bench.row(Verb.EXPIRE_SILENCE, f"graf:{sent.native_ref}")
    assert (await bench.source.confirm(end)).outcome is Outcome.NOT_APPLIED
    await bench.source.send(end)
    assert (await bench.source.confirm(end)).outcome is Outcome.APPLIED
    assert alert_of(await bench.poll(), "CheckoutConversionLow").state is AlertState.FIRING


async def test_older_servers_answer_with_the_whole_silence() -> None:
    bench = Bench()
    row = silence_row(bench, await firing(bench))
    bench.planned.next(answer_with(json_response({"id": "s1", "comment": "x"}, 201)), matching=is_write)
    assert (await bench.source.send(row)).native_ref == "s1"


async def test_a_silence_whose_answer_was_lost_is_found_and_not_doubled() -> None:
    bench = Bench()
    row = silence_row(bench, await firing(bench))
    bench.planned.next(drop_before_apply, matching=is_write)
    with pytest.raises(Dropped) as lost:
        await bench.source.send(row)
    assert lost.value.maybe_applied
    assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED
    bench.planned.next(drop_after_apply, matching=is_write)
    with pytest.raises(Dropped):
        await bench.source.send(row)
    found = await bench.source.confirm(row)
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, bench.sim.writes[0]["target"])


async def test_who_may_not_silence_is_told_which_permission_is_missing() -> None:
    bench = Bench(sim={"editor": False})
    row = silence_row(bench, await firing(bench))
    with pytest.raises(Refused, match=r"Permissions needed: alert\.silences:create") as no:
        await bench.source.send(row)
    assert no.value.status == 403
    assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED
    assert not bench.sim.writes


async def test_other_refusals() -> None:
    bench = Bench()
    alert = await firing(bench)
    with pytest.raises(Refused, match="must not match the empty string"):
        await bench.source.send(
            bench.row(Verb.SILENCE, alert.id, params={"seconds": 9, "reason": "r", "labels": {"a": ""}})
        )
    with pytest.raises(NotFound):
        await bench.source.send(bench.row(Verb.EXPIRE_SILENCE, "graf:00000000-0000-0000-0000-000000000000"))
    bench.planned.next(answer_with(json_response({"message": "Alertmanager is not ready"}, 409)), matching=is_write)
    with pytest.raises(Refused, match="Alertmanager is not ready"):
        await bench.source.send(silence_row(bench, alert))
    wrong = Bench(token=Secret("literal", "glsa_wrong"))
    with pytest.raises(AuthFailed, match="Unauthorized"):
        await wrong.source.send(wrong.row(Verb.EXPIRE_SILENCE, "graf:00000000-0000-0000-0000-000000000000"))


async def test_what_a_grafana_cannot_do() -> None:
    bench = Bench()
    for call in (bench.source.send, bench.source.confirm):
        with pytest.raises(Unsupported, match=r"graf \(Grafana\) cannot acknowledge"):
            await call(bench.row(Verb.ACKNOWLEDGE, "graf:x"))
    with pytest.raises(Unsupported, match="no incidents"):
        await bench.source.read("x")


# -- health --------------------------------------------------------------------------------------------------------


async def test_grafanas_own_health() -> None:
    bench = Bench()
    check = check_of(await bench.poll(), "Grafana")
    assert (check.id, check.status, check.detail) == ("graf:grafana", HealthStatus.OK, None)
    bench.sim.database = "failing"
    check = check_of(await bench.poll(), "Grafana")
    assert (check.status, check.detail) == (HealthStatus.DOWN, "its database: failing")
    bench.planned.next(answer_with(Response(status=502)), matching=lambda request: request.path == "/api/health")
    assert check_of(await bench.poll(), "Grafana").status is HealthStatus.UNKNOWN


@pytest.mark.parametrize(
    ("ratio", "status", "detail"),
    [
        (0.002, HealthStatus.OK, None),
        (0.02, HealthStatus.DEGRADED, "limit > 1%"),
        (0.2, HealthStatus.DOWN, "limit > 5%"),
        (None, HealthStatus.UNKNOWN, "no data"),
    ],
)
async def test_a_check_by_query_through_a_data_source(
    ratio: float | None, status: HealthStatus, detail: str | None
) -> None:
    check = query_check(degraded=_limit("> 1"), down=_limit("> 5"))
    bench = Bench(health=(check,))
    bench.sim.world.set_metric("payments", "error_ratio", ratio)
    found = check_of(await bench.poll(), "payments errors")
    assert (found.id, found.status, found.detail) == ("graf:payments-errors", status, detail)
    assert found.value == (None if ratio is None else pytest.approx(100 * ratio))
    request = next(request for request, _ in bench.exchanges if "proxy" in request.path)
    assert request.path == "/api/datasources/proxy/uid/prometheus-main/api/v1/query"
    assert dict(request.query) == {"query": '100 * job:error_ratio{job="payments"}', "timeout": "10s"}


def _limit(words: str) -> Any:
    from oncall_tui.sources.threshold import parse

    return parse(words)


async def test_a_query_that_fails_is_unknown_and_says_why() -> None:
    bench = Bench(health=(query_check(datasource="gone"), query_check(name="wrong", query="sum(")))
    taken = await bench.poll()
    gone, wrong = check_of(taken, "payments errors"), check_of(taken, "wrong")
    assert (gone.status, gone.detail) == (HealthStatus.UNKNOWN, "Data source not found")
    assert wrong.status is HealthStatus.UNKNOWN and wrong.detail and "query" in wrong.detail
    assert "check payments errors: Data source not found" in taken.problems
    assert taken.alerts_complete and not taken.failed


@pytest.mark.parametrize(
    ("firing", "pending", "broken", "status", "detail"),
    [
        (False, False, None, HealthStatus.OK, None),
        (True, False, None, HealthStatus.DOWN, "rule CheckoutConversionLow fires"),
        (False, True, None, HealthStatus.DEGRADED, "the rule is pending"),
        (False, False, ("error", "no such metric"), HealthStatus.UNKNOWN, "no such metric"),
        (True, False, ("nodata", ""), HealthStatus.UNKNOWN, "the rule has nodata"),
    ],
)
async def test_a_check_by_the_state_of_a_rule(
    firing: bool, pending: bool, broken: tuple[str, str] | None, status: HealthStatus, detail: str | None
) -> None:
    bench = Bench(health_rules=(rule_check(CHECKOUT),))
    if firing:
        bench.sim.world.fire("CheckoutConversionLow", "payments", "critical")
    bench.sim.pending = {"CheckoutConversionLow"} if pending else set()
    bench.sim.broken = {"CheckoutConversionLow": broken} if broken else {}
    check = check_of(await bench.poll(), "checkout")
    assert (check.status, check.detail, check.service) == (status, detail, "payments")
    if broken is None:
        assert (check.value, check.unit) == (float(firing), "of 1 fire")


async def test_a_rule_may_be_less_than_down_and_may_not_be_there() -> None:
    bench = Bench(health_rules=(rule_check(CHECKOUT, firing="degraded"), rule_check("gone", name="no rule")))
    bench.sim.world.fire("CheckoutConversionLow", "payments", "critical")
    taken = await bench.poll()
    assert check_of(taken, "checkout").status is HealthStatus.DEGRADED
    gone = check_of(taken, "no rule")
    assert (gone.status, gone.detail) == (HealthStatus.UNKNOWN, "no rule gone, or it may not be read")


async def test_a_state_of_a_rule_that_is_not_known_is_unknown() -> None:
    bench = Bench(health_rules=(rule_check(CHECKOUT),))

    def odd(data: Any) -> Any:
        for group in data["data"]["groups"]:
            for rule in group["rules"]:
                rule["state"] = "dreaming"
        return data

    bench.edits["/rules"] = odd
    check = check_of(await bench.poll(), "checkout")
    assert (check.status, check.detail) == (HealthStatus.UNKNOWN, "the rule is dreaming")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"health": "unknown"}, "the rule has not been evaluated"),
        ({"health": None}, "the rule does not tell its health"),
        ({"health": "brand-new"}, "the rule's health is brand-new"),
        ({"lastEvaluation": "0001-01-01T00:00:00Z"}, "the rule has not been evaluated"),
        ({"isPaused": True}, "the rule is paused"),
    ],
)
async def test_a_rule_that_nobody_evaluates_is_not_ok(change: dict[str, Any], detail: str) -> None:
    bench = Bench(health_rules=(rule_check(CHECKOUT),))

    def odd(data: Any) -> Any:
        for group in data["data"]["groups"]:
            group["rules"] = [{**rule, **change} for rule in group["rules"]]
        return data

    bench.edits["/rules"] = odd
    check = check_of(await bench.poll(), "checkout")
    assert (check.status, check.detail) == (HealthStatus.UNKNOWN, detail)


async def test_rules_that_do_not_tell_how_they_are_are_not_well() -> None:
    bench = Bench()
    everything = json.loads(bench.sim._rules(Request(method="GET", path="/rules")).body)
    for group in everything["data"]["groups"]:
        for rule in group["rules"]:
            rule["health"] = None
    bench.edits["/rules"] = lambda data: everything
    check = check_of(await bench.poll(), "Grafana rules")
    assert check.status is HealthStatus.UNKNOWN and "do not tell" in (check.detail or "")


async def test_rules_that_cannot_be_evaluated_are_told_even_by_servers_that_do_not_filter() -> None:
    bench = Bench()
    assert check_of(await bench.poll(), "Grafana rules").status is HealthStatus.OK
    bench.sim.broken = dict.fromkeys(("LogVolumeHigh", "CertificateOld"), ("error", "timeout"))
    check = check_of(await bench.poll(), "Grafana rules")
    assert (check.status, check.value) == (HealthStatus.DEGRADED, 2)
    assert check.detail == "LogVolumeHigh: timeout; CertificateOld: timeout"
    everything = json.loads(bench.sim._rules(replace(bench.exchanges[0][0], query=())).body)
    bench.edits["/rules"] = lambda data: everything
    assert check_of(await bench.poll(), "Grafana rules").value == 2
    assert not [check for check in (await Bench(rules=False).poll()).health or () if check.name == "Grafana rules"]


async def test_rules_that_cannot_be_read_leave_unknown_checks() -> None:
    bench = Bench(health_rules=(rule_check(CHECKOUT),))
    bench.sim.denied = {"/api/prometheus/": "alert.rules:read"}
    taken = await bench.poll()
    for name in ("Grafana rules", "checkout"):
        check = check_of(taken, name)
        assert check.status is HealthStatus.UNKNOWN and "alert.rules:read" in (check.detail or "")
    assert len([line for line in taken.problems if "alert.rules:read" in line]) == 2


# -- changes -------------------------------------------------------------------------------------------------------


async def test_annotations_with_the_tags_are_changes() -> None:
    bench = Bench()
    bench.sim.open_scene()
    bench.sim.annotate("too old", ["deploy"], START - 25 * HOUR)
    taken = await bench.poll()
    assert taken.changes is not None
    planned, payments, search = taken.changes
    assert planned == Change(
        id="graf:4", source="graf", native_id="4", title="storage: disks are exchanged", at=START + 3 * HOUR,
        until=START + 4 * HOUR, kind=ChangeKind.MAINTENANCE, service="storage", author="judy",
    )  # fmt: skip
    assert (payments.title, payments.kind, payments.service) == (
        "payments v2.14.1", ChangeKind.DEPLOYMENT, "payments",
    )  # fmt: skip
    assert (payments.at, payments.until, payments.author) == (START - timedelta(minutes=12), None, "pipeline")
    assert payments.url == "http://127.0.0.1:1/grafana/d/dpayments?viewPanel=4"
    assert (search.service, search.url) == ("search", None)
    query = next(dict(request.query) for request, _ in bench.exchanges if request.path == "/api/annotations")
    assert (query["type"], query["matchAny"]) == ("annotation", "true")
    assert query["from"] == str(round((START - 24 * HOUR).timestamp() * 1000))


async def test_the_configured_tags_decide_and_none_are_none() -> None:
    bench = Bench(changes={"Experiment": "other"})
    bench.sim.open_scene()
    bench.sim.annotations[2]["tags"] = ["Experiment"]
    assert [(one.title, one.kind) for one in (await bench.poll()).changes or ()] == [
        ("load test of the gateway", ChangeKind.OTHER)
    ]
    bench = Bench(changes={})
    assert (await bench.poll()).changes is None
    assert Capability.CHANGES not in bench.source.capabilities
    assert "GET /api/annotations" not in bench.calls


async def test_changes_are_read_once_a_minute() -> None:
    bench = Bench()
    bench.sim.annotate("v1", ["deploy"], START)
    assert (await bench.poll()).changes is not None
    bench.clock.advance(30)
    taken = await bench.poll()
    assert taken.changes is None and not taken.failed
    bench.clock.advance(30)
    assert (await bench.poll()).changes is not None
    assert bench.calls.count("GET /api/annotations") == 2


@pytest.mark.parametrize(
    ("row", "title"),
    [
        ({"text": "\n\n  first line \nsecond", "tags": ["deploy"]}, "first line"),
        ({"text": "", "tags": ["deploy", "team:shop"]}, "deploy, team:shop"),
        ({"text": None, "tags": ["deploy"], "timeEnd": 5}, "deploy"),
        ({"text": 7, "tags": ["DEPLOY", 7, None], "timeEnd": "x", "panelId": [], "dashboardUID": 3}, "DEPLOY, 7"),
    ],
)
async def test_odd_annotations(row: Any, title: str) -> None:
    bench = Bench()
    bench.sim.annotate("x", ["deploy"], START)
    bench.edits["/annotations"] = lambda rows: [{**rows[0], **row}, {"id": 9}, {"time": 1}, 7, {"tags": "deploy"}]
    (change,) = (await bench.poll()).changes or ()
    assert (change.title, change.until, change.service) == (title, None, None)


async def test_more_annotations_than_one_answer_holds() -> None:
    bench = Bench()
    for number in range(2 * LIMIT + 5):
        bench.sim.annotate(f"v{number}", ["deploy"], START - timedelta(seconds=number // 2))
    taken = await bench.poll()
    assert len(taken.changes or ()) == 2 * LIMIT + 5
    assert not taken.problems


async def test_a_limit_says_so() -> None:
    bench = Bench()
    for number in range(LIMIT):
        bench.sim.annotate(f"v{number}", ["deploy"], START)
    taken = await bench.poll()
    assert taken.problems == (f"changes: only {LIMIT} annotations were read",)
    assert len(bench.exchanges) < 2 * MAX_PAGES


# -- what goes wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "word"),
    [("/api/annotations", "changes"), (SILENCES, "silences"), ("/api/alertmanager/grafana/api/v2/alerts", "alerts")],
)
@pytest.mark.parametrize("answer", [Response(status=500), Response(body=b"<html>"), json_response({"a": 1})])
async def test_a_part_that_fails_is_named_and_the_others_come(path: str, word: str, answer: Response) -> None:
    bench = Bench()
    bench.sim.open_scene()
    bench.planned.next(answer_with(answer), matching=lambda request: request.path == path)
    taken = await bench.poll()
    assert taken.failed == {word}
    parts = {"changes": taken.changes, "silences": taken.silences, "alerts": taken.alerts}
    assert parts.pop(word) is None
    assert all(parts.values()) and check_of(taken, "Grafana").status is HealthStatus.OK
    assert taken.alerts_complete is (word != "alerts")
    assert any(line.startswith(f"{word}: ") for line in taken.problems)
    taken = await bench.poll()
    assert not taken.failed


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (refuse, Unreachable),
        (answer_with(Response(status=503)), ServerFailed),
        (answer_with(Response(body=b"<html>")), BadAnswer),
        (answer_with(json_response({"message": "Unauthorized"}, 401)), AuthFailed),
    ],
)
async def test_where_nothing_comes_the_poll_fails(trouble: Any, error: type[Exception]) -> None:
    bench = Bench(health=(query_check(),), health_rules=(rule_check(CHECKOUT),))
    bench.planned.next(trouble, count=None)
    with pytest.raises(error):
        await bench.poll()


async def test_a_wrong_token() -> None:
    with pytest.raises(AuthFailed, match="Unauthorized"):
        await Bench(token=Secret("literal", "glsa_wrong")).poll()


# -- probe and config ----------------------------------------------------------------------------------------------


async def test_a_probe_tells_version_and_what_the_token_may() -> None:
    bench = Bench(health=(query_check(),), health_rules=(rule_check(CHECKOUT),))
    probe = await bench.source.probe()
    assert (probe.ok, probe.version, probe.notes, probe.clock_skew_s) == (True, "13.0.0", (), 0)
    assert probe.can == ("alerts", "changes", "expire_silence", "health", "silence", "silences")


async def test_a_probe_names_what_is_missing() -> None:
    bench = Bench(health=(query_check(datasource="gone"),), health_rules=(rule_check("nope"),))
    bench.sim.denied = {SILENCES: "alert.silences:read", "/api/annotations": "annotations:read"}
    probe = await bench.source.probe()
    assert probe.ok and probe.can == ("alerts", "health")
    told = "\n".join(probe.notes)
    assert "silences cannot be read: " in told and "alert.silences:read" in told
    assert "changes cannot be read: " in told and "annotations:read" in told
    assert "check payments errors: Data source not found" in told
    assert "check checkout: no rule nope" in told


async def test_a_probe_of_what_is_no_grafana_or_may_not_be_read() -> None:
    bench = Bench()
    bench.edits["/api/health"] = lambda data: {"status": "UP"}
    probe = await bench.source.probe()
    assert (probe.ok, probe.error_kind) == (False, "bad_answer") and "as a Grafana" in (probe.error or "")
    probe = await Bench(token=Secret("literal", "glsa_wrong")).source.probe()
    assert (probe.ok, probe.error_kind) == (False, "auth")
    bench = Bench()
    bench.edits["/api/health"] = lambda data: {"database": "ok"}
    probe = await bench.source.probe()
    assert probe.ok and probe.version is None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"changes": {"deploy": "party"}}, "deploy: one of deployment, maintenance, other"),
        ({"filter": ("x",)}, "not a matcher"),
        ({"health": ({"name": "a", "datasource": "../x", "query": "up"},)}, "a uid"),
        ({"health_rules": ({"name": "Alert Rules", "rule": "x"}, {"name": "alert-rules", "rule": "y"})}, "too like"),
        ({"health_rules": ({"name": "Rules", "rule": "x"},)}, "too like 'the check of the rules'"),
        ({"base_url": "http://grafana.example.com"}, "http:// would show the token"),
    ],
)
def test_a_config_that_is_wrong_is_told(given: Any, reason: str, tmp_path: Any) -> None:
    import yaml

    from oncall_tui import sources
    from oncall_tui.config.load import ConfigError, load_config

    stanza = {"name": "g", "kind": "grafana", "base_url": "https://g.example.com", **given}
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({"sources": [json.loads(json.dumps(stanza))]}))
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=reason):
        load_config(path, kinds=sources, environ={})


def test_the_registry_knows_it() -> None:
    assert load_kind("grafana").Options is Options
