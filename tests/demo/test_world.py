"""The simulated company as a whole: one door, faults, the seat's config, and the real sources polling it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from oncall_tui.demo.faults import Broken, drop_after_apply, is_write
from oncall_tui.demo.hostile import SHORT
from oncall_tui.demo.pagerduty import TOKEN
from oncall_tui.demo.wire import Request, Response
from oncall_tui.demo.world import World
from tests.support.clock import START, ManualClock

HEADERS = {
    "authorization": f"Token token={TOKEN}",
    "from": "alice@example.com",
    "content-type": "application/json",
}


def ask(world: World, path: str, method: str = "GET", body: Any = None) -> Response | Broken:
    path, _, query = path.partition("?")
    pairs = tuple(tuple(pair.split("=", 1)) for pair in query.split("&") if pair)
    return world.exchange(
        Request(
            method=method,
            path=path,
            query=pairs,  # type: ignore[arg-type]  # each was split into two
            headers=HEADERS,
            body=msgspec.json.encode(body) if body is not None else b"",
        )
    ).answer


def told(world: World, path: str, method: str = "GET", body: Any = None) -> Any:
    answer = ask(world, path, method, body)
    assert isinstance(answer, Response) and answer.status < 300, answer
    return msgspec.json.decode(answer.body)


def put(world: World, incident_id: str, **fields: Any) -> Response | Broken:
    body = {"incident": {"type": "incident_reference", **fields}}
    return ask(world, f"/pagerduty/incidents/{incident_id}", "PUT", body)


def named(world: World, title: str) -> str:
    return next(one.id for one in world.pagerduty.incidents.values() if one.title == title)


PATHS = (
    "/pagerduty/incidents?date_range=all&limit=100",
    "/pagerduty/log_entries?limit=100",
    "/pagerduty/oncalls?limit=100",
    "/alertmanager/api/v2/alerts",
    "/alertmanager/api/v2/silences",
    "/prometheus/api/v1/alerts",
    "/prometheus/api/v1/rules",
    "/probes/website",
)


@pytest.mark.parametrize("faults", [(), ("server-error", "latency", "bad-json")])
def test_same_seed_same_clock_same_bytes(faults: tuple[str, ...]) -> None:
    def run() -> list[object]:
        clock = ManualClock()
        world = World(clock, seed=3, faults=faults)
        seen = []
        for _ in range(60):
            clock.advance(30)
            seen += [world.exchange(Request(method="GET", path=path.split("?")[0], headers=HEADERS)) for path in PATHS]
        return seen

    assert run() == run()


def test_every_system_answers_and_an_unknown_one_is_told_so() -> None:
    world = World(ManualClock())
    assert world.prefixes == ("pagerduty", "alertmanager", "prometheus", "probes")
    for path in PATHS:
        told(world, path)
    answer = ask(world, "/opsgenie/v2/alerts")
    assert isinstance(answer, Response) and answer.status == 404


def test_prometheus_fails_and_comes_back_even_without_a_fault() -> None:
    clock = ManualClock()
    world = World(clock)
    down = []
    for second in range(0, 2 * 3600, 5):
        clock.advance(timedelta(seconds=second) - (clock.now() - START))
        if ask(world, "/prometheus/api/v1/alerts") is Broken.REFUSED:
            down.append(second)
        assert isinstance(ask(world, "/pagerduty/incidents"), Response)
    assert down[0] == 120 and 60 <= down[down.index(190)] - down[0] + 5 <= 90
    assert 195 not in down and any(second > 1500 for second in down)


def test_a_probe_tells_of_the_story() -> None:
    clock = ManualClock()
    world = World(clock)
    assert told(world, "/probes/website") == {"status": "ok"}
    checkout = ask(world, "/probes/checkout")
    assert isinstance(checkout, Response) and checkout.status == 503
    clock.advance(4 * 60)
    website = ask(world, "/probes/website")
    assert isinstance(website, Response) and website.status == 503
    clock.advance(90)
    assert told(world, "/probes/website") == {"status": "ok"}
    for path, method, status in (("/probes/nothing", "GET", 404), ("/probes/website", "POST", 405)):
        answer = ask(world, path, method)
        assert isinstance(answer, Response) and answer.status == status


def test_an_action_over_http_is_applied_counted_and_shown() -> None:
    clock = ManualClock()
    world = World(clock)
    checkout = named(world, "Checkout returns 503")
    assert isinstance(put(world, checkout, status="acknowledged"), Response)
    assert isinstance(put(world, checkout, status="acknowledged"), Response)
    told(world, f"/pagerduty/incidents/{checkout}/notes", "POST", {"note": {"content": "looking"}})
    put(world, checkout, escalation_level=2)
    clock.advance(600)
    found = next(one for one in world.state()["incidents"] if one["id"] == checkout)
    assert next(note["content"] for note in found["notes"]) == "looking"
    assert found["escalations"][0]["by"] == "alice@example.com"
    assert found["escalations"][0]["to"] == ["bob@example.com"]
    assert world.state()["writes"]["received"] == {"acknowledge": 2, "note": 1, "escalate": 1}
    assert world.state()["writes"]["applied"] == {"acknowledge": 1, "note": 1, "escalate": 1}


def test_a_dropped_write_is_applied_and_counted() -> None:
    world = World(ManualClock())
    world.planned.next(drop_after_apply, matching=is_write)
    checkout = named(world, "Checkout returns 503")
    assert put(world, checkout, status="acknowledged") is Broken.DROPPED
    assert world.state()["writes"]["applied"] == {"acknowledge": 1}
    assert world.pagerduty.incidents[checkout].status == "acknowledged"


def test_every_kind_of_write_has_its_name() -> None:
    world = World(ManualClock())
    checkout, latency = named(world, "Checkout returns 503"), named(world, "P99 latency > 5000 ms, EU")
    bob = world.pagerduty.estate.users["bob"].id
    p2 = world.pagerduty.estate.priorities[1].id
    put(world, checkout, title="Checkout is down")
    put(world, checkout, priority={"id": p2, "type": "priority_reference"})
    put(world, checkout, assignments=[{"assignee": {"id": bob, "type": "user_reference"}}])
    put(world, checkout, status="acknowledged")
    put(world, checkout, status="triggered")
    ask(world, f"/pagerduty/incidents/{checkout}/snooze", "POST", {"duration": 3600})
    both = [{"id": one, "type": "incident_reference", "status": "resolved"} for one in (checkout, latency)]
    told(world, "/pagerduty/incidents", "PUT", {"incidents": both})
    silence = {
        "matchers": [{"name": "alertname", "value": "HighErrorRate", "isRegex": False, "isEqual": True}],
        "startsAt": "2026-11-23T14:00:00Z",
        "endsAt": "2026-11-23T15:00:00Z",
        "createdBy": "alice",
        "comment": "known",
    }
    made = told(world, "/alertmanager/api/v2/silences", "POST", silence)["silenceID"]
    ask(world, f"/alertmanager/api/v2/silence/{made}", "DELETE")
    ask(world, f"/pagerduty/incidents/{checkout}", "PUT", ["nonsense"])
    assert world.state()["writes"]["received"] == {
        "title": 1,
        "severity": 1,
        "reassign": 1,
        "acknowledge": 1,
        "trigger": 1,
        "snooze": 1,
        "resolve": 2,
        "silence": 1,
        "expire_silence": 1,
        "other": 1,
    }
    assert made in [one["id"] for one in world.state()["silences"]]
    assert msgspec.json.encode(world.state())


def test_faults_by_name() -> None:
    with pytest.raises(ValueError, match="no such fault: gremlins"):
        World(ManualClock(), faults=("gremlins",))
    clock = ManualClock()
    world = World(clock, faults=("drop-after-apply", "source-down"))
    checkout = named(world, "Checkout returns 503")
    assert put(world, checkout, status="acknowledged") is Broken.DROPPED
    clock.advance(60)
    assert ask(world, "/pagerduty/incidents") is Broken.REFUSED
    clock.advance(80)
    assert isinstance(ask(world, "/pagerduty/incidents"), Response)


def test_hostile_texts_are_everywhere_and_stay_as_they_are() -> None:
    clock = ManualClock()
    world = World(clock, faults=("hostile",))
    incidents = []
    for offset in (0, 100):
        incidents += told(world, f"/pagerduty/incidents?date_range=all&limit=100&offset={offset}")["incidents"]
    titles = {one["title"] for one in incidents}
    assert set(SHORT) <= titles
    assert max(map(len, titles)) > 1_000_000
    assert any(title.startswith("Checkout returns 503 ") for title in titles)
    alerts = told(world, "/alertmanager/api/v2/alerts")
    assert set(SHORT) <= {one["labels"].get("instance") for one in alerts}
    assert "[@click=app.quit]x[/]" in {one["labels"]["alertname"] for one in alerts}
    stranger = next(one for one in world.state()["incidents"] if one["title"] == "Notes of a stranger")
    assert [note["content"] for note in stranger["notes"]] == list(SHORT)
    clock.advance(600)
    later = {one["title"] for one in told(world, "/pagerduty/incidents?date_range=all&limit=100")["incidents"]}
    assert titles - later == set(), "what was hostile stays, word for word"
    assert isinstance(put(world, named(world, "[ERROR] db"), status="resolved"), Response)
