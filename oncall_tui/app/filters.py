"""The last thing that happens to a line before it is drawn."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from oncall_tui.text import paint_safe, width
from widgets.signs import ascii_only


class PaintSafe(LineFilter):
    """Shows control and bidi characters as visible escapes, wherever they came from. Texts are clean long before;
    this holds for the one that was forgotten."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments, with harmless text."""
        return [
            segment
            if segment.control or (safe := paint_safe(segment.text)) == segment.text
            else segment._replace(text=safe)
            for segment in segments
        ]


class AsciiOnly(LineFilter):
    """For terminals without Unicode: signs by their ASCII form, other characters as ``?``, widths kept."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments in ASCII."""
        return [
            segment if segment.control or segment.text.isascii() else segment._replace(text=_ascii(segment.text))
            for segment in segments
        ]


@lru_cache(maxsize=2048)
def _ascii(text: str) -> str:
    return ascii_only("".join(char if width(char) == 1 else "?" * width(char) for char in text))
