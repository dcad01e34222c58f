"""Every call of the Splunk On-Call source, and every answer of its simulator, against the description of 2020.

What that description does not know, and later documentation and Splunk's own client do, is named here and left out.
"""

from __future__ import annotations

import re

import pytest

from oncall_tui.model import Verb
from oncall_tui.sources.base import SourceError
from tests.sources.system_bench import SystemBench
from tests.support.openapi import SpecChecker, require_spec

KIND = "splunk-oncall"
NEW = "1201"
# Calls that were added after the description was published.
LATER = re.compile(r"/api-public/v1/(incidents/\d+|incidents/\d+/notes|policies/[^/]+)")


@pytest.fixture(scope="module")
def checker() -> SpecChecker:
    return SpecChecker(require_spec("splunk-oncall.yaml"))


def check_all(checker: SpecChecker, bench: SystemBench) -> set[str]:
    """Check what the description knows; gives the paths that it does not."""
    later = set()
    for request, response in bench.exchanges:
        if LATER.fullmatch(request.path):
            later.add(re.sub(r"\d\d\d\d|pol-\w+", "_", request.path))
        elif response.headers.get("content-type"):
            checker.check(request, response)
    return later


async def test_polls_readings_and_a_probe(checker: SpecChecker) -> None:
    bench = SystemBench(KIND)
    await bench.polls(8)
    await bench.source.read(NEW)
    await bench.source.probe()
    assert check_all(checker, bench) == {
        "/api-public/v1/incidents/_", "/api-public/v1/incidents/_/notes", "/api-public/v1/policies/_",
    }  # fmt: skip
    assert checker.checked >= {
        "GET /api-public/v1/incidents 200",
        "GET /api-public/v1/alerts/{uuid} 200",
        "GET /api-public/v1/user 200",
        "GET /api-public/v1/oncall/current 200",
        "GET /api-public/v1/policies 200",
        "GET /api-public/v2/team/{team}/oncall/schedule 200",
        "GET /api-reporting/v2/incidents 200",
    }


async def test_every_action(checker: SpecChecker) -> None:
    bench = SystemBench(KIND)
    for row in (
        bench.row(Verb.ACKNOWLEDGE, NEW),
        bench.row(Verb.ESCALATE, NEW, level=2),
        bench.row(Verb.ESCALATE, NEW, policy="pol-edge", policy_name="Edge"),
        bench.row(Verb.REASSIGN, NEW, people=["eve", "bob"], names=["Eve", "Bob"]),
        bench.row(Verb.NOTE, NEW, text="x", at=None, kind="did"),
        bench.row(Verb.RESOLVE, NEW, resolution="done"),
    ):
        await bench.act(row)
        await bench.source.confirm(row)
        bench.clock.advance(30)
    check_all(checker, bench)
    assert len(bench.writes) == 6
    assert checker.checked >= {
        "PATCH /api-public/v1/incidents/ack 200",
        "PATCH /api-public/v1/incidents/resolve 200",
        "POST /api-public/v1/incidents/reroute 200",
    }


async def test_refusals(checker: SpecChecker) -> None:
    bench = SystemBench(KIND)
    for row in (
        bench.row(Verb.ACKNOWLEDGE, "9"),
        bench.row(Verb.RESOLVE, "1203", resolution=None),
        bench.row(Verb.REASSIGN, NEW, people=["nobody"], names=["N"]),
    ):
        with pytest.raises(SourceError):
            await bench.source.send(row)
    wrong = SystemBench(KIND, api_key="wrong")
    await wrong.source.probe()
    check_all(checker, bench)
    check_all(checker, wrong)
    assert "GET /api-public/v1/oncall/current 403" in checker.checked
