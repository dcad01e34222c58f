"""pyte, with what it lacks: halves of wide characters that are overwritten become blanks."""

from __future__ import annotations

from typing import Any

import pyte
from pyte.screens import wcwidth


class Screen(pyte.Screen):
    def draw(self, data: str) -> None:
        for char in data:
            if wcwidth(char) == 0:
                super().draw(char)
                continue
            x, y = min(self.cursor.x, self.columns - 1), self.cursor.y
            self._part(y, x, x + max(1, wcwidth(char)))
            super().draw(char)

    def _part(self, y: int, start: int, end: int) -> None:
        line = self.buffer[y]
        if line[start].data == "" and start:
            line[start - 1] = line[start - 1]._replace(data=" ")
        if end < self.columns and line[end].data == "":
            line[end] = line[end]._replace(data=" ")

    def erase_characters(self, count: int | None = None) -> None:
        self._part(self.cursor.y, self.cursor.x, self.cursor.x + (count or 1))
        super().erase_characters(count)

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        if how == 0:
            self._part(self.cursor.y, min(self.cursor.x, self.columns - 1), self.columns)
        super().erase_in_line(how, private)


class Terminal:
    """A terminal in nowrap mode behind a line discipline that makes CR LF of LF."""

    def __init__(self, width: int, height: int) -> None:
        self.screen = Screen(width, height)
        self.stream = pyte.Stream(self.screen)
        self.stream.feed("\x1b[?7l")

    def feed(self, data: str) -> None:
        self.stream.feed(data.replace("\n", "\r\n"))

    def cells(self) -> list[list[tuple[Any, ...]]]:
        """What is seen: of a blank's attributes only those that show."""
        screen = self.screen
        rows = []
        for y in range(screen.lines):
            row = []
            for x in range(screen.columns):
                c = screen.buffer[y][x]
                seen: tuple[Any, ...] = (c.data, c.bg, c.underscore, c.strikethrough, c.reverse)
                lit = c.data.strip() or c.reverse or c.underscore or c.strikethrough
                row.append((*seen, c.fg, c.bold, c.italics) if lit else seen)
            rows.append(row)
        return rows
