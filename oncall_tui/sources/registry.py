"""A table of kinds: ours by their module's name, third parties' by an entry-point group."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints


class Registry:
    """The kinds of one sort of system.

    Args:
        ours: kind -> module; read at each call, so that it may grow.
        group: the entry-point group of third parties.
    """

    def __init__(self, ours: Mapping[str, str], group: str) -> None:
        self._ours = ours
        self._group = group

    def names(self) -> tuple[str, ...]:
        """All kinds that can be configured, ours first; third parties' are read without importing them."""
        return (*self._ours, *sorted({point.name for point in self._registered()} - set(self._ours)))

    def load(self, name: str) -> Any:
        """The module of that kind.

        Raises:
            KeyError: no such kind.
        """
        if name in self._ours:
            return import_module(self._ours[name])
        for point in self._registered():
            if point.name == name:
                return point.load()
        raise KeyError(name)

    def _registered(self) -> EntryPoints:
        # Not at the top: reading what is installed costs a start 8 ms, and few need it.
        from importlib.metadata import entry_points

        return entry_points(group=self._group)
