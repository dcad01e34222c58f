"""The post-mortem writes itself from what an incident's timeline holds; the seed's own example is the fixture."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from oncall_tui.model import (
    EntryKind,
    Incident,
    IncidentFacts,
    IncidentState,
    NoteKind,
    OutboxRow,
    OutboxState,
    Person,
    Ref,
    TimelineEntry,
    Verb,
)
from oncall_tui.policy import Calendar, SeverityPolicy
from oncall_tui.postmortem import PostMortem, default_name, draft, to_markdown
from tests.support.make import alert, incident

DAY = datetime(2024, 1, 15, tzinfo=UTC)
"""A Monday: the seed's incident."""
LATER = DAY + timedelta(hours=20)


def at(clock: str) -> datetime:
    hours, minutes = clock.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes))


def line(clock: str, text: str, kind: EntryKind = EntryKind.NOTE, **fields: object) -> TimelineEntry:
    values = {"id": f"pager:{clock}{text[:9]}", "incident_id": "pager:Q1", "at": at(clock), "text": text, "kind": kind}
    return TimelineEntry(**{**values, **fields})  # type: ignore[arg-type]


def seeds_incident(**fields: object) -> Incident:
    values: dict[str, object] = {
        "number": "INC-2024-001",
        "title": "Payment failures",
        "severity": 2,
        "created_at": at("14:30"),
        "state": IncidentState.RESOLVED,
        "resolved_at": at("16:45"),
    }
    return replace(incident("Q1", **{**values, **fields}), service=Ref(id="SPAY", name="Payment service"))


SEEDS_TIMELINE = (
    line("14:30", "Alert triggered (error rate > 50%)", EntryKind.TRIGGERED),
    line("14:31", "Notified Alice by phone", EntryKind.NOTIFIED),
    line("14:32", "On-call acknowledged", EntryKind.ACKNOWLEDGED, author="Alice"),
    line("14:35", "Incident declared, war room opened", note_kind=NoteKind.DID, author="Alice"),
    line("14:45", "Root cause identified (DB connection pool exhaustion)"),
    line("15:00", "Mitigation deployed (increase pool size)", note_kind=NoteKind.DID, author="Alice"),
    line("16:45", "Service fully recovered", EntryKind.RESOLVED),
    line("17:30", "root cause: Database connection pool size insufficient after deployment of v2.1"),
    line(
        "17:35",
        "Impact: 30% of payment transactions failed\nImpact: ~$50,000 revenue impact\nimpact: 500+ affected customers",
    ),
    line("17:40", "lesson: Load testing didn't simulate real traffic patterns"),
    line("17:41", "- Lesson: Connection pool monitoring missing\n- Lesson: Rollback procedure unclear"),
    line(
        "17:45",
        "action: Add connection pool metrics (Owner: Alice, Due: 2024-01-22)\n"
        "action: Improve load testing scenarios (Owner: Bob, Due: 2024-01-29)\n"
        "action: Document rollback procedures (Owner: Charlie, Due: 2024-01-20)",
    ),
)


def made(
    *timeline: TimelineEntry, calendar: Calendar | None = None, now: datetime = LATER, **fields: object
) -> PostMortem:
    facts = {"incident": seeds_incident(), "timeline": timeline, "read_at": now, **fields}
    return draft(
        IncidentFacts(**facts),  # type: ignore[arg-type]
        policy=SeverityPolicy(),
        calendar=calendar or Calendar(),
        now=now,
    )


def shown(markdown: str, heading: str) -> list[str]:
    """The lines of a section as its reader sees them: escapes undone."""
    section = markdown.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [re.sub(r"\\(.)", r"\1", one) for one in section.strip().split("\n")]


