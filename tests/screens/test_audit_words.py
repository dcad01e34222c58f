"""The audit is read by people: no None, no id of a person, no JSON."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oncall_tui.model import AuditLine, OutboxState, Verb
from oncall_tui.store.outbox import line_of
from screens.audit_words import audit_lines, detail_words, people
from tests.support.ui import ago, incident, outbox_row, sample_board, with_incidents

PAGE = incident("Q1")
NAMES = {"pager:PE6QTO1": "Alice"}


def text(line: AuditLine, names: dict[str, str]) -> str:
    return detail_words(line, names)


def line(assignees: tuple[str, ...], level: int | None, **changes: object) -> AuditLine:
    seen = replace(PAGE.version, assignees=assignees, escalation_level=level)
    row = replace(outbox_row(Verb.ESCALATE, params={"level": 2}, seen=seen), **changes)  # type: ignore[arg-type]
    return line_of(row, row.state.value, ago(minutes=1), "")


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (line(("PE6QTO1",), None), "escalate to level 2 · seen triggered, with Alice"),
        (line((), 3), "escalate to level 2 · seen triggered, level 3, with nobody"),
        (line(("PX",), 1), "escalate to level 2 · seen triggered, level 1, with somebody"),
        (line(("PE6QTO1", "PX", "PY"), 1), "escalate to level 2 · seen triggered, level 1, with Alice, 2 more"),
        (line(("PX", "PY"), 1), "escalate to level 2 · seen triggered, level 1, with 2 people"),
        (
            line((), None, state=OutboxState.REFUSED, attempts=2, answer="403 forbidden", params={}),
            "seen triggered, with nobody · attempt 2 · answer: 403 forbidden",
        ),
    ],
)
def test_what_was_seen_and_meant_in_words(one: AuditLine, words: str) -> None:
    assert text(one, NAMES) == words


def test_a_line_that_an_older_version_wrote() -> None:
    old = replace(line((), 1), detail='{"seen":"triggered, level None, PE6QTO1","attempt":1}')
    assert text(old, NAMES) == "seen triggered, with Alice"


@pytest.mark.parametrize("detail", ["403 [b]x[/b]", "from Bob; receipt: notes", "[1]", "{", ""])
def test_what_is_not_the_stores_is_told_as_it_is(detail: str) -> None:
    assert text(replace(line((), 1), detail=detail), NAMES) == detail


@pytest.mark.parametrize("verb", list(Verb))
def test_every_verb_is_told_without_braces(verb: Verb) -> None:
    row = outbox_row(verb, params={"text": "slow", "title": "T", "names": ["Bob"], "people": ["PB"]})
    words = text(line_of(row, "queued", ago(minutes=1), ""), NAMES)
    assert "{" not in words and '"' not in words and "None" not in words


def test_who_it_was_is_known_from_the_board() -> None:
    board = sample_board(with_incidents(PAGE))
    one = PAGE.assignees[0]
    assert people(board)[f"pager:{one.id}"] == one.name
    told = "".join(span.text for words in audit_lines([line((one.id,), None)], board, 200) for span in words)
    assert f"with {one.name}" in told and one.id not in told and "None" not in told
