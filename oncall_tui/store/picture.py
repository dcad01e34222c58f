"""The picture that a board is made of, kept from one reading to the next: rows that have not changed are not decoded
again, and are the same objects. It belongs to one connection and is used in its thread only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from oncall_tui.model import Change, Incident
from oncall_tui.store import work
from oncall_tui.store.codec import decode, decode_all, decode_strictly, encode, moment
from oncall_tui.store.counted import Groups
from oncall_tui.store.keys import Keys

T = TypeVar("T")

JUST_RESOLVED = timedelta(days=1)
"""What ended within it is still told to the sources as known."""
_SAME_CHANGE_S = 60.0
_COLUMNS = "data, id, is_open, ended_at, retriggered_at"
_AGAIN = "SELECT id, retriggered_at FROM incident WHERE is_open = 1 AND retriggered_at IS NOT NULL"
# Many at once: SQLite puts them together while Python does other things, and they are decoded in one go.
_SOME_OPEN = """
    SELECT CAST('[' || group_concat(data, ',') || ']' AS BLOB), max(id)
    FROM (SELECT id, data FROM incident WHERE is_open = 1 AND ended_at IS NULL AND id > ? ORDER BY id LIMIT 500)"""
_OF_IDS = " AND incident_id IN (SELECT value FROM json_each(?))"
_BY_IDS = f"SELECT {_COLUMNS} FROM incident WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - names of ours
_ONE_BY_ONE = "SELECT data FROM incident WHERE is_open = 1 AND ended_at IS NULL AND id > ? AND id <= ?"


class Picture:
    """What is held of one database."""

    def __init__(self) -> None:
        self.incidents = Incidents()
        self.groups = Groups(self.incidents.keys)
        self._rows: dict[tuple[Any, ...], tuple[Any, Any]] = {}
        self._changes: tuple[int, datetime, tuple[Change, ...]] | None = None

    def changes(self, db: sqlite3.Connection, now: datetime) -> tuple[Change, ...]:
        """Those that a board at ``now`` knows of; the same objects where none has changed."""
        (version,) = db.execute("SELECT version FROM mark WHERE name = 'change'").fetchone()
        held = self._changes
        if held is None or held[0] != version or now - work.BACK < held[1]:
            held = self._changes = (version, now - work.BACK, work.changes_since(db, now - work.BACK))
        return work.within(held[2], now)

    def decoded(self, kind: type[T], raw: bytes, *place: str) -> T | None:
        """``raw`` as ``kind``; the object of the last time where the row at ``place`` has not changed."""
        held = self._rows.get(place)
        if held is None or held[0] != raw:
            held = self._rows[place] = (raw, decode(kind, raw))
        value: T | None = held[1]
        return value


def edition(db: sqlite3.Connection) -> str:
    """What the incidents are: another one after every change of theirs, and of what their timelines tell."""
    marks = dict(db.execute("SELECT name, version FROM mark"))
    return f"{marks['incident']} {marks['gone']} {marks['entry']}"


class Incidents:
    """The open incidents and those that ended lately, decoded once a change."""

    def __init__(self) -> None:
        self._open: dict[str, Incident] = {}
        self._ended: dict[str, tuple[float, Incident]] = {}
        self._again: dict[str, float] = {}
        """Incident id -> when it was seen to go back to triggered by itself."""
        self._version = 0
        self._gone = 0
        self._entries = (0, 0)
        self.keys = Keys()
        """Of the open ones."""
        self._told: dict[str, datetime] = {}
        self._triggered_again: dict[str, datetime] = {}

    def follow(self, db: sqlite3.Connection, now: datetime) -> None:
        """Read what has changed since the last call."""
        marks = dict(db.execute("SELECT name, version FROM mark"))
        oldest = (now - JUST_RESOLVED).timestamp()
        if marks["gone"] != self._gone or marks["incident"] < self._version:
            self.keys.clear()
            self._open, self._ended, self._again, self._version = {}, {}, {}, 0
        if self._version == 0:
            self._open.update((one.id, one) for one in _all_open(db))
            self.keys.add(key for one in self._open.values() for key in one.keys)
            self._again.update(db.execute(_AGAIN))
            rows = db.execute(f"SELECT {_COLUMNS} FROM incident WHERE is_open = 0 AND ended_at >= ?", (oldest,))  # noqa: S608
        else:
            rows = db.execute(f"SELECT {_COLUMNS} FROM incident WHERE version > ?", (self._version,))  # noqa: S608
        for raw, incident_id, is_open, ended_at, retriggered_at in rows:
            self._take(incident_id, decode(Incident, raw), is_open, ended_at, retriggered_at)
        for incident_id in [one for one, (ended_at, _) in self._ended.items() if ended_at < oldest]:
            del self._ended[incident_id]
            self._again.pop(incident_id, None)
        entries = (marks["entry"], marks["incident"])
        if entries != self._entries or marks["gone"] != self._gone:
            self._told, self._triggered_again = self._times(db)
        self._version, self._gone, self._entries = marks["incident"], marks["gone"], entries

    def take_some(self, db: sqlite3.Connection, ids: Sequence[str], now: datetime) -> int:
        """Read these alone, into an empty one. How many other open ones there are."""
        wanted = encode(list(ids)).decode()
        for raw, incident_id, is_open, ended_at, again in db.execute(_BY_IDS, (wanted,)):
            if is_open or ended_at is None or ended_at >= (now - JUST_RESOLVED).timestamp():
                self._take(incident_id, decode(Incident, raw), is_open, ended_at, again)
        self._told, self._triggered_again = self._times(db, _OF_IDS, wanted)
        (count,) = db.execute("SELECT count(*) FROM incident WHERE is_open = 1").fetchone()
        return int(count) - len(self._open)

    def _take(
        self, incident_id: str, one: Incident | None, is_open: int, ended_at: float | None, again: float | None
    ) -> None:
        before = self._open.pop(incident_id, None)
        if before is not None:
            self.keys.drop(before.keys)
        self._ended.pop(incident_id, None)
        self._again.pop(incident_id, None)
        if one is None:
            return
        if is_open:
            self._open[incident_id] = one
            self.keys.add(one.keys)
        else:
            self._ended[incident_id] = (ended_at or 0.0, one)
        if again is not None:
            self._again[incident_id] = again

    def _times(self, db: sqlite3.Connection, of: str = "", *some: str) -> tuple[dict[str, datetime], ...]:
        """By the timelines of open incidents: when was told of them, and when they went back to triggered. ``of`` is a
        further condition with ``some`` values."""
        told = db.execute(f"SELECT incident_id, max(at) FROM entry WHERE is_told = 1{of} GROUP BY incident_id", some)  # noqa: S608
        back = db.execute(
            "SELECT incident_id, max(at) FROM entry WHERE kind IN ('unacknowledged', 'reopened')"  # noqa: S608
            f"{of} GROUP BY incident_id",
            some,
        )
        latest = dict(self._again)
        for incident_id, at in back:
            # The log tells of the same change that was seen in the list, perhaps a moment apart: one page, not two.
            if incident_id in self._open and at > latest.get(incident_id, 0.0) + _SAME_CHANGE_S:
                latest[incident_id] = at
        return _moments({one: at for one, at in told if one in self._open}), _moments(latest)

    def within(self, since: datetime) -> tuple[Incident, ...]:
        """The open ones, and those that have ended since."""
        ended = [one for at, one in self._ended.values() if at >= since.timestamp()]
        return (*self._open.values(), *ended)

    @property
    def last_told(self) -> dict[str, datetime]:
        """Open incident -> when stakeholders were last told, by its timeline."""
        return dict(self._told)

    def retriggered(self, since: datetime) -> dict[str, datetime]:
        """Incident -> when it went back to triggered by itself; without those that ended before ``since``."""
        over = {one for one, (at, _) in self._ended.items() if at < since.timestamp()}
        return {one: at for one, at in self._triggered_again.items() if one not in over}

    def of_source(self, source: str) -> Mapping[str, Incident]:
        """A source's incidents by native id: open ones and those that ended lately."""
        every = (*self._open.values(), *(one for _, one in self._ended.values()))
        return {one.native_id: one for one in every if one.source == source}


def _moments(times: Mapping[str, float]) -> dict[str, datetime]:
    return {one: at for one, seconds in times.items() if (at := moment(seconds)) is not None}


def _all_open(db: sqlite3.Connection) -> Iterator[Incident]:
    last = ""
    while True:
        some, end = db.execute(_SOME_OPEN, (last,)).fetchone()
        if some is None:
            return
        try:
            yield from decode_strictly(list[Incident], some)
        except ValueError:
            yield from decode_all(Incident, db.execute(_ONE_BY_ONE, (last, end)))
        last = end
