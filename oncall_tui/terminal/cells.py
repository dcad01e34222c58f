"""What a screen shows, as cells, and what Textual writes, applied to it.

Textual writes a small language: cursor positions, SGR, text, line ends, modes, hyperlinks. `Grid` knows
it and some more of ECMA-48; whatever else comes is handed back, with whether it may change cells.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple

from rich.cells import split_graphemes

from oncall_tui.terminal.style import DEFAULT, Style, apply_sgr, with_link

CLUSTER_LIMIT: Final = 8
"""Code points of one cell that are drawn; a title may put 200,000 marks on one letter."""

_TOKEN: Final = re.compile(
    r"\x1b\[([\d;:]*)m([^\x00-\x1f\x7f-\x9f]+)\x1b\[0?m"  # 1, 2: text in one style, as Rich writes it
    r"|([^\x00-\x1f\x7f-\x9f]+)"  # 3: text
    r"|\x1b\[([0-?]*)([ -/]*[@-~])"  # 4, 5: a control sequence
    r"|\x1b\]([^\x00-\x1f\x7f-\x9f]*)(?:\x07|\x1b\\)"  # 6: an operating system command
    r"|\x1b[P^_X](?:[^\x1b\x9c]|\x1b\x1b)*\x1b\\"  # other strings, then other escapes, then controls
    r"|\x1b[ -/]*[0-OQ-WYZ`-~\\]"
    r"|[\x00-\x1a\x1c-\x1f\x7f-\x9f]|\x1b"
)
SURE: Final = re.compile(
    "[\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u0482"
    "\u048a-\u052f\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u2070\u2071\u2074-\u208e\u20a0-\u20bf\u2150-\u218b"
    "\u2190-\u2199\u2200-\u22ff\u2500-\u259f\u25a0-\u25a9\u25b2-\u25b5\u25b8-\u25bf\u25c2-\u25fa"
    "\u2713\u2717\u2800-\u28ff]*"
)
"""Characters that every terminal and Rich draw one cell wide."""
_SURE_WIDE: Final = "[\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]"
"""Characters that every terminal and Rich draw two cells wide; compiled when one is met, which takes 2 ms."""

_STILL_PRIVATE: Final = frozenset(
    (
        *("1", "9", "12", "66", "67", "1000", "1001", "1002", "1003", "1004", "1005", "1006", "1007", "1015"),
        *("1016", "1034", "1035", "1036", "1039", "1042", "1043", "2004", "2027", "2031", "2048", "8452"),
    )
)
"""Private modes that change neither cells nor the cursor's place."""


class Cluster(NamedTuple):
    """What is drawn in one cell, or in two."""

    text: str
    width: int


@lru_cache(maxsize=4096)
def clusters(text: str) -> tuple[Cluster, ...]:
    """Cut text as Rich does, on whose measure Textual's layout stands.

    Args:
        text: No control characters.

    Returns:
        Base characters with what combines with them; width 0 only for what has no base in `text`.
    """
    spans, _ = split_graphemes(text)
    return tuple(Cluster(text[start : min(end, start + CLUSTER_LIMIT)], width) for start, end, width in spans)


def is_sure(cell: str) -> bool:
    """Do all terminals agree on this cell's width? Then the cursor's place after it is known."""
    return SURE.fullmatch(cell) is not None or re.fullmatch(_SURE_WIDE, cell) is not None


class Effect(Enum):
    """What a sequence that `Grid` does not apply may do."""

    NONE = "none"
    """Nothing to cells or cursor."""
    ENTER = "enter"
    """Switch to the alternate screen."""
    LEAVE = "leave"
    """Switch back from it."""
    ANY = "any"
    """Not known: anything."""


class Passed(NamedTuple):
    """A sequence for the terminal itself."""

    text: str
    effect: Effect


