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

_RECENT_S = 2 * 3600

_SECOND = (
    # What has changed, in numbers that only grow: who holds decoded rows reads those that are newer than his. Counted
    # by triggers, so that an older version that still runs on the folder counts too.
    "CREATE TABLE mark (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO mark VALUES ('incident', 1), ('gone', 1), ('entry', 1), ('group', 1)",
    "ALTER TABLE incident ADD COLUMN version INTEGER NOT NULL DEFAULT 1",
    "CREATE INDEX incident_version ON incident (version)",
    # Alerts by the group that they are drawn in, in the order of a group's members; without those that are long over.
    """CREATE TABLE recent (
        source TEXT NOT NULL, grp TEXT NOT NULL, rank INTEGER NOT NULL, seen_at REAL NOT NULL, id TEXT NOT NULL,
        incident_id TEXT, fired_again INTEGER NOT NULL, brief TEXT NOT NULL,
        PRIMARY KEY (source, grp, rank, seen_at DESC, id)) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX recent_id ON recent (id)",
    "CREATE INDEX recent_incident ON recent (incident_id) WHERE incident_id IS NOT NULL",
    "CREATE INDEX recent_over ON recent (seen_at) WHERE rank >= 3",
    """CREATE TABLE alert_group (
        source TEXT NOT NULL, grp TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (source, grp)) WITHOUT ROWID""",
    "CREATE INDEX alert_group_version ON alert_group (version)",
    # Alerts that were written and are not in ``recent`` as they are now.
    "CREATE TABLE unsorted (id TEXT PRIMARY KEY) WITHOUT ROWID",
    f"""INSERT INTO unsorted SELECT id FROM alert WHERE is_active = 1 OR last_at >=
        min(strftime('%s', 'now'), (SELECT max(last_at) FROM alert)) - {_RECENT_S}""",  # noqa: S608 - a number of ours
    "CREATE INDEX entry_told ON entry (incident_id, at) WHERE is_told = 1",
    "CREATE INDEX entry_back ON entry (incident_id, at) WHERE kind IN ('unacknowledged', 'reopened')",
    """CREATE TRIGGER entry_is_told AFTER INSERT ON entry
        WHEN NEW.is_told = 1 OR NEW.kind IN ('unacknowledged', 'reopened')
        BEGIN UPDATE mark SET version = version + 1 WHERE name = 'entry'; END""",
    *(
        f"""CREATE TRIGGER alert_{what.lower()} AFTER {what} ON alert
        BEGIN INSERT OR IGNORE INTO unsorted VALUES ({row}.id); END"""  # noqa: S608 - words of ours, as below
        for what, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ),
    *(
        f"""CREATE TRIGGER incident_{name} AFTER {what} ON incident BEGIN
        UPDATE mark SET version = version + 1 WHERE name = 'incident';
        UPDATE incident SET version = (SELECT version FROM mark WHERE name = 'incident') WHERE id = NEW.id; END"""  # noqa: S608
        for name, what in (("insert", "INSERT"), ("update", "UPDATE OF data, is_open, ended_at, retriggered_at"))
    ),
    """CREATE TRIGGER incident_delete AFTER DELETE ON incident
        BEGIN UPDATE mark SET version = version + 1 WHERE name = 'gone'; END""",
    # Whether an alert that is still told of is shown depends on its incident being open.
    *(
        f"""CREATE TRIGGER incident_group_{name} AFTER {what} BEGIN
        UPDATE mark SET version = version + 1 WHERE name = 'group';
        UPDATE alert_group SET version = (SELECT version FROM mark WHERE name = 'group')
        WHERE (source, grp) IN (SELECT source, grp FROM recent WHERE incident_id = {row}.id); END"""  # noqa: S608
        for name, what, row in (
            ("insert", "INSERT ON incident", "NEW"),
            ("turn", "UPDATE OF is_open ON incident WHEN NEW.is_open <> OLD.is_open", "NEW"),
            ("delete", "DELETE ON incident", "OLD"),
        )
    ),
)

_THIRD = (
    # What was and will be changed, and what is to be done afterwards. Few rows: no index but those that are asked by.
    """CREATE TABLE change (
        id TEXT PRIMARY KEY, source TEXT NOT NULL, service TEXT, at REAL NOT NULL, over_at REAL NOT NULL,
        data BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX change_over ON change (over_at)",
    "CREATE INDEX change_service ON change (service, at)",
    """CREATE TABLE action_item (
        id TEXT PRIMARY KEY, source TEXT NOT NULL, native_id TEXT NOT NULL, is_done INTEGER NOT NULL,
        incident_id TEXT, seen_at REAL NOT NULL, data BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX action_item_open ON action_item (is_done, native_id)",
    "CREATE INDEX action_item_incident ON action_item (incident_id) WHERE incident_id IS NOT NULL",
    "INSERT INTO mark VALUES ('change', 1)",
    *(
        f"""CREATE TRIGGER change_{what.lower()} AFTER {what} ON change
        BEGIN UPDATE mark SET version = version + 1 WHERE name = 'change'; END"""  # noqa: S608 - words of ours
        for what in ("INSERT", "UPDATE", "DELETE")
    ),
)

_SEARCHED = (
    ("note", "entry", "id", "{row}.kind IN ('note', 'status_update')"),
    # What was said of an incident is on its timeline.
    ("sent", "outbox", "key", "{row}.state = 'confirmed' AND {row}.target GLOB 'local:*'"),
    ("draft", "draft", "key", "({row}.key GLOB 'handover*' OR {row}.key GLOB 'postmortem*')"),
    ("value", "value", "name", "({row}.name GLOB 'handover*' OR {row}.name GLOB 'postmortem*')"),
)
"""Texts beside incidents and alerts: what they are, their table and its key, and which rows of it."""

_FOURTH = (
    # What was ticked on checklists. ``id`` is list, subject and item.
    """CREATE TABLE tick (
        id TEXT PRIMARY KEY, list TEXT NOT NULL, subject TEXT NOT NULL, item TEXT NOT NULL, at REAL NOT NULL,
        seat TEXT NOT NULL, is_done INTEGER NOT NULL, said TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX tick_subject ON tick (list, subject)",
    # Notes alone: once a minute it is asked which of the last day speak of a mitigation.
    "CREATE INDEX IF NOT EXISTS entry_note ON entry (at) WHERE kind = 'note'",
    # What was said of groups of alerts that belong to no incident.
    """CREATE TABLE judgement (
        number INTEGER PRIMARY KEY, kind TEXT NOT NULL, at REAL NOT NULL, seat TEXT NOT NULL, grp TEXT NOT NULL,
        source TEXT NOT NULL, name TEXT NOT NULL, service TEXT, why TEXT NOT NULL)""",
    "CREATE INDEX judgement_at ON judgement (at)",
    "CREATE INDEX judgement_group ON judgement (grp)",
    # Declarations of incidents, whole. One that was saved from a broken file is over: its actions may be lost.
    """CREATE TABLE declaration (
        id TEXT PRIMARY KEY, created_at REAL NOT NULL, is_over INTEGER NOT NULL DEFAULT 1, data BLOB NOT NULL)
        WITHOUT ROWID""",
    "CREATE INDEX declaration_open ON declaration (created_at) WHERE is_over = 0",
    # What can be searched, as texts. Filled behind the facts (``documents``); the index of words over it is made when
    # it is first filled, because not every SQLite has FTS5 (``words``).
    """CREATE TABLE document (
        number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, ref TEXT NOT NULL, incident_id TEXT,
        at REAL NOT NULL, same TEXT, title TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (kind, ref))""",
    "CREATE INDEX document_same ON document (same, at) WHERE same IS NOT NULL",
    "CREATE INDEX document_seen ON document (kind, at)",
    "CREATE TABLE indexed (name TEXT PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE unread (kind TEXT NOT NULL, ref TEXT NOT NULL, PRIMARY KEY (kind, ref)) WITHOUT ROWID",
    *(
        f"INSERT INTO indexed SELECT 'old {table}', '' WHERE EXISTS (SELECT 1 FROM {table})"  # noqa: S608 - words of ours
        for table in ("entry", "alert")
    ),
    *(
        f"INSERT INTO unread SELECT '{kind}', {ref} FROM {table} WHERE {which.format(row=table)}"  # noqa: S608
        for kind, table, ref, which in _SEARCHED
        if table != "entry"
    ),
    *(
        f"""CREATE TRIGGER {kind}_{what.lower()}_unread AFTER {what} ON {table} WHEN {which.format(row=row)}
        BEGIN INSERT OR IGNORE INTO unread VALUES ('{kind}', {row}.{ref}); END"""  # noqa: S608
        for kind, table, ref, which in _SEARCHED
        for what, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ),
    """CREATE TRIGGER incident_delete_unread AFTER DELETE ON incident
        BEGIN INSERT OR IGNORE INTO unread VALUES ('incident', OLD.id); END""",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _SECOND, _THIRD, _FOURTH)
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
