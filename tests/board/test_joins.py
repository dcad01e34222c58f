"""Alerts and incidents of several systems that are one trouble: told with the reason, never hidden when unsure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.board import Board, BoardSettings, build_board
from oncall_tui.board.names import CROWD
from oncall_tui.board.report import now_report
from oncall_tui.model import (
    AlertGroup,
    AlertState,
    Change,
    ChangeKind,
    Facts,
    HealthCheck,
    HealthStatus,
    Incident,
    IncidentState,
)
from tests.support.make import NOW, ago, alert, grouped, incident

SETTINGS = BoardSettings(
    sources=(("pager", "pagerduty"), ("opsgenie", "opsgenie"), ("alerts", "alertmanager"), ("datadog", "datadog")),
    capabilities={
        "pager": frozenset({"incidents", "alerts"}),
        "opsgenie": frozenset({"incidents"}),
        "datadog": frozenset({"incidents", "alerts"}),
    },
)
KEY = "9c1185a5c5e9fc54"
LINK = "https://prom.example.com/graph?g0.expr=up"


def page(native_id: str = "Q1", source: str = "pager", /, **fields: Any) -> Incident:
    """An incident that no circumstance joins to anything."""
    given = {"minutes": 300, "service": "billing", "title": f"Trouble {source} {native_id}"}
    given |= {"id": f"{source}:{native_id}", "source": source} | fields
    return incident(given.pop("native_id", native_id), **given)


def board(*facts: Incident, groups: tuple[AlertGroup, ...] = (), **more: Any) -> Board:
    return build_board(Facts(incidents=facts, groups=groups, **more), SETTINGS, NOW)


def named(*refs: tuple[str, str], **fields: Any) -> tuple[AlertGroup, ...]:
    (group,) = grouped((alert(**fields),))
    return (replace(group, refs=refs),)


def joined(seen: Board) -> list[tuple[str, str, bool]]:
    (row,) = seen.alerts
    return [(join.incident_id, join.reason, join.is_sure) for join in row.joins]


# -- an alert of a monitor -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ref", "given", "reason"),
    [
        (("", KEY), {"keys": (KEY,)}, "its fingerprint is the dedup key"),
        (("incident_key", "srv01/HTTP"), {"keys": ("srv01/HTTP",)}, "label incident_key is its dedup key"),
        (("incident", "pager:Q1"), {}, "label incident names it"),
        (("incident", "Q1"), {}, "label incident is its id"),
        (("incident", "1234"), {"number": "1234"}, "label incident is its id"),
        (("incident", "https://p.example.com/Q1"), {"url": "https://p.example.com/Q1"}, "label incident is its link"),
    ],
)
def test_an_alert_is_joined_by_what_it_names(ref: tuple[str, str], given: dict[str, Any], reason: str) -> None:
    seen = board(page(**given), page("Q2"), groups=named(ref))
    assert joined(seen) == [("pager:Q1", reason, True)]


def test_an_alert_is_joined_by_its_link() -> None:
    groups = grouped((alert(url=LINK),))
    assert joined(board(page(links=(LINK,)), page("Q2"), groups=groups)) == [("pager:Q1", "same link", True)]
    # A link that two incidents of one pager have tells nothing.
    assert joined(board(page(links=(LINK,)), page("Q2", links=(LINK,)), groups=groups)) == []


def test_a_number_that_two_pagers_have_joins_nothing() -> None:
    both = (page(number="1234"), page("G1", "opsgenie", number="1234"))
    assert joined(board(*both, groups=named(("incident", "1234")))) == []


def test_what_is_resolved_or_unknown_is_not_joined() -> None:
    over = page(keys=(KEY,), state=IncidentState.RESOLVED, resolved_at=ago(1))
    assert joined(board(over, groups=named(("", KEY)))) == []
    assert joined(board(groups=named(("incident", "pager:Q9")))) == []


def test_a_group_that_names_several_incidents_is_joined_to_each() -> None:
    groups = named(("incident_key", "key-one"), ("incident_key", "key-two"))
    seen = board(page("Q1", keys=("key-one",)), page("Q2", keys=("key-two",)), groups=groups)
    assert [one for one, _, _ in joined(seen)] == ["pager:Q1", "pager:Q2"]
    assert len(seen.joined_to("pager:Q2")) == 1
    report = now_report(seen, (), NOW)["alerts"][0]
    assert report["incident"] == "pager:Q1"
    assert [one["incident"] for one in report["joins"]] == ["pager:Q1", "pager:Q2"]


def test_what_is_named_comes_before_what_circumstances_say() -> None:
    near = incident("Q2", title="HighErrorRate on payments")
    assert joined(board(page(keys=(KEY,)), near, groups=named(("", KEY)))) == [
        ("pager:Q1", "its fingerprint is the dedup key", True)
    ]
    assert joined(board(page(), near, groups=named(("", KEY)))) == [
        ("pager:Q2", "same service payments, named in the title", True)
    ]


# -- rows of a pager's own trigger log ---------------------------------------------------------------------------


def test_a_source_with_pages_and_monitors_is_judged_row_by_row() -> None:
    one = page("1", "datadog")
    log = alert("l", source="datadog", name="Paged", service="billing", incident_id="datadog:1")
    monitor = alert("m", source="datadog", name="Monitor")
    seen = board(one, groups=grouped((log, monitor)))
    assert {row.name for row in seen.alerts} == {"Paged", "Monitor"}
    groups = tuple(
        replace(group, refs=(("k", "datadog:1"),)) if not group.pages else group for group in grouped((log, monitor))
    )
    assert {row.name for row in board(one, groups=groups).alerts} == {"Monitor"}


def test_a_log_row_of_two_incidents_is_hidden_only_when_both_are_told_of() -> None:
    both = (page("Q1", keys=("key-one-1",)), page("Q2", keys=("key-two-2",)))
    log = grouped(
        alert(f"l{number}", source="pager", name="Paged", service=None, incident_id=f"pager:Q{number}", minutes=number)
        for number in (1, 2)
    )
    first, second = named(("k", "key-one-1")), named(("k", "key-two-2"), native_id="f2", name="Other")
    assert {row.source for row in board(*both, groups=(*log, *first)).alerts} == {"pager", "alerts"}
    assert {row.source for row in board(*both, groups=(*log, *first, *second)).alerts} == {"alerts"}


def test_a_log_row_with_an_alert_of_no_incident_is_never_hidden() -> None:
    log = grouped(
        alert(f"l{number}", source="pager", name="Paged", service=None, incident_id=paged)
        for number, paged in enumerate(("pager:Q1", None))
    )
    seen = board(page("Q1", keys=(KEY,)), groups=(*log, *named(("", KEY))))
    assert {row.source for row in seen.alerts} == {"pager", "alerts"}


# -- two pagers --------------------------------------------------------------------------------------------------


def also(seen: Board) -> dict[str, list[tuple[str, str, bool]]]:
    return {row.id: [(one.id, one.reason, one.is_sure) for one in row.also] for row in seen.incidents if row.also}


URL = "https://opsgenie.example.com/alert/7a"


@pytest.mark.parametrize(
    ("mine", "theirs", "here", "there"),
    [
        ({"keys": (KEY,)}, {"keys": ("x", KEY)}, f"same dedup key {KEY}", f"same dedup key {KEY}"),
        ({"links": (LINK,)}, {"links": (LINK,)}, f"same link {LINK}", f"same link {LINK}"),
        ({"links": (URL,)}, {"url": URL}, f"it links to {URL}", f"the other links to {URL}"),
        (
            {"keys": ("a7-b8-c9-d0",)},
            {"native_id": "a7-b8-c9-d0", "id": "opsgenie:G1"},
            "its dedup key is the other's id",
            "the other's dedup key is its id",
        ),
    ],
)
def test_the_same_trouble_of_two_pagers_is_told_on_both(
    mine: dict[str, Any], theirs: dict[str, Any], here: str, there: str
) -> None:
    seen = board(page(**mine), page("G1", "opsgenie", **theirs), page("Q3"))
    assert also(seen) == {
        "pager:Q1": [("opsgenie:G1", here, True)],
        "opsgenie:G1": [("pager:Q1", there, True)],
    }
    assert len(seen.incidents) == 3
    told = {one["id"]: one["also"] for one in now_report(seen, (), NOW)["incidents"]}
    assert told["pager:Q1"] == [{"id": "opsgenie:G1", "reason": here, "sure": True}]


@pytest.mark.parametrize(
    "others",
    [
        (page("G1", "opsgenie", keys=("short",)), page(keys=("short",))),
        (page("Q2", keys=(KEY,)), page(keys=(KEY,))),
        (page("G1", "opsgenie", links=(LINK,)), page(links=(LINK,)), page("Q2", links=(LINK,))),
        (page("G1", "opsgenie", keys=(KEY,), state=IncidentState.RESOLVED, resolved_at=ago(1)), page(keys=(KEY,))),
        tuple(page(f"{number}", source, keys=(KEY,)) for number in range(CROWD) for source in ("pager", "opsgenie")),
    ],
)
def test_what_two_pagers_may_have_by_chance_is_not_the_same_trouble(others: tuple[Incident, ...]) -> None:
    assert also(board(*others)) == {}


def test_a_title_alone_is_a_hint() -> None:
    mine, theirs = page(title="Checkout 503"), page("G1", "opsgenie", title="checkout 503", minutes=310)
    seen = board(mine, theirs)
    assert also(seen)["pager:Q1"] == [("opsgenie:G1", "same title, began about then", False)]
    assert also(board(mine, replace(theirs, created_at=mine.created_at - timedelta(minutes=16)))) == {}


# -- maintenance -------------------------------------------------------------------------------------------------


def work(service: str | None, begins: float, ends: float | None, **fields: Any) -> Change:
    until = None if ends is None else ago(ends)
    values = {"id": f"pager:{service}{begins}", "source": "pager", "native_id": "W", "title": "move", "at": ago(begins)}
    return Change(**values | {"service": service, "until": until, "kind": ChangeKind.MAINTENANCE} | fields)


def test_a_service_in_maintenance_is_marked_on_its_incidents_and_checks() -> None:
    now, longer = work("Billing", 10, -5), work("billing", 20, -60)
    check = HealthCheck(
        id="datadog:1", source="datadog", name="c", service="BILLING", status=HealthStatus.DOWN, checked_at=NOW
    )
    seen = board(page(), page("Q2", service="edge"), changes=(longer, now), health=(check,))
    assert {row.incident.native_id: row.maintenance for row in seen.incidents} == {"Q1": longer, "Q2": None}
    assert seen.health[0].maintenance == longer
    assert now_report(seen, (), NOW)["health"][0]["maintenance"]["id"] == longer.id
    assert seen.changes == (longer, now)


@pytest.mark.parametrize(
    "change",
    [
        work("billing", -1, -60),
        work("billing", 60, 0),
        work("billing", 60, None),
        work(None, 60, -60),
        work("billing", 60, -60, kind=ChangeKind.DEPLOYMENT),
        work("billing", 60, -60, source="gone"),
    ],
)
def test_what_is_not_maintenance_of_that_service_now_marks_nothing(change: Change) -> None:
    assert board(page(), changes=(change,)).incidents[0].maintenance is None


def test_the_alerts_state_does_not_matter_to_a_join() -> None:
    assert joined(board(page(keys=(KEY,)), groups=named(("", KEY), state=AlertState.ENDED)))[0][0] == "pager:Q1"
