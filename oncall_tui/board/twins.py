"""One alert that two monitors tell of: Prometheus, and the Alertmanager that it sends to. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from oncall_tui.board.groups import GONE, Member

Labels = frozenset[tuple[str, str]]


def each_once(members: Iterable[Member], silencers: Collection[str]) -> list[Member]:
    """Each alert once. Of twins is kept one that is still there before one that is not, then the one whose source can
    silence (is of ``silencers``), for it knows what is silenced."""

    def preferred(one: Member) -> tuple[object, ...]:
        return (one.rank >= GONE, one.source not in silencers, min(one.rank, GONE), one.source, one.id)

    given = list(members)
    if len({one.source for one in given if one.labels}) < 2:
        return given
    kept: list[Member] = []
    seen: dict[str, _Kept] = {}
    for one in sorted(given, key=preferred):
        twins = seen.setdefault(one.name, _Kept())
        if not (one.labels and twins.has_twin(one)):
            kept.append(one)
            twins.add(one)
    return kept


class _Kept:
    """The kept alerts of one name. Twins are of two sources and one's labels contain the other's: Prometheus adds its
    external labels only to what it sends to an Alertmanager."""

    def __init__(self) -> None:
        self._all: list[tuple[str, dict[str, str]]] = []
        self._exact: dict[Labels, set[str]] = {}
        self._key_sets: set[frozenset[str]] = set()
        self._projected: dict[frozenset[str], dict[Labels, set[str]]] = {}

    def add(self, one: Member) -> None:
        self._all.append((one.source, one.labels))
        self._exact.setdefault(frozenset(one.labels.items()), set()).add(one.source)
        self._key_sets.add(frozenset(one.labels))
        for keys, found in self._projected.items():
            found.setdefault(_on(one.labels, keys), set()).add(one.source)

    def has_twin(self, one: Member) -> bool:
        keys = frozenset(one.labels)
        if keys not in self._projected:
            self._projected[keys] = {}
            for source, labels in self._all:
                self._projected[keys].setdefault(_on(labels, keys), set()).add(source)
        wider = self._projected[keys].get(frozenset(one.labels.items()), set())
        if wider - {one.source}:
            return True
        return any(
            self._exact.get(_on(one.labels, narrow), set()) - {one.source}
            for narrow in self._key_sets
            if narrow <= keys
        )


def _on(labels: Mapping[str, str], keys: frozenset[str]) -> Labels:
    return frozenset((key, value) for key, value in labels.items() if key in keys)
