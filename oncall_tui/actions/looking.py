"""Actions that look back, and those of suggested incidents."""

from __future__ import annotations

from oncall_tui.actions.action import Action, Scope

LOOKING: tuple[Action, ...] = (
    Action(
        id="history",
        keys=("H",),
        title="Seen before, search",
        short="History",
        scope=Scope.VIEW,
        help="Earlier incidents of its kind, with what helped; and a search over everything the seat has seen.",
        command="search",
    ),
    Action(
        id="suggestions",
        keys=(),
        title="Suggested incidents, show dismissed",
        short="Suggested",
        scope=Scope.VIEW,
        help="Alerts, log spikes and users' reports that may be one incident, with why; those dismissed, too.",
        command="suggestions",
    ),
    Action(
        id="dismiss_suggestion",
        keys=("D",),
        title="Dismiss the suggestion",
        short="Dismiss",
        scope=Scope.ALERT,
        help="Do not suggest this incident until something new and worse joins it.",
        command="suggestions dismiss",
        group="Lead",
    ),
)
