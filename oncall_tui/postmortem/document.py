"""The post-mortem as data, and how it writes itself from what the store has of one incident (product I9). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from oncall_tui.clock import parse_instant
from oncall_tui.model import (
    EntryKind,
    Incident,
    IncidentFacts,
    NoteKind,
    OutboxRow,
    OutboxState,
    Person,
    TimelineEntry,
    Verb,
)
from oncall_tui.policy import Calendar, SeverityPolicy
from oncall_tui.policy.conclusions import Conclusions, conclusions
from oncall_tui.policy.life import Life, life
from oncall_tui.policy.marks import WRITTEN_UP, Mark, MarkKind, NotedItem, can_hold_marks, marks, without
from oncall_tui.policy.writeup import WriteUp, write_up, written
from oncall_tui.postmortem.items import StandingItem, standing_items
from oncall_tui.records import dataclass

_TOLD = frozenset(EntryKind) - {EntryKind.NOTIFIED, EntryKind.ACTION, EntryKind.OTHER}
"""Entries that tell a person something; pages that went out and unknown lines of a log do not."""
_NOT_THERE = (OutboxState.CONFIRMED, OutboxState.SUPERSEDED, OutboxState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of the timeline. ``times``: so often, where the same alert fired again and again."""

    at: datetime
    text: str
    kind: EntryKind
    note_kind: NoteKind | None = None
    author: str | None = None
    times: int = 1
    state: OutboxState | None = None
    """Of a note that the pager has not confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMortem:
    """The draft of one incident's post-mortem at ``written_at``. Empty parts are those that nobody has noted."""

    incident: Incident
    written_at: datetime
    read_at: datetime | None
    """When the incident was last read whole; ``None``: never, its timeline may lack entries."""
    life: Life
    affected: tuple[str, ...]
    """Services, the incident's own first."""
    people: tuple[str, ...]
    """Who acknowledged, held or wrote about it."""
    timeline: tuple[Moment, ...]
    """Oldest first."""
    root_causes: tuple[str, ...]
    conclusions: Conclusions
    """Findings and hypotheses with their verdicts, as the investigation lists them."""
    impact: tuple[str, ...]
    lessons: tuple[str, ...]
    items: tuple[tuple[NotedItem, bool], ...]
    """Each action item, and whether it is done."""
    standing: tuple[StandingItem, ...] = ()
    """The same items with owner, due date and ticket as they stand now."""
    write_up: WriteUp
    written: Mark | None = None
    """The note that says that it is written, and where."""

    @property
    def is_overdue(self) -> bool:
        """Owed, not written, and its last day is over."""
        return self.written is None and self.write_up.due is not None and self.write_up.due < self.written_at

    @property
    def duration(self) -> timedelta:
        """From the trigger to the resolution, or so far."""
        return self.life.resolve if self.life.resolve is not None else self.written_at - self.life.triggered


def draft(
    facts: IncidentFacts,
    *,
    policy: SeverityPolicy,
    calendar: Calendar,
    now: datetime,
    zone: tzinfo = UTC,
    known: Iterable[Person] = (),
) -> PostMortem:
    """The post-mortem that the facts of an incident write by themselves.

    Args:
        now: aware UTC.
        zone: by whose calendar an item's due date is past.
        known: whom the incident's system knows: a note of ours that waits has its author's name from there.
    """
    incident = facts.incident
    ours = _waiting(facts.outbox, incident.id, _names((*known, *incident.assignees, *incident.acknowledged_by)))
    entries = sorted([*facts.timeline, *(entry for entry, _ in ours)], key=lambda entry: (entry.at, entry.id))
    found = marks(entries)
    items = standing_items(found, facts.action_items, facts.outbox, now.astimezone(zone).date())
    its_life = life(incident, entries, min((alert.first_at for alert in facts.alerts), default=None))
    return PostMortem(
        incident=incident,
        written_at=now,
        read_at=facts.read_at,
        life=its_life,
        affected=_affected(facts),
        people=_people(incident, entries),
        timeline=_timeline(incident, entries, its_life, {entry.id: state for entry, state in ours}),
        root_causes=_causes(found, its_life.resolved),
        conclusions=conclusions(found),
        impact=_texts(found, MarkKind.IMPACT),
        lessons=_texts(found, MarkKind.LESSON),
        items=tuple((one.noted, one.done) for one in items),
        standing=items,
        write_up=write_up(incident.severity, its_life.resolved, policy, calendar),
        written=written(found),
    )


def _texts(found: Sequence[Mark], kind: MarkKind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mark.text for mark in found if mark.kind is kind))


