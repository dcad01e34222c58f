"""From the key to the post-mortem of the incident under the cursor."""

from __future__ import annotations

from typing import Any

from oncall_tui.actions import BY_ID
from screens.aiming import NoTarget
from screens.base import OncallScreen
from screens.requests import ScreenRequested


def open_postmortem(screen: OncallScreen[Any]) -> None:
    """Its screen; one at a time."""
    try:
        targets = screen.aim(BY_ID["postmortem"])
    except NoTarget as reason:
        screen.say(str(reason), "error")
        return
    if len(targets) > 1:
        screen.say(f"post-mortem works on one at a time: {len(targets)} are selected", "error")
        return
    screen.post_message(ScreenRequested("postmortem", targets[0].id))
