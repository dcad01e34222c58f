"""Rows move, vanish and change between look, key and confirmation: an action meets what was looked at, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oncall_tui.demo.faults import delay
from tests.end_to_end.hands import (
    CHECKOUT,
    ENTER,
    GATEWAY,
    LARGE,
    LATENCY,
    SMALL,
    confirmed,
    cursor,
    cursor_on,
    hasty,
    opened,
    pressed,
    row,
    typed,
)
from tests.support.seat import Company, Seat, Terminal, until

pytestmark = pytest.mark.pty

NEW = "Terminals offline"


@pytest.fixture
def seat(seat: Seat) -> Seat:
    """Polls more often: what changes at the pager is soon on the screen."""
    text = seat.config.read_text()
    assert text.count("poll: 5s") == 2
    seat.config.write_text(text.replace("poll: 5s", "poll: 2s"))
    return seat


def new_page(company: Company) -> None:
    """A Sev1 page of Alice's: it goes above what is acknowledged."""
    company.do(lambda: company.world.pagerduty.trigger("payments", NEW, priority="P1"))


def by_bob(company: Company, what: str, title: str) -> None:
    """A colleague does something to an incident, in the pager itself."""
    incident = company.incident(title)["id"]
    act: Callable[..., None] = getattr(company.world.pagerduty, what)
    company.do(lambda: act(incident, "bob"))


def order(terminal: Terminal) -> list[str]:
    """The rows of the incidents' pane, top down."""
    return [words for line in terminal.lines for words in (NEW, CHECKOUT, LATENCY, GATEWAY) if _is_row(line, words)]


def _is_row(line: str, words: str) -> bool:
    return line.startswith("│") and words[:14] in line and "SEV" in line


def test_the_cursor_stays_on_its_incident_when_rows_move(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=LARGE)
    assert order(terminal) == [LATENCY, CHECKOUT, GATEWAY]
    cursor_on(terminal, CHECKOUT)
    by_bob(company, "acknowledge", LATENCY)
    new_page(company)
    pressed(terminal, "R", NEW)
    terminal.until(lambda: order(terminal)[-1] == LATENCY, "the rows in another order")
    assert CHECKOUT in cursor(terminal)
    terminal.press("a")
    until(lambda: terminal.read() or company.received("acknowledge"), what="the acknowledgement")
    assert company.incident(CHECKOUT)["acknowledged_by"] == ["alice@example.com"]
    assert company.incident(NEW)["status"] == "triggered"
    assert company.received("acknowledge") == 1


def test_a_storm_leaves_the_question_on_its_incident(company: Company, seat: Seat) -> None:
    hasty(seat)
    terminal = opened(seat, size=LARGE)
    cursor_on(terminal, GATEWAY)
    before = terminal.lines.index(cursor(terminal))
    for number in range(3):
        company.do(
            lambda number=number: company.world.pagerduty.trigger("payments", f"Newer, worse {number}", priority="P1")
        )
    terminal.wait("Newer, worse 2")
    assert GATEWAY in cursor(terminal) and terminal.lines.index(cursor(terminal)) > before, "the rows did move"
    pressed(terminal, "r", "─ Resolve\\? ─")
    new_page(company)
    terminal.wait("6 need you")
    assert company.id_of(GATEWAY) in terminal.text
    confirmed(terminal, "y", "resolve leaves in 1s")
    until(lambda: terminal.read() or company.received("resolve"), what="the resolution")
    resolved = {one["title"] for one in company.state()["incidents"] if one["status"] == "resolved"}
    assert "Payment gateway latency" in resolved
    assert not [title for title in resolved if "worse" in title or title == NEW]
    assert company.received("resolve") == 1


def test_a_row_resolved_under_the_cursor_gives_its_key_to_nobody(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=LARGE)
    cursor_on(terminal, LATENCY)
    by_bob(company, "resolve", LATENCY)
    terminal.until(lambda: "TRIGGERED" not in row(terminal, LATENCY), "the end to be shown")
    terminal.press("a")
    terminal.wait("already resolved|gone from under the cursor")
    assert company.received("acknowledge") == 0 and seat.outbox() == []
    assert company.incident(CHECKOUT)["status"] == "triggered"


