"""Every call of the Jira source and channel, and every answer of the simulated Cloud, against Atlassian's description.

There is none of Data Center's API here: its calls are tested by what they do only.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.demo.wire import Response
from oncall_tui.sources.base import SourceError
from tests.sources.jira_bench import Bench
from tests.support.clock import START
from tests.support.openapi import SpecChecker, require_spec


@pytest.fixture(scope="module")
def checker() -> SpecChecker:
    return SpecChecker(require_spec("jira.json"))


def check_all(checker: SpecChecker, bench: Bench, *, leave: frozenset[int] = frozenset()) -> None:
    assert bench.exchanges
    for request, response in bench.exchanges:
        if response.status not in leave:
            checker.check(request, response)


async def test_polls_and_check(checker: SpecChecker) -> None:
    bench = Bench()
    for number in range(150):
        bench.sim.estate.add("OPS", f"i{number}", START - timedelta(hours=1), "bob", labels=("oncall-action",))
    await bench.poll()
    await bench.source.probe()
    await bench.channel.probe()
    check_all(checker, bench)
    assert checker.checked >= {
        "GET /rest/api/3/myself 200",
        "GET /rest/api/3/search/jql 200",
        "GET /rest/api/3/serverInfo 200",
        "GET /rest/api/3/mypermissions 200",
        "GET /rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes 200",
    }
    assert any(request.value("nextPageToken") for request in bench.calls("/search/jql"))


async def test_tickets_and_their_reading_back(checker: SpecChecker) -> None:
    bench = Bench()
    row = bench.ticket(text="a\nb\n\nc", owner="ivan@example.com", due="2026-12-01", labels=["x"])
    sent = await bench.channel.send(row)
    await bench.channel.confirm(replace(row, native_ref=sent.native_ref))
    await bench.channel.confirm(replace(row, native_ref="OPS-999"))
    check_all(checker, bench)
    assert checker.checked >= {
        "POST /rest/api/3/issue 201",
        "GET /rest/api/3/issue/{issueIdOrKey} 200",
        "GET /rest/api/3/issue/{issueIdOrKey} 404",
        "GET /rest/api/3/user/assignable/search 200",
    }


async def test_refusals(checker: SpecChecker) -> None:
    bench = Bench(user_reports="x = 1", channel_options={"issue_type": "Epic"})
    await bench.poll()
    with pytest.raises(SourceError):
        await bench.channel.send(bench.ticket())
    bench.sim.token = "another"
    with pytest.raises(SourceError):
        await bench.channel.send(bench.ticket())
    await bench.source.probe()
    check_all(checker, bench)
    assert {response.status for _, response in bench.exchanges} == {200, 400, 401}


async def test_the_checker_itself_sees_what_does_not_fit(checker: SpecChecker) -> None:
    bench = Bench()
    await bench.poll()
    request, response = next(one for one in bench.exchanges if one[0].path.endswith("/jql"))
    data: Any = json.loads(response.body)
    data["isLast"] = "yes"
    broken = Response(status=200, headers=response.headers, body=json.dumps(data).encode())
    with pytest.raises(AssertionError, match="isLast"):
        checker.check(request, broken)
