"""The report as people and programs read it; the rules at their edges."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oncall_tui.metrics import (
    DEFINITIONS,
    By,
    Measured,
    PeriodError,
    Report,
    measure,
    plan,
    report,
    to_csv,
    to_json,
    to_lines,
)
from oncall_tui.metrics.periods import shift_edges
from oncall_tui.model import EntryKind, IncidentHistory, IncidentState, Ref, TimelineEntry
from oncall_tui.policy import Calendar, SeverityPolicy
from oncall_tui.policy.kinds import kind_of
from oncall_tui.text import width
from tests.support.make import ALICE, NOW, ago, incident

BERLIN = ZoneInfo("Europe/Berlin")
HALF_DAY = timedelta(hours=12)


def told(minutes: float, *notes: str, **fields: Any) -> Measured:
    """An incident of so many minutes ago with these notes."""
    one = incident(f"Q{minutes}", minutes=minutes, **fields)
    entries = tuple(
        TimelineEntry(
            id=f"pager:{place}", incident_id=one.id, at=ago(minutes - 1 - place), kind=EntryKind.NOTE, text=text
        )
        for place, text in enumerate(notes)
    )
    found = measure(IncidentHistory(incident=one, timeline=entries), SeverityPolicy(), Calendar(zone=BERLIN))
    assert found is not None
    return found


def made(
    *measured: Measured, by: By | None = None, days: float = 7, calendar: Calendar | None = None, **more: Any
) -> Report:
    wanted = plan(
        NOW - timedelta(days=days),
        NOW,
        by=by,
        zone=BERLIN,
        shift=HALF_DAY,
        anchor=datetime(2026, 11, 23, 7, tzinfo=UTC),
    )
    ordered = sorted(measured, key=lambda one: one.at)
    more.setdefault("kept_since", NOW - timedelta(days=400))
    return report(wanted, ordered, more.pop("fired", {}), calendar=calendar or Calendar(zone=BERLIN), now=NOW, **more)


def value(found: Report, metric: str) -> float | None:
    return found.figures[metric].value


# -- rules ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "after"),
    [
        ("2026-03-27T07:59:59+00:00", True),  # Friday before the clocks change, 08:59 CET
        ("2026-03-27T08:00:00+00:00", False),
        ("2026-03-30T06:59:59+00:00", True),  # Monday after, 08:59 CEST
        ("2026-03-30T07:00:00+00:00", False),
        ("2026-03-30T15:59:59+00:00", False),
        ("2026-03-30T16:00:00+00:00", True),
        ("2026-03-29T10:00:00+00:00", True),  # Sunday
        ("2026-10-26T07:59:59+00:00", True),  # Monday after they change back, 08:59 CET
        ("2026-10-26T08:00:00+00:00", False),
        ("2026-12-25T10:00:00+00:00", True),  # a holiday, a Friday
    ],
)
def test_after_hours_goes_by_the_wall(moment: str, after: bool) -> None:
    at = datetime.fromisoformat(moment)
    one = incident("Q1", created_at=at)
    calendar = Calendar(zone=BERLIN, holidays=frozenset({date(2026, 12, 25)}))
    measured = measure(IncidentHistory(incident=one), SeverityPolicy(), calendar)
    assert measured is not None
    wanted = plan(at - HALF_DAY, at + HALF_DAY, by=None, zone=BERLIN, shift=HALF_DAY, anchor=at)
    found = report(wanted, [measured], {}, calendar=calendar, now=NOW)
    assert found.figures["after_hours_pages"].value == after
    assert found.figures["weekend_incidents"].value == (at.astimezone(BERLIN).weekday() >= 5)


def test_a_team_that_rests_on_other_days_has_another_weekend() -> None:
    calendar = Calendar(zone=BERLIN, weekdays=frozenset({6, 0, 1, 2, 3}), opens=time(8), closes=time(16))
    friday, sunday = told(3 * 1440), told(1440)
    assert value(made(friday, sunday, calendar=calendar), "weekend_incidents") == 1


def test_pages_close_together_interrupt_once_and_a_return_is_a_page() -> None:
    measured = [told(100), told(97), told(95.1), told(95), told(50)]
    found = made(*measured, days=0.5)
    assert found.figures["on_call_interruptions"].parts == {"count": 3}
    back = incident("Q1", minutes=100)
    ran_out = TimelineEntry(
        id="pager:e", incident_id=back.id, at=ago(40), kind=EntryKind.UNACKNOWLEDGED, text="timed out"
    )
    one = measure(IncidentHistory(incident=back, timeline=(ran_out,)), SeverityPolicy(), Calendar())
    assert one is not None
    assert made(one, days=0.5).figures["after_hours_pages"].of == 2
    # It is a page of the half hour that it came in, though its incident is older.
    assert made(one, days=1 / 24).figures["after_hours_pages"].of == 1


def test_judgements_postmortems_and_items() -> None:
    resolved = {"state": IncidentState.RESOLVED, "resolved_at": NOW - timedelta(days=20)}
    month = 30 * 1440
    found = made(
        told(month, "noise", "real: it was", severity=2, **resolved),
        told(month - 10, "real", "False alarm: probe", severity=2, **resolved),
        told(month - 20, "post-mortem: wiki/1", severity=1, **resolved),
        told(month - 30, "post-mortem: wiki/2", severity=3, **resolved),
        told(month - 40, "action: a OPS-1\naction: b", "done: OPS-1", severity=1),
        days=60,
    )
    assert value(found, "false_positive_rate") == 1 / 5
    assert found.figures["false_positive_rate"].known == 2
    owed = found.figures["postmortems_completed"]
    assert (owed.value, owed.of, owed.parts) == (1, 3, {"overdue": 2}), "Sev3 owes none, the open one not yet"
    assert (found.figures["action_items_completed"].value, found.figures["action_items_completed"].of) == (1, 2)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Disk db-7 91 % full", "disk DB-12  95.5 % full", True),
        ("Pod api-7f9c4d2e8b restarts", "Pod api-0a1b2c3d4e restarts", True),
        ("Trace 123e4567-e89b-12d3-a456-426614174000 slow", "Trace 00000000-e89b-12d3-a456-426614174999 slow", True),
        ("P99 latency", "P95 latency", True),
        ("Disk full", "Disk slow", False),
        ("effaced", "defaced", False),
    ],
)
def test_the_same_kind_differs_in_numbers_only(one: str, other: str, same: bool) -> None:
    assert (kind_of(incident("A", title=one)) == kind_of(incident("B", title=other))) is same
    assert kind_of(incident("A", title=one)) != kind_of(incident("B", title=one, service="edge"))


def test_it_recurs_within_thirty_days_also_of_one_before_the_period() -> None:
    day = 1440
    found = made(told(31 * day, title="Disk 1"), told(2 * day, title="Disk 2"), told(100, title="Other"))
    assert value(found, "recurring_incidents") == 1
    assert value(made(told(33 * day, title="Disk 1"), told(2 * day, title="Disk 2")), "recurring_incidents") == 0


def test_who_acknowledged_first_is_whose_it_is() -> None:
    one = incident("Q1", acknowledged_by=(ALICE,))
    entries = tuple(
        TimelineEntry(id=f"e{at}", incident_id=one.id, at=ago(at), kind=EntryKind.ACKNOWLEDGED, text="x", author=who)
        for at, who in ((2, "Bob"), (1, "Carol"))
    )
    for timeline, person in ((entries, "Bob"), ((), ALICE.name)):
        found = measure(IncidentHistory(incident=one, timeline=timeline), SeverityPolicy(), Calendar())
        assert found is not None and found.person == person


# -- periods -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("night", "hours"), [("2026-03-28", 11), ("2026-10-24", 13)])
def test_the_shift_of_the_change_is_an_hour_shorter_or_longer_and_no_other_moves(night: str, hours: int) -> None:
    begins = datetime.fromisoformat(f"{night}T12:00").replace(tzinfo=BERLIN)
    anchor = datetime(2026, 1, 1, 8, tzinfo=BERLIN)
    edges = shift_edges(begins, begins + timedelta(days=3), BERLIN, HALF_DAY, anchor)
    lengths = [(high - low) / timedelta(hours=1) for low, high in pairwise(edges)]
    assert lengths == [12, hours, 12, 12, 12, 12, 12][: len(lengths)]
    assert {edge.astimezone(BERLIN).hour for edge in edges} == {8, 20}


@pytest.mark.parametrize("length", [timedelta(minutes=30), timedelta(hours=8), timedelta(days=7), timedelta(hours=36)])
def test_shifts_of_any_length_join_over_the_change(length: timedelta) -> None:
    start = datetime(2026, 3, 27, 23, 17, tzinfo=UTC)
    edges = shift_edges(start, start + timedelta(days=4), BERLIN, length, datetime(2026, 11, 1, tzinfo=UTC))
    assert edges == sorted(set(edges))
    assert edges[0] <= start < edges[1] and edges[-2] < start + timedelta(days=4) <= edges[-1]


def test_a_period_that_cannot_be_is_refused() -> None:
    for since, by in ((NOW, None), (NOW - timedelta(days=3000), "shift"), (NOW - timedelta(days=9000), "week")):
        with pytest.raises(PeriodError):
            plan(since, NOW, by=by, zone=UTC, shift=HALF_DAY, anchor=NOW)  # type: ignore[arg-type]  # a list of three


# -- as it is read -------------------------------------------------------------------------------------------------

HOSTILE = '=cmd|"/c calc"!A1 \U0001f525 ' + "x" * 300


def full(by: By | None) -> Report:
    resolved = {"state": IncidentState.RESOLVED, "resolved_at": NOW, "first_acknowledged_at": ago(4000)}
    older = replace(incident("Q8", minutes=4002, severity=None, **resolved), service=Ref(id="S", name=HOSTILE))
    one, two = (
        measure(IncidentHistory(incident=raw), SeverityPolicy(), Calendar())
        for raw in (incident("Q9", minutes=90, service=None), older)
    )
    assert one is not None and two is not None
    return made(one, two, by=by, days=30)


@pytest.mark.parametrize("by", [None, "severity", "service", "person", "shift", "day", "week", "month"])
def test_the_text_fits_80_columns_in_plain_characters(by: By | None) -> None:
    lines = to_lines(full(by))
    assert max(width(line) for line in lines) <= 80
    text = "\n".join(lines)
    for one in DEFINITIONS:
        assert one.title in text
    if by != "service":
        assert text.isascii()


def test_the_text_says_what_stands_behind_a_figure() -> None:
    lines = to_lines(full("service"))
    assert "Time to acknowledge            2 min           -  1 of 2           2 min" in lines
    assert "Incidents                          2           0" in lines
    assert "Incidents by day, at most 1:" in lines
    assert "no service           ############      1          -          -          0      0" in lines


def test_what_is_not_kept_is_said_and_is_not_zero() -> None:
    late = to_lines(made(told(5), by="week", days=30, kept_since=ago(5), alerts_since=ago(20)))
    assert "the oldest incident that is kept is of 2026-11-23 15:37" in late
    assert "alerts are kept since 2026-11-23 15:22" in late
    assert "Incidents                          1           -" in late
    assert [line[:10] for line in late if line.startswith("2026-")] == ["2026-11-23"], "no weeks of zeros before it"
    nothing = made(kept_since=None, by="severity", fired=None)
    assert "no incident is kept" in to_lines(nothing)
    assert nothing.figures["on_call_alerts_per_shift"].value is None
    assert to_json(nothing)["before"]["kept"] is False


def test_json_has_every_metric_for_the_period_and_each_group() -> None:
    document = json.loads(json.dumps(to_json(full("severity"))))
    ids = {one.id for one in DEFINITIONS}
    assert set(document["metrics"]) == ids
    assert [one["key"] for one in document["groups"]] == ["Sev1", "no severity"]
    assert all(set(one["metrics"]) == ids for one in document["groups"])
    ack = document["metrics"]["incident_acknowledgement_time"]
    assert (ack["value"], ack["known"], ack["of"], ack["before"]["value"]) == (120, 1, 2, None)
    assert document["since"] == "2026-10-24T14:42:00Z" and document["before"]["until"] == document["since"]


def test_csv_is_a_table_and_no_cell_is_a_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(full("service")))))
    assert {row["group"] for row in rows} == {"", "no service", f"'{HOSTILE}"}
    (count,) = [row for row in rows if row["group"] == "" and row["metric"] == "incident_count_by_severity"]
    assert (count["value"], count["before"], count["unit"]) == ("2", "0", "count")
    assert [row["value"] for row in rows if row["metric"] == "incident_count_by_severity.none"] == ["1", "1", "0"]


def test_alerts_of_a_time_of_which_none_is_kept_are_not_none() -> None:
    found = made(told(5), told(12 * 1440), days=7, alerts_since=ago(600), fired={})
    assert found.before is not None and found.before["incident_count_by_severity"].value == 1
    assert found.figures["on_call_alerts_per_shift"].value == 0
    assert found.before["on_call_alerts_per_shift"].value is None
