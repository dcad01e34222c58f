"""What a poll or a reading brings, into the tables: one transaction each, nothing dropped for being absent (W12)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from oncall_tui.model import (
    Alert,
    AlertState,
    Directory,
    EntryKind,
    HealthCheck,
    HealthSample,
    Incident,
    IncidentDetail,
    IncidentState,
    NoteKind,
    OnCall,
    Shift,
    Silence,
    Snapshot,
    SourceState,
    TimelineEntry,
)
from oncall_tui.store import recent, work
from oncall_tui.store.codec import decode, encode, moment, stamp
from oncall_tui.store.merging import (
    add_sample,
    merge_incident,
    shows_the_same,
    state_shows_the_same,
    was_read_since,
    went_back,
)
from oncall_tui.store.schema import transaction

_ACTIVE = (AlertState.FIRING, AlertState.SILENCED, AlertState.UNKNOWN)


def apply_snapshot(db: sqlite3.Connection, snapshot: Snapshot, state: SourceState) -> bool:
    """Everything of one poll. A part that is ``None`` stays as it is. Whether a board shows anything anew."""
    source, at = snapshot.source, snapshot.taken_at
    with transaction(db):
        news = [_put_state(db, state)]
        if snapshot.incidents is not None:
            news += [_put_incident(db, incident, at, read_at=None) for incident in snapshot.incidents]
        if snapshot.alerts is not None:
            news += [_put_alert(db, alert) for alert in snapshot.alerts]
            if snapshot.alerts_complete:
                news.append(_end_absent(db, source, {alert.id for alert in snapshot.alerts}, at))
        if snapshot.health is not None:
            news.append(_put_health(db, source, snapshot.health))
        if snapshot.silences is not None:
            news.append(_put_silences(db, source, snapshot.silences))
        if snapshot.on_call is not None:
            news.append(_put_part(db, source, "on_call", snapshot.on_call))
        if snapshot.shifts is not None:
            news.append(_put_part(db, source, "shifts", snapshot.shifts))
        if snapshot.directory is not None:
            news.append(_put_part(db, source, "directory", snapshot.directory))
        if snapshot.changes is not None:
            news.append(work.put_changes(db, source, snapshot.changes, at))
        if snapshot.action_items is not None:
            work.put_items(db, source, snapshot.action_items, at)  # on no board: the handover asks for them
        news.append(put_entries(db, source, snapshot.timeline))
        recent.sort_in(db, at)
    return any(news)


def put_state(db: sqlite3.Connection, state: SourceState) -> bool:
    """How a source fares; its facts stay."""
    with transaction(db):
        return _put_state(db, state)


def put_detail(db: sqlite3.Connection, detail: IncidentDetail, now: datetime) -> bool:
    """One incident read whole."""
    with transaction(db):
        news = [_put_incident(db, detail.incident, now, read_at=now)]
        news += [_put_alert(db, alert) for alert in detail.alerts]
        news.append(put_entries(db, detail.incident.source, detail.timeline))
        recent.sort_in(db, now)
    return any(news)


def put_history(db: sqlite3.Connection, details: Sequence[IncidentDetail], at: datetime) -> int:
    """Incidents of long ago, and what came of their timelines; how many of them were not known or are told otherwise
    now. One that is open, here or there, is the polls' and stays as it is: nothing of the past rings or looks new."""
    news = 0
    with transaction(db):
        for detail in details:
            incident = detail.incident
            held = db.execute("SELECT is_open, data FROM incident WHERE id = ?", (incident.id,)).fetchone()
            if incident.is_open or (held is not None and held[0]):
                continue
            old = decode(Incident, held[1]) if held is not None else None
            # What a poll has told of it in this very form stays: it knows more than a list of the past.
            same = old is not None and old.updated_at is not None and old.updated_at == incident.updated_at
            changed = not same and _put_incident(db, incident, at, read_at=None)
            changed = put_entries(db, incident.source, detail.timeline) or changed
            news += changed
    return news


def sort_rest(db: sqlite3.Connection, now: datetime) -> None:
    """Alerts that were written by somebody who does not sort them into their groups."""
    if db.execute("SELECT 1 FROM unsorted LIMIT 1").fetchone() is not None:
        with transaction(db):
            recent.sort_in(db, now)


