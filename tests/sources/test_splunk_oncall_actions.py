"""Actions of the Splunk On-Call source: what the organisation receives, and what reading back says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from oncall_tui.demo.splunk_oncall import SplunkSim
from oncall_tui.demo.wire import json_response
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.sources.base import (
    BadAnswer,
    Capability,
    NotFound,
    Outcome,
    RateLimited,
    Refused,
    SourceError,
    TimedOut,
    Unsupported,
)
from tests.sources.system_bench import SystemBench, on

KIND = "splunk-oncall"
NEW, SLOW = "1201", "1202"
"""What is triggered, and what Charlie has acknowledged, in the scene."""
FORBIDDEN = json_response({"error": "Authentication failed or rate-limit reached"}, 403)


def body(bench: SystemBench) -> Any:
    (request,) = [request for request, _ in bench.exchanges if request.method != "GET"]
    return request.json()


async def outcome(bench: SystemBench, row: OutboxRow) -> tuple[Outcome, str]:
    found = await bench.source.confirm(row)
    return found.outcome, found.text


def user(key: str) -> dict[str, str]:
    return {"type": "User", "slug": key}


CASES: dict[str, tuple[Verb, dict[str, Any], Any]] = {
    "acknowledge": (Verb.ACKNOWLEDGE, {}, {"userName": "alice", "incidentNames": [NEW]}),
    "resolve": (
        Verb.RESOLVE,
        {"resolution": "rolled back"},
        {"userName": "alice", "incidentNames": [NEW], "message": "rolled back"},
    ),
    "resolve without words": (Verb.RESOLVE, {"resolution": None}, {"userName": "alice", "incidentNames": [NEW]}),
    "escalate to a level": (Verb.ESCALATE, {"level": 2}, [user("bob")]),
    "escalate to a level of several": (Verb.ESCALATE, {"level": 3}, [user("erin"), user("victor")]),
    "escalate to a person": (Verb.ESCALATE, {"person": "grace", "person_name": "Grace"}, [user("grace")]),
    "escalate to a policy": (
        Verb.ESCALATE,
        {"policy": "pol-edge", "policy_name": "Edge"},
        [{"type": "EscalationPolicy", "slug": "pol-edge"}],
    ),
    "reassign": (Verb.REASSIGN, {"people": ["eve", "frank"], "names": ["Eve", "Frank"]}, [user("eve"), user("frank")]),
}


@pytest.mark.parametrize("name", CASES)
async def test_an_action_arrives_as_the_api_says_and_is_confirmed(name: str) -> None:
    verb, params, expected = CASES[name]
    bench = SystemBench(KIND)
    row = bench.row(verb, NEW, **params)
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED, "nothing was sent yet"
    bench.exchanges.clear()
    sent = await bench.act(row)
    if isinstance(expected, list):
        reroute = {"incidentNumber": NEW, "targets": expected, "addTargets": False}
        expected = {"userName": "alice", "reroutes": [reroute]}
    assert body(bench) == expected
    assert len(bench.writes) == 1
    bench.exchanges.clear()
    found = await bench.source.confirm(sent)
    assert found.outcome is Outcome.APPLIED
    assert found.detail is not None
    assert found.detail.incident.native_id == NEW
    assert {request.method for request, _ in bench.exchanges} == {"GET"}


async def test_a_note_has_a_name_of_its_own_by_which_it_is_found() -> None:
    bench = SystemBench(KIND)
    row = bench.row(Verb.NOTE, NEW, text="told them", at="2026-11-23T13:32:10Z", kind="told")
    sent = await bench.act(row)
    assert body(bench) == {
        "name": "oncall-tui-key1",
        "display_name": "Alice Andersson: note",
        "json_value": {"text": "[13:32 UTC] [told] told them", "author": "alice", "at": "2026-11-23T14:00:00Z"},
    }
    found = await bench.source.confirm(sent)
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, "oncall-tui-key1")
    assert found.detail is not None
    note = found.detail.timeline[-1]
    assert (note.text, note.author, note.at.minute) == ("told them", "Alice Andersson", 32)
    equal = bench.row(Verb.NOTE, NEW, text="told them", at="2026-11-23T13:32:10Z", kind="told")
    assert (await outcome(bench, equal))[0] is Outcome.NOT_APPLIED, "the same words are another note"


async def test_where_the_answer_may_be_one_note_of_many_absence_says_nothing() -> None:
    bench = SystemBench(KIND)
    bench.rules.append(on("GET", "/notes", json_response({"name": "another", "json_value": {"text": "x"}})))
    row = bench.row(Verb.NOTE, NEW, text="x", at=None, kind=None)
    assert (await outcome(bench, row))[0] is Outcome.UNKNOWN


@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.RESOLVE, Verb.ESCALATE, Verb.REASSIGN, Verb.NOTE])
@pytest.mark.parametrize("applied", [True, False])
async def test_a_lost_answer_is_found_out_by_reading_back(verb: Verb, applied: bool) -> None:
    params: dict[Verb, dict[str, Any]] = {
        Verb.ESCALATE: {"level": 2},
        Verb.REASSIGN: {"people": ["eve"], "names": ["Eve"]},
        Verb.NOTE: {"text": "x", "at": None, "kind": None},
    }
    bench = SystemBench(KIND)
    row = bench.row(verb, NEW, **params.get(verb, {}))
    row = replace(row, baseline=await bench.source.prepare(row))
    ending = {Verb.ACKNOWLEDGE: "/ack", Verb.RESOLVE: "/resolve", Verb.NOTE: "/notes"}.get(verb, "/reroute")
    bench.lose("POST" if verb not in (Verb.ACKNOWLEDGE, Verb.RESOLVE) else "PATCH", ending, applied=applied)
    with pytest.raises(TimedOut) as caught:
        await bench.source.send(row)
    assert caught.value.maybe_applied
    assert (await outcome(bench, row))[0] is (Outcome.APPLIED if applied else Outcome.NOT_APPLIED)
    assert len(bench.writes) == int(applied)


async def test_paging_whom_was_paged_before_is_told_by_the_answer_only() -> None:
    bench = SystemBench(KIND)
    row = bench.row(Verb.ESCALATE, NEW, person="alice", person_name="Alice")
    row = replace(row, baseline=await bench.source.prepare(row))
    assert "user:alice" in row.baseline
    assert (await outcome(bench, row))[0] is Outcome.UNKNOWN
    await bench.source.send(row)
    answered = replace(row, answered_at=bench.clock.now())
    assert (await outcome(bench, answered))[0] is Outcome.APPLIED


async def test_whoever_was_paged_among_others_is_not_yet_whom_it_was_given_to() -> None:
    bench = SystemBench(KIND)
    bench.sim.account.incidents[NEW].users = ["alice", "bob"]
    row = bench.row(Verb.REASSIGN, NEW, people=["bob"], names=["Bob"])
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED
    bench.lose("POST", "/reroute", applied=True)
    with pytest.raises(TimedOut):
        await bench.source.send(row)
    assert (await outcome(bench, row))[0] is Outcome.APPLIED
    bench.sim.account.incidents[NEW].users = ["alice", "bob"]
    assert (await outcome(bench, row))[0] is Outcome.APPLIED, "by its transition, where those from before are told on"
    later = replace(row, sent_at=bench.clock.now() + timedelta(minutes=1), answered_at=bench.clock.now())
    assert (await outcome(bench, later))[0] is Outcome.APPLIED, "by its answer"


async def test_a_level_is_whoever_holds_it_now_not_a_quarter_of_an_hour_ago() -> None:
    bench = SystemBench(KIND)
    await bench.polls(5)

    def edit(data: Any) -> Any:
        for row in data["schedules"]:
            row["overrides"] = [
                {
                    "origOnCallUser": {"username": "bob"},
                    "overrideOnCallUser": {"username": "grace"},
                    "start": "2026-11-23T13:00:00Z",
                    "end": "2026-11-23T18:00:00Z",
                }
            ]
        return data

    bench.edits["/oncall/schedule"] = edit
    row = await bench.act(bench.row(Verb.ESCALATE, NEW, level=2))
    assert bench.writes[-1]["to"] == ["grace"]
    assert (await outcome(bench, row))[0] is Outcome.APPLIED


async def test_what_is_already_so_is_refused_with_200_and_read_back() -> None:
    bench = SystemBench(KIND)
    row = bench.row(Verb.ACKNOWLEDGE, SLOW)
    with pytest.raises(Refused, match="already acked"):
        await bench.source.send(row)
    assert await outcome(bench, row) == (
        Outcome.SUPERSEDED, "acknowledged by Charlie Chen 13:25 UTC, yours not needed",
    )  # fmt: skip
    bench.sim.account.resolve(bench.sim.account.incidents[SLOW], "bob", None, bench.clock.now())
    for verb in (Verb.ACKNOWLEDGE, Verb.RESOLVE):
        row = bench.row(verb, SLOW)
        with pytest.raises(Refused, match="already resolved"):
            await bench.source.send(row)
        assert await outcome(bench, row) == (Outcome.SUPERSEDED, "resolved by Bob Brandt 14:00 UTC, yours not needed")


async def test_an_acknowledgement_from_before_is_not_taken_for_this_one_after_it_was_rerouted() -> None:
    bench = SystemBench(KIND)
    await bench.act(bench.row(Verb.ACKNOWLEDGE, NEW))
    bench.clock.advance(60)
    await bench.act(bench.row(Verb.REASSIGN, NEW, people=["eve"], names=["Eve"]))
    bench.clock.advance(60)
    assert (await outcome(bench, bench.row(Verb.ACKNOWLEDGE, NEW)))[0] is Outcome.NOT_APPLIED


async def test_refusals_tell_the_systems_reason() -> None:
    bench = SystemBench(KIND)
    with pytest.raises(Refused, match="Not all targets were found; Target not found"):
        await bench.source.send(bench.row(Verb.REASSIGN, NEW, people=["nobody"], names=["N"]))
    with pytest.raises(Refused, match="Incident not found"):
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, "9"))
    with pytest.raises(NotFound):
        await bench.source.send(bench.row(Verb.NOTE, "9", text="x", at=None, kind=None))
    assert (await outcome(bench, bench.row(Verb.ACKNOWLEDGE, "9")))[0] is Outcome.UNKNOWN
    bench.rules.append(on("PATCH", "/ack", json_response({"error": "User not found\x1b[c"}, 400)))
    with pytest.raises(Refused, match=r"User not found\\x1b\[c"):
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, NEW))
    assert bench.writes == []


@pytest.mark.parametrize("answer", [{}, {"results": []}, {"results": [{"incidentNumber": NEW}]}])
async def test_an_answer_that_says_nothing_of_it_may_have_been_applied(answer: Any) -> None:
    bench = SystemBench(KIND)
    bench.rules.append(on("PATCH", "/ack", json_response(answer)))
    with pytest.raises(BadAnswer) as caught:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, NEW))
    assert caught.value.maybe_applied


async def test_a_level_that_nobody_is_known_on_is_refused_before_it_is_sent() -> None:
    bench = SystemBench(KIND)
    with pytest.raises(Refused, match="nobody is known to be on level 4"):
        await bench.source.send(bench.row(Verb.ESCALATE, NEW, level=4))
    with pytest.raises(Unsupported):
        await bench.source.send(bench.row(Verb.ESCALATE, NEW))
    assert bench.writes == []


async def test_a_read_only_key_is_told_from_the_limit_at_the_second_refusal() -> None:
    bench = SystemBench(KIND, lambda clock, seed: _scene(SplunkSim(clock, seed, read_only=True)))
    with pytest.raises(RateLimited) as caught:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, NEW))
    assert not caught.value.maybe_applied
    await bench.poll()
    bench.clock.advance(61)
    with pytest.raises(Refused, match="read-only"):
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, NEW))
    bench.clock.advance(timedelta(hours=2))
    with pytest.raises(RateLimited):
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, NEW))


def _scene(sim: SplunkSim) -> SplunkSim:
    sim.open_scene()
    return sim


async def test_nobody_to_act_as_is_refused_with_what_to_do() -> None:
    for seat, words in (("zoe@example.com", "knows no user zoe@example.com"), (None, "set seat.user")):
        bench = SystemBench(KIND, seat=seat)
        with pytest.raises(Refused, match=words):
            await bench.source.send(bench.row(Verb.ACKNOWLEDGE, NEW))
        assert bench.writes == []


async def test_what_the_api_cannot_do_is_no_capability_and_unsupported() -> None:
    bench = SystemBench(KIND)
    for verb in (Verb.SNOOZE, Verb.UNACKNOWLEDGE, Verb.REOPEN, Verb.MERGE, Verb.SEVERITY, Verb.TITLE, Verb.RESPONDERS):
        assert Capability(verb.value) not in bench.source.capabilities
        with pytest.raises(Unsupported, match="its API has no call for it"):
            await bench.source.send(bench.row(verb, NEW, seconds=60, people=[], severity=1, into="splunk:1"))
    assert bench.calls == []


@pytest.mark.parametrize(
    ("trouble", "maybe"),
    [
        (httpx.ConnectError("no"), False),
        (httpx.RemoteProtocolError("gone"), True),
        (json_response({"error": "x"}, 500), True),
        (json_response({"error": "x"}, 429), False),
        (FORBIDDEN, False),
    ],
)
async def test_whether_it_may_have_been_applied_is_told(trouble: Any, maybe: bool) -> None:
    bench = SystemBench(KIND)
    bench.rules.append(on("PATCH", "/ack", trouble))
    with pytest.raises(SourceError) as caught:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, NEW))
    assert caught.value.maybe_applied is maybe
