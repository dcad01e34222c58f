"""The log file: rotated, 0600, without a secret or a raw control byte. Nothing is ever logged to stdout."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from oncall_tui.config.secret import mask
from oncall_tui.text import paint_safe

MAX_BYTES = 1_000_000
KEPT = 3


class _CleanFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(paint_safe(line) for line in mask(super().format(record)).split("\n"))


class _LateHandler(logging.Handler):
    """The log file, from the first line on that there is: a start imports nothing for it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write it."""
        if self._file is None:
            self._file = _file_handler(self._path)
            self._file.setFormatter(self.formatter)
        self._file.handle(record)

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()
        super().close()


def _file_handler(path: Path) -> logging.Handler:
    from logging.handlers import RotatingFileHandler

    class PrivateHandler(RotatingFileHandler):
        def _open(self):  # type: ignore[no-untyped-def]  # the parent's type is the stream's own
            handle = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            return os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace")

    # Nothing is opened before the first line; what the disk refuses then is no error of ours.
    return PrivateHandler(path, maxBytes=MAX_BYTES, backupCount=KEPT, delay=True)


def log_to(folder: Path | None) -> None:
    """Send this program's log to ``oncall.log`` in the data folder; without a usable folder there is no log."""
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    handler: logging.Handler = logging.NullHandler()
    if folder is not None:
        handler = _LateHandler(folder / "oncall.log")
        handler.setFormatter(_CleanFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # httpx logs every address it calls, with its query; a full disk must not print a traceback over the screen.
    for noisy in ("httpx", "httpcore", "asyncio", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.raiseExceptions = False
