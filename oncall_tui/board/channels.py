"""Channels as the board tells of them, and what an incident has on them already. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from oncall_tui.model import Incident, OutboxRow, OutboxState, Verb
from oncall_tui.records import dataclass
from oncall_tui.text import clean


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """Where messages can go. ``place`` to ``contacts`` as the channel's own ``reach`` says."""

    name: str
    kind: str
    capabilities: frozenset[str] = frozenset()
    """Words of the verbs that it takes."""
    place: str = ""
    named_by: Literal["", "room", "to"] = ""
    subject: bool = False
    html: bool = False
    contacts: tuple[str, ...] = ()

    def can(self, verb: Verb) -> bool:
        """Whether it takes this verb."""
        return verb.value in self.capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made for one incident on one channel, by its confirmed actions."""

    room: OutboxRow | None = None
    """Its ``native_ref`` is the room's id; likewise below."""
    message: OutboxRow | None = None
    """The latest that can be changed."""
    publication: OutboxRow | None = None
    """The latest."""
    status: str | None = None
    """What the publication says last; ``None``: there is none."""
    tickets: tuple[OutboxRow, ...] = ()
    ticks: tuple[OutboxRow, ...] = ()
    on_way: frozenset[Verb] = frozenset()
    """What is queued or being sent: not to be begun twice."""
    unknown: frozenset[Verb] = frozenset()
    """What may have been done: the answer was lost."""


def room_name(incident: Incident) -> str:
    """How an incident's room is called where nobody names it: ``inc-1234``."""
    return f"inc-{incident.number or incident.native_id}".lower()


def room_topic(incident: Incident) -> str:
    """The topic of such a room where nobody words it: title and link."""
    return clean(f"{incident.title}  {incident.url or incident.id}", 250)


def made_of(rows: Iterable[OutboxRow], channel: str) -> Made:
    """What these actions on one incident, oldest first, have made on that channel."""
    ours = [row for row in rows if row.source == channel]
    done = [row for row in ours if row.state is OutboxState.CONFIRMED]

    def latest(verb: Verb) -> OutboxRow | None:
        return next((row for row in reversed(done) if row.verb is verb and row.native_ref is not None), None)

    publication = latest(Verb.PUBLISH)
    status = None
    if publication is not None:
        told = [row for row in done if row.params.get("publication") == publication.native_ref]
        status = str((told[-1] if told else publication).params.get("status", ""))
    return Made(
        room=latest(Verb.ROOM),
        message=latest(Verb.MESSAGE),
        publication=publication,
        status=status,
        tickets=tuple(row for row in done if row.verb is Verb.TICKET),
        ticks=tuple(row for row in done if row.verb is Verb.TICK),
        on_way=frozenset(row.verb for row in ours if row.pending),
        unknown=frozenset(row.verb for row in ours if row.state is OutboxState.UNKNOWN),
    )
