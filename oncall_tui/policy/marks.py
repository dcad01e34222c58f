"""What the first words of a note's line mean: ``root cause: …``, ``action: …``, ``mitigated``, ``phase: …``. Pure.

Marks are how a timeline, which keeps text only, carries what post-mortem, handover and metrics need; everybody who
reads the pager sees them too. They stand at the start of a line, in any case, after a bullet or not. What follows goes
on to the next mark or an empty line. What was said to others (a note of kind *told*, a status update) holds no marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from oncall_tui.model import EntryKind, NoteKind, TimelineEntry
from oncall_tui.records import dataclass


class MarkKind(StrEnum):
    """What a mark says of the text behind it."""

    ROOT_CAUSE = "root cause"
    IMPACT = "impact"
    LESSON = "lesson"
    ACTION = "action"
    """Something to do afterwards, with ``owner: …`` and ``due: 2026-12-01`` where they are known."""
    DONE = "done"
    """An action item is: its ticket's key, or its words."""
    TICKET = "ticket"
    """An action item has become one: the ticket's key, then the item's words."""
    BEGAN = "began"
    """When the problem began (the note is back-dated)."""
    MITIGATED = "mitigated"
    """Its impact has ended, whatever is left to repair."""
    PHASE = "phase"
    TRIAGE = "triage"
    """Which severity it was given, and why: ``Sev2, significant degradation``."""
    REAL = "real"
    NOISE = "noise"
    """Nothing was wrong: a false positive."""
    DUPLICATE = "duplicate"
    FIX_ALERT = "fix the alert"
    FINDING = "finding"
    """Something that was seen when it was looked into."""
    HYPOTHESIS = "hypothesis"
    """What may be the cause: see :mod:`oncall_tui.policy.conclusions`."""
    CONFIRMED = "confirmed"
    """A hypothesis is."""
    RULED_OUT = "ruled out"
    """A hypothesis is."""
    POSTMORTEM = "post-mortem"
    """It is written: where, or ``done``."""


WRITTEN_UP = frozenset(
    {MarkKind.ROOT_CAUSE, MarkKind.IMPACT, MarkKind.LESSON, MarkKind.ACTION, MarkKind.DONE, MarkKind.TICKET}
)
"""What a document has a section for."""
JUDGEMENTS = frozenset({MarkKind.REAL, MarkKind.NOISE, MarkKind.DUPLICATE, MarkKind.FIX_ALERT})

