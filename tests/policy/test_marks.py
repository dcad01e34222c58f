"""Marks at the start of a note's line, and the life that a timeline tells."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.model import EntryKind, IncidentState, NoteKind, TimelineEntry
from oncall_tui.policy.life import Life, Phase, life, phase_named
from oncall_tui.policy.marks import MarkKind, item, marks, marks_of, without
from tests.support.make import NOW, ago, incident


def entry(text: str, minutes: float = 10, kind: EntryKind = EntryKind.NOTE, **fields: object) -> TimelineEntry:
    values = {"id": f"pager:{kind}{minutes}{text[:8]}", "incident_id": "pager:Q1", "at": ago(minutes), **fields}
    return TimelineEntry(kind=kind, text=text, **values)  # type: ignore[arg-type]


def read(text: str) -> list[tuple[str, str]]:
    return [(mark.kind.value, mark.text) for mark in marks_of(entry(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("root cause: the pool is too small", [("root cause", "the pool is too small")]),
        ("ROOT CAUSE:the pool", [("root cause", "the pool")]),
        ("  - Impact: 30% of payments", [("impact", "30% of payments")]),
        ("1. Lesson learned: no load test", [("lesson", "no load test")]),
        ("Lessons: a", [("lesson", "a")]),
        ("action item: call Bob", [("action", "call Bob")]),
        ("- [ ] Todo: call Bob", [("action", "call Bob")]),
        ("Follow-up: call Bob", [("action", "call Bob")]),
        ("Mitigated", [("mitigated", "")]),
        ("Mitigation deployed (increase pool size)", [("mitigated", "(increase pool size)")]),
        ("mitigation deployed: pool", [("mitigated", "pool")]),
        ("phase: investigation", [("phase", "investigation")]),
        ("noise", [("noise", "")]),
        ("False positive: the probe's own network", [("noise", "the probe's own network")]),
        ("fix the alert: threshold", [("fix the alert", "threshold")]),
        ("problem began", [("began", "")]),
        ("postmortem done", [("post-mortem", "")]),
        ("Post-mortem: https://wiki/1", [("post-mortem", "https://wiki/1")]),
        ("done: OPS-12", [("done", "OPS-12")]),
    ],
)
def test_a_mark_at_the_start_of_a_line_is_read(text: str, found: list[tuple[str, str]]) -> None:
    assert read(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "the root cause: unknown", "root cause identified (pool)", "impact:", "impact:   ", "noise level rises",
        "started the rollback", "unmitigated", "mitigation planned", "reality: bad", "done", "began to look", "",
        "action", "phases: three",
    ],
)  # fmt: skip
def test_what_is_no_mark_is_none(text: str) -> None:
    assert read(text) == []


def test_a_mark_goes_on_to_the_next_mark_or_an_empty_line() -> None:
    text = (
        "Seen at 14:40\nimpact: 30% of payments\n  failed\nimpact: 500 customers\n\nmore words\naction: a (owner: Bob)"
    )
    assert read(text) == [
        ("impact", "30% of payments failed"),
        ("impact", "500 customers"),
        ("action", "a (owner: Bob)"),
    ]
    assert without(text, frozenset({MarkKind.IMPACT})) == "Seen at 14:40\n\nmore words\naction: a (owner: Bob)"
    assert without(text, frozenset()) == text


def test_what_was_said_to_others_holds_no_marks() -> None:
    told = entry("root cause: the pool", note_kind=NoteKind.TOLD)
    update = entry("impact: all", kind=EntryKind.STATUS_UPDATE)
    assert marks([told, update, entry("impact: some")]) == marks_of(entry("impact: some"))


def test_an_item_knows_its_owner_due_date_and_ticket() -> None:
    one = item("Add pool metrics (Owner: Alice, Due: 2024-01-22)")
    assert (one.task, one.owner, one.due, one.ticket) == ("Add pool metrics", "Alice", date(2024, 1, 22), None)
    two = item("ask @bob.brandt about OPS-12, due 2026-02-31")
    assert (two.owner, two.due, two.ticket) == ("bob.brandt", None, "OPS-12")
    assert two.task == "ask @bob.brandt about OPS-12, due 2026-02-31"
    assert item("(owner: Bob)").task == "(owner: Bob)"
    assert item("update runbook (assigned: Bob)").owner == "Bob"


@given(st.text(max_size=200))
def test_no_text_is_lost_or_breaks_it(text: str) -> None:
    kept = without(text, frozenset(MarkKind))
    assert len(kept) <= len(text)
    assert without(text, frozenset()) == text.strip("\n")
    for mark in marks_of(entry(text)):
        assert "\n" not in mark.text
    item(text)


@pytest.mark.parametrize("text", [" " * 20_000, "( due" * 4_000, "- " * 10_000, "\n" * 20_000, "action: " * 2_500])
def test_a_long_text_takes_no_long_time(text: str) -> None:
    begun = time.process_time()
    marks_of(entry(text))
    item(text)
    assert time.process_time() - begun < 1.5


# -- life ----------------------------------------------------------------------------------------------------------


def of(*entries: TimelineEntry, minutes: float = 135, first_alert: float | None = None, **fields: object) -> Life:
    one = incident("Q1", minutes=minutes, **fields)
    return life(one, entries, ago(first_alert) if first_alert is not None else None)


def test_the_lengths_count_from_the_trigger() -> None:
    one = of(
        entry("acknowledged", 133, EntryKind.ACKNOWLEDGED),
        entry("looking", 130),
        entry("Mitigation deployed", 105),
        entry("mitigated", 90),
        state=IncidentState.RESOLVED,
        resolved_at=NOW,
        first_alert=137,
    )
    assert [one.detect, one.acknowledge, one.respond, one.mitigate, one.resolve] == [
        timedelta(minutes=minutes) for minutes in (2, 2, 5, 30, 135)
    ]


def test_what_nobody_said_is_not_known() -> None:
    one = of()
    assert [one.detect, one.acknowledge, one.respond, one.mitigate, one.resolve] == [None] * 5
    assert of(entry("resolved", 5, EntryKind.RESOLVED)).resolve is None, "reopened since"


def test_a_note_says_when_it_began_and_nothing_is_negative() -> None:
    assert of(entry("problem began", 150)).detect == timedelta(minutes=15)
    assert of(entry("problem began", 100)).detect == timedelta()
    assert of(first_alert=100).detect == timedelta()
    assert of(entry("a", 140, EntryKind.ACKNOWLEDGED)).acknowledge == timedelta()


def test_phases_begin_by_event_and_by_mark() -> None:
    one = of(
        entry("ack", 133, EntryKind.ACKNOWLEDGED),
        entry("Phase: Response", 130),
        entry("phase: investigating the pool", 120),
        entry("phase: triage", 132),
        entry("phase: investigation", 60),
        entry("phase: lunch", 50),
    )
    assert [(start.phase, (NOW - start.at) / timedelta(minutes=1), start.marked) for start in one.phases] == [
        (Phase.DETECTION, 135, False),
        (Phase.TRIAGE, 132, True),
        (Phase.RESPONSE, 130, True),
        (Phase.INVESTIGATION, 120, True),
    ]
    assert one.respond == timedelta(minutes=3)


def test_an_acknowledgement_does_not_lead_back_to_triage() -> None:
    one = of(entry("phase: response, declared as Sev2", 134), entry("ack", 133, EntryKind.ACKNOWLEDGED))
    assert [start.phase for start in one.phases] == [Phase.DETECTION, Phase.TRIAGE, Phase.RESPONSE]
    assert one.phase is Phase.RESPONSE and one.acknowledge == timedelta(minutes=2)
    late = of(entry("ack", 133, EntryKind.ACKNOWLEDGED), entry("phase: response", 100))
    assert [(NOW - start.at) / timedelta(minutes=1) for start in late.phases] == [135, 133, 100]


def test_a_phase_is_named_by_its_first_word() -> None:
    assert phase_named("Post-mortem") is Phase.POST_INCIDENT
    assert phase_named("resolving") is Phase.RESOLUTION
    assert phase_named("") is phase_named("x") is None
