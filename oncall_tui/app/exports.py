"""Files that a person asks for, in the exports folder."""

from __future__ import annotations

from pathlib import Path

from oncall_tui.documents import ExportError, write_document

MOST = 100
"""Names tried for one export: ``x.md``, ``x-2.md``, ``x-3.md`` … where files are there already."""


def write_export(folder: Path, name: str, text: str) -> Path:
    """Write ``text`` to a file that was not there, named ``name`` or numbered after it.

    Raises:
        ExportError: not written: one line that says why.
    """
    if Path(name).name != name or name in ("", ".", ".."):
        raise ExportError(f"not a file name: {name[:60]!r}")
    wanted = folder / name
    for number in range(1, MOST + 1):
        path = wanted if number == 1 else wanted.with_stem(f"{wanted.stem}-{number}")
        if path.exists() or path.is_symlink():
            continue
        write_document(path, text, replace=False)
        return path
    raise ExportError(f"{folder} holds {MOST} files of that name already")
