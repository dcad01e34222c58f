"""Facts out of the tables. Each function reads inside the caller's transaction: one consistent picture."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from oncall_tui.clock import parse_instant
from oncall_tui.model import (
    Alert,
    AlertGroup,
    Directory,
    Dismissal,
    Facts,
    First,
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
from oncall_tui.store import dismissed, outbox, work
from oncall_tui.store.codec import decode, decode_all, moment, stamp
from oncall_tui.store.picture import Incidents, Picture, edition

T = TypeVar("T")

WORTH_IT = 500
"""Open incidents that are left for later, if any are: fewer are read in no time."""
_SILENCES = "SELECT data, id FROM silence WHERE ends_at >= ? ORDER BY ends_at, id"


def facts(
    db: sqlite3.Connection,
    picture: Picture,
    now: datetime,
    window: timedelta,
    monitors: Mapping[str, bool] | None,
    patience_s: float,
    labels: tuple[str, ...],
) -> Facts:
    """What a board is made of. For ``monitors``, ``patience_s`` and ``labels`` see :meth:`Groups.read`."""
    since = now - window
    picture.incidents.follow(db, now)
    groups = picture.groups.read(db, since.timestamp(), monitors, patience_s, labels)
    return _facts(db, picture, picture.incidents, groups, now, window)


def first_facts(
    db: sqlite3.Connection, picture: Picture, now: datetime, window: timedelta, first: First
) -> Facts | None:
    """What a board is made of before all incidents are read: these alone, and no alerts. ``None`` where nothing is won
    by it, or these may not be the first ones any more."""
    if edition(db) != first.edition:
        return None
    some = Incidents()
    unread = some.take_some(db, first.ids, now)
    return replace(_facts(db, picture, some, None, now, window), unread=unread) if unread >= WORTH_IT else None


def _facts(
    db: sqlite3.Connection,
    picture: Picture,
    incidents: Incidents,
    groups: tuple[AlertGroup, ...] | None,
    now: datetime,
    window: timedelta,
) -> Facts:
    since = now - window
    health = db.execute("SELECT data, samples, id FROM health ORDER BY id").fetchall()
    samples = {one: picture.decoded(tuple[HealthSample, ...], raw, "samples", one) or () for _, raw, one in health}
    return Facts(
        incidents=incidents.within(since),
        edition=edition(db),
        last_told=_last_told(db, incidents),
        retriggered=incidents.retriggered(since),
        groups=groups or (),
        counting=groups is None,
        health=_all(picture, HealthCheck, "health", ((raw, one) for raw, _, one in health)),
        history=samples,
        on_call=tuple(one for part in _parts(db, picture, tuple[OnCall, ...], "on_call").values() for one in part),
        shifts=tuple(one for part in _parts(db, picture, tuple[Shift, ...], "shifts").values() for one in part),
        silences=_all(picture, Silence, "silence", db.execute(_SILENCES, (stamp(since),)).fetchall()),
        changes=picture.changes(db, now),
        directories=_parts(db, picture, Directory, "directory"),
        sources=source_states(db),
        dismissals=_all(picture, Dismissal, "dismissed", db.execute(dismissed.ROWS).fetchall()),
        outbox=outbox.board_rows(db, now, window),
    )


def _all(picture: Picture, kind: type[T], table: str, rows: Iterable[tuple[bytes, str]]) -> tuple[T, ...]:
    return tuple(value for raw, one in rows if (value := picture.decoded(kind, raw, table, one)) is not None)


def _parts(db: sqlite3.Connection, picture: Picture, kind: type[T], name: str) -> dict[str, T]:
    rows = db.execute("SELECT source, data FROM part WHERE name = ? ORDER BY source", (name,)).fetchall()
    return {source: part for source, raw in rows if (part := picture.decoded(kind, raw, name, source)) is not None}


def _last_told(db: sqlite3.Connection, incidents: Incidents) -> dict[str, datetime]:
    """By the timelines of open incidents, and by our own confirmed notes, of which a pager may keep only the text."""
    told = incidents.last_told
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


def _silences(db: sqlite3.Connection, since: float | None) -> tuple[Silence, ...]:
    return decode_all(Silence, db.execute(_SILENCES, (since,)).fetchall())


def source_states(db: sqlite3.Connection) -> tuple[SourceState, ...]:
    """How each source fares, by name."""
    return decode_all(SourceState, db.execute("SELECT data FROM source ORDER BY name").fetchall())


def incident(db: sqlite3.Connection, incident_id: str, now: datetime) -> IncidentFacts | None:
    """Everything of one incident, as known at ``now``."""
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
        changes=work.changes_beside(db, one.service.name if one.service is not None else None, one.created_at, now),
        action_items=work.items_of(db, incident_id),
    )


def incident_seen(db: sqlite3.Connection, incident_id: str) -> tuple[Incident, datetime] | None:
    """An incident and when its system last told of it."""
    found = db.execute("SELECT data, seen_at FROM incident WHERE id = ?", (incident_id,)).fetchone()
    one = decode(Incident, found[0]) if found else None
    seen = moment(found[1]) if found else None
    return None if one is None or seen is None else (one, seen)


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
        "SELECT id, 1 - is_open AS place FROM incident WHERE substr(id, -length(:end)) = :end"
        " UNION ALL SELECT id, 2 - is_active FROM alert WHERE substr(id, -length(:end)) = :end"
        " UNION ALL SELECT id, 2 FROM silence WHERE substr(id, -length(:end)) = :end",
        {"end": suffix},
    ).fetchall()
    rows.sort(key=lambda row: (row[0] != suffix, row[1], row[0]))
    return tuple(dict.fromkeys(row[0] for row in rows))


def shift_facts(db: sqlite3.Connection, start: datetime, end: datetime) -> ShiftFacts:
    """What a handover of that stretch is made of."""
    of_shift = {"begin": stamp(start), "end": stamp(end)}
    incidents = db.execute(
        "SELECT data FROM incident WHERE created_at < :end AND (is_open = 1 OR ended_at >= :begin"
        " OR created_at >= :begin OR id IN (SELECT incident_id FROM entry WHERE at >= :begin AND at < :end))"
        " ORDER BY created_at, id",
        of_shift,
    ).fetchall()
    timeline = db.execute(
        "SELECT data FROM entry WHERE incident_id IN (SELECT id FROM incident WHERE created_at < :end AND (is_open = 1"
        " OR ended_at >= :begin OR created_at >= :begin"
        " OR id IN (SELECT incident_id FROM entry WHERE at >= :begin AND at < :end))) ORDER BY at, id",
        of_shift,
    ).fetchall()
    return ShiftFacts(
        start=start,
        end=end,
        incidents=decode_all(Incident, incidents),
        timeline=decode_all(TimelineEntry, timeline),
        alerts=_alerts_between(db, start, end),
        earlier_alerts=_alerts_between(db, start - (end - start), start),
        silences=_silences(db, of_shift["begin"]),
        outbox=outbox.rows_between(db, start, end),
        sources=source_states(db),
        changes=work.changes_between(db, start, end),
        action_items=work.items(db),
    )


def _alerts_between(db: sqlite3.Connection, start: datetime, end: datetime) -> tuple[Alert, ...]:
    """Alerts that fired in the stretch, each with how often."""
    rows = db.execute(
        "SELECT a.data, sum(f.times) FROM firing f JOIN alert a ON a.id = f.alert_id WHERE f.at >= ? AND f.at < ?"
        " GROUP BY a.id ORDER BY a.first_at, a.id",
        (stamp(start), stamp(end)),
    ).fetchall()
    return tuple(replace(one, count=max(1, times)) for raw, times in rows if (one := decode(Alert, raw)) is not None)