def test_the_seeds_incident_gives_the_seeds_report() -> None:
    document = made(*SEEDS_TIMELINE)
    text = to_markdown(document)
    summary = shown(text, "Summary")
    assert summary[:6] == [
        "- **Incident ID:** INC-2024-001 (pager:Q1)",
        "- **Date:** 2024-01-15 14:30 UTC",
        "- **Duration:** 2 hours 15 minutes",
        "- **Severity:** Sev2",
        "- **Affected:** Payment service",
        "- **People:** Alice",
    ]
    assert shown(text, "Timeline") == [
        "- 14:30: Alert triggered (error rate > 50%)",
        "- 14:32: On-call acknowledged (Alice)",
        "- 14:35: Incident declared, war room opened (did, Alice)",
        "- 14:45: Root cause identified (DB connection pool exhaustion)",
        "- 15:00: Mitigation deployed (increase pool size) (did, Alice)",
        "- 16:45: Service fully recovered",
    ]
    assert shown(text, "Root Cause") == ["Database connection pool size insufficient after deployment of v2.1"]
    assert shown(text, "Impact") == [
        "- 30% of payment transactions failed",
        "- ~$50,000 revenue impact",
        "- 500+ affected customers",
    ]
    assert shown(text, "Lessons Learned") == [
        "1. Load testing didn't simulate real traffic patterns",
        "2. Connection pool monitoring missing",
        "3. Rollback procedure unclear",
    ]
    assert shown(text, "Action Items") == [
        "- [ ] Add connection pool metrics (Owner: Alice, Due: 2024-01-22)",
        "- [ ] Improve load testing scenarios (Owner: Bob, Due: 2024-01-29)",
        "- [ ] Document rollback procedures (Owner: Charlie, Due: 2024-01-20)",
    ]


def test_the_seeds_durations_and_due_date() -> None:
    document = made(*SEEDS_TIMELINE, alerts=(alert(first_at=at("14:28"), last_at=at("15:00")),))
    life = document.life
    assert [life.detect, life.acknowledge, life.mitigate, life.resolve] == [
        timedelta(minutes=minutes) for minutes in (2, 2, 30, 135)
    ]
    # Ten business days after Monday the 15th: two weekends lie between.
    assert document.write_up.due == datetime(2024, 1, 29, 18, tzinfo=UTC)
    text = "\n".join(shown(to_markdown(document), "Summary"))
    for words in (
        "**Time to detect:** 2 minutes",
        "**Time to mitigate:** 30 minutes",
        "**Phases:** detection 14:30, triage 14:32, post-incident 16:45",
        "**Post-mortem due:** 2024-01-29 (Sev2 (Major): post-mortem within 10 business days of the resolution)",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("severity", "holidays", "due", "rule"),
    [
        (1, [], date(2024, 1, 22), "Sev1 (Critical): post-mortem within 5 business days"),
        (1, [date(2024, 1, 19)], date(2024, 1, 23), "Sev1"),
        (2, [date(2024, 1, 29)], date(2024, 1, 30), "Sev2"),
        (3, [], None, "Sev3 (Moderate): no post-mortem required"),
        (4, [], None, "Sev4 (Low): no post-mortem required"),
        (None, [], date(2024, 1, 29), "severity not known, which counts as Sev2"),
    ],
)
def test_the_due_date_is_the_severitys_in_the_teams_calendar(
    severity: int | None, holidays: list[date], due: date | None, rule: str
) -> None:
    document = made(incident=seeds_incident(severity=severity), calendar=Calendar(holidays=frozenset(holidays)))
    assert (document.write_up.due.date() if document.write_up.due else None) == due
    assert document.write_up.rule.startswith(rule)


def test_an_open_incident_has_no_due_date_yet_and_its_length_is_so_far() -> None:
    one = seeds_incident(state=IncidentState.ACKNOWLEDGED, resolved_at=None)
    document = made(incident=one, now=at("15:00"))
    assert document.write_up.required and document.write_up.due is None
    text = to_markdown(document)
    assert "**Duration:** 30 minutes so far: still acknowledged" in text
    assert "counted from the resolution" in text


