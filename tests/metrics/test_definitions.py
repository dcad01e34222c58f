"""The page, the code and the seed speak of the same metrics."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from oncall_tui.metrics import DEFINITIONS, RECURS_WITHIN, plan, report
from oncall_tui.metrics.definitions import ONE_INTERRUPTION
from oncall_tui.policy import Calendar
from oncall_tui.store.small import KEPT_ALERTS, KEPT_INCIDENTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
SEEDS = [
    "incident_detection_time", "incident_acknowledgement_time", "on_call_response_time", "incident_resolution_time",
    "incident_mitigation_time", "incident_count_by_severity", "on_call_alerts_per_shift", "false_positive_rate",
    "on_call_interruptions", "after_hours_pages", "weekend_incidents", "postmortems_completed",
    "action_items_completed", "recurring_incidents",
]  # fmt: skip


def test_every_metric_of_the_seed_is_defined_once() -> None:
    assert sorted(one.id for one in DEFINITIONS) == sorted(SEEDS)


def test_the_page_says_what_the_code_says() -> None:
    table = PAGE.read_text("utf-8").partition("<!-- definitions -->\n")[2].partition("<!-- end definitions -->")[0]
    rows = [tuple(cell.strip() for cell in row.strip("|").split(" | ")) for row in table.strip().split("\n")[2:]]
    rows = [(row[0].strip("` "), *row[1:]) for row in rows]
    assert rows == [(one.id, one.title, one.unit, one.meaning) for one in DEFINITIONS]


def test_the_numbers_in_the_words_are_the_codes() -> None:
    by_id = {one.id: one.meaning for one in DEFINITIONS}
    assert f"within {RECURS_WITHIN.days} days" in by_id["recurring_incidents"]
    assert f"within {ONE_INTERRUPTION // timedelta(minutes=1)} minutes" in by_id["on_call_interruptions"]
    page = PAGE.read_text("utf-8")
    kept = re.search(r"incidents for (\d+) days after their end, alerts for (\d+)", page)
    assert kept is not None
    assert [int(days) for days in kept.groups()] == [KEPT_INCIDENTS.days, KEPT_ALERTS.days]


def test_every_metric_is_measured() -> None:
    until = datetime(2026, 11, 23, tzinfo=UTC)
    wanted = plan(until - timedelta(days=1), until, by=None, zone=UTC, shift=timedelta(hours=12), anchor=until)
    found = report(wanted, [], {}, calendar=Calendar(), now=until)
    assert set(found.figures) == {one.id for one in DEFINITIONS}
