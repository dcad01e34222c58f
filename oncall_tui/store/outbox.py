"""The outbox and the audit: stored before they are sent, changed by compare-and-set, every change one audit line."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.model import AuditLine, OutboxRow, OutboxState, Version
from oncall_tui.store.codec import checksum, decode, encode, moment, stamp
from oncall_tui.store.errors import StoreError
from oncall_tui.store.journal import OutboxJournal
from oncall_tui.store.lease import holds_lease
from oncall_tui.store.schema import transaction
from oncall_tui.store.spoken import put_spoken

log = logging.getLogger(__name__)

_UNSETTLED = (OutboxState.REFUSED.value, OutboxState.UNKNOWN.value)


def insert_row(
    db: sqlite3.Connection, row: OutboxRow, *, seen_off: bool, number: int | None = None, raw: bytes | None = None
) -> None:
    """A row as it is, inside the caller's transaction; one with the same key that is there already stays."""
    data = encode(row) if raw is None else raw
    db.execute(
        "INSERT OR IGNORE INTO outbox (number, key, state, is_pending, source, target, verb, created_at, ended_at,"
        " is_seen_off, checksum, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            row.key,
            row.state.value,
            int(row.pending),
            row.source,
            row.target,
            row.verb.value,
            stamp(row.created_at),
            _ended_at(row),
            int(seen_off),
            checksum(data),
            data,
        ),
    )
    put_spoken(db, row)


def _ended_at(row: OutboxRow) -> float | None:
    return None if row.pending else stamp(row.answered_at or row.sent_at or row.created_at)


def load_row(mark: str, raw: Any) -> OutboxRow | None:
    """The row whose bytes are as they were written; ``None`` when anything in them has changed."""
    if not isinstance(raw, bytes) or checksum(raw) != mark:
        return None
    return decode(OutboxRow, raw)


def load_rows(rows: Iterable[tuple[Any, ...]]) -> tuple[OutboxRow, ...]:
    """Rows from (checksum, data) pairs. Damaged ones are left out here: the next opening tells of them."""
    loaded = []
    for mark, raw in rows:
        row = load_row(mark, raw)
        if row is None:
            log.error("an action in the outbox cannot be read")
        else:
            loaded.append(row)
    return tuple(loaded)


# -- writing ---------------------------------------------------------------------------------------------------


def enqueue(db: sqlite3.Connection, journal: OutboxJournal, row: OutboxRow) -> tuple[OutboxRow, bool]:
    """Store a new action; durable when this returns. A pending one that means the same comes back instead, with
    ``False``: a double press has one effect."""
    raw = encode(row)
    meaning = _meaning(row)
    with transaction(db) as take_back:
        same = db.execute(
            "SELECT checksum, data FROM outbox WHERE is_pending = 1 AND target = ? AND verb = ? ORDER BY number",
            (row.target, row.verb.value),
        )
        for existing in load_rows(same.fetchall()):
            if _meaning(existing) == meaning:
                return existing, False
        if db.execute("SELECT 1 FROM outbox WHERE key = ?", (row.key,)).fetchone() is not None:
            raise StoreError(f"an action with the key {row.key} is there already")
        take_back.append(journal.append(raw))
        insert_row(db, row, seen_off=False, raw=raw)
        write_audit(db, line_of(row, "queued", row.created_at, ""))
    return row, True


def _meaning(row: OutboxRow) -> tuple[str, bytes, bytes]:
    # Held or not, forced or not: it is the same wish.
    return row.source, encode(sorted(row.params.items())), encode(row.seen)


def move(
    db: sqlite3.Connection,
    journal: OutboxJournal,
    row: OutboxRow,
    *,
    was: frozenset[OutboxState],
    event: str,
    detail: str,
    now: datetime,
    token: str | None = None,
) -> bool:
    """Write ``row`` over the stored one if that is in one of the states ``was``; one audit line with it.

    With ``token`` also only if that holder has the sending lease, checked in the same transaction: a process that
    was stopped for a minute and wakes up does not send what another has taken over.
    """
    raw = encode(row)
    with transaction(db) as take_back:
        found = load_rows(db.execute("SELECT checksum, data FROM outbox WHERE key = ?", (row.key,)).fetchall())
        # Made from what was there before another attempt: it must not make that attempt forgotten.
        if not found or found[0].state not in was or found[0].attempts > row.attempts:
            return False
        if token is not None and not holds_lease(db, token, now):
            return False
        take_back.append(journal.append(raw))
        db.execute(
            "UPDATE outbox SET state = ?, is_pending = ?, ended_at = ?, is_seen_off = 0, checksum = ?, data = ?"
            " WHERE key = ?",
            (row.state.value, int(row.pending), None if row.pending else stamp(now), checksum(raw), raw, row.key),
        )
        put_spoken(db, row)
        write_audit(db, line_of(row, event, now, detail))
    return True


