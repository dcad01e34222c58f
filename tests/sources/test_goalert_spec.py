"""Every call of the GoAlert source, and every answer of its simulator, against GoAlert's own GraphQL schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oncall_tui.demo.wire import Response
from oncall_tui.model import Verb
from oncall_tui.sources.base import SourceError
from tests.sources.system_bench import SystemBench
from tests.support.graphql import GraphQLChecker
from tests.support.openapi import require_spec

KIND = "goalert"
NEW, HELD, CLOSED = "301", "302", "303"


@pytest.fixture(scope="module")
def checker() -> GraphQLChecker:
    return GraphQLChecker(require_spec("goalert.graphql"))


def check_all(checker: GraphQLChecker, bench: SystemBench) -> None:
    for request, response in bench.exchanges:
        if request.path.endswith("/graphql") and response.status == 200:
            checker.check(request, response)


async def test_polls_readings_and_a_probe(checker: GraphQLChecker) -> None:
    for options in ({}, {"favorites_only": True}):
        bench = SystemBench(KIND, **options)
        await bench.polls(3, 400)
        await bench.source.read(NEW)
        await bench.source.read(CLOSED)
        await bench.source.probe()
        check_all(checker, bench)
    assert checker.checked >= {
        "query Alerts", "query Alert", "query Services", "query Policies", "query Schedules", "query Users", "query Me",
    }  # fmt: skip


async def test_pages(checker: GraphQLChecker) -> None:
    bench = SystemBench(KIND)
    service = bench.sim.account.services["edge"]
    for count in range(230):
        bench.sim.account.create(service, f"n{count}", "", bench.clock.now(), {})
    await bench.poll()
    check_all(checker, bench)
    cursors = [
        request.json()["variables"]["input"].get("after")
        for request, _ in bench.exchanges
        if b"Alerts(" in request.body
    ]
    assert sum(cursor is not None for cursor in cursors) == 2


async def test_every_action_and_refusal(checker: GraphQLChecker) -> None:
    bench = SystemBench(KIND)
    for row in (
        bench.row(Verb.ACKNOWLEDGE, NEW),
        bench.row(Verb.ESCALATE, NEW, level=2),
        bench.row(Verb.RESOLVE, NEW, resolution=None),
    ):
        await bench.act(row)
        await bench.source.confirm(row)
    for row in (bench.row(Verb.ACKNOWLEDGE, CLOSED), bench.row(Verb.RESOLVE, CLOSED, resolution=None)):
        with pytest.raises(SourceError):
            await bench.source.send(row)
    bench.sim.tokens = dict.fromkeys(bench.sim.tokens)
    with pytest.raises(SourceError):
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, HELD))
    check_all(checker, bench)
    assert checker.checked >= {
        "mutation UpdateAlerts", "mutation EscalateAlerts", "mutation UpdateAlerts (error)",
    }  # fmt: skip


async def test_the_checker_itself_sees_what_does_not_fit(checker: GraphQLChecker) -> None:
    bench = SystemBench(KIND)
    await bench.poll()
    request, response = next(pair for pair in bench.exchanges if b"Alerts(" in pair[0].body)

    def answer(change: Any) -> Response:
        data = json.loads(response.body)
        change(data["data"]["alerts"]["nodes"][0])
        return Response(body=json.dumps(data).encode())

    checker.check(request, response)
    for change, words in (
        (lambda node: node.update(status="StatusOdd"), "StatusOdd"),
        (lambda node: node.pop("summary"), "non-nullable field Alert.summary"),
        (lambda node: node.update(more=1), "not what was asked for"),
    ):
        with pytest.raises(AssertionError, match=words):
            checker.check(request, answer(change))
    body = request.json()
    body["query"] = body["query"].replace("summary", "sumary")
    wrong = type(request)(method="POST", path=request.path, headers=request.headers, body=json.dumps(body).encode())
    with pytest.raises(AssertionError, match="sumary"):
        checker.check(wrong, response)
