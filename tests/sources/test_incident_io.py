"""What polls and readings of the incident.io source tell."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from oncall_tui.demo.incident_io import IncidentIoSim
from oncall_tui.demo.wire import Response, json_response
from oncall_tui.model import AlertState, EntryKind, Incident, IncidentState, Snapshot
from oncall_tui.sources.base import AuthFailed, BadAnswer, NotFound, RateLimited, ServerFailed
from oncall_tui.text import unsafe_count
from tests.sources.system_bench import SystemBench, on
from tests.support.clock import START

KIND = "incident-io"
NEW, HELD, PAGE, OVER = "Payments are slow", "Search index is stale", "Certificate expires", "Checkout was down"


def titled(taken: Snapshot, title: str) -> Incident:
    return next(one for one in taken.incidents or () if one.title == title)


def incident_of(bench: SystemBench, title: str) -> Any:
    return next(one for one in bench.sim.account.incidents.values() if one.name == title)


def page_of(bench: SystemBench, title: str) -> Any:
    return next(one for one in bench.sim.account.pages.values() if one.title == title)


async def test_the_scene_as_incidents_pages_and_alerts() -> None:
    bench = SystemBench(KIND)
    taken = await bench.poll()
    assert taken.problems == ()
    assert taken.incidents_complete
    assert {one.title for one in taken.incidents or ()} == {NEW, HELD, PAGE, OVER}, "a page of an incident is no row"
    new, held, page, over = (titled(taken, title) for title in (NEW, HELD, PAGE, OVER))
    assert (new.state, new.number, new.severity, new.severity_word) == (
        IncidentState.TRIGGERED, "INC-141", 2, "Major",
    )  # fmt: skip
    assert [who.name for who in new.assignees] == ["Alice Andersson"], "whom the page has notified"
    assert new.escalation_policy is not None
    assert new.escalation_policy.name == "Critical Service On-Call"
    assert (new.url, new.bridge) == (
        "https://app.incident.io/demo/incidents/141", "https://meet.example.com/inc-141",
    )  # fmt: skip
    assert (held.state, [who.name for who in held.acknowledged_by]) == (IncidentState.ACKNOWLEDGED, ["Charlie Chen"])
    assert held.acknowledged_at == START - timedelta(minutes=96)
    assert [who.name for who in held.assignees] == ["Charlie Chen"], "its lead; the reporter is not on it"
    assert (page.state, page.native_id[:5], [who.name for who in page.assignees]) == (
        IncidentState.TRIGGERED, "page-", ["Eve Eriksen"],
    )  # fmt: skip
    assert (over.state, over.resolved_at) == (IncidentState.RESOLVED, START - timedelta(minutes=480))
    alerts = {alert.name: alert for alert in taken.alerts or ()}
    assert (alerts["High latency"].state, alerts["High latency"].incident_id) == (AlertState.FIRING, new.id)
    assert alerts["Certificate expires"].incident_id == page.id
    assert alerts["Index age"].labels == {"service": "search"}
    assert taken.alerts_complete
    assert taken.budget is not None
    assert taken.budget.remaining is not None


async def test_the_timeline_holds_updates_and_what_happened_to_pages() -> None:
    bench = SystemBench(KIND)
    taken = await bench.poll()
    held = titled(taken, HELD)
    lines = [(entry.kind, entry.author, entry.text) for entry in taken.timeline if entry.incident_id == held.id]
    assert (EntryKind.STATUS_UPDATE, "Charlie Chen", "Rebuilding the index; status Fixing; severity Minor") in lines
    assert (EntryKind.NOTIFIED, None, "page notified users: Charlie Chen") in lines
    assert (EntryKind.ACKNOWLEDGED, "Charlie Chen", "page acked: Charlie Chen") in lines
    over = [entry.kind for entry in taken.timeline if entry.incident_id == titled(taken, OVER).id]
    assert over == [EntryKind.STATUS_UPDATE, EntryKind.RESOLVED, EntryKind.STATUS_UPDATE]
    bench.exchanges.clear()
    await bench.poll()
    assert not [call for call in bench.calls if "incident_updates" in call], "nothing has changed"


async def test_who_is_on_call_and_who_comes_next() -> None:
    last = await SystemBench(KIND).held(1)
    rows = [row for row in last.on_call if row.team == "Payments"]
    assert [(row.level, row.person.name, row.paged_after_s, row.next_person) for row in rows] == [
        (1, "Alice Andersson", 0.0, "Charlie Chen"),
        (2, "Bob Brandt", 300.0, "David Dias"),
        (3, "Erin Engel", 900.0, None),
        (3, "Victor Vance", 900.0, None),
    ]
    assert rows[0].until == START.replace(hour=9) + timedelta(days=7)
    shifts = [one for one in last.shifts if one.team == "Payments" and one.level == 1]
    assert [one.person and one.person.name for one in shifts] == [
        "Grace Goto", "Alice Andersson", "Charlie Chen", "Eve Eriksen",
    ]  # fmt: skip
    policy = next(one for one in last.directory.policies if one.name == "Critical Service On-Call")
    assert [(level.delay_minutes, len(level.people)) for level in policy.levels] == [(5, 1), (10, 1), (15, 2)]
    assert (policy.repeats, policy.teams) == (3, ("Payments",))
    assert [ref.name for ref in last.directory.priorities] == ["Critical", "Major", "Minor"]
    assert last.directory.me is not None
    assert last.directory.me.name == "Alice Andersson"


async def test_a_fork_in_a_path_is_followed_within_its_condition() -> None:
    bench = SystemBench(KIND)

    def fork(data: Any) -> Any:
        for path in data["escalation_paths"]:
            levels = path["path"][:3]
            path["path"] = [
                {"id": "d", "type": "delay", "delay": {"delay_seconds": 60}},
                {
                    "id": "f",
                    "type": "if_else",
                    "if_else": {"conditions": [], "then_path": levels[:1], "else_path": levels},
                },
            ]
        return data

    bench.edits["/escalation_paths"] = fork
    last = await bench.held(1)
    rows = [row for row in last.on_call if row.policy and row.policy.name == "Critical Service On-Call"]
    assert [(row.level, row.paged_after_s) for row in rows] == [(1, 60.0)]
    secondary = next(row for row in last.on_call if row.schedule and row.schedule.name == "Payments secondary")
    assert (secondary.level, secondary.policy, secondary.team) == (1, None, "Payments"), "on no path now"


async def test_overrides_are_marked() -> None:
    bench = SystemBench(KIND)

    def stand_in(data: Any) -> Any:
        entries = data["schedule_entries"]
        entries["overrides"] = [entries["final"][0]] if entries["final"] else []
        return data

    bench.edits["/schedule_entries"] = stand_in
    marked = [one for one in (await bench.held(1)).shifts if one.is_override]
    assert {one.schedule for one in marked} == {"Payments primary"}


@pytest.mark.parametrize(
    ("status", "lead", "state"),
    [
        ("Triage", None, IncidentState.TRIGGERED),
        ("Investigating", None, IncidentState.TRIGGERED),
        ("Investigating", "alice", IncidentState.ACKNOWLEDGED),
        ("Paused", None, IncidentState.SNOOZED),
        ("Documenting", None, IncidentState.RESOLVED),
        ("Declined", None, IncidentState.RESOLVED),
        ("Merged", None, IncidentState.RESOLVED),
        ("Canceled", None, IncidentState.RESOLVED),
    ],
)
async def test_every_category_of_status(status: str, lead: str | None, state: IncidentState) -> None:
    bench = SystemBench(KIND)
    bench.sim.account.declare("x", status, None, bench.clock.now(), lead)
    one = await bench.titled("x")
    assert (one.state, one.severity) == (state, None)


async def test_unknown_words_are_shown() -> None:
    bench = SystemBench(KIND)

    def odd(data: Any) -> Any:
        for row in data.get("incidents", ()):
            row["incident_status"]["category"] = "pondering"
        for row in data.get("escalations", ()):
            row["status"] = "pondering"
            row["related_incidents"] = []
        return data

    bench.edits["/v2/incidents"] = bench.edits["/v2/escalations"] = odd
    taken = await bench.poll()
    assert {one.state for one in taken.incidents or ()} == {IncidentState.UNKNOWN}
    assert len(taken.incidents or ()) == 6


async def test_severities_by_name_and_by_rank() -> None:
    bench = SystemBench(KIND, severity={"MINOR": 4, "critical": 2})
    taken = await bench.poll()
    assert [titled(taken, title).severity for title in (NEW, HELD, OVER)] == [2, 4, 2]
    taken = await SystemBench(KIND).poll()
    assert [titled(taken, title).severity for title in (OVER, NEW, HELD)] == [1, 2, 3]


async def test_a_page_that_comes_to_belong_to_an_incident_is_merged_into_it() -> None:
    bench = SystemBench(KIND)
    page = titled(await bench.poll(), PAGE)
    bench.clock.advance(15)
    account = bench.sim.account
    made = account.declare("Certificates", "Investigating", "Minor", bench.clock.now())
    page_of(bench, PAGE).incidents.append(made)
    taken = await bench.poll()
    merged = next(one for one in taken.incidents or () if one.id == page.id)
    assert (merged.state, merged.merged_into) == (IncidentState.RESOLVED, f"{bench.name}:{made.id}")
    detail = await bench.source.read(page.native_id)
    assert detail.incident.merged_into == merged.merged_into
    bench.clock.advance(15)
    assert page.id not in {one.id for one in (await bench.poll()).incidents or ()}


async def test_a_page_that_nobody_answers_stays_in_sight_for_a_day() -> None:
    bench = SystemBench(KIND)
    await bench.poll()
    bench.clock.advance(timedelta(minutes=40))
    page = next(one for one in (await bench.poll()).incidents or () if one.native_id.startswith("page-"))
    assert (page.title, page.state) == ("Certificate expires (nobody answered)", IncidentState.UNKNOWN)
    bench.clock.advance(15)
    assert page.id in {one.id for one in (await bench.poll()).incidents or ()}, "also between the slow readings"
    bench.clock.advance(timedelta(hours=25))
    assert (await bench.source.read(page.native_id)).incident.state is IncidentState.RESOLVED


async def test_a_page_that_nobody_answered_stays_in_sight_past_midnight() -> None:
    """The list of what has ended is asked for by the day: the day before must be in it."""
    bench = SystemBench(KIND)
    await bench.poll()
    bench.clock.advance(timedelta(hours=9, minutes=50))
    taken = await bench.poll()
    page = next(one for one in taken.incidents or () if one.native_id.startswith("page-") and one.is_open)
    for _ in range(16):
        bench.clock.advance(timedelta(minutes=15))
        assert page.id in {one.id for one in (await bench.poll()).incidents or ()}, bench.clock.now()


async def test_one_wrong_date_takes_no_page_out_of_sight() -> None:
    bench = SystemBench(KIND)
    await bench.poll()
    bench.clock.advance(timedelta(minutes=40))
    page = next(one for one in (await bench.poll()).incidents or () if one.native_id.startswith("page-"))
    bench.rules.append(
        lambda request: dataclasses.replace(
            (answer := bench.sim.handle(request)),
            headers={**answer.headers, "date": format_datetime(bench.clock.now() + timedelta(days=1), usegmt=True)},
        )
    )
    bench.clock.advance(timedelta(minutes=6))
    for _ in range(2):
        taken = {one.id: one for one in (await bench.poll()).incidents or ()}
        assert taken[page.id].state is IncidentState.UNKNOWN
        bench.clock.advance(timedelta(minutes=6))


async def test_an_answered_page_acknowledges_its_incident_and_an_ended_one_resolves() -> None:
    bench = SystemBench(KIND)
    await bench.poll()
    bench.clock.advance(15)
    account = bench.sim.account
    account.acknowledge(page_of(bench, "High latency"), "alice", bench.clock.now())
    account.acknowledge(page_of(bench, PAGE), "eve", bench.clock.now())
    taken = await bench.poll()
    assert [titled(taken, title).state for title in (NEW, PAGE)] == [IncidentState.ACKNOWLEDGED] * 2
    assert [who.name for who in titled(taken, PAGE).acknowledged_by] == ["Eve Eriksen"]
    bench.clock.advance(15)
    account.end(page_of(bench, PAGE), "resolved", bench.clock.now())
    account.edit(
        incident_of(bench, HELD), bench.clock.now(), by=account.people["charlie"], status=account.status("Closed")
    )
    taken = await bench.poll()
    assert [titled(taken, title).state for title in (HELD, PAGE)] == [IncidentState.RESOLVED] * 2, "at once"


async def test_an_answered_page_that_is_over_leaves_its_incident_answered() -> None:
    bench = SystemBench(KIND)
    account = bench.sim.account
    page = page_of(bench, "High latency")
    account.acknowledge(page, "alice", bench.clock.now())
    first = titled(await bench.poll(), NEW)
    bench.clock.advance(15)
    account.end(page, "resolved", bench.clock.now())
    for _ in range(3):
        incident = titled(await bench.poll(), NEW)
        assert (incident.state, incident.acknowledged_by) == (IncidentState.ACKNOWLEDGED, first.acknowledged_by)
        assert incident.acknowledged_at == first.acknowledged_at
        assert (await bench.source.read(incident.native_id)).incident.version == incident.version
        bench.clock.advance(15)
    fresh = SystemBench(KIND, lambda clock, seed: bench.sim)
    assert titled(await fresh.poll(), NEW).state is IncidentState.ACKNOWLEDGED, "at the start, too"


async def test_a_new_page_that_nobody_has_answered_is_a_page() -> None:
    bench = SystemBench(KIND)
    account = bench.sim.account
    page = page_of(bench, "High latency")
    account.acknowledge(page, "alice", bench.clock.now())
    await bench.poll()
    account.end(page, "resolved", bench.clock.now())
    await bench.poll()
    bench.clock.advance(15)
    account.page("again", bench.clock.now(), users=[account.people["bob"]], incident=incident_of(bench, NEW))
    incident = titled(await bench.poll(), NEW)
    assert incident.state is IncidentState.TRIGGERED
    assert (await bench.source.read(incident.native_id)).incident.state is IncidentState.TRIGGERED


async def test_words_that_came_after_this_program_are_among_what_is_open() -> None:
    bench = SystemBench(KIND)
    incident, page = incident_of(bench, NEW), page_of(bench, PAGE)
    incident.status = replace(incident.status, category="stalled")
    page.status = "waiting_for_rain"
    taken = await bench.poll()
    assert [titled(taken, title).state for title in (NEW, PAGE)] == [IncidentState.UNKNOWN] * 2


@pytest.mark.parametrize(
    ("roles", "of_page", "of_incident"),
    [
        (("viewer", "incident_editor", "escalation_creator"), ("resolve", "escalate"), None),
        (("viewer", "incident_editor"), (), None),
        (("viewer", "escalation_creator"), ("resolve", "escalate"), ("escalate",)),
    ],
)
async def test_what_one_takes_goes_by_the_keys_roles(
    roles: tuple[str, ...], of_page: tuple[str, ...], of_incident: tuple[str, ...] | None
) -> None:
    def make(clock: Any, seed: int) -> IncidentIoSim:
        sim = IncidentIoSim(clock, seed, roles=roles)
        sim.open_scene()
        return sim

    bench = SystemBench(KIND, make)
    taken = await bench.poll()
    assert (titled(taken, PAGE).takes, titled(taken, NEW).takes) == (of_page, of_incident)
    for one in (PAGE, NEW):
        incident = titled(taken, one)
        assert (await bench.source.read(incident.native_id)).incident.takes == incident.takes


async def test_lists_are_read_to_the_end_and_a_cut_is_told() -> None:
    bench = SystemBench(KIND)
    for count in range(230):
        bench.sim.account.declare(f"n{count}", "Investigating", None, bench.clock.now())
        bench.sim.account.alert(f"a{count}", "", "web", bench.clock.now())
    for count in range(120):
        bench.sim.account.page(f"p{count}", bench.clock.now(), users=[bench.sim.account.people["bob"]])
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 230 + 120 + 4
    assert len(taken.alerts or ()) == 233
    assert taken.incidents_complete
    assert len([call for call in bench.calls if "incident_updates" in call]) == 8, "a few a poll"
    bench.edits["/v2/incidents"] = lambda data: {**data, "pagination_meta": {"after": "01SAME", "page_size": 100}}
    bench.rules.append(
        lambda request: (
            json_response({"incidents": [], "pagination_meta": {"after": "x"}})
            if request.value("after") == "01SAME"
            else None
        )
    )
    taken = await bench.poll()
    assert not taken.incidents_complete
    assert any("pages repeat themselves" in line for line in taken.problems)


async def test_what_ended_is_filtered_by_days_and_read_rarely() -> None:
    bench = SystemBench(KIND)
    await bench.polls(8, 30)
    ended = [request for request, _ in bench.exchanges if request.value("status_category[one_of]") == "learning"]
    assert [request.value("updated_at[gte]") for request in ended] == ["2026-11-22"]
    bench.clock.advance(120)
    await bench.poll()
    ended = [request for request, _ in bench.exchanges if request.value("status_category[one_of]") == "learning"]
    assert [request.value("updated_at[gte]") for request in ended] == ["2026-11-22", "2026-11-23"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", request.value("updated_at[gte]")) for request in ended)


async def test_ids_that_are_none_make_the_lists_incomplete() -> None:
    for change in (None, 7, "01SAME", ["x"]):
        bench = SystemBench(KIND)

        def edit(data: Any, change: Any = change) -> Any:
            key = next(key for key in data if key != "pagination_meta")
            return {**data, key: [{**row, "id": change} for row in data[key]]}

        for ending in ("/v2/incidents", "/v2/escalations", "/v2/alerts"):
            bench.edits[ending] = edit
        taken = await bench.poll()
        assert not taken.incidents_complete
        assert not taken.alerts_complete
        assert any("without an id of their own" in line for line in taken.problems)


# -- what goes wrong ---------------------------------------------------------------------------------------------


async def test_without_the_open_incidents_a_poll_fails_whole() -> None:
    for answer, error in (
        (json_response({"x": 1}, 500), ServerFailed),
        (json_response({"other": []}), BadAnswer),
        (Response(body=b"<html>"), BadAnswer),
    ):
        bench = SystemBench(KIND)
        bench.rules.append(on("GET", "/v2/incidents", answer))
        with pytest.raises(error):
            await bench.poll()


@pytest.mark.parametrize(
    ("ending", "word", "failed"),
    [
        ("/v2/escalations", "pages:", {"incidents"}),
        ("/v2/alerts", "alerts:", {"alerts"}),
        ("/v2/schedules", "on-call:", {"on_call"}),
        ("/v2/schedule_entries", "schedules:", {"schedules"}),
        ("/v2/escalation_paths", "escalation paths:", {"escalation"}),
        ("/v2/users", "people:", {"escalation"}),
        ("/v1/severities", "severities:", set()),
        ("/v1/identity", "the key:", set()),
        ("/v2/incident_updates", "updates of INC-", set()),
    ],
)
async def test_one_part_that_fails_is_named_and_the_others_come(ending: str, word: str, failed: set[str]) -> None:
    bench = SystemBench(KIND)
    bench.rules.append(on("GET", ending, json_response({"errors": [{"message": "on fire"}]}, 500)))
    taken = await bench.poll()
    assert titled(taken, NEW).is_open
    assert [line for line in taken.problems if line.startswith(word) and "on fire" in line]
    assert taken.failed == failed
    bench.rules.clear()
    bench.clock.advance(61)
    taken = await bench.poll()
    assert (taken.failed, taken.problems) == (frozenset(), ())


async def test_pages_that_do_not_come_change_no_incidents_state() -> None:
    bench = SystemBench(KIND)
    account = bench.sim.account
    account.acknowledge(page_of(bench, "High latency"), "alice", bench.clock.now())
    assert titled(await bench.poll(), NEW).state is IncidentState.ACKNOWLEDGED
    bench.rules.append(on("GET", "/v2/escalations", json_response({"x": 1}, 503)))
    taken = await bench.poll()
    assert titled(taken, NEW).state is IncidentState.ACKNOWLEDGED
    assert not taken.incidents_complete, "the pages are among them"


async def test_teams_that_the_key_may_not_see_are_no_problem() -> None:
    bench = SystemBench(KIND)
    bench.rules.append(on("GET", "/v3/teams", json_response({"type": "authorization_error"}, 403)))
    taken = await bench.poll()
    assert taken.problems == ()
    assert {row.team for row in taken.on_call or ()} == {"Critical Service On-Call", "Storage On-Call", "Edge On-Call"}


async def test_the_limit_is_told_as_incident_io_tells_it() -> None:
    bench = SystemBench(KIND)
    bench.sim._rate_limit = 20
    await bench.poll()
    with pytest.raises(RateLimited) as caught:
        for _ in range(20):
            await bench.poll()
    assert 0 < (caught.value.retry_after or 0) <= 60
    assert "kept for actions" in str(caught.value)
    spent = SystemBench(KIND)
    spent.sim._rate_limit = 0
    with pytest.raises(RateLimited, match="Too many requests") as told:
        await spent.poll()
    assert told.value.retry_after == 60


async def test_a_wrong_key() -> None:
    bench = SystemBench(KIND, token="another-key")
    with pytest.raises(AuthFailed, match="Invalid API key"):
        await bench.poll()
    probe = await bench.source.probe()
    assert (probe.ok, probe.error_kind) == (False, "auth")


async def test_what_is_not_there_is_not_found() -> None:
    bench = SystemBench(KIND)
    for native_id in ("01NOWHERE", "page-01NOWHERE", "no/such?x=1"):
        with pytest.raises(NotFound):
            await bench.source.read(native_id)
    new = incident_of(bench, NEW)
    with pytest.raises(BadAnswer, match="another incident"):
        await bench.source.read(str(new.number))


async def test_a_reading_tells_who_resolved_it() -> None:
    bench = SystemBench(KIND)
    detail = await bench.source.read(incident_of(bench, OVER).id)
    assert (detail.incident.resolved_by, detail.incident.resolved_at) == (
        "Alice Andersson", START - timedelta(minutes=490),
    )  # fmt: skip
    kinds = [(entry.kind, entry.text.split(";")[0]) for entry in detail.timeline]
    assert kinds[1:] == [
        (EntryKind.RESOLVED, "Rolled back"), (EntryKind.STATUS_UPDATE, "The report follows"),
    ], "what is said afterwards resolves nothing"  # fmt: skip


async def test_hostile_text_is_cleaned() -> None:
    bench = SystemBench(KIND)
    account = bench.sim.account
    evil = account.declare("[red]\x1b[2J\u202eevil", "Triage", None, bench.clock.now())
    account.edit(evil, bench.clock.now(), by=account.people["bob"], message="\x9b\x00\r\nx\tb")
    account.alert("\x1b]2;title\x07", "\u200b", "web", bench.clock.now())
    account.page("\x1b[c", bench.clock.now(), users=[account.people["bob"]])
    taken = await bench.poll()
    assert unsafe_count(repr(taken)) == 0
    assert titled(taken, "[red]\\x1b[2J\\u202eevil").is_open
    assert titled(taken, "\\x1b[c").is_open


async def test_a_clock_that_is_off_is_told() -> None:
    assert (await SystemBench(KIND, skew=timedelta(minutes=9)).poll()).clock_skew == timedelta(minutes=9)


async def test_a_probe_names_the_roles_that_the_key_lacks() -> None:
    probe = await SystemBench(KIND).source.probe()
    assert (probe.ok, probe.user and probe.user.name, probe.notes) == (True, "Alice Andersson", ())
    assert {"resolve", "escalate", "severity", "title", "on_call"} <= set(probe.can)
    assert not {"acknowledge", "note", "snooze", "reassign"} & set(probe.can)
    assert probe.rate_remaining is not None
    reader = SystemBench(KIND, lambda clock, seed: IncidentIoSim(clock, seed, roles=("viewer",)))
    probe = await reader.source.probe()
    assert [note.split(" (")[0] for note in probe.notes] == [
        "the key lacks the role incident_editor", "the key lacks the role escalation_creator",
        "the key lacks the role incident_creator",
    ]  # fmt: skip
    assert not {"resolve", "escalate", "severity", "title"} & set(probe.can)
    assert not {"resolve", "escalate", "severity"} & {word.value for word in reader.source.capabilities}
    stranger = await SystemBench(KIND, seat="zoe@example.com").source.probe()
    assert "knows no user zoe@example.com" in stranger.notes[0]
