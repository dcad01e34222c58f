"""The Datadog source over its simulator: what a poll tells, what half fails, what is hostile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from oncall_tui.config.secret import Secret
from oncall_tui.demo.wire import Response
from oncall_tui.model import AlertState, HealthStatus, IncidentState, Verb
from oncall_tui.sources import load_kind
from oncall_tui.sources.base import (
    AuthFailed,
    Capability,
    NotFound,
    RateLimited,
    Seat,
    SourceContext,
    Unreachable,
)
from oncall_tui.sources.datadog import Options, make
from oncall_tui.text import unsafe_count
from tests.sources.datadog_bench import Bench, alert_named, on, refuse
from tests.support.clock import START, ManualClock


@pytest.fixture
def bench() -> Bench:
    return Bench()


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_it_is_registered_under_its_name() -> None:
    assert load_kind("datadog").Options is Options


@pytest.mark.parametrize(
    ("site", "host", "page"),
    [
        ("datadoghq.com", "api.datadoghq.com", "https://app.datadoghq.com/monitors/1003"),
        ("datadoghq.eu", "api.datadoghq.eu", "https://app.datadoghq.eu/monitors/1003"),
        ("us5.datadoghq.com", "api.us5.datadoghq.com", "https://us5.datadoghq.com/monitors/1003"),
        ("ap1.datadoghq.com", "api.ap1.datadoghq.com", "https://ap1.datadoghq.com/monitors/1003"),
        ("ddog-gov.com", "api.ddog-gov.com", "https://app.ddog-gov.com/monitors/1003"),
    ],
)
async def test_each_region_is_asked_at_its_own_host(bench: Bench, site: Any, host: str, page: str) -> None:
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        from tests.support.transport import wire_request

        told = bench.sim.handle(wire_request(request))
        return httpx.Response(told.status, headers=dict(told.headers), stream=httpx.ByteStream(told.body))

    keys = {"api_key": Secret("literal", bench.sim.keys[0]), "app_key": Secret("literal", bench.sim.keys[1])}
    source = make(
        Options(name="dd", kind="datadog", site=site, **keys),
        SourceContext(name="dd", seat=Seat(), clock=ManualClock(), transport=httpx.MockTransport(answer)),
    )
    snapshot = await source.poll(None)  # type: ignore[arg-type]  # nothing known is asked for
    assert set(asked) == {host}
    assert alert_named(snapshot, "Disk nearly full", host="db-1").url == page


# -- alerts -------------------------------------------------------------------------------------------------------


async def test_groups_that_alert_or_warn_are_alerts(bench: Bench) -> None:
    snapshot = await bench.poll()
    assert snapshot.problems == () and snapshot.failed == frozenset() and snapshot.alerts_complete
    alert = alert_named(snapshot, "Checkout error rate", region="eu-1")
    assert (alert.state, alert.service, alert.severity_word, alert.severity) == (
        AlertState.FIRING, "payments", "critical", 2,
    )  # fmt: skip
    assert alert.first_at == START - minutes(9) and alert.last_at == START
    assert alert.count == 2, "it fired twice within the hour"
    assert alert.summary == "More than 5 % of checkouts fail. Runbook: https://runbooks.example.com/checkout"
    assert alert.labels == {"monitor_id": "1001", "region": "eu-1"}
    assert alert.url == "https://app.datadoghq.com/monitors/1001"
    gateway = alert_named(snapshot, "Gateway latency p99")
    assert (gateway.native_id, gateway.service, gateway.severity_word, gateway.severity) == (
        "1002",
        "gateway",
        "Warn",
        4,
    )
    assert gateway.labels == {"monitor_id": "1002"}


async def test_what_is_muted_by_a_downtime_is_silenced_and_says_by_which(bench: Bench) -> None:
    snapshot = await bench.poll()
    (silence,) = snapshot.silences or ()
    disk = alert_named(snapshot, "Disk nearly full", host="db-1")
    assert disk.state is AlertState.SILENCED and disk.silenced_by == (silence.id,)
    assert silence.matchers == ("monitor 1003 (Disk nearly full)", "scope host:db-1")
    assert (silence.created_by, silence.comment, silence.state) == (
        "bob@example.com", "disk is on its way, TICKET-123", "active",
    )  # fmt: skip
    assert silence.ends_at == START + timedelta(hours=3)
    bench.sim.set_status(1003, "Alert", ("host:db-2",))
    assert (await bench.alert("Disk nearly full", host="db-2")).state is AlertState.FIRING
    bench.clock.advance(timedelta(hours=3))
    assert (await bench.alert("Disk nearly full", host="db-1")).state is AlertState.FIRING


@pytest.mark.parametrize(
    ("scope", "identifier", "muted"),
    [
        ("*", {"monitor_id": 1001}, True),
        ("region:eu-1", {"monitor_id": 1001}, True),
        ("region:us-1", {"monitor_id": 1001}, False),
        ("*", {"monitor_id": 1002}, False),
        ("region:eu-1", {"monitor_tags": ["team:payments", "env:prod"]}, True),
        ("region:eu-1", {"monitor_tags": ["*"]}, True),
        ("*", {"monitor_tags": ["team:edge"]}, False),
        ("region:eu-1 AND env:prod", {"monitor_id": 1001}, False),
        ("region:(eu-1 OR us-1)", {"monitor_id": 1001}, False),
        ("NOT region:eu-1", {"monitor_id": 1001}, False),
        ("*", {"something": "new"}, False),
    ],
)
async def test_what_a_downtime_mutes_is_told_only_where_it_is_sure(
    bench: Bench, scope: str, identifier: Any, muted: bool
) -> None:
    bench.sim.estate.mute(scope, identifier, "known", START - minutes(5), START + minutes(5), "bob")
    alert = await bench.alert("Checkout error rate", region="eu-1")
    assert alert.state is (AlertState.SILENCED if muted else AlertState.FIRING)


async def test_a_downtime_that_is_to_come_mutes_nothing_yet(bench: Bench) -> None:
    made = bench.sim.estate.mute("*", {"monitor_id": 1001}, "later", START, START + minutes(30), "bob")
    made.start = START + minutes(5)
    snapshot = await bench.poll()
    assert {one.state for one in snapshot.silences or ()} == {"active", "pending"}
    assert alert_named(snapshot, "Checkout error rate", region="eu-1").state is AlertState.FIRING
    bench.clock.advance(minutes(5))
    assert (await bench.alert("Checkout error rate", region="eu-1")).state is AlertState.SILENCED


async def test_a_downtime_without_an_end_and_one_that_recurs_are_told(bench: Bench) -> None:
    made = bench.sim.estate.mute("*", {"monitor_id": 1002}, None, START - minutes(9), None, "eve")
    recurring = {
        "recurrences": [],
        "current_downtime": {"start": "2026-11-23T13:00:00Z", "end": "2026-11-23T15:00:00Z"},
    }

    def edit(data: Any) -> Any:
        for row in data["data"]:
            if row["id"] != made.id:
                row["attributes"]["schedule"] = recurring
        return data

    bench.edits["/downtime"] = edit
    silences = {one.native_id: one for one in (await bench.poll()).silences or ()}
    endless = silences.pop(made.id)
    assert endless.ends_at.year == 2199 and endless.comment == "" and endless.created_by == "eve@example.com"
    (other,) = silences.values()
    assert (other.starts_at, other.ends_at) == (START - minutes(60), START + minutes(60))


async def test_what_recovered_within_the_hour_is_told_with_its_end(bench: Bench) -> None:
    alert = await bench.alert("Edge cache hit ratio")
    assert alert.state is AlertState.RESOLVED and alert.ended_at == START - minutes(38)
    assert (alert.first_at, alert.last_at, alert.count) == (START - minutes(42), START - minutes(38), 1)
    assert alert.labels == {"monitor_id": "1005", "pop": "ams"}
    bench.clock.advance(minutes(30))
    snapshot = await bench.poll()
    assert not [one for one in snapshot.alerts or () if one.labels.get("pop") == "ams"], "an hour later it is gone"


async def test_an_event_without_a_monitor_is_an_alert_whose_state_is_not_known() -> None:
    alert = await Bench(events="status:error").alert("Backup of orders failed")
    assert (alert.state, alert.service, alert.severity_word) == (AlertState.UNKNOWN, "storage", "error")
    assert alert.native_id.startswith("event-") and alert.ended_at is None


async def test_an_alert_that_ended_without_a_recovery_has_ended(bench: Bench) -> None:
    bench.sim.estate.monitors[1001].groups[0].status = "OK"
    alert = await bench.alert("Checkout error rate", region="eu-1")
    assert alert.state is AlertState.ENDED and alert.ended_at == START - minutes(9)


async def test_a_state_that_is_new_is_shown_and_no_data_is_an_alert_where_it_is_wanted() -> None:
    bench = Bench(states=("alert", "no data"))
    bench.edits["groups/search"] = lambda data: {
        **data, "groups": [*data["groups"], {**data["groups"][0], "group_tags": ["region:x"], "status": "Melting"}],
    }  # fmt: skip
    snapshot = await bench.poll()
    assert alert_named(snapshot, "Checkout error rate", region="x").state is AlertState.UNKNOWN
    assert alert_named(snapshot, "Search index age").severity_word == "No Data"
    assert not [one for one in snapshot.alerts or () if one.name == "Gateway latency p99" and not one.ended_at
                and one.state is AlertState.FIRING]  # fmt: skip


async def test_a_monitor_of_which_no_group_is_told_is_an_alert_itself(bench: Bench) -> None:
    bench.edits["groups/search"] = lambda data: {**data, "groups": []}
    alerts = {one.native_id: one for one in (await bench.poll()).alerts or ()}
    assert alerts["1001"].state is AlertState.FIRING


async def test_the_query_says_which_monitors_and_which_states(bench: Bench) -> None:
    await bench.poll()
    assert bench.calls("groups/search")[0].value("query") == "group_status:(alert OR warn)"
    narrow = Bench(monitors="team:payments", states=("alert", "no data"), events="", incidents="")
    snapshot = await narrow.poll()
    assert narrow.calls("groups/search")[0].value("query") == 'team:payments group_status:(alert OR "no data")'
    assert {check.service for check in snapshot.health or ()} == {"payments", "gateway"}
    assert narrow.calls("/events") == [] and narrow.calls("incidents/search") == []
    assert snapshot.incidents is None and Capability.INCIDENTS not in narrow.source.capabilities


# -- health -------------------------------------------------------------------------------------------------------


async def test_each_monitor_is_a_check_and_no_data_is_never_ok(bench: Bench) -> None:
    checks = {check.name: check for check in (await bench.poll()).health or ()}
    assert {name: check.status for name, check in checks.items()} == {
        "Checkout error rate": HealthStatus.DOWN,
        "Gateway latency p99": HealthStatus.DEGRADED,
        "Disk nearly full": HealthStatus.DEGRADED,
        "Search index age": HealthStatus.UNKNOWN,
        "Edge cache hit ratio": HealthStatus.OK,
        "Website checks": HealthStatus.OK,
    }
    assert checks["Checkout error rate"].detail == "Alert: region:eu-1"
    assert checks["Search index age"].detail == "No Data" and checks["Website checks"].detail is None
    assert checks["Gateway latency p99"].url == "https://app.datadoghq.com/monitors/1002"


@pytest.mark.parametrize("word", ["Ignored", "Skipped", "Unknown", "Brand new", ""])
async def test_every_other_state_of_a_monitor_is_unknown(bench: Bench, word: str) -> None:
    bench.sim.estate.monitors[1006].groups[0].status = word
    checks = {check.name: check for check in (await bench.poll()).health or ()}
    assert checks["Website checks"].status is HealthStatus.UNKNOWN


# -- incidents, on call, people -------------------------------------------------------------------------------------


async def test_open_incidents_come_with_service_team_and_commander(bench: Bench) -> None:
    snapshot = await bench.poll()
    assert snapshot.incidents_complete
    checkout, history = sorted(snapshot.incidents or (), key=lambda one: one.number or "", reverse=True)
    assert (checkout.number, checkout.state, checkout.severity, checkout.severity_word) == (
        "IR-41", IncidentState.TRIGGERED, 2, "SEV-2",
    )  # fmt: skip
    assert checkout.service and checkout.service.name == "payments" and checkout.teams == ("payments",)
    assert checkout.created_at == START - minutes(8) and checkout.assignees == ()
    assert checkout.url == "https://app.datadoghq.com/incidents/41"
    assert history.state is IncidentState.ACKNOWLEDGED and history.urgency == "stable"
    assert [person.name for person in history.acknowledged_by] == ["Charlie Chen"]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("active", IncidentState.TRIGGERED),
        ("stable", IncidentState.ACKNOWLEDGED),
        ("resolved", IncidentState.RESOLVED),
        ("completed", IncidentState.RESOLVED),
        ("in-limbo", IncidentState.UNKNOWN),
        (None, IncidentState.UNKNOWN),
    ],
)
async def test_each_state_of_an_incident_has_its_own(bench: Bench, word: Any, state: IncidentState) -> None:
    native_id = bench.sim.incident("Checkout")
    bench.sim.estate.incidents[native_id].state = word
    assert (await bench.source.read(native_id)).incident.state is state


async def test_one_incident_read_whole_tells_its_own_times(bench: Bench) -> None:
    native_id = bench.sim.incident("Image")
    detail = await bench.source.read(native_id)
    assert detail.incident.resolved_at == START - timedelta(hours=24)
    assert [entry.text for entry in detail.timeline] == ["declared", "detected", "resolved"]
    assert detail.timeline[0].author == "Eve Eriksen"
    with pytest.raises(NotFound):
        await bench.source.read("nowhere")


async def test_severities_follow_the_config() -> None:
    bench = Bench(severity={"sev-2": 1, "warn": 3})
    snapshot = await bench.poll()
    assert {one.severity for one in snapshot.incidents or () if one.severity_word == "SEV-2"} == {1}
    assert alert_named(snapshot, "Gateway latency p99").severity == 3


async def test_who_is_on_call_is_told_by_level_for_the_seats_teams(bench: Bench) -> None:
    on_call = (await bench.poll()).on_call or ()
    week = START.isocalendar().week
    primary = ("Alice Andersson", "Charlie Chen", "Eve Eriksen", "Grace Goto")[week % 4]
    assert [(one.team, one.level, one.person.name) for one in on_call if one.level != 2] == [
        ("Payments", 1, primary), ("Payments", 3, "Erin Engel"), ("Payments", 3, "Victor Vance"),
    ]  # fmt: skip
    assert (await bench.poll()).on_call is None, "not asked for again within the minute"
    bench.clock.advance(60)
    assert (await bench.poll()).on_call


async def test_teams_that_are_not_there_or_have_no_on_call_are_named() -> None:
    bench = Bench(on_call=("storage", "Edge", "nobody"))
    snapshot = await bench.poll()
    assert {one.team for one in snapshot.on_call or ()} == {"Storage"}
    assert snapshot.problems == (
        "on call: the team Edge has no on-call in Datadog",
        "on call: Datadog knows no team nobody",
    )


async def test_the_directory_knows_the_people_and_who_i_am(bench: Bench) -> None:
    directory = (await bench.poll()).directory
    assert directory is not None and directory.me is not None
    assert (directory.me.name, directory.me.contact, len(directory.people)) == (
        "Alice Andersson",
        "alice@example.com",
        16,
    )
    assert (await bench.poll()).directory is None


# -- reading whole and in part --------------------------------------------------------------------------------------


async def test_every_list_is_read_to_its_end(bench: Bench) -> None:
    for number in range(250):
        bench.sim.estate.monitors[2000 + number] = type(bench.sim.estate.monitors[1006])(
            2000 + number,
            f"m{number}",
            ("env:prod",),
            [type(bench.sim.estate.monitors[1006].groups[0])((f"host:h{number}",), "Alert")],
        )
        bench.sim.estate.declare(f"i{number}", "SEV-4", "web", START - timedelta(hours=5), "eve")
        bench.sim.estate.mute(f"host:h{number}", {"monitor_id": 2000 + number}, "x", START, START + minutes(9), "bob")
        for _ in range(3):
            bench.sim.estate.tell(f"e{number}", "error", START - minutes(1))
    snapshot = await bench.poll()
    assert snapshot.problems == () and snapshot.alerts_complete and snapshot.incidents_complete
    assert len(snapshot.health or ()) == 256 and len(snapshot.incidents or ()) == 252
    assert len(snapshot.silences or ()) == 251
    assert sum(one.count for one in snapshot.alerts or () if one.name.startswith("e")) == 750
    assert [call.value("page") for call in bench.calls("monitor/search")] == ["0", "1", "2"]


async def test_a_list_that_is_too_long_says_so_and_ends_nothing(bench: Bench) -> None:
    group = type(bench.sim.estate.monitors[1006].groups[0])
    bench.sim.estate.monitors[1006].groups = [group((f"host:h{number}",), "Alert") for number in range(1001)]
    snapshot = await bench.poll()
    assert "groups: only the first 1000 were read" in snapshot.problems
    assert not snapshot.alerts_complete


async def test_events_are_read_in_part_and_whole_every_ten_minutes(bench: Bench) -> None:
    await bench.poll()
    bench.clock.advance(30)
    bench.sim.set_status(1006, "Alert")
    snapshot = await bench.poll()
    assert alert_named(snapshot, "Website checks").count == 1
    assert alert_named(snapshot, "Edge cache hit ratio"), "the older ones are remembered"
    bench.clock.advance(600)
    await bench.poll()
    asked = [
        (int(call.value("filter[to]")) - int(call.value("filter[from]"))) / 60_000 for call in bench.calls("/events")
    ]
    assert asked == [60, 3.5, 60]


async def test_times_are_by_datadogs_clock_where_it_is_off() -> None:
    bench = Bench(skew=timedelta(minutes=20))
    snapshot = await bench.poll()
    assert snapshot.clock_skew == timedelta(minutes=20)
    alert = alert_named(snapshot, "Checkout error rate", region="eu-1")
    assert (alert.first_at, alert.last_at, alert.count) == (START + minutes(11), START + minutes(20), 2)
    sent = await bench.source.send(bench.row(Verb.SILENCE, alert.native_id, seconds=600, reason="r", labels={}))
    assert sent.text == "muted until 14:30 UTC"


# -- failures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "part", "failed"),
    [
        ("groups/search", "monitors", {"alerts", "health"}),
        ("monitor/search", "monitors", {"alerts", "health"}),
        ("/downtime", "downtimes", {"silences"}),
        ("/events", "events", set()),
        ("incidents/search", "incidents", {"incidents"}),
        ("/on-call", "on call", {"on_call"}),
        ("/users", "users", set()),
    ],
)
async def test_one_part_that_fails_leaves_the_others(bench: Bench, path: str, part: str, failed: set[str]) -> None:
    bench.rules.append(on("GET", path, refuse(500, "oops")))
    snapshot = await bench.poll()
    (problem,) = snapshot.problems
    assert problem.startswith(f"{part}: ") and "oops" in problem
    assert snapshot.failed == failed
    assert snapshot.incidents if part != "incidents" else snapshot.alerts


async def test_what_was_muted_stays_muted_while_downtimes_do_not_come(bench: Bench) -> None:
    await bench.poll()
    bench.rules.append(on("GET", "/downtime", refuse(500)))
    snapshot = await bench.poll()
    assert alert_named(snapshot, "Disk nearly full", host="db-1").state is AlertState.SILENCED
    assert snapshot.silences is None


async def test_a_permission_that_is_missing_is_named_and_its_capability_is_gone() -> None:
    bench = Bench(lacking=["incident_read", "monitors_downtime"])
    assert Capability.INCIDENTS in bench.source.capabilities
    snapshot = await bench.poll()
    assert snapshot.failed == frozenset() and snapshot.alerts and snapshot.incidents is None
    assert any("needs incident_read" in line for line in snapshot.problems)
    assert any("needs monitors_downtime" in line for line in snapshot.problems)
    able = bench.source.capabilities
    assert {Capability.ALERTS, Capability.ON_CALL} <= able
    assert not able & {Capability.INCIDENTS, Capability.RESOLVE, Capability.SILENCE, Capability.SILENCES}
    asked = len(bench.calls("incidents/search"))
    assert any("needs incident_read" in line for line in (await bench.poll()).problems)
    assert len(bench.calls("incidents/search")) == asked, "not asked for again at once"
    bench.sim.lacking.clear()
    bench.clock.advance(600)
    assert (await bench.poll()).incidents and Capability.RESOLVE in bench.source.capabilities


async def test_keys_that_can_do_nothing_fail_every_time(bench: Bench) -> None:
    bench.sim.keys = ("other", "keys")
    for _ in range(2):
        with pytest.raises(AuthFailed, match="403"):
            await bench.poll()


async def test_an_endpoint_at_its_limit_leaves_the_others_and_is_not_asked_until_it_begins_anew(bench: Bench) -> None:
    bench.sim.rate_limits["GET_monitor_search"] = 2
    await bench.poll()
    await bench.poll()
    snapshot = await bench.poll()
    assert snapshot.failed == {"alerts", "health"} and snapshot.incidents
    assert len(bench.calls("monitor/search")) == 2
    bench.clock.advance(61)
    assert (await bench.poll()).failed == frozenset()


async def test_a_limit_that_was_met_unawares_is_told_with_its_end() -> None:
    bench = Bench(rate_limit=0)
    with pytest.raises(RateLimited) as caught:
        await bench.poll()
    assert caught.value.retry_after == 60


async def test_a_server_that_is_not_there_is_an_error_and_asked_once(bench: Bench) -> None:
    asked: list[str] = []

    def gone(request: Any) -> Response:
        asked.append(request.path)
        raise httpx.ConnectError("refused")

    bench.rules.append(gone)
    with pytest.raises(Unreachable):
        await bench.poll()
    assert len(asked) == 1


async def test_hostile_texts_are_clean(bench: Bench) -> None:
    bad = "\x1b]52;c;aGk=\x07\u202etxt\n[red]"
    monitor = bench.sim.estate.monitors[1001]
    monitor.name = monitor.message = bad
    bench.sim.set_status(1001, "Alert", (f"host:{bad}",))
    bench.sim.estate.incidents[bench.sim.incident("Checkout")].title = bad
    bench.sim.estate.mute(bad, {"monitor_id": 1001}, bad, START, None, "bob")
    snapshot = await bench.poll()
    texts = [
        one for alert in snapshot.alerts or () for one in (alert.name, alert.summary or "", *alert.labels.values())
    ]
    texts += [incident.title for incident in snapshot.incidents or ()]
    texts += [one for silence in snapshot.silences or () for one in (silence.comment, *silence.matchers)]
    texts += [one for check in snapshot.health or () for one in (check.name, check.detail or "")]
    assert any("\\x1b" in one for one in texts) and not any(unsafe_count(one) for one in texts)


# -- check ----------------------------------------------------------------------------------------------------------


async def test_check_tells_what_these_keys_can(bench: Bench) -> None:
    probe = await bench.source.probe()
    assert probe.ok and probe.user is not None and probe.user.name == "Alice Andersson"
    assert {"alerts", "health", "incidents", "on_call", "silence", "resolve"} <= set(probe.can)
    assert probe.rate_limit == 120 and probe.notes == ()


async def test_check_names_each_missing_permission_and_an_unknown_user() -> None:
    bench = Bench(lacking=["on_call_read", "events_read"], seat="zoe@example.com")
    probe = await bench.source.probe()
    notes = "\n".join(probe.notes)
    assert probe.ok and "needs on_call_read" in notes and "needs events_read" in notes
    assert "no user zoe@example.com" in notes and "on_call" not in probe.can


async def test_check_tells_a_bad_application_key_from_a_bad_api_key(bench: Bench) -> None:
    bench.sim.keys = (bench.sim.keys[0], "another")
    probe = await bench.source.probe()
    assert not probe.ok and "the API key is good" in (probe.error or "")
    bench.sim.keys = ("another", "another")
    probe = await bench.source.probe()
    assert probe.error_kind == "auth" and "the API key is good" not in (probe.error or "")
