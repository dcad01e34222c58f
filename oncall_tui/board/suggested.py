"""Suggested incidents of one board after the other, from the alert rows that are on it (W5). Pure, but for its memory
of the last board: what has not changed is not correlated again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import is_

from oncall_tui.board.model import AlertRow
from oncall_tui.model import AlertState, DetectionRules, Dismissal, Ids
from oncall_tui.policy.suggest import MOST, MOST_IDS, Signal, SignalKind, Suggestion, settle, suggest

MOST_BESIDE = 3
"""Open incidents of the same service that are told."""

Capabilities = Mapping[str, frozenset[str]]
Settled = tuple[tuple[Suggestion, ...], tuple[Suggestion, ...]]
"""Those to be shown, and those that were dismissed."""


class Suggestions:
    """The suggestions of one board after the other."""

    def __init__(self) -> None:
        self._rows: list[AlertRow] = []
        """What they were made of: while they are the same objects nothing has changed."""
        self._rules: DetectionRules | None = None
        self._signals: list[Signal] = []
        self._found: tuple[Suggestion, ...] = ()

    def take(
        self,
        rows: Sequence[AlertRow],
        rules: DetectionRules,
        capabilities: Capabilities,
        dismissals: Sequence[Dismissal],
        now: datetime,
        beside: Callable[[str], Sequence[str]],
    ) -> Settled:
        """The suggestions of these rows.

        Args:
            rows: the board's alert groups, in its order: firing ones first, the worst first.
            beside: ids of the open incidents of a service (its name), what needs a hand first.
        """
        free = unclaimed(rows) if rules.enabled else []
        same = rules == self._rules and len(free) == len(self._rows) and all(map(is_, free, self._rows))
        if not same:
            known = dict(zip(map(id, self._rows), self._signals, strict=True))
            signals = [known.get(id(row)) or _signal(row, capabilities.get(row.source, frozenset())) for row in free]
            if signals != self._signals or rules != self._rules:
                self._found = suggest(signals, rules)
            self._rows, self._rules, self._signals = free, rules, signals
        if not self._found:
            return (), ()
        told = tuple(
            replace(one, beside=ids)
            if (ids := tuple(beside(one.service)[:MOST_BESIDE]) if one.service else ())
            else one
            for one in self._found
        )
        return settle(told, dismissals, now)


def unclaimed(rows: Sequence[AlertRow]) -> list[AlertRow]:
    """The firing groups that are taken to belong to no incident, the first :data:`MOST` of them."""
    found: list[AlertRow] = []
    for row in rows:
        if row.state is AlertState.FIRING:
            if not row.joins and not row.is_paged:
                found.append(row)
                if len(found) == MOST:
                    break
        elif row.state is not AlertState.UNKNOWN:
            break  # firing ones come first
    return found


def _signal(row: AlertRow, capabilities: frozenset[str]) -> Signal:
    return Signal(
        key=row.key,
        kind=_kind(capabilities),
        source=row.source,
        name=row.name,
        first_at=row.first_at,
        severity=row.severity,
        severity_word=row.severity_word,
        service=row.service,
        summary=row.summary,
        labels=row.labels,
        ids=row.ids.first(MOST_IDS) if isinstance(row.ids, Ids) else tuple(row.ids[:MOST_IDS]),
    )


def _kind(capabilities: frozenset[str]) -> SignalKind:
    if "user_reports" in capabilities:
        return SignalKind.REPORT
    return SignalKind.LOGS if "log_spikes" in capabilities else SignalKind.ALERT
