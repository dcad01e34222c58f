"""From cells shown to cells wanted: the fewest bytes this module can find. No state but the pen's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

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

    def take(self) -> str:
        """What was collected, and begin anew."""
        text = "".join(self.out)
        self.out.clear()
        return text

    def move(self, y: int, x: int) -> None:
        """Go to row `y`, column `x`, both from 0."""
        if self.y == y:
            if self.x == x:
                return
            if x == 0:
                text = "\r"
            elif self.x < 0:
                text = f"\x1b[{x + 1}G"
            elif x > self.x:
                text = "\x1b[C" if x == self.x + 1 else f"\x1b[{x - self.x}C"
            else:
                text = "\b" * (self.x - x) if self.x - x < 4 else f"\x1b[{self.x - x}D"
                text = min(text, f"\x1b[{x + 1}G", key=len)
        else:
            text = f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H" if y else "\x1b[H"
            if self.y >= 0 and y == self.y + 1:
                down = "\r\n" if not x else f"\r\n\x1b[{x}C" if x > 1 else "\r\n\x1b[C"
                if x and self.x == x:
                    down = "\x1b[B"
                if len(down) < len(text):
                    text = down
        self.out.append(text)
        self.x, self.y = x, y

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


def draw_row(
    pen: Pen,
    y: int,
    chars: Sequence[str],
    styles: Sequence[Style],
    changed: Sequence[int],
    *,
    bce: bool,
) -> None:
    """Draw those cells of a row that changed.

    Args:
        pen: Collects what to send.
        y: The row, from 0.
        chars: The row's cells as wanted.
        styles: Their styles.
        changed: Columns in order, not empty.
        bce: Does erasing leave the pen's ground behind (`back_color_erase`)?
    """
    width = len(chars)
    changed = _with_neighbours(chars, changed)
    erase_at = _tail(chars, styles, changed) if bce else width
    spans = _spans(chars, styles, [x for x in changed if x < erase_at] if erase_at < width else changed)
    for start, end in spans:
        _draw_span(pen, y, chars, styles, start, end, bce)
    if erase_at < width:
        pen.move(y, erase_at)
        pen.set_ground(styles[-1])
        pen.out.append("\x1b[K")


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
    if text.isascii() or SURE.fullmatch(text):
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


def _draw_span(
    pen: Pen, y: int, chars: Sequence[str], styles: Sequence[Style], start: int, end: int, bce: bool
) -> None:
    width = len(chars)
    if chars[start] == "" and start:
        start -= 1
    while end < width and chars[end] == "":
        end += 1
    pen.move(y, start)
    x = start
    while x < end:
        style = styles[x]
        stop = x + 1
        while stop < end and styles[stop] is style:
            stop += 1
        text = "".join(chars[x:stop])
        if text.isascii() or SURE.fullmatch(text):
            if "" in chars[x:stop]:
                _draw_cells(pen, y, chars, style, x, stop)
            else:
                _draw_text(pen, y, x, text, style, bce)
        else:
            _draw_cells(pen, y, chars, style, x, stop)
        x = stop
    if end >= width:
        # Whether the cursor stands in or behind the last column is the terminal's affair.
        pen.x = -1


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
