"""The severity policy, what is due when, and the order in which things need a hand, as tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.model import IncidentState
from oncall_tui.policy import DEFAULT_RULES, Calendar, Due, DueKind, SeverityPolicy, hand_order, next_due
from tests.support.make import NOW, ago, incident

POLICY = SeverityPolicy()
CALENDAR = Calendar()


@pytest.mark.parametrize(
    ("severity", "respond", "resolve_h", "update", "postmortem_days"),
    [
        (1, timedelta(minutes=5), 4, timedelta(minutes=30), 5),
        (2, timedelta(minutes=15), 8, timedelta(hours=1), 10),
        (3, timedelta(minutes=30), 24, None, None),
        (4, None, 72, None, None),
    ],
)
def test_the_default_matrix_is_the_seeds(severity, respond, resolve_h, update, postmortem_days) -> None:
    rule = DEFAULT_RULES[severity]
    assert rule.respond == respond
    assert rule.resolve == timedelta(hours=resolve_h)
    assert rule.update == update
    assert rule.postmortem_days == postmortem_days
    assert rule.definition and rule.participants and rule.channels


ACKED = IncidentState.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("fields", "told", "what", "at"),
    [
        ({"minutes": 3, "severity": 1}, None, DueKind.ACKNOWLEDGE, ago(3) + timedelta(minutes=5)),
        ({"minutes": 16, "severity": 2}, None, DueKind.ACKNOWLEDGE, ago(1)),
        ({"minutes": 1, "severity": None}, None, DueKind.ACKNOWLEDGE, ago(1) + timedelta(minutes=15)),
        ({"minutes": 1, "severity": 9}, None, DueKind.ACKNOWLEDGE, ago(1) + timedelta(minutes=15)),
        ({"minutes": 1, "state": IncidentState.UNKNOWN}, None, DueKind.ACKNOWLEDGE, ago(1) + timedelta(minutes=5)),
        # Sev4 answers within business hours: by 18:00 UTC of that Monday.
        ({"minutes": 1, "severity": 4}, None, DueKind.ACKNOWLEDGE, datetime(2026, 11, 23, 18, tzinfo=UTC)),
        (
            {"minutes": 41, "severity": 2, "state": ACKED, "first_acknowledged_at": ago(40)},
            None,
            DueKind.UPDATE,
            ago(40) + timedelta(hours=1),
        ),
        (
            {"minutes": 41, "severity": 2, "state": ACKED, "first_acknowledged_at": ago(40)},
            ago(5),
            DueKind.UPDATE,
            ago(5) + timedelta(hours=1),
        ),
        # Told before it was acknowledged does not shorten the clock.
        (
            {"minutes": 41, "severity": 2, "state": ACKED, "acknowledged_at": ago(10)},
            ago(30),
            DueKind.UPDATE,
            ago(10) + timedelta(hours=1),
        ),
        # The resolution target is nearer than the next update.
        (
            {"minutes": 470, "severity": 2, "state": ACKED, "acknowledged_at": ago(460)},
            ago(1),
            DueKind.RESOLVE,
            ago(470) + timedelta(hours=8),
        ),
        ({"minutes": 120, "severity": 3, "state": ACKED}, None, DueKind.RESOLVE, ago(120) + timedelta(hours=24)),
        ({"state": IncidentState.SNOOZED, "wakes_at": ago(-60)}, None, DueKind.WAKE, ago(-60)),
        # A snooze whose end the pager does not tell is due like an acknowledged one.
        (
            {"minutes": 10, "severity": 3, "state": IncidentState.SNOOZED},
            None,
            DueKind.RESOLVE,
            ago(10) + timedelta(hours=24),
        ),
    ],
)
def test_what_is_due_next(fields, told, what, at) -> None:
    due = next_due(incident(**fields), POLICY, CALENDAR, last_told=told)
    assert due is not None
    assert (due.what, due.at) == (what, at)


def test_of_a_resolved_incident_only_the_post_mortem_is_due() -> None:
    over = {"state": IncidentState.RESOLVED, "resolved_at": ago(1)}
    assert next_due(incident(state=IncidentState.RESOLVED), POLICY, CALENDAR) is None
    assert next_due(incident(severity=3, **over), POLICY, CALENDAR) is None
    assert next_due(incident(severity=1, merged_into="pager:Q0", **over), POLICY, CALENDAR) is None
    due = next_due(incident(severity=1, **over), POLICY, CALENDAR)
    assert due == Due(DueKind.POSTMORTEM, CALENDAR.after_business_days(ago(1), 5))


def test_resolved_ones_are_ordered_by_their_end_whatever_is_owed() -> None:
    earlier, later = (
        incident(f"Q{minutes}", state=IncidentState.RESOLVED, resolved_at=ago(minutes), severity=severity)
        for minutes, severity in ((9, 1), (2, 2))
    )
    owed = {one.id: hand_order(one, next_due(one, POLICY, CALENDAR)) for one in (earlier, later)}
    assert owed[later.id] < owed[earlier.id]


def test_a_retrigger_restarts_the_time_to_acknowledge() -> None:
    due = next_due(incident(minutes=90), POLICY, CALENDAR, triggered_again_at=ago(2))
    assert due is not None
    assert due.at == ago(2) + timedelta(minutes=5)


def test_overdue_begins_at_the_deadline_and_waking_never_is() -> None:
    due = next_due(incident(minutes=5), POLICY, CALENDAR)
    assert due is not None
    assert due.overdue(NOW)
    assert not due.overdue(NOW - timedelta(seconds=1))
    wake = next_due(incident(state=IncidentState.SNOOZED, wakes_at=ago(5)), POLICY, CALENDAR)
    assert wake is not None
    assert not wake.overdue(NOW)


def test_the_order_puts_what_needs_a_hand_first() -> None:
    rows = [
        incident("resolved", state=IncidentState.RESOLVED, resolved_at=ago(1)),
        incident("snoozed", state=IncidentState.SNOOZED, wakes_at=ago(-1), severity=1),
        incident("acked-sev1-overdue", state=ACKED, severity=1, minutes=600),
        incident("late-sev2", severity=2, minutes=16),
        incident("new-sev1", severity=1, minutes=3),
        incident("new-sev3", severity=3, minutes=3),
    ]
    rows.sort(key=lambda one: hand_order(one, next_due(one, POLICY, CALENDAR)))
    assert [one.native_id for one in rows] == [
        "late-sev2",
        "new-sev1",
        "new-sev3",
        "acked-sev1-overdue",
        "snoozed",
        "resolved",
    ]


@given(st.permutations(range(6)))
def test_the_order_is_total(order: list[int]) -> None:
    twins = [incident(f"Q{number}") for number in range(6)]
    due = next_due(twins[0], POLICY, CALENDAR)
    ordered = sorted((twins[number] for number in order), key=lambda one: hand_order(one, due))
    assert [one.native_id for one in ordered] == [f"Q{number}" for number in range(6)]


BERLIN = Calendar(zone=ZoneInfo("Europe/Berlin"), holidays=frozenset({date(2026, 12, 25)}))


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-11-23T08:30", "2026-11-23T17:00"),  # 09:30 in Berlin
        ("2026-11-23T17:00", "2026-11-24T17:00"),  # 18:00: closed
        ("2026-11-27T20:00", "2026-11-30T17:00"),  # Friday night
        ("2026-12-24T20:00", "2026-12-28T17:00"),  # Christmas, then the weekend
        ("2026-03-27T20:00", "2026-03-30T16:00"),  # over the change to summer time
    ],
)
def test_the_end_of_the_business_day(moment: str, end: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert BERLIN.end_of_business_day(at) == datetime.fromisoformat(end).replace(tzinfo=UTC)


def test_business_time_is_local() -> None:
    assert BERLIN.is_business_time(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    assert not BERLIN.is_business_time(datetime(2026, 11, 23, 7, 59, tzinfo=UTC))
    assert not BERLIN.is_business_time(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


def test_a_calendar_without_working_days_still_ends() -> None:
    never = Calendar(weekdays=frozenset(), opens=time(9), closes=time(18))
    assert never.end_of_business_day(NOW) > NOW


@pytest.mark.parametrize(
    ("moment", "days", "due"),
    [
        ("2026-11-23T14:30:00+00:00", 5, "2026-11-30T17:00:00+00:00"),  # Monday, across a weekend
        ("2026-11-27T23:30:00+00:00", 5, "2026-12-04T17:00:00+00:00"),  # Saturday in Berlin: from Friday on
        ("2026-12-18T09:00:00+00:00", 10, "2027-01-05T17:00:00+00:00"),  # across Christmas and New Year's Day
        ("2026-03-27T09:00:00+00:00", 5, "2026-04-03T16:00:00+00:00"),  # into summer time
        ("2026-11-23T14:30:00+00:00", 0, "2026-11-23T17:00:00+00:00"),
    ],
)
def test_business_days_end_with_the_teams_day(moment: str, days: int, due: str) -> None:
    berlin = Calendar(zone=ZoneInfo("Europe/Berlin"), holidays=frozenset({date(2026, 12, 25), date(2027, 1, 1)}))
    found = berlin.after_business_days(datetime.fromisoformat(moment), days)
    assert found == datetime.fromisoformat(due)
