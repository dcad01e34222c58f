"""Seen before (W6): the earlier incidents of a kind, as what the seat wants to know of them. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from statistics import median

from oncall_tui.model import EntryKind, Incident, IncidentHistory, TimelineEntry
from oncall_tui.model.search import SameKind
from oncall_tui.policy.marks import JUDGEMENTS, MarkKind, can_hold_marks, marks, without
from oncall_tui.records import dataclass
from oncall_tui.text import clip

_DID = (EntryKind.RESOLVED, EntryKind.ACKNOWLEDGED, EntryKind.NOTE)
_MOST_PEOPLE = 4
_CAUSE = frozenset({MarkKind.ROOT_CAUSE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """One earlier time."""

    incident: Incident
    took: timedelta | None
    """From trigger to resolution; ``None``: it is open, or its end is not known."""
    people: tuple[str, ...] = ()
    """Who resolved it, had it, wrote on it: in this order."""
    note: TimelineEntry | None = None
    """The last one that says more than the root cause."""
    root_cause: str | None = None
    is_read: bool = True
    """Its timeline is known here."""
    judgements: tuple[MarkKind, ...] = ()
    """What was said of it: noise, real, a duplicate, to be mended."""

    @property
    def lesson(self) -> str:
        """What it left behind: its root cause, else its last note, in one line."""
        if self.root_cause:
            return f"root cause: {self.root_cause}"
        return " ".join(self.note.text.split()) if self.note is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBefore:
    """The earlier times of an incident's kind."""

    count: int
    since: datetime | None
    """Local history reaches back so far."""
    usual: timedelta | None
    """The median of how long they took."""
    times: tuple[Earlier, ...] = ()
    """The latest first; not all where there are many."""

    @property
    def noise(self) -> int:
        """How many of :attr:`times` were said to be noise."""
        return sum(1 for one in self.times if MarkKind.NOISE in one.judgements)


def seen_before(found: SameKind) -> SeenBefore:
    """What the earlier incidents tell."""
    usual = timedelta(seconds=median(found.seconds)) if found.seconds else None
    return SeenBefore(count=found.count, since=found.since, usual=usual, times=tuple(map(_earlier, found.latest)))


def _earlier(told: IncidentHistory) -> Earlier:
    incident = told.incident
    said = marks(told.timeline)
    notes = [one for one in told.timeline if one.kind is EntryKind.NOTE and without(one.text, _CAUSE).strip()]
    causes = [mark.text for mark in said if mark.kind is MarkKind.ROOT_CAUSE and mark.text]
    took = incident.resolved_at - incident.created_at if incident.resolved_at is not None else None
    return Earlier(
        incident=incident,
        took=max(took, timedelta()) if took is not None else None,
        people=_people(told),
        note=next((one for one in reversed(notes) if can_hold_marks(one)), notes[-1] if notes else None),
        root_cause=causes[-1] if causes else None,
        is_read=bool(told.timeline),
        judgements=tuple(dict.fromkeys(mark.kind for mark in said if mark.kind in JUDGEMENTS)),
    )


def _people(told: IncidentHistory) -> tuple[str, ...]:
    names = [told.incident.resolved_by, *(person.name for person in told.incident.acknowledged_by)]
    for kind in _DID:
        names += [one.author for one in reversed(told.timeline) if one.kind is kind]
    return tuple(dict.fromkeys(name for name in names if name))[:_MOST_PEOPLE]


def length_words(length: timedelta) -> str:
    """``38 min``, ``2 h 10 min``, ``3 d``."""
    minutes = round(length.total_seconds() / 60)
    if minutes < 60:
        return f"{minutes} min" if minutes else "under a minute"
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{round(minutes / 1440)} d"


def summary(seen: SeenBefore, now: datetime, zone: tzinfo) -> str:
    """One line: ``4 times in 90 d, usually 38 min, last 12 Nov by Bob: root cause: …``."""
    back = f" in {max(1, round((now - seen.since).total_seconds() / 86400))} d" if seen.since is not None else ""
    if not seen.count:
        return f"not{back}"
    parts = [f"{'once' if seen.count == 1 else f'{seen.count} times'}{back}"]
    if seen.usual is not None:
        parts.append(f"{'took' if seen.count == 1 else 'usually'} {length_words(seen.usual)}")
    if seen.noise:
        parts.append(f"{seen.noise} of {len(seen.times)} noise")
    if seen.times:
        last = seen.times[0]
        local = last.incident.created_at.astimezone(zone)
        by = f" by {last.people[0]}" if last.people else ""
        lesson = f": {clip(last.lesson, 200)}" if last.lesson else ""
        parts.append(f"last {local.day} {local:%b}{by}{lesson}")
    return ", ".join(parts)
