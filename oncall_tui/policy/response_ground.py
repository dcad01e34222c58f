"""What the plan of a response is made from: the severity's row, the matrix, people, what is configured. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from oncall_tui.model import Incident, Person, Ref, Severity, Verb
from oncall_tui.policy.communication import Communication, kind_of
from oncall_tui.policy.declaring import INCIDENT, LINK, NUMBER, Skipped, Step
from oncall_tui.policy.severity import SeverityRule
from oncall_tui.records import dataclass

CHAT, MAIL, CALL = "slack", "smtp", "manual"
"""Kinds of channel that the policy's words for places mean."""

Found = Iterator[Step | Skipped]


class Channel(Protocol):
    """What the plan asks of a channel."""

    @property
    def name(self) -> str:
        """Its name in the config."""
        ...

    @property
    def kind(self) -> str:
        """``slack``, ``smtp`` …"""
        ...

    @property
    def place(self) -> str:
        """Who gets what names nobody."""
        ...

    @property
    def named_by(self) -> str:
        """Which parameter of a message names others: ``room``, ``to``, or none."""
        ...

    @property
    def contacts(self) -> Sequence[str]:
        """What a person calls or opens by hand."""
        ...

    def can(self, verb: Verb) -> bool:
        """Whether it takes this verb."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Who plays which part, as the config says: names of channels, ``None`` for the first that can."""

    room: str | None = None
    team: str | None = None
    stakeholders: str | None = None
    status_page: str | None = None
    tickets: str | None = None
    page: frozenset[Severity] = frozenset({1, 2})
    """Severities whose participants are paged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody whom a word of the policy means."""

    word: str
    """``secondary on-call``."""
    people: tuple[Person, ...] = ()
    """As the pager knows them."""
    why_nobody: str = ""
    """Why there is nobody, one line."""
    level: int | None = None
    """The level of the escalation path that having it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The texts of the steps; they may hold :data:`NUMBER`, :data:`LINK` and :data:`PLACE`."""

    message: str
    publication: str = ""
    topic: str = f"{NUMBER}  {LINK}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a plan is made from besides the wish."""

    rule: SeverityRule
    communication: Communication
    parts: Parts
    channels: Sequence[Channel]
    pager: str
    """The source that has, or takes, the incident."""
    takes: frozenset[str]
    """Words of the verbs that the pager takes (of such an incident)."""
    words: Words
    service: Ref | None = None
    policy: Ref | None = None
    """The escalation policy that is paged, where the pager's incidents are not of a service."""
    commander: Person | None = None
    known_by: str = ""
    """How the commander is known, or why nobody is."""
    asked: tuple[Asked, ...] = ()
    """The participants, in the policy's order, without the commander."""
    incident: Incident | None = None
    """The one that is there already."""
    components: tuple[str, ...] = ()
    """What the status page tells the state of."""

    @property
    def name(self) -> str:
        """How its rules begin: ``Sev2``."""
        return f"Sev{self.rule.severity}"

    def can(self, verb: Verb) -> bool:
        """Whether the pager takes this verb."""
        return verb.value in self.takes

    @property
    def needs(self) -> tuple[str, ...]:
        """What every other step waits for."""
        return () if self.incident is not None else (INCIDENT,)

    @property
    def asks_for_chat(self) -> bool:
        """Whether the severity's row names a chat among its channels."""
        rooms = {one.name for one in self.channels if one.can(Verb.ROOM)}
        return any(kind_of(word) == CHAT or word in rooms for word in self.rule.channels)

    @property
    def its_channels(self) -> str:
        """The row's channels, in words."""
        return ", ".join(self.rule.channels) or "no channel"

    @property
    def by_channels(self) -> str:
        """The rule that names them."""
        return f"{self.name} · communication channels: {self.its_channels}"


def severities(some: frozenset[Severity]) -> str:
    """In words: ``Sev1 and Sev2``."""
    return " and ".join(f"Sev{one}" for one in sorted(some))
