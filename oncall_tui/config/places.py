"""Where the config and the data folder are. Imports nothing heavy: the first picture of a start needs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def find_config(explicit: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The config file: ``explicit``, else ``$ONCALL_TUI_CONFIG`` (both whether they exist or not), else
    ``oncall-tui/config.yaml`` in the XDG config folder if it is there, else ``None``."""
    if explicit is not None:
        return _expanded(explicit)
    if named := environ.get("ONCALL_TUI_CONFIG"):
        return _expanded(Path(named))
    found = _xdg(environ, "XDG_CONFIG_HOME", ".config") / "config.yaml"
    try:
        return found if found.exists() else None
    except OSError:  # It may be there, in a folder that is closed to us: reading it will say so.
        return found


def data_dir(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """The data folder: ``explicit``, else ``$ONCALL_TUI_DATA``, else ``oncall-tui`` in the XDG state folder. It is
    not made here."""
    if explicit is not None:
        return _expanded(explicit)
    if named := environ.get("ONCALL_TUI_DATA"):
        return _expanded(Path(named))
    return _xdg(environ, "XDG_STATE_HOME", ".local/state")


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # No such user, or no home: the path is taken as it is.
        return path


def _xdg(environ: Mapping[str, str], variable: str, default: str) -> Path:
    named = Path(environ.get(variable, ""))
    # A relative path in these variables is to be ignored (XDG Base Directory Specification).
    base = named if named.is_absolute() else Path(environ.get("HOME") or _expanded(Path("~"))) / default
    return base / "oncall-tui"
