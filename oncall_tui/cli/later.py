"""Modules of others that a start imports and does not use: put off until somebody uses them.

    put_off()        # before asyncio and Textual are imported
    import asyncio   # finds a stand-in for ssl, whose first use imports the real one

Textual and asyncio import at their top what only some programs need: TLS, the command palette with its widgets,
where downloads lie. That is an eighth of a start. A stand-in is the module to whoever holds it: reading anything of it
imports the real one. Names that others take out of it at once (``from pickle import dumps``) stand in, too: called, or
asked for an attribute, they are the real thing, and no object is an instance of a class that was never imported.

Only modules that are used in functions belong here, and none whose names C code takes;
``tests/cli/test_later.py`` sees that a started dashboard has used none of them, and that each works once it is used.
"""

from __future__ import annotations

import sys
from _thread import RLock
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False  # as typing says, which is not worth its import before the picture
if TYPE_CHECKING:
    from typing import Any, Final

PUT_OFF: Final[dict[str, tuple[str, ...]]] = {
    # of asyncio: TLS
    "ssl": (),
    "asyncio.sslproto": (),
    # of Textual: its palette with all the widgets that this needs, what an Input may be checked by, downloads
    "textual.command": (
        *("CommandListItem", "CommandPalette", "DiscoveryHit", "Hit", "Hits", "Provider", "SimpleProvider"),
    ),
    "textual.validation": ("Failure", "Integer", "Number", "ValidationResult", "Validator"),
    "platformdirs": ("user_downloads_path",),
    "textual.markup": ("parse_style",),
    "textual.canvas": ("Canvas", "Rectangle"),
    # of rich and of the standard library's own
    "rich.table": ("Table",),
    "pickle": ("dumps", "loads"),
    "hashlib": (),
    "secrets": (),
    "difflib": ("SequenceMatcher", "get_close_matches"),
    "ipaddress": (),
    "email.utils": ("format_datetime", "parsedate_to_datetime"),
    # of msgspec: what it tells of types
    "msgspec.inspect": (),
    "tokenize": (),
}
"""Module -> the names that others take out of it at once."""


def put_off() -> None:
    """Have each module of :data:`PUT_OFF` imported when it is first used. One that is there already stays."""
    for name, names in PUT_OFF.items():
        if name not in sys.modules:
            sys.modules[name] = Later(name, names)


class Later(ModuleType):
    """Stands in for a module that is not imported yet."""

    def __init__(self, name: str, names: tuple[str, ...]) -> None:
        super().__init__(name)
        self._later = (RLock(), names)
        self._real: ModuleType | None = None

    def __getattr__(self, name: str) -> Any:
        lock, names = self._later
        # What looks through sys.modules (inspect, warnings) is not a use.
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} is not imported yet: no {name!r}")
        if self._real is None and name in names:
            return LaterName(self, name)
        with lock:
            return getattr(self.real(), name)

    def real(self) -> ModuleType:
        """The module itself; imported, if it is not yet."""
        if self._real is None:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
            self._real = import_module(self.__name__)
            self.__dict__.update({name: value for name, value in vars(self._real).items() if name not in _OWN})
        return self._real

    @property
    def is_used(self) -> bool:
        """Whether the real one is there."""
        return self._real is not None


_OWN: Final = frozenset({"_later", "_real", "__class__", "__dict__"})


class LaterName:
    """Stands in for a function or class of a module that is not imported yet."""

    def __init__(self, module: Later, name: str) -> None:
        self._module = module
        self._name = name

    def real(self) -> Any:
        """The thing itself."""
        return getattr(self._module.real(), self._name)

    def __call__(self, *args: Any, **given: Any) -> Any:
        return self.real()(*args, **given)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.real(), name)

    def __instancecheck__(self, one: object) -> bool:
        return self._module.is_used and isinstance(one, self.real())

    def __subclasscheck__(self, one: type) -> bool:
        return self._module.is_used and issubclass(one, self.real())

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        # Textual's themes define a provider for the palette that this program has not: it gets no base.
        return () if self._module.__name__ == "textual.command" else (self.real(),)
