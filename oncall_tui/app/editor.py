"""The person's own editor, on a private file that does not outlive it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path

from oncall_tui.text import clean_block

MAX_BYTES = 1_000_000
"""Of what is read back."""


class EditorFailed(Exception):
    """The editor did not run: one clear line."""


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """``$VISUAL``, else ``$EDITOR``, else ``vi``, with its options.

    Raises:
        EditorFailed: it cannot be read as a command.
    """
    text = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise EditorFailed(f"$EDITOR cannot be read: {error}") from None
    if not words:
        raise EditorFailed("$EDITOR is empty")
    return words


async def edit(text: str, suffix: str, folder: Path, environ: Mapping[str, str]) -> str | None:
    """``text`` as the person leaves it; ``None`` when it is as it was.

    The file lies in ``folder/edit`` (0700), mode 0600, and is removed. An editor that ends badly keeps what it saved.

    Raises:
        EditorFailed: the file cannot be written or the editor does not start.
    """
    command = editor_command(environ)
    place = folder / "edit"
    path = place / f"{secrets.token_hex(8)}{suffix}"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise EditorFailed(f"no file for the editor: {error.strerror}") from None
    try:
        process = await asyncio.create_subprocess_exec(*command, str(path))
        await process.wait()
        with path.open("rb") as saved:
            raw = saved.read(MAX_BYTES)
    except OSError as error:
        raise EditorFailed(f"{command[0]}: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
    edited = clean_block(raw.decode("utf-8", "replace"), MAX_BYTES)
    return None if edited == clean_block(text, MAX_BYTES) else edited
