"""Every call of the source for Jira Service Management Operations, and every answer of its simulator, against the
published descriptions: that of the operations, and Jira's for the people."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from oncall_tui.demo.jsm.sim import OAUTH_TOKEN, SCOPES
from oncall_tui.demo.transport import BASE_URL
from oncall_tui.demo.wire import Request
from oncall_tui.model import Verb
from oncall_tui.sources.base import AuthFailed, NotFound, RateLimited, Refused
from tests.sources.genie_bench import JsmBench
from tests.sources.test_jsm_actions import CASES, NOTE
from tests.support.clock import START
from tests.support.openapi import SpecChecker, require_spec


class Checkers:
    """Both descriptions."""

    def __init__(self) -> None:
        self.operations = SpecChecker(require_spec("jsm-ops.yaml"), base="/jsm/ops")
        self.jira = SpecChecker(require_spec("jira.json"))

    def check_all(self, bench: JsmBench) -> None:
        assert bench.exchanges
        before = f"/ex/jira/{bench.sim.cloud_id}"
        for request, response in bench.exchanges:
            if request.path == "/_edge/tenant_info":
                continue  # of the site, described nowhere
            if request.path.startswith(before):
                self.jira.check(replace(request, path=request.path.removeprefix(before)), response)
            else:
                self.operations.check(request, response)


@pytest.fixture(scope="module")
def loaded() -> Checkers:
    return Checkers()


@pytest.fixture
def checkers(loaded: Checkers) -> Checkers:
    loaded.operations.checked.clear()
    loaded.jira.checked.clear()
    return loaded


async def test_polls_readings_and_probes(checkers: Checkers) -> None:
    bench = JsmBench(site=f"{BASE_URL}/jsm")
    bench.life.trigger("edge", "hostile \x1b[c 🔥", START, details={"k\x00": "v"})
    await bench.poll()
    bench.clock.advance(301)
    await bench.poll()
    for native_id in bench.known:
        await bench.source.read(native_id)
    await bench.source.probe()
    checkers.check_all(bench)
    before = "/api/{cloudId}/v1"
    assert checkers.operations.checked >= {
        f"GET {before}/alerts 200",
        f"GET {before}/alerts/{{id}} 200",
        f"GET {before}/alerts/{{id}}/logs 200",
        f"GET {before}/alerts/{{id}}/notes 200",
        f"GET {before}/teams 200",
        f"GET {before}/teams/{{teamId}}/escalations 200",
        f"GET {before}/schedules 200",
        f"GET {before}/schedules/{{scheduleId}}/on-calls 200",
        f"GET {before}/schedules/{{scheduleId}}/timeline 200",
    }
    assert checkers.jira.checked == {"GET /rest/api/3/myself 200", "GET /rest/api/3/user/search 200"}


async def test_every_action_and_its_outcome(checkers: Checkers) -> None:
    for verb, message, params, _, _, _ in CASES.values():
        bench = JsmBench()
        row = await bench.send(bench.row(verb, bench.alert(message).id, **params(bench)))
        await bench.outcome(row, 0)
        await bench.outcome(row)
        checkers.check_all(bench)
    bench = JsmBench()
    await bench.source.confirm(await bench.send(bench.row(Verb.NOTE, bench.alert("Checkout").id, **NOTE)))
    checkers.check_all(bench)
    way = "/api/{cloudId}/v1/alerts"
    posted = ("acknowledge", "unacknowledge", "close", "snooze", "assign", "escalate", "responders")
    assert {f"POST {way}/{{id}}/{what} 202" for what in posted} <= checkers.operations.checked
    assert checkers.operations.checked >= {
        f"PATCH {way}/{{id}}/priority 202",
        f"PATCH {way}/{{id}}/message 202",
        f"POST {way}/{{id}}/notes 200",
        f"GET {way}/requests/{{id}} 200",
        f"GET {way}/requests/{{id}} 404",
    }


async def test_every_refusal(checkers: Checkers) -> None:
    bench = JsmBench(scopes=SCOPES - {"write:ops-alert", "read:ops-config", "read:jira-user"})
    await bench.poll()
    with pytest.raises(NotFound):
        await bench.source.read("nowhere")
    with pytest.raises(Refused):
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, bench.alert("Checkout").id))
    full = JsmBench()
    with pytest.raises(Refused):
        await full.source.send(full.row(Verb.NOTE, full.alert("Checkout").id, text=" ", at=None, kind=None))
    limited = JsmBench(rate_limit=1)
    with pytest.raises(RateLimited):
        await limited.poll()
    for one in (bench, full, limited):
        checkers.check_all(one)
    statuses = {response.status for one in (bench, full, limited) for _, response in one.exchanges}
    assert {401, 404, 422, 429} <= statuses
    assert AuthFailed.kind == "auth"


def test_the_checker_itself_sees_what_does_not_fit(checkers: Checkers) -> None:
    bench = JsmBench()
    headers = {"authorization": f"Bearer {OAUTH_TOKEN}"}
    request = Request(method="GET", path=f"{bench.ops}/alerts", headers=headers)
    response = bench.sim.handle(request)
    checkers.operations.check(request, response)
    data = json.loads(response.body)
    data["values"][0]["status"] = "pondering"
    with pytest.raises(AssertionError, match="status"):
        checkers.operations.check(request, replace(response, body=json.dumps(data).encode()))
