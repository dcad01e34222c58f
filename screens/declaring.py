"""What is typed to declare an incident, before there is a plan: where it begins, what is kept of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from oncall_tui.board import AlertRow, Board, IncidentRow
from oncall_tui.model import Severity
from oncall_tui.policy.triage import Verdict
from oncall_tui.records import dataclass
from oncall_tui.text import MAX_TITLE, clean, clean_block

MAX_WORDS = 10_000
"""Characters of the words of one step."""
NEW = "declare:new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a declaration begins: a group of alerts, an incident that the pager made, or nowhere."""

    draft_key: str = NEW
    """Under which what is typed is kept."""
    title: str = ""
    service: str = ""
    incident: IncidentRow | None = None
    alerts: AlertRow | None = None


def origin_of(row: IncidentRow | AlertRow | None) -> Origin:
    """The origin that a row is."""
    if isinstance(row, IncidentRow):
        incident = row.incident
        return Origin(
            draft_key=f"declare:{incident.id}",
            title=incident.title,
            service=incident.service.name if incident.service is not None else "",
            incident=row,
        )
    if isinstance(row, AlertRow):
        title = f"{row.name}: {row.summary}" if row.summary and row.name not in row.summary else row.summary or row.name
        return Origin(
            draft_key=f"declare:{row.key}", title=clean(title, MAX_TITLE), service=row.service or "", alerts=row
        )
    return Origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a person has said so far, and changed in the plan."""

    title: str = ""
    service: str = ""
    answers: frozenset[str] = frozenset()
    """Letters of the short form."""
    severity: Severity | None = None
    """Another one than the form gives, or one without a form."""
    why: str = ""
    off: frozenset[str] = frozenset()
    """Steps of the plan that are not wanted, by their keys."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Steps whose words were changed."""


def begun(origin: Origin) -> Typed:
    """The form as it is filled in by itself."""
    return Typed(title=origin.title, service=origin.service)


def write_typed(typed: Typed) -> str:
    """As it is kept."""
    kept = {
        "title": typed.title,
        "service": typed.service,
        "answers": "".join(sorted(typed.answers)),
        "severity": typed.severity,
        "why": typed.why,
        "off": sorted(typed.off),
        "words": dict(typed.words),
    }
    return json.dumps(kept, ensure_ascii=False)


def read_typed(text: str) -> Typed | None:
    """What was kept, or ``None`` where it cannot be read."""
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(kept, dict):
        return None
    severity = kept.get("severity")
    words = kept.get("words")
    off = kept.get("off")
    return Typed(
        title=clean(_text(kept, "title"), MAX_TITLE),
        service=clean(_text(kept, "service"), MAX_TITLE),
        answers=frozenset(_text(kept, "answers")),
        severity=severity if severity in (1, 2, 3, 4) and not isinstance(severity, bool) else None,
        why=clean(_text(kept, "why"), MAX_TITLE),
        off=frozenset(one for one in off if isinstance(one, str)) if isinstance(off, list) else frozenset(),
        words={
            name: clean_block(text, MAX_WORDS)
            for name, text in (words.items() if isinstance(words, dict) else ())
            if isinstance(text, str)
        },
    )


def _text(kept: Mapping[str, Any], name: str) -> str:
    value = kept.get(name)
    return value if isinstance(value, str) else ""


def services_of(board: Board) -> tuple[str, ...]:
    """Names of services that the seat's systems know, for who types the name of one."""
    named = {ref.name for directory in board.directories.values() for ref in directory.services}
    named |= {row.incident.service.name for row in board.incidents if row.incident.service is not None}
    named |= {row.service for row in board.alerts if row.service}
    return tuple(sorted(named, key=str.casefold))


def reason_of(verdict: Verdict | None, severity: Severity) -> str:
    """Why it has this severity, in the words of its note; without a form: by whom it was said."""
    return verdict.reason if verdict is not None else f"declared as Sev{severity}"
