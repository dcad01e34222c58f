"""What the screens of metrics, history and post-mortems ask of the app."""

from __future__ import annotations

from oncall_tui.metrics import By, Report, Span
from oncall_tui.model import HistoryProgress
from oncall_tui.postmortem import Written
from screens.requests import HistoryQuestion, HistoryRequest


class MetricsWanted(HistoryQuestion[tuple[Report, Report]]):
    """The figures of the shift, week or month, ``back`` of them ago, cut by ``by``; and those that are drawn."""

    def __init__(self, span: Span, back: int, by: By) -> None:
        super().__init__()
        self.span = span
        self.back = back
        self.by = by


class PostmortemWanted(HistoryQuestion[Written | None]):
    """An incident's post-mortem as it stands; ``None``: the store has no such incident."""

    def __init__(self, incident_id: str) -> None:
        super().__init__()
        self.incident_id = incident_id


class PostmortemKept(HistoryRequest):
    """Remember this text in place of the draft that writes itself."""

    def __init__(self, incident_id: str, text: str) -> None:
        super().__init__()
        self.incident_id = incident_id
        self.text = text


class PostmortemDiscarded(HistoryRequest):
    """Back to the draft that writes itself."""

    def __init__(self, incident_id: str) -> None:
        super().__init__()
        self.incident_id = incident_id


class TicketRequested(HistoryRequest):
    """Have the channel make a ticket of an action item (its key)."""

    def __init__(self, incident_id: str, item: str, channel: str) -> None:
        super().__init__()
        self.incident_id = incident_id
        self.item = item
        self.channel = channel


class BackfillStarted(HistoryQuestion[tuple[HistoryProgress, ...]]):
    """Read so many days of the pagers' history, going on where it stands; the answer is how it begins."""

    def __init__(self, days: int) -> None:
        super().__init__()
        self.days = days


class BackfillStopped(HistoryRequest):
    """Stop after what is on its way."""


class BackfillWanted(HistoryQuestion[tuple[HistoryProgress, ...]]):
    """How far it is read; with ``wait``, once that has changed."""

    def __init__(self, *, wait: bool = False) -> None:
        super().__init__()
        self.wait = wait
