"""Files that a start reads before anything else: written whole or not at all, and ours alone.

They are trusted as the program itself is (its compiled modules, its config as it was read, the last picture), so one
that belongs to another user, or that another can write, is not there. Imports nothing heavy.
"""

from __future__ import annotations

import contextlib
import os
import stat

TYPE_CHECKING = False  # as typing says, which is not worth its import before the picture
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

# (pathlib is not worth its import here.)
_FOREIGN: Final = stat.S_IWGRP | stat.S_IWOTH


def open_ours(path: str) -> int:
    """A descriptor to read the file by; never waits.

    Raises:
        OSError: it cannot be opened, or is not a file of ours alone.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & _FOREIGN:
            raise PermissionError(f"not a file of ours alone: {path}")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_ours(path: str, most: int) -> bytes:
    """What is in the file.

    Raises:
        OSError: it cannot be read, is not a file of ours alone, or has more than ``most`` bytes.
    """
    descriptor = open_ours(path)
    try:
        if os.fstat(descriptor).st_size > most:
            raise OSError(f"too large: {path}")
        return os.read(descriptor, most)
    finally:
        os.close(descriptor)


def write_ours(path: str, pieces: Iterable[bytes]) -> bool:
    """Write the file in one step, mode 0600, and its folder if it is not there (0700). Says whether that could be done;
    if not, what was there before is there still. Nothing is written into a folder of somebody else's.

    It is not waited for the disk: a file that a lost machine leaves broken is not there, to whoever reads it.
    """
    folder = os.path.dirname(path)  # noqa: PTH120
    beside = f"{path}.{os.getpid()}"
    try:
        with contextlib.suppress(FileExistsError):
            os.makedirs(folder, 0o700)  # noqa: PTH103
        about = os.stat(folder)  # noqa: PTH116
        if about.st_uid != os.geteuid() or about.st_mode & _FOREIGN:
            return False
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)  # noqa: PTH108  (of a process that had our number and died)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(beside, flags, 0o600), "wb") as file:  # noqa: PTH123
            os.fchmod(file.fileno(), 0o600)
            file.writelines(pieces)
        os.replace(beside, path)  # noqa: PTH105
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(beside)  # noqa: PTH108
        return False
    return True


def prune(folder: str, kept: int, prefix: str = "") -> None:
    """Leave so many files of the folder whose names begin so; the ones written longest ago go."""
    with contextlib.suppress(OSError):
        with os.scandir(folder) as found:
            files = [
                (one.stat(follow_symlinks=False).st_mtime_ns, one.path) for one in found if one.name.startswith(prefix)
            ]
        for _, path in sorted(files)[:-kept]:
            os.unlink(path)  # noqa: PTH108
