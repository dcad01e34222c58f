"""Reading a handover's file: somebody else's, so a plain file of bounded size and nothing else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from oncall_tui.handover.handed import MAX_FILE, Handed, HandedError, read_handed


def read_file(path: Path) -> Handed:
    """The handover in a file.

    Raises:
        HandedError: it cannot be read, or is none: one line that says why.
    """
    try:
        # Not blocking: a pipe that nobody writes to must not hold the program up.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise HandedError(f"cannot read it: {getattr(error, 'strerror', None) or 'not a file name'}") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise HandedError("not a regular file")
    with os.fdopen(handle, "rb") as file:
        try:
            raw = file.read(MAX_FILE + 1)
        except OSError as error:
            raise HandedError(f"cannot read it: {error.strerror}") from None
    return read_handed(raw)
