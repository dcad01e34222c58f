"""How options are declared: plain frozen dataclasses, whose fields carry their help and their check.

The validator (:mod:`oncall_tui.config.validate`) reads these declarations; so do ``config --schema`` and the docs.
A field's type says what is taken: ``str int float bool``, ``timedelta`` (``15s``), ``datetime`` (naive where the
text names no zone: its owner's wall time), ``date``, ``Secret``, ``Literal[...]``, ``X | None``, ``X | Y``,
``tuple[X, ...]`` (a list), ``dict[str, X]``, another dataclass, or a class with ``from_text``. A check over
several fields is the dataclass's ``__post_init__``, which raises ValueError with one line (``key: reason`` points
to that key); of several checks each is run within :class:`Findings`, so that all they find is told at once. They run
where other options of the dataclass are wrong, too: there, reading a wrong one raises :class:`NotKnown`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Callable, Iterator
from datetime import time, timedelta
from typing import Any, Protocol, Self, runtime_checkable

from oncall_tui.actions import reserved_keys
from oncall_tui.records import dataclass

_KEY = re.compile(r"(?:(?:ctrl|alt|shift|super)\+)*([a-zA-Z0-9_]+|[!-~])|[^\W_]")
_NAMED_KEYS = frozenset(
    {
        *("enter", "escape", "space", "tab", "backspace", "delete", "insert", "up", "down", "left", "right"),
        *("home", "end", "pageup", "pagedown", *(f"f{number}" for number in range(1, 25))),
        *("backslash", "slash", "at", "minus", "plus", "underscore"),
    }
)
"""Keys with a name of their own; of any other character of Latin-1 it is Unicode's, as in ``question_mark``."""

Check = Callable[[Any], Any]
"""Takes the converted value, gives it back (or a better form of it); raises ValueError with one line."""


@runtime_checkable
class FromText(Protocol):
    """A value that is written as one word or line: ``str()`` gives back what :meth:`from_text` takes."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The value that ``text`` means. Raises ValueError with one line."""
        ...


def opt(default: Any = dataclasses.MISSING, *, help: str, check: Check | None = None, key: str | None = None) -> Any:
    """A dataclass field with its documentation.

    Args:
        default: left out means that the key must be there. A dict is copied for each owner.
        help: one line, shown in the schema and the docs.
        check: a further check on the converted value; raises ValueError.
        key: the key in the file, where it cannot be a Python name (``from``).
    """
    metadata = {"help": help, "check": check, "key": key}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


class NotKnown(Exception):
    """An option was read whose value in the file is wrong: a check that needs it can find nothing."""


class SeveralWrong(ValueError):
    """Several checks have found something: ``reasons``, one line each."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def reasons_of(error: ValueError) -> tuple[str, ...]:
    """What a check has found, one line each."""
    return error.reasons if isinstance(error, SeveralWrong) else (str(error),)


class Findings:
    """Checks that do not depend on each other: each is run, and all that they find is told together.

        with Findings() as findings:
            with findings.one("base_url"):
                check_base_url(self.base_url)
            with findings.one():
                if self.token is None:
                    raise ValueError("either token or username")

    At its end it raises :class:`SeveralWrong`.
    """

    def __init__(self) -> None:
        self._reasons: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if error is None and self._reasons:
            raise SeveralWrong(tuple(dict.fromkeys(self._reasons)))

    @contextlib.contextmanager
    def one(self, key: str | None = None) -> Iterator[None]:
        """One check: its ValueError is noted (and points to ``key``). It ends where it reads what is not known."""
        try:
            yield
        except NotKnown:
            return
        except ValueError as error:
            self._reasons += [f"{key}: {reason}" if key is not None else reason for reason in reasons_of(error)]


def at_least(shortest: timedelta) -> Check:
    """A check that refuses a length of time under ``shortest``; a word in its place passes."""

    def check(value: timedelta | str) -> timedelta | str:
        if isinstance(value, timedelta) and value < shortest:
            raise ValueError(f"at least {shortest.total_seconds():g}s")
        return value

    return check


def within(lowest: float, highest: float) -> Check:
    """A check that refuses a number outside ``lowest`` to ``highest``; a word in its place passes."""

    def check(value: float | str) -> float | str:
        if not isinstance(value, str) and not lowest <= value <= highest:
            raise ValueError(f"from {lowest:g} to {highest:g}")
        return value

    return check


def some(value: tuple[Any, ...] | dict[str, Any] | str) -> Any:
    """A check that refuses an empty list, map or text."""
    if not value or (isinstance(value, str) and not value.strip()):
        raise ValueError("must not be empty")
    return value


def check_severities(value: dict[str, int]) -> dict[str, int]:
    """A check of a system's words for severity: each is one of Sev1 to Sev4."""
    with Findings() as findings:
        for word, severity in value.items():
            with findings.one(word):
                within(1, 4)(severity)
    return value


