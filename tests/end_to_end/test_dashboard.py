"""The dashboard's keys, from the installed script in a real pseudo-terminal: what is seen, what the pager has."""

from __future__ import annotations

import json
import re
import termios

import pytest

from oncall_tui.demo.faults import answer_with, delay, is_write
from oncall_tui.demo.wire import json_response
from tests.end_to_end.contract import counts_of
from tests.end_to_end.hands import (
    CHECKOUT,
    ENTER,
    ESC,
    GATEWAY,
    LARGE,
    LATENCY,
    SMALL,
    both_sizes,
    confirmed,
    cursor,
    cursor_on,
    hasty,
    opened,
    pressed,
    row,
    typed,
)
from tests.support.seat import Company, Seat, until

pytestmark = pytest.mark.pty


def test_the_four_panes_are_there(seat: Seat) -> None:
    terminal = opened(seat, size=LARGE)
    for title in ("1 Incidents ─ 2 need you", "2 Alerts ─ last hour", "3 Health ─ 2 down", "4 On call"):
        assert title in terminal.text
    assert re.search(r"ONCALL +Alice · primary · until", terminal.lines[0])
    assert re.search(r"▲ SEV1 TRIGGERED +\dm +ack in \dm +Checkout returns 503 +payments", terminal.text)
    assert re.search(r"crit HighErrorRate +payments/eu-1 +×38 +→ Checkout", terminal.text)
    assert re.search(r"✗ payments error ra\S+ +12\.4 %", terminal.text)
    assert re.search(r"1 Alice Anderss\S+ +you", terminal.text)


@both_sizes
def test_a_acknowledges_the_incident_under_the_cursor(company: Company, seat: Seat, size: tuple[int, int]) -> None:
    terminal = opened(seat, size=size)
    cursor_on(terminal, CHECKOUT)
    company.plan(delay(1.5), matching=is_write)
    terminal.press("a")
    terminal.until(lambda: "ACKED…" in row(terminal, CHECKOUT), "the row to say that it is pending")
    terminal.until(lambda: re.search(r"✔ SEV1 ACKED ", row(terminal, CHECKOUT)), "the row to say acknowledged")
    terminal.wait("acknowledged: Checkout returns 503")
    assert company.incident(CHECKOUT)["acknowledged_by"] == ["alice@example.com"]
    assert company.incident(LATENCY)["status"] == "triggered"
    assert company.received("acknowledge") == 1


@both_sizes
def test_e_shows_the_levels_and_escalates_to_the_chosen_one(
    company: Company, seat: Seat, size: tuple[int, int]
) -> None:
    if size == SMALL:
        hasty(seat)
    terminal = opened(seat, size=size)
    cursor_on(terminal, CHECKOUT)
    pressed(terminal, "e", "─ Escalate ─")
    terminal.wait(r"1  Alice Andersson \(you\) +alice@example\.com +now here")
    terminal.wait(r"▌ 2  Bob Brandt +bob@example\.com +by itself in [12]m")
    terminal.wait(r"3  Erin Engel, Victor Vance +erin@\S+ +vic\S+ +by itself in 1[12]m")
    terminal.wait("Wakes Bob Brandt <bob@example.com>")
    pressed(terminal, "3", "Wakes Erin Engel")
    confirmed(terminal, ENTER, "escalate leaves in [15]s")
    assert company.received("escalate") == 0, "within the undo window nothing has left"
    assert "ESCALATED…" in row(terminal, CHECKOUT)
    terminal.wait("escalated: Checkout returns 503")
    incident = company.incident(CHECKOUT)
    assert incident["level"] == 3
    assert [(one["by"], one["to"]) for one in incident["escalations"]] == [
        ("alice@example.com", ["erin@example.com", "victor@example.com"])
    ]


@both_sizes
def test_n_writes_a_note_that_is_on_the_server_and_on_the_timeline(
    company: Company, seat: Seat, size: tuple[int, int]
) -> None:
    hasty(seat)
    terminal = opened(seat, size=size)
    cursor_on(terminal, LATENCY)
    pressed(terminal, "n", "─ Note ─")
    typed(terminal, "drained gateway-eu-2")
    pressed(terminal, ENTER, "note leaves in 1s")
    pressed(terminal, ENTER, r"╭ .Timeline")
    terminal.wait("drained gateway-eu-2")
    until(lambda: terminal.read() or company.received("note"), what="the note's arrival")
    note = company.incident(LATENCY)["notes"][-1]
    assert (note["by"], note["content"]) == ("alice@example.com", "drained gateway-eu-2")
    terminal.wait("■ note +drained gateway-eu-2 +Alice Andersson · pager")
    assert company.received("note") == 1


