"""What every fact that leaves a source keeps to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from oncall_tui.model import IncidentDetail, Snapshot
from oncall_tui.sources.base import SourceError
from oncall_tui.text import MAX_BODY, unsafe_count


def unsound(value: Any, name: str) -> list[str]:
    """What is wrong with a snapshot or an incident's detail of the source ``name``; empty: nothing."""
    return [*_values(value, type(value).__name__), *_ids(value, name)]


def _values(value: Any, where: str) -> Iterator[str]:
    match value:
        case Enum() | None | bool() | int() | float() | date() if not isinstance(value, datetime):
            return
        case datetime():
            if value.tzinfo is not UTC and value.utcoffset() is None:
                yield f"{where}: a naive time {value!r}"
        case str():
            if unsafe_count(value) or "\r" in value or "\t" in value:
                yield f"{where}: not cleaned: {value[:80]!r}"
            if len(value) > MAX_BODY:
                yield f"{where}: {len(value)} characters"
        case Mapping():
            for key, item in value.items():
                yield from _values(key, f"{where} key")
                yield from _values(item, f"{where}[{str(key)[:40]}]")
        case tuple() | frozenset() | list():
            for at, item in enumerate(value):
                yield from _values(item, f"{where}[{at}]")
        case _ if dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                yield from _values(getattr(value, field.name), f"{where}.{field.name}")


def _ids(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, Snapshot):
        if value.source != name:
            yield f"the snapshot is of {value.source!r}"
        for part in ("incidents", "alerts", "health", "silences", "changes", "action_items", "timeline"):
            yield from _own_ids(getattr(value, part) or (), name, part)
        for incident in value.incidents or ():
            yield from _severity(incident.severity, incident.id)
        for alert in value.alerts or ():
            yield from _severity(alert.severity, alert.id)
    elif isinstance(value, IncidentDetail):
        yield from _own_ids((value.incident,), name, "incident")
        yield from _own_ids(value.timeline, name, "timeline")
        yield from (
            f"{entry.id} is of {entry.incident_id}"
            for entry in value.timeline
            if entry.incident_id != value.incident.id
        )


def _own_ids(items: tuple[Any, ...], name: str, part: str) -> Iterator[str]:
    seen: set[str] = set()
    for item in items:
        if not item.id.startswith(f"{name}:") or item.id == f"{name}:":
            yield f"{part}: the id {item.id[:80]!r} is not of {name}"
        if item.id in seen:
            yield f"{part}: {item.id[:80]!r} is there twice"
        seen.add(item.id)


def _severity(severity: int | None, where: str) -> Iterator[str]:
    if severity is not None and severity not in (1, 2, 3, 4):
        yield f"{where}: severity {severity!r}"


def badly_said(error: SourceError, secret: str) -> list[str]:
    """What is wrong with how an error says it; empty: nothing."""
    said = str(error)
    wrong = []
    if not said.strip() or "\n" in said or unsafe_count(said):
        wrong.append(f"not one clean line: {said[:200]!r}")
    if len(said) > 1000:
        wrong.append(f"an error of {len(said)} characters")
    if secret and secret in said:
        wrong.append("the error tells the secret")
    if error.retry_after is not None and not 0 <= error.retry_after <= 900:
        wrong.append(f"waits {error.retry_after} s")
    return wrong
