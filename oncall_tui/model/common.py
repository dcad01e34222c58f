"""Ids, severity, people and things, as all systems have them."""

from __future__ import annotations

from dataclasses import dataclass

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
