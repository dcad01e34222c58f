"""A clean way out: signals, a lost terminal and a deadline that holds even when the loop does not run.

Imports neither Textual nor asyncio, so that the command line can ask `refuse_reason` for free.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Mapping

TYPE_CHECKING = False  # as typing says, which is not worth its import before the picture
if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future
    from types import FrameType
    from typing import IO, Any, Final

LIMIT: Final = 5.0
"""Seconds from the first reason to end until the process is gone, whatever still runs."""

EXIT_INTERRUPTED: Final = 130
EXIT_QUIT: Final = 131
EXIT_LOST: Final = 129
"""The terminal went away: SIGHUP, a closed pty, the end of standard input."""
EXIT_TERMINATED: Final = 143

CODES: Final[Mapping[int, int]] = {
    signal.SIGHUP: EXIT_LOST,
    signal.SIGINT: EXIT_INTERRUPTED,
    signal.SIGQUIT: EXIT_QUIT,
    signal.SIGTERM: EXIT_TERMINATED,
}
"""Signals that end the program, and its exit code then (128 + number, as shells show it)."""

_restorers: list[Callable[[], None]] = []
_current: Lifecycle | None = None


# ---------------------------------------------------------------- before the start


def refuse_reason(
    stdin: IO[Any] | None,
    stdout: IO[Any] | None,
    stderr: IO[Any] | None,
    env: Mapping[str, str],
) -> str | None:
    """Say why a full-screen program cannot run here.

    Args:
        stdin: Usually `sys.__stdin__`; `None` when closed.
        stdout: Usually `sys.__stdout__`. The dashboard is drawn here.
        stderr: Usually `sys.__stderr__`. May go to a file or a pipe, but must be open: a closed
            descriptor 2 would be given to the next file opened, and messages written into it.
        env: The environment (`TERM` is read).

    Returns:
        One line without an end of line, or `None` when nothing stands against it.
    """
    hint = "for plain text: oncall-tui now"
    for name, stream in (("input", stdin), ("output", stdout), ("error output", stderr)):
        if not _is_open(stream):
            return f"standard {name} is closed; {hint}"
    for name, stream in (("input", stdin), ("output", stdout)):
        if not _is_tty(stream):
            return f"standard {name} is not a terminal; {hint}"
    term = env.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        shown = f"TERM is {term}" if term else "TERM is not set"
        return f"{shown}, so the terminal cannot place text; {hint}, or set TERM=xterm-256color"
    encoding = (getattr(stdout, "encoding", None) or "utf-8").lower().replace("_", "-")
    if encoding not in ("utf-8", "utf8", "utf-8-sig"):
        return f"the terminal's encoding is {encoding}, not UTF-8; {hint}, or set LC_ALL=C.UTF-8"
    return None


def _is_open(stream: IO[Any] | None) -> bool:
    try:
        return stream is not None and os.fstat(stream.fileno()) is not None
    except (OSError, ValueError):
        return False


def _is_tty(stream: IO[Any] | None) -> bool:
    try:
        return stream is not None and os.isatty(stream.fileno())
    except (OSError, ValueError):
        return False


# ---------------------------------------------------------------- the end


def current() -> Lifecycle | None:
    """The lifecycle in force, if one was installed."""
    return _current


def add_restorer(restore: Callable[[], None]) -> None:
    """Have `restore` called should the process end without having given the terminal back.

    Args:
        restore: Puts the terminal back. It is called from another thread, must not block, and
            whatever it raises is dropped.
    """
    if not _restorers:
        atexit.register(_restore)
    _restorers.append(restore)


def remove_restorer(restore: Callable[[], None]) -> None:
    """Take back what `add_restorer` was given; unknown ones are ignored."""
    with contextlib.suppress(ValueError):
        _restorers.remove(restore)


def _restore() -> None:
    for restore in list(_restorers):
        with contextlib.suppress(Exception):
            restore()


def install(
    close: Callable[[int], Coroutine[Any, Any, None]],
    *,
    loop: asyncio.AbstractEventLoop | None = None,
    limit: float = LIMIT,
) -> Lifecycle:
    """Make signals and a lost terminal end the process in good order.

    Call it in the main thread, once, as early as the loop runs. From then on the first of SIGHUP
    (129), SIGTERM (143), SIGINT (130), SIGQUIT (131) or a hang-up of the terminal (129) calls
    `close` on the loop, and `limit` seconds later the process is ended with that code, even when
    the loop is blocked, `close` hangs, or a thread keeps the interpreter alive. Further signals
    change nothing.

    Args:
        close: Ends the app (for Textual: save, then `app.exit(return_code=code)`). Gets the exit code.
        loop: The running loop; the current one by default.
        limit: Seconds.

    Returns:
        The lifecycle; the command line ends with `lifecycle.code` when it is not `None`.

    Raises:
        RuntimeError: There is no running loop, or this is not the main thread.
    """
    global _current
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("install() belongs in the main thread: only there signals can be handled")
    if loop is None:
        import asyncio

        loop = asyncio.get_running_loop()
    if _current is not None:
        _current.uninstall()
    _current = Lifecycle(close, loop, limit)
    return _current


class Lifecycle:
    """What `install` returns: the reason to end, once there is one."""

    def __init__(
        self,
        close: Callable[[int], Coroutine[Any, Any, None]],
        loop: asyncio.AbstractEventLoop,
        limit: float,
    ) -> None:
        self.code: int | None = None
        """The exit code asked for, or `None` while nothing asked for an end."""
        self._close = close
        self._loop = loop
        self._limit = limit
        self._deadline: float | None = None
        self._closing: Future[None] | None = None
        self._lock = threading.RLock()
        self._watched: int | None = 0 if _fd_is_tty(0) else None
        # The signal's number is written to this pipe by the interpreter's C handler, so the watch
        # learns of it at once even while the main thread sits in a long call; the Python handlers
        # below are the second way, should something else take the wake-up descriptor.
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._old_wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._old = {number: signal.signal(number, self._on_signal) for number in CODES}
        self._watch = threading.Thread(target=self._run_watch, name="lifecycle-watch", daemon=True)
        self._watch.start()

    def request(self, code: int) -> None:
        """Ask for the end. The first code stays; any thread, any number of times.

        Args:
            code: The exit code of the process.
        """
        with self._lock:
            if self.code is not None:
                return
            self.code = code
            self._deadline = time.monotonic() + self._limit
        with contextlib.suppress(OSError):
            os.write(self._writer, b"\0")  # let the watch count from now
        with contextlib.suppress(RuntimeError):  # a closed loop has nothing left to save
            self._loop.call_soon_threadsafe(self._start_closing, code)

    def uninstall(self) -> None:
        """Give the signals back as they were and end the watch (unless an end is under way)."""
        global _current
        if self.code is not None:
            return
        for number, handler in self._old.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        signal.set_wakeup_fd(self._old_wakeup)
        if _current is self:
            _current = None
        os.close(self._writer)
        self._watch.join(1.0)

    def _start_closing(self, code: int) -> None:
        import asyncio

        self._closing = asyncio.run_coroutine_threadsafe(self._close(code), self._loop)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.request(CODES[number])
        # From here on they change nothing, also while the interpreter ends: it takes handlers away, and a second signal
        # would then end the process in its own way, with another code.
        for one in CODES:
            signal.signal(one, signal.SIG_IGN)

    def _run_watch(self) -> None:
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        if self._watched is not None:
            poll.register(self._watched, 0)  # hang-up and error are reported without being asked for
        while True:
            left: float | None = None
            if self._deadline is not None:
                left = max(0.0, self._deadline - time.monotonic()) * 1000
            for fd, _mask in poll.poll(left):
                if fd == self._reader:
                    numbers = os.read(self._reader, 512)
                    if not numbers:  # uninstalled
                        os.close(self._reader)
                        return
                    for number in numbers:
                        if number in CODES:
                            self.request(CODES[number])
                else:
                    poll.unregister(fd)
                    self.request(EXIT_LOST)
            if self._deadline is not None and time.monotonic() >= self._deadline:
                self._end_by_force()

    def _end_by_force(self) -> None:
        _restore()
        # No message: a write to a terminal or pipe that takes nothing could hold us here for ever.
        os._exit(self.code if self.code is not None else 1)


def _fd_is_tty(fd: int) -> bool:
    try:
        return os.isatty(fd)
    except OSError:
        return False
