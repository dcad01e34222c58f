"""The post-mortem of an incident as the desk has it: the store's facts under the team's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncall_tui.postmortem import PostMortem, draft

if TYPE_CHECKING:
    from oncall_tui.desk import Desk


async def draft_postmortem(desk: Desk, incident_id: str) -> PostMortem | None:
    """The draft as it writes itself now; ``None`` where the store has no such incident."""
    facts = await desk.view(incident_id)
    if facts is None:
        return None
    rules = desk.settings.board
    return draft(facts, policy=rules.policy, calendar=rules.calendar, now=desk.clock.now())
