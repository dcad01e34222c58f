"""What polls and readings of the Splunk On-Call source tell."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.demo.splunk_oncall import SplunkSim
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import AlertState, EntryKind, Incident, IncidentState, Snapshot, Verb
from oncall_tui.sources.base import AuthFailed, BadAnswer, NotFound, RateLimited, ServerFailed
from oncall_tui.text import unsafe_count
from tests.sources.system_bench import SystemBench, on
from tests.support.clock import START

KIND = "splunk-oncall"
CHECKOUT = "Checkout returns 503"
LIVE = "/api-public/v1/incidents"
NO_MORE = json_response({"error": "Authentication failed or rate-limit reached"}, 403)


def titled(taken: Snapshot, title: str) -> Incident:
    return next(one for one in taken.incidents or () if one.title == title)


async def test_the_scene_as_incidents_alerts_and_timeline() -> None:
    bench = SystemBench(KIND)
    taken = await bench.poll()
    assert taken.problems == ()
    assert taken.incidents_complete
    new, slow, disk = taken.incidents or ()
    assert (new.title, new.state, new.number, new.severity, new.severity_word) == (
        CHECKOUT, IncidentState.TRIGGERED, "1201", 2, "CRITICAL",
    )  # fmt: skip
    assert new.created_at == START - timedelta(minutes=4)
    assert [who.name for who in new.assignees] == ["Alice Andersson"]
    assert new.teams == ("Payments",)
    assert new.escalation_policy is not None
    assert (new.escalation_policy.id, new.service and new.service.name) == ("pol-payments", "payments")
    assert (slow.state, [who.id for who in slow.acknowledged_by]) == (IncidentState.ACKNOWLEDGED, ["charlie"])
    assert slow.acknowledged_at == slow.first_acknowledged_at == START - timedelta(minutes=35)
    assert (slow.severity, slow.severity_word) == (4, "WARNING")
    assert (disk.state, disk.resolved_by, disk.resolved_at) == (
        IncidentState.RESOLVED, "Eve Eriksen", START - timedelta(minutes=150),
    )  # fmt: skip
    assert disk.title == "Disk full on edge-1", "out of the history: the live list has it no more"
    alerts = {alert.name: alert for alert in taken.alerts or ()}
    assert alerts[CHECKOUT].state is AlertState.FIRING
    assert alerts[CHECKOUT].summary == "Error rate 12 % over 5 %"
    assert alerts[CHECKOUT].incident_id == new.id
    lines = [(entry.kind, entry.author, entry.text) for entry in taken.timeline if entry.incident_id == slow.id]
    assert (EntryKind.TRIGGERED, None, "triggered: p99 4.1 s over 2 s") in lines
    assert (EntryKind.ACKNOWLEDGED, "Charlie Chen", "acknowledged: looking at the shards") in lines
    assert (EntryKind.NOTE, None, "one shard is rebuilding") in lines


async def test_who_is_on_call_by_level_and_who_comes_next() -> None:
    bench = SystemBench(KIND)
    last = await bench.held()
    rows = [row for row in last.on_call if row.team == "Payments"]
    assert [(row.level, row.person.name, row.paged_after_s) for row in rows] == [
        (1, "Alice Andersson", 0.0),
        (2, "Bob Brandt", 300.0),
        (3, "Erin Engel", 900.0),
        (3, "Victor Vance", 900.0),
    ]
    assert (rows[0].next_person, rows[0].until, rows[0].person.contact) == (
        "Charlie Chen", START.replace(hour=9) + timedelta(days=7), "alice@example.com",
    )  # fmt: skip
    assert rows[3].until is None
    shifts = [one for one in last.shifts if one.team == "Payments" and one.level == 1]
    assert [one.person and one.person.id for one in shifts][:2] == ["alice", "charlie"]
    assert last.directory.me is not None
    assert last.directory.me.id == "alice"
    policy = next(one for one in last.directory.policies if one.id == "pol-payments")
    assert [(level.delay_minutes, [who.id for who in level.people]) for level in policy.levels] == [
        (5, ["alice"]), (10, ["bob"]), (0, ["erin", "victor"]),
    ]  # fmt: skip


async def test_the_seats_own_team_comes_first_and_a_poll_makes_few_calls() -> None:
    bench = SystemBench(KIND, teams=("Edge",))
    await bench.poll()
    assert len(bench.calls) <= 16
    schedules = [call for call in bench.calls if "/schedule" in call]
    policies = [call for call in bench.calls if "/policies/" in call]
    assert policies[0].endswith("/pol-edge")
    assert schedules[0].endswith("/team-edge/oncall/schedule")
    spent = len(bench.calls)
    bench.clock.advance(20)
    await bench.polls(30, 20)
    assert len(bench.calls) - spent < 30 * 20 / 60 * 30, "half of what is allowed"
    assert bench.problems == ()


async def test_an_override_cuts_the_stretch_of_whom_it_stands_in_for() -> None:
    bench = SystemBench(KIND)

    def edit(data: Any) -> Any:
        for row in data["schedules"]:
            if row["policy"]["slug"] == "pol-payments":
                row["overrides"] = [
                    {
                        "origOnCallUser": {"username": "alice"},
                        "overrideOnCallUser": {"username": "grace"},
                        "start": "2026-11-23T13:00:00Z",
                        "end": "2026-11-23T18:00:00Z",
                    }
                ]
        return data

    bench.edits["/oncall/schedule"] = edit
    last = await bench.held()
    first = [row for row in last.on_call if row.team == "Payments" and row.level == 1]
    # Both are told to be on call: whom the schedule does not know stands on level 1 too.
    assert [row.person.id for row in first if row.until] == ["grace"]
    cut = [(one.person and one.person.id, one.is_override) for one in last.shifts if one.team == "Payments"]
    assert cut[:3] == [("alice", False), ("grace", True), ("alice", False)]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("UNACKED", IncidentState.TRIGGERED),
        ("triggered", IncidentState.TRIGGERED),
        ("ACKED", IncidentState.ACKNOWLEDGED),
        ("acknowledged", IncidentState.ACKNOWLEDGED),
        ("Resolved", IncidentState.RESOLVED),
        ("SNOOZED", IncidentState.SNOOZED),
        ("PONDERED", IncidentState.UNKNOWN),
        (None, IncidentState.UNKNOWN),
    ],
)
async def test_phases_of_both_spellings_and_unknown_ones(word: str | None, state: IncidentState) -> None:
    bench = SystemBench(KIND)
    bench.edits[LIVE] = lambda data: {"incidents": [{**data["incidents"][0], "currentPhase": word}]}
    assert titled(await bench.poll(), CHECKOUT).state is state


async def test_severity_by_routing_key_by_state_and_by_the_alert() -> None:
    bench = SystemBench(KIND, severity={"payments": 1, "weird": 3})
    assert (await bench.titled(CHECKOUT)).severity == 1
    bench = SystemBench(KIND)

    def bare(data: Any) -> Any:
        for row in data["incidents"]:
            del row["entityState"], row["routingKey"], row["entityDisplayName"]
        return data

    bench.edits[LIVE] = bare
    found = (await bench.poll()).incidents or ()
    assert [(one.title, one.severity, one.severity_word) for one in found[:2]] == [
        (CHECKOUT, 2, "CRITICAL"), ("Queries are slow", 4, "WARNING"),
    ], "by the alert that was looked up"  # fmt: skip
    assert found[0].service is not None
    assert found[0].service.name == "payments-1"
    bench.edits[LIVE] = lambda data: {"incidents": [{**data["incidents"][0], "entityState": "ODD"}]}
    assert (await bench.poll()).incidents[0].severity is None  # type: ignore[index]  # there is one


async def test_alerts_are_looked_up_once() -> None:
    bench = SystemBench(KIND)
    await bench.polls(5)
    looked = [call for call in bench.calls if "/alerts/" in call]
    assert len(looked) == len(set(looked)) == 2


async def test_rows_that_cannot_be_told_apart_make_the_list_incomplete() -> None:
    for change in (
        lambda rows: [{**row, "incidentNumber": None} for row in rows],
        lambda rows: [{**row, "incidentNumber": "7"} for row in rows],
    ):
        bench = SystemBench(KIND)

        def edit(data: Any, change: Any = change) -> Any:
            return {"incidents": change(data["incidents"])}

        bench.edits[LIVE] = edit
        taken = await bench.poll()
        assert not taken.incidents_complete
        assert not taken.alerts_complete
        assert "not shown" in taken.problems[0]


async def test_an_acknowledgement_that_a_reroute_has_undone_does_not_stand_beside_the_next() -> None:
    bench = SystemBench(KIND)
    account, now = bench.sim.account, bench.clock.now()
    incident = account.incidents["1201"]
    account.acknowledge(incident, "alice", None, now)
    account.reroute(incident, "alice", [account.people["bob"]], False, now + timedelta(seconds=10))
    account.acknowledge(incident, "bob", None, now + timedelta(seconds=20))
    told = (await bench.source.read("1201")).incident
    assert [who.id for who in told.acknowledged_by] == ["bob"]
    assert told.first_acknowledged_at == now


async def test_an_incident_is_read_although_its_latest_alert_cannot_be() -> None:
    bench = SystemBench(KIND)
    await bench.source.read("1202")

    def rule(request: Request) -> Response | None:
        return json_response({"error": "on fire"}, 500) if "/api-public/v1/alerts/" in request.path else None

    bench.rules.append(rule)
    detail = await bench.source.read("1201")
    assert detail.incident.state is IncidentState.TRIGGERED


async def test_the_history_is_read_a_page_a_minute() -> None:
    def crowd(clock: Any, seed: int) -> SplunkSim:
        sim = SplunkSim(clock, seed)
        for count in range(230):
            at = clock.now() - timedelta(hours=20)
            one = sim.account.alert(_payments(), f"svc{count}", f"gone {count}", "m", at, "INFO")
            sim.account.resolve(one, "bob", None, at + timedelta(minutes=1))
        return sim

    bench = SystemBench(KIND, crowd)
    pages = [len(taken.incidents or ()) for taken in await bench.polls(12, 20)]
    assert pages[0] == 100
    assert sum(pages) == 230
    assert [page for page in pages if page] == [100, 100, 30]
    history = [request for request, _ in bench.exchanges if "reporting" in request.path]
    assert [request.value("offset") for request in history] == ["0", "100", "200"]


async def test_the_live_list_goes_before_the_history_which_may_trail() -> None:
    bench = SystemBench(KIND)
    bench.edits["/api-reporting/v2/incidents"] = lambda data: {
        **data,
        "incidents": [
            *({**row, "incidentNumber": "1201", "currentPhase": "resolved"} for row in data["incidents"]),
            {"incidentNumber": "9", "currentPhase": "acknowledged"},
        ],
    }
    taken = await bench.poll()
    assert titled(taken, CHECKOUT).state is IncidentState.TRIGGERED
    assert "9" not in {one.native_id for one in taken.incidents or ()}, "what is open comes from the live list only"


def _payments() -> Any:
    from oncall_tui.demo.company import TEAMS

    return TEAMS[0]


async def test_a_reading_tells_notes_and_the_alert() -> None:
    bench = SystemBench(KIND)
    slow = await bench.titled("Queries are slow")
    bench.sim.account.note(
        bench.sim.account.incidents[slow.native_id],
        "oncall-tui-x",
        "",
        {"text": "[13:50 UTC] [told] support", "author": "alice", "at": "2026-11-23T13:58:00Z"},
    )
    detail = await bench.source.read(slow.native_id)
    note = next(entry for entry in detail.timeline if entry.author == "Alice Andersson")
    assert (note.text, note.at, note.written_at, note.note_kind) == (
        "support", START - timedelta(minutes=10), START - timedelta(minutes=2), "told",
    )  # fmt: skip
    assert detail.alerts[0].summary == "p99 4.1 s over 2 s"
    with pytest.raises(NotFound):
        await bench.source.read("99999")


@pytest.mark.parametrize(
    "answer",
    [
        {"name": "a", "displayName": "A", "json_value": {"text": "hello"}},
        [{"name": "a", "display_name": "hello"}],
        {"notes": [{"name": "a", "json_value": "hello"}, {"json_value": {}}]},
    ],
)
async def test_notes_in_every_form_that_is_told_of(answer: Any) -> None:
    bench = SystemBench(KIND)
    bench.rules.append(on("GET", "/notes", json_response(answer)))
    detail = await bench.source.read("1201")
    assert [entry.text for entry in detail.timeline if entry.kind is EntryKind.NOTE] == ["hello"]


# -- what goes wrong ---------------------------------------------------------------------------------------------


async def test_without_the_live_list_a_poll_fails_whole() -> None:
    for answer, error in (
        (json_response({"error": "x"}, 500), ServerFailed),
        (json_response({"other": []}), BadAnswer),
        (Response(body=b"<html>"), BadAnswer),
    ):
        bench = SystemBench(KIND)
        bench.rules.append(on("GET", LIVE, answer))
        with pytest.raises(error):
            await bench.poll()


@pytest.mark.parametrize(
    ("ending", "word", "failed"),
    [
        ("/oncall/current", "on-call:", {"on_call"}),
        ("/user", "people:", {"escalation"}),
        ("/api-public/v1/policies", "escalation policies:", {"escalation"}),
        ("/pol-payments", "policy pol-payments:", {"escalation"}),
        ("/oncall/schedule", "schedule of team-payments, step 1:", {"schedules"}),
        ("/notes", "notes:", set()),
        ("/api-reporting/v2/incidents", "history:", set()),
    ],
)
async def test_one_part_that_fails_is_named_and_the_others_come(ending: str, word: str, failed: set[str]) -> None:
    bench = SystemBench(KIND)
    bench.rules.append(on("GET", ending, json_response({"error": "on fire"}, 500)))
    for _ in range(3):
        taken = await bench.poll()
        bench.clock.advance(20)
    assert titled(taken, CHECKOUT).is_open
    assert taken.incidents_complete
    assert [line for line in taken.problems if line.startswith(word) and "on fire" in line]
    assert taken.failed == failed
    bench.rules.clear()
    bench.clock.advance(91)
    await bench.polls(4)
    assert (await bench.poll()).failed == frozenset()


async def test_an_older_server_without_policies_by_slug_still_has_levels() -> None:
    bench = SystemBench(KIND)
    bench.rules.append(on("GET", "/pol-payments", json_response({"error": "Not found"}, 404)))
    last = await bench.held()
    assert (await bench.poll()).problems == ()
    policy = next(one for one in last.directory.policies if one.id == "pol-payments")
    assert [[who.id for who in level.people] for level in policy.levels] == [["alice"]]


async def test_403_at_the_first_call_is_a_wrong_key() -> None:
    bench = SystemBench(KIND, api_key="wrong")
    with pytest.raises(AuthFailed, match="403"):
        await bench.poll()
    probe = await bench.source.probe()
    assert (probe.ok, probe.error_kind) == (False, "auth")


async def test_403_after_good_answers_is_the_limit_for_a_minute_and_then_a_wrong_key() -> None:
    bench = SystemBench(KIND)
    await bench.poll()
    bench.rules.append(on("GET", LIVE, NO_MORE))
    bench.clock.advance(20)
    with pytest.raises(RateLimited, match="too many calls, or it refuses the key") as caught:
        await bench.poll()
    assert caught.value.retry_after == 60
    bench.clock.advance(61)
    with pytest.raises(AuthFailed):
        await bench.poll()
    bench.rules.clear()
    assert (await bench.poll()).problems == ()


async def test_401_is_a_missing_key() -> None:
    bench = SystemBench(KIND)
    bench.rules.append(on("GET", LIVE, json_response({"error": "Authentication parameters missing"}, 401)))
    with pytest.raises(AuthFailed):
        await bench.poll()


async def test_calls_are_counted_and_some_are_kept_for_actions() -> None:
    bench = SystemBench(KIND)
    with pytest.raises(RateLimited, match="45 calls in a minute") as caught:
        for _ in range(46):
            await bench.source.read("1201")
    assert len(bench.calls) == 45
    assert 0 < (caught.value.retry_after or 0) <= 60
    await bench.source.send(bench.row(Verb.ACKNOWLEDGE, "1201"))
    assert [write["action"] for write in bench.writes] == ["acknowledge"]


async def test_hostile_text_is_cleaned_and_huge_lists_pass() -> None:
    bench = SystemBench(KIND)
    row = {
        "incidentNumber": "1",
        "currentPhase": "UNACKED",
        "entityDisplayName": "[red]\x1b[2J\u202eevil",
        "pagedUsers": ["\x1b[c", 5, None],
        "transitions": [{"name": "\x9bx", "at": "2026-11-23T13:00:00Z", "by": "a\nb", "message": "\x00"}],
    }
    bench.edits[LIVE] = lambda data: {"incidents": [row, *({**row, "incidentNumber": str(n)} for n in range(2, 3001))]}
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 3000
    assert unsafe_count(repr(taken.incidents)) == 0
    assert titled(taken, "[red]\\x1b[2J\\u202eevil").assignees[0].name == "\\x1b[c"


async def test_a_server_whose_clock_is_off_is_told_and_its_times_are_taken_by_it() -> None:
    bench = SystemBench(KIND, skew=timedelta(minutes=7))
    taken = await bench.poll()
    assert taken.clock_skew == timedelta(minutes=7)
    history = next(request for request, _ in bench.exchanges if "reporting" in request.path)
    assert history.value("startedAfter") == "2026-11-22T14:07:00Z"


async def test_a_probe_names_the_user_and_what_cannot_be_known() -> None:
    bench = SystemBench(KIND)
    probe = await bench.source.probe()
    assert (probe.ok, probe.user and probe.user.id, probe.rate_limit) == (True, "alice", 60)
    assert {"acknowledge", "resolve", "escalate", "note", "on_call"} <= set(probe.can)
    assert not {"snooze", "merge", "severity", "reopen", "unacknowledge"} & set(probe.can)
    assert "read-only" in probe.notes[0]
    stranger = await SystemBench(KIND, seat="zoe@example.com").source.probe()
    assert "knows no user zoe@example.com" in stranger.notes[0]
    assert "acknowledge" not in stranger.can


@pytest.mark.parametrize("seat", ["alice", "Alice Andersson", "ALICE@example.com"])
async def test_the_seat_is_found_by_mail_name_or_user_name(seat: str) -> None:
    probe = await SystemBench(KIND, seat=seat).source.probe()
    assert probe.user is not None
    assert probe.user.id == "alice"
    other = await SystemBench(KIND, seat=seat, user="bob@example.com").source.probe()
    assert other.user is not None
    assert other.user.id == "bob"


async def test_a_nested_list_of_users_is_read_too() -> None:
    bench = SystemBench(KIND)
    bench.edits["/user"] = lambda data: {"users": [data["users"]]}
    assert (await bench.source.probe()).user is not None
