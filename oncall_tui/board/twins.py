"""One alert that two monitors tell of: Prometheus, and the Alertmanager that it sends to. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from oncall_tui.board.groups import GONE, Member

Keys = frozenset[str]
Labels = frozenset[tuple[str, str]]


def may_be_twins(labels: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Whether some alerts that all have ``labels`` and some that all have ``others`` may be twins of each other."""
    return all(others.get(name, value) == value for name, value in labels.items())


def each_once(members: Iterable[Member], silencers: Collection[str]) -> list[Member]:
    """Each alert once. Of twins is kept one that is still there before one that is not, then the one whose source can
    silence (is of ``silencers``), for it knows what is silenced."""

    def preferred(one: Member) -> tuple[object, ...]:
        return (one.rank >= GONE, one.source not in silencers, min(one.rank, GONE), one.source, one.id)

    by_name: dict[str, list[Member]] = {}
    for one in members:
        by_name.setdefault(one.name, []).append(one)
    kept: list[Member] = []
    for some in by_name.values():
        if len({one.source for one in some if one.labels}) < 2:
            kept += some
            continue
        twins = _Kept()
        kept += [one for one in sorted(some, key=preferred) if not one.labels or twins.is_first(one)]
    return kept


class _Kept:
    """The kept alerts of one name. Twins are of two sources and one's labels contain the other's: Prometheus adds its
    external labels only to what it sends to an Alertmanager."""

    def __init__(self) -> None:
        self._by_keys: dict[Keys, list[Member]] = {}
        self._cut: dict[tuple[Keys, Keys], dict[Labels, set[str]]] = {}
        """(names of the labels that kept alerts have, names that are looked at) -> those labels -> their sources."""

    def is_first(self, one: Member) -> bool:
        """Keep it, unless a twin of it is kept."""
        keys = frozenset(one.labels)
        labels = frozenset(one.labels.items())
        for theirs in self._by_keys:
            shorter = theirs if theirs <= keys else keys if keys <= theirs else None
            if shorter is None:
                continue
            looked_for = labels if shorter == keys else _cut(one, shorter)
            if self._sources(theirs, shorter).get(looked_for, set()) - {one.source}:
                return False
        self._by_keys.setdefault(keys, []).append(one)
        for (theirs, shorter), found in self._cut.items():
            if theirs == keys:
                found.setdefault(_cut(one, shorter), set()).add(one.source)
        return True

    def _sources(self, theirs: Keys, shorter: Keys) -> dict[Labels, set[str]]:
        found = self._cut.get((theirs, shorter))
        if found is None:
            found = self._cut[theirs, shorter] = {}
            for one in self._by_keys[theirs]:
                found.setdefault(_cut(one, shorter), set()).add(one.source)
        return found


def _cut(one: Member, keys: Keys) -> Labels:
    return frozenset([(name, one.labels[name]) for name in keys])
