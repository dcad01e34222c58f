"""What a status page ought to say of an incident: it follows the phases (product I8). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

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


_EXPECTED = re.compile(r"^\s*(?:[-*+]\s+)?(?:eta|expected(?: resolution)?)\s*:\s*(\S.*)$", re.IGNORECASE | re.MULTILINE)


def expected(timeline: Iterable[TimelineEntry]) -> str:
    """When it is expected to be over, as the latest note says (``eta: 15:45 UTC``); empty: nobody has said."""
    found = [
        (entry.at, match.group(1).strip())
        for entry in timeline
        if can_hold_marks(entry)
        for match in _EXPECTED.finditer(entry.text)
    ]
    return max(found, key=lambda one: one[0])[1] if found else ""
