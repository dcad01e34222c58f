"""The last picture of the dashboard, kept in the data folder for the next start (``docs/adr/0007-frame-first.md``).

    frames = Frames(folder, key_of(config, read_only=False, environ=os.environ))
    frames.write(120, 40, picture, at=time.time(), said="14:36")
    kept = frames.read(120, 40)                      # at the next start, before anything heavy is imported
    early.show(kept.marked(120, time.time()), 120, 40)

A file that is not wholly as this module writes it is not there. Imports nothing heavy, and none of our modules but
the version.
"""

from __future__ import annotations

import contextlib
import os
import stat
from binascii import crc32
from collections.abc import Mapping

from oncall_tui import __version__

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
    *("TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "COLORFGBG", "TEXTUAL_COLOR_SYSTEM", "TMUX", "STY"),
    *("LC_ALL", "LC_CTYPE", "LANG", "ONCALL_TUI_ASCII"),
)
"""Variables that colours, signs and the terminal's abilities follow from."""
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
            raw = _read_private(f"{self._folder}/{self._name(width, height)}")
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
        if len(body) > MAX_BYTES - 100 or not is_safe(picture):
            return False
        name = self._name(width, height)
        beside = f"{self._folder}/.{name}.{os.getpid()}"
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._folder, 0o700)  # noqa: PTH102
            try:
                _write_private(beside, b"%s\n%08x\n%s" % (_FORMAT, crc32(body), body))
                os.replace(beside, f"{self._folder}/{name}")  # noqa: PTH105
            except OSError:
                os.unlink(beside)  # noqa: PTH108
                raise
            self._prune()
        except OSError:
            return False
        return True

    def _prune(self) -> None:
        with os.scandir(self._folder) as entries:
            files = sorted((entry.stat(follow_symlinks=False).st_mtime, entry.path) for entry in entries)
        for _, path in files[:-KEPT]:
            os.unlink(path)  # noqa: PTH108


def _read_private(path: str) -> bytes:
    """A file of ours that nobody else can write; never waits. Raises OSError, or ValueError for any other."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & 0o022:
            raise ValueError("not a file of ours")
        if about.st_size > MAX_BYTES:
            raise ValueError("too large")
        return os.read(descriptor, MAX_BYTES)
    finally:
        os.close(descriptor)


def _write_private(path: str, data: bytes) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108  (of a process that had our number and died)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)
