"""Actions of a shift: who owes what, what is muted and forgotten, checklists, taking over."""

from __future__ import annotations

from oncall_tui.actions.action import Action, Ask, Scope

SHIFTING: tuple[Action, ...] = (
    Action(
        id="roles",
        keys=(),
        title="Roles and escalation",
        short="Roles",
        scope=Scope.VIEW,
        help="Who has which role, what it owes and how fast; who is paged after whom, as people.",
    ),
    Action(
        id="forgotten",
        keys=(),
        title="Forgotten",
        short="Forgotten",
        scope=Scope.VIEW,
        help="Incidents that are acknowledged and that nobody has touched for hours, the longest silent first.",
    ),
    Action(
        id="silences",
        keys=(),
        title="Silences",
        short="Silences",
        scope=Scope.VIEW,
        help="What is muted: by whom, why, until when; what ends first comes first.",
    ),
    Action(
        id="handover_previous",
        keys=("p",),
        title="The handover before",
        short="Before",
        scope=Scope.HANDOVER,
        footer=6,
        help="What the seat before handed over, as it is kept here; accept it from there.",
        command="handover --previous",
        group="Handover",
    ),
    Action(
        id="handed_accept",
        keys=("a",),
        title="Accept the handover",
        short="Accept",
        scope=Scope.HANDED,
        ask=Ask.FORM,
        footer=1,
        help="Take over: kept and audited here, and a receipt for the others through a channel or as notes.",
        command="handover --accept",
        group="Taking over",
    ),
    Action(
        id="handed_file",
        keys=("f",),
        title="Read a handover's file",
        short="File",
        scope=Scope.HANDED,
        ask=Ask.FORM,
        footer=2,
        help="An export, or a message that was copied into a file: of a seat on another machine.",
        group="Taking over",
    ),
)
