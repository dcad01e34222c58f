"""What a board takes from which source: nothing of one that is not configured any more passes for current."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from oncall_tui.board import Board, BoardSettings, PaneName, SourceStatus, build_board
from oncall_tui.model import AlertState, Directory, Facts, HealthCheck, HealthStatus, SourceState
from tests.support.make import ALICE, BOB, NOW, ago, alert, grouped, incident, on_call

SETTINGS = BoardSettings(
    user="alice@example.com",
    sources=(("pager", "pagerduty"), ("alerts", "alertmanager")),
    capabilities={
        "pager": frozenset({"incidents", "alerts", "on_call", "acknowledge"}),
        "alerts": frozenset({"alerts", "silence"}),
    },
)
FRESH = tuple(
    SourceState(name=name, kind="x", poll_s=15.0, last_success=ago(0.1), last_attempt=NOW)
    for name in ("pager", "alerts", "former")
)


def board(facts: Facts) -> Board:
    return build_board(replace(facts, sources=FRESH), SETTINGS, NOW)


def test_a_former_sources_on_call_gives_no_role_and_no_shift() -> None:
    former = on_call(ALICE, source="former", team="Old", until=None)
    made = board(Facts(on_call=(former, on_call(BOB))))
    assert made.seat.role is None
    assert not made.shift.on_call
    assert [team.team for team in made.on_call] == ["Payments"]


def test_a_former_source_leaves_no_alert_check_or_people() -> None:
    check = HealthCheck(id="former:c", source="former", name="c", status=HealthStatus.DOWN, checked_at=ago(600))
    facts = Facts(
        groups=grouped((alert(source="former"),)),
        health=(check,),
        directories={"former": Directory(me=replace(ALICE, id="X"))},
    )
    made = board(facts)
    assert (made.alerts, made.health, made.directories) == ((), (), {})
    assert made.seat.my_ids == frozenset()


def test_an_open_incident_of_a_former_source_stays_and_is_stale() -> None:
    # Only its system's word closes it (W12); nobody asks that system any more.
    made = board(Facts(incidents=(incident("Q1"), incident("Q2", id="former:Q2", source="former"))))
    assert {row.id: row.stale for row in made.incidents} == {"pager:Q1": False, "former:Q2": True}


def test_a_pagers_own_trigger_stays_beside_an_alert_without_an_incident() -> None:
    ended = alert("L1", source="pager", name="Disk full", incident_id="pager:GONE", state=AlertState.RESOLVED)
    alone = board(Facts(groups=grouped((ended,))))
    beside = board(Facts(groups=grouped((ended, alert("f9", name="Other", service="web")))))
    assert [row.name for row in alone.alerts] == ["Disk full"]
    assert {row.name for row in beside.alerts} == {"Disk full", "Other"}


def test_a_last_success_that_lies_ahead_is_no_freshness() -> None:
    # The machine's clock was ahead and has been put right; the source has failed ever since.
    ahead = SourceState(
        name="pager", kind="x", poll_s=15.0, last_success=NOW + timedelta(hours=5), error="connection refused"
    )
    made = build_board(Facts(incidents=(incident(),), sources=(ahead,)), SETTINGS, NOW)
    assert made.incidents[0].stale
    assert made.sources[0].status is SourceStatus.DOWN


def test_a_part_that_has_not_come_for_long_is_stale_though_its_source_answers() -> None:
    capabilities = {**SETTINGS.capabilities, "alerts": frozenset({"alerts", "health"})}
    half = SourceState(
        name="alerts",
        kind="x",
        poll_s=15.0,
        last_success=ago(0.1),
        problems=("alerts: monitor:9093 fails (500)",),
        behind={"alerts": ago(30)},
    )
    check = HealthCheck(id="alerts:ready", source="alerts", name="ready", status=HealthStatus.OK, checked_at=NOW)
    made = build_board(
        Facts(groups=grouped((alert(),)), health=(check,), sources=(half,)),
        replace(SETTINGS, capabilities=capabilities),
        NOW,
    )
    pane = made.panes[PaneName.ALERTS]
    assert (pane.stale, pane.as_of, pane.reason) == (True, ago(30), "alerts: alerts: monitor:9093 fails (500)")
    assert made.alerts[0].stale
    assert not made.panes[PaneName.HEALTH].stale
    assert not made.health[0].stale


def test_a_part_that_never_came_is_missing_not_quiet() -> None:
    half = SourceState(name="alerts", kind="x", last_success=ago(0.1), behind={"alerts": None})
    pager = SourceState(name="pager", kind="x", last_success=ago(0.1))
    assert build_board(Facts(sources=(half, pager)), SETTINGS, NOW).panes[PaneName.ALERTS].missing == ("alerts",)
