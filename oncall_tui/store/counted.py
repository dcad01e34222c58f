"""Alert groups out of ``recent``, kept from one board to the next: only those that have changed are counted again."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf
from typing import NamedTuple

from oncall_tui.board.groups import Member, group_of, shared_labels
from oncall_tui.board.twins import each_once, may_be_twins
from oncall_tui.model import Alert, AlertGroup
from oncall_tui.records import dataclass
from oncall_tui.store.codec import decode, decode_all, decode_strictly
from oncall_tui.store.keys import Keys

Key = tuple[str, str]
"""Source and group."""

# An alert that its pager's resolved incident has left behind is not active any more.
_OF_GROUP = """
    FROM recent r LEFT JOIN incident i ON i.id = r.incident_id WHERE r.source = :source AND r.grp = :group
    AND (r.seen_at >= :since OR (r.rank < 3 AND (i.id IS NULL OR i.is_open = 1)))"""
_MEMBERS = f"""
    SELECT CAST('[' || group_concat(r.brief, ',') || ']' AS BLOB),
    min(CASE WHEN r.rank >= 3 OR i.is_open = 0 THEN r.seen_at END) {_OF_GROUP}"""
_ONE_BY_ONE = f"SELECT CAST(r.brief AS BLOB) {_OF_GROUP}"
_FIRED = f"""
    SELECT r.id, (SELECT sum(f.times) FROM firing f WHERE f.alert_id = r.id AND f.at >= :since),
    (SELECT min(f.at) FROM firing f WHERE f.alert_id = r.id AND f.at >= :since) {_OF_GROUP} AND r.fired_again = 1"""  # noqa: S608


class _Look(NamedTuple):
    """By what members of another source's group may be twins of a group's."""

    names: frozenset[str]
    labels: dict[str, str]
    """That all of them have."""

    def may_meet(self, other: _Look) -> bool:
        return not self.names.isdisjoint(other.names) and may_be_twins(self.labels, other.labels)


@dataclass(slots=True)
class _Counted:
    group: AlertGroup | None = None
    until: float = inf
    """It stays as it is while the window begins no later than this."""
    looks: tuple[_Look, ...] = ()
    """When it was counted last, and since then, newest last; none are taken while no other source tells of alerts."""


class Groups:
    """The groups of one connection's database. To be used in its thread only.

    Args:
        keys: dedup keys of the open incidents, as they are when groups are read.
    """

    def __init__(self, keys: Keys | None = None) -> None:
        self._keys = keys if keys is not None else Keys()
        self._keyed: dict[str, set[str]] = {}
        """Source -> full ids that alerts of it would have whose native id is one of these keys."""
        self._labels: tuple[str, ...] = ()
        self._counted: dict[Key, _Counted] = {}
        self._due: set[Key] = set()
        """Have changed and are to be counted."""
        self._unseen: set[Key] = set()
        """Of these, those that were not looked at since."""
        self._version = 0
        self._since = 0.0
        self._monitors: Mapping[str, bool] | None = None
        self._all: tuple[AlertGroup, ...] = ()

    def read(
        self,
        db: sqlite3.Connection,
        since: float,
        monitors: Mapping[str, bool] | None,
        patience_s: float = inf,
        labels: tuple[str, ...] = (),
    ) -> tuple[AlertGroup, ...] | None:
        """The groups of a window that begins at ``since`` (seconds since 1970).

        Args:
            monitors: the sources that are asked -> whether they can silence; ``None``: all there are, none can.
            patience_s: how long to count; ``None`` is returned where that was not enough, and the next call goes on.
            labels: those that name incidents.
        """
        (version,) = db.execute("SELECT version FROM mark WHERE name = 'group'").fetchone()
        if version < self._version or since < self._since or (monitors, labels) != (self._monitors, self._labels):
            self._counted, self._due, self._unseen, self._version, self._all = {}, set(), set(), 0, ()
            self._keyed, self._labels = {}, labels
        changed = db.execute("SELECT source, grp FROM alert_group WHERE version > ?", (self._version,)).fetchall()
        anew = {key for key in changed if monitors is None or key[0] in monitors}
        anew.update(key for key, counted in self._counted.items() if counted.until < since)
        self._due |= anew | self._by_keys(db)
        self._unseen |= anew
        self._version, self._since, self._monitors = version, since, monitors
        if self._due:
            silencers = frozenset(name for name, can in (monitors or {}).items() if can)
            until = time.monotonic() + patience_s
            for some in self._pieces(db):
                if some:
                    self._count(db, some, since, silencers)
                    self._due -= some
                if self._due and time.monotonic() > until:
                    return None
            self._all = tuple(one.group for one in self._counted.values() if one.group is not None)
        return self._all

    def _by_keys(self, db: sqlite3.Connection) -> set[Key]:
        """Groups of alerts whose id has become, or is no more, some incident's dedup key."""
        news = self._keys.news()
        found: set[Key] = set()
        for source, keyed in self._keyed.items():
            for key in news:
                full_id = f"{source}:{key}"
                (keyed.add if key in self._keys else keyed.discard)(full_id)
                found.update(db.execute("SELECT source, grp FROM recent WHERE id = ?", (full_id,)))
        return found & self._counted.keys()

    def _keyed_of(self, source: str) -> set[str]:
        if source not in self._keyed:
            self._keyed[source] = {f"{source}:{key}" for key in self._keys}
        return self._keyed[source]

    def _pieces(self, db: sqlite3.Connection) -> Iterator[set[Key]]:
        """What is to be counted, in pieces of what has to be counted together; empty ones are a moment to stop."""
        for key in self._due:
            self._counted.setdefault(key, _Counted())
        due = set(self._due)
        if len({source for source, _ in self._counted}) < 2:
            yield from ({key} for key in due)
            return
        for key, counted in self._counted.items():
            if key in self._unseen or not counted.looks:
                # Of one that has left, the other may have to be shown now: what it was before is known still.
                counted.looks = (*counted.looks, _look(_members(db, key, self._since)[0]))
                self._unseen.discard(key)
                yield set()
        yield from _together(due, {key: counted.looks for key, counted in self._counted.items()})

    def _count(self, db: sqlite3.Connection, keys: set[Key], since: float, silencers: frozenset[str]) -> None:
        """Each alert once, in the group of the monitor that knows most of it."""
        read = {key: _members(db, key, since) for key in keys}
        if len(keys) == 1:
            for key, (members, until) in read.items():
                self._put(db, key, members, until)
            return
        place = {id(one): key for key, (members, _) in read.items() for one in members}
        kept: dict[Key, list[Member]] = {key: [] for key in keys}
        for one in each_once((one for members, _ in read.values() for one in members), silencers):
            kept[place[id(one)]].append(one)
        for key, (_, until) in read.items():
            self._put(db, key, _in_order(kept[key]), until)

    def _put(self, db: sqlite3.Connection, key: Key, members: list[Member], until: float) -> None:
        group = _group(db, key, members, self._keyed_of(key[0]), self._labels)
        counted = self._counted[key]
        # What is the same object is soon compared.
        counted.group = counted.group if group == counted.group else group
        counted.until = until
        counted.looks = () if key in self._unseen else counted.looks[-1:]


