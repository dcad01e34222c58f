"""The GoAlert source: what polls and readings tell, what actions send, what reading back says of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from oncall_tui.clock import iso
from oncall_tui.config.secret import Secret
from oncall_tui.demo.goalert import PASSWORD, TOKEN, GoAlertSim
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import EntryKind, HealthStatus, IncidentState, OutboxRow, Verb
from oncall_tui.sources import goalert
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    NotFound,
    Outcome,
    Refused,
    ServerFailed,
    SourceError,
    TimedOut,
    Unsupported,
)
from oncall_tui.store.merging import merge_incident
from oncall_tui.text import unsafe_count
from tests.sources.system_bench import SystemBench, on
from tests.support.clock import START

KIND = "goalert"
NEW, HELD, CLOSED = "301", "302", "303"
GRAPHQL = "/api/graphql"


def asked(operation: str) -> Any:
    return lambda request: request.path == GRAPHQL and f" {operation}".encode() in request.body


def instead(operation: str, answer: Any) -> Any:
    """A rule that answers for that operation."""

    def rule(request: Request) -> Response | None:
        if not asked(operation)(request):
            return None
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else json_response(answer)

    return rule


def edited(bench: SystemBench, operation: str, change: Any) -> Any:
    """A rule that changes the data of that operation's answers."""

    def rule(request: Request) -> Response | None:
        if not asked(operation)(request):
            return None
        data = json.loads(bench.sim.handle(request).body)
        return json_response({"data": change(data["data"])})

    return rule


async def outcome(bench: SystemBench, row: OutboxRow) -> tuple[Outcome, str]:
    found = await bench.source.confirm(row)
    return found.outcome, found.text


# -- facts -------------------------------------------------------------------------------------------------------


async def test_the_scene_as_incidents_and_timeline() -> None:
    bench = SystemBench(KIND)
    taken = await bench.poll()
    assert taken.problems == ()
    assert taken.incidents_complete
    new, held, closed = taken.incidents or ()
    assert (new.number, new.title, new.state, new.escalation_level) == (
        NEW, "Card authorisations time out", IncidentState.TRIGGERED, 1,
    )  # fmt: skip
    assert (new.severity, new.severity_word, new.service and new.service.name) == (2, "critical", "payments")
    assert [who.contact for who in new.assignees] == ["alice@example.com"]
    assert new.escalates_at == START + timedelta(minutes=2)
    assert new.escalation_policy is not None
    assert new.escalation_policy.name == "Critical Service On-Call"
    assert new.url is not None
    assert new.url.endswith("/goalert/alerts/301")
    assert (held.state, [who.name for who in held.acknowledged_by], held.escalates_at) == (
        IncidentState.ACKNOWLEDGED, ["Alice Andersson"], None,
    )  # fmt: skip
    assert held.acknowledged_at == held.first_acknowledged_at == START - timedelta(minutes=24)
    assert (closed.state, closed.resolved_by, closed.resolved_at) == (
        IncidentState.RESOLVED, "Charlie Chen", START - timedelta(minutes=140),
    )  # fmt: skip
    lines = [(entry.kind, entry.text) for entry in taken.timeline if entry.incident_id == new.id]
    assert lines == [
        (EntryKind.OTHER, "p99 over 5 s for 3 minutes\n\nSee the gateway's dashboard."),
        (EntryKind.TRIGGERED, "Created via Prometheus integration (Generic)"),
        (EntryKind.NOTIFIED, "Notification sent to Alice Andersson (SMS): Delivered"),
    ]
    assert [(check.status, check.name) for check in taken.health or ()] == [(HealthStatus.OK, "GoAlert")]


async def test_what_the_log_tells_stays_while_the_state_does_and_goes_with_it() -> None:
    bench = SystemBench(KIND)
    await bench.poll()
    bench.exchanges.clear()
    bench.clock.advance(15)
    held = await bench.titled("Gateway queue grows")
    assert [who.name for who in held.acknowledged_by] == ["Alice Andersson"]
    assert not [request for request, _ in bench.exchanges if asked("Alert(")(request)], "nothing has changed"
    bench.sim.account.escalate(bench.sim.account.alerts[302], bench.sim.account.people["bob"], bench.clock.now())
    again = await bench.titled("Gateway queue grows")
    assert (again.state, again.acknowledged_by, again.escalation_level) == (IncidentState.TRIGGERED, (), 2)
    assert [who.name for who in again.assignees] == ["Bob Brandt"]
    assert again.first_acknowledged_at == START - timedelta(minutes=24)


