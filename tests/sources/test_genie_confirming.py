"""What reading back must not take for an action's effect, in either system."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.demo.faults import answer_with, drop_after_apply, drop_before_apply, is_write
from oncall_tui.demo.wire import json_response
from oncall_tui.model import EntryKind, OutboxRow, Verb
from oncall_tui.sources.base import Dropped, Outcome, Refused
from oncall_tui.sources.genie.decoding import log_kind
from tests.sources.genie_bench import ALICE, GenieBench, JsmBench, OpsgenieBench
from tests.support.clock import START

either = pytest.mark.parametrize("make", [OpsgenieBench, JsmBench])


async def _lost(bench: GenieBench, verb: Verb, native_id: str, trouble: Any = drop_before_apply, **params: Any) -> Any:
    row: OutboxRow = bench.row(verb, native_id, **params)
    row = replace(row, baseline=await bench.source.prepare(row))
    bench.planned.next(trouble, matching=is_write)
    with pytest.raises(Dropped):
        await bench.source.send(row)
    return row


@either
async def test_a_responder_is_not_yet_whom_it_was_given_to(make: type[GenieBench]) -> None:
    bench = make()
    await bench.poll()
    alert = bench.alert("Checkout")
    alert.owner = None
    alert.responders.append(("user", bench.user("eve")))
    row = await _lost(bench, Verb.REASSIGN, alert.id, people=[bench.user("eve")], names=["Eve"])
    assert (await bench.outcome(row, 11))[0] is Outcome.NOT_APPLIED


@either
async def test_whoever_was_asked_before_need_not_have_been_asked_again(make: type[GenieBench]) -> None:
    bench = make()
    await bench.poll()
    alert = bench.alert("Checkout")
    alert.responders.append(("user", bench.user("eve")))
    row = await _lost(bench, Verb.RESPONDERS, alert.id, people=[bench.user("eve")], names=["Eve"], message="")
    assert (await bench.outcome(row, 11))[0] is Outcome.NOT_APPLIED
    arrived = await _lost(
        bench, Verb.RESPONDERS, alert.id, drop_after_apply, people=[bench.user("eve")], names=["Eve"], message=""
    )
    assert (await bench.outcome(arrived, 11))[0] is Outcome.APPLIED  # the log tells


@either
async def test_an_earlier_snooze_does_not_stand_for_a_longer_one(make: type[GenieBench]) -> None:
    bench = make()
    await bench.poll()
    alert = bench.alert("Checkout")
    bench.life.snooze(alert.id, "bob@example.com", START + timedelta(minutes=30), START)
    bench.clock.advance(60)
    row = await _lost(bench, Verb.SNOOZE, alert.id, seconds=4 * 3600)
    assert (await bench.outcome(row, 11))[0] is Outcome.NOT_APPLIED
    bench.life.snooze(alert.id, "bob@example.com", START + timedelta(hours=1), bench.clock.now())
    assert (await bench.outcome(row, 1))[0] is Outcome.NOT_APPLIED  # newer, and shorter
    bench.life.snooze(alert.id, "bob@example.com", START + timedelta(hours=5), bench.clock.now())
    outcome, text = await bench.outcome(row)
    assert (outcome, text) == (Outcome.SUPERSEDED, "snoozed by Bob Brandt until 19:00 UTC, yours not needed")


@either
async def test_the_seats_own_snooze_of_just_before_is_not_the_one_that_was_lost(make: type[GenieBench]) -> None:
    bench = make()
    await bench.poll()
    alert = bench.alert("Checkout")
    me = ALICE if make is OpsgenieBench else "Alice Andersson"
    bench.life.snooze(alert.id, me, START + timedelta(minutes=30), START)
    bench.clock.advance(1)
    row = await _lost(bench, Verb.SNOOZE, alert.id, seconds=4 * 3600)
    assert (await bench.outcome(row, 11))[0] is Outcome.NOT_APPLIED


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Note added: closed the valve, ack from the vendor", EntryKind.NOTE),
        ("Added note [I acknowledged it]", EntryKind.NOTE),
        ("Sent notification [alert closed] to alice", EntryKind.NOTIFIED),
        ("Alert created: disk closed unexpectedly", EntryKind.TRIGGERED),
        ("Added responder [ack-team]", EntryKind.ASSIGNED),
        ("Alert closed via API with note [created by mistake]", EntryKind.RESOLVED),
        ("Alert acknowledged via web", EntryKind.ACKNOWLEDGED),
        ("Alert un-acknowledged via API", EntryKind.UNACKNOWLEDGED),
        ("Unacknowledged", EntryKind.UNACKNOWLEDGED),
        ("Snooze ended", EntryKind.OTHER),
        ("Alert snoozed until [2026-11-23T15:00:00Z]", EntryKind.SNOOZED),
        ("Viewed on [web]", EntryKind.OTHER),
    ],
)
def test_a_line_of_the_log_is_what_it_begins_with(line: str, kind: EntryKind) -> None:
    assert log_kind(line, of_recipient=False) is kind


async def test_words_of_a_note_close_nothing() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    alert = bench.alert("Checkout")
    row = await _lost(bench, Verb.RESOLVE, alert.id, resolution=None)
    bench.life.log(alert, bench.clock.now(), "system", "Note added: closed the valve", ALICE)
    assert (await bench.outcome(row, 11))[0] is Outcome.NOT_APPLIED


async def test_one_is_known_by_address_where_the_list_of_users_does_not_come() -> None:
    bench = OpsgenieBench()
    bench.refuse("/v2/users", 500, count=99)
    await bench.poll()
    alert = bench.alert("Checkout")
    note = await _lost(bench, Verb.NOTE, alert.id, drop_after_apply, text="on it", at=None, kind=None)
    assert (await bench.outcome(note))[0] is Outcome.APPLIED
    bench.clock.advance(5)
    acknowledged = await _lost(bench, Verb.ACKNOWLEDGE, alert.id, drop_after_apply)
    assert (await bench.outcome(acknowledged))[0] is Outcome.APPLIED
    other = bench.alert("Volume")
    other.acknowledged = False
    lost = await _lost(bench, Verb.ACKNOWLEDGE, other.id)
    bench.life.acknowledge(other.id, "bob@example.com", bench.clock.now())
    assert (await bench.outcome(lost))[0] is Outcome.SUPERSEDED


async def test_a_name_that_two_have_is_nobodys() -> None:
    bench = JsmBench()
    users = bench.life.estate.users
    users["bob"] = replace(users["bob"], name=users["alice"].name)
    await bench.poll()
    alert = bench.alert("Checkout")
    row = await _lost(bench, Verb.ACKNOWLEDGE, alert.id)
    bench.life.acknowledge(alert.id, "bob@example.com", bench.clock.now())
    assert (await bench.outcome(row, 11))[0] is Outcome.SUPERSEDED


@either
async def test_of_several_responders_it_is_told_who_was_asked_before_one_was_refused(make: type[GenieBench]) -> None:
    bench = make()
    await bench.poll()
    alert = bench.alert("Checkout")
    calls = iter([False, True])
    no = answer_with(json_response({"message": "no such user"}, 422))
    bench.planned.next(no, matching=lambda request: is_write(request) and next(calls))
    row = bench.row(
        Verb.RESPONDERS, alert.id, people=[bench.user("eve"), "gone"], names=["Eve Eriksen", "Gone"], message=""
    )
    with pytest.raises(Refused, match=r"asked: Eve Eriksen; not asked: Gone: no such user"):
        await bench.source.send(row)


@either
async def test_closed_without_the_words_that_went_with_it_says_so(make: type[GenieBench]) -> None:
    bench = make()
    await bench.poll()
    alert = bench.alert("P99")
    # No write of it arrives, and the seat closes it elsewhere.
    row = await _lost(bench, Verb.RESOLVE, alert.id, resolution="rolled back")
    bench.life.close(alert.id, ALICE if make is OpsgenieBench else "Alice Andersson", bench.clock.now())
    outcome, text = await bench.outcome(row, 2)
    assert outcome is Outcome.APPLIED
    assert text == "closed; its words are not there, write them as a note: rolled back"


@either
async def test_closed_by_somebody_before_ours_tells_that_its_words_are_not_there(make: type[GenieBench]) -> None:
    bench = make()
    await bench.poll()
    alert = bench.alert("P99")
    row = await _lost(bench, Verb.RESOLVE, alert.id, resolution="rolled back")
    bench.life.close(alert.id, "bob@example.com", bench.clock.now())
    outcome, text = await bench.outcome(row, 2)
    assert outcome is Outcome.SUPERSEDED
    assert "closed by" in text
    assert "its words are not there, write them as a note: rolled back" in text


async def test_the_words_of_a_close_that_was_done_are_waited_for() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    alert = bench.alert("P99")
    row = await bench.send(bench.row(Verb.RESOLVE, alert.id, resolution="rolled back"))
    bench.clock.advance(1)
    bench.sim.told()
    note = alert.notes.pop()
    assert (await bench.outcome(row))[0] is Outcome.UNKNOWN
    alert.notes.append(note)
    assert await bench.outcome(row) == (Outcome.APPLIED, "")


async def test_what_became_of_the_words_of_an_incident_is_not_told() -> None:
    bench = OpsgenieBench()
    page = await bench.incident("Payments are failing")
    row = await _lost(bench, Verb.RESOLVE, page.native_id, drop_after_apply, resolution="it was DNS")
    assert "whether its words arrived is not told: it was DNS" in (await bench.outcome(row))[1]
