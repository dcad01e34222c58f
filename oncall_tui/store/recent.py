"""Alerts sorted into the groups that they are drawn in: table ``recent``, kept beside ``alert`` by every writing."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from oncall_tui.board.groups import group_key, member_of
from oncall_tui.model import Alert
from oncall_tui.store.codec import decode, encode

KEPT = timedelta(hours=2)
"""An alert that is over stays in ``recent`` this long: no board's window is longer."""
_OVER_AT_ONCE = 500


def sort_in(db: sqlite3.Connection, now: datetime) -> None:
    """Bring ``recent`` up to what ``alert`` holds, inside the caller's transaction."""
    waiting = [alert_id for (alert_id,) in db.execute("SELECT id FROM unsorted")]
    if not waiting:
        return
    db.execute("UPDATE mark SET version = version + 1 WHERE name = 'group'")
    (version,) = db.execute("SELECT version FROM mark WHERE name = 'group'").fetchone()
    oldest = (now - KEPT).timestamp()
    touched: set[tuple[str, str]] = set()
    for alert_id in waiting:
        touched.update(_take_out(db, alert_id))
        touched.update(_put_in(db, alert_id, oldest))
    db.executemany(
        "INSERT INTO alert_group (source, grp, version) VALUES (?, ?, ?)"
        " ON CONFLICT (source, grp) DO UPDATE SET version = excluded.version",
        [(source, group, version) for source, group in touched],
    )
    db.execute("DELETE FROM unsorted")
    # What is over leaves as new ones come.
    db.execute(
        "DELETE FROM recent WHERE id IN (SELECT id FROM recent WHERE rank >= 3 AND seen_at < ? LIMIT ?)",
        (oldest, _OVER_AT_ONCE),
    )


def _take_out(db: sqlite3.Connection, alert_id: str) -> list[tuple[str, str]]:
    """The group that it was in."""
    found = db.execute("SELECT source, grp, rank, seen_at FROM recent WHERE id = ?", (alert_id,)).fetchone()
    if found is None:
        return []
    db.execute(
        "DELETE FROM recent WHERE source = ? AND grp = ? AND rank = ? AND seen_at = ? AND id = ?", (*found, alert_id)
    )
    return [found[:2]]


def _put_in(db: sqlite3.Connection, alert_id: str, oldest: float) -> list[tuple[str, str]]:
    """The group that it is in now."""
    found = db.execute("SELECT is_active, last_at, data FROM alert WHERE id = ?", (alert_id,)).fetchone()
    if found is None or (not found[0] and found[1] < oldest):
        return []
    alert = decode(Alert, found[2])
    if alert is None:
        return []
    member = member_of(alert)
    group = group_key(alert)
    rows, times = db.execute("SELECT count(*), total(times) FROM firing WHERE alert_id = ?", (alert_id,)).fetchone()
    db.execute(
        "INSERT INTO recent (source, grp, rank, seen_at, id, incident_id, fired_again, brief)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            alert.source,
            group,
            member.rank,
            found[1],
            alert_id,
            alert.incident_id,
            int(rows > 1 or times > alert.count),
            encode(member).decode(),
        ),
    )
    return [(alert.source, group)]
