"""Definitions of a team's own: what is detected, after hours, one interruption, recurring."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from oncall_tui import channels, sources
from oncall_tui.config.load import load_config
from oncall_tui.config.measuring import MetricsOptions
from oncall_tui.config.options import Hours
from oncall_tui.config.problems import ConfigError
from oncall_tui.metrics import Measured, Report, Rules, measure, plan, report, to_json
from oncall_tui.model import EntryKind, IncidentHistory, TimelineEntry
from oncall_tui.policy import Calendar, SeverityPolicy
from tests.support.make import incident

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
"""A Monday."""


def told(native: str, at: datetime, rules: Rules, *, began: int | None = None, alert: int | None = None) -> Measured:
    """Triggered then; noted to have begun, and its alert fired, so many minutes before."""
    one = replace(incident(native), created_at=at)
    notes = ()
    if began is not None:
        since = at - timedelta(minutes=began)
        notes = (TimelineEntry(id="n", incident_id=one.id, at=since, kind=EntryKind.NOTE, text="began"),)
    first = at - timedelta(minutes=alert) if alert is not None else None
    history = IncidentHistory(incident=one, timeline=notes, first_alert_at=first)
    found = measure(history, SeverityPolicy(), Calendar(), rules)
    assert found is not None
    return found


def made(rules: Rules, *measured: Measured) -> Report:
    wanted = plan(
        NOW - timedelta(days=7), NOW, by=None, zone=UTC, shift=timedelta(hours=12), anchor=NOW - timedelta(hours=6)
    )
    ordered = sorted(measured, key=lambda one: one.at)
    return report(wanted, ordered, None, calendar=Calendar(), now=NOW, kept_since=NOW - timedelta(days=99), rules=rules)


@pytest.mark.parametrize(
    ("signs", "minutes"),
    [(("note", "alert"), 9), (("note",), 9), (("alert",), 4), ((), None)],
)
def test_what_counts_as_detected_from(signs: tuple[str, ...], minutes: int | None) -> None:
    found = told("Q1", NOW, Rules(first_sign=frozenset(signs)), began=9, alert=4).detect
    assert found == (None if minutes is None else minutes * 60)
    assert told("Q1", NOW, Rules(first_sign=frozenset({"alert"})), alert=-3).detect == 0, "never before it began"


def test_what_counts_as_after_hours() -> None:
    evening = NOW.replace(hour=20)
    for hours, count in ((None, 1), (Calendar(opens=time(7), closes=time(22)), 0)):
        rules = Rules(hours=hours)
        figures = made(
            rules, told("Q1", evening - timedelta(days=3), rules), told("Q2", NOW - timedelta(hours=1), rules)
        )
        assert figures.figures["after_hours_pages"].value == count


def test_what_interrupts_once_and_what_recurs() -> None:
    rules = Rules(one_interruption=timedelta(hours=2), recurs_within=timedelta(hours=30))
    times = (60, 59, 28, 1)
    these = [told("Q1", NOW - timedelta(hours=hours), rules) for hours in times]
    figures = made(rules, *these).figures
    assert figures["on_call_interruptions"].known == 3
    assert figures["recurring_incidents"].value == 2
    figures = made(Rules(recurs_within=timedelta(hours=2)), *these).figures
    assert figures["on_call_interruptions"].known == 4 and figures["recurring_incidents"].value == 1


def test_the_document_says_by_which_it_was_measured() -> None:
    rules = Rules(first_sign=frozenset({"note"}), hours=Calendar(opens=time(7), closes=time(22)))
    assert to_json(made(rules))["definitions"] == {
        "first_sign": ["note"],
        "working_hours": "07:00-22:00",
        "interruption_s": 300,
        "recurs_s": 30 * 86400,
    }
    assert to_json(made(Rules()))["definitions"]["working_hours"] is None


def test_the_config_says_them(tmp_path: Path) -> None:
    def loaded(words: str) -> MetricsOptions:
        path = tmp_path / "config.yaml"
        path.touch(mode=0o600)
        path.write_text(
            f"seat: {{user: a}}\nsources: [{{name: p, kind: pagerduty, token: x}}]\npolicy:\n  metrics: {words}\n"
        )
        return load_config(path, kinds=sources, channels=channels, environ=os.environ).policy.metrics

    options = loaded('{first_sign: [alert], working_hours: "07:00-22:00", interruption: 10m, recurs: 14d}')
    assert options == MetricsOptions(
        first_sign=("alert",),
        working_hours=Hours(time(7), time(22)),
        interruption=timedelta(minutes=10),
        recurs=timedelta(days=14),
    )
    for wrong in (
        "{first_sign: [smell]}",
        "{first_sign: []}",
        '{working_hours: "22:00-07:00"}',
        "{recurs: 5m}",
        "{x: 1}",
    ):
        with pytest.raises(ConfigError):
            loaded(wrong)
