"""Declaring in all systems: each step failing in turn leaves the others standing, shows it, and a retry makes exactly
one of each (issue 5, done when 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall_tui.demo import faults
from oncall_tui.demo.faults import Onward, Outcome, Trouble, is_write
from oncall_tui.demo.wire import Request, json_response
from oncall_tui.desk import ActRefused, resuming
from oncall_tui.desk.declaring import declaration_of, declarations, declare, retry_step
from oncall_tui.model import EntryKind, OutboxState, Verb
from oncall_tui.policy.declaring import INCIDENT, TROUBLED, Declaration, Declared, StepState, Wish
from tests.desk.declaring_bench import SEV1, STEPS, TITLE, Company, Seat, nth, one_of_each

ALL_DONE = dict.fromkeys(STEPS, StepState.DONE)
LONG = 70.0
"""Seconds until everything that goes by itself has gone, also what was lost and is looked for."""


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


def waiting_for(step: str) -> set[str]:
    """The steps that cannot be without it."""
    return set(STEPS) - {INCIDENT} if step == INCIDENT else {"message-room"} if step == "room" else set()


def no(prefix: str, request: Request, onward: Onward) -> Outcome:
    """The system understands and says no, in its own way."""
    if prefix == "slack":
        return Outcome(json_response({"ok": False, "error": "restricted_action"}))
    return Outcome(json_response({"error": {"code": 2001, "message": "no"}, "message": "no"}, 422))


# -- all well ----------------------------------------------------------------------------------------------------


async def test_it_is_made_in_every_system_once_and_stands_on_its_timeline(company: Company) -> None:
    async with company.seat() as seat:
        one = await seat.declare()
        assert {each.state for each in one.steps} == {StepState.WAITING}
        await seat.run(LONG)
        assert await seat.states(one) == ALL_DONE
        assert company.counts() == one_of_each()
        [made] = company.incidents
        done = await seat.now(one)
        assert (done.incident, done.is_over) == (f"pager:{made.id}", True)
        incident = await seat.incident(one)
        assert (incident.severity, [who.name for who in incident.assignees]) == (1, ["Erin Engel"])
        view = await seat.house.desk.view(incident.id)
        assert view is not None
        told = {entry.origin for entry in view.timeline if entry.kind is EntryKind.STATUS_UPDATE}
        assert told == {"war-room", "hook", "status"}
        notes = [entry.text for entry in view.timeline if entry.kind is EntryKind.NOTE]
        assert notes == ["triage: Sev1, total outage\nphase: response, declared as Sev1"]
        assert (await declaration_of(seat.house.desk, incident.id)) == done


async def test_its_words_hold_number_link_room_and_commander(company: Company) -> None:
    async with company.seat() as seat:
        await seat.declare()
        await seat.run(LONG)
        [made] = company.incidents
        [mail] = company.told("webhook")["received"]
        assert mail["body"]["text"] == (
            f"🚨 INCIDENT #{made.number} - Sev1\n\nTitle: {TITLE}\nStarted: 2026-11-23 14:00 UTC\nAffected: payments\n"
            f"Commander: Erin Engel\nChannel: #inc-{made.number}\n\nhttps://example.pagerduty.com/incidents/{made.id}"
        )
        assert mail["body"]["subject"] == f"Sev1 #{made.number}: {TITLE}"
        assert mail["body"]["incident"] == f"pager:{made.id}"


# -- each step failing in turn -----------------------------------------------------------------------------------


async def failed(seat: Seat, company: Company, step: str, trouble: Trouble) -> Declaration:
    """A declaration one step of which has met the trouble; everything else has gone as far as it can."""
    prefix, matching = nth(step)
    company.world.planned.next(trouble, prefix=prefix, matching=matching)
    one = await seat.declare()
    await seat.run(LONG)
    assert company.world.planned.pending == 0, "the trouble was met"
    return await seat.now(one)


@pytest.mark.parametrize("step", STEPS)
async def test_refused_the_others_stand_and_a_retry_makes_one_of_each(company: Company, step: str) -> None:
    async with company.seat() as seat:
        one = await failed(seat, company, step, no)
        states = await seat.states(one)
        assert states.pop(step) is StepState.REFUSED
        assert {name for name, state in states.items() if state is StepState.WAITING} == waiting_for(step)
        assert {state for name, state in states.items() if name not in waiting_for(step)} <= {StepState.DONE}
        refused = one.step(step)
        assert refused is not None and refused.why, "it says why"
        expected = one_of_each() | dict.fromkeys({step, *waiting_for(step)}, 0)
        assert company.counts() == expected
        await retry_step(seat.house.desk, one.id, step)
        await seat.run(LONG)
        assert await seat.states(one) == ALL_DONE
        assert company.counts() == one_of_each()


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_without_an_answer_there_is_one_of_each_in_the_end(company: Company, step: str, applied: bool) -> None:
    trouble = faults.drop_after_apply if applied else faults.drop_before_apply
    async with company.seat() as seat:
        one = await failed(seat, company, step, trouble)
        states = await seat.states(one)
        # Only a webhook cannot be asked; and whom nobody has asked to join is not asked a second time unasked.
        unsure = {"message-stakeholders"} if applied else {"message-stakeholders", "participants"}
        assert states.pop(step) is (StepState.UNKNOWN if step in unsure else StepState.DONE)
        assert set(states.values()) == {StepState.DONE}
        if step in unsure:
            await retry_step(seat.house.desk, one.id, step)
            await seat.run(LONG)
        assert await seat.states(one) == ALL_DONE
        assert company.counts() == one_of_each()


# -- crashes -----------------------------------------------------------------------------------------------------


def hang(after: bool) -> Trouble:
    """The request goes unanswered for ever: what the process does not live to see."""

    def trouble(prefix: str, request: Request, onward: Onward) -> Outcome:
        outcome = onward(prefix, request) if after else Outcome(json_response({}))
        return replace(outcome, delay_s=10**8)

    return trouble


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_is_gone_on_from(company: Company, step: str, after: bool) -> None:
    async with company.seat() as seat:
        prefix, matching = nth(step)
        company.world.planned.next(hang(after), prefix=prefix, matching=matching)
        one = await seat.declare()
        await seat.run(3)
        assert company.world.planned.pending == 0
        await seat.house.desk.stop(grace_s=0)  # what is on its way is cut off, as by kill -9
    async with company.seat() as seat:
        await seat.run(LONG)
        states = await seat.states(one)
        for name in [name for name, state in states.items() if state in TROUBLED]:
            assert name in ("message-stakeholders", "participants"), states
            await retry_step(seat.house.desk, one.id, name)
            await seat.run(LONG)
        assert await seat.states(one) == ALL_DONE
        assert company.counts() == one_of_each()


@pytest.mark.parametrize("writes", range(8))
async def test_a_crash_between_two_steps_is_gone_on_from(company: Company, writes: int) -> None:
    async with company.seat() as seat:
        one = await seat.declare()
        while sum(company.counts().values()) < writes:
            await seat.settle_a_little()
        await seat.house.desk.stop(grace_s=0)
    async with company.seat() as seat:
        await seat.run(LONG)
        for each in (await seat.now(one)).troubles:
            await retry_step(seat.house.desk, one.id, each.step.id)
            await seat.run(LONG)
        assert await seat.states(one) == ALL_DONE
        assert company.counts() == one_of_each()


# -- systems that are away ---------------------------------------------------------------------------------------


async def test_a_chat_that_is_away_does_not_hold_up_mail_and_ticket(company: Company) -> None:
    company.world.planned.next(faults.refuse, prefix="slack", count=None)
    async with company.seat() as seat:
        one = await seat.declare()
        await seat.run(20)
        states = await seat.states(one)
        assert (states["ticket"], states["publication"], states["room"]) == (
            StepState.DONE,
            StepState.DONE,
            StepState.PENDING,
        )
        assert states["message-stakeholders"] is StepState.WAITING  # for the room, half a minute at most
        await seat.run(20)
        assert (await seat.states(one))["message-stakeholders"] is StepState.DONE
        [mail] = company.told("webhook")["received"]
        assert "Channel:" not in mail["body"]["text"]
        company.world.planned.clear()
        await seat.run(LONG)
        assert await seat.states(one) == ALL_DONE
        assert company.counts() == one_of_each()


async def test_nothing_goes_out_unasked_a_quarter_of_an_hour_later(company: Company) -> None:
    company.world.planned.next(faults.refuse, prefix="pagerduty", matching=is_write, count=None)
    async with company.seat() as seat:
        one = await seat.declare()
        await seat.run(16 * 60, step=20)
        states = await seat.states(one)
        assert states.pop(INCIDENT) is StepState.HELD
        assert set(states.values()) == {StepState.WAITING}
        company.world.planned.clear()
        await retry_step(seat.house.desk, one.id, INCIDENT)
        await seat.run(LONG)
        assert await seat.states(one) == ALL_DONE
        assert company.counts() == one_of_each()


async def test_one_that_nobody_sent_waits_for_a_person_step_by_step(company: Company) -> None:
    async with company.seat() as seat:
        seat.house.desk._sender.active = False
        one = await seat.declare()
        await seat.house.desk.stop(grace_s=0)
    company.clock.advance(timedelta(hours=10))
    async with company.seat() as seat:
        await seat.run(10)
        standing = await seat.now(one)
        assert standing.is_over
        assert [each.state for each in standing.steps[:2]] == [StepState.HELD, StepState.WAITING]
        assert company.counts() == dict.fromkeys(STEPS, 0)
        await retry_step(seat.house.desk, one.id, INCIDENT)
        await seat.run(LONG)
        assert company.counts() == one_of_each()


async def test_whose_incident_was_confirmed_late_is_gone_on_with_by_a_person(company: Company) -> None:
    prefix, matching = nth(INCIDENT)
    company.world.planned.next(hang(after=True), prefix=prefix, matching=matching)
    async with company.seat() as seat:
        one = await seat.declare()
        await seat.run(2)
        await seat.house.desk.stop(grace_s=0)
    company.clock.advance(timedelta(minutes=20))
    async with company.seat() as seat:
        await seat.run(LONG)
        standing = await seat.now(one)
        [made] = company.incidents
        assert standing.incident == f"pager:{made.id}"
        assert standing.is_over, "nothing of it goes unasked so long afterwards"
        states = {each.step.id: each.state for each in standing.steps}
        assert (states[INCIDENT], states["room"]) == (StepState.DONE, StepState.HELD)
        assert (await declaration_of(seat.house.desk, f"pager:{made.id}")) == standing
        await retry_step(seat.house.desk, one.id, "room")
        await seat.run(LONG)
        assert (await seat.states(one))["room"] is StepState.DONE
        assert company.counts()["room"] == 1


async def test_the_incident_alone_is_known_by_its_id(company: Company) -> None:
    async with company.seat() as seat:
        one = await declare(seat.house.desk, (await seat.plan()).alone("not wanted"))
        await seat.run(LONG)
        [made] = company.incidents
        assert (await seat.now(one)).incident == f"pager:{made.id}"
        assert await declaration_of(seat.house.desk, f"pager:{made.id}") is not None
        assert await seat.house.store.declarations.opened() == ()


async def test_an_incident_whose_unknown_action_is_sent_again_from_the_outbox_goes_on(company: Company) -> None:
    company.world.planned.next(faults.refuse, prefix="pagerduty", matching=is_write, count=None)
    async with company.seat() as seat:
        one = await seat.declare()
        await seat.run(16 * 60, step=20)
        company.world.planned.clear()
        await seat.house.desk.retry((await seat.now(one)).steps[0].row.key)  # type: ignore[union-attr]  # it has one
        await seat.run(LONG)
        [made] = company.incidents
        standing = await seat.now(one)
        assert standing.incident == f"pager:{made.id}"
        assert {each.state for each in standing.steps[1:]} <= {StepState.HELD, StepState.WAITING}
        await retry_step(seat.house.desk, one.id, INCIDENT if standing.steps[0].state in TROUBLED else "note")
        await seat.run(LONG)
        assert (await seat.states(one))["note"] is StepState.DONE


# -- an incident that is there -----------------------------------------------------------------------------------


async def test_the_response_is_run_for_an_incident_that_the_pager_made(company: Company) -> None:
    [native_id] = [key for key, one in company.world.pagerduty.incidents.items() if "Checkout returns" in one.title]
    before = len(company.world.pagerduty.incidents)
    async with company.seat() as seat:
        wish = replace(SEV1, incident=f"pager:{native_id}", title="Checkout returns 503", severity=2)
        plan = await seat.plan(wish)
        assert plan.step(INCIDENT) is None
        assert plan.step("severity") is not None
        number = company.world.pagerduty.incidents[native_id].number
        text = next(step.text for step in plan.steps if step.id == "message-team")
        assert f"INCIDENT #{number}" in text, "what is known stands there already"
        one = await declare(seat.house.desk, plan)
        await seat.run(LONG)
        assert set((await seat.states(one)).values()) == {StepState.DONE}
        assert len(company.world.pagerduty.incidents) == before
        assert company.world.pagerduty.incidents[native_id].priority.name == "P2"  # type: ignore[union-attr]
        [room] = [room for room in company.told("slack")["rooms"] if room["name"] == f"inc-{number}"]
        assert len(room["messages"]) == 1


# -- every pager -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pager", "service", "steps"),
    [
        ("opsgenie", "payments", "incident note commander participants"),
        ("jsm", "payments", "incident note commander participants"),
        ("splunk-oncall", "payments", "incident note participants commander"),
        ("goalert", "payments", "incident participants"),
        ("incident-io", "payments", "incident participants"),
        ("datadog", "payments", "incident commander"),
        ("grafana-oncall", "payments", "incident note commander participants"),
    ],
)
async def test_it_is_made_in_whichever_pager_the_config_names(
    tmp_path: Path, pager: str, service: str, steps: str
) -> None:
    company = Company(tmp_path, pager)
    async with company.seat() as seat:
        for _ in range(4):  # some systems tell of people and policies a part at a time
            company.clock.advance(61)
            await seat.house.desk.poll_once()
        one = await seat.declare(replace(SEV1, service=service))
        assert [each.step.id for each in one.steps if each.step.to == company.pager] == steps.split()
        await seat.run(LONG)
        assert set((await seat.states(one)).values()) == {StepState.DONE}
        incident = await seat.incident(one)
        assert (incident.source, incident.title, incident.is_open) == (company.pager, TITLE, True)
        if "commander" in steps and pager != "grafana-oncall":
            assert [who.name for who in incident.assignees] == ["Erin Engel"]
        [room] = [room for room in company.told("slack")["rooms"] if room["name"].startswith("inc-")][-1:]
        assert [TITLE in message["text"] for message in room["messages"]] == [True]
        written = [one for one in company.told(pager)["writes"] if one["action"] == "declare"]
        assert len(written) == 1


async def test_a_plan_that_cannot_be_gone_on_with_holds_up_nothing_else(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr("oncall_tui.desk.resuming.resume", broken)
    [native_id] = [key for key, one in company.world.pagerduty.incidents.items() if "Checkout returns" in one.title]
    async with company.seat() as seat:
        one = await seat.declare()
        view = await seat.house.desk.view(f"pager:{native_id}")
        assert view is not None
        seen = view.incident.version
        row = await seat.house.desk.act(Verb.ACKNOWLEDGE, f"pager:{native_id}", params={}, seen=seen, title="t")
        await seat.run(10)
        assert (await seat.house.desk.wait(row.key, 0)).state is OutboxState.CONFIRMED
        assert set((await seat.states(one)).values()) == {StepState.WAITING}


async def test_a_plan_that_cannot_be_gone_on_with_holds_up_no_other_declaration(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = resuming._row

    async def broken(store: Any, declared: Any, *rest: Any) -> Any:
        if declared.id == bad:
            raise RuntimeError("a bug of ours")
        return await made(store, declared, *rest)

    monkeypatch.setattr(resuming, "_row", broken)
    async with company.seat() as seat:
        bad = "a-first-one"
        plan = (await seat.plan()).alone("not wanted")
        first = Declared(id=bad, plan=plan, seat="alice", at=company.clock.now(), asked_at=company.clock.now())
        await seat.house.desk.declared.put(first)
        company.clock.advance(1)
        one = await seat.declare()
        await seat.run(LONG)
        assert await seat.states(one) == ALL_DONE
        assert set((await seat.states(await seat.now(replace(one, id=bad)))).values()) == {StepState.WAITING}
        monkeypatch.undo()
        await seat.run(5)
        assert set((await seat.states(replace(one, id=bad))).values()) <= {StepState.DONE, StepState.PENDING}


# -- who may, what may -------------------------------------------------------------------------------------------


async def test_a_read_only_seat_declares_nothing(company: Company) -> None:
    async with company.seat(read_only=True) as seat:
        with pytest.raises(ActRefused, match="read-only"):
            await seat.declare()
        await seat.run(5)
        assert await declarations(seat.house.desk) == ()
        assert company.counts() == dict.fromkeys(STEPS, 0)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (replace(SEV1, title=" "), "needs a title"),
        (replace(SEV1, service=None), "which service of pager"),
        (replace(SEV1, service="nowhere"), "no service 'nowhere'"),
        (replace(SEV1, pager="alerts"), "takes no new incidents"),
        (replace(SEV1, commander="Nobody"), "knows nobody called Nobody"),
        (replace(SEV1, incident="pager:NONE"), "nothing is known of pager:NONE"),
    ],
)
async def test_what_cannot_be_is_told_before_anything_is_stored(company: Company, wish: Wish, words: str) -> None:
    async with company.seat() as seat:
        with pytest.raises(ActRefused, match=words):
            await seat.plan(wish)


async def test_what_is_left_out_is_not_done(company: Company) -> None:
    async with company.seat() as seat:
        plan = (
            (await seat.plan()).without("room").without("publication").worded("message-team", "We cannot take money.")
        )
        one = await declare(seat.house.desk, plan)
        await seat.run(LONG)
        left = {"room", "message-room", "publication"}
        assert set(await seat.states(one)) == set(STEPS) - left
        assert {name: count for name, count in company.counts().items() if count == 0} == dict.fromkeys(
            [*left, "message-team"], 0
        )
        rooms = {room["name"]: room for room in company.told("slack")["rooms"]}
        assert rooms["incidents"]["messages"][-1]["text"] == "We cannot take money."
        told = (await seat.now(one)).skipped
        assert {each.id: each.why for each in told}["message-room"] == "it needs the step room, which is left out"


RETRIES: dict[str, Callable[[Declaration], tuple[str, str]]] = {
    "no declaration": lambda one: ("nothing", INCIDENT),
    "no step": lambda one: (one.id, "breakfast"),
    "is done": lambda one: (one.id, INCIDENT),
}


@pytest.mark.parametrize("words", RETRIES)
async def test_what_cannot_be_done_again_is_refused(company: Company, words: str) -> None:
    async with company.seat() as seat:
        one = await seat.declare()
        await seat.run(LONG)
        with pytest.raises(ActRefused, match=words):
            await retry_step(seat.house.desk, *RETRIES[words](one))
        assert company.counts() == one_of_each()


async def test_a_step_that_was_cancelled_stays_undone_and_what_needs_it_waits(company: Company) -> None:
    company.world.planned.next(faults.refuse, prefix="slack", count=None)
    async with company.seat() as seat:
        one = await seat.declare()
        await seat.run(20)
        room = (await seat.now(one)).step("room")
        assert room is not None and room.row is not None
        await seat.house.desk.cancel(room.row.key)
        company.world.planned.clear()
        await seat.run(LONG)
        expected = ALL_DONE | {"room": StepState.DROPPED, "message-room": StepState.WAITING}
        assert await seat.states(one) == expected
        assert (await seat.now(one)).is_over
        assert company.counts() == one_of_each() | {"room": 0, "message-room": 0}
        with pytest.raises(ActRefused, match="was cancelled"):
            await retry_step(seat.house.desk, one.id, "room")


async def test_a_step_that_is_seen_off_in_the_outbox_is_refused_still(company: Company) -> None:
    async with company.seat() as seat:
        one = await failed(seat, company, "ticket", no)
        ticket = one.step("ticket")
        assert ticket is not None and ticket.row is not None
        await seat.house.desk.cancel(ticket.row.key)
        assert (await seat.states(one))["ticket"] is StepState.REFUSED, "seen off: it is still what the system said"
        rows = {row.key: row for row in await seat.house.desk.outbox()}
        assert rows[ticket.row.key].state is OutboxState.REFUSED
