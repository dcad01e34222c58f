"""What pages were worth, as it was said within a shift (W11). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from oncall_tui.model import Incident, TimelineEntry
from oncall_tui.policy.judging import Judgement
from oncall_tui.policy.marks import JUDGEMENTS, MarkKind, marks
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One page, and what was said of it last."""

    kind: MarkKind
    at: datetime
    by: str | None
    title: str
    service: str | None = None
    why: str = ""
    incident_id: str | None = None
    """``None``: a group of alerts that belongs to no incident."""


_ORDER = (MarkKind.NOISE, MarkKind.FIX_ALERT, MarkKind.DUPLICATE, MarkKind.REAL)


def judged(
    incidents: Sequence[Incident],
    timeline: Iterable[TimelineEntry],
    judgements: Iterable[Judgement],
    start: datetime,
    end: datetime,
) -> tuple[Judged, ...]:
    """What was said from ``start`` to ``end``, each page once: noise first, then alerts to be mended."""
    known = {one.id: one for one in incidents}
    last: dict[str, Judged] = {}
    for mark in marks(timeline):
        incident = known.get(mark.incident_id)
        if mark.kind in JUDGEMENTS and incident is not None and start <= mark.at < end:
            last[mark.incident_id] = Judged(
                kind=mark.kind,
                at=mark.at,
                by=mark.author,
                title=incident.title,
                service=incident.service.name if incident.service else None,
                why=mark.text,
                incident_id=incident.id,
            )
    for one in judgements:
        if start <= one.at < end:
            last[one.group] = Judged(
                kind=one.kind, at=one.at, by=one.seat, title=one.name, service=one.service, why=one.why
            )
    return tuple(sorted(last.values(), key=lambda one: (_ORDER.index(one.kind), one.at, one.title)))
