"""The team's own commands, and the path by which a page rings."""

from __future__ import annotations

from oncall_tui.actions.action import Action, Scope

RUNNING: tuple[Action, ...] = (
    Action(
        id="commands",
        keys=("X",),
        title="Run a command",
        short="Commands",
        scope=Scope.VIEW,
        command="run",
        help="A program of the team's own, with the incident or alert as its input; what runs and what has run.",
        group="Act",
    ),
    Action(
        id="run_note",
        keys=("n",),
        title="Note from the output",
        short="As note",
        scope=Scope.RUN,
        command="note",
        footer=1,
        help="Its last lines, or those that are shown, as a note on the incident; edited before it goes.",
        group="Command",
    ),
    Action(
        id="run_stop",
        keys=("ctrl+x",),
        title="Stop it",
        short="Stop",
        scope=Scope.RUN,
        footer=2,
        help="End the command and every program that it started.",
        group="Command",
    ),
    Action(
        id="bell",
        keys=(),
        title="Try the bell",
        short="Bell",
        scope=Scope.VIEW,
        help="Ring as a page would: bell and desktop notification, through tmux; says what was sent.",
        command="check --bell",
    ),
)
