"""What a poll of the PagerDuty source brings."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from oncall_tui.config.secret import Secret
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import AlertState, EntryKind, Incident, IncidentState, NoteKind, Snapshot
from oncall_tui.sources.base import AuthFailed, BadAnswer, Known, RateLimited, ServerFailed, Unreachable
from oncall_tui.text import unsafe_count
from tests.sources.pagerduty_bench import HOUR, Bench, on, refuse
from tests.support.clock import START


def by_id(taken: Snapshot) -> dict[str, Incident]:
    return {incident.native_id: incident for incident in taken.incidents or ()}


def at(hour: int, minute: int, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


# -- incidents -------------------------------------------------------------------------------------------------


async def test_an_incident_is_told_with_all_that_the_pager_knows() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency", priority="P1", alerts=["more"])
    incident = await bench.one(page)
    assert incident.id == f"pager:{page}"
    assert (incident.title, incident.number, incident.state) == ("latency", "1001", IncidentState.TRIGGERED)
    assert (incident.severity, incident.severity_word, incident.urgency) == (1, "P1", "high")
    assert incident.service is not None
    assert incident.service.name == "payments"
    assert incident.teams == ("Payments",)
    assert [(person.name, person.contact) for person in incident.assignees] == [
        ("Alice Andersson", "alice@example.com")
    ]
    assert (incident.escalation_level, incident.escalates_at) == (1, at(14, 5))
    assert (incident.alert_count, incident.mergeable) == (2, True)
    assert incident.url == f"https://example.pagerduty.com/incidents/{page}"


async def test_all_open_incidents_come_however_many_and_old() -> None:
    bench = Bench()
    made = {bench.sim.trigger("edge", f"page {n}", urgency="low", at=START - timedelta(days=n)) for n in range(250)}
    taken = await bench.poll()
    assert set(by_id(taken)) == made
    assert taken.incidents_complete
    assert taken.problems == ()


async def test_the_level_follows_the_escalation_and_the_hand_over_of_the_rota() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    assert (await bench.one(page)).escalation_level == 1
    bench.clock.advance(300)
    assert (await bench.one(page)).escalation_level == 2
    bench.clock.advance(600)
    climbed = await bench.one(page)
    assert (climbed.escalation_level, climbed.escalates_at) == (3, at(14, 30))
    grace = bench.user("grace")
    bench.sim.assign(page, "bob", ["grace"])
    by_hand = await bench.one(page)
    assert ([person.id for person in by_hand.assignees], by_hand.escalation_level) == ([grace], None)


async def test_a_level_stays_when_the_assignee_goes_off_duty() -> None:
    bench = Bench()
    bench.clock.advance(at(8, 50, day=30) - START)
    page = bench.sim.trigger("payments", "latency", urgency="low")
    bench.sim.acknowledge(page, "alice")
    assert (await bench.one(page)).escalation_level == 1
    bench.clock.advance(12 * 60)
    later = await bench.one(page)
    assert [person.name for person in later.assignees] == ["Alice Andersson"], "charlie holds the level by now"
    assert later.escalation_level == 1


async def test_one_person_on_two_levels_is_told_apart_by_the_minutes_left() -> None:
    bench = Bench()
    bench.sim.estate.override("Payments Secondary", "alice", START - HOUR, START + HOUR)
    page = bench.sim.trigger("payments", "latency")
    assert (await bench.one(page)).escalation_level == 1
    bench.clock.advance(300)
    assert (await bench.one(page)).escalation_level == 2


async def test_snoozed_and_acknowledged_are_told_apart() -> None:
    bench = Bench()
    accepted, asleep = bench.sim.trigger("payments", "a"), bench.sim.trigger("payments", "b")
    bench.sim.acknowledge(accepted, "alice")
    bench.sim.snooze(asleep, "alice", 7200)
    found = by_id(await bench.poll())
    assert (found[accepted].state, found[accepted].retriggers_at) == (IncidentState.ACKNOWLEDGED, at(14, 30))
    assert found[accepted].wakes_at is None
    assert (found[asleep].state, found[asleep].wakes_at) == (IncidentState.SNOOZED, at(16, 0))
    assert found[asleep].retriggers_at is None
    assert [person.name for person in found[asleep].acknowledged_by] == ["Alice Andersson"]


async def test_a_snooze_is_remembered_after_a_restart_and_ends_by_a_new_acknowledgement() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "a", at=START - 5 * HOUR)
    bench.sim.snooze(page, "alice", 7 * 3600, at=START - 5 * HOUR)
    first = await bench.one(page)
    assert first.state is IncidentState.SNOOZED
    again = Bench()  # another process: its log is empty, the store's fact is there
    again.rules.append(on("GET", "/log_entries", refuse(1, 500)))
    again.edits["/incidents"] = lambda data: data | {"incidents": []}
    row = json.loads(bench.sim.handle(bench.exchanges[0][0]).body)
    again.edits["/incidents"] = lambda _: row
    taken = await again.source.poll(Known(incidents={page: first}, since=START, last_success=START))
    assert by_id(taken)[page].state is IncidentState.SNOOZED
    bench.sim.reopen(page, "alice")
    bench.clock.advance(60)
    bench.sim.acknowledge(page, "alice")
    assert (await bench.one(page)).state is IncidentState.ACKNOWLEDGED


async def test_what_ran_out_is_triggered_again() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "a")
    bench.sim.acknowledge(page, "alice")
    assert (await bench.one(page)).state is IncidentState.ACKNOWLEDGED
    bench.clock.advance(30 * 60)
    taken = await bench.poll()
    assert by_id(taken)[page].state is IncidentState.TRIGGERED
    assert by_id(taken)[page].first_acknowledged_at == START
    assert EntryKind.UNACKNOWLEDGED in {entry.kind for entry in taken.timeline}


@pytest.mark.parametrize(
    ("priority", "urgency", "wanted"),
    [
        ("P3", "high", (3, "P3")),
        (None, "high", (2, "high")),
        (None, "low", (4, "low")),
    ],
)
async def test_severity_is_the_prioritys_else_the_urgencys(
    priority: str | None, urgency: str, wanted: tuple[int | None, str]
) -> None:
    bench = Bench()
    incident = await bench.one(bench.sim.trigger("edge", "x", priority=priority, urgency=urgency))
    assert (incident.severity, incident.severity_word) == wanted


async def test_configured_words_add_to_the_default_and_an_unknown_word_is_no_severity() -> None:
    bench = Bench(severity={"p2": 1, "Blocker": 1})
    page = bench.sim.trigger("edge", "x", priority="P2")
    other = bench.sim.trigger("edge", "y", priority="P4")
    found = by_id(await bench.poll())
    assert (found[page].severity, found[other].severity) == (1, 4)
    bench.edits["/incidents"] = lambda data: _each(data, priority={"id": "PX", "name": "Catastrophe"})
    strange = by_id(await bench.poll())[page]
    assert (strange.severity, strange.severity_word) == (None, "Catastrophe")


def _each(data: Any, **values: Any) -> Any:
    for incident in data["incidents"]:
        incident.update(values)
    return data


# -- closures ----------------------------------------------------------------------------------------------------


async def test_a_closure_is_told_by_the_systems_word_however_old_the_incident() -> None:
    bench = Bench()
    old = bench.sim.trigger("edge", "old", at=START - timedelta(days=50))
    assert (await bench.one(old)).is_open
    bench.clock.advance(15)
    bench.sim.resolve(old, "bob")
    closed = await bench.one(old)
    assert (closed.state, closed.resolved_by) == (IncidentState.RESOLVED, "Bob Brandt")
    assert closed.resolved_at == bench.clock.now()
    assert f"GET /incidents/{old}" in bench.calls


async def test_what_came_and_went_between_two_polls_is_told() -> None:
    bench = Bench()
    await bench.poll()
    bench.clock.advance(5)
    brief = bench.sim.trigger("edge", "brief")
    bench.clock.advance(5)
    bench.sim.resolve(brief)
    bench.clock.advance(5)
    assert (await bench.one(brief)).state is IncidentState.RESOLVED


async def test_a_merged_incident_says_into_which() -> None:
    bench = Bench()
    target, source = bench.sim.trigger("edge", "a"), bench.sim.trigger("edge", "b")
    await bench.poll()
    bench.sim.merge(source, target, "eve")
    taken = await bench.poll()
    assert by_id(taken)[source].merged_into == f"pager:{target}"
    assert EntryKind.MERGED in {entry.kind for entry in taken.timeline if entry.incident_id == f"pager:{source}"}


async def test_what_the_account_no_longer_finds_is_unknown_not_resolved() -> None:
    bench = Bench()
    page = bench.sim.trigger("edge", "x")
    await bench.poll()
    bench.edits["/incidents"] = lambda data: data | {"incidents": []}
    bench.rules.append(on("GET", f"/incidents/{page}", refuse(2100, 404)))
    assert (await bench.one(page)).state is IncidentState.UNKNOWN


async def test_what_the_account_has_lost_does_not_keep_others_from_being_asked_for() -> None:
    bench = Bench()
    page = bench.sim.trigger("edge", "x")
    held = (await bench.one(page)).native_id
    lost = [f"A{number:02}" for number in range(40)]
    bench.known |= {name: replace(bench.known[held], id=f"pager:{name}", native_id=name) for name in lost}
    bench.known = dict(sorted(bench.known.items()))  # as the store tells them: by id, the lost ones first
    bench.sim.resolve(page)
    bench.edits["/incidents"] = lambda data: data | {"incidents": []}
    for _ in range(2):
        bench.clock.advance(15)
        taken = await bench.poll()
    assert bench.known[page].state is IncidentState.RESOLVED
    assert {bench.known[name].state for name in lost} == {IncidentState.UNKNOWN}
    assert taken.problems == ()
    calls = len(bench.exchanges)
    bench.clock.advance(15)
    await bench.poll()
    assert not [request.path for request, _ in bench.exchanges[calls:] if "/incidents/A" in request.path]


async def test_what_left_the_list_and_cannot_be_asked_for_makes_the_list_incomplete() -> None:
    bench = Bench()
    page = bench.sim.trigger("edge", "x")
    await bench.poll()
    bench.edits["/incidents"] = lambda data: data | {"incidents": []}
    bench.rules.append(on("GET", f"/incidents/{page}", refuse(1, 500)))
    taken = await bench.poll()
    assert page not in by_id(taken)
    assert not taken.incidents_complete
    assert any("not yet asked for" in line for line in taken.problems)


# -- timeline ----------------------------------------------------------------------------------------------------


async def test_the_timeline_has_log_and_notes_with_their_kinds() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency", at=START - HOUR)
    bench.sim.acknowledge(page, "alice", at=START - HOUR + timedelta(minutes=2))
    bench.sim.escalate(page, "alice", 2, at=START - HOUR + timedelta(minutes=4))
    bench.sim.set_priority(page, "P1", "bob", at=START - HOUR + timedelta(minutes=5))
    bench.sim.resolve(page, "bob", at=START - HOUR + timedelta(minutes=8))
    bench.sim.reopen(page, "bob", at=START - HOUR + timedelta(minutes=9))
    bench.sim.note(page, "alice", "[13:20 UTC] [told] the merchants know\nand wait")
    taken = await bench.poll()
    entries = sorted((e for e in taken.timeline if e.kind is not EntryKind.NOTIFIED), key=lambda e: e.at)
    kinds = {
        minute: {e.kind for e in entries if e.at == START - HOUR + timedelta(minutes=minute)} for minute in range(10)
    }
    assert {minute: found for minute, found in kinds.items() if found} == {
        0: {EntryKind.TRIGGERED, EntryKind.ASSIGNED},
        2: {EntryKind.ACKNOWLEDGED},
        4: {EntryKind.ESCALATED},
        5: {EntryKind.SEVERITY},
        8: {EntryKind.RESOLVED},
        9: {EntryKind.REOPENED, EntryKind.ASSIGNED},
    }
    note = next(entry for entry in entries if entry.kind is EntryKind.NOTE)
    assert (note.text, note.note_kind) == ("the merchants know\nand wait", NoteKind.TOLD)
    assert (note.at, note.written_at, note.author) == (at(13, 20), START, "Alice Andersson")
    assert len({entry.id for entry in taken.timeline}) == len(taken.timeline)


async def test_a_note_is_read_although_it_changes_no_time_of_the_incident() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    await bench.poll()
    bench.clock.advance(15)
    assert not [e for e in (await bench.poll()).timeline if e.kind is EntryKind.NOTE]
    bench.sim.note(page, "bob", "restarted the pods")
    bench.clock.advance(15)
    assert [e.text for e in (await bench.poll()).timeline if e.kind is EntryKind.NOTE] == ["restarted the pods"]


async def test_a_status_update_entry_is_known() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    bench.edits["/log_entries"] = lambda data: _retyped(data, "status_update_log_entry")
    taken = await bench.poll()
    assert {entry.kind for entry in taken.timeline if entry.incident_id == f"pager:{page}"} == {EntryKind.STATUS_UPDATE}


def _retyped(data: Any, kind: str) -> Any:
    for entry in data["log_entries"]:
        entry["type"] = kind
    return data


async def test_only_what_changed_is_read_again_and_never_too_much_at_once() -> None:
    bench = Bench()
    for number in range(20):
        bench.sim.trigger("edge", f"page {number}", urgency="low")
    read: list[int] = []
    for _ in range(4):
        bench.exchanges.clear()
        await bench.poll()
        read.append(sum(path.endswith("/notes") for path in bench.calls))
        bench.clock.advance(15)
    assert read == [8, 8, 4, 0]
    bench.exchanges.clear()
    await bench.poll()
    assert bench.calls[:3] == ["GET /incidents", "GET /incidents", "GET /log_entries"]
    changed = next(iter(bench.sim.incidents))
    bench.sim.acknowledge(changed, "eve")
    bench.exchanges.clear()
    await bench.poll()
    assert [path for path in bench.calls if path.endswith("/notes")] == [f"GET /incidents/{changed}/notes"]


# -- alerts ------------------------------------------------------------------------------------------------------


async def test_recent_alerts_come_from_the_trigger_log_and_follow_their_incident() -> None:
    bench = Bench()
    bench.sim.trigger("edge", "long ago", at=START - 2 * HOUR)
    page = bench.sim.trigger("payments", "latency", priority="P2", alerts=["queue"])
    alerts = (await bench.poll()).alerts or ()
    assert {(alert.name, alert.state, alert.service) for alert in alerts} == {
        ("latency", AlertState.FIRING, "payments"),
        ("queue", AlertState.FIRING, "payments"),
    }
    assert {alert.incident_id for alert in alerts} == {f"pager:{page}"}
    bench.clock.advance(15)
    assert (await bench.poll()).alerts == (), "nothing new"
    bench.clock.advance(2 * HOUR)
    bench.sim.resolve(page)
    ended = (await bench.poll()).alerts or ()
    assert {(alert.name, alert.state, alert.ended_at) for alert in ended} == {
        ("latency", AlertState.RESOLVED, bench.clock.now()),
        ("queue", AlertState.RESOLVED, bench.clock.now()),
    }
    bench.clock.advance(15)
    assert (await bench.poll()).alerts == ()


async def test_an_incident_read_whole_has_the_same_alerts_by_the_same_ids() -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency", alerts=["queue"], severity="critical")
    polled = {alert.id for alert in (await bench.poll()).alerts or ()}
    detail = await bench.source.read(page)
    assert {alert.id for alert in detail.alerts} == polled
    assert {alert.severity_word for alert in detail.alerts} == {"critical"}
    assert detail.incident.escalation_level == 1
    assert EntryKind.TRIGGERED in {entry.kind for entry in detail.timeline}


# -- on call -----------------------------------------------------------------------------------------------------


async def test_who_is_on_call_where_until_when_and_who_is_next() -> None:
    bench = Bench()
    rows = (await bench.poll()).on_call or ()
    payments = [row for row in rows if row.team == "Payments"]
    assert [(row.level, row.person.name, row.next_person, row.paged_after_s) for row in payments] == [
        (1, "Alice Andersson", "Charlie Chen", 0.0),
        (2, "Bob Brandt", "David Dias", 300.0),
        (3, "Erin Engel", None, 900.0),
        (3, "Victor Vance", None, 900.0),
    ]
    assert (payments[0].since, payments[0].until) == (at(9, 0), at(9, 0, day=30))
    assert payments[2].until is None
    assert payments[0].policy is not None
    assert payments[0].policy.name == "Critical Service On-Call"


async def test_an_override_is_on_call_and_the_rota_is_next() -> None:
    bench = Bench()
    bench.sim.estate.override("Payments Primary", "eve", START - HOUR, START + HOUR)
    taken = await bench.poll()
    first = next(row for row in taken.on_call or () if row.team == "Payments" and row.level == 1)
    assert (first.person.name, first.until, first.next_person) == ("Eve Eriksen", START + HOUR, "Alice Andersson")
    shift = next(s for s in taken.shifts or () if s.schedule == "Payments Primary" and s.start <= START < s.end)
    assert (shift.person and shift.person.name, shift.is_override) == ("Eve Eriksen", True)


async def test_whoever_has_just_gone_off_duty_is_not_next() -> None:
    bench = Bench()
    bench.clock.advance(at(8, 58, day=30) - START)
    await bench.poll()
    bench.clock.advance(150)
    first = next(row for row in (await bench.poll()).on_call or () if row.team == "Payments")
    assert (first.person.name, first.next_person) == ("Charlie Chen", "Eve Eriksen")


async def test_duplicate_rows_are_one_row() -> None:
    bench = Bench()

    def twice(data: Any) -> Any:
        rows = data["oncalls"]
        later = [{**row, "end": "2026-12-24T09:00:00Z", "schedule": {"id": "POTHER"}} for row in rows if "end" in row]
        return data | {"oncalls": rows + rows + later}

    bench.edits["/oncalls"] = twice
    rows = (await bench.poll()).on_call or ()
    assert len(rows) == 12
    assert rows[0].until == datetime(2026, 12, 24, 9, 0, tzinfo=UTC)


async def test_shifts_of_both_kinds_of_schedules_for_four_weeks() -> None:
    bench = Bench()
    shifts = (await bench.poll()).shifts or ()
    assert {shift.schedule for shift in shifts} == {
        f"{team} {role}" for team in ("Payments", "Storage", "Edge") for role in ("Primary", "Secondary")
    }
    newer = [shift for shift in shifts if shift.schedule == "Edge Secondary"]
    assert [(shift.level, shift.person and shift.person.name, shift.start) for shift in newer] == [
        (2, "Henry Huber", at(14, 0, day=15)),  # cut where the window begins
        (2, "Judy Jónsdóttir", at(9, 0, day=16)),
        (2, "Frank Fischer", at(9, 0)),
        (2, "Henry Huber", at(9, 0, day=30)),
        (2, "Judy Jónsdóttir", datetime(2026, 12, 7, 9, 0, tzinfo=UTC)),
        (2, "Frank Fischer", datetime(2026, 12, 14, 9, 0, tzinfo=UTC)),
        (2, "Henry Huber", datetime(2026, 12, 21, 9, 0, tzinfo=UTC)),
    ]


async def test_a_gap_in_a_schedule_is_a_shift_of_nobody() -> None:
    bench = Bench()

    def holed(data: Any) -> Any:
        for schedule in data["schedules"]:
            del schedule["final_schedule"]["rendered_schedule_entries"][2]
        return data

    bench.edits["/schedules"] = holed
    shifts = [s for s in (await bench.poll()).shifts or () if s.schedule == "Payments Primary"]
    assert [(s.person is None, s.start, s.end) for s in shifts][2] == (True, at(9, 0), at(9, 0, day=30))


async def test_a_turn_of_a_week_is_told_from_its_own_start_on_its_last_day_too() -> None:
    bench = Bench()
    bench.clock.advance(timedelta(days=6).total_seconds())
    shifts = (await bench.poll()).shifts or ()
    now = [s.start for s in shifts if s.schedule.startswith("Payments") and s.start <= bench.clock.now() < s.end]
    assert now == [at(9, 0), at(9, 0)]


async def test_the_directory_is_what_actions_choose_from() -> None:
    bench = Bench()
    directory = (await bench.poll()).directory
    assert directory is not None
    assert len(directory.people) == 16
    assert [priority.name for priority in directory.priorities] == ["P1", "P2", "P3", "P4"]
    assert directory.me is not None
    assert directory.me.contact == "alice@example.com"
    policy = next(policy for policy in directory.policies if policy.name == "Critical Service On-Call")
    assert [(level.delay_minutes, level.targets) for level in policy.levels] == [
        (5, ("Payments Primary",)),
        (10, ("Payments Secondary",)),
        (15, ("Erin Engel", "Victor Vance")),
    ]
    assert [person.name for person in policy.levels[0].people] == ["Alice Andersson"]
    assert policy.repeats == 3


async def test_what_hardly_changes_is_read_every_few_minutes_only() -> None:
    bench = Bench()
    await bench.poll()
    bench.exchanges.clear()
    quiet = [await bench.poll() for _ in range(3) if bench.clock.advance(15) is None]
    assert {snapshot.on_call for snapshot in quiet} == {None}
    assert {snapshot.directory for snapshot in quiet} == {None}
    assert not [path for path in bench.calls if "users" in path or "schedules" in path or "oncalls" in path]
    bench.clock.advance(15)
    assert (await bench.poll()).on_call is not None
    bench.clock.advance(300)
    bench.exchanges.clear()
    again = await bench.poll()
    assert again.shifts is not None
    assert bench.calls.count("GET /users") == 1


async def test_an_account_without_priorities_says_nothing_of_it() -> None:
    bench = Bench(priorities=False)
    taken = await bench.poll()
    assert taken.problems == ()
    assert taken.directory is not None
    assert taken.directory.priorities == ()


# -- failures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "word"),
    [
        ("/log_entries", "log"),
        ("/oncalls", "on-call"),
        ("/schedules", "schedules"),
        ("/users", "people"),
        ("/escalation_policies", "escalation policies"),
        ("/services", "services"),
        ("/priorities", "priorities"),
    ],
)
async def test_a_part_that_fails_is_a_problem_and_the_incidents_come(ending: str, word: str) -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    bench.rules.append(on("GET", ending, refuse(1, 500, "boom")))
    taken = await bench.poll()
    assert page in by_id(taken)
    assert any(line.startswith(f"{word}:") and "500" in line for line in taken.problems), taken.problems
    part = {"/oncalls": taken.on_call, "/schedules": taken.shifts, "/users": taken.directory}.get(ending)
    assert part is None
    stale = {
        "/log_entries": {"alerts"},
        "/oncalls": {"on_call"},
        "/schedules": {"schedules"},
        "/users": {"escalation"},
        "/escalation_policies": {"escalation"},
    }.get(ending, set())
    assert taken.failed == stale
    bench.clock.advance(15)
    assert any(line.startswith(f"{word}:") for line in (await bench.poll()).problems), "still so, though not asked"
    bench.rules.clear()
    bench.clock.advance(60)
    healed = await bench.poll()
    assert (healed.problems, healed.failed) == ((), frozenset())
    assert healed.on_call is not None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refuse(2006, 401), AuthFailed),
        (refuse(1, 500), ServerFailed),
        (refuse(2020, 429), RateLimited),
        (httpx.ConnectError("no route"), Unreachable),
        (json_response([]), BadAnswer),
        (json_response({"incidents": None}), BadAnswer),
        (Response(body=b"<html>login</html>"), BadAnswer),
    ],
)
async def test_without_the_open_incidents_a_poll_is_no_success(
    answer: Response | Exception, error: type[Exception]
) -> None:
    bench = Bench()
    bench.rules.append(on("GET", "/incidents", answer))
    with pytest.raises(error):
        await bench.poll()


async def test_a_wrong_key_is_told_without_the_key() -> None:
    bench = Bench(token=Secret("literal", "canary-5f1c"))
    with pytest.raises(AuthFailed) as caught:
        await bench.poll()
    assert "canary" not in str(caught.value)


async def test_pages_that_repeat_or_never_end_are_read_once_and_said() -> None:
    bench = Bench()
    page = bench.sim.trigger("edge", "x")
    asked: list[Request] = []

    def endless(request: Request) -> Response | None:
        if request.path != "/incidents" or "triggered" not in request.values("statuses[]"):
            return None
        asked.append(request)
        return json_response({**json.loads(bench.sim.handle(_first_page(request)).body), "more": True})

    bench.rules.append(endless)
    taken = await bench.poll()
    assert list(by_id(taken)) == [page]
    assert len(asked) == 2
    assert not taken.incidents_complete
    assert any("repeat themselves" in line for line in taken.problems)


def _first_page(request: Request) -> Request:
    query = tuple(pair for pair in request.query if pair[0] != "offset")
    return Request(method="GET", path=request.path, query=query, headers=request.headers)


async def test_ten_thousand_is_the_end_and_is_said() -> None:
    bench = Bench()

    def many(request: Request) -> Response | None:
        if request.path != "/incidents" or "triggered" not in request.values("statuses[]"):
            return None
        offset = int(request.value("offset"))
        assert offset + int(request.value("limit")) <= 10_000, "beyond it PagerDuty answers 400"
        rows = [{"id": f"Q{n}", "title": "x", "status": "triggered"} for n in range(offset, offset + 100)]
        return json_response({"incidents": rows, "more": True})

    bench.rules.append(many)
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 10_000
    assert not taken.incidents_complete
    assert any("10000" in line for line in taken.problems)


HOSTILE: list[dict[str, Any]] = [
    {"title": None, "summary": None, "service": None, "assignments": None, "priority": None, "urgency": None},
    {"status": "on fire", "created_at": "yesterday", "updated_at": 5, "pending_actions": {"type": "x"}},
    {"assignments": [None, {"assignee": 3}, {"assignee": {"id": "P1\x1b[c"}}], "acknowledgements": "all"},
    {"title": "\x1b[c\u202ex [@click=app.quit]y[/]", "priority": {"name": 7}, "alert_counts": []},
    {"html_url": "javascript:alert(1)", "incident_number": 10**40, "teams": [{"summary": ["x"]}]},
    {"escalation_policy": {"id": {}}, "last_status_change_by": [], "resolve_reason": {"incident": None}},
    {"title": "x" * 1_000_000, "conference_bridge": {"conference_url": "http://x\x07"}},
]


@pytest.mark.parametrize("values", HOSTILE)
async def test_a_bad_field_never_costs_the_row(values: dict[str, Any]) -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency", priority="P2")
    bench.edits["/incidents"] = lambda data: _each(data, **values)
    taken = await bench.poll()
    found = by_id(taken)[page]
    assert taken.incidents_complete
    assert found.state in (IncidentState.TRIGGERED, IncidentState.UNKNOWN)
    assert len(found.title) <= 500
    assert not unsafe_count(found.title + (found.bridge or "") + "".join(found.teams))
    assert found.url is None or found.url.startswith("https://")


async def test_an_incident_without_a_usable_id_is_counted_not_hidden() -> None:
    bench = Bench()
    bench.sim.trigger("payments", "latency")
    bench.edits["/incidents"] = lambda data: _each(data, id="../../users")
    assert list(by_id(await bench.poll())) == ["../../users"], "odd, but it can be quoted"
    bench.edits["/incidents"] = lambda data: _each(data, id="a\nb")
    taken = await bench.poll()
    assert not taken.incidents_complete
    assert any("without a usable id" in line for line in taken.problems)


async def test_an_odd_id_stays_one_segment_of_the_path() -> None:
    bench = Bench()
    bench.sim.trigger("payments", "latency")
    bench.edits["/incidents"] = lambda data: _each(data, id="../users/me?x=1")
    await bench.poll()
    assert "GET /incidents/..%2Fusers%2Fme%3Fx%3D1/notes" in bench.calls


@pytest.mark.parametrize("garbage", [None, [], {}, "x", 7, [None], [[]], [{"id": None}], [{"id": "P1"}]])
@pytest.mark.parametrize("ending", ["/oncalls", "/escalation_policies", "/users", "/schedules", "/log_entries"])
async def test_garbage_in_any_list_ends_in_a_problem_or_nothing(ending: str, garbage: Any) -> None:
    bench = Bench()
    page = bench.sim.trigger("payments", "latency")
    key = ending.strip("/")
    bench.edits[ending] = lambda data: data | {key: garbage}
    assert page in by_id(await bench.poll())


async def test_budget_and_clock_are_told() -> None:
    bench = Bench(rate_limit=500)
    bench.sim.trigger("payments", "latency")
    taken = await bench.poll()
    assert taken.budget is not None
    assert taken.budget.limit == 500
    assert taken.budget.remaining == 500 - len(bench.calls)
    assert taken.clock_skew == timedelta()


async def test_reads_leave_the_last_calls_of_the_budget_to_actions() -> None:
    bench = Bench(rate_limit=60)
    bench.sim.trigger("payments", "latency")
    await bench.poll()
    with pytest.raises(RateLimited, match="kept for actions"):
        for _ in range(30):
            await bench.poll()
    assert len(bench.calls) <= 60 - 15


@pytest.mark.parametrize("hours", [-26, 26])
async def test_a_server_whose_clock_is_a_day_off_is_read_whole_and_its_clock_told(hours: int) -> None:
    bench = Bench(skew=timedelta(hours=hours))
    page = bench.sim.trigger("payments", "latency")
    taken = await bench.poll()
    assert taken.clock_skew == timedelta(hours=hours)
    assert [alert.name for alert in taken.alerts or ()] == ["latency"]
    assert next(row for row in taken.on_call or () if row.team == "Payments").next_person == "Charlie Chen"
    bench.clock.advance(15)
    brief = bench.sim.trigger("edge", "brief")
    bench.sim.resolve(brief)
    bench.sim.note(page, "bob", "seen")
    bench.clock.advance(15)
    later = await bench.poll()
    assert by_id(later)[brief].state is IncidentState.RESOLVED
    assert "seen" in {entry.text for entry in later.timeline}
    assert later.problems == ()


async def test_what_closed_while_we_were_away_is_told_whatever_the_clocks_show() -> None:
    bench = Bench(skew=timedelta(hours=-26))
    await bench.poll()
    bench.clock.advance(HOUR)
    missed = bench.sim.trigger("edge", "missed")
    bench.sim.resolve(missed)
    bench.clock.advance(2 * HOUR)
    assert (await bench.one(missed)).state is IncidentState.RESOLVED


# -- check -------------------------------------------------------------------------------------------------------


async def test_probe_tells_user_abilities_and_budget() -> None:
    probe = await Bench().source.probe()
    assert probe.ok
    assert probe.user is not None
    assert probe.user.name == "Alice Andersson"
    assert "acknowledge" in probe.can
    assert "responders" in probe.can
    assert probe.rate_limit == 960
    assert probe.clock_skew_s == 0
    assert probe.notes == ()


async def test_probe_says_who_is_missing_and_that_nothing_can_be_done() -> None:
    stranger = await Bench(seat="zoe@example.com").source.probe()
    assert stranger.ok
    assert "acknowledge" not in stranger.can
    assert any("zoe@example.com" in note for note in stranger.notes)
    nobody = await Bench(seat=None).source.probe()
    assert any("no user is configured" in note for note in nobody.notes)


async def test_probe_takes_the_owner_of_a_users_key() -> None:
    probe = await Bench(seat=None, me="bob").source.probe()
    assert probe.user is not None
    assert probe.user.name == "Bob Brandt"


@pytest.mark.parametrize("word", ["bob@example.com", "BOB@EXAMPLE.COM", "Bob Brandt", "id"])
async def test_the_user_may_be_given_by_mail_name_or_id(word: str) -> None:
    bench = Bench()
    named = Bench(user=bench.user("bob") if word == "id" else word)
    probe = await named.source.probe()
    assert probe.user is not None
    assert probe.user.name == "Bob Brandt"


async def test_probe_never_raises() -> None:
    bench = Bench()
    bench.rules.append(on("GET", "/abilities", refuse(2006, 401)))
    probe = await bench.source.probe()
    assert (probe.ok, probe.error_kind, probe.can) == (False, "auth", ())
    bench.rules[:] = [on("GET", "/abilities", json_response({"hello": 1}))]
    assert (await bench.source.probe()).error_kind == "bad_answer"
    bench.rules[:] = [on("GET", "/abilities", json_response({"abilities": ["teams"]}))]
    lesser = await bench.source.probe()
    assert "responders" not in lesser.can
    assert any("coordinated_responding" in note for note in lesser.notes)
