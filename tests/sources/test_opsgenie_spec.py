"""Every call of the Opsgenie source, and every answer of its simulator, against Opsgenie's published description."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from oncall_tui.demo.opsgenie import TOKEN
from oncall_tui.demo.wire import Request
from oncall_tui.model import Verb
from oncall_tui.sources.base import AuthFailed, NotFound, RateLimited, Refused
from tests.sources.genie_bench import GenieBench, OpsgenieBench
from tests.sources.test_opsgenie_actions import CASES
from tests.support.clock import START
from tests.support.openapi import SpecChecker, require_spec


@pytest.fixture(scope="module")
def loaded() -> SpecChecker:
    return SpecChecker(require_spec("opsgenie.json"))


@pytest.fixture
def checker(loaded: SpecChecker) -> SpecChecker:
    loaded.checked.clear()
    return loaded


def check_all(checker: SpecChecker, bench: GenieBench) -> None:
    assert bench.exchanges
    for request, response in bench.exchanges:
        checker.check(request, response)


async def test_polls_readings_and_probes(checker: SpecChecker) -> None:
    bench = OpsgenieBench()
    bench.sim.heartbeats["hourly"] = START - timedelta(hours=30)
    bench.life.trigger("edge", "hostile \x1b[c 🔥", START, details={"k\x00": "v"})
    await bench.poll()
    bench.clock.advance(301)
    await bench.poll()
    for native_id in bench.known:
        await bench.source.read(native_id)
    await bench.source.probe()
    check_all(checker, bench)
    assert checker.checked >= {
        "GET /v2/alerts 200",
        "GET /v2/alerts/{identifier} 200",
        "GET /v2/alerts/{identifier}/logs 200",
        "GET /v2/alerts/{identifier}/notes 200",
        "GET /v1/incidents/ 200",
        "GET /v1/incidents/{identifier} 200",
        "GET /v2/users 200",
        "GET /v2/users/{identifier} 200",
        "GET /v2/teams 200",
        "GET /v2/schedules 200",
        "GET /v2/schedules/on-calls 200",
        "GET /v2/schedules/{identifier}/timeline 200",
        "GET /v2/escalations 200",
        "GET /v2/heartbeats 200",
    }


async def test_every_action_and_its_outcome(checker: SpecChecker) -> None:
    for verb, message, params, _, _, _ in CASES.values():
        bench = OpsgenieBench()
        row = await bench.send(bench.row(verb, bench.alert(message).id, **params(bench)))
        await bench.outcome(row, 0)
        await bench.outcome(row)
        check_all(checker, bench)
    assert {
        f"POST /v2/alerts/{{identifier}}/{what} 202"
        for what in ("acknowledge", "unacknowledge", "close", "snooze", "notes", "assign", "escalate", "responders")
    } <= checker.checked
    assert checker.checked >= {
        "PUT /v2/alerts/{identifier}/priority 202",
        "PUT /v2/alerts/{identifier}/message 202",
        "GET /v2/alerts/requests/{requestId} 200",
        "GET /v2/alerts/requests/{requestId} 404",
    }


async def test_an_incident_is_closed(checker: SpecChecker) -> None:
    bench = OpsgenieBench()
    page = await bench.incident("Payments are failing")
    for resolution in ("done", None):
        row = await bench.send(bench.row(Verb.RESOLVE, page.native_id, resolution=resolution))
        await bench.outcome(row)
    check_all(checker, bench)
    assert {
        "POST /v1/incidents/{identifier}/close 202",
        "GET /v1/incidents/requests/{requestId} 200",
    } <= checker.checked


async def test_every_refusal(checker: SpecChecker) -> None:
    bench = OpsgenieBench(incidents=False, rights=frozenset({"read"}))
    await bench.poll()
    with pytest.raises(NotFound):
        await bench.source.read("nowhere")
    with pytest.raises(Refused):
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, bench.alert("Checkout").id))
    full = OpsgenieBench()
    with pytest.raises(Refused):
        await full.source.send(full.row(Verb.NOTE, full.alert("Checkout").id, text=" ", at=None, kind=None))
    limited = OpsgenieBench(rate_limit=1)
    with pytest.raises(RateLimited):
        await limited.source.probe()
        await limited.poll()
    for one in (bench, full, limited):
        check_all(checker, one)
    statuses = {response.status for one in (bench, full) for _, response in one.exchanges}
    assert {402, 403, 404, 422} <= statuses


async def test_a_wrong_key(checker: SpecChecker) -> None:
    bench = OpsgenieBench()
    request = Request(method="GET", path="/v2/alerts", headers={"authorization": "GenieKey other"})
    response = bench.sim.handle(request)
    checker.check(request, response)
    assert response.status == 401
    assert AuthFailed.kind == "auth"


def test_the_checker_itself_sees_what_does_not_fit(checker: SpecChecker) -> None:
    bench = OpsgenieBench()
    request = Request(method="GET", path="/v2/alerts", headers={"authorization": f"GenieKey {TOKEN}"})
    response = bench.sim.handle(request)
    checker.check(request, response)
    data = json.loads(response.body)
    data["data"][0]["count"] = "many"
    broken = type(response)(status=200, headers=response.headers, body=json.dumps(data).encode())
    with pytest.raises(AssertionError, match="count"):
        checker.check(request, broken)
