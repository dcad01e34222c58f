"""The screen twice: as Textual wants it and as the terminal shows it. What is sent is the difference.

    canvas = Canvas(120, 40)
    canvas.write(what_textual_writes)   # as often as it likes
    send(canvas.flush())                # as often as the terminal can take it

Frames are skipped by not flushing: the next flush is the difference to the newest.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from oncall_tui.terminal.cells import Effect, Grid
from oncall_tui.terminal.diff import Pen, Piece, changed_cells, draw, pieces_of
from oncall_tui.terminal.style import DEFAULT, Style

_SYNCHRONISE_FROM: Final = 200
"""Characters from which on a difference is worth the 16 bytes of synchronised output."""
_CLEAR_FROM: Final = 200
"""Blank cells of one ground from which on clearing the screen to it pays."""
_ASIDES_LIMIT: Final = 65_536
"""Characters of control sequences kept while nothing is flushed."""
_PARTS_LIMIT: Final = 20_000
"""Pieces of drawing kept while nothing is flushed, which only unknown sequences make necessary."""
_FRAME: Final = re.compile(r"\x1b\[\d+;\d+H")

CLEAR: Final = "\x1b[m\x1b[2J"
"""After entering the alternate screen, for terminals that do not clear it themselves."""
RESET: Final = "\x1b[r\x1b[?6l\x1b(B\x1b[m"
"""Undoes what a stranger may have done to scrolling, origin, character set and pen."""


class Canvas:
    """Takes what Textual writes, gives what the terminal needs."""

    def __init__(self, width: int, height: int, *, bce: bool = True, frames_draw_only: bool = True) -> None:
        """Begin with a terminal about which nothing is known, and a blank picture.

        Args:
            width: Columns.
            height: Rows.
            bce: Does the terminal erase with the pen's ground (`back_color_erase`)?
            frames_draw_only: From a write that begins with a cursor position, as each of Textual's
                frames does, let nothing but drawing through: a sequence that came in with a title
                must not reach the terminal. Other writes pass what is not drawing in order.
        """
        self.want = Grid(width, height)
        self._shown = Grid(width, height)
        self._known = [False] * height
        self._blank = False  # has the terminal just been cleared to its own ground?
        self._pen = Pen()
        self._bce = bce
        self._frames_draw_only = frames_draw_only
        self._asides: list[str] = []
        self._asides_size = 0
        self.parks = True
        """Leave the terminal's cursor, hidden as it is, where Textual wants it: input methods look there. It costs each
        frame some bytes, so only while text is entered."""
        self._mine = True  # not between leaving the alternate screen and entering it

    def write(self, data: str) -> None:
        """Apply what Textual writes; nothing is sent.

        Args:
            data: Whole sequences and text.
        """
        if self._frames_draw_only and _FRAME.match(data):
            self.want.apply(data, frame=True)
            return
        for text, effect in self.want.apply(data):
            if effect is Effect.ANY:
                # What was drawn before it belongs before it; what it did to the cells nobody knows.
                if len(self._pen.out) < _PARTS_LIMIT:
                    self._pen.out.append(self._take_asides())
                    self._draw()
                    self._pen.out.append(text)
                self.forget()
                continue
            self._aside(text)
            if effect is Effect.ENTER:
                self._aside(CLEAR)
                self.cleared()
            elif effect is Effect.LEAVE:
                self.forget()
                self._mine = False
                self.want.dirty.clear()

    def flush(self, *, draw: bool = True) -> str:
        """Everything the terminal needs to show the picture as it is now; "" when nothing.

        Args:
            draw: Or only what is not drawing (modes, titles), because the picture is not ready.
        """
        before = self._pen.take()
        asides = self._take_asides()
        if not draw:
            return before + asides
        self._draw()
        frame = self._pen.take()
        if self.want.synchronised and len(frame) >= _SYNCHRONISE_FROM:
            frame = f"\x1b[?2026h{frame}\x1b[?2026l"
        self.want.synchronised = False
        return before + asides + frame

    def forget(self) -> None:
        """The terminal may show anything: the next flush draws every cell."""
        self._known = [False] * self.want.height
        self._blank = False
        self._pen.forget()
        self.want.dirty = set(range(self.want.height)) if self._mine else set()

    def repaint(self) -> None:
        """Draw all anew at the next flush, over whatever disturbed the screen."""
        self.forget()
        self._aside(RESET)

    def resize(self, width: int, height: int) -> None:
        """The terminal has another size; what it shows now is its own affair.

        Args:
            width: Columns.
            height: Rows.
        """
        if (width, height) != (self.want.width, self.want.height):
            self.want.resize(width, height)
            self._shown = Grid(width, height)
            self.forget()

    def cleared(self) -> None:
        """The terminal shows blanks on its own ground, and writes in its own style."""
        self._mine = True
        self.forget()
        self._shown.clear()
        self._known = [True] * self.want.height
        self._blank = True
        self._pen.style = DEFAULT

    def adopt(self, picture: str) -> None:
        """The terminal shows what these writes make of a cleared screen (see `picture`).

        Args:
            picture: What was written to it.
        """
        self.cleared()
        self._shown.apply(picture)
        self._shown.dirty.clear()
        self._blank = False
        self._pen.forget()

    def picture(self) -> str:
        """Writes that make of a cleared screen of this size what this canvas wants it to show."""
        other = Canvas(self.want.width, self.want.height, bce=self._bce)
        other.cleared()
        other.want.chars, other.want.styles = self.want.chars, self.want.styles
        return other.flush() + "\x1b[m"

    def _aside(self, text: str) -> None:
        if self._asides_size < _ASIDES_LIMIT:
            self._asides.append(text)
            self._asides_size += len(text)

    def _take_asides(self) -> str:
        text = "".join(self._asides)
        self._asides.clear()
        self._asides_size = 0
        return text

    def _draw(self) -> None:
        want, shown, pen = self.want, self._shown, self._pen
        if self._bce and self._mine and (self._blank or not any(self._known)):
            self._clear_to_ground()
        self._blank = False
        pieces: list[Piece] = []
        for y in sorted(want.dirty):
            chars, styles = want.chars[y], want.styles[y]
            if self._known[y]:
                old_chars, old_styles = shown.chars[y], shown.styles[y]
                if chars == old_chars and styles == old_styles:
                    continue
                changed = changed_cells(chars, styles, old_chars, old_styles)
            else:
                changed = list(range(want.width))
                self._known[y] = True
            if changed:
                pieces += pieces_of(y, chars, styles, changed, bce=self._bce)
            shown.chars[y][:] = chars
            shown.styles[y][:] = styles
        want.dirty.clear()
        if pieces:
            draw(pen, pieces, want.chars, bce=self._bce)
        if self._mine and (want.cursor_visible or self.parks):
            pen.move(want.y, min(want.x, want.width - 1))

    def _clear_to_ground(self) -> None:
        """On an empty or unknown screen: clear it to the ground that most blanks have."""
        grounds: Counter[Style] = Counter()
        for row, styles in zip(self.want.chars, self.want.styles, strict=True):
            grounds.update(style.blank for char, style in zip(row, styles, strict=True) if char == " ")
        if not grounds:
            return
        ground, count = grounds.most_common(1)[0]
        if not ground.plain or count < _CLEAR_FROM or (self._blank and ground is DEFAULT):
            return
        self._pen.set(ground)
        self._pen.out.append("\x1b[2J")
        self._shown.clear(ground)
        self._known = [True] * self.want.height
        self.want.dirty = set(range(self.want.height))
