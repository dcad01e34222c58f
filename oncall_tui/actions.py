"""The one registry of actions: footer, palette, help, key map, command line and the README's table read it.

A key press, a palette entry and a command line call of the same action become the same outbox row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from oncall_tui.model import Retry, Verb


class Scope(StrEnum):
    """Where an action has a meaning: what its target is."""

    INCIDENT = "incident"
    ALERT = "alert"
    SILENCE = "silence"
    OUTBOX = "outbox"
    HANDOVER = "handover"
    VIEW = "view"
    """Moves, opens, filters: touches no system."""


class Ask(StrEnum):
    """How loudly an action asks before it is queued."""

    NOTHING = "nothing"
    CONFIRM = "confirm"
    """One key in a prompt that names id, title, service and who will be woken."""
    FORM = "form"
    """Something must be typed or chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One row of the registry. ``keys[0]`` is the key that is shown; a person may replace them all."""

    id: str
    keys: tuple[str, ...]
    title: str
    short: str
    """For the footer."""
    help: str
    scope: Scope
    verb: Verb | None = None
    ask: Ask = Ask.NOTHING
    many: bool = False
    """Works on a selection, with a result for each."""
    undo: timedelta = timedelta()
    """How long it waits before it leaves (A8): the default, configurable; none from the command line."""
    command: str | None = None
    """Its name on the command line."""
    footer: int = 0
    """Rank in the footer, 0 is not shown there."""
    group: str = "Views"
    """Heading in the help."""


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
}
"""How each verb may be sent again after a lost answer (issue "First light", Actions)."""

INVERSE: dict[Verb, Verb] = {
    Verb.ACKNOWLEDGE: Verb.UNACKNOWLEDGE,
    Verb.RESOLVE: Verb.REOPEN,
    Verb.SILENCE: Verb.EXPIRE_SILENCE,
}
"""What takes an action back after it has left, where a system can."""

_UNDO = timedelta(seconds=5)

ACTIONS: tuple[Action, ...] = (
    Action(
        id="acknowledge",
        keys=("a",),
        title="Acknowledge",
        short="Ack",
        help="Say that you are on it; the pager stops paging.",
        scope=Scope.INCIDENT,
        verb=Verb.ACKNOWLEDGE,
        many=True,
        command="ack",
        footer=1,
        group="Act",
    ),
    Action(
        id="escalate",
        keys=("e",),
        title="Escalate",
        short="Escalate",
        help="Choose a level, a person or another policy; shows who is woken and when the pager would do it itself.",
        scope=Scope.INCIDENT,
        verb=Verb.ESCALATE,
        ask=Ask.FORM,
        undo=_UNDO,
        command="escalate",
        footer=2,
        group="Act",
    ),
    Action(
        id="note",
        keys=("n",),
        title="Write a note",
        short="Note",
        help="A line on the timeline, now or back-dated (14:32 text); the draft is saved as you type.",
        scope=Scope.INCIDENT,
        verb=Verb.NOTE,
        ask=Ask.FORM,
        undo=_UNDO,
        command="note",
        footer=3,
        group="Act",
    ),
    Action(
        id="resolve",
        keys=("r",),
        title="Resolve",
        short="Resolve",
        help="Say that it is over.",
        scope=Scope.INCIDENT,
        verb=Verb.RESOLVE,
        ask=Ask.CONFIRM,
        many=True,
        undo=_UNDO,
        command="resolve",
        footer=4,
        group="Act",
    ),
    Action(
        id="snooze",
        keys=("z",),
        title="Snooze",
        short="Snooze",
        help="Quiet for a time; it triggers again afterwards.",
        scope=Scope.INCIDENT,
        verb=Verb.SNOOZE,
        ask=Ask.FORM,
        many=True,
        command="snooze",
        footer=5,
        group="Act",
    ),
    Action(
        id="severity",
        keys=("s",),
        title="Set the severity",
        short="Severity",
        help="Sev1 to Sev4 with what each means; sets the pager's priority.",
        scope=Scope.INCIDENT,
        verb=Verb.SEVERITY,
        ask=Ask.FORM,
        many=True,
        command="severity",
        footer=6,
        group="Act",
    ),
    Action(
        id="reassign",
        keys=("A",),
        title="Assign",
        short="Assign",
        help="Give it to a person, or take it over yourself.",
        scope=Scope.INCIDENT,
        verb=Verb.REASSIGN,
        ask=Ask.FORM,
        many=True,
        command="assign",
        footer=7,
        group="Act",
    ),
    Action(
        id="unacknowledge",
        keys=("U",),
        title="Take the acknowledgement back",
        short="Un-ack",
        help="It triggers again and the pager pages on.",
        scope=Scope.INCIDENT,
        verb=Verb.UNACKNOWLEDGE,
        ask=Ask.CONFIRM,
        group="Act",
    ),
    Action(
        id="reopen",
        keys=("O",),
        title="Reopen",
        short="Reopen",
        help="A resolved incident triggers again.",
        scope=Scope.INCIDENT,
        verb=Verb.REOPEN,
        ask=Ask.CONFIRM,
        group="Act",
    ),
    Action(
        id="merge",
        keys=("m",),
        title="Merge",
        short="Merge",
        help="Into another open incident, which you choose; this one is resolved there.",
        scope=Scope.INCIDENT,
        verb=Verb.MERGE,
        ask=Ask.FORM,
        command="merge",
        group="Act",
    ),
    Action(
        id="title",
        keys=("t",),
        title="Change the title",
        short="Title",
        help="What the incident is called in the pager.",
        scope=Scope.INCIDENT,
        verb=Verb.TITLE,
        ask=Ask.FORM,
        command="title",
        group="Act",
    ),
    Action(
        id="silence",
        keys=("S",),
        title="Silence",
        short="Silence",
        help="Mute an alert in its monitor for a time, with a reason.",
        scope=Scope.ALERT,
        verb=Verb.SILENCE,
        ask=Ask.FORM,
        command="silence",
        footer=1,
        group="Act",
    ),
    Action(
        id="expire_silence",
        keys=("E",),
        title="End the silence",
        short="End silence",
        help="The alert counts again.",
        scope=Scope.ALERT,
        verb=Verb.EXPIRE_SILENCE,
        ask=Ask.CONFIRM,
        footer=2,
        group="Act",
    ),
    Action(
        id="undo",
        keys=("u",),
        title="Undo",
        short="Undo",
        help="Cancel the latest action while it has not left; afterwards offers its inverse where the system has one.",
        scope=Scope.VIEW,
        footer=8,
        group="Act",
    ),
    Action(
        id="open",
        keys=("enter",),
        title="Open",
        short="Open",
        help="The incident, the alert group, the check under the cursor.",
        scope=Scope.VIEW,
        footer=9,
    ),
    Action(id="back", keys=("escape",), title="Back", short="Back", help="Leave this screen.", scope=Scope.VIEW),
    Action(
        id="filter",
        keys=("slash",),
        title="Filter",
        short="Filter",
        help="sev:1 state:triggered !service:edge ~chekout /regex/ words; the hidden count is always shown.",
        scope=Scope.VIEW,
        footer=10,
    ),
    Action(
        id="handover",
        keys=("x",),
        title="Handover",
        short="Handover",
        scope=Scope.VIEW,
        footer=11,
        help="The live draft for the next seat: edit, export.",
    ),
    Action(
        id="palette",
        keys=("colon", "ctrl+p"),
        title="Command",
        short="Command",
        scope=Scope.VIEW,
        footer=12,
        help="Any action by its name.",
    ),
    Action(
        id="help",
        keys=("question_mark",),
        title="All keys",
        short="Keys",
        scope=Scope.VIEW,
        footer=13,
        help="This list.",
    ),
    Action(
        id="select",
        keys=("space",),
        title="Select",
        short="Select",
        scope=Scope.VIEW,
        help="Mark the row; actions then work on all marked rows.",
    ),
    Action(
        id="select_all",
        keys=("asterisk",),
        title="Select all shown",
        short="Select all",
        scope=Scope.VIEW,
        help="All rows that the filter shows; again: none.",
    ),
    Action(
        id="scope",
        keys=("v",),
        title="Mine / my teams / all",
        short="Scope",
        scope=Scope.VIEW,
        help="Whose incidents are shown; the hidden count is always shown.",
    ),
    Action(id="next_pane", keys=("tab",), title="Next pane", short="Pane", scope=Scope.VIEW, help="Focus moves on."),
    Action(
        id="previous_pane",
        keys=("shift+tab",),
        title="Previous pane",
        short="Pane",
        scope=Scope.VIEW,
        help="Focus moves back.",
    ),
    Action(id="pane_incidents", keys=("1",), title="Incidents", short="1", scope=Scope.VIEW, help="Focus the pane."),
    Action(id="pane_alerts", keys=("2",), title="Alerts", short="2", scope=Scope.VIEW, help="Focus the pane."),
    Action(
        id="pane_health",
        keys=("3",),
        title="Health",
        short="3",
        scope=Scope.VIEW,
        help="Focus the pane; full width at 80x24.",
    ),
    Action(
        id="pane_on_call",
        keys=("4",),
        title="On call",
        short="4",
        scope=Scope.VIEW,
        help="Focus the pane; full width at 80x24.",
    ),
    Action(
        id="refresh",
        keys=("R",),
        title="Refresh now",
        short="Refresh",
        scope=Scope.VIEW,
        help="Ask every source at once.",
    ),
    Action(
        id="link",
        keys=("o",),
        title="Show the link",
        short="Link",
        scope=Scope.VIEW,
        help="The address, runbook and id, as text and as a terminal hyperlink; nothing is opened by itself.",
    ),
    Action(
        id="copy",
        keys=("y",),
        title="Copy the link",
        short="Copy",
        scope=Scope.VIEW,
        help="To your own machine's clipboard, through SSH and tmux (OSC 52).",
    ),
    Action(
        id="outbox",
        keys=("Q",),
        title="Outbox",
        short="Outbox",
        scope=Scope.VIEW,
        help="Every action, its state, the answer; retry, cancel.",
    ),
    Action(
        id="sources",
        keys=("L",),
        title="Sources",
        short="Sources",
        scope=Scope.VIEW,
        help="Each source's last calls, errors, budget.",
    ),
    Action(
        id="repaint",
        keys=("ctrl+l",),
        title="Repaint",
        short="Repaint",
        scope=Scope.VIEW,
        help="Draw the whole screen anew.",
    ),
    Action(
        id="quit",
        keys=("q",),
        title="Quit",
        short="Quit",
        scope=Scope.VIEW,
        help="Leave; what is queued is kept and goes out at the next start.",
    ),
    Action(
        id="outbox_retry",
        keys=("r",),
        title="Send",
        short="Send",
        scope=Scope.OUTBOX,
        footer=1,
        ask=Ask.CONFIRM,
        help="Send it now, though it is old, its target changed or its outcome is unknown.",
        group="Outbox",
    ),
    Action(
        id="outbox_cancel",
        keys=("d",),
        title="Drop",
        short="Drop",
        scope=Scope.OUTBOX,
        footer=2,
        help="It will not be sent; stays in the audit.",
        group="Outbox",
    ),
    Action(
        id="outbox_note",
        keys=("n",),
        title="Turn into a note",
        short="As note",
        scope=Scope.OUTBOX,
        footer=3,
        help="Write on the timeline what was meant, instead of doing it.",
        group="Outbox",
    ),
    Action(
        id="handover_edit",
        keys=("e",),
        title="Edit in $EDITOR",
        short="Edit",
        scope=Scope.HANDOVER,
        footer=1,
        help="The draft as Markdown; what you change is kept.",
        group="Handover",
    ),
    Action(
        id="handover_note",
        keys=("n",),
        title="Note for the next seat",
        short="Note",
        scope=Scope.HANDOVER,
        footer=2,
        help="A line under the notes for the next seat.",
        group="Handover",
    ),
    Action(
        id="handover_item",
        keys=("i",),
        title="Action item",
        short="Action item",
        scope=Scope.HANDOVER,
        footer=3,
        help="A line under the action items.",
        group="Handover",
    ),
    Action(
        id="handover_export",
        keys=("w",),
        title="Export",
        short="Export",
        scope=Scope.HANDOVER,
        footer=4,
        help="Write the file: Markdown, HTML or JSON.",
        group="Handover",
    ),
    Action(
        id="handover_reset",
        keys=("D",),
        title="Discard the edits",
        short="Discard edits",
        scope=Scope.HANDOVER,
        ask=Ask.CONFIRM,
        help="Back to the draft that writes itself.",
        group="Handover",
    ),
)

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}
BY_VERB: dict[Verb, Action] = {action.verb: action for action in ACTIONS if action.verb is not None}


def reserved_keys() -> frozenset[str]:
    """Keys that belong to the terminal, the shell and tmux: never bound, also not by a person's own key map."""
    return frozenset({"ctrl+s", "ctrl+q", "ctrl+z", "ctrl+b", "ctrl+a", "ctrl+c"})
