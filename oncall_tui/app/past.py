"""Questions about local history, and what is done to suggested incidents. Imported when the first is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oncall_tui.desk import past
from screens.past_requests import SearchWanted, SeenWanted, SuggestionDismissed, SuggestionRestored, TextWanted
from screens.requests import PastQuestion, PastRequest

if TYPE_CHECKING:
    from oncall_tui.desk import Desk


async def answer(desk: Desk, question: PastQuestion[Any]) -> Any:
    """The answer.

    Raises:
        StoreError: the store cannot be read.
    """
    match question:
        case SeenWanted():
            return await past.seen_before(desk, question.incident_id)
        case SearchWanted():
            return await desk.search(question.text)
        case TextWanted():
            return await desk.text_of(question.hit)
    raise TypeError(f"nobody answers {type(question).__name__}")


async def carry_out(desk: Desk, request: PastRequest, key: str) -> str:
    """Do it; what is said of it. ``key``: the palette's, which lists the suggestions, dismissed ones too.

    Raises:
        ActRefused: this seat only looks.
        StoreError: it could not be stored.
    """
    match request:
        case SuggestionDismissed():
            await past.dismiss(desk, request.suggestion, declared=request.declared)
            return "" if request.declared else f"dismissed: {request.suggestion.title}  ({key} 'suggested' lists it)"
        case SuggestionRestored():
            await past.restore(desk, request.suggestion)
            return f"suggested again: {request.suggestion.title}"
    raise TypeError(f"nobody carries out {type(request).__name__}")
