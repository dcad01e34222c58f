"""Counts of lines by service, level and minute, and the spikes in them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.model import Alert, AlertState, HealthCheck, HealthStatus, join_id
from oncall_tui.sources import fields
from oncall_tui.sources.labels import group_key
from oncall_tui.sources.loki.options import Options
from oncall_tui.text import clean

NAME = "Error spike"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

Levels = dict[str, float]
"""Level -> lines in a minute."""


@dataclass(slots=True)
class Counts:
    """What one answer tells: at each time, of each service that logged something, its lines by level."""

    times: list[datetime] = field(default_factory=list)
    at: dict[datetime, dict[str, Levels]] = field(default_factory=dict)
    spoilt: int = 0
    """Series that do not say whose they are, or how many."""

    def add(self, when: datetime, service: str, level: str, value: float) -> None:
        """One count."""
        levels = self.at.setdefault(when, {}).setdefault(service, {})
        levels[level] = max(value, levels.get(level, 0.0))


def read(options: Options, result: Any, times: list[datetime]) -> Counts:
    """A vector's or matrix's ``result``.

    Args:
        times: those that were asked for: at each of them, who is not told of has logged nothing. What is told of
            another time (servers round to the step) is taken to be of the nearest; a single one holds for all.
    """
    found = Counts(times=times)
    for row in result:
        metric = fields.obj(row, "metric")
        service, level = metric.get(options.service_label, ""), metric.get(options.level_label, "")
        values = _values(row)
        if not isinstance(service, str) or not isinstance(level, str) or values is None:
            found.spoilt += 1
            continue
        for at, value in values:
            nearest = min(times, key=lambda time: abs(time - at))
            if len(times) == 1 or abs(nearest - at) < MINUTE:
                found.add(nearest, clean(service, 200) or "(no service)", clean(level, 40).casefold() or "error", value)
    return found


def _values(row: Any) -> list[tuple[datetime, float]] | None:
    single, many = fields.walk(row, "value"), fields.walk(row, "values")
    listed = [single] if single is not None else many
    if not isinstance(listed, list):
        return None
    found = []
    for pair in listed:
        at = fields.unix({"at": pair[0]}, "at") if isinstance(pair, list) and len(pair) == 2 else None
        value = fields.number({"value": pair[1]}, "value") if at is not None else None
        if at is None or value is None:
            return None
        found.append((at, value))
    return found


class History:
    """The counts of the last hour."""

    def __init__(self) -> None:
        self._times: list[datetime] = []
        self._at: dict[datetime, dict[str, Levels]] = {}

    def replace(self, counts: Counts) -> None:
        """What was read whole stands in place of what was remembered."""
        self._times, self._at = sorted(counts.times), dict(counts.at)

    def add(self, counts: Counts) -> None:
        """The latest minute is told too; what is older than an hour is forgotten."""
        for time in counts.times:
            self._at[time] = counts.at.get(time, {})
        newest = max(counts.times)
        self._times = sorted(time for time in {*self._times, *counts.times} if newest - HOUR <= time <= newest)
        self._at = {time: told for time, told in self._at.items() if time in self._times}

    @property
    def services(self) -> list[str]:
        """All that logged an error within the hour, by name."""
        return sorted({service for told in self._at.values() for service in told})

    def now(self, service: str) -> Levels:
        """The latest count of a service."""
        return self._at.get(self._times[-1], {}).get(service, {}) if self._times else {}

    def runs(self, service: str, threshold: float) -> list[tuple[datetime, datetime | None, Levels]]:
        """The spikes of the hour: when each began, when it was seen to be over (``None``: not), its worst minute."""
        found: list[tuple[datetime, datetime | None, Levels]] = []
        began: datetime | None = None
        worst: Levels = {}
        for time in self._times:
            levels = self._at.get(time, {}).get(service, {})
            if sum(levels.values()) > threshold:
                worst = levels if began is None or sum(levels.values()) >= sum(worst.values()) else worst
                began = began or time
            elif began is not None:
                found.append((began, time, worst))
                began = None
        return [*found, (began, None, worst)] if began is not None else found


@dataclass(frozen=True, slots=True)
class Judge:
    """Makes alerts and health of a history. ``now`` is the present by Loki's clock, ``logging`` who logged anything
    within the hour, ``None`` where that was not told."""

    source: str
    options: Options
    now: datetime
    logging: frozenset[str] | None = None

    def alerts(self, history: History) -> tuple[Alert, ...]:
        """One for each service that spikes, or did within the hour."""
        read = (self._alert(history, service) for service in history.services)
        return tuple(one for one in read if one is not None)

    def _alert(self, history: History, service: str) -> Alert | None:
        threshold = self.options.threshold_of(service)
        runs = history.runs(service, threshold)
        if not runs:
            return None
        began, over, worst = runs[-1]
        levels = worst if over is not None else history.now(service)
        word = self._word(levels)
        native_id = _id_of(service)
        last_at = over or self.now
        return Alert(
            id=join_id(self.source, native_id),
            source=self.source,
            native_id=native_id,
            name=NAME,
            state=AlertState.FIRING if over is None else AlertState.ENDED,
            first_at=began - MINUTE,
            last_at=last_at,
            severity_word=word,
            severity=self.options.severity_of(word),
            service=service,
            summary=self._summary(levels, threshold, over is None),
            count=len(runs),
            group_key=group_key(NAME, service),
            labels={self.options.service_label: service},
            ended_at=over,
            url=self.options.link(service, began - timedelta(minutes=15), last_at),
        )

    def _word(self, levels: Mapping[str, float]) -> str:
        """The worst level among the lines."""
        logged = [level for level, count in levels.items() if count > 0] or ["error"]
        return min(logged, key=lambda level: (self.options.severity_of(level) or 5, level))

    def _summary(self, levels: Mapping[str, float], threshold: int, is_now: bool) -> str:
        told = ", ".join(f"{count:,.0f} {level}" for level, count in sorted(levels.items()) if count > 0)
        when = "in the last minute" if is_now else "in its worst minute"
        return f"{told} {when} (more than {threshold:,} is a spike)"

    def health(self, history: History) -> tuple[HealthCheck, ...]:
        """A check for each service that logged an error within the hour, or has a threshold of its own."""
        heard = set(history.services)
        services = sorted({*heard, *self.options.thresholds})
        return tuple(
            self._check(service, sum(history.now(service).values()), self._why_unheard(service, heard))
            for service in services
        )

    def _why_unheard(self, service: str, heard: set[str]) -> str | None:
        """Why zero says nothing of a service: nothing of it comes at all, or that cannot be told."""
        if service in heard:
            return None
        if self.logging is None:
            return "Loki does not tell whether it logs"
        # Of a label that a query makes, and the index does not have, Loki knows no values.
        is_indexed = bool(self.logging) or not heard
        return "no line of it within the hour, of any level" if is_indexed and service not in self.logging else None

    def _check(self, service: str, value: float, unheard: str | None) -> HealthCheck:
        threshold = self.options.threshold_of(service)
        spikes = value > threshold
        status = HealthStatus.UNKNOWN if unheard else HealthStatus.DEGRADED if spikes else HealthStatus.OK
        return HealthCheck(
            id=join_id(self.source, f"errors-{_id_of(service)}"),
            source=self.source,
            name=f"{service} errors",
            status=status,
            checked_at=self.now,
            service=service,
            value=None if unheard else value,
            unit="/min",
            detail=unheard or (f"more than {threshold:,} a minute" if spikes else None),
            url=self.options.link(service, self.now - HOUR, self.now),
        )


def _id_of(service: str) -> str:
    plain = fields.native_id(service)
    return plain if plain is not None else f"service-{hashlib.blake2b(service.encode(), digest_size=8).hexdigest()}"