async def test_who_is_on_call_and_who_comes_next() -> None:
    last = await SystemBench(KIND).held(2)
    rows = [row for row in last.on_call if row.team == "Critical Service On-Call"]
    assert [(row.level, row.person.name, row.paged_after_s, row.next_person) for row in rows] == [
        (1, "Alice Andersson", 0.0, "Charlie Chen"),
        (2, "Bob Brandt", 300.0, "David Dias"),
        (3, "Erin Engel", 900.0, None),
        (3, "Victor Vance", 900.0, None),
    ]
    assert rows[0].until == START.replace(hour=9) + timedelta(days=7)
    assert rows[0].schedule is not None
    ahead = START - timedelta(hours=12)
    shifts = [one for one in last.shifts if one.team == "Critical Service On-Call" and one.level == 1]
    assert [one.person and one.person.name for one in shifts if one.end > ahead][:3] == [
        "Grace Goto", "Alice Andersson", "Charlie Chen",
    ]  # fmt: skip
    assert last.directory.me is not None
    assert last.directory.me.contact == "alice@example.com"
    policy = next(one for one in last.directory.policies if one.name == "Critical Service On-Call")
    assert [(level.delay_minutes, level.targets, len(level.people)) for level in policy.levels] == [
        (5, ("Payments primary",), 1), (10, ("Payments secondary",), 1), (15, ("Erin Engel", "Victor Vance"), 2),
    ]  # fmt: skip
    assert policy.repeats == 3
    assert len(last.directory.services) == 6


async def test_a_turn_of_a_week_is_held_since_its_own_start_to_its_last_day() -> None:
    """What was cut at the window that was asked for would begin the shift anew with every reading."""
    bench = SystemBench(KIND)
    bench.clock.advance(timedelta(days=6).total_seconds())
    rows = [row for row in (await bench.held(2)).on_call if row.level == 1]
    assert {row.since for row in rows} == {START.replace(hour=9)}


async def test_since_when_a_turn_is_held_that_began_before_the_window_is_not_known() -> None:
    bench = SystemBench(KIND)

    def cut(data: Any) -> Any:
        """As it would be of somebody who has held it for a month."""
        for schedule in data["schedules"]["nodes"]:
            now = next(one for one in schedule["shifts"] if one["start"] <= iso(START) < one["end"])
            schedule["shifts"] = [{**now, "start": iso(START - timedelta(days=8)), "truncated": True}]
        return data

    bench.rules.append(edited(bench, "Schedules(", cut))
    rows = [row for row in (await bench.held(2)).on_call if row.level == 1]
    assert rows[0].until == START.replace(hour=9) + timedelta(days=7)
    assert {row.since for row in rows} == {None}


async def test_a_gap_in_a_schedule_is_told() -> None:
    bench = SystemBench(KIND)

    def thin(data: Any) -> Any:
        for node in data["schedules"]["nodes"]:
            node["shifts"] = node["shifts"][1:]
        return data

    bench.rules.append(edited(bench, "Schedules(", thin))
    first = next(one for one in (await bench.held(1)).shifts if one.team == "Edge On-Call")
    assert (first.person, first.start) == (None, START - timedelta(days=8))


async def test_escalation_ends_after_the_last_round() -> None:
    bench = SystemBench(KIND)
    bench.rules.append(instead("Alert(", json_response({}, 500)))

    def last_step(data: Any) -> Any:
        first = data["alerts"]["nodes"][0]
        if first["status"] == "StatusClosed":
            return data
        state = {"stepNumber": 2, "lastEscalation": "2026-11-23T13:59:00Z"}
        nodes = [{**first, "id": str(n), "alertID": n, "state": {**state, "repeatCount": n}} for n in (2, 3)]
        return {"alerts": {**data["alerts"], "nodes": nodes}}

    bench.rules.append(edited(bench, "Alerts(", last_step))
    more, last = ((await bench.poll()).incidents or ())[:2]
    assert (more.escalation_level, more.escalates_at) == (3, START + timedelta(minutes=14))
    assert (last.state, last.escalates_at) == (IncidentState.TRIGGERED, None)


