"""Alerts sorted into the groups that they are drawn in: table ``recent``, kept beside ``alert`` by every writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.board.groups import group_key, member_of
from oncall_tui.model import Alert
from oncall_tui.store.codec import decode, encode

KEPT = timedelta(hours=2)
"""An alert that is over stays in ``recent`` this long: no board's window is longer."""
_AT_ONCE = 500

_WAITING = """
    SELECT u.id, a.data, a.is_active, a.last_at, r.source, r.grp, r.rank, r.seen_at,
        (SELECT count(*) FROM firing f WHERE f.alert_id = u.id),
        (SELECT total(times) FROM firing f WHERE f.alert_id = u.id)
    FROM unsorted u LEFT JOIN alert a ON a.id = u.id LEFT JOIN recent r ON r.id = u.id
    WHERE u.id > ? ORDER BY u.id LIMIT ?"""
_TAKE_OUT = "DELETE FROM recent WHERE source = ? AND grp = ? AND rank = ? AND seen_at = ? AND id = ?"
_PUT_IN = """
    INSERT INTO recent (source, grp, rank, seen_at, id, incident_id, fired_again, brief)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""


def sort_in(db: sqlite3.Connection, now: datetime) -> None:
    """Bring ``recent`` up to what ``alert`` holds, inside the caller's transaction."""
    oldest = (now - KEPT).timestamp()
    touched: set[tuple[str, str]] = set()
    for some in _waiting(db):
        leaving = [(*row[4:8], row[0]) for row in some if row[4] is not None]
        coming = [found for row in some if (found := _sorted(row, oldest)) is not None]
        db.executemany(_TAKE_OUT, leaving)
        db.executemany(_PUT_IN, coming)
        touched.update((source, group) for source, group, *_ in (*leaving, *coming))
    if not touched:
        db.execute("DELETE FROM unsorted")
        return
    db.execute("UPDATE mark SET version = version + 1 WHERE name = 'group'")
    (version,) = db.execute("SELECT version FROM mark WHERE name = 'group'").fetchone()
    db.executemany(
        "INSERT INTO alert_group (source, grp, version) VALUES (?, ?, ?)"
        " ON CONFLICT (source, grp) DO UPDATE SET version = excluded.version",
        [(source, group, version) for source, group in touched],
    )
    db.execute("DELETE FROM unsorted")
    # What is over leaves as new ones come.
    db.execute(
        "DELETE FROM recent WHERE id IN (SELECT id FROM recent WHERE rank >= 3 AND seen_at < ? LIMIT ?)",
        (oldest, _AT_ONCE),
    )


def _waiting(db: sqlite3.Connection) -> Iterator[list[tuple[Any, ...]]]:
    last = ""
    while some := db.execute(_WAITING, (last, _AT_ONCE)).fetchall():
        yield some
        last = some[-1][0]


def _sorted(row: tuple[Any, ...], oldest: float) -> tuple[Any, ...] | None:
    """An alert's row of ``recent``; ``None``: it has none."""
    alert_id, raw, is_active, seen_at, *_, firings, times = row
    if raw is None or (not is_active and seen_at < oldest):
        return None
    alert = decode(Alert, raw)
    if alert is None:
        return None
    member = member_of(alert)
    fired_again = int(firings > 1 or times > alert.count)
    place = (alert.source, group_key(alert), member.rank, seen_at)
    return (*place, alert_id, alert.incident_id, fired_again, encode(member).decode())
