"""The handover as data, and how it writes itself from the store's facts (product H1). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta, tzinfo

from oncall_tui.handover.handed import Handed
from oncall_tui.handover.items import HandoverItem, open_items
from oncall_tui.handover.noise import Judged, judged
from oncall_tui.handover.since import SinceLast, carried_items, since_last
from oncall_tui.model import (
    Alert,
    Change,
    EntryKind,
    Incident,
    IncidentState,
    OutboxRow,
    OutboxState,
    Severity,
    ShiftFacts,
    Silence,
    SourceState,
    TimelineEntry,
)
from oncall_tui.policy.judging import Judgement
from oncall_tui.policy.writeup import OwedPostMortem
from oncall_tui.records import dataclass

FORGOTTEN_AFTER = timedelta(hours=4)
"""Acknowledged and silent for this long is listed as forgotten (W9)."""
TREND_MINIMUM = 3
"""Fewer firings than this in a shift are no trend."""
_TREND_FACTOR = 1.5
_MACHINES = frozenset({EntryKind.ALERT, EntryKind.NOTIFIED})
"""What goes on by itself while nobody does anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverIncident:
    """One incident as the next seat should know it."""

    incident: Incident
    acknowledged_after: timedelta | None
    resolved_after: timedelta | None
    last_note: TimelineEntry | None
    last_touched: datetime
    notes: tuple[TimelineEntry, ...] = ()
    """Its notes within the shift, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """An alert that fired more in this shift than in the stretch of the same length before."""

    name: str
    service: str | None
    count: int
    before: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverEdits:
    """What the seat added by hand: lines for the next seat, action items, or a text of their own."""

    notes: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    text: str | None = None
    """The whole document as the seat rewrote it (Markdown); ``None``: it writes itself."""
    text_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """The handover of one shift at ``written_at``."""

    user: str
    start: datetime
    end: datetime
    on_call: bool
    written_at: datetime
    counts: dict[str, int]
    """``sev1`` to ``sev4``, ``none``, ``total``: incidents triggered within the shift."""
    incidents: tuple[HandoverIncident, ...] = ()
    """Triggered within the shift, most severe first, then oldest first."""
    open: tuple[HandoverIncident, ...] = ()
    """Open now, whenever they began."""
    action_items: tuple[HandoverItem, ...] = ()
    """Not done: those of notes and of the seat, then what else the ticket systems tell of."""
    trends: tuple[Trend, ...] = ()
    silences: tuple[Silence, ...] = ()
    forgotten: tuple[HandoverIncident, ...] = ()
    changes: tuple[Change, ...] = ()
    """Changes to watch: made or under way in the shift, or planned; the earliest first."""
    unsent: tuple[OutboxRow, ...] = ()
    """Actions that wait, were refused or whose outcome is unknown: the next seat must know."""
    noise: tuple[Judged, ...] = ()
    """What pages were worth, as it was said within the shift."""
    postmortems: tuple[OwedPostMortem, ...] = ()
    """Owed and not written, what is due first, first."""
    since_last: SinceLast | None = None
    """What became of the handover before; ``None``: none is kept here."""
    notes: tuple[str, ...] = ()
    sources: tuple[SourceState, ...] = ()
    edits: HandoverEdits = field(default_factory=HandoverEdits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a handover is made of besides the facts of its stretch."""

    judgements: tuple[Judgement, ...] = ()
    """Of groups of alerts that belong to no incident."""
    previous: Handed | None = None
    accepted_at: datetime | None = None
    """When the previous one was accepted, by whom; ``None``: it was not."""
    accepted_by: str | None = None
    forgotten_after: timedelta = FORGOTTEN_AFTER
    postmortems: tuple[OwedPostMortem, ...] = ()
    """That are owed, of whatever shift."""


def stage(change: Change, now: datetime) -> str:
    """Where a change stands at ``now``: ``planned``, ``running`` or ``past``."""
    if change.at > now:
        return "planned"
    return "running" if change.until is not None and change.until > now else "past"


