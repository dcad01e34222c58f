"""Declarations: stored before anything of them is sent, so that whoever sends goes on with them after a crash."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from oncall_tui.model import AuditLine, OutboxRow, Verb
from oncall_tui.policy.declaring import Declared
from oncall_tui.store.codec import decode, encode, stamp
from oncall_tui.store.outbox import insert_row, line_of, load_rows, write_audit
from oncall_tui.store.schema import transaction

if TYPE_CHECKING:
    from oncall_tui.store.journal import OutboxJournal

Work = Callable[[Callable[[sqlite3.Connection], Any]], Awaitable[Any]]


class Declarations:
    """Those of one store. Every method is one transaction; all raise :class:`StoreError` as the store's do."""

    def __init__(
        self, read: Work, write: Work, ready: Callable[[], Awaitable[None]], journal: Callable[[], OutboxJournal]
    ) -> None:
        self._read = read
        self._write = write
        self._ready = ready
        self._journal = journal

    async def put(self, one: Declared) -> None:
        """Store a new one; forced to disk when this returns."""
        await self._ready()
        await self._write(lambda db: _put(db, one))

    async def change(self, declaration_id: str, edit: Callable[[Declared], tuple[Declared, bool]]) -> None:
        """Store it as ``edit`` makes it of what is stored: as it is from now on, and whether nothing of it is left to
        go into the outbox. What another process has changed a moment before is not lost. One that is gone stays so."""
        await self._write(lambda db: _change(db, declaration_id, edit))

    async def enqueue(self, row: OutboxRow) -> bool:
        """Store the action of a step, once; forced to disk when this returns. ``False``: its key is there already."""
        await self._ready()
        is_new: bool = await self._write(lambda db: _enqueue(db, self._journal(), row))
        return is_new

    async def opened(self) -> tuple[Declared, ...]:
        """Those that may have something to send yet, the oldest first."""
        found = await self._read(lambda db: _read(db, "WHERE is_over = 0 ORDER BY created_at, id"))
        return tuple(one for one, _ in found)

    async def latest(self, limit: int) -> tuple[tuple[Declared, bool], ...]:
        """The latest, newest first, each with whether it is over."""
        query = "ORDER BY created_at DESC, id DESC LIMIT ?"
        found: tuple[tuple[Declared, bool], ...] = await self._read(lambda db: _read(db, query, limit))
        return found

    async def named(self, word: str) -> tuple[Declared, bool] | None:
        """The one of that id, or whose id begins so where that is only one; and whether it is over."""
        found: tuple[Declared, bool] | None = await self._read(lambda db: _named(db, word))
        return found

    async def rows(self, keys: Sequence[str]) -> tuple[OutboxRow, ...]:
        """The actions of exactly these keys, those that there are."""
        found: tuple[OutboxRow, ...] = await self._read(lambda db: _rows(db, keys))
        return found


def _put(db: sqlite3.Connection, one: Declared) -> None:
    wish = one.plan.wish
    told = {"title": wish.title, "severity": wish.severity, "steps": [step.id for step in one.plan.steps]}
    line = AuditLine(
        at=one.at,
        seat=one.seat,
        event="declared",
        key=one.id,
        verb=Verb.DECLARE.value,
        target=one.incident or one.target,
        detail=encode(told).decode("utf-8"),
    )
    with transaction(db):
        db.execute(
            "INSERT INTO declaration (id, created_at, is_over, data) VALUES (?, ?, 0, ?)",
            (one.id, stamp(one.at), encode(one)),
        )
        write_audit(db, line)


def _change(db: sqlite3.Connection, declaration_id: str, edit: Callable[[Declared], tuple[Declared, bool]]) -> None:
    with transaction(db):
        found = _read(db, "WHERE id = ?", declaration_id)
        for held, _ in found:
            one, is_over = edit(held)
            values = (encode(one), int(is_over), declaration_id)
            db.execute("UPDATE declaration SET data = ?, is_over = ? WHERE id = ?", values)


def _enqueue(db: sqlite3.Connection, journal: OutboxJournal, row: OutboxRow) -> bool:
    raw = encode(row)
    with transaction(db) as take_back:
        if db.execute("SELECT 1 FROM outbox WHERE key = ?", (row.key,)).fetchone() is not None:
            return False
        take_back.append(journal.append(raw))
        insert_row(db, row, seen_off=False, raw=raw)
        write_audit(db, line_of(row, row.state.value, row.created_at, ""))
    return True


def _named(db: sqlite3.Connection, word: str) -> tuple[Declared, bool] | None:
    exact = _read(db, "WHERE id = ?", word)
    if exact or not word:
        return exact[0] if exact else None
    found = _read(db, "WHERE substr(id, 1, length(?)) = ? LIMIT 2", word, word)
    return found[0] if len(found) == 1 else None


def _rows(db: sqlite3.Connection, keys: Sequence[str]) -> tuple[OutboxRow, ...]:
    places = ", ".join("?" * len(keys))
    query = f"SELECT checksum, data FROM outbox WHERE key IN ({places}) ORDER BY number"  # noqa: S608 - places only
    return load_rows(db.execute(query, tuple(keys)).fetchall())


def _read(db: sqlite3.Connection, which: str, *values: object) -> tuple[tuple[Declared, bool], ...]:
    found = db.execute(f"SELECT data, is_over FROM declaration {which}", values)  # noqa: S608 - conditions of ours
    read = ((decode(Declared, raw), bool(over)) for raw, over in found.fetchall())
    return tuple((one, over) for one, over in read if one is not None)