def mark_unknown(db: sqlite3.Connection, incident_id: str) -> bool:
    """Its system does not find it any more: it stays, with its state unknown; when it was last told of stays too."""
    with transaction(db):
        found = db.execute("SELECT data FROM incident WHERE id = ?", (incident_id,)).fetchone()
        incident = decode(Incident, found[0]) if found else None
        if incident is None or incident.state is IncidentState.UNKNOWN:
            return False
        raw = encode(replace(incident, state=IncidentState.UNKNOWN))
        db.execute("UPDATE incident SET is_open = 1, ended_at = NULL, data = ? WHERE id = ?", (raw, incident_id))
    return True


def _put_state(db: sqlite3.Connection, state: SourceState) -> bool:
    found = db.execute("SELECT data FROM source WHERE name = ?", (state.name,)).fetchone()
    old = decode(SourceState, found[0]) if found else None
    db.execute("INSERT OR REPLACE INTO source (name, data) VALUES (?, ?)", (state.name, encode(state)))
    return not state_shows_the_same(old, state)


# -- incidents -------------------------------------------------------------------------------------------------


def _put_incident(db: sqlite3.Connection, told: Incident, at: datetime, read_at: datetime | None) -> bool:
    found = db.execute("SELECT data, retriggered_at, read_at FROM incident WHERE id = ?", (told.id,)).fetchone()
    old = decode(Incident, found[0]) if found else None
    if old is not None and read_at is None and was_read_since(old, told, moment(found[2]), at):
        return False
    merged = merge_incident(old, told, at)
    retriggered = found[1] if found else None
    if went_back(old, merged):
        # The system's own time of the change where it tells one that can be; else when we saw it.
        changed = merged.updated_at if merged.updated_at is not None and merged.updated_at <= at else at
        retriggered = stamp(changed)
    raw = encode(merged)
    changed_data = found is None or found[0] != raw or retriggered != found[1]
    if not changed_data:
        db.execute(
            "UPDATE incident SET seen_at = ?, read_at = coalesce(?, read_at) WHERE id = ?",
            (stamp(at), stamp(read_at), told.id),
        )
        return False
    ended = None if merged.is_open else stamp(merged.resolved_at or merged.updated_at or at)
    db.execute(
        "INSERT INTO incident (id, source, native_id, is_open, created_at, ended_at, seen_at, read_at,"
        " retriggered_at, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open, created_at = excluded.created_at,"
        " ended_at = excluded.ended_at, seen_at = excluded.seen_at,"
        " read_at = coalesce(excluded.read_at, read_at), retriggered_at = excluded.retriggered_at,"
        " data = excluded.data",
        (
            merged.id,
            merged.source,
            merged.native_id,
            int(merged.is_open),
            stamp(merged.created_at),
            ended,
            stamp(at),
            stamp(read_at),
            retriggered,
            raw,
        ),
    )
    return True


def put_entries(db: sqlite3.Connection, source: str, entries: Iterable[TimelineEntry]) -> bool:
    """Entries of timelines, inside the caller's transaction. Whether any is new or differs."""
    news = False
    acknowledged: dict[str, datetime] = {}
    for entry in entries:
        raw = encode(entry)
        found = db.execute("SELECT data FROM entry WHERE id = ?", (entry.id,)).fetchone()
        if found is not None and found[0] == raw:
            continue
        news = True
        told = entry.note_kind is NoteKind.TOLD or entry.kind is EntryKind.STATUS_UPDATE
        db.execute(
            "INSERT OR REPLACE INTO entry (id, incident_id, source, at, written_at, kind, is_told, data)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.id,
                entry.incident_id,
                source,
                stamp(entry.at),
                stamp(entry.written_at or entry.at),
                entry.kind.value,
                int(told),
                raw,
            ),
        )
        if entry.kind is EntryKind.ACKNOWLEDGED:
            first = acknowledged.get(entry.incident_id, entry.at)
            acknowledged[entry.incident_id] = min(first, entry.at)
    for incident_id, at in acknowledged.items():
        _note_first_acknowledged(db, incident_id, at)
    return news


def _note_first_acknowledged(db: sqlite3.Connection, incident_id: str, at: datetime) -> None:
    found = db.execute("SELECT data FROM incident WHERE id = ?", (incident_id,)).fetchone()
    incident = decode(Incident, found[0]) if found else None
    if incident is None or (incident.first_acknowledged_at is not None and incident.first_acknowledged_at <= at):
        return
    changed = encode(replace(incident, first_acknowledged_at=at))
    db.execute("UPDATE incident SET data = ? WHERE id = ?", (changed, incident_id))


