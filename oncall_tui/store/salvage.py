"""What can be saved from a database that is broken, and what the journal of the outbox puts back."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from oncall_tui.model import OutboxRow
from oncall_tui.store.codec import checksum, decode, stamp
from oncall_tui.store.errors import BROKEN
from oncall_tui.store.journal import OutboxJournal
from oncall_tui.store.outbox import insert_row, line_of, load_row, write_audit
from oncall_tui.store.schema import transaction

log = logging.getLogger(__name__)

_PERSONAL = {
    "audit": ("number", "at", "seat", "event", "key", "verb", "target", "detail"),
    "draft": ("key", "text", "updated_at"),
    "value": ("name", "text"),
    "tick": ("id", "list", "subject", "item", "at", "seat", "is_done", "said"),
    "declaration": ("id", "created_at", "data"),
    "judgement": ("number", "kind", "at", "seat", "grp", "source", "name", "service", "why"),
    "damaged": ("number", "found_at", "key", "data"),
}
_CACHE = {
    "incident": (
        *("id", "source", "native_id", "is_open", "created_at", "ended_at", "seen_at", "read_at", "retriggered_at"),
        "data",
    ),
    "entry": ("id", "incident_id", "source", "at", "written_at", "kind", "is_told", "data"),
    "alert": ("id", "source", "is_active", "incident_id", "first_at", "last_at", "data"),
    "health": ("id", "source", "data", "samples"),
    "silence": ("id", "source", "ends_at", "data"),
    "part": ("source", "name", "data"),
    "source": ("name", "data"),
    "change": ("id", "source", "service", "at", "over_at", "data"),
    "action_item": ("id", "source", "native_id", "is_done", "incident_id", "seen_at", "data"),
}
_MOST_ROWS = 200_000
"""Rows of one table that are looked for one by one."""


def carry_over(aside: Path, db: sqlite3.Connection, now: datetime) -> str:
    """Outbox, audit, drafts and remembered values from a broken database into a new one, row by row.

    The cache is not carried over: what a broken file says of an incident may be wrong, and the next poll brings it.
    Returns what was saved, in words.
    """
    with _source(aside) as old:
        if old is None:
            return "nothing in it could be read"
        actions, bad = _outbox(old, db, now)
        counts = {table: _copy(old, db, table, columns) for table, columns in _PERSONAL.items()}
    words = (
        f"saved {count(actions, 'action')}, {count(counts['audit'], 'audit line')}, {count(counts['draft'], 'draft')}"
    )
    return f"{words}; {count(bad, 'action')} could not be read (table damaged)" if bad else words


def count(number: int, word: str) -> str:
    """``1 action``, ``2 actions``."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def copy_all(path: Path, db: sqlite3.Connection, now: datetime) -> None:
    """Everything that can be read, cache included, from a whole database of another version."""
    with _source(path) as old:
        if old is not None:
            _outbox(old, db, now)
            for table, columns in (_PERSONAL | _CACHE).items():
                _copy(old, db, table, columns)


@contextlib.contextmanager
def _source(path: Path) -> Iterator[sqlite3.Connection | None]:
    """The old file, never written to: with its side files where that is possible, else as it lies there."""
    for options in ("mode=ro", "mode=ro&immutable=1"):
        connection = None
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?{options}", uri=True, isolation_level=None)
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BROKEN:
            if connection is not None:
                connection.close()
            continue
        # Text that is not UTF-8 any more must not end the reading of the rows after it.
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            yield connection
        finally:
            connection.close()
        return
    yield None