def draft(
    facts: ShiftFacts,
    *,
    user: str,
    on_call: bool,
    now: datetime,
    zone: tzinfo = UTC,
    edits: HandoverEdits | None = None,
    beside: Beside | None = None,
) -> Handover:
    """The handover that the facts of a shift write by themselves, with the seat's own lines added.

    Args:
        facts: of the stretch from ``facts.start`` to ``facts.end``.
        user: who hands over.
        on_call: whether that seat held the shift.
        now: aware UTC.
        zone: whose calendar says which due dates are past.
        beside: judgements, the previous handover, when something counts as forgotten.
    """
    edits, beside = edits or HandoverEdits(), beside or Beside()
    told = list(told_of(facts))
    told.sort(key=lambda one: (one.incident.severity or 5, one.incident.created_at, one.incident.id))
    triggered = tuple(one for one in told if facts.start <= one.incident.created_at < facts.end)
    still_open = tuple(one for one in told if one.incident.is_open)
    items = open_items(facts.timeline, edits.items, facts.action_items, now.astimezone(zone).date())
    since = _since(facts, beside)
    if since is not None and since.accepted_at is not None:
        items = (*items, *carried_items(since, items))
    return Handover(
        user=user,
        start=facts.start,
        end=facts.end,
        on_call=on_call,
        written_at=now,
        counts=_counts(triggered),
        incidents=triggered,
        open=still_open,
        action_items=items,
        trends=_trends(facts.alerts, facts.earlier_alerts),
        silences=muted(facts.silences),
        forgotten=forgotten(still_open, now, beside.forgotten_after),
        changes=facts.changes,
        unsent=tuple(
            row for row in facts.outbox if row.pending or row.state in (OutboxState.REFUSED, OutboxState.UNKNOWN)
        ),
        noise=judged(facts.incidents, facts.timeline, beside.judgements, facts.start, facts.end),
        postmortems=beside.postmortems,
        since_last=since,
        notes=edits.notes,
        sources=facts.sources,
        edits=edits,
    )


def told_of(facts: ShiftFacts) -> tuple[HandoverIncident, ...]:
    """Every incident of the facts with what its timeline says of it."""
    entries: dict[str, list[TimelineEntry]] = {}
    for entry in facts.timeline:
        entries.setdefault(entry.incident_id, []).append(entry)
    return tuple(_told(incident, entries.get(incident.id, []), facts) for incident in facts.incidents)


def muted(silences: Sequence[Silence]) -> tuple[Silence, ...]:
    """What is muted now or will be: what ends first comes first (W10)."""
    return tuple(sorted((one for one in silences if one.state != "expired"), key=lambda one: (one.ends_at, one.id)))


def forgotten(
    told: Iterable[HandoverIncident], now: datetime, after: timedelta = FORGOTTEN_AFTER
) -> tuple[HandoverIncident, ...]:
    """Those that are acknowledged and that nobody has touched for so long, the longest silent first (W9)."""
    found = [
        one for one in told if one.incident.state is IncidentState.ACKNOWLEDGED and now - one.last_touched >= after
    ]
    return tuple(sorted(found, key=lambda one: (one.last_touched, one.incident.id)))


def _since(facts: ShiftFacts, beside: Beside) -> SinceLast | None:
    if beside.previous is None:
        return None
    return since_last(
        beside.previous,
        accepted_at=beside.accepted_at,
        accepted_by=beside.accepted_by,
        incidents=facts.incidents,
        timeline=facts.timeline,
        tickets=facts.action_items,
        silences=facts.silences,
    )


def _told(incident: Incident, entries: list[TimelineEntry], facts: ShiftFacts) -> HandoverIncident:
    entries.sort(key=lambda entry: entry.at)
    notes = [entry for entry in entries if entry.kind in (EntryKind.NOTE, EntryKind.STATUS_UPDATE)]
    acknowledged = incident.first_acknowledged_at
    return HandoverIncident(
        incident=incident,
        acknowledged_after=acknowledged - incident.created_at if acknowledged else None,
        resolved_after=incident.resolved_at - incident.created_at if incident.resolved_at else None,
        last_note=notes[-1] if notes else None,
        last_touched=max(
            incident.created_at,
            incident.acknowledged_at or incident.created_at,
            *(entry.at for entry in entries if entry.kind not in _MACHINES),
        ),
        notes=tuple(entry for entry in notes if facts.start <= entry.at < facts.end),
    )


def _counts(incidents: tuple[HandoverIncident, ...]) -> dict[str, int]:
    by_severity: Counter[Severity | None] = Counter(one.incident.severity for one in incidents)
    named = {f"sev{severity}": by_severity[severity] for severity in (1, 2, 3, 4)}
    return {**named, "none": by_severity[None], "total": len(incidents)}


def _trends(alerts: tuple[Alert, ...], earlier: tuple[Alert, ...]) -> tuple[Trend, ...]:
    now_counts: Counter[tuple[str, str | None]] = Counter()
    last: dict[tuple[str, str | None], datetime] = {}
    for alert in alerts:
        kind = (alert.name, alert.service)
        now_counts[kind] += alert.count
        last[kind] = max(last.get(kind, alert.last_at), alert.last_at)
    before: Counter[tuple[str, str | None]] = Counter()
    for alert in earlier:
        before[(alert.name, alert.service)] += alert.count
    trends = [
        Trend(name=kind[0], service=kind[1], count=count, before=before[kind], last_at=last[kind])
        for kind, count in now_counts.items()
        if count >= TREND_MINIMUM and count >= before[kind] * _TREND_FACTOR
    ]
    trends.sort(key=lambda trend: (-(trend.count - trend.before), trend.name, trend.service or ""))
    return tuple(trends[:12])
