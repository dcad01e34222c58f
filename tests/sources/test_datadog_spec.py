"""Every call of the Datadog source, and every answer of its simulator, against Datadog's published descriptions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oncall_tui.demo.wire import Request, Response
from oncall_tui.model import Verb
from oncall_tui.sources.base import SourceError
from tests.sources.datadog_bench import Bench
from tests.support.openapi import SpecChecker, require_spec


class Checkers:
    """One description for each version of the API."""

    def __init__(self) -> None:
        self.by_version = {version: SpecChecker(require_spec(f"datadog-{version}.json")) for version in ("v1", "v2")}

    def check(self, request: Request, response: Response) -> None:
        self.by_version[request.segments[1]].check(request, response)

    @property
    def checked(self) -> set[str]:
        return set().union(*(one.checked for one in self.by_version.values()))


@pytest.fixture(scope="module")
def checkers() -> Checkers:
    return Checkers()


def check_all(checkers: Checkers, bench: Bench) -> None:
    assert bench.exchanges
    for request, response in bench.exchanges:
        checkers.check(request, response)


async def test_polls_and_check(checkers: Checkers) -> None:
    bench = Bench(on_call=("payments", "edge", "nobody"))
    await bench.poll()
    bench.clock.advance(30)
    bench.sim.set_status(1006, "No Data")
    await bench.poll()
    await bench.source.probe()
    await bench.source.read(bench.sim.incident("Order"))
    check_all(checkers, bench)
    assert checkers.checked >= {
        "GET /api/v1/monitor/search 200",
        "GET /api/v1/monitor/groups/search 200",
        "GET /api/v1/validate 200",
        "GET /api/v2/events 200",
        "GET /api/v2/downtime 200",
        "GET /api/v2/incidents/search 200",
        "GET /api/v2/incidents/{incident_id} 200",
        "GET /api/v2/on-call/teams/{team_id}/on-call 200",
        "GET /api/v2/on-call/teams/{team_id}/on-call 404",
        "GET /api/v2/team 200",
        "GET /api/v2/users 200",
    }


async def test_every_action_and_its_reading_back(checkers: Checkers) -> None:
    bench = Bench()
    alert = await bench.alert("Checkout error rate", region="eu-1")
    (silence,) = (await bench.poll()).silences or ()
    incident = bench.sim.incident("Checkout")
    rows = [
        bench.row(Verb.SILENCE, alert.native_id, seconds=60, reason="r", labels=alert.labels),
        bench.row(Verb.EXPIRE_SILENCE, silence.native_id),
        bench.row(Verb.SEVERITY, incident, severity=4),
        bench.row(Verb.TITLE, incident, title="x"),
        bench.row(Verb.REASSIGN, incident, people=[bench.sim.user("bob")], names=["Bob"]),
        bench.row(Verb.RESOLVE, incident),
    ]
    for row in rows:
        await bench.source.prepare(row)
        await bench.source.send(row)
        await bench.source.confirm(row)
    check_all(checkers, bench)
    assert [one["action"] for one in bench.sim.writes] == [row.verb.value for row in rows]
    assert ("DELETE", 204) in [(request.method, response.status) for request, response in bench.exchanges]


async def test_every_refusal(checkers: Checkers) -> None:
    bench = Bench()
    incident = bench.sim.incident("Checkout")
    await bench.poll()
    for row in (
        bench.row(Verb.SILENCE, "77", seconds=60, reason="r", labels={}),
        bench.row(Verb.EXPIRE_SILENCE, "nowhere"),
        bench.row(Verb.RESOLVE, "nowhere"),
        bench.row(Verb.REASSIGN, incident, people=["x"], names=["x"]),
    ):
        with pytest.raises(SourceError):
            await bench.source.send(row)
    bench.sim.rate_limit = 0
    with pytest.raises(SourceError):
        await bench.source.send(bench.row(Verb.RESOLVE, incident))
    bench.sim.keys = ("a", "b")
    with pytest.raises(SourceError):
        await bench.source.read(incident)
    check_all(checkers, bench)
    assert {response.status for _, response in bench.exchanges} == {200, 400, 403, 404, 429}


async def test_the_checker_itself_sees_what_does_not_fit(checkers: Checkers) -> None:
    bench = Bench()
    await bench.poll()
    request, response = next(one for one in bench.exchanges if one[0].path.endswith("monitor/search"))
    data: Any = json.loads(response.body)
    data["monitors"][0]["status"] = "Melting"
    broken = Response(status=200, headers=response.headers, body=json.dumps(data).encode())
    with pytest.raises(AssertionError, match="Melting"):
        checkers.check(request, broken)
