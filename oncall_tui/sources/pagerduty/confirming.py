"""Reading back what became of an action. Never writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from oncall_tui.model import Incident, IncidentState, OutboxRow, Person, Ref, Verb
from oncall_tui.records import dataclass
from oncall_tui.sources import fields, notes, snoozing
from oncall_tui.sources.base import Confirmation, Outcome
from oncall_tui.sources.pagerduty.acting import note_content, priority_for, urgency_for
from oncall_tui.sources.pagerduty.decoding import LogLine, NoteRow
from oncall_tui.sources.pagerduty.options import SeverityWords
from oncall_tui.sources.pagerduty.paging import Row
from oncall_tui.sources.snoozing import SnoozeLine
from oncall_tui.text import clean, clean_block

TOLERANCE = timedelta(seconds=2)
"""PagerDuty's times are whole seconds, and so is what we know of its clock."""
STEPS = ("assign", "delegate", "escalate")
"""The log lines that an escalation leaves."""
_ACKNOWLEDGED = (IncidentState.ACKNOWLEDGED, IncidentState.SNOOZED)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read back. ``since``: by PagerDuty's clock, what is later may be the action's effect."""

    row: OutboxRow
    raw: Row
    incident: Incident
    lines: Sequence[LogLine]
    notes: Sequence[NoteRow]
    me: Person | None
    since: datetime
    priorities: tuple[Ref, ...]
    words: SeverityWords

    def mine(self, *kinds: str) -> bool:
        """Whether the log has a line of these kinds by this seat since it was sent, which was not there before."""
        return any(
            line.kind in kinds
            and line.at >= self.since
            and line.id not in self.row.baseline
            and line.agent is not None
            and self._is_me(line.agent.id)
            for line in self.lines
        )

    def _is_me(self, person_id: str) -> bool:
        return self.me is not None and person_id == self.me.id

    def is_mine(self, line: LogLine) -> bool | None:
        """Whether it is by this seat; ``None``: who that is, or who did it, is not known."""
        return self._is_me(line.agent.id) if self.me is not None and line.agent is not None else None

    def last(self, *kinds: str) -> LogLine | None:
        """The latest line of these kinds."""
        return max((line for line in self.lines if line.kind in kinds), key=lambda line: line.at, default=None)


def sent_since(row: OutboxRow, skew: timedelta | None) -> datetime:
    """By the server's clock: from when on the log may show the action's effect."""
    return (row.sent_at or row.created_at) + (skew or timedelta()) - TOLERANCE


def judge(seen: Evidence) -> Confirmation:
    """What the evidence says of the action."""
    match seen.row.verb:
        case Verb.ACKNOWLEDGE:
            return _acknowledged(seen)
        case Verb.UNACKNOWLEDGE:
            return _true_or_resolved(seen, seen.incident.state is IncidentState.TRIGGERED or seen.mine("unacknowledge"))
        case Verb.RESOLVE:
            return _resolved(seen)
        case Verb.REOPEN:
            return _plain(seen.incident.is_open or seen.mine("trigger"))
        case Verb.ESCALATE:
            return _escalated(seen)
        case Verb.REASSIGN:
            return _assigned(seen, set(seen.row.params["people"]))
        case Verb.SNOOZE:
            return _snoozed(seen)
        case Verb.NOTE:
            return _noted(seen)
        case Verb.SEVERITY:
            return _true_or_resolved(seen, _has_severity(seen))
        case Verb.TITLE:
            return _plain(seen.incident.title == clean(seen.row.params["title"]))
        case Verb.MERGE:
            return _merged(seen)
        case Verb.RESPONDERS:
            asked = {fields.native_id(one, "user", "id") for one in fields.rows(seen.raw, "incidents_responders")}
            return _plain(asked >= set(seen.row.params["people"]))
    return Confirmation(outcome=Outcome.UNKNOWN)


def _plain(true: bool) -> Confirmation:
    return Confirmation(outcome=Outcome.APPLIED if true else Outcome.NOT_APPLIED)


def _true_or_resolved(seen: Evidence, true: bool) -> Confirmation:
    if not true and not seen.incident.is_open:
        return Confirmation(outcome=Outcome.SUPERSEDED, text=f"{_who_resolved(seen)}, yours not needed")
    return _plain(true)


def _at(moment: datetime | None) -> str:
    return f" {moment:%H:%M} UTC" if moment else ""


def _who_resolved(seen: Evidence) -> str:
    incident = seen.incident
    if incident.merged_into is not None:
        return f"merged into {incident.merged_into}{_at(incident.resolved_at)}"
    line = seen.last("resolve")
    who = line.agent.name if line and line.agent else incident.resolved_by or "somebody"
    return f"resolved by {who}{_at(incident.resolved_at)}"


def _acknowledged(seen: Evidence) -> Confirmation:
    incident = seen.incident
    by_me = seen.me is not None and any(person.id == seen.me.id for person in incident.acknowledged_by)
    if (incident.state in _ACKNOWLEDGED and by_me) or seen.mine("acknowledge", "acknowledgement"):
        return Confirmation(outcome=Outcome.APPLIED)
    if incident.state in _ACKNOWLEDGED:
        who = ", ".join(person.name for person in incident.acknowledged_by) or "somebody"
        text = f"acknowledged by {who}{_at(incident.acknowledged_at)}, yours not needed"
        return Confirmation(outcome=Outcome.SUPERSEDED, text=text)
    return _true_or_resolved(seen, False)


def _resolved(seen: Evidence) -> Confirmation:
    if seen.mine("resolve"):
        return Confirmation(outcome=Outcome.APPLIED)
    return _true_or_resolved(seen, False)


def _escalated(seen: Evidence) -> Confirmation:
    params = seen.row.params
    if "person" in params:
        return _assigned(seen, {params["person"]})
    if "policy" in params:
        policy = seen.incident.escalation_policy
        return _true_or_resolved(seen, policy is not None and policy.id == params["policy"])
    if seen.mine("escalate"):
        return Confirmation(outcome=Outcome.APPLIED)
    level = seen.incident.escalation_level
    if seen.incident.is_open and level is not None and level >= params["level"]:
        line = seen.last("escalate")
        by = f" by {line.agent.name}{_at(line.at)}" if line and line.agent else ""
        return Confirmation(outcome=Outcome.SUPERSEDED, text=f"at level {level} already{by}, yours not needed")
    return _true_or_resolved(seen, False)


def _assigned(seen: Evidence, people: set[str]) -> Confirmation:
    there = {person.id for person in seen.incident.assignees} >= people
    if there or seen.mine(*STEPS):
        return Confirmation(outcome=Outcome.APPLIED)
    return _true_or_resolved(seen, False)


def _snoozed(seen: Evidence) -> Confirmation:
    wanted, wakes_at = timedelta(seconds=seen.row.params["seconds"]), seen.incident.wakes_at
    lines = [SnoozeLine(line.at, seen.is_mine(line)) for line in seen.lines if line.kind == "snooze"]
    match snoozing.judge(wanted, seen.since, wakes_at, lines):
        case Outcome.APPLIED:
            return Confirmation(outcome=Outcome.APPLIED)
        case Outcome.SUPERSEDED:
            line = seen.last("snooze")
            who = line.agent.name if line and line.agent else "somebody"
            text = f"snoozed by {who} until{_at(wakes_at)}, yours not needed"
            return Confirmation(outcome=Outcome.SUPERSEDED, text=text)
    return _true_or_resolved(seen, False)


def _noted(seen: Evidence) -> Confirmation:
    for note in seen.notes:
        if note.id == seen.row.native_ref:
            return Confirmation(outcome=Outcome.APPLIED, native_ref=note.id)
    for note_id in equal_notes(seen.row, seen.notes, seen.me):
        if note_id not in seen.row.baseline:
            return Confirmation(outcome=Outcome.APPLIED, native_ref=note_id)
    return Confirmation(outcome=Outcome.NOT_APPLIED)


def equal_notes(row: OutboxRow, found: Sequence[NoteRow], me: Person | None) -> tuple[str, ...]:
    """Ids of the notes by this seat that say what ``row`` says."""
    content = clean_block(note_content(row))
    return tuple(
        note.id
        for note in found
        if notes.same(note.content, content) and (me is None or note.author is None or note.author.id == me.id)
    )


def _has_severity(seen: Evidence) -> bool:
    severity = seen.row.params["severity"]
    if not seen.priorities:
        return seen.incident.urgency == urgency_for(severity)
    wanted = priority_for(severity, seen.priorities, seen.words)
    return wanted is not None and fields.native_id(seen.raw, "priority", "id") == wanted.id


def _merged(seen: Evidence) -> Confirmation:
    if seen.incident.merged_into == seen.row.params["into"]:
        return Confirmation(outcome=Outcome.APPLIED)
    return _true_or_resolved(seen, False)
