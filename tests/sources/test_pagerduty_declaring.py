"""A new incident in PagerDuty: what the account receives, that no second one is made, and what reading back says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oncall_tui.model import IncidentState, OutboxRow, Verb
from oncall_tui.sources.base import Dropped, Outcome, Refused, TimedOut
from tests.sources.pagerduty_bench import Bench, on, refuse
from tests.support.openapi import SpecChecker, require_spec


def declaration(bench: Bench, **changed: Any) -> OutboxRow:
    service = bench.sim.estate.services["payments"]
    params = {
        "title": "Payments fail",
        "text": "Every second one.\nSince 14:30.",
        "severity": 2,
        "service": service.id,
        "service_name": service.name,
        "policy": None,
        "policy_name": "",
    }
    return replace(bench.row(Verb.DECLARE, "x", **{**params, **changed}), target="local:declaration-x")


def made(bench: Bench) -> list[Any]:
    return [one for one in bench.sim.incidents.values() if one.title == "Payments fail"]


async def test_it_is_made_with_its_service_priority_and_words_and_pages_level_one() -> None:
    bench = Bench()
    row = declaration(bench)
    assert await bench.source.prepare(row) == ()
    sent = await bench.source.send(row)
    [incident] = made(bench)
    assert (incident.service.key, incident.priority.name, incident.urgency) == ("payments", "P2", "high")
    assert (incident.key, [who.key for who in incident.assignees]) == (f"oncall-tui-{row.key}", ["alice"])
    [post] = [request for request, _ in bench.exchanges if request.method == "POST"]
    assert post.json()["incident"]["body"] == {"type": "incident_body", "details": "Every second one.\nSince 14:30."}
    assert post.headers["from"] == "alice@example.com"
    assert (sent.native_ref, sent.text) == (incident.id, f"#{incident.number}")

    found = await bench.source.confirm(replace(row, native_ref=sent.native_ref, answered_at=bench.clock.now()))
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, incident.id)
    assert found.detail is not None
    seen = found.detail.incident
    assert (seen.id, seen.title, seen.severity) == (f"pager:{incident.id}", "Payments fail", 2)
    assert (seen.number, seen.state) == (str(incident.number), IncidentState.TRIGGERED)
    assert found.detail.timeline


async def test_a_low_one_is_of_low_urgency_and_pages_by_the_policy_that_is_named() -> None:
    bench = Bench()
    policy = bench.sim.estate.services["storage"].policy
    await bench.source.send(declaration(bench, severity=4, policy=policy.id, policy_name=policy.name))
    [incident] = made(bench)
    assert (incident.urgency, incident.priority.name, incident.policy.name) == ("low", "P4", policy.name)


async def test_an_account_without_priorities_gets_the_urgency_alone() -> None:
    bench = Bench(priorities=False)
    await bench.source.send(declaration(bench))
    [incident] = made(bench)
    assert (incident.urgency, incident.priority) == ("high", None)


@pytest.mark.parametrize("error", [TimedOut, Dropped])
async def test_a_lost_answer_finds_the_made_one(error: type[Exception]) -> None:
    bench = Bench()
    row = declaration(bench)

    def lose(request: Any) -> Any:
        if request.method == "POST":
            bench.sim.handle(request)
            raise error("lost")  # the account has it, and nobody hears of it
        return None

    bench.rules.append(lose)
    with pytest.raises(Exception, match="lost"):
        await bench.source.send(row)
    bench.rules.clear()
    found = await bench.source.confirm(row)
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, made(bench)[0].id)


async def test_sent_again_it_is_the_same_one() -> None:
    bench = Bench()
    row = declaration(bench)
    first = await bench.source.send(row)
    again = await bench.source.send(row)
    assert (again.native_ref, again.text) == (first.native_ref, "it was there already")
    assert len(made(bench)) == 1


async def test_it_is_found_when_it_was_resolved_meanwhile() -> None:
    bench = Bench()
    row = declaration(bench)
    sent = await bench.source.send(row)
    bench.sim.resolve(sent.native_ref or "", "bob")
    found = await bench.source.confirm(row)
    assert found.outcome is Outcome.APPLIED
    assert found.detail is not None
    assert found.detail.incident.state is IncidentState.RESOLVED


async def test_one_that_is_not_there_is_not_applied() -> None:
    bench = Bench()
    bench.sim.trigger("payments", "Payments fail")
    found = await bench.source.confirm(declaration(bench))
    assert found.outcome is Outcome.NOT_APPLIED


async def test_without_a_service_it_is_refused_before_it_is_sent() -> None:
    bench = Bench()
    with pytest.raises(Refused, match="say which"):
        await bench.source.send(declaration(bench, service=None))
    assert not [call for call in bench.calls if call.startswith("POST")]


async def test_a_refusal_is_told_in_words() -> None:
    bench = Bench()
    bench.rules.append(on("POST", "/incidents", refuse(1015)))
    with pytest.raises(Refused, match="nobody is on call there"):
        await bench.source.send(declaration(bench))


async def test_its_calls_and_answers_are_as_published() -> None:
    # The description calls the details an object; its own example, and the service, have plain text there.
    amended = {"/components/schemas/IncidentBody/properties/details/type": "string"}
    checker = SpecChecker(require_spec("pagerduty.json"), amend=amended)
    bench = Bench()
    row = declaration(bench)
    await bench.source.send(row)
    await bench.source.send(row)
    for request, response in bench.exchanges:
        checker.check(request, response)
    assert checker.checked >= {"POST /incidents 201", "POST /incidents 400", "GET /incidents 200"}
