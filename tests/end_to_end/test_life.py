"""How the program begins, ends and bears what a terminal does to it."""

from __future__ import annotations

import os
import re
import signal
import subprocess

import pytest

from tests.support.seat import SCRIPT, Company, Seat, Terminal, run, until

pytestmark = pytest.mark.pty

CHECKOUT = "Checkout returns"


def opened(seat: Seat, size: tuple[int, int] = (120, 36)) -> Terminal:
    terminal = seat.dashboard(size=size)
    terminal.wait(CHECKOUT)
    terminal.wait(r"^│▌ ")
    terminal.wait(r"● rota|  ● 5  ")
    return terminal


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_in_order_and_nothing_queued_is_lost(
    company: Company, seat: Seat, number: signal.Signals, code: int
) -> None:
    terminal = opened(seat)
    company.stop()
    terminal.press("a")
    terminal.wait("1 queued|ACKED…")
    assert terminal.signal(number) == code
    assert b"\x1b[?1049l" in terminal.raw, "the terminal is given back"
    assert [(row["verb"], row["state"]) for row in seat.outbox()] == [("acknowledge", "queued")]


def test_a_closed_terminal_ends_it_within_five_seconds(company: Company, seat: Seat) -> None:
    terminal = opened(seat)
    company.stop()
    terminal.press("a")
    terminal.wait("1 queued|ACKED…")
    terminal.hang_up()
    until(lambda: terminal.process.poll() is not None, 6.0, "the program to end")
    assert terminal.process.returncode in (129, -signal.SIGHUP)
    assert [(row["verb"], row["state"]) for row in seat.outbox()] == [("acknowledge", "queued")]


REPLIES = {
    "not UTF-8": b"\xe9\xff\xc3",
    "DA1": b"\x1b[?64;1;2;6;9;15;18;21;22c",
    "DA2": b"\x1b[>41;354;0c",
    "XTVERSION": b"\x1bP>|tmux 3.3a raaae\x1b\\",
    "DECRQSS": b"\x1bP1$r0ack;m\x1b\\",
    "OSC 10": b"\x1b]10;rgb:ffff/aaaa/eeee\x1b\\",
    "OSC 52": b"\x1b]52;c;YWFhYXJyZQ==\x07",
    "title report": b"\x1b]laaaarrree\x1b\\",
    "DSR": b"\x1b[0n",
    "paste": b"\x1b[200~aaaarrrr\n\x1b[201~",
    "paste with its end inside": b"\x1b[200~aa\x1b[201~aarra\x1b[201~",
    "burst": b"aaraaeaar",
}


def test_what_no_hand_types_acts_on_nothing(company: Company, seat: Seat) -> None:
    terminal = opened(seat)
    for what, data in REPLIES.items():
        terminal.send(data)
        terminal.settle()
        assert "─ Escalate ─" not in terminal.text, what
        assert not re.search(r"─ (Confirm|Resolve|Note) ─", terminal.text), what
    # It lives, and a hand's own key still acts.
    terminal.press("j")
    terminal.press("a")
    terminal.wait("ACKED…|acknowledged:|already")
    until(lambda: company.received("acknowledge") == 1, what="the one acknowledgement by hand")
    assert company.received("resolve") == company.received("escalate") == 0
    assert [row["verb"] for row in seat.outbox()] == ["acknowledge"]


@pytest.mark.parametrize("size", [(60, 15), (40, 8), (20, 5), (1, 1)])
def test_any_size_holds(seat: Seat, size: tuple[int, int]) -> None:
    terminal = seat.dashboard(size=size)
    terminal.until(lambda: b"\x1b[?1049h" in terminal.raw, "the screen to be entered")
    terminal.settle()
    assert terminal.process.poll() is None
    terminal.resize(120, 36)
    terminal.wait(CHECKOUT)
    terminal.resize(*size)
    terminal.settle()
    assert terminal.process.poll() is None
    terminal.press("q")
    assert terminal.end_code() == 0


def test_quitting_gives_the_terminal_back(seat: Seat) -> None:
    terminal = opened(seat)
    terminal.press("q")
    assert terminal.end_code() == 0
    for left in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[?1000l"):
        assert left in terminal.raw, left


@pytest.mark.parametrize(("term", "told"), [("dumb", "TERM is dumb"), ("", "TERM is not set")])
def test_a_terminal_that_cannot_is_refused_in_one_line(seat: Seat, term: str, told: str) -> None:
    terminal = seat.dashboard(env={"TERM": term})
    assert terminal.end_code() == 2
    terminal.read()
    assert told in terminal.text
    assert "now" in terminal.text
    assert b"\x1b[?1049h" not in terminal.raw


@pytest.mark.parametrize("command", [(), ("demo",)])
def test_without_a_terminal_it_points_to_now(seat: Seat, command: tuple[str, ...]) -> None:
    done = run(*(seat.options if not command else ()), *command)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "oncall-tui now" in done.stderr


def test_a_closed_stderr_is_no_hang(seat: Seat) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "{SCRIPT}" demo 2>&-'],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2


def test_the_demo_needs_nothing_and_leaves_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    scratch = tmp_path_factory.mktemp("scratch")
    terminal = Terminal("demo", env={"TMPDIR": str(scratch)})
    try:
        terminal.wait(CHECKOUT)
        terminal.wait("12.4 %")
        for title in ("1 Incidents", "2 Alerts", "3 Health", "4 On call"):
            assert title in terminal.text
        terminal.press("q")
        assert terminal.end_code() == 0
        assert os.listdir(scratch) == []
    finally:
        terminal.close()
