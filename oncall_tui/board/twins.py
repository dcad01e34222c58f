"""One alert that two monitors tell of: Prometheus, and the Alertmanager that it sends to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oncall_tui.model import Alert, AlertState

_GONE = frozenset({AlertState.ENDED, AlertState.RESOLVED})
_RANK = {state: rank for rank, state in enumerate((AlertState.FIRING, AlertState.UNKNOWN, AlertState.SILENCED))}

Labels = frozenset[tuple[str, str]]


def each_once(alerts: Iterable[Alert], capabilities: Mapping[str, frozenset[str]]) -> list[Alert]:
    """Each alert once. Of twins is kept one that is still there before one that is not, then the one whose source can
    silence, for it knows what is silenced."""

    def preferred(alert: Alert) -> tuple[object, ...]:
        can_silence = "silence" in capabilities.get(alert.source, frozenset())
        return (alert.state in _GONE, not can_silence, _RANK.get(alert.state, 9), alert.source, alert.id)

    given = list(alerts)
    if len({alert.source for alert in given if alert.labels}) < 2:
        return given
    kept: list[Alert] = []
    seen: dict[str, _Kept] = {}
    for alert in sorted(given, key=preferred):
        twins = seen.setdefault(alert.name, _Kept())
        if not (alert.labels and twins.has_twin(alert)):
            kept.append(alert)
            twins.add(alert)
    return kept


class _Kept:
    """The kept alerts of one name. Twins are of two sources and one's labels contain the other's: Prometheus adds its
    external labels only to what it sends to an Alertmanager."""

    def __init__(self) -> None:
        self._all: list[tuple[str, dict[str, str]]] = []
        self._exact: dict[Labels, set[str]] = {}
        self._key_sets: set[frozenset[str]] = set()
        self._projected: dict[frozenset[str], dict[Labels, set[str]]] = {}

    def add(self, alert: Alert) -> None:
        self._all.append((alert.source, alert.labels))
        self._exact.setdefault(frozenset(alert.labels.items()), set()).add(alert.source)
        self._key_sets.add(frozenset(alert.labels))
        for keys, found in self._projected.items():
            found.setdefault(_on(alert.labels, keys), set()).add(alert.source)

    def has_twin(self, alert: Alert) -> bool:
        keys = frozenset(alert.labels)
        if keys not in self._projected:
            self._projected[keys] = {}
            for source, labels in self._all:
                self._projected[keys].setdefault(_on(labels, keys), set()).add(source)
        wider = self._projected[keys].get(frozenset(alert.labels.items()), set())
        if wider - {alert.source}:
            return True
        return any(
            self._exact.get(_on(alert.labels, narrow), set()) - {alert.source}
            for narrow in self._key_sets
            if narrow <= keys
        )


def _on(labels: Mapping[str, str], keys: frozenset[str]) -> Labels:
    return frozenset((key, value) for key, value in labels.items() if key in keys)
