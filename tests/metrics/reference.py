"""Histories made by a die, and their metrics worked out a second way: by words of the wall clock, lists and loops, out
of what the die said and not out of what the store holds."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from oncall_tui.model import (
    Alert,
    AlertState,
    EntryKind,
    Incident,
    IncidentState,
    Person,
    Ref,
    TimelineEntry,
)

DAYS = 400
END = datetime(2026, 11, 23, 13, 7, 11, tzinfo=UTC)
PEOPLE = ("Alice", "Bob", "Charlie")
SERVICES = ("payments", "gateway", "storage", None)
TITLES = ("P99 latency {} ms", "Disk db-{} full", "Checkout returns {}", "Pod {} restarts")
HOLIDAYS = frozenset({date(2025, 12, 25), date(2025, 12, 26), date(2026, 1, 1), date(2026, 5, 1)})


@dataclass
class Said:
    """What the die said of one incident. Times in seconds since 1970, lengths in seconds."""

    number: int
    at: float
    severity: int | None
    service: str | None
    title: str
    person: str | None = None
    began: float | None = None
    alert_at: float | None = None
    ack: float | None = None
    note: float | None = None
    mitigated: float | None = None
    resolved: float | None = None
    returned: list[float] = field(default_factory=list)
    noise: bool = False
    written: bool = False
    items: int = 0
    done: int = 0
    merged: bool = False


def history(seed: int) -> tuple[list[Said], list[tuple[float, int, str | None, int | None]]]:
    """Incidents, and alerts as (when, how often, service, severity), of :data:`DAYS` days."""
    die = random.Random(seed)
    start = END.timestamp() - DAYS * 86400
    incidents = [_incident(die, number, start) for number in range(260)]
    alerts = [
        (
            float(int(start + die.random() * DAYS * 86400)),
            die.randint(1, 5),
            die.choice(SERVICES),
            die.choice((1, 2, None)),
        )
        for _ in range(500)
    ]
    return incidents, alerts


def _incident(die: random.Random, number: int, start: float) -> Said:
    at = float(int(start + die.random() * DAYS * 86400))
    one = Said(
        number=number,
        at=at,
        severity=die.choice((1, 2, 3, 4, None)),
        service=die.choice(SERVICES),
        title=die.choice(TITLES).format(die.randint(1, 9999)),
    )
    chance = die.random
    if chance() < 0.5:
        one.alert_at = at - die.randint(0, 600)
    if chance() < 0.2:
        one.began = at - die.randint(0, 3600)
    if chance() < 0.8:
        one.ack, one.person = at + die.randint(1, 3000), die.choice(PEOPLE)
    if chance() < 0.6:
        one.note = at + die.randint(3000, 6000)
    if chance() < 0.4:
        one.mitigated = at + die.randint(6000, 9000)
    if chance() < 0.3:
        one.returned.append(at + die.choice((60, 250, 40_000, 86400 * 3)))
    if chance() < 0.9:
        one.resolved = at + die.randint(9000, 80_000)
    one.noise, one.written, one.merged = chance() < 0.15, chance() < 0.5, chance() < 0.05
    one.items = die.randint(0, 2)
    one.done = die.randint(0, one.items)
    return one


# -- into the model ----------------------------------------------------------------------------------------------


def _when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def facts(said: list[Said]) -> tuple[list[Incident], list[TimelineEntry], list[Alert]]:
    """The incidents as a pager tells them, their timelines, and the alerts that they have."""
    incidents, entries, alerts = [], [], []
    for one in said:
        incident_id = f"pager:Q{one.number}"
        incidents.append(
            Incident(
                id=incident_id, source="pager", native_id=f"Q{one.number}", title=one.title, severity=one.severity,
                state=IncidentState.TRIGGERED if one.resolved is None else IncidentState.RESOLVED,
                created_at=_when(one.at), resolved_at=None if one.resolved is None else _when(one.resolved),
                service=Ref(id=f"S{one.service}", name=one.service) if one.service else None,
                merged_into="pager:Q0" if one.merged else None,
                assignees=(Person(id="PX", name="Somebody"),),
            )
        )  # fmt: skip
        entries += _entries(one, incident_id)
        if one.alert_at is not None:
            alerts.append(
                Alert(
                    id=f"pager:A{one.number}", source="pager", native_id=f"A{one.number}", name="x",
                    state=AlertState.RESOLVED, first_at=_when(one.alert_at), last_at=_when(one.alert_at),
                    incident_id=incident_id,
                )
            )  # fmt: skip
    return incidents, entries, alerts


def _entries(one: Said, incident_id: str) -> list[TimelineEntry]:
    late = one.at + 90_000
    rows: list[tuple[float | None, EntryKind, str]] = [
        (one.began, EntryKind.NOTE, "problem began"),
        (one.ack, EntryKind.ACKNOWLEDGED, "acknowledged"),
        (one.note, EntryKind.NOTE, "looking"),
        (one.mitigated, EntryKind.NOTE, "Mitigated: pool"),
        (late if one.noise else None, EntryKind.NOTE, "real\nfalse positive: probe"),
        (late if one.written else None, EntryKind.NOTE, "post-mortem: wiki"),
        *((at, EntryKind.UNACKNOWLEDGED, "ran out") for at in one.returned),
        *((late, EntryKind.NOTE, f"action: task {number} of {one.number}") for number in range(one.items)),
        *((late + 1, EntryKind.NOTE, f"done: task {number} of {one.number}") for number in range(one.done)),
    ]
    return [
        TimelineEntry(
            id=f"pager:E{one.number}-{place}", incident_id=incident_id, at=_when(at), kind=kind, text=text,
            author=one.person,
        )
        for place, (at, kind, text) in enumerate(rows)
        if at is not None
    ]  # fmt: skip


def monitor_alerts(rows: list[tuple[float, int, str | None, int | None]]) -> list[Alert]:
    """The alerts as a monitor tells them."""
    return [
        Alert(
            id=f"mon:{number}", source="mon", native_id=str(number), name="x", state=AlertState.ENDED,
            first_at=_when(at), last_at=_when(at), count=times, service=service, severity=severity,
        )
        for number, (at, times, service, severity) in enumerate(rows)
    ]  # fmt: skip


# -- the second way ----------------------------------------------------------------------------------------------


def wall(seconds: float, zone: ZoneInfo) -> tuple[str, str, str]:
    """Day, weekday and time of day on the wall."""
    words = datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%d %a %H:%M:%S").split(" ")
    return words[0], words[1], words[2]


def expected(
    said: list[Said], alerts: list[tuple[float, int, str | None, int | None]], low: float, high: float,
    zone: ZoneInfo, now: float, group: Any = None, alert_group: Any = None,
) -> dict[str, Any]:  # fmt: skip
    """Each metric's value from ``low`` to ``high``, of those that ``group`` says yes to."""
    real = [one for one in said if not one.merged and (group is None or group(one))]
    these = [one for one in real if low <= one.at < high]
    pages = sorted(at for one in real for at in [one.at, *one.returned] if low <= at < high)
    shifts = max(1.0, (high - low) / (12 * 3600))
    fired = sum(row[1] for row in alerts if low <= row[0] < high and (alert_group is None or alert_group(row)))
    owed = [one for one in these if one.resolved is not None and one.severity in (1, 2, None)]
    severities: dict[int | None, int] = defaultdict(int)
    for one in these:
        severities[one.severity] += 1
    return {
        "incident_detection_time": middle(
            [one.at - min(x for x in (one.began, one.alert_at) if x is not None) for one in these
             if one.began is not None or one.alert_at is not None]
        ),
        "incident_acknowledgement_time": middle([one.ack - one.at for one in these if one.ack is not None]),
        "on_call_response_time": middle([first - one.at for one in these if (first := _first_note(one)) is not None]),
        "incident_mitigation_time": middle([one.mitigated - one.at for one in these if one.mitigated is not None]),
        "incident_resolution_time": middle([one.resolved - one.at for one in these if one.resolved is not None]),
        "incident_count_by_severity": len(these),
        "severities": dict(severities),
        "on_call_alerts_per_shift": fired / shifts,
        "false_positive_rate": sum(1 for one in these if one.noise) / len(these) if these else None,
        "on_call_interruptions": _interruptions(pages) / shifts,
        "after_hours_pages": sum(1 for at in pages if _after_hours(at, zone)),
        "weekend_incidents": sum(1 for one in these if wall(one.at, zone)[1] in ("Sat", "Sun")),
        "postmortems_completed": sum(1 for one in owed if one.written),
        "action_items_completed": sum(one.done for one in these),
        "recurring_incidents": sum(1 for one in these if _recurs(one, said)),
    }  # fmt: skip