class Grid:
    """Rows of cells, a cursor and a pen. Row and column count from 0.

    A cell is one character with what combines with it; the second half of a wide one is "". Lines do
    not wrap (Textual switches that off): what goes beyond the right edge overwrites the last column.
    """

    def __init__(self, width: int, height: int) -> None:
        """Make a grid of blanks.

        Args:
            width: Columns, at least 1.
            height: Rows, at least 1.
        """
        self.width = width
        self.height = height
        self.chars: list[list[str]] = [[" "] * width for _ in range(height)]
        self.styles: list[list[Style]] = [[DEFAULT] * width for _ in range(height)]
        self.dirty: set[int] = set()
        """Rows written to since somebody cleared this set."""
        self.x = 0
        self.y = 0
        self.pen = DEFAULT
        self.cursor_visible = True
        self.synchronised = False
        """Was synchronised output (mode 2026) used since somebody cleared this?"""
        self._links: dict[str, str] = {}

    def resize(self, width: int, height: int) -> None:
        """Keep what fits at the top left, fill with blanks."""
        for row, styles in zip(self.chars, self.styles, strict=True):
            grow = width - len(row)
            if width < len(row) and row[width] == "":
                row[width - 1] = " "
            row[width:] = [" "] * max(0, grow)
            styles[width:] = [DEFAULT] * max(0, grow)
        del self.chars[height:], self.styles[height:]
        while len(self.chars) < height:
            self.chars.append([" "] * width)
            self.styles.append([DEFAULT] * width)
        self.width, self.height = width, height
        self.x, self.y = min(self.x, width), min(self.y, height - 1)
        self.dirty = set(range(height))

    def clear(self, style: Style = DEFAULT) -> None:
        """Make every cell a blank in `style`."""
        for y in range(self.height):
            self.erase(y, 0, self.width, style)

    def erase(self, y: int, start: int, end: int, style: Style) -> None:
        """Make cells of row `y` from column `start` up to `end` blanks."""
        end = min(end, self.width)
        if start < end:
            self._part(y, start, end)
            self.chars[y][start:end] = [" "] * (end - start)
            self.styles[y][start:end] = [style] * (end - start)
            self.dirty.add(y)

    # ------------------------------------------------------------ the language

    def apply(self, data: str, *, frame: bool = False) -> list[Passed]:
        """Apply what a program writes to its terminal.

        Args:
            data: Whole sequences and text.
            frame: Apply only what Textual's frames are made of (text, SGR, positions, line ends,
                links) and ignore the rest.

        Returns:
            What is not drawing, in order; `Effect.ANY` when cells may be other than this grid says.
        """
        passed: list[Passed] = []
        for match in _TOKEN.finditer(data):
            kind = match.lastindex
            if kind == 2:
                pen = self.pen
                self._text(match[2], apply_sgr(pen, match[1]))
                if pen is not DEFAULT:
                    self.pen = apply_sgr(pen, "")
            elif kind == 3:
                self._text(match[3], self.pen)
            elif kind == 5:
                if not frame or match[5] in ("m", "H"):
                    self._csi(match[4], match[5], match[0], passed)
            elif kind == 6:
                self._osc(match[6], match[0], passed)
            elif not frame or match[0] == "\n":
                self._control(match[0], passed)
        return passed

    def _text(self, text: str, style: Style) -> None:
        if not (text.isascii() or SURE.fullmatch(text)):
            self._clusters(text, style)
            return
        x, y, width = self.x, self.y, self.width
        end = x + len(text)
        if end > width:
            x = min(x, width - 1)
            text = text[: width - x - 1] + text[-1]
            end = width
        row = self.chars[y]
        if row[x] == "" or (end < width and row[end] == ""):
            self._part(y, x, end)
        if text[0] == " " and not text.strip(" "):
            style = style.blank
        row[x:end] = text
        self.styles[y][x:end] = [style] * (end - x)
        self.dirty.add(y)
        self.x = end

    def _clusters(self, text: str, style: Style) -> None:
        y, width = self.y, self.width
        row, styles = self.chars[y], self.styles[y]
        x = self.x
        for cell, size in clusters(text):
            if not size:
                base = x - 1 if x and row[x - 1] else x - 2
                if base >= 0 and len(row[base]) < CLUSTER_LIMIT:
                    row[base] += cell
                continue
            x = min(x, width - size)
            if x < 0:  # two cells in one column
                x, size, cell = 0, 1, " "
            self._part(y, x, x + size)
            row[x] = cell
            styles[x] = style.blank if cell == " " else style
            if size == 2:
                row[x + 1] = ""
                styles[x + 1] = style
            x += size
        self.x = x
        self.dirty.add(y)

    def _part(self, y: int, start: int, end: int) -> None:
        """Make blanks of the halves that stay when wide characters at the borders are overwritten."""
        row = self.chars[y]
        if row[start] == "" and start:
            row[start - 1] = " "
        if end < self.width and row[end] == "":
            row[end] = " "

    def _csi(self, parameters: str, final: str, whole: str, passed: list[Passed]) -> None:
        if final == "m" and parameters[:1] not in tuple("<=>?"):
            self.pen = apply_sgr(self.pen, parameters)
            return
        if parameters[:1] == "?" and final in ("h", "l"):
            self._private_modes(parameters[1:], final == "h", whole, passed)
            return
        if not parameters.replace(";", "").isdigit() and parameters.strip(";"):
            # Private sequences of other kinds: kitty's keyboard and reports change nothing here.
            harmless = final in ("u", "$p", "c", "n", "q", "m") and parameters[:1] in tuple("<=>?")
            passed.append(Passed(whole, Effect.NONE if harmless else Effect.ANY))
            return
        numbers = [int(number or 0) for number in parameters.split(";")]
        one = max(1, numbers[0])
        match final:
            case "H" | "f":
                column = numbers[1] if len(numbers) > 1 else 1
                self.y = min(one, self.height) - 1
                self.x = min(max(1, column), self.width) - 1
            case "A":
                self.y = max(0, self.y - one)
            case "B":
                self.y = min(self.height - 1, self.y + one)
            case "C":
                self.x = min(self.width - 1, self.x + one)
            case "D":
                self.x = max(0, min(self.x, self.width - 1) - one)
            case "G" | "`":
                self.x = min(one, self.width) - 1
            case "d":
                self.y = min(one, self.height) - 1
            case "J" if numbers[0] < 3:
                self._erase_display(numbers[0])
            case "K" if numbers[0] < 3:
                self._erase_line(numbers[0])
            case "X":
                x = min(self.x, self.width - 1)
                self.erase(self.y, x, x + one, self._ground())
            case "$p" | "n" | "c" | " q" | "t":
                passed.append(Passed(whole, Effect.NONE))
            case _:
                passed.append(Passed(whole, Effect.ANY))

    def _private_modes(self, modes: str, on: bool, whole: str, passed: list[Passed]) -> None:
        effect = Effect.NONE
        for mode in modes.split(";"):
            if mode == "25":
                self.cursor_visible = on
            elif mode == "2026":
                self.synchronised = True
                if modes == mode:
                    return  # the difference is sent as one piece anyway
            elif mode in ("47", "1047", "1049"):
                effect = Effect.ENTER if on else Effect.LEAVE
                self.clear()
            elif mode != "7" and mode not in _STILL_PRIVATE:
                effect = Effect.ANY
        passed.append(Passed(whole, effect))

    def _osc(self, body: str, whole: str, passed: list[Passed]) -> None:
        if not body.startswith("8;"):
            passed.append(Passed(whole, Effect.NONE))
            return
        link = body[2:]
        address = link.partition(";")[2]
        if address:
            # Rich makes a new id for each style it makes; one id an address lets equal cells be equal.
            if len(self._links) > 1000:
                self._links.clear()
            link = self._links.setdefault(address, link)
        self.pen = with_link(self.pen, link if address else "")

    def _control(self, text: str, passed: list[Passed]) -> None:
        match text:
            case "\n":  # the terminal's line discipline makes CR LF of it
                self.x = 0
                if self.y < self.height - 1:
                    self.y += 1
                else:
                    self.chars.append(self.chars.pop(0))
                    self.styles.append(self.styles.pop(0))
                    self.erase(self.y, 0, self.width, self._ground())
                    self.dirty = set(range(self.height))
            case "\r":
                self.x = 0
            case "\b":
                self.x = max(0, min(self.x, self.width - 1) - 1)
            case "\x07" | "\x1b=" | "\x1b>" | "\x1b\\":
                passed.append(Passed(text, Effect.NONE))
            case _ if text[0] == "\x1b" and len(text) > 1:
                effect = Effect.NONE if text[1] in "P^_X" else Effect.ANY
                passed.append(Passed(text, effect))
            case _:
                pass  # a control character within text has no width in Textual's layout: none drawn

    def _ground(self) -> Style:
        return apply_sgr(DEFAULT, self.pen.bg) if self.pen.bg else DEFAULT

    def _erase_line(self, how: int) -> None:
        x = min(self.x, self.width - 1)
        start, end = ((x, self.width), (0, x + 1), (0, self.width))[how]
        self.erase(self.y, start, end, self._ground())

    def _erase_display(self, how: int) -> None:
        first, last = ((self.y + 1, self.height), (0, self.y), (0, self.height))[how]
        for y in range(first, last):
            self.erase(y, 0, self.width, self._ground())
        if how < 2:
            self._erase_line(how)
