"""What a poll of the source for Jira Service Management Operations brings, where it differs from Opsgenie's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oncall_tui.config.secret import Secret
from oncall_tui.demo.faults import Broken, answer_with, limit_rate, refuse
from oncall_tui.demo.faults import Outcome as WireOutcome
from oncall_tui.demo.genie.estate import Override
from oncall_tui.demo.jsm.sim import OAUTH_TOKEN, SCOPES
from oncall_tui.demo.transport import BASE_URL
from oncall_tui.demo.wire import json_response
from oncall_tui.model import AlertState, EntryKind, IncidentState, NoteKind
from oncall_tui.sources.base import AuthFailed, BadAnswer, Capability, NotFound, RateLimited, ServerFailed, Unreachable
from oncall_tui.sources.jsm import Options
from tests.sources.genie_bench import ALICE, JsmBench, on
from tests.support.clock import START


async def test_pages_in_every_state() -> None:
    bench = JsmBench()
    taken = await bench.poll()
    assert {one.title: one.state for one in taken.incidents or ()} == {
        "Checkout returns 503": IncidentState.TRIGGERED,
        "P99 latency above 5 s in the EU": IncidentState.ACKNOWLEDGED,
        "Volume data-03 is 91 % full": IncidentState.ACKNOWLEDGED,
        "Certificate expires in 9 days": IncidentState.SNOOZED,
        "Index is two hours behind": IncidentState.RESOLVED,
    }
    assert taken.incidents_complete
    assert (taken.problems, taken.failed) == ((), frozenset())
    assert taken.health is None
    assert Capability.HEALTH not in bench.source.capabilities


async def test_one_page_with_all_that_it_tells() -> None:
    bench = JsmBench()
    page = await bench.incident("P99")
    alert = bench.alert("P99")
    assert page.id == f"pager:{alert.id}"
    assert (page.number, page.severity, page.severity_word, page.alert_count) == ("4", 2, "P2", 7)
    assert [one.name for one in page.acknowledged_by] == ["Alice Andersson"]  # its log says who
    assert page.acknowledged_at == page.first_acknowledged_at == START - timedelta(minutes=28)
    assert page.teams == ("Payments",)
    assert page.escalation_policy is not None
    assert page.escalation_policy.name == "Critical Service On-Call"
    assert page.service is not None
    assert page.service.name == "gateway"
    closed = next(one for one in bench.known.values() if one.title.startswith("Index"))
    assert (closed.resolved_by, closed.resolved_at) == ("Ivan Ilić", START - timedelta(minutes=355))
    checkout = next(one for one in bench.known.values() if one.title.startswith("Checkout"))
    assert checkout.runbook == "https://wiki.example.com/runbooks/checkout"


async def test_an_owner_is_told_by_name_only() -> None:
    bench = JsmBench()
    await bench.poll()
    page = await bench.source.read(bench.alert("Volume").id)
    assert [(one.id, one.name) for one in page.incident.assignees] == [(bench.user("charlie"), "Charlie Chen")]


async def test_the_last_occurrence_is_spelt_with_one_r() -> None:
    bench = JsmBench()
    bench.life.trigger("payments", "Checkout returns 503", START, alias="checkout returns 503")
    checkout = next(one for one in (await bench.poll()).alerts or () if one.name.startswith("Checkout"))
    assert (checkout.state, checkout.count, checkout.last_at) == (AlertState.FIRING, 38, START)


async def test_log_and_notes() -> None:
    bench = JsmBench()
    taken = await bench.poll()
    page = f"pager:{bench.alert('P99').id}"
    told = sorted((one for one in taken.timeline if one.incident_id == page), key=lambda one: one.at)
    assert [one.kind for one in told[2:]] == [EntryKind.ACKNOWLEDGED, EntryKind.NOTE]
    assert (told[3].text, told[3].note_kind, told[3].author) == (
        "only the EU nodes are slow",
        NoteKind.OBSERVED,
        "Alice Andersson",
    )


async def test_a_long_log_goes_on_from_its_cursor() -> None:
    bench = JsmBench()
    alert = bench.alert("P99")
    for number in range(250):
        bench.life.note(alert.id, "Alice Andersson", f"note {number}", START + timedelta(seconds=number))
    detail = await bench.source.read(alert.id)
    assert len([one for one in detail.timeline if one.kind is EntryKind.NOTE]) == 251
    cursors = [request.value("after") for request, _ in bench.exchanges if request.path.endswith("/notes")]
    assert cursors == ["", "c100", "c200"]


async def test_a_cursor_that_does_not_move_on_ends_the_list() -> None:
    bench = JsmBench()
    alert = bench.alert("P99")
    stuck = {"values": [], "links": {"next": "https://api.atlassian.com/x?after=same"}}
    bench.planned.next(answer_with(json_response(stuck)), matching=on("GET", "/notes"), count=None)
    detail = await bench.source.read(alert.id)
    assert all(one.kind is not EntryKind.NOTE for one in detail.timeline)
    assert len([one for _, one in bench.planned.met if one.path.endswith("/notes")]) == 2


async def test_who_is_on_call_on_each_level_by_name() -> None:
    bench = JsmBench()
    taken = await bench.poll()
    payments = [one for one in taken.on_call or () if one.team == "Payments"]
    assert [(one.level, one.person.name, one.paged_after_s) for one in payments] == [
        (1, "Alice Andersson", 0.0),
        (2, "Bob Brandt", 300.0),
        (3, "Erin Engel", 900.0),
        (4, "Victor Vance", 900.0),
    ]
    assert payments[0].person.contact == ALICE
    assert payments[0].until == datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert payments[0].next_person == "Charlie Chen"


async def test_a_turn_of_a_week_is_held_since_its_own_start_to_its_last_day() -> None:
    """What was cut at the window that was asked for would begin the shift anew with every reading."""
    bench = JsmBench()
    began = next(one for one in (await bench.poll()).on_call or () if one.level == 1).since
    bench = JsmBench()
    bench.clock.advance(timedelta(days=6).total_seconds())
    taken = await bench.poll()
    assert {one.since for one in taken.on_call or () if one.level == 1} == {began}
    assert began == START.replace(hour=9)


async def test_shifts_with_an_override() -> None:
    bench = JsmBench()
    override = Override(START, START + timedelta(hours=3), bench.life.estate.users["grace"])
    bench.life.estate.schedules[0].overrides.append(override)
    taken = await bench.poll()
    (standing,) = [one for one in taken.shifts or () if one.is_override]
    assert standing.person is not None
    assert (standing.schedule, standing.person.name) == ("Payments Primary", "Grace Goto")


async def test_the_directory_holds_those_who_stand_on_schedules() -> None:
    bench = JsmBench()
    directory = (await bench.poll()).directory
    assert directory is not None
    assert directory.me is not None
    assert directory.me.name == "Alice Andersson"
    assert {"Alice Andersson", "Erin Engel", "Victor Vance"} <= {one.name for one in directory.people}
    policy = next(one for one in directory.policies if one.name == "Critical Service On-Call")
    assert [one.delay_minutes for one in policy.levels] == [5, 10, 0, 0]


async def test_each_name_is_asked_for_once() -> None:
    bench = JsmBench()
    await bench.poll()
    asked = [request.value("accountId") for request, _ in bench.exchanges if request.path.endswith("/user/search")]
    assert len(asked) == len(set(asked)) > 10
    bench.exchanges.clear()
    bench.clock.advance(301)
    await bench.poll()
    assert not [call for call in bench.calls if call.endswith("/user/search")]


# -- what changes ----------------------------------------------------------------------------------------------------


async def test_what_closes_leaves_the_list_and_is_not_resolved_by_that() -> None:
    bench = JsmBench()
    await bench.poll()
    alert = bench.alert("P99")
    bench.clock.advance(20)
    bench.life.close(alert.id, "Bob Brandt", bench.clock.now())
    taken = await bench.poll()
    assert taken.incidents_complete  # the desk asks for what is missing, one by one
    assert alert.id not in {one.native_id for one in taken.incidents or ()}
    detail = await bench.source.read(alert.id)
    assert (detail.incident.state, detail.incident.resolved_by) == (IncidentState.RESOLVED, "Bob Brandt")
    del bench.life.alerts[alert.id]
    with pytest.raises(NotFound):
        await bench.source.read(alert.id)


async def test_the_last_day_is_read_every_five_minutes() -> None:
    bench = JsmBench()
    await bench.poll()
    queries = [request.value("query") for request, _ in bench.exchanges if request.path == f"{bench.ops}/alerts"]
    since = int((START - timedelta(hours=24)).timestamp() * 1000)
    assert queries == ["status: open", f"createdAt > {since}"]
    for seconds, wanted in ((20, 1), (290, 2)):
        bench.exchanges.clear()
        bench.clock.advance(seconds)
        await bench.poll()
        assert bench.calls.count(f"GET {bench.ops}/alerts") == wanted


async def test_every_page_of_a_long_list_is_read() -> None:
    bench = JsmBench(scene=False)
    for number in range(230):
        bench.life.trigger("edge", f"alert {number}", START - timedelta(days=3, minutes=number))
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 230
    assert taken.incidents_complete


async def test_a_list_that_goes_on_too_long_is_cut_and_says_so() -> None:
    bench = JsmBench(scene=False)
    page = iter(range(1000))

    def endless(prefix: str, request: Any, onward: Any) -> WireOutcome:
        number = next(page)
        rows = [{"id": f"a{number}-{row}", "message": "m", "status": "open"} for row in range(100)]
        return WireOutcome(json_response({"values": rows, "links": {"next": "https://api.atlassian.com/more"}}))

    bench.planned.next(endless, matching=lambda one: one.value("query") == "status: open", count=None)
    bench.planned.next(refuse, matching=lambda one: "/alerts/a" in one.path, count=None)
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 5000
    assert not taken.incidents_complete
    assert "open alerts: only the first 5000 were read" in taken.problems


# -- words that are not known, hostile or missing ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"status": "open", "acknowledged": False, "snoozed": False}, IncidentState.TRIGGERED),
        ({"status": "open", "acknowledged": True, "snoozed": False}, IncidentState.ACKNOWLEDGED),
        ({"status": "acked"}, IncidentState.ACKNOWLEDGED),
        ({"status": "snoozed", "acknowledged": True}, IncidentState.SNOOZED),
        ({"status": "snoozed", "snoozedUntil": "2026-11-23T13:00:00Z"}, IncidentState.TRIGGERED),
        ({"status": "resolved"}, IncidentState.RESOLVED),
        ({"status": "closed"}, IncidentState.RESOLVED),
        ({"status": "pondering"}, IncidentState.UNKNOWN),
        ({"status": None}, IncidentState.UNKNOWN),
    ],
)
async def test_the_words_for_a_state(row: dict[str, Any], state: IncidentState) -> None:
    bench = JsmBench(scene=False)
    alert = bench.life.trigger("edge", "odd", START)
    bench.edit(alert.id, lambda data: {**data, **row})
    assert (await bench.source.read(alert.id)).incident.state is state


async def test_times_without_a_documented_unit() -> None:
    bench = JsmBench(scene=False)
    alert = bench.life.trigger("edge", "odd", START)
    closed = {"status": "closed", "closeTime": 90_000}
    bench.edit(alert.id, lambda data: {**data, **closed}, count=1)
    assert (await bench.source.read(alert.id)).incident.resolved_at == START + timedelta(seconds=90)
    moment = {"status": "closed", "closeTime": int((START + timedelta(seconds=90)).timestamp() * 1000)}
    bench.edit(alert.id, lambda data: {**data, **moment}, count=1)
    assert (await bench.source.read(alert.id)).incident.resolved_at == START + timedelta(seconds=90)


async def test_logs_as_live_answers_name_their_fields() -> None:
    bench = JsmBench(scene=False)
    alert = bench.life.trigger("edge", "odd", START)
    row = {
        "log": "Alert acknowledged via web",
        "type": "system",
        "owner": "Eve Eriksen",
        "createdAt": "2026-11-23T13:59:00Z",
    }
    bench.edit("/logs", lambda data: {**data, "values": [row]})
    (entry,) = (await bench.source.read(alert.id)).timeline
    assert (entry.kind, entry.author) == (EntryKind.ACKNOWLEDGED, "Eve Eriksen")


async def test_hostile_texts_are_cleaned() -> None:
    bench = JsmBench(scene=False)
    alert = bench.life.trigger("edge", "red \x1b[31m\u202e", START, details={"\x07k": "\x9bv"})
    bench.life.note(alert.id, "mallory\x1b]0;x\x07", "one\n\x1b[2Jtwo", START)
    taken = await bench.poll()
    (page,) = taken.incidents or ()
    assert page.title == "red \\x1b[31m\\u202e"
    note = next(one for one in taken.timeline if one.kind is EntryKind.NOTE)
    assert (note.text, note.author) == ("one\n\\x1b[2Jtwo", "mallory\\x1b]0;x\\x07")


async def test_an_id_that_is_no_text_makes_the_list_not_whole() -> None:
    bench = JsmBench()
    bench.edit("/alerts", lambda data: {**data, "values": [*data["values"], {"id": 7, "message": "spoilt"}, None]})
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 5
    assert not taken.incidents_complete
    assert any("without a usable id" in one for one in taken.problems)


async def test_another_alert_than_the_one_asked_for_is_no_answer() -> None:
    bench = JsmBench()
    alert = bench.alert("P99")
    bench.edit(alert.id, lambda data: {**data, "id": "other"})
    with pytest.raises(BadAnswer):
        await bench.source.read(alert.id)


# -- failures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lacks", "failed", "words"),
    [
        (
            "read:ops-config",
            {"on_call", "schedules", "escalation"},
            "scope does not match; the token needs read:ops-config:jira-service-management",
        ),
        ("read:jira-user", frozenset(), "scope does not match; the token needs read:jira-user"),
    ],
)
async def test_a_missing_scope_is_named_and_costs_its_part_only(lacks: str, failed: set[str], words: str) -> None:
    bench = JsmBench(scopes=SCOPES - {lacks})
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 5
    assert taken.failed == failed
    assert any(words in one for one in taken.problems)


async def test_without_names_the_accounts_are_told_by_id() -> None:
    bench = JsmBench(scopes=SCOPES - {"read:jira-user"})
    taken = await bench.poll()
    first = next(one for one in taken.on_call or () if (one.team, one.level) == ("Payments", 1))
    assert first.person.name == first.person.id == bench.user("alice")
    assert taken.directory is not None
    assert bench.user("erin") in {one.id for one in taken.directory.people}


async def test_without_the_right_to_read_alerts_there_is_no_poll() -> None:
    bench = JsmBench(scopes=SCOPES - {"read:ops-alert"})
    with pytest.raises(AuthFailed, match="the token needs read:ops-alert:jira-service-management"):
        await bench.poll()


async def test_whoever_is_of_no_team_sees_empty_lists() -> None:
    bench = JsmBench(member=False)
    taken = await bench.poll()
    assert (taken.incidents, taken.incidents_complete) == ((), True)
    notes = (await bench.source.probe()).notes
    assert any("no operations team" in one for one in notes)


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (refuse, Unreachable),
        (answer_with(json_response({"errors": [{"title": "x", "code": "1"}]}, 500)), ServerFailed),
        (answer_with(json_response({"values": "x"})), BadAnswer),
        (limit_rate(30), RateLimited),
    ],
)
async def test_without_the_alerts_there_is_no_poll(trouble: Any, error: type[Exception]) -> None:
    bench = JsmBench()
    bench.planned.next(trouble, matching=on("GET", "/alerts"))
    with pytest.raises(error):
        await bench.poll()


async def test_one_part_that_fails_is_named_and_the_others_come() -> None:
    bench = JsmBench()
    bench.refuse("/on-calls", 500)
    taken = await bench.poll()
    assert taken.failed == {"on_call"}
    assert taken.shifts
    bench.clock.advance(61)
    assert (await bench.poll()).failed == frozenset()


async def test_a_wrong_token() -> None:
    bench = JsmBench(token=Secret("literal", "another"))
    with pytest.raises(AuthFailed) as caught:
        await bench.poll()
    assert "another" not in str(caught.value)


async def test_the_rate_limit_in_its_own_form() -> None:
    bench = JsmBench(rate_limit=1)
    with pytest.raises(RateLimited) as caught:
        await bench.poll()
        await bench.poll()
    assert caught.value.retry_after == 60


async def test_an_oauth_access_token() -> None:
    bench = JsmBench(token=Secret("literal", OAUTH_TOKEN), email=None)
    assert len((await bench.poll()).incidents or ()) == 5
    assert bench.exchanges[0][0].headers["authorization"] == f"Bearer {OAUTH_TOKEN}"


async def test_the_site_tells_the_cloud_id_and_gets_no_token() -> None:
    bench = JsmBench(site=f"{BASE_URL}/jsm")
    await bench.poll()
    await bench.poll()
    asked = [request for request, _ in bench.exchanges if request.path == "/_edge/tenant_info"]
    assert len(asked) == 1
    assert "authorization" not in asked[0].headers
    await bench.source.aclose()
    await bench.source.aclose()


async def test_a_site_that_is_none() -> None:
    bench = JsmBench(site=f"{BASE_URL}/jsm")
    bench.planned.next(answer_with(json_response({"hello": "world"})), matching=on("GET", "/_edge/tenant_info"))
    with pytest.raises(BadAnswer, match="is it an Atlassian site"):
        await bench.poll()


async def test_the_clock_of_the_site_is_not_ours() -> None:
    bench = JsmBench(skew=timedelta(minutes=-7))
    assert (await bench.poll()).clock_skew == timedelta(minutes=-7)


async def test_who_the_seat_is() -> None:
    assert (await JsmBench(seat=None).poll()).directory.me.name == "Alice Andersson"  # type: ignore[union-attr]  # it is there
    other = await JsmBench(seat="bob@example.com").poll()
    assert other.directory is not None
    assert other.directory.me is None  # the token is not his


# -- check, options ----------------------------------------------------------------------------------------------------


async def test_a_probe() -> None:
    probe = await JsmBench().source.probe()
    assert probe.ok
    assert probe.user is not None
    assert probe.user.contact == ALICE
    assert {"incidents", "on_call", "acknowledge", "note"} <= set(probe.can)
    assert not {"merge", "reopen", "health"} & set(probe.can)
    assert len(probe.notes) == 1
    less = await JsmBench(scopes=SCOPES - {"read:ops-config"}).source.probe()
    assert less.ok
    assert not {"on_call", "schedules", "escalation"} & set(less.can)
    assert any("read:ops-config:jira-service-management" in one for one in less.notes)
    nameless = await JsmBench(scopes=SCOPES - {"read:jira-user"}).source.probe()
    assert nameless.ok
    assert any("who you are is not told" in one and "read:jira-user" in one for one in nameless.notes)


async def test_a_probe_that_fails() -> None:
    probe = await JsmBench(token=Secret("literal", "another")).source.probe()
    assert (probe.ok, probe.error_kind, probe.can) == (False, "auth", ())
    bench = JsmBench()
    bench.planned.next(lambda *_: WireOutcome(Broken.REFUSED), count=None)
    assert (await bench.source.probe()).error_kind == "unreachable"
    stranger = await JsmBench(seat="bob@example.com").source.probe()
    assert any("bob@example.com" in one for one in stranger.notes)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "either site or cloud_id"),
        ({"site": "https://a.atlassian.net", "cloud_id": "11111111-2222-3333-4444-555555555555"}, "either site"),
        ({"site": "ftp://a"}, "site: not an http"),
        ({"site": "https://a", "base_url": "http://api.example.com"}, "base_url: http:// would show the token"),
        ({"site": "https://a", "email": "a:b"}, "email: holds a colon"),
    ],
)
def test_options_that_cannot_be(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Options(name="a", kind="jsm", token=Secret("literal", "k"), **given)
