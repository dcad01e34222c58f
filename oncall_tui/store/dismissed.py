"""Suggested incidents that a person does not want to see again: remembered choices, one row each."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from oncall_tui.clock import iso
from oncall_tui.model import Dismissal
from oncall_tui.store.codec import decode, encode
from oncall_tui.store.schema import transaction

KEPT = timedelta(days=30)
_PREFIX = "dismissed:"
ROWS = f"SELECT text, name FROM value WHERE name > '{_PREFIX}' AND name < 'dismissed;' ORDER BY name"  # noqa: S608
"""All of them, the oldest first, each with the name it is kept under."""


def dismiss(db: sqlite3.Connection, one: Dismissal) -> None:
    """From now on it is not shown."""
    with transaction(db):
        db.execute("INSERT OR REPLACE INTO value (name, text) VALUES (?, ?)", (_name(one), encode(one).decode()))


def restore(db: sqlite3.Connection, one: Dismissal) -> bool:
    """Take a dismissal back; whether it was there."""
    with transaction(db):
        return db.execute("DELETE FROM value WHERE name = ?", (_name(one),)).rowcount == 1


def forget_old(db: sqlite3.Connection, now: datetime) -> None:
    """Let go of those of long ago, and of what cannot be read."""
    old = [name for text, name in db.execute(ROWS) if (one := decode(Dismissal, text)) is None or one.at < now - KEPT]
    if old:
        with transaction(db):
            db.executemany("DELETE FROM value WHERE name = ?", [(name,) for name in old])


def _name(one: Dismissal) -> str:
    return f"{_PREFIX}{iso(one.at)} {one.id}"