async def test_pages_are_read_to_the_end_and_a_cut_is_told() -> None:
    bench = SystemBench(KIND)
    for count in range(230):
        bench.sim.account.create(bench.sim.account.services["edge"], f"n{count}", "", bench.clock.now(), {})
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 233
    assert taken.incidents_complete
    logs = [request for request, _ in bench.exchanges if asked("Alert(")(request)]
    assert len(logs) == 8, "a few logs a poll"
    bench.rules.append(
        edited(
            bench,
            "Alerts(",
            lambda data: {"alerts": {**data["alerts"], "pageInfo": {"endCursor": "{}", "hasNextPage": True}}},
        )
    )
    taken = await bench.poll()
    assert not taken.incidents_complete
    assert "pages repeat themselves" in taken.problems[0]


async def test_unknown_words_and_what_is_not_told() -> None:
    bench = SystemBench(KIND)
    bench.rules.append(
        edited(
            bench,
            "Alerts(",
            lambda data: {
                "alerts": {
                    "nodes": [{"id": "9", "alertID": 9, "status": "StatusPondered"}, {"alertID": None}, 5],
                    "pageInfo": {"hasNextPage": False},
                }
            },
        )
    )
    bench.rules.append(instead("Alert(", {"data": {"alert": {"id": "9", "alertID": 9, "status": "StatusPondered"}}}))
    taken = await bench.poll()
    (one,) = taken.incidents or ()
    assert (one.state, one.title, one.severity) == (IncidentState.UNKNOWN, "alert 9", None)
    assert not taken.incidents_complete
    assert "2 without a usable number" in taken.problems[0]


async def test_severity_by_metadata() -> None:
    bench = SystemBench(KIND, severity={"critical": 1}, severity_keys=("urgency", "severity"))
    assert (await bench.titled("Card authorisations time out")).severity == 1
    assert (await bench.titled("Gateway queue grows")).severity == 4
    assert (await SystemBench(KIND).titled("Replica lags")).severity is None


async def test_hostile_text_is_cleaned() -> None:
    bench = SystemBench(KIND)
    account = bench.sim.account
    account.create(account.services["web"], "[red]\x1b[2J\u202eevil", "\x00\n\x9b", START, {"severity": "\x1b"})
    taken = await bench.poll()
    assert unsafe_count(repr(taken)) == 0
    assert any(one.title == "[red]\\x1b[2J\\u202eevil" for one in taken.incidents or ())


# -- what goes wrong ---------------------------------------------------------------------------------------------


async def test_without_the_open_alerts_a_poll_fails_whole() -> None:
    for answer, error in (
        (json_response({"x": 1}, 500), ServerFailed),
        ({"data": {}}, BadAnswer),
        ({"data": None, "errors": [{"message": "boom"}]}, Refused),
        (Response(body=b"<html>"), BadAnswer),
    ):
        bench = SystemBench(KIND)
        bench.rules.append(instead("Alerts(", answer))
        with pytest.raises(error):
            await bench.poll()


@pytest.mark.parametrize(
    ("operation", "word", "failed"),
    [
        ("Services(", "on-call:", {"on_call"}),
        ("Policies(", "escalation policies:", {"escalation"}),
        ("Schedules(", "schedules:", {"schedules"}),
        ("Users(", "people:", {"escalation"}),
        ("Me ", "the session's user:", set()),
        ("Alert(", "log of 301:", set()),
    ],
)
async def test_one_part_that_fails_is_named_and_the_others_come(operation: str, word: str, failed: set[str]) -> None:
    bench = SystemBench(KIND)
    bench.rules.append(instead(operation, json_response({"error": "on fire"}, 500)))
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 3
    assert taken.incidents_complete
    assert [line for line in taken.problems if line.startswith(word) and "on fire" in line]
    assert taken.failed == failed
    bench.rules.clear()
    bench.clock.advance(61)
    taken = await bench.poll()
    assert (taken.failed, taken.problems) == (frozenset(), ())


