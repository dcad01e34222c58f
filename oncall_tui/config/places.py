"""Where the config and the data folder are, as text: the first picture of a start needs it, and must not wait for
``pathlib`` (3 ms)."""

from __future__ import annotations

import os
from collections.abc import Mapping

_NO_HOME = "/nonexistent"


def find_config(explicit: str | None, environ: Mapping[str, str]) -> str | None:
    """The config file: ``explicit``, else ``$ONCALL_TUI_CONFIG`` (both whether they exist or not), else
    ``oncall-tui/config.yaml`` in the XDG config folder if it is there, else ``None``."""
    if explicit is not None:
        return expanded(explicit, environ)
    if named := environ.get("ONCALL_TUI_CONFIG"):
        return expanded(named, environ)
    found = default_config(environ)
    try:
        os.stat(found)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return found  # It may be there, in a folder that is closed to us: reading it will say so.
    return found


def default_config(environ: Mapping[str, str]) -> str:
    """Where the config file is if nothing names another place."""
    return f"{_xdg(environ, 'XDG_CONFIG_HOME', '.config')}/config.yaml"


def data_dir(explicit: str | None, environ: Mapping[str, str]) -> str:
    """The data folder: ``explicit``, else ``$ONCALL_TUI_DATA``, else ``oncall-tui`` in the XDG state folder. It is
    not made here."""
    if explicit is not None:
        return expanded(explicit, environ)
    if named := environ.get("ONCALL_TUI_DATA"):
        return expanded(named, environ)
    return _xdg(environ, "XDG_STATE_HOME", ".local/state")


def cache_dir(environ: Mapping[str, str]) -> str:
    """``oncall-tui`` in the XDG cache folder: what can be lost at any time. It is not made here."""
    return _xdg(environ, "XDG_CACHE_HOME", ".cache")


def expanded(path: str, environ: Mapping[str, str]) -> str:
    """``path`` with the home folder in place of a ``~`` at its beginning."""
    if path == "~" or path.startswith("~/"):
        return f"{home(environ)}{path[1:]}"
    return os.path.expanduser(path)  # noqa: PTH111  (~somebody)


def home(environ: Mapping[str, str]) -> str:
    """The home folder, always an absolute path: ``$HOME``, else what the system says of this user. A user without one
    has a folder that is not there, as Debian's system users do: then nothing is found in it, and nothing is kept."""
    named = environ.get("HOME", "")
    if named.startswith("/"):
        return named
    import pwd  # seldom needed

    try:
        named = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return _NO_HOME
    return named if named.startswith("/") else _NO_HOME


def _xdg(environ: Mapping[str, str], variable: str, default: str) -> str:
    named = environ.get(variable, "")
    # A relative path in these variables is to be ignored (XDG Base Directory Specification).
    if not named.startswith("/"):
        named = f"{home(environ)}/{default}"
    return f"{named}/oncall-tui"
