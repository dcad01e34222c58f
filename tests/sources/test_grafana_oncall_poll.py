"""What the Grafana OnCall source reads: alert groups in every state, who is on call, chains, and what goes wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oncall_tui.config.secret import Secret
from oncall_tui.demo.faults import answer_with, drop_before_apply, limit_rate, refuse
from oncall_tui.demo.grafana_oncall import SERVICE_TOKEN
from oncall_tui.demo.hostile import SHORT
from oncall_tui.demo.wire import Response, json_response
from oncall_tui.model import AlertState, EntryKind, IncidentState, NoteKind, Verb
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    NotFound,
    RateLimited,
    ServerFailed,
    Unreachable,
    for_action,
)
from oncall_tui.sources.grafana_oncall import Options
from oncall_tui.sources.grafana_oncall.api import CALLS, RESERVE
from oncall_tui.text import unsafe_count
from tests.sources.grafana_oncall_bench import Bench, each, ending
from tests.support.clock import START


def ago(minutes: float) -> datetime:
    return START - timedelta(minutes=minutes)


# -- alert groups --------------------------------------------------------------------------------------------------


async def test_an_alert_group_is_an_incident_with_what_its_labels_and_last_alert_say() -> None:
    bench = Bench()
    native_id = bench.sim.trigger("payments", "QueueStuck: 5200 payments wait", at=ago(6), alerts=3)
    incident = await bench.one(native_id)
    assert (incident.id, incident.title) == (f"irm:{native_id}", "QueueStuck: 5200 payments wait")
    assert (incident.state, incident.created_at) == (IncidentState.TRIGGERED, ago(6))
    assert (incident.severity, incident.severity_word) == (2, "critical")
    assert incident.service is not None and incident.service.name == "payments"
    assert incident.teams == ("Payments",)
    assert incident.escalation_policy is not None and incident.escalation_policy.name == "Critical Service On-Call"
    assert incident.alert_count == 3
    assert incident.url == f"https://grafana.example.com/a/grafana-oncall-app/alert-groups/{native_id}"
    assert incident.runbook == "https://runbooks.example.com/QueueStuck"


async def test_every_state() -> None:
    bench = Bench()
    life, person = bench.sim.life, bench.sim.person
    ids = [bench.sim.trigger("web", f"g{number}", at=ago(30 + number)) for number in range(4)]
    groups = [life.groups[one] for one in ids]
    life.acknowledge(groups[1], person("bob"), ago(20))
    life.silence(groups[2], 3600, ago(15))
    life.resolve(groups[3], person("eve"), ago(10))
    taken = await bench.poll()
    found = {one.native_id: one for one in taken.incidents or ()}
    assert [found[one].state.value for one in ids] == ["triggered", "acknowledged", "snoozed", "resolved"]
    acked, resolved = found[ids[1]], found[ids[3]]
    assert [person.contact for person in acked.acknowledged_by] == ["bob@example.com"]
    assert acked.acknowledged_at == ago(20)
    assert (resolved.resolved_at, resolved.resolved_by) == (ago(10), "eve")
    assert taken.incidents_complete and taken.alerts_complete and not taken.problems and not taken.failed
    states = {one.incident_id: one.state for one in taken.alerts or ()}
    assert [states[f"irm:{one}"] for one in ids] == [
        AlertState.FIRING, AlertState.FIRING, AlertState.SILENCED, AlertState.RESOLVED,
    ]  # fmt: skip
    kinds = {(entry.kind, entry.author) for entry in taken.timeline}
    assert {(EntryKind.ACKNOWLEDGED, "bob"), (EntryKind.RESOLVED, "eve"), (EntryKind.SNOOZED, None)} <= kinds


async def test_a_silence_runs_out() -> None:
    bench = Bench()
    native_id = bench.sim.trigger("web", "slow", at=ago(5))
    bench.sim.life.silence(bench.sim.life.groups[native_id], 600, START)
    assert (await bench.one(native_id)).state is IncidentState.SNOOZED
    bench.clock.advance(601)
    assert (await bench.one(native_id)).state is IncidentState.TRIGGERED


async def test_a_word_that_is_not_known_is_shown_as_unknown() -> None:
    bench = Bench()
    native_id = bench.sim.trigger("web", "slow")
    bench.edits["/alert_groups/"] = each(state="hibernating")
    incident = await bench.one(native_id)
    assert incident.state is IncidentState.UNKNOWN
    assert incident.is_open


@pytest.mark.parametrize(
    ("row", "severity", "service"),
    [
        ({"labels": [{"key": {"id": "k", "name": "severity"}, "value": {"id": "v", "name": "page"}}]}, 2, "web"),
        ({"labels": [{"key": "severity", "value": "info"}]}, 4, "web"),
        ({"labels": [], "last_alert": {"payload": {"labels": {"severity": "sev1", "app": "x"}}}}, 1, "x"),
        ({"labels": [], "last_alert": {"payload": {"priority": "P3", "service": "flat"}}}, 3, "flat"),
        ({"labels": None, "last_alert": None}, None, "web"),
        ({"labels": [7, {"key": None}], "last_alert": {"payload": []}}, None, "web"),
        ({"labels": [{"key": {"name": "severity"}, "value": {"name": "odd"}}], "last_alert": None}, None, "web"),
    ],
)
async def test_severity_and_service_of_whatever_there_is(row: Any, severity: int | None, service: str) -> None:
    bench = Bench()
    native_id = bench.sim.trigger("web", "slow")
    bench.edits["/alert_groups/"] = each(**row)
    incident = await bench.one(native_id)
    assert incident.severity == severity
    assert incident.service is not None and incident.service.name == service


async def test_the_configured_words_and_labels_decide() -> None:
    bench = Bench(severity={"critical": 1}, service_labels=("team", "service"))
    native_id = bench.sim.trigger("web", "slow", labels={"team": "shop"})
    incident = await bench.one(native_id)
    assert incident.severity == 1
    assert incident.service is not None and incident.service.name == "shop"


async def test_hostile_text_is_clean_everywhere() -> None:
    bench = Bench()
    for text in SHORT:
        group = bench.sim.life.groups[bench.sim.trigger("web", text, labels={"x": text})]
        bench.sim.life.note(group, bench.sim.person("bob"), text, START)
        group.alerts[0].payload["commonAnnotations"]["summary"] = text
    for _ in range(5):
        taken = await bench.poll()
        texts = [one.title for one in taken.incidents or ()] + [one.text for one in taken.timeline]
        texts += [value for one in taken.alerts or () for value in (one.name, one.summary or "", *one.labels.values())]
        assert not any(unsafe_count(text) for text in texts)
        bench.clock.advance(30)


# -- lists ---------------------------------------------------------------------------------------------------------


async def test_all_pages_are_read_although_the_next_link_names_another_host() -> None:
    bench = Bench()
    for number in range(230):
        bench.sim.trigger("web", f"g{number}", at=ago(number))
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 230
    assert taken.incidents_complete
    assert sum(call.startswith("GET /alert_groups/?state=new") for call in bench.calls) == 3


async def test_pages_that_repeat_themselves_end_and_say_so() -> None:
    bench = Bench()
    native_id = bench.sim.trigger("web", "slow")
    bench.edits["/alert_groups/"] = lambda data: {**data, "next": "https://elsewhere.example.com/?page=2"}
    taken = await bench.poll()
    assert [one.native_id for one in taken.incidents or ()] == [native_id]
    assert not taken.incidents_complete and not taken.alerts_complete
    assert any("the pages repeat themselves" in line for line in taken.problems)


async def test_an_old_group_that_closed_is_asked_for_by_its_id() -> None:
    bench = Bench()
    native_id = bench.sim.trigger("storage", "old", at=START - timedelta(days=20))
    assert (await bench.one(native_id)).is_open
    bench.clock.advance(30)
    bench.sim.life.resolve(bench.sim.life.groups[native_id], None, bench.clock.now())
    incident = await bench.one(native_id)
    assert incident.state is IncidentState.RESOLVED
    assert f"GET /alert_groups/{native_id}/" in bench.calls


async def test_absence_is_not_resolution() -> None:
    bench = Bench()
    native_id = bench.sim.trigger("web", "deleted", at=START - timedelta(days=2))
    await bench.poll()
    del bench.sim.life.groups[native_id]
    incident = await bench.one(native_id)
    assert incident.state is IncidentState.UNKNOWN


async def test_one_whose_state_cannot_be_asked_leaves_the_list_incomplete() -> None:
    bench = Bench()
    native_id = bench.sim.trigger("web", "slow", at=START - timedelta(days=2))
    await bench.poll()
    bench.sim.life.resolve(bench.sim.life.groups[native_id], None, START)
    bench.planned.next(drop_before_apply, matching=ending(f"/{native_id}/"))
    taken = await bench.poll()
    assert not taken.incidents_complete
    assert "alert groups: 1 not in the open lists, not yet asked for" in taken.problems
    assert (await bench.one(native_id)).state is IncidentState.RESOLVED


async def test_rows_without_an_id_are_counted() -> None:
    bench = Bench()
    bench.sim.trigger("web", "slow")
    bench.edits["/alert_groups/"] = each(id=None)
    taken = await bench.poll()
    assert taken.incidents == ()
    assert not taken.incidents_complete
    assert "alert groups: 1 without a usable id are not shown" in taken.problems


# -- notes and timeline --------------------------------------------------------------------------------------------


async def test_one_that_closes_while_it_is_polled_is_one_group() -> None:
    bench = Bench()
    group = bench.sim.life.groups[bench.sim.trigger("payments", "Card latency", at=ago(5))]

    def close(data: Any) -> Any:
        if data["results"] and group.resolved_at is None:
            bench.sim.life.resolve(group, None, bench.clock.now())
        return data

    bench.edits["/alert_groups/"] = close
    taken = await bench.poll()
    assert [one.state for one in taken.incidents or ()] == [IncidentState.RESOLVED]
    assert taken.problems == ()
    assert taken.incidents_complete


async def test_notes_come_by_turns_and_again() -> None:
    bench = Bench()
    groups = [bench.sim.life.groups[bench.sim.trigger("web", f"g{number}")] for number in range(8)]
    for group in groups:
        bench.sim.life.note(group, bench.sim.person("bob"), "[13:40 UTC] [told] the shop", START)

    async def noted() -> set[str]:
        return {one.incident_id for one in (await bench.poll()).timeline if one.kind is EntryKind.NOTE}

    first, second = await noted(), await noted()
    assert (len(first), len(second)) == (6, 2) and not first & second
    assert await noted() == set()
    bench.clock.advance(121)
    assert len(await noted()) == 6
    entry = next(one for one in (await bench.source.read(groups[0].id)).timeline if one.kind is EntryKind.NOTE)
    assert (entry.text, entry.at, entry.note_kind) == ("the shop", ago(20), NoteKind.TOLD)
    assert (entry.author, entry.written_at) == ("bob", START)


async def test_an_incident_read_whole_has_its_alerts_and_notes() -> None:
    bench = Bench()
    native_id = bench.sim.trigger("payments", "QueueStuck: 5200 wait", at=ago(9), alerts=4)
    group = bench.sim.life.groups[native_id]
    bench.sim.life.acknowledge(group, bench.sim.person("alice"), ago(8))
    bench.sim.life.note(group, bench.sim.person("alice"), "looking", ago(7))
    detail = await bench.source.read(native_id)
    kinds = sorted(entry.kind.value for entry in detail.timeline)
    assert kinds == ["acknowledged", "alert", "alert", "alert", "note", "triggered"]
    (alert,) = detail.alerts
    assert (alert.name, alert.count, alert.summary) == ("QueueStuck", 4, "5200 wait")
    assert alert.incident_id == detail.incident.id != alert.id
    with pytest.raises(NotFound):
        await bench.source.read("I000")


# -- who is on call ------------------------------------------------------------------------------------------------


async def test_who_is_on_call_on_which_level_of_which_chain() -> None:
    taken = await Bench().poll()
    rows = [one for one in taken.on_call or () if one.team == "Payments"]
    assert [(one.level, one.person.contact, one.paged_after_s) for one in rows] == [
        (1, "alice@example.com", 0),
        (2, "bob@example.com", 300),
        (3, "erin@example.com", 900),
        (3, "victor@example.com", 900),
    ]
    monday = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert (rows[0].since, rows[0].until) == (monday, monday + timedelta(days=7))
    assert rows[0].next_person == "charlie"
    assert (rows[2].since, rows[2].until, rows[2].schedule) == (None, None, None)
    assert rows[0].policy is not None and rows[0].policy.name == "Critical Service On-Call"


async def test_a_turn_that_the_window_cuts_has_no_known_end() -> None:
    bench = Bench()
    forever = [
        {"user_pk": bench.user("eve"), "shift_start": "2026-11-15T00:00:00Z", "shift_end": "2026-12-08T00:00:00Z"}
    ]
    bench.edits["/final_shifts"] = lambda data: {**data, "results": forever}
    bench.edits["/schedules/"] = each(on_call_now=[bench.user("eve")])
    row = next(one for one in (await bench.poll()).on_call or () if one.level == 1)
    assert (row.person.name, row.since, row.until, row.next_person) == ("eve", None, None, None)


async def test_shifts_and_the_gaps_between_them() -> None:
    bench = Bench()
    bench.edits["/final_shifts"] = lambda data: {
        **data,
        "results": [
            {"user_pk": bench.user("eve"), "shift_start": "2026-11-23T09:00:00Z", "shift_end": "2026-11-23T17:00:00Z"},
            {"user_pk": bench.user("bob"), "shift_start": "2026-11-24T09:00:00Z", "shift_end": "2026-11-24T17:00:00Z"},
            {"user_pk": None, "shift_start": "x", "shift_end": 3},
        ],
    }
    taken = await bench.poll()
    rows = [one for one in taken.shifts or () if one.schedule == "Payments Primary"]
    told = [(one.start.isoformat()[5:16], one.person.name if one.person else None) for one in rows]
    assert told == [
        ("11-15T00:00", None), ("11-23T09:00", "eve"), ("11-23T17:00", None), ("11-24T09:00", "bob"),
        ("11-24T17:00", None),
    ]  # fmt: skip
    assert rows[-1].end == datetime(2026, 12, 8, tzinfo=UTC)


async def test_chains_as_policies_with_levels() -> None:
    bench = Bench()
    team = bench.sim.estate.teams[0]["id"]
    chain = bench.sim.estate.chains[0]["id"]
    bench.sim.estate.steps = [
        {"id": f"E{number}", "escalation_chain_id": chain, "position": number, **step}
        for number, step in enumerate(
            [
                {"type": "wait", "duration": 60},
                {"type": "notify_persons", "persons_to_notify": [bench.user("eve"), bench.user("bob")]},
                {"type": "trigger_webhook", "action_to_trigger": "W"},
                {"type": "notify_team_members", "team_to_notify": team},
                {"type": "wait", "duration": 300},
                {"type": "wait", "duration": 600},
                {"type": "notify_person_next_each_time", "persons_to_notify_next_each_time": [bench.user("eve")]},
                {"type": "notify_user_group", "group_to_notify": "G1"},
                {"type": "something_new"},
                {"type": "resolve"},
            ]
        )
    ]
    directory = (await bench.poll()).directory
    assert directory is not None
    first, second = directory.policies[0].levels
    assert {person.name for person in first.people} >= {"eve", "bob", "alice", "grace"}
    assert (first.delay_minutes, second.delay_minutes) == (15, 0)
    assert second.people == ()
    assert second.targets == ("eve (in turn)", "chat group G1")


@pytest.mark.parametrize(
    ("user", "seat", "name"),
    [
        (None, "alice@example.com", "alice"),
        (None, "ALICE", "alice"),
        (None, None, "alice"),
        ("bob@example.com", "alice@example.com", "bob"),
        ("nobody@example.com", "alice@example.com", None),
    ],
)
async def test_the_seats_own_person(user: str | None, seat: str | None, name: str | None) -> None:
    directory = (await Bench(seat=seat, user=user).poll()).directory
    assert directory is not None
    assert (directory.me.name if directory.me else None) == name


async def test_what_hardly_changes_is_read_now_and_then() -> None:
    bench = Bench()
    await bench.poll()
    bench.exchanges.clear()
    bench.clock.advance(30)
    taken = await bench.poll()
    assert (taken.on_call, taken.shifts, taken.directory) == (None, None, None)
    assert {call.split("?")[0] for call in bench.calls} == {"GET /alert_groups/"}
    bench.clock.advance(31)
    assert (await bench.poll()).on_call is not None
    assert [call for call in bench.calls if "alert_groups" not in call] == ["GET /schedules/"]


# -- what goes wrong -----------------------------------------------------------------------------------------------


async def test_a_part_that_fails_is_named_and_the_others_come() -> None:
    bench = Bench()
    native_id = bench.sim.trigger("payments", "stuck")
    bench.sim.denied = {"schedules", "teams"}
    taken = await bench.poll()
    assert [one.native_id for one in taken.incidents or ()] == [native_id]
    assert taken.on_call is None
    assert taken.failed == {"on_call"}
    assert any(line.startswith("schedules: ") and "permission" in line for line in taken.problems)
    assert any(line.startswith("teams: ") for line in taken.problems)
    bench.sim.denied = set()
    bench.clock.advance(61)
    taken = await bench.poll()
    assert not taken.failed and not taken.problems and taken.on_call


async def test_shifts_that_are_none_are_no_gap() -> None:
    bench = Bench()
    bench.edits["/final_shifts"] = lambda data: {"detail": "try later"}
    taken = await bench.poll()
    assert taken.shifts is None
    assert "schedules" in taken.failed
    assert any(line.startswith("shifts:") for line in taken.problems)


async def test_resolved_groups_that_do_not_come_leave_the_list_incomplete() -> None:
    bench = Bench()
    native_id = bench.sim.trigger("payments", "stuck")
    bench.planned.next(answer_with(Response(status=502)), matching=lambda request: request.value("state") == "resolved")
    taken = await bench.poll()
    assert [one.native_id for one in taken.incidents or ()] == [native_id]
    assert not taken.incidents_complete and not taken.alerts_complete
    assert taken.problems[0].startswith("resolved alert groups: ")


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (refuse, Unreachable),
        (answer_with(Response(status=500)), ServerFailed),
        (answer_with(Response(status=200, body=b"<html>")), BadAnswer),
        (answer_with(json_response({"count": 0})), BadAnswer),
        (answer_with(json_response({"detail": "Invalid token."}, 401)), AuthFailed),
        (limit_rate(7), RateLimited),
    ],
)
async def test_without_the_open_groups_a_poll_fails(trouble: Any, error: type[Exception]) -> None:
    bench = Bench()
    bench.planned.next(trouble, count=None)
    with pytest.raises(error):
        await bench.poll()


async def test_a_wrong_token() -> None:
    bench = Bench(token=Secret("literal", "wrong"))
    with pytest.raises(AuthFailed, match="Invalid token"):
        await bench.poll()


async def test_the_token_goes_without_a_word_before_it() -> None:
    bench = Bench()
    await bench.poll()
    headers = bench.exchanges[0][0].headers
    assert headers["authorization"] == "demo-grafana-oncall-token"
    assert "x-grafana-url" not in headers


async def test_the_engines_limit_is_told_with_its_wait() -> None:
    bench = Bench(sim={"rate_limit": 2})
    bench.clock.advance(1)
    with pytest.raises(RateLimited, match="Request was throttled") as limited:
        await bench.poll()
    assert limited.value.retry_after == 300


async def test_reads_leave_some_calls_for_actions() -> None:
    bench = Bench()
    native_id = bench.sim.trigger("payments", "stuck")
    await bench.poll()
    with pytest.raises(RateLimited, match="kept for actions") as limited:
        for _ in range(200):
            await bench.source.read(native_id)
    assert len(bench.exchanges) == CALLS - RESERVE
    assert limited.value.retry_after == 300
    with for_action():
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, native_id))
    bench.clock.advance(301)
    taken = await bench.poll()
    assert taken.budget is not None and (taken.budget.limit, taken.budget.remaining) == (300, 300 - 6)


async def test_another_clock_is_noted_and_asked_by() -> None:
    bench = Bench(skew=timedelta(minutes=-10))
    native_id = bench.sim.trigger("payments", "stuck")
    taken = await bench.poll()
    assert taken.clock_skew == timedelta(minutes=-10)
    bench.sim.life.resolve(bench.sim.life.groups[native_id], None, bench.clock.now())
    bench.clock.advance(15)
    assert (await bench.one(native_id)).state is IncidentState.RESOLVED
    window = next(call for call in reversed(bench.calls) if "started_at" in call).partition("started_at=")[2]
    assert window == "2026-11-23T12:50:15_2026-11-23T13:52:15"


# -- who may what --------------------------------------------------------------------------------------------------


async def test_a_service_accounts_token_only_reads() -> None:
    bench = Bench(token=Secret("literal", SERVICE_TOKEN), grafana_url="https://grafana.example.com/")
    assert Capability.ACKNOWLEDGE not in bench.source.capabilities
    assert Capability.INCIDENTS in bench.source.capabilities
    native_id = bench.sim.trigger("payments", "stuck")
    assert (await bench.one(native_id)).title == "stuck"
    assert bench.exchanges[0][0].headers["x-grafana-url"] == "https://grafana.example.com"
    assert "GET /users/current/" not in bench.calls


async def test_an_observer_cannot_act_and_that_is_known_after_the_first_poll() -> None:
    bench = Bench()
    assert Capability.ACKNOWLEDGE in bench.source.capabilities
    bench.sim.estate.users["alice"].role = "observer"
    await bench.poll()
    assert Capability.ACKNOWLEDGE not in bench.source.capabilities


async def test_a_probe_tells_who_and_what() -> None:
    bench = Bench(skew=timedelta(seconds=90))
    probe = await bench.source.probe()
    assert probe.ok and probe.user is not None and probe.user.contact == "alice@example.com"
    assert set(probe.can) == {one.value for one in bench.source.capabilities}
    assert (probe.rate_limit, probe.clock_skew_s, probe.notes) == (300, 90, ())
    assert probe.rate_remaining == 300 - 9


async def test_a_probe_names_the_missing_permission() -> None:
    bench = Bench()
    bench.sim.denied = {"schedules", "escalation_chains"}
    probe = await bench.source.probe()
    assert probe.ok
    assert not {"on_call", "schedules", "escalation"} & set(probe.can)
    assert "schedules cannot be read: the token lacks grafana-oncall-app.schedules:read" in probe.notes
    bench.sim.denied = {"alert_groups"}
    probe = await bench.source.probe()
    assert not probe.ok and probe.error_kind == "auth"
    assert probe.notes == ("alert groups cannot be read: the token lacks grafana-oncall-app.alert-groups:read",)


@pytest.mark.parametrize(
    ("role", "seat", "note"),
    [
        ("observer", "alice@example.com", "alice is an observer there: no action can be done"),
        ("user", "bob@example.com", "the token is alice's: what is done is done in that name"),
        ("user", "zoe@example.com", "no user zoe@example.com: nothing is mine"),
    ],
)
async def test_a_probe_notes_what_is_odd_about_the_person(role: str, seat: str, note: str) -> None:
    bench = Bench(seat=seat)
    bench.sim.estate.users["alice"].role = role
    probe = await bench.source.probe()
    assert probe.ok and note in probe.notes
    assert ("acknowledge" in probe.can) is (role != "observer")


def test_addresses_as_documentation_gives_them() -> None:
    def options(**given: Any) -> Options:
        return Options(name="a", kind="grafana-oncall", token=Secret("literal", "x"), **given)

    made = options(base_url="https://oncall-prod-us-central-0.grafana.net/oncall/api/v1/")
    assert made.base_url == "https://oncall-prod-us-central-0.grafana.net/oncall"
    with pytest.raises(ValueError, match="base_url: http:// would show the token"):
        options(base_url="http://oncall.example.com")
    with pytest.raises(ValueError, match="grafana_url: not an http"):
        options(base_url="https://oncall.example.com", grafana_url="stack")
