"""What the Datadog source does: downtimes made and cancelled, incidents changed, all of it read back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from oncall_tui.demo.wire import Request, Response
from oncall_tui.model import AlertState, IncidentState, OutboxRow, Verb
from oncall_tui.sources.base import (
    Dropped,
    NotFound,
    Outcome,
    RateLimited,
    Refused,
    ServerFailed,
    SourceError,
    Unsupported,
)
from tests.sources.datadog_bench import Bench, on, refuse
from tests.support.clock import START


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def muting(bench: Bench, **params: Any) -> OutboxRow:
    alert = await bench.alert("Checkout error rate", region="eu-1")
    given = {"seconds": 3600, "reason": "known, TICKET-9", "labels": alert.labels, **params}
    return bench.row(Verb.SILENCE, alert.native_id, **given)


def posted(bench: Bench, method: str = "POST") -> list[Any]:
    return [json.loads(request.body) for request, _ in bench.exchanges if request.method == method]


# -- silences -----------------------------------------------------------------------------------------------------


async def test_a_downtime_is_of_one_monitor_and_the_group_that_was_pressed_on(bench: Bench) -> None:
    row = await muting(bench)
    assert await bench.source.prepare(row) == ()
    sent = await bench.source.send(row)
    assert sent.text == "muted until 15:00 UTC"
    assert posted(bench) == [
        {
            "data": {
                "type": "downtime",
                "attributes": {
                    "message": "known, TICKET-9",
                    "monitor_identifier": {"monitor_id": 1001},
                    "scope": "region:eu-1",
                    "schedule": {"start": None, "end": "2026-11-23T15:00:00Z"},
                },
            }
        }
    ]
    found = await bench.source.confirm(replace(row, native_ref=sent.native_ref))
    assert (found.outcome, found.text) == (Outcome.APPLIED, "muted until 15:00 UTC")
    alert = await bench.alert("Checkout error rate", region="eu-1")
    assert alert.state is AlertState.SILENCED and alert.silenced_by == (f"dd:{sent.native_ref}",)


async def test_groups_that_share_no_tag_are_muted_as_the_whole_monitor(bench: Bench) -> None:
    await bench.source.send(await muting(bench, labels={"monitor_id": "1001"}))
    assert posted(bench)[0]["data"]["attributes"]["scope"] == "*"


async def test_more_tags_are_joined(bench: Bench) -> None:
    await bench.source.send(await muting(bench, labels={"monitor_id": "1001", "region": "eu-1", "az": "b"}))
    assert posted(bench)[0]["data"]["attributes"]["scope"] == "az:b AND region:eu-1"


@pytest.mark.parametrize("value", ["a b", "x)", "*", "a,b", 'say "x"', "", "{x}"])
async def test_a_tag_that_would_widen_the_scope_is_refused_here(bench: Bench, value: str) -> None:
    with pytest.raises(Refused, match="no scope"):
        await bench.source.send(await muting(bench, labels={"host": value}))
    assert posted(bench) == []


@pytest.mark.parametrize("seconds", [0, -1, None, "60", 1e12])
async def test_a_downtime_without_a_length_is_refused_here(bench: Bench, seconds: Any) -> None:
    with pytest.raises(Refused, match="length of time"):
        await bench.source.send(await muting(bench, seconds=seconds))


async def test_only_a_monitor_can_be_muted(bench: Bench) -> None:
    with pytest.raises(Refused, match="only a monitor"):
        await bench.source.send(bench.row(Verb.SILENCE, "event-abc", seconds=60, reason="r", labels={}))


async def test_a_monitor_that_is_gone_is_refused_in_datadogs_words(bench: Bench) -> None:
    row = bench.row(Verb.SILENCE, "77", seconds=60, reason="r", labels={"monitor_id": "77"})
    with pytest.raises(Refused, match="monitor 77 not found"):
        await bench.source.send(row)


@pytest.mark.parametrize("applied", [True, False])
async def test_a_lost_answer_is_found_by_what_the_downtime_says(bench: Bench, applied: bool) -> None:
    bench.sim.estate.mute(
        "region:eu-1", {"monitor_id": 1001}, "known, TICKET-9", START, START + timedelta(hours=1), "bob"
    )
    row = await muting(bench)
    row = replace(row, baseline=await bench.source.prepare(row))
    assert len(row.baseline) == 1, "an equal one of somebody else's was there before"

    def lose(request: Request) -> Response | None:
        if request.method != "POST":
            return None
        if applied:
            bench.sim.handle(request)
        raise httpx.ReadError("gone")

    bench.rules.append(lose)
    with pytest.raises(Dropped) as caught:
        await bench.source.send(row)
    assert caught.value.maybe_applied
    found = await bench.source.confirm(row)
    assert found.outcome is (Outcome.APPLIED if applied else Outcome.NOT_APPLIED)
    assert found.native_ref not in row.baseline


async def test_a_downtime_that_somebody_cancelled_is_superseded(bench: Bench) -> None:
    row = await muting(bench)
    sent = await bench.source.send(row)
    bench.clock.advance(60)
    bench.sim.estate.downtimes[sent.native_ref or ""].canceled = bench.clock.now()
    found = await bench.source.confirm(replace(row, native_ref=sent.native_ref))
    assert (found.outcome, found.text) == (Outcome.SUPERSEDED, "ended again at 14:01 UTC")


async def test_a_downtime_is_cancelled_and_seen_to_be_over(bench: Bench) -> None:
    (silence,) = (await bench.poll()).silences or ()
    row = bench.row(Verb.EXPIRE_SILENCE, silence.native_id)
    assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED
    await bench.source.send(row)
    assert bench.exchanges[-1][0].method == "DELETE" and bench.exchanges[-1][1].status == 204
    assert (await bench.source.confirm(row)).outcome is Outcome.APPLIED
    assert (await bench.poll()).silences == ()
    assert (await bench.alert("Disk nearly full", host="db-1")).state is AlertState.FIRING


async def test_a_downtime_that_was_over_already_is_told_so(bench: Bench) -> None:
    (silence,) = (await bench.poll()).silences or ()
    bench.sim.estate.downtimes[silence.native_id].canceled = START - timedelta(minutes=4)
    row = bench.row(Verb.EXPIRE_SILENCE, silence.native_id)
    with pytest.raises(NotFound):
        await bench.source.send(row)
    found = await bench.source.confirm(row)
    assert (found.outcome, found.text) == (Outcome.SUPERSEDED, "was over since 13:56 UTC")


# -- incidents ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "params", "change", "told"),
    [
        (
            Verb.RESOLVE,
            {"resolution": None},
            {"attributes": {"fields": {"state": {"type": "dropdown", "value": "resolved"}}}},
            "resolved",
        ),
        (
            Verb.SEVERITY,
            {"severity": 1},
            {"attributes": {"fields": {"severity": {"type": "dropdown", "value": "SEV-1"}}}},
            "severity SEV-1",
        ),
        (Verb.TITLE, {"title": "Checkout"}, {"attributes": {"title": "Checkout"}}, "title changed"),
    ],
)
async def test_an_incident_is_changed_and_read_back(
    bench: Bench, verb: Verb, params: Any, change: Any, told: str
) -> None:
    native_id = bench.sim.incident("Checkout")
    row = bench.row(verb, native_id, **params)
    assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED
    assert (await bench.source.send(row)).text == told
    assert posted(bench, "PATCH") == [{"data": {"id": native_id, "type": "incidents", **change}}]
    found = await bench.source.confirm(row)
    assert found.outcome is Outcome.APPLIED and found.detail is not None


async def test_the_commander_is_one_person(bench: Bench) -> None:
    native_id, eve = bench.sim.incident("Checkout"), bench.sim.user("eve")
    row = bench.row(Verb.REASSIGN, native_id, people=[eve], names=["Eve"])
    await bench.source.send(row)
    found = await bench.source.confirm(row)
    assert found.outcome is Outcome.APPLIED and found.detail is not None
    assert found.detail.incident.state is IncidentState.ACKNOWLEDGED
    assert [person.name for person in found.detail.incident.assignees] == ["Eve Eriksen"]
    two = bench.row(Verb.REASSIGN, native_id, people=[eve, bench.sim.user("bob")], names=["Eve", "Bob"])
    with pytest.raises(Refused, match="one commander"):
        await bench.source.send(two)
    nobody = bench.row(Verb.REASSIGN, native_id, people=["nobody"], names=["?"])
    with pytest.raises(Refused, match="no such user"):
        await bench.source.send(nobody)


async def test_a_resolution_that_cannot_be_kept_is_said_to_be_lost(bench: Bench) -> None:
    row = bench.row(Verb.RESOLVE, bench.sim.incident("Checkout"), resolution="rolled back")
    assert (await bench.source.send(row)).text == "resolved; Datadog takes no text with it"


async def test_what_was_resolved_before_the_key_is_superseded(bench: Bench) -> None:
    native_id = bench.sim.incident("Checkout")
    bench.sim.estate.set_state(bench.sim.estate.incidents[native_id], "resolved", START - timedelta(minutes=1))
    found = await bench.source.confirm(bench.row(Verb.RESOLVE, native_id))
    assert (found.outcome, found.text) == (Outcome.SUPERSEDED, "resolved at 13:59 UTC, yours not needed")
    found = await bench.source.confirm(bench.row(Verb.SEVERITY, native_id, severity=1))
    assert found.outcome is Outcome.SUPERSEDED


async def test_a_severity_that_no_word_stands_for_is_refused_here() -> None:
    bench = Bench(severity={"sev-3": 2})
    with pytest.raises(Refused, match="no severity of Datadog's stands for Sev3"):
        await bench.source.send(bench.row(Verb.SEVERITY, bench.sim.incident("Checkout"), severity=3))


@pytest.mark.parametrize(
    ("answer", "error", "unsure"),
    [
        (refuse(400, "Invalid value for field state"), Refused, False),
        (refuse(404, "incident not found"), NotFound, False),
        (refuse(429, "slow down"), RateLimited, False),
        (refuse(500, "oops"), ServerFailed, True),
    ],
)
async def test_a_refusal_is_told_in_datadogs_words(
    bench: Bench, answer: Response, error: type[SourceError], unsure: bool
) -> None:
    bench.rules.append(on("PATCH", "", answer))
    with pytest.raises(error) as caught:
        await bench.source.send(bench.row(Verb.RESOLVE, bench.sim.incident("Checkout")))
    assert caught.value.maybe_applied is unsure
    assert json.loads(answer.body)["errors"][0] in str(caught.value)


@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.NOTE, Verb.SNOOZE, Verb.ESCALATE, Verb.MERGE])
async def test_what_datadog_has_no_way_to_do_is_unsupported(bench: Bench, verb: Verb) -> None:
    row = bench.row(verb, bench.sim.incident("Checkout"))
    for call in (bench.source.send, bench.source.confirm):
        with pytest.raises(Unsupported):
            await call(row)
    assert posted(bench) == posted(bench, "PATCH") == []
