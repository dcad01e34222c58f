"""A new page in Opsgenie and in Jira Service Management: made under an alias of ours, found by request or alias."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from oncall_tui.demo.faults import drop_after_apply, drop_before_apply, is_write
from oncall_tui.demo.genie.life import Alert
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.sources.base import Dropped, Outcome, Refused
from tests.sources.genie_bench import GenieBench, JsmBench, OpsgenieBench
from tests.sources.test_jsm_spec import Checkers
from tests.support.openapi import SpecChecker, require_spec

BENCHES: dict[str, Callable[[], GenieBench]] = {"opsgenie": OpsgenieBench, "jsm": JsmBench}
both = pytest.mark.parametrize("kind", BENCHES)


def declaration(bench: GenieBench, **changed: Any) -> OutboxRow:
    storage = next(one for one in bench.life.estate.escalations if "torage" in one.name)
    params = {
        "title": "Backups fail",
        "text": "All of them.\nSince midnight.",
        "severity": 2,
        "service": None,
        "service_name": "storage",
        "policy": storage.id,
        "policy_name": storage.name,
    }
    return replace(bench.row(Verb.DECLARE, "x", **{**params, **changed}), target="local:declaration-x")


def made(bench: GenieBench) -> list[Alert]:
    return [one for one in bench.life.alerts.values() if one.message.startswith("Backups fail")]


@both
async def test_it_is_made_with_its_priority_and_pages_by_the_policy(kind: str) -> None:
    bench = BENCHES[kind]()
    row = await bench.send(declaration(bench))
    assert (await bench.source.confirm(row)).text.endswith("has taken it and not yet done it")
    bench.clock.advance(1)
    found = await bench.source.confirm(row)
    [alert] = made(bench)
    assert (alert.priority, alert.alias, alert.escalation.name) == (
        "P2",
        f"oncall-tui-{row.key}",
        row.params["policy_name"],
    )
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, alert.id)
    assert found.detail is not None
    incident = found.detail.incident
    assert (incident.id, incident.title, incident.severity) == (f"pager:{alert.id}", "Backups fail", 2)
    assert incident.service is not None and incident.service.name == "storage"
    [(_, body)] = bench.sent
    assert body["description"] == "All of them.\nSince midnight."


@both
async def test_a_long_title_goes_on_in_the_description(kind: str) -> None:
    bench = BENCHES[kind]()
    title = "Backups fail " + "again " * 30
    await bench.send(declaration(bench, title=title))
    [(_, body)] = bench.sent
    assert len(body["message"]) == 130
    assert body["description"].startswith(title)


@both
async def test_without_a_policy_whoever_the_account_routes_it_to_is_paged(kind: str) -> None:
    bench = BENCHES[kind]()
    await bench.send(declaration(bench, policy=None, policy_name=""))
    [(_, body)] = bench.sent
    assert "responders" not in body


@both
async def test_a_lost_answer_finds_the_made_one(kind: str) -> None:
    bench = BENCHES[kind]()
    row = declaration(bench)
    bench.planned.next(drop_after_apply, matching=is_write)
    with pytest.raises(Dropped):
        await bench.source.send(row)
    bench.clock.advance(1)
    found = await bench.source.confirm(row)
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, made(bench)[0].id)


@both
async def test_what_never_arrived_is_not_applied_once_it_can_no_longer_come(kind: str) -> None:
    bench = BENCHES[kind]()
    row = declaration(bench)
    bench.planned.next(drop_before_apply, matching=is_write)
    with pytest.raises(Dropped):
        await bench.source.send(row)
    assert (await bench.source.confirm(row)).outcome is Outcome.UNKNOWN
    bench.clock.advance(11)
    assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED


@both
async def test_sent_again_it_is_the_same_one(kind: str) -> None:
    bench = BENCHES[kind]()
    row = await bench.send(declaration(bench))
    bench.clock.advance(1)
    again = await bench.send(row)
    bench.clock.advance(1)
    assert len(made(bench)) == 1
    assert (await bench.source.confirm(again)).native_ref == made(bench)[0].id


@both
async def test_one_that_was_closed_at_once_is_known_by_its_request(kind: str) -> None:
    bench = BENCHES[kind]()
    row = await bench.send(declaration(bench))
    bench.clock.advance(1)
    await bench.poll()
    bench.life.close(made(bench)[0].id, "bob", bench.clock.now())
    found = await bench.source.confirm(row)
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, made(bench)[0].id)
    assert found.detail is not None and not found.detail.incident.is_open


@both
async def test_one_that_was_closed_before_it_was_read_back_is_there(kind: str) -> None:
    bench = BENCHES[kind]()
    row = declaration(bench)
    bench.planned.next(drop_after_apply, matching=is_write)
    with pytest.raises(Dropped):
        await bench.source.send(row)
    bench.clock.advance(1)
    await bench.poll()
    bench.life.close(made(bench)[0].id, "bob", bench.clock.now())
    bench.clock.advance(300)
    found = await bench.source.confirm(row)
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, made(bench)[0].id), "else it would page a second time"


@both
async def test_a_refusal_is_told(kind: str) -> None:
    bench = BENCHES[kind]()
    bench.refuse("/alerts", 422, "message is not valid", method="POST")
    with pytest.raises(Refused, match="message is not valid"):
        await bench.source.send(declaration(bench))
    assert not made(bench)


async def test_calls_and_answers_are_as_published() -> None:
    checker = SpecChecker(require_spec("opsgenie.json"))
    ops, jsm = OpsgenieBench(), JsmBench()
    for bench in (ops, jsm):
        row = await bench.send(declaration(bench))
        bench.clock.advance(1)
        await bench.source.confirm(row)
        await bench.source.confirm(replace(row, answered_at=None, native_ref=None))
    for request, response in ops.exchanges:
        checker.check(request, response)
    assert checker.checked >= {"POST /v2/alerts 202", "GET /v2/alerts/requests/{requestId} 200"}
    checkers = Checkers()
    checkers.check_all(jsm)
    assert checkers.operations.checked >= {
        "POST /api/{cloudId}/v1/alerts 200",
        "GET /api/{cloudId}/v1/alerts/alias 200",
    }
