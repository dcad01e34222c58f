"""The index of words over ``document``: SQLite's FTS5, where this Python's SQLite has it.

The table is made when it is first filled, not by a migration, so that a data folder opens with any SQLite. It holds no
text of its own (external content). Rows of ``document`` never change and their numbers never come again: what is not
in the index yet is what has a higher number, and what another SQLite could not take out of it finds no text any more.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from oncall_tui.store.schema import transaction

log = logging.getLogger(__name__)

T = TypeVar("T")
_DAMAGED = 267
"""SQLITE_CORRUPT_VTAB: a virtual table does not hold what it should."""
STEP = 200
_MAKE = """
    CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
        title, text, content='document', content_rowid='number', tokenize='unicode61 remove_diacritics 2')"""
_PLACE = "SELECT CAST(place AS INTEGER) FROM indexed WHERE name = 'words'"


def is_there(db: sqlite3.Connection) -> bool:
    """Whether this SQLite can search words."""
    return db.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone() is not None


def step(db: sqlite3.Connection) -> bool:
    """Take some texts into the index; whether there may be more."""
    if not left(db):
        return False
    with transaction(db):
        db.execute(_MAKE)
        place = _place(db)
        rows = db.execute(
            "SELECT number, title, text FROM document WHERE number > ? ORDER BY number LIMIT ?", (place, STEP)
        ).fetchall()
        if rows:  # else another process was there a moment before
            db.executemany("INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", rows)
            db.execute("INSERT OR REPLACE INTO indexed (name, place) VALUES ('words', ?)", (str(rows[-1][0]),))
    return True


def left(db: sqlite3.Connection) -> int:
    """How many texts are not in the index yet."""
    if not is_there(db):
        return 0
    return int(db.execute("SELECT count(*) FROM document WHERE number > ?", (_place(db),)).fetchone()[0])


def forget(db: sqlite3.Connection, number: int, title: str, text: str) -> None:
    """Take one text out of the index, inside the caller's transaction, before its row goes."""
    if number <= _place(db) and is_there(db):
        db.execute("INSERT INTO words (words, rowid, title, text) VALUES ('delete', ?, ?, ?)", (number, title, text))


def guarded(db: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """What ``work`` gives. Where the index is damaged it is thrown away first: it holds nothing that the texts do not,
    and is made again from them."""
    try:
        return work(db)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) != _DAMAGED:
            raise
    log.warning("the index of words is damaged and is made again")
    with transaction(db):
        db.execute("DROP TABLE IF EXISTS words")
        db.execute("DELETE FROM indexed WHERE name = 'words'")
    return work(db)


def _place(db: sqlite3.Connection) -> int:
    found = db.execute(_PLACE).fetchone()
    return int(found[0]) if found else 0
