"""The app: hands boards down to the screens, and what they ask for to the desk."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.events import AppFocus, Paste
from textual.filter import LineFilter, NoColor
from textual.message import Message
from textual.screen import Screen

from oncall_tui.app.attention import Attention
from oncall_tui.app.errands import Errands
from oncall_tui.app.faults import EXIT_CRASHED, Faults, one_line
from oncall_tui.app.filters import AsciiOnly, PaintSafe
from oncall_tui.app.following import KeysFollow
from oncall_tui.app.keeper import Keeper
from oncall_tui.app.themes import choose_look
from oncall_tui.board import Board
from oncall_tui.clock import Clock
from oncall_tui.desk import Desk
from oncall_tui.desk.first import Begun, read_first
from oncall_tui.frames import Frames
from oncall_tui.records import dataclass
from oncall_tui.store import StoreError
from screens.base import OncallScreen
from screens.dashboard import DashboardScreen
from screens.keys import KeyMap
from screens.requests import Request
from screens.sieve import SCOPES
from widgets.signs import ASCII
from widgets.sturdy import Sturdy
from widgets.theme import textual_themes, variable_defaults

if TYPE_CHECKING:
    from oncall_tui.config.commands import CommandOptions

REFRESH_AT_MOST = timedelta(seconds=10)
"""Coming back to the terminal asks the sources anew, but not more often than this."""
STORM_PAUSE_S = 0.05
"""Between two boards, so that a storm of changes leaves the keys their turn."""
STORM_SHARE = 4
"""So many times as long as a board took is nothing of it begun: the more there is, the fewer boards a second."""


@dataclass(frozen=True, kw_only=True)
class AppSettings:
    """What the face takes from the config and the machine."""

    folder: Path
    """The data folder: exports and the editor's private files lie in it."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Action id -> key, as configured."""
    theme: str = "auto"
    commands: tuple[CommandOptions, ...] = ()
    """The team's own programs."""
    bell: bool = True
    title: bool = True
    notify: str = "auto"
    """The form of a desktop notification: ``auto``, ``off``, ``osc9``, ``osc777``, ``osc99``."""
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    frames: Frames | None = None
    """Where pictures for the next start are kept; ``None``: none are."""


class Caught(Message):
    """Goes the way of a key that nobody takes, behind all that were pressed before the app was there."""


