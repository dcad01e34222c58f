"""Triage: from what is broken to a severity, as the seed does it (SRO-001, "Triage"). Pure."""

from __future__ import annotations

from enum import StrEnum

from oncall_tui.model import Severity
from oncall_tui.records import dataclass


class Impact(StrEnum):
    """How much is broken, the worst first."""

    TOTAL_OUTAGE = "total_outage"
    SIGNIFICANT_DEGRADATION = "significant_degradation"
    MINOR_DEGRADATION = "minor_degradation"
    NONE = "none"


IMPACT_WORDS = {
    Impact.TOTAL_OUTAGE: "total outage",
    Impact.SIGNIFICANT_DEGRADATION: "significant degradation",
    Impact.MINOR_DEGRADATION: "minor degradation",
    Impact.NONE: "no impact on users",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The short form, filled in."""

    impact: Impact
    security_breach: bool = False
    revenue_impact: bool = False
    overruled: Severity | None = None
    """What a person says it is, whatever the form gives."""
    why: str = ""
    """Why it was overruled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The severity, and the rule of the seed that gave it."""

    severity: Severity
    reason: str
    computed: Severity
    """What the form gives, also where a person has overruled it."""


def triage(answers: Answers) -> Verdict:
    """The severity of what was answered.

    Raises:
        ValueError: overruled without a reason, or by no severity; one line.
    """
    computed, reason = _computed(answers)
    if answers.overruled is None or answers.overruled == computed:
        return Verdict(severity=computed, reason=reason, computed=computed)
    if answers.overruled not in (1, 2, 3, 4):
        raise ValueError("a severity is 1 to 4")
    if not answers.why.strip():
        raise ValueError(f"the form gives Sev{computed}: say why it is Sev{answers.overruled}")
    told = f"overruled: {answers.why.strip()} (the form gives Sev{computed}: {reason})"
    return Verdict(severity=answers.overruled, reason=told, computed=computed)


def triage_note(verdict: Verdict) -> str:
    """The note that says it: ``triage: Sev2, significant degradation``."""
    return f"triage: Sev{verdict.severity}, {verdict.reason}"


def _computed(answers: Answers) -> tuple[Severity, str]:
    if answers.impact is Impact.TOTAL_OUTAGE:
        return 1, "total outage"
    if answers.security_breach:
        return 1, "security breach"
    if answers.impact is Impact.SIGNIFICANT_DEGRADATION:
        return 2, "significant degradation"
    if answers.revenue_impact:
        return 2, "revenue is affected"
    if answers.impact is Impact.MINOR_DEGRADATION:
        return 3, "minor degradation"
    return 4, "no impact on users, no security breach, no revenue affected"
