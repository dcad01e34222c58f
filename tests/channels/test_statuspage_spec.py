"""Every call of the Statuspage channel, and every answer of its simulator, against Atlassian's description.

A 420 is described in words only, so it is not held against it.
"""

from __future__ import annotations

import pytest

from oncall_tui.sources.base import SourceError
from tests.channels.test_statuspage import page_bench, published, updated
from tests.support.openapi import SpecChecker, require_spec


@pytest.fixture(scope="module")
def checker() -> SpecChecker:
    return SpecChecker(require_spec("statuspage.json"), base="/v1")


async def test_every_action_and_its_reading_back(checker: SpecChecker) -> None:
    bench = page_bench()
    await bench.channel.probe()
    row = published(bench, impact="major", components={"Checkout": "major_outage"})
    await bench.channel.confirm(row)
    sent, _ = await bench.deliver(row)
    for status in ("identified", "monitoring", "resolved"):
        change = updated(bench, sent.native_ref, status=status, impact="minor")
        await bench.channel.prepare(change)
        await bench.deliver(change)
    await bench.deliver(updated(bench, sent.native_ref, components={"Search": "operational"}))
    for request, response in bench.exchanges:
        checker.check(request, response)
    assert checker.checked == {
        "GET /pages/{page_id} 200",
        "GET /pages/{page_id}/components 200",
        "GET /pages/{page_id}/incidents 200",
        "GET /pages/{page_id}/incidents/unresolved 200",
        "GET /pages/{page_id}/incidents/{incident_id} 200",
        "POST /pages/{page_id}/incidents 201",
        "PATCH /pages/{page_id}/incidents/{incident_id} 200",
    }


async def test_every_refusal(checker: SpecChecker) -> None:
    for options in ({"token": "x"}, {"page": "xxxxxxxxxxxx"}):
        bench = page_bench(**options)
        await bench.channel.probe()
        with pytest.raises(SourceError):
            await bench.channel.send(published(bench))
        for request, response in bench.exchanges:
            checker.check(request, response)
    assert checker.checked >= {"POST /pages/{page_id}/incidents 401", "POST /pages/{page_id}/incidents 404"}