class OncallApp(Sturdy, KeysFollow, inherit_bindings=False):
    """The dashboard. The desk comes from outside, started here and stopped by whoever made it."""

    # The dashboard's own sheet, read with all others: read when the screen is pushed, all are parsed again.
    CSS_PATH = str(Path(inspect.getfile(DashboardScreen)).with_name(DashboardScreen.CSS_PATH))
    TITLE = "oncall-tui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "say_how_to_quit", show=False),
        # What the terminal does with it where it is not raw; in a dialog and a field, too.
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
    ]

    def __init__(
        self,
        desk: Desk,
        *,
        clock: Clock,
        settings: AppSettings,
        driver_class: type[Driver] | None = None,
        begun: asyncio.Task[Begun] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self._begun = begun
        self.desk = desk
        self.clock = clock
        self.settings = settings
        self.key_map, self.key_problems = KeyMap.from_config(settings.keys, settings.commands)
        self.look = choose_look(settings.theme, settings.environ, self.console.color_system, no_color=self.no_color)
        self.board: Board | None = None
        self.faults = Faults()
        self.last_words: str | None = None
        """One line for after the terminal was given back."""
        self._attention = Attention(
            bell=settings.bell, title=settings.title, notify=settings.notify, environ=settings.environ
        )
        self._errands = Errands(self, desk)
        self._keeper = Keeper(self, settings.frames)
        self._scope = SCOPES[0]
        self._reading_first: asyncio.Task[None] | None = None
        self._held = contextlib.ExitStack()
        """Holds back drawing until the first picture is worth it."""
        self._drawn = False
        self._stale = asyncio.Event()
        self._reading = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._refreshed_at: datetime | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self.animation_level = "none"
        for theme in textual_themes():
            self.register_theme(theme)
        self._begin_in(self.look.theme)
        self._own_filters: list[LineFilter] = [PaintSafe()]
        if self.look.signs is ASCII:
            self._own_filters.append(AsciiOnly())

    def _begin_in(self, theme: str) -> None:
        """What setting `theme` does, but before any style sheet is read: set later, all are read twice (25 ms)."""
        self.set_reactive(App.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())
        dark = self.current_theme.dark
        for name, holds in (("-dark-mode", dark), ("-light-mode", not dark), (f"-theme-{theme}", True)):
            self.set_class(holds, name, update=False)
        self._refresh_truecolor_filter(self.ansi_theme)

    # -- drawing ---------------------------------------------------------------------------------------------

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, and ours after them: what they let through reaches the terminal."""
        if self.look.theme == "mono":
            return [NoColor(), *self._own_filters]
        return [*super().get_line_filters(), *self._own_filters]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The roles' variables, so that a style sheet can be read before the theme is set."""
        return variable_defaults()

    def say(self, text: str, role: str = "text") -> None:
        """One line in the strip of the topmost screen of ours."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, OncallScreen):
                screen.say(text, role)
                return

    def send_raw(self, sequence: str) -> None:
        """A control sequence of ours to the terminal."""
        if sequence and self._driver is not None:
            self._driver.write(sequence)
            self._driver.flush()

    # -- life ------------------------------------------------------------------------------------------------

    async def on_load(self) -> None:
        """The last known board before there is any screen: then that one is laid out and drawn once, with all on it."""
        self._held.enter_context(self.batch_update())
        self._reading_first = asyncio.create_task(self._read_first())
        await asyncio.wait({self._reading_first})

    async def _read_first(self) -> None:
        try:
            begun = await (self._begun or read_first(self.desk, self.settings.frames))
            self._scope, self.board = begun.scope or self._scope, begun.board
        except StoreError:
            pass  # read again, and said, when there is a place for it
        except Exception as error:  # noqa: BLE001  # reported, like any
            self._handle_exception(error)

    def get_default_screen(self) -> Screen[Any]:
        """The dashboard: no other screen is made, styled and laid out before it."""
        dashboard = DashboardScreen(self.key_map, scope=self._scope, place=self._keeper.place())
        dashboard.set_reactive(DashboardScreen.board, self.board)
        return dashboard

    def on_mount(self) -> None:
        """What can fail from here on is survived and said."""
        asyncio.get_running_loop().set_exception_handler(self._on_loop_fault)
        threading.excepthook = self._on_thread_fault
        # Back from ctrl+z or from the editor is back, too.
        self.app_resume_signal.subscribe(self, lambda _: self.call_later(self._ask_anew))
        self.send_raw(self._attention.begin())
        self.screen.call_later(self._after_keys)

    def _after_keys(self) -> None:
        """The dashboard is laid out. Keys that were pressed before are in the queues, and act before it is drawn."""
        place = self.focused or self.screen
        # A message ends its way at who made it: that is to be none on the way.
        place.post_message(Caught().set_sender(place))

    @on(Caught)
    async def begin(self, message: Caught) -> None:
        """Draw, and let everything else start: sources, clock, pictures."""
        message.stop()
        if self._tasks:
            return
        self._held.close()
        if isinstance(self.screen, OncallScreen):
            self.screen.draw_at_once()
        if self.board is None:
            await self.refresh_board()  # says what is wrong, now that there is a place for it
        if self.key_problems:
            self.say("; ".join(self.key_problems), "error")
        self._unsubscribe = self.desk.subscribe(self._stale.set)
        self._tasks = [
            asyncio.create_task(self._keep_board(), name="board"),
            asyncio.create_task(self._tick(), name="minute"),
            asyncio.create_task(self._start_desk(), name="desk"),
        ]
        if self.settings.frames is not None:
            self._tasks.append(asyncio.create_task(self._keeper.run(), name="pictures"))

    async def on_unmount(self) -> None:
        """Nothing of ours goes on after the screen is gone."""
        self.send_raw(self._attention.end())
        if self._unsubscribe is not None:
            self._unsubscribe()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        threading.excepthook = threading.__excepthook__

    def post_display_hook(self) -> None:
        """The dashboard is drawn for the first time: the picture from before the start gives way."""
        if self._drawn or self._batch_count or not isinstance(self.screen, DashboardScreen):
            return
        self._drawn = True
        self._keeper.begin()
        take_over = getattr(self._driver, "take_over", None)
        if take_over is not None:
            take_over()

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leave, whatever the reason: the picture of now is there for the next start."""
        if self._reading_first is not None:
            self._reading_first.cancel()
        try:
            self._keeper.leave()
        finally:
            super().exit(result, return_code, message)

    async def _start_desk(self) -> None:
        try:
            await self.desk.start()
        except StoreError as error:
            self.say(str(error), "error")
        self._stale.set()

    async def _keep_board(self) -> None:
        """A board after each change; a burst of changes is one board."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            began = time.monotonic()
            await self.refresh_board()
            await asyncio.sleep(max(STORM_PAUSE_S, STORM_SHARE * (time.monotonic() - began)))

    async def _tick(self) -> None:
        """Ages and countdowns move on the minute, all at once."""
        while True:
            now = self.clock.now()
            await self.clock.sleep(60 - now.second - now.microsecond / 1e6)
            self._stale.set()
            self.run_worker(self._look(), exclusive=True, group="watches", exit_on_error=False)

    async def _look(self) -> None:
        """What is watched after its fix is looked at once a minute."""
        try:
            from oncall_tui.app.duties import look_once

            await look_once(self)
        except Exception as error:  # noqa: BLE001  # reported, like any; the next minute looks again
            self._handle_exception(error)

    async def refresh_board(self) -> None:
        """Read the board and hand it to every screen of ours. A store that cannot be read leaves the last one."""
        async with self._reading:
            try:
                board = await self.desk.board()
                rung = await self.desk.attention(board)
            except StoreError as error:
                self.say(str(error), "error")
                return
            except Exception as error:  # noqa: BLE001  # a board that cannot be built leaves the last one standing
                self._handle_exception(error)
                return
            self.board = board
            self._keeper.changed()
            for screen in self.screen_stack:
                if isinstance(screen, OncallScreen):
                    screen.board = board
                    screen.facts_changed()
            self._errands.tell_outcomes(board)
            self.send_raw(self._attention.rung(rung, board))

    def try_attention(self) -> None:
        """Ring as a page would, and say what was sent."""
        sent, told = self._attention.trial()
        self.send_raw(sent)
        self.say(told)

    @on(Request)
    def take_request(self, request: Request) -> None:
        """What a screen asks for is begun at once and waited for by nobody."""
        request.stop()
        self._errands.take(request)

    async def on_app_focus(self, event: AppFocus) -> None:
        """The person is back at the window."""
        await self._ask_anew()

    async def _ask_anew(self) -> None:
        now = self.clock.now()
        if self._refreshed_at is None or now - self._refreshed_at >= REFRESH_AT_MOST:
            self._refreshed_at = now
            await self.desk.refresh()

    def on_paste(self, event: Paste) -> None:
        """Pasted text is no key: where no field takes it, nothing happens, and that is said."""
        self.say("pasted text is ignored here", "dim")

    def action_say_how_to_quit(self) -> None:
        """``ctrl+c`` acts on nothing."""
        self.say(f"{self.key_map.shown('quit')} quits; what is queued is kept", "dim")

    async def action_quit(self) -> None:
        """Leave with exit code 0."""
        self.exit(return_code=0)

    async def close(self, code: int) -> None:
        """Leave because of a signal or a lost terminal."""
        self.exit(return_code=code)

    # -- faults ----------------------------------------------------------------------------------------------

    def _handle_exception(self, error: Exception) -> None:
        """Every unexpected exception ends here: logged, said, survived; three in a minute end the program."""
        # Before the dashboard stands there is nothing to go on with, and no key to leave by.
        too_many = self.faults.note(error, self.clock.now()) or not self._tasks
        if too_many or not self._running:
            self.last_words = f"oncall-tui: {type(error).__name__} inside the program; the traceback is in oncall.log"
            self._return_code = EXIT_CRASHED
            if self._running:
                self.exit(return_code=EXIT_CRASHED)
            return
        if self.screen_stack:
            self.say(one_line(error), "error")

    def _on_loop_fault(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception):
            self._handle_exception(error)

    def _on_thread_fault(self, args: threading.ExceptHookArgs) -> None:
        if isinstance(args.exc_value, Exception):
            self.call_later(self._handle_exception, args.exc_value)


def build_app(
    desk: Desk,
    *,
    clock: Clock,
    settings: AppSettings,
    driver_class: type[Driver] | None = None,
    begun: asyncio.Task[Begun] | None = None,
) -> OncallApp:
    """The dashboard around a desk that is not started.

    Args:
        driver_class: Textual's own where left out.
        begun: the reading of the first board, where it is under way already.
    """
    return OncallApp(desk, clock=clock, settings=settings, driver_class=driver_class, begun=begun)


async def run_app(app: OncallApp) -> int:
    """Run the dashboard on this terminal until it ends; gives the exit code.

    The app has to be built with :class:`~oncall_tui.terminal.SafeDriver` for signals and a lost terminal to be told
    apart in the code.
    """
    from oncall_tui.terminal import early, install

    life = install(app.close)
    try:
        await app.run_async()
    finally:
        life.uninstall()
        early.leave()  # an app that ends before it drew has not taken the picture over
    if app.last_words:
        sys.stderr.write(f"{app.last_words}\n")
    return life.code if life.code is not None else app.return_code or 0
