"""With Textual itself: the same screens as its own driver, a picture before the start, and the alarm."""

from __future__ import annotations

import inspect
import re
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import textual
from textual import constants, events
from textual._parser import Parser
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from oncall_tui.terminal import early
from oncall_tui.terminal.driver import SafeDriver
from tests.terminal.emulator import Terminal
from tests.terminal.harness import HERE, Session, wait_for

Start = Callable[..., Session]
# kitty's keyboard and DECRQM, which pyte prints
NOT_FOR_PYTE = re.compile(r"\x1b\[[<>=]\d*u|\x1b\[\?\d+\$p")


def seen(app: Session, width: int, height: int) -> Terminal:
    terminal = Terminal(width, height)
    terminal.stream.feed(NOT_FOR_PYTE.sub("", bytes(app.out).decode("utf-8", "ignore")))
    return terminal


def test_screens_are_those_of_textuals_driver(start: Start) -> None:
    size = (100, 30)
    apps = [start("area", size=size), start("area", "stock", size=size)]
    for step in (b"hello", b"\r", b"w", "é日本".encode(), b"\x1b[D", b"\x7f", b"\x1b[1;2A", b"end"):
        for app in apps:
            app.send(step)

        def same() -> bool:
            ours, stock = (seen(app, *size) for app in apps)
            return ours.cells() == stock.cells()

        apps[0].wait(same, 5, f"the same after {step!r}")
    assert len(apps[0].out) * 3 < len(apps[1].out)


def test_early_picture_is_gone_on_from(start: Start, tmp_path: Path) -> None:
    script = tmp_path / "early_app.py"
    script.write_text(
        "import sys\n"
        "from oncall_tui.terminal import early\n"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('textual', 'rich', 'asyncio')]\n"
        "assert early.show('\\x1b[1;1Hrows\\x1b[5;1Hlast known board', 80, 24)\n"
        f"sys.argv[0] = {str(HERE / 'probe_app.py')!r}\n"
        "exec(compile(open(sys.argv[0]).read(), sys.argv[0], 'exec'))\n"
    )
    app = start("list", "slow-board", script=script, wait_ready=False)
    app.wait(lambda: b"last known board" in app.out)
    assert app.out.count(b"\x1b[?1049h") == 1
    app.send(b"a")
    app.wait(lambda: app.facts("ready"))
    app.send(b"r")  # what it would act on is not shown yet
    assert "last known board" in "\n".join(seen(app, 80, 24).screen.display)
    app.wait(lambda: app.facts("taken over"), 5)
    app.wait(lambda: "last known board" not in "\n".join(seen(app, 80, 24).screen.display))
    assert "rows" in seen(app, 80, 24).screen.display[0]
    assert app.facts("act") == []
    assert app.out.count(b"\x1b[?1049h") == 1
    app.settle()
    app.send(b"a")
    app.wait(lambda: "a" in app.facts("act"))
    app.send(b"\x11")
    assert app.wait_end(5) == 0
    assert termios.tcgetattr(app.slave) == app.before


def test_early_picture_is_taken_away_when_no_app_comes(start: Start, tmp_path: Path) -> None:
    script = tmp_path / "no_app.py"
    script.write_text(
        "import sys\nfrom oncall_tui.terminal import early\n"
        "assert early.show('\\x1b[1;1Hpicture', 80, 24)\nraise SystemExit(3)\n"
    )
    app = start(script=script, wait_ready=False)
    assert app.wait_end(5) == 3
    app_out = bytes(app.out)
    for _ in range(100):
        if b"\x1b[?1049l" in app_out:
            break
        app_out = bytes(app.out)
    assert termios.tcgetattr(app.slave) == app.before


FILL = """
import os, sys
from oncall_tui.terminal import early
own = os.open(os.ttyname(1), os.O_WRONLY | os.O_NONBLOCK)
taken = 0
try:
    while True:
        taken += os.write(own, b".")
except BlockingIOError:
    pass
"""


