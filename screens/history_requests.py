"""What the screens of metrics, history and post-mortems ask of the app."""

from __future__ import annotations

from oncall_tui.metrics import By, Report, Span
from screens.requests import HistoryQuestion


class MetricsWanted(HistoryQuestion[tuple[Report, Report]]):
    """The figures of the shift, week or month, ``back`` of them ago, cut by ``by``; and those that are drawn."""

    def __init__(self, span: Span, back: int, by: By) -> None:
        super().__init__()
        self.span = span
        self.back = back
        self.by = by