def _rows(old: sqlite3.Connection, table: str, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Every row that can be reached: forwards and backwards until it breaks, then one by one by its number."""
    names = ", ".join(columns)
    found: dict[Any, tuple[Any, ...]] = {}
    whole = True
    for direction in ("ASC", "DESC"):
        try:
            cursor = old.execute(f"SELECT {names} FROM {table} ORDER BY 1 {direction}")  # noqa: S608 - our own names
            for row in cursor:
                found[row[:2] if columns[0] == "source" and table == "part" else row[0]] = row
        except BROKEN:
            whole = False
    if not whole and columns[0] == "number":
        _probe(old, table, names, found)
    return list(found.values())


def _probe(old: sqlite3.Connection, table: str, names: str, found: dict[Any, tuple[Any, ...]]) -> None:
    highest = max((number for number in found if isinstance(number, int)), default=0)
    with contextlib.suppress(*BROKEN, TypeError):
        row = old.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        highest = max(highest, int(row[0]))
    misses = 0
    for number in range(1, min(highest, _MOST_ROWS) + 1):
        if number in found:
            continue
        try:
            row = old.execute(f"SELECT {names} FROM {table} WHERE number = ?", (number,)).fetchone()  # noqa: S608
        except BROKEN:
            misses += 1
            if misses > 20_000:
                return
            continue
        if row is not None:
            found[number] = row


def _copy(old: sqlite3.Connection, db: sqlite3.Connection, table: str, columns: tuple[str, ...]) -> int:
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own names
    saved = 0
    with transaction(db):
        for row in sorted(_rows(old, table, columns), key=lambda row: row[0] if isinstance(row[0], int) else 0):
            with contextlib.suppress(sqlite3.IntegrityError, sqlite3.InterfaceError):
                saved += db.execute(statement, row).rowcount
    return saved


def _outbox(old: sqlite3.Connection, db: sqlite3.Connection, now: datetime) -> tuple[int, int]:
    rows = _rows(old, "outbox", ("number", "key", "is_seen_off", "checksum", "data"))
    rows.sort(key=lambda row: row[0] if isinstance(row[0], int) else 0)
    saved = bad = 0
    with transaction(db):
        for _, key, seen_off, mark, raw in rows:
            row = decode(OutboxRow, raw) if isinstance(raw, bytes) and checksum(raw) == mark else None
            if row is None:
                bad += 1
                db.execute(
                    "INSERT INTO damaged (found_at, key, data) VALUES (?, ?, ?)", (stamp(now), str(key)[:64], raw)
                )
            else:
                saved += 1
                insert_row(db, row, seen_off=seen_off == 1)
    return saved, bad


def settle(db: sqlite3.Connection, journal: OutboxJournal, now: datetime) -> list[str]:
    """At the opening: every outbox row read and checked, what the journal has and the database lost put back, and
    the journal made short. Returns notices.

    Raises:
        StoreError: the journal is open to others.
        sqlite3.Error, OSError: it cannot be done.
    """
    notices: list[str] = []
    written = journal.read()
    with transaction(db):
        damaged, held = _check_outbox(db, written.rows, now)
        back = [row for row in written.rows.values() if row.pending and row.key not in held]
        for row in back:
            insert_row(db, row, seen_off=False)
            write_audit(db, line_of(row, "taken back", now, "from outbox.journal"))
        pending = [raw for (raw,) in db.execute("SELECT data FROM outbox WHERE is_pending = 1 ORDER BY number")]
        if written.lines != len(pending) or written.bad:
            journal.rewrite(pending)
    if back:
        notices.append(f"{count(len(back), 'action')} missing in the database: taken back from outbox.journal")
    if damaged:
        notices.append(f"{count(damaged, 'action')} in the outbox could not be read: kept in the table damaged")
    return notices


def _check_outbox(db: sqlite3.Connection, mirror: dict[str, OutboxRow], now: datetime) -> tuple[int, set[str]]:
    """How many rows are beyond repair, and the keys of those that are there. A damaged row takes the journal's copy;
    columns that a flipped bit has changed are written anew from the row."""
    damaged = 0
    held: set[str] = set()
    rows = db.execute("SELECT number, key, state, is_pending, checksum, data FROM outbox ORDER BY number").fetchall()
    for number, key, state, is_pending, mark, raw in rows:
        row = load_row(mark, raw)
        if row is not None:
            held.add(row.key)
            if (key, state, is_pending) == (row.key, row.state.value, int(row.pending)):
                continue
        else:
            row = mirror.get(str(key))
            if row is None:
                damaged += 1
                db.execute("INSERT INTO damaged (found_at, key, data) VALUES (?, ?, ?)", (stamp(now), key, raw))
                log.error("an action in the outbox cannot be read")
            else:
                held.add(row.key)
        db.execute("DELETE FROM outbox WHERE number = ?", (number,))
        if row is not None:
            insert_row(db, row, seen_off=False, number=number)
    return damaged, held


def pending_and_personal(db: sqlite3.Connection) -> tuple[list[bytes], dict[str, list[tuple[Any, ...]]]]:
    """What must not be lost when the file under an open database has gone: read through the open connection."""
    rows = [raw for (raw,) in db.execute("SELECT data FROM outbox ORDER BY number")]
    return rows, {table: _rows(db, table, columns) for table, columns in _PERSONAL.items()}


def put_back(db: sqlite3.Connection, rows: list[bytes], personal: dict[str, list[tuple[Any, ...]]]) -> int:
    """The reverse, into the new file; what is there already stays. Returns how many actions are pending there then."""
    with transaction(db):
        present = {key for (key,) in db.execute("SELECT key FROM outbox")}
        for raw in rows:
            row = decode(OutboxRow, raw)
            if row is not None and row.key not in present:
                insert_row(db, row, seen_off=False)
        for table, columns in _PERSONAL.items():
            kept = columns[1:] if columns[0] == "number" else columns
            same = " AND ".join(f"{name} IS ?" for name in kept)
            marks = ", ".join("?" * len(kept))
            db.executemany(
                f"INSERT OR IGNORE INTO {table} ({', '.join(kept)}) SELECT {marks}"  # noqa: S608 - our own names
                f" WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {same})",
                [row[len(columns) - len(kept) :] * 2 for row in personal[table]],
            )
        return int(db.execute("SELECT count(*) FROM outbox WHERE is_pending = 1").fetchone()[0])