_BULLET = r"\s*(?:[-*+]\s+(?:\[[ xX]?\]\s+)?|\d{1,3}[.)]\s+)?"
_WITH_TEXT = (
    (MarkKind.ROOT_CAUSE, r"root cause"),
    (MarkKind.IMPACT, r"impact"),
    (MarkKind.LESSON, r"lessons?(?: learn(?:ed|t))?"),
    (MarkKind.ACTION, r"action(?: item)?|todo|follow[- ]?up"),
    (MarkKind.DONE, r"(?:action(?: item)? )?done"),
    (MarkKind.TICKET, r"ticket(?= *: *[A-Z][A-Z0-9]{1,9}-\d)"),
    (MarkKind.PHASE, r"phase"),
    (MarkKind.TRIAGE, r"triage"),
    (MarkKind.FINDING, r"findings?"),
    (MarkKind.HYPOTHESIS, r"hypothes[ie]s|theory"),
    (MarkKind.CONFIRMED, r"confirmed"),
    (MarkKind.RULED_OUT, r"ruled out|refuted"),
    (MarkKind.POSTMORTEM, r"post-?\s?mortem"),
)
_ALONE = (
    (MarkKind.BEGAN, r"(?:problem |impact )?(?:began|started)"),
    (MarkKind.REAL, r"real"),
    (MarkKind.NOISE, r"noise|false (?:positive|alarm)"),
    (MarkKind.DUPLICATE, r"duplicate"),
    (MarkKind.FIX_ALERT, r"fix (?:the )?alert"),
    (MarkKind.POSTMORTEM, r"post-?\s?mortem (?:is )?(?:done|written|published)"),
)
_MITIGATED = re.compile(_BULLET + r"(?:mitigated|mitigation (?:is )?(?:deployed|done|in place))\b\s*[:,;.]?\s*", re.I)
_MARKS = [
    *((kind, re.compile(rf"{_BULLET}(?:{words})\s*:\s*(?=\S)", re.I)) for kind, words in _WITH_TEXT),
    *((kind, re.compile(rf"{_BULLET}(?:{words})\s*(?::\s*|$)", re.I)) for kind, words in _ALONE),
    (MarkKind.MITIGATED, _MITIGATED),
]
_OWNER = re.compile(r"(?:owner|assigned(?: to)?)\s*:\s*([^,;)\n]{1,60})|(?<!\w)@([\w.-]{1,60})", re.I)
_DUE = re.compile(r"due\s*:?\s*(\d{4}-\d\d-\d\d)\b", re.I | re.ASCII)
_TICKET = re.compile(r"\b[A-Z][A-Z0-9]{1,9}-\d{1,7}\b")
_ASIDE = re.compile(r"\s*\(\s*(?:owner|assigned(?: to)?|due)\b[^()]*\)\s*$", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One mark of a note. ``at`` is when it happened, for a back-dated note not when it was written."""

    kind: MarkKind
    text: str
    """What stands behind it, in one line; may be empty where the mark says it all."""
    at: datetime
    incident_id: str
    author: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedItem:
    """Something left to do, from a line of text. ``ticket``, ``owner`` and ``due`` are found where it names them."""

    text: str
    ticket: str | None = None
    owner: str | None = None
    due: date | None = None
    """A day of the owner's calendar."""
    incident_id: str | None = None

    @property
    def task(self) -> str:
        """The text without the aside that names owner and due date."""
        return _ASIDE.sub("", self.text) or self.text


def can_hold_marks(entry: TimelineEntry) -> bool:
    """Whether marks are looked for in this entry."""
    return entry.kind is EntryKind.NOTE and entry.note_kind is not NoteKind.TOLD


def marks(timeline: Iterable[TimelineEntry]) -> tuple[Mark, ...]:
    """All marks of these entries, in their order."""
    return tuple(mark for entry in timeline if can_hold_marks(entry) for mark in marks_of(entry))


def marks_of(entry: TimelineEntry) -> tuple[Mark, ...]:
    """The marks of one note, from top to bottom."""
    return tuple(
        Mark(
            kind=piece.kind,
            text=_one_line(" ".join(piece.said)),
            at=entry.at,
            incident_id=entry.incident_id,
            author=entry.author,
        )
        for piece in _pieces(entry.text)
        if piece.kind is not None
    )


def without(text: str, kinds: frozenset[MarkKind]) -> str:
    """A note's text without the lines of these marks."""
    return "\n".join(line for piece in _pieces(text) if piece.kind not in kinds for line in piece.lines).strip("\n")


@dataclass(slots=True)
class _Piece:
    """Lines of a note that belong together: a mark's, or those of no mark."""

    kind: MarkKind | None
    said: list[str]
    lines: list[str]


def _pieces(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    for line in text.split("\n"):
        kind, rest = _mark_in(line)
        if kind is not None:
            pieces.append(_Piece(kind, [rest], [line]))
        elif line.strip() and pieces and pieces[-1].lines[-1].strip():
            pieces[-1].said.append(line)
            pieces[-1].lines.append(line)
        else:
            pieces.append(_Piece(None, [line], [line]))
    return pieces


def _mark_in(line: str) -> tuple[MarkKind | None, str]:
    for kind, pattern in _MARKS:
        if match := pattern.match(line):
            return kind, line[match.end() :]
    return None, line


def item(text: str, incident_id: str | None = None) -> NotedItem:
    """An action item from a line of text; ``(owner: Bob)``, ``@bob``, ``due: 2026-12-01`` and a ticket's key are
    recognised."""
    text = _one_line(text)
    owner, ticket, due = _OWNER.search(text), _TICKET.search(text), _DUE.search(text)
    return NotedItem(
        text=text,
        ticket=ticket.group() if ticket else None,
        owner=(owner.group(1) or owner.group(2)).strip() if owner else None,
        due=_day(due.group(1)) if due else None,
        incident_id=incident_id,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None
