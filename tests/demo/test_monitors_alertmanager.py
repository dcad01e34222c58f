"""The simulated Alertmanager answers as the real one does."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.demo.monitors import AlertmanagerSim, Monitoring, alertmanager_config
from oncall_tui.demo.monitors.alertmanager import fingerprint
from oncall_tui.demo.wire import Request, Response, split_target
from tests.support.clock import ManualClock
from tests.support.openapi import SpecChecker, require_spec

UNKNOWN = "00000000-0000-0000-0000-000000000000"


class Server:
    """A simulator with its clock."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.world = Monitoring(self.clock, seed=1)
        for target in self.world.targets:
            target.naps_at = None
        self.simulator = AlertmanagerSim(self.world)

    def request(self, method: str, target: str, body: Any = None) -> Response:
        path, query = split_target(target)
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if content else {}
        return self.simulator.handle(Request(method=method, path=path, query=query, headers=headers, body=content))

    def call(self, method: str, target: str, body: Any = None, status: int = 200) -> Any:
        response = self.request(method, f"/api/v2{target}", body)
        assert response.status == status, response.body
        return json.loads(response.body) if response.body else None

    def silence(self, **changes: Any) -> dict[str, Any]:
        now = self.clock.now()
        return {
            "matchers": [{"name": "alertname", "value": "A", "isRegex": False, "isEqual": True}],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "alice",
            "comment": "why",
            **changes,
        }

    def later(self, **length: float) -> str:
        return (self.clock.now() + timedelta(**length)).isoformat()


@pytest.fixture
def server() -> Server:
    return Server()


def test_the_fingerprint_is_the_real_ones() -> None:
    # As Debian's Alertmanager 0.25 gave them.
    labels = {"alertname": "DemoAlwaysFires", "prometheus": "demo", "service": "payments", "severity": "critical"}
    assert fingerprint(labels) == "10058f120dd818ce"
    assert fingerprint({"alertname": "X", "service": "web"}) == "38d1444a35b916dd"


def test_firing_alerts_arrive_with_the_servers_external_labels(server: Server) -> None:
    server.world.external_labels["prometheus"] = "demo"
    server.world.fire("A", "web", "critical")
    (alert,) = server.call("GET", "/alerts")
    assert alert["labels"] == {"alertname": "A", "service": "web", "severity": "critical", "prometheus": "demo"}
    assert alert["receivers"] == [{"name": "oncall-pager"}]
    assert alert["status"] == {"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": []}
    assert alert["fingerprint"] == fingerprint(alert["labels"])
    server.world.end("A", "web")
    assert server.call("GET", "/alerts") == []


def test_a_pending_alert_is_not_sent(server: Server) -> None:
    server.world.set_metric("payments", "error_ratio", 0.5)
    server.clock.advance(15)
    assert server.call("GET", "/alerts") == []
    server.clock.advance(30)
    assert len(server.call("GET", "/alerts")) == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["A", "B", "C"]),
        ("filter=severity%3D%22critical%22", ["A"]),
        ("filter=service%3D~%22we.*%22&filter=severity!%3D%22critical%22", ["C"]),
        ("silenced=false", ["A", "C"]),
        ("inhibited=false", ["A", "B"]),
        ("active=false", ["B", "C"]),
        ("receiver=oncall.*", ["A"]),
        ("receiver=oncall", []),
    ],
)
def test_alerts_are_filtered_as_asked(server: Server, query: str, names: list[str]) -> None:
    server.world.fire("A", "web", "critical")
    server.world.fire("B", "edge", "warning")
    server.world.fire("C", "web", "info")
    server.call("POST", "/silences", server.silence(matchers=[{"name": "alertname", "value": "B", "isRegex": False}]))
    found = sorted(alert["labels"]["alertname"] for alert in server.call("GET", f"/alerts?{query}"))
    assert found == names


def test_alerts_stand_in_groups_by_name_and_service(server: Server) -> None:
    for instance in ("a", "b"):
        server.world.fire("A", "web", "warning", instance=instance)
    server.world.fire("A", "edge", "warning")
    groups = server.call("GET", "/alerts/groups")
    assert [(group["labels"]["service"], len(group["alerts"])) for group in groups] == [("edge", 1), ("web", 2)]
    server.call("POST", "/silences", server.silence(matchers=[{"name": "service", "value": "edge", "isRegex": False}]))
    assert len(server.call("GET", "/alerts/groups?muted=false")) == 1