async def test_closed_alerts_that_do_not_come_hide_no_open_ones() -> None:
    bench = SystemBench(KIND)
    bench.rules.append(lambda request: json_response({"e": 1}, 500) if b"StatusClosed" in request.body else None)
    taken = await bench.poll()
    assert len(taken.incidents or ()) == 2
    assert taken.incidents_complete
    assert taken.problems[0].startswith("closed alerts:")


async def test_what_closed_while_the_closed_ones_did_not_come_is_read_later() -> None:
    bench = SystemBench(KIND)
    await bench.poll()
    bench.rules.append(lambda request: json_response({"e": 1}, 500) if b"StatusClosed" in request.body else None)
    account = bench.sim.account
    bench.clock.advance(60)
    short = account.create(account.services["payments"], "Short", "", bench.clock.now(), {})
    account.close(short, account.people["bob"], bench.clock.now())
    for _ in range(12):
        await bench.poll()
        bench.clock.advance(60)
    bench.rules.clear()
    assert (await bench.titled("Short")).state is IncidentState.RESOLVED


async def test_a_state_is_told_without_the_log_that_does_not_come() -> None:
    """The store takes nothing for newer than what it has by the latest line of a log."""
    bench = SystemBench(KIND)
    before = await bench.titled("Card authorisations time out")
    bench.clock.advance(15)
    account = bench.sim.account
    account._log(account.alerts[301], bench.clock.now(), "Notification sent to Alice Andersson (SMS)")
    told = (await bench.source.read(NEW)).incident
    assert told.updated_at == bench.clock.now()
    bench.known[NEW] = told
    account.acknowledge(account.alerts[301], account.people["bob"], bench.clock.now())
    bench.rules.append(instead("Alert(", json_response({"e": 1}, 500)))
    acknowledged = await bench.titled(before.title)
    merged = merge_incident(told, acknowledged, bench.clock.now())
    assert merged.state is IncidentState.ACKNOWLEDGED
    bench.known[NEW] = told
    quiet = await bench.titled("Gateway queue grows")
    assert quiet.updated_at is not None, "what has not changed keeps its time"


async def test_a_list_that_does_not_say_whether_it_ends_is_not_whole() -> None:
    bench = SystemBench(KIND)
    bench.rules.append(edited(bench, "Alerts(", lambda data: {"alerts": {"nodes": data["alerts"]["nodes"]}}))
    taken = await bench.poll()
    assert not taken.incidents_complete
    assert any("does not say" in line for line in taken.problems)


async def test_a_server_that_is_not_well_says_so() -> None:
    bench = SystemBench(KIND)
    bench.sim.down = "server shutting down"
    (check,) = (await bench.poll()).health or ()
    assert (check.status, check.detail) == (HealthStatus.DOWN, "server shutting down")
    bench.rules.append(on("GET", "/health", httpx.ConnectError("no")))
    taken = await bench.poll()
    assert taken.health is None
    assert taken.failed == {"health"}


async def test_an_alert_that_is_not_there() -> None:
    bench = SystemBench(KIND)
    for native_id in ("999", "no/such?x=1", "٣"):
        with pytest.raises(NotFound):
            await bench.source.read(native_id)
    assert (await outcome(bench, bench.row(Verb.ACKNOWLEDGE, "999")))[0] is Outcome.UNKNOWN
    bench.rules.append(instead("Alert(", {"data": {"alert": {"alertID": 7}}}))
    with pytest.raises(BadAnswer, match="another alert"):
        await bench.source.read(NEW)


