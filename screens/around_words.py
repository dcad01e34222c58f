"""What stands around an incident: where else it is paged, what changed on its service, what is left to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.board import AlertRow, Board, IncidentRow
from oncall_tui.model import ActionItem, AlertState, Change, Incident, IncidentFacts
from screens.details import is_web_address
from widgets.lines import BLANK, Span, Words
from widgets.textpane import wrap_words
from widgets.theme import Look
from widgets.words import age, clock

MOST_CHANGES = 12
"""Changes listed: those before the incident are looked at first, and the latest of them."""


def also_facts(row: IncidentRow, board: Board) -> list[tuple[str, Words]]:
    """Where else the same trouble is, or may be, paged, each with why; and the maintenance of its service."""
    facts: list[tuple[str, Words]] = []
    for label, is_sure in (("also", True), ("perhaps", False)):
        for also in row.also:
            if also.is_sure is is_sure:
                facts.append((label, (Span(also.id), *_state_of(also.id, board), Span(f"  {also.reason}", "dim"))))
    if row.maintenance is not None:
        until = row.maintenance.until
        ends = f" until {clock(until, board.minute, board.zone)}" if until is not None else ""
        facts.append(("maintenance", (Span(row.maintenance.title, "soon"), Span(ends))))
    return facts


def _state_of(incident_id: str, board: Board) -> Words:
    other = board.incident(incident_id)
    return (Span(f" {other.incident.state.value}", "dim"),) if other is not None else BLANK


def around_lines(view: IncidentFacts | None, board: Board, cells: int) -> list[Words]:
    """What changed on its service and is planned there, and its action items; nothing where none is known."""
    if view is None:
        return []
    return [*_change_lines(view.incident, view.changes, board, cells), *_item_lines(view.action_items, board, cells)]


def _change_lines(incident: Incident, changes: Sequence[Change], board: Board, cells: int) -> list[Words]:
    if not changes:
        return []
    began = incident.created_at
    before = [one for one in changes if one.at <= began]
    since = [one for one in changes if began < one.at <= board.minute]
    planned = [one for one in changes if one.at > began and one.at > board.minute]
    lines: list[Words] = [BLANK, (Span("changes", "title"),)]
    left = MOST_CHANGES
    for word, some in (("before it", before), ("since", since), ("planned", planned[::-1])):
        shown = some[:left]
        left -= len(shown)
        for one in shown:
            lines += _change(one, word, incident, board, cells)
    more = len(changes) - (MOST_CHANGES - left)
    return [*lines, (Span(f"{more} more", "dim"),)] if more > 0 else lines


def _change(one: Change, word: str, incident: Incident, board: Board, cells: int) -> list[Words]:
    at = clock(one.at, board.minute, board.zone)
    if word == "before it":
        word = f"{age(one.at, incident.created_at)} before"
    until = f" to {clock(one.until, board.minute, board.zone)}" if one.until is not None else ""
    about = [one.kind.value, *([] if one.service else ["no service named"]), *([one.author] if one.author else [])]
    link = one.url if is_web_address(one.url) else None
    words = (
        Span(f"{at}{until} ", "dim"),
        Span(f"{word}  ", "label"),
        Span(one.title, "text", link),
        Span(f"  {', '.join(about)} ({one.source})", "dim"),
    )
    return wrap_words(words, cells, indent=2)


def _item_lines(items: Sequence[ActionItem], board: Board, cells: int) -> list[Words]:
    if not items:
        return []
    today = board.minute.astimezone(board.zone).date()
    lines: list[Words] = [BLANK, (Span("action items", "title"),)]
    for one in items:
        is_late = not one.done and one.due is not None and one.due < today
        about = [one.state, *([one.owner.name] if one.owner is not None else [])]
        words: list[Span] = [
            Span(f"{one.native_id} ", "label", one.url if is_web_address(one.url) else None),
            Span(one.title, "resolved" if one.done else "text"),
            Span(f"  {', '.join(about)}", "dim"),
        ]
        if one.due is not None:
            words.append(Span(f"  {'OVERDUE since' if is_late else 'due'} {one.due}", "overdue" if is_late else "dim"))
        lines += wrap_words(tuple(words), cells, indent=2)
    return lines


def joined_lines(rows: Sequence[AlertRow], incident_id: str, board: Board, cells: int, look: Look) -> list[Words]:
    """Monitors' alerts that are taken to belong to the incident, each with why."""
    lines: list[Words] = []
    for row in rows:
        ended = row.state in (AlertState.ENDED, AlertState.RESOLVED)
        words: list[Span] = [
            Span(f"{clock(row.last_at, board.minute, board.zone)} ", "dim"),
            Span(f"{look.signs.alert(row.state)} "),
            Span(row.name, "resolved" if ended else "strong"),
            Span(f"  {row.severity_word or ''} {row.state.value}".rstrip(), "dim"),
        ]
        if row.count > 1:
            words.append(Span(f"  {look.signs.times}{row.count}"))
        lines += wrap_words((*words, Span(f"  {row.where}", "dim")), cells, indent=8)
        if row.summary:
            lines += wrap_words((Span("  "), Span(row.summary)), cells, indent=2)
        reason = next(join.reason for join in row.joins if join.incident_id == incident_id)
        lines += wrap_words((Span("  joined ", "label"), Span(f"{reason} ({row.source})", "dim")), cells, indent=2)
    return lines