def test_posted_alerts_stand_until_their_end_or_five_minutes(server: Server) -> None:
    labels = {"alertname": "Test", "service": "web", "empty": ""}
    assert server.call("POST", "/alerts", [{"labels": labels, "annotations": {"summary": "s"}}]) is None
    (alert,) = server.call("GET", "/alerts")
    assert alert["labels"] == {"alertname": "Test", "service": "web"} and "generatorURL" not in alert
    server.call("POST", "/alerts", [{"labels": labels, "endsAt": server.clock.now().isoformat()}])
    assert server.call("GET", "/alerts") == []
    server.call("POST", "/alerts", [{"labels": labels}])
    server.clock.advance(301)
    assert server.call("GET", "/alerts") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([{"labels": {}}], "at least one label pair required"),
        ({"labels": {"a": "b"}}, "not a list of objects"),
        ([{"labels": ["a"]}], "not a map of texts"),
        ([{"labels": {"a": 7}}], "not a map of texts"),
        ([{"labels": {"a": "b"}, "startsAt": "soon"}], "parsing startsAt"),
        (b"{", "parsing body failed"),
        (b"[" * 9000, "parsing body failed"),
    ],
)
def test_alerts_that_cannot_be_are_refused(server: Server, body: Any, words: str) -> None:
    assert words in str(server.call("POST", "/alerts", body, status=400))


# -- silences ---------------------------------------------------------------------------------------------------------


def test_a_silence_goes_from_pending_to_active_to_expired_and_is_forgotten(server: Server) -> None:
    server.world.fire("A", "web", "warning")
    body = server.silence(startsAt=server.later(minutes=10), endsAt=server.later(minutes=20))
    silence_id = server.call("POST", "/silences", body)["silenceID"]
    seen = []
    for _ in range(3):
        (alert,) = server.call("GET", "/alerts")
        state = server.call("GET", f"/silence/{silence_id}")["status"]["state"]
        seen.append((state, alert["status"]["state"], alert["status"]["silencedBy"] == [silence_id]))
        server.clock.advance(600)
    assert seen == [("pending", "active", False), ("active", "suppressed", True), ("expired", "active", False)]
    assert len(server.call("GET", "/silences")) == 1
    server.clock.advance(timedelta(hours=121))
    assert server.call("GET", "/silences") == []
    assert server.call("GET", f"/silence/{silence_id}", status=404) == "silence not found"


def test_a_start_in_the_past_is_moved_to_now(server: Server) -> None:
    server.call("POST", "/silences", server.silence(startsAt=server.later(hours=-5)))
    (found,) = server.call("GET", "/silences")
    assert found["startsAt"] == "2026-11-23T14:00:00.000Z"


def test_the_same_matchers_and_start_change_it_in_place(server: Server) -> None:
    body = server.silence()
    first = server.call("POST", "/silences", body)["silenceID"]
    changed = {**body, "id": first, "endsAt": server.later(hours=9), "comment": "longer"}
    assert server.call("POST", "/silences", changed)["silenceID"] == first
    (found,) = server.call("GET", "/silences")
    assert (found["comment"], found["endsAt"]) == ("longer", "2026-11-23T23:00:00.000Z")


def test_other_matchers_end_the_old_one_and_make_a_new(server: Server) -> None:
    first = server.call("POST", "/silences", server.silence())["silenceID"]
    other = server.silence(id=first, matchers=[{"name": "service", "value": "web", "isRegex": False}])
    second = server.call("POST", "/silences", other)["silenceID"]
    states = {one["id"]: one["status"]["state"] for one in server.call("GET", "/silences")}
    assert states == {first: "expired", second: "active"}
    revived = server.call("POST", "/silences", server.silence(id=first))["silenceID"]
    assert revived not in (first, second), "an ended one is never revived"


def test_deleting_is_ending_and_may_be_repeated(server: Server) -> None:
    silence_id = server.call("POST", "/silences", server.silence())["silenceID"]
    server.clock.advance(60)
    for _ in range(2):
        assert server.call("DELETE", f"/silence/{silence_id}") is None
        server.clock.advance(60)
    found = server.call("GET", f"/silence/{silence_id}")
    assert (found["status"]["state"], found["endsAt"]) == ("expired", "2026-11-23T14:01:00.000Z")
    assert server.call("DELETE", f"/silence/{UNKNOWN}", status=404) == "silence not found"
    assert server.call("DELETE", "/silence/xyz", status=422)["code"] == 601


