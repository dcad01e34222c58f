"""The words of a cell, as tables: what a person reads for each state of the facts."""

from __future__ import annotations

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall_tui.board import PaneState, SourceStatus, SourceView
from oncall_tui.board.model import IncidentRow, Relation
from oncall_tui.model import IncidentState, OutboxState, Verb
from oncall_tui.policy import Due, DueKind
from tests.support.ui import NOW, incident, outbox_row
from widgets import words
from widgets.lines import Words
from widgets.signs import ASCII, UNICODE

MINUTE = NOW.replace(second=0)


def text(told: Words) -> str:
    return "".join(span.text for span in told)


def row(due: Due | None = None, actions: tuple = (), **fields: object) -> IncidentRow:
    return IncidentRow(incident=incident(**fields), due=due, relation=Relation.MINE, actions=actions)


@pytest.mark.parametrize(
    ("what", "seconds", "said", "role"),
    [
        (DueKind.ACKNOWLEDGE, 112, "ack in 1m", "soon"),
        (DueKind.ACKNOWLEDGE, 180, "ack in 3m", "text"),
        (DueKind.ACKNOWLEDGE, 1, "ack in <1m", "soon"),
        (DueKind.ACKNOWLEDGE, 0, "ACK now", "overdue"),
        (DueKind.ACKNOWLEDGE, -59, "ACK now", "overdue"),
        (DueKind.ACKNOWLEDGE, -60, "ACK +1m", "overdue"),
        (DueKind.ACKNOWLEDGE, -7200, "ACK +2h", "overdue"),
        (DueKind.UPDATE, 19 * 60, "update in 19m", "text"),
        (DueKind.UPDATE, 9 * 60, "update in 9m", "soon"),
        (DueKind.RESOLVE, 22 * 3600, "resolve in 22h", "text"),
        (DueKind.RESOLVE, 72 * 3600, "resolve in 3d", "text"),
        (DueKind.WAKE, 78 * 60, "wakes 16:00", "dim"),
        (DueKind.WAKE, -60, "wakes 14:41", "dim"),
        (DueKind.POSTMORTEM, 14 * 86400, "PM in 14d", "text"),
        (DueKind.POSTMORTEM, 86400, "PM in 24h", "soon"),
        (DueKind.POSTMORTEM, -3 * 86400, "PM +3d", "overdue"),
    ],
)
def test_what_is_due(what: DueKind, seconds: int, said: str, role: str) -> None:
    due = Due(what, MINUTE + timedelta(seconds=seconds))
    (span,) = words.due_words(row(due), MINUTE, UTC)
    assert (span.text, span.role) == (said, role)


def test_times_are_in_the_seats_zone_and_name_the_day() -> None:
    rome = ZoneInfo("Europe/Rome")
    assert words.clock(MINUTE, MINUTE, rome) == "15:42"
    assert words.clock(MINUTE + timedelta(hours=9), MINUTE, rome) == "Tue 00:42"
    assert words.clock(MINUTE + timedelta(days=8), MINUTE, rome) == "01 Dec"


@pytest.mark.parametrize(
    ("length", "said"),
    [(timedelta(minutes=18), "18m"), (timedelta(hours=5, minutes=18), "5h 18m"), (timedelta(days=3, hours=4), "3d 4h")],
)
def test_stretches(length: timedelta, said: str) -> None:
    assert words.stretch(length) == said


@pytest.mark.parametrize(
    ("state", "verb", "said"),
    [
        (IncidentState.TRIGGERED, None, "TRIGGERED"),
        (IncidentState.TRIGGERED, Verb.ACKNOWLEDGE, "ACKED…"),
        (IncidentState.TRIGGERED, Verb.ESCALATE, "ESCALATED…"),
        (IncidentState.ACKNOWLEDGED, Verb.RESOLVE, "RESOLVED…"),
        (IncidentState.ACKNOWLEDGED, Verb.NOTE, "ACKED…"),
        (IncidentState.RESOLVED, Verb.REOPEN, "TRIGGERED…"),
        (IncidentState.UNKNOWN, None, "UNKNOWN"),
    ],
)
def test_a_pending_action_is_marked_beside_the_truth(state: IncidentState, verb: Verb | None, said: str) -> None:
    actions = () if verb is None else (outbox_row(verb),)
    one = row(state=state, actions=actions)
    assert text(words.state_words(one, UNICODE)) == said
    # The sign stays what the pager says: nothing is painted on hope.
    assert text(words.sign_words(one, UNICODE)) == UNICODE.incident(state)


