"""The one connection: whole transactions, one after the other, in one thread."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import aiosqlite

from oncall_tui.clock import Clock
from oncall_tui.store import salvage
from oncall_tui.store.errors import StoreError, is_corrupt, told
from oncall_tui.store.files import DATABASE, identity
from oncall_tui.store.opening import Opened, open_database

log = logging.getLogger(__name__)

T = TypeVar("T")


class Database(aiosqlite.Connection):
    """aiosqlite's connection and thread, given whole transactions to run instead of single statements.

    A transaction is one function that runs in the thread from BEGIN to COMMIT: two tasks can never share one, and a
    caller that is cancelled while it waits leaves none open, because the function runs to its end without it.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        super().__init__(self._open_first, iter_chunk_size=64)
        # A crash that skips close() must not leave the process waiting for this thread.
        self._thread.daemon = True
        self._folder = folder
        self._clock = clock
        self._refusal: StoreError | None = None
        self.opened: Opened
        self.epoch = 0
        """How often the file was opened anew."""

    def _open(self) -> sqlite3.Connection:
        self.opened = open_database(self._folder, self._clock.now())
        return self.opened.connection

    async def begin(self) -> None:
        """Start the thread and open the file in it.

        Raises:
            StoreError: the folder or the file may not be used.
        """
        opening = asyncio.ensure_future(self)
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            # The thread answers to this loop, which must not be closed by then.
            await opening
            await self.close()
            raise
        if self._refusal is not None:
            await self.close()
            raise self._refusal

    def _open_first(self) -> sqlite3.Connection:
        # aiosqlite leaves its thread behind when this raises: the refusal is told once the thread can be ended.
        try:
            return self._open()
        except StoreError as error:
            self._refusal = error
            return sqlite3.connect(":memory:", check_same_thread=False)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of ``work`` with the connection, in the thread.

        Raises:
            StoreError: what SQLite or the disk refused, in words; nothing of ``work`` is stored then.
        """
        if not self._running or self._connection is None:
            raise StoreError("the store is closed")
        try:
            result: T = await self._execute(self._guarded, work)  # type: ignore[no-untyped-call]  # aiosqlite's own
        except (sqlite3.Error, OSError) as error:
            raise told(error) from None
        return result

    def _guarded(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._conn)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            damaged = isinstance(error, UnicodeDecodeError) or is_corrupt(error)
            if not damaged or self.opened.in_memory:
                raise
            log.error("the database is damaged: it is set aside and made anew")
        # Checked whole, whatever its size: what was just met may lie where opening does not look.
        self._change_to(open_database(self._folder, self._clock.now(), check_up_to=sys.maxsize))
        return work(self._conn)

    def _change_to(self, opened: Opened) -> None:
        notices = self.opened.notices
        old, self._connection, self.opened = self._conn, opened.connection, opened
        old.close()
        self.epoch += 1
        self.opened.notices[:0] = [notice for notice in notices if notice not in self.opened.notices]

    async def check_file(self) -> bool:
        """Whether the file under us was deleted or replaced: then it is opened anew, and what must not be lost is
        written into the new one from the old, which lives for as long as we hold it.

        Raises:
            StoreError: the new one cannot be used.
        """
        if self.opened.in_memory or identity(self._folder / DATABASE) == self.opened.identity:
            return False
        return await self.run(lambda _: self._follow_file())

    def _follow_file(self) -> bool:
        if identity(self._folder / DATABASE) == self.opened.identity:
            return False
        opened = open_database(self._folder, self._clock.now())
        if opened.in_memory:
            # What is pending stays where it is, in the file that has no name any more and in the journal.
            opened.connection.close()
            raise StoreError("the database was deleted or replaced, and cannot be written again")
        rows, personal = salvage.pending_and_personal(self._conn)
        pending = salvage.put_back(opened.connection, rows, personal)
        waiting = salvage.count(pending, "pending action")
        opened.notices[:] = [f"the database was deleted or replaced while in use; made again with {waiting}"]
        self._change_to(opened)
        return True


__all__ = ["Database", "StoreError"]
