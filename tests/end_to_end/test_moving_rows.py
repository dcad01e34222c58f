"""Rows that move, change or vanish between look, key and confirmation: an action hits what was shown, or nothing."""

from __future__ import annotations

import pytest

from tests.end_to_end.hands import CHECKOUT, GATEWAY, LATENCY, confirmed, cursor, cursor_on, opened, pressed, row
from tests.support.seat import Company, Seat

pytestmark = pytest.mark.pty

STORM = "Newer and worse"


def storm(company: Company, count: int = 3) -> None:
    """New pages of the seat, which go to the top once the older ones are acknowledged, and push the rest down."""

    def trigger() -> None:
        for number in range(count):
            company.world.pagerduty.trigger("payments", f"{STORM} {number}", priority="P1", urgency="high")

    company.do(trigger)


def id_of(company: Company, title: str) -> str:
    return str(company.incident(title)["id"])


def test_a_storm_between_look_and_key_leaves_the_cursor_on_its_incident(company: Company, seat: Seat) -> None:
    terminal = opened(seat)
    cursor_on(terminal, GATEWAY)
    before = terminal.lines.index(cursor(terminal))
    storm(company)
    terminal.wait(f"{STORM} 2")
    assert GATEWAY in cursor(terminal)
    assert terminal.lines.index(cursor(terminal)) > before, "the rows did move"
    pressed(terminal, "r", "─ Resolve|Resolve ")
    confirmed(terminal, "y", "resolve leaves in 5s")
    terminal.wait("resolved: Payment gateway latency")
    assert company.incident(GATEWAY)["status"] == "resolved"
    assert company.received("resolve") == 1
    for number in range(3):
        assert company.incident(f"{STORM} {number}")["status"] == "triggered"


def test_a_storm_between_key_and_confirmation_leaves_the_question_on_its_incident(company: Company, seat: Seat) -> None:
    terminal = opened(seat)
    cursor_on(terminal, GATEWAY)
    pressed(terminal, "r", "─ Resolve|Resolve ")
    terminal.wait(id_of(company, GATEWAY))
    storm(company)
    terminal.wait("5 need you|6 need you|4 need you")
    confirmed(terminal, "y", "resolve leaves in 5s")
    terminal.wait("resolved: Payment gateway latency")
    assert company.incident(GATEWAY)["status"] == "resolved"
    assert company.received("resolve") == 1


def test_what_changed_while_the_question_stood_is_refused_and_said(company: Company, seat: Seat) -> None:
    terminal = opened(seat)
    cursor_on(terminal, LATENCY)
    pressed(terminal, "r", "─ Resolve|Resolve ")
    target = id_of(company, LATENCY)
    company.do(lambda: company.world.pagerduty.acknowledge(target, by="bob"))
    terminal.until(
        lambda: "ACKED" in row(terminal, LATENCY) or "1 needs you" in terminal.text, "the change to be shown"
    )
    terminal.settle()
    terminal.press("y")
    terminal.wait("changed|not sent|is now|acknowledged by")
    terminal.settle()
    assert company.received("resolve") == 0
    assert company.incident(LATENCY)["status"] == "acknowledged"
    assert company.incident(CHECKOUT)["status"] == "triggered"


def test_a_row_that_vanished_under_the_cursor_gives_its_key_to_nobody(company: Company, seat: Seat) -> None:
    terminal = opened(seat)
    cursor_on(terminal, LATENCY)
    target = id_of(company, LATENCY)
    company.do(lambda: company.world.pagerduty.resolve(target, by="bob"))
    terminal.until(lambda: "TRIGGERED" not in row(terminal, LATENCY), "the end to be shown")
    terminal.press("a")
    terminal.settle()
    assert company.received("acknowledge") == 0, "neither it nor its neighbour"
    assert company.incident(CHECKOUT)["status"] == "triggered"