def test_rows_that_move_while_a_dialog_is_open_change_nothing_of_it(company: Company, seat: Seat) -> None:
    hasty(seat)
    terminal = opened(seat, size=LARGE)
    cursor_on(terminal, CHECKOUT)
    pressed(terminal, "e", "─ Escalate ─")
    new_page(company)
    by_bob(company, "acknowledge", LATENCY)
    # What lies below the dialog is drawn anew by the next poll; the dialog is not.
    terminal.until(lambda: any(_is_row(line, NEW) for line in terminal.lines), "the new page below the dialog")
    assert "SEV1 Checkout returns 503" in terminal.text
    confirmed(terminal, ENTER, "escalate leaves in 1s .*Checkout returns 503")
    until(lambda: terminal.read() or company.received("escalate"), what="the escalation")
    assert company.incident(CHECKOUT)["level"] == 2
    others = (company.incident(NEW), company.incident(LATENCY))
    assert not [one for other in others for one in other["escalations"] if one["by"] == "alice@example.com"]
    assert company.received("escalate") == 1


def test_an_incident_resolved_while_its_dialog_is_open_is_not_acted_on(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    cursor_on(terminal, LATENCY)
    pressed(terminal, "r", "─ Resolve\\? ─")
    by_bob(company, "resolve", LATENCY)
    terminal.wait("1 needs you")
    confirmed(terminal, "y", "not sent: .*P99 latency")
    assert seat.outbox() == []
    assert not company.state()["writes"]["received"]
    assert company.incident(CHECKOUT)["status"] == "triggered"


def test_an_incident_handed_on_while_its_dialog_is_open_is_not_escalated(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=LARGE)
    cursor_on(terminal, CHECKOUT)
    pressed(terminal, "e", "─ Escalate ─")
    incident = company.incident(CHECKOUT)["id"]
    company.do(lambda: company.world.pagerduty.assign(incident, "bob", ["charlie"]))
    terminal.wait("1 needs you")
    confirmed(terminal, ENTER, "not sent: changed since the key: Checkout")
    assert seat.outbox() == []
    assert company.received("escalate") == 0
    assert company.incident(CHECKOUT)["assignees"] == ["charlie@example.com"]


def test_what_changes_within_the_undo_window_is_held_and_not_sent(company: Company, seat: Seat) -> None:
    """Between confirmation and sending too: the sender looks again."""
    terminal = opened(seat, size=SMALL)
    cursor_on(terminal, CHECKOUT)
    pressed(terminal, "e", "─ Escalate ─")
    confirmed(terminal, ENTER, "escalate leaves in 5s")
    by_bob(company, "acknowledge", CHECKOUT)
    terminal.wait("1 held")
    assert company.received("escalate") == 0
    (action,) = seat.outbox()
    assert action["state"] == "queued" and "Bob Brandt" in action["held"]


def test_a_row_that_vanished_from_under_the_cursor_gives_the_key_to_no_other(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    cursor_on(terminal, LATENCY)
    pressed(terminal, "/", r"^ / ")
    typed(terminal, "state:triggered")
    terminal.gone(GATEWAY)
    pressed(terminal, ENTER, "2 shown")
    cursor_on(terminal, LATENCY)
    by_bob(company, "acknowledge", LATENCY)
    terminal.until(lambda: not row(terminal, LATENCY), "the row to leave the filter")
    pressed(terminal, "a", "gone from under the cursor: P99 latency")
    pressed(terminal, "r", "gone from under the cursor: P99 latency")
    assert seat.outbox() == []
    assert company.incident(CHECKOUT)["status"] == "triggered"
    # A deliberate move chooses another.
    terminal.press("j")
    terminal.until(lambda: CHECKOUT in cursor(terminal), "the cursor on what is left")
    terminal.press("a")
    until(lambda: terminal.read() or company.received("acknowledge"), what="the acknowledgement")
    assert company.incident(CHECKOUT)["acknowledged_by"] == ["alice@example.com"]


def test_an_old_answer_on_its_way_does_not_move_the_key_to_another(company: Company, seat: Seat) -> None:
    """The key falls while the poll that will move the rows is still on its way."""
    terminal = opened(seat, size=LARGE)
    cursor_on(terminal, LATENCY)
    new_page(company)
    company.plan(delay(1.0), prefix="pagerduty", matching=lambda request: request.path == "/incidents")
    terminal.press("R")
    terminal.press("a")
    until(lambda: terminal.read() or company.received("acknowledge"), what="the acknowledgement")
    terminal.wait(NEW)
    assert company.incident(LATENCY)["acknowledged_by"] == ["alice@example.com"]
    assert company.incident(NEW)["status"] == "triggered"
    assert company.received("acknowledge") == 1
