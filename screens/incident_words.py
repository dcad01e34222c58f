"""What an incident's screen says: head, timeline, facts, alerts, as lines of words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from oncall_tui.board import Board, IncidentRow
from oncall_tui.model import (
    Alert,
    AlertState,
    EntryKind,
    Incident,
    IncidentFacts,
    OutboxRow,
    OutboxState,
    Person,
    TimelineEntry,
    Verb,
)
from screens.around_words import also_facts
from screens.details import is_web_address
from screens.dialogs.levels import level_rows, policy_of
from screens.dialogs.targets import named, names_of
from screens.outbox_words import meant, meant_at, needs_decision, sign_span, stands, state_span
from widgets.lines import BLANK, Span, Words
from widgets.pane import separated
from widgets.signs import Signs
from widgets.textpane import wrap_words
from widgets.theme import Look
from widgets.words import age, ahead, by_itself_words, clock, due_words, severity_words, sign_words, state_words

WORDS_FROM = 56
"""Cells from which on each entry's kind is told in a word beside its sign."""
_LATE_NOTE = timedelta(minutes=2)
"""A note that was written so much later than what it tells of says when it was written."""

_KINDS: dict[EntryKind, tuple[str, str]] = {
    EntryKind.TRIGGERED: ("triggered", "triggered"),
    EntryKind.ACKNOWLEDGED: ("acked", "acknowledged"),
    EntryKind.UNACKNOWLEDGED: ("un-acked", "triggered"),
    EntryKind.ESCALATED: ("escalated", "soon"),
    EntryKind.ASSIGNED: ("assigned", "dim"),
    EntryKind.NOTIFIED: ("notified", "dim"),
    EntryKind.SNOOZED: ("snoozed", "snoozed"),
    EntryKind.RESOLVED: ("resolved", "good"),
    EntryKind.REOPENED: ("reopened", "triggered"),
    EntryKind.MERGED: ("merged", "dim"),
    EntryKind.SEVERITY: ("severity", "sev2"),
    EntryKind.NOTE: ("note", "you"),
    EntryKind.STATUS_UPDATE: ("update", "you"),
    EntryKind.ALERT: ("alert", "dim"),
    EntryKind.ACTION: ("action", "pending"),
    EntryKind.OTHER: ("", "dim"),
}
_WORD_CELLS = 9
# What a pager does in one instant, in the order in which it follows from each other.
_AT_ONCE = {
    EntryKind.TRIGGERED: 0,
    EntryKind.ALERT: 1,
    EntryKind.ESCALATED: 2,
    EntryKind.ASSIGNED: 3,
    EntryKind.NOTIFIED: 4,
}


def _sign(kind: EntryKind, signs: Signs) -> str:
    match kind:
        case EntryKind.TRIGGERED | EntryKind.UNACKNOWLEDGED | EntryKind.REOPENED:
            return signs.triggered
        case EntryKind.ACKNOWLEDGED:
            return signs.acknowledged
        case EntryKind.SNOOZED:
            return signs.snoozed
        case EntryKind.RESOLVED:
            return signs.resolved
        case EntryKind.NOTE | EntryKind.STATUS_UPDATE:
            return signs.mark
        case EntryKind.ESCALATED | EntryKind.ASSIGNED | EntryKind.NOTIFIED | EntryKind.MERGED:
            return signs.arrow
        case EntryKind.ACTION:
            return signs.pending
    return " "


# -- head ------------------------------------------------------------------------------------------------------


