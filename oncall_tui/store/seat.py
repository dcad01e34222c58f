"""What a seat writes of its own: drafts, choices, ticks, judgements, dismissals; and how the file is reached."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from oncall_tui.clock import Clock
from oncall_tui.model import Dismissal, Draft
from oncall_tui.store import dismissed, judgements, small, ticks
from oncall_tui.store.database import Database
from oncall_tui.store.errors import StoreError
from oncall_tui.store.schema import reading

if TYPE_CHECKING:
    from oncall_tui.policy.checklists import Tick
    from oncall_tui.policy.judging import Judgement

T = TypeVar("T")


class Seat:
    """An open database, as whoever sits there reads and writes it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.trouble: str | None = None
        """Why the latest attempt to store something failed, one line; ``None`` since one has succeeded again."""

    @property
    def journal_mode(self) -> str:
        """``wal``, ``delete`` or ``memory``."""
        return self._database.opened.journal_mode

    @property
    def in_memory(self) -> bool:
        """Nothing is on disk."""
        return self._database.opened.in_memory

    @property
    def read_only(self) -> bool:
        """The folder is of a newer version: facts are shown, no action is taken."""
        return self._database.opened.read_only

    @property
    def notices(self) -> tuple[str, ...]:
        """One line for each thing that a person should know of the data folder."""
        return tuple(self._database.opened.notices)

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def in_one_picture(db: sqlite3.Connection) -> T:
            with reading(db):
                return work(db)

        return await self._database.run(in_one_picture)

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            result = await self._database.run(work)
        except StoreError as error:
            self.trouble = str(error)
            raise
        self.trouble = None
        return result

    def _check_may_act(self) -> None:
        if self.read_only:
            raise StoreError("the data folder is of a newer oncall-tui: no action is taken from here")

    # -- drafts and remembered choices -------------------------------------------------------------------------

    async def draft(self, key: str) -> Draft | None:
        """The text that a person has begun."""
        return await self._read(lambda db: small.draft(db, key))

    async def save_draft(self, key: str, text: str) -> None:
        """Keep a text as it is now."""
        now = self._clock.now()
        await self._write(lambda db: small.save_draft(db, key, text, now))

    async def drop_draft(self, key: str) -> None:
        """The text was sent or discarded."""
        await self._write(lambda db: small.drop_draft(db, key))

    async def mark_rung(self, marks: Iterable[str]) -> frozenset[str]:
        """Of these marks those that were not rung before; they are from now on."""
        wanted, now = tuple(marks), self._clock.now()
        return await self._write(lambda db: small.mark_rung(db, wanted, now)) if wanted else frozenset()

    async def value(self, name: str) -> str | None:
        """A remembered choice."""
        return await self._read(lambda db: small.value(db, name))

    async def value_names(self, prefix: str) -> tuple[str, ...]:
        """The names of remembered choices that begin so."""
        return await self._read(lambda db: small.value_names(db, prefix))

    async def set_value(self, name: str, text: str) -> None:
        """Remember a choice."""
        await self._write(lambda db: small.set_value(db, name, text))

    async def drop_value(self, name: str) -> None:
        """Forget a remembered choice."""
        await self._write(lambda db: small.drop_value(db, name))

    async def ticks(self, checklist: str, subject: str) -> tuple[Tick, ...]:
        """What was said of a checklist's items about that subject (an incident's id, a shift), the oldest first."""
        return await self._read(lambda db: ticks.ticks(db, checklist, subject))

    async def tick_subjects(self, checklist: str, since: datetime) -> tuple[str, ...]:
        """Of which subjects something was said since then."""
        return await self._read(lambda db: ticks.subjects(db, checklist, since))

    async def mitigated_since(self, since: datetime) -> tuple[str, ...]:
        """Incidents on whose timeline a note since then speaks of a mitigation: it may be the mark."""
        return await self._read(lambda db: ticks.mitigated(db, since))

    async def put_tick(self, checklist: str, subject: str, tick: Tick) -> None:
        """What is said of an item from now on."""
        await self._write(lambda db: ticks.put_tick(db, checklist, subject, tick))

    async def drop_tick(self, checklist: str, subject: str, item: str) -> None:
        """Nothing is said of that item any more."""
        await self._write(lambda db: ticks.drop_tick(db, checklist, subject, item))

    async def judgements(self, start: datetime, end: datetime) -> tuple[Judgement, ...]:
        """What was said of groups of alerts without an incident from ``start`` to before ``end``, oldest first."""
        return await self._read(lambda db: judgements.within(db, start, end))

    async def judgements_of(self, group: str) -> tuple[Judgement, ...]:
        """What was said of one group of alerts (its row's key), oldest first."""
        return await self._read(lambda db: judgements.of_group(db, group))

    async def put_judgement(self, one: Judgement) -> None:
        """Keep what is said of a group of alerts."""
        await self._write(lambda db: judgements.put(db, one))

    # -- suggestions -------------------------------------------------------------------------------------------

    async def dismiss(self, dismissal: Dismissal) -> None:
        """Remember that a suggested incident is not to be shown."""
        self._check_may_act()
        await self._write(lambda db: dismissed.dismiss(db, dismissal))

    async def restore(self, dismissal: Dismissal) -> bool:
        """Take that back; whether it was there."""
        self._check_may_act()
        return await self._write(lambda db: dismissed.restore(db, dismissal))
