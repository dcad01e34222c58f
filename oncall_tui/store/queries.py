"""Facts out of the tables. Each function reads inside the caller's transaction: one consistent picture."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from oncall_tui.clock import parse_instant
from oncall_tui.model import (
    Alert,
    Directory,
    EntryKind,
    Facts,
    HealthCheck,
    HealthSample,
    Incident,
    IncidentFacts,
    NoteKind,
    OnCall,
    OutboxRow,
    OutboxState,
    Shift,
    ShiftFacts,
    Silence,
    SourceState,
    TimelineEntry,
    Verb,
)
from oncall_tui.store import outbox
from oncall_tui.store.codec import decode, decode_all, moment, stamp

T = TypeVar("T")

_BACK = (EntryKind.UNACKNOWLEDGED.value, EntryKind.REOPENED.value)
_JUST_RESOLVED = timedelta(days=1)
_SAME_CHANGE_S = 60.0


def facts(db: sqlite3.Connection, now: datetime, window: timedelta) -> Facts:
    """What a board is made of."""
    since = stamp(now - window)
    rows = db.execute(
        "SELECT data, id, retriggered_at FROM incident WHERE is_open = 1"
        " UNION ALL SELECT data, id, retriggered_at FROM incident WHERE is_open = 0 AND ended_at >= ?",
        (since,),
    ).fetchall()
    retriggered = {incident_id: at for _, incident_id, at in rows if at is not None}
    alerts = db.execute(
        # An alert that its pager's resolved incident has left behind is not active any more.
        "SELECT a.data FROM alert a LEFT JOIN incident i ON i.id = a.incident_id"
        " WHERE a.is_active = 1 AND (i.id IS NULL OR i.is_open = 1 OR a.last_at >= ?1)"
        " UNION ALL SELECT data FROM alert WHERE is_active = 0 AND last_at >= ?1",
        (since,),
    ).fetchall()
    health = db.execute("SELECT data, id, samples FROM health ORDER BY id").fetchall()
    return Facts(
        incidents=decode_all(Incident, rows),
        last_told=_last_told(db),
        retriggered=_retriggered(db, retriggered),
        alerts=_counted(db, decode_all(Alert, alerts), since, None),
        health=decode_all(HealthCheck, health),
        history={check: decode(tuple[HealthSample, ...], samples) or () for _, check, samples in health},
        on_call=tuple(one for part in _parts(db, tuple[OnCall, ...], "on_call").values() for one in part),
        shifts=tuple(one for part in _parts(db, tuple[Shift, ...], "shifts").values() for one in part),
        silences=_silences(db, since),
        directories=_parts(db, Directory, "directory"),
        sources=source_states(db),
        outbox=outbox.board_rows(db, now, window),
    )


def _parts(db: sqlite3.Connection, kind: type[T], name: str) -> dict[str, T]:
    rows = db.execute("SELECT source, data FROM part WHERE name = ? ORDER BY source", (name,)).fetchall()
    return {source: part for source, raw in rows if (part := decode(kind, raw)) is not None}


def _last_told(db: sqlite3.Connection) -> dict[str, datetime]:
    """By the timelines of open incidents, and by our own confirmed notes, of which a pager may keep only the text."""
    rows = db.execute(
        "SELECT e.incident_id, max(e.at) FROM incident i JOIN entry e ON e.incident_id = i.id"
        " WHERE i.is_open = 1 AND e.is_told = 1 GROUP BY e.incident_id"
    )
    told = {incident_id: at for incident_id, seconds in rows if (at := moment(seconds)) is not None}
    notes = db.execute(
        "SELECT o.checksum, o.data FROM outbox o JOIN incident i ON i.id = o.target"
        " WHERE o.verb = ? AND o.state = ? AND i.is_open = 1",
        (Verb.NOTE.value, OutboxState.CONFIRMED.value),
    )
    for row in outbox.load_rows(notes.fetchall()):
        if row.params.get("kind") == NoteKind.TOLD.value:
            at = told_at(row)
            told[row.target] = max(at, told.get(row.target, at))
    return told


def told_at(row: OutboxRow) -> datetime:
    """When a note says that it happened."""
    at = row.params.get("at")
    if isinstance(at, str):
        try:
            return parse_instant(at)
        except ValueError:
            return row.created_at
    return row.created_at


def _retriggered(db: sqlite3.Connection, seen: dict[str, float]) -> dict[str, datetime]:
    rows = db.execute(
        "SELECT e.incident_id, max(e.at) FROM incident i JOIN entry e ON e.incident_id = i.id"
        " WHERE i.is_open = 1 AND e.kind IN (?, ?) GROUP BY e.incident_id",
        _BACK,
    )
    latest = dict(seen)
    for incident_id, at in rows:
        # The log tells of the same change that was seen in the list, perhaps a moment apart: that is one page, not two.
        if at > latest.get(incident_id, 0.0) + _SAME_CHANGE_S:
            latest[incident_id] = at
    return {incident_id: at for incident_id, seconds in latest.items() if (at := moment(seconds)) is not None}


def _counted(
    db: sqlite3.Connection, alerts: Iterable[Alert], start: float | None, end: float | None
) -> tuple[Alert, ...]:
    """Each with how often it fired in the stretch, by its own count or by what was seen here."""
    fired = dict(
        db.execute(
            "SELECT alert_id, sum(times) FROM firing WHERE at >= ? AND at < ? GROUP BY alert_id",
            (start, end if end is not None else float("inf")),
        )
    )
    return tuple(
        alert if fired.get(alert.id, 0) <= alert.count else replace(alert, count=fired[alert.id]) for alert in alerts
    )


def _silences(db: sqlite3.Connection, since: float | None) -> tuple[Silence, ...]:
    rows = db.execute("SELECT data FROM silence WHERE ends_at >= ? ORDER BY ends_at, id", (since,)).fetchall()
    return decode_all(Silence, rows)


def source_states(db: sqlite3.Connection) -> tuple[SourceState, ...]:
    """How each source fares, by name."""
    return decode_all(SourceState, db.execute("SELECT data FROM source ORDER BY name").fetchall())


def incident(db: sqlite3.Connection, incident_id: str) -> IncidentFacts | None:
    """Everything of one incident."""
    found = db.execute("SELECT data, read_at FROM incident WHERE id = ?", (incident_id,)).fetchone()
    one = decode(Incident, found[0]) if found else None
    if one is None:
        return None
    timeline = db.execute("SELECT data FROM entry WHERE incident_id = ? ORDER BY at, id", (incident_id,)).fetchall()
    alerts = db.execute("SELECT data FROM alert WHERE incident_id = ? ORDER BY first_at, id", (incident_id,)).fetchall()
    return IncidentFacts(
        incident=one,
        timeline=decode_all(TimelineEntry, timeline),
        alerts=decode_all(Alert, alerts),
        outbox=outbox.rows_of_target(db, incident_id),
        read_at=moment(found[1]),
    )


def incident_seen(db: sqlite3.Connection, incident_id: str) -> tuple[Incident, datetime] | None:
    """An incident and when its system last told of it."""
    found = db.execute("SELECT data, seen_at FROM incident WHERE id = ?", (incident_id,)).fetchone()
    one = decode(Incident, found[0]) if found else None
    seen = moment(found[1]) if found else None
    return None if one is None or seen is None else (one, seen)


def known_incidents(db: sqlite3.Connection, source: str, now: datetime) -> dict[str, Incident]:
    """A source's open incidents and those that ended within the last day, by native id."""
    rows = db.execute(
        "SELECT data FROM incident WHERE source = ? AND (is_open = 1 OR ended_at >= ?)",
        (source, stamp(now - _JUST_RESOLVED)),
    ).fetchall()
    return {one.native_id: one for one in decode_all(Incident, rows)}


