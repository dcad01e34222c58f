"""From a key to local history and suggested incidents."""

from __future__ import annotations

from typing import Any

from oncall_tui.actions import BY_ID
from oncall_tui.policy.suggest import Suggestion
from screens.aiming import NoTarget
from screens.base import OncallScreen
from screens.past_requests import SuggestionDismissed, SuggestionRestored
from screens.requests import ScreenRequested


def open_history(screen: OncallScreen[Any]) -> None:
    """The history, of the incident under the cursor where there is one."""
    try:
        targets = screen.aim(BY_ID["note"])
    except NoTarget:
        targets = ()
    known = screen.board.incident(targets[0].id) if targets and screen.board is not None else None
    incident_id = targets[0].id if targets and (known is not None or targets[0].seen is not None) else None
    screen.post_message(ScreenRequested("history", incident_id))


def dismiss(screen: OncallScreen[Any], suggestion: Suggestion) -> bool:
    """Do not suggest it any more; one that is dismissed is suggested again. Whether the seat may."""
    if screen.board is not None and screen.board.seat.read_only:
        screen.say("read-only seat: no suggestion is dismissed or brought back", "error")
        return False
    if suggestion.dismissed is None:
        screen.post_message(SuggestionDismissed(suggestion))
    else:
        screen.post_message(SuggestionRestored(suggestion))
    return True
