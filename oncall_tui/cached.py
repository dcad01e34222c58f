"""Files of the XDG cache folder that a start reads: written whole or not at all, and ours alone.

They hold what is trusted as the program itself is (its compiled modules, its config as it was read), so one that
belongs to another user, or that another can write, is not there. Imports nothing heavy.
"""

from __future__ import annotations

import contextlib
import os
import stat

TYPE_CHECKING = False  # as typing says, which is not worth its import before the picture
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

_FOREIGN: Final = stat.S_IWGRP | stat.S_IWOTH


def open_ours(path: str) -> int:
    """A descriptor to read the file by.

    Raises:
        OSError: it cannot be opened, or is not a file of ours alone.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & _FOREIGN:
            raise PermissionError(f"not a file of ours alone: {path}")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def write_ours(path: str, pieces: Iterable[bytes]) -> bool:
    """Write the file, mode 0600, and its folder if it is not there (0700). Says whether that could be done; if not,
    what was there before is there still. Nothing is written into a folder of somebody else's."""
    folder = os.path.dirname(path)  # noqa: PTH120 - pathlib is not worth its import here
    beside = f"{path}.{os.getpid()}"
    try:
        os.makedirs(folder, 0o700, exist_ok=True)  # noqa: PTH103
        about = os.stat(folder)  # noqa: PTH116
        if about.st_uid != os.geteuid() or about.st_mode & _FOREIGN:
            return False
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:  # noqa: PTH123
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)  # noqa: PTH105
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(beside)  # noqa: PTH108
        return False
    return True
