"""Telling somebody about an incident, from the key to the request: what, where, the form."""

from __future__ import annotations

from typing import Any

from oncall_tui.actions import BY_ID
from oncall_tui.board.led import Led
from oncall_tui.policy.reminders import Reminder
from screens.aiming import NoTarget
from screens.base import OncallScreen
from screens.dialogs.communicate import CommunicateDialog
from screens.dialogs.tell import TellDialog
from screens.guard import absent
from screens.requests import Answer, Target, TellRequested
from screens.telling import Way

LEFT = "communicate: left undone"


def communicate(screen: OncallScreen[Any], first: Reminder | None = None) -> None:
    """Pin the incident, ask what is to be told where, ask for its form, and post the request. ``first``: what is to be
    done of what is due; where one channel does it, its form opens at once."""
    board = screen.board
    if board is None:
        screen.say("nothing is known yet: the first answer is awaited", "stale")
        return
    action = BY_ID["communicate"]
    why = absent(action, board) or ("read-only seat: nothing is sent" if board.seat.read_only else None)
    if why is not None:
        screen.say(why, "error")
        return
    try:
        pinned = screen.aim(action)
    except NoTarget as reason:
        screen.say(str(reason), "error")
        return
    if len(pinned) > 1:
        screen.say(f"communicate works on one at a time: {len(pinned)} are selected", "error")
        return
    (target,) = pinned

    def chosen(answer: Answer | None) -> None:
        if answer is None:
            screen.say(LEFT, "dim")
        else:
            _ask_form(screen, target, answer.params["way"], answer.params["led"])

    screen.app.push_screen(CommunicateDialog(target, board, first), chosen)


def _ask_form(screen: OncallScreen[Any], target: Target, way: Way, led: Led | None) -> None:
    assert screen.board is not None
    dialog = TellDialog(way, target, screen.board, led)

    def answered(answer: Answer | None) -> None:
        if answer is None:
            screen.say(LEFT, "dim")
            return
        screen.post_message(
            TellRequested(way.verb, way.channel.name, target.id, target.title, answer.params, dialog.draft_key)
        )
        screen.after_action(BY_ID["communicate"])

    screen.app.push_screen(dialog, answered)
