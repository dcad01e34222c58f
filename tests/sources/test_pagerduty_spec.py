"""Every call of the PagerDuty source, and every answer of its simulator, against PagerDuty's published description."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.demo.wire import Request
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.sources.base import AuthFailed, NotFound, RateLimited, Refused
from tests.sources.pagerduty_bench import HOUR, Bench
from tests.support.clock import START
from tests.support.openapi import SpecChecker, require_spec

# The description's own mistakes. An acknowledgement's type is said to be both acknowledge_log_entry (the general form)
# and acknowledgement_log_entry (its own): no entry can be both. The times of change events are given by a template
# (YYYY-MM-DDThh:mm:ssZ) as if it were a regular expression.
AMENDED = {
    "/components/schemas/AcknowledgeLogEntry/allOf/1/properties/type/enum": ["acknowledge_log_entry"],
    "/components/parameters/change_since/schema/pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
    "/components/parameters/change_until/schema/pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
}


@pytest.fixture(scope="module")
def loaded() -> SpecChecker:
    return SpecChecker(require_spec("pagerduty.json"), amend=AMENDED)


@pytest.fixture
def checker(loaded: SpecChecker) -> SpecChecker:
    loaded.checked.clear()
    return loaded


def check_all(checker: SpecChecker, bench: Bench) -> None:
    assert bench.exchanges
    for request, response in bench.exchanges:
        checker.check(request, response)


def busy(**options: Any) -> tuple[Bench, list[str]]:
    """An account with incidents in every state and a history."""
    bench = Bench(**options)
    sim = bench.sim
    pages = [
        sim.trigger(
            "payments", "[ERROR] checkout \x1b[c 🔥", priority="P1", alerts=["one", "two"], severity="critical"
        ),
        sim.trigger("edge", "climbed to the end", at=START - 10 * HOUR),
        sim.trigger("storage", "acknowledged", at=START - HOUR),
        sim.trigger("web", "snoozed", at=START - 2 * HOUR, urgency="low"),
        sim.trigger("search", "resolved", at=START - 3 * HOUR),
        sim.trigger("gateway", "merged", at=START - HOUR),
    ]
    sim.acknowledge(pages[2], "charlie", at=START - timedelta(minutes=5))
    sim.snooze(pages[3], "eve", 86_400, at=START - HOUR)
    sim.resolve(pages[4], "bob", at=START - 2 * HOUR)
    sim.merge(pages[5], pages[0], "alice")
    sim.assign(pages[2], "alice", ["grace", "henry"])
    sim.set_priority(pages[2], "P3", "alice")
    sim.note(pages[0], "alice", "[13:59 UTC] [told] everybody")
    sim.change("payments", "Deployed payments v2.1", link="https://ci.example.com/1", at=START - HOUR)
    sim.maintain(["storage", "search"], "db-7 moves", "judy")
    sim.maintain(["web"], "Certificates", "grace", begins_in=27 * HOUR)
    sim.estate.override("Payments Primary", "eve", START - HOUR, START + HOUR)
    return bench, pages


async def test_polls(checker: SpecChecker) -> None:
    bench, pages = busy()
    await bench.poll()
    bench.clock.advance(15)
    await bench.poll()
    bench.sim.resolve(pages[1], None)
    bench.clock.advance(400)
    await bench.poll()
    check_all(checker, bench)
    assert {"GET /change_events", "GET /maintenance_windows"} <= set(bench.calls)
    assert {"GET /log_entries", "GET /oncalls", "GET /schedules", "GET /priorities", "GET /services"} <= set(
        bench.calls
    )


async def test_an_account_without_priorities_and_a_users_own_key(checker: SpecChecker) -> None:
    bench, pages = busy(seat=None, me="alice", priorities=False)
    await bench.poll()
    await bench.source.probe()
    await bench.source.send(bench.row(Verb.SEVERITY, pages[0], severity=4))
    check_all(checker, bench)
    assert "GET /users/me" in bench.calls


async def test_an_accounts_key_without_a_user(checker: SpecChecker) -> None:
    bench = Bench(seat=None)
    await bench.source.probe()
    check_all(checker, bench)


@pytest.mark.parametrize("index", range(4))
async def test_a_reading_and_a_probe(checker: SpecChecker, index: int) -> None:
    bench, pages = busy()
    await bench.source.read(pages[index])
    await bench.source.probe()
    check_all(checker, bench)


def every_action(bench: Bench, pages: list[str]) -> list[OutboxRow]:
    storage = bench.sim.estate.services["storage"].policy.id
    note = {"text": "x", "at": "2026-11-23T13:00:00Z", "kind": "told"}
    return [
        bench.row(Verb.ACKNOWLEDGE, pages[0]),
        bench.row(Verb.UNACKNOWLEDGE, pages[0]),
        bench.row(Verb.ESCALATE, pages[0], level=2),
        bench.row(Verb.ESCALATE, pages[0], person=bench.user("erin"), person_name="Erin"),
        bench.row(Verb.ESCALATE, pages[0], policy=storage, policy_name="Storage"),
        bench.row(Verb.REASSIGN, pages[0], people=[bench.user("eve"), bench.user("bob")], names=["Eve", "Bob"]),
        bench.row(Verb.SNOOZE, pages[0], seconds=3600),
        bench.row(Verb.NOTE, pages[0], **note),
        bench.row(Verb.SEVERITY, pages[0], severity=3),
        bench.row(Verb.TITLE, pages[0], title="another"),
        bench.row(Verb.RESPONDERS, pages[0], people=[bench.user("eve")], names=["Eve"], message="join"),
        bench.row(Verb.MERGE, pages[2], into=f"pager:{pages[0]}"),
        bench.row(Verb.RESOLVE, pages[0], resolution="done"),
        bench.row(Verb.REOPEN, pages[0]),
    ]


async def test_every_action_and_its_reading_back(checker: SpecChecker) -> None:
    bench, pages = busy()
    for row in every_action(bench, pages):
        await bench.source.prepare(row)
        await bench.source.send(row)
        await bench.source.confirm(row)
        bench.clock.advance(10)
    await bench.poll()
    check_all(checker, bench)
    assert len(bench.sim.writes) == 14
    assert checker.checked >= {
        "PUT /incidents 200",
        "GET /incidents/{id} 200",
        "POST /incidents/{id}/notes 200",
        "POST /incidents/{id}/snooze 201",
        "POST /incidents/{id}/responder_requests 200",
        "PUT /incidents/{id}/merge 200",
    }


async def test_every_refusal(checker: SpecChecker) -> None:
    bench, pages = busy()
    codes = []
    for row in every_action(bench, pages)[:-1]:
        if bench.sim.incidents[pages[0]].status != "resolved":
            bench.sim.resolve(pages[0])
        try:
            await bench.source.send(row)
        except Refused as no:
            codes.append((row.verb, no.code))
    # A note, severity, title and responders are taken by a resolved incident too; un-acknowledging reopens it.
    assert codes == [
        (verb, 1001)
        for verb in (
            Verb.ACKNOWLEDGE,
            *[Verb.ESCALATE] * 3,
            Verb.REASSIGN,
            Verb.SNOOZE,
            Verb.MERGE,
            Verb.RESOLVE,
        )
    ]
    for row in every_action(bench, ["QNOWHERE"] * 3):
        with pytest.raises(Refused):
            await bench.source.send(row)
    with pytest.raises(NotFound):
        await bench.source.read("QNOWHERE")
    check_all(checker, bench)
    assert checker.checked >= {"PUT /incidents 400", "GET /incidents/{id} 404", "POST /incidents/{id}/notes 404"}


async def test_a_wrong_key_and_too_many_calls(checker: SpecChecker) -> None:
    bench = Bench(rate_limit=2)
    bench.source._client._reserve = -1
    bench.sim._token = "another"
    with pytest.raises(AuthFailed):
        await bench.poll()
    await bench.source.probe()
    with pytest.raises(RateLimited):
        await bench.poll()
    check_all(checker, bench)
    assert [response.status for _, response in bench.exchanges] == [401, 401, 429]


async def test_the_simulators_other_answers(checker: SpecChecker) -> None:
    """What the source does not ask for, others may: single updates, teams, status updates."""
    bench, pages = busy()
    await bench.poll()
    headers = bench.exchanges[0][0].headers | {"from": "alice@example.com"}
    sim, edge = bench.sim, bench.sim.estate.services["edge"]
    reads = [
        "/teams", "/v3/schedules", f"/users/{bench.user('bob')}", f"/services/{edge.id}",
        f"/escalation_policies/{edge.policy.id}", f"/schedules/{sim.estate.schedules[0].id}",
        f"/incidents/{pages[0]}/alerts",
    ]  # fmt: skip
    for path in reads:
        request = Request(method="GET", path=path, headers=headers)
        checker.check(request, sim.handle(request))
    single = json.dumps({"incident": {"type": "incident_reference", "status": "acknowledged"}}).encode()
    update = json.dumps({"message": "we are on it"}).encode()
    for method, path, body in (
        ("PUT", f"/incidents/{pages[0]}", single),
        ("POST", f"/incidents/{pages[0]}/status_updates", update),
    ):
        request = Request(method=method, path=path, headers=headers, body=body)
        checker.check(request, sim.handle(request))
    assert sim.incidents[pages[0]].status == "acknowledged"
    assert [words for _, words, _ in sim.incidents[pages[0]].status_updates] == ["we are on it"]


def test_the_checker_itself_sees_what_does_not_fit(checker: SpecChecker) -> None:
    bench, pages = busy()
    request = Request(
        method="GET",
        path=f"/incidents/{pages[0]}",
        headers={
            "authorization": "Token token=demo-pagerduty-key",
            "accept": "application/vnd.pagerduty+json;version=2",
            "content-type": "application/json",
        },
    )
    response = bench.sim.handle(request)
    checker.check(request, response)
    data = json.loads(response.body)
    data["incident"]["urgency"] = "immense"
    broken = type(response)(status=200, headers=response.headers, body=json.dumps(data).encode())
    with pytest.raises(AssertionError, match="urgency"):
        checker.check(request, broken)
