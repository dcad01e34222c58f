"""Pure rules: severity, calendar, what is due when, in which order things need a hand."""

from oncall_tui.policy.calendar import Calendar
from oncall_tui.policy.due import Due, DueKind, hand_order, next_due
from oncall_tui.policy.severity import DEFAULT_RULES, SeverityPolicy, SeverityRule

__all__ = [
    "DEFAULT_RULES",
    "Calendar",
    "Due",
    "DueKind",
    "SeverityPolicy",
    "SeverityRule",
    "hand_order",
    "next_due",
]
