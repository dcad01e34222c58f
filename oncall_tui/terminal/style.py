"""What a cell looks like beside its character, and the shortest way from one look to another."""

from __future__ import annotations

from typing import Final

BOLD, DIM, ITALIC, UNDERLINE, BLINK, RAPID, REVERSE, CONCEAL = (1 << n for n in range(8))
STRIKE, DOUBLE, FRAME, ENCIRCLE, OVERLINE = (1 << n for n in range(8, 13))

_ON: Final = {
    "1": BOLD,
    "2": DIM,
    "3": ITALIC,
    "4": UNDERLINE,
    "5": BLINK,
    "6": RAPID,
    "7": REVERSE,
    "8": CONCEAL,
    "9": STRIKE,
    "21": DOUBLE,
    "51": FRAME,
    "52": ENCIRCLE,
    "53": OVERLINE,
}
_OFF: Final = {
    "22": BOLD | DIM,
    "23": ITALIC,
    "24": UNDERLINE | DOUBLE,
    "25": BLINK | RAPID,
    "27": REVERSE,
    "28": CONCEAL,
    "29": STRIKE,
    "54": FRAME | ENCIRCLE,
    "55": OVERLINE,
}
_SEEN_ON_BLANKS: Final = UNDERLINE | DOUBLE | REVERSE | STRIKE | FRAME | ENCIRCLE | OVERLINE
_COLOURS: Final = frozenset(str(n) for base in (30, 90) for n in range(base, base + 8))
_GROUNDS: Final = frozenset(str(n) for base in (40, 100) for n in range(base, base + 8))

_CACHE_LIMIT: Final = 10_000
"""Entries; animations make colours without end. A style made twice costs bytes, nothing else."""


class Style:
    """The look of a cell. One object per look, so that `is` compares: make them with `style_of`."""

    __slots__ = ("bg", "blank", "extra", "fg", "flags", "link", "plain")

    def __init__(self, flags: int, fg: str, bg: str, link: str, extra: str) -> None:
        """Use `style_of`.

        Args:
            flags: `BOLD` and its like, or-ed.
            fg: SGR parameters of the text's colour (`38;5;1`), "" for the terminal's own.
            bg: The same for the ground.
            link: OSC 8 parameters and address (`id=1;https://…`), "" for none.
            extra: SGR parameters this module knows only how to repeat.
        """
        self.flags = flags
        self.fg = fg
        self.bg = bg
        self.link = link
        self.extra = extra
        self.plain = not (flags or fg or link or extra)
        """Is it no more than a ground, such as erasing leaves?"""
        self.blank: Style = self
        """How a space in this style looks: the same for all styles whose spaces look alike."""
        if (flags or fg) and not (flags & _SEEN_ON_BLANKS or extra):
            self.blank = style_of(0, "", bg, link, "")

    def __repr__(self) -> str:
        return f"Style({self.flags:#x}, {self.fg!r}, {self.bg!r}, {self.link!r}, {self.extra!r})"


_made: dict[tuple[int, str, str, str, str], Style] = {}
_applied: dict[tuple[Style, str], Style] = {}
_ways: dict[tuple[Style, Style], str] = {}


def style_of(flags: int, fg: str, bg: str, link: str, extra: str) -> Style:
    """The one `Style` with these attributes (see there)."""
    key = (flags, fg, bg, link, extra)
    style = _made.get(key)
    if style is None:
        if len(_made) >= _CACHE_LIMIT:
            _made.clear()
            _made[(0, "", "", "", "")] = DEFAULT
        style = _made[key] = Style(*key)
    return style


DEFAULT: Final = style_of(0, "", "", "", "")


def apply_sgr(style: Style, parameters: str) -> Style:
    """What `CSI parameters m` makes of a style.

    Args:
        style: Before. Its link stays.
        parameters: Digits, `;` and `:`; "" resets.

    Returns:
        After.
    """
    key = (style, parameters)
    after = _applied.get(key)
    if after is None:
        if len(_applied) >= _CACHE_LIMIT:
            _applied.clear()
        after = _applied[key] = _apply(style, parameters)
    return after


def _apply(style: Style, parameters: str) -> Style:
    flags, fg, bg, extra = style.flags, style.fg, style.bg, style.extra
    codes = parameters.split(";")
    index = 0
    while index < len(codes):
        code = codes[index].lstrip("0")
        index += 1
        if not code:
            flags, fg, bg, extra = 0, "", "", ""
        elif code in _ON:
            flags |= _ON[code]
        elif code in _OFF:
            flags &= ~_OFF[code]
        elif code in _COLOURS:
            fg = code
        elif code in _GROUNDS:
            bg = code
        elif code in ("39", "49"):
            fg, bg = ("", bg) if code == "39" else (fg, "")
        elif code in ("38", "48", "58"):
            length = {"5": 2, "2": 4}.get(codes[index] if index < len(codes) else "", 0)
            colour = ";".join([code, *codes[index : index + length]])
            index += length
            if code == "38":
                fg = colour
            elif code == "48":
                bg = colour
            else:
                extra += f";{colour}"
        elif code.startswith("38:"):
            fg = code
        elif code.startswith("48:"):
            bg = code
        else:
            extra += f";{code}"
    return style_of(flags, fg, bg, style.link, extra)


def with_link(style: Style, link: str) -> Style:
    """The style, carrying an OSC 8 link (`parameters;address`), or none for ""."""
    return style_of(style.flags, style.fg, style.bg, link, style.extra)


def way(before: Style | None, after: Style) -> str:
    """The shortest sequence that changes a terminal's pen.

    Args:
        before: The pen now; `None` when unknown.
        after: The pen wanted.

    Returns:
        SGR and OSC 8, or "" when nothing changes.
    """
    if before is None:
        return _reset_to(after) + (_link(after.link) if after.link else "\x1b]8;;\x1b\\")
    key = (before, after)
    found = _ways.get(key)
    if found is None:
        if len(_ways) >= _CACHE_LIMIT:
            _ways.clear()
        link = "" if before.link == after.link else _link(after.link)
        found = _ways[key] = min(_change(before, after), _reset_to(after), key=len) + link
    return found


def _link(link: str) -> str:
    return f"\x1b]8;{link or ';'}\x1b\\"


def _codes(flags: int) -> list[str]:
    return [code for code, flag in _ON.items() if flags & flag]


def _reset_to(after: Style) -> str:
    codes = [*_codes(after.flags), *(colour for colour in (after.fg, after.bg) if colour)]
    text = ";".join(codes) + after.extra
    return f"\x1b[0;{text.lstrip(';')}m" if text else "\x1b[m"


def _change(before: Style, after: Style) -> str:
    if before.extra != after.extra:
        return _reset_to(after)
    codes: list[str] = []
    flags = before.flags
    for code, off in _OFF.items():
        if flags & off & ~after.flags:
            codes.append(code)
            flags &= ~off
    codes += _codes(after.flags & ~flags)
    if before.fg != after.fg:
        codes.append(after.fg or "39")
    if before.bg != after.bg:
        codes.append(after.bg or "49")
    return f"\x1b[{';'.join(codes)}m" if codes else ""
