"""The one place where outside text is cleaned, clipped and measured.

Everything that a system, a file or a person outside this process wrote passes :func:`clean` before it
becomes part of the model. What could steer a terminal is *replaced* by its visible escape, not deleted: a
visible ``\\x1b`` tells the reader that somebody tried. (``research/reliability.md`` section 2.4.)
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

MAX_TITLE = 500
"""Code points kept of a one-line text (title, name, label)."""
MAX_BODY = 20_000
"""Code points kept of a text of several lines (note, log entry)."""
MAX_MARKS = 4
"""Combining marks kept on one base character: more of them cost bytes and no cells."""

# C0, DEL, C1; bidi controls; zero-width and other invisible format characters; line and paragraph
# separators; tag characters; lone surrogates; variation selectors 17-256; interlinear annotation; BOM.
# U+200D (ZWJ) and U+FE0F are kept: emoji are made of them.
_UNSAFE_CLASS = (
    "\x00-\x1f\x7f-\x9f"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_UNSAFE = re.compile(f"[{_UNSAFE_CLASS}]")
_UNSAFE_BUT_NEWLINE = re.compile(f"(?!\n)[{_UNSAFE_CLASS}]")
# A joiner with nothing to join would swallow the cell of what stands after it.
_LONE_JOINER = re.compile(r"(?<![^\x00-\u00ff\u200d])\u200d|\u200d(?![^\x00-\u00ff\u200d\s])|(?<![^\s])\ufe0f")
_MAYBE_MARKS = re.compile(r"[^\x00-\u02ff]")
_SPACES = re.compile(r"[ \u00a0\u2000-\u200a\u202f\u205f\u3000]+")


def _visible(match: re.Match[str]) -> str:
    point = ord(match.group())
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def _cap_marks(text: str) -> str:
    kept: list[str] = []
    run = 0
    for char in text:
        if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
            run += 1
            if run > MAX_MARKS:
                continue
        elif char != "\u200d":
            run = 0
        kept.append(char)
    return "".join(kept)


def clean(text: object, limit: int = MAX_TITLE) -> str:
    """Outside text as one safe line of at most ``limit`` code points (an ellipsis marks a cut).

    Newlines and tabs become spaces; every other control, bidi, invisible or tag character becomes its
    visible escape; at most :data:`MAX_MARKS` combining marks stay on a base. ``None`` is ``""``; anything
    else is taken as ``str``. Idempotent for text within the limit.
    """
    raw = _raw(text, limit)
    raw = raw.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    raw = _SPACES.sub(" ", _UNSAFE.sub(_visible, raw)).strip()
    return _finish(raw, limit)


def clean_block(text: object, limit: int = MAX_BODY) -> str:
    """Outside text of several lines: as :func:`clean`, but newlines stay; tabs become four spaces."""
    raw = _raw(text, limit).replace("\r\n", "\n").replace("\t", "    ")
    raw = _UNSAFE_BUT_NEWLINE.sub(_visible, raw)
    return _finish("\n".join(line.rstrip() for line in raw.split("\n")).strip("\n"), limit)


def _raw(text: object, limit: int) -> str:
    raw = "" if text is None else text if isinstance(text, str) else str(text)
    # A visible escape is up to ten times its character: cut first, so that a megabyte costs nothing.
    return raw[: limit * 2 + 16]


def _finish(raw: str, limit: int) -> str:
    if _MAYBE_MARKS.search(raw):
        # What a joiner was joined to may have been lone itself, or a mark too many: until nothing changes any more.
        while (settled := _cap_marks(_LONE_JOINER.sub(_visible, raw))) != raw:
            raw = settled
    return raw if len(raw) <= limit else raw[: limit - 1] + "…"


def unsafe_count(text: str) -> int:
    """How many characters of ``text`` :func:`clean` would show as escapes (newline and tab not counted)."""
    return sum(1 for found in _UNSAFE.findall(text) if found not in "\n\t\r")


def paint_safe(text: str) -> str:
    """The last line of defence, at the paint: control and bidi characters as visible escapes, nothing else."""
    return _UNSAFE.sub(_visible, text) if _UNSAFE.search(text) else text


@lru_cache(maxsize=4096)
def width(text: str) -> int:
    """Terminal cells that ``text`` (clean, one line) takes."""
    return cell_len(text)


def clip(text: str, cells: int) -> str:
    """``text`` in at most ``cells`` terminal cells; an ellipsis in the last cell marks a cut."""
    if cells <= 0:
        return ""
    if width(text) <= cells:
        return text
    return "…" if cells == 1 else set_cell_size(text, cells - 1).rstrip() + "…"


def clip_start(text: str, cells: int) -> str:
    """``text`` in at most ``cells`` terminal cells with its end kept; an ellipsis in the first cell marks a cut. For
    paths, whose end is the file's name."""
    if width(text) <= cells:
        return text
    start, left = len(text), cells - 1
    while start and (left := left - width(text[start - 1])) >= 0:
        start -= 1
    return "…" + text[start:] if cells > 0 else ""


def fit(text: str, cells: int) -> str:
    """``text`` in exactly ``cells`` terminal cells, padded on the right or clipped."""
    short = clip(text, cells)
    return short + " " * (cells - width(short))


def fit_right(text: str, cells: int) -> str:
    """``text`` in exactly ``cells`` terminal cells, padded on the left or clipped."""
    short = clip(text, cells)
    return " " * (cells - width(short)) + short


def wrap(text: str, cells: int) -> list[str]:
    """``text`` (clean) as lines of at most ``cells`` cells, broken at spaces where it can; never empty."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            candidate = f"{line} {word}" if line else word
            if width(candidate) <= cells:
                line = candidate
                continue
            if line:
                lines.append(line)
            while width(word) > cells:
                head = set_cell_size(word, cells).rstrip() or word[:1]
                lines.append(head)
                word = word[len(head) :]
            line = word
        lines.append(line)
    return lines
