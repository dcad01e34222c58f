"""One name for a service and a team, one person in all systems; what is not told to be the same stays as it is."""

from __future__ import annotations

import pytest

from oncall_tui.model import Change, Directory, EscalationPolicy, HealthCheck, HealthStatus, Person, Ref, Snapshot
from oncall_tui.policy.identity import Identity
from tests.support.make import ALICE, NOW, alert, incident, on_call

SAME = Identity(
    people={"alice@example.com": {"opsgenie": "alice.a", "jira": "557058:1"}},
    services={"payments": ("payments-api", "PAYSVC")},
    teams={"Payments": ("payments-oncall", "team-pay")},
)


@pytest.mark.parametrize(
    ("source", "user", "there"),
    [
        ("opsgenie", "alice@example.com", "alice.a"),
        ("opsgenie", "ALICE.A", "alice.a"),
        ("pager", "alice@example.com", "alice@example.com"),
        ("pager", "alice.a", "alice.a"),
        ("opsgenie", "bob@example.com", "bob@example.com"),
        ("opsgenie", None, None),
    ],
)
def test_who_the_seat_is_in_a_source(source: str, user: str | None, there: str | None) -> None:
    assert SAME.user_in(source, user) == there


def test_people_are_one_by_mail_or_by_the_config() -> None:
    there = Person(id="alice.a", name="A. Andersson")
    assert SAME.person("opsgenie", there) == SAME.person("pager", ALICE) == "alice@example.com"
    assert SAME.person("splunk", there) == "splunk:alice.a"
    assert Identity().person("pager", ALICE) == Identity().person(
        "jsm", Person(id="7", name="x", contact="ALICE@example.com")
    )


def test_a_poll_is_told_with_one_name_for_each_service_and_team() -> None:
    policy = EscalationPolicy(source="pager", id="P", name="p", levels=(), teams=("team-pay", "payments"))
    told = Snapshot(
        source="pager",
        taken_at=NOW,
        incidents=(
            incident("Q1", service="payments-api", teams=("team-pay", "Payments", "Edge")),
            incident("Q2", service=None),
            incident("Q3", service="edge"),
        ),
        alerts=(alert("1", service="paysvc", labels={"service": "paysvc"}),),
        health=(HealthCheck(id="m:1", source="m", name="x", status=HealthStatus.OK, checked_at=NOW, service="PAYSVC"),),
        on_call=(on_call(team="payments-oncall"),),
        changes=(Change(id="g:1", source="g", native_id="1", title="t", at=NOW, service="payments-api"),),
        directory=Directory(services=(Ref(id="PAYSVC", name="The payments"),), policies=(policy,)),
    )
    seen = SAME.snapshot(told)
    assert seen.incidents is not None and seen.alerts is not None and seen.health is not None
    assert [one.service and one.service.name for one in seen.incidents] == ["payments", None, "edge"]
    assert seen.incidents[0].service == Ref(id="S-payments-api", name="payments")
    assert seen.incidents[0].teams == ("Payments", "Edge")
    assert seen.incidents[2] is told.incidents[2]  # type: ignore[index]
    assert (seen.alerts[0].service, seen.alerts[0].labels) == ("payments", {"service": "paysvc"})
    assert seen.health[0].service == "payments"
    assert seen.on_call is not None and seen.on_call[0].team == "Payments"
    assert seen.changes is not None and seen.changes[0].service == "payments"
    assert seen.directory is not None
    assert seen.directory.services == (Ref(id="PAYSVC", name="payments"),)
    assert seen.directory.policies[0].teams == ("Payments",)
    assert seen.shifts is None
    assert SAME.snapshot(seen) == seen
    assert Identity().snapshot(told) is told


def test_a_team_is_known_by_all_its_names() -> None:
    assert SAME.called("team-pay") == ("Payments", "team-pay", "payments-oncall")
    assert SAME.called("Edge") == ("Edge",)
