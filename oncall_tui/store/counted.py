"""Alert groups out of ``recent``, kept from one board to the next: only those that have changed are counted again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf

import msgspec

from oncall_tui.board.groups import GONE, Member, group_of
from oncall_tui.board.twins import each_once
from oncall_tui.model import Alert, AlertGroup
from oncall_tui.records import dataclass
from oncall_tui.store.codec import decode

Key = tuple[str, str]
"""Source and group."""
_BRIEF = msgspec.json.Decoder(Member)

# Those that are over are found by their time; of the others an alert that its pager's resolved incident has left
# behind is not active any more. How often it fired is counted where one row of its own cannot tell.
_MEMBERS = """
    SELECT r.id, r.rank, r.seen_at, r.brief, i.is_open,
        CASE WHEN r.fired_again THEN (SELECT sum(f.times) FROM firing f WHERE f.alert_id = r.id AND f.at >= :since) END,
        CASE WHEN r.fired_again THEN (SELECT min(f.at) FROM firing f WHERE f.alert_id = r.id AND f.at >= :since) END
    FROM recent r LEFT JOIN incident i ON i.id = r.incident_id
    WHERE r.source = :source AND r.grp = :group AND """
_ACTIVE = _MEMBERS + "r.rank < 3 AND (r.seen_at >= :since OR i.id IS NULL OR i.is_open = 1)"
_OVER = _MEMBERS + "r.rank = :rank AND r.seen_at >= :since"


_NAMES = "SELECT DISTINCT name FROM recent WHERE source = ? AND grp = ? AND name IS NOT NULL"


@dataclass(slots=True)
class _Counted:
    group: AlertGroup | None = None
    until: float = inf
    """It stays as it is while the window begins no later than this."""
    names: frozenset[str] = frozenset()
    """Of its members that another source's monitor may tell of too; known where there are several sources."""


class Groups:
    """The groups of one connection's database. To be used in its thread only."""

    def __init__(self) -> None:
        self._counted: dict[Key, _Counted] = {}
        self._version = 0
        self._since = 0.0
        self._monitors: Mapping[str, bool] | None = None
        self._all: tuple[AlertGroup, ...] = ()

    def read(self, db: sqlite3.Connection, since: float, monitors: Mapping[str, bool] | None) -> tuple[AlertGroup, ...]:
        """The groups of a window that begins at ``since`` (seconds since 1970).

        Args:
            monitors: the sources that are asked -> whether they can silence; ``None``: all there are, none can.
        """
        (version,) = db.execute("SELECT version FROM mark WHERE name = 'group'").fetchone()
        if version < self._version or since < self._since or monitors != self._monitors:
            self._counted, self._version, self._all = {}, 0, ()
        changed = db.execute("SELECT source, grp FROM alert_group WHERE version > ?", (self._version,)).fetchall()
        due = {key for key in changed if monitors is None or key[0] in monitors}
        due.update(key for key, counted in self._counted.items() if counted.until < since)
        if due:
            self._count(db, due, since, frozenset(name for name, can in (monitors or {}).items() if can))
            self._all = tuple(one.group for one in self._counted.values() if one.group is not None)
        self._version, self._since, self._monitors = version, since, monitors
        return self._all

    def _count(self, db: sqlite3.Connection, due: set[Key], since: float, silencers: frozenset[str]) -> None:
        for key in due:
            self._counted.setdefault(key, _Counted())
        if len({source for source, _ in self._counted}) < 2:
            for key in due:
                self._put(db, key, *_members(db, key, since))
            return
        now = {key: frozenset(name for (name,) in db.execute(_NAMES, key)) for key in due}
        for key, names in now.items():
            self._counted[key].names |= names
        for together in self._together(due):
            self._count_once(db, together, since, silencers)
        for key, names in now.items():
            self._counted[key].names = names

    def _together(self, due: set[Key]) -> Iterator[set[Key]]:
        """These groups, each with all that may hold twins of its members."""
        by_name: dict[str, set[Key]] = {}
        for key, counted in self._counted.items():
            for name in counted.names:
                by_name.setdefault(name, set()).add(key)
        shared = {name: keys for name, keys in by_name.items() if len({source for source, _ in keys}) > 1}
        left = set(due)
        while left:
            found: set[Key] = set()
            wanted = {left.pop()}
            while wanted:
                key = wanted.pop()
                found.add(key)
                for name in self._counted[key].names:
                    wanted |= shared.get(name, set()) - found
            left -= found
            yield found

    def _count_once(self, db: sqlite3.Connection, keys: set[Key], since: float, silencers: frozenset[str]) -> None:
        """Each alert once, in the group of the monitor that knows most of it."""
        read = {key: _members(db, key, since) for key in keys}
        place = {id(one): key for key, (members, _) in read.items() for one in members}
        kept: dict[Key, list[Member]] = {key: [] for key in keys}
        for one in each_once((one for members, _ in read.values() for one in members), silencers):
            kept[place[id(one)]].append(one)
        for key, (_, until) in read.items():
            kept[key].sort(key=_order)
            self._put(db, key, kept[key], until)

    def _put(self, db: sqlite3.Connection, key: Key, members: list[Member], until: float) -> None:
        group = _group(db, key, members)
        counted = self._counted[key]
        # What is the same object is soon compared.
        counted.group = counted.group if group == counted.group else group
        counted.until = until


def _order(one: Member) -> tuple[int, float, str]:
    return one.rank, -one.last_at, one.id


def _members(db: sqlite3.Connection, key: Key, since: float) -> tuple[list[Member], float]:
    """A group's members in their order, and until when they stay."""
    source, group = key
    members: list[Member] = []
    until = inf
    given = {"source": source, "group": group, "since": since}
    for statement, rank in ((_ACTIVE, 0), (_OVER, GONE), (_OVER, GONE + 1)):
        for alert_id, state, seen_at, raw, is_open, fired, earliest in db.execute(statement, {**given, "rank": rank}):
            member = _BRIEF.decode(raw)
            member.id, member.rank, member.source = alert_id, state, source
            if fired is not None and fired > member.count:
                member.count = fired
            if earliest is not None and earliest < until:
                until = earliest
            if (state >= GONE or is_open == 0) and seen_at < until:
                until = seen_at
            members.append(member)
    members.sort(key=_order)
    return members, until


def _group(db: sqlite3.Connection, key: Key, members: list[Member]) -> AlertGroup | None:
    for place, first in enumerate(members):
        found = db.execute("SELECT data FROM alert WHERE id = ?", (first.id,)).fetchone()
        head = decode(Alert, found[0]) if found else None
        if head is not None:
            return group_of(
                *key, replace(head, count=first.count) if first.count != head.count else head, members[place:]
            )
    return None