def head_lines(row: IncidentRow, board: Board, cells: int, look: Look) -> list[Words]:
    """The title in two lines at most, then how it stands: state, what is due, who has it."""
    incident = row.incident
    title = wrap_words(
        (*severity_words(incident.severity), Span(" "), Span(incident.title or "(no title)", "strong")), cells, indent=5
    )
    if len(title) > 2:
        title = [title[0], (*title[1][:-1], Span(title[1][-1].text + "…", "strong"))]
    state = state_words(row, look.signs)
    who = incident.acknowledged_by or incident.assignees
    service = incident.service.name if incident.service is not None else "no service"
    parts: list[Words] = [
        (*sign_words(row, look.signs), Span(" "), *state, Span(f" {age(incident.created_at, board.minute)}")),
        due_words(row, board.minute, board.zone),
        by_itself_words(row, board.minute),
        (Span(service),),
        (Span(f"#{incident.number}", "dim"),) if incident.number else BLANK,
        (Span(f"with {names_of(who, incident.source, board)}", "text" if who else "dim"),),
    ]
    return [*title, *wrap_words(separated(parts, look.signs.dot), cells)]


# -- timeline --------------------------------------------------------------------------------------------------


def timeline_lines(view: IncidentFacts, board: Board, cells: int, look: Look) -> list[Words]:
    """Oldest first, each entry at the time that it tells of; what is still in the outbox among them, marked so."""
    told: list[tuple[datetime, int, TimelineEntry | OutboxRow]] = [
        (one.at, _AT_ONCE.get(one.kind, len(_AT_ONCE)), one) for one in view.timeline
    ]
    told += [(meant_at(row), len(_AT_ONCE) + 1, row) for row in _unseen(view)]
    told.sort(key=lambda one: one[:2])
    lines: list[Words] = []
    day = board.minute.astimezone(board.zone).date()
    for at, _, one in told:
        local = at.astimezone(board.zone)
        if local.date() != day:
            lines.append((Span(f"{local:%a %d %b}", "title"),))
        day = local.date()
        entry = isinstance(one, TimelineEntry)
        lines += _entry(one, board, cells, look) if entry else _action(one, board, cells, look)  # type: ignore[arg-type]  # told apart by `entry`
    if not lines:
        return [(Span("nothing on the timeline yet", "dim"),)]
    return lines


def _unseen(view: IncidentFacts) -> list[OutboxRow]:
    """Actions that the system's own timeline does not tell of yet: pending, failed, and notes not read back."""
    there = {entry.id.partition(":")[2] for entry in view.timeline}
    return [
        row
        for row in view.outbox
        if row.pending
        or needs_decision(row)
        or (
            row.state is OutboxState.CONFIRMED
            and row.verb is Verb.NOTE
            and row.native_ref is not None
            and row.native_ref not in there
        )
    ]


def _head(at: datetime, sign: Span, word: Span, board: Board, cells: int) -> tuple[Words, int]:
    local = at.astimezone(board.zone)
    words: Words = (Span(f"{local:%H:%M}", "dim"), Span(" "), sign, Span(" "))
    if cells < WORDS_FROM:
        return words, 8
    return (*words, Span(word.text.ljust(_WORD_CELLS), word.role), Span("  ")), 8 + _WORD_CELLS + 2


def _entry(entry: TimelineEntry, board: Board, cells: int, look: Look) -> list[Words]:
    word, role = _KINDS[entry.kind]
    if entry.note_kind is not None:
        word = entry.note_kind.value
    head, indent = _head(entry.at, Span(_sign(entry.kind, look.signs), role), Span(word, role), board, cells)
    by = [text for text in (entry.author, entry.origin) if text]
    written = entry.written_at
    if written is not None and written - entry.at >= _LATE_NOTE:
        by.append(f"written {clock(written, board.minute, board.zone)}")
    is_note = entry.kind in (EntryKind.NOTE, EntryKind.STATUS_UPDATE)
    text = f"{word}: {entry.text}" if entry.note_kind is not None and cells < WORDS_FROM else entry.text
    return _paragraphs(head, indent, text, "strong" if is_note else "text", by, cells, look)


