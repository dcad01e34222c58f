"""The frame of every screen: header, body, one line that says things, footer; and the board that it is about."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.reactive import var

from oncall_tui.board import Board
from oncall_tui.text import MAX_BODY, clean, clip_start, width
from screens.requests import ScreenRequested
from widgets.footer import FooterBar, Hint
from widgets.header import HeaderBar
from widgets.painter import LinePainter
from widgets.passage import Passage
from widgets.strip import StatusStrip
from widgets.sturdy import Sturdy

Result = TypeVar("Result")
_WRITTEN = "written: "


class FramedScreen(Sturdy, LinePainter[Result]):
    """Header, body, one status line, footer."""

    board: var[Board | None] = var(None)
    """What is shown; set by the app. An equal board changes nothing."""
    _is_styled = False

    def _compositor_refresh(self) -> None:
        # Within a batch Textual renders too and throws it away; at the start that is twice the work.
        if not self.app._batch_count:
            super()._compositor_refresh()

    def draw_at_once(self) -> None:
        """Lay out and draw all of it in one frame, without waiting for Textual's next turn."""
        self._layout_required = self._repaint_required = self._scroll_required = False
        self._refresh_layout()

    # -- frame -----------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Header, body, status line, footer."""
        yield HeaderBar(id="header")
        with Passage(id="body"):
            yield from self.compose_body()
        yield StatusStrip(id="strip")
        yield FooterBar(id="footer")

    def compose_body(self) -> ComposeResult:
        """What stands between header and status line."""
        yield from ()

    def on_mount(self) -> None:
        """Draw the board that was there before the screen."""
        self._show_all()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """On top. What has just been mounted has just been styled, and is not styled a second time."""
        event.refresh_styles, self._is_styled = self._is_styled and event.refresh_styles, True

    def watch_board(self) -> None:
        """Hand the new board down."""
        if self.is_mounted:
            self._show_all()

    def _show_all(self) -> None:
        if self.board is not None:
            self.query_one(HeaderBar).show(self.board)
            self.query_one(StatusStrip).show_banner(self.board.banner)
            self.show_board(self.board)
        self.show_footer()

    def show_board(self, board: Board) -> None:
        """Draw a board that differs from the last one."""

    def facts_changed(self) -> None:
        """The store has changed, be the board equal or not: ask again for what is not on the board."""

    def show_footer(self) -> None:
        """Draw the keys that are live here, and what the outbox holds."""
        counts = self.board.counts if self.board is not None else None
        self.query_one(FooterBar).show(self.hints(), counts)

    def hints(self) -> tuple[Hint, ...]:
        """The footer's keys."""
        return ()

    def say(self, text: str, role: str = "text") -> None:
        """One line above the footer; it stays until the next one, or the next key."""
        if self.is_mounted:
            self.query_one(StatusStrip).say(text, role)

    def say_written(self, path: Path) -> None:
        """A file is there. Where its whole path has no room the beginning gives way: its name is what is looked for."""
        told = clip_start(clean(path, MAX_BODY), self.size.width - width(f" {_WRITTEN}"))
        self.say(f"{_WRITTEN}{told}", "good")

    def on_key(self, event: events.Key) -> None:
        """What was said has been read."""
        self.query_one(StatusStrip).read()

    def post_message(self, message: Message) -> bool:
        """Where a screen is asked for, the app is told at once: the request itself comes behind keys that are on their
        way."""
        if isinstance(message, ScreenRequested):
            asked_for = getattr(self.app, "screen_asked_for", None)
            if asked_for is not None:
                asked_for()
        return super().post_message(message)
