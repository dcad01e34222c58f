"""Actions of a shift: who owes what, what is muted and forgotten, checklists, taking over."""

from __future__ import annotations

from oncall_tui.actions.action import Action, Scope

SHIFTING: tuple[Action, ...] = (
    Action(
        id="roles",
        keys=(),
        title="Roles and escalation",
        short="Roles",
        scope=Scope.VIEW,
        help="Who has which role, what it owes and how fast; who is paged after whom, as people.",
        command="roles",
    ),
)
