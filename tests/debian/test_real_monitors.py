"""The sources against the real servers: what they tell is read, what is pressed arrives there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from oncall_tui.clock import SystemClock
from oncall_tui.demo.monitors import AlertmanagerSim, Monitoring, PrometheusSim
from oncall_tui.demo.monitors.alertmanager import fingerprint
from oncall_tui.demo.wire import Request, Response
from oncall_tui.model import Alert, AlertState, HealthStatus, OutboxRow, Snapshot, Verb
from oncall_tui.sources import alertmanager, prometheus
from oncall_tui.sources.base import Known, NotFound, Outcome, Refused, Seat, Source, SourceContext
from oncall_tui.sources.labels import is_same, labels_key
from oncall_tui.sources.threshold import parse
from tests.support.debian import ALERT, RealMonitors, real_monitors

__all__ = ["real_monitors"]

pytestmark = pytest.mark.debian

SEAT = Seat(user="alice@example.com")


def context(name: str) -> SourceContext:
    return SourceContext(name=name, seat=SEAT, clock=SystemClock())


@pytest.fixture
async def alerts(real_monitors: RealMonitors) -> AsyncIterator[Source]:
    options = alertmanager.Options(name="alerts", kind="alertmanager", base_url=real_monitors.alertmanager)
    source = alertmanager.make(options, context("alerts"))
    yield source
    await source.aclose()


@pytest.fixture
async def metrics(real_monitors: RealMonitors) -> AsyncIterator[Source]:
    checks = (
        prometheus.HealthQuery(
            name="scrape ratio", service="storage", query="100 * job:up:ratio", unit="%", down=parse("< 1")
        ),
        prometheus.HealthQuery(name="nothing there", query="no_such_metric"),
        prometheus.HealthQuery(name="broken", query="up{"),
        prometheus.HealthQuery(name="always high", query="vector(7) > 0", degraded=parse("> 5")),
        prometheus.HealthQuery(name="no number", query="vector(0) / 0"),
    )
    options = prometheus.Options(name="metrics", kind="prometheus", base_url=real_monitors.prometheus, health=checks)
    source = prometheus.make(options, context("metrics"))
    yield source
    await source.aclose()


async def polled(source: Source, until: Callable[[Snapshot], Any]) -> Snapshot:
    """The first poll of which ``until`` is true; the servers take a moment to evaluate."""
    async with asyncio.timeout(20):
        while not until(snapshot := await source.poll(Known())):
            await asyncio.sleep(0.2)
    return snapshot


def firing(snapshot: Snapshot) -> Alert:
    return next(alert for alert in snapshot.alerts or () if alert.name == ALERT)


def pressed(verb: Verb, target: str, **params: Any) -> OutboxRow:
    now = SystemClock().now()
    return OutboxRow(
        key="k1", verb=verb, target=target, source="alerts", target_title=ALERT, params=params,
        seat="alice@example.com", created_at=now, not_before=now,
    )  # fmt: skip


async def test_the_alert_stands_in_both_and_is_known_as_one(alerts: Source, metrics: Source) -> None:
    in_alertmanager = await alerts.poll(Known())
    in_prometheus = await metrics.poll(Known())
    assert in_alertmanager.problems == ()
    one, other = firing(in_alertmanager), firing(in_prometheus)
    assert one.state is other.state is AlertState.FIRING
    assert (one.severity, one.severity_word, one.service) == (other.severity, other.severity_word, other.service)
    assert one.severity == 2 and one.service == "payments" and one.summary == "always fires"
    assert one.runbook == "https://runbooks.example.com/demo"
    assert abs(one.first_at - other.first_at) < timedelta(seconds=5)
    assert in_alertmanager.alerts_complete and in_prometheus.alerts_complete
    # The external label stands in Alertmanager only.
    assert one.labels["prometheus"] == "demo" and "prometheus" not in other.labels
    assert one.group_key == other.group_key
    assert is_same(other.labels, one.labels) and labels_key(other.labels) == labels_key(one.labels)


async def test_health_comes_from_queries_targets_and_rules(metrics: Source) -> None:
    snapshot = await polled(metrics, lambda taken: any(check.value == 100.0 for check in taken.health or ()))
    checks = {check.name: check for check in snapshot.health or ()}
    assert (checks["scrape ratio"].status, checks["scrape ratio"].value) == (HealthStatus.OK, 100.0)
    assert checks["nothing there"].status is HealthStatus.UNKNOWN and checks["nothing there"].detail == "no data"
    assert checks["broken"].status is HealthStatus.UNKNOWN and "parse error" in (checks["broken"].detail or "")
    assert (checks["always high"].status, checks["always high"].value) == (HealthStatus.DEGRADED, 7.0)
    assert checks["no number"].status is HealthStatus.UNKNOWN and checks["no number"].detail == "the value is NaN"
    assert (checks["node targets"].status, checks["node targets"].value) == (HealthStatus.OK, 1.0)
    assert checks["node targets"].service == "storage" and checks["node targets"].unit == "of 1 up"
    assert checks["alert rules"].status is HealthStatus.OK
    assert [line for line in snapshot.problems if "broken" in line] == list(snapshot.problems)


async def test_a_silence_is_seen_by_amtool_and_ended_again(real_monitors: RealMonitors, alerts: Source) -> None:
    before = firing(await alerts.poll(Known()))
    row = pressed(Verb.SILENCE, before.id, seconds=600, reason="known, TICKET-123", labels=before.labels)
    assert await alerts.prepare(row) == ()
    sent = await alerts.send(row)
    assert sent.native_ref is not None
    told = real_monitors.amtool("silence", "query", "-o", "extended")
    assert sent.native_ref in told and "known, TICKET-123" in told and "alice@example.com" in told
    assert all(f'{name}="{value}"' in told for name, value in before.labels.items())
    assert (await alerts.confirm(row)).native_ref == sent.native_ref, "found without knowing its id"
    assert await alerts.prepare(row) == (sent.native_ref,)

    muted = await polled(alerts, lambda taken: firing(taken).state is AlertState.SILENCED)
    assert firing(muted).silenced_by == (f"alerts:{sent.native_ref}",)
    (silence,) = [one for one in muted.silences or () if one.native_id == sent.native_ref]
    assert (silence.state, silence.created_by, silence.comment) == ("active", "alice@example.com", "known, TICKET-123")
    assert abs((silence.ends_at - row.created_at).total_seconds() - 600) < 5

    end = pressed(Verb.EXPIRE_SILENCE, silence.id)
    assert (await alerts.confirm(end)).outcome is Outcome.NOT_APPLIED
    await alerts.send(end)
    assert (await alerts.confirm(end)).outcome is Outcome.APPLIED
    assert sent.native_ref not in real_monitors.amtool("silence", "query", "-o", "extended")
    assert await polled(alerts, lambda taken: firing(taken).state is AlertState.FIRING)


async def test_what_the_server_refuses_is_refused_with_its_reason(alerts: Source) -> None:
    alert = firing(await alerts.poll(Known()))
    with pytest.raises(Refused, match="must not match the empty string"):
        await alerts.send(pressed(Verb.SILENCE, alert.id, seconds=60, reason="x", labels={"nothing": ""}))
    with pytest.raises(NotFound):
        await alerts.send(pressed(Verb.EXPIRE_SILENCE, "alerts:00000000-0000-0000-0000-000000000000"))


async def test_check_tells_version_and_what_is_wrong(alerts: Source, metrics: Source) -> None:
    probe = await alerts.probe()
    assert probe.ok and probe.version and "silence" in probe.can and abs(probe.clock_skew_s or 0) < 5
    probe = await metrics.probe()
    assert probe.ok and probe.version and probe.latency_ms
    assert [note.split(":")[0] for note in probe.notes] == ["check nothing there", "check broken", "check no number"]


# -- the simulators against the real servers ------------------------------------------------------------------

WRONG_QUERIES = (
    {},
    {"query": "foo{"},
    {"query": "nosuch(1)"},
    {"query": "2 > 1"},
    {"query": "1", "time": "x"},
    {"query": '{job=~".*"}'},
)
WRONG_RANGES = (
    {"query": "up", "start": "10", "end": "1", "step": "1"},
    {"query": "up", "start": "1", "end": "9", "step": "0"},
    {"query": "up", "start": "1", "end": "100000000", "step": "1"},
    {"query": "up", "start": "x", "end": "9", "step": "1"},
)
WRONG_SILENCES: tuple[dict[str, Any], ...] = (
    {"matchers": []},
    {"comment": None},
    {"startsAt": "2120-01-01T00:00:00Z"},
    {"startsAt": "2020-01-01T00:00:00Z", "endsAt": "2020-01-02T00:00:00Z"},
    {"matchers": [{"name": "a", "value": "", "isRegex": False, "isEqual": True}]},
    {"id": "00000000-0000-0000-0000-000000000000"},
)


def read(response: httpx.Response | Response) -> tuple[int, Any]:
    if isinstance(response, Response):
        return response.status, json.loads(response.body)
    return response.status_code, response.json()


def told(simulator: PrometheusSim | AlertmanagerSim, method: str, path: str, query: Any, body: Any) -> tuple[int, Any]:
    content = b"" if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    return read(
        simulator.handle(Request(method=method, path=path, query=tuple(query.items()), headers=headers, body=content))
    )


def test_the_simulated_prometheus_refuses_in_the_real_ones_words(real_monitors: RealMonitors) -> None:
    simulator = PrometheusSim(Monitoring(SystemClock()))
    calls = [("/api/v1/query", query) for query in WRONG_QUERIES]
    calls += [("/api/v1/query_range", query) for query in WRONG_RANGES]
    for path, query in calls:
        real = read(httpx.get(real_monitors.prometheus + path, params=query))
        assert told(simulator, "GET", path, query, None) == real, query


def test_the_simulated_alertmanager_refuses_in_the_real_ones_words(real_monitors: RealMonitors) -> None:
    simulator = AlertmanagerSim(Monitoring(SystemClock()))
    for query in ({"filter": "alertname"}, {"filter": "{"}):
        real = read(httpx.get(f"{real_monitors.alertmanager}/api/v2/alerts", params=query))
        assert told(simulator, "GET", "/api/v2/alerts", query, None) == real
    for changes in WRONG_SILENCES:
        body = {
            "matchers": [{"name": "a", "value": "b", "isRegex": False, "isEqual": True}],
            "startsAt": "2020-01-01T00:00:00Z",
            "endsAt": "2110-01-01T00:00:00Z",
            "createdBy": "alice",
            "comment": "why",
            **changes,
        }
        real = read(httpx.post(f"{real_monitors.alertmanager}/api/v2/silences", json=body))
        assert real[0] >= 400
        assert told(simulator, "POST", "/api/v2/silences", {}, body) == real, changes


async def test_the_simulated_fingerprint_is_the_real_one(alerts: Source) -> None:
    alert = firing(await alerts.poll(Known()))
    assert fingerprint(alert.labels) == alert.native_id
