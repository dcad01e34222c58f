"""The simulated PagerDuty account keeps the real one's rules."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.demo.pagerduty import TOKEN, PagerDutySim
from oncall_tui.demo.pagerduty.life import Rejected
from oncall_tui.demo.wire import Request, Response, split_target
from tests.support.clock import START, ManualClock

HEADERS = {
    "authorization": f"Token token={TOKEN}",
    "accept": "application/vnd.pagerduty+json;version=2",
    "content-type": "application/json",
    "from": "alice@example.com",
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sim(clock: ManualClock) -> PagerDutySim:
    return PagerDutySim(clock, seed=7)


def ask(sim: PagerDutySim, method: str, target: str, body: Any = None, **headers: str) -> Response:
    path, query = split_target(target)
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return sim.handle(Request(method=method, path=path, query=query, headers={**HEADERS, **headers}, body=content))


def get(sim: PagerDutySim, target: str) -> Any:
    answer = ask(sim, "GET", target)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def put(sim: PagerDutySim, incident_id: str, **values: Any) -> Response:
    return ask(sim, "PUT", "/incidents", {"incidents": [{"id": incident_id, "type": "incident_reference", **values}]})


def code(answer: Response) -> tuple[int, int]:
    return answer.status, json.loads(answer.body)["error"]["code"]


def names(incident: Any) -> list[str]:
    return [row["assignee"]["summary"] for row in incident["assignments"]]


def one(sim: PagerDutySim, incident_id: str) -> Any:
    return get(sim, f"/incidents/{incident_id}")["incident"]


def test_a_page_goes_to_the_primary_and_climbs_by_the_policys_minutes(sim: PagerDutySim, clock: ManualClock) -> None:
    page = sim.trigger("payments", "latency", priority="P2")
    assert names(one(sim, page)) == ["Alice Andersson"]
    assert one(sim, page)["pending_actions"] == [{"type": "escalate", "at": "2026-11-23T14:05:00Z"}]
    clock.advance(timedelta(minutes=5))
    assert names(one(sim, page)) == ["Bob Brandt"]
    clock.advance(timedelta(minutes=10))
    assert names(one(sim, page)) == ["Erin Engel", "Victor Vance"]
    clock.advance(timedelta(minutes=15))
    assert names(one(sim, page)) == ["Alice Andersson"], "the second round"
    clock.advance(timedelta(hours=5))
    assert one(sim, page)["pending_actions"] == [], "after three rounds it is exhausted"
    kinds = [row["type"] for row in get(sim, f"/incidents/{page}/log_entries?limit=100")["log_entries"]]
    assert kinds.count("repeat_escalation_path_log_entry") == 3
    assert kinds.count("exhaust_escalation_path_log_entry") == 1
    assert kinds.count("escalate_log_entry") == 2 + 3 * 3


def test_an_acknowledgement_runs_out_after_half_an_hour(sim: PagerDutySim, clock: ManualClock) -> None:
    page = sim.trigger("payments", "latency")
    assert put(sim, page, status="acknowledged").status == 200
    assert one(sim, page)["pending_actions"] == [{"type": "unacknowledge", "at": "2026-11-23T14:30:00Z"}]
    clock.advance(timedelta(minutes=29))
    assert one(sim, page)["status"] == "acknowledged"
    clock.advance(timedelta(minutes=1))
    again = one(sim, page)
    assert (again["status"], again["acknowledgements"]) == ("triggered", [])
    assert again["pending_actions"] == [{"type": "escalate", "at": "2026-11-23T14:35:00Z"}]


def test_a_snooze_ends_by_itself_and_is_in_the_log(sim: PagerDutySim, clock: ManualClock) -> None:
    page = sim.trigger("payments", "latency")
    answer = ask(sim, "POST", f"/incidents/{page}/snooze", {"duration": 7200})
    assert answer.status == 201
    assert one(sim, page)["pending_actions"] == [{"type": "unacknowledge", "at": "2026-11-23T16:00:00Z"}]
    newest = get(sim, f"/incidents/{page}/log_entries")["log_entries"][0]
    assert newest["type"] == "snooze_log_entry"
    assert newest["changed_actions"] == [{"type": "unacknowledge", "at": "2026-11-23T16:00:00Z"}]
    clock.advance(timedelta(hours=2))
    assert one(sim, page)["status"] == "triggered"


def test_what_is_already_so_is_refused_with_its_code(sim: PagerDutySim) -> None:
    page = sim.trigger("payments", "latency")
    put(sim, page, status="acknowledged")
    assert code(put(sim, page, status="acknowledged")) == (400, 1002)
    put(sim, page, status="resolved", resolution="done")
    assert code(put(sim, page, status="acknowledged")) == (400, 1001)
    assert code(put(sim, page, status="resolved")) == (400, 1001)
    assert code(put(sim, page, escalation_level=2)) == (400, 1001)
    assert one(sim, page)["assignments"] == []
    assert get(sim, f"/incidents/{page}/log_entries")["log_entries"][0]["note"] == "done"


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"status": "open"}, 1003),
        ({"escalation_level": 4}, 1006),
        ({"escalation_level": "2"}, 2001),
        ({"assignments": [{"assignee": {"id": "PNOBODY", "type": "user_reference"}}]}, 1007),
        ({"assignments": []}, 1007),
        ({"status": "triggered"}, 1012),
        ({"priority": {"id": "PNONE", "type": "priority_reference"}}, 1020),
        ({"resolution": "x"}, 2001),
        ({"escalation_level": 2, "escalation_policy": {"id": "P", "type": "escalation_policy_reference"}}, 2001),
        ({"urgency": "huge"}, 2001),
    ],
)
def test_input_without_sense_is_refused(sim: PagerDutySim, values: dict[str, Any], wanted: int) -> None:
    page = sim.trigger("payments", "latency")
    assert code(put(sim, page, **values)) == (400, wanted)
    assert sim.incidents[page].status == "triggered"
    assert sim.incidents[page].level == 1


def test_escalating_by_hand_reassigning_and_another_policy(sim: PagerDutySim) -> None:
    page = sim.trigger("payments", "latency")
    put(sim, page, status="acknowledged")
    put(sim, page, escalation_level=2)
    assert (one(sim, page)["status"], names(one(sim, page))) == ("triggered", ["Bob Brandt"])
    grace = sim.estate.users["grace"].id
    put(sim, page, assignments=[{"assignee": {"id": grace, "type": "user_reference"}}])
    assert names(one(sim, page)) == ["Grace Goto"]
    assert one(sim, page)["pending_actions"] == [], "past the policy nobody is next"
    storage = sim.estate.services["storage"].policy
    put(sim, page, escalation_policy={"id": storage.id, "type": "escalation_policy_reference"})
    assert one(sim, page)["escalation_policy"]["summary"] == "Storage On-Call"
    assert names(one(sim, page)) == ["Charlie Chen"]


def test_a_write_needs_a_user_of_the_account(sim: PagerDutySim) -> None:
    page = sim.trigger("payments", "latency")
    answer = ask(
        sim,
        "PUT",
        "/incidents",
        {"incidents": [{"id": page, "type": "incident", "status": "resolved"}]},
        **{"from": "stranger@example.com"},
    )
    assert code(answer) == (400, 2001)
    assert sim.incidents[page].status == "triggered"


def test_without_the_key_nothing_is_told_or_done(sim: PagerDutySim) -> None:
    page = sim.trigger("payments", "latency")
    assert code(ask(sim, "GET", f"/incidents/{page}", authorization="Token token=wrong")) == (401, 2006)
    assert ask(sim, "GET", f"/incidents/{page}", authorization=f"Bearer {TOKEN}").status == 200
    assert sim.writes == []


def test_lists_page_by_more_and_end_at_ten_thousand(sim: PagerDutySim) -> None:
    for number in range(7):
        sim.trigger("edge", f"page {number}")
    first = get(sim, "/incidents?limit=4")
    second = get(sim, "/incidents?limit=4&offset=4&total=true")
    assert (first["more"], first["total"], len(first["incidents"])) == (True, None, 4)
    assert (second["more"], second["total"], len(second["incidents"])) == (False, 7, 3)
    assert code(ask(sim, "GET", "/incidents?limit=100&offset=9901")) == (400, 2001)
    assert code(ask(sim, "GET", "/incidents?limit=x")) == (400, 2001)


def test_an_open_incident_older_than_a_month_needs_date_range_all(sim: PagerDutySim, clock: ManualClock) -> None:
    old = sim.trigger("edge", "old", at=START - timedelta(days=60))
    assert get(sim, "/incidents")["incidents"] == []
    assert [row["id"] for row in get(sim, "/incidents?date_range=all")["incidents"]] == [old]
    assert code(ask(sim, "GET", "/incidents?since=2025-01-01T00:00:00Z")) == (400, 2001)


def test_filters_and_order(sim: PagerDutySim) -> None:
    low = sim.trigger("edge", "low", urgency="low")
    high = sim.trigger("payments", "high", priority="P1")
    done = sim.trigger("payments", "done")
    sim.resolve(done)

    def ids(query: str) -> list[str]:
        return [row["id"] for row in get(sim, f"/incidents?{query}")["incidents"]]

    assert ids("statuses[]=triggered&statuses[]=acknowledged&sort_by=urgency:desc,created_at:desc") == [high, low]
    assert ids("statuses[]=resolved") == [done]
    assert ids("urgencies[]=low") == [low]
    assert ids(f"service_ids[]={sim.estate.services['edge'].id}") == [low]
    assert ids(f"user_ids[]={sim.estate.users['alice'].id}") == [high]
    assert ids(f"incident_key={sim.incidents[high].key}") == [high]
    assert code(ask(sim, "GET", "/incidents?statuses[]=open")) == (400, 2001)


def test_the_rate_is_limited_by_the_minute(clock: ManualClock) -> None:
    sim = PagerDutySim(clock, rate_limit=3)
    left = [ask(sim, "GET", "/abilities").headers["ratelimit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    clock.advance(20)
    refused = ask(sim, "GET", "/abilities")
    assert code(refused) == (429, 2020)
    assert refused.headers["ratelimit-reset"] == "40"
    clock.advance(40)
    assert ask(sim, "GET", "/abilities").status == 200


def test_merging_moves_alerts_and_resolves_the_source(sim: PagerDutySim) -> None:
    target, source = sim.trigger("edge", "a"), sim.trigger("edge", "b", alerts=["b2"])
    body = {"source_incidents": [{"id": source, "type": "incident_reference"}]}
    assert ask(sim, "PUT", f"/incidents/{target}/merge", body).status == 200
    assert one(sim, target)["alert_counts"]["all"] == 3
    assert one(sim, source)["status"] == "resolved"
    assert one(sim, source)["resolve_reason"]["incident"]["id"] == target
    assert code(ask(sim, "PUT", f"/incidents/{target}/merge", body)) == (400, 1019)


def test_one_alert_key_is_one_incident_while_it_is_open(sim: PagerDutySim) -> None:
    first = sim.trigger("edge", "disk", alert_key="disk")
    assert sim.trigger("edge", "disk", alert_key="disk") == first
    assert one(sim, first)["alert_counts"]["all"] == 2
    assert sim.trigger("web", "disk", alert_key="disk") != first
    sim.resolve(first)
    assert sim.trigger("edge", "disk", alert_key="disk") != first


def test_history_unfolds_from_the_past(sim: PagerDutySim) -> None:
    page = sim.trigger("payments", "old page", at=START - timedelta(hours=1))
    sim.acknowledge(page, "bob", at=START - timedelta(minutes=53))
    assert [(at, user.key) for at, user in sim.incidents[page].acknowledgers] == [
        (START - timedelta(minutes=53), "bob")
    ]
    assert sim.incidents[page].level == 2, "it had climbed to him before"
    sim.advance()
    assert sim.incidents[page].status == "triggered", "his acknowledgement ran out at 13:37"
    with pytest.raises(Rejected):
        sim.resolve(sim.trigger("edge", "x"), "bob")
        sim.resolve(list(sim.incidents)[1], "bob")


def test_who_is_on_call_now_next_and_by_override(sim: PagerDutySim) -> None:
    now = get(sim, "/oncalls?limit=100")["oncalls"]
    assert len(now) == 3 * (1 + 1 + 2)
    mine = [row for row in now if row["user"]["summary"] == "Alice Andersson"]
    assert [(row["escalation_level"], row["start"], row["end"]) for row in mine] == [
        (1, "2026-11-23T09:00:00Z", "2026-11-30T09:00:00Z")
    ]
    assert all("schedule" not in row and "end" not in row for row in now if row["escalation_level"] == 3)
    sim.estate.override("Payments Primary", "eve", START - timedelta(hours=1), START + timedelta(hours=1))
    policy = sim.estate.services["payments"].policy.id
    held = get(sim, f"/oncalls?escalation_policy_ids[]={policy}")["oncalls"][0]
    assert (held["user"]["summary"], held["end"]) == ("Eve Eriksen", "2026-11-23T15:00:00Z")
    ahead = get(sim, f"/oncalls?escalation_policy_ids[]={policy}&until=2026-12-08T00:00:00Z&limit=100")["oncalls"]
    firsts = [row["user"]["summary"] for row in ahead if row["escalation_level"] == 1]
    assert firsts == ["Eve Eriksen", "Alice Andersson", "Charlie Chen", "Eve Eriksen"]


def test_schedules_of_both_kinds(sim: PagerDutySim) -> None:
    window = "since=2026-11-23T14:00:00Z&until=2026-12-07T14:00:00Z"
    listed = get(sim, f"/schedules?include[]=final_schedule&{window}")["schedules"]
    assert [item["name"] for item in listed] == [
        "Payments Primary", "Payments Secondary", "Storage Primary", "Storage Secondary", "Edge Primary"
    ]  # fmt: skip
    entries = listed[0]["final_schedule"]["rendered_schedule_entries"]
    assert [(row["start"], row["user"]["summary"]) for row in entries] == [
        ("2026-11-23T14:00:00Z", "Alice Andersson"),
        ("2026-11-30T09:00:00Z", "Charlie Chen"),
        ("2026-12-07T09:00:00Z", "Eve Eriksen"),
    ]
    newer = next(item for item in sim.estate.schedules if item.shift_based)
    assert ask(sim, "GET", f"/schedules/{newer.id}").status == 404
    shifts = get(sim, f"/v3/schedules/{newer.id}?include[]=final_schedule&{window}")["schedule"]["final_schedule"]
    assert shifts["computed_shift_assignments"][0]["member"]["user_id"] == sim.estate.users["frank"].id


def test_same_seed_same_account_other_seed_another(clock: ManualClock) -> None:
    first, again, other = PagerDutySim(clock, 1), PagerDutySim(clock, 1), PagerDutySim(clock, 2)
    assert get(first, "/users?limit=100") == get(again, "/users?limit=100") != get(other, "/users?limit=100")
    assert first.trigger("edge", "x") == again.trigger("edge", "x")


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("PUT", "/incidents", b"{"),
        ("PUT", "/incidents", b"null"),
        ("PUT", "/incidents", b'{"incidents": [null, 3]}'),
        ("PUT", "/incidents", b'{"incidents": []}'),
        ("POST", "/incidents/Q0/notes", b"{}"),
        ("POST", "/incidents/Q0/snooze", b'{"duration": "long"}'),
        ("PUT", "/incidents/Q0/merge", b'{"source_incidents": {}}'),
        ("DELETE", "/incidents/Q0", b"{}"),
        ("GET", "/incidents/%2e%2e%2fusers", b""),
        ("GET", "/nowhere", b""),
        ("GET", "/log_entries?since=yesterday", b""),
        ("GET", "/incidents?sort_by=colour", b""),
        ("GET", "/oncalls?until=2027-12-01T00:00:00Z", b""),
    ],
)
def test_nonsense_gets_an_error_never_an_exception(sim: PagerDutySim, method: str, target: str, body: bytes) -> None:
    sim.trigger("edge", "x")
    answer = ask(sim, method, target, body)
    assert answer.status in (400, 404)
    assert json.loads(answer.body)["error"]["message"]


def test_too_many_at_once(sim: PagerDutySim) -> None:
    rows = [{"id": f"Q{n}", "type": "incident_reference"} for n in range(251)]
    assert ask(sim, "PUT", "/incidents", {"incidents": rows}).status == 413


def test_me_and_priorities_depend_on_the_account(clock: ManualClock) -> None:
    assert code(ask(PagerDutySim(clock), "GET", "/users/me")) == (400, 2001)
    assert get(PagerDutySim(clock, me="alice"), "/users/me")["user"]["email"] == "alice@example.com"
    assert ask(PagerDutySim(clock, priorities=False), "GET", "/priorities").status == 402
