"""The schema: one number (``PRAGMA user_version``), one migration for each step, each in one transaction."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence

AUDIT_KEPT_S = 365 * 86400

_FIRST = (
    """CREATE TABLE incident (
        id TEXT PRIMARY KEY, source TEXT NOT NULL, native_id TEXT NOT NULL, is_open INTEGER NOT NULL,
        created_at REAL NOT NULL, ended_at REAL, seen_at REAL NOT NULL, read_at REAL, retriggered_at REAL,
        data BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX incident_open ON incident (is_open, ended_at)",
    "CREATE INDEX incident_source ON incident (source, is_open)",
    "CREATE INDEX incident_created ON incident (created_at)",
    """CREATE TABLE entry (
        id TEXT PRIMARY KEY, incident_id TEXT NOT NULL, source TEXT NOT NULL, at REAL NOT NULL,
        written_at REAL NOT NULL, kind TEXT NOT NULL, is_told INTEGER NOT NULL, data BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX entry_incident ON entry (incident_id, at)",
    "CREATE INDEX entry_written ON entry (source, written_at)",
    "CREATE INDEX entry_at ON entry (at)",
    """CREATE TABLE alert (
        id TEXT PRIMARY KEY, source TEXT NOT NULL, is_active INTEGER NOT NULL, incident_id TEXT,
        first_at REAL NOT NULL, last_at REAL NOT NULL, data BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX alert_active ON alert (is_active, last_at)",
    "CREATE INDEX alert_source ON alert (source, is_active)",
    "CREATE INDEX alert_incident ON alert (incident_id)",
    "CREATE INDEX alert_last ON alert (last_at)",
    """CREATE TABLE firing (
        alert_id TEXT NOT NULL, at REAL NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (alert_id, at)) WITHOUT ROWID""",
    "CREATE INDEX firing_at ON firing (at)",
    "CREATE TABLE health (id TEXT PRIMARY KEY, source TEXT NOT NULL, data BLOB NOT NULL, samples BLOB NOT NULL)",
    "CREATE TABLE silence (id TEXT PRIMARY KEY, source TEXT NOT NULL, ends_at REAL NOT NULL, data BLOB NOT NULL)",
    "CREATE TABLE part (source TEXT NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (source, name))",
    "CREATE TABLE source (name TEXT PRIMARY KEY, data BLOB NOT NULL)",
    """CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
        is_pending INTEGER NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, verb TEXT NOT NULL,
        created_at REAL NOT NULL, ended_at REAL, is_seen_off INTEGER NOT NULL DEFAULT 0,
        checksum TEXT NOT NULL, data BLOB NOT NULL)""",
    "CREATE INDEX outbox_pending ON outbox (is_pending, ended_at)",
    "CREATE INDEX outbox_target ON outbox (target)",
    "CREATE TABLE damaged (number INTEGER PRIMARY KEY, found_at REAL NOT NULL, key TEXT, data BLOB)",
    """CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, seat TEXT NOT NULL, event TEXT NOT NULL,
        key TEXT NOT NULL, verb TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL)""",
    "CREATE INDEX audit_key ON audit (key)",
    "CREATE INDEX audit_at ON audit (at)",
    """CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
    f"""CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
        WHEN OLD.at >= (SELECT max(at) FROM audit) - {AUDIT_KEPT_S}
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",  # noqa: S608 - a number of ours
    "CREATE TABLE draft (key TEXT PRIMARY KEY, text TEXT NOT NULL, updated_at REAL NOT NULL)",
    "CREATE TABLE value (name TEXT PRIMARY KEY, text TEXT NOT NULL)",
    "CREATE TABLE rung (mark TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID",
    """CREATE TABLE lease (
        one INTEGER PRIMARY KEY CHECK (one = 1), token TEXT NOT NULL, host TEXT NOT NULL, place TEXT NOT NULL,
        pid INTEGER NOT NULL, started TEXT NOT NULL, beat REAL NOT NULL)""",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST,)
"""``MIGRATIONS[n]`` brings a database from version ``n`` to ``n + 1``."""


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[list[Callable[[], None]]]:
    """``BEGIN IMMEDIATE`` to ``COMMIT``; anything raised rolls back, also a commit that fails.

    Yields a list for what else must be taken back on failure (latest first), while the write lock is still held.
    """
    take_back: list[Callable[[], None]] = []
    db.execute("BEGIN IMMEDIATE")
    try:
        yield take_back
        db.execute("COMMIT")
    except BaseException:
        for undo in reversed(take_back):
            undo()
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def reading(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One read transaction: everything read in it is of one moment."""
    db.execute("BEGIN")
    try:
        yield db
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def version_of(db: sqlite3.Connection) -> int:
    """The schema's number; 0 is an empty database."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the schema to the newest version; a step that fails or is killed leaves the version before it."""
    while True:
        with transaction(db):
            version = version_of(db)
            if version >= len(migrations):
                return
            for statement in migrations[version]:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {version + 1:d}")