def middle(lengths: list[float]) -> float | None:
    """The median."""
    lengths = sorted(lengths)
    if not lengths:
        return None
    half = len(lengths) // 2
    return lengths[half] if len(lengths) % 2 else (lengths[half - 1] + lengths[half]) / 2


def _first_note(one: Said) -> float | None:
    late = one.at + 90_000
    written = [one.note, one.mitigated]
    if one.noise or one.written or one.items:
        written.append(late)
    end = one.resolved if one.resolved is not None else float("inf")
    return min((at for at in written if at is not None and at <= end), default=None)


def _interruptions(pages: list[float]) -> int:
    count, left = 0, list(pages)
    while left:
        first = left[0]
        left = [at for at in left if at >= first + 300]
        count += 1
    return count


def _after_hours(at: float, zone: ZoneInfo) -> bool:
    day, weekday, clock = wall(at, zone)
    return weekday in ("Sat", "Sun") or date.fromisoformat(day) in HOLIDAYS or not "09:00:00" <= clock < "18:00:00"


def _recurs(one: Said, said: list[Said]) -> bool:
    return any(
        other is not one
        and not other.merged
        and other.service == one.service
        and _stem(other.title) == _stem(one.title)
        and 0 < one.at - other.at <= 30 * 86400
        for other in said
    )


def _stem(title: str) -> str:
    return "".join(letter for letter in title if not letter.isdigit())
