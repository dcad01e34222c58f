"""The start: the last known board stands on the terminal before anything heavy is imported, and the app takes over from
it.

The order of things is seen by a ``sitecustomize`` of the test's, which holds up the first import of anything heavy
until a file is there: whatever the terminal shows before that was drawn without it.
"""

from __future__ import annotations

import os
import re
import signal
import stat
import termios
from binascii import crc32
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.hands import CHECKOUT, LARGE, SMALL, both_sizes, cursor, cursor_on, opened
from tests.support.seat import Company, Seat, Terminal, until
from tests.terminal.emulator import Terminal as Emulator

pytestmark = pytest.mark.pty

GATE = """
import os, sys, threading

HEAVY = {"textual", "rich", "asyncio", "dataclasses", "argparse", "logging", "sqlite3", "aiosqlite", "msgspec", "yaml",
         "httpx"}

class Gate:
    def find_spec(self, name, path=None, target=None):
        if name in HEAVY:
            open(os.environ["GATE"] + ".reached", "w").close()
            while not os.path.exists(os.environ["GATE"]):
                threading.Event().wait(0.01)
            sys.meta_path.remove(self)

sys.meta_path.insert(0, Gate())
"""
CHANGED = """
import sys
from importlib.machinery import PathFinder

class Change:
    def find_spec(self, name, path=None, target=None):
        if name != "oncall_tui.desk.desk":
            return None
        spec = PathFinder.find_spec(name, path)
        execute = spec.loader.exec_module

        def and_change(module):
            execute(module)
            change(module)

        spec.loader.exec_module = and_change
        return spec

sys.meta_path.insert(0, Change())
"""
SLOW = """
def change(module):
    quick = module.Desk.board

    async def board(desk, **how):
        module.Desk.board = quick
        await module.asyncio.sleep(3)
        return await quick(desk, **how)

    module.Desk.board = board
"""
BROKEN = """
def change(module):
    async def value(desk, name):
        raise KeyError(name)

    module.Desk.value = value
"""
STARTING = r"as of \d\d:\d\d \(just now\), starting"


