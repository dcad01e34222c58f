"""Every action of the Grafana OnCall source: sent as the API says, read back, refused, lost, and never doubled."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.config.secret import Secret
from oncall_tui.demo.faults import answer_with, apply_and_answer, drop_after_apply, drop_before_apply, is_write
from oncall_tui.demo.grafana_oncall import SERVICE_TOKEN
from oncall_tui.demo.grafana_oncall.life import Group
from oncall_tui.demo.wire import Response, json_response
from oncall_tui.model import EntryKind, IncidentState, NoteKind, OutboxRow, Verb
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Confirmation,
    Dropped,
    NotFound,
    Outcome,
    RateLimited,
    Refused,
    ServerFailed,
    Unsupported,
)
from tests.sources.grafana_oncall_bench import Bench, each
from tests.support.clock import START


def triggered(bench: Bench, **more: Any) -> Group:
    return bench.sim.life.groups[bench.sim.trigger("payments", "QueueStuck: 5200 wait", **more)]


def sent_bodies(bench: Bench) -> list[tuple[str, Any]]:
    return [
        (request.path.removeprefix("/api/v1"), json.loads(request.body) if request.body else None)
        for request, _ in bench.exchanges
        if is_write(request)
    ]


async def done(bench: Bench, row: OutboxRow) -> Confirmation:
    """Send and read back, as the desk does."""
    row = replace(row, baseline=await bench.source.prepare(row))
    sent = await bench.source.send(row)
    answered = replace(row, answered_at=bench.clock.now(), answer=sent.text or None, native_ref=sent.native_ref)
    return await bench.source.confirm(answered)


# -- each action ---------------------------------------------------------------------------------------------------


async def test_acknowledge_and_take_it_back() -> None:
    bench = Bench()
    group = triggered(bench)
    found = await done(bench, bench.row(Verb.ACKNOWLEDGE, group.id))
    assert found.outcome is Outcome.APPLIED
    assert found.detail is not None and found.detail.incident.state is IncidentState.ACKNOWLEDGED
    assert [person.name for person in found.detail.incident.acknowledged_by] == ["alice"]
    assert group.acknowledged_by is bench.sim.person("alice")
    bench.clock.advance(30)
    found = await done(bench, bench.row(Verb.UNACKNOWLEDGE, group.id))
    assert found.outcome is Outcome.APPLIED and group.state == "firing"
    assert sent_bodies(bench) == [
        (f"/alert_groups/{group.id}/acknowledge/", None),
        (f"/alert_groups/{group.id}/unacknowledge/", None),
    ]


async def test_resolve_and_reopen() -> None:
    bench = Bench()
    group = triggered(bench)
    found = await done(bench, bench.row(Verb.RESOLVE, group.id, resolution=None))
    assert found.outcome is Outcome.APPLIED and group.resolved_by is bench.sim.person("alice")
    bench.clock.advance(30)
    found = await done(bench, bench.row(Verb.REOPEN, group.id))
    assert found.outcome is Outcome.APPLIED and group.state == "firing"
    assert sent_bodies(bench) == [
        (f"/alert_groups/{group.id}/resolve/", None),
        (f"/alert_groups/{group.id}/unresolve/", None),
    ]


async def test_a_text_with_a_resolution_is_not_taken() -> None:
    bench = Bench()
    group = triggered(bench)
    with pytest.raises(Unsupported, match="write it as a note"):
        await bench.source.send(bench.row(Verb.RESOLVE, group.id, resolution="fixed"))
    assert group.state == "firing" and not sent_bodies(bench)


async def test_snooze_is_a_silence_for_so_long() -> None:
    bench = Bench()
    group = triggered(bench)
    found = await done(bench, bench.row(Verb.SNOOZE, group.id, seconds=5400))
    assert found.outcome is Outcome.APPLIED
    assert group.silenced_until == START + timedelta(minutes=90)
    assert sent_bodies(bench) == [(f"/alert_groups/{group.id}/silence/", {"delay": 5400})]


async def test_an_acknowledged_group_is_not_snoozed() -> None:
    bench = Bench()
    group = triggered(bench)
    bench.sim.life.acknowledge(group, bench.sim.person("alice"), START)
    row = bench.row(Verb.SNOOZE, group.id, seconds=60)
    with pytest.raises(Refused, match=r"^Can't silence an acknowledged alert group$"):
        await bench.source.send(row)
    assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED


async def test_a_note_with_time_and_kind() -> None:
    bench = Bench()
    group = triggered(bench)
    row = bench.row(Verb.NOTE, group.id, text="the shop knows", at="2026-11-23T13:41:00Z", kind="told")
    found = await done(bench, row)
    assert found.outcome is Outcome.APPLIED and found.native_ref == group.notes[0].id
    assert sent_bodies(bench) == [
        ("/resolution_notes/", {"alert_group_id": group.id, "text": "[13:41 UTC] [told] the shop knows"})
    ]
    entry = next(one for one in found.detail.timeline if one.kind is EntryKind.NOTE) if found.detail else None
    assert entry is not None
    assert (entry.text, entry.note_kind, entry.author) == ("the shop knows", NoteKind.TOLD, "alice")


async def test_an_escalation_to_a_person() -> None:
    bench = Bench()
    group = triggered(bench)
    row = bench.row(Verb.ESCALATE, group.id, person=bench.user("erin"), person_name="Erin")
    found = await done(bench, row)
    assert (found.outcome, found.text) == (Outcome.APPLIED, "paged Erin")
    users = [{"id": bench.user("erin"), "important": True}]
    assert sent_bodies(bench) == [("/escalation/", {"alert_group_id": group.id, "users": users})]


@pytest.mark.parametrize(
    ("params", "paged"),
    [
        ({"level": 1}, ["alice"]),
        ({"level": 2}, ["bob"]),
        ({"level": 3}, ["erin", "victor"]),
        ({"policy": "Storage On-Call"}, ["charlie"]),
    ],
)
async def test_an_escalation_to_a_level_or_chain_pages_those_who_hold_it_now(
    params: dict[str, Any], paged: list[str]
) -> None:
    bench = Bench(important=False)
    group = triggered(bench)
    if "policy" in params:
        ids = {chain["name"]: chain["id"] for chain in bench.sim.estate.chains}
        params = {"policy": ids[params["policy"]], "policy_name": params["policy"]}
    found = await done(bench, bench.row(Verb.ESCALATE, group.id, **params))
    assert (found.outcome, found.text) == (Outcome.APPLIED, f"paged {', '.join(paged)}")
    assert [(user.key, important) for user, important in group.paged] == [(key, False) for key in paged]


async def test_who_holds_the_level_is_asked_at_that_moment() -> None:
    bench = Bench()
    group = triggered(bench)
    await bench.poll()
    primary = bench.sim.estate.schedules[0]
    primary.users = (bench.sim.person("grace"),)
    await done(bench, bench.row(Verb.ESCALATE, group.id, level=1))
    assert [user.key for user, _ in group.paged] == ["grace"]


async def test_a_level_that_nobody_holds_is_refused_here() -> None:
    bench = Bench()
    group = triggered(bench)
    bench.edits["/schedules/"] = each(on_call_now=[])
    with pytest.raises(Refused, match=r"nobody is to be paged on level 2 of Critical Service On-Call"):
        await bench.source.send(bench.row(Verb.ESCALATE, group.id, level=2))
    with pytest.raises(Refused, match="level 9"):
        await bench.source.send(bench.row(Verb.ESCALATE, group.id, level=9))
    bench.edits["/alert_groups/" + group.id + "/"] = lambda data: {**data, "route_id": None}
    with pytest.raises(Refused, match="page a person instead"):
        await bench.source.send(bench.row(Verb.ESCALATE, group.id, level=1))
    assert not sent_bodies(bench)


async def test_schedules_that_cannot_be_read_page_nobody_by_an_old_list() -> None:
    bench = Bench()
    group = triggered(bench)
    await bench.poll()
    bench.sim.denied = {"schedules"}
    with pytest.raises(AuthFailed):
        await bench.source.send(bench.row(Verb.ESCALATE, group.id, level=1))
    assert not group.paged


async def test_responders() -> None:
    bench = Bench()
    group = triggered(bench)
    ids = [bench.user("eve"), bench.user("bob")]
    found = await done(bench, bench.row(Verb.RESPONDERS, group.id, people=ids, names=["Eve", "Bob"], message=""))
    assert (found.outcome, found.text) == (Outcome.APPLIED, "paged eve, bob")
    assert [user.key for user, _ in group.paged] == ["eve", "bob"]
    with pytest.raises(Unsupported, match="no message"):
        await bench.source.send(bench.row(Verb.RESPONDERS, group.id, people=ids, names=["a", "b"], message="join"))


@pytest.mark.parametrize("verb", [Verb.REASSIGN, Verb.SEVERITY, Verb.MERGE, Verb.TITLE, Verb.SILENCE])
async def test_what_its_api_cannot_do_is_unsupported(verb: Verb) -> None:
    bench = Bench()
    with pytest.raises(Unsupported, match="Grafana OnCall cannot"):
        await bench.source.send(bench.row(verb, triggered(bench).id))
    assert verb.value not in {one.value for one in bench.source.capabilities}


# -- already so, and by others -------------------------------------------------------------------------------------


async def test_a_400_on_acknowledge_is_read_back_and_names_who_was_first() -> None:
    bench = Bench()
    group = triggered(bench, at=START - timedelta(minutes=5))
    bench.sim.life.acknowledge(group, bench.sim.person("bob"), START - timedelta(minutes=2))
    row = bench.row(Verb.ACKNOWLEDGE, group.id)
    with pytest.raises(Refused, match=r"^Can't acknowledge an acknowledged alert group$"):
        await bench.source.send(row)
    found = await bench.source.confirm(row)
    assert found.outcome is Outcome.SUPERSEDED
    assert found.text == "acknowledged by bob 13:58 UTC, yours not needed"


async def test_a_400_on_acknowledge_that_is_a_refusal_stays_one() -> None:
    bench = Bench()
    group = triggered(bench)
    group.root = "IROOT"
    row = bench.row(Verb.ACKNOWLEDGE, group.id)
    with pytest.raises(Refused, match=r"^Can't acknowledge an attached alert group$"):
        await bench.source.send(row)
    assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED


@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.RESOLVE, Verb.UNACKNOWLEDGE, Verb.SNOOZE])
async def test_resolved_by_somebody_else_first(verb: Verb) -> None:
    bench = Bench()
    group = triggered(bench)
    bench.sim.life.resolve(group, bench.sim.person("bob"), START - timedelta(minutes=1))
    row = bench.row(verb, group.id, **({"seconds": 60} if verb is Verb.SNOOZE else {}))
    with pytest.raises(Refused, match="a resolved alert group"):
        await bench.source.send(row)
    found = await bench.source.confirm(row)
    assert (found.outcome, found.text) == (Outcome.SUPERSEDED, "resolved by bob 13:59 UTC, yours not needed")


async def test_my_own_earlier_resolution_is_not_this_ones() -> None:
    bench = Bench()
    group = triggered(bench)
    bench.sim.life.resolve(group, bench.sim.person("alice"), START - timedelta(minutes=9))
    assert (await bench.source.confirm(bench.row(Verb.RESOLVE, group.id))).outcome is Outcome.SUPERSEDED


async def test_acknowledged_again_by_another_is_not_taken_back_from_them() -> None:
    bench = Bench()
    group = triggered(bench)
    bench.sim.life.acknowledge(group, bench.sim.person("alice"), START - timedelta(minutes=9))
    row = bench.row(Verb.UNACKNOWLEDGE, group.id)
    assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED
    await bench.source.send(row)
    bench.clock.advance(1)
    bench.sim.life.acknowledge(group, bench.sim.person("bob"), bench.clock.now())
    found = await bench.source.confirm(replace(row, answered_at=START))
    assert (found.outcome, found.text) == (Outcome.SUPERSEDED, "acknowledged again by bob 14:00 UTC")


async def test_resolved_again_by_another_is_not_reopened_twice() -> None:
    bench = Bench()
    group = triggered(bench)
    bench.sim.life.resolve(group, bench.sim.person("bob"), START - timedelta(minutes=9))
    row = bench.row(Verb.REOPEN, group.id)
    assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED
    await bench.source.send(row)
    bench.sim.life.resolve(group, bench.sim.person("bob"), START)
    found = await bench.source.confirm(row)
    assert (found.outcome, found.text) == (Outcome.SUPERSEDED, "resolved again by bob 14:00 UTC")


async def test_a_resolved_group_pages_nobody() -> None:
    bench = Bench()
    group = triggered(bench)
    bench.sim.life.resolve(group, None, START)
    with pytest.raises(Refused, match="unresolved"):
        await bench.source.send(bench.row(Verb.ESCALATE, group.id, person=bench.user("erin"), person_name="Erin"))


# -- refused -------------------------------------------------------------------------------------------------------


async def test_a_service_account_is_refused_by_name_and_polling_goes_on() -> None:
    bench = Bench(token=Secret("literal", SERVICE_TOKEN), grafana_url="https://grafana.example.com")
    with pytest.raises(Refused, match="Service accounts are not allowed to acknowledge alert groups") as no:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, triggered(bench).id))
    assert no.value.status == 403


async def test_a_wrong_token_and_an_unknown_group() -> None:
    bench = Bench(token=Secret("literal", "wrong"))
    with pytest.raises(AuthFailed):
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, "I1"))
    bench = Bench()
    for verb in (Verb.ACKNOWLEDGE, Verb.ESCALATE):
        with pytest.raises(NotFound):
            await bench.source.send(bench.row(verb, "I1", person=bench.user("bob")))
    with pytest.raises(Refused, match="alert_group_id: Object does not exist"):
        await bench.source.send(bench.row(Verb.NOTE, "I1", text="x"))
    found = await bench.source.confirm(bench.row(Verb.ACKNOWLEDGE, "I1"))
    assert found.outcome is Outcome.UNKNOWN


async def test_the_limit_refuses_before_anything_is_applied() -> None:
    bench = Bench(sim={"rate_limit": 1})
    group = triggered(bench)
    await bench.source.send(bench.row(Verb.NOTE, group.id, text="one"))
    with pytest.raises(RateLimited) as limited:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, group.id))
    assert not limited.value.maybe_applied and limited.value.retry_after == 300
    assert group.state == "firing"


async def test_an_id_cannot_leave_its_path_segment() -> None:
    bench = Bench()
    with pytest.raises(NotFound):
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, "../users/1?x="))
    assert bench.exchanges[0][0].path == "/api/v1/alert_groups/..%2Fusers%2F1%3Fx%3D/acknowledge/"


# -- lost answers --------------------------------------------------------------------------------------------------

STATES = [
    (Verb.ACKNOWLEDGE, {}),
    (Verb.RESOLVE, {}),
    (Verb.SNOOZE, {"seconds": 60}),
]


@pytest.mark.parametrize(("verb", "params"), STATES)
async def test_a_lost_answer_of_a_state_is_read_back(verb: Verb, params: dict[str, Any]) -> None:
    bench = Bench()
    group = triggered(bench)
    row = bench.row(verb, group.id, **params)
    bench.planned.next(drop_before_apply, matching=is_write)
    with pytest.raises(Dropped) as lost:
        await bench.source.send(row)
    assert lost.value.maybe_applied
    assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED
    bench.planned.next(drop_after_apply, matching=is_write)
    with pytest.raises(Dropped):
        await bench.source.send(row)
    assert (await bench.source.confirm(row)).outcome is Outcome.APPLIED


async def test_a_silence_from_before_is_not_taken_for_ours_when_the_answer_was_lost() -> None:
    bench = Bench()
    group = triggered(bench)
    bench.sim.life.silence(group, 60, START - timedelta(minutes=3))
    group.silenced_until = None
    row = bench.row(Verb.SNOOZE, group.id, seconds=3600)
    assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED


async def test_a_note_whose_answer_was_lost_is_found_and_not_doubled() -> None:
    bench = Bench()
    group = triggered(bench)
    bench.sim.life.note(group, bench.sim.person("alice"), "on it", START)
    bench.sim.life.note(group, bench.sim.person("bob"), "on it", START)
    row = bench.row(Verb.NOTE, group.id, text="on it")
    row = replace(row, baseline=await bench.source.prepare(row))
    assert row.baseline == (group.notes[0].id,)
    assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED
    bench.planned.next(drop_after_apply, matching=is_write)
    with pytest.raises(Dropped):
        await bench.source.send(row)
    found = await bench.source.confirm(row)
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, group.notes[2].id)


@pytest.mark.parametrize("trouble", [drop_before_apply, drop_after_apply])
async def test_who_was_paged_is_not_known_where_the_answer_was_lost(trouble: Any) -> None:
    bench = Bench()
    group = triggered(bench)
    row = bench.row(Verb.ESCALATE, group.id, person=bench.user("erin"), person_name="Erin")
    bench.planned.next(trouble, matching=is_write)
    with pytest.raises(Dropped) as lost:
        await bench.source.send(row)
    assert lost.value.maybe_applied
    found = await bench.source.confirm(row)
    assert found.outcome is Outcome.UNKNOWN and "does not show who was paged" in found.text


@pytest.mark.parametrize("answer", [json_response({}), json_response({"id": "IOTHER"}), Response(status=204)])
async def test_an_escalation_is_done_only_when_its_group_comes_back(answer: Response) -> None:
    bench = Bench()
    row = bench.row(Verb.ESCALATE, triggered(bench).id, person=bench.user("erin"), person_name="Erin")
    bench.planned.next(answer_with(answer), matching=is_write)
    with pytest.raises(BadAnswer) as odd:
        await bench.source.send(row)
    assert odd.value.maybe_applied


async def test_a_server_that_fails_may_have_applied_it() -> None:
    bench = Bench()
    group = triggered(bench)
    bench.planned.next(apply_and_answer(Response(status=502)), matching=is_write)
    row = bench.row(Verb.ACKNOWLEDGE, group.id)
    with pytest.raises(ServerFailed) as failed:
        await bench.source.send(row)
    assert failed.value.maybe_applied
    assert (await bench.source.confirm(row)).outcome is Outcome.APPLIED


async def test_the_effect_is_looked_for_by_the_engines_clock() -> None:
    bench = Bench(skew=timedelta(minutes=-7))
    group = triggered(bench)
    row = bench.row(Verb.RESOLVE, group.id)
    await bench.source.send(row)
    assert group.resolved_at == START - timedelta(minutes=7)
    assert (await bench.source.confirm(row)).outcome is Outcome.APPLIED
