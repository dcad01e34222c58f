"""The systems are gone, the program is killed, the link comes back: nothing pressed is lost, nothing is sent twice."""

from __future__ import annotations

import re
import signal
from datetime import timedelta

import pytest

from oncall_tui.demo.faults import delay, is_write
from tests.end_to_end.earlier import looked, pressed_acknowledge
from tests.end_to_end.hands import (
    CHECKOUT,
    ENTER,
    ESC,
    LARGE,
    LATENCY,
    SMALL,
    both_sizes,
    confirmed,
    cursor_on,
    hasty,
    opened,
    pressed,
    row,
    typed,
)
from tests.support.seat import Company, Seat, Terminal, until

pytestmark = pytest.mark.pty

AGO = timedelta(minutes=42)


def opened_offline(seat: Seat, **how: object) -> Terminal:
    """The dashboard while no system answers."""
    terminal = seat.dashboard(**how)
    terminal.wait(CHECKOUT)
    terminal.wait(r"^│▌ ")
    terminal.wait("✗ pager")
    return terminal


def test_it_opens_with_the_last_state_and_each_pane_says_how_old_it_is(company: Company, seat: Seat) -> None:
    looked(seat, AGO)
    company.stop()
    terminal = opened_offline(seat, size=LARGE)
    for title in ("1 Incidents", "2 Alerts", "3 Health", "4 On call"):
        assert re.search(rf"╭ {title}[^╮]* as of \d\d:\d\d \(4[12]m\)", terminal.text), terminal.text
    assert re.search("✗ pager +✗ alerts +✗ metrics", terminal.lines[0])
    # What it knew is all there: stale, and not gone.
    assert "P99 latency" in terminal.text and "HighErrorRate" in terminal.text
    assert re.search(r"1 Alice Anderss\S+ +you", terminal.text)
    assert "12.4 %" in terminal.text


def test_the_panes_of_a_small_terminal_say_how_old_they_are(company: Company, seat: Seat) -> None:
    looked(seat, AGO)
    company.stop()
    terminal = opened_offline(seat, size=SMALL)
    for title in ("1 Incidents", "2 Alerts"):
        assert re.search(rf"╭ {title}[^╮]* as of \d\d:\d\d \(4[12]m\)", terminal.text), terminal.text
    pressed(terminal, "3", r"╭ 3 Health[^╮]* as of \d\d:\d\d \(4[12]m\)")
    pressed(terminal, "4", r"╭ 4 On call[^╮]* as of \d\d:\d\d \(4[12]m\)")


@both_sizes
def test_an_acknowledgement_waits_survives_kill_9_and_is_sent_once(
    company: Company, seat: Seat, size: tuple[int, int]
) -> None:
    looked(seat, AGO)
    company.stop()
    first = opened_offline(seat, size=size)
    cursor_on(first, CHECKOUT)
    first.press("a")
    first.until(lambda: "ACKED…" in row(first, CHECKOUT), "the row to say that it is pending")
    first.wait("1 queued")
    first.kill()
    second = opened_offline(seat, size=size)
    second.until(lambda: "ACKED…" in row(second, CHECKOUT) and second.shows("1 queued"), "it to be queued still")
    company.start()
    second.until(lambda: "✔ SEV1 ACKED " in row(second, CHECKOUT), "it to be confirmed")
    second.gone("1 queued")
    assert company.incident(CHECKOUT)["acknowledged_by"] == ["alice@example.com"]
    assert second.signal(signal.SIGTERM) == 143
    assert company.received("acknowledge") == 1
    assert [(one["verb"], one["state"]) for one in seat.outbox()] == [("acknowledge", "confirmed")]


