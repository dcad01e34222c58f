"""What a prompt says of its targets: what it is, where, how it stands, who has it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_tui.board import AlertRow, Board, IncidentRow
from oncall_tui.model import IncidentState, Person
from oncall_tui.text import wrap
from screens.requests import Target
from widgets.lines import Span, Words
from widgets.signs import Signs
from widgets.words import age, severity_words, state_words

TITLE_LINES = 3
"""A title is wrapped in so many lines at most."""


def is_me(person: Person, source: str, board: Board) -> bool:
    """Whether the seat is that person of that source."""
    return f"{source}:{person.id}" in board.seat.my_ids


def named(person: Person, source: str, board: Board) -> str:
    """A name, the seat's own marked."""
    return f"{person.name} (you)" if is_me(person, source, board) else person.name


def names_of(people: Sequence[Person], source: str, board: Board) -> str:
    """Names with commas; ``nobody``."""
    return ", ".join(named(person, source, board) for person in people) or "nobody"


def reached(person: Person, source: str, board: Board) -> str:
    """A name and how the person is reached."""
    return f"{named(person, source, board)} <{person.contact}>" if person.contact else named(person, source, board)


def target_lines(targets: Sequence[Target], board: Board, cells: int, signs: Signs) -> list[Words]:
    """One target in full, or several as a list."""
    if len(targets) == 1:
        return [*_title(targets[0], cells), *_facts(targets[0], board, cells, signs)]
    return [_short(target, signs) for target in targets]


def count_words(targets: Sequence[Target], kind: str = "incident") -> str:
    """``5 incidents``."""
    return f"{len(targets)} {kind}{'' if len(targets) == 1 else 's'}"


def _severity(target: Target, *, short: bool = False) -> Words:
    if isinstance(target.row, IncidentRow):
        return (*severity_words(target.row.incident.severity, short=short), Span(" "))
    if isinstance(target.row, AlertRow) and target.row.severity_word:
        return (Span(f"{target.row.severity_word} ", "dim"),)
    return ()


def _title(target: Target, cells: int) -> list[Words]:
    head = _severity(target)
    taken = sum(len(span.text) for span in head)
    lines = wrap(target.title or "(no title)", max(8, cells - taken))
    if len(lines) > TITLE_LINES:
        lines = [*lines[: TITLE_LINES - 1], lines[TITLE_LINES - 1] + "…"]
    return [
        (*(head if number == 0 else (Span(" " * taken),)), Span(line, "strong")) for number, line in enumerate(lines)
    ]


def _facts(target: Target, board: Board, cells: int, signs: Signs) -> list[Words]:
    row = target.row
    parts: list[str] = [target.service or "no service"]
    if isinstance(row, IncidentRow):
        incident = row.incident
        word = state_words(row, signs)[0].text
        parts += [f"#{incident.number}"] if incident.number else []
        parts += [target.id, f"{word} {age(incident.created_at, board.minute)}"]
        if incident.escalation_level and incident.state is IncidentState.TRIGGERED:
            parts.append(f"level {incident.escalation_level}")
        people = incident.acknowledged_by or incident.assignees
        parts.append(f"with {names_of(people, incident.source, board)}")
    elif isinstance(row, AlertRow):
        parts += [row.source, f"{row.state.value} {age(row.first_at, board.minute)}"]
        parts += [row.where] if row.where and row.where != target.service else []
    else:
        parts.append(target.id)
    return [(Span(line, "dim"),) for line in wrap(f" {signs.dot} ".join(parts), cells)]


def _short(target: Target, signs: Signs) -> Words:
    return (
        *_severity(target, short=True),
        Span(target.title or "(no title)", "text"),
        Span(f"  {target.service or ''} {target.id}", "dim"),
    )
