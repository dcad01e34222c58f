"""Reading back what became of an action, by the group's state and its notes: OnCall tells no log. Never writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from oncall_tui.model import Incident, IncidentState, OutboxRow, Verb
from oncall_tui.records import dataclass
from oncall_tui.sources import notes
from oncall_tui.sources.base import Confirmation, Outcome
from oncall_tui.sources.grafana_oncall.acting import note_content
from oncall_tui.sources.grafana_oncall.decoding import NoteRow
from oncall_tui.text import clean_block

TOLERANCE = timedelta(seconds=2)
"""What we know of its clock is whole seconds."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read back. ``owner_id``: the token's; ``since``: by OnCall's clock, what is later may be its effect;
    ``closer_id`` and ``silenced_at``: who resolved it, when it was silenced."""

    row: OutboxRow
    incident: Incident
    notes: Sequence[NoteRow]
    owner_id: str | None
    since: datetime
    closer_id: str | None
    silenced_at: datetime | None

    @property
    def answered(self) -> bool:
        """Whether OnCall took it: it answers only when it has done it."""
        return self.row.answered_at is not None


def judge(seen: Evidence) -> Confirmation:
    """What the evidence says of the action."""
    match seen.row.verb:
        case Verb.ACKNOWLEDGE:
            return _acknowledged(seen)
        case Verb.UNACKNOWLEDGE:
            return _taken_back(seen)
        case Verb.RESOLVE:
            return _resolved(seen)
        case Verb.REOPEN:
            return _reopened(seen)
        case Verb.SNOOZE:
            return _silenced(seen)
        case Verb.NOTE:
            return _noted(seen)
        case Verb.ESCALATE | Verb.RESPONDERS:
            return _paged(seen)
    return Confirmation(outcome=Outcome.UNKNOWN)


def _resolved_first(seen: Evidence) -> Confirmation:
    incident = seen.incident
    by = incident.resolved_by or "somebody"
    text = f"resolved by {by}{_at(incident.resolved_at)}, yours not needed"
    return Confirmation(outcome=Outcome.SUPERSEDED, text=text)


def _open_or(seen: Evidence, outcome: Outcome) -> Confirmation:
    return Confirmation(outcome=outcome) if seen.incident.is_open else _resolved_first(seen)


def _at(moment: datetime | None) -> str:
    return f" {moment:%H:%M} UTC" if moment else ""


def _acknowledged(seen: Evidence) -> Confirmation:
    incident = seen.incident
    if incident.state is not IncidentState.ACKNOWLEDGED:
        return _open_or(seen, Outcome.NOT_APPLIED)
    if seen.owner_id is not None and any(person.id == seen.owner_id for person in incident.acknowledged_by):
        return Confirmation(outcome=Outcome.APPLIED)
    who = ", ".join(person.name for person in incident.acknowledged_by) or "somebody"
    text = f"acknowledged by {who}{_at(incident.acknowledged_at)}, yours not needed"
    return Confirmation(outcome=Outcome.SUPERSEDED, text=text)


def _taken_back(seen: Evidence) -> Confirmation:
    incident = seen.incident
    if incident.state is IncidentState.TRIGGERED:
        return Confirmation(outcome=Outcome.APPLIED)
    if incident.state is IncidentState.ACKNOWLEDGED and _after(incident.acknowledged_at, seen):
        # Sent again it would take back somebody else's acknowledgement.
        who = ", ".join(person.name for person in incident.acknowledged_by) or "somebody"
        text = f"acknowledged again by {who}{_at(incident.acknowledged_at)}"
        return Confirmation(outcome=Outcome.SUPERSEDED, text=text)
    return _open_or(seen, Outcome.NOT_APPLIED)


def _resolved(seen: Evidence) -> Confirmation:
    incident = seen.incident
    if incident.state is not IncidentState.RESOLVED:
        return Confirmation(outcome=Outcome.NOT_APPLIED)
    mine = seen.owner_id is not None and seen.closer_id == seen.owner_id
    if mine and (incident.resolved_at is None or _after(incident.resolved_at, seen)):
        return Confirmation(outcome=Outcome.APPLIED)
    return _resolved_first(seen)


def _reopened(seen: Evidence) -> Confirmation:
    incident = seen.incident
    if incident.is_open:
        return Confirmation(outcome=Outcome.APPLIED)
    if _after(incident.resolved_at, seen):
        text = f"resolved again by {incident.resolved_by or 'somebody'}{_at(incident.resolved_at)}"
        return Confirmation(outcome=Outcome.SUPERSEDED, text=text)
    return Confirmation(outcome=Outcome.NOT_APPLIED)


def _silenced(seen: Evidence) -> Confirmation:
    # One that was silenced before may be so for a shorter time: only a newer silence is ours.
    if seen.incident.state is IncidentState.SNOOZED and (seen.answered or _after(seen.silenced_at, seen)):
        return Confirmation(outcome=Outcome.APPLIED)
    return _open_or(seen, Outcome.NOT_APPLIED)


def _after(moment: datetime | None, seen: Evidence) -> bool:
    return moment is not None and moment >= seen.since


def _noted(seen: Evidence) -> Confirmation:
    for note in seen.notes:
        if note.id == seen.row.native_ref:
            return Confirmation(outcome=Outcome.APPLIED, native_ref=note.id)
    for note_id in equal_notes(seen.row, seen.notes, seen.owner_id):
        if note_id not in seen.row.baseline:
            return Confirmation(outcome=Outcome.APPLIED, native_ref=note_id)
    return Confirmation(outcome=Outcome.NOT_APPLIED)


def equal_notes(row: OutboxRow, found: Sequence[NoteRow], owner_id: str | None) -> tuple[str, ...]:
    """Ids of the notes by the token's owner that say what ``row`` says."""
    content = clean_block(note_content(row))
    return tuple(
        note.id
        for note in found
        if notes.same(note.content, content) and (owner_id is None or note.author is None or note.author.id == owner_id)
    )


def _paged(seen: Evidence) -> Confirmation:
    """Nothing in the API shows who was paged: its answer is all there is, and without it nobody knows."""
    if seen.answered:
        return Confirmation(outcome=Outcome.APPLIED, text=seen.row.answer or "")
    return Confirmation(
        outcome=Outcome.UNKNOWN, text="no answer, and OnCall's API does not show who was paged: look there"
    )
