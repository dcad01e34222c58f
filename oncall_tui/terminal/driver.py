"""The driver: Textual's terminal, drawn without ever waiting for it and read with care.

Both ways run on the event loop (no threads): what a terminal does not take is dropped and drawn anew
later, what it sends goes through `gate`. Everything here is called in the loop's thread unless said.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import select
import signal
import sys
import termios
import time
import tty
from types import FrameType
from typing import Any, Final

from textual import events
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message
from textual.messages import InBandWindowResize

from oncall_tui.terminal import lifecycle
from oncall_tui.terminal.gate import Gate
from oncall_tui.terminal.outlet import Outlet

MAX_WIDTH: Final = 500
MAX_HEIGHT: Final = 200
"""Cells. A terminal may claim any size (5000x2000 held Textual up for 40 s); this much is drawn."""

_READ_SIZE: Final = 65_536
_CONTROL_LIMIT: Final = 65_536
"""Bytes that may wait for a stalled terminal before even what is no frame is dropped."""
_LEAVE_TIMEOUT: Final = 0.3
"""Seconds that leaving waits for a terminal to take the last frame."""
_FRAME: Final = re.compile(r"\x1b\[\d+;\d+H")
_SYNC_START: Final = "\x1b[?2026h"
_SYNC_END: Final = "\x1b[?2026l"
_LEAVE: Final = (
    "\x1b[?2026l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?2004l\x1b[?2048l"
    "\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[0m"
)
_ABORT: Final = "\x18\x1b\\"
"""Ends whatever sequence a terminal may stand in the middle of."""


def clamp(width: int, height: int) -> tuple[int, int]:
    """Bring a terminal's size into what can be drawn at all and drawn in time.

    Args:
        width: Columns; 0 or less counts as unknown (80).
        height: Rows; 0 or less counts as unknown (24).

    Returns:
        Columns from 1 to `MAX_WIDTH`, rows from 1 to `MAX_HEIGHT`.
    """
    return min(width, MAX_WIDTH) if width > 0 else 80, min(height, MAX_HEIGHT) if height > 0 else 24


class SafeDriver(LinuxDriver):
    """Give it to a Textual app: `App(driver_class=SafeDriver)`.

    Draws on the terminal that standard output is (else standard error, else input), in UTF-8.
    """

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        """Called by Textual.

        Args:
            app: The app to draw and to send events to.
            debug: Passed to Textual's parser of keys.
            mouse: Ask the terminal for mouse events.
            size: Columns and rows, or `None` to ask the terminal.
        """
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._tty_out = _find_terminal()
        self._outlet: Outlet | None = None
        self._gate: Gate | None = None
        self._gate_timer: asyncio.TimerHandle | None = None
        self._reading = False
        self._ahead = False  # is there input from before the start, when nothing was to be seen?
        self._active = False
        self._skipped = False
        self._skipping_sync = False
        # LinuxDriver has put its own handlers in place, which work in the middle of whatever the main
        # thread is doing. Ours only wake the loop.
        signal.signal(signal.SIGTSTP, self._on_signal)
        signal.signal(signal.SIGCONT, self._on_signal)

    # ------------------------------------------------------------ out

    def write(self, data: str) -> None:
        """Draw or send a control sequence; never blocks. Does nothing outside application mode.

        Args:
            data: What Textual writes: whole sequences and text.
        """
        outlet = self._outlet
        if outlet is None:
            return
        if data == _SYNC_END and self._skipping_sync:
            self._skipping_sync = False
            return
        if outlet.stalled:
            if data == _SYNC_START:
                self._skipping_sync = True
                return
            if _FRAME.match(data):
                self._skipped = True
                return
            if outlet.pending > _CONTROL_LIMIT:
                return
        outlet.send(data.encode("utf-8", "replace"))

    def flush(self) -> None:
        """Nothing is kept back, so there is nothing to do."""

    def repaint(self) -> None:
        """Draw everything anew, for a terminal whose screen was disturbed (`ctrl+l`)."""
        self._skipped = False
        self.write("\x1b[2J")
        self._app.refresh(layout=True)

    def restore_now(self) -> None:
        """Put the terminal back at once, from any thread, as far as it takes anything."""
        outlet = self._outlet
        if outlet is not None and self._active:
            outlet.discard()
            outlet.write_now((_ABORT + _LEAVE).encode())
            self._restore_modes()

    def _on_drain(self) -> None:
        if self._skipped:
            self._skipped = False
            self._app.refresh(layout=True)

    # ------------------------------------------------------------ in

    def send_message(self, message: Message) -> None:
        """Hand a message to the app, without a detour when already on the loop.

        Args:
            message: A message whose sender is set.
        """
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self._app.post_message(message)
        else:
            super().send_message(message)

    def process_message(self, message: Message) -> None:
        """Look at a message before the app does.

        Args:
            message: From the terminal.
        """
        if isinstance(message, events.Resize):
            width, height = clamp(*message.size)
            if message.size != (width, height):
                message = events.Resize(Size(width, height), Size(width, height), None, message.pixel_size)
            self._size = (width, height)
        super().process_message(message)
        if isinstance(message, InBandWindowResize) and self._gate is not None:
            self._gate.in_band_resize = self._in_band_window_resize

    def _wants_text(self, key: str, character: str | None) -> bool:
        try:
            focused = self._app.focused
            return focused is not None and focused.check_consume_key(key, character)
        except Exception:  # noqa: BLE001  (no screen yet, or a widget's own fault: then the key rests)
            return False

    def _start_reading(self) -> None:
        self._gate = Gate(self._wants_text, debug=self._debug)
        try:
            self._ahead = bool(select.select([self.fileno], [], [], 0)[0])
            self._loop.add_reader(self.fileno, self._on_readable)
        except (OSError, ValueError):
            # A file or /dev/null cannot be waited for, and there is no hand at its other end.
            self._loop.call_soon(self._lose)
        else:
            self._reading = True

    def _stop_reading(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self.fileno)
        if self._gate_timer is not None:
            self._gate_timer.cancel()
            self._gate_timer = None

    def _on_readable(self) -> None:
        try:
            data = os.read(self.fileno, _READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._lose()
            return
        if self._gate is not None:
            ahead, self._ahead = self._ahead, False
            self._deliver(self._gate.feed(data, time.monotonic(), ahead=ahead))

    def _on_gate_due(self) -> None:
        self._gate_timer = None
        if self._gate is not None:
            self._deliver(self._gate.tick(time.monotonic()))

    def _deliver(self, messages: list[Message]) -> None:
        for message in messages:
            self.process_message(message)
        if self._gate_timer is not None:
            self._gate_timer.cancel()
            self._gate_timer = None
        deadline = self._gate.deadline if self._gate is not None and self._reading else None
        if deadline is not None:
            wait = max(0.0, deadline - time.monotonic())
            self._gate_timer = self._loop.call_later(wait, self._on_gate_due)

    # ------------------------------------------------------------ the terminal comes and goes

    def start_application_mode(self) -> None:
        """Take the terminal over."""
        if not self._may_use_terminal():
            return
        self._tty_out = _find_terminal()
        self._outlet = Outlet(self._tty_out, self._loop, on_drain=self._on_drain, on_lost=self._lose)
        self._active = True
        lifecycle.add_restorer(self.restore_now)
        signal.signal(signal.SIGWINCH, self._on_signal)
        try:
            self.attrs_before = termios.tcgetattr(self.fileno)
        except termios.error:
            self.attrs_before = None
        self._enter()
        self._start_reading()
        if self._must_signal_resume:
            self._must_signal_resume = False
            self.send_message(self.SignalResume())

    def _enter(self) -> None:
        """Set every mode, as for a terminal that was just used by another program."""
        self._send_size()
        self.write("\x1b[?1049h")
        self._enable_mouse_support()
        with contextlib.suppress(termios.error):
            attrs = termios.tcgetattr(self.fileno)
            attrs[tty.LFLAG] = self._patch_lflag(attrs[tty.LFLAG])
            attrs[tty.IFLAG] = self._patch_iflag(attrs[tty.IFLAG])
            attrs[tty.CC][termios.VMIN] = 1
            termios.tcsetattr(self.fileno, termios.TCSANOW, attrs)
        self.write("\x1b[?25l\x1b[?1004h")
        from textual import constants
        from textual.drivers import linux_driver as flags

        if not constants.DISABLE_KITTY_KEY:
            keyboard = (
                flags.KITTY_DISAMBIGUATE_ESCAPE_CODES | flags.KITTY_REPORT_ALL_KEYS | flags.KITTY_REPORT_ASSOCIATED_TEXT
            )
            self.write(f"\x1b[>{keyboard}u")
        self._request_terminal_sync_mode_support()
        self._query_in_band_window_resize()
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        self._enable_mouse_support()  # once more: Textual found that iTerm 3.5.0 needs it here

    def _may_use_terminal(self) -> bool:
        """Is this process in the foreground? If not it is stopped here, as the shell expects."""
        if not os.isatty(self.fileno):
            return True

        def stop_again(*_: object) -> None:
            os.kill(os.getpid(), signal.SIGSTOP)

        signal.signal(signal.SIGTTOU, stop_again)
        signal.signal(signal.SIGTTIN, stop_again)
        try:
            # Changes nothing, but in the background (`bg`) it brings SIGTTOU before we draw anything.
            termios.tcsetattr(self.fileno, termios.TCSANOW, termios.tcgetattr(self.fileno))
        except termios.error:
            # Stopped, and continued by now: SIGCONT's handler starts again. But a terminal that is
            # gone fails too, and reading it will say so.
            return _is_gone(self.fileno)
        finally:
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            signal.signal(signal.SIGTTIN, signal.SIG_DFL)
        return True

    def disable_input(self) -> None:
        """Read no more, and forget what was typed but not read."""
        if self._reading:
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
            self._stop_reading()
            self._disable_mouse_support()
            with contextlib.suppress(termios.error):
                termios.tcflush(self.fileno, termios.TCIFLUSH)

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        if not self._active or self._outlet is None:
            return
        self.disable_input()
        outlet = self._outlet
        if not outlet.drain(_LEAVE_TIMEOUT):
            outlet.discard()
            outlet.send(_ABORT.encode())
        outlet.send(_LEAVE.encode())
        outlet.drain(_LEAVE_TIMEOUT)
        self._restore_modes()
        self._active = False
        lifecycle.remove_restorer(self.restore_now)

    def close(self) -> None:
        """Let go of the terminal. More calls do nothing."""
        self._stop_reading()
        if self._outlet is not None:
            self._outlet.close()
            self._outlet = None

    def _restore_modes(self) -> None:
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    def _lose(self) -> None:
        """The terminal is gone, or standard input has ended: nobody is there any more."""
        self._stop_reading()
        life = lifecycle.current()
        if life is None:
            life = lifecycle.install(self._exit_app, loop=self._loop)
        life.request(lifecycle.EXIT_LOST)

    async def _exit_app(self, code: int) -> None:
        self._app.exit(return_code=code)

    # ------------------------------------------------------------ signals and size

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # Runs between any two steps of the main thread: only wake the loop.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._handle_signal, number)

    def _handle_signal(self, number: int) -> None:
        if number == signal.SIGWINCH:
            if not self._in_band_window_resize:
                self._send_size()
        elif number == signal.SIGTSTP:
            if self._auto_restart and self._active:
                self.suspend_application_mode()
                self._must_signal_resume = True
            os.kill(os.getpid(), signal.SIGSTOP)
        elif self._auto_restart:
            if not self._active:
                self.resume_application_mode()
            else:  # stopped without being asked (SIGSTOP): the shell has drawn and set its own modes
                self.write("\x1b[<u")
                self._enter()
            self.repaint()

    def _send_size(self) -> None:
        size = Size(*self._get_terminal_size())
        self._size = (size.width, size.height)
        event = events.Resize(size, size)
        event.set_sender(self._app)
        self.send_message(event)

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            width, height = os.get_terminal_size(self._tty_out)
        except OSError:
            width, height = 80, 24
        return clamp(width, height)


def _find_terminal() -> int:
    """The first of standard output, error, input that is a terminal; else standard output."""
    for stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
        with contextlib.suppress(OSError, ValueError):
            if stream is not None and os.isatty(stream.fileno()):
                return stream.fileno()
    return 1


def _is_gone(fd: int) -> bool:
    try:
        termios.tcgetattr(fd)
    except termios.error:
        return True
    return False
