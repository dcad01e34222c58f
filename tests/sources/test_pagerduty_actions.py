"""Actions of the PagerDuty source: what the account receives, and what reading back says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from oncall_tui.clock import iso
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import EntryKind, OutboxRow, Severity, Verb
from oncall_tui.sources.base import (
    AuthFailed,
    NotFound,
    Outcome,
    RateLimited,
    Refused,
    ServerFailed,
    SourceError,
    TimedOut,
    Unreachable,
    Unsupported,
)
from tests.sources.pagerduty_bench import Bench, on, refuse


def sent_body(bench: Bench) -> Any:
    """The body of the only write that the account got."""
    writes = [request for request, _ in bench.exchanges if request.method != "GET"]
    assert len(writes) == 1
    return writes[0].json()


async def outcome(bench: Bench, row: OutboxRow) -> tuple[Outcome, str]:
    found = await bench.source.confirm(row)
    return found.outcome, found.text


Prepare = Callable[[Bench, str], None]

# verb, params, what is so before, what the account shows afterwards
Case = tuple[Verb, Callable[[Bench], dict[str, Any]], Prepare | None, Callable[[Bench, str], object]]
CASES: dict[str, Case] = {
    "acknowledge": (
        Verb.ACKNOWLEDGE,
        lambda b: {},
        None,
        lambda b, i: [who.key for _, who in b.sim.incidents[i].acknowledgers] == ["alice"],
    ),
    "unacknowledge": (
        Verb.UNACKNOWLEDGE,
        lambda b: {},
        lambda b, i: b.sim.acknowledge(i, "bob"),
        lambda b, i: b.sim.incidents[i].status == "triggered",
    ),
    "resolve": (
        Verb.RESOLVE,
        lambda b: {"resolution": "disk freed"},
        None,
        lambda b, i: (b.sim.incidents[i].status, b.sim.incidents[i].log[-1].note) == ("resolved", "disk freed"),
    ),
    "resolve without words": (
        Verb.RESOLVE,
        lambda b: {"resolution": None},
        None,
        lambda b, i: b.sim.incidents[i].status == "resolved",
    ),
    "reopen": (
        Verb.REOPEN,
        lambda b: {},
        lambda b, i: b.sim.resolve(i, "bob"),
        lambda b, i: b.sim.incidents[i].status == "triggered",
    ),
    "escalate to a level": (
        Verb.ESCALATE,
        lambda b: {"level": 2},
        None,
        lambda b, i: [who.key for who in b.sim.incidents[i].assignees] == ["bob"],
    ),
    "escalate to a person": (
        Verb.ESCALATE,
        lambda b: {"person": b.user("erin"), "person_name": "Erin"},
        None,
        lambda b, i: [who.key for who in b.sim.incidents[i].assignees] == ["erin"],
    ),
    "escalate to a policy": (
        Verb.ESCALATE,
        lambda b: {"policy": b.sim.estate.services["storage"].policy.id, "policy_name": "Storage"},
        None,
        lambda b, i: b.sim.incidents[i].policy.name == "Storage On-Call",
    ),
    "reassign": (
        Verb.REASSIGN,
        lambda b: {"people": [b.user("grace"), b.user("henry")], "names": ["Grace", "Henry"]},
        None,
        lambda b, i: {who.key for who in b.sim.incidents[i].assignees} == {"grace", "henry"},
    ),
    "snooze": (
        Verb.SNOOZE,
        lambda b: {"seconds": 3600},
        None,
        lambda b, i: b.sim.incidents[i].unacknowledge_at == b.clock.now() + timedelta(hours=1),
    ),
    "note": (
        Verb.NOTE,
        lambda b: {"text": "looked at it", "at": None, "kind": None},
        None,
        lambda b, i: [note.content for note in b.sim.incidents[i].notes] == ["looked at it"],
    ),
    "back-dated note": (
        Verb.NOTE,
        lambda b: {"text": "told them", "at": "2026-11-23T13:32:10Z", "kind": "told"},
        None,
        lambda b, i: [note.content for note in b.sim.incidents[i].notes] == ["[13:32 UTC] [told] told them"],
    ),
    "severity": (
        Verb.SEVERITY,
        lambda b: {"severity": 3},
        None,
        lambda b, i: getattr(b.sim.incidents[i].priority, "name", "") == "P3",
    ),
    "title": (
        Verb.TITLE,
        lambda b: {"title": "disk [/dev/sda1] full"},
        None,
        lambda b, i: b.sim.incidents[i].title == "disk [/dev/sda1] full",
    ),
    "responders": (
        Verb.RESPONDERS,
        lambda b: {"people": [b.user("eve")], "names": ["Eve"], "message": "please join"},
        None,
        lambda b, i: (
            [(who.key, by.key, words) for who, by, words, _ in b.sim.incidents[i].responders]
            == [("eve", "alice", "please join")]
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_an_action_reaches_the_account_as_its_user_and_is_confirmed(name: str) -> None:
    verb, params, before, shows = CASES[name]
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    if before is not None:
        before(bench, page)
    bench.clock.advance(30)
    row = bench.row(verb, page, **params(bench))
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED, "nothing was sent yet"
    bench.exchanges.clear()
    sent = await bench.source.send(row)
    assert shows(bench, page)
    writes = [request for request, _ in bench.exchanges if request.method != "GET"]
    assert len(writes) == 1
    assert writes[0].headers["from"] == "alice@example.com"
    assert writes[0].headers["authorization"].startswith("Token token=")
    bench.exchanges.clear()
    found = await bench.source.confirm(replace(row, native_ref=sent.native_ref))
    assert found.outcome is Outcome.APPLIED
    assert found.detail is not None
    assert found.detail.incident.native_id == page
    assert {request.method for request, _ in bench.exchanges} == {"GET"}, "reading back never writes"


async def test_merging_goes_from_the_target_row_into_the_other() -> None:
    bench = Bench()
    into, source = bench.sim.trigger("edge", "a"), bench.sim.trigger("edge", "b")
    row = bench.row(Verb.MERGE, source, into=f"pager:{into}")
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED
    await bench.source.send(row)
    assert bench.sim.incidents[source].merged_into is bench.sim.incidents[into]
    assert (await outcome(bench, row))[0] is Outcome.APPLIED
    with pytest.raises(Unsupported, match="within one system"):
        await bench.source.send(bench.row(Verb.MERGE, source, into="other:Q1"))


async def test_escalating_never_sends_level_and_policy_together() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    await bench.source.send(bench.row(Verb.ESCALATE, page, level=2))
    assert sent_body(bench) == {"incidents": [{"id": page, "type": "incident_reference", "escalation_level": 2}]}
    with pytest.raises(Unsupported):
        await bench.source.send(bench.row(Verb.ESCALATE, page))


@pytest.mark.parametrize(("severity", "urgency"), [(1, "high"), (2, "high"), (3, "low"), (4, "low")])
async def test_without_priorities_urgency_stands_for_severity_and_is_said(severity: Severity, urgency: str) -> None:
    bench = Bench(priorities=False)
    page = bench.sim.trigger("payments", "latency", urgency="low" if urgency == "high" else "high")
    row = bench.row(Verb.SEVERITY, page, severity=severity)
    sent = await bench.source.send(row)
    assert bench.sim.incidents[page].urgency == urgency
    assert f"urgency {urgency}" in sent.text
    assert (await outcome(bench, row))[0] is Outcome.APPLIED


async def test_a_severity_that_no_priority_means_is_refused_before_it_is_sent() -> None:
    bench = Bench(severity={"P3": 2})
    page = bench.sim.trigger("payments", "latency")
    with pytest.raises(Refused, match="no priority of the account means Sev3"):
        await bench.source.send(bench.row(Verb.SEVERITY, page, severity=3))
    await bench.source.send(bench.row(Verb.SEVERITY, page, severity=2))
    assert getattr(bench.sim.incidents[page].priority, "name", "") == "P2", "the first that means it"


@pytest.mark.parametrize("seconds", [0, -5, 604_801])
async def test_a_snooze_out_of_range_is_refused_before_it_is_sent(seconds: int) -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    with pytest.raises(Refused, match="7 days"):
        await bench.source.send(bench.row(Verb.SNOOZE, page, seconds=seconds))
    assert bench.sim.writes == []


async def test_verbs_of_monitors_are_not_supported() -> None:
    bench = Bench()
    for verb in (Verb.SILENCE, Verb.EXPIRE_SILENCE):
        with pytest.raises(Unsupported):
            await bench.source.send(bench.row(verb, "Q1"))
    assert bench.calls == []


async def test_nobody_to_act_as_is_refused_with_what_to_do() -> None:
    for bench, words in (
        (Bench(seat="zoe@example.com"), "knows no user zoe@example.com"),
        (Bench(seat=None), "set seat.user"),
    ):
        page = bench.sim.trigger("payments", "latency")
        with pytest.raises(Refused, match=words):
            await bench.source.send(bench.row(Verb.ACKNOWLEDGE, page))
        assert bench.sim.writes == []


async def test_a_users_own_key_acts_as_its_owner() -> None:
    bench = Bench(seat=None, me="bob")
    page = bench.sim.trigger("payments", "latency")
    await bench.source.send(bench.row(Verb.ACKNOWLEDGE, page))
    assert [who.key for _, who in bench.sim.incidents[page].acknowledgers] == ["bob"]


# -- refusals ----------------------------------------------------------------------------------------------------


async def test_what_is_already_so_is_refused_with_its_code_and_read_back_as_superseded() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    bench.clock.advance(13 * 60)
    bench.sim.acknowledge(page, "bob")
    row = bench.row(Verb.ACKNOWLEDGE, page)
    with pytest.raises(Refused, match="acknowledged already") as caught:
        await bench.source.send(row)
    assert caught.value.code == 1002
    assert await outcome(bench, row) == (
        Outcome.SUPERSEDED,
        "acknowledged by Bob Brandt 14:13 UTC, yours not needed",
    )
    bench.sim.resolve(page, "bob")
    with pytest.raises(Refused, match="resolved already"):
        await bench.source.send(row)
    assert await outcome(bench, row) == (Outcome.SUPERSEDED, "resolved by Bob Brandt 14:13 UTC, yours not needed")
    closing = bench.row(Verb.RESOLVE, page)
    assert (await outcome(bench, closing))[0] is Outcome.SUPERSEDED


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1005, "look again"),
        (1006, "cannot be escalated"),
        (1007, "cannot be given to that person"),
        (1012, "not acknowledged"),
        (1015, "nobody is on call"),
        (1019, "merged"),
        (1020, "no such priority"),
        (2014, "lacks the ability"),
    ],
)
async def test_a_code_of_pagerdutys_becomes_clear_words(code: int, words: str) -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    bench.rules.append(on("PUT", "/incidents", refuse(code)))
    with pytest.raises(Refused, match=words) as caught:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, page))
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert f"PagerDuty {code}" in str(caught.value)
    assert not caught.value.maybe_applied


async def test_other_refusals_keep_the_systems_own_words() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    body = json_response({"error": {"code": 2001, "message": "Invalid", "errors": ["Title too long\x1b[c"]}}, 400)
    bench.rules.append(on("PUT", "/incidents", body))
    with pytest.raises(Refused) as caught:
        await bench.source.send(bench.row(Verb.TITLE, page, title="x"))
    assert str(caught.value) == "Invalid: Title too long\\x1b[c"


@pytest.mark.parametrize(
    ("answer", "error", "maybe"),
    [
        (refuse(2020, 429), RateLimited, False),
        (refuse(2020, 400), RateLimited, False),
        (refuse(2016, 400), TimedOut, True),
        (refuse(1, 500), ServerFailed, True),
        (refuse(1, 502), ServerFailed, True),
        (refuse(2006, 401), AuthFailed, False),
        (refuse(2010, 403), Refused, False),
        (httpx.ConnectError("refused"), Unreachable, False),
        (httpx.ReadTimeout("slow"), TimedOut, True),
        (httpx.RemoteProtocolError("gone"), SourceError, True),
        (Response(body=b"<html>"), SourceError, True),
        (Response(status=302, headers={"location": "https://evil.example/"}), SourceError, True),
    ],
)
async def test_whether_it_may_have_been_applied_is_told(
    answer: Response | Exception, error: type[SourceError], maybe: bool
) -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    bench.rules.append(on("PUT", "/incidents", answer))
    with pytest.raises(error) as caught:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, page))
    assert caught.value.maybe_applied is maybe


async def test_an_unknown_incident_is_not_found_by_every_verb() -> None:
    bench = Bench()
    bench.sim.trigger("payments", "latency")
    for verb, params in (
        (Verb.ACKNOWLEDGE, {}),
        (Verb.NOTE, {"text": "x", "at": None, "kind": None}),
        (Verb.SNOOZE, {"seconds": 60}),
    ):
        row = bench.row(verb, "QNOTHERE", **params)
        with pytest.raises(NotFound):
            await bench.source.send(row)
        assert (await outcome(bench, row))[0] is Outcome.UNKNOWN
    with pytest.raises(NotFound):
        await bench.source.read("QNOTHERE")


# -- reading back ------------------------------------------------------------------------------------------------


def lose_the_answer(bench: Bench, ending: str) -> None:
    """The account does what it is told, and the answer is lost."""

    def rule(request: Request) -> Response | None:
        if request.method != "GET" and request.path.endswith(ending):
            bench.sim.handle(request)
            raise httpx.ReadTimeout("lost")
        return None

    bench.rules.append(rule)


async def test_a_note_whose_answer_was_lost_is_found_by_what_it_says() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    bench.sim.note(page, "alice", "looking")
    bench.sim.note(page, "bob", "looking")
    row = bench.row(Verb.NOTE, page, text="looking", at=None, kind=None)
    row = replace(row, baseline=await bench.source.prepare(row))
    assert row.baseline == (bench.sim.incidents[page].notes[0].id,), "alice's earlier one, not bob's"
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED
    lose_the_answer(bench, "/notes")
    with pytest.raises(TimedOut) as caught:
        await bench.source.send(row)
    assert caught.value.maybe_applied
    found = await bench.source.confirm(row)
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, bench.sim.incidents[page].notes[2].id)


async def test_a_note_that_the_system_trimmed_is_still_ours() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    row = bench.row(Verb.NOTE, page, text="one\n\n  two\x1b ", at=None, kind="did")
    await bench.source.send(row)
    bench.sim.incidents[page].notes[0].content = "[did] one\n two\x1b"
    assert (await outcome(bench, row))[0] is Outcome.APPLIED


async def test_an_escalation_whose_answer_was_lost_is_found_in_the_log() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    row = bench.row(Verb.ESCALATE, page, level=2)
    lose_the_answer(bench, "/incidents")
    with pytest.raises(TimedOut):
        await bench.source.send(row)
    assert (await outcome(bench, row))[0] is Outcome.APPLIED
    bench.clock.advance(60)
    bench.sim.escalate(page, "bob", 1)
    assert (await outcome(bench, row))[0] is Outcome.APPLIED, "what others did later changes nothing of that"


async def test_an_escalation_by_the_pager_itself_is_not_taken_for_ours() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    row = bench.row(Verb.ESCALATE, page, level=2)
    bench.clock.advance(300)
    result, text = await outcome(bench, row)
    assert result is Outcome.SUPERSEDED
    assert text == "at level 2 already by payments 14:05 UTC, yours not needed"


async def test_an_earlier_escalation_of_mine_is_not_taken_for_this_one() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    bench.sim.escalate(page, "alice", 2)
    bench.clock.advance(60)
    row = bench.row(Verb.ESCALATE, page, level=3)
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED


async def test_an_escalation_just_before_is_not_taken_for_the_next_one() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    bench.sim.escalate(page, "alice", 2)
    row = bench.row(Verb.ESCALATE, page, level=3)
    row = replace(row, baseline=await bench.source.prepare(row), sent_at=bench.clock.now())
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED
    bench.sim.escalate(page, "alice", 3)
    assert (await outcome(bench, row))[0] is Outcome.APPLIED


@pytest.mark.parametrize("hours", [-26, 26])
async def test_reading_back_goes_by_the_servers_clock(hours: int) -> None:
    bench = Bench(skew=timedelta(hours=hours))
    page = bench.sim.trigger("payments", "latency")
    bench.sim.escalate(page, "alice", 2)
    bench.clock.advance(60)
    row = bench.row(Verb.ESCALATE, page, level=3)
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED
    await bench.source.send(row)
    assert (await outcome(bench, row))[0] is Outcome.APPLIED


async def test_an_acknowledgement_that_ran_out_since_was_applied() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    row = bench.row(Verb.ACKNOWLEDGE, page)
    await bench.source.send(row)
    bench.clock.advance(31 * 60)
    assert bench.sim.incidents[page].level == 1
    assert (await outcome(bench, row))[0] is Outcome.APPLIED


async def test_a_snooze_by_somebody_else_supersedes() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    row = bench.row(Verb.SNOOZE, page, seconds=60)
    bench.sim.snooze(page, "bob", 3600)
    assert await outcome(bench, row) == (
        Outcome.SUPERSEDED,
        "snoozed by Bob Brandt until 15:00 UTC, yours not needed",
    )


@pytest.mark.parametrize("who", ["alice", "bob"])
@pytest.mark.parametrize("before", [1, 600])
@pytest.mark.parametrize("seconds", [1800, 8 * 3600])
async def test_a_snooze_from_before_is_neither_ours_nor_instead_of_ours(who: str, before: int, seconds: int) -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    bench.sim.snooze(page, who, seconds)
    bench.clock.advance(before)
    row = bench.row(Verb.SNOOZE, page, seconds=4 * 3600)
    bench.clock.advance(11)
    if (who, before, seconds) == ("bob", 1, 8 * 3600):  # within what we know of its clock it may be after ours
        assert (await outcome(bench, row))[0] is Outcome.SUPERSEDED
    else:
        assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED
        await bench.source.send(row)
        assert (await outcome(bench, row))[0] is Outcome.APPLIED


async def test_a_shorter_snooze_by_somebody_else_is_not_instead_of_ours() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    row = bench.row(Verb.SNOOZE, page, seconds=4 * 3600)
    bench.clock.advance(5)
    bench.sim.snooze(page, "bob", 3600)
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED


async def test_ours_was_applied_also_where_somebody_else_has_changed_it_since() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    row = bench.row(Verb.SNOOZE, page, seconds=4 * 3600)
    await bench.source.send(row)
    bench.clock.advance(5)
    bench.sim.snooze(page, "bob", 3600)
    assert (await outcome(bench, row))[0] is Outcome.APPLIED


@pytest.mark.parametrize(
    ("verb", "params"),
    [
        (Verb.ACKNOWLEDGE, {}),
        (Verb.UNACKNOWLEDGE, {}),
        (Verb.ESCALATE, {"level": 2}),
        (Verb.ESCALATE, {"person": "PX", "person_name": "X"}),
        (Verb.ESCALATE, {"policy": "PX", "policy_name": "X"}),
        (Verb.REASSIGN, {"people": ["PX"], "names": ["X"]}),
        (Verb.SNOOZE, {"seconds": 60}),
        (Verb.SEVERITY, {"severity": 1}),
        (Verb.MERGE, {"into": "pager:QX"}),
    ],
)
async def test_what_was_resolved_meanwhile_supersedes_every_state(verb: Verb, params: dict[str, Any]) -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    row = bench.row(verb, page, **params)
    bench.sim.resolve(page, "bob")
    result, text = await outcome(bench, row)
    assert result is Outcome.SUPERSEDED
    assert "resolved by Bob Brandt" in text


async def test_reading_back_brings_the_incident_as_a_fact() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    row = bench.row(Verb.ACKNOWLEDGE, page)
    await bench.source.send(row)
    detail = (await bench.source.confirm(row)).detail
    assert detail is not None
    assert detail.incident.escalation_level == 1, "also without a poll before it"
    assert EntryKind.ACKNOWLEDGED in {entry.kind for entry in detail.timeline}


async def test_only_additions_need_preparing() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    assert await bench.source.prepare(bench.row(Verb.ACKNOWLEDGE, page)) == ()
    assert bench.calls == []


async def test_the_body_is_plain_json_whatever_the_text() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    text = 'quote " back\\slash\nnew line \u202e emoji 🔥 ' + "x" * 5000
    await bench.source.send(bench.row(Verb.NOTE, page, text=text, at=None, kind=None))
    writes = [request for request, _ in bench.exchanges if request.method == "POST"]
    assert json.loads(writes[0].body) == {"note": {"content": text}}


# -- somebody stands in ----------------------------------------------------------------------------------------


def cover(bench: Bench, hours: tuple[float, float] = (24, 36), who: str = "bob") -> OutboxRow:
    (schedule,) = [one for one in bench.sim.estate.schedules if one.name == "Payments Primary"]
    start, end = (bench.clock.now() + timedelta(hours=one) for one in hours)
    params = {
        "start": iso(start),
        "end": iso(end),
        "person": bench.user(who),
        "person_name": who,
        "instead": bench.user("alice"),
        "instead_name": "Alice",
    }
    return bench.row(Verb.OVERRIDE, schedule.id, **params)


async def test_an_override_stands_on_the_schedule_and_is_read_back() -> None:
    bench = Bench()
    row = cover(bench)
    row = replace(row, baseline=await bench.source.prepare(row))
    assert row.baseline == () and await outcome(bench, row) == (Outcome.NOT_APPLIED, "")
    sent = await bench.source.send(row)
    (made,) = next(one for one in bench.sim.estate.schedules if one.name == "Payments Primary").overrides
    assert (made.user.key, iso(made.start), iso(made.end)) == ("bob", row.params["start"], row.params["end"])
    assert sent.native_ref == made.id
    found = await bench.source.confirm(row)
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, made.id)
    snapshot = await bench.poll()
    over = [one for one in snapshot.shifts or () if one.is_override]
    assert [(one.person.name if one.person else "", one.schedule, one.schedule_id) for one in over] == [
        ("Bob Brandt", "Payments Primary", made_on(bench))
    ]
    again = replace(row, baseline=await bench.source.prepare(row), key="another")
    assert again.baseline == (made.id,) and (await outcome(bench, again))[0] is Outcome.NOT_APPLIED


def made_on(bench: Bench) -> str:
    return next(one.id for one in bench.sim.estate.schedules if one.name == "Payments Primary")


async def test_the_schedule_is_read_anew_after_an_override() -> None:
    bench = Bench()
    await bench.poll()
    row = cover(bench)
    await bench.source.send(row)
    snapshot = await bench.poll()
    assert any(one.is_override for one in snapshot.shifts or ()), "not only after five minutes"


async def test_one_that_has_begun_is_cut_and_still_ours() -> None:
    bench = Bench()
    row = cover(bench, (-2, 6))
    await bench.source.send(row)
    assert (await outcome(bench, row))[0] is Outcome.APPLIED


async def test_what_pagerduty_says_of_one_override_is_its_refusal() -> None:
    bench = Bench()
    row = cover(bench, (-6, -2))
    with pytest.raises(Refused, match="Override must end in the future"):
        await bench.source.send(row)
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED


async def test_a_schedule_of_shifts_takes_none_from_here() -> None:
    bench = Bench()
    snapshot = await bench.poll()
    without = {one.schedule for one in snapshot.shifts or () if one.schedule_id is None}
    assert without == {"Edge Secondary"}
