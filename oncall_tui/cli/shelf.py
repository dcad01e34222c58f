"""The compiled modules of a start, kept in one file (``docs/adr/0010-start.md``).

    take_down(os.environ)   # before anything heavy is imported: what is on the shelf comes from it
    ...
    put_up(os.environ)      # when the program stands, in a thread: what was imported is there the next time

Python looks for each of 460 modules along its path, opens its compiled file, reads and closes it: a quarter of a start.
Here it is one look into a table, one ``stat`` of the source (a source that has changed in time or size is imported as
ever) and one read. What is kept is what Python keeps in ``__pycache__``, and is trusted as that is: the file lies in
the XDG cache folder, belongs to this user and can be written by nobody else, or it is not used.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
from binascii import crc32
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader

from oncall_tui import __version__
from oncall_tui.cli.compiled import Compiled
from oncall_tui.private import open_ours, prune, write_ours

TYPE_CHECKING = False  # as typing says, which is not worth its import before the picture
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import CodeType, ModuleType
    from typing import Final

    Entry = tuple[str, str, int, int, str, bool, int, int, int]
    """Path and folder of a module's source, its mtime (ns) and size; where Python keeps it compiled; whether it is a
    package; where its code begins in the file, how long it is, and its checksum."""

PREFIX: Final = "modules-"
KEPT: Final = 3
"""Files: of this and of other installations; the ones written longest ago go."""
MAX_BYTES: Final = 64 * 1024 * 1024
_FORMAT: Final = b"oncall-tui modules 4\n"
_NUMBER: Final = 8
_SUM: Final = 4
"""Bytes of the index's checksum. A damaged pattern looks like another, damaged code ends the interpreter."""
_PYC_HEAD: Final = 16
"""Bytes before the code in a compiled file (PEP 552)."""


class Shelf:
    """Finds modules that are in the file. ``entries`` is empty where there is no file to use."""

    def __init__(
        self,
        path: str,
        descriptor: int = -1,
        entries: Mapping[str, Entry] | None = None,
        compiled: Compiled | None = None,
    ) -> None:
        self.path = path
        self.entries = entries or {}
        self.compiled = compiled or Compiled()
        self.folders = _folders()
        """As they were before anything was imported from them."""
        self._descriptor = descriptor

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As importlib asks its finders; ``None``: not here, or the source is another one by now."""
        entry = self.entries.get(name)
        if entry is None or (path is not None and entry[1] not in path) or not is_current(entry):
            return None
        source, _, _, _, cached, is_package, *_ = entry
        spec = ModuleSpec(name, Shelved(name, source, self), origin=source, is_package=is_package)
        spec.has_location = True
        spec.cached = cached
        if is_package:
            spec.submodule_search_locations = [os.path.dirname(source)]  # noqa: PTH120 - pathlib is not there yet
        return spec

    def code(self, name: str) -> bytes | None:
        """A module's compiled code as it is kept; ``None`` where it cannot be read as it was written."""
        *_, begin, length, checksum = self.entries[name]
        try:
            found = os.pread(self._descriptor, length, begin)
        except OSError:
            return None
        return found if crc32(found) == checksum else None


class Shelved(SourceFileLoader):
    """Loads one module from the shelf; in all else it is the loader of its source."""

    def __init__(self, name: str, path: str, shelf: Shelf) -> None:
        super().__init__(name, path)
        self._shelf = shelf

    def exec_module(self, module: ModuleType) -> None:
        """Make the module."""
        code = self.get_code(module.__name__)
        assert code is not None
        exec(code, module.__dict__)  # noqa: S102 - what an import is

    def get_code(self, fullname: str) -> CodeType | None:
        """The module's code; from its source where what is kept is not whole."""
        kept = self._shelf.code(fullname)
        if kept is not None:
            # Whatever is wrong with it (marshal says SystemError, too), there is the source.
            with contextlib.suppress(Exception):
                code: CodeType = marshal.loads(kept)  # noqa: S302 - what Python keeps in __pycache__, trusted as that is
                return code
        return super().get_code(fullname)


def take_down(environ: Mapping[str, str]) -> None:
    """Have modules that are kept for this Python and this installation imported from the file, from now on."""
    if _taken() is not None:
        return
    path = _path(environ)
    shelf = _read(path) or Shelf(path)
    # Behind whoever was there before: only what would be looked for along the path is found here.
    place = sys.meta_path.index(PathFinder) if PathFinder in sys.meta_path else len(sys.meta_path)
    sys.meta_path.insert(place, shelf)
    shelf.compiled.begin()


def put_up(environ: Mapping[str, str]) -> bool:
    """Keep what is imported and compiled by now, if some of it is not on the shelf yet; from now on the compilers work
    as ever. Says whether a file was written.

    Nothing is kept where Python keeps nothing either (``PYTHONDONTWRITEBYTECODE``), or where the folder is not ours.
    """
    shelf = _taken() or Shelf(_path(environ))
    shelf.compiled.end()
    if sys.dont_write_bytecode:
        return False
    loaded = _loaded()
    if not shelf.compiled.grown and all(name in shelf.entries and is_current(shelf.entries[name]) for name in loaded):
        return False
    kept: dict[str, tuple[Entry, bytes]] = {}
    for name, entry in shelf.entries.items():
        if is_current(entry) and (code := shelf.code(name)) is not None:
            kept[name] = (entry, code)
    for name, spec in loaded.items():
        if name not in kept and (found := _compiled(name, spec)) is not None:
            kept[name] = found
    return _write(shelf, kept)


