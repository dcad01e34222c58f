"""The driver: Textual's terminal, drawn without ever waiting for it and read with care.

Both ways run on the event loop (no threads): what a terminal does not take is dropped and drawn anew
later, what it sends goes through `gate`. Everything here is called in the loop's thread unless said.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import termios
import threading
import time
import tty
from types import FrameType
from typing import Any, Final

from textual import constants, events
from textual.app import App
from textual.drivers.linux_driver import (
    KITTY_DISAMBIGUATE_ESCAPE_CODES,
    KITTY_REPORT_ALL_KEYS,
    KITTY_REPORT_ASSOCIATED_TEXT,
    LinuxDriver,
)
from textual.geometry import Size
from textual.message import Message
from textual.messages import InBandWindowResize

from oncall_tui.terminal import early, lifecycle, modes
from oncall_tui.terminal.canvas import CLEAR, Canvas
from oncall_tui.terminal.gate import Gate
from oncall_tui.terminal.intake import Intake
from oncall_tui.terminal.outlet import Outlet

_LEAVE_TIMEOUT: Final = 0.3
"""Seconds that leaving waits for a terminal to take what is pending."""
_RESIZE_TIMEOUT: Final = 0.25
"""Seconds that drawing waits for Textual's first frame at a new size."""
_ADOPT_TIMEOUT: Final = 30.0
"""Seconds that a picture from before the start may stay when nobody calls `take_over`."""
_KEYBOARD: Final = KITTY_DISAMBIGUATE_ESCAPE_CODES | KITTY_REPORT_ALL_KEYS | KITTY_REPORT_ASSOCIATED_TEXT
_FULL_FRAME: Final = "\x1b[1;1H"
_ENTER: Final = "\x1b[?1049h" + CLEAR


