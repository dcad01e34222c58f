"""What was, over months: incidents page by page, alerts as counts; and schedules. Each reads inside the caller's
transaction and is short, so that a dashboard on the same file does not wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime
from typing import Literal

from oncall_tui.model import EntryKind, Incident, IncidentHistory, Shift, TimelineEntry
from oncall_tui.store.codec import decode, decode_all, moment, stamp

Place = tuple[float, str]
"""Where a page ends: (``created_at``, id) of its last incident."""
By = Literal["service", "severity"]

_TURNS = (
    EntryKind.TRIGGERED,
    EntryKind.ACKNOWLEDGED,
    EntryKind.UNACKNOWLEDGED,
    EntryKind.REOPENED,
    EntryKind.RESOLVED,
    EntryKind.NOTE,
    EntryKind.STATUS_UPDATE,
)
_MOST_ENTRIES = 2000
"""Of one incident: a timeline without end must not fill the memory."""
_PLACES = ", ".join("?" * len(_TURNS))
_ENTRIES = f"SELECT data FROM entry WHERE incident_id = ? AND kind IN ({_PLACES}) ORDER BY at, id LIMIT ?"  # noqa: S608


def incidents(
    db: sqlite3.Connection, start: datetime, end: datetime, after: Place | None, limit: int
) -> tuple[tuple[IncidentHistory, ...], Place | None]:
    """The first ``limit`` incidents that were triggered from ``start`` to ``end``, oldest first, behind ``after``; and
    where to go on, ``None`` at the end."""
    rows = db.execute(
        "SELECT created_at, id, data FROM incident WHERE (created_at, id) > (?, ?) AND created_at < ?"
        " ORDER BY created_at, id LIMIT ?",
        (*(after or (start.timestamp(), "")), stamp(end), limit),
    ).fetchall()
    done = _done_tickets(db)
    found = tuple(of_incident(db, one, done) for _, _, raw in rows if (one := decode(Incident, raw)) is not None)
    return found, (rows[-1][0], rows[-1][1]) if len(rows) == limit else None


def resolved(
    db: sqlite3.Connection, since: datetime, severities: Collection[int | None], limit: int
) -> tuple[IncidentHistory, ...]:
    """The latest ``limit`` incidents of these severities that were resolved since then, in no order."""
    rows = db.execute(
        "SELECT data FROM incident WHERE is_open = 0 AND ended_at >= ? ORDER BY ended_at DESC", (stamp(since),)
    )
    found: list[IncidentHistory] = []
    for (raw,) in rows.fetchall():
        incident = decode(Incident, raw)
        if incident is not None and incident.severity in severities and len(found) < limit:
            found.append(of_incident(db, incident))
    return tuple(found)


def _done_tickets(db: sqlite3.Connection) -> frozenset[str]:
    return frozenset(key.casefold() for (key,) in db.execute("SELECT native_id FROM action_item WHERE is_done = 1"))


def of_incident(
    db: sqlite3.Connection, incident: Incident, done_tickets: frozenset[str] = frozenset()
) -> IncidentHistory:
    """An incident with what its life can be read from."""
    entries = db.execute(_ENTRIES, (incident.id, *(kind.value for kind in _TURNS), _MOST_ENTRIES))
    (first,) = db.execute("SELECT min(first_at) FROM alert WHERE incident_id = ?", (incident.id,)).fetchone()
    return IncidentHistory(
        incident=incident,
        timeline=decode_all(TimelineEntry, entries.fetchall()),
        first_alert_at=moment(first),
        done_tickets=done_tickets,
    )


def fired(
    db: sqlite3.Connection, start: datetime, end: datetime, sources: Collection[str], by: By | None
) -> dict[str | int | None, int]:
    """How often alerts of these sources fired from ``start`` to ``end``: by the alert's service or severity, or all
    together under ``None``."""
    among = ", ".join("?" * len(sources))
    where = f"at >= ? AND at < ? AND substr(alert_id, 1, instr(alert_id, ':') - 1) IN ({among})"
    values = (stamp(start), stamp(end), *sources)
    if by is None:
        (count,) = db.execute(f"SELECT sum(times) FROM firing WHERE {where}", values).fetchone()  # noqa: S608
        return {None: int(count)} if count else {}
    # An alert is read once, however often it fired. A damaged row is of no service and no severity.
    text = "CAST(a.data AS TEXT)"
    rows = db.execute(
        f"SELECT CASE WHEN json_valid({text}) THEN json_extract({text}, '$.{by}') END AS what, sum(f.times)"  # noqa: S608
        f" FROM (SELECT alert_id, sum(times) AS times FROM firing WHERE {where} GROUP BY alert_id) f"
        " LEFT JOIN alert a ON a.id = f.alert_id GROUP BY what",
        values,
    )
    return {what: int(count) for what, count in rows}


def begins(db: sqlite3.Connection) -> tuple[datetime | None, datetime | None]:
    """The oldest incident and the oldest firing of an alert that are kept."""
    (incident,) = db.execute("SELECT min(created_at) FROM incident").fetchone()
    (firing,) = db.execute("SELECT min(at) FROM firing").fetchone()
    return moment(incident), moment(firing)


def shifts(db: sqlite3.Connection) -> dict[str, tuple[Shift, ...]]:
    """The shifts that each source last told of, by its name."""
    rows = db.execute("SELECT source, data FROM part WHERE name = 'shifts' ORDER BY source").fetchall()
    return {source: found for source, raw in rows if (found := decode(tuple[Shift, ...], raw)) is not None}
