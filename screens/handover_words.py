"""A handover's Markdown as lines of words: headings, lists, tables and weight by the lines' own marks. Pure.

No Markdown parser: what a line does not begin with is shown as it stands, but for the escapes that the document put
before special characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncall_tui.text import width
from widgets.lines import BLANK, Span, Words
from widgets.textpane import wrap_words
from widgets.theme import Look

_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_STRONG = re.compile(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*")
_RULE = re.compile(r"\|?[\s:|-]+\|?")
_ITEM = re.compile(r"(\s*)([-*+]|\d{1,9}[.)])\s+(\[[ xX]\]\s+)?(.*)")
_SEVERITY = re.compile(r"Sev([1-4])")


def document_lines(document: str, cells: int, look: Look) -> list[Words]:
    """The document in lines of at most ``cells`` cells."""
    lines: list[Words] = []
    table: list[list[str]] = []
    for line in document.rstrip("\n").split("\n"):
        if line.startswith("|"):
            if not _RULE.fullmatch(line):
                table.append([_plain(cell.strip()) for cell in _cells(line)])
            continue
        lines += _table_lines(table)
        table = []
        lines += _line(line, cells, look)
    return [*lines, *_table_lines(table)]


def _line(line: str, cells: int, look: Look) -> list[Words]:
    if not line.strip():
        return [BLANK]
    if line.startswith("#"):
        level = len(line) - len(line.lstrip("#"))
        role = "title-focus" if level == 1 else "strong" if level == 2 else "title"
        return wrap_words((Span(_plain(line[level:].strip()), role),), cells)
    item = _ITEM.fullmatch(line)
    if item is None:
        return wrap_words(_inline(line), cells)
    blanks, mark, box, text = item.groups()
    sign = f"{mark} " if mark[0].isdigit() else f"{look.signs.dot} "
    words: Words = (Span(f"{blanks}{sign}{box.strip() + ' ' if box else ''}", "dim"), *_inline(text))
    return wrap_words(words, cells, indent=len(blanks) + len(sign))


def _inline(text: str) -> Words:
    words: list[Span] = []
    end = 0
    for found in _STRONG.finditer(text):
        words.append(Span(_plain(text[end : found.start()])))
        inner = _plain(found.group(1))
        severity = _SEVERITY.fullmatch(inner)
        words.append(Span(inner, f"sev{severity.group(1)}" if severity else "strong"))
        end = found.end()
    words.append(Span(_plain(text[end:])))
    return tuple(span for span in words if span.text)


def _plain(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)


def _cells(line: str) -> list[str]:
    return re.split(r"(?<!\\)\|", line.strip().strip("|"))


def _table_lines(rows: Sequence[Sequence[str]]) -> list[Words]:
    columns = max((len(row) for row in rows), default=0)
    widths = [max((width(row[number]) for row in rows if number < len(row)), default=0) for number in range(columns)]
    lines: list[Words] = []
    for number, row in enumerate(rows):
        words: list[Span] = [Span("  ")]
        for place, cell in enumerate(row):
            severity = _SEVERITY.fullmatch(cell)
            role = "label" if number == 0 else f"sev{severity.group(1)}" if severity else "text"
            words.append(Span(cell, role))
            words.append(Span(" " * (widths[place] - width(cell) + 3)))
        lines.append(tuple(words))
    return lines
