"""The one registry of actions: footer, palette, help, key map, command line and the README's table read it.

A key press, a palette entry and a command line call of the same action become the same outbox row.
"""

from __future__ import annotations

from oncall_tui.actions.acting import ACTING
from oncall_tui.actions.action import Action, Ask, Scope
from oncall_tui.actions.investigating import INVESTIGATING
from oncall_tui.actions.leading import LEADING
from oncall_tui.actions.looking import LOOKING
from oncall_tui.actions.measuring import MEASURING
from oncall_tui.actions.resolving import RESOLVING
from oncall_tui.actions.running import RUNNING
from oncall_tui.actions.shifting import SHIFTING
from oncall_tui.actions.viewing import VIEWING
from oncall_tui.actions.writing_up import WRITING_UP
from oncall_tui.model import Retry, Verb

__all__ = ["ACTIONS", "BY_ID", "BY_VERB", "INVERSE", "RETRY", "Action", "Ask", "Scope", "reserved_keys"]

ACTIONS: tuple[Action, ...] = (
    *ACTING,
    *LEADING,
    *INVESTIGATING,
    *LOOKING,
    *MEASURING,
    *RESOLVING,
    *RUNNING,
    *SHIFTING,
    *WRITING_UP,
    *VIEWING,
)

RETRY: dict[Verb, Retry] = {
    Verb.ACKNOWLEDGE: Retry.STATE,
    Verb.UNACKNOWLEDGE: Retry.STATE,
    Verb.RESOLVE: Retry.STATE,
    Verb.REOPEN: Retry.STATE,
    Verb.REASSIGN: Retry.STATE,
    Verb.SNOOZE: Retry.STATE,
    Verb.SEVERITY: Retry.STATE,
    Verb.TITLE: Retry.STATE,
    Verb.EXPIRE_SILENCE: Retry.STATE,
    Verb.MERGE: Retry.STATE,
    Verb.NOTE: Retry.ADDITION,
    Verb.SILENCE: Retry.ADDITION,
    Verb.RESPONDERS: Retry.STEP,
    Verb.ESCALATE: Retry.STEP,
    Verb.ROOM: Retry.STATE,
    Verb.TOPIC: Retry.STATE,
    Verb.UPDATE_MESSAGE: Retry.STATE,
    Verb.TICK: Retry.STATE,
    Verb.MESSAGE: Retry.ADDITION,
    Verb.PUBLISH: Retry.ADDITION,
    Verb.PUBLISH_UPDATE: Retry.ADDITION,
    Verb.TICKET: Retry.ADDITION,
    Verb.OVERRIDE: Retry.ADDITION,
    Verb.DECLARE: Retry.ADDITION,
}
"""How each verb may be sent again after a lost answer (issue "First light", Actions)."""

INVERSE: dict[Verb, Verb] = {
    Verb.ACKNOWLEDGE: Verb.UNACKNOWLEDGE,
    Verb.RESOLVE: Verb.REOPEN,
    Verb.SILENCE: Verb.EXPIRE_SILENCE,
}
"""What takes an action back after it has left, where a system can."""

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}
BY_VERB: dict[Verb, Action] = {action.verb: action for action in ACTIONS if action.verb is not None}


def reserved_keys() -> frozenset[str]:
    """Keys that belong to the terminal, the shell and tmux: never bound, also not by a person's own key map."""
    return frozenset({"ctrl+s", "ctrl+q", "ctrl+z", "ctrl+b", "ctrl+a", "ctrl+c"})
