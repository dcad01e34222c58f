"""The board is built from facts alone, equal facts give an equal board, and it says how old things are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oncall_tui.board import BoardSettings, PaneName, Relation, SourceStatus, build_board
from oncall_tui.board.report import now_report
from oncall_tui.model import (
    AlertState,
    Directory,
    Facts,
    HealthCheck,
    HealthStatus,
    IncidentState,
    OutboxRow,
    OutboxState,
    Person,
    Silence,
    SourceState,
    Verb,
)
from oncall_tui.policy.identity import Identity
from tests.support.make import ALICE, BOB, NOW, ago, alert, grouped, incident, on_call

SETTINGS = BoardSettings(
    user="alice@example.com",
    teams=("Payments",),
    sources=(("pager", "pagerduty"), ("alerts", "alertmanager"), ("metrics", "prometheus")),
    capabilities={
        "pager": frozenset({"incidents", "on_call", "acknowledge"}),
        "alerts": frozenset({"alerts", "silence"}),
    },
)


def state(name: str, **fields: object) -> SourceState:
    return SourceState(
        **{"name": name, "kind": "x", "poll_s": 15.0, "last_success": ago(0.1), "last_attempt": NOW, **fields}  # type: ignore[arg-type]
    )


FRESH = (state("pager"), state("alerts"))


def board(facts: Facts, **changes: object):
    return build_board(facts, replace(SETTINGS, **changes), NOW)  # type: ignore[arg-type]


def action(target: str, state: OutboxState, **fields: object) -> OutboxRow:
    return OutboxRow(
        **{
            "key": "k1",
            "verb": Verb.ACKNOWLEDGE,
            "target": target,
            "source": "pager",
            "target_title": "t",
            "seat": "alice@example.com",
            "created_at": NOW,
            "not_before": NOW,
            "state": state,
            **fields,
        }  # type: ignore[arg-type]
    )


def test_equal_facts_give_an_equal_board_within_the_minute() -> None:
    facts = Facts(incidents=(incident(),), on_call=(on_call(),), sources=FRESH, groups=grouped((alert(),)))
    later = replace(facts, sources=tuple(replace(one, last_success=NOW, latency_ms=8.0) for one in FRESH))
    assert build_board(facts, SETTINGS, NOW) == build_board(later, SETTINGS, NOW + timedelta(seconds=17))
    assert build_board(facts, SETTINGS, NOW) != build_board(facts, SETTINGS, NOW + timedelta(minutes=1))


def test_the_seat_is_found_by_mail_on_the_lowest_level_it_holds() -> None:
    facts = Facts(on_call=(on_call(ALICE, 2, team="Edge"), on_call(ALICE, 1), on_call(BOB, 2)), sources=FRESH)
    seat = board(facts).seat
    assert (seat.name, seat.role, seat.team) == ("Alice", "primary", "Payments")
    assert seat.until == NOW + timedelta(hours=6)


def test_a_seat_that_is_not_on_call_has_no_role_and_the_last_twelve_hours() -> None:
    made = board(Facts(on_call=(on_call(BOB),), sources=FRESH))
    assert made.seat.role is None
    assert (made.shift.start, made.shift.end, made.shift.on_call) == (NOW - timedelta(hours=12), NOW, False)


@pytest.mark.parametrize(
    ("since_h", "until_h", "start_h", "end_h"),
    [(6, 6, 6, 6), (30, 138, 6, 6), (6, 2, 6, 2), (25, 100, 1, 11)],
)
def test_the_shift_is_the_entry_cut_into_the_policys_length(since_h, until_h, start_h, end_h) -> None:
    entry = on_call(since=NOW - timedelta(hours=since_h), until=NOW + timedelta(hours=until_h))
    shift = board(Facts(on_call=(entry,), sources=FRESH)).shift
    assert shift.on_call
    assert (NOW - shift.start, shift.end - NOW) == (timedelta(hours=start_h), timedelta(hours=end_h))


def test_a_place_held_for_ever_hides_no_hand_off() -> None:
    # Many a pager's account has its people on a policy directly, besides the schedule that they share.
    always = on_call(ALICE, team="Default", since=None, until=None)
    duty = on_call(ALICE, since=ago(360), until=NOW + timedelta(hours=6))
    made = board(Facts(on_call=(always, duty), sources=FRESH))
    assert (made.seat.team, made.seat.until) == ("Payments", NOW + timedelta(hours=6))
    assert (made.shift.start, made.shift.end) == (ago(360), NOW + timedelta(hours=6))


def test_role_and_shift_are_of_the_same_entry() -> None:
    short = on_call(ALICE, team="Alpha", since=ago(60), until=NOW + timedelta(hours=1))
    long = on_call(ALICE, team="Omega", since=ago(120), until=NOW + timedelta(hours=9))
    made = board(Facts(on_call=(short, long), sources=FRESH))
    assert (made.seat.team, made.seat.since) == ("Omega", ago(120))
    assert made.shift.start == ago(120)


def test_relations() -> None:
    facts = Facts(
        incidents=(
            incident("mine", assignees=(ALICE,)),
            incident("team", assignees=(BOB,), teams=("payments",)),
            incident("other", assignees=(BOB,), teams=("Storage",)),
        ),
        on_call=(on_call(),),
        sources=FRESH,
    )
    made = board(facts)
    assert {row.incident.native_id: row.relation for row in made.incidents} == {
        "mine": Relation.MINE,
        "team": Relation.TEAM,
        "other": Relation.OTHER,
    }


def test_a_late_source_makes_its_panes_stale_and_says_since_when() -> None:
    facts = Facts(
        incidents=(incident(),),
        sources=(state("pager", last_success=ago(6), error="no answer from x in 15 s"), state("alerts")),
    )
    made = board(facts)
    pane = made.panes[PaneName.INCIDENTS]
    assert (pane.stale, pane.as_of, pane.reason) == (True, ago(6), "pager: no answer from x in 15 s")
    assert made.incidents[0].stale
    assert not made.panes[PaneName.ALERTS].stale
    assert [one.status for one in made.sources] == [SourceStatus.DOWN, SourceStatus.OK, SourceStatus.NEVER]


def test_a_source_that_never_answered_is_missing_not_quiet() -> None:
    made = board(Facts())
    assert made.panes[PaneName.INCIDENTS].missing == ("pager",)
    assert made.panes[PaneName.HEALTH].served is False
    assert {one.status for one in made.sources} == {SourceStatus.NEVER}


def test_pending_and_failed_actions_stand_beside_the_truth() -> None:
    facts = Facts(
        incidents=(incident("Q1"), incident("Q2")),
        outbox=(
            action("pager:Q1", OutboxState.QUEUED, key="a"),
            action("pager:Q2", OutboxState.REFUSED, key="b", answer="no"),
            action("pager:Q2", OutboxState.CONFIRMED, key="c"),
            action("pager:Q1", OutboxState.QUEUED, key="d", held="older than 15 min"),
        ),
        sources=FRESH,
    )
    made = board(facts)
    rows = {row.incident.native_id: [one.key for one in row.actions] for row in made.incidents}
    assert rows == {"Q1": ["a", "d"], "Q2": ["b"]}
    assert all(row.incident.state is IncidentState.TRIGGERED for row in made.incidents)
    assert (made.counts.queued, made.counts.held, made.counts.failed) == (1, 1, 1)


def test_a_resolved_incident_stays_a_little_and_then_leaves() -> None:
    facts = Facts(
        incidents=(
            incident("now", state=IncidentState.RESOLVED, resolved_at=ago(2)),
            incident("then", state=IncidentState.RESOLVED, resolved_at=ago(30)),
        ),
        sources=FRESH,
    )
    assert [row.incident.native_id for row in board(facts).incidents] == ["now"]


def test_alerts_are_grouped_counted_and_joined_with_a_reason() -> None:
    silence = Silence(
        id="alerts:s1", source="alerts", native_id="s1", matchers=("a=b",), created_by="bob", comment="c",
        starts_at=ago(5), ends_at=ago(-60), state="active",
    )  # fmt: skip
    facts = Facts(
        incidents=(incident("Q1", title="Checkout returns 503", minutes=6),),
        groups=grouped(
            (
                alert("f1", count=20, labels={"instance": "eu-1", "alertname": "HighErrorRate"}),
                alert("f2", count=18, minutes=4, labels={"instance": "eu-1", "alertname": "HighErrorRate", "x": "y"}),
                alert("f3", name="DiskWillFill", service="db-7", severity_word="warning", state=AlertState.ENDED),
                alert("f4", name="Muted", service="edge", state=AlertState.SILENCED, silenced_by=("alerts:s1",)),
            )
        ),
        silences=(silence,),
        sources=FRESH,
    )
    rows = {row.name: row for row in board(facts).alerts}
    first = rows["HighErrorRate"]
    assert (first.count, first.where, first.incident_id) == (38, "payments/eu-1", "pager:Q1")
    assert first.join_reason == "same service payments, began within 15 min"
    assert first.can_silence
    assert rows["DiskWillFill"].incident_id is None
    assert rows["Muted"].silences == (silence,)
    assert board(facts).alerts[0].state is AlertState.FIRING


def test_the_pagers_own_word_joins_before_any_guess() -> None:
    facts = Facts(
        incidents=(incident("Q1", minutes=6), incident("Q2", service="edge", minutes=600)),
        groups=grouped((alert("f1", incident_id="pager:Q2"),)),
        sources=FRESH,
    )
    row = board(facts).alerts[0]
    assert (row.incident_id, row.join_reason) == ("pager:Q2", "the pager says so")


def test_two_open_incidents_of_a_service_are_not_guessed_between() -> None:
    facts = Facts(incidents=(incident("Q1"), incident("Q2")), groups=grouped((alert(),)), sources=FRESH)
    assert board(facts).alerts[0].incident_id is None


def test_one_alert_told_by_prometheus_and_its_alertmanager_is_one_row() -> None:
    labels = {"alertname": "HighErrorRate", "instance": "eu-1"}
    facts = Facts(
        groups=grouped(
            (
                alert("p1", source="metrics", labels=labels),
                alert("f1", labels=labels, state=AlertState.SILENCED, silenced_by=("alerts:s1",)),
            )
        ),
        sources=FRESH,
    )
    rows = board(facts).alerts
    assert [(row.source, row.state) for row in rows] == [("alerts", AlertState.SILENCED)]


def test_a_pagers_own_trigger_is_a_row_only_where_no_monitor_surely_tells_of_its_incident() -> None:
    named = incident("Q1", minutes=6, title="HighErrorRate on payments")
    facts = Facts(
        incidents=(named, incident("Q2", service="edge", minutes=600)),
        groups=grouped(
            (
                alert("f1"),
                alert("l1", source="pager", name="Checkout returns 503", incident_id="pager:Q1"),
                alert("l2", source="pager", name="Edge is cold", service="edge", incident_id="pager:Q2"),
            )
        ),
        sources=FRESH,
    )
    assert {(row.name, row.incident_id) for row in board(facts).alerts} == {
        ("HighErrorRate", "pager:Q1"),
        ("Edge is cold", "pager:Q2"),
    }
    # By circumstances alone it may be another trouble: nothing is kept back.
    unsure = replace(facts, incidents=(replace(named, title="Checkout is down"), *facts.incidents[1:]))
    assert {(row.name, row.incident_id, row.joins[0].is_sure) for row in board(unsure).alerts} == {
        ("HighErrorRate", "pager:Q1", False),
        ("Checkout returns 503", "pager:Q1", True),
        ("Edge is cold", "pager:Q2", True),
    }


def test_what_has_no_labels_is_nobodys_twin() -> None:
    labels = {"alertname": "HighErrorRate", "instance": "eu-1"}
    both = (alert("l1", source="pager"), alert("f1", labels=labels), alert("p1", source="metrics", labels=labels))
    assert {one for group in grouped(both) for one in group.ids} == {"pager:l1", "alerts:f1"}


def test_external_labels_make_no_second_alert_and_a_neighbour_is_no_twin() -> None:
    plain = {"alertname": "HighErrorRate", "instance": "eu-1"}
    facts = Facts(
        groups=grouped(
            (
                alert("p1", source="metrics", labels=plain),
                alert("p2", source="metrics", labels={**plain, "instance": "eu-2"}),
                alert("f1", labels={**plain, "prometheus": "eu"}),
                alert("f3", labels={**plain, "instance": "eu-3", "prometheus": "eu"}),
            )
        ),
        sources=FRESH,
    )
    assert {one for row in board(facts).alerts for one in row.ids} == {"alerts:f1", "metrics:p2", "alerts:f3"}


def test_an_alert_that_its_alertmanager_has_lost_is_still_shown_firing() -> None:
    labels = {"alertname": "HighErrorRate", "instance": "eu-1"}
    facts = Facts(
        groups=grouped(
            (alert("p1", source="metrics", labels=labels), alert("f1", labels=labels, state=AlertState.ENDED))
        ),
        sources=FRESH,
    )
    assert [(row.source, row.state) for row in board(facts).alerts] == [("metrics", AlertState.FIRING)]


def test_health_is_worst_first_and_no_data_is_not_ok() -> None:
    def check(name: str, status: HealthStatus) -> HealthCheck:
        return HealthCheck(id=f"m:{name}", source="metrics", name=name, status=status, checked_at=NOW)

    facts = Facts(
        health=(
            check("a", HealthStatus.OK),
            check("b", HealthStatus.UNKNOWN),
            check("c", HealthStatus.DOWN),
            check("d", HealthStatus.DEGRADED),
        ),
        sources=FRESH,
    )
    assert [row.check.name for row in board(facts).health] == ["c", "d", "b", "a"]


def test_the_seats_teams_come_first() -> None:
    facts = Facts(on_call=(on_call(BOB, team="Aaa"), on_call(ALICE)), sources=FRESH)
    assert [(team.team, team.mine) for team in board(facts).on_call] == [("Payments", True), ("Aaa", False)]


def test_the_report_has_every_field_and_null_where_unknown() -> None:
    facts = Facts(
        incidents=(incident(severity=None, service=None),),
        groups=grouped((alert(service=None, severity_word=None, severity=None),)),
        health=(HealthCheck(id="m:x", source="metrics", name="x", status=HealthStatus.UNKNOWN, checked_at=NOW),),
        on_call=(on_call(),),
        directories={"pager": Directory(me=ALICE)},
        sources=FRESH,
    )
    report = now_report(board(facts), FRESH, NOW)
    assert report["version"] == 1
    assert report["taken_at"] == "2026-11-23T14:42:00Z"
    assert report["seat"] == {"user": "alice@example.com", "role": "primary", "until": "2026-11-23T20:42:00Z"}
    assert report["sources"][0] == {
        "name": "pager",
        "kind": "x",
        "ok": True,
        "fetched_at": "2026-11-23T14:41:54Z",
        "age_s": 6.0,
        "error": None,
    }
    assert report["incidents"][0]["severity"] is None
    assert report["incidents"][0]["service"] is None
    assert report["incidents"][0]["due"] == {
        "what": "acknowledge",
        "at": "2026-11-23T14:54:00Z",
        "overdue": False,
    }
    assert report["incidents"][0]["due_rule"] == (
        "severity not known, counts as Sev2 · response: acknowledge within 15 min"
    )
    assert report["alerts"][0]["severity"] is None
    assert report["health"][0]["value"] is None
    assert report["on_call"][0]["paged_after_s"] is None


# -- identity --------------------------------------------------------------------------------------------------

TWO_PAGERS = {
    "sources": (("pager", "pagerduty"), ("opsgenie", "opsgenie"), ("alerts", "alertmanager")),
    "identity": Identity(people={"alice@example.com": {"opsgenie": "alice.a"}}),
}
ALICE_THERE = Person(id="alice.a", name="A. Andersson")


def test_one_team_of_two_pagers_is_one_block_with_who_says_what() -> None:
    given = Facts(
        on_call=(
            on_call(ALICE, 1),
            on_call(BOB, 2),
            on_call(ALICE_THERE, 1, source="opsgenie", team="payments"),
            on_call(Person(id="carol", name="Carol"), 2, source="opsgenie", team="payments"),
        ),
        sources=(state("pager"), state("opsgenie", last_success=ago(60))),
    )
    (team,) = board(given, **TWO_PAGERS).on_call
    assert (team.team, team.sources, team.source, team.mine) == (
        "Payments", ("pager", "opsgenie"), "pager, opsgenie", True,
    )  # fmt: skip
    assert [(one.entry.person.name, one.sources, one.mine, one.stale) for one in team.holders] == [
        ("Alice Andersson", ("pager", "opsgenie"), True, False),
        ("Bob Brandt", ("pager",), False, False),
        ("Carol", ("opsgenie",), False, True),
    ]
    assert len(team.rows) == 4
    assert not team.stale
    report = now_report(board(given, **TWO_PAGERS), (), NOW)
    assert sorted(one["source"] for one in report["on_call"]) == ["opsgenie", "opsgenie", "pager", "pager"]


def test_mine_holds_across_systems() -> None:
    mail = Person(id="777", name="Alice A", contact="Alice@example.com")
    given = Facts(
        incidents=(
            incident("Q1", assignees=(mail,), teams=("Edge",)),
            incident("Q2", assignees=(BOB,), teams=("Edge",)),
        ),
        on_call=(on_call(ALICE_THERE, source="opsgenie"),),
        sources=FRESH,
    )
    seen = board(given, **TWO_PAGERS, user_in={"opsgenie": "alice.a"})
    assert {row.incident.native_id: row.relation for row in seen.incidents} == {
        "Q1": Relation.MINE,
        "Q2": Relation.OTHER,
    }
    assert (seen.seat.role, seen.shift.on_call) == ("primary", True)
    assert "opsgenie:alice.a" in seen.seat.my_ids