def test_silences_are_filtered_by_state_and_matcher(server: Server) -> None:
    active = server.call("POST", "/silences", server.silence())["silenceID"]
    pending = server.call("POST", "/silences", server.silence(startsAt=server.later(minutes=5)))["silenceID"]
    assert [one["id"] for one in server.call("GET", "/silences?pending=false")] == [active]
    assert [one["id"] for one in server.call("GET", "/silences?active=false")] == [pending]
    assert len(server.call("GET", "/silences?filter=alertname%3D%22A%22")) == 2
    assert server.call("GET", "/silences?filter=alertname%3D%22B%22") == []


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"matchers": []}, 422, "should have at least 1 items"),
        ({"comment": None}, 422, "comment in body is required"),
        ({"matchers": [{"name": "a", "value": "b"}]}, 422, "matchers.0.isRegex in body is required"),
        ({"startsAt": "2030-01-01T00:00:00Z"}, 400, "start time must be before end time"),
        ({"startsAt": "2020-01-01T00:00:00Z", "endsAt": "2020-01-02T00:00:00Z"}, 400, "end time can't be in the past"),
        ({"matchers": [{"name": "a", "value": "", "isRegex": False}]}, 400, "must not match the empty string"),
        ({"matchers": [{"name": "a", "value": "(", "isRegex": True}]}, 400, "invalid label matcher 0: error parsing"),
        ({"endsAt": "tomorrow"}, 400, "parsing endsAt"),
        ({"id": UNKNOWN}, 404, "silence not found"),
    ],
)
def test_silences_that_cannot_be_are_refused(server: Server, changes: dict[str, Any], status: int, words: str) -> None:
    assert words in str(server.call("POST", "/silences", server.silence(**changes), status=status))
    assert server.call("GET", "/silences") == []


def test_matchers_that_exclude_and_match_by_pattern(server: Server) -> None:
    server.world.fire("A", "web", "warning", instance="i1")
    server.world.fire("A", "web", "warning", instance="i2")
    matchers = [
        {"name": "alertname", "value": "A|B", "isRegex": True, "isEqual": True},
        {"name": "instance", "value": "i2", "isRegex": False, "isEqual": False},
    ]
    server.call("POST", "/silences", server.silence(matchers=matchers))
    states = {one["labels"]["instance"]: one["status"]["state"] for one in server.call("GET", "/alerts")}
    assert states == {"i1": "suppressed", "i2": "active"}


# -- the rest ---------------------------------------------------------------------------------------------------------


def test_errors_are_bare_json_strings_or_the_frameworks_objects(server: Server) -> None:
    assert server.call("GET", "/alerts?filter=alertname", status=400) == "bad matcher format: alertname"
    assert "failed to parse receiver param" in server.call("GET", "/alerts?receiver=%5B", status=400)
    assert server.call("GET", "/nope", status=404) == {"code": 404, "message": "path /api/v2/nope was not found"}
    assert server.call("POST", "/status", status=405)["message"] == "method POST is not allowed, but [GET] are"


def test_readiness_health_and_status(server: Server) -> None:
    assert server.request("GET", "/-/healthy").body == server.request("GET", "/-/ready").body == b"OK"
    server.simulator.ready = False
    assert server.request("GET", "/-/ready").status == 503
    status = server.call("GET", "/status")
    assert status["versionInfo"]["version"] == "0.34.0" and status["cluster"]["status"] == "ready"
    assert server.request("GET", "/").status == 404


def test_the_same_seed_gives_the_same_ids() -> None:
    made = [Server().call("POST", "/silences", Server().silence())["silenceID"] for _ in range(2)]
    assert made[0] == made[1]


def test_the_config_names_the_prefix() -> None:
    assert alertmanager_config("http://127.0.0.1:8080")["base_url"] == "http://127.0.0.1:8080/alertmanager"


def test_every_answer_fits_the_published_description(server: Server) -> None:
    checker = SpecChecker(require_spec("alertmanager.yaml"), "/api/v2")
    server.world.open_scene()
    server.simulator.open_scene()
    silence_id = server.call("POST", "/silences", server.silence())["silenceID"]
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/alerts", None),
        ("GET", "/alerts?filter=x", None),
        ("GET", "/alerts/groups", None),
        ("POST", "/alerts", [{"labels": {"alertname": "T"}}]),
        ("POST", "/alerts", [{"labels": {}}]),
        ("GET", "/silences", None),
        ("POST", "/silences", server.silence()),
        ("POST", "/silences", server.silence(endsAt="2026-11-23T13:00:00Z")),
        ("POST", "/silences", server.silence(id=UNKNOWN)),
        ("GET", f"/silence/{silence_id}", None),
        ("GET", f"/silence/{UNKNOWN}", None),
        ("DELETE", f"/silence/{silence_id}", None),
        ("DELETE", f"/silence/{UNKNOWN}", None),
        ("GET", "/status", None),
        ("GET", "/receivers", None),
    ]
    for method, target, body in calls:
        path, query = split_target(f"/api/v2{target}")
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if content else {}
        request = Request(method=method, path=path, query=query, headers=headers, body=content)
        checker.check(request, server.simulator.handle(request))
    assert len(checker.checked) == len(calls)
