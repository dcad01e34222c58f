"""What a suggested incident says: its members, why they are together, how bad it is taken to be. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.board import Board, PaneName
from oncall_tui.policy.suggest import Member, SignalKind, Suggestion
from screens.reading import facts_lines
from widgets.lines import BLANK, Span, Words
from widgets.textpane import wrap_words
from widgets.words import age, clock

_ROLES = {SignalKind.ALERT: "strong", SignalKind.LOGS: "soon", SignalKind.REPORT: "you"}


def suggestion_lines(one: Suggestion, board: Board, cells: int, keys: Sequence[tuple[str, str]] = ()) -> list[Words]:
    """All of it. ``keys``: what can be done with it, each with its word."""
    lines = facts_lines(
        [
            ("severity", f"Sev{one.severity}, a guess: {one.severity_reason}"),
            ("service", one.service or "none is named"),
            ("began", f"{clock(one.first_at, board.minute, board.zone)} ({age(one.first_at, board.minute)})"),
            ("weight", f"{one.weight}: a critical alert or a log spike counts 2, a warning or a report 1"),
            ("dismissed", _dismissed(one, board)),
        ],
        cells,
    )
    if one.beside:
        lines += [BLANK, (Span("open on the same service: it may be theirs", "title"),)]
        for incident_id in one.beside:
            row = board.incident(incident_id)
            title = row.incident.title if row is not None else "not on the board"
            lines += wrap_words((Span(title), Span(f"  {incident_id}", "dim")), cells, indent=2)
    if board.panes[PaneName.INCIDENTS].stale:
        told = f"the pagers are late: it may be paged by now ({board.panes[PaneName.INCIDENTS].reason})"
        lines += [BLANK, *wrap_words((Span(told, "stale"),), cells)]
    lines += [BLANK, (Span(f"{len(one.members)} signals", "title"),)]
    for member in one.members:
        lines += _member_lines(member, board, cells)
    lines += [BLANK, *wrap_words((Span("nothing is hidden or merged: it is for you to say", "dim"),), cells)]
    if keys:
        lines.append(tuple(span for key, does in keys for span in (Span(key, "key"), Span(f" {does}   "))))
    return lines


def _member_lines(member: Member, board: Board, cells: int) -> list[Words]:
    signal = member.signal
    at = clock(signal.first_at, board.minute, board.zone)
    kind = signal.kind.value if signal.kind is not SignalKind.ALERT else signal.severity_word or "alert"
    head = (
        Span(f"{at} ", "dim"),
        Span(f"{kind} ", "label"),
        Span(signal.name, _ROLES[signal.kind]),
        Span(f"  {signal.source}", "dim"),
    )
    lines = wrap_words(head, cells, indent=2)
    if signal.summary:
        lines += wrap_words((Span("  "), Span(signal.summary)), cells, indent=2)
    for reason in member.reasons or ("alone: it weighs enough by itself",):
        lines += wrap_words((Span("  joined ", "label"), Span(reason, "dim")), cells, indent=4)
    return lines


def _dismissed(one: Suggestion, board: Board) -> str:
    why = one.dismissed
    if why is None:
        return ""
    how = "an incident was declared from it " if why.declared else ""
    by = f"by {why.by} " if why.by else ""
    return f"{how}{by}{clock(why.at, board.minute, board.zone)}; back when something new and worse joins"
