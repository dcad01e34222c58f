"""Keeps the picture of the dashboard for the next start: at the last change, and on leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from oncall_tui.desk.first import told
from oncall_tui.frames import Frames
from screens.dashboard import DashboardScreen

if TYPE_CHECKING:
    from oncall_tui.app.face import OncallApp

QUIET_S = 1.0
"""After a change, before the picture is taken: one change seldom comes alone."""
EVERY_S = 10.0
"""Between two pictures."""
FIRST = 60
"""Incidents that the next start shows before it has read all others."""


class Keeper:
    """Takes pictures of the dashboard alone: never of a dialog or another screen, never with a text that is typed."""

    def __init__(self, app: OncallApp, frames: Frames | None) -> None:
        """Keeps nothing where ``frames`` is ``None``, or the app's driver gives no pictures."""
        self._app = app
        self._frames = frames
        self._changed = asyncio.Event()
        self._drawn = False

    def begin(self) -> None:
        """The dashboard is drawn: before that there is nothing to take."""
        self._drawn = True

    def changed(self) -> None:
        """The board that is shown is another one."""
        self._changed.set()

    async def run(self) -> None:
        """Keep a picture after each change, for ever."""
        while True:
            await self._changed.wait()
            await self._app.clock.sleep(QUIET_S)
            self._changed.clear()
            write = self._take()
            if write is not None:
                # A disk may be slow, a home folder on a server gone: the keys do not wait for it.
                await asyncio.to_thread(write)
            await self._app.clock.sleep(EVERY_S - QUIET_S)

    def place(self) -> str:
        """Where the keys were on the picture that was shown before the start; ``""``: there was none."""
        shown = self._frames.read(*self._app.size) if self._frames is not None else None
        return shown.place if shown is not None else ""

    def leave(self) -> None:
        """Keep what is shown now, if it may be kept."""
        write = self._take()
        if write is not None:
            write()

    def _take(self) -> Callable[[], bool] | None:
        app = self._app
        screen = app.screen_stack[-1] if app.screen_stack else None
        picture = getattr(app._driver, "picture", None)
        if self._frames is None or picture is None or app.board is None or not self._drawn:
            return None
        if not (isinstance(screen, DashboardScreen) and screen.is_plain):
            return None
        minute = app.board.minute
        said = f"{minute.astimezone(app.board.zone):%H:%M}"
        write = partial(self._frames.write, *app.size, picture(), at=minute.timestamp(), said=said)
        return partial(write, place=screen.place, first=self._first(screen))

    def _first(self, screen: DashboardScreen) -> str:
        """The first incidents of the list, where it is they that are seen."""
        pane, board = screen.incidents, self._app.board
        if board is None or pane.board is not board or pane.last_seen >= FIRST:
            return ""
        first = self._app.desk.first_of(board, [row.id for row in pane.rows[:FIRST]])
        return told(first) if first is not None else ""
