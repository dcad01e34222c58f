"""Actions that lead an incident: they write on its timeline, and in all systems."""

from __future__ import annotations

from oncall_tui.actions.action import Action, Ask, Scope

LEADING: tuple[Action, ...] = (
    Action(
        id="declare",
        keys=("i",),
        title="Declare an incident",
        short="Declare",
        help="Run the response in all systems: from alerts, a suggestion, an incident, by hand; shown before it goes.",
        scope=Scope.INCIDENT,
        ask=Ask.FORM,
        command="declare",
        group="Lead",
    ),
    Action(
        id="declarations",
        keys=(),
        title="Declarations",
        short="Declarations",
        help="What was declared from here, step by step; a step that failed goes again by a key.",
        scope=Scope.VIEW,
        command="declare --list",
        group="Lead",
    ),
    Action(
        id="declaration_retry",
        keys=("r",),
        title="Do the step again",
        short="Again",
        help="A step that was refused, whose outcome is unknown, or that waits for you; never a second one of it.",
        scope=Scope.DECLARATION,
        command="declare --retry",
        footer=1,
        group="Lead",
    ),
    Action(
        id="phase",
        keys=("P",),
        title="Mark the phase",
        short="Phase",
        help="Detection to post-incident, or mitigated: on the timeline, now or back-dated (14:32).",
        scope=Scope.INCIDENT,
        ask=Ask.FORM,
        command="phase",
        group="Lead",
    ),
    Action(
        id="noise",
        keys=("f",),
        title="Mark as noise",
        short="Noise",
        help="Real, noise, duplicate or fix the alert: one more key; an incident or a group of alerts.",
        scope=Scope.INCIDENT,
        ask=Ask.FORM,
        many=True,
        command="noise",
        group="Lead",
    ),
)
