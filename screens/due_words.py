"""What is due on an incident, in lines: when, what, and which rule says so. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from oncall_tui.board import Board
from oncall_tui.board.led import Led
from oncall_tui.clock import age_words
from oncall_tui.policy.reminders import Reminder
from widgets.lines import BLANK, Span, Words
from widgets.textpane import wrap_words
from widgets.words import ahead, clock

SOON = timedelta(minutes=30)


def reminder_time(one: Reminder, minute: datetime, zone: tzinfo) -> Words:
    """``in 12m``, ``OVERDUE 5m``, ``by Mon 18:00``; what has no time is offered."""
    if one.at is None:
        return (Span("offered", "dim"),)
    left = one.at - minute
    if left <= timedelta():
        late = age_words(-left)
        return (Span("DUE now" if late == "now" else f"OVERDUE {late}", "overdue"),)
    if left > timedelta(hours=24):
        return (Span(f"by {clock(one.at, minute, zone)}"),)
    return (Span(f"in {ahead(one.at, minute)}", "soon" if left <= SOON else "text"),)


def due_lines(led: Led | None, incident_id: str, board: Board, cells: int) -> list[Words]:
    """The incident's facts tell of it: what has a time with its rule, what is only offered in one line each."""
    if led is None or led.incident_id != incident_id or not led.reminders:
        return []
    lines: list[Words] = [BLANK, (Span("due", "title"),)]
    for one in led.reminders:
        if one.at is not None:
            lines += reminder_lines(one, board, cells)
    offered = [one for one in led.reminders if one.at is None]
    for one in offered:
        lines += wrap_words((Span("offered ", "label"), Span(one.rule, "dim")), cells, indent=2)
    return lines


def reminder_lines(one: Reminder, board: Board, cells: int) -> list[Words]:
    """When and what, and under it the row that says so."""
    time = reminder_time(one, board.minute, board.zone)
    at = f"  {clock(one.at, board.minute, board.zone)}" if one.at is not None else ""
    head = wrap_words((*time, Span("  "), Span(one.does, "strong"), Span(at, "dim")), cells, indent=2)
    return [*head, *wrap_words((Span("  "), Span(one.rule, "dim")), cells, indent=2)]


def joined_words(words: Sequence[str], most: int = 4) -> str:
    """``a, b, c and 2 more``."""
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more} more" if more > 0 else "")
