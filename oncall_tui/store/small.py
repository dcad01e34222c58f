"""Drafts, remembered choices, what has been rung, and what is let go of with time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from oncall_tui.model import Draft
from oncall_tui.store.codec import moment, stamp
from oncall_tui.store.journal import OutboxJournal
from oncall_tui.store.recent import KEPT
from oncall_tui.store.schema import AUDIT_KEPT_S, transaction

KEPT_INCIDENTS = timedelta(days=90)
KEPT_AT_MOST = timedelta(days=800)
KEEP = "history:keep"
"""The remembered value that says for how many days incidents are kept, where that is longer."""
KEPT_ALERTS = timedelta(days=30)
KEPT_CHANGES = timedelta(days=30)
KEPT_ACTIONS = timedelta(days=90)
KEPT_AUDIT = timedelta(seconds=AUDIT_KEPT_S)
LOST_AFTER = timedelta(days=30)
"""An open incident that its system has not told of for so long is forgotten by it, and by us."""
_BATCH = 2000
_AT_ONCE = 500
"""Values bound in one statement: SQLite takes 999 wherever it is."""
_PAGES = 2000


def draft(db: sqlite3.Connection, key: str) -> Draft | None:
    """The text that a person has begun."""
    row = db.execute("SELECT text, updated_at FROM draft WHERE key = ?", (key,)).fetchone()
    at = moment(row[1]) if row else None
    return None if row is None or at is None else Draft(key=key, text=row[0], updated_at=at)


def save_draft(db: sqlite3.Connection, key: str, text: str, now: datetime) -> None:
    """Keep a text as it is now."""
    with transaction(db):
        db.execute(
            "INSERT OR REPLACE INTO draft (key, text, updated_at) VALUES (?, ?, ?)", (key, storable(text), stamp(now))
        )


def drop_draft(db: sqlite3.Connection, key: str) -> None:
    """The text was sent or discarded."""
    with transaction(db):
        db.execute("DELETE FROM draft WHERE key = ?", (key,))


def value(db: sqlite3.Connection, name: str) -> str | None:
    """A remembered choice."""
    row = db.execute("SELECT text FROM value WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def value_names(db: sqlite3.Connection, prefix: str) -> tuple[str, ...]:
    """The names of remembered choices that begin so."""
    rows = db.execute("SELECT name FROM value WHERE substr(name, 1, length(?)) = ? ORDER BY name", (prefix, prefix))
    return tuple(name for (name,) in rows)


def set_value(db: sqlite3.Connection, name: str, text: str) -> None:
    """Remember a choice."""
    with transaction(db):
        db.execute("INSERT OR REPLACE INTO value (name, text) VALUES (?, ?)", (name, storable(text)))


def drop_value(db: sqlite3.Connection, name: str) -> None:
    """Forget a remembered choice."""
    with transaction(db):
        db.execute("DELETE FROM value WHERE name = ?", (name,))


def storable(text: str) -> str:
    """The text as it can be stored."""
    # Half a character (a lone surrogate from a broken paste) cannot be stored: it is shown as what it is.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def mark_rung(db: sqlite3.Connection, marks: Iterable[str], now: datetime) -> frozenset[str]:
    """Of these marks those that were not there yet; they are from now on."""
    wanted = list(dict.fromkeys(marks))
    missing = [mark for some in _batches(wanted) for mark in _not_rung(db, some)]
    if not missing:
        return frozenset()
    with transaction(db):
        return frozenset(
            mark
            for mark in missing
            if db.execute("INSERT OR IGNORE INTO rung (mark, at) VALUES (?, ?)", (mark, stamp(now))).rowcount == 1
        )


def _batches(marks: list[str]) -> Iterator[list[str]]:
    return (marks[start : start + _AT_ONCE] for start in range(0, len(marks), _AT_ONCE))


def _not_rung(db: sqlite3.Connection, marks: list[str]) -> list[str]:
    places = ", ".join("?" * len(marks))
    found = {mark for (mark,) in db.execute(f"SELECT mark FROM rung WHERE mark IN ({places})", marks)}  # noqa: S608
    return [mark for mark in marks if mark not in found]


def kept_incidents(db: sqlite3.Connection) -> timedelta:
    """How long an incident is kept after its end: as far back as history was read, which :data:`KEEP` says in days;
    never less than :data:`KEPT_INCIDENTS`, never more than :data:`KEPT_AT_MOST`."""
    text = value(db, KEEP) or ""
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return min(max(KEPT_INCIDENTS, timedelta(days=days)), KEPT_AT_MOST)


def prune(db: sqlite3.Connection, journal: OutboxJournal, now: datetime, journal_mode: str) -> None:
    """Let go of what is old; never of an action that has not ended. In small transactions, so that nobody waits."""
    from oncall_tui.store import dismissed, documents  # not at the top: the first board does without

    documents.catch_up(db)  # before what names groups of alerts goes
    old, gone = stamp(now - KEPT_INCIDENTS), stamp(now - LOST_AFTER)
    long_ago = stamp(now - kept_incidents(db))
    _delete(db, "incident", "id", "(is_open = 0 AND ended_at < ?) OR (is_open = 1 AND seen_at < ?)", (long_ago, gone))
    _delete(db, "entry", "id", "incident_id NOT IN (SELECT id FROM incident) AND written_at < ?", (long_ago,))
    ended_alerts = stamp(now - KEPT_ALERTS)
    _delete(db, "alert", "id", "is_active = 0 AND last_at < ?", (ended_alerts,))
    left_behind = "is_active = 1 AND last_at < ? AND incident_id IN (SELECT id FROM incident WHERE is_open = 0)"
    _delete(db, "alert", "id", left_behind, (ended_alerts,))
    _delete(db, "recent", "id", "rank >= 3 AND seen_at < ?", (stamp(now - KEPT),))
    empty = (
        "NOT EXISTS (SELECT 1 FROM recent WHERE recent.source = alert_group.source AND recent.grp = alert_group.grp)"
    )
    _delete(db, "alert_group", "source, grp", empty, ())
    _delete(db, "firing", "alert_id, at", "at < ?", (ended_alerts,))
    _delete(db, "change", "id", "over_at < ?", (stamp(now - KEPT_CHANGES),))
    _delete(db, "action_item", "id", "seen_at < ?", (old,))
    _delete(db, "rung", "mark", "at < ?", (old,))
    _delete(db, "judgement", "number", "at < ?", (old,))
    _delete(db, "tick", "id", "at < ?", (old,))
    _delete(db, "declaration", "id", "created_at < ?", (stamp(now - KEPT_ACTIONS),))
    _delete(db, "outbox", "number", "is_pending = 0 AND ended_at < ?", (stamp(now - KEPT_ACTIONS),))
    dismissed.forget_old(db, now)
    documents.forget(db, now - KEPT_ALERTS)
    # By its own newest line, as the trigger that guards it: a clock gone wild cannot empty the audit.
    last_year = "at < ? AND at < (SELECT max(at) FROM audit) - ?"
    _delete(db, "audit", "number", last_year, (stamp(now - KEPT_AUDIT), AUDIT_KEPT_S))
    with transaction(db):
        pending = [raw for (raw,) in db.execute("SELECT data FROM outbox WHERE is_pending = 1 ORDER BY number")]
        journal.rewrite(pending)
    db.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
    if journal_mode == "wal":
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _delete(db: sqlite3.Connection, table: str, key: str, where: str, values: tuple[object, ...]) -> None:
    # Every name here is one of ours; what comes from outside is bound.
    statement = f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {where} LIMIT {_BATCH})"  # noqa: S608
    while True:
        with transaction(db):
            if db.execute(statement, values).rowcount < _BATCH:
                return
