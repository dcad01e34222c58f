"""What screens ask of local history and do to suggested incidents."""

from __future__ import annotations

from oncall_tui.model.search import Found, Hit
from oncall_tui.policy.seen import SeenBefore
from oncall_tui.policy.suggest import Suggestion
from screens.requests import PastQuestion, PastRequest


class SeenWanted(PastQuestion[SeenBefore]):
    """The earlier incidents of an incident's kind."""

    def __init__(self, incident_id: str) -> None:
        super().__init__()
        self.incident_id = incident_id


class SearchWanted(PastQuestion[Found]):
    """Texts that the seat has seen which hold all these words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class TextWanted(PastQuestion[tuple[str, str] | None]):
    """The title and the whole of a text that was found; ``None``: it has gone."""

    def __init__(self, hit: Hit) -> None:
        super().__init__()
        self.hit = hit


class SuggestionDismissed(PastRequest):
    """Do not show this suggested incident until something new and worse joins it. ``declared``: because an incident was
    declared from it."""

    def __init__(self, suggestion: Suggestion, *, declared: bool = False) -> None:
        super().__init__()
        self.suggestion = suggestion
        self.declared = declared


class SuggestionRestored(PastRequest):
    """Show this dismissed suggestion again."""

    def __init__(self, suggestion: Suggestion) -> None:
        super().__init__()
        self.suggestion = suggestion