class SafeDriver(LinuxDriver):
    """Give it to a Textual app: `App(driver_class=SafeDriver)`.

    Draws on the terminal that standard output is (else standard error, else input), in UTF-8, and sends
    only what differs from what the terminal shows.
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
        self._tty_out = modes.find_terminal()
        self._thread_id = threading.get_ident()
        self._outlet: Outlet | None = None
        self._intake: Intake | None = None
        self._active = False
        self._canvas = Canvas(*self._get_terminal_size(), bce=modes.erases_with_ground(os.environ))
        self._flush_handle: asyncio.Handle | None = None
        self._hold_until = 0.0  # drawing waits till then for a frame that is worth it
        self._adopted = False  # is it a picture from before the start that is shown?
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
        if not self._active:
            return
        if threading.get_ident() != self._thread_id:
            with contextlib.suppress(RuntimeError):  # the loop has ended: so has drawing
                self._loop.call_soon_threadsafe(self.write, data)
            return
        if self._hold_until and not self._adopted and data.startswith(_FULL_FRAME):
            self._hold_until = 0.0
        self._canvas.write(data)
        if self._flush_handle is None:  # not all that Textual writes is followed by a flush
            self._flush_handle = self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send the difference to the newest frame, or leave it for when the terminal takes bytes again."""
        if self._flush_handle is not None:
            self._flush_handle.cancel()
            self._flush_handle = None
        outlet = self._outlet
        if outlet is None or outlet.stalled:
            return
        wait = self._hold_until - time.monotonic()
        if wait > 0:
            self._flush_handle = self._loop.call_later(wait, self.flush)
        else:
            self._adopted = False
        self._canvas.parks = self._wants_text("a", "a")
        difference = self._canvas.flush(draw=wait <= 0)
        if difference:
            outlet.send(difference.encode("utf-8", "replace"))

    def repaint(self) -> None:
        """Set all modes and draw everything anew, for a terminal that was disturbed (`ctrl+l`)."""
        if self._active:
            self._canvas.repaint()
            self._set_modes(again=True)
            self.flush()

    def take_over(self) -> None:
        """Let Textual's picture replace the one that `early.show` put there, now that it is complete.

        Until then (at most 30 s) Textual's half-built frames are not drawn, and no key acts on what is
        not shown yet. Without an early picture this does nothing.
        """
        if self._adopted:
            self._adopted = False
            self._hold_until = 0.0
            self.flush()

    def picture(self) -> str:
        """What `early.show` needs to show this screen, as it is now, at the next start."""
        return self._canvas.picture()

    def restore_now(self) -> None:
        """Put the terminal back at once, from any thread, as far as it takes anything."""
        outlet = self._outlet
        if outlet is not None and self._active:
            outlet.discard()
            outlet.write_now((modes.ABORT + modes.LEAVE).encode())
            self._restore_attrs()

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
            width, height = modes.clamp(*message.size)
            if message.size != (width, height):
                message = events.Resize(Size(width, height), Size(width, height), None, message.pixel_size)
            self._resize(width, height)
        super().process_message(message)
        if isinstance(message, InBandWindowResize) and self._intake is not None:
            self._intake.gate.in_band_resize = self._in_band_window_resize

    def _wants_text(self, key: str, character: str | None) -> bool:
        try:
            focused = self._app.focused
            return focused is not None and focused.check_consume_key(key, character)
        except Exception:  # noqa: BLE001  (no screen yet, or a widget's own fault: then the key rests)
            return False

    # ------------------------------------------------------------ the terminal comes and goes

    def start_application_mode(self) -> None:
        """Take the terminal over."""
        if not modes.may_use(self.fileno):
            return
        self._tty_out = modes.find_terminal()
        self._outlet = Outlet(self._tty_out, self._loop, on_drain=self.flush, on_lost=self._lose)
        self._active = True
        lifecycle.add_restorer(self.restore_now)
        signal.signal(signal.SIGWINCH, self._on_signal)
        try:
            self.attrs_before = termios.tcgetattr(self.fileno)
        except termios.error:
            self.attrs_before = None
        self._enter()
        self._intake = Intake(
            self.fileno,
            self._loop,
            Gate(self._wants_text, debug=self._debug),
            is_blind=lambda: self._adopted,
            on_message=self.process_message,
            on_lost=self._lose,
        )
        self._intake.start()
        if self._must_signal_resume:
            self._must_signal_resume = False
            self.send_message(self.SignalResume())

    def _enter(self) -> None:
        """Make the terminal ours: its size, its screen, its modes."""
        assert self._outlet is not None
        self._send_size()
        shown = early.take()
        if shown is not None:
            self.attrs_before = shown.attrs
            self._outlet.send(shown.rest)
        if shown is not None and (shown.width, shown.height) == self._size:
            self._canvas.adopt(shown.picture)
            self._adopted = True
            self._hold_until = time.monotonic() + _ADOPT_TIMEOUT
        else:
            self._outlet.send(_ENTER.encode())
            self._canvas.cleared()
        self._enter_raw()
        self._set_modes()
        self._request_terminal_sync_mode_support()
        self._query_in_band_window_resize()

    def _enter_raw(self) -> None:
        with contextlib.suppress(termios.error):
            attrs = termios.tcgetattr(self.fileno)
            attrs[tty.LFLAG] = self._patch_lflag(attrs[tty.LFLAG])
            attrs[tty.IFLAG] = self._patch_iflag(attrs[tty.IFLAG])
            attrs[tty.CC][termios.VMIN] = 1
            termios.tcsetattr(self.fileno, termios.TCSANOW, attrs)

    def _set_modes(self, *, again: bool = False) -> None:
        self._enable_mouse_support()
        self.write("\x1b[?25l\x1b[?1004h")
        if not constants.DISABLE_KITTY_KEY:
            # Pushed once, as leaving pops once; then only set.
            self.write(f"\x1b[={_KEYBOARD}u" if again else f"\x1b[>{_KEYBOARD}u")
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        if again and self._in_band_window_resize:
            self._enable_in_band_window_resize()
            self._enable_mouse_pixels()

    def disable_input(self) -> None:
        """Read no more, and forget what was typed but not read."""
        if self._intake is not None and self._intake.is_open:
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
            self._intake.stop()
            self._disable_mouse_support()
            with contextlib.suppress(termios.error):
                termios.tcflush(self.fileno, termios.TCIFLUSH)

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        if not self._active or self._outlet is None:
            return
        self.disable_input()
        outlet = self._outlet
        self.flush()
        self._active = False
        if not outlet.drain(_LEAVE_TIMEOUT):
            outlet.discard()
            outlet.send(modes.ABORT.encode())
        outlet.send(modes.LEAVE.encode())
        outlet.drain(_LEAVE_TIMEOUT)
        self._restore_attrs()
        # The next terminal (after a suspension) is asked again what it can.
        self._in_band_window_resize = self._mouse_pixels = False
        lifecycle.remove_restorer(self.restore_now)

    def close(self) -> None:
        """Let go of the terminal. More calls do nothing."""
        self._stop_reading()
        if self._outlet is not None:
            self._outlet.close()
            self._outlet = None

    def _stop_reading(self) -> None:
        if self._intake is not None:
            self._intake.stop()

    def _restore_attrs(self) -> None:
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
        # Runs between any two steps of the main thread: only wake the loop. But when there is no
        # terminal to give back first (an editor has it, or all is over), stop at once as asked: the
        # loop may stand still until the editor, stopped as well, goes on.
        if number == signal.SIGTSTP and not (self._active and self._auto_restart):
            os.kill(os.getpid(), signal.SIGSTOP)
            return
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
                self._app.refresh(layout=True)
            elif self._outlet is not None:  # stopped without being asked (SIGSTOP): the shell has drawn
                self._outlet.send(_ENTER.encode())
                self._enter_raw()
                self.repaint()

    def _send_size(self) -> None:
        size = Size(*self._get_terminal_size())
        self._resize(*size)
        event = events.Resize(size, size)
        event.set_sender(self._app)
        self.send_message(event)

    def _resize(self, width: int, height: int) -> None:
        if self._size is not None and self._size != (width, height):
            # What Textual writes until it has laid out anew fits the old size: not worth sending.
            self._adopted = False
            self._hold_until = time.monotonic() + _RESIZE_TIMEOUT
        self._size = (width, height)
        self._canvas.resize(width, height)

    def _get_terminal_size(self) -> tuple[int, int]:
        return modes.size_of(self._tty_out)
