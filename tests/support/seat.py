"""A seat as its user has it: the installed console script in a real pseudo-terminal, and the simulated company served
over HTTP from this process, which can be stopped and started again with its state kept."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyte

from oncall_tui.clock import Clock, SystemClock
from oncall_tui.demo.server import RunningServer, serve
from oncall_tui.demo.world import World

T = TypeVar("T")

SCRIPT = Path(sys.executable).with_name("oncall-tui")
"""The console script beside the interpreter that runs the tests."""
WAIT_S = 20.0
"""How long a condition is waited for; far more than it takes on an idle machine."""


def until(condition: Callable[[], T], timeout_s: float = WAIT_S, what: str = "") -> T:
    """The first true value of ``condition``; asked every 20 ms, because what is waited for is another process."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s:g} s: {what}")
        threading.Event().wait(0.02)
    return value


class Company:
    """The simulated company over HTTP on loopback, in a thread of its own."""

    def __init__(
        self, *, seed: int = 1, faults: Sequence[str] = (), clock: Clock | None = None, more: Sequence[str] = ()
    ) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.world = World(clock or SystemClock(), seed=seed, faults=tuple(faults), more=tuple(more))
        self._server: RunningServer | None = None
        self.port = 0
        self.start()

    def _call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def start(self) -> None:
        """Listen, on the same port as before."""
        server = self._call(serve(self.world, self.port))
        self._server, self.port = server, server.port

    def stop(self) -> None:
        """Stop listening and break connections; the state stays."""
        server, self._server = self._server, None
        if server is not None:
            self._call(server.close())

    def do(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, done on the server's own thread: the world is nobody else's to touch."""

        async def there() -> T:
            return work()

        found: T = self._call(there())
        return found

    def state(self) -> dict[str, Any]:
        """What the systems hold now."""
        return self.do(self.world.state)

    def incident(self, title: str) -> dict[str, Any]:
        """The one incident with these words in its title, as the pager has it now."""
        (found,) = [one for one in self.state()["incidents"] if title in one["title"]]
        return dict(found)

    def id_of(self, title: str) -> str:
        """Its full id, as the seat writes it."""
        return f"pager:{self.incident(title)['id']}"

    def applied(self, action: str) -> int:
        """How many writes of that kind have taken effect."""
        return int(self.state()["writes"]["applied"].get(action, 0))

    def received(self, action: str) -> int:
        """How many writes of that kind have arrived, with effect or not."""
        return int(self.state()["writes"]["received"].get(action, 0))

    def plan(self, trouble: Any, **which: Any) -> None:
        """Order a trouble for requests to come (:class:`~oncall_tui.demo.faults.Planned`)."""
        self.do(lambda: self.world.planned.next(trouble, **which))

    def config(self, folder: Path, **changes: Any) -> Path:
        """A config file for it, mode 0600; ``changes`` replace text in it."""
        text = self.world.config_yaml(f"http://127.0.0.1:{self.port}")
        for old, new in changes.items():
            text = text.replace(old, new)
        path = folder / "config.yaml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    def close(self) -> None:
        """End the thread."""
        self.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()


class Terminal:
    """The program in a pseudo-terminal, drawn by a terminal emulator (pyte)."""

    def __init__(
        self, *args: str, size: tuple[int, int] = (120, 36), env: dict[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        columns, rows = size
        self.emulator = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.emulator)
        self.raw = bytearray()
        """Every byte that the program wrote to the terminal."""
        self.hung_up = False
        """Whether the program's end of the terminal is closed and read to its end."""
        self.master, slave = os.openpty()
        self._set_size(columns, rows)
        self.before = termios.tcgetattr(self.master)
        """How the terminal was set before the program."""
        environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **(env or {})}

        def own_terminal() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [str(SCRIPT), *args],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            cwd=cwd,
            preexec_fn=own_terminal,
            close_fds=True,
        )
        os.close(slave)
        os.set_blocking(self.master, False)

    # -- what it shows -------------------------------------------------------------------------------------------

    def read(self, wait_s: float = 0.02) -> None:
        """Take what the program has written and draw it."""
        while not self.hung_up and select.select([self.master], [], [], wait_s)[0]:
            try:
                chunk = os.read(self.master, 65536)
            except OSError:
                chunk = b""
            if not chunk:
                self.hung_up = True
                return
            self.raw += chunk
            self._stream.feed(chunk)
            wait_s = 0.0

    @property
    def unread(self) -> int:
        """How many bytes the terminal holds that were written and not read."""
        return int(struct.unpack("i", fcntl.ioctl(self.master, termios.FIONREAD, bytes(4)))[0])

    @property
    def lines(self) -> list[str]:
        """The screen as text."""
        return [line.rstrip() for line in self.emulator.display]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    def shows(self, pattern: str) -> re.Match[str] | None:
        """Whether the screen, as it was last read, matches."""
        return re.search(pattern, self.text, re.MULTILINE)

    def wait(self, pattern: str, timeout_s: float = WAIT_S) -> re.Match[str]:
        """Read until the screen matches; the failure shows the screen."""
        return self.until(lambda: self.shows(pattern), f"to see {pattern!r}", timeout_s)

    def gone(self, pattern: str, timeout_s: float = WAIT_S) -> None:
        """Read until the screen matches no more."""
        self.until(lambda: not self.shows(pattern), f"to see no more {pattern!r}", timeout_s)

    def until(self, condition: Callable[[], T], what: str, timeout_s: float = WAIT_S) -> T:
        """Read until ``condition`` gives something true, and that; the failure shows the screen."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.read()
            if value := condition():
                return value
            if self.hung_up or time.monotonic() > deadline:
                raise AssertionError(f"waited in vain {what} (exit {self.process.poll()})\n{self.text}")

    def settle(self, quiet_s: float = 0.3) -> None:
        """Read until nothing was written for so long: the person has looked at what is there."""
        begun = len(self.raw)
        while True:
            self.read(quiet_s)
            if len(self.raw) == begun or self.hung_up:
                return
            begun = len(self.raw)

    def line_with(self, words: str) -> str:
        """The screen's line that holds ``words``."""
        return next((line for line in self.lines if words in line), "")

    # -- what is done to it --------------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Single deliberate key presses, each read by the program before the next."""
        for key in keys:
            self.send(key.encode())
            self.read(0.12)

    def type(self, text: str) -> None:
        """Typed by hand, one letter after the other."""
        for letter in text:
            self.send(letter.encode())
            self.read(0.03)

    def send(self, data: bytes) -> None:
        """Bytes as the terminal itself would send them."""
        os.write(self.master, data)

    def resize(self, columns: int, rows: int) -> None:
        """Another size, as when a window is dragged."""
        self.emulator.resize(rows, columns)
        self._set_size(columns, rows)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    # -- its end -------------------------------------------------------------------------------------------------

    def kill(self) -> None:
        """``kill -9``."""
        self.process.kill()
        self.process.wait(5)

    def signal(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; gives the exit code."""
        self.process.send_signal(number)
        return self.end_code()

    def hang_up(self) -> None:
        """The other end of the terminal is gone: the link was lost."""
        os.close(self.master)
        self.hung_up = True

    def rests(self) -> None:
        """Wait until it waits itself: a signal while a question is being written is looked at with the next key."""
        about = Path(f"/proc/{self.process.pid}/stat")
        until(lambda: about.read_text().rpartition(")")[2].split()[0] == "S", 8.0, "it to wait")

    def end_code(self, timeout_s: float = 8.0) -> int:
        """Read on until the program has ended; its exit code."""
        until(lambda: self.read() or self.process.poll() is not None, timeout_s, f"the program's end\n{self.text}")
        self.read()
        return int(self.process.returncode)

    def close(self) -> None:
        """Whatever happened, nothing stays."""
        if self.process.poll() is None:
            self.kill()
        try:
            os.close(self.master)
        except OSError:
            return  # hung up already


def run(
    *args: str, env: dict[str, str] | None = None, timeout_s: float = 60.0, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """The console script without a terminal."""
    return subprocess.run(
        [str(SCRIPT), *args],
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
        timeout=timeout_s,
        check=False,
        **({"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}),
    )


class Seat:
    """One config and one data folder, and the program on them: any number of commands and dashboards."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.folder = folder
        self.config = config
        self.data = folder / "data"
        self.terminals: list[Terminal] = []

    @property
    def options(self) -> tuple[str, ...]:
        """Which config and which data folder."""
        return "--config", str(self.config), "--data-dir", str(self.data)

    def run(self, *args: str, **how: Any) -> subprocess.CompletedProcess[str]:
        """A command of this seat."""
        return run(*self.options, *args, **how)

    def expect(self, code: int, *args: str, **how: Any) -> subprocess.CompletedProcess[str]:
        """A command of this seat that ends with that exit code; the failure shows what it said."""
        done = self.run(*args, **how)
        assert done.returncode == code, done
        return done

    def begin(self, *args: str) -> subprocess.Popen[str]:
        """A command of this seat that goes on beside the test."""
        return subprocess.Popen(
            [str(SCRIPT), *self.options, *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def json(self, *args: str, code: int = 0) -> Any:
        """The JSON document that a command prints, and nothing else."""
        return json.loads(self.expect(code, *args).stdout)

    def outbox(self) -> list[dict[str, Any]]:
        """The queue as the command line tells it."""
        rows: list[dict[str, Any]] = self.json("outbox", "--json")["outbox"]
        return rows

    def dashboard(self, *args: str, **how: Any) -> Terminal:
        """The dashboard of this seat, starting."""
        terminal = Terminal(*self.options, *args, **how)
        self.terminals.append(terminal)
        return terminal

    def log(self) -> str:
        """What the program has logged."""
        path = self.data / "oncall.log"
        return path.read_text("utf-8") if path.exists() else ""

    def close(self) -> None:
        """End what still runs."""
        for terminal in self.terminals:
            terminal.close()