def _action(row: OutboxRow, board: Board, cells: int, look: Look) -> list[Words]:
    word = state_span(row)
    short = "waits" if row.held and row.pending else word.text
    head, indent = _head(meant_at(row), sign_span(row, look.signs), Span(short, word.role), board, cells)
    is_note = row.verb is Verb.NOTE
    text = str(row.params.get("text", "")) if is_note else meant(row)
    by = [row.seat, "read back soon" if row.state is OutboxState.CONFIRMED else stands(row, board.minute, board.zone)]
    return _paragraphs(head, indent, text, word.role, by, cells, look)


def _paragraphs(
    head: Words, indent: int, text: str, role: str, by: Sequence[str], cells: int, look: Look
) -> list[Words]:
    first, *rest = text.split("\n") if text else [""]
    paragraphs: list[Words] = [(*head, Span(first, role))]
    paragraphs += [(Span(" " * indent), Span(line, role)) for line in rest]
    if by:
        paragraphs[-1] = (*paragraphs[-1], Span("  "), Span(f" {look.signs.dot} ".join(by), "dim"))
    return [line for words in paragraphs for line in wrap_words(words, cells, indent=indent)]


# -- facts -----------------------------------------------------------------------------------------------------


def facts_of(row: IncidentRow, board: Board, look: Look) -> list[tuple[str, Words]]:
    """Everything that is known of an incident, as labels and words."""
    incident = row.incident

    def when(moment: datetime | None) -> str:
        return f"{clock(moment, board.minute, board.zone)} ({age(moment, board.minute)})" if moment is not None else ""

    facts: list[tuple[str, Words]] = [
        ("severity", _severity(incident, board)),
        (
            "state",
            (*sign_words(row, look.signs), Span(" "), *state_words(row, look.signs), *_told(when(_since(incident)))),
        ),
        ("due", _due(row, board)),
        ("by itself", _by_itself(incident, board)),
        ("triggered", _told(when(incident.created_at), "")),
        ("service", _told(incident.service.name if incident.service is not None else "none", "")),
        *also_facts(row, board),
        ("teams", _told(", ".join(incident.teams), "")),
        ("urgency", _told(incident.urgency or "", "")),
        ("with", _people(incident.assignees, incident, board)),
        ("acked by", _people(incident.acknowledged_by, incident, board, when(incident.acknowledged_at))),
        ("resolved by", _told(incident.resolved_by or "", "")),
        ("merged into", _told(incident.merged_into or "", "")),
        ("bridge", _told(incident.bridge or "", "")),
        ("runbook", _link(incident.runbook)),
        ("link", _link(incident.url)),
        ("id", _told(f"{incident.id}{f'  #{incident.number}' if incident.number else ''}", "")),
    ]
    return [(label, words) for label, words in facts if words]


def _since(incident: Incident) -> datetime | None:
    if incident.resolved_at is not None and not incident.is_open:
        return incident.resolved_at
    return incident.acknowledged_at if incident.acknowledged_by else incident.created_at


def _told(text: str, before: str = " ") -> Words:
    return (Span(f"{before}{text}"),) if text else BLANK


def _link(url: str | None) -> Words:
    if not url:
        return BLANK
    return (Span(url, "link", url),) if is_web_address(url) else (Span(url),)


def _people(people: Sequence[Person], incident: Incident, board: Board, at: str = "") -> Words:
    if not people:
        return BLANK
    return (Span(names_of(people, incident.source, board)), *_told(at))


def _severity(incident: Incident, board: Board) -> Words:
    words = severity_words(incident.severity)
    if incident.severity is None:
        said = f"the pager says {incident.severity_word!r}" if incident.severity_word else "the pager tells none"
        return (*words, Span(f" {said}: due as Sev2", "dim"))
    said = f", from {incident.severity_word}" if incident.severity_word else ""
    return (*words, Span(f" {board.policy.rule(incident.severity).title}"), Span(said, "dim"))