def newest_entry(db: sqlite3.Connection, source: str) -> datetime | None:
    """When the latest timeline entry that we have of a source was written."""
    return moment(db.execute("SELECT max(written_at) FROM entry WHERE source = ?", (source,)).fetchone()[0])


def alert(db: sqlite3.Connection, alert_id: str) -> Alert | None:
    """One alert."""
    found = db.execute("SELECT data FROM alert WHERE id = ?", (alert_id,)).fetchone()
    return decode(Alert, found[0]) if found else None


def find_ids(db: sqlite3.Connection, suffix: str) -> tuple[str, ...]:
    """Ids of incidents, alerts and silences that end with ``suffix``: an exact one first, then open incidents."""
    if not suffix:
        return ()
    rows = db.execute(
        "SELECT id, 1 - is_open AS place FROM incident WHERE substr(id, -length(?1)) = ?1"
        " UNION ALL SELECT id, 2 - is_active FROM alert WHERE substr(id, -length(?1)) = ?1"
        " UNION ALL SELECT id, 2 FROM silence WHERE substr(id, -length(?1)) = ?1",
        (suffix,),
    ).fetchall()
    rows.sort(key=lambda row: (row[0] != suffix, row[1], row[0]))
    return tuple(dict.fromkeys(row[0] for row in rows))


def shift_facts(db: sqlite3.Connection, start: datetime, end: datetime) -> ShiftFacts:
    """What a handover of that stretch is made of."""
    begin, finish = stamp(start), stamp(end)
    incidents = db.execute(
        "SELECT data FROM incident WHERE created_at < ?2 AND (is_open = 1 OR ended_at >= ?1 OR created_at >= ?1"
        " OR id IN (SELECT incident_id FROM entry WHERE at >= ?1 AND at < ?2)) ORDER BY created_at, id",
        (begin, finish),
    ).fetchall()
    timeline = db.execute(
        "SELECT data FROM entry WHERE incident_id IN (SELECT id FROM incident WHERE created_at < ?2 AND (is_open = 1"
        " OR ended_at >= ?1 OR created_at >= ?1 OR id IN (SELECT incident_id FROM entry WHERE at >= ?1 AND at < ?2)))"
        " ORDER BY at, id",
        (begin, finish),
    ).fetchall()
    return ShiftFacts(
        start=start,
        end=end,
        incidents=decode_all(Incident, incidents),
        timeline=decode_all(TimelineEntry, timeline),
        alerts=_alerts_between(db, start, end),
        earlier_alerts=_alerts_between(db, start - (end - start), start),
        silences=_silences(db, begin),
        outbox=outbox.rows_between(db, start, end),
        sources=source_states(db),
    )


def _alerts_between(db: sqlite3.Connection, start: datetime, end: datetime) -> tuple[Alert, ...]:
    """Alerts that fired in the stretch, each with how often."""
    rows = db.execute(
        "SELECT a.data, sum(f.times) FROM firing f JOIN alert a ON a.id = f.alert_id WHERE f.at >= ? AND f.at < ?"
        " GROUP BY a.id ORDER BY a.first_at, a.id",
        (stamp(start), stamp(end)),
    ).fetchall()
    return tuple(replace(one, count=max(1, times)) for raw, times in rows if (one := decode(Alert, raw)) is not None)
