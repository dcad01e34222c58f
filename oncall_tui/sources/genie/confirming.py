"""Reading back what became of an action. Never writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall_tui.clock import parse_instant
from oncall_tui.model import EntryKind, Incident, IncidentState, NoteKind, OutboxRow, Person, Severity, Verb
from oncall_tui.sources import notes, snoozing
from oncall_tui.sources.base import Confirmation, Outcome
from oncall_tui.sources.genie.api import Detail, LogRow, NoteRow
from oncall_tui.sources.genie.options import priority_for
from oncall_tui.sources.genie.roster import Roster
from oncall_tui.sources.snoozing import SnoozeLine
from oncall_tui.text import clean, clean_block

TOLERANCE = timedelta(seconds=2)
QUEUE = timedelta(seconds=10)
"""So long a write may wait in the system's queue: what does not show before then may still come."""
STEPS = (EntryKind.ESCALATED, EntryKind.ASSIGNED)
"""The log lines that an escalation leaves."""
_ACCEPTED = (IncidentState.ACKNOWLEDGED, IncidentState.SNOOZED)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read back. ``skew``: the system's clock minus ours; ``now``: ours."""

    row: OutboxRow
    detail: Detail
    incident: Incident
    roster: Roster
    me: Person | None
    now: datetime
    skew: timedelta
    severities: Mapping[str, Severity]

    @property
    def sent_at(self) -> datetime:
        """By our clock."""
        return self.row.sent_at or self.row.created_at

    @property
    def since(self) -> datetime:
        """By the system's clock: what is later may be the action's effect."""
        return self.sent_at + self.skew - TOLERANCE

    def is_me(self, word: str | None) -> bool:
        """Whether the system's word for a person means the seat."""
        return self.me is not None and is_person(self.me, word, self.roster)

    def mine(self, *kinds: EntryKind) -> bool:
        """Whether the log has a line of these kinds by the seat since it was sent, which was not there before."""
        return any(
            line.kind in kinds
            and line.at >= self.since
            and line.id not in self.row.baseline
            and self.is_me(line.author)
            for line in self.detail.log
        )

    def is_mine(self, line: LogRow) -> bool | None:
        """Whether it is by the seat; ``None``: who that is, or who did it, is not known."""
        return self.is_me(line.author) if self.me is not None and line.author is not None else None

    def last(self, kind: EntryKind) -> LogRow | None:
        """The latest line of that kind."""
        return max((line for line in self.detail.log if line.kind is kind), key=lambda line: line.at, default=None)


def is_person(person: Person, word: str | None, roster: Roster) -> bool:
    """Whether the system's word for somebody (id, address or name) means ``person``, also where its people could not
    be read."""
    if word is None:
        return False
    if roster.person(word).id == person.id:
        return True
    # Whom the roster has and does not find by this word is somebody else, or one of several of that name.
    names = {name.casefold() for name in (person.contact, person.name) if name}
    return person.id not in roster.people and roster.person(word).id == word and word.casefold() in names


def judge(seen: Evidence) -> Confirmation:
    """What the evidence says of the action."""
    found = _judged(seen)
    if found.outcome is Outcome.NOT_APPLIED and seen.now - seen.sent_at < QUEUE:
        return Confirmation(outcome=Outcome.UNKNOWN, text="it does not show yet")
    return found


def _judged(seen: Evidence) -> Confirmation:
    match seen.row.verb:
        case Verb.ACKNOWLEDGE:
            return _acknowledged(seen)
        case Verb.UNACKNOWLEDGE:
            taken_back = seen.incident.state is IncidentState.TRIGGERED or seen.mine(EntryKind.UNACKNOWLEDGED)
            return _true_or_closed(seen, taken_back)
        case Verb.RESOLVE:
            mine = not seen.incident.is_open and seen.is_me(seen.detail.page.closed_by)
            return _true_or_closed(seen, mine or seen.mine(EntryKind.RESOLVED))
        case Verb.SNOOZE:
            return _snoozed(seen)
        case Verb.REASSIGN:
            owner = seen.detail.page.owner
            given = owner is not None and {seen.roster.person(owner).id} == set(seen.row.params["people"])
            return _true_or_closed(seen, given)
        case Verb.ESCALATE:
            return _escalated(seen)
        case Verb.RESPONDERS:
            return _true_or_closed(seen, _asked(seen))
        case Verb.NOTE:
            return _noted(seen)
        case Verb.SEVERITY:
            wanted = priority_for(seen.row.params["severity"], seen.severities)
            return _true_or_closed(seen, seen.detail.page.priority == wanted)
        case Verb.TITLE:
            return _true_or_closed(seen, seen.incident.title == clean(seen.row.params["title"]))
    return Confirmation(outcome=Outcome.UNKNOWN)


def _true_or_closed(seen: Evidence, true: bool) -> Confirmation:
    if true:
        return Confirmation(outcome=Outcome.APPLIED)
    if seen.incident.is_open:
        return Confirmation(outcome=Outcome.NOT_APPLIED)
    who = seen.incident.resolved_by or "somebody"
    text = f"closed by {who}{_at(seen.incident.resolved_at)}, yours not needed"
    return Confirmation(outcome=Outcome.SUPERSEDED, text=text)


def _at(moment: datetime | None) -> str:
    return f" {moment:%H:%M} UTC" if moment else ""


