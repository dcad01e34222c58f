"""Actions that lead an incident: they write on its timeline, and in all systems."""

from __future__ import annotations

from oncall_tui.actions.action import Action, Ask, Scope

LEADING: tuple[Action, ...] = (
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
