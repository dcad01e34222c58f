"""Ids, severity, people and things, as all systems have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from oncall_tui.records import dataclass

Severity = int
"""1 critical, 2 major, 3 moderate, 4 low (seed, "Incident Severity Levels")."""


def join_id(source: str, native_id: str) -> str:
    """``pager`` and ``Q1ABC`` are ``pager:Q1ABC``."""
    return f"{source}:{native_id}"


def split_id(full_id: str) -> tuple[str, str]:
    """``pager:Q1ABC`` is ``("pager", "Q1ABC")``.

    Raises:
        ValueError: no source prefix.
    """
    source, sep, native = full_id.partition(":")
    if not sep or not source or not native:
        raise ValueError(f"not an id: {full_id!r}")
    return source, native


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in one system. ``id`` is native to it; ``contact`` is mail, phone or handle, if told."""

    id: str
    name: str
    contact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A thing of a system by its native id and name (service, policy, team, priority)."""

    id: str
    name: str


class Ids(Sequence[str]):
    """Many full ids in one text, taken apart when somebody reads them: a tenth of the memory of as many objects. No id
    holds a line break: outside text is cleaned of them."""

    __slots__ = ("_count", "_text")

    def __init__(self, ids: Iterable[str]) -> None:
        given = list(ids)
        self._count = len(given)
        self._text = "\n".join(given)

    def _all(self) -> list[str]:
        return self._text.split("\n") if self._count else []

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...

    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        if place == 0 and self._count:
            return self._text.partition("\n")[0]
        found = self._all()[place]
        return tuple(found) if isinstance(found, list) else found

    def first(self, count: int) -> tuple[str, ...]:
        """The first so many, without taking all apart."""
        return tuple(self._text.split("\n", count)[:count]) if self._count else ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and self._count == other._count and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Ids({self._all()!r})"
