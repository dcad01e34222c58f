"""A post-mortem as lines: until when it is due and by which rule, its action items as rows, its text. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.board import Board
from oncall_tui.postmortem import StandingItem, Written
from screens.handover_words import document_lines
from widgets.lines import BLANK, Span, Words
from widgets.textpane import wrap_words
from widgets.theme import Look
from widgets.words import clock

Row = tuple[Words, str]
"""A line, and the key of the row that it is of; ``""``: the cursor does not stand on it."""
WIDEST = 110
"""Cells of its text: longer lines are hard to read."""


def postmortem_lines(written: Written, board: Board, cells: int, look: Look) -> list[Row]:
    """All of it; each action item is a row with its key."""
    lines: list[Row] = [(words, "") for words in due_lines(written, board, cells)]
    lines += item_rows(written.document.standing, cells, look)
    lines.append((BLANK, ""))
    return lines + [(words, "") for words in document_lines(written.text, min(cells, WIDEST), look)]


def due_lines(written: Written, board: Board, cells: int) -> list[Words]:
    """Whether it is written, until when it is due, whose text it is."""
    return [
        *wrap_words((Span("due  ", "label"), *due_words(written, board)), cells, indent=5),
        *wrap_words((Span("text ", "label"), *_text(written, board)), cells, indent=5),
    ]


def due_words(written: Written, board: Board) -> Words:
    """Written and where; else the last day and the rule that says so."""
    document = written.document
    mark, owed = document.written, document.write_up
    if mark is not None:
        by = f" by {mark.author}" if mark.author else ""
        return (
            Span(f"written: {mark.text or 'done'}", "good"),
            Span(f"{by}, {clock(mark.at, board.minute, board.zone)}", "dim"),
        )
    rule = Span(f" · {owed.rule}", "dim")
    if owed.due is not None:
        day = f"{owed.due.astimezone(board.zone):%a %d %b %Y}"
        return (Span(f"OVERDUE since {day}", "overdue") if document.is_overdue else Span(day, "strong"), rule)
    return (Span("once it is resolved" if owed.required else "optional", "text"), rule)


def _text(written: Written, board: Board) -> Words:
    if written.edited_at is not None:
        return (Span(f"rewritten {clock(written.edited_at, board.minute, board.zone)}", "match"),)
    return (Span("writes itself from the timeline", "dim"),)


def item_rows(items: Sequence[StandingItem], cells: int, look: Look) -> list[Row]:
    """A heading with counts, and a row for each item."""
    done, late = sum(one.done for one in items), sum(one.is_overdue for one in items)
    head: list[Span] = [Span("Action items", "title")]
    if items:
        head.append(Span(f" {len(items)}, {done} done", "dim"))
        head += [Span(f", {late} overdue", "overdue")] if late else []
    else:
        head.append(Span(" none is noted", "dim"))
    lines: list[Row] = [(BLANK, ""), (tuple(head), "")]
    for one in items:
        lines += [(words, one.key) for words in wrap_words(item_words(one), max(20, cells - 1), indent=4)]
    return lines


def item_words(one: StandingItem) -> Words:
    """Done or not, what it is, whose, until when, how far its ticket is."""
    words: list[Span] = [Span("[x] " if one.done else "[ ] ", "good" if one.done else "text"), Span(one.noted.task)]
    facts: list[Span] = [Span(one.owner or "no owner", "dim" if one.owner else "stale")]
    if one.due is not None:
        facts.append(
            Span(f"due {one.due}{' OVERDUE' if one.is_overdue else ''}", "overdue" if one.is_overdue else "dim")
        )
    else:
        facts.append(Span("no due date", "dim"))
    ticket = one.ticket_key
    named = ticket if ticket is not None and ticket not in one.noted.task else None
    told = " ".join(part for part in (named, one.state if one.state != "ticket" else None) if part)
    if told:
        facts.append(Span(told, "match" if ticket else "dim"))
    for fact in facts:
        words += [Span("  " if fact is facts[0] else " · ", "faint"), fact]
    return tuple(words)
