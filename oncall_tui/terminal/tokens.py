"""Bytes from a terminal to whole units: a character, an escape sequence, a paste, or nothing.

A terminal sends three things down one wire: what hands do, what it answers, and what is pasted. This
module keeps them apart by ECMA-48's grammar, at whatever byte a read ends. Time is an argument.
"""

from __future__ import annotations

import codecs
import re
from enum import Enum
from typing import Final, NamedTuple

ESC: Final = "\x1b"

QUIET_LIMIT: Final = 0.5
"""Seconds of silence after which an unfinished reply is given up."""
PASTE_QUIET_LIMIT: Final = 3.0
"""Seconds of silence after which a paste whose end never came is taken as ended."""
PASTE_SIZE_LIMIT: Final = 65_536
"""Characters of one paste that are kept; the rest is dropped."""
_SEQUENCE_LIMIT: Final = 128

_PASTE_END: Final = "\x1b[201~"
_STRINGS: Final = "P]X^_"
_CONTROLS_8BIT: Final = {"\x90": "P", "\x98": "X", "\x9b": "[", "\x9d": "]", "\x9e": "^", "\x9f": "_"}
_RXVT_KEY: Final = re.compile(r"\x1b\[\d+\$")
_NOT_TEXT: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]?|\x1b[\]P^_X][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b.?"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


class Kind(Enum):
    """What a unit is."""

    CHARACTER = "character"
    """One character outside any sequence, control characters included."""
    ALT = "alt"
    """ESC and one character: a key pressed with Alt."""
    ESCAPE = "escape"
    """ESC and nothing after it: the escape key."""
    SEQUENCE = "sequence"
    """A whole CSI or SS3 sequence; whether it is a key is for the reader to know."""
    PASTE = "paste"
    """The text of a bracketed paste."""


class Unit(NamedTuple):
    """One thing that arrived."""

    kind: Kind
    text: str


class _In(Enum):
    GROUND = 0
    ESCAPE = 1
    CSI = 2
    SS3 = 3
    X10_MOUSE = 4
    STRING = 5
    STRING_ESCAPE = 6
    PASTE = 7


def clean_paste(text: str) -> str:
    """Make plain text of what was pasted: no escape sequence, no control character but \\n and \\t.

    Args:
        text: Anything, `\\r` and `\\r\\n` as line ends included.

    Returns:
        At most `PASTE_SIZE_LIMIT` characters.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_TEXT.sub("", text)[:PASTE_SIZE_LIMIT]


class Tokens:
    """Splits a stream of bytes into units, keeping what is unfinished for the next read."""

    def __init__(self, escape_delay: float) -> None:
        """Start between units.

        Args:
            escape_delay: Seconds after which an ESC with nothing behind it is the escape key.
        """
        self._escape_delay = escape_delay
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._state = _In.GROUND
        self._buffer = ""
        self._paste: list[str] = []
        self._paste_size = 0
        self._since = 0.0

    @property
    def deadline(self) -> float | None:
        """When `tick` has something to decide, on the clock of `feed`; `None` between units."""
        if self._state is _In.GROUND:
            return None
        if self._state is _In.ESCAPE:
            return self._since + self._escape_delay
        return self._since + (PASTE_QUIET_LIMIT if self._state is _In.PASTE else QUIET_LIMIT)

    def feed(self, data: bytes, now: float) -> list[Unit]:
        """Take what was read.

        Args:
            data: Any bytes. Those that are not UTF-8 vanish.
            now: Seconds on a steady clock.

        Returns:
            The units completed by it, in order.
        """
        units: list[Unit] = []
        for character in self._decode(data):
            if "\ud800" <= character <= "\udfff":
                # A byte outside UTF-8: an 8-bit control of an old terminal, or rubbish.
                character = chr(ord(character) - 0xDC00)
                if character not in _CONTROLS_8BIT and character != "\x9c":
                    continue
            if self._state is _In.PASTE:
                self._take_paste(character, units)
            elif character in _CONTROLS_8BIT:
                self._take(ESC, units)
                self._take(_CONTROLS_8BIT[character], units)
            else:
                self._take(character, units)
        self._since = now
        return units

    def tick(self, now: float) -> list[Unit]:
        """Give up what waited too long.

        Args:
            now: Seconds on the clock of `feed`.

        Returns:
            The escape key, a key pressed with Alt, a paste without an end, or nothing.
        """
        deadline = self.deadline
        if deadline is None or now < deadline:
            return []
        state, buffer = self._state, self._buffer
        self._state, self._buffer = _In.GROUND, ""
        if state is _In.ESCAPE:
            return [Unit(Kind.ESCAPE, ESC)]
        if state is _In.PASTE:
            self._paste.append(buffer)
            return [self._end_paste()]
        if len(buffer) == 2:  # an introducer that nothing followed was pressed by hand
            return [Unit(Kind.ALT, buffer)]
        return []

    def _take(self, c: str, units: list[Unit]) -> None:
        state = self._state
        if state is _In.GROUND:
            if c == ESC:
                self._state, self._buffer = _In.ESCAPE, ESC
            elif not "\x80" <= c <= "\x9f":
                units.append(Unit(Kind.CHARACTER, c))
        elif c == ESC:
            if state is _In.ESCAPE:
                units.append(Unit(Kind.ESCAPE, ESC))
            self._state = _In.STRING_ESCAPE if state in (_In.STRING, _In.STRING_ESCAPE) else _In.ESCAPE
            self._buffer = ESC
        elif state is _In.ESCAPE:
            self._take_after_escape(c, units)
        elif state is _In.STRING:
            # BEL ends only an OSC by the book; in the others no terminal sends one, so it may end all.
            if c in "\x07\x9c\x18\x1a":
                self._reset()
            elif len(self._buffer) < 3:  # remember only that something followed the introducer
                self._buffer += c
        elif state is _In.STRING_ESCAPE:
            if c == "\\":
                self._reset()
            else:  # the string was cut off by the next sequence
                self._state = _In.ESCAPE
                self._take_after_escape(c, units)
        elif state is _In.X10_MOUSE:
            self._buffer += c
            if len(self._buffer) == 6:
                self._finish(units)
        else:
            self._take_in_sequence(c, units)

    def _take_after_escape(self, c: str, units: list[Unit]) -> None:
        self._buffer = ESC + c
        if c == "[":
            self._state = _In.CSI
        elif c == "O":
            self._state = _In.SS3
        elif c in _STRINGS:
            self._state = _In.STRING
        else:
            self._reset()
            units.append(Unit(Kind.ALT, ESC + c))

    def _take_in_sequence(self, c: str, units: list[Unit]) -> None:
        if c < " " or c >= "\x7f":
            # Not part of any sequence: what was begun is broken off, the character stands alone.
            self._reset()
            if c not in "\x18\x1a":
                self._take(c, units)
            return
        if len(self._buffer) < _SEQUENCE_LIMIT:
            self._buffer += c
        if self._state is _In.CSI:
            if self._buffer == "\x1b[[":
                return  # the Linux console's F1 to F5: ESC [ [ A
            if self._buffer == "\x1b[M":
                self._state = _In.X10_MOUSE
                return
            if not (c >= "@" or _RXVT_KEY.fullmatch(self._buffer)):
                return
        elif c in "0123456789;":
            return
        if self._buffer == "\x1b[200~":
            self._state, self._buffer = _In.PASTE, ""
            self._paste, self._paste_size = [], 0
        elif len(self._buffer) < _SEQUENCE_LIMIT:
            self._finish(units)
        else:
            self._reset()

    def _take_paste(self, c: str, units: list[Unit]) -> None:
        buffer = self._buffer + c
        if buffer == _PASTE_END:
            units.append(self._end_paste())
        elif _PASTE_END.startswith(buffer):
            self._buffer = buffer
        else:
            if self._paste_size < PASTE_SIZE_LIMIT * 2:  # twice: cleaning may take half of it away
                self._paste.append(buffer[:-1] if c == ESC else buffer)
                self._paste_size += len(buffer)
            self._buffer = ESC if c == ESC else ""

    def _end_paste(self) -> Unit:
        text = clean_paste("".join(self._paste))
        self._paste = []
        self._reset()
        return Unit(Kind.PASTE, text)

    def _finish(self, units: list[Unit]) -> None:
        units.append(Unit(Kind.SEQUENCE, self._buffer))
        self._reset()

    def _reset(self) -> None:
        self._state, self._buffer = _In.GROUND, ""
