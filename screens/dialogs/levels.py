"""The escalation preview (A2): who holds each level now, and when the pager would go there by itself. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from oncall_tui.board import Board
from oncall_tui.model import EscalationPolicy, Incident, IncidentState, Person
from oncall_tui.records import dataclass
from screens.dialogs.targets import reached
from widgets.words import ahead


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One level as the preview shows it."""

    number: int
    people: tuple[Person, ...]
    targets: tuple[str, ...]
    """Schedules or users that the level names: shown where nobody holds it."""
    when: str
    """``now here``, ``by itself in 2m``, ``not by itself``."""
    role: str
    """How ``when`` is drawn."""

    @property
    def key(self) -> str:
        """Its number, as the list's key."""
        return str(self.number)


def policy_of(incident: Incident, board: Board) -> EscalationPolicy | None:
    """The incident's policy with its levels, as far as its source tells."""
    directory = board.directories.get(incident.source)
    if directory is None or incident.escalation_policy is None:
        return None
    return next((one for one in directory.policies if one.id == incident.escalation_policy.id), None)


def level_rows(incident: Incident, policy: EscalationPolicy, board: Board) -> tuple[LevelRow, ...]:
    """Each level, lowest first."""
    rows = []
    for level in sorted(policy.levels, key=lambda one: one.level):
        when, role = _when(level.level, incident, policy, board)
        people = level.people or _on_call(level.level, policy, board)
        rows.append(LevelRow(level.level, people, level.targets, when, role))
    return tuple(rows)


def next_level(incident: Incident, rows: Sequence[LevelRow]) -> str | None:
    """The key of the level after the current one; the last one where there is none after it."""
    if not rows:
        return None
    current = incident.escalation_level or 0
    return next((row.key for row in rows if row.number > current), rows[-1].key)


def _on_call(level: int, policy: EscalationPolicy, board: Board) -> tuple[Person, ...]:
    found = {
        entry.person.id: entry.person
        for team in board.on_call
        for entry in team.rows
        if entry.source == policy.source
        and entry.policy is not None
        and entry.policy.id == policy.id
        and entry.level == level
    }
    return tuple(found.values())


def _when(level: int, incident: Incident, policy: EscalationPolicy, board: Board) -> tuple[str, str]:
    current = incident.escalation_level
    if current is not None and level < current:
        return "was paged", "dim"
    if current is not None and level == current:
        return "now here", "you"
    if incident.state is IncidentState.ACKNOWLEDGED:
        return "not by itself", "dim"
    if incident.state is IncidentState.SNOOZED:
        return "asleep", "dim"
    if current is not None and incident.escalates_at is not None:
        at = incident.escalates_at + _between(policy, current + 1, level)
        return f"by itself in {ahead(at, board.minute)}", "soon" if level == current + 1 else "text"
    if level == 1:
        return "first", "dim"
    minutes = _between(policy, level - 1, level) // timedelta(minutes=1)
    return f"{minutes}m after level {level - 1}", "dim"


def _between(policy: EscalationPolicy, start: int, level: int) -> timedelta:
    """From paging level ``start`` until ``level`` is paged."""
    return timedelta(minutes=sum(one.delay_minutes for one in policy.levels if start <= one.level < level))


def consequence(row: LevelRow, incident: Incident, board: Board) -> tuple[str, str]:
    """What choosing that level does, in one sentence, and the role it is drawn in."""
    again = "again " if incident.escalation_level == row.number else ""
    if not row.people:
        named = f" ({', '.join(row.targets)})" if row.targets else ""
        return f"Nobody holds level {row.number} now{named}: nobody would be woken.", "stale"
    who = ", ".join(reached(person, incident.source, board) for person in row.people)
    return f"Wakes {again}{who}.", "text"
