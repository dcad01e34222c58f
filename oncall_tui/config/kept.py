"""The config as it was read and found right the last time, for the next start: reading YAML and checking it again costs
a start 14 ms and more (``docs/adr/0010-start.md``).

    copy = Copy(path, environ)
    config = copy.read() or load_config(path, …)
    ...
    copy.keep(config)                # when there is time

What is kept is used for the very file that it was read from only: the same inode, size and times, the same version of
everything that reads and checks it. A config that holds a secret, or a command that fetches one, is not kept: its copy
would hold it too. The copy lies in the XDG cache folder, mode 0600, and is not used where it belongs to another user or
can be written by one.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from _pickle import dumps, loads  # what pickle has these two from; that one's own import costs more than all of this
from binascii import crc32
from collections.abc import Iterator, Mapping
from typing import Any

from oncall_tui import __version__
from oncall_tui.config.places import cache_dir
from oncall_tui.config.schema import Config
from oncall_tui.config.secret import Secret, mask
from oncall_tui.private import prune, read_ours, write_ours

PREFIX = "config-"
KEPT = 8
"""Files: of so many configs; the ones written longest ago go."""
MAX_BYTES = 4_194_304
_HERE = "oncall_tui.config"


class Copy:
    """The copy of one file's config. What the file is, is looked up when this is made: before the file is read."""

    def __init__(self, path: str, environ: Mapping[str, str]) -> None:
        name = crc32(os.path.abspath(path).encode("utf-8", "surrogateescape"))  # noqa: PTH100
        self._place = f"{cache_dir(environ)}/{PREFIX}{name:08x}.bin"
        self._key = _key(path, environ)
        self._is_kept = False

    def read(self) -> Config | None:
        """The config, if it is kept and nothing has changed since."""
        try:
            key, sources, config = loads(read_ours(self._place, MAX_BYTES))
            self._is_kept = key == self._key and all(_edition(file) == told for file, told in sources)
        except Exception:  # noqa: BLE001 - whatever is wrong with a copy, there is the file itself
            return None
        return config if self._is_kept and isinstance(config, Config) else None

    def keep(self, config: Config) -> bool:
        """Keep a config that was read without a warning. Says whether it was written; it is not, where it is kept."""
        if self._is_kept or self._key is None or config.warnings or any(map(_is_told, _texts(config))):
            return False
        try:
            raw = dumps((self._key, _sources_of(config), config), 5)
        except Exception:  # noqa: BLE001 - a third party's options may hold anything
            return False
        if len(raw) > MAX_BYTES or not write_ours(self._place, [raw]):
            return False
        prune(os.path.dirname(self._place), KEPT, PREFIX)  # noqa: PTH120
        return True


def _key(path: str, environ: Mapping[str, str]) -> tuple[object, ...] | None:
    """What the file is now; ``None``: there is none that can be looked at."""
    try:
        about = os.stat(path)  # noqa: PTH116 - as elsewhere here: the first picture's modules do without pathlib
        # Without a zone of its own the seat has the machine's.
        local = os.readlink("/etc/localtime") if os.path.islink("/etc/localtime") else ""  # noqa: PTH114, PTH115
    except OSError:
        return None
    edition = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    return (__version__, sys.hexversion, os.path.abspath(path), *edition, environ.get("TZ"), local)  # noqa: PTH100


def _edition(file: str) -> tuple[int, int] | None:
    try:
        about = os.stat(file)  # noqa: PTH116
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size


def _sources_of(config: Config) -> list[tuple[str, tuple[int, int] | None]]:
    """The modules that declare, read and check options, each with the edition that has done so."""
    names = {name for name in sys.modules if name == _HERE or name.startswith(f"{_HERE}.")}
    for options in (*config.sources, *config.channels):
        names |= {base.__module__ for base in type(options).__mro__}
    files = {file for name in names if (file := getattr(sys.modules.get(name), "__file__", None)) is not None}
    return [(file, _edition(file)) for file in sorted(files)]


def _texts(value: Any) -> Iterator[Secret | str]:
    if isinstance(value, Secret | str):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _texts(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)


def _is_told(text: Secret | str) -> bool:
    """Whether the config's own text may hold a secret: a command's arguments may, and an address with ``?token=``."""
    return text.how in ("literal", "command") if isinstance(text, Secret) else mask(text) != text
