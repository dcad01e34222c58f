"""Actions of the source for Jira Service Management Operations: what the site receives, and what reading back says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.clock import iso
from oncall_tui.demo.faults import drop_after_apply, drop_before_apply, is_write, limit_rate
from oncall_tui.demo.jsm.sim import SCOPES
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.sources.base import (
    AuthFailed,
    Dropped,
    NotFound,
    Outcome,
    RateLimited,
    Refused,
    SourceError,
    Unsupported,
)
from tests.sources.genie_bench import JsmBench, on
from tests.support.clock import START

# verb, message of the alert, parameters, the call after the alert's path, its body, what is so afterwards
Case = tuple[Verb, str, Callable[[JsmBench], dict[str, Any]], str, Callable[[JsmBench], Any], Callable[[Any], object]]
CASES: dict[str, Case] = {
    "acknowledge": (
        Verb.ACKNOWLEDGE,
        "Checkout",
        lambda b: {},
        "POST /acknowledge",
        lambda b: None,
        lambda a: (a.acknowledged, a.acknowledged_by) == (True, "Alice Andersson"),
    ),
    "take it back": (
        Verb.UNACKNOWLEDGE,
        "P99",
        lambda b: {},
        "POST /unacknowledge",
        lambda b: None,
        lambda a: not a.acknowledged,
    ),
    "resolve": (Verb.RESOLVE, "P99", lambda b: {"resolution": None}, "POST /close", lambda b: None, lambda a: a.closed),
    "snooze": (
        Verb.SNOOZE,
        "Checkout",
        lambda b: {"seconds": 3600},
        "POST /snooze",
        lambda b: {"endTime": "2026-11-23T15:00:00Z"},
        lambda a: a.snoozed_until == START + timedelta(hours=1),
    ),
    "assign": (
        Verb.REASSIGN,
        "Checkout",
        lambda b: {"people": [b.user("eve")], "names": ["Eve"]},
        "POST /assign",
        lambda b: {"accountId": b.user("eve")},
        lambda a: a.owner is not None and a.owner.key == "eve",
    ),
    "escalate to an escalation": (
        Verb.ESCALATE,
        "Checkout",
        lambda b: {"policy": b.life.estate.escalations[1].id, "policy_name": "Storage"},
        "POST /escalate",
        lambda b: {"escalationId": b.life.estate.escalations[1].id},
        lambda a: "escalated to next of [Storage On-Call]" in a.log[-1].text,
    ),
    "escalate to a person": (
        Verb.ESCALATE,
        "Checkout",
        lambda b: {"person": b.user("erin"), "person_name": "Erin"},
        "POST /responders",
        lambda b: {"id": b.user("erin"), "type": "user"},
        lambda a: a.responders[-1][0] == "user",
    ),
    "escalate to a level": (
        Verb.ESCALATE,
        "Checkout",
        lambda b: {"level": 2},
        "POST /responders",
        lambda b: {"id": b.life.estate.schedules[1].id, "type": "schedule"},
        lambda a: a.responders[-1][0] == "schedule",
    ),
    "severity": (
        Verb.SEVERITY,
        "Checkout",
        lambda b: {"severity": 3},
        "PATCH /priority",
        lambda b: {"priority": "P3"},
        lambda a: a.priority == "P3",
    ),
    "title": (
        Verb.TITLE,
        "Checkout",
        lambda b: {"title": "disk [/dev/sda1] full"},
        "PATCH /message",
        lambda b: {"message": "disk [/dev/sda1] full"},
        lambda a: a.message == "disk [/dev/sda1] full",
    ),
    "responders": (
        Verb.RESPONDERS,
        "Checkout",
        lambda b: {"people": [b.user("eve")], "names": ["Eve"], "message": ""},
        "POST /responders",
        lambda b: {"id": b.user("eve"), "type": "user"},
        lambda a: a.responders[-1][0] == "user",
    ),
}
NOTE: dict[str, Any] = {"text": "told them", "at": "2026-11-23T13:32:10Z", "kind": "told"}

every_action = pytest.mark.parametrize("name", CASES)


@every_action
async def test_it_is_sent_as_the_api_says_and_confirmed_by_its_outcome(name: str) -> None:
    verb, message, params, call, body, true = CASES[name]
    bench = JsmBench()
    await bench.poll()
    alert = bench.alert(message)
    row = await bench.send(bench.row(verb, alert.id, **params(bench)))
    method, _, ending = call.partition(" ")
    assert bench.sent == [(f"{method} {bench.ops}/alerts/{alert.id}{ending}", body(bench))]
    assert bench.exchanges[-1][1].status == 202
    assert not true(alert)  # taken, and not done
    assert (await bench.outcome(row, 0))[0] is Outcome.UNKNOWN
    assert (await bench.outcome(row))[0] is Outcome.APPLIED
    assert true(alert)
    assert bench.sim.told()["writes"][0]["target"] == alert.id


@every_action
async def test_a_lost_answer_is_read_back(name: str) -> None:
    verb, message, params, _, _, _ = CASES[name]
    bench = JsmBench()
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
    bench = JsmBench()
    await bench.poll()
    row = bench.row(verb, bench.alert(message).id, **params(bench))
    row = replace(row, baseline=await bench.source.prepare(row))
    bench.planned.next(drop_before_apply, matching=is_write)
    with pytest.raises(Dropped):
        await bench.source.send(row)
    assert (await bench.outcome(row))[0] is Outcome.UNKNOWN
    assert (await bench.outcome(row, 10))[0] is Outcome.NOT_APPLIED


async def test_a_note_is_there_when_it_was_answered() -> None:
    bench = JsmBench()
    await bench.poll()
    alert = bench.alert("Checkout")
    row = await bench.send(bench.row(Verb.NOTE, alert.id, **NOTE))
    assert bench.sent == [(f"POST {bench.ops}/alerts/{alert.id}/notes", {"note": "[13:32 UTC] [told] told them"})]
    assert row.native_ref == alert.notes[-1].id
    confirmed = await bench.source.confirm(row)
    assert confirmed.outcome is Outcome.APPLIED
    assert confirmed.native_ref == alert.notes[-1].id
    assert not [call for call in bench.calls if "/requests/" in call]


async def test_a_lost_note_is_not_doubled_and_an_equal_one_is_not_taken_for_it() -> None:
    bench = JsmBench()
    await bench.poll()
    alert = bench.alert("Checkout")
    text = "[13:32 UTC] [told] told them"
    bench.life.note(alert.id, "Alice Andersson", text, START)
    bench.life.note(alert.id, "Bob Brandt", text, START)
    row = bench.row(Verb.NOTE, alert.id, **NOTE)
    row = replace(row, baseline=await bench.source.prepare(row))
    assert row.baseline == (alert.notes[0].id,)
    assert (await bench.outcome(row, 11))[0] is Outcome.NOT_APPLIED
    bench.planned.next(drop_after_apply, matching=is_write)
    with pytest.raises(Dropped):
        await bench.source.send(row)
    assert (await bench.outcome(row))[0] is Outcome.APPLIED


async def test_the_words_of_a_resolution_become_a_note() -> None:
    bench = JsmBench()
    await bench.poll()
    alert = bench.alert("P99")
    row = await bench.send(bench.row(Verb.RESOLVE, alert.id, resolution="rolled back"))
    assert [call.rpartition("/")[2] for call, _ in bench.sent] == ["notes", "close"]
    assert await bench.outcome(row) == (Outcome.APPLIED, "")
    assert alert.closed
    assert alert.notes[-1].text == "rolled back"


async def test_words_that_are_refused_hold_up_no_closing_and_it_says_so() -> None:
    bench = JsmBench()
    await bench.poll()
    alert = bench.alert("P99")
    bench.refuse("/notes", 422, method="POST")
    row = bench.row(Verb.RESOLVE, alert.id, resolution="rolled back")
    sent = await bench.source.send(row)
    assert "its words could not be noted" in sent.text
    row = replace(row, answered_at=bench.clock.now(), native_ref=sent.native_ref, answer=sent.text)
    outcome, text = await bench.outcome(row)
    assert outcome is Outcome.APPLIED
    assert "could not be noted" in text
    assert "rolled back" in text
    assert alert.closed


@pytest.mark.parametrize("lost", ["/notes", "/close"])
@pytest.mark.parametrize("trouble", [drop_before_apply, drop_after_apply])
async def test_words_of_a_resolution_whose_answer_is_lost_arrive_once(lost: str, trouble: Any) -> None:
    bench = JsmBench()
    await bench.poll()
    alert = bench.alert("P99")
    bench.life.note(alert.id, "Alice Andersson", "rolled back", START - timedelta(minutes=5))  # of an earlier time
    row = bench.row(Verb.RESOLVE, alert.id, resolution="rolled back")
    bench.planned.next(trouble, matching=on("POST", lost))
    with pytest.raises(Dropped) as caught:
        await bench.source.send(row)
    assert caught.value.maybe_applied
    outcome, text = await bench.outcome(row, 11)
    if lost == "/close" and trouble is drop_after_apply:
        assert (outcome, text) == (Outcome.APPLIED, "")
    else:
        assert outcome is Outcome.NOT_APPLIED
        again = await bench.send(replace(row, attempts=2, sent_at=bench.clock.now()))
        assert await bench.outcome(again) == (Outcome.APPLIED, "")
    assert alert.closed
    assert [note.text for note in alert.notes].count("rolled back") == 2


async def test_a_close_waits_for_its_words_but_not_for_ever() -> None:
    bench = JsmBench()
    await bench.poll()
    alert = bench.alert("P99")
    bench.refuse("/notes", 500, method="POST", count=3)
    row = bench.row(Verb.RESOLVE, alert.id, resolution="rolled back")
    for attempt in (1, 2):
        with pytest.raises(SourceError) as caught:
            await bench.source.send(replace(row, attempts=attempt))
        assert caught.value.retry_after == 4
        bench.clock.advance(5)
    assert not [call for call, _ in bench.sent if call.endswith("/close")]
    await bench.source.send(replace(row, attempts=3))
    bench.clock.advance(1)
    bench.sim.told()
    assert alert.closed


async def test_a_refusal_that_comes_with_the_outcome() -> None:
    bench = JsmBench()
    await bench.poll()
    row = await bench.send(bench.row(Verb.REASSIGN, bench.alert("Checkout").id, people=["nobody"], names=["Nobody"]))
    assert await bench.outcome(row) == (Outcome.REFUSED, "Jira Service Management: User does not exist")


async def test_somebody_else_was_first() -> None:
    bench = JsmBench()
    await bench.poll()
    alert = bench.alert("Checkout")
    bench.life.acknowledge(alert.id, "Bob Brandt", START)
    row = await bench.send(bench.row(Verb.ACKNOWLEDGE, alert.id))
    assert await bench.outcome(row) == (
        Outcome.SUPERSEDED,
        "acknowledged by Bob Brandt 14:00 UTC, yours not needed",
    )


async def test_an_alert_that_is_gone() -> None:
    bench = JsmBench()
    await bench.poll()
    alert = bench.alert("Checkout")
    del bench.life.alerts[alert.id]
    with pytest.raises(NotFound, match="Alert does not exist"):
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, alert.id))


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
    bench = JsmBench()
    await bench.poll()
    with pytest.raises(error, match=words):
        await bench.source.send(bench.row(verb, bench.alert("Checkout").id, **params))
    assert bench.sent == []


async def test_a_token_that_may_not_act_is_no_wrong_token() -> None:
    bench = JsmBench(scopes=SCOPES - {"write:ops-alert"})
    with pytest.raises(Refused, match="write:ops-alert:jira-service-management") as caught:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, bench.alert("Checkout").id))
    assert not caught.value.maybe_applied
    bench.refuse("/acknowledge", 401, "Unauthorized", method="POST")
    with pytest.raises(AuthFailed):
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, bench.alert("Checkout").id))


async def test_a_token_that_may_not_read_people_acts_all_the_same() -> None:
    bench = JsmBench(scopes=SCOPES - {"read:jira-user"})
    await bench.poll()
    row = await bench.send(bench.row(Verb.ACKNOWLEDGE, bench.alert("Checkout").id))
    assert (await bench.outcome(row))[0] is Outcome.APPLIED


async def test_a_body_that_the_system_will_not_have() -> None:
    bench = JsmBench()
    with pytest.raises(Refused, match="note must not be empty"):
        await bench.source.send(bench.row(Verb.NOTE, bench.alert("Checkout").id, text=" ", at=None, kind=None))


async def test_too_many_calls() -> None:
    bench = JsmBench()
    await bench.poll()
    bench.planned.next(limit_rate(30), matching=is_write)
    with pytest.raises(RateLimited) as caught:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, bench.alert("Checkout").id))
    assert (caught.value.maybe_applied, caught.value.retry_after) == (False, 30)


# -- somebody stands in ----------------------------------------------------------------------------------------


def cover(bench: JsmBench, hours: tuple[float, float] = (24, 36)) -> OutboxRow:
    schedule = next(one for one in bench.life.estate.schedules if one.name == "Payments Primary")
    start, end = (iso(bench.clock.now() + timedelta(hours=one)) for one in hours)
    params = {"start": start, "end": end, "person": bench.user("bob"), "person_name": "Bob"}
    return bench.row(Verb.OVERRIDE, schedule.id, **params, instead=None, instead_name="")


async def test_an_override_stands_on_the_schedule_once() -> None:
    bench = JsmBench()
    await bench.poll()
    row = cover(bench)
    row = replace(row, baseline=await bench.source.prepare(row))
    sent = await bench.source.send(row)
    await bench.source.send(row)
    schedule = next(one for one in bench.life.estate.schedules if one.name == "Payments Primary")
    (made,) = schedule.overrides
    assert (made.user.key, made.alias) == ("bob", f"oncall-tui-{row.key}") and sent.native_ref == made.alias
    assert (await bench.outcome(row))[0] is Outcome.APPLIED
    snapshot = await bench.poll()
    assert any(one.is_override and one.schedule_id == schedule.id for one in snapshot.shifts or ())


async def test_a_token_that_may_not_change_schedules() -> None:
    bench = JsmBench(scopes=SCOPES - {"write:ops-config"})
    with pytest.raises(Refused, match="write:ops-config"):
        await bench.source.send(cover(bench))
