"""Local history and suggested incidents as the desk has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncall_tui.desk.settings import ActRefused
from oncall_tui.policy.seen import SeenBefore
from oncall_tui.policy.seen import seen_before as told
from oncall_tui.policy.suggest import Suggestion, dismissal_of

if TYPE_CHECKING:
    from oncall_tui.desk import Desk


async def seen_before(desk: Desk, incident_id: str) -> SeenBefore:
    """The earlier incidents of an incident's kind."""
    return told(await desk.same_kind(incident_id))


async def dismiss(desk: Desk, suggestion: Suggestion, *, declared: bool = False) -> None:
    """A suggestion is not shown until something new and worse joins it.

    Args:
        declared: an incident was declared from it.

    Raises:
        ActRefused: this seat only looks: others on its data folder would not see it any more.
    """
    _check_may(desk)
    board = desk.settings.board
    await desk.dismiss(dismissal_of(suggestion, desk.clock.now(), board.user, declared=declared))


async def restore(desk: Desk, suggestion: Suggestion) -> None:
    """A dismissed suggestion is shown again.

    Raises:
        ActRefused: this seat only looks, or it is not dismissed.
    """
    _check_may(desk)
    if suggestion.dismissed is None or not await desk.restore(suggestion.dismissed):
        raise ActRefused(f"not dismissed: {suggestion.title}")


def _check_may(desk: Desk) -> None:
    if desk.settings.read_only:
        raise ActRefused("read-only seat: no suggestion is dismissed or brought back")
