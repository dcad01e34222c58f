"""What an action is."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from oncall_tui.model import Verb
from oncall_tui.records import dataclass


class Scope(StrEnum):
    """Where an action has a meaning: what its target is."""

    INCIDENT = "incident"
    ALERT = "alert"
    SILENCE = "silence"
    OUTBOX = "outbox"
    HANDOVER = "handover"
    SCHEDULE = "schedule"
    CHECKLIST = "checklist"
    HANDED = "handed"
    """A handover of the seat before."""
    DECLARATION = "declaration"
    RUN = "run"
    """A command of the team's own that runs or has run."""
    INVESTIGATION = "investigation"
    RESOLUTION = "resolution"
    COMMS = "comms"
    POSTMORTEM = "post-mortem"
    METRICS = "metrics"
    WRITE_UP = "write-up"
    """The screen of a post-mortem."""
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
    """Its words on the command line: a command, and the option or sub-command that it is there."""
    footer: int = 0
    """Rank in the footer, 0 is not shown there."""
    group: str = "Views"
    """Heading in the help."""
