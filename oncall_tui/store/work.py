"""What was and will be changed (W13), and action items of ticket systems (H1): in and out of their tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from oncall_tui.model import ActionItem, Change
from oncall_tui.store.codec import decode_all, encode, stamp

BACK, AHEAD = timedelta(hours=24), timedelta(days=7)
"""Changes that a board knows of: those that were not over before, and those planned."""
BEFORE = timedelta(hours=6)
"""What changed this long before an incident began is looked at first."""
_MOST = 200
"""Changes listed beside one incident or one shift."""


def put_changes(db: sqlite3.Connection, source: str, changes: Sequence[Change], at: datetime) -> bool:
    """What a source tells of now. What is over stays when it is told no more; what was planned or under way and is
    not told any more was called off. Whether anything differs."""
    told = {change.id: (change, encode(change)) for change in changes}
    held = {
        change_id: (raw, over_at)
        for change_id, raw, over_at in db.execute("SELECT id, data, over_at FROM change WHERE source = ?", (source,))
    }
    gone = [one for one, (_, over_at) in held.items() if one not in told and over_at > at.timestamp()]
    new = [(change, raw) for one, (change, raw) in told.items() if one not in held or held[one][0] != raw]
    db.executemany("DELETE FROM change WHERE id = ?", [(one,) for one in gone])
    db.executemany(
        "INSERT INTO change (id, source, service, at, over_at, data) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET service = excluded.service, at = excluded.at, over_at = excluded.over_at,"
        " data = excluded.data",
        [
            (one.id, source, _folded(one.service), stamp(one.at), stamp(max(one.at, one.until or one.at)), raw)
            for one, raw in new
        ],
    )
    return bool(gone or new)


def put_items(db: sqlite3.Connection, source: str, items: Sequence[ActionItem], at: datetime) -> None:
    """What a source tells of now: all that are open. One that is told no more is not followed any more; one that is
    done stays, so that its ticket's state is known."""
    told = [one.id for one in items]
    db.executemany(
        "INSERT INTO action_item (id, source, native_id, is_done, incident_id, seen_at, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET native_id = excluded.native_id,"
        " is_done = excluded.is_done, incident_id = excluded.incident_id, seen_at = excluded.seen_at,"
        " data = excluded.data",
        [(one.id, source, one.native_id, int(one.done), one.incident_id, stamp(at), encode(one)) for one in items],
    )
    held = {one for (one,) in db.execute("SELECT id FROM action_item WHERE source = ? AND is_done = 0", (source,))}
    db.executemany("DELETE FROM action_item WHERE id = ?", [(one,) for one in held - set(told)])


def _folded(service: str | None) -> str | None:
    return service.casefold() if service else None


# -- out -------------------------------------------------------------------------------------------------------


def changes_since(db: sqlite3.Connection, since: datetime) -> tuple[Change, ...]:
    """Those that were not over at ``since``, the earliest first."""
    rows = db.execute("SELECT data FROM change WHERE over_at >= ? ORDER BY at, id", (stamp(since),))
    return decode_all(Change, rows)


def changes_beside(db: sqlite3.Connection, service: str | None, began: datetime, now: datetime) -> tuple[Change, ...]:
    """For an incident: what changed on its service in the hours before it ``began`` and while it lasts, and what is
    planned; of changes that name no service too, for they may be it. The latest first."""
    rows = db.execute(
        "SELECT data FROM change WHERE (service = ? OR service IS NULL) AND over_at >= ? AND at <= ?"
        " ORDER BY at DESC, id LIMIT ?",
        (_folded(service), stamp(began - BEFORE), stamp(now + AHEAD), _MOST),
    )
    return decode_all(Change, rows)


def changes_between(db: sqlite3.Connection, start: datetime, end: datetime) -> tuple[Change, ...]:
    """For a shift: what was under way in it and what is planned behind it, the earliest first."""
    rows = db.execute(
        "SELECT data FROM change WHERE over_at >= ? AND at <= ? ORDER BY at DESC, id LIMIT ?",
        (stamp(start), stamp(end + AHEAD), _MOST),
    ).fetchall()
    return decode_all(Change, reversed(rows))


def items(db: sqlite3.Connection) -> tuple[ActionItem, ...]:
    """All that are known, open ones first."""
    return decode_all(ActionItem, db.execute("SELECT data FROM action_item ORDER BY is_done, native_id, id"))


def items_of(db: sqlite3.Connection, incident_id: str) -> tuple[ActionItem, ...]:
    """Those of one incident, open ones first."""
    rows = db.execute(
        "SELECT data FROM action_item WHERE incident_id = ? ORDER BY is_done, native_id, id", (incident_id,)
    )
    return decode_all(ActionItem, rows)


def within(changes: Iterable[Change], now: datetime) -> tuple[Change, ...]:
    """Of these those that a board at ``now`` knows of."""
    since, until = now - BACK, now + AHEAD
    return tuple([one for one in changes if one.at <= until and (one.until or one.at) >= since])
