"""Prometheus's own alerts: those that fire, and those that fired within the last hour. Pure.

An alert has no id there: it is known by its label set. What has ended is told by the series ``ALERTS`` only, which
has the labels but no annotations; the source hands in what it knew of the alert while it fired.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from oncall_tui.model import Alert, AlertState, join_id
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.labels import LabelOptions, group_key, labels_key, runbook_of, summary_of

WINDOW = timedelta(hours=1)
STEP_S = 60
FIRED = 'ALERTS{alertstate="firing"}'

_NEW_FIRING_S = 1.5 * STEP_S
"""Two samples further apart than this belong to two firings."""


@dataclass(frozen=True, slots=True)
class Firings:
    """When one alert fired within the window."""

    first_at: datetime
    last_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class AlertReader:
    """Reads the answers of one server, taken at ``now``."""

    source: str
    options: LabelOptions
    now: datetime

    def firing(self, data: Any) -> dict[str, Alert]:
        """The answer of ``/alerts`` by native id; pending ones have not fired and are left out."""
        found: dict[str, Alert] = {}
        for row in fields.rows(data, "data", "alerts"):
            if fields.text(row, "state") in ("pending", "inactive"):
                continue
            annotations = fields.labels(row, "annotations")
            first_at = fields.instant(row, "activeAt") or self.now
            alert = self._alert(fields.labels(row, "labels"), annotations, first_at)
            state = AlertState.FIRING if fields.text(row, "state") == "firing" else AlertState.UNKNOWN
            found[alert.native_id] = replace(alert, state=state, last_at=max(first_at, self.now))
        return found

    def _alert(self, labels: dict[str, str], annotations: Mapping[str, str], first_at: datetime) -> Alert:
        native_id = labels_key(labels, external=())
        name = labels.get("alertname") or "(no name)"
        service = self.options.service_of(labels)
        word, severity = self.options.severity_of(labels)
        return Alert(
            id=join_id(self.source, native_id),
            source=self.source,
            native_id=native_id,
            name=name,
            state=AlertState.FIRING,
            first_at=first_at,
            last_at=first_at,
            severity_word=word,
            severity=severity,
            service=service,
            summary=summary_of(annotations),
            group_key=group_key(name, service),
            labels=labels,
            runbook=runbook_of(annotations, labels),
        )

    def with_history(
        self,
        firing: Mapping[str, Alert],
        history: Mapping[str, tuple[dict[str, str], Firings]],
        seen: Mapping[str, Alert],
    ) -> tuple[Alert, ...]:
        """Those that fire, with how often they did, and those that have ended.

        Args:
            history: by native id, as :func:`read_history` gives it.
            seen: what was known of alerts while they fired, by native id.
        """
        alerts = []
        for native_id, alert in firing.items():
            count = history[native_id][1].count if native_id in history else 1
            alerts.append(replace(alert, count=max(1, count)))
        for native_id, (labels, firings) in history.items():
            if native_id in firing:
                continue
            known = seen.get(native_id) or self._alert(labels, {}, firings.first_at)
            alerts.append(
                replace(
                    known,
                    state=AlertState.ENDED,
                    # The window moves on and cuts the beginning off; what was known of it before stands.
                    first_at=min(known.first_at, firings.first_at),
                    last_at=firings.last_at,
                    ended_at=firings.last_at,
                    count=firings.count,
                )
            )
        return tuple(alerts)


def fired_names(data: Any) -> dict[str, str]:
    """The answer of ``count_over_time(ALERTS…)``: native id -> alert name of each alert that fired in the window."""
    found = ((_labels(row), row) for row in fields.rows(data, "data", "result"))
    return {labels_key(labels, external=()): labels.get("alertname", "") for labels, _ in found}


def read_history(data: Any) -> dict[str, tuple[dict[str, str], Firings]]:
    """A matrix of the series ``ALERTS``: native id -> labels and when it fired."""
    found = {}
    for row in fields.rows(data, "data", "result"):
        labels = _labels(row)
        firings = _firings(fields.walk(row, "values"))
        if firings is not None:
            found[labels_key(labels, external=())] = (labels, firings)
    return found


def one_of(names: Iterable[str]) -> str:
    """A selector of the firings of these alerts."""
    pattern = "|".join(_quoted_regex(name) for name in sorted(set(names)))
    return f'ALERTS{{alertstate="firing",alertname=~"{pattern}"}}'


def _quoted_regex(name: str) -> str:
    """``name`` as a regular expression within a PromQL string."""
    pattern = re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", name)
    return pattern.replace("\\", "\\\\").replace('"', '\\"')


def _labels(row: Mapping[str, Any]) -> dict[str, str]:
    labels = fields.labels(row, "metric")
    return {name: value for name, value in labels.items() if name not in ("__name__", "alertstate")}


def _firings(values: Any) -> Firings | None:
    pairs = (
        (fields.unix(pair[0]) for pair in values if isinstance(pair, list) and pair) if isinstance(values, list) else ()
    )
    times = sorted(at for at in pairs if at is not None)
    if not times:
        return None
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    count = 1 + sum(gap > _NEW_FIRING_S for gap in gaps)
    return Firings(times[0], times[-1], count)