def _acknowledged(seen: Evidence) -> Confirmation:
    incident = seen.incident
    by_me = any(seen.is_me(person.id) for person in incident.acknowledged_by)
    if (incident.state in _ACCEPTED and by_me) or seen.mine(EntryKind.ACKNOWLEDGED):
        return Confirmation(outcome=Outcome.APPLIED)
    if incident.state in _ACCEPTED:
        who = ", ".join(person.name for person in incident.acknowledged_by) or "somebody"
        text = f"acknowledged by {who}{_at(incident.acknowledged_at)}, yours not needed"
        return Confirmation(outcome=Outcome.SUPERSEDED, text=text)
    return _true_or_closed(seen, False)


def _snoozed(seen: Evidence) -> Confirmation:
    wanted, wakes_at = timedelta(seconds=seen.row.params["seconds"]), seen.incident.wakes_at
    lines = [SnoozeLine(line.at, seen.is_mine(line)) for line in seen.detail.log if line.kind is EntryKind.SNOOZED]
    match snoozing.judge(wanted, seen.since, wakes_at, lines):
        case Outcome.APPLIED:
            return Confirmation(outcome=Outcome.APPLIED)
        case Outcome.SUPERSEDED:
            line = seen.last(EntryKind.SNOOZED)
            who = seen.roster.person(line.author).name if line is not None and line.author else "somebody"
            text = f"snoozed by {who} until{_at(wakes_at)}, yours not needed"
            return Confirmation(outcome=Outcome.SUPERSEDED, text=text)
    return _true_or_closed(seen, False)


def _escalated(seen: Evidence) -> Confirmation:
    if seen.mine(*STEPS):
        return Confirmation(outcome=Outcome.APPLIED)
    asked = {responder_key(one.kind, one.id) for one in seen.detail.page.responders}
    wanted = seen.row.params.get("person") or seen.row.params.get("policy")
    new = {key for key in asked if key not in seen.row.baseline}
    if wanted is not None and any(key.endswith(f"/{wanted}") for key in new):
        return Confirmation(outcome=Outcome.APPLIED)
    return _true_or_closed(seen, False)


def _asked(seen: Evidence) -> bool:
    """Whether all of them are responders, and one of them was not before: or else the log tells of the asking."""
    asked = {responder_key(one.kind, one.id) for one in seen.detail.page.responders}
    wanted = {responder_key("user", person) for person in seen.row.params["people"]}
    return asked >= wanted and (not wanted <= set(seen.row.baseline) or seen.mine(*STEPS))


def responder_key(kind: str, responder_id: str) -> str:
    """A responder in a baseline."""
    return f"{kind}/{responder_id}"


def _noted(seen: Evidence) -> Confirmation:
    for note in seen.detail.notes:
        if note.id == seen.row.native_ref:
            return Confirmation(outcome=Outcome.APPLIED, native_ref=note.id)
    fresh = [one for one in equal_notes(seen.row, seen.detail, seen.roster, seen.me) if one not in seen.row.baseline]
    if fresh:
        return Confirmation(outcome=Outcome.APPLIED, native_ref=fresh[0])
    return Confirmation(outcome=Outcome.NOT_APPLIED)


def equal_notes(row: OutboxRow, detail: Detail, roster: Roster, me: Person | None) -> tuple[str, ...]:
    """Ids of the notes that say what ``row`` says, by the seat or by nobody who is told."""
    return tuple(note.id for note in _saying(note_content(row), detail.notes, roster, me))


def _saying(content: str, told: Iterable[NoteRow], roster: Roster, me: Person | None) -> list[NoteRow]:
    said = clean_block(content)
    return [
        note
        for note in told
        if notes.same(note.content, said) and (me is None or note.author is None or is_person(me, note.author, roster))
    ]


def closing_words(row: OutboxRow) -> str | None:
    """The words that go with a close; ``None``: it is none, or goes without."""
    return (row.params.get("resolution") or None) if row.verb is Verb.RESOLVE else None


def has_closing_words(
    row: OutboxRow, told: Iterable[NoteRow], roster: Roster, me: Person | None, skew: timedelta
) -> bool:
    """Whether the words of a close are among the notes ``told``, from after its key press. ``skew``: as
    :attr:`Evidence.skew`."""
    words, since = closing_words(row), row.created_at + skew - TOLERANCE
    return words is not None and any(note.at >= since for note in _saying(words, told, roster, me))


def with_closing_words(found: Confirmation, seen: Evidence) -> Confirmation:
    """What became of a close, and of the words that went with it: where they are not there it says so, with them."""
    words = closing_words(seen.row)
    if words is None or found.outcome not in (Outcome.APPLIED, Outcome.SUPERSEDED):
        return found
    answered = seen.row.answered_at
    is_mine = found.outcome is Outcome.APPLIED
    if has_closing_words(seen.row, seen.detail.notes, seen.roster, seen.me, seen.skew):
        told = "" if is_mine else f"{found.text}; its words are there"
    elif not seen.detail.tells_notes:
        if is_mine and answered is not None:
            return found  # words and close are one request, and that was done
        told = f"{found.text or 'closed'}; whether its words arrived is not told: {words}"
    elif is_mine and answered is not None and seen.now - answered < QUEUE and not seen.row.answer:
        return Confirmation(outcome=Outcome.UNKNOWN, text="closed; its words do not show yet")
    else:
        told = found.text or (seen.row.answer if answered is not None else None) or "closed"
        told = f"{told}; its words are not there, write them as a note: {words}"
    return replace(found, text=clean(told), tells_words=True)


def note_content(row: OutboxRow) -> str:
    """The note as it is stored there, the same at each attempt."""
    at, kind = row.params.get("at"), row.params.get("kind")
    return notes.encode(
        row.params["text"],
        at=parse_instant(at) if at else None,
        kind=NoteKind(kind) if kind else None,
        now=row.created_at,
    )
