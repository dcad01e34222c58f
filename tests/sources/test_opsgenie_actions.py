"""Actions of the Opsgenie source: what the account receives, and what reading back says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.clock import iso
from oncall_tui.demo.faults import drop_after_apply, drop_before_apply, is_write, limit_rate, refuse
from oncall_tui.model import IncidentState, OutboxRow, Verb
from oncall_tui.sources.base import (
    Dropped,
    NotFound,
    Outcome,
    RateLimited,
    Refused,
    SourceError,
    Unreachable,
    Unsupported,
)
from tests.sources.genie_bench import ALICE, OpsgenieBench
from tests.support.clock import START

WHO = {"source": "oncall-tui", "user": ALICE}

# verb, message of the alert, parameters, the call after the alert's path, its body, what is so afterwards
Case = tuple[
    Verb, str, Callable[[OpsgenieBench], dict[str, Any]], str, Callable[[OpsgenieBench], Any], Callable[[Any], object]
]
CASES: dict[str, Case] = {
    "acknowledge": (
        Verb.ACKNOWLEDGE,
        "Checkout",
        lambda b: {},
        "POST /acknowledge",
        lambda b: WHO,
        lambda a: (a.acknowledged, a.acknowledged_by) == (True, ALICE),
    ),
    "take it back": (
        Verb.UNACKNOWLEDGE,
        "P99",
        lambda b: {},
        "POST /unacknowledge",
        lambda b: WHO,
        lambda a: not a.acknowledged,
    ),
    "resolve": (Verb.RESOLVE, "P99", lambda b: {"resolution": None}, "POST /close", lambda b: WHO, lambda a: a.closed),
    "resolve with words": (
        Verb.RESOLVE,
        "P99",
        lambda b: {"resolution": "rolled back"},
        "POST /close",
        lambda b: {**WHO, "note": "rolled back"},
        lambda a: a.closed and a.notes[-1].text == "rolled back",
    ),
    "snooze": (
        Verb.SNOOZE,
        "Checkout",
        lambda b: {"seconds": 3600},
        "POST /snooze",
        lambda b: {**WHO, "endTime": "2026-11-23T15:00:00Z"},
        lambda a: a.snoozed_until == START + timedelta(hours=1),
    ),
    "note": (
        Verb.NOTE,
        "Checkout",
        lambda b: {"text": "told them", "at": "2026-11-23T13:32:10Z", "kind": "told"},
        "POST /notes",
        lambda b: {**WHO, "note": "[13:32 UTC] [told] told them"},
        lambda a: [one.text for one in a.notes] == ["[13:32 UTC] [told] told them"],
    ),
    "assign": (
        Verb.REASSIGN,
        "Checkout",
        lambda b: {"people": [b.user("eve")], "names": ["Eve"]},
        "POST /assign",
        lambda b: {**WHO, "owner": {"type": "user", "id": b.user("eve")}},
        lambda a: a.owner is not None and a.owner.key == "eve",
    ),
    "escalate to an escalation": (
        Verb.ESCALATE,
        "Checkout",
        lambda b: {"policy": b.life.estate.escalations[1].id, "policy_name": "Storage"},
        "POST /escalate",
        lambda b: {**WHO, "escalation": {"type": "escalation", "id": b.life.estate.escalations[1].id}},
        lambda a: "escalated to next of [Storage On-Call]" in a.log[-1].text,
    ),
    "escalate to a person": (
        Verb.ESCALATE,
        "Checkout",
        lambda b: {"person": b.user("erin"), "person_name": "Erin"},
        "POST /responders",
        lambda b: {**WHO, "responder": {"type": "user", "id": b.user("erin")}},
        lambda a: a.responders[-1][0] == "user",
    ),
    "escalate to a level": (
        Verb.ESCALATE,
        "Checkout",
        lambda b: {"level": 2},
        "POST /responders",
        lambda b: {**WHO, "responder": {"type": "schedule", "id": b.life.estate.schedules[1].id}},
        lambda a: a.responders[-1][0] == "schedule",
    ),
    "severity": (
        Verb.SEVERITY,
        "Checkout",
        lambda b: {"severity": 3},
        "PUT /priority",
        lambda b: {"priority": "P3"},
        lambda a: a.priority == "P3",
    ),
    "title": (
        Verb.TITLE,
        "Checkout",
        lambda b: {"title": "disk [/dev/sda1] full"},
        "PUT /message",
        lambda b: {"message": "disk [/dev/sda1] full"},
        lambda a: a.message == "disk [/dev/sda1] full",
    ),
    "responders": (
        Verb.RESPONDERS,
        "Checkout",
        lambda b: {"people": [b.user("eve")], "names": ["Eve"], "message": "join"},
        "POST /responders",
        lambda b: {**WHO, "responder": {"type": "user", "id": b.user("eve")}, "note": "join"},
        lambda a: a.responders[-1][0] == "user",
    ),
}

every_action = pytest.mark.parametrize("name", CASES)


@every_action
async def test_it_is_sent_as_the_api_says_and_confirmed_by_its_outcome(name: str) -> None:
    verb, message, params, call, body, true = CASES[name]
    bench = OpsgenieBench()
    await bench.poll()
    alert = bench.alert(message)
    row = await bench.send(bench.row(verb, alert.id, **params(bench)))
    method, _, ending = call.partition(" ")
    assert bench.sent == [(f"{method} /v2/alerts/{alert.id}{ending}", body(bench))]
    assert bench.exchanges[-1][1].status == 202
    assert not true(alert)  # taken, and not done
    assert (await bench.outcome(row, 0))[0] is Outcome.UNKNOWN
    assert (await bench.outcome(row))[0] is Outcome.APPLIED
    assert true(alert)
    assert bench.sim.told()["writes"][0]["target"] == alert.id


@every_action
async def test_a_lost_answer_is_read_back(name: str) -> None:
    verb, message, params, _, _, _ = CASES[name]
    bench = OpsgenieBench()
    await bench.poll()
    row = bench.row(verb, bench.alert(message).id, **params(bench))
    row = replace(row, baseline=await bench.source.prepare(row))
    bench.planned.next(drop_after_apply, matching=is_write)
    with pytest.raises(Dropped) as caught:
        await bench.source.send(row)
    assert caught.value.maybe_applied
    assert (await bench.outcome(row))[0] is Outcome.APPLIED


@every_action
async def test_what_never_arrived_is_not_taken_for_done(name: str) -> None:
    verb, message, params, _, _, _ = CASES[name]
    bench = OpsgenieBench()
    await bench.poll()
    row = bench.row(verb, bench.alert(message).id, **params(bench))
    row = replace(row, baseline=await bench.source.prepare(row))
    bench.planned.next(drop_before_apply, matching=is_write)
    with pytest.raises(Dropped):
        await bench.source.send(row)
    assert await bench.outcome(row) == (Outcome.UNKNOWN, "it does not show yet")  # it may wait in their queue
    assert (await bench.outcome(row, 10))[0] is Outcome.NOT_APPLIED


async def test_a_refusal_that_comes_with_the_outcome() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    row = await bench.send(bench.row(Verb.REASSIGN, bench.alert("Checkout").id, people=["nobody"], names=["Nobody"]))
    assert await bench.outcome(row) == (Outcome.REFUSED, "Opsgenie: User does not exist")


async def test_an_alert_that_is_gone() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    alert = bench.alert("Checkout")
    row = await bench.send(bench.row(Verb.ACKNOWLEDGE, alert.id))
    del bench.life.alerts[alert.id]
    assert await bench.outcome(row) == (Outcome.REFUSED, "Opsgenie: Alert does not exist")
    lost = bench.row(Verb.ACKNOWLEDGE, alert.id)
    assert (await bench.outcome(lost))[0] is Outcome.UNKNOWN
    with pytest.raises(NotFound):
        await bench.source.prepare(bench.row(Verb.NOTE, alert.id, text="x", at=None, kind=None))


async def test_somebody_else_was_first() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    alert = bench.alert("Checkout")
    bench.life.acknowledge(alert.id, "bob@example.com", START)
    row = await bench.send(bench.row(Verb.ACKNOWLEDGE, alert.id))
    outcome, text = await bench.outcome(row)
    assert outcome is Outcome.SUPERSEDED
    assert text == "acknowledged by Bob Brandt 14:00 UTC, yours not needed"
    bench.life.close(alert.id, "eve@example.com", bench.clock.now())
    late = await bench.send(bench.row(Verb.SNOOZE, alert.id, seconds=60))
    assert await bench.outcome(late) == (Outcome.SUPERSEDED, "closed by Eve Eriksen 14:00 UTC, yours not needed")


async def test_already_so_by_oneself() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    row = await bench.send(bench.row(Verb.ACKNOWLEDGE, bench.alert("P99").id))
    assert (await bench.outcome(row))[0] is Outcome.APPLIED


async def test_an_outcome_that_is_never_told_is_judged_by_the_alert() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    row = replace(await bench.send(bench.row(Verb.ACKNOWLEDGE, bench.alert("Checkout").id)), native_ref="forgotten")
    assert (await bench.outcome(row))[0] is Outcome.UNKNOWN
    assert (await bench.outcome(row, 4))[0] is Outcome.APPLIED


async def test_the_detail_of_a_confirmation_is_what_stands_there_now() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    row = await bench.send(bench.row(Verb.ACKNOWLEDGE, bench.alert("Checkout").id))
    bench.clock.advance(1)
    detail = (await bench.source.confirm(row)).detail
    assert detail is not None
    assert detail.incident.state is IncidentState.ACKNOWLEDGED
    assert [one.name for one in detail.incident.acknowledged_by] == ["Alice Andersson"]


async def test_a_note_is_not_doubled_and_an_equal_one_is_not_taken_for_it() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    alert = bench.alert("Checkout")
    bench.life.note(alert.id, ALICE, "on it", START)
    bench.life.note(alert.id, "bob@example.com", "on it", START)
    row = bench.row(Verb.NOTE, alert.id, text="on it", at=None, kind=None)
    row = replace(row, baseline=await bench.source.prepare(row))
    assert len(row.baseline) == 1
    assert (await bench.outcome(row, 11))[0] is Outcome.NOT_APPLIED
    bench.planned.next(drop_after_apply, matching=is_write)
    with pytest.raises(Dropped):
        await bench.source.send(row)
    assert (await bench.outcome(row))[0] is Outcome.APPLIED


async def test_several_responders_take_several_calls_and_are_one_outcome() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    people = [bench.user("eve"), bench.user("frank")]
    row = bench.row(Verb.RESPONDERS, bench.alert("Checkout").id, people=people, names=["E", "F"], message="")
    sent = await bench.send(row)
    assert len(bench.sent) == 2
    assert (await bench.outcome(sent))[0] is Outcome.APPLIED
    again = bench.row(Verb.RESPONDERS, bench.alert("Volume").id, people=people, names=["E", "F"], message="")
    calls = iter([False, True])
    bench.planned.next(refuse, matching=lambda request: is_write(request) and next(calls))
    with pytest.raises(Unreachable) as caught:
        await bench.source.send(again)
    assert caught.value.maybe_applied  # the first one was taken


# -- incidents of Opsgenie's -------------------------------------------------------------------------------------------


async def test_an_incident_is_closed_through_its_own_api() -> None:
    bench = OpsgenieBench()
    page = await bench.incident("Payments are failing")
    row = await bench.send(bench.row(Verb.RESOLVE, page.native_id, resolution="it was DNS"))
    (incident,) = bench.life.incidents.values()
    assert bench.sent == [(f"POST /v1/incidents/{incident.id}/close", {"note": "it was DNS"})]
    assert (await bench.outcome(row))[0] is Outcome.APPLIED
    assert (incident.status, incident.notes) == ("closed", ["it was DNS"])
    again = await bench.send(bench.row(Verb.RESOLVE, page.native_id, resolution=None))
    assert (await bench.outcome(again))[0] is Outcome.SUPERSEDED


@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.NOTE, Verb.SNOOZE, Verb.SEVERITY])
async def test_the_rest_of_an_incident_is_not_in_the_api(verb: Verb) -> None:
    bench = OpsgenieBench()
    page = await bench.incident("Payments are failing")
    with pytest.raises(Unsupported, match="closes an incident and does nothing else"):
        await bench.source.send(bench.row(verb, page.native_id, text="x", at=None, kind=None, seconds=1, severity=1))
    assert bench.sent == []


# -- what is refused before or at once ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "params", "error", "words"),
    [
        (Verb.REASSIGN, {"people": ["a", "b"], "names": ["A", "B"]}, Unsupported, "one owner"),
        (Verb.ESCALATE, {"level": 9}, Unsupported, "no level 9"),
        (Verb.TITLE, {"title": "x" * 131}, Refused, "at most 130 characters"),
        (Verb.REOPEN, {}, Unsupported, "cannot reopen"),
        (Verb.MERGE, {"into": "pager:x"}, Unsupported, "cannot merge"),
    ],
)
async def test_what_it_cannot_do_is_not_sent(
    verb: Verb, params: dict[str, Any], error: type[SourceError], words: str
) -> None:
    bench = OpsgenieBench()
    await bench.poll()
    with pytest.raises(error, match=words):
        await bench.source.send(bench.row(verb, bench.alert("Checkout").id, **params))
    assert bench.sent == []


async def test_no_level_of_an_alert_that_was_given_to_no_escalation() -> None:
    bench = OpsgenieBench()
    alert = bench.alert("Checkout")
    alert.responders = [("team", bench.life.estate.teams["payments"].id)]
    with pytest.raises(Unsupported, match="choose a person or an escalation"):
        await bench.source.send(bench.row(Verb.ESCALATE, alert.id, level=2))


async def test_a_severity_that_no_priority_stands_for() -> None:
    bench = OpsgenieBench(severity={"P3": 2})
    with pytest.raises(Refused, match="no priority stands for Sev3"):
        await bench.source.send(bench.row(Verb.SEVERITY, bench.alert("Checkout").id, severity=3))


async def test_the_most_severe_priority_stands_for_a_severity() -> None:
    bench = OpsgenieBench()
    await bench.send(bench.row(Verb.SEVERITY, bench.alert("Checkout").id, severity=4))
    assert bench.sent[-1][1] == {"priority": "P4"}


async def test_a_key_that_may_not_act() -> None:
    bench = OpsgenieBench(rights=frozenset({"read", "configuration"}))
    with pytest.raises(Refused, match="Create and update") as caught:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, bench.alert("Checkout").id))
    assert not caught.value.maybe_applied


async def test_a_body_that_the_system_will_not_have() -> None:
    bench = OpsgenieBench()
    with pytest.raises(Refused, match="Request body is not processable"):
        await bench.source.send(bench.row(Verb.NOTE, bench.alert("Checkout").id, text=" ", at=None, kind=None))


async def test_a_snooze_ends_by_the_systems_clock() -> None:
    bench = OpsgenieBench(skew=timedelta(hours=2))
    await bench.poll()
    row = await bench.send(bench.row(Verb.SNOOZE, bench.alert("Checkout").id, seconds=600))
    assert bench.sent[-1][1]["endTime"] == "2026-11-23T16:10:00Z"
    assert (await bench.outcome(row))[0] is Outcome.APPLIED


async def test_too_many_calls() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    bench.planned.next(limit_rate(30), matching=is_write)
    with pytest.raises(RateLimited) as caught:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, bench.alert("Checkout").id))
    assert (caught.value.maybe_applied, caught.value.retry_after) == (False, 30)


async def test_it_acts_in_the_name_that_is_configured_where_the_user_is_not_there() -> None:
    bench = OpsgenieBench(seat="night shift")
    await bench.send(bench.row(Verb.ACKNOWLEDGE, bench.alert("Checkout").id))
    assert bench.sent[-1][1] == {"source": "oncall-tui", "user": "night shift"}
    nobody = OpsgenieBench(seat=None)
    await nobody.send(nobody.row(Verb.ACKNOWLEDGE, nobody.alert("Checkout").id))
    assert nobody.sent[-1][1] == {"source": "oncall-tui"}


# -- somebody stands in ----------------------------------------------------------------------------------------


def cover(bench: OpsgenieBench, hours: tuple[float, float] = (24, 36)) -> OutboxRow:
    schedule = next(one for one in bench.life.estate.schedules if one.name == "Payments Primary")
    start, end = (iso(bench.clock.now() + timedelta(hours=one)) for one in hours)
    bob = bench.life.estate.users["bob"]
    params = {"start": start, "end": end, "person": bob.id, "person_name": bob.name}
    return bench.row(Verb.OVERRIDE, schedule.id, **params, instead=None, instead_name="")


async def test_an_override_stands_on_the_schedule_once() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    row = cover(bench)
    row = replace(row, baseline=await bench.source.prepare(row))
    assert (await bench.outcome(row))[0] is Outcome.NOT_APPLIED
    sent = await bench.source.send(row)
    await bench.source.send(row)
    schedule = next(one for one in bench.life.estate.schedules if one.name == "Payments Primary")
    (made,) = schedule.overrides
    assert (made.user.key, made.alias) == ("bob", f"oncall-tui-{row.key}") and sent.native_ref == made.alias
    assert (await bench.outcome(replace(row, native_ref=sent.native_ref)))[0] is Outcome.APPLIED
    snapshot = await bench.poll()
    over = [one for one in snapshot.shifts or () if one.is_override]
    assert over and {one.schedule_id for one in over} == {schedule.id}
    again = replace(row, key="other", baseline=await bench.source.prepare(row))
    assert again.baseline == (made.alias,) and (await bench.outcome(again))[0] is Outcome.NOT_APPLIED


async def test_an_override_that_cannot_be() -> None:
    bench = OpsgenieBench()
    with pytest.raises(Refused, match="not processable"):
        await bench.source.send(cover(bench, (-9, -3)))
    shadow = OpsgenieBench(rights=frozenset({"read", "write"}))
    with pytest.raises(Refused, match="Configuration access"):
        await shadow.source.send(cover(shadow))
