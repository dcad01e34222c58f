"""What can go wrong with the data folder, in words for the person who has to put it right."""

from __future__ import annotations

import errno
import sqlite3

BROKEN = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises: what SQLite says of a broken name need not be text."""


class StoreError(Exception):
    """The data folder could not take or give something. ``str()`` is one clean line that says what to do."""


_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_NO_WRITING = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its extension; 0 where Python raised by itself."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def is_corrupt(error: sqlite3.Error) -> bool:
    """The file is not a database any more, or not a whole one."""
    return primary_code(error) in _CORRUPT


def told(error: sqlite3.Error | OSError) -> StoreError:
    """A failure of SQLite or of a file as one line."""
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return StoreError("disk full: nothing can be stored, actions are not queued")
        return StoreError(f"the data folder cannot be used: {error.strerror or type(error).__name__}")
    code = primary_code(error)
    if code in _FULL:
        return StoreError("disk full or failing: nothing can be stored, actions are not queued")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError("the database is locked by another process: nothing was stored")
    if code in _NO_WRITING:
        return StoreError("the data folder cannot be written: nothing can be stored, actions are not queued")
    return StoreError(f"the database refuses: {type(error).__name__} {getattr(error, 'sqlite_errorname', '')}".strip())
