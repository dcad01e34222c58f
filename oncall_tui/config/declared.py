"""Reading the declarations of options: what the validator, ``config --show`` and ``config --schema`` share."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from oncall_tui.config.options import Check
from oncall_tui.config.secret import Secret
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True)
class Declared:
    """One option: its key in the file, its field's name, its type, its help."""

    key: str
    name: str
    type: Any
    help: str
    check: Check | None
    required: bool


@cache
def declared(cls: type) -> Mapping[str, Declared]:
    """The options of a dataclass by their key in the file; fields that were not declared by ``opt`` are not theirs."""
    hints = get_type_hints(cls)
    found = {}
    for field in dataclasses.fields(cls):
        if "help" not in field.metadata:
            continue
        key = field.metadata["key"] or field.name
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        found[key] = Declared(
            key, field.name, hints[field.name], field.metadata["help"], field.metadata["check"], required
        )
    return found


def members(hint: Any) -> tuple[Any, ...]:
    """The types that ``hint`` allows, one where it is no union; ``None`` is left out."""
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(member for member in get_args(hint) if member is not type(None))
    return (hint,)


def is_options(hint: Any) -> bool:
    """A dataclass of options: written as a mapping."""
    return isinstance(hint, type) and dataclasses.is_dataclass(hint) and not is_word(hint) and hint is not Secret


def is_word(hint: Any) -> bool:
    """A class with ``from_text``."""
    return isinstance(hint, type) and callable(getattr(hint, "from_text", None))


_WORDS: Mapping[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    timedelta: "a duration (30s, 5m, 2h, 1d)",
    datetime: "a date and time (2026-01-05T09:00)",
    date: "a date (2026-12-25)",
    Secret: "a secret: {env: NAME}, {command: …}, {file: PATH}, {keyring: NAME} or its text",
}


def expected(hint: Any) -> str:
    """What is taken, in words."""
    words = []
    for member in members(hint):
        origin, arguments = get_origin(member), get_args(member)
        if origin is Literal:
            words.append(" | ".join(arguments))
        elif origin is tuple:
            words.append(f"a list ({expected(arguments[0])} each)")
        elif origin is dict:
            words.append(f"a mapping ({expected(arguments[1])} each)")
        elif is_options(member):
            words.append(f"a mapping ({', '.join(declared(member))})")
        elif is_word(member):
            words.append(str(getattr(member, "expected", f"a {member.__name__.lower()}")))
        else:
            words.append(_WORDS.get(member, str(member)))
    return ", or ".join(words)
