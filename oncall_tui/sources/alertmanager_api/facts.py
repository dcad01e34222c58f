"""Answers of the Alertmanager API as facts of the model. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oncall_tui.model import Alert, AlertState, Silence, join_id
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.labels import LabelOptions, group_key, labels_key, runbook_of, summary_of
from oncall_tui.text import clean

SILENCE_STATES = ("active", "pending", "expired")

_OPERATORS = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}

Matchers = frozenset[tuple[str, str, str]]
"""Name, operator and value of each matcher of a silence, as the server has them: for comparing, not for showing."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the answers of one server. ``now`` is the present by *its* clock."""

    source: str
    options: LabelOptions
    now: datetime

    def alerts(self, data: list[Any]) -> tuple[Alert, ...]:
        """The answer of ``GET /alerts``; each alert once."""
        found = list(fields.rows(data))
        names = {fields.native_id(row, "fingerprint"): fields.text(row, "labels", "alertname") for row in found}
        return tuple({alert.id: alert for alert in (self._alert(row, names) for row in found)}.values())

    @staticmethod
    def unnamed(data: list[Any]) -> int:
        """How many of them do not say which alert they are (every one has a fingerprint): what the list leaves out
        then has not ended for that."""
        return sum(not (isinstance(one, dict) and isinstance(one.get("fingerprint"), str)) for one in data)

    def _alert(self, row: Mapping[str, Any], names: Mapping[str | None, str | None]) -> Alert:
        labels = fields.labels(row, "labels")
        annotations = fields.labels(row, "annotations")
        native_id = fields.native_id(row, "fingerprint") or labels_key(labels, external=())
        name = labels.get("alertname") or "(no name)"
        service = self.options.service_of(labels)
        word, severity = self.options.severity_of(labels)
        ends_at = fields.instant(row, "endsAt")
        updated_at = fields.instant(row, "updatedAt")
        first_at = fields.instant(row, "startsAt") or updated_at or self.now
        over = ends_at is not None and ends_at.year > 1970 and ends_at < self.now
        suppressed_by = self._suppressed_by(fields.obj(row, "status"), names)
        suppressed = bool(suppressed_by) or fields.text(row, "status", "state") == "suppressed"
        return Alert(
            id=join_id(self.source, native_id),
            source=self.source,
            native_id=native_id,
            name=name,
            state=AlertState.RESOLVED if over else AlertState.SILENCED if suppressed else AlertState.FIRING,
            first_at=first_at,
            last_at=max(first_at, updated_at or first_at),
            severity_word=word,
            severity=severity,
            service=service,
            summary=summary_of(annotations),
            group_key=group_key(name, service),
            labels=labels,
            silenced_by=suppressed_by,
            ended_at=ends_at if over else None,
            url=fields.url(row, "generatorURL"),
            runbook=runbook_of(annotations, labels),
        )

    def _suppressed_by(self, status: Mapping[str, Any], names: Mapping[str | None, str | None]) -> tuple[str, ...]:
        """Full ids of silences; then, in words, the alerts that inhibit it and the time intervals that mute it."""
        silences = [join_id(self.source, one) for one in _ids(status, "silencedBy")]
        inhibitors = [f"inhibited by {names.get(one) or one}" for one in _ids(status, "inhibitedBy")]
        muted = status.get("mutedBy")
        names_of_intervals = muted if isinstance(muted, list) else []
        intervals = [f"muted by {clean(one, 80)}" for one in names_of_intervals if isinstance(one, str) and one]
        return tuple(dict.fromkeys((*silences, *inhibitors, *intervals)))

    def silences(self, data: list[Any]) -> tuple[tuple[Silence, Matchers], ...]:
        """The answer of ``GET /silences``."""
        read = (self.silence(row) for row in fields.rows(data))
        return tuple(one for one in read if one is not None)

    def silence(self, row: Mapping[str, Any]) -> tuple[Silence, Matchers] | None:
        """One silence; ``None`` where it has no id that it could be ended by."""
        native_id = fields.native_id(row, "id")
        if native_id is None:
            return None
        starts_at = fields.instant(row, "startsAt") or self.now
        ends_at = fields.instant(row, "endsAt") or starts_at
        state = fields.text(row, "status", "state")
        if state not in SILENCE_STATES:
            state = "expired" if ends_at <= self.now else "pending" if starts_at > self.now else "active"
        matchers = tuple(_matcher(one) for one in fields.rows(row, "matchers"))
        silence = Silence(
            id=join_id(self.source, native_id),
            source=self.source,
            native_id=native_id,
            matchers=tuple(f"{clean(name, 200)}{sign}{_quoted(value)}" for name, sign, value in matchers),
            created_by=fields.text(row, "createdBy", limit=200) or "",
            comment=fields.text(row, "comment") or "",
            starts_at=starts_at,
            ends_at=ends_at,
            state=state,
        )
        return silence, frozenset(matchers)


def _ids(status: Mapping[str, Any], field: str) -> tuple[str, ...]:
    found = status.get(field)
    read = (fields.native_id(one) for one in found) if isinstance(found, list) else ()
    return tuple(one for one in read if one is not None)


def _matcher(row: Mapping[str, Any]) -> tuple[str, str, str]:
    name, value = row.get("name"), row.get("value")
    sign = _OPERATORS[row.get("isEqual") is not False, row.get("isRegex") is True]
    return (name if isinstance(name, str) else "?", sign, value if isinstance(value, str) else "?")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{clean(escaped)}"'
