"""The first words about an incident: the seed's, filled in; nothing of an incident is a template itself."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from oncall_tui.documents.messages import initial_message, initial_publication
from oncall_tui.policy import SeverityPolicy
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


@pytest.mark.parametrize(("severity", "every"), [(1, "30 min"), (2, "1 h"), (4, None)])
def test_a_status_page_is_promised_what_the_policy_says(severity: int, every: str | None) -> None:
    text = initial_publication(incident("Q1", severity=severity), POLICY, BERLIN)
    first = "Started: 2026-11-23 15:39 CET\n\nWe're currently investigating reports of problems with payments.\n"
    assert text.startswith(first)
    assert text.rpartition("\n")[2] == (
        f"Updates will be posted here every {every}."
        if every is not None
        else "Our engineering team is working to identify the root cause."
    )


@pytest.mark.parametrize("title", [*HOSTILE, "{{ 7 * 7 }}", "{% raw %}", "{# x #}", "*bold* <b> &amp;"])
def test_a_title_stays_a_title(title: str) -> None:
    assert f"Title: {title}\n" in initial_message(incident("Q1", title=title), POLICY, BERLIN)