def test_what_nobody_noted_is_a_line_to_fill_in() -> None:
    text = to_markdown(made(read_at=None))
    for heading in ("Root Cause", "Impact", "Lessons Learned", "Action Items"):
        (only,) = shown(text, heading)
        assert only.startswith(("_Not noted", "_None noted")), heading
    assert shown(text, "Timeline") == [
        "- 14:30: Triggered: Payment failures",
        "- 16:45: Resolved",
        "",
        "_The incident was never read whole: entries may be missing._",
    ]
    assert "**Time to mitigate:** not known" in text


def test_the_cause_found_while_it_lasts_is_an_event_too() -> None:
    document = made(line("14:45", "root cause: pool\nimpact: many\nlooking further"))
    assert [one.text for one in document.timeline] == [
        "Triggered: Payment failures",
        "root cause: pool",
        "Resolved",
    ]
    assert document.impact == ("many looking further",)


def test_what_was_found_afterwards_is_the_cause_and_the_first_guess_an_event() -> None:
    guess, cause = line("14:45", "root cause: the network"), line("17:30", "root cause: pool\n\nroot cause: v2.1")
    assert made(guess).root_causes == ("the network",)
    document = made(guess, cause)
    assert document.root_causes == ("pool", "v2.1")
    assert "root cause: the network" in [one.text for one in document.timeline]


def test_an_alert_that_fired_again_and_again_is_one_line() -> None:
    firings = [line(f"14:{minute}", "HighErrorRate", EntryKind.ALERT) for minute in range(31, 50)]
    document = made(*firings)
    assert [one.times for one in document.timeline if one.kind is EntryKind.ALERT] == [19]
    assert "- 14:31: HighErrorRate (19 times)" in to_markdown(document)


def test_the_trigger_stands_first_and_nobody_is_named_twice() -> None:
    document = made(
        line("14:30", "Assigned to Alice", EntryKind.ASSIGNED, id="pager:a", author="payments"),
        line("14:30", "Triggered through the API", EntryKind.TRIGGERED, id="pager:b"),
        line("14:32", "Acknowledged by Alice", EntryKind.ACKNOWLEDGED, author="Alice"),
    )
    assert shown(to_markdown(document), "Timeline")[:3] == [
        "- 14:30: Triggered through the API",
        "- 14:30: Assigned to Alice (payments)",
        "- 14:32: Acknowledged by Alice",
    ]


def test_another_day_is_said_and_times_are_the_seats() -> None:
    document = made(line("23:30", "still slow"), incident=seeds_incident(resolved_at=at("23:50")))
    berlin = to_markdown(document, ZoneInfo("Europe/Berlin"))
    assert "- 15:30: Triggered" in berlin
    assert "- 2024-01-16 00:30: still slow" in berlin
    assert "2024-01-15 15:30 CET" in berlin


def test_a_note_that_the_pager_does_not_have_is_there_and_marked() -> None:
    row = OutboxRow(
        key="k1", verb=Verb.NOTE, target="pager:Q1", source="pager", target_title="x", seat="alice@example.com",
        params={"text": "impact: EU only\nrolled back", "at": "2024-01-15T15:10:00Z", "kind": "did"},
        created_at=at("15:20"), not_before=at("15:20"), state=OutboxState.QUEUED,
    )  # fmt: skip
    document = made(outbox=(row,))
    assert document.impact == ("EU only rolled back",)
    plain = to_markdown(made(outbox=(replace(row, params={"text": "rolled back"}),)))
    assert "- 15:20: rolled back (alice@example.com, note not in the pager: queued)" in plain
    assert "rolled back" not in to_markdown(made(outbox=(replace(row, state=OutboxState.CONFIRMED),)))


