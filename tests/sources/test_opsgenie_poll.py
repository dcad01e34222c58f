"""What a poll of the Opsgenie source brings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oncall_tui.config.declared import declared as options_of
from oncall_tui.config.secret import Secret
from oncall_tui.demo.faults import Broken, answer_with, limit_rate, refuse
from oncall_tui.demo.faults import Outcome as WireOutcome
from oncall_tui.demo.genie.estate import Override
from oncall_tui.demo.opsgenie import TOKEN
from oncall_tui.demo.wire import Request, json_response
from oncall_tui.model import AlertState, EntryKind, HealthStatus, IncidentState, NoteKind
from oncall_tui.sources.base import AuthFailed, BadAnswer, NotFound, RateLimited, ServerFailed, Unreachable
from oncall_tui.sources.opsgenie import Options
from tests.sources.genie_bench import ALICE, OpsgenieBench, on
from tests.support.clock import START

CONFIGURATION = frozenset({"read", "write"})


async def test_pages_in_every_state() -> None:
    bench = OpsgenieBench()
    taken = await bench.poll()
    assert {one.title: one.state for one in taken.incidents or ()} == {
        "Checkout returns 503": IncidentState.TRIGGERED,
        "P99 latency above 5 s in the EU": IncidentState.ACKNOWLEDGED,
        "Volume data-03 is 91 % full": IncidentState.ACKNOWLEDGED,
        "Certificate expires in 9 days": IncidentState.SNOOZED,
        "Index is two hours behind": IncidentState.RESOLVED,
        "Payments are failing": IncidentState.TRIGGERED,
    }
    assert taken.incidents_complete
    assert taken.problems == ()
    assert taken.failed == frozenset()


async def test_one_page_with_all_that_it_tells() -> None:
    bench = OpsgenieBench()
    page = await bench.incident("P99")
    alert = bench.alert("P99")
    assert page.id == f"pager:{alert.id}"
    assert (page.number, page.severity, page.severity_word) == ("4", 2, "P2")
    assert page.created_at == START - timedelta(minutes=31)
    assert [one.name for one in page.acknowledged_by] == ["Alice Andersson"]
    assert page.acknowledged_at == page.first_acknowledged_at == START - timedelta(minutes=28)
    assert page.teams == ("Payments",)
    assert page.escalation_policy is not None
    assert page.escalation_policy.name == "Critical Service On-Call"
    assert page.alert_count == 7
    assert page.service is not None
    assert page.service.name == "gateway"
    assert page.mergeable is False
    owned = next(one for one in bench.known.values() if one.title.startswith("Volume"))
    assert [(one.id, one.name) for one in owned.assignees] == [(bench.user("charlie"), "Charlie Chen")]
    snoozed = next(one for one in bench.known.values() if one.title.startswith("Certificate"))
    assert snoozed.wakes_at == START + timedelta(hours=5)
    closed = next(one for one in bench.known.values() if one.title.startswith("Index"))
    assert (closed.resolved_by, closed.resolved_at) == ("Ivan Ilić", START - timedelta(minutes=355))
    checkout = next(one for one in bench.known.values() if one.title.startswith("Checkout"))
    assert checkout.runbook == "https://wiki.example.com/runbooks/checkout"


async def test_an_incident_of_opsgenies_has_an_id_of_its_own() -> None:
    bench = OpsgenieBench()
    page = await bench.incident("Payments are failing")
    (incident,) = bench.life.incidents.values()
    assert page.native_id == f"incident-{incident.id}"
    assert (page.severity, page.teams, page.alert_count) == (1, ("Payments",), None)
    assert (await bench.source.read(page.native_id)).timeline == ()


async def test_what_a_monitor_counted_stands_with_the_alerts() -> None:
    bench = OpsgenieBench()
    taken = await bench.poll()
    by_name = {one.name: one for one in taken.alerts or ()}
    checkout = by_name["Checkout returns 503"]
    assert (checkout.state, checkout.count) == (AlertState.FIRING, 37)
    assert checkout.incident_id == f"pager:{bench.alert('Checkout').id}"
    assert checkout.id != checkout.incident_id
    assert checkout.labels["region"] == "eu-1"
    assert "Index is two hours behind" not in by_name  # over for longer than an hour
    assert "Payments are failing" not in by_name
    assert not taken.alerts_complete


async def test_log_and_notes() -> None:
    bench = OpsgenieBench()
    taken = await bench.poll()
    page = f"pager:{bench.alert('P99').id}"
    told = sorted((one for one in taken.timeline if one.incident_id == page), key=lambda one: one.at)
    assert {one.kind for one in told[:2]} == {EntryKind.TRIGGERED, EntryKind.NOTIFIED}
    assert [one.kind for one in told[2:]] == [EntryKind.ACKNOWLEDGED, EntryKind.NOTE]
    assert [one.author for one in told[2:]] == ["Alice Andersson"] * 2
    assert (told[3].text, told[3].note_kind) == ("only the EU nodes are slow", NoteKind.OBSERVED)
    assert len({one.id for one in taken.timeline}) == len(taken.timeline)


async def test_the_log_of_a_page_that_escalated() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    bench.clock.advance(180)
    await bench.poll()
    detail = await bench.source.read(bench.alert("Checkout").id)
    assert EntryKind.ESCALATED in {one.kind for one in detail.timeline}


async def test_who_is_on_call_on_each_level() -> None:
    bench = OpsgenieBench()
    taken = await bench.poll()
    payments = [one for one in taken.on_call or () if one.team == "Payments"]
    assert [(one.level, one.person.name, one.paged_after_s) for one in payments] == [
        (1, "Alice Andersson", 0.0),
        (2, "Bob Brandt", 300.0),
        (3, "Erin Engel", 900.0),
        (4, "Victor Vance", 900.0),
    ]
    first = payments[0]
    assert first.person.contact == ALICE
    assert first.schedule is not None
    assert first.schedule.name == "Payments Primary"
    assert first.until == datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert first.next_person == "Charlie Chen"
    assert {one.team for one in taken.on_call or ()} == {"Payments", "Storage", "Edge"}


async def test_a_turn_of_a_week_is_held_since_its_own_start_to_its_last_day() -> None:
    """What was cut at the window that was asked for would begin the shift anew with every reading."""
    bench = OpsgenieBench()
    began = next(one for one in (await bench.poll()).on_call or () if one.level == 1).since
    bench = OpsgenieBench()
    bench.clock.advance(timedelta(days=6).total_seconds())
    taken = await bench.poll()
    assert {one.since for one in taken.on_call or () if one.level == 1} == {began}
    assert began == START.replace(hour=9)


async def test_shifts_with_an_override() -> None:
    bench = OpsgenieBench()
    schedule = bench.life.estate.schedules[0]
    schedule.overrides.append(Override(START, START + timedelta(hours=3), bench.life.estate.users["grace"]))
    taken = await bench.poll()
    standing = [one for one in taken.shifts or () if one.is_override]
    assert [(one.schedule, one.start, one.end) for one in standing] == [
        ("Payments Primary", START, START + timedelta(hours=3))
    ]
    assert standing[0].person is not None
    assert standing[0].person.name == "Grace Goto"
    now = next(one for one in taken.on_call or () if (one.team, one.level) == ("Payments", 1))
    assert (now.person.name, now.until) == ("Grace Goto", START + timedelta(hours=3))


async def test_the_directory() -> None:
    bench = OpsgenieBench()
    directory = (await bench.poll()).directory
    assert directory is not None
    assert directory.me is not None
    assert directory.me.name == "Alice Andersson"
    assert len(directory.people) == 16
    policy = next(one for one in directory.policies if one.name == "Critical Service On-Call")
    assert [(one.level, one.delay_minutes, one.targets) for one in policy.levels] == [
        (1, 5, ("Payments Primary",)),
        (2, 10, ("Payments Secondary",)),
        (3, 0, ("Erin Engel",)),
        (4, 0, ("Victor Vance",)),
    ]
    assert [one.name for one in policy.levels[0].people] == ["Alice Andersson"]
    assert [one.name for one in directory.priorities] == ["P1", "P2", "P3", "P4", "P5"]


async def test_heartbeats_are_health() -> None:
    bench = OpsgenieBench()
    bench.sim.heartbeats |= {"hourly": START - timedelta(hours=30), "never": None}
    health = {one.name: one for one in (await bench.poll()).health or ()}
    assert health["heartbeat nightly-backup"].status is HealthStatus.OK
    assert health["heartbeat hourly"].status is HealthStatus.DOWN
    assert "no ping since 08:00 UTC, expected every 1 days" in (health["heartbeat hourly"].detail or "")
    assert health["heartbeat never"].status is HealthStatus.UNKNOWN


# -- what changes ----------------------------------------------------------------------------------------------------


async def test_later_polls_read_only_what_was_updated() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    await bench.poll()
    bench.exchanges.clear()
    bench.clock.advance(200)
    bench.life.close(bench.alert("P99").id, ALICE, bench.clock.now())
    taken = await bench.poll()
    assert "P99 latency above 5 s in the EU" in {
        one.title for one in taken.incidents or () if one.state is IncidentState.RESOLVED
    }
    assert "Certificate expires in 9 days" not in {one.title for one in taken.incidents or ()}
    assert not taken.incidents_complete
    lists = [request for request, _ in bench.exchanges if request.path == "/v2/alerts"]
    assert [request.value("sort") for request in lists] == ["updatedAt"]


async def test_after_five_minutes_all_that_is_open_is_read_again() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    bench.clock.advance(301)
    taken = await bench.poll()
    assert taken.incidents_complete
    assert "Certificate expires in 9 days" in {one.title for one in taken.incidents or ()}


async def test_what_a_poll_read_that_came_to_nothing_is_read_again() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    bench.clock.advance(301)
    success, known = bench.last_success, dict(bench.known)
    await bench.poll()
    bench.last_success, bench.known = success, known  # its time was over before it was stored
    bench.clock.advance(5)
    assert (await bench.poll()).incidents_complete


async def test_an_unchanged_page_is_not_read_whole_again() -> None:
    bench = OpsgenieBench()
    for _ in range(3):
        await bench.poll()
    bench.exchanges.clear()
    await bench.poll()
    assert not [call for call in bench.calls if call.endswith(("/logs", "/notes"))]


async def test_a_page_that_is_gone_is_not_resolved() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    del bench.life.alerts[bench.alert("Certificate").id]
    bench.clock.advance(301)
    taken = await bench.poll()
    assert all(one.title != "Certificate expires in 9 days" for one in taken.incidents or ())
    gone = next(key for key, one in bench.known.items() if one.title.startswith("Certificate"))
    with pytest.raises(NotFound):
        await bench.source.read(gone)


async def test_a_closed_incident_of_opsgenies_is_asked_for() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    (incident,) = bench.life.incidents.values()
    bench.life.close_incident(incident.id, None, bench.clock.now())
    bench.clock.advance(10)
    taken = await bench.poll()
    states = {one.native_id: one.state for one in taken.incidents or ()}
    assert states[f"incident-{incident.id}"] is IncidentState.RESOLVED


async def test_every_page_of_a_long_list_is_read() -> None:
    bench = OpsgenieBench(scene=False)
    for number in range(230):
        bench.life.trigger("edge", f"alert {number}", START - timedelta(days=3, minutes=number))
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 230
    assert taken.incidents_complete
    offsets = [request.value("offset") for request, _ in bench.exchanges if request.value("query") == "status: open"]
    assert offsets[:3] == ["0", "100", "200"]


async def test_a_list_that_repeats_itself_says_so() -> None:
    bench = OpsgenieBench(scene=False)
    for number in range(120):
        bench.life.trigger("edge", f"alert {number}", START - timedelta(days=3, minutes=number))
    first = bench.sim.handle(
        Request(
            method="GET",
            path="/v2/alerts",
            query=(("limit", "100"), ("query", "status: open")),
            headers={"authorization": f"GenieKey {TOKEN}"},
        )
    )
    bench.planned.next(answer_with(first), matching=lambda one: one.value("query") == "status: open", count=2)
    taken = await bench.poll()
    assert not taken.incidents_complete
    assert any("open alerts: only 100 were read" in one for one in taken.problems)
    bench.clock.advance(15)
    assert any("open alerts: only 100" in one for one in (await bench.poll()).problems)  # until it is read again


# -- words that are not known, hostile or missing ----------------------------------------------------------------------


async def test_words_that_are_not_known_are_shown() -> None:
    bench = OpsgenieBench(scene=False)
    bench.life.trigger("edge", "odd", START)

    def change(data: Any) -> Any:
        for row in data["data"]:
            row |= {"status": "pondering", "priority": "P0", "responders": [{"type": "robot", "id": "r2"}]}
        return data

    bench.edit("/v2/alerts", change)
    bench.planned.next(refuse, matching=lambda one: one.path.startswith("/v2/alerts/"), count=None)
    (page,) = (await bench.poll()).incidents or ()
    assert (page.state, page.severity, page.severity_word) == (IncidentState.UNKNOWN, None, "P0")


async def test_a_severity_map_of_ones_own() -> None:
    bench = OpsgenieBench(severity={"P1": 2, "P5": 3})
    await bench.poll()
    assert {one.severity_word: one.severity for one in bench.known.values()} == {
        "P1": 2,
        "P2": 2,
        "P3": 3,
        "P4": 4,
        "P5": 3,
    }


async def test_hostile_texts_are_cleaned() -> None:
    bench = OpsgenieBench(scene=False)
    alert = bench.life.trigger("edge", "red \x1b[31m [b]bold[/b]\u202e", START, details={"\x07k": "\x9bv"})
    bench.life.note(alert.id, "mallory\x1b]0;x\x07", "line one\nline \x1b[2Jtwo", START)
    taken = await bench.poll()
    (page,) = taken.incidents or ()
    assert page.title == "red \\x1b[31m [b]bold[/b]\\u202e"
    note = next(one for one in taken.timeline if one.kind is EntryKind.NOTE)
    assert note.text == "line one\nline \\x1b[2Jtwo"
    assert note.author == "mallory\\x1b]0;x\\x07"
    assert all("\x1b" not in repr(one) for one in taken.alerts or ())


async def test_one_bad_row_costs_itself_only() -> None:
    bench = OpsgenieBench()

    def change(data: Any) -> Any:
        data["data"] += [None, 7, {"message": "no id"}, {"id": "bare"}]
        return data

    bench.edit("/v2/alerts", change, count=2)
    taken = await bench.poll()
    assert {"bare", "Checkout returns 503"} <= {one.title for one in taken.incidents or ()}
    assert any("without a usable id" in one for one in taken.problems)
    assert not taken.incidents_complete
    bare = next(one for one in taken.incidents or () if one.title == "bare")
    assert (bare.state, bare.created_at) == (IncidentState.UNKNOWN, START)


async def test_another_page_than_the_one_asked_for_is_no_answer() -> None:
    bench = OpsgenieBench()
    alert = bench.alert("P99")
    bench.edit(alert.id, lambda data: {**data, "data": {**data["data"], "id": "other"}})
    with pytest.raises(BadAnswer):
        await bench.source.read(alert.id)


# -- failures ----------------------------------------------------------------------------------------------------------


async def test_a_key_without_configuration_access_shows_the_pages_and_says_what_it_lacks() -> None:
    bench = OpsgenieBench(rights=CONFIGURATION)
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 6
    assert taken.incidents_complete
    assert taken.on_call is None
    assert taken.failed == {"on_call", "schedules", "escalation", "health"}
    told = [one for one in taken.problems if one.startswith("schedules:")]
    assert "the key needs the right Configuration access" in told[0]
    # Alerts name people by their address, so the seat is known all the same.
    mine = next(one for one in taken.incidents or () if one.title.startswith("P99"))
    assert [one.id for one in mine.acknowledged_by] == [ALICE]


async def test_a_plan_without_incidents_is_no_failure() -> None:
    bench = OpsgenieBench(incidents=False)
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 5
    assert (taken.incidents_complete, taken.problems, taken.failed) == (True, (), frozenset())
    bench.exchanges.clear()
    bench.clock.advance(15)
    await bench.poll()
    assert "GET /v1/incidents/" not in bench.calls


async def test_incidents_that_do_not_come_leave_the_alerts() -> None:
    bench = OpsgenieBench()
    bench.refuse("/v1/incidents/", 500)
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 5
    assert taken.failed == {"incidents"}
    assert not taken.incidents_complete
    assert any(one.startswith("incidents: ") for one in taken.problems)


async def test_one_part_that_fails_is_named_and_the_others_come() -> None:
    bench = OpsgenieBench()
    bench.refuse("/v2/escalations", 500)
    taken = await bench.poll()
    assert taken.failed == {"escalation"}
    assert taken.on_call
    bench.clock.advance(61)
    again = await bench.poll()
    assert again.failed == frozenset()
    assert again.directory is not None


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (refuse, Unreachable),
        (answer_with(json_response({"message": "x"}, 500)), ServerFailed),
        (answer_with(json_response({"data": "x"})), BadAnswer),
        (answer_with(json_response([1])), BadAnswer),
        (limit_rate(30), RateLimited),
    ],
)
async def test_without_the_alerts_there_is_no_poll(trouble: Any, error: type[Exception]) -> None:
    bench = OpsgenieBench()
    bench.planned.next(trouble, matching=on("GET", "/v2/alerts"))
    with pytest.raises(error):
        await bench.poll()


async def test_a_wrong_key() -> None:
    bench = OpsgenieBench(token=Secret("literal", "another"))
    with pytest.raises(AuthFailed, match="Could not authenticate") as caught:
        await bench.poll()
    assert "another" not in str(caught.value)


async def test_the_rate_limit_in_its_own_form() -> None:
    bench = OpsgenieBench(rate_limit=2)
    await bench.poll()  # two lists, and then the alerts by themselves are too many
    with pytest.raises(RateLimited) as caught:
        await bench.poll()
    assert caught.value.retry_after == 60


async def test_polls_heed_the_throttle_that_is_announced_and_actions_go_on() -> None:
    bench = OpsgenieBench(rate_limit=2)
    with pytest.raises(RateLimited, match="kept for actions"):
        await bench.source._api._get("/v2/teams")  # type: ignore[attr-defined]  # one of a domain by itself
        await bench.source._api._get("/v2/teams")  # type: ignore[attr-defined]
        await bench.source._api._get("/v2/teams")  # type: ignore[attr-defined]
    assert bench.calls == ["GET /v2/teams"] * 2
    bench.clock.advance(61)
    await bench.source._api._get("/v2/teams")  # type: ignore[attr-defined]


async def test_the_clock_of_the_account_is_not_ours() -> None:
    skew = timedelta(minutes=7)
    bench = OpsgenieBench(skew=skew)
    taken = await bench.poll()
    assert taken.clock_skew == skew
    bench.life.snooze(bench.alert("Checkout").id, ALICE, START + skew + timedelta(minutes=1), START + skew)
    page = await bench.incident("Checkout")
    assert page.state is IncidentState.SNOOZED
    assert any(one.person.name == "Alice Andersson" for one in taken.on_call or ())


async def test_who_the_seat_is() -> None:
    for seat, wanted in ((ALICE, "Alice Andersson"), ("bob brandt", "Bob Brandt"), ("nobody@example.com", None)):
        bench = OpsgenieBench(seat=seat)
        directory = (await bench.poll()).directory
        assert directory is not None
        assert (directory.me.name if directory.me else None) == wanted
    assert (await OpsgenieBench(seat=None).poll()).problems == ()


async def test_the_seat_is_asked_for_once() -> None:
    bench = OpsgenieBench()
    await bench.poll()
    bench.clock.advance(61)
    await bench.poll()
    assert bench.calls.count("GET /v2/users/alice%40example.com") == 1


# -- the end of the API, check -----------------------------------------------------------------------------------------


async def test_from_the_new_year_on_it_says_when_the_api_ends() -> None:
    bench = OpsgenieBench()
    assert not any("2027" in one for one in (await bench.poll()).problems)
    bench.clock.advance(timedelta(days=40))
    bench.life.trigger("edge", "new", bench.clock.now())
    assert any("ends on 2027-04-05" in one for one in (await bench.poll()).problems)
    assert any("ends on 2027-04-05" in one for one in (await bench.source.probe()).notes)


async def test_a_probe_of_a_full_key() -> None:
    probe = await OpsgenieBench().source.probe()
    assert probe.ok
    assert probe.user is not None
    assert probe.user.name == "Alice Andersson"
    assert {"incidents", "on_call", "health", "acknowledge", "escalate", "note"} <= set(probe.can)
    assert not {"merge", "reopen", "silence"} & set(probe.can)
    assert probe.clock_skew_s == 0
    assert probe.notes == ("whether the key may act (Create and update) shows at the first action",)


async def test_a_probe_names_what_the_key_lacks() -> None:
    probe = await OpsgenieBench(rights=CONFIGURATION, incidents=False).source.probe()
    assert probe.ok
    assert not {"on_call", "schedules", "escalation", "health"} & set(probe.can)
    assert sum("Configuration access" in one for one in probe.notes) == 3
    assert any("not in this plan" in one for one in probe.notes)


async def test_a_probe_that_fails() -> None:
    probe = await OpsgenieBench(token=Secret("literal", "another")).source.probe()
    assert (probe.ok, probe.error_kind, probe.can) == (False, "auth", ())
    bench = OpsgenieBench()
    bench.planned.next(lambda *_: WireOutcome(Broken.REFUSED), count=None)
    assert (await bench.source.probe()).error_kind == "unreachable"
    stranger = await OpsgenieBench(seat="nobody@example.com").source.probe()
    assert any("nobody@example.com is nobody there" in one for one in stranger.notes)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"severity": {"P9": 1}}, "P1 to P5"),
        ({"severity": {"P1": 7}}, "1 to 4"),
    ],
)
def test_options_that_cannot_be(given: dict[str, Any], words: str) -> None:
    check = options_of(Options)["severity"].check
    assert check is not None
    with pytest.raises(ValueError, match=words):
        check(given["severity"])


def test_an_address_in_the_eu_and_one_that_would_show_the_key() -> None:
    token = Secret("literal", "k")
    assert Options(name="a", kind="opsgenie", token=token, base_url="https://api.eu.opsgenie.com/").base_url == (
        "https://api.eu.opsgenie.com"
    )
    with pytest.raises(ValueError, match="http:// would show the token"):
        Options(name="a", kind="opsgenie", token=token, base_url="http://opsgenie.example.com")