async def test_a_clock_that_is_off_is_told_and_counted_in() -> None:
    bench = SystemBench(KIND, skew=timedelta(minutes=9))
    assert (await bench.poll()).clock_skew == timedelta(minutes=9)
    row = bench.row(Verb.ACKNOWLEDGE, NEW)
    assert (await outcome(bench, await bench.act(row)))[0] is Outcome.APPLIED
    behind = SystemBench(KIND, skew=-timedelta(minutes=9))
    await behind.poll()
    row = behind.row(Verb.ACKNOWLEDGE, NEW)
    assert (await outcome(behind, await behind.act(row)))[0] is Outcome.APPLIED


# -- signing in --------------------------------------------------------------------------------------------------


def signing_in(**more: Any) -> SystemBench:
    return SystemBench(KIND, token=None, username="alice", password=PASSWORD, **more)


async def test_a_basic_account_is_signed_in_once_and_again_when_its_session_has_ended() -> None:
    bench = signing_in(public_url="https://goalert.example.com")
    await bench.polls(2)
    logins = [request for request, _ in bench.exchanges if request.path.endswith("/basic")]
    assert len(logins) == 1
    assert logins[0].headers["referer"] == "https://goalert.example.com/"
    assert logins[0].body.decode() == f"username=alice&password={PASSWORD}"
    bench.sim.tokens = {TOKEN: "alice"}
    row = await bench.act(bench.row(Verb.ACKNOWLEDGE, NEW))
    assert (await outcome(bench, row))[0] is Outcome.APPLIED
    assert len(bench.writes) == 1
    assert len([request for request, _ in bench.exchanges if request.path.endswith("/basic")]) == 2


async def test_a_wrong_password_is_told_without_it() -> None:
    bench = SystemBench(KIND, token=None, username="alice", password="wrong-password")
    with pytest.raises(AuthFailed, match="does not sign alice in: invalid username or password") as caught:
        await bench.poll()
    assert "wrong-password" not in str(caught.value)
    with pytest.raises(AuthFailed) as sending:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, NEW))
    assert not sending.value.maybe_applied


async def test_a_page_in_place_of_a_token_is_no_token() -> None:
    bench = signing_in()
    bench.rules.append(on("POST", "/basic", Response(body=b"<html>sign in</html>")))
    with pytest.raises(BadAnswer, match="without a token"):
        await bench.poll()


async def test_a_token_that_is_refused_stays_refused() -> None:
    bench = SystemBench(KIND, token="another-session")
    with pytest.raises(AuthFailed, match="401"):
        await bench.poll()
    assert len(bench.exchanges) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "either token, or username"),
        ({"token": Secret("literal", "x"), "username": "a", "password": Secret("literal", "x")}, "either token"),
        ({"username": "a"}, "go together"),
        ({"token": Secret("literal", "x"), "base_url": "http://goalert.example.com"}, "https"),
    ],
)
def test_what_the_options_refuse(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        goalert.Options(**{"name": "g", "kind": KIND, "base_url": "https://g.example.com", **given})


async def test_a_probe_names_the_user_and_the_difference_to_the_seat() -> None:
    probe = await SystemBench(KIND).source.probe()
    assert (probe.ok, probe.user and probe.user.name, probe.notes) == (True, "Alice Andersson", ())
    assert {"acknowledge", "resolve", "escalate", "health"} <= set(probe.can)
    assert not {"note", "snooze", "reassign", "severity", "unacknowledge"} & set(probe.can)
    other = await SystemBench(KIND, seat="bob@example.com").source.probe()
    assert "the session is that of Alice Andersson, not of bob@example.com" in other.notes[0]
    nobody = await SystemBench(KIND, lambda clock, seed: GoAlertSim(clock, seed, me=None)).source.probe()
    assert "no user's" in nobody.notes[0]
    assert "acknowledge" not in nobody.can
    refused = await SystemBench(KIND, token="another-session").source.probe()
    assert (refused.ok, refused.error_kind) == (False, "auth")


# -- actions -----------------------------------------------------------------------------------------------------


def sent(bench: SystemBench) -> Any:
    (request,) = [request for request, _ in bench.exchanges if b"mutation" in request.body]
    return request.json()["variables"]


@pytest.mark.parametrize(
    ("verb", "params", "variables"),
    [
        (Verb.ACKNOWLEDGE, {}, {"input": {"alertIDs": [301], "newStatus": "StatusAcknowledged"}}),
        (Verb.RESOLVE, {"resolution": "done"}, {"input": {"alertIDs": [301], "newStatus": "StatusClosed"}}),
        (Verb.ESCALATE, {"level": 2}, {"ids": [301]}),
    ],
)
async def test_an_action_arrives_as_the_schema_says_and_is_confirmed(
    verb: Verb, params: dict[str, Any], variables: Any
) -> None:
    bench = SystemBench(KIND)
    row = bench.row(verb, NEW, **params)
    row = replace(row, baseline=await bench.source.prepare(row))
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED, "nothing was sent yet"
    bench.exchanges.clear()
    answered = await bench.act(row)
    assert sent(bench) == variables
    assert [write["by"] for write in bench.writes] == ["alice"]
    found = await bench.source.confirm(answered)
    assert found.outcome is Outcome.APPLIED
    assert found.detail is not None
    assert found.detail.incident.native_id == NEW
    assert len(bench.writes) == 1, "reading back never writes"


@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.RESOLVE, Verb.ESCALATE])
@pytest.mark.parametrize("applied", [True, False])
async def test_a_lost_answer_is_found_out_by_reading_back(verb: Verb, applied: bool) -> None:
    bench = SystemBench(KIND)
    row = bench.row(verb, NEW, **({"level": 2} if verb is Verb.ESCALATE else {}))
    row = replace(row, baseline=await bench.source.prepare(row))
    await bench.source.probe()

    def rule(request: Request) -> Response | None:
        if b"mutation" not in request.body:
            return None
        if applied:
            bench.sim.handle(request)
        raise httpx.ReadTimeout("lost")

    bench.rules.append(rule)
    with pytest.raises(TimedOut) as caught:
        await bench.source.send(row)
    assert caught.value.maybe_applied
    assert (await outcome(bench, row))[0] is (Outcome.APPLIED if applied else Outcome.NOT_APPLIED)


