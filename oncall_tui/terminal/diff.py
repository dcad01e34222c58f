"""From cells shown to cells wanted: the fewest bytes this module can find. No state but the pen's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from oncall_tui.terminal.cells import SURE, is_sure
from oncall_tui.terminal.style import Style, way

_GAP: Final = 4
"""Unchanged cells that are cheaper written again than jumped over."""
_ERASE_FROM: Final = 12
"""Blanks from which on erasing and jumping is shorter than writing them."""
_BLANKS: Final = re.compile(f"( {{{_ERASE_FROM},}})")


class Pen:
    """Where the terminal's cursor stands and how it writes, as far as known; and what to send."""

    def __init__(self) -> None:
        self.x = -1
        """Column from 0; -1: not known."""
        self.y = -1
        """Row from 0; -1: not known."""
        self.style: Style | None = None
        self.out: list[str] = []

    def forget(self) -> None:
        """Somebody else wrote: nothing is known any more."""
        self.x = self.y = -1
        self.style = None

    def copy(self) -> Pen:
        """Another pen, as this one stands, with nothing to send yet."""
        other = Pen()
        other.x, other.y, other.style = self.x, self.y, self.style
        return other

    def go_on_as(self, other: Pen) -> None:
        """Send what a copy has collected."""
        self.x, self.y, self.style = other.x, other.y, other.style
        self.out += other.out

    def size(self) -> int:
        """Characters to send."""
        return sum(map(len, self.out))

    def take(self) -> str:
        """What was collected, and begin anew."""
        text = "".join(self.out)
        self.out.clear()
        return text

    def move(self, y: int, x: int) -> None:
        """Go to row `y`, column `x`, both from 0."""
        if self.y == y and self.x == x:
            return
        if self.y == y:
            text = "\r" if x == 0 else self._along(x) or f"\x1b[{x + 1}G"
            if len(text) > 4:
                text = min(text, f"\x1b[{x + 1}G", key=len)
        else:
            text = f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H" if y else "\x1b[H"
            if self.y >= 0:
                text = min((text, *self._down_and_along(y, x)), key=len)
        self.out.append(text)
        self.x, self.y = x, y

    def _along(self, x: int) -> str:
        """From where the cursor is to column `x` of the row; "" for nowhere to go, or no way that is known."""
        step = x - self.x
        if self.x < 0 or not step:
            return ""
        if step > 0:
            return "\x1b[C" if step == 1 else f"\x1b[{step}C"
        return "\b" * -step if step > -4 else f"\x1b[{-step}D"

    def _down_and_along(self, y: int, x: int) -> list[str]:
        """Ways to another row, from where the cursor is."""
        ways = []
        if y == self.y + 1:
            ways.append("\r\n" if not x else "\r\n\x1b[C" if x == 1 else f"\r\n\x1b[{x}C")
        if self.x >= 0:
            step = y - self.y
            many = str(abs(step)) if abs(step) > 1 else ""
            ways.append(f"\x1b[{many}{'B' if step > 0 else 'A'}{self._along(x)}")
        return ways

    def set(self, style: Style) -> None:
        """Write in `style` from here on."""
        if style is not self.style:
            self.out.append(way(self.style, style))
            self.style = style

    def set_ground(self, style: Style) -> None:
        """Write such that blanks look as in `style`."""
        if self.style is None or self.style.blank is not style.blank:
            self.set(style.blank)


def changed_cells(
    chars: Sequence[str], styles: Sequence[Style], old_chars: Sequence[str], old_styles: Sequence[Style]
) -> list[int]:
    """The columns that look different, in order."""
    return [
        x
        for x, (char, style, old_char, old_style) in enumerate(zip(chars, styles, old_chars, old_styles, strict=True))
        if char != old_char or (style is not old_style and (char != " " or style.blank is not old_style.blank))
    ]


class Piece(NamedTuple):
    """Cells of a row that are written in one go."""

    style: Style
    y: int
    start: int
    stop: int
    """The column after the last one; 0: everything from `start` on is erased."""


def pieces_of(
    y: int, chars: Sequence[str], styles: Sequence[Style], changed: Sequence[int], *, bce: bool
) -> list[Piece]:
    """What of a row has to be written.

    Args:
        y: The row, from 0.
        chars: The row's cells as wanted.
        styles: Their styles.
        changed: Columns in order, not empty.
        bce: Does erasing leave the pen's ground behind (`back_color_erase`)?
    """
    width = len(chars)
    changed = _with_neighbours(chars, changed)
    erase_at = _tail(chars, styles, changed) if bce else width
    pieces: list[Piece] = []
    for start, end in _spans(chars, styles, [x for x in changed if x < erase_at] if erase_at < width else changed):
        if chars[start] == "" and start:
            start -= 1
        while end < width and chars[end] == "":
            end += 1
        x = start
        while x < end:
            style = styles[x]
            stop = x + 1
            while stop < end and (styles[stop] is style or (chars[stop] == " " and styles[stop].blank is style.blank)):
                stop += 1
            pieces.append(Piece(style, y, x, stop))
            x = stop
    if erase_at < width:
        pieces.append(Piece(styles[-1], y, erase_at, 0))
    return pieces


def draw(pen: Pen, pieces: Sequence[Piece], rows: Sequence[Sequence[str]], *, bce: bool) -> None:
    """Write pieces, in the order given or look by look: whichever is shorter.

    A change of colour often costs more than a jump to the next piece of the same colour. Only what follows a cell
    whose width terminals disagree on keeps its turn, for it is drawn over that cell's rest.

    Args:
        pen: Collects what to send.
        pieces: Rows from the top, each from the left.
        rows: The cells of all rows as wanted.
        bce: Does erasing leave the pen's ground behind?
    """
    free: list[Piece] = []
    tied: list[Piece] = []
    rest = (-1, -1)  # where an unsure cell's rest may lie
    for piece in pieces:
        sure = _all_sure("".join(rows[piece.y][piece.start : piece.stop]))
        (free if sure and rest != (piece.y, piece.start) else tied).append(piece)
        rest = (-1, -1) if sure else (piece.y, piece.stop)
    places: dict[Style, int] = {pen.style: -1} if pen.style is not None else {}
    for piece in free:
        places.setdefault(piece.style, len(places))
    by_look = [*sorted(free, key=lambda piece: places[piece.style]), *tied]
    ways = []
    for order in (pieces, by_look):
        way = pen.copy()
        for piece in order:
            _draw_piece(way, piece, rows[piece.y], bce)
        ways.append(way)
    pen.go_on_as(min(ways, key=Pen.size))


def _draw_piece(pen: Pen, piece: Piece, chars: Sequence[str], bce: bool) -> None:
    style, y, start, stop = piece
    pen.move(y, start)
    if not stop:
        pen.set_ground(style)
        pen.out.append("\x1b[K")
        return
    text = "".join(chars[start:stop])
    if _all_sure(text) and len(text) == stop - start:
        _draw_text(pen, y, start, text, style, bce)
    else:
        _draw_cells(pen, y, chars, style, start, stop)
    if stop >= len(chars):
        # Whether the cursor stands in or behind the last column is the terminal's affair.
        pen.x = -1


def _all_sure(text: str) -> bool:
    return text.isascii() or SURE.fullmatch(text) is not None


def _tail(chars: Sequence[str], styles: Sequence[Style], changed: Sequence[int]) -> int:
    """Where erasing to the end of the line begins; the row's width for nowhere."""
    width = start = len(chars)
    ground = styles[-1].blank
    if chars[-1] != " " or not ground.plain:
        return width
    while start and chars[start - 1] == " " and styles[start - 1].blank is ground:
        start -= 1
    inside = [x for x in changed if x >= start]
    return inside[0] if len(inside) > len("\x1b[K") else width


def _with_neighbours(chars: Sequence[str], changed: Sequence[int]) -> Sequence[int]:
    """Add the cell after each whose width terminals disagree on: it may be drawn over."""
    text = "".join(chars)
    if _all_sure(text):
        return changed
    more = set(changed)
    for x in changed:
        if not is_sure(chars[x]):
            after = x + 1 if chars[x + 1 : x + 2] != [""] else x + 2
            if after < len(chars):
                more.add(after)
    return sorted(more)


def _spans(chars: Sequence[str], styles: Sequence[Style], changed: Sequence[int]) -> list[tuple[int, int]]:
    """Changed columns as stretches to write in one go, over small gaps that cost less than a jump."""
    if not changed:
        return []
    if changed[-1] - changed[0] == len(changed) - 1:
        return [(changed[0], changed[-1] + 1)]
    spans: list[tuple[int, int]] = []
    start = last = changed[0]
    for x in changed:
        if x > last + 1:
            gap = range(last + 1, x)
            if len(gap) > _GAP or not all(
                chars[at].isascii()
                and (styles[at] is styles[last] or (chars[at] == " " and styles[at].blank is styles[last].blank))
                for at in gap
            ):
                spans.append((start, last + 1))
                start = x
        last = x
    spans.append((start, last + 1))
    return spans


def _draw_text(pen: Pen, y: int, x: int, text: str, style: Style, bce: bool) -> None:
    for part in _BLANKS.split(text) if bce and "            " in text else (text,):
        if not part:
            continue
        size = len(part)
        pen.move(y, x)
        if part.isspace() and not part.strip(" "):
            pen.set_ground(style)
            if bce and size >= _ERASE_FROM and style.blank.plain:
                pen.out.append(f"\x1b[{size}X")
                x += size
                continue
        else:
            pen.set(style)
        pen.out.append(part)
        x += size
        pen.x = x


def _draw_cells(pen: Pen, y: int, chars: Sequence[str], style: Style, start: int, stop: int) -> None:
    """Cells one by one: after one whose width terminals disagree on, the cursor's place is unknown."""
    for x in range(start, stop):
        cell = chars[x]
        if cell == "":
            continue
        size = 2 if x + 1 < len(chars) and chars[x + 1] == "" else 1
        pen.move(y, x)
        pen.set(style)
        if is_sure(cell):
            pen.out.append(cell)
            pen.x = x + size
            continue
        if size == 2:
            pen.out.append("  ")  # should the terminal fill one cell only, the other is clean
            pen.x = x + 2 if x + 2 < len(chars) else -1
            pen.move(y, x)
        pen.out.append(cell)
        pen.x = -1