class Held:
    """A start that comes as far as the first heavy import."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "gate"
        self.site = folder / "site"
        self.site.mkdir()
        (self.site / "sitecustomize.py").write_text(GATE)

    @property
    def env(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self.site), "GATE": str(self.file)}

    def start(self, seat: Seat, *args: str, size: tuple[int, int] = LARGE, **env: str) -> Terminal:
        """Start, and come back when something heavy is asked for; what was drawn is read."""
        reached = self.file.with_name("gate.reached")
        reached.unlink(missing_ok=True)
        self.file.unlink(missing_ok=True)
        terminal = seat.dashboard(*args, size=size, env={**self.env, **env})
        terminal.until(reached.exists, "a heavy import")
        terminal.settle(0.1)
        return terminal

    def go_on(self) -> None:
        """Let everything be imported."""
        self.file.touch()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    made = Held(tmp_path)
    yield made
    made.go_on()


def left(seat: Seat, size: tuple[int, int] = LARGE) -> Terminal:
    """A first run, quit when its first answers were in."""
    terminal = opened(seat, size=size)
    terminal.settle()
    terminal.press("q")
    assert terminal.end_code() == 0
    return terminal


def files(seat: Seat) -> list[Path]:
    """The pictures kept."""
    return sorted((seat.data / "frames").glob("*.frame"))


def cells(terminal: Terminal) -> list[list[tuple[object, ...]]]:
    """All that is seen on a terminal of 120x36: text and colours."""
    screen = Emulator(*LARGE)
    screen.feed("".join(f"\x1b[{y + 1};1H{' ' * LARGE[0]}" for y in range(LARGE[1])))  # pyte erases no untouched cell
    screen.feed(terminal.raw.decode().replace("\r\n", "\n"))
    return screen.cells()


@both_sizes
def test_the_last_board_is_there_before_anything_heavy(seat: Seat, held: Held, size: tuple[int, int]) -> None:
    first = opened(seat, size=size)
    first.settle()
    shown = first.lines
    first.press("q")
    assert first.end_code() == 0
    terminal = held.start(seat, size=size)
    assert re.search(STARTING, terminal.lines[0])
    assert terminal.lines[1:] == shown[1:], "but for the mark it is the screen that was left"
    assert terminal.emulator.cursor.hidden
    held.go_on()
    terminal.gone("starting")
    terminal.wait(CHECKOUT)


def test_the_take_over_leaves_the_screen_as_without_a_picture(seat: Seat, held: Held) -> None:
    left(seat)
    terminal = held.start(seat)
    drawn = len(terminal.raw)
    held.go_on()
    terminal.gone("starting")
    assert len(terminal.raw) - drawn < 3_000, "only what differs is sent"
    assert b"\x1b[2J" not in terminal.raw[drawn:], "nothing flashes"
    terminal.wait(r"● pager +● alerts +● metrics +● probes +● rota")
    terminal.settle(0.5)
    for file in files(seat):
        file.unlink()
    plain = opened(seat)
    plain.settle(0.5)
    # The two are some seconds of the company's day apart: an age or two may have moved on.
    same = 0
    for line, ours, theirs in zip(plain.lines, cells(terminal), cells(plain), strict=True):
        assert ours == theirs or line not in terminal.lines, line
        same += ours == theirs
    assert same >= 15, "most lines are the same to the cell"


def test_a_slow_store_leaves_the_picture_until_there_is_a_board(seat: Seat, tmp_path: Path) -> None:
    left(seat)
    (tmp_path / "sitecustomize.py").write_text(CHANGED + SLOW)
    terminal = seat.dashboard(size=LARGE, env={"PYTHONPATH": str(tmp_path)})
    terminal.wait(STARTING)
    terminal.settle(0.1)
    while terminal.shows("starting"):
        terminal.read(0.05)
        assert CHECKOUT in terminal.text, "at no moment is there less than the picture"


def test_keys_of_before_move_and_do_nothing_else(company: Company, seat: Seat, held: Held) -> None:
    left(seat)
    terminal = held.start(seat)
    stood = cursor(terminal)
    assert stood
    for key in (b"a", b"j", b"q", b"\x1b[B", b"r", b"\r"):
        terminal.send(key)
        terminal.read(0.06)
    assert cursor(terminal) == stood
    held.go_on()
    terminal.gone("starting")
    terminal.until(lambda: cursor(terminal)[:60] != stood[:60] and "│▌" in cursor(terminal), "the cursor to move")
    terminal.settle()
    assert terminal.process.poll() is None
    assert company.received("acknowledge") == company.received("resolve") == 0
    assert "1 Incidents" in terminal.text, "no dialog, no other screen"


def test_the_cursor_stays_where_the_picture_shows_it(seat: Seat, held: Held) -> None:
    first = opened(seat)
    cursor_on(first, "Payment gateway latency")
    first.settle()
    first.press("q")
    assert first.end_code() == 0
    terminal = held.start(seat)
    assert "Payment gateway latency" in cursor(terminal)
    held.go_on()
    terminal.gone("starting")
    terminal.until(lambda: "Payment gateway latency" in cursor(terminal), "the cursor to be on its row")


def test_only_the_user_can_read_it(seat: Seat) -> None:
    left(seat)
    (file,) = files(seat)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_is_kept_on_the_way_out_by_a_signal(seat: Seat, number: signal.Signals) -> None:
    terminal = opened(seat)
    terminal.settle(0.1)
    for file in files(seat):
        file.unlink()
    terminal.signal(number)
    (file,) = files(seat)
    assert CHECKOUT.encode() in file.read_bytes()


def test_it_is_kept_after_a_change_while_it_runs(seat: Seat) -> None:
    terminal = opened(seat)
    until(
        lambda: terminal.read() or any(CHECKOUT.encode() in one.read_bytes() for one in files(seat)), what="a picture"
    )
    terminal.kill()
    assert CHECKOUT.encode() in files(seat)[0].read_bytes()


def test_no_dialog_and_nothing_typed_is_kept(seat: Seat) -> None:
    terminal = opened(seat)
    until(
        lambda: terminal.read() or any(CHECKOUT.encode() in one.read_bytes() for one in files(seat)), what="a picture"
    )
    terminal.press("/")
    terminal.type("Checko")
    terminal.wait("/Checko")
    terminal.send(b"\x1b")
    terminal.gone("/Checko")
    terminal.press("n")
    terminal.wait("─ Note")
    terminal.type("unspeakable")
    terminal.wait("unspeakable")
    assert terminal.signal(signal.SIGTERM) == 143
    for file in files(seat):
        raw = file.read_bytes()
        assert b"unspeakable" not in raw
        assert b"/Checko" not in raw
        assert CHECKOUT.encode() in raw


def test_a_dialog_that_closes_as_the_end_comes_is_not_kept(seat: Seat) -> None:
    terminal = opened(seat)
    terminal.settle()
    terminal.press("n")
    terminal.wait("─ Note")
    terminal.type("unspeakable")
    terminal.wait("unspeakable")
    terminal.send(b"\x1b")
    terminal.signal(signal.SIGTERM)
    assert not any(b"unspeakable" in file.read_bytes() for file in files(seat))


def test_another_size_begins_plainly(seat: Seat, held: Held) -> None:
    left(seat, size=LARGE)
    terminal = held.start(seat, size=SMALL)
    assert not terminal.raw
    held.go_on()
    terminal.wait(CHECKOUT)


def test_another_config_look_or_seat_begins_plainly(seat: Seat, held: Held) -> None:
    left(seat)
    for args, env in (((), {"NO_COLOR": "1"}), (("--read-only",), {})):
        terminal = held.start(seat, *args, **env)
        assert not terminal.raw
        terminal.kill()
    assert held.start(seat).raw
    seat.config.write_text(seat.config.read_text() + "\n# edited\n")
    assert not held.start(seat).raw


def forged(raw: bytes, change: tuple[bytes, bytes]) -> bytes:
    """A file whose checksum is right."""
    form, _, body = raw.split(b"\n", 2)
    body = body.replace(*change)
    return b"%s\n%08x\n%s" % (form, crc32(body), body)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda raw: raw[: len(raw) // 2], id="cut"),
        pytest.param(lambda raw: raw.replace(b"Checkout", b"Checkin!"), id="damaged"),
        pytest.param(lambda raw: forged(raw, (b"ONCALL", b"\x1b]52;c;cHduZWQ=\x07")), id="clipboard"),
        pytest.param(lambda raw: forged(raw, (b"ONCALL", b"\x1b[6n")), id="query"),
        pytest.param(lambda raw: forged(raw, (b"('0.", b"('9.")), id="another version"),
        pytest.param(lambda raw: raw + b" " * 300_000, id="too large"),
        pytest.param(lambda raw: b"", id="empty"),
    ],
)
def test_a_file_that_is_not_ours_is_not_shown(seat: Seat, held: Held, change: object) -> None:
    left(seat)
    (file,) = files(seat)
    before = file.read_bytes()
    assert callable(change)
    file.write_bytes(change(before))
    assert file.read_bytes() != before
    terminal = held.start(seat)
    assert not terminal.raw
    held.go_on()
    terminal.wait(CHECKOUT)


def restored(terminal: Terminal) -> None:
    """The terminal is as before the program."""
    assert terminal.raw.rindex(b"\x1b[?1049l") > terminal.raw.rindex(b"\x1b[?1049h")
    assert not terminal.emulator.cursor.hidden
    assert termios.tcgetattr(terminal.master) == terminal.before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)])
def test_a_signal_before_the_app_gives_the_terminal_back(
    seat: Seat, held: Held, number: signal.Signals, code: int
) -> None:
    left(seat)
    terminal = held.start(seat)
    assert terminal.shows(STARTING)
    assert terminal.signal(number) == code
    restored(terminal)
    assert "Traceback" not in terminal.text


def test_ctrl_c_before_the_app_ends_the_start(seat: Seat, held: Held) -> None:
    left(seat)
    terminal = held.start(seat)
    terminal.send(b"\x03")
    held.go_on()  # the event loop looks at it between two steps, of which the import is one
    assert terminal.end_code() == 130
    restored(terminal)
    assert "Traceback" not in terminal.text


def test_a_start_that_fails_gives_the_terminal_back_and_says_why(seat: Seat) -> None:
    left(seat)
    database = seat.data / "oncall.db"
    database.chmod(0o666)
    terminal = seat.dashboard(size=LARGE)
    assert terminal.end_code() == 2
    assert re.search(rb"as of \d\d:\d\d", terminal.raw), "the picture was shown"
    restored(terminal)
    terminal.wait("oncall-tui: .*oncall.db is open to others")
    assert terminal.raw.rindex(b"is open to others") > terminal.raw.rindex(b"\x1b[?1049l")


def test_a_fault_before_the_dashboard_stands_ends_the_program(company: Company, tmp_path: Path) -> None:
    seat = Seat(tmp_path, company.config(tmp_path))
    left(seat)
    (tmp_path / "sitecustomize.py").write_text(CHANGED + BROKEN)
    terminal = seat.dashboard(size=LARGE, env={"PYTHONPATH": str(tmp_path)})
    assert terminal.end_code() == 70
    restored(terminal)
    terminal.wait("oncall-tui: KeyError inside the program; the traceback is in oncall.log")
    seat.close()


def test_a_demo_keeps_no_picture(tmp_path: Path) -> None:
    data = tmp_path / "data"
    terminal = Terminal("demo", "--data-dir", str(data), size=LARGE)
    terminal.wait(CHECKOUT)
    terminal.settle()
    terminal.press("q")
    assert terminal.end_code() == 0
    assert "frames" not in os.listdir(data)
    terminal.close()
