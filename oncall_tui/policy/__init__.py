"""Pure rules: severity, calendar, what is due when, in which order things need a hand."""

from oncall_tui.policy.calendar import Calendar
from oncall_tui.policy.due import Due, DueKind, hand_order, next_due
from oncall_tui.policy.severity import DEFAULT_RULES, SeverityPolicy, SeverityRule
from oncall_tui.policy.triage import IMPACT_WORDS, Answers, Impact, Verdict, triage

__all__ = [
    "DEFAULT_RULES",
    "IMPACT_WORDS",
    "Answers",
    "Calendar",
    "Due",
    "DueKind",
    "Impact",
    "SeverityPolicy",
    "SeverityRule",
    "Verdict",
    "hand_order",
    "next_due",
    "triage",
]