def test_who_wrote_a_note_that_waits_stands_among_the_people_once() -> None:
    row = OutboxRow(
        key="k1", verb=Verb.NOTE, target="pager:Q1", source="pager", target_title="x", seat="Alice@example.com",
        params={"text": "rolled back"}, created_at=at("15:20"), not_before=at("15:20"), state=OutboxState.QUEUED,
    )  # fmt: skip
    alice = Person(id="PALICE", name="Alice", contact="alice@example.com")
    ours = line("14:40", "looking", author="Alice")
    held = seeds_incident(assignees=(alice,), acknowledged_by=())
    assert made(ours, incident=held, outbox=(row,)).people == ("Alice",)
    facts = IncidentFacts(incident=seeds_incident(assignees=(), acknowledged_by=()), timeline=(ours,), outbox=(row,))
    rules = {"policy": SeverityPolicy(), "calendar": Calendar(), "now": LATER}
    assert draft(facts, known=(alice,), **rules).people == ("Alice",)  # type: ignore[arg-type]
    assert draft(facts, **rules).people == ("Alice", "Alice@example.com")  # type: ignore[arg-type]


def test_an_item_is_done_when_a_later_mark_names_it() -> None:
    document = made(
        line("17:00", "action: Add metrics OPS-12 (owner: Alice)\naction: Write runbook\naction: Third"),
        line("18:00", "done: OPS-12 deployed\ndone: write runbook."),
    )
    assert [(one.task, done) for one, done in document.items] == [
        ("Add metrics OPS-12", True),
        ("Write runbook", True),
        ("Third", False),
    ]
    assert "- [x] Add metrics OPS-12 (Owner: Alice, Due: ?)" in to_markdown(document)


HOSTILE = "# x\n<script>alert(1)</script> ![i](http://e/x.png) [l](javascript:x) https://evil.example {{ 7*7 }} | `a`"


@given(st.one_of(st.just(HOSTILE), st.text(max_size=60)))
def test_outside_text_makes_no_structure(words: str) -> None:
    marked = f"root cause: {words}\n\nimpact: {words}\n\nlesson: {words}\n\naction: {words} (owner: {words})"
    document = made(
        line("14:50", words, author=words), line("17:00", marked),
        incident=seeds_incident(title=words, number=words),
        alerts=(alert(service=words or None),),
    )  # fmt: skip
    tokens = MarkdownIt("commonmark", {"html": True}).parse(to_markdown(document))
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings[1:] == ["Summary", "Timeline", "Root Cause", "Impact", "Lessons Learned", "Action Items"]
    inline = [child.type for token in tokens for child in token.children or ()]
    assert not {"image", "link_open", "html_inline", "html_block"} & {*inline, *(token.type for token in tokens)}
    assert words != HOSTILE or "49" not in to_markdown(document)


def test_its_file_has_a_safe_name() -> None:
    assert default_name(made()) == "post-mortem-2024-01-15-INC-2024-001.md"
    hostile = made(incident=seeds_incident(number="../../etc/\x1bpasswd" + "x" * 300))
    assert re.fullmatch(r"post-mortem-2024-01-15-[A-Za-z0-9-]{1,60}\.md", default_name(hostile))


def test_a_teams_own_template_is_filled() -> None:
    assert to_markdown(made(), template="{{ p.incident.title }} {{ spoken(p.duration) }}") == (
        "Payment failures 2 hours 15 minutes\n"
    )


def test_what_was_considered_stands_under_the_root_cause_and_findings_on_the_timeline() -> None:
    document = made(
        line("14:35", "hypothesis: dns"), line("14:36", "hypothesis: pool *exhausted*"),
        line("14:38", "ruled out: dns (it answers)"), line("14:40", "finding: 503s began with v2.1"),
    )  # fmt: skip
    text = to_markdown(document)
    cause = text.partition("## Root Cause\n")[2].partition("## Impact")[0]
    assert cause == (
        "\n_Not noted: what caused it? (a note `root cause: …` fills this in)_\n"
        "\nConsidered:\n\n- dns: ruled out (it answers)\n- pool \\*exhausted\\*: open\n\n"
    )
    assert "- 14:40: finding: 503s began with v2.1" in text
    assert [one.text for one in document.conclusions.findings] == ["503s began with v2.1"]
