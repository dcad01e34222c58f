"""What a program says, bounded and clean, while it is still talking. Pure."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from oncall_tui.config.secret import mask_cut, mask_read
from oncall_tui.text import clean_block

HEAD_BYTES = 192 * 1024
"""Of the beginning this much is kept."""
TAIL_BYTES = 64 * 1024
"""And of the end this much."""
LINE_CHARS = 4_000

# Colours, and "clear to the end of the line": programs mean no harm by them, and readers nothing.
_COLOUR = re.compile(r"\x1b\[[0-9;:]*[mK]")


class Output:
    """Bytes in, clean lines out: the first :data:`HEAD_BYTES` and the last :data:`TAIL_BYTES`; what is between them
    is counted. Colours are taken out, every other control character is a visible escape, secrets that this process
    has read are masked. ``version`` grows with each addition."""

    def __init__(self) -> None:
        self.version = 0
        self.total = 0
        """Bytes so far."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._head: list[str] = []
        self._partial = ""
        self._tail = bytearray()
        self._shown: tuple[int, tuple[str, ...]] = (0, ())

    @property
    def is_full(self) -> bool:
        """From now on something of it is lost."""
        return self.total >= HEAD_BYTES + TAIL_BYTES

    def add(self, data: bytes) -> None:
        """What came next."""
        self.version += 1
        room = max(0, HEAD_BYTES - self.total)
        self.total += len(data)
        if room:
            self._read(data[:room])
        if len(data) > room:
            self._tail += data[room:]
            del self._tail[:-TAIL_BYTES]

    def _read(self, data: bytes) -> None:
        *whole, self._partial = (self._partial + self._decoder.decode(data)).split("\n")
        self._head += map(_line, whole)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines as they are now; empty ones at the end are not among them."""
        if self._shown[0] != self.version:
            self._shown = (self.version, self._now())
        return self._shown[1]

    def _now(self) -> tuple[str, ...]:
        # A line that has not ended was cut, perhaps in the middle of a secret.
        lines = [*self._head, _line(self._partial, mask_cut)]
        if self._tail:
            lost = self.total - HEAD_BYTES - len(self._tail)
            # Without a loss what is kept of the end goes on in the middle of a line.
            end = bytes(self._tail).decode("utf-8", "replace").split("\n")
            if lost:
                lines += [f"… {lost} bytes are left out here …", _line(end[0], mask_cut)]
            else:
                lines[-1] = _line(self._partial + end[0], mask_cut if len(end) == 1 else mask_read)
            lines += [*map(_line, end[1:-1]), *(_line(one, mask_cut) for one in end[1:][-1:])]
        while lines and not lines[-1].strip():
            lines.pop()
        return tuple(lines)


def _line(raw: str, mask: Callable[[str], str] = mask_read) -> str:
    """One line; of one that a program wrote over itself (a progress bar) what stood there last."""
    raw = raw.rstrip("\r").rpartition("\r")[2]
    return clean_block(mask(_COLOUR.sub("", raw)), LINE_CHARS)
