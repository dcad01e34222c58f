"""The last picture of the dashboard, kept in the data folder for the next start (``docs/adr/0007-frame-first.md``).

    frames = Frames(folder, key_of(config, read_only=False, environ=os.environ))
    frames.write(120, 40, picture, at=time.time(), said="14:36")
    kept = frames.read(120, 40)                      # at the next start, before anything heavy is imported
    early.show(kept.marked(120, time.time()), 120, 40)

A file that is not wholly as this module writes it is not there. Imports nothing heavy, and none of our modules but
the version and the files that are ours alone.
"""

from __future__ import annotations

import os
from binascii import crc32
from collections.abc import Mapping

from oncall_tui import __version__
from oncall_tui.private import prune, read_ours, write_ours

TYPE_CHECKING = False  # as typing says, which is not worth its import before the picture
if TYPE_CHECKING:
    from typing import Final

FOLDER: Final = "frames"
MAX_BYTES: Final = 262_144
"""Of one file. A crowded screen of 200x60 is about 40,000."""
KEPT: Final = 8
"""Files: sizes of terminals, seats, looks; the ones written longest ago go."""
_FORMAT: Final = b"oncall-tui frame 2"
_LOOKS: Final = (
    *("TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "COLORFGBG", "TEXTUAL_COLOR_SYSTEM"),
    *("LC_ALL", "LC_CTYPE", "LANG", "ONCALL_TUI_ASCII"),
)
"""Variables that colours, signs and the terminal's abilities follow from."""
_WITHIN: Final = ("TMUX", "STY")
"""The same of tmux and screen, which say in them which of their sessions it is: only that they are set counts."""
_DRAWING: Final = frozenset("mHABCDGKX")
"""Ends of the sequences that ``SafeDriver.picture`` writes: SGR, places, erasures. Beside them it clears the screen and
ends a link."""


_LET_THROUGH: Final = dict.fromkeys(map(ord, "\r\n\b\u200d"))


def key_of(config: str, *, read_only: bool, environ: Mapping[str, str]) -> str:
    """What a picture has to be of, beside its size: this program, this config as it is now, this look.

    Args:
        config: path of the config file. A file that was edited may name another seat or theme.
        read_only: whether the seat was asked for as a shadow's.
        environ: the environment that the look follows from.
    """
    try:
        about = os.stat(config)  # noqa: PTH116  (pathlib is not worth its import here)
        edition = f"{about.st_dev}:{about.st_ino}:{about.st_size}:{about.st_mtime_ns}"
    except OSError:
        edition = "none"
    look = {name: environ[name] for name in _LOOKS if name in environ}
    look |= {name: "set" for name in _WITHIN if environ.get(name)}
    return repr((__version__, config, edition, read_only, look))


def is_safe(picture: str) -> bool:
    """Whether a text may be written to a terminal: nothing but printable characters, colours, places, erasures."""
    # (Without re, which takes longer to be imported than the picture to be drawn.)
    text, *sequences = picture.replace("\x1b]8;;\x1b\\", " ").split("\x1b")
    return _is_text(text) and all(map(_only_draws, sequences))


def _only_draws(piece: str) -> bool:
    """Whether what follows an escape character is a sequence that draws, and then text."""
    rest = piece[1:].lstrip("0123456789;:")
    given = piece[1 : len(piece) - len(rest)]
    draws = rest[:1] in _DRAWING if len(given) < 100 else False
    return piece[:1] == "[" and (draws or (given == "2" and rest[:1] == "J")) and _is_text(rest[1:])


def _is_text(text: str) -> bool:
    # The joiner of emoji is the one unprintable character that the product lets through (text.clean).
    return text.isprintable() or text.translate(_LET_THROUGH).isprintable()


class Kept:
    """A picture, and the moment that it shows."""

    def __init__(self, picture: str, at: float, said: str, place: str, first: str) -> None:
        self.picture = picture
        self.at = at
        """Seconds since 1970."""
        self.said = said
        """The same as the dashboard said it, in the seat's time zone: ``14:36``."""
        self.place = place
        """Where the keys were, in the dashboard's own words: the app begins there."""
        self.first = first
        """What the picture's rows were, in the app's own words."""

    def marked(self, width: int, now: float) -> str:
        """The picture with its age over the right end of the first line, where the clock is.

        Args:
            width: columns.
            now: seconds since 1970.
        """
        words = f" as of {self.said} ({_age(now - self.at)}), starting "[-width:]
        return f"{self.picture}\x1b[1;{width - len(words) + 1}H\x1b[0;7m{words}\x1b[m"


def _age(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit} ago"
    return "just now"


class Frames:
    """The pictures of one data folder that fit one key."""

    def __init__(self, folder: str, key: str) -> None:
        """Touches nothing.

        Args:
            folder: the data folder.
            key: see :func:`key_of`.
        """
        self._folder = f"{folder}/{FOLDER}"
        self._key = key

    def _name(self, width: int, height: int) -> str:
        return f"{width}x{height}-{crc32(self._key.encode('utf-8', 'replace')):08x}.frame"

    def read(self, width: int, height: int) -> Kept | None:
        """The picture for a terminal of that size.

        Returns:
            ``None`` where there is none, or one that is not ours, not whole, not safe, or not of this key.
        """
        try:
            raw = read_ours(f"{self._folder}/{self._name(width, height)}", MAX_BYTES)
            form, checksum, body = raw.split(b"\n", 2)
            if form != _FORMAT or checksum != b"%08x" % crc32(body):
                return None
            key, about, place, first, picture = body.decode("utf-8").split("\n", 4)
            size, at, said = about.split(" ", 2)
            kept = Kept(picture, float(at), said, place, first)
        except (OSError, ValueError):
            return None
        fits = key == self._key and size == f"{width}x{height}"
        return kept if fits and len(said) <= 20 and said.isprintable() and is_safe(picture) else None

    def write(
        self, width: int, height: int, picture: str, *, at: float, said: str, place: str = "", first: str = ""
    ) -> bool:
        """Keep a picture in place of the last one of that size, in one step, for the user's eyes only.

        Args:
            width: columns.
            height: rows.
            picture: as ``SafeDriver.picture`` gives it.
            at: the moment that it shows, seconds since 1970.
            said: the same in words.
            place: where the keys are, one line.
            first: what its rows are, one line.

        Returns:
            ``False``, and nothing has changed, where it cannot be kept: it is too large, not safe, or the disk
            does not take it. The next start is a plain one then.
        """
        body = f"{self._key}\n{width}x{height} {at:.0f} {said}\n{place}\n{first}\n{picture}".encode("utf-8", "replace")
        is_there = os.path.isdir(os.path.dirname(self._folder))  # noqa: PTH112, PTH120  (the data folder is the store's)
        if len(body) > MAX_BYTES - 100 or not is_safe(picture) or not is_there:
            return False
        name = self._name(width, height)
        if not write_ours(f"{self._folder}/{name}", [b"%s\n%08x\n%s" % (_FORMAT, crc32(body), body)]):
            return False
        prune(self._folder, KEPT)
        return True
