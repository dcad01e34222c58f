"""The store: everything that is known, on disk. The only module of the house, with its folder, that speaks SQL."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from oncall_tui.clock import Clock
from oncall_tui.model import (
    Alert,
    AuditLine,
    Facts,
    First,
    Incident,
    IncidentDetail,
    IncidentFacts,
    IncidentHistory,
    OutboxRow,
    OutboxState,
    Shift,
    ShiftFacts,
    Snapshot,
    SourceState,
)
from oncall_tui.policy.identity import Identity
from oncall_tui.store import cache, history, lease, outbox, queries, small
from oncall_tui.store.database import Database
from oncall_tui.store.errors import StoreError
from oncall_tui.store.files import DATABASE
from oncall_tui.store.journal import OutboxJournal
from oncall_tui.store.picture import Picture
from oncall_tui.store.schema import reading
from oncall_tui.store.seat import Seat

if TYPE_CHECKING:
    from oncall_tui.model.search import Found, Hit, SameKind
    from oncall_tui.store.declarations import Declarations

T = TypeVar("T")
_WINDOW = timedelta(hours=1)
_STEPS_AHEAD = 100
"""So many steps are read into what can be searched before a search: twenty thousand rows; the rest is told."""


class Store(Seat):
    """Facts, outbox, audit, drafts, in ``oncall.db`` of the data folder (product K1-K4, W12).

    Every method is one transaction. All raise :class:`StoreError` where the disk or the database refuses; nothing of
    the call is stored then.
    """

    def __init__(self, folder: Path, database: Database, clock: Clock, identity: Identity) -> None:
        super().__init__(database, clock)
        self.path = folder / DATABASE
        self._identity = identity
        self._me = lease.this_process(os.urandom(8).hex())
        self._watched: tuple[str, float, datetime] | None = None
        self._picture: tuple[sqlite3.Connection, Picture] | None = None
        self._declarations: Declarations | None = None

    @classmethod
    async def open(cls, folder: Path, *, clock: Clock, identity: Identity | None = None) -> Store:
        """Open the data folder (made with mode 0700, files 0600). A broken database is set aside and what can be read
        of outbox, audit and drafts carried over; where nothing can be written it is all in memory.

        Facts are stored with the one name that ``identity`` has for a service and a team; what was stored before by
        another name has it when it is told anew, and where months are read.

        Raises:
            StoreError: folder or file are open to others or not ours: path, mode and what to run.
        """
        database = Database(folder, clock)
        await database.begin()
        return cls(folder, database, clock, identity or Identity())

    async def close(self) -> None:
        """Close the file; may be called twice."""
        await self._database.close()

    # -- facts in ----------------------------------------------------------------------------------------------

    async def apply(self, snapshot: Snapshot, state: SourceState) -> bool:
        """What one poll brought, in one transaction. True when something that a board shows has changed."""
        same = self._identity
        return await self._write(lambda db: cache.apply_snapshot(db, same.snapshot(snapshot), state))

    async def put_state(self, state: SourceState) -> bool:
        """A failed poll: the source's state; its facts stay."""
        return await self._write(lambda db: cache.put_state(db, state))

    async def put_detail(self, detail: IncidentDetail) -> bool:
        """One incident read whole, now."""
        now, same = self._clock.now(), self._identity
        return await self._write(lambda db: cache.put_detail(db, same.detail(detail), now))

    async def mark_unknown(self, incident_id: str) -> bool:
        """Its system does not find this incident any more: it stays visible, its state unknown."""
        return await self._write(lambda db: cache.mark_unknown(db, incident_id))

    # -- facts out ---------------------------------------------------------------------------------------------

    async def facts(
        self,
        now: datetime,
        window: timedelta = _WINDOW,
        *,
        monitors: Mapping[str, bool] | None = None,
        patience_s: float = inf,
        join_labels: tuple[str, ...] = (),
        first: First | None = None,
    ) -> Facts:
        """One consistent picture: what is open or active, and what ended within ``window`` before ``now``.

        Args:
            window: no longer than :data:`oncall_tui.store.recent.KEPT`.
            monitors: the sources whose alerts are wanted -> whether they can silence: of an alert that two of them
                tell of, the one whose source can is kept. ``None``: all sources.
            patience_s: how long to count alerts, of which there may be a hundred thousand; where that is not enough
                :attr:`Facts.counting` says so, and the next call goes on.
            join_labels: labels of alerts that name incidents: their values are told with each group.
            first: where there are many more incidents than these, and none has changed since, these alone; the alerts
                are still to be counted then, and :attr:`Facts.unread` says how many open incidents are missing.
        """
        written = self._clock.now()

        def read(db: sqlite3.Connection) -> Facts:
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk: what is sorted is shown
                cache.sort_rest(db, written)
            with reading(db):
                if first is not None:
                    some = queries.first_facts(db, self._picture_of(db), now, window, first)
                    if some is not None:
                        return some
                return queries.facts(db, self._picture_of(db), now, window, monitors, patience_s, join_labels)

        return await self._database.run(read)

    def _picture_of(self, db: sqlite3.Connection) -> Picture:
        """What is held of the database that is open now; only called in its thread."""
        if self._picture is None or self._picture[0] is not db:
            self._picture = (db, Picture())
        return self._picture[1]

    async def incident(self, incident_id: str) -> IncidentFacts | None:
        """Everything of one incident."""
        now = self._clock.now()
        return await self._read(lambda db: queries.incident(db, incident_id, now))

    async def incident_seen(self, incident_id: str) -> tuple[Incident, datetime] | None:
        """An incident and when its system last told of it."""
        return await self._read(lambda db: queries.incident_seen(db, incident_id))

    async def known_incidents(self, source: str) -> Mapping[str, Incident]:
        """By native id: a source's open incidents and those that ended within the last day."""
        now = self._clock.now()

        def known(db: sqlite3.Connection) -> Mapping[str, Incident]:
            incidents = self._picture_of(db).incidents
            incidents.follow(db, now)
            return incidents.of_source(source)

        return await self._read(known)

    async def newest_entry(self, source: str) -> datetime | None:
        """When the latest timeline entry of a source was written."""
        return await self._read(lambda db: queries.newest_entry(db, source))

    async def source_states(self) -> tuple[SourceState, ...]:
        """How each source fares, by name."""
        return await self._read(queries.source_states)

    async def find_ids(self, suffix: str) -> tuple[str, ...]:
        """Full ids of incidents, alerts and silences that end with ``suffix``; an exact one first."""
        return await self._read(lambda db: queries.find_ids(db, suffix))

    async def alert(self, alert_id: str) -> Alert | None:
        """One alert."""
        return await self._read(lambda db: queries.alert(db, alert_id))

    async def shift_facts(self, start: datetime, end: datetime) -> ShiftFacts:
        """What a handover of that stretch is made of."""
        facts, same = await self._read(lambda db: queries.shift_facts(db, start, end)), self._identity
        if not same.renames:
            return facts
        return replace(
            facts,
            incidents=tuple(map(same.incident, facts.incidents)),
            alerts=tuple(map(same.alert, facts.alerts)),
            earlier_alerts=tuple(map(same.alert, facts.earlier_alerts)),
        )

    # -- what was, over months ---------------------------------------------------------------------------------

    async def incident_history(
        self, start: datetime, end: datetime, *, after: history.Place | None = None, limit: int = 200
    ) -> tuple[tuple[IncidentHistory, ...], history.Place | None]:
        """A page of the incidents that were triggered from ``start`` to ``end``, oldest first, behind ``after``; and
        where to go on, ``None`` at the end."""
        found, place = await self._read(lambda db: history.incidents(db, start, end, after, limit))
        if not self._identity.renames:
            return found, place
        return tuple(replace(one, incident=self._identity.incident(one.incident)) for one in found), place

    async def put_history(self, details: Sequence[IncidentDetail]) -> int:
        """Incidents of long ago, with what is known of their timelines; how many were not known or have changed."""
        now = self._clock.now()
        return await self._write(lambda db: cache.put_history(db, details, now))

    async def resolved_history(
        self, since: datetime, severities: Collection[int | None], limit: int = 500
    ) -> tuple[IncidentHistory, ...]:
        """The latest incidents of these severities that were resolved since then."""
        found = await self._read(lambda db: history.resolved(db, since, severities, limit))
        return tuple(replace(one, incident=self._identity.incident(one.incident)) for one in found)

    async def fired(
        self, start: datetime, end: datetime, sources: Collection[str], by: history.By | None = None
    ) -> dict[str | int | None, int]:
        """How often alerts of these sources fired in the stretch: by service or severity, or all under ``None``."""
        found = await self._read(lambda db: history.fired(db, start, end, sources, by))
        if by != "service" or not self._identity.renames:
            return found
        named: Counter[str | int | None] = Counter()
        for service, count in found.items():
            named[self._identity.service(service) if isinstance(service, str) else service] += count
        return dict(named)

    async def history_begins(self) -> tuple[datetime | None, datetime | None]:
        """The oldest incident and the oldest firing of an alert that are kept."""
        return await self._read(history.begins)

    async def shifts(self) -> dict[str, tuple[Shift, ...]]:
        """The shifts that each source last told of, by its name."""
        return await self._read(history.shifts)

    # -- search and suggestions --------------------------------------------------------------------------------

    async def index(self) -> bool:
        """Read a few more rows into what can be searched; whether there may be more."""
        from oncall_tui.store import documents, words  # not at the top: the first board does without

        return await self._database.run(lambda db: words.guarded(db, documents.step))

    async def _catch_up(self, most: int) -> None:
        with contextlib.suppress(StoreError):  # a full disk: what was read is searched
            for _ in range(most):
                if not await self.index():
                    return

    async def search(self, text: str, limit: int = 50) -> Found:
        """The texts that the seat has seen which hold all words of ``text``, the beginnings of words counting."""
        from oncall_tui.store import search, words

        await self._catch_up(_STEPS_AHEAD)

        def read(db: sqlite3.Connection) -> Found:
            with reading(db):
                return search.search(db, text, limit)

        return await self._database.run(lambda db: words.guarded(db, read))

    async def text_of(self, hit: Hit) -> tuple[str, str] | None:
        """The title and the whole text of what a search found; ``None``: it has gone meanwhile."""
        from oncall_tui.store import search

        return await self._read(lambda db: search.text_of(db, hit.kind, hit.ref))

    async def same_kind(self, incident_id: str, most: int = 20) -> SameKind:
        """The earlier incidents of an incident's kind, the latest ``most`` of them whole."""
        from oncall_tui.store import search

        await self._catch_up(_STEPS_AHEAD)
        return await self._read(lambda db: search.same_kind(db, incident_id, most))

    # -- outbox and audit --------------------------------------------------------------------------------------

    async def enqueue(self, row: OutboxRow) -> tuple[OutboxRow, bool]:
        """Store an action; forced to disk when this returns. (existing row, False) for a double press: one with the
        same verb, target, parameters and seen version is still pending."""
        self._check_may_act()
        await self._database.check_file()
        return await self._write(lambda db: outbox.enqueue(db, self._journal, row))

    @property
    def declarations(self) -> Declarations:
        """Declarations of incidents and the actions of their steps."""
        if self._declarations is None:
            from oncall_tui.store.declarations import Declarations  # not at the top: few starts have any

            self._declarations = Declarations(self._read, self._write, self._ready, lambda: self._journal)
        return self._declarations

    async def has_declarations(self) -> bool:
        """Whether any may have something to send yet."""
        return await self._read(outbox.has_declarations)

    async def outbox(self, *, pending_only: bool = False) -> tuple[OutboxRow, ...]:
        """The actions, newest last."""
        return await self._read(outbox.pending_rows if pending_only else outbox.all_rows)

    async def outbox_row(self, key: str) -> OutboxRow | None:
        """An action by its key, or by the beginning of it that only one key has."""
        return await self._read(lambda db: outbox.row_by_key(db, key))

    async def move(self, row: OutboxRow, *, was: frozenset[OutboxState], event: str, detail: str = "") -> bool:
        """Write ``row`` over the stored one if that is in one of the states ``was``, with one audit line; False, and
        nothing written, if it is not."""
        self._check_may_act()
        now = self._clock.now()
        return await self._write(
            lambda db: outbox.move(db, self._journal, row, was=was, event=event, detail=detail, now=now)
        )

    async def begin_send(self, row: OutboxRow) -> bool:
        """As :meth:`move` from queued to sending, and only if this store holds the lease at that very moment."""
        self._check_may_act()
        now, token = self._clock.now(), self._me.token
        was = frozenset({OutboxState.QUEUED})
        return await self._write(
            lambda db: outbox.move(db, self._journal, row, was=was, event="sending", detail="", now=now, token=token)
        )

    async def see_off(self, key: str) -> None:
        """A person has seen that it was refused or that its outcome is unknown."""
        row = await self.outbox_row(key)
        if row is not None:
            now = self._clock.now()
            await self._write(lambda db: outbox.see_off(db, row, now))

    async def audit(self, limit: int = 200) -> tuple[AuditLine, ...]:
        """The latest lines, oldest first."""
        return await self._read(lambda db: outbox.audit_lines(db, limit))

    async def record(self, line: AuditLine) -> None:
        """Append a line to the audit: what was done, and left the outbox out."""
        await self._write(lambda db: outbox.record(db, line))

    @property
    def _journal(self) -> OutboxJournal:
        return self._database.opened.journal

    async def _ready(self) -> None:
        self._check_may_act()
        await self._database.check_file()

    # -- the sending lease -------------------------------------------------------------------------------------

    async def take_lease(self) -> bool:
        """Become the process that sends, if nobody else is (or that one is dead, or silent for 10 s)."""
        if self.read_only:
            return False
        now = self._clock.now()
        found = await self._read(lease.holder)
        if found is None or self._watched is None or self._watched[:2] != (found[0], found[2]):
            self._watched = None if found is None else (found[0], found[2], now)
        unchanged = 0.0 if self._watched is None else (now - self._watched[2]).total_seconds()
        return await self._write(lambda db: lease.take_lease(db, self._me, now, unchanged_s=unchanged))

    async def renew_lease(self) -> bool:
        """Say that we live; False: another process sends now."""
        now = self._clock.now()
        return await self._write(lambda db: lease.renew_lease(db, self._me.token, now))

    async def drop_lease(self) -> None:
        """Give the lease back, if it is ours."""
        await self._write(lambda db: lease.drop_lease(db, self._me.token))

    async def lease_holder(self) -> str | None:
        """Who sends (``host pid 123``), also when it is this process; ``None``: nobody."""
        found = await self._read(lease.holder)
        return None if found is None else found[1]

    # -- the file ----------------------------------------------------------------------------------------------

    async def version(self) -> int:
        """Changes when another process has written, or the file was opened anew."""
        seen = await self._database.run(lambda db: int(db.execute("PRAGMA data_version").fetchone()[0]))
        return self._database.epoch * 1_000_000_000 + seen

    async def check_file(self) -> bool:
        """True when the database was deleted or replaced under us and is open anew, pending actions in it."""
        return await self._database.check_file()

    async def prune(self, now: datetime) -> None:
        """Let go of what is old (resolved incidents, ended actions and done items 90 days, alerts
        and changes 30 days, the audit a year)."""
        await self._write(lambda db: small.prune(db, self._journal, now, self.journal_mode))
