"""Opening the database whatever state it is in: made, migrated, checked, set aside and salvaged, or in memory."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import field
from datetime import datetime
from pathlib import Path

from oncall_tui.records import dataclass
from oncall_tui.store import salvage, schema
from oncall_tui.store.errors import StoreError, is_corrupt, primary_code, told
from oncall_tui.store.files import (
    DATABASE,
    check_file,
    create_file,
    file_system,
    folder_lock,
    identity,
    prepare_folder,
    set_aside,
    wal_is_safe,
)
from oncall_tui.store.journal import OutboxJournal

log = logging.getLogger(__name__)

BUSY_MS = 5000
WHOLE_CHECK_BYTES = 16 * 1024 * 1024
"""Up to this size a database is checked whole at opening (20 ms); a second for each further gigabyte."""
_MUST_NOT_BE_LOST = ("outbox", "audit", "draft", "value", "damaged", "lease", "incident")
"""Checked at any size. Damage elsewhere is met when it is read, and ends the same way (``Database._guarded``)."""


@dataclass(kw_only=True)
class Opened:
    """An open database and what a person should know of it."""

    connection: sqlite3.Connection
    journal: OutboxJournal
    journal_mode: str = "memory"
    in_memory: bool = False
    read_only: bool = False
    identity: tuple[int, int] | None = None
    notices: list[str] = field(default_factory=list)


class _Damaged(Exception):
    """The file is a database, and not a whole one."""


def open_database(folder: Path, now: datetime, *, check_up_to: int = WHOLE_CHECK_BYTES) -> Opened:
    """Open (or make) ``oncall.db`` in ``folder``; one of up to ``check_up_to`` bytes is checked whole.

    A broken one is set aside and what can be read of outbox, audit and drafts is carried over; one of a newer
    version is read, not written; where nothing can be written everything is in memory.

    Raises:
        StoreError: the folder or the file is open to others or not ours, or is locked for good.
    """
    try:
        prepare_folder(folder)
        with folder_lock(folder):
            return _open_in(folder, now, check_up_to)
    except OSError as error:
        log.warning("no data folder: %s", error.strerror)
        return _in_memory(f"nothing is kept after you leave: {folder} cannot be used ({error.strerror})")
    except sqlite3.Error as error:
        if primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise told(error) from None  # it is there and whole: nobody works beside it
        log.warning("no database: %s", getattr(error, "sqlite_errorname", type(error).__name__))
        return _in_memory(f"nothing is kept after you leave: {told(error)}")


def _open_in(folder: Path, now: datetime, check_up_to: int) -> Opened:
    path = folder / DATABASE
    for suffix in ("-wal", "-shm", "-journal"):
        check_file(Path(f"{path}{suffix}"))
    if check_file(path) is None:
        create_file(path)
    notices: list[str] = []
    connection, is_newer = None, False
    try:
        connection = _connect(path)
        is_newer = schema.version_of(connection) > len(schema.MIGRATIONS)
        if not is_newer:
            mode = _make_ready(connection, path, check_up_to)
    except (sqlite3.DatabaseError, UnicodeDecodeError, _Damaged) as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.DatabaseError) and not is_corrupt(error):
            raise
        aside = set_aside(path, now)
        create_file(path)
        connection = _connect(path)
        mode = _make_ready(connection, path, check_up_to)
        notices.append(f"the database was damaged: kept as {aside.name}; {salvage.carry_over(aside, connection, now)}")
    if is_newer:
        return _read_newer(path, connection, now)
    journal = OutboxJournal(folder)
    notices += salvage.settle(connection, journal, now)
    return Opened(connection=connection, journal=journal, journal_mode=mode, identity=identity(path), notices=notices)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return connection


def _make_ready(connection: sqlite3.Connection, path: Path, check_up_to: int) -> str:
    """Check, set the modes, migrate; gives the journal mode that is in force."""
    if schema.version_of(connection) == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    _check(connection, path, check_up_to)
    wanted = "wal" if wal_is_safe(sqlite3.sqlite_version_info, file_system(path)) else "delete"
    mode = _set_journal_mode(connection, wanted)
    # In DELETE mode only EXTRA also forces the folder to disk after the rollback journal is gone.
    connection.execute(f"PRAGMA synchronous = {'FULL' if mode == 'wal' else 'EXTRA'}")
    connection.execute("PRAGMA trusted_schema = OFF")
    schema.migrate(connection)
    _check_tables(connection)
    return mode


def _check(connection: sqlite3.Connection, path: Path, check_up_to: int) -> None:
    arguments: tuple[str, ...] = ("1",)
    if path.stat().st_size > check_up_to:
        arguments = tuple(name for name in _MUST_NOT_BE_LOST if name in _tables(connection))
    for argument in arguments:
        verdict = connection.execute(f"PRAGMA quick_check({argument})").fetchone()
        if verdict is None or verdict[0] != "ok":
            raise _Damaged


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _set_journal_mode(connection: sqlite3.Connection, wanted: str) -> str:
    try:
        return str(connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0])
    except sqlite3.OperationalError:
        # Another process has it open in the other mode: what is in force stays until all have left.
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def _check_tables(connection: sqlite3.Connection) -> None:
    if not {"outbox", "audit", "incident", "lease", "value"} <= _tables(connection):
        raise _Damaged


def _in_memory(notice: str) -> Opened:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    schema.migrate(connection)
    return Opened(connection=connection, journal=OutboxJournal(None), in_memory=True, notices=[notice])


def _read_newer(path: Path, newer: sqlite3.Connection, now: datetime) -> Opened:
    """What a newer version has written is shown from a copy and not touched; nothing is sent from here."""
    version = schema.version_of(newer)
    newer.close()
    opened = _in_memory(
        f"the data folder is of a newer oncall-tui (schema {version}, this one knows {len(schema.MIGRATIONS)}): "
        "read only, no action is taken; update this one"
    )
    salvage.copy_all(path, opened.connection, now)
    opened.read_only = True
    return opened


__all__ = ["Opened", "StoreError", "open_database"]
