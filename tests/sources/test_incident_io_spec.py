"""Every call of the incident.io source, and every good answer of its simulator, against the published description.

The description tells no errors; their form is that of the documentation.
"""

from __future__ import annotations

import json

import pytest

from oncall_tui.model import Verb
from oncall_tui.sources.base import AuthFailed, RateLimited, Refused
from tests.sources.system_bench import SystemBench
from tests.support.openapi import SpecChecker, require_spec

KIND = "incident-io"


@pytest.fixture(scope="module")
def checker() -> SpecChecker:
    return SpecChecker(require_spec("incident-io.json"))


def check_all(checker: SpecChecker, bench: SystemBench) -> list[int]:
    """Check the good ones; gives the statuses of the others, which must be in the form of the documentation."""
    others = []
    for request, response in bench.exchanges:
        if response.status < 300:
            checker.check(request, response)
            continue
        others.append(response.status)
        told = json.loads(response.body)
        assert told["status"] == response.status
        assert told["type"]
        assert all(error["code"] and error["message"] for error in told["errors"])
    return others


async def test_polls_readings_and_a_probe(checker: SpecChecker) -> None:
    bench = SystemBench(KIND)
    for taken in await bench.polls(4, 400):
        for incident in taken.incidents or ():
            await bench.source.read(incident.native_id)
    await bench.source.probe()
    assert check_all(checker, bench) == []
    assert checker.checked >= {
        f"GET {path} 200"
        for path in (
            "/v1/identity", "/v1/severities", "/v1/incident_statuses", "/v2/incidents", "/v2/incidents/{id}",
            "/v2/incident_updates", "/v2/escalations", "/v2/escalations/{id}", "/v2/alerts", "/v2/users", "/v3/teams",
            "/v2/escalation_paths", "/v2/schedules", "/v2/schedule_entries",
        )
    }  # fmt: skip


async def test_every_action_and_its_reading_back(checker: SpecChecker) -> None:
    bench = SystemBench(KIND)
    incidents = (await bench.poll()).incidents or ()
    new = next(one for one in incidents if one.title == "Payments are slow").native_id
    page = next(one for one in incidents if one.native_id.startswith("page-")).native_id
    account = bench.sim.account
    for row in (
        bench.row(Verb.SEVERITY, new, severity=1),
        bench.row(Verb.TITLE, new, title="Payments time out"),
        bench.row(Verb.ESCALATE, new, level=2),
        bench.row(Verb.ESCALATE, new, person=account.users["erin"], person_name="Erin"),
        bench.row(Verb.ESCALATE, new, policy=account.paths[2].id, policy_name="Edge"),
        bench.row(Verb.ESCALATE, page, person=account.users["erin"], person_name="Erin"),
        bench.row(Verb.RESOLVE, new, resolution=None),
        bench.row(Verb.RESOLVE, page, resolution=None),
    ):
        await bench.source.confirm(await bench.act(row))
    assert check_all(checker, bench) == []
    assert checker.checked >= {
        "POST /v2/incidents/{id}/actions/edit 200",
        "POST /v2/escalations 201",
        "POST /v2/escalations/{id}/actions/cancel 200",
    }


async def test_refusals(checker: SpecChecker) -> None:
    bench = SystemBench(KIND)
    for native_id in ("01NOWHERE", "page-01NOWHERE"):
        with pytest.raises(Refused):
            await bench.source.read(native_id)
    new = next(iter(bench.sim.account.incidents))
    with pytest.raises(Refused):
        await bench.source.send(bench.row(Verb.ESCALATE, new, person="01NOBODY", person_name="N"))
    wrong = SystemBench(KIND, token="another-key")
    with pytest.raises(AuthFailed):
        await wrong.poll()
    spent = SystemBench(KIND)
    spent.sim._rate_limit = 0
    with pytest.raises(RateLimited):
        await spent.poll()
    assert check_all(checker, bench) == [404, 404, 422]
    assert check_all(checker, wrong) == [401]
    assert check_all(checker, spent) == [429]
