"""Datadog: what a list leaves out, does not tell, or told too long ago has not ended, and is not muted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.demo.wire import Response, json_response
from oncall_tui.model import AlertState, Verb
from oncall_tui.sources.base import Refused
from tests.sources.datadog_bench import Bench, alert_named, on, refuse
from tests.support.clock import START


@pytest.fixture
def bench() -> Bench:
    return Bench()


def many_groups(bench: Bench, count: int) -> None:
    group = type(bench.sim.estate.monitors[1006].groups[0])
    bench.sim.estate.monitors[1006].groups = [group((f"host:h{number:03}",), "Alert") for number in range(count)]


async def test_a_list_of_groups_that_comes_empty_and_counts_some_is_not_whole(bench: Bench) -> None:
    bench.edits["groups/search"] = lambda data: {**data, "groups": []}
    snapshot = await bench.poll()
    assert not snapshot.alerts_complete
    assert any("groups: only 0 of 3" in line for line in snapshot.problems), snapshot.problems
    assert alert_named(snapshot, "Checkout error rate", region="eu-1").state is AlertState.UNKNOWN


async def test_a_group_that_ends_while_pages_are_read_ends_no_other(bench: Bench) -> None:
    many_groups(bench, 130)

    def first_page_then_one_recovers(data: Any) -> Any:
        if data["metadata"]["page"] == 0:
            bench.sim.estate.monitors[1006].groups[0].status = "OK"
        return data

    bench.edits["groups/search"] = first_page_then_one_recovers
    snapshot = await bench.poll()
    shown = {one.labels["host"] for one in snapshot.alerts or () if one.name == "Website checks"}
    assert len(shown) == 129, "one slipped between the pages"
    assert not snapshot.alerts_complete


async def test_incidents_that_slip_between_pages_have_not_ended(bench: Bench) -> None:
    bench.edits["incidents/search"] = lambda data: {
        **data,
        "data": {**data["data"], "attributes": {**data["data"]["attributes"], "incidents": []}},
    }
    snapshot = await bench.poll()
    assert not snapshot.incidents_complete
    assert any(line.startswith("incidents: only 0 of 2") for line in snapshot.problems), snapshot.problems


async def test_a_row_that_is_no_object_is_missed_and_ends_nothing(bench: Bench) -> None:
    def spoil(data: Any) -> Any:
        attributes = data["data"]["attributes"]
        return {**data, "data": {**data["data"], "attributes": {**attributes, "incidents": ["?", "?"]}}}

    bench.edits["incidents/search"] = spoil
    bench.edits["groups/search"] = lambda data: {**data, "groups": [7, *data["groups"][1:]]}
    snapshot = await bench.poll()
    assert not snapshot.incidents_complete and not snapshot.alerts_complete


async def test_an_alert_that_begins_while_it_is_read_has_not_ended(bench: Bench) -> None:
    """Groups first, then events: what fires between the two is in the events only."""

    def fires_after(data: Any) -> Any:
        bench.edits.clear()
        bench.clock.advance(1)
        bench.sim.set_status(1006, "Alert")
        return data

    bench.edits["groups/search"] = fires_after
    alert = await bench.alert("Website checks")
    assert alert.state not in (AlertState.ENDED, AlertState.RESOLVED)
    assert alert.ended_at is None


async def test_an_event_of_a_monitor_that_is_not_among_those_asked_for_tells_no_end() -> None:
    bench = Bench(monitors="team:search")
    snapshot = await bench.poll()
    alert = alert_named(snapshot, "Checkout error rate", region="eu-1")
    assert (alert.state, alert.ended_at) == (AlertState.UNKNOWN, None), "it alerts, and is not asked for"


@pytest.mark.parametrize("status", [500, 403])
async def test_a_downtime_whose_end_has_passed_mutes_nothing_while_the_list_does_not_come(
    bench: Bench, status: int
) -> None:
    assert (await bench.alert("Disk nearly full", host="db-1")).state is AlertState.SILENCED
    bench.rules.append(on("GET", "/downtime", refuse(status)))
    bench.clock.advance(timedelta(hours=3, minutes=1))
    assert (await bench.alert("Disk nearly full", host="db-1")).state is AlertState.FIRING


async def test_a_group_without_data_is_as_old_as_its_silence_not_as_its_last_alert() -> None:
    bench = Bench(states=("alert", "no data"))

    def old_alert(data: Any) -> Any:
        for row in data["groups"]:
            if row["status"] == "No Data":
                row["last_triggered_ts"] = int((START - timedelta(days=300)).timestamp())
                row["last_nodata_ts"] = int((START - timedelta(minutes=5)).timestamp())
            else:
                row["last_triggered_ts"] = 0
        return data

    bench.edits["groups/search"] = old_alert
    snapshot = await bench.poll()
    assert alert_named(snapshot, "Search index age").first_at == START - timedelta(minutes=5)
    assert alert_named(snapshot, "Checkout error rate", region="eu-1").first_at.year == 2026


@pytest.mark.parametrize("tags", [["canary"], ["host:"], ["env:prod", "canary"], ["a:1", "a:2"]])
async def test_a_group_whose_tags_cannot_all_be_written_is_not_muted_as_more_than_itself(
    bench: Bench, tags: list[str]
) -> None:
    bench.edits["groups/search"] = lambda data: {
        **data,
        "groups": [{**data["groups"][0], "group_tags": tags}, *data["groups"][1:]],
    }
    (alert,) = [
        one for one in (await bench.poll()).alerts or () if one.labels["monitor_id"] == "1001" and one.ended_at is None
        and one.state is AlertState.FIRING
    ]  # fmt: skip
    row = bench.row(Verb.SILENCE, alert.native_id, seconds=600, reason="known", labels=alert.labels)
    with pytest.raises(Refused, match="no scope can be made"):
        await bench.source.send(row)
    assert not [call for call in bench.calls("/downtime") if call.method == "POST"]


@pytest.mark.parametrize("answer", [refuse(404), Response(status=204), json_response({"data": None})])
async def test_who_is_on_call_stays_where_it_was_when_no_good_answer_comes(bench: Bench, answer: Response) -> None:
    assert (await bench.poll()).on_call
    bench.rules.append(on("GET", "/on-call", answer))
    bench.clock.advance(timedelta(minutes=2))
    snapshot = await bench.poll()
    assert snapshot.on_call is None and "on_call" in snapshot.failed
    assert any(line.startswith("on call: ") for line in snapshot.problems)
