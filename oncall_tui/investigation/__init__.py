"""Looking into an incident: its time frame, what monitors are asked about it, what came, what follows (I5)."""

from __future__ import annotations

from oncall_tui.investigation.filling import Unfilled, fill, fill_link, places
from oncall_tui.investigation.frame import NARROWEST, WIDEST, before_of, first_and_end, frame_around, step_of
from oncall_tui.investigation.patterns import Pattern, patterns
from oncall_tui.investigation.results import Curve, Investigation, Query, Result, of_lines, of_series, shrunk

__all__ = [
    "NARROWEST",
    "WIDEST",
    "Curve",
    "Investigation",
    "Pattern",
    "Query",
    "Result",
    "Unfilled",
    "before_of",
    "fill",
    "fill_link",
    "first_and_end",
    "frame_around",
    "of_lines",
    "of_series",
    "patterns",
    "places",
    "shrunk",
    "step_of",
]
