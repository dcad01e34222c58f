"""What an incident's facts say of its life: phase, the four durations, its triage, what the page was worth. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall_tui.board import Board
from oncall_tui.clock import format_duration
from oncall_tui.model import IncidentFacts
from oncall_tui.policy.judging import judgement_of
from oncall_tui.policy.life import Life, life
from oncall_tui.policy.marks import Mark, MarkKind, marks
from widgets.lines import BLANK, Span, Words
from widgets.words import age, clock


def life_of(facts: IncidentFacts) -> Life:
    """The turning points of what the store has of an incident."""
    first = min((alert.first_at for alert in facts.alerts), default=None)
    return life(facts.incident, facts.timeline, first)


def life_facts(facts: IncidentFacts | None, board: Board) -> list[tuple[str, Words]]:
    """As labels and words; nothing where nothing was read yet."""
    if facts is None:
        return []
    its_life = life_of(facts)
    told: list[tuple[str, Words]] = [
        ("triage", _said(_latest(facts), board)),
        ("phase", _phase(its_life, board)),
        ("mitigated", _when(its_life.mitigated, board)),
        ("took", _lengths(its_life)),
        ("judged", _said(judgement_of(facts.timeline), board, named=True)),
    ]
    return [(label, words) for label, words in told if words]


def _phase(its_life: Life, board: Board) -> Words:
    start = its_life.phases[-1]
    since = f" since {clock(start.at, board.minute, board.zone)}"
    return Span(its_life.phase.value, "strong"), Span(f"{since} ({age(start.at, board.minute)})", "dim")


def _lengths(its_life: Life) -> Words:
    lengths = (
        ("detected", its_life.detect),
        ("acked", its_life.acknowledge),
        ("mitigated", its_life.mitigate),
        ("resolved", its_life.resolve),
    )
    words: list[Span] = []
    for word, length in lengths:
        if length is not None:
            words += [Span(", ", "dim")] if words else []
            words += [Span(f"{word} in ", "dim"), Span(_length(length))]
    return tuple(words)


def _length(length: timedelta) -> str:
    return format_duration(length) if length >= timedelta(minutes=1) else "under 1m"


def _latest(facts: IncidentFacts) -> Mark | None:
    found = [mark for mark in marks(facts.timeline) if mark.kind is MarkKind.TRIAGE]
    return max(found, key=lambda mark: mark.at, default=None)


def _said(mark: Mark | None, board: Board, *, named: bool = False) -> Words:
    if mark is None:
        return BLANK
    kind = mark.kind.value if named else ""
    text = ": ".join(part for part in (kind, mark.text) if part)
    by = f"  {mark.author}, " if mark.author else "  "
    return Span(text), Span(f"{by}{clock(mark.at, board.minute, board.zone)}", "dim")


def _when(moment: datetime | None, board: Board) -> Words:
    return BLANK if moment is None else (Span(f"{clock(moment, board.minute, board.zone)}"),)
