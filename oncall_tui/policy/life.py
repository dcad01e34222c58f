"""An incident's life as its timeline tells it: when each phase began, and what lengths come out of it (I3). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from oncall_tui.model import EntryKind, Incident, IncidentState, TimelineEntry
from oncall_tui.policy.marks import Mark, MarkKind, marks
from oncall_tui.records import dataclass


class Phase(StrEnum):
    """The seed's phases, in their order (SRO-001, "Incident Lifecycle")."""

    DETECTION = "detection"
    TRIAGE = "triage"
    RESPONSE = "response"
    INVESTIGATION = "investigation"
    RESOLUTION = "resolution"
    POST_INCIDENT = "post-incident"


MEANS: dict[Phase | None, str] = {
    Phase.DETECTION: "something is wrong",
    Phase.TRIAGE: "how bad is it",
    Phase.RESPONSE: "people and channels",
    Phase.INVESTIGATION: "what causes it",
    Phase.RESOLUTION: "a fix goes out",
    Phase.POST_INCIDENT: "it is written up",
    None: "the impact has ended",
}
"""What each phase is about, in a few words; ``None``: the mark ``mitigated``."""

_WORDS = (
    ("detect", Phase.DETECTION),
    ("triag", Phase.TRIAGE),
    ("respon", Phase.RESPONSE),
    ("investigat", Phase.INVESTIGATION),
    ("resol", Phase.RESOLUTION),
    ("post", Phase.POST_INCIDENT),
)
_FIRST_WORD = re.compile(r"[a-z-]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStart:
    """When a phase began. ``marked``: a note says so; else it follows from an event (trigger, acknowledgement, end)."""

    phase: Phase
    at: datetime
    marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The turning points of one incident. ``None``: nobody has said, or it has not happened.

    Every length counts from the trigger, :attr:`detect` up to it; none is negative.
    """

    began: datetime | None
    """The first sign: the earliest of a note marked ``began`` and of its alerts."""
    triggered: datetime
    acknowledged: datetime | None
    responded: datetime | None
    """The first note or message of a person, or the mark ``phase: response``."""
    mitigated: datetime | None
    """The first mark ``mitigated``."""
    resolved: datetime | None
    """By its system's word; ``None`` while it is open."""
    phases: tuple[PhaseStart, ...]
    """By time."""

    @property
    def phase(self) -> Phase:
        """The one that it is in: which began last."""
        return self.phases[-1].phase

    @property
    def detect(self) -> timedelta | None:
        """From the first sign to the trigger."""
        return None if self.began is None else max(timedelta(), self.triggered - self.began)

    @property
    def acknowledge(self) -> timedelta | None:
        """To the first acknowledgement."""
        return self._since(self.acknowledged)

    @property
    def respond(self) -> timedelta | None:
        """To the first sign of somebody at work."""
        return self._since(self.responded)

    @property
    def mitigate(self) -> timedelta | None:
        """To the end of the impact."""
        return self._since(self.mitigated)

    @property
    def resolve(self) -> timedelta | None:
        """To the end."""
        return self._since(self.resolved)

    def _since(self, moment: datetime | None) -> timedelta | None:
        return None if moment is None else max(timedelta(), moment - self.triggered)


def life(incident: Incident, timeline: Sequence[TimelineEntry], first_alert_at: datetime | None) -> Life:
    """The turning points of an incident.

    Args:
        timeline: its entries, in any order.
        first_alert_at: when the first of its alerts fired, where any is known.
    """
    entries = sorted(timeline, key=lambda entry: (entry.at, entry.id))
    found = marks(entries)
    acknowledged = _acknowledged(incident, entries)
    resolved = _resolved(incident, entries)
    phases = _phases(incident, found, acknowledged, resolved)
    return Life(
        began=_began(incident, found, first_alert_at),
        triggered=incident.created_at,
        acknowledged=acknowledged,
        responded=_responded(incident, entries, phases, resolved),
        mitigated=next((mark.at for mark in found if mark.kind is MarkKind.MITIGATED), None),
        resolved=resolved,
        phases=phases,
    )


def _began(incident: Incident, found: Sequence[Mark], first_alert_at: datetime | None) -> datetime | None:
    signs = [mark.at for mark in found if mark.kind is MarkKind.BEGAN]
    if first_alert_at is not None:
        signs.append(first_alert_at)
    return min((*signs, incident.created_at)) if signs else None


def _acknowledged(incident: Incident, entries: Sequence[TimelineEntry]) -> datetime | None:
    told = [entry.at for entry in entries if entry.kind is EntryKind.ACKNOWLEDGED]
    told += [at for at in (incident.first_acknowledged_at, incident.acknowledged_at) if at is not None]
    return min(told, default=None)


def _resolved(incident: Incident, entries: Sequence[TimelineEntry]) -> datetime | None:
    if incident.state is not IncidentState.RESOLVED:
        return None
    told = [entry.at for entry in entries if entry.kind is EntryKind.RESOLVED]
    return incident.resolved_at or max(told, default=None)


def _responded(
    incident: Incident, entries: Sequence[TimelineEntry], phases: Sequence[PhaseStart], resolved: datetime | None
) -> datetime | None:
    at_work = [one.at for one in phases if one.phase is Phase.RESPONSE]
    at_work += [
        entry.at
        for entry in entries
        if entry.kind in (EntryKind.NOTE, EntryKind.STATUS_UPDATE)
        and incident.created_at <= entry.at
        and (resolved is None or entry.at <= resolved)
    ]
    return min(at_work, default=None)


def _phases(
    incident: Incident, found: Sequence[Mark], acknowledged: datetime | None, resolved: datetime | None
) -> tuple[PhaseStart, ...]:
    starts = {Phase.DETECTION: PhaseStart(phase=Phase.DETECTION, at=incident.created_at, marked=False)}
    if resolved is not None:
        starts[Phase.POST_INCIDENT] = PhaseStart(phase=Phase.POST_INCIDENT, at=resolved, marked=False)
    for mark in found:
        phase = phase_named(mark.text) if mark.kind is MarkKind.PHASE else None
        held = starts.get(phase) if phase is not None else None
        if phase is not None and (held is None or not held.marked):
            starts[phase] = PhaseStart(phase=phase, at=mark.at, marked=True)
    if acknowledged is not None and Phase.TRIAGE not in starts:
        # Whoever has noted what comes after triage is past it: acknowledging what was declared is no step back.
        past = (one.at for one in starts.values() if one.marked and one.phase is not Phase.DETECTION)
        starts[Phase.TRIAGE] = PhaseStart(phase=Phase.TRIAGE, at=min((acknowledged, *past)), marked=False)
    order = tuple(Phase)
    return tuple(sorted(starts.values(), key=lambda one: (one.at, order.index(one.phase))))


def phase_named(text: str) -> Phase | None:
    """The phase that a text's first word means: ``Investigation``, ``investigating``, ``post-mortem``."""
    word = _FIRST_WORD.match(text.strip())
    begin = word.group().lower() if word else ""
    return next((phase for stem, phase in _WORDS if begin.startswith(stem)), None)


def phase_note(phase: Phase | None, words: str = "") -> str:
    """The note that marks it, ``None`` for ``mitigated``: ``phase: investigation, the pool is empty``."""
    words = " ".join(words.split())
    if phase is None:
        return f"mitigated: {words}" if words else "mitigated"
    return f"phase: {phase.value}{f', {words}' if words else ''}"
