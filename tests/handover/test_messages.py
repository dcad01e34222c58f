"""The first words about an incident: the seed's, filled in; nothing of an incident is a template itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall_tui.documents.messages import initial_message, initial_publication, publication, update
from oncall_tui.model import EntryKind, IncidentState, TimelineEntry
from oncall_tui.policy import SeverityPolicy
from oncall_tui.policy.life import life
from oncall_tui.policy.marks import marks
from oncall_tui.policy.publication import story
from tests.support.ui import BOB, HOSTILE, incident

BERLIN = ZoneInfo("Europe/Berlin")
POLICY = SeverityPolicy()


def test_the_seeds_message() -> None:
    text = initial_message(incident("Q1", acknowledged_by=(BOB,)), POLICY, BERLIN, room="#inc-1234")
    assert text == (
        "🚨 INCIDENT #1234 - Sev1\n\n"
        "Title: Checkout returns 503\n"
        "Started: 2026-11-23 15:39 CET\n"
        "Affected: payments\n"
        "Commander: Bob Chen\n"
        "Channel: #inc-1234\n\n"
        "https://example.pagerduty.com/incidents/Q1"
    )


def test_what_is_not_known_is_said_or_left_out() -> None:
    bare = incident("Q1", number=None, severity=None, service=None, assignees=(), url=None)
    assert initial_message(bare, POLICY, BERLIN) == (
        "🚨 INCIDENT Q1 - severity not known yet\n\n"
        "Title: Checkout returns 503\n"
        "Started: 2026-11-23 15:39 CET\n"
        "Affected: a service not known yet\n"
        "Commander: not assigned yet"
    )


@pytest.mark.parametrize(("severity", "is_promised"), [(1, True), (2, True), (3, False), (4, False)])
def test_a_status_page_promises_news_where_somebody_waits_for_it(severity: int, is_promised: bool) -> None:
    text = initial_publication(incident("Q1", severity=severity), POLICY, BERLIN)
    assert text.startswith(
        "Started: 2026-11-23 15:39 CET\nETA: Under investigation\n\n"
        "We're currently investigating reports of problems with payments.\n"
    )
    assert text.rpartition("\n")[2] == (
        "Updates will be posted here every 30 minutes."
        if is_promised
        else "Our engineering team is working to identify the root cause."
    )


# The seed's own example (SRO-001, "Incident Report Template" and "Status Page Template"): 14:30 to 16:45 UTC, Sev2.

DAY = datetime(2024, 1, 15, tzinfo=UTC)


def at(hour: int, minute: int) -> datetime:
    return DAY + timedelta(hours=hour, minutes=minute)


def note(hour: int, minute: int, text: str) -> TimelineEntry:
    return TimelineEntry(
        id=f"pager:N{hour}{minute}", incident_id="pager:Q1", at=at(hour, minute), kind=EntryKind.NOTE, text=text
    )


NOTES = (
    note(14, 40, "impact: Some users experiencing slow payment processing"),
    note(14, 45, "root cause: Database connection pool exhaustion"),
    note(14, 50, "mitigation: We're increasing connection pool size\neta: 15:45 UTC"),
    note(15, 0, "mitigated: increase pool size"),
    note(16, 40, "root cause: Database connection pool insufficient after new deployment"),
    note(
        16,
        44,
        "recovered: All payment processing back to normal\nnext steps: Post-incident review scheduled for tomorrow",
    ),
)


def told(hour: int, minute: int, **given: object) -> str:
    """What the page is proposed to say at that time of the seed's example."""
    now = at(hour, minute)
    facts = {"severity": 2, "state": IncidentState.ACKNOWLEDGED, "created_at": at(14, 30)} | given
    one = incident("Q1", title="Performance Degradation - Payment Service", **facts)
    notes = tuple(one for one in NOTES if one.at <= now)
    return publication(one, POLICY, UTC, story(one, life(one, notes, None), marks(notes), notes), now=now)