def _causes(found: Sequence[Mark], resolved: datetime | None) -> tuple[str, ...]:
    """What it was found to be after the end; what was taken for the cause while it lasted stands in the timeline, and
    here only where nobody has found anything since."""
    since = [mark for mark in found if resolved is not None and mark.at > resolved]
    return _texts(since, MarkKind.ROOT_CAUSE) or _texts(found, MarkKind.ROOT_CAUSE)


def _names(people: Iterable[Person]) -> dict[str, str]:
    """How a seat calls somebody -> the name that the pager has for them; the first one told counts."""
    found: dict[str, str] = {}
    for person in people:
        for word in (person.contact, person.id, person.name):
            if word:
                found.setdefault(word.casefold(), person.name)
    return found


def _waiting(
    outbox: Iterable[OutboxRow], incident_id: str, names: Mapping[str, str]
) -> list[tuple[TimelineEntry, OutboxState]]:
    """Notes of ours that the pager does not have: what was written is in the draft, marked."""
    return [
        (
            TimelineEntry(
                id=f"local:{row.key}",
                incident_id=incident_id,
                at=_said_at(row),
                kind=EntryKind.NOTE,
                text=str(row.params.get("text", "")),
                author=names.get(row.seat.casefold(), row.seat),
                origin="local",
                note_kind=_note_kind(row),
            ),
            row.state,
        )
        for row in outbox
        if row.verb is Verb.NOTE and row.state not in _NOT_THERE
    ]


def _said_at(row: OutboxRow) -> datetime:
    at = row.params.get("at")
    if not isinstance(at, str):
        return row.created_at
    try:
        return parse_instant(at)
    except ValueError:
        return row.created_at


def _note_kind(row: OutboxRow) -> NoteKind | None:
    kind = row.params.get("kind")
    return NoteKind(kind) if kind in tuple(NoteKind) else None


def _affected(facts: IncidentFacts) -> tuple[str, ...]:
    own = [facts.incident.service.name] if facts.incident.service is not None else []
    return tuple(dict.fromkeys([*own, *(alert.service for alert in facts.alerts if alert.service)]))


def _people(incident: Incident, entries: Iterable[TimelineEntry]) -> tuple[str, ...]:
    wrote = [
        entry.author for entry in entries if entry.author and entry.kind in (EntryKind.ACKNOWLEDGED, EntryKind.NOTE)
    ]
    held = [person.name for person in (*incident.acknowledged_by, *incident.assignees)]
    return tuple(dict.fromkeys([*wrote, *held]))


def _timeline(
    incident: Incident, entries: Sequence[TimelineEntry], its_life: Life, unconfirmed: dict[str, OutboxState]
) -> tuple[Moment, ...]:
    shown: list[Moment] = []
    alerts: dict[str, int] = {}
    for entry in (*entries, *_missing(incident, entries, its_life)):
        text = _told(entry, its_life.resolved)
        if entry.kind not in _TOLD or not text:
            continue
        if entry.kind is EntryKind.ALERT:
            if text in alerts:
                again = shown[alerts[text]]
                shown[alerts[text]] = replace(again, times=again.times + 1)
                continue
            alerts[text] = len(shown)
        shown.append(
            Moment(
                at=entry.at,
                text=text,
                kind=entry.kind,
                note_kind=entry.note_kind,
                author=entry.author,
                state=unconfirmed.get(entry.id),
            )
        )
    # A log tells in the same second that it triggered and whom it went to: the trigger stands first.
    return tuple(sorted(shown, key=lambda moment: (moment.at, moment.kind is not EntryKind.TRIGGERED)))


def _told(entry: TimelineEntry, resolved: datetime | None) -> str:
    """An entry's text without what a section of its own has; that the cause was found is an event while it lasts."""
    if not can_hold_marks(entry):
        return entry.text.strip()
    lasts = resolved is None or entry.at <= resolved
    return without(entry.text, WRITTEN_UP - {MarkKind.ROOT_CAUSE} if lasts else WRITTEN_UP).strip()


def _missing(incident: Incident, entries: Iterable[TimelineEntry], its_life: Life) -> tuple[TimelineEntry, ...]:
    """The turning points that the incident itself tells of and its log does not: it was not read whole."""
    there = {entry.kind for entry in entries}
    turns = (
        (EntryKind.TRIGGERED, its_life.triggered, f"Triggered: {incident.title}"),
        (EntryKind.ACKNOWLEDGED, its_life.acknowledged, "Acknowledged"),
        (EntryKind.RESOLVED, its_life.resolved, "Resolved"),
    )
    return tuple(
        TimelineEntry(id=f"local:{kind.value}", incident_id=incident.id, at=at, kind=kind, text=text)
        for kind, at, text in turns
        if at is not None and kind not in there
    )
