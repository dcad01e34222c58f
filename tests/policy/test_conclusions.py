"""Findings, hypotheses with verdicts, root causes: as marks of a timeline say them, whoever wrote them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oncall_tui.model import EntryKind, TimelineEntry
from oncall_tui.policy.conclusions import MOST, Conclusions, Hypothesis, Verdict, conclusions, verdict_note
from oncall_tui.policy.marks import MarkKind, marks

NOW = datetime(2026, 11, 23, 14, 42, tzinfo=UTC)


def told(*notes: str) -> Conclusions:
    entries = [
        TimelineEntry(
            id=f"n{number}", incident_id="p:1", at=NOW + timedelta(minutes=number), kind=EntryKind.NOTE, text=text,
            author=f"person {number}",
        )
        for number, text in enumerate(notes)
    ]  # fmt: skip
    return conclusions(marks(entries))


def verdicts(*notes: str) -> list[tuple[str, str, str]]:
    return [(one.text, one.verdict.value, one.reason) for one in told(*notes).hypotheses]


@pytest.mark.parametrize(
    ("note", "kind"),
    [
        ("finding: p99 rose at 14:31", MarkKind.FINDING),
        ("- Finding: x", MarkKind.FINDING),
        ("Hypothesis: the pool is empty", MarkKind.HYPOTHESIS),
        ("theory: dns", MarkKind.HYPOTHESIS),
        ("confirmed: the pool is empty", MarkKind.CONFIRMED),
        ("Ruled out: dns", MarkKind.RULED_OUT),
        ("root cause: the pool", MarkKind.ROOT_CAUSE),
    ],
)
def test_notes_say_it_in_the_fields_words(note: str, kind: MarkKind) -> None:
    entry = TimelineEntry(id="n", incident_id="p:1", at=NOW, kind=EntryKind.NOTE, text=note)
    assert [mark.kind for mark in marks([entry])] == [kind]


def test_a_hypothesis_is_open_until_it_is_judged() -> None:
    assert verdicts("hypothesis: the pool is empty", "hypothesis: dns") == [
        ("the pool is empty", "open", ""), ("dns", "open", ""),
    ]  # fmt: skip
    assert [one.name for one in told("hypothesis: a pool", "hypothesis: dns").hypotheses] == ["H1", "H2"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("ruled out: the pool is empty", ""),
        ("ruled out: The  POOL is empty.", ""),
        ("ruled out: the pool is empty (40 of 60 are free)", "40 of 60 are free"),
        ("ruled out: the pool is empty, 40 are free", "40 are free"),
        ("ruled out: H1", ""),
        ("ruled out: h1: 40 are free", "40 are free"),
        ("ruled out: pool", ""),
    ],
)
def test_a_verdict_finds_its_hypothesis(said: str, reason: str) -> None:
    assert verdicts("hypothesis: the pool is empty", "hypothesis: dns", said) == [
        ("the pool is empty", "ruled out", reason), ("dns", "open", ""),
    ]  # fmt: skip


def test_the_longest_that_it_begins_with_is_meant() -> None:
    found = verdicts("hypothesis: dns", "hypothesis: dns in eu", "confirmed: dns in eu: the resolver is down")
    assert found == [("dns", "open", ""), ("dns in eu", "confirmed", "the resolver is down")]


def test_words_of_several_judge_none_of_them() -> None:
    found = verdicts("hypothesis: the pool is empty", "hypothesis: the pool leaks", "ruled out: the pool")
    assert [one[1] for one in found] == ["open", "open", "ruled out"]


def test_the_latest_verdict_counts_and_a_hypothesis_is_opened_again() -> None:
    notes = ("hypothesis: dns", "ruled out: dns", "confirmed: dns (a resolver is down)")
    assert verdicts(*notes) == [("dns", "confirmed", "a resolver is down")]
    assert verdicts(*notes, "hypothesis: dns") == [("dns", "open", "")]
    [one] = told(*notes).hypotheses
    assert (one.author, one.judged_by) == ("person 0", "person 2")
    assert one.at == NOW and one.judged_at == NOW + timedelta(minutes=2)


def test_of_one_second_a_hypothesis_comes_before_its_verdict() -> None:
    said = (
        "ruled out: dns (it answers)",
        "hypothesis: dns",
        "confirmed: the pool is empty",
        "hypothesis: the pool is empty",
    )
    entries = [
        TimelineEntry(id=f"n{number}", incident_id="p:1", at=NOW, kind=EntryKind.NOTE, text=text)
        for number, text in enumerate(said)
    ]
    found = [(one.text, one.verdict, one.reason) for one in conclusions(marks(entries)).hypotheses]
    assert found == [("dns", Verdict.RULED_OUT, "it answers"), ("the pool is empty", Verdict.CONFIRMED, "")]


def test_a_verdict_on_what_nobody_said_says_it() -> None:
    assert verdicts("ruled out: the network") == [("the network", "ruled out", "")]


def test_findings_and_root_causes_are_told_once() -> None:
    found = told("finding: p99 rose", "Finding: P99  rose", "finding: 503s", "root cause: pool", "root cause: Pool")
    assert [one.text for one in found.findings] == ["p99 rose", "503s"]
    assert [one.text for one in found.root_causes] == ["pool"]
    assert not told("nothing of the kind") and found


@pytest.mark.parametrize("text", ["dns", "a (b) c", "Straße: ß", "x" * 300])
@pytest.mark.parametrize("reason", ["", "because (of) that", "H2 says so"])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_what_a_key_writes_is_read_back(text: str, reason: str, verdict: Verdict) -> None:
    one = Hypothesis(number=1, text=text, at=NOW)
    [found] = told(f"hypothesis: {text}", verdict_note(one, verdict, reason)).hypotheses
    assert (found.text, found.verdict, found.reason) == (text, verdict, reason)


def test_of_endless_hypotheses_some_are_told_apart() -> None:
    many = told(*(f"hypothesis: guess {n}" for n in range(MOST + 50)), *(f"ruled out: other {n}" for n in range(50)))
    assert len(many.hypotheses) == MOST
