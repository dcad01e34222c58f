"""A second copy of what has not been sent: ``outbox.journal``, one line a state of an action, forced to disk.

A database that is deleted, emptied or destroyed takes no pending action with it: what is not final in here and not
in the database is put back at the next opening. Written inside the outbox's own transactions, whose lock is what
keeps two processes apart.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import field
from pathlib import Path

from oncall_tui.model import OutboxRow
from oncall_tui.records import dataclass
from oncall_tui.store.codec import checksum, decode
from oncall_tui.store.files import JOURNAL, check_file

_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class JournalRows:
    """What the journal holds: the latest state of each action, and how many lines could not be read."""

    rows: dict[str, OutboxRow] = field(default_factory=dict)
    lines: int = 0
    bad: int = 0


class OutboxJournal:
    """The file in ``folder``; ``None`` for a store without a folder: everything is then a no-op."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / JOURNAL if folder is not None else None

    def append(self, raw: bytes) -> Callable[[], None]:
        """Add one row (encoded), forced to disk before this returns. Returns what takes it back again, for a
        transaction that then fails: an action whose key press was not confirmed must not come back.

        Raises:
            OSError: it cannot be written; nothing is added.
        """
        if self._path is None:
            return lambda: None
        path = self._path
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            try:
                os.fchmod(descriptor, 0o600)
                _write_all(descriptor, _line(raw, torn=size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"))
                os.fsync(descriptor)
            except BaseException:
                os.ftruncate(descriptor, size)
                raise
        finally:
            os.close(descriptor)
        return lambda: os.truncate(path, size)

    def read(self) -> JournalRows:
        """The latest state of every action in the file.

        Raises:
            StoreError: the file is a link, not ours, or open to others.
            OSError: it cannot be read.
        """
        about = check_file(self._path) if self._path is not None else None
        if self._path is None or about is None:
            return JournalRows()
        with self._path.open("rb") as file:
            lines = file.read(_MAX_BYTES).split(b"\n")
        rows: dict[str, OutboxRow] = {}
        bad = 0
        for line in lines:
            if not line:
                continue
            mark, _, raw = line.partition(b" ")
            row = decode(OutboxRow, raw) if mark.decode("ascii", "replace") == checksum(raw) else None
            if row is None:
                bad += 1
                continue
            rows[row.key] = row
        return JournalRows(rows=rows, lines=len(lines) - 1, bad=bad)

    def rewrite(self, raws: Iterable[bytes]) -> None:
        """Keep only these rows: a new file in the old one's place, whole or not at all.

        Raises:
            OSError: it cannot be written; the old file stays.
        """
        if self._path is None:
            return
        new = self._path.with_name(f"{JOURNAL}.new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            for raw in raws:
                _write_all(descriptor, _line(raw, torn=False))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        new.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _line(raw: bytes, *, torn: bool) -> bytes:
    return (b"\n" if torn else b"") + checksum(raw).encode("ascii") + b" " + raw + b"\n"


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
