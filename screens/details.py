"""What a row says when it is opened in a frame: facts as lines. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from oncall_tui.board import AlertRow, Board, HealthRow, IncidentRow
from oncall_tui.text import wrap
from screens.reading import facts_lines
from widgets.health import value_text
from widgets.lines import BLANK, Span, Words
from widgets.words import age, clock

_WEB = re.compile(r"https?://[!-~]{1,2000}")


def is_web_address(url: str | None) -> bool:
    """Whether a terminal may be given ``url`` as a hyperlink: http(s), printable ASCII only."""
    return url is not None and _WEB.fullmatch(url) is not None


def _when(moment: datetime, board: Board) -> str:
    return f"{clock(moment, board.minute, board.zone)} ({age(moment, board.minute)})"


def details_of(row: AlertRow | HealthRow, board: Board, cells: int) -> tuple[str, list[Words]]:
    """The heading and the facts of a row that has no screen of its own."""
    if isinstance(row, AlertRow):
        return row.name, alert_details(row, board, cells)
    return row.check.name, check_details(row, board, cells)


def copied(row: IncidentRow | AlertRow | HealthRow) -> tuple[str, str]:
    """What "copy" copies of a row, and what that is: its link, else its id or name."""
    if isinstance(row, IncidentRow):
        return (row.incident.url, "link") if row.incident.url else (row.id, "id")
    if isinstance(row, AlertRow):
        return (row.url, "link") if row.url else (row.name, "name")
    return (row.check.url, "link") if row.check.url else (row.check.name, "name")


def alert_details(row: AlertRow, board: Board, cells: int) -> list[Words]:
    """An alert group: its state, where it belongs and why, its labels, its silences."""
    facts = [
        ("state", row.state.value),
        ("severity", row.severity_word or ""),
        ("service", row.service or ""),
        ("summary", row.summary or ""),
        ("since", _when(row.first_at, board)),
        ("last", _when(row.last_at, board)),
        ("count", f"{row.count} in {len(row.ids)} alert{'' if len(row.ids) == 1 else 's'}"),
        *_joins(row),
        ("source", f"{row.source}{' (stale)' if row.stale else ''}"),
        ("link", row.url or ""),
        ("runbook", row.runbook or ""),
    ]
    for silence in row.silences:
        until = clock(silence.ends_at, board.minute, board.zone)
        facts.append(("silenced", f"until {until} by {silence.created_by}: {silence.comment}"))
    lines = facts_lines(facts, cells)
    if row.labels:
        lines += [BLANK, (Span("labels", "title"),), *facts_lines([*row.labels], cells)]
    return lines


def _joins(row: AlertRow) -> list[tuple[str, str]]:
    """The incidents that it belongs to, each with why."""
    if not row.joins:
        return [("incident", "none")]
    facts = []
    for join in row.joins:
        facts.append(("incident", f"{join.title}  {join.incident_id}"))
        facts.append(("joined", join.reason if join.is_sure else f"perhaps: {join.reason}"))
    return facts


def check_details(row: HealthRow, board: Board, cells: int) -> list[Words]:
    """A check: what it says, why, since when."""
    check = row.check
    facts = [
        ("status", check.status.value),
        ("value", value_text(check)),
        ("service", check.service or ""),
        ("why", check.detail or ""),
        ("maintenance", _maintenance(row, board)),
        ("checked", f"{_when(check.checked_at, board)}{', stale' if row.stale else ''}"),
        ("source", check.source),
        ("link", check.url or ""),
    ]
    lines = facts_lines(facts, cells)
    values = [(clock(one.at, board.minute, board.zone), one) for one in row.history[-8:]]
    if values:
        lines += [BLANK, (Span("history", "title"),)]
        lines += facts_lines(
            [
                (at, f"{one.status.value}  {'' if one.value is None else f'{one.value:g}'}".rstrip())
                for at, one in values
            ],
            cells,
        )
    return lines


def _maintenance(row: HealthRow, board: Board) -> str:
    change = row.maintenance
    if change is None:
        return ""
    return f"{change.title}{f' until {clock(change.until, board.minute, board.zone)}' if change.until else ''}"


def link_lines(row: IncidentRow | AlertRow | HealthRow, cells: int) -> list[Words]:
    """The addresses of a row and its id: shown, never opened. Those that are web addresses are terminal hyperlinks."""
    if isinstance(row, IncidentRow):
        incident = row.incident
        facts = [
            ("link", incident.url),
            ("runbook", incident.runbook),
            ("bridge", incident.bridge),
            ("id", incident.id),
        ]
    elif isinstance(row, AlertRow):
        facts = [("link", row.url), ("runbook", row.runbook), ("id", row.ids[0])]
    else:
        facts = [("link", row.check.url), ("id", row.check.id)]
    told = [(name, text) for name, text in facts if text]
    lines: list[Words] = []
    for name, text in told:
        link = text if is_web_address(text) else None
        for number, part in enumerate(wrap(text, max(8, cells - 10))):
            head = Span((name if number == 0 else "").ljust(9), "label")
            lines.append((head, Span(part, "link" if link else "text", link)))
    return lines