def _look(members: list[Member]) -> _Look:
    labelled = [one for one in members if one.labels]
    return _Look(frozenset([one.name for one in labelled]), shared_labels(labelled) if labelled else {})


def _together(due: set[Key], looks: Mapping[Key, tuple[_Look, ...]]) -> Iterator[set[Key]]:
    """These groups, each with all that may hold twins of its members."""
    by_name: dict[str, set[Key]] = {}
    for key, some in looks.items():
        for name in {name for look in some for name in look.names}:
            by_name.setdefault(name, set()).add(key)
    left = set(due)
    while left:
        found: set[Key] = set()
        wanted = {left.pop()}
        while wanted:
            key = wanted.pop()
            found.add(key)
            near = {other for look in looks[key] for name in look.names for other in by_name[name]} - found
            wanted |= {
                other
                for other in near
                if other[0] != key[0] and any(mine.may_meet(theirs) for mine in looks[key] for theirs in looks[other])
            }
        left -= found
        yield found


def _in_order(members: list[Member]) -> list[Member]:
    """By rank, the latest first."""
    members.sort(key=lambda one: (one.rank, -one.last_at, one.id))
    return members


def _members(db: sqlite3.Connection, key: Key, since: float) -> tuple[list[Member], float]:
    """A group's members in their order, and until when they stay."""
    given = {"source": key[0], "group": key[1], "since": since}
    briefs, leaves = db.execute(_MEMBERS, given).fetchone()
    if briefs is None:
        return [], inf
    try:
        members = decode_strictly(list[Member], briefs)
    except ValueError:
        members = list(decode_all(Member, db.execute(_ONE_BY_ONE, given)))
    until = inf if leaves is None else leaves
    fired = {alert_id: (times, first) for alert_id, times, first in db.execute(_FIRED, given) if times is not None}
    if fired:
        until = min(until, *(first for _, first in fired.values()))
        for member in members:
            if member.id in fired:
                member.count = max(member.count, fired[member.id][0])
    return _in_order(members), until


def _group(
    db: sqlite3.Connection, key: Key, members: list[Member], keyed: set[str], labels: tuple[str, ...]
) -> AlertGroup | None:
    for place, first in enumerate(members):
        found = db.execute("SELECT data FROM alert WHERE id = ?", (first.id,)).fetchone()
        head = decode(Alert, found[0]) if found else None
        if head is not None:
            shown = replace(head, count=first.count) if first.count != head.count else head
            return group_of(*key, shown, members[place:], keyed=keyed, labels=labels)
    return None
