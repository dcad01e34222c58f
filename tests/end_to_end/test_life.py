"""How the dashboard lives and ends: signals, a lost terminal, bytes that no hand typed, terminals of any size."""

from __future__ import annotations

import re
import signal
import subprocess
import termios
from pathlib import Path

import pytest

from tests.end_to_end.hands import (
    CHECKOUT,
    ENTER,
    ESC,
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
from tests.support.seat import SCRIPT, Company, Seat, Terminal, until

pytestmark = pytest.mark.pty


def queued(company: Company, seat: Seat) -> Terminal:
    """A dashboard with an acknowledgement that waits for its pager, and a note that is being written."""
    terminal = opened(seat, size=SMALL)
    company.stop()
    cursor_on(terminal, LATENCY)
    terminal.press("a")
    terminal.wait("1 queued")
    cursor_on(terminal, CHECKOUT)
    pressed(terminal, "n", "─ Note ─")
    typed(terminal, "half a thought")
    return terminal


def nothing_is_lost(company: Company, seat: Seat) -> None:
    """What was queued is sent at the next start, what was being written is there."""
    assert [(one["verb"], one["state"]) for one in seat.outbox()] == [("acknowledge", "queued")]
    company.start()
    terminal = opened(seat, size=SMALL)
    until(lambda: terminal.read() or company.applied("acknowledge"), what="the acknowledgement")
    cursor_on(terminal, CHECKOUT)
    pressed(terminal, "n", "─ Note ─")
    terminal.wait("half a thought")
    assert company.received("acknowledge") == 1 and company.received("note") == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_with_its_code_and_nothing_is_lost(
    number: signal.Signals, code: int, company: Company, seat: Seat
) -> None:
    terminal = queued(company, seat)
    terminal.process.send_signal(number)
    assert terminal.end_code(timeout_s=5) == code
    assert termios.tcgetattr(terminal.master) == terminal.before
    raw = bytes(terminal.raw)
    assert raw.rindex(b"\x1b[?1049l") > raw.rindex(b"\x1b[?1049h")
    assert b"Traceback" not in raw
    nothing_is_lost(company, seat)


def test_a_closed_terminal_ends_it_and_nothing_is_lost(company: Company, seat: Seat) -> None:
    terminal = queued(company, seat)
    terminal.hang_up()
    assert terminal.process.wait(5) == 129
    nothing_is_lost(company, seat)


def test_a_terminal_that_takes_no_bytes_does_not_hold_the_end(seat: Seat) -> None:
    terminal = opened(seat, size=LARGE)
    # Drawn anew until the terminal's buffer is full; nobody reads it.
    until(lambda: terminal.send(b"\x0c") or terminal.unread > 3000, what="a full buffer")
    terminal.process.terminate()
    assert terminal.process.wait(5) == 143


# -- bytes that are no deliberate key -------------------------------------------------------------------------------


def alive(terminal: Terminal) -> None:
    """It still takes keys."""
    terminal.settle()
    pressed(terminal, "?", "All keys|Acknowledge")
    terminal.settle()
    terminal.press(ESC)
    terminal.wait("1 Incidents")
    terminal.wait(r"^│▌ ")


STRAY = {
    "latin-1": b"\xe9",
    "no UTF-8": b"\xff\xfe\x80",
    "half a letter": b"\xc3",
    "paste": b"\x1b[200~aaaa\x1b[201~",
    "burst": b"aaaa",
    "paste and more": b"\x1b[200~a\x1b[201~r\ry",
    "a log file": b"arey\r" * 50,
}


def test_bytes_that_no_hand_typed_act_on_nothing(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    for what, data in STRAY.items():
        terminal.send(data)
        alive(terminal)
        assert "TRIGGERED" in row(terminal, LATENCY), what
    assert seat.outbox() == [] and not company.state()["writes"]["received"]


REPLIES = {
    "DA1": b"\x1b[?64;1;2;6;9;15;22c",
    "DA2": b"\x1b[>41;370;0c",
    "DSR": b"\x1b[0n",
    "CPR": b"\x1b[12;40R",
    "XTVERSION": b"\x1bP>|tmux 3.3a\x1b\\",
    "DECRQSS": b"\x1bP1$r0ack;m\x1b\\",
    "colour": b"\x1b]11;rgb:ffff/aaaa/eeee\x1b\\",
    "clipboard": b"\x1b]52;c;YWNrcmVzb2x2ZQ==\x07",
    "title": b"\x1b]lack resolve\x1b\\",
    "mode": b"\x1b[?25;1$y",
    "size": b"\x1b[8;24;80t",
}


def test_a_terminals_replies_act_on_nothing(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    for reply in REPLIES.values():
        terminal.send(reply)
        terminal.read(0.05)
        for part in (reply[:3], reply[3:]):
            terminal.send(part)
            terminal.read(0.01)
    alive(terminal)
    assert LATENCY in cursor(terminal)
    assert seat.outbox() == [] and not company.state()["writes"]["received"]
    # A hand's own key still acts.
    terminal.press("a")
    until(lambda: terminal.read() or company.received("acknowledge"), what="the acknowledgement")


def test_a_paste_into_a_note_is_its_text_and_no_key(company: Company, seat: Seat) -> None:
    hasty(seat)
    terminal = opened(seat, size=SMALL)
    pressed(terminal, "n", "─ Note ─")
    terminal.send(b"\x1b[200~top - 14:32\nload \x1b]52;c;eA==\x07average: 9\n\x1b[201~\r")
    terminal.wait("load average: 9")
    terminal.settle()
    assert terminal.shows("─ Note ─") and seat.outbox() == []
    confirmed(terminal, ENTER, "note leaves in 1s")
    until(lambda: terminal.read() or company.received("note"), what="the note")
    assert company.incident(LATENCY)["notes"][-1]["content"].strip() == "top - 14:32\nload average: 9"


# -- sizes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "shown"),
    [((40, 8), "▲"), ((20, 5), "terminal too"), ((1, 1), "")],
)
def test_it_runs_at_any_size_and_acts_only_where_it_shows(
    size: tuple[int, int], shown: str, company: Company, seat: Seat
) -> None:
    terminal = seat.dashboard(size=size)
    until(lambda: terminal.read() or (seat.data / "oncall.db").exists(), what="its start")
    if shown:
        terminal.wait(shown)
    terminal.settle()
    for key in ("j", "?", ESC, "x", ESC, "Q", ESC, "e", ESC, "n", ESC, ENTER, ESC, "2", "/", ESC, ESC):
        terminal.press(key)
        assert terminal.process.poll() is None, f"ended at {key!r}\n{terminal.text}"
    for wide, shown in (((300, 80), "HighErrorRate"), ((60, 15), CHECKOUT)):
        terminal.resize(*wide)
        terminal.wait(shown)
    terminal.resize(1, 1)
    terminal.settle()
    terminal.resize(80, 24)
    terminal.wait("1 Incidents")
    terminal.until(lambda: max(map(len, terminal.lines)) <= 80, "the new size")
    assert terminal.signal(signal.SIGTERM) == 143
    assert not company.state()["writes"]["received"]


def test_where_nothing_can_be_read_no_key_acts(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    cursor_on(terminal, CHECKOUT)
    pressed(terminal, "r", "─ Resolve\\? ─")
    terminal.settle()
    terminal.resize(20, 5)
    terminal.settle()
    terminal.press("y")
    terminal.settle()
    terminal.press(ESC)
    for key in ("a", "S", "U"):
        terminal.settle()
        terminal.press(key)
    terminal.settle()
    terminal.resize(*SMALL)
    alive(terminal)
    assert seat.outbox() == [] and not company.state()["writes"]["received"]


def test_at_80x24_every_dialog_and_screen_fits(seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    cursor_on(terminal, CHECKOUT)
    for key, title in (
        ("e", "╭─ Escalate"), ("n", "╭─ Note"), ("r", "╭─ Resolve"), ("z", "╭─ Snooze"), ("s", "╭─ Severity"),
        ("A", "╭─ Assign"), ("m", "╭─ Merge"), ("t", "╭─ Title"), ("?", "╭ Keys"), (":", "╭ Command"), ("o", "╭ Link"),
        (ENTER, "╭ .Timeline"), ("x", "╭ Handover"), ("Q", "╭ Outbox"), ("L", "╭ Sources"),
    ):  # fmt: skip
        pressed(terminal, key, title)
        terminal.settle()
        is_framed(terminal, title)
        terminal.press(ESC)
        terminal.gone(title)
        terminal.until(lambda: CHECKOUT in cursor(terminal), f"the end of {title!r}")


def is_framed(terminal: Terminal, title: str) -> None:
    """The frame with that title is whole: both sides down to its last line, which is on the screen."""
    lines = [line.ljust(80) for line in terminal.lines]
    top, left = next((number, found.start()) for number, line in enumerate(lines) if (found := re.search(title, line)))
    right = lines[top].index("╮", left)
    bottom = next((number for number in range(top + 1, len(lines)) if lines[number][left] == "╰"), None)
    assert bottom is not None, terminal.text
    assert lines[bottom][right] == "╯", terminal.text
    sides = {(line[left], line[right]) for line in lines[top + 1 : bottom]}
    assert sides == {("│", "│")}, terminal.text


# -- where it does not run ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("term", "told"), [("dumb", "is dumb"), ("", "is not set")])
def test_a_terminal_that_cannot_place_text_is_refused_with_one_line(term: str, told: str, seat: Seat) -> None:
    terminal = seat.dashboard(size=SMALL, env={"TERM": term})
    assert terminal.end_code() == 2
    assert re.fullmatch(rf"oncall-tui: TERM {told}, .*oncall-tui now.*\r\n", bytes(terminal.raw).decode())


@pytest.mark.parametrize("command", [[], ["demo"]])
def test_without_a_terminal_it_hints_at_now(command: list[str], seat: Seat) -> None:
    done = (
        seat.run(*command) if not command else subprocess.run([str(SCRIPT), *command], capture_output=True, text=True)
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "oncall-tui now" in done.stderr


def test_a_closed_stderr_is_no_hang(seat: Seat) -> None:
    words = ["sh", "-c", 'exec "$@" 2>&-', "sh", str(SCRIPT), *seat.options]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (2, b"")


def test_the_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    terminal = Terminal("demo", size=SMALL, env={"TMPDIR": str(tmp_path)})
    try:
        terminal.wait(CHECKOUT)
        assert list(tmp_path.glob("oncall-tui-*"))
        assert terminal.signal(signal.SIGHUP) == 129
        assert list(tmp_path.iterdir()) == []
    finally:
        terminal.close()


def test_the_colours_are_given_up_where_they_are_not_wanted(seat: Seat) -> None:
    plain = opened(seat, size=SMALL, env={"NO_COLOR": "1"})
    plain.settle()
    assert not re.search(rb"\x1b\[[0-9;:]*(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8[;:])[0-9;:]*m", bytes(plain.raw))
    assert "▲ SEV1 TRIGGERED" in plain.text
    assert plain.signal(signal.SIGTERM) == 143


@pytest.mark.parametrize("locale", [{"LANG": "C", "LC_ALL": ""}, {"LANG": "en_GB.UTF-8", "LC_ALL": "POSIX"}])
def test_the_signs_are_ascii_where_the_locale_is_c(locale: dict[str, str], seat: Seat) -> None:
    plain = seat.dashboard(size=SMALL, env=locale)
    plain.wait(CHECKOUT)
    plain.settle()
    assert plain.text.isascii(), plain.text
    assert plain.signal(signal.SIGTERM) == 143


@pytest.mark.parametrize("key", [None, "n"], ids=["list", "note"])
def test_ctrl_z_gives_the_terminal_back_until_it_is_continued(key: str | None, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    if key is not None:
        pressed(terminal, key, "─ Note ─")
        terminal.settle()
    terminal.press("\x1a")

    def state() -> str:
        return Path(f"/proc/{terminal.process.pid}/stat").read_text().rpartition(")")[2].split()[0]

    until(lambda: terminal.read() or state() == "T", what="its stop")
    assert termios.tcgetattr(terminal.master) == terminal.before
    del terminal.raw[:]
    terminal.process.send_signal(signal.SIGCONT)
    terminal.until(lambda: b"\x1b[?1049h" in terminal.raw, "drawn again")
    terminal.wait("─ Note ─" if key is not None else CHECKOUT)
    assert terminal.signal(signal.SIGTERM) == 143