def test_the_seeds_first_update() -> None:
    assert told(14, 42) == (
        "Started: 14:30 UTC\n"
        "Impact: Some users experiencing slow payment processing\n"
        "ETA: Under investigation\n\n"
        "We're currently investigating reports of slow payment processing.\n"
        "Our engineering team is working to identify the root cause.\n\n"
        "Updates will be posted here every 30 minutes."
    )


def test_the_seeds_second_update() -> None:
    assert told(14, 55) == (
        "We've identified the issue: Database connection pool exhaustion.\n\n"
        "Mitigation: We're increasing connection pool size\n"
        "Expected Resolution: 15:45 UTC"
    )


def test_between_them_a_page_that_is_watched() -> None:
    assert told(15, 15) == (
        "A fix is in place: increase pool size.\n"
        "We're watching the recovery of payments.\n\n"
        "Expected Resolution: 15:45 UTC"
    )


def test_the_seeds_third_update() -> None:
    assert told(16, 45, state=IncidentState.RESOLVED, resolved_at=at(16, 45)) == (
        "Service is fully recovered. All payment processing back to normal.\n\n"
        "Root Cause: Database connection pool insufficient after new deployment\n"
        "Timeline: 2 hours 15 minutes\n"
        "Next Steps: Post-incident review scheduled for tomorrow"
    )


def test_what_nobody_noted_is_left_out_or_said_so() -> None:
    one = incident("Q1", severity=2, state=IncidentState.RESOLVED, created_at=at(14, 30), resolved_at=at(14, 31))
    end = story(one, life(one, (), None), (), ())
    assert publication(one, POLICY, UTC, end) == (
        "Service is fully recovered. Payments is back to normal.\n\n"
        "Timeline: 1 minute\n"
        "Next Steps: Post-incident review within 10 business days"
    )
    known = replace(end, wanted=replace(end.wanted, status="identified"))
    assert publication(one, POLICY, UTC, known) == (
        "We've identified the issue.\n\nMitigation: We're working on it\nExpected Resolution: Not known yet"
    )


@pytest.mark.parametrize(("detailed", "lines"), [(True, 2), (False, 0)])
def test_an_update_says_why_only_to_those_who_want_details(detailed: bool, lines: int) -> None:
    one = incident("Q1", severity=2, state=IncidentState.ACKNOWLEDGED, created_at=at(14, 30))
    notes = NOTES[:3]
    text = update(one, POLICY, UTC, story(one, life(one, notes, None), marks(notes), notes), detailed=detailed)
    assert text.startswith("UPDATE #1234 - Sev2\n\nTitle: Checkout returns 503\nStatus: Identified\n")
    assert "Impact: Some users experiencing slow payment processing\n" in text
    assert "Expected Resolution: 15:45 UTC\n" in text
    assert text.count("Root Cause: ") + text.count("Mitigation: ") == lines


@pytest.mark.parametrize("hostile", [*HOSTILE, "{{ 7 * 7 }}", "{% raw %}", "experiencing {{ 7 }}"])
def test_what_was_noted_is_no_template(hostile: str) -> None:
    one = incident("Q1", severity=2, state=IncidentState.RESOLVED, created_at=at(14, 30), resolved_at=at(16, 45))
    end = replace(story(one, life(one, (), None), (), ()), impact=hostile, root_cause=hostile, mitigation=hostile)
    known = replace(end, wanted=replace(end.wanted, status="identified"))
    assert publication(one, POLICY, UTC, known).startswith(f"We've identified the issue: {hostile}.\n")
    assert f"\nImpact: {hostile}\nRoot Cause: {hostile}\nMitigation: {hostile}\n" in update(one, POLICY, UTC, end)


@pytest.mark.parametrize("title", [*HOSTILE, "{{ 7 * 7 }}", "{% raw %}", "{# x #}", "*bold* <b> &amp;"])
def test_a_title_stays_a_title(title: str) -> None:
    assert f"Title: {title}\n" in initial_message(incident("Q1", title=title), POLICY, BERLIN)
