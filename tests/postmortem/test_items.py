"""Action items as they stand, and what of post-mortems is owed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from oncall_tui.model import (
    ActionItem,
    Directory,
    EntryKind,
    IncidentHistory,
    IncidentState,
    OutboxRow,
    OutboxState,
    Person,
    TimelineEntry,
    Verb,
)
from oncall_tui.policy import Calendar, SeverityPolicy
from oncall_tui.policy.marks import item, marks
from oncall_tui.policy.writeup import done_note, item_done_note, item_note, noted_items, owed_postmortems, ticket_note
from oncall_tui.postmortem import StandingItem, owner_of, ticket_title, why_no_ticket
from oncall_tui.postmortem.items import standing_items
from tests.support.make import NOW, ago, incident

TODAY = date(2026, 11, 23)
METRICS = "action: Add pool metrics (owner: Alice, due: 2026-11-20)"


def note(text: str, minutes: float = 5, incident_id: str = "pager:Q1") -> TimelineEntry:
    return TimelineEntry(
        id=f"pager:{text[:20]}{minutes}", incident_id=incident_id, at=ago(minutes), kind=EntryKind.NOTE, text=text
    )


def ticket(key: str = "OPS-12", **fields: Any) -> ActionItem:
    given: dict[str, Any] = {
        "id": f"jira:{key}",
        "source": "jira",
        "native_id": key,
        "title": "x",
        "state": "In Progress",
        "done": False,
    }
    return ActionItem(**(given | fields))


def row(title: str = "Add pool metrics", **fields: Any) -> OutboxRow:
    given: dict[str, Any] = {
        "key": "k123456789",
        "verb": Verb.TICKET,
        "target": "pager:Q1",
        "source": "jira",
        "target_title": "t",
        "params": {"title": title},
        "seat": "alice",
        "created_at": NOW,
        "not_before": NOW,
        "state": OutboxState.CONFIRMED,
        "native_ref": "OPS-12",
    }
    return OutboxRow(**(given | fields))


def standing(
    *texts: str, tickets: tuple[ActionItem, ...] = (), outbox: tuple[OutboxRow, ...] = ()
) -> tuple[StandingItem, ...]:
    found = marks([note(text, 50 - place) for place, text in enumerate(texts)])
    return standing_items(found, tickets, outbox, TODAY)


def test_an_item_is_late_once_its_day_is_over_and_done_once_a_note_says_so() -> None:
    (one,) = standing(METRICS)
    assert (one.owner, one.due, one.is_overdue, one.done, one.state) == (
        "Alice",
        date(2026, 11, 20),
        True,
        False,
        "no ticket",
    )
    (one,) = standing(METRICS, item_done_note(one.noted))
    assert one.done and not one.is_overdue and one.state == "done"
    (today,) = standing("action: x (due: 2026-11-23)")
    assert not today.is_overdue, "its day is not over"


def test_what_the_tickets_system_says_counts_more() -> None:
    known = ticket(owner=Person(id="B", name="Bob"), due=date(2026, 12, 1))
    (one,) = standing(METRICS, ticket_note(item(METRICS[8:]), "OPS-12"), tickets=(known,))
    assert (one.owner, one.due, one.is_overdue, one.ticket_key, one.state) == (
        "Bob",
        date(2026, 12, 1),
        False,
        "OPS-12",
        "In Progress",
    )
    (one,) = standing(METRICS + " OPS-12", tickets=(replace(known, done=True, state="Done"),))
    assert one.done and one.state == "Done"


@pytest.mark.parametrize(
    "words",
    ["ticket: OPS-12 Add pool metrics", "- Ticket: OPS-12, add POOL metrics.", "ticket : OPS-12  Add pool metrics"],
)
def test_the_mark_names_the_ticket_that_an_item_has_become(words: str) -> None:
    (one,) = standing(METRICS, words)
    assert one.noted.ticket == "OPS-12" and one.ticket_key == "OPS-12"
    found = marks([note(METRICS), note(words, incident_id="pager:Q2")])
    assert noted_items(found)[0][0].ticket is None, "another incident's is another's"


def test_a_note_that_speaks_of_a_ticket_in_passing_is_no_mark() -> None:
    assert marks([note("ticket: please make one"), note("ticket OPS-12 was closed")]) == ()


def test_a_ticket_is_made_once() -> None:
    assert why_no_ticket(*standing(METRICS)) is None
    on_its_way = row(state=OutboxState.SENDING, native_ref=None)
    lost = row(state=OutboxState.UNKNOWN, native_ref=None)
    for outbox, words in (
        ((row(),), "it has a ticket already: OPS-12"),
        ((on_its_way,), "its ticket is on its way (outbox k1234567)"),
        ((lost,), "what became of its ticket is not known"),
    ):
        (one,) = standing(METRICS, outbox=outbox)
        assert words in (why_no_ticket(one) or "")
    for state in (OutboxState.REFUSED, OutboxState.CANCELLED):
        (one,) = standing(METRICS, outbox=(row(state=state, native_ref=None),))
        assert why_no_ticket(one) is None, "one that was refused can be tried again"
    (other,) = standing(METRICS, outbox=(row("something else"), row(target="pager:Q2")))
    assert why_no_ticket(other) is None
    (done,) = standing(METRICS, "done: Add pool metrics")
    assert why_no_ticket(done) == "it is done: no ticket is made of it"


def test_the_same_words_noted_twice_are_one_item() -> None:
    assert [one.ticket_key for one in standing(METRICS, "action: add pool metrics OPS-9", METRICS)] == [None, "OPS-9"]
    assert len(standing(METRICS, METRICS)) == 1


def test_the_owner_is_the_one_person_of_that_name() -> None:
    bobs = Directory(people=(Person(id="1", name="Bob Chen", contact="bob@example.com"), Person(id="2", name="Alice")))
    assert owner_of("Bob", [bobs]) == owner_of("bob chen", [bobs]) == "bob@example.com"
    two = Directory(people=(*bobs.people, Person(id="3", name="Bob Dylan", contact="dylan@example.com")))
    assert owner_of("bob", [two]) == "bob", "nobody is guessed"
    assert owner_of("Zoe", [bobs]) == "Zoe" and owner_of(None, [bobs]) is None


def test_a_long_task_makes_a_title_that_fits() -> None:
    long = item("x" * 900)
    assert len(ticket_title(long)) == 250
    (one,) = standing("action: " + "x" * 900, outbox=(row(ticket_title(long)),))
    assert one.ticket_key == "OPS-12"


def test_notes_that_are_written_are_read_again() -> None:
    assert marks([note(item_note("  fix it\n(owner: Bob) "))])[0].text == "fix it (owner: Bob)"
    assert marks([note(done_note("https://wiki/pm"))])[0].text == "https://wiki/pm"
    assert marks([note(done_note(""))])[0].text == "done"


def history(native: str, *texts: str, severity: int | None = 1, days: float = 1, **fields: Any) -> IncidentHistory:
    at = NOW - timedelta(days=days)
    given = {"state": IncidentState.RESOLVED, "resolved_at": at, "severity": severity, **fields}
    one = incident(native, minutes=days * 1440 + 60, **given)
    return IncidentHistory(incident=one, timeline=tuple(note(text, incident_id=one.id) for text in texts))


def test_what_is_owed_is_resolved_severe_and_not_written_and_the_first_due_comes_first() -> None:
    found = owed_postmortems(
        [
            history("sev2", severity=2),
            history("sev1"),
            history("late", days=20),
            history("sev3", severity=3),
            history("written", "post-mortem: https://wiki/pm"),
            history("said", "post-mortem done"),
            history("merged", merged_into="pager:Q0"),
            history("open", state=IncidentState.ACKNOWLEDGED, resolved_at=None),
        ],
        SeverityPolicy(),
        Calendar(),
        NOW,
    )
    assert [(one.incident.native_id, one.is_overdue) for one in found] == [
        ("late", True),
        ("sev1", False),
        ("sev2", False),
    ]
    assert found[1].due == Calendar().after_business_days(NOW - timedelta(days=1), 5)
    assert "within 5 business days" in found[1].rule


def test_it_is_late_the_moment_after_its_last_day() -> None:
    one = history("sev1", resolved_at=datetime(2026, 11, 13, 12, tzinfo=UTC), days=10)
    due = Calendar().after_business_days(datetime(2026, 11, 13, 12, tzinfo=UTC), 5)
    for now, late in ((due, False), (due + timedelta(seconds=1), True)):
        assert owed_postmortems([one], SeverityPolicy(), Calendar(), now)[0].is_overdue is late
