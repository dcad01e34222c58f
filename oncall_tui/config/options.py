"""How options are declared: plain frozen dataclasses, whose fields carry their help and their check.

The validator (:mod:`oncall_tui.config.validate`) reads these declarations; so do ``config --schema`` and the docs.
A field's type says what is taken: ``str int float bool``, ``timedelta`` (``15s``), ``datetime``, ``Secret``,
``Literal[...]``, ``X | None``, ``tuple[X, ...]`` (a list), ``dict[str, X]``, another dataclass.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

Check = Callable[[Any], Any]
"""Takes the converted value, gives it back (or a better form of it); raises ValueError with one line."""


def opt(default: Any = dataclasses.MISSING, *, help: str, check: Check | None = None, key: str | None = None) -> Any:
    """A dataclass field with its documentation.

    Args:
        default: left out means that the key must be there.
        help: one line, shown in the schema and the docs.
        check: a further check on the converted value; raises ValueError.
        key: the key in the file, where it cannot be a Python name (``from``).
    """
    metadata = {"help": help, "check": check, "key": key}
    return dataclasses.field(default=default, metadata=metadata)


def at_least(shortest: timedelta) -> Check:
    """A check that refuses a length of time under ``shortest``."""

    def check(value: timedelta) -> timedelta:
        if value < shortest:
            raise ValueError(f"at least {shortest.total_seconds():g}s")
        return value

    return check


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """What every source takes. A source's own options inherit from it."""

    name: str = opt(help="prefix of its ids; unique; [a-z0-9-]+")
    kind: str = opt(help="which system this is")
    poll: timedelta = opt(timedelta(seconds=30), help="interval of its polls", check=at_least(timedelta(seconds=2)))
    user: str | None = opt(None, help="who the seat is in this system, where it differs from seat.user")
