"""Who is on call, in which order people are paged, and what a system knows that actions choose from."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from oncall_tui.model.common import Person, Ref
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """One person who holds one level now (or next: see ``since``), of one escalation policy."""

    source: str
    team: str
    """The team or, where the system knows none, the escalation policy: what a person would call it."""
    level: int
    person: Person
    policy: Ref | None = None
    schedule: Ref | None = None
    since: datetime | None = None
    until: datetime | None = None
    """``None``: for ever."""
    paged_after_s: float | None = None
    """Seconds from the trigger until this level is paged."""
    next_person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A stretch of a schedule that one person holds; ``gap`` when nobody does."""

    source: str
    schedule: str
    team: str
    level: int
    start: datetime
    end: datetime
    person: Person | None
    is_override: bool = False
    schedule_id: str | None = None
    """The schedule's native id, where its system lets somebody else stand in on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationLevel:
    """One level of a policy: who is paged, and after how many minutes the pager goes on to the next."""

    level: int
    people: tuple[Person, ...]
    """Those who hold it now; empty when nobody does."""
    targets: tuple[str, ...] = ()
    """Names of schedules or users on the level, as the system gives them."""
    delay_minutes: float = 0
    """Minutes from paging this level until the next is paged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """Who is paged after whom."""

    source: str
    id: str
    name: str
    levels: tuple[EscalationLevel, ...]
    repeats: int = 0
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What one system knows that actions choose from. Native ids."""

    people: tuple[Person, ...] = ()
    policies: tuple[EscalationPolicy, ...] = ()
    priorities: tuple[Ref, ...] = ()
    """Most severe first."""
    services: tuple[Ref, ...] = ()
    me: Person | None = None
    """The seat's own user in this system."""
    zones: dict[str, str] = field(default_factory=dict)
    """Person's id -> the IANA name of the time zone that they live in, where the system tells."""
