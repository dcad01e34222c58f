"""What pages were worth, in the figures: the rate is of incidents, alerts without one are told beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oncall_tui.metrics import plan, report
from oncall_tui.policy import Calendar
from oncall_tui.policy.judging import Judgement
from oncall_tui.policy.marks import MarkKind

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WEEK = (NOW - timedelta(days=7), NOW)


def said(kind: MarkKind, days_ago: float, group: str = "alerts|a", service: str | None = "storage") -> Judgement:
    at = NOW - timedelta(days=days_ago)
    return Judgement(kind=kind, at=at, seat="alice", group=group, source="alerts", name=group, service=service)


def figures(judgements: list[Judgement], by: str | None = None):  # type: ignore[no-untyped-def]  # the report
    wanted = plan(*WEEK, by=by, zone=UTC, shift=timedelta(hours=12), anchor=NOW)  # type: ignore[arg-type]  # its word
    kept = NOW - timedelta(days=30)
    return report(
        wanted,
        [],
        {(wanted.period, "storage"): 3} if by else {},
        calendar=Calendar(),
        now=NOW,
        kept_since=kept,
        alerts_since=kept,
        judgements=sorted(judgements, key=lambda one: one.at),
    )


@pytest.mark.parametrize(
    ("judgements", "now", "before"),
    [
        ([], 0, 0),
        ([said(MarkKind.NOISE, 1)], 1, 0),
        # What was said last of a group counts, and each group once.
        ([said(MarkKind.NOISE, 2), said(MarkKind.REAL, 1)], 0, 0),
        ([said(MarkKind.REAL, 2), said(MarkKind.NOISE, 1), said(MarkKind.NOISE, 0.5)], 1, 0),
        ([said(MarkKind.NOISE, 1), said(MarkKind.NOISE, 1, "alerts|b"), said(MarkKind.FIX_ALERT, 1, "alerts|c")], 2, 0),
        ([said(MarkKind.NOISE, 9), said(MarkKind.DUPLICATE, 1)], 0, 1),
    ],
)
def test_alerts_that_were_noise_are_told_beside_the_rate(judgements: list[Judgement], now: int, before: int) -> None:
    found = figures(judgements)
    assert found.figures["false_positive_rate"].parts == {"alerts": now}
    assert found.before["false_positive_rate"].parts == {"alerts": before}
    assert found.figures["false_positive_rate"].value is None, "no incident, no rate"


def test_they_are_told_of_their_service() -> None:
    noise = [said(MarkKind.NOISE, 1), said(MarkKind.NOISE, 1, "alerts|b", None)]
    (group,) = figures(noise, "service").groups
    assert group.key == "storage"
    assert group.figures["false_positive_rate"].parts == {"alerts": 1}