def test_a_note_can_be_back_dated_and_of_a_kind(company: Company, seat: Seat) -> None:
    hasty(seat)
    terminal = opened(seat, size=SMALL)
    cursor_on(terminal, GATEWAY)
    pressed(terminal, "n", "─ Note ─")
    # The board's minute may be a minute old, so a few minutes back is safely past.
    now = re.search(r"(\d\d):(\d\d)$", terminal.lines[0])
    assert now is not None
    at = f"{(int(now[1]) * 60 + int(now[2]) - 5) % 1440 // 60:02d}:{(int(now[2]) - 5) % 60:02d}"
    typed(terminal, f"{at} pool is at 60")
    terminal.press("\t")
    terminal.press("\t")
    pressed(terminal, ENTER, "note leaves in 1s")
    until(lambda: terminal.read() or company.received("note"), what="the note's arrival")
    assert company.incident(GATEWAY)["notes"][-1]["content"] == f"[{at} UTC] [did] pool is at 60"


@both_sizes
def test_x_opens_the_handover_and_its_export_counts_as_the_pager_does(
    company: Company, seat: Seat, size: tuple[int, int]
) -> None:
    terminal = opened(seat, size=size)
    pressed(terminal, "x", "Shift handover: alice@example.com")
    files = {}
    for form, suffix in (("Markdown", "md"), ("HTML", "html"), ("JSON", "json")):
        pressed(terminal, "w", "─ Export the handover ─")
        for _ in range(3):
            if re.search(rf"handover-alice-\S+\.{suffix}\b", terminal.text):
                break
            before = terminal.text
            terminal.press("\t")
            terminal.until(lambda before=before: terminal.text != before, "another form")
        terminal.wait(rf"handover-alice-\S+\.{suffix}")
        terminal.settle()
        terminal.press(ENTER)
        terminal.gone("─ Export the handover ─")
        files[form] = until(
            lambda suffix=suffix: next((seat.data / "exports").glob(f"*.{suffix}"), None), what=f"the {form} file"
        )
    document = json.loads(files["JSON"].read_text("utf-8"))
    counts = counts_of(company.state(), document["shift"]["start"], document["shift"]["end"])
    assert document["counts"] == counts and counts["total"] > 0
    for form in ("Markdown", "HTML"):
        text = re.sub(r"<[^>]*>", " ", files[form].read_text("utf-8"))
        told = {f"sev{number}": int(count) for number, count in re.findall(r"\bSev([1-4])[\s|]+(\d+)\b", text)}
        assert told == {name: counts[name] for name in told} and len(told) == 4, form
    assert {path.stat().st_mode & 0o777 for path in files.values()} == {0o600}


