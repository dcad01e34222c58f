"""What was found out about an incident, as its timeline tells it: findings, hypotheses with their verdicts, root cause
(I5). Pure.

A hypothesis is a note ``hypothesis: …``; ``confirmed: …`` and ``ruled out: …`` speak of the one whose words they begin
with or repeat, or whose number they name (``ruled out: H2``); said anew, it is open again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from oncall_tui.clock import parse_instant
from oncall_tui.model import EntryKind, IncidentFacts, NoteKind, OutboxRow, OutboxState, TimelineEntry, Verb
from oncall_tui.policy.marks import Mark, MarkKind, marks
from oncall_tui.records import dataclass

_NUMBER = re.compile(r"h\s*(\d{1,3})\b", re.I | re.ASCII)
_BETWEEN = " \t,;:.—–-"
MOST = 100
"""Hypotheses of one incident that are told apart: what is said beyond them is on the timeline only."""
_LEAST = 4
"""Letters of a verdict from which on they may be a part of a hypothesis."""


class Verdict(StrEnum):
    """What is thought of a hypothesis."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    RULED_OUT = "ruled out"


_VERDICTS = {MarkKind.CONFIRMED: Verdict.CONFIRMED, MarkKind.RULED_OUT: Verdict.RULED_OUT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """One of them; ``at`` and ``author`` are of when it was said first, ``judged_*`` of its latest verdict."""

    number: int
    """From 1, in the order in which they were said."""
    text: str
    at: datetime
    author: str | None = None
    verdict: Verdict = Verdict.OPEN
    reason: str = ""
    judged_at: datetime | None = None
    judged_by: str | None = None

    @property
    def name(self) -> str:
        """``H1``."""
        return f"H{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusions:
    """All that was said, oldest first."""

    findings: tuple[Mark, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    root_causes: tuple[Mark, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.findings or self.hypotheses or self.root_causes)


def marks_of_facts(facts: IncidentFacts) -> tuple[Mark, ...]:
    """All that an incident's timeline says, with notes of ours that it does not tell yet."""
    return marks((*facts.timeline, *_ours(facts)))


def waiting_marks(facts: IncidentFacts) -> tuple[Mark, ...]:
    """Those of notes that the timeline does not tell yet."""
    return marks(_ours(facts))


def _ours(facts: IncidentFacts) -> Iterator[TimelineEntry]:
    there = {entry.id.partition(":")[2] for entry in facts.timeline}
    for row in facts.outbox:
        unseen = row.state is OutboxState.CONFIRMED and row.native_ref is not None and row.native_ref not in there
        if row.verb is Verb.NOTE and (row.pending or unseen):
            yield TimelineEntry(
                id=f"local:{row.key}",
                incident_id=facts.incident.id,
                at=_said_at(row),
                kind=EntryKind.NOTE,
                note_kind=NoteKind.TOLD if row.params.get("kind") == NoteKind.TOLD else None,
                text=str(row.params.get("text", "")),
                author=row.seat,
            )


def _said_at(row: OutboxRow) -> datetime:
    try:
        return parse_instant(str(row.params["at"])) if row.params.get("at") else row.created_at
    except ValueError:
        return row.created_at


def conclusions(found: Sequence[Mark]) -> Conclusions:
    """What these marks of one incident say; findings and root causes that were said twice are told once."""
    hypotheses: list[Hypothesis] = []
    # Pagers' clocks have seconds: of one and the same, what was supposed comes before what became of it.
    for mark in sorted(found, key=lambda one: (one.at, one.kind in _VERDICTS)):
        if mark.kind is MarkKind.HYPOTHESIS:
            _propose(hypotheses, mark)
        elif mark.kind in _VERDICTS:
            _judge(hypotheses, mark, _VERDICTS[mark.kind])
    return Conclusions(
        findings=_each_once(found, MarkKind.FINDING),
        hypotheses=tuple(hypotheses),
        root_causes=_each_once(found, MarkKind.ROOT_CAUSE),
    )


def hypothesis_meant(hypotheses: Sequence[Hypothesis], text: str) -> Hypothesis | None:
    """The one that a verdict in these words would speak of: its number, its beginning, or words of it alone."""
    place = _place_of(hypotheses, text, loosely=True)
    return None if place is None else hypotheses[place]


def verdict_note(hypothesis: Hypothesis, verdict: Verdict, reason: str = "") -> str:
    """The note that gives it that verdict: ``ruled out: the pool is empty (it has 40 free)``."""
    reason = " ".join(reason.split())
    word = MarkKind.HYPOTHESIS.value if verdict is Verdict.OPEN else verdict.value
    return f"{word}: {hypothesis.text}{f' ({reason})' if reason else ''}"


def _each_once(found: Sequence[Mark], kind: MarkKind) -> tuple[Mark, ...]:
    kept: dict[str, Mark] = {}
    for mark in sorted(found, key=lambda one: one.at):
        if mark.kind is kind and mark.text:
            kept.setdefault(_plain(mark.text), mark)
    return tuple(kept.values())


def _propose(hypotheses: list[Hypothesis], mark: Mark) -> None:
    if not mark.text:
        return
    place = _place_of(hypotheses, mark.text)
    if place is None:
        if len(hypotheses) < MOST:
            number = len(hypotheses) + 1
            hypotheses.append(Hypothesis(number=number, text=mark.text, at=mark.at, author=mark.author))
        return
    hypotheses[place] = replace(
        hypotheses[place],
        verdict=Verdict.OPEN,
        reason=_reason(hypotheses[place], mark.text),
        judged_at=mark.at,
        judged_by=mark.author,
    )


def _judge(hypotheses: list[Hypothesis], mark: Mark, verdict: Verdict) -> None:
    if not mark.text:
        return
    place = _place_of(hypotheses, mark.text, loosely=True)
    if place is None:
        if len(hypotheses) >= MOST:
            return
        # A verdict on what nobody had said before says it.
        place = len(hypotheses)
        hypotheses.append(Hypothesis(number=place + 1, text=mark.text, at=mark.at, author=mark.author))
    hypotheses[place] = replace(
        hypotheses[place],
        verdict=verdict,
        reason=_reason(hypotheses[place], mark.text),
        judged_at=mark.at,
        judged_by=mark.author,
    )


def _place_of(hypotheses: Sequence[Hypothesis], text: str, *, loosely: bool = False) -> int | None:
    """Which one a text speaks of: the same, perhaps with a reason in parentheses. A verdict may speak ``loosely``: it
    begins with the hypothesis (the longest counts), names its number, or repeats some words of only one."""
    said = _plain(text)
    if not loosely:
        same = (at for at, one in enumerate(hypotheses) if _is_again(said, _plain(one.text)))
        return next(same, None)
    begins = [at for at, one in enumerate(hypotheses) if _begins(said, _plain(one.text))]
    if begins:
        return max(begins, key=lambda at: len(hypotheses[at].text))
    number = _NUMBER.match(said)
    if number is not None and 1 <= int(number[1]) <= len(hypotheses):
        return int(number[1]) - 1
    holds = [at for at, one in enumerate(hypotheses) if len(said) >= _LEAST and said in _plain(one.text)]
    return holds[0] if len(holds) == 1 else None


def _is_again(said: str, text: str) -> bool:
    rest = said[len(text) :].strip() if said.startswith(text) else "?"
    return not rest.strip(_BETWEEN) or (rest.startswith("(") and rest.endswith(")"))


def _begins(said: str, text: str) -> bool:
    return said.startswith(text) and (len(said) == len(text) or not said[len(text)].isalnum())


def _reason(hypothesis: Hypothesis, said: str) -> str:
    """What a verdict says besides the hypothesis."""
    text = " ".join(said.split())
    if _begins(_plain(text), _plain(hypothesis.text)):
        return _inside(text[len(" ".join(hypothesis.text.split())) :])
    number = _NUMBER.match(text)
    return _inside(text[number.end() :]) if number is not None else ""


def _inside(rest: str) -> str:
    rest = rest.lstrip(_BETWEEN)
    return rest[1:-1].strip() if rest.startswith("(") and rest.endswith(")") else rest.rstrip()


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