def see_off(db: sqlite3.Connection, row: OutboxRow, now: datetime) -> None:
    """A refused or unknown row was seen by a person: off the board, not out of the audit."""
    with transaction(db):
        changed = db.execute(
            "UPDATE outbox SET is_seen_off = 1 WHERE key = ? AND is_seen_off = 0 AND state IN (?, ?)",
            (row.key, *_UNSETTLED),
        ).rowcount
        if changed:
            write_audit(db, line_of(row, "accepted", now, "seen by a person"))


# -- reading ---------------------------------------------------------------------------------------------------


def pending_rows(db: sqlite3.Connection) -> tuple[OutboxRow, ...]:
    """What is queued or sending, in the order of the key presses."""
    rows = db.execute("SELECT checksum, data FROM outbox WHERE is_pending = 1 ORDER BY number")
    return load_rows(rows.fetchall())


def has_declarations(db: sqlite3.Connection) -> bool:
    """Whether a declaration may have something to send yet."""
    return db.execute("SELECT 1 FROM declaration WHERE is_over = 0 LIMIT 1").fetchone() is not None


def all_rows(db: sqlite3.Connection) -> tuple[OutboxRow, ...]:
    """The whole outbox, newest last."""
    return load_rows(db.execute("SELECT checksum, data FROM outbox ORDER BY number").fetchall())


def board_rows(db: sqlite3.Connection, now: datetime, window: timedelta) -> tuple[OutboxRow, ...]:
    """Pending ones; refused and unknown ones that nobody has seen off; others that ended within the window."""
    rows = db.execute(
        "SELECT checksum, data FROM outbox WHERE is_pending = 1"
        " OR (state IN (?, ?) AND is_seen_off = 0)"
        " OR (state NOT IN (?, ?) AND ended_at >= ?) ORDER BY number",
        (*_UNSETTLED, *_UNSETTLED, stamp(now - window)),
    )
    return load_rows(rows.fetchall())


def rows_of_target(db: sqlite3.Connection, target: str) -> tuple[OutboxRow, ...]:
    """All actions on one target, oldest first."""
    rows = db.execute("SELECT checksum, data FROM outbox WHERE target = ? ORDER BY number", (target,))
    return load_rows(rows.fetchall())


def rows_between(db: sqlite3.Connection, start: datetime, end: datetime) -> tuple[OutboxRow, ...]:
    """Created in the stretch, or still waiting for something."""
    rows = db.execute(
        "SELECT checksum, data FROM outbox WHERE is_pending = 1 OR (created_at >= ? AND created_at < ?)"
        " OR (state IN (?, ?) AND is_seen_off = 0) ORDER BY number",
        (stamp(start), stamp(end), *_UNSETTLED),
    )
    return load_rows(rows.fetchall())


def row_by_key(db: sqlite3.Connection, key: str) -> OutboxRow | None:
    """By its key, or by the beginning of it where that names only one."""
    exact = load_rows(db.execute("SELECT checksum, data FROM outbox WHERE key = ?", (key,)).fetchall())
    if exact or not key:
        return exact[0] if exact else None
    rows = db.execute(
        "SELECT checksum, data FROM outbox WHERE substr(key, 1, length(?)) = ? ORDER BY number LIMIT 2", (key, key)
    )
    found = load_rows(rows.fetchall())
    return found[0] if len(found) == 1 else None


# -- audit -----------------------------------------------------------------------------------------------------


def line_of(row: OutboxRow, event: str, at: datetime, detail: str) -> AuditLine:
    """The audit line of one step of an action: what was seen and meant, then what happened."""
    parts = {
        "seen": None if row.seen is None else _seen(row.seen),
        "params": row.params or None,
        "attempt": row.attempts or None,
        "answer": row.answer,
        "held": row.held,
        "ref": row.native_ref,
        "detail": detail or None,
    }
    told = {name: value for name, value in parts.items() if value is not None}
    return AuditLine(
        at=at,
        seat=row.seat,
        event=event,
        key=row.key,
        verb=row.verb.value,
        target=row.target,
        detail=encode(told).decode("utf-8"),
    )


def _seen(seen: Version) -> str:
    level = f", level {seen.escalation_level}" if seen.escalation_level is not None else ""
    return f"{seen.state.value}{level}, {'+'.join(seen.assignees) or 'nobody'}"


def write_audit(db: sqlite3.Connection, line: AuditLine) -> None:
    """Append one line, inside the caller's transaction."""
    db.execute(
        "INSERT INTO audit (at, seat, event, key, verb, target, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (stamp(line.at), line.seat, line.event, line.key, line.verb, line.target, line.detail),
    )


def record(db: sqlite3.Connection, line: AuditLine) -> None:
    """Append one line, in a transaction of its own."""
    with transaction(db):
        write_audit(db, line)


def audit_lines(db: sqlite3.Connection, limit: int) -> tuple[AuditLine, ...]:
    """The latest lines, oldest first."""
    rows = db.execute(
        "SELECT at, seat, event, key, verb, target, detail FROM audit ORDER BY at DESC, number DESC LIMIT ?", (limit,)
    ).fetchall()
    return tuple(
        AuditLine(at=at, seat=seat, event=event, key=key, verb=verb, target=target, detail=detail)
        for seconds, seat, event, key, verb, target, detail in reversed(rows)
        if (at := moment(seconds)) is not None
    )