def _taken() -> Shelf | None:
    return next((one for one in sys.meta_path if isinstance(one, Shelf)), None)


def _path(environ: Mapping[str, str]) -> str:
    from oncall_tui.config.places import cache_dir

    return f"{cache_dir(environ)}/{PREFIX}{crc32(_key().encode()):08x}.bin"


def is_current(entry: Entry) -> bool:
    """Whether the source is there as it was when it was compiled."""
    try:
        about = os.stat(entry[0])  # noqa: PTH116
    except OSError:
        return False
    return (about.st_mtime_ns, about.st_size) == entry[2:4]


def _key() -> str:
    """What the code belongs to. The first place of the path is the folder of a script or the one it was called from."""
    here = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120
    python = (sys.implementation.cache_tag, sys.hexversion, sys.flags.optimize, sys.byteorder)
    return repr((__version__, *python, here, sys.path[1:]))


def _folders() -> list[int]:
    """When something came into or left each folder of the path (ns): from then on a name may be found elsewhere."""
    found = []
    for folder in sys.path[1:]:
        try:
            found.append(os.stat(folder).st_mtime_ns)  # noqa: PTH116
        except OSError:
            found.append(-1)
    return found


def _read(path: str) -> Shelf | None:
    try:
        descriptor = open_ours(path)
    except OSError:
        return None
    with contextlib.suppress(OSError, ValueError, EOFError, TypeError, LookupError):
        size = os.fstat(descriptor).st_size
        head = os.pread(descriptor, len(_FORMAT) + _NUMBER + _SUM, 0)
        length = int.from_bytes(head[len(_FORMAT) : -_SUM], "big")
        raw = (
            os.pread(descriptor, length, len(head)) if head.startswith(_FORMAT) and length < size <= MAX_BYTES else b""
        )
        if raw and crc32(raw) == int.from_bytes(head[-_SUM:], "big"):
            key, folders, held, entries, compiled = marshal.loads(raw)  # noqa: S302 - as above
            offset = len(head) + length
            if key == _key() and folders == _folders() and offset + held == size:
                placed = {name: (*one[:6], one[6] + offset, *one[7:]) for name, one in entries}
                return Shelf(path, descriptor, placed, Compiled(compiled))
    os.close(descriptor)
    return None


def _loaded() -> dict[str, ModuleSpec]:
    """The modules that are imported from sources, by name."""
    found = {}
    for name, module in tuple(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        # (A module under two names, as os.path is, is found under its own.)
        if isinstance(spec, ModuleSpec) and spec.name == name and isinstance(spec.loader, SourceFileLoader):
            found[name] = spec
    return found


def _compiled(name: str, spec: ModuleSpec) -> tuple[Entry, bytes] | None:
    source = spec.origin
    if source is None or spec.loader is None:
        return None
    try:
        about = os.stat(source)  # noqa: PTH116
        code = _of_cache(spec.cached, about)
        if code is None:
            code = marshal.dumps(spec.loader.get_code(name))  # type: ignore[attr-defined]  # it is a SourceFileLoader
    except (OSError, SyntaxError, ValueError):
        return None
    is_package = spec.submodule_search_locations is not None
    folder = os.path.dirname(source)  # noqa: PTH120
    holder = os.path.dirname(folder) if is_package else folder  # noqa: PTH120
    edition = about.st_mtime_ns, about.st_size
    return (source, holder, *edition, spec.cached or "", is_package, 0, len(code), crc32(code)), code


def _of_cache(cached: str | None, source: os.stat_result) -> bytes | None:
    """The code in Python's own compiled file, if it is of this source."""
    if cached is None:
        return None
    try:
        with open(cached, "rb") as file:  # noqa: PTH123
            raw = file.read()
    except OSError:
        return None
    from importlib.util import MAGIC_NUMBER

    words = [int.from_bytes(raw[at : at + 4], "little") for at in (4, 8, 12)]
    of_it = [0, int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF]
    return raw[_PYC_HEAD:] if raw[:4] == MAGIC_NUMBER and words == of_it else None


def _write(shelf: Shelf, kept: Mapping[str, tuple[Entry, bytes]]) -> bool:
    index, at = [], 0
    for name, (entry, code) in kept.items():
        index.append((name, (*entry[:6], at, *entry[7:])))
        at += len(code)
    head = marshal.dumps((_key(), shelf.folders, at, index, shelf.compiled.kept()))
    begin = _FORMAT + len(head).to_bytes(_NUMBER, "big") + crc32(head).to_bytes(_SUM, "big") + head
    if len(begin) + at > MAX_BYTES or not write_ours(shelf.path, [begin, *(code for _, code in kept.values())]):
        return False
    prune(os.path.dirname(shelf.path), KEPT, PREFIX)  # noqa: PTH120
    return True