# -- alerts ----------------------------------------------------------------------------------------------------


def _put_alert(db: sqlite3.Connection, alert: Alert) -> bool:
    raw = encode(alert)
    found = db.execute("SELECT data, is_active FROM alert WHERE id = ?", (alert.id,)).fetchone()
    if found is not None and found[0] == raw:
        return False
    old = decode(Alert, found[0]) if found is not None else None
    _count_firing(db, old, alert)
    db.execute(
        "INSERT OR REPLACE INTO alert (id, source, is_active, incident_id, first_at, last_at, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            alert.id,
            alert.source,
            int(alert.state in _ACTIVE),
            alert.incident_id,
            stamp(alert.first_at),
            stamp(alert.ended_at or alert.last_at),
            raw,
        ),
    )
    return True


def _count_firing(db: sqlite3.Connection, old: Alert | None, new: Alert) -> None:
    """Remember that it fired: first seen, begun anew under the same id, or told more often than before."""
    if old is None or new.first_at > old.first_at:
        at, times = new.first_at, max(1, new.count if old is None else 1)
    elif new.count > old.count:
        at, times = new.last_at, new.count - old.count
    else:
        return
    db.execute(
        "INSERT INTO firing (alert_id, at, times) VALUES (?, ?, ?)"
        " ON CONFLICT (alert_id, at) DO UPDATE SET times = max(times, excluded.times)",
        (new.id, stamp(at), times),
    )


def _end_absent(db: sqlite3.Connection, source: str, present: set[str], at: datetime) -> bool:
    """Alerts that a complete list does not have any more have ended; resolved would be the system's word."""
    rows = db.execute("SELECT id, data FROM alert WHERE source = ? AND is_active = 1", (source,)).fetchall()
    ended = False
    for alert_id, raw in rows:
        alert = decode(Alert, raw)
        if alert_id in present or alert is None:
            continue
        ended = True
        changed = encode(replace(alert, state=AlertState.ENDED, ended_at=at, silenced_by=()))
        db.execute("UPDATE alert SET is_active = 0, last_at = ?, data = ? WHERE id = ?", (stamp(at), changed, alert_id))
    return ended


# -- what is replaced whole ------------------------------------------------------------------------------------


def _put_health(db: sqlite3.Connection, source: str, checks: Sequence[HealthCheck]) -> bool:
    held = {
        check_id: (data, samples)
        for check_id, data, samples in db.execute("SELECT id, data, samples FROM health WHERE source = ?", (source,))
    }
    news = set(held) != {check.id for check in checks}
    for check in checks:
        data, samples = held.pop(check.id, (None, b"[]"))
        old = decode(HealthCheck, data) if data is not None else None
        before = decode(tuple[HealthSample, ...], samples) or ()
        after = add_sample(before, check)
        # When it was checked is not news by itself: the pane shows what it says.
        same = old is not None and replace(old, checked_at=check.checked_at) == check
        news = news or not same or not shows_the_same(before, after)
        db.execute(
            "INSERT OR REPLACE INTO health (id, source, data, samples) VALUES (?, ?, ?, ?)",
            (check.id, source, encode(check), encode(after)),
        )
    db.executemany("DELETE FROM health WHERE id = ?", [(check_id,) for check_id in held])
    return news


def _put_silences(db: sqlite3.Connection, source: str, silences: Sequence[Silence]) -> bool:
    before = {raw for (raw,) in db.execute("SELECT data FROM silence WHERE source = ?", (source,))}
    after = {silence.id: (silence, encode(silence)) for silence in silences}
    if before == {raw for _, raw in after.values()}:
        return False
    db.execute("DELETE FROM silence WHERE source = ?", (source,))
    db.executemany(
        "INSERT OR REPLACE INTO silence (id, source, ends_at, data) VALUES (?, ?, ?, ?)",
        [(silence.id, source, stamp(silence.ends_at), raw) for silence, raw in after.values()],
    )
    return True


def _put_part(
    db: sqlite3.Connection, source: str, name: str, part: tuple[OnCall, ...] | tuple[Shift, ...] | Directory
) -> bool:
    raw = encode(part)
    found = db.execute("SELECT data FROM part WHERE source = ? AND name = ?", (source, name)).fetchone()
    if found is not None and found[0] == raw:
        return False
    db.execute("INSERT OR REPLACE INTO part (source, name, data) VALUES (?, ?, ?)", (source, name, raw))
    return True