def _namesake(data: Any) -> Any:
    """Somebody else is called as the seat is."""
    alice = next(one for one in data["users"]["nodes"] if one["name"] == "Alice Andersson")
    data["users"]["nodes"].append({**alice, "id": "other", "email": "another@example.com"})
    return data


@pytest.mark.parametrize(
    ("verb", "says"),
    [
        (Verb.ACKNOWLEDGE, "acknowledged by Alice Andersson (several are called so) 14:00 UTC, yours not needed"),
        (Verb.RESOLVE, "closed by Alice Andersson (several are called so) 14:00 UTC, yours not needed"),
    ],
)
async def test_what_somebody_of_the_same_name_did_is_not_taken_for_ours(verb: Verb, says: str) -> None:
    """The log tells names only."""
    bench = SystemBench(KIND)
    bench.rules.append(edited(bench, "Users(", _namesake))
    row = bench.row(verb, NEW)
    account = bench.sim.account
    change = account.acknowledge if verb is Verb.ACKNOWLEDGE else account.close
    change(account.alerts[301], account.people["alice"], bench.clock.now())
    assert await outcome(bench, row) == (Outcome.SUPERSEDED, says)


async def test_an_escalation_that_somebody_of_the_same_name_asked_for_may_be_theirs() -> None:
    bench = SystemBench(KIND)
    bench.rules.append(edited(bench, "Users(", _namesake))
    row = bench.row(Verb.ESCALATE, NEW, level=2)
    row = replace(row, baseline=await bench.source.prepare(row))
    await bench.source.send(row)
    found, text = await outcome(bench, row)
    assert found is not Outcome.APPLIED
    assert "yours not needed" in text or "whether it is yours is not told" in text


@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.RESOLVE, Verb.ESCALATE])
async def test_what_goalert_has_answered_is_ours_also_where_somebody_has_the_same_name(verb: Verb) -> None:
    bench = SystemBench(KIND)
    bench.rules.append(edited(bench, "Users(", _namesake))
    row = bench.row(verb, NEW, **({"level": 2} if verb is Verb.ESCALATE else {}))
    answered = await bench.act(replace(row, baseline=await bench.source.prepare(row)))
    assert (await outcome(bench, answered))[0] is Outcome.APPLIED


