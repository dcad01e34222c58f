"""A real pseudo-terminal with the probe app in it, and waiting for conditions instead of sleeping."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def wait_for(condition: Callable[[], Any], timeout: float = 10.0, what: str = "") -> Any:
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"timed out after {timeout} s: {what or condition}")
        time.sleep(0.005)


class Session:
    """The app in a pty of its own session. `read=False` leaves what it writes unread."""

    def __init__(
        self,
        log: Path,
        *args: str,
        size: tuple[int, int] = (80, 24),
        stdin: int | None = None,
        stderr: int | None = None,
        script: Path = HERE / "probe_app.py",
        env: dict[str, str] | None = None,
        wrap: list[str] | None = None,
        wait_ready: bool = True,
        reading: bool = True,
    ) -> None:
        self.log = log
        self.master, self.slave = os.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self.slave)
        self.out = bytearray()
        self._reading = threading.Event()
        if reading:
            self._reading.set()
        self._stop = False
        command = [*(wrap or []), sys.executable, str(script), str(log), *args]
        self.process = subprocess.Popen(
            command,
            stdin=self.slave if stdin is None else stdin,
            stdout=self.slave,
            stderr=self.slave if stderr is None else stderr,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(1, termios.TIOCSCTTY, 0),
            env={
                **{k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")},
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "PYTHONPATH": str(ROOT),
                **(env or {}),
            },
        )
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()
        if wait_ready:
            self.wait(lambda: self.facts("ready"), what="ready")

    def _pump(self) -> None:
        while not self._stop:
            if not self._reading.wait(0.05):
                continue
            try:
                if not select.select([self.master], [], [], 0.02)[0] or not self._reading.is_set():
                    continue
                data = os.read(self.master, 65536)
            except OSError:
                if self.process.poll() is not None:
                    return
                time.sleep(0.01)
                continue
            self.out += data

    def stop_reading(self) -> None:
        self._reading.clear()
        time.sleep(0.03)  # the pump's own poll

    def read_again(self) -> None:
        self._reading.set()

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def send(self, data: bytes) -> None:
        os.write(self.master, data)

    def close_terminal(self) -> None:
        self._stop = True
        self._thread.join()
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    def facts(self, name: str) -> list[Any]:
        try:
            lines = self.log.read_text().splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            try:
                fact = json.loads(line)
            except ValueError:
                continue
            if name in fact:
                found.append(fact[name])
        return found

    def wait(self, condition: Callable[[], Any], timeout: float = 10.0, what: str = "") -> Any:
        def check() -> Any:
            value = condition()
            if not value and self.process.poll() is not None:
                raise AssertionError(f"{what}: the app ended with {self.process.poll()}\n{self.tail()}")
            return value

        return wait_for(check, timeout, f"{what}\n{self.tail()}")

    def tail(self) -> str:
        text = self.log.read_text()[-600:] if self.log.exists() else ""
        return text + "\n" + bytes(self.out[-1500:]).decode("utf-8", "replace")

    def wait_end(self, timeout: float) -> int:
        return self.process.wait(timeout)

    def settle(self, mark: str = "\x1bOQ") -> None:
        """Wait until everything sent before has been handled: a function key comes out at the end."""
        count = self.facts("key").count("f2")
        self.wait(lambda: self._quiet_then(mark, count), what="f2 after what was sent")
        time.sleep(0.03)  # what comes next is another hand movement, not the rest of a burst

    def _quiet_then(self, mark: str, count: int) -> bool:
        if self.facts("key").count("f2") > count:
            return True
        # Within a burst's tail the key is dropped on purpose: press it again, as a person would.
        self.send(mark.encode())
        deadline = time.monotonic() + 0.15
        while time.monotonic() < deadline:
            if self.facts("key").count("f2") > count:
                return True
            time.sleep(0.005)
        return False

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self._stop = True
        self._thread.join()
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)
        self.master = self.slave = -1


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
