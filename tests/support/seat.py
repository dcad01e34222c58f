"""A seat as its user has it: the installed console script in a real pseudo-terminal, and the simulated company served
over HTTP from this process, which can be stopped and started again with its state kept."""

from __future__ import annotations

import asyncio
import fcntl
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

T = TypeVar("T")

SCRIPT = Path(sys.executable).with_name("oncall-tui")
"""The console script beside the interpreter that runs the tests."""


def until(condition: Callable[[], T], timeout_s: float = 15.0, what: str = "") -> T:
    """The first true value of ``condition``; asked every 20 ms, because what is waited for is another process."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s:g} s: {what}")
        threading.Event().wait(0.02)
    return value


class Company:
    """The simulated company over HTTP on loopback, in a thread of its own."""

    def __init__(self, *, seed: int = 1, faults: Sequence[str] = (), clock: Any = None) -> None:
        from oncall_tui.demo.world import World

        from oncall_tui.clock import SystemClock

        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.world = World(clock or SystemClock(), seed=seed, faults=tuple(faults))
        self._server: Any = None
        self.port = 0
        self.start()

    def _call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def start(self) -> None:
        """Listen, on the same port as before."""
        from oncall_tui.demo.server import serve

        self._server = self._call(serve(self.world, self.port))
        self.port = self._server.port

    def stop(self) -> None:
        """Stop listening and break connections; the state stays."""
        server, self._server = self._server, None
        if server is not None:
            self._call(server.close())

    def state(self) -> dict[str, Any]:
        """What the systems hold now, read on the server's own thread."""

        async def look() -> dict[str, Any]:
            return self.world.state()

        found: dict[str, Any] = self._call(look())
        return found

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
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
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

    def read(self, wait_s: float = 0.02) -> None:
        """Take what the program has written and draw it."""
        while select.select([self.master], [], [], wait_s)[0]:
            try:
                chunk = os.read(self.master, 65536)
            except OSError:
                return
            if not chunk:
                return
            self.raw += chunk
            self._stream.feed(chunk)
            wait_s = 0.0

    @property
    def lines(self) -> list[str]:
        """The screen as text."""
        return [line.rstrip() for line in self.emulator.display]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    def wait(self, pattern: str, timeout_s: float = 15.0) -> re.Match[str]:
        """Read until the screen matches; the failure shows the screen."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.read()
            if found := re.search(pattern, self.text, re.MULTILINE):
                return found
            if time.monotonic() > deadline or (self.process.poll() is not None and not self._left()):
                raise AssertionError(f"never seen: {pattern!r} (exit {self.process.poll()})\n{self.text}")

    def _left(self) -> bool:
        return bool(select.select([self.master], [], [], 0)[0])

    def gone(self, pattern: str, timeout_s: float = 15.0) -> None:
        """Read until the screen matches no more."""
        until(
            lambda: self.read() or not re.search(pattern, self.text, re.MULTILINE), timeout_s, f"{pattern} still there"
        )

    def press(self, *keys: str) -> None:
        """Single deliberate key presses, each read by the program before the next."""
        for key in keys:
            os.write(self.master, key.encode())
            self.read(0.12)

    def line_with(self, words: str) -> str:
        """The screen's line that holds ``words``."""
        return next((line for line in self.lines if words in line), "")

    def kill(self) -> None:
        """``kill -9``."""
        self.process.kill()
        self.process.wait(5)

    def signal(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; gives the exit code."""
        self.process.send_signal(number)
        return self.end_code()

    def end_code(self, timeout_s: float = 8.0) -> int:
        """Read on until the program has ended; its exit code."""
        until(lambda: self.read() or self.process.poll() is not None, timeout_s, "the program did not end")
        return self.process.returncode

    def close(self) -> None:
        """Whatever happened, nothing stays."""
        if self.process.poll() is None:
            self.kill()
        os.close(self.master)


def run(*args: str, env: dict[str, str] | None = None, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """The console script without a terminal."""
    return subprocess.run(
        [str(SCRIPT), *args],
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
        timeout=timeout_s,
        check=False,
        stdin=subprocess.DEVNULL,
    )
