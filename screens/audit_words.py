"""What a line of the audit says in words: when, what became of what, by whom, what was seen and meant. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from oncall_tui.board import Board
from oncall_tui.model import AuditLine, OutboxRow, Verb
from oncall_tui.text import MAX_BODY, clean
from screens.outbox_words import meant
from widgets.lines import Span, Words
from widgets.textpane import wrap_words
from widgets.words import clock

_EVENT_ROLE = {"confirmed": "good", "refused": "refused", "unknown": "outcome-unknown", "held": "stale"}
_SEEN = re.compile(r"(?P<state>\w+)(?:, level (?P<level>\d+|None))?, (?P<who>.*)", re.DOTALL)
"""As the store writes what was seen."""
_CHANNELS_OWN = frozenset(
    {
        *(Verb.ROOM, Verb.TOPIC, Verb.MESSAGE, Verb.UPDATE_MESSAGE, Verb.PUBLISH, Verb.PUBLISH_UPDATE, Verb.TICKET),
        *(Verb.TICK, Verb.DECLARE),
    }
)
"""Verbs whose line does not tell the channel or source that takes them."""


def audit_lines(audit: Sequence[AuditLine], board: Board, cells: int) -> list[Words]:
    """Each line of the audit: when, what became of what, by whom, with its detail."""
    if not audit:
        return [(Span("nothing was ever done here", "dim"),)]
    names = people(board)
    lines: list[Words] = []
    for one in audit:
        detail = detail_words(one, names)
        words = (
            Span(f"{clock(one.at, board.minute, board.zone)} ", "dim"),
            Span(f"{one.event} ", _EVENT_ROLE.get(one.event, "strong")),
            Span(f"{one.verb.replace('_', ' ')} {one.target}"),
            Span(f"  {one.seat}", "dim"),
            Span(f"  {detail}" if detail else "", "dim"),
        )
        lines += wrap_words(words, cells, indent=6)
    return lines


def people(board: Board) -> dict[str, str]:
    """``SOURCE:PERSON_ID`` -> name, of everybody whom the board knows."""
    found = {f"{source}:{one.id}": one.name for source, all_ in board.directories.items() for one in all_.people}
    found |= {f"{one.source}:{one.person.id}": one.person.name for team in board.on_call for one in team.rows}
    for row in board.incidents:
        incident = row.incident
        for person in (*incident.assignees, *incident.acknowledged_by):
            found[f"{incident.source}:{person.id}"] = person.name
    return found


def detail_words(line: AuditLine, names: Mapping[str, str]) -> str:
    """The detail of a line as a person reads it; what is not written as the store writes it is told as it is.

    Args:
        names: ``SOURCE:PERSON_ID`` -> name, as :func:`people` gives it.
    """
    told = _told(line.detail)
    if told is None:
        return line.detail
    attempt = told.get("attempt")
    parts = [
        _meant(line, told),
        _seen(str(told["seen"]), line.target.partition(":")[0], names) if told.get("seen") else "",
        f"attempt {attempt}" if isinstance(attempt, int) and attempt > 1 else "",
        f"answer: {told['answer']}" if told.get("answer") else "",
        f"held: {told['held']}" if told.get("held") else "",
        f"there it is {told['ref']}" if told.get("ref") else "",
        str(told.get("detail") or ""),
    ]
    # Once is enough: the store's own reason is often the answer.
    return clean(" · ".join(dict.fromkeys(part for part in parts if part)), MAX_BODY)


def _told(detail: str) -> dict[str, Any] | None:
    try:
        told = json.loads(detail)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _meant(line: AuditLine, told: Mapping[str, Any]) -> str:
    params = told.get("params")
    if line.event == "declared":
        params = told
    if not isinstance(params, dict):
        return ""
    texts = [str(params[name]) for name in ("name", "topic", "title", "text") if params.get(name)]
    try:
        verb = Verb(line.verb)
    except ValueError:
        return ": ".join(texts)
    if verb in _CHANNELS_OWN:
        return ": ".join(texts)
    row = OutboxRow(
        key=line.key,
        verb=verb,
        target=line.target,
        source=line.target.partition(":")[0],
        target_title=line.target,
        params=params,
        seat=line.seat,
        created_at=line.at,
        not_before=line.at,
    )
    return meant(row)


def _seen(seen: str, source: str, names: Mapping[str, str]) -> str:
    found = _SEEN.fullmatch(seen)
    if found is None:
        return f"seen: {seen}"
    level = f", level {found['level']}" if found["level"] not in (None, "None") else ""
    return f"seen {found['state']}{level}, with {_who(found['who'], source, names)}"


def _who(ids: str, source: str, names: Mapping[str, str]) -> str:
    """The names of those whom the board knows; how many it does not, for an id says nothing to a reader."""
    if ids == "nobody":
        return ids
    told = [names.get(f"{source}:{one}") for one in ids.split("+")]
    known, unknown = [name for name in told if name], told.count(None)
    others = "somebody" if unknown == 1 else f"{unknown} people"
    return ", ".join([*known, f"{unknown} more" if known else others] if unknown else known)