def free_keys(value: dict[str, str]) -> dict[str, str]:
    """A check: each is the name of a key, and of none that belongs to the terminal."""
    problems = []
    for action, given in value.items():
        for key in [given] if len(given) == 1 else given.split(","):
            if not _is_key(key):
                problems.append(f"{action}: not a key: {key[:20]!r} (a, A, ctrl+r, f5, space; several: a,f5)")
            elif key in reserved_keys():
                problems.append(f"{action}: {key} belongs to the terminal")
    if problems:
        raise ValueError("; ".join(problems))
    return value


def _is_key(text: str) -> bool:
    """Whether a keyboard has it: of a name that is none the action would have no key at all."""
    found = _KEY.fullmatch(text)
    if found is None:
        return False
    name = found[1] or text
    if len(name) == 1 or name in _NAMED_KEYS:
        return True
    import unicodedata  # seldom needed: for a character by its long name

    names = (unicodedata.name(chr(number), "") for number in range(0x21, 0x100))
    return name in {one.lower().replace("-", "_").replace(" ", "_") for one in names if one}


def source_name(value: str) -> str:
    """A check of a source's name: the prefix of its ids. ``local`` is what happened here, not in a source."""
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", value, re.ASCII):
        raise ValueError("letters a-z, digits and inner dashes, at most 32")
    if value == "local":
        raise ValueError("'local' is taken: it marks what happened here")
    return value


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of the day in local wall time, ``"08:00-20:00"``; ``end`` is after ``start``."""

    start: time
    end: time

    pattern = r"^\d{1,2}:\d\d-(\d{1,2}:\d\d)$"

    @classmethod
    def from_text(cls, text: str) -> Hours:
        """``"08:00-20:00"``. Raises ValueError."""
        match = re.fullmatch(r"\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*", text, re.ASCII)
        if match is None:
            raise ValueError('hours such as "08:00-20:00"')
        first, second, third, fourth = (int(part) for part in match.groups())
        if first > 23 or third > 23 or second > 59 or fourth > 59:
            raise ValueError('hours from "00:00" to "23:59"')
        start, end = time(first, second), time(third, fourth)
        if end <= start:
            raise ValueError("the end must be later on the same day than the start")
        return cls(start, end)

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """What every source takes. A source's own options inherit from it."""

    name: str = opt(help="prefix of its ids; unique; [a-z0-9-]+", check=source_name)
    kind: str = opt(help="which system this is")
    poll: timedelta = opt(timedelta(seconds=30), help="interval of its polls", check=at_least(timedelta(seconds=2)))
    user: str | None = opt(None, help="who the seat is in this system, where it differs from seat.user")


@dataclass(frozen=True, kw_only=True)
class ChannelOptions:
    """What every channel takes. A channel's own options inherit from it."""

    name: str = opt(help="what messages are sent to; unique among sources and channels", check=source_name)
    kind: str = opt(help="which system this is")
