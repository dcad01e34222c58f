"""Where the config and the data folder are, as text: the first picture of a start needs it, and must not wait for
``pathlib`` (3 ms)."""

from __future__ import annotations

import os
from collections.abc import Mapping


def find_config(explicit: str | None, environ: Mapping[str, str]) -> str | None:
    """The config file: ``explicit``, else ``$ONCALL_TUI_CONFIG`` (both whether they exist or not), else
    ``oncall-tui/config.yaml`` in the XDG config folder if it is there, else ``None``."""
    if explicit is not None:
        return os.path.expanduser(explicit)  # noqa: PTH111
    if named := environ.get("ONCALL_TUI_CONFIG"):
        return os.path.expanduser(named)  # noqa: PTH111
    found = f"{_xdg(environ, 'XDG_CONFIG_HOME', '.config')}/config.yaml"
    try:
        os.stat(found)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return found  # It may be there, in a folder that is closed to us: reading it will say so.
    return found


def data_dir(explicit: str | None, environ: Mapping[str, str]) -> str:
    """The data folder: ``explicit``, else ``$ONCALL_TUI_DATA``, else ``oncall-tui`` in the XDG state folder. It is
    not made here."""
    if explicit is not None:
        return os.path.expanduser(explicit)  # noqa: PTH111
    if named := environ.get("ONCALL_TUI_DATA"):
        return os.path.expanduser(named)  # noqa: PTH111
    return _xdg(environ, "XDG_STATE_HOME", ".local/state")


def cache_dir(environ: Mapping[str, str]) -> str:
    """``oncall-tui`` in the XDG cache folder: what can be lost at any time. It is not made here."""
    return _xdg(environ, "XDG_CACHE_HOME", ".cache")


def _xdg(environ: Mapping[str, str], variable: str, default: str) -> str:
    named = environ.get(variable, "")
    # A relative path in these variables is to be ignored (XDG Base Directory Specification).
    if not named.startswith("/"):
        named = f"{environ.get('HOME') or os.path.expanduser('~')}/{default}"  # noqa: PTH111
    return f"{named}/oncall-tui"