def test_pending_has_an_ascii_form() -> None:
    assert text(words.state_words(row(actions=(outbox_row(),)), ASCII)) == "ACKED~"


@pytest.mark.parametrize(
    ("fields", "due", "why"),
    [
        (
            {"state": OutboxState.REFUSED, "answer": "Incident Already Resolved"},
            "ack refused",
            "Incident Already Resolved",
        ),
        ({"state": OutboxState.REFUSED}, "ack refused", "no reason given"),
        ({"state": OutboxState.UNKNOWN}, "ack?", "outcome unknown"),
        ({"held": "older than 15 minutes"}, "ack held", "older than 15 minutes"),
    ],
)
def test_an_action_that_went_wrong_stays_on_the_row_with_its_reason(fields: dict, due: str, why: str) -> None:
    one = row(Due(DueKind.ACKNOWLEDGE, MINUTE), actions=(outbox_row(**fields),))
    assert text(words.due_words(one, MINUTE, UTC)) == due
    assert text(words.title_words(one, 60)) == f"Checkout returns 503  {why}"
    assert text(words.state_words(one, UNICODE)) == "TRIGGERED"
    assert text(words.note_words(one, MINUTE)) == f"{due}: {why} (Q: outbox)"


def test_the_latest_action_is_the_one_told() -> None:
    old = outbox_row(state=OutboxState.REFUSED, created_at=NOW - timedelta(minutes=5))
    again = outbox_row(key="again", created_at=NOW)
    assert text(words.state_words(row(actions=(again, old)), UNICODE)) == "ACKED…"


def test_a_long_title_and_a_long_reason_share_the_room() -> None:
    one = row(title="T" * 100, actions=(outbox_row(state=OutboxState.REFUSED, answer="R" * 100),))
    told = text(words.title_words(one, 40))
    assert told.startswith("T" * 15) and "…  RRR" in told


def test_what_the_pager_does_by_itself() -> None:
    soon = NOW + timedelta(minutes=3)
    assert text(words.by_itself_words(row(escalates_at=soon), MINUTE)) == "L2 in 3m"
    acked = row(state=IncidentState.ACKNOWLEDGED, retriggers_at=soon)
    assert text(words.by_itself_words(acked, MINUTE)) == "again in 3m"
    assert text(words.by_itself_words(row(state=IncidentState.RESOLVED, escalates_at=soon), MINUTE)) == ""


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (None, ""),
        (PaneState(), ""),
        (PaneState(served=False), ""),
        (
            PaneState(stale=True, as_of=MINUTE - timedelta(minutes=6), reason="grafana: 429"),
            "as of 14:36 (6m) · grafana: 429",
        ),
        (PaneState(stale=True, missing=("pager",)), "no answer yet from pager"),
        (PaneState(stale=True, missing=("pager",), reason="pager: refused"), "pager: refused"),
    ],
)
def test_how_fresh_a_pane_is(state: PaneState | None, said: str) -> None:
    assert text(words.freshness_words(state, MINUTE, UTC)) == said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": SourceStatus.OK}, "● pager"),
        ({"status": SourceStatus.LATE, "error": "x", "error_kind": "rate_limited"}, "◐ pager 2m 429"),
        ({"status": SourceStatus.DOWN, "error": "x", "error_kind": "auth"}, "✗ pager 2m token refused"),
        ({"status": SourceStatus.LATE, "problems": ("x",)}, "◐ pager 2m partial"),
        ({"status": SourceStatus.NEVER, "last_success": None}, "? pager no answer yet"),
    ],
)
def test_a_source_says_its_age_and_why_only_when_it_is_not_well(fields: dict, said: str) -> None:
    given = {"name": "pager", "kind": "pagerduty", "last_success": MINUTE - timedelta(minutes=2)} | fields
    assert text(words.source_words(SourceView(**given), MINUTE, UNICODE)) == said


@pytest.mark.parametrize(("seconds", "long", "short"), [(20, "(just now)", "late "), (400, "(6m)", "6m old ")])
def test_a_pane_that_is_late_says_since_when(seconds: int, long: str, short: str) -> None:
    state = PaneState(stale=True, as_of=NOW - timedelta(seconds=seconds))
    assert long in text(words.freshness_words(state, NOW, UTC))
    assert text(words.short_freshness(state, NOW)) == short
