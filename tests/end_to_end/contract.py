"""The keys that scripts rely on, and what they are held against: the company's own state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

NOW_KEYS: Mapping[str, frozenset[str]] = {
    "sources": frozenset({"name", "kind", "ok", "fetched_at", "age_s", "error"}),
    "incidents": frozenset(
        {"id", "source", "title", "state", "severity", "service", "created_at", "assignees", "escalation_level", "due"}
        | {"pending", "url"}
    ),
    "alerts": frozenset(
        {"id", "source", "name", "severity", "service", "state", "first_at", "last_at", "count", "incident", "labels"}
    ),
    "health": frozenset({"id", "source", "name", "service", "status", "value", "unit", "checked_at"}),
    "on_call": frozenset(
        {"team", "level", "role", "person", "contact", "since", "until", "paged_after_s", "next", "source"}
    ),
}
"""``now --json``: each list, and the keys that every row of it has."""

HANDOVER_KEYS = frozenset(
    {"version", "shift", "counts", "incidents", "open", "action_items", "trends", "silences", "forgotten", "changes"}
    | {"notes", "sources"}
)


def counts_of(state: Mapping[str, Any], start: str, end: str) -> dict[str, int]:
    """The handover's counts as the pager itself has them: incidents that began in the stretch, by priority."""
    began = [
        one
        for one in state["incidents"]
        if datetime.fromisoformat(start) <= datetime.fromisoformat(one["created_at"]) < datetime.fromisoformat(end)
    ]
    by_priority = Counter(one["priority"] for one in began)
    named = {f"sev{number}": by_priority[f"P{number}"] for number in (1, 2, 3, 4)}
    return {**named, "none": by_priority[None], "total": len(began)}
