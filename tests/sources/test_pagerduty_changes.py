"""Change events and maintenance windows of a PagerDuty account as changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.clock import iso
from oncall_tui.demo.wire import json_response
from oncall_tui.model import Change, ChangeKind
from oncall_tui.sources.base import Capability
from tests.sources.pagerduty_bench import Bench, on, refuse
from tests.support.clock import START

HOUR = timedelta(hours=1)


def told(changes: tuple[Change, ...] | None) -> list[tuple[str, str | None, str]]:
    return [(one.title, one.service, one.kind.value) for one in changes or ()]


async def test_what_was_deployed_and_what_is_worked_on_or_planned() -> None:
    bench = Bench()
    bench.sim.change(
        "payments", "Deployed payments v2.1", source="deploy-bot", link="https://ci.example.com/1", at=START - HOUR
    )
    bench.sim.change("search", "Older than a day", at=START - 25 * HOUR)
    bench.sim.maintain(["storage"], "db-7 moves", "judy", begins_in=-HOUR, lasts=3 * HOUR)
    bench.sim.maintain(["web", "edge"], "Certificates", "grace", begins_in=27 * HOUR)
    bench.sim.maintain(["edge"], "Over", "grace", begins_in=-3 * HOUR)
    taken = await bench.poll()
    assert taken.problems == ()
    assert sorted(told(taken.changes)[:2]) == [
        ("Certificates", "edge", "maintenance"),
        ("Certificates", "web", "maintenance"),
    ]
    assert sorted(told(taken.changes)[2:]) == [
        ("Deployed payments v2.1", "payments", "deployment"),
        ("db-7 moves", "storage", "maintenance"),
    ]
    assert taken.changes is not None
    by_title = {one.title: one for one in taken.changes}
    deployed, moves = by_title["Deployed payments v2.1"], by_title["db-7 moves"]
    assert (deployed.at, deployed.until, deployed.author, deployed.url) == (
        START - HOUR, None, "deploy-bot", "https://ci.example.com/1",
    )  # fmt: skip
    assert (moves.at, moves.until, moves.kind) == (START - HOUR, START + 2 * HOUR, ChangeKind.MAINTENANCE)
    assert moves.url is not None and moves.author is not None and moves.author.startswith("Judy")
    assert len({one.id for one in taken.changes}) == 4


async def test_they_are_read_once_a_minute_and_events_since_the_last_time() -> None:
    bench = Bench()
    bench.sim.change("payments", "one", at=START - 20 * HOUR)
    assert told((await bench.poll()).changes) == [("one", "payments", "deployment")]
    bench.clock.advance(20)
    assert (await bench.poll()).changes is None
    bench.sim.change("payments", "two")
    bench.clock.advance(60)
    taken = await bench.poll()
    assert [title for title, _, _ in told(taken.changes)] == ["two", "one"]
    since = [dict(request.query)["since"] for request, _ in bench.exchanges if request.path.endswith("/change_events")]
    assert since == [iso(START - 24 * HOUR), iso(START - HOUR)]
    bench.clock.advance(5 * 3600)
    assert [title for title, _, _ in told((await bench.poll()).changes)] == ["two"]


async def test_a_part_that_does_not_come_keeps_all_and_says_so() -> None:
    bench = Bench()
    bench.sim.maintain(["storage"], "db-7 moves", "judy")
    bench.rules.append(on("GET", "/change_events", json_response({}, 500)))
    taken = await bench.poll()
    assert taken.changes is None
    assert Capability.CHANGES.value in taken.failed
    assert any(one.startswith("change events: ") for one in taken.problems)
    bench.rules.clear()
    bench.clock.advance(61)
    taken = await bench.poll()
    assert told(taken.changes) == [("db-7 moves", "storage", "maintenance")] and not taken.failed


@pytest.mark.parametrize("answer", [refuse(2010, 403), refuse(2100, 404), refuse(2014, 402)])
async def test_an_account_without_change_events_is_well(answer: Any) -> None:
    bench = Bench()
    bench.sim.maintain(["storage"], "db-7 moves", "judy")
    bench.rules.append(on("GET", "/change_events", answer))
    taken = await bench.poll()
    assert (taken.problems, taken.failed) == ((), frozenset())
    assert told(taken.changes) == [("db-7 moves", "storage", "maintenance")]
    probe = await bench.source.probe()
    assert "not with this key, or not in this account: change events" in probe.notes
    assert "changes" in probe.can
    bench.rules.append(on("GET", "/maintenance_windows", answer))
    assert "changes" not in (await bench.source.probe()).can


async def test_what_has_no_time_is_left_out_and_what_has_no_service_is_told() -> None:
    bench = Bench()
    for number in range(3):
        bench.sim.change("payments", f"c{number}")

    def edited(data: Any) -> Any:
        first, second, third = data["change_events"]
        first["timestamp"] = "soon"
        second["services"] = [{"id": "PNEW"}]
        third["services"] = "x"
        return data

    bench.edits["/change_events"] = edited
    taken = await bench.poll()
    assert sorted((one.service or "") for one in taken.changes or ()) == ["", "PNEW"]
