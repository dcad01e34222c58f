"""What is typed to declare an incident, before there is a plan: where it begins, what is kept of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from oncall_tui.board import AlertRow, Board, HealthRow, IncidentRow
from oncall_tui.model import Severity
from oncall_tui.policy.declaring import Plan, Wish
from oncall_tui.policy.suggest import Suggestion
from oncall_tui.records import dataclass
from oncall_tui.text import MAX_TITLE, clean, clean_block

MAX_WORDS = 10_000
"""Characters of the words of one step."""
NEW = "declare:new"
TEST = "declare:test-page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a declaration begins: an incident that the pager made, a suggested one, alerts, a check, or nowhere."""

    key: str | None = None
    """What the desk knows it by: an incident's or a suggestion's id, the key of alerts; ``None``: nothing."""
    title: str = ""
    service: str = ""
    severity: Severity | None = None
    """What an incident has."""
    guess: str = ""
    """What a suggestion is taken to be, and why."""
    incident: IncidentRow | None = None
    suggestion: Suggestion | None = None
    is_test: bool = False
    """A page that tests the way to the phone: the incident alone is made, nobody else is told."""

    @property
    def draft_key(self) -> str:
        """Under which what is typed is kept."""
        if self.is_test:
            return TEST
        return f"declare:{self.key}" if self.key is not None else NEW


def origin_of(row: object) -> Origin:
    """The origin that a row of a pane is; what is none of those begins nowhere."""
    match row:
        case IncidentRow():
            incident = row.incident
            service = incident.service.name if incident.service is not None else ""
            return Origin(
                key=incident.id, title=incident.title, service=service, severity=incident.severity, incident=row
            )
        case Suggestion():
            guess = f"suggested: Sev{row.severity}, {row.severity_reason}"
            return Origin(key=row.id, title=row.title, service=row.service or "", guess=guess, suggestion=row)
        case AlertRow():
            said = row.summary or row.name
            title = said if row.name in said else f"{row.name}: {said}"
            return Origin(key=row.key, title=clean(title, MAX_TITLE), service=row.service or "")
        case HealthRow():
            check = row.check
            return Origin(title=clean(f"{check.name}: {check.status.value}", MAX_TITLE), service=check.service or "")
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
    text: str = ""
    """What is known."""
    impact: str = ""
    """What customers notice; empty: nothing, and nothing is published."""
    commander: str = ""
    """Name or mail address; empty: as the config says, else the seat."""
    off: frozenset[str] = frozenset()
    """Steps of the plan that are not wanted, by their keys."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Steps whose words were changed."""


def begun(origin: Origin) -> Typed:
    """The form as it is filled in by itself."""
    return Typed(title=origin.title, service=origin.service, severity=origin.severity)


def write_typed(typed: Typed) -> str:
    """As it is kept."""
    kept = {
        "title": typed.title,
        "service": typed.service,
        "answers": "".join(sorted(typed.answers)),
        "severity": typed.severity,
        "why": typed.why,
        "text": typed.text,
        "impact": typed.impact,
        "commander": typed.commander,
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
        text=clean(_text(kept, "text"), MAX_TITLE),
        impact=clean(_text(kept, "impact"), MAX_TITLE),
        commander=clean(_text(kept, "commander"), MAX_TITLE),
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


def wish_of(first: Wish, typed: Typed, severity: Severity, note: str) -> Wish:
    """What the desk makes the plan of: ``first`` is what it knows of the origin by itself."""
    return replace(
        first,
        title=typed.title,
        severity=severity,
        service=typed.service or first.service,
        text=typed.text or first.text,
        customer_impact=typed.impact,
        commander=typed.commander or first.commander,
        note=note,
    )


def changed_by(plan: Plan, typed: Typed) -> Plan:
    """The plan without the steps that are not wanted, with the words that a person gave to others."""
    for step_id in sorted(typed.off):
        plan = plan.without(step_id) if plan.step(step_id) is not None else plan
    for step_id, text in typed.words.items():
        plan = plan.worded(step_id, text)
    return plan
