"""What was said of an incident where and when, what is due next, and who hears what by the matrix, in lines. Pure."""

from __future__ import annotations

from oncall_tui.board import Board
from oncall_tui.board.led import Led
from oncall_tui.model import EntryKind, Incident, IncidentFacts, NoteKind, OutboxState, TimelineEntry
from oncall_tui.policy.communication import STAKEHOLDERS, Audience, length
from oncall_tui.policy.reminders import Duty
from screens.due_words import reminder_lines
from screens.tabs.rows import Line
from widgets.lines import BLANK, Span, Words
from widgets.textpane import wrap_words
from widgets.words import clock, since

MOST_SAID = 40
"""Messages that are listed: the latest."""
WIDE = 60
"""Cells from which on the names of audiences have a column of their own."""
NAME_CELLS = 20


def comms_lines(led: Led, view: IncidentFacts, board: Board, cells: int) -> list[Line]:
    """Due first (each a row), then the matrix, then what was said, the latest first."""
    return [*_due(led, board, cells), *_matrix(led, view.incident, board, cells), *_said(view, board, cells)]


def _due(led: Led, board: Board, cells: int) -> list[Line]:
    lines = [Line((Span("due next", "title"),))]
    told = [one for one in led.reminders if one.duty in (Duty.UPDATE, Duty.PUBLISH)]
    for number, one in enumerate(told):
        lines += [Line(words, f"due:{number}") for words in reminder_lines(one, board, cells)]
    if not told:
        lines.append(Line((Span("nobody waits for news", "dim"),)))
    status = led.story.wanted
    for page in led.pages:
        says = page.status or "nothing"
        asked = ", as its phase asks" if says == status.status else f"; its phase asks for {status.status}"
        words = f"{page.channel} says {says}{asked} ({status.why})"
        lines += [Line(one) for one in wrap_words((Span(words, "dim"),), cells, indent=2)]
    return lines


def _matrix(led: Led, incident: Incident, board: Board, cells: int) -> list[Line]:
    """Everybody in the matrix, inside first: where, how often, what, when last."""
    severity = board.policy.rule(incident.severity).severity
    row = board.policy.rule(incident.severity)
    lines = [Line(BLANK), Line((Span(f"who hears what, Sev{severity}", "title"),))]
    often = f"every {length(row.update)}" if row.update else "as needed" if row.as_needed else "not told"
    lines += _hears(STAKEHOLDERS, ", ".join(row.channels), often, "", led, board, cells)
    audiences = led.communication.audiences
    for internal, title in ((True, "inside"), (False, "outside")):
        for audience in audiences:
            if audience.internal is internal:
                lines += _hears(audience.name, _where(audience), audience.often(severity), audience.content, led, board,
                                cells, title)  # fmt: skip
    return lines


def _where(audience: Audience) -> str:
    places = ", ".join(audience.where)
    more = " ".join(filter(None, (audience.room, ", ".join(audience.to))))
    return f"{places} {more}".strip()


def _hears(
    name: str, where: str, often: str, content: str, led: Led, board: Board, cells: int, title: str = ""
) -> list[Line]:
    last = led.told.get(name)
    told = f"told {since(last, board.minute)}" if last is not None else "not told yet"
    parts = [one for one in (title, often, where, content) if one]
    indent = NAME_CELLS if cells >= WIDE else 2
    words: Words = (
        Span(name.ljust(indent - 2) + "  " if cells >= WIDE else f"{name}  ", "label"),
        Span(", ".join(parts)),
        Span(f"  {told}", "dim" if last is not None else "text"),
    )
    return [Line(one) for one in wrap_words(words, cells, indent=indent)]


def _said(view: IncidentFacts, board: Board, cells: int) -> list[Line]:
    lines = [Line(BLANK), Line((Span("said", "title"),))]
    for row in view.outbox:
        if row.pending and row.source in {channel.name for channel in board.channels}:
            words: Words = (Span("on its way  ", "pending"), Span(str(row.params.get("text", "")).split("\n")[0]),
                            Span(f"  {row.source}", "dim"))  # fmt: skip
            lines += [Line(one) for one in wrap_words(words, cells, indent=2)]
        elif row.state in (OutboxState.REFUSED, OutboxState.UNKNOWN) and row.source in {
            channel.name for channel in board.channels
        }:
            words = (Span(f"{row.state.value}  ", "refused"), Span(row.answer or ""), Span(f"  {row.source}", "dim"))
            lines += [Line(one) for one in wrap_words(words, cells, indent=2)]
    entries = [entry for entry in view.timeline if _is_said(entry, board)]
    for entry in entries[: -MOST_SAID - 1 : -1]:
        at = clock(entry.at, board.minute, board.zone)
        first, *rest = entry.text.split("\n")
        more = f"  (+{len(rest)} lines)" if len(rest) > 1 else ""
        by = ", ".join(filter(None, (entry.origin, entry.author)))
        words = (Span(f"{at}  ", "dim"), Span(first), Span(f"{more}  {by}", "dim"))
        lines += [Line(one) for one in wrap_words(words, cells, indent=7)]
    if len(lines) == 2:
        lines.append(Line((Span("nothing was said yet", "dim"),)))
    return lines


def _is_said(entry: TimelineEntry, board: Board) -> bool:
    if entry.kind is EntryKind.STATUS_UPDATE or entry.note_kind is NoteKind.TOLD:
        return True
    return entry.origin in {channel.name for channel in board.channels}