def _due(row: IncidentRow, board: Board) -> Words:
    words = due_words(row, board.minute, board.zone)
    if row.due is None or not row.incident.is_open:
        return BLANK
    return (*words, Span(f" at {clock(row.due.at, board.minute, board.zone)}", "dim"))


def _by_itself(incident: Incident, board: Board) -> Words:
    told = (
        ("goes to the next level", incident.escalates_at),
        ("triggers again", incident.retriggers_at),
        ("wakes", incident.wakes_at),
    )
    parts = [
        f"{does} {clock(at, board.minute, board.zone)} (in {ahead(at, board.minute)})"
        for does, at in told
        if at is not None and incident.is_open
    ]
    return _told(", ".join(parts), "")


def facts_lines(
    row: IncidentRow,
    board: Board,
    cells: int,
    look: Look,
    between: Sequence[Words] = (),
    life: Sequence[tuple[str, Words]] = (),
) -> list[Words]:
    """Facts, then these lines, then the levels of the escalation policy."""
    facts = facts_of(row, board, look)
    at = next((number for number, (label, _) in enumerate(facts) if label == "triggered"), len(facts))
    facts[at:at] = life
    names = max(len(label) for label, _ in facts)
    lines: list[Words] = []
    for label, words in facts:
        lines += wrap_words((Span(label.ljust(names) + "  ", "label"), *words), cells, indent=names + 2)
    return [*lines, *between, *_policy_lines(row.incident, board, cells)]


def _policy_lines(incident: Incident, board: Board, cells: int) -> list[Words]:
    if incident.escalation_policy is None:
        return []
    policy = policy_of(incident, board)
    level = f"level {incident.escalation_level}" if incident.escalation_level else "level unknown"
    of = f" of {len(policy.levels)}" if policy is not None and incident.escalation_level else ""
    title = wrap_words((Span(incident.escalation_policy.name, "title"), Span(f"  {level}{of}", "dim")), cells)
    lines: list[Words] = [BLANK, *title]
    for one in level_rows(incident, policy, board) if policy is not None else ():
        people = ", ".join(named(person, incident.source, board) for person in one.people) or "nobody"
        here = one.number == incident.escalation_level
        words = (Span(f" {one.number} ", "key" if here else "dim"), Span(people, "strong" if here else "text"))
        lines += wrap_words((*words, Span(f"  {one.when}", one.role)), cells, indent=3)
    return lines


# -- alerts ----------------------------------------------------------------------------------------------------

_ALERT_RANK = {AlertState.FIRING: 0, AlertState.UNKNOWN: 1, AlertState.SILENCED: 2}


def alert_lines(alerts: Sequence[Alert], board: Board, cells: int, look: Look) -> list[Words]:
    """Firing ones first: when, how bad, what, how often; under it what it says and its labels."""
    lines: list[Words] = []
    for alert in sorted(alerts, key=lambda one: (_ALERT_RANK.get(one.state, 3), -one.last_at.timestamp(), one.id)):
        ended = alert.state in (AlertState.ENDED, AlertState.RESOLVED)
        words: list[Span] = [
            Span(f"{clock(alert.last_at, board.minute, board.zone)} ", "dim"),
            Span(f"{look.signs.alert(alert.state)} "),
            Span(alert.name, "resolved" if ended else "strong"),
            Span(f"  {alert.severity_word or ''} {alert.state.value}".rstrip(), "dim"),
        ]
        if alert.count > 1:
            words.append(Span(f"  {look.signs.times}{alert.count}"))
        lines += wrap_words(tuple(words), cells, indent=8)
        if alert.summary:
            lines += wrap_words((Span("  "), Span(alert.summary)), cells, indent=2)
        labels = "  ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()) if name != "alertname")
        if labels:
            lines += wrap_words((Span("  "), Span(labels, "dim")), cells, indent=2)
        if alert.runbook:
            lines += wrap_words((Span("  runbook ", "label"), *_link(alert.runbook)), cells, indent=2)
    return lines
