"""The ways out: requirements 53, 56, 58."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator

import pytest

from oncall_tui.terminal.lifecycle import refuse_reason
from tests.terminal.harness import Session, cpu_seconds

Start = Callable[..., Session]
IGNORE_HUP = ["sh", "-c", "trap '' HUP; \"$@\"; exit $?", "sh"]
"""Leads the session and keeps SIGHUP to itself, so that only the terminal says that it is gone."""


def restored(app: Session) -> bool:
    tail = bytes(app.out)
    return (
        tail.rfind(b"\x1b[?1049l") > tail.rfind(b"\x1b[?1049h")
        and tail.rfind(b"\x1b[?25h") > tail.rfind(b"\x1b[?25l")
        and termios.tcgetattr(app.slave) == app.before
    )


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGQUIT, 131)],
)
def test_signal_ends_in_order(start: Start, number: int, code: int) -> None:
    app = start()
    app.process.send_signal(number)
    # Another one at any time of the end, also while the interpreter is taken down.
    deadline = time.monotonic() + 3
    while app.process.poll() is None and time.monotonic() < deadline:
        app.process.send_signal(number)
        time.sleep(0.0005)
    assert app.wait_end(3) == code
    assert app.facts("closing") == [code]
    assert app.facts("left") == [True]
    deadline = time.monotonic() + 1
    while not restored(app) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert restored(app)


def test_sigterm_during_a_stall(start: Start) -> None:
    app = start("list", "ticking", size=(120, 40))
    app.stop_reading()
    time.sleep(1.0)
    begun = time.monotonic()
    app.process.terminate()
    assert app.wait_end(5) == 143
    assert time.monotonic() - begun < 3
    app.read_again()
    deadline = time.monotonic() + 1
    while not restored(app) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert restored(app), bytes(app.out[-200:])


def test_sigterm_with_a_blocked_loop(start: Start) -> None:
    app = start()
    app.send(b"\x1b[20~")
    app.wait(lambda: app.facts("blocking"))
    begun = time.monotonic()
    app.process.terminate()
    assert app.wait_end(6) == 143
    assert 4 < time.monotonic() - begun < 5.5
    deadline = time.monotonic() + 1
    while not restored(app) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert restored(app)


def test_sighup_with_a_close_that_hangs(start: Start) -> None:
    app = start("list", "hang")
    app.process.send_signal(signal.SIGHUP)
    app.wait(lambda: app.facts("closing"))  # sent together, the kernel's order is its own
    app.process.send_signal(signal.SIGTERM)
    assert app.wait_end(6) == 129


def test_closed_terminal(start: Start) -> None:
    app = start("list", "ticking")
    app.close_terminal()
    assert app.wait_end(5) == 129
    assert app.facts("closing") == [129]


def test_closed_terminal_with_sighup_ignored(start: Start) -> None:
    app = start("list", "ticking", wrap=IGNORE_HUP)
    app.close_terminal()
    assert app.wait_end(5) == 129


def test_closed_terminal_with_a_blocked_loop(start: Start) -> None:
    app = start("list", wrap=IGNORE_HUP)
    app.send(b"\x1b[20~")
    app.wait(lambda: app.facts("blocking"))
    app.close_terminal()
    assert app.wait_end(6) == 129


def test_ctrl_z_and_back(start: Start) -> None:
    app = start()
    app.send(b"\x1a")
    pid = app.process.pid

    def state() -> str:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    app.wait(lambda: state() == "T", what="stopped")
    app.wait(lambda: restored(app), what="terminal given back")
    app.out.clear()
    app.process.send_signal(signal.SIGCONT)
    app.wait(lambda: b"\x1b[?1049h" in app.out and b"rows" in app.out, what="drawn again")
    app.settle()
    app.send(b"a")
    app.wait(lambda: "a" in app.facts("act"))


def test_sigcont_after_sigstop_draws_again(start: Start) -> None:
    app = start()
    os.kill(app.process.pid, signal.SIGSTOP)
    termios.tcsetattr(app.slave, termios.TCSANOW, app.before)  # what a shell does with its job stopped
    app.out.clear()
    os.kill(app.process.pid, signal.SIGCONT)
    app.wait(lambda: b"\x1b[?1049h" in app.out and b"rows" in app.out, what="drawn again")
    app.settle()
    app.send(b"a")
    app.wait(lambda: "a" in app.facts("act"))


def test_stdin_from_nowhere_ends(start: Start) -> None:
    with open(os.devnull) as null:
        app = start(stdin=null.fileno(), wait_ready=False)
        assert app.wait_end(5) == 129


def test_stdin_pipe_at_its_end_ends(start: Start) -> None:
    reader, writer = os.pipe()
    app = start(stdin=reader)
    os.close(reader)
    os.close(writer)
    assert app.wait_end(5) == 129


@pytest.mark.parametrize("target", ["pipe", "null"])
def test_stderr_elsewhere(start: Start, target: str) -> None:
    if target == "pipe":
        reader, stderr = os.pipe()
    else:
        reader = stderr = os.open(os.devnull, os.O_RDWR)
    app = start(stderr=stderr)
    app.wait(lambda: b"rows" in app.out, what="drawn on stdout")
    app.send(b"a")
    app.wait(lambda: "a" in app.facts("act"))
    app.send(b"\x11")
    assert app.wait_end(5) == 0
    for fd in {reader, stderr}:
        os.close(fd)


def test_stderr_closed(start: Start) -> None:
    app = start(wrap=["sh", "-c", 'exec "$@" 2>&-', "sh"])
    app.wait(lambda: b"rows" in app.out, what="drawn on stdout")
    app.send(b"\x11")
    assert app.wait_end(5) == 0


def test_idle_costs_nothing(start: Start) -> None:
    app = start()
    app.settle()
    before = cpu_seconds(app.process.pid)
    time.sleep(1)
    assert cpu_seconds(app.process.pid) - before < 0.05


def test_quit_leaves_the_terminal_at_once(start: Start) -> None:
    app = start()
    app.settle()
    app.out.clear()
    begun = time.monotonic()
    app.send(b"\x11")
    while b"\x1b[?1049l" not in app.out:
        assert time.monotonic() - begun < 2
        time.sleep(0.001)
    assert time.monotonic() - begun < 0.15
    assert app.wait_end(5) == 0


# ---------------------------------------------------------------- before the start


@pytest.fixture
def tty() -> Iterator[io.TextIOWrapper]:
    master, slave = os.openpty()
    with open(slave, "w", encoding="utf-8") as stream:
        yield stream
    os.close(master)


def test_refusals(tty: io.TextIOWrapper, tmp_path: object) -> None:
    env = {"TERM": "xterm-256color"}
    assert refuse_reason(tty, tty, tty, env) is None
    with open(os.devnull) as null:
        assert "input is not a terminal" in (refuse_reason(null, tty, tty, env) or "")
        assert "output is not a terminal" in (refuse_reason(tty, null, tty, env) or "")
        assert refuse_reason(tty, tty, null, env) is None
    assert "input is closed" in (refuse_reason(None, tty, tty, env) or "")
    assert "error output is closed" in (refuse_reason(tty, tty, None, env) or "")
    with open(os.devnull) as closed:
        pass
    assert "output is closed" in (refuse_reason(tty, closed, tty, env) or "")
    assert "TERM is dumb" in (refuse_reason(tty, tty, tty, {"TERM": "dumb"}) or "")
    assert "TERM is not set" in (refuse_reason(tty, tty, tty, {}) or "")
    tty.reconfigure(encoding="latin-1")
    assert "UTF-8" in (refuse_reason(tty, tty, tty, env) or "")
    for reason in (refuse_reason(tty, tty, tty, {}), refuse_reason(None, tty, tty, env)):
        assert reason is not None
        assert "\n" not in reason
        assert "oncall-tui now" in reason


def test_lifecycle_imports_no_textual() -> None:
    code = (
        "import sys, oncall_tui.terminal.lifecycle, oncall_tui.terminal\n"
        "oncall_tui.terminal.refuse_reason\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('textual', 'rich', 'asyncio')]\n"
        "sys.exit(repr(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
