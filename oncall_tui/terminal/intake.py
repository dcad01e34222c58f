"""Bytes from the terminal, through the gate, to whoever handles messages; no threads."""

from __future__ import annotations

import asyncio
import os
import select
import time
from collections.abc import Callable
from typing import Final

from textual.message import Message

from oncall_tui.terminal.gate import Gate

_READ_SIZE: Final = 65_536


class Intake:
    """Reads a terminal on the event loop, from `start` to `stop`."""

    def __init__(
        self,
        fd: int,
        loop: asyncio.AbstractEventLoop,
        gate: Gate,
        *,
        is_blind: Callable[[], bool],
        on_message: Callable[[Message], None],
        on_lost: Callable[[], None],
    ) -> None:
        """Read nothing yet.

        Args:
            fd: Where keys come from.
            loop: Where reading is done and everything is called.
            gate: Decides what may act.
            is_blind: Does the person not see yet what a key would act on?
            on_message: Takes what came through the gate.
            on_lost: Called when there is nobody there any more.
        """
        self.gate = gate
        self.is_open = False
        """Is it reading?"""
        self._fd = fd
        self._loop = loop
        self._is_blind = is_blind
        self._on_message = on_message
        self._on_lost = on_lost
        self._ahead = False  # is there input from before the start, when nothing was to be seen?
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to read."""
        try:
            self._ahead = bool(select.select([self._fd], [], [], 0)[0])
            self._loop.add_reader(self._fd, self._on_readable)
        except (OSError, ValueError):
            # A file or /dev/null cannot be waited for, and there is no hand at its other end.
            self._loop.call_soon(self._on_lost)
        else:
            self.is_open = True

    def stop(self) -> None:
        """Read no more. More calls do nothing."""
        if self.is_open:
            self.is_open = False
            self._loop.remove_reader(self._fd)
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_readable(self) -> None:
        try:
            data = os.read(self._fd, _READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._on_lost()
            return
        ahead, self._ahead = self._ahead or self._is_blind(), False
        self._deliver(self.gate.feed(data, time.monotonic(), ahead=ahead))

    def _on_due(self) -> None:
        self._timer = None
        self._deliver(self.gate.tick(time.monotonic()))

    def _deliver(self, messages: list[Message]) -> None:
        for message in messages:
            self._on_message(message)
        self._stop_timer()
        deadline = self.gate.deadline if self.is_open else None
        if deadline is not None:
            self._timer = self._loop.call_later(max(0.0, deadline - time.monotonic()), self._on_due)
