"""What a status page ought to say of an incident: it follows the phases (product I8). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from oncall_tui.model import PUBLICATION_STATES, Incident, IncidentState, TimelineEntry
from oncall_tui.policy.life import Life, Phase
from oncall_tui.policy.marks import Mark, MarkKind, can_hold_marks
from oncall_tui.records import dataclass

INVESTIGATING, IDENTIFIED, MONITORING, RESOLVED = PUBLICATION_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The status that the present phase asks for, since when, and what says so."""

    status: str
    since: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What is on a status page."""

    channel: str
    """The channel's name."""
    status: str | None
    """``None``: nothing is published there."""
    told_at: datetime | None = None
    """When something was said there last."""
    is_on_way: bool = False
    """An action on it has not ended yet."""


def wanted(incident: Incident, life: Life, found: Sequence[Mark]) -> Wanted:
    """What the page ought to say now. ``found``: the marks of its timeline."""
    if life.resolved is not None or incident.state is IncidentState.RESOLVED:
        return Wanted(status=RESOLVED, since=life.resolved or incident.created_at, why="resolved")
    if life.mitigated is not None:
        return Wanted(status=MONITORING, since=life.mitigated, why="mitigated")
    known = [(mark.at, "root cause noted") for mark in found if mark.kind is MarkKind.ROOT_CAUSE]
    known += [(one.at, "phase resolution") for one in life.phases if one.phase is Phase.RESOLUTION and one.marked]
    if known:
        since, why = min(known)
        return Wanted(status=IDENTIFIED, since=since, why=why)
    return Wanted(status=INVESTIGATING, since=incident.created_at, why="no root cause is noted yet")


def is_behind(published: str | None, ought: str) -> bool:
    """Whether the page says less than it ought to. One that is ahead of the timeline is a person's word."""
    order = PUBLICATION_STATES
    return published in order and order.index(published) < order.index(ought)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What can be told of an incident now, as its timeline has it; empty: nobody has said."""

    wanted: Wanted
    """The status that its phase asks for."""
    impact: str = ""
    """As the mark ``impact`` says."""
    expected: str = ""
    """When it is expected to be over: a note's line ``eta: 15:45 UTC``."""
    root_cause: str = ""
    """As the latest mark ``root cause`` says."""
    mitigation: str = ""
    """What is done against it: a note's line ``mitigation: …`` or the mark ``mitigated``, whichever was said last."""
    recovered: str = ""
    """What is well again: a note's line ``recovered: …``."""
    next_steps: str = ""
    """A note's line ``next steps: …``."""
    duration: timedelta | None = None
    """From the trigger to the end."""

    @property
    def status(self) -> str:
        """The status of a publication that its phase asks for."""
        return self.wanted.status


_NEVER = datetime.min.replace(tzinfo=UTC)
_LINES = {
    "expected": r"eta|expected(?: resolution)?",
    "mitigation": r"mitigation",
    "recovered": r"recovered",
    "next_steps": r"next steps?",
}
_LINE = {
    name: re.compile(rf"^\s*(?:[-*+]\s+)?(?:{words})\s*:\s*(\S.*)$", re.IGNORECASE | re.MULTILINE)
    for name, words in _LINES.items()
}


def story(incident: Incident, its_life: Life, found: Sequence[Mark], timeline: Iterable[TimelineEntry]) -> Story:
    """What can be told now. ``found``: the marks of ``timeline``."""
    notes = sorted((entry for entry in timeline if can_hold_marks(entry)), key=lambda entry: (entry.at, entry.id))
    lines = {name: _said(notes, pattern) for name, pattern in _LINE.items()}
    mitigated = [(mark.at, mark.text) for mark in found if mark.kind is MarkKind.MITIGATED and mark.text]
    return Story(
        wanted=wanted(incident, its_life, found),
        impact=_latest(found, MarkKind.IMPACT),
        root_cause=_latest(found, MarkKind.ROOT_CAUSE),
        mitigation=max([*_lines(notes, _LINE["mitigation"]), *mitigated], default=(_NEVER, ""))[1],
        expected=lines["expected"],
        recovered=lines["recovered"],
        next_steps=lines["next_steps"],
        duration=its_life.resolve,
    )


def _said(notes: Iterable[TimelineEntry], pattern: re.Pattern[str]) -> str:
    found = _lines(notes, pattern)
    return found[-1][1] if found else ""


def _lines(notes: Iterable[TimelineEntry], pattern: re.Pattern[str]) -> list[tuple[datetime, str]]:
    """What the lines of that kind say, and when."""
    return [(entry.at, match.group(1).strip()) for entry in notes for match in pattern.finditer(entry.text)]


def _latest(found: Iterable[Mark], kind: MarkKind) -> str:
    texts = [mark.text for mark in sorted(found, key=lambda mark: mark.at) if mark.kind is kind and mark.text]
    return texts[-1] if texts else ""
