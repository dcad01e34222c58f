"""The data folder on disk: who may read it, what kind of file system it is on, where a broken database goes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shlex
import stat
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from oncall_tui.store.errors import StoreError

DATABASE = "oncall.db"
JOURNAL = "outbox.journal"
_SIDE_FILES = ("", "-wal", "-shm", "-journal")
_LOCK_WAIT_S = 10.0

_LOCAL = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "ramfs", "overlay", "zfs", "f2fs", "jfs", "bcachefs", "reiserfs"}
)


def prepare_folder(folder: Path) -> None:
    """Make the folder (0700 whatever the umask) or check the one that is there.

    Raises:
        StoreError: it is not a folder, not ours, or others may write to it.
        OSError: it cannot be made.
    """
    if not folder.exists():
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # another process was faster: checked below like any other
            folder.mkdir(mode=0o700)
    about = folder.stat()
    if not stat.S_ISDIR(about.st_mode):
        raise StoreError(f"{folder} is not a folder: name another with --data-dir")
    _check_owner(folder, about)
    if about.st_mode & 0o022:
        raise StoreError(f"{folder} can be written by others (mode {_mode(about)}): chmod 700 {_quoted(folder)}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(13, "not writable", str(folder))


def open_to_readers(folder: Path) -> str | None:
    """One line where others can list the folder or reach into it, with the command that ends it. (The files in it are
    closed to them: such a folder is used.)"""
    try:
        about = folder.stat()
    except OSError:
        return None
    if not about.st_mode & 0o077:
        return None
    return f"{folder} can be read by others (mode {_mode(about)}): chmod 700 {_quoted(folder)}"


def check_file(path: Path) -> os.stat_result | None:
    """What ``lstat`` says of a file of ours; ``None`` when it is not there.

    Never opens it: closing a descriptor of a database would drop the locks that this process holds on it.

    Raises:
        StoreError: a link, not a plain file, not ours, or open to others.
    """
    try:
        about = path.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(about.st_mode):
        raise StoreError(f"{path} is a symbolic link: remove it or name another folder with --data-dir")
    if not stat.S_ISREG(about.st_mode):
        raise StoreError(f"{path} is not a plain file: remove it or name another folder with --data-dir")
    _check_owner(path, about)
    if about.st_mode & 0o077:
        raise StoreError(f"{path} is open to others (mode {_mode(about)}): chmod 600 {_quoted(path)}")
    return about


def create_file(path: Path) -> None:
    """Make an empty file, 0600 whatever the umask, through no link. It must not be there yet.

    Raises:
        OSError: it cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _check_owner(path: Path, about: os.stat_result) -> None:
    if about.st_uid != os.geteuid():
        raise StoreError(f"{path} belongs to user {about.st_uid}, not to you: name another folder with --data-dir")


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _mode(about: os.stat_result) -> str:
    return f"{stat.S_IMODE(about.st_mode):04o}"


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file that the path names now."""
    try:
        about = path.lstat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """One process at a time opens, repairs or sets aside. Where the file system has no locks, nobody waits."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        until = time.monotonic() + _LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise StoreError(f"{folder} is being opened by another process that does not end") from None
                time.sleep(0.02)  # in the database's own thread, never in the event loop
            except OSError:
                break
        yield
    finally:
        os.close(descriptor)


def set_aside(path: Path, now: datetime) -> Path:
    """Rename a broken database with its side files to ``oncall.db.corrupt-TIME``; nothing is deleted."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.name}.corrupt-{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.corrupt-{stamp}-{number}")
    for suffix in _SIDE_FILES:
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{target}{suffix}")
    return target


def file_system(path: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> str:
    """The type of the file system that ``path`` is on (``ext4``, ``nfs4`` …); ``unknown`` where it cannot be told."""
    try:
        lines = mountinfo.read_text("utf-8", "replace").splitlines()
        real = path.resolve()
    except OSError:
        return "unknown"
    best, kind = -1, "unknown"
    for line in lines:
        left, found, right = line.partition(" - ")
        fields, words = left.split(" "), right.split(" ")
        if not found or len(fields) < 5:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), fields[4]))
        # A later mount on the same point hides the earlier one.
        if (real == point or point in real.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), words[0]
    return kind


def wal_is_safe(version: tuple[int, ...], kind: str) -> bool:
    """Whether write-ahead logging may be used: SQLite has the WAL-reset fix, and the file system is a local one."""
    fixed = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    return fixed and kind in _LOCAL