def test_u_within_the_window_cancels(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    cursor_on(terminal, LATENCY)
    pressed(terminal, "r", "─ Resolve\\? ─")
    terminal.wait("P99 latency > 5000 ms, EU")
    confirmed(terminal, "y", "resolve leaves in 5s")
    assert re.search("1 queued", terminal.lines[-1])
    pressed(terminal, "u", "undone, it never left: resolve P99 latency")
    terminal.gone("1 queued")
    (action,) = seat.outbox()
    assert (action["verb"], action["state"]) == ("resolve", "cancelled")
    pressed(terminal, "u", "nothing waits to be undone")
    assert "TRIGGERED" in row(terminal, LATENCY)
    assert not company.state()["writes"]["received"]


def test_a_refusal_puts_the_row_back_and_says_why(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    cursor_on(terminal, LATENCY)
    refusal = json_response(
        {"error": {"message": "Invalid", "code": 2001, "errors": ["Requester User Not Found"]}}, 400
    )
    company.plan(answer_with(refusal), matching=is_write)
    pressed(terminal, "a", "ack refused .*Requester User Not Found")
    assert re.search(r"▲ SEV2 TRIGGERED +\S+ +ack refused +P99 lat", cursor(terminal)), terminal.text
    assert company.incident(LATENCY)["status"] == "triggered"


def test_several_marked_rows_are_acknowledged_together(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=LARGE)
    cursor_on(terminal, LATENCY)
    pressed(terminal, " ", "1 selected")
    cursor_on(terminal, CHECKOUT)
    pressed(terminal, " ", "2 selected")
    terminal.press("a")
    until(lambda: terminal.read() or company.applied("acknowledge") == 2, what="both acknowledgements")
    for words in (LATENCY, CHECKOUT):
        assert company.incident(words)["acknowledged_by"] == ["alice@example.com"]
        terminal.until(lambda words=words: "ACKED " in row(terminal, words), f"{words} acknowledged")
    terminal.gone("selected")
    assert company.incident(GATEWAY)["status"] == "acknowledged" and company.received("acknowledge") == 2


def test_the_filter_says_how_many_it_hides(seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    pressed(terminal, "/", r"^ / ")
    typed(terminal, "sev:1")
    terminal.gone(LATENCY)
    pressed(terminal, ENTER, "1 shown, 5 hidden")
    assert CHECKOUT in cursor(terminal)
    assert re.search(r"Incidents ─ /sev:1 ─? ?·?.*5 hidden", terminal.text)
    pressed(terminal, ESC, "filter off")
    terminal.wait(LATENCY)


def test_after_a_filter_the_first_of_what_it_shows_is_meant(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    cursor_on(terminal, GATEWAY)
    pressed(terminal, "/", r"^ / ")
    typed(terminal, "checkout")
    terminal.gone(GATEWAY)
    pressed(terminal, ENTER, "1 shown, 5 hidden")
    terminal.until(lambda: CHECKOUT in cursor(terminal), "the cursor on what is shown")
    terminal.press("a")
    until(lambda: terminal.read() or company.received("acknowledge"), what="the acknowledgement")
    assert company.incident(CHECKOUT)["acknowledged_by"] == ["alice@example.com"]


def test_v_shows_whose_incidents_there_are(seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    assert "Database backup" not in terminal.text
    terminal.wait("3 hidden")
    pressed(terminal, "v", "my incidents")
    pressed(terminal, "v", "all incidents")
    terminal.wait("Database backup d")  # the service is in maintenance, which is said beside it
    assert "hidden" not in terminal.lines[1]


def test_capital_s_silences_the_alert_in_its_monitor_and_capital_e_ends_it(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    terminal.press("2")
    cursor_on(terminal, "DiskWillFill")
    terminal.wait("S Silence")
    before = {one["id"] for one in company.state()["silences"]}
    pressed(terminal, "S", "─ Silence ─")
    terminal.wait("alertname +DiskWillFill")
    typed(terminal, "TICKET-7 grow it")
    pressed(terminal, ENTER, "silenced: DiskWillFill")
    terminal.until(lambda: re.search(r"◆ warn DiskWillFill +\S+ +×1 +silenced →", cursor(terminal)), "the mark")
    (made,) = [one for one in company.state()["silences"] if one["id"] not in before]
    assert (made["state"], made["comment"]) == ("active", "TICKET-7 grow it")
    assert "alertname=DiskWillFill" in made["matchers"]
    pressed(terminal, "E", "─ End the silence\\? ─")
    terminal.wait("TICKET-7 grow it")
    confirmed(terminal, "y", "silence ended: DiskWillFill")
    terminal.until(lambda: "silenced" not in cursor(terminal), "the mark to go")
    assert {one["state"] for one in company.state()["silences"] if one["id"] == made["id"]} == {"expired"}


def test_q_leaves_with_0_and_gives_the_terminal_back(seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    assert termios.tcgetattr(terminal.master) != terminal.before
    terminal.press("q")
    assert terminal.end_code() == 0
    assert termios.tcgetattr(terminal.master) == terminal.before
    raw = bytes(terminal.raw)
    assert raw.rindex(b"\x1b[?1049l") > raw.rindex(b"\x1b[?1049h")
    assert raw.rindex(b"\x1b[?25h") > raw.rindex(b"\x1b[?25l")
    for mode in (b"\x1b[?2004l", b"\x1b[?1000l", b"\x1b[<u"):
        assert mode in raw
    # Nothing is left on the person's own screen.
    assert raw[raw.rindex(b"\x1b[?1049l") :].strip(b"\r\n").count(b"\n") == 0


def test_a_read_only_seat_sends_nothing(company: Company, seat: Seat) -> None:
    terminal = opened(seat, "--read-only", size=SMALL)
    pressed(terminal, "a", "read-only seat: nothing is sent")
    pressed(terminal, "e", "read-only seat: nothing is sent")
    assert not company.state()["writes"]["received"] and seat.outbox() == []
