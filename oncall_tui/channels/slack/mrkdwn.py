"""Text as Slack takes it: escaped, so that no title can mention anybody; Markdown in Slack's own dialect; cut to size.

Everything that has a meaning to Slack beyond looks (mentions, ``<!channel>``, links) begins with ``<``, which is
escaped. ``*`` and ``_`` are left: they change looks only, and there is no way to escape them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from oncall_tui.sources import fields

if TYPE_CHECKING:
    from markdown_it.token import Token

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_FENCE = "```"
_TASK = re.compile(r"\[([ xX])\] ")


def escape(text: str) -> str:
    """``text`` as literal text of a message."""
    return text.translate(_ENTITIES)


def split(text: str, limit: int) -> list[str]:
    """Escaped ``text`` as parts of at most ``limit`` characters, cut between paragraphs, lines or words where that is
    possible, never within an entity; a block of code that is cut is closed and opened again. Never empty."""
    parts, rest = [], text.strip("\n")
    while len(rest) > limit:
        at = _cut(rest, limit - 2 * len(_FENCE))
        part, rest = rest[:at].rstrip(), rest[at:].lstrip("\n ")
        if part.count(_FENCE) % 2:
            part, rest = f"{part}\n{_FENCE}", f"{_FENCE}\n{rest}"
        parts.append(part)
    return [*parts, rest]


def _cut(text: str, limit: int) -> int:
    for between in ("\n\n", "\n", " "):
        at = text.rfind(between, limit // 2, limit)
        if at > 0:
            return at
    for opens, closes in (("&", ";"), ("<", ">")):
        at = text.rfind(opens, limit // 2, limit)
        if at > 0 and closes not in text[at:limit]:
            return at
    return limit


def from_markdown(source: str) -> str:
    """A Markdown document (the handover) in Slack's dialect, its text escaped."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    lines = _Lines()
    for token in parser.parse(source):
        lines.take(token)
    return lines.text()


class _Lines:
    """The lines of a document while its tokens come."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._bullets: list[int | None] = []
        """Of each list that is open: the number of its next item, ``None`` for one with dots."""
        self._mark = ""
        self._row: list[str] | None = None
        self._quotes = 0
        self._heading = False

    def text(self) -> str:
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")

    def take(self, token: Token) -> None:
        match token.type:
            case "heading_open":
                self._blank()
                self._heading = True
            case "heading_close":
                self._heading = False
            case "paragraph_open" | "table_open":
                if not self._bullets:
                    self._blank()
            case "bullet_list_open":
                self._open(None)
            case "ordered_list_open":
                first = token.attrGet("start")
                self._open(int(first) if first is not None else 1)
            case "bullet_list_close" | "ordered_list_close":
                self._bullets.pop()
            case "list_item_open":
                self._mark = self._next_mark()
            case "blockquote_open":
                self._blank()
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "tr_open":
                self._row = []
            case "tr_close":
                self._add(" | ".join(self._row or ()))
                self._row = None
            case "hr":
                self._add("———")
            case "fence" | "code_block":
                self._add(f"{_FENCE}\n{escape(token.content).rstrip()}\n{_FENCE}")
            case "inline":
                self._inline(_spans(token.children or []))

    def _open(self, first: int | None) -> None:
        if not self._bullets:
            self._blank()
        self._bullets.append(first)

    def _blank(self) -> None:
        self._lines.append("")

    def _next_mark(self) -> str:
        number = self._bullets[-1]
        if number is None:
            return "• "
        self._bullets[-1] = number + 1
        return f"{number}. "

    def _inline(self, text: str) -> None:
        if self._row is not None:
            self._row.append(text)
        else:
            self._add(f"*{text.strip('*')}*" if self._heading and text.strip("*") else text)

    def _add(self, text: str) -> None:
        indent = "    " * (len(self._bullets) - 1)
        if self._mark:
            text = (
                _TASK.sub(lambda match: "☐ " if match[1] == " " else "☑ ", text, count=1) if text[:1] == "[" else text
            )
        first = "> " * min(self._quotes, 1) + indent + self._mark
        following = "> " * min(self._quotes, 1) + indent + " " * len(self._mark)
        self._lines.append(first + text.replace("\n", f"\n{following}"))
        self._mark = ""


def _spans(tokens: list[Token]) -> str:
    made: list[str] = []
    links: list[str] = []
    for token in tokens:
        match token.type:
            case "text" | "html_inline":
                made.append(escape(token.content))
            case "code_inline":
                made.append(f"`{escape(token.content)}`")
            case "strong_open" | "strong_close":
                made.append("*")
            case "em_open" | "em_close":
                made.append("_")
            case "softbreak" | "hardbreak":
                made.append("\n")
            case "image":
                made.append(escape(token.content))
            case "link_open":
                links.append(_address(str(token.attrGet("href") or "")))
                made.append(f"<{links[-1]}|" if links[-1] else "")
            case "link_close":
                made.append(">" if links.pop() else "")
    return "".join(made)


def _address(href: str) -> str:
    """What a link may lead to: a web page and nothing that Slack reads as a command; else ``""``."""
    found = fields.url({"href": href}, "href")
    return "" if found is None else escape(found).replace("|", "%7C")