async def test_what_is_already_so_is_refused_and_read_back() -> None:
    bench = SystemBench(KIND)
    account = bench.sim.account
    account.acknowledge(account.alerts[301], account.people["bob"], bench.clock.now())
    row = bench.row(Verb.ACKNOWLEDGE, NEW)
    with pytest.raises(Refused, match="acknowledged or closed already"):
        await bench.source.send(row)
    assert await outcome(bench, row) == (Outcome.SUPERSEDED, "acknowledged by Bob Brandt 14:00 UTC, yours not needed")
    for verb in (Verb.ACKNOWLEDGE, Verb.RESOLVE):
        row = bench.row(verb, CLOSED)
        with pytest.raises(Refused, match="closed already"):
            await bench.source.send(row)
        assert await outcome(bench, row) == (
            Outcome.SUPERSEDED, "closed by Charlie Chen 11:40 UTC, yours not needed",
        )  # fmt: skip


async def test_escalation_goes_to_the_next_level_only_and_begins_again_after_the_last() -> None:
    bench = SystemBench(KIND)
    with pytest.raises(Refused, match="it is at level 1, and GoAlert escalates to the next one only: level 2"):
        await bench.source.send(bench.row(Verb.ESCALATE, NEW, level=3))
    for params in ({"person": "x", "person_name": "X"}, {"policy": "y", "policy_name": "Y"}):
        with pytest.raises(Unsupported, match="next level"):
            await bench.source.send(bench.row(Verb.ESCALATE, NEW, **params))
    assert bench.writes == []
    for level in (2, 3, 1):
        row = await bench.act(bench.row(Verb.ESCALATE, NEW, level=level))
        assert (await outcome(bench, row))[0] is Outcome.APPLIED
    assert [write["level"] for write in bench.writes] == [2, 3, 1]


async def test_an_escalation_by_the_clock_meanwhile_is_not_taken_for_ours() -> None:
    bench = SystemBench(KIND)
    row = bench.row(Verb.ESCALATE, NEW, level=2)
    row = replace(row, baseline=await bench.source.prepare(row))
    bench.clock.advance(130)
    assert await outcome(bench, row) == (Outcome.SUPERSEDED, "at level 2 already 14:02 UTC, yours not needed")


async def test_an_escalation_is_done_when_the_engine_has_done_it() -> None:
    bench = SystemBench(KIND)
    bench.sim.account.cycle = timedelta(seconds=5)
    row = await bench.act(bench.row(Verb.ESCALATE, NEW, level=2))
    assert await outcome(bench, row) == (Outcome.UNKNOWN, "GoAlert has taken it and not yet done it")
    lost = replace(row, answered_at=None)
    assert (await outcome(bench, lost))[0] is Outcome.UNKNOWN
    bench.clock.advance(6)
    assert (await outcome(bench, row))[0] is Outcome.APPLIED
    assert (await outcome(bench, lost))[0] is Outcome.APPLIED, "the log tells who has asked for it"
    detail = await bench.source.read(NEW)
    assert [entry.text for entry in detail.timeline if entry.kind is EntryKind.ESCALATED] == [
        "Escalated to step #2 due to manual escalation"
    ]


async def test_an_earlier_escalation_of_ours_is_not_taken_for_the_next() -> None:
    bench = SystemBench(KIND)
    await bench.act(bench.row(Verb.ESCALATE, NEW, level=2))
    row = bench.row(Verb.ESCALATE, NEW, level=3)
    row = replace(row, baseline=await bench.source.prepare(row))
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED
    assert (await outcome(bench, await bench.act(row)))[0] is Outcome.APPLIED


async def test_a_token_that_is_no_users_acts_for_nobody() -> None:
    bench = SystemBench(KIND, lambda clock, seed: _scene(GoAlertSim(clock, seed, me=None)))
    for row in (bench.row(Verb.ACKNOWLEDGE, NEW), bench.row(Verb.ESCALATE, NEW, level=2)):
        with pytest.raises(Refused, match="no user's"):
            await bench.source.send(row)
    assert bench.writes == []


