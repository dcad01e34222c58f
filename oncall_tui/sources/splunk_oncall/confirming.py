"""Reading back what became of an action. Never writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from oncall_tui.model import EntryKind, Incident, IncidentState, OutboxRow, Person, Verb
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.base import Confirmation, Outcome
from oncall_tui.sources.splunk_oncall.acting import note_name
from oncall_tui.sources.splunk_oncall.decoding import NoteRow, Row, transitions

TOLERANCE = timedelta(seconds=2)
"""What we know of its clock is whole seconds."""
_ACKNOWLEDGED = (IncidentState.ACKNOWLEDGED, IncidentState.SNOOZED)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read back. ``since``: by the server's clock, what is later may be the action's effect. ``notes``: all of
    them only with ``all_notes``. ``level``: the users on the level that an escalation names."""

    row: OutboxRow
    raw: Row
    incident: Incident
    notes: Sequence[NoteRow]
    all_notes: bool
    me: Person | None
    since: datetime
    level: tuple[str, ...] = ()

    def mine(self, kind: EntryKind) -> bool:
        """Whether this seat has caused a change of that kind since it was sent."""
        return self.me is not None and any(
            step.kind is kind and step.at >= self.since and step.by is not None and self._is_me(step.by)
            for step in transitions(self.raw)
        )

    def _is_me(self, user: str) -> bool:
        return self.me is not None and user.casefold() == self.me.id.casefold()


def paged(raw: Row) -> tuple[str, ...]:
    """Whom an incident has paged, as a baseline keeps it: ``user:NAME`` and ``policy:SLUG``."""
    users = fields.walk(raw, "pagedUsers")
    found = [f"user:{user}" for user in users if isinstance(user, str)] if isinstance(users, list) else []
    slugs = (fields.native_id(item, "policy", "slug") for item in fields.rows(raw, "pagedPolicies"))
    return (*found, *(f"policy:{slug}" for slug in slugs if slug))


def judge(seen: Evidence) -> Confirmation:
    """What the evidence says of the action."""
    match seen.row.verb:
        case Verb.ACKNOWLEDGE:
            return _acknowledged(seen)
        case Verb.RESOLVE:
            if seen.mine(EntryKind.RESOLVED):
                return Confirmation(outcome=Outcome.APPLIED)
            return _not_unless_resolved(seen)
        case Verb.REASSIGN:
            return Confirmation(outcome=Outcome.APPLIED) if _given(seen) else _not_unless_resolved(seen)
        case Verb.ESCALATE:
            return _escalated(seen)
        case Verb.NOTE:
            return _noted(seen)
    return Confirmation(outcome=Outcome.UNKNOWN)


def _at(moment: datetime | None) -> str:
    return f" {moment:%H:%M} UTC" if moment else ""


def _not_unless_resolved(seen: Evidence) -> Confirmation:
    incident = seen.incident
    if incident.is_open:
        return Confirmation(outcome=Outcome.NOT_APPLIED)
    who = incident.resolved_by or "somebody"
    return Confirmation(
        outcome=Outcome.SUPERSEDED, text=f"resolved by {who}{_at(incident.resolved_at)}, yours not needed"
    )


def _acknowledged(seen: Evidence) -> Confirmation:
    incident = seen.incident
    by_me = seen.me is not None and any(person.id == seen.me.id for person in incident.acknowledged_by)
    if (incident.state in _ACKNOWLEDGED and by_me) or seen.mine(EntryKind.ACKNOWLEDGED):
        return Confirmation(outcome=Outcome.APPLIED)
    if incident.state in _ACKNOWLEDGED:
        who = ", ".join(person.name for person in incident.acknowledged_by) or "somebody"
        text = f"acknowledged by {who}{_at(incident.acknowledged_at)}, yours not needed"
        return Confirmation(outcome=Outcome.SUPERSEDED, text=text)
    return _not_unless_resolved(seen)


def _given(seen: Evidence) -> bool:
    """Whether it was given to them. That others are paged besides says nothing against it, for those from before may be
    told on; without an answer it is then known by its transition only."""
    wanted = set(seen.row.params["people"])
    there = {one.removeprefix("user:") for one in paged(seen.raw) if one.startswith("user:")}
    known = seen.row.answered_at is not None or seen.mine(EntryKind.ASSIGNED)
    return there == wanted or (known and wanted <= there)


def _escalated(seen: Evidence) -> Confirmation:
    params = seen.row.params
    if "policy" in params:
        wanted = {f"policy:{params['policy']}"}
    else:
        wanted = {f"user:{user}" for user in (seen.level if "level" in params else (params["person"],))}
    there = bool(wanted) and wanted <= set(paged(seen.raw))
    if not there:
        return _not_unless_resolved(seen) if wanted else Confirmation(outcome=Outcome.UNKNOWN)
    if wanted <= set(seen.row.baseline) and seen.row.answered_at is None:
        return Confirmation(outcome=Outcome.UNKNOWN, text="they had been paged before: whether again, it does not tell")
    return Confirmation(outcome=Outcome.APPLIED)


def _noted(seen: Evidence) -> Confirmation:
    name = note_name(seen.row)
    if any(note.name == name for note in seen.notes):
        return Confirmation(outcome=Outcome.APPLIED, native_ref=name)
    return Confirmation(outcome=Outcome.NOT_APPLIED if seen.all_notes else Outcome.UNKNOWN)