def stopped(start: Start, tmp_path: Path, code: str) -> Session:
    """A program whose terminal is full, and reads nothing from the start."""
    script = tmp_path / "stopped.py"
    script.write_text(FILL + code)
    return start(script=script, wait_ready=False, reading=False)


def test_early_does_not_wait_for_a_terminal_that_takes_nothing(start: Start, tmp_path: Path) -> None:
    app = stopped(start, tmp_path, "raise SystemExit(5 if early.show('picture', 80, 24) is False else 6)\n")
    assert app.wait_end(5) == 5
    assert termios.tcgetattr(app.slave) == app.before


def test_early_leaves_what_the_terminal_does_not_take_to_the_driver(start: Start, tmp_path: Path) -> None:
    code = (
        "import termios\n"
        "termios.tcflush(own, termios.TCOFLUSH)\n"
        "picture = 'x' * taken\n"
        "assert early.show(picture, 80, 24)\n"
        "shown = early.take()\n"
        "assert shown.rest and (early.ENTER + picture).encode().endswith(shown.rest)\n"
        "raise SystemExit(5)\n"
    )
    assert stopped(start, tmp_path, code).wait_end(5) == 5


def test_early_gives_a_full_terminal_back(start: Start, tmp_path: Path) -> None:
    code = (
        "import termios\n"
        "termios.tcflush(own, termios.TCOFLUSH)\n"
        "assert early.show('x' * taken, 80, 24)\n"
        "raise SystemExit(5)\n"
    )
    app = stopped(start, tmp_path, code)
    assert app.wait_end(5) == 5
    assert termios.tcgetattr(app.slave) == app.before
    app.read_again()
    wait_for(lambda: b"\x1b[?1049l" in app.out)


def test_early_refuses_another_size_and_no_terminal() -> None:
    assert early.show("x", 3, 3) is False
    assert early.take() is None


def test_alarm_private_names_of_textual_are_as_relied_on() -> None:
    """When this is red, Textual was changed: read docs/adr/0004-terminal-driver.md before anything else."""
    assert textual.__version__ == "8.2.8"
    parser = XTermParser()
    assert [m.key for m in parser.feed("\x1b[1;5C") if isinstance(m, events.Key)] == ["ctrl+right"]
    assert [m.key for m in XTermParser().feed("\x1bx")] == []
    waiting = XTermParser()
    assert [*waiting.feed("\x1bx"), *waiting.feed("")][0].key == "alt+x"  # type: ignore[attr-defined]
    assert issubclass(XTermParser, Parser)
    for name in (
        *("_enable_mouse_support", "_disable_mouse_support", "_enable_bracketed_paste", "_disable_line_wrap"),
        *("_request_terminal_sync_mode_support", "_query_in_band_window_resize", "_patch_lflag", "_patch_iflag"),
        *("process_message", "send_message", "disable_input", "start_application_mode", "stop_application_mode"),
        *("close", "suspend_application_mode", "resume_application_mode", "SignalResume", "can_suspend"),
    ):
        assert hasattr(LinuxDriver, name), name
    source = inspect.getsource(LinuxDriver.__init__) + inspect.getsource(Driver.__init__)
    for name in (
        *("attrs_before", "fileno", "_must_signal_resume", "_in_band_window_resize", "_auto_restart", "_size"),
        *("_loop", "_app", "_debug", "input_tty"),
    ):
        assert f"self.{name}" in source, name
    display = inspect.getsource(App._display)
    assert display.index("_driver.write(terminal_sequence)") < display.index("_driver.flush()")
    assert "driver_class" in inspect.signature(App.__init__).parameters
    assert constants.ESCAPE_DELAY > 0
    # what of LinuxDriver is replaced: nothing new may have come in between
    replaced = {"write", "flush", "send_message", "process_message", "start_application_mode", "disable_input"}
    assert replaced | {"stop_application_mode", "close", "_get_terminal_size"} <= set(vars(SafeDriver))
    assert sys.modules["textual.drivers._writer_thread"]  # imported by LinuxDriver, not used by ours
