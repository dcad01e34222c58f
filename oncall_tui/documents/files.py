"""Writing a document to a file: whole or not at all, for its owner's eyes, never over somebody else's file."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import Literal

from oncall_tui.text import paint_safe

Format = Literal["md", "html", "json"]
FORMATS: tuple[Format, ...] = ("md", "html", "json")


class ExportError(Exception):
    """The file was not written. ``str()`` is one line that says why and what stands there."""


def check_path(path: Path) -> Path:
    """The path as it may be written.

    Raises:
        ExportError: empty, too long, with control characters, a folder, a link, or not ours.
    """
    text = str(path)
    if not path.name or "\0" in text or paint_safe(text) != text:
        raise ExportError("not a usable file name: it is empty or holds control characters")
    if len(os.fsencode(path.name)) > 200:
        raise ExportError("the file name is longer than 200 bytes")
    if path.name.startswith("-"):
        raise ExportError("a file name that begins with '-' reads like an option: choose another")
    try:
        status = path.lstat()
    except FileNotFoundError:
        return path
    except OSError as error:
        raise ExportError(f"cannot write {text}: {error.strerror}") from None
    if stat.S_ISLNK(status.st_mode):
        raise ExportError(f"{text} is a link: not followed")
    if not stat.S_ISREG(status.st_mode):
        raise ExportError(f"{text} is not a regular file")
    if status.st_uid != os.getuid():
        raise ExportError(f"{text} belongs to somebody else")
    return path


def write_document(path: Path, text: str, *, replace: bool) -> None:
    """Write ``text`` (UTF-8) to ``path``, mode 0600: into a new file beside it, synced, then moved in place.

    Args:
        replace: a file that is there may be replaced; otherwise it is refused.

    Raises:
        ExportError: nothing was written; what stood there still stands.
    """
    path = check_path(path)
    if path.exists() and not replace:
        raise ExportError(f"{path} is there already")
    scratch = path.with_name(f".{path.name[:60]}.{secrets.token_hex(6)}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            if replace:
                scratch.replace(path)
            else:
                # link() refuses where a file has appeared meanwhile; rename() would replace it.
                os.link(scratch, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                scratch.unlink()
    except FileExistsError:
        raise ExportError(f"{path} is there already") from None
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from None
