"""Bytes to a terminal that may not take them: never blocks, holds little, says when it is free again."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import select
import termios
import time
from collections.abc import Callable
from typing import Final

_AGAIN: Final = (errno.EAGAIN, errno.EWOULDBLOCK)


class Outlet:
    """Writes to the terminal behind a file descriptor without ever waiting for it.

    Everything but `restore_now` belongs to the event loop's thread.
    """

    def __init__(
        self,
        fd: int,
        loop: asyncio.AbstractEventLoop,
        *,
        on_drain: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        """Open the terminal anew for writing.

        Args:
            fd: A descriptor of the terminal, as inherited. It stays blocking and open.
            loop: Where waiting for the terminal is done.
            on_drain: Called (on the loop) when a terminal that took nothing has taken everything.
            on_lost: Called (on the loop) once, when the terminal is gone.
        """
        self._loop = loop
        self._on_drain = on_drain
        self._on_lost = on_lost
        self._pending = bytearray()
        self._lost = False
        self._waiting = False
        self.fd, self._shared = _open_own(fd)

    @property
    def pending(self) -> int:
        """Bytes accepted by `send` that the terminal has not taken yet."""
        return len(self._pending)

    @property
    def stalled(self) -> bool:
        """Does the terminal take no more for now? Then draw nothing, and draw anew at `on_drain`."""
        return bool(self._pending) or self._lost

    def send(self, data: bytes) -> None:
        """Write what the terminal takes, and the rest in order as soon as it takes more.

        Args:
            data: Whole escape sequences and text. While `stalled` they are kept, so send only what
                cannot be left out.
        """
        if self._lost or self.fd < 0:
            return
        if self._pending:
            self._pending += data
            return
        sent = self._write(data)
        if sent < len(data) and not self._lost:
            self._pending += data[sent:]
            self._wait()

    def drain(self, timeout: float) -> bool:
        """Write what is pending, waiting for the terminal at most `timeout` seconds.

        Returns:
            `True` when nothing is left.
        """
        deadline = time.monotonic() + timeout
        poll = select.poll()
        if self.fd >= 0:
            poll.register(self.fd, select.POLLOUT)
        while self._pending and not self._lost and self.fd >= 0:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                break
            del self._pending[: self._write(self._pending)]
        return not self._pending

    def discard(self) -> None:
        """Forget what is pending, here and in the kernel, so that a last short word gets through.

        The terminal may stand within a sequence then: begin the word with CAN and ST.
        """
        self._pending.clear()
        with contextlib.suppress(termios.error, OSError):
            termios.tcflush(self.fd, termios.TCOFLUSH)

    def write_now(self, data: bytes) -> None:
        """Write once, around the queue, from any thread, without waiting; errors are dropped."""
        with contextlib.suppress(OSError):
            os.write(self.fd, data)

    def close(self) -> None:
        """Stop waiting and close; pending bytes are dropped. More calls do nothing."""
        if self.fd < 0:
            return
        self._stop_waiting()
        self._pending.clear()
        if self._shared:
            with contextlib.suppress(OSError):
                os.set_blocking(self.fd, True)
        with contextlib.suppress(OSError):
            os.close(self.fd)
        self.fd = -1

    def _write(self, data: bytes | bytearray) -> int:
        done = 0
        view = memoryview(data)
        try:
            while done < len(view):
                done += os.write(self.fd, view[done:])
        except OSError as error:
            if error.errno not in _AGAIN:
                self._lose()
        finally:
            view.release()
        return done

    def _wait(self) -> None:
        if not self._waiting:
            self._loop.add_writer(self.fd, self._on_writable)
            self._waiting = True

    def _stop_waiting(self) -> None:
        if self._waiting:
            self._waiting = False
            with contextlib.suppress(RuntimeError, ValueError, OSError):
                self._loop.remove_writer(self.fd)

    def _on_writable(self) -> None:
        del self._pending[: self._write(self._pending)]
        if not self._pending and not self._lost:
            self._stop_waiting()
            self._on_drain()

    def _lose(self) -> None:
        if not self._lost:
            self._lost = True
            self._pending.clear()
            self._stop_waiting()
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon(self._on_lost)


def _open_own(fd: int) -> tuple[int, bool]:
    """A non-blocking descriptor of the same terminal, and whether its flags are shared.

    O_NONBLOCK belongs to the open file, which our standard streams share with the shell and with
    every child: so the terminal is opened anew by its name. Where that is forbidden (after `su`, in
    some containers) the shared one is made non-blocking, and `close` takes it back.
    """
    flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
    with contextlib.suppress(OSError):
        own = os.open(os.ttyname(fd), flags)
        if os.fstat(own).st_rdev == os.fstat(fd).st_rdev:
            return own, False
        os.close(own)
    own = os.dup(fd)
    os.set_blocking(own, False)
    return own, True