def test_killed_while_the_answer_is_on_its_way_it_is_read_back_and_not_sent_again(company: Company, seat: Seat) -> None:
    """An addition and a step: sent again, a note would stand there twice, and an escalation would go one level on."""
    hasty(seat)
    first = opened(seat, size=SMALL)
    company.plan(delay(60), matching=is_write, count=2)
    cursor_on(first, LATENCY)
    pressed(first, "n", "─ Note ─")
    typed(first, "only once")
    pressed(first, ENTER, "note leaves in 1s")
    cursor_on(first, CHECKOUT)
    pressed(first, "e", "─ Escalate ─")
    confirmed(first, ENTER, "escalate leaves in 1s")
    until(lambda: first.read() or (company.applied("note") and company.applied("escalate")), what="both arrivals")
    first.kill()
    assert {one["verb"]: one["state"] for one in seat.outbox()} == {"note": "sending", "escalate": "sending"}
    second = opened(seat, size=SMALL)
    second.gone("2 queued")
    until(
        lambda: second.read() or all(one["state"] == "confirmed" for one in seat.outbox()),
        what=f"both confirmed\n{second.text}",
    )
    assert company.received("note") == company.received("escalate") == 1
    assert [note["content"] for note in company.incident(LATENCY)["notes"]].count("only once") == 1
    assert company.incident(CHECKOUT)["level"] == 2


@pytest.mark.parametrize(("minutes", "asks"), [(13, False), (16, True)])
def test_after_a_quarter_of_an_hour_it_asks_before_it_goes(
    minutes: int, asks: bool, company: Company, seat: Seat
) -> None:
    looked(seat, AGO)
    pressed_acknowledge(seat, company.id_of(LATENCY), timedelta(minutes=minutes))
    terminal = seat.dashboard(size=SMALL)
    if not asks:
        terminal.until(lambda: "ACKED " in row(terminal, "P99 lat"), "it to be sent unasked")
        assert company.received("acknowledge") == 1
        return
    terminal.wait(r"ack held +P99 lat")
    terminal.wait("1 held")
    terminal.wait(r"  ● 5  ")
    # Nor does a command send it: it waits for a person.
    assert "waits for you" in seat.expect(0, "outbox").stdout
    seat.expect(0, "outbox", "flush", "--timeout", "2s")
    assert company.received("acknowledge") == 0 and "TRIGGERED" in row(terminal, "P99 lat")
    pressed(terminal, "Q", "waits for you: it waited too long to go unasked")
    pressed(terminal, "r", "─ Send it now\\? ─")
    confirmed(terminal, "y", r"confirmed +ack +P99 latency")
    assert company.incident(LATENCY)["acknowledged_by"] == ["alice@example.com"]
    pressed(terminal, ESC, r"╭ 1 Incidents")
    terminal.until(lambda: "✔ SEV2 ACKED " in row(terminal, LATENCY), "the row to say acknowledged")
    assert company.received("acknowledge") == 1


def test_what_waits_can_be_dropped(company: Company, seat: Seat) -> None:
    looked(seat, AGO)
    pressed_acknowledge(seat, company.id_of(LATENCY), timedelta(minutes=16))
    terminal = opened(seat, size=SMALL)
    pressed(terminal, "Q", "waits for you")
    pressed(terminal, "d", "ack dropped: P99 latency")
    terminal.wait(r"cancelled +ack")
    assert company.received("acknowledge") == 0


def test_one_of_two_processes_sends_and_the_other_waits_for_its_answer(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    done = seat.expect(0, "ack", company.id_of(LATENCY))
    assert "acknowledge confirmed" in done.stdout
    terminal.until(lambda: "✔ SEV2 ACKED " in row(terminal, LATENCY), "the dashboard to show it")
    # Stopped, the dashboard still holds the lease: a command queues, and does not send by itself.
    terminal.process.send_signal(signal.SIGSTOP)
    waiting = seat.expect(4, "ack", company.id_of(CHECKOUT), "--timeout", "1s")
    assert "acknowledge queued" in waiting.stdout
    assert company.received("acknowledge") == 1
    terminal.process.send_signal(signal.SIGCONT)
    until(lambda: terminal.read() or company.applied("acknowledge") == 2, what="the dashboard to send it")
    terminal.until(lambda: "✔ SEV1 ACKED " in row(terminal, CHECKOUT), "the dashboard to show it")
    assert company.received("acknowledge") == 2