def _scene(sim: GoAlertSim) -> GoAlertSim:
    sim.open_scene()
    return sim


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (Verb.NOTE, "keeps no notes"),
        (Verb.SNOOZE, "cannot snooze"),
        (Verb.UNACKNOWLEDGE, "no acknowledgement back"),
        (Verb.REOPEN, "no closed alert"),
        (Verb.REASSIGN, "not to people"),
        (Verb.SEVERITY, "no call for it"),
        (Verb.MERGE, "no call for it"),
    ],
)
async def test_what_the_api_cannot_do_is_no_capability_and_says_why(verb: Verb, words: str) -> None:
    bench = SystemBench(KIND)
    assert Capability(verb.value) not in bench.source.capabilities
    with pytest.raises(Unsupported, match=words):
        await bench.source.send(bench.row(verb, NEW))
    assert bench.calls == []


@pytest.mark.parametrize(
    ("answer", "error", "maybe"),
    [
        ({"data": None, "errors": [{"message": "access denied\x1b[c"}]}, Refused, False),
        ({"data": None, "errors": [{"message": "no", "path": ["updateAlerts"]}]}, Refused, False),
        ({"data": None, "errors": [{"message": "no", "path": ["updateAlerts", 0, "status"]}]}, BadAnswer, True),
        ({"data": {}}, BadAnswer, True),
        ({"data": {"updateAlerts": [{"alertID": 5}]}}, BadAnswer, True),
        ({"data": {"updateAlerts": []}}, Refused, False),
        (json_response({"e": 1}, 502), ServerFailed, True),
        (json_response({"e": 1}, 403), AuthFailed, False),
        (httpx.ConnectError("no"), SourceError, False),
    ],
)
async def test_whether_it_may_have_been_applied_is_told(answer: Any, error: type[SourceError], maybe: bool) -> None:
    bench = SystemBench(KIND)
    bench.rules.append(instead("UpdateAlerts(", answer))
    with pytest.raises(error) as caught:
        await bench.source.send(bench.row(Verb.ACKNOWLEDGE, NEW))
    assert caught.value.maybe_applied is maybe
    assert "\x1b" not in str(caught.value)


# -- somebody stands in ----------------------------------------------------------------------------------------


def cover(bench: SystemBench, **more: Any) -> OutboxRow:
    account = bench.sim.account
    schedule = account.policies[0].schedules[0]
    start, end = (iso(bench.clock.now() + timedelta(hours=hours)) for hours in (2, 5))
    params = {"start": start, "end": end, "person": account.users["bob"], "person_name": "Bob"}
    held = {"instead": account.users["alice"], "instead_name": "Alice"}
    return bench.row(Verb.OVERRIDE, schedule.id, **(params | held | more))


async def test_an_override_replaces_who_holds_the_schedule() -> None:
    bench = SystemBench(KIND)
    await bench.poll()
    row = cover(bench)
    row = replace(row, baseline=await bench.source.prepare(row))
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED
    sent = await bench.source.send(row)
    (made,) = bench.sim.account.overrides
    assert (made.adds.key, made.removes and made.removes.key, made.id) == ("bob", "alice", sent.native_ref)
    assert (await outcome(bench, row))[0] is Outcome.APPLIED
    shifts = [one for one in (await bench.poll()).shifts or () if one.schedule_id == made.schedule.id]
    assert [one.person.name for one in shifts if one.person and one.start == made.start] == ["Bob Brandt"]


async def test_several_people_are_not_replaced_at_once_and_a_gap_is_filled() -> None:
    bench = SystemBench(KIND)
    with pytest.raises(Refused, match="one person at a time"):
        await bench.source.send(cover(bench, instead=None, instead_name="Alice, Eve"))
    assert bench.sim.account.overrides == []
    await bench.source.send(cover(bench, instead=None, instead_name=""))
    assert bench.sim.account.overrides[0].removes is None


async def test_an_override_that_goalert_will_not_have() -> None:
    bench = SystemBench(KIND)
    with pytest.raises(Refused, match="user does not exist"):
        await bench.source.send(cover(bench, person="nobody"))
