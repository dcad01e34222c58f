"""The seed's on-call and incident metrics: what each means, how it is measured, how it is shown."""

from oncall_tui.metrics.comparing import Change, change, spoken
from oncall_tui.metrics.definitions import DEFINITIONS, RECURS_WITHIN, Definition
from oncall_tui.metrics.figures import Figure, Figures
from oncall_tui.metrics.measured import Measured, measure
from oncall_tui.metrics.periods import By, Period, PeriodError, Plan, plan
from oncall_tui.metrics.render import shown, to_csv, to_json, to_lines
from oncall_tui.metrics.report import Group, Report, report
from oncall_tui.metrics.rules import Rules
from oncall_tui.metrics.spans import SPANS, Span, drawn, stretch

__all__ = [
    "DEFINITIONS",
    "RECURS_WITHIN",
    "SPANS",
    "By",
    "Change",
    "Definition",
    "Figure",
    "Figures",
    "Group",
    "Measured",
    "Period",
    "PeriodError",
    "Plan",
    "Report",
    "Rules",
    "Span",
    "change",
    "drawn",
    "measure",
    "plan",
    "report",
    "shown",
    "spoken",
    "stretch",
    "to_csv",
    "to_json",
    "to_lines",
]
