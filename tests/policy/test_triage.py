"""Triage gives what the seed's form gives, row by row, and says why."""

from __future__ import annotations

from itertools import product

import pytest

from oncall_tui.policy import Answers, Impact, triage


@pytest.mark.parametrize(
    ("answers", "severity", "reason"),
    [
        (Answers(impact=Impact.TOTAL_OUTAGE), 1, "total outage"),
        (Answers(impact=Impact.NONE, security_breach=True), 1, "security breach"),
        (Answers(impact=Impact.MINOR_DEGRADATION, security_breach=True, revenue_impact=True), 1, "security breach"),
        (Answers(impact=Impact.SIGNIFICANT_DEGRADATION), 2, "significant degradation"),
        (Answers(impact=Impact.NONE, revenue_impact=True), 2, "revenue is affected"),
        (Answers(impact=Impact.MINOR_DEGRADATION, revenue_impact=True), 2, "revenue is affected"),
        (Answers(impact=Impact.MINOR_DEGRADATION), 3, "minor degradation"),
        (Answers(impact=Impact.NONE), 4, "no impact on users, no security breach, no revenue affected"),
    ],
)
def test_each_rule_of_the_seed(answers: Answers, severity: int, reason: str) -> None:
    verdict = triage(answers)
    assert (verdict.severity, verdict.computed, verdict.reason) == (severity, severity, reason)


def test_a_worse_answer_never_gives_a_lower_severity() -> None:
    order = list(Impact)
    for at, breach, revenue in product(range(1, len(order)), (False, True), (False, True)):
        given = triage(Answers(impact=order[at], security_breach=breach, revenue_impact=revenue)).severity
        worse = triage(Answers(impact=order[at - 1], security_breach=breach, revenue_impact=revenue)).severity
        more = triage(Answers(impact=order[at], security_breach=True, revenue_impact=True)).severity
        assert worse <= given
        assert more <= given


def test_a_person_may_overrule_it_with_a_reason() -> None:
    verdict = triage(Answers(impact=Impact.MINOR_DEGRADATION, overruled=1, why="the board meets today"))
    assert (verdict.severity, verdict.computed) == (1, 3)
    assert verdict.reason == "overruled: the board meets today (the form gives Sev3: minor degradation)"
    with pytest.raises(ValueError, match="say why it is Sev1"):
        triage(Answers(impact=Impact.MINOR_DEGRADATION, overruled=1, why="  "))
    with pytest.raises(ValueError, match="a severity is 1 to 4"):
        triage(Answers(impact=Impact.MINOR_DEGRADATION, overruled=7, why="x"))
    assert triage(Answers(impact=Impact.NONE, overruled=4)).reason.startswith("no impact")
