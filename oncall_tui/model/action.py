"""Actions on their way: the outbox and its audit."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from oncall_tui.model.incident import Version
from oncall_tui.records import dataclass


class Verb(StrEnum):
    """What can be done to a target. The command line's and the outbox's word for it."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    ESCALATE = "escalate"
    REASSIGN = "reassign"
    SNOOZE = "snooze"
    NOTE = "note"
    SEVERITY = "severity"
    MERGE = "merge"
    RESPONDERS = "responders"
    TITLE = "title"
    SILENCE = "silence"
    EXPIRE_SILENCE = "expire_silence"
    ROOM = "room"
    """Make, or find again, the chat room of an incident."""
    TOPIC = "topic"
    MESSAGE = "message"
    UPDATE_MESSAGE = "update_message"
    PUBLISH = "publish"
    """A new incident on a status page."""
    PUBLISH_UPDATE = "publish_update"
    TICKET = "ticket"
    TICK = "tick"
    """Something that a person does by hand (a call, a bridge) was done."""
    OVERRIDE = "override"
    """Somebody stands in on a schedule for a time."""
    DECLARE = "declare"
    """A new incident in a pager."""


MESSAGING = frozenset(
    {
        Verb.ROOM,
        Verb.TOPIC,
        Verb.MESSAGE,
        Verb.UPDATE_MESSAGE,
        Verb.PUBLISH,
        Verb.PUBLISH_UPDATE,
        Verb.TICKET,
        Verb.TICK,
    }
)
"""What channels do: about a target of another system, which does not change by it."""


OF_SCHEDULES = frozenset({Verb.OVERRIDE})
"""What is done to a schedule: its target is ``SOURCE:SCHEDULE_ID``, and no incident has to be there for it."""

DECLARING = frozenset({Verb.DECLARE})
"""What makes the incident that it is about. Until it is there its target is ``local:declaration-KEY``, with the key of
whatever it belongs to; the source is the pager that takes it, and ``native_ref`` then is the incident's native id."""

PUBLICATION_STATES = ("investigating", "identified", "monitoring", "resolved")
"""``status`` of a publication."""
PUBLICATION_IMPACTS = ("none", "maintenance", "minor", "major", "critical")
"""``impact`` of a publication; left out, the status page works it out."""
COMPONENT_STATES = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")
"""What a publication may say of a component."""


class Retry(StrEnum):
    """How a verb may be sent again when the answer was lost."""

    STATE = "state"
    """Sets a state: sending it again does no harm."""
    ADDITION = "addition"
    """Adds something: sent again only after reading back showed that it is not there."""
    STEP = "step"
    """Moves a step: never sent again by itself; a lost answer is read back, else the outcome is unknown."""


class OutboxState(StrEnum):
    """The life of an action. *Pending* means queued or sending."""

    QUEUED = "queued"
    SENDING = "sending"
    CONFIRMED = "confirmed"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


PENDING = frozenset({OutboxState.QUEUED, OutboxState.SENDING})
FINAL = frozenset(OutboxState) - PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """An action from the key press to the system's answer: stored before it is sent, pinned to what was seen.

    ``params`` by verb (all JSON values):
    ``escalate`` ``{"level": int}`` or ``{"person": id, "person_name": str}`` or ``{"policy": id, "policy_name": str}``;
    ``reassign`` ``{"people": [ids], "names": [str]}``; ``snooze`` ``{"seconds": int}``;
    ``note`` ``{"text": str, "at": iso or null, "kind": NoteKind or null}`` (``text`` without the back-date mark);
    ``severity`` ``{"severity": 1..4}``; ``merge`` ``{"into": full id}``; ``resolve`` ``{"resolution": str or null}``;
    ``silence`` ``{"seconds": int, "reason": str, "labels": {..}}``; ``expire_silence`` ``{}``;
    ``title`` ``{"title": str}``; ``responders`` ``{"people": [ids], "names": [str], "message": str}``;
    ``room`` ``{"name": str, "topic": str}`` (gives the room's id as ``native_ref``);
    ``topic`` ``{"room": id, "topic": str}``;
    ``message`` ``{"text": str, "subject": str, "html": str or null, "room": id or null, "to": [addresses]}`` (``room``
    and ``to`` left empty: where the channel's options say; gives the message's id);
    ``update_message`` ``{"message": id, "text": str}``;
    ``publish`` ``{"title": str, "text": str, "status": str, "impact": str or null, "components": {id or name: str}}``
    (gives the publication's id); ``publish_update`` ``{"publication": id, "text": str, "status": str,
    "impact": str or null, "components": {..}}``; ``status`` of both ``investigating identified monitoring resolved``;
    ``ticket`` ``{"title": str, "text": str, "owner": mail or null, "due": date or null, "labels": [str]}``
    (gives the ticket's key); ``tick`` ``{"text": str}``;
    ``override`` ``{"start": iso, "end": iso, "person": id, "person_name": str, "instead": id or null,
    "instead_name": str}`` (gives the override's id; ``instead``: who holds the schedule
    otherwise, where it is one person; ``instead_name`` names all);
    ``declare`` ``{"title": str, "text": str, "severity": 1..4, "service": id or null, "service_name": str,
    "policy": id or null, "policy_name": str}`` (gives the incident's native id; ``service``, ``policy``: what is broken
    and who is paged, as ``Directory`` has them, one of them where the system needs it; the urgency or priority follows
    from the severity by the source's own words; sent again under the same key it makes no second one).
    """

    key: str
    """Made at the key press; unique; the idempotency key where a system takes one."""
    verb: Verb
    target: str
    """Full id of the incident, alert or silence; of a message: what it is about (a handover is
    ``local:handover-…``); of an incident that is to be made: ``local:declaration-…``."""
    source: str
    """Who takes it: the target's own source or, for a message, the channel."""
    target_title: str
    """As the person saw it."""
    params: dict[str, Any] = field(default_factory=dict)
    seen: Version | None = None
    seat: str
    """Who pressed the key: the seat's user."""
    created_at: datetime
    not_before: datetime
    """End of the undo window."""
    state: OutboxState = OutboxState.QUEUED
    attempts: int = 0
    sent_at: datetime | None = None
    """Of the latest attempt."""
    answered_at: datetime | None = None
    answer: str | None = None
    """One clean line: what the system said, who was first, why it was refused."""
    native_ref: str | None = None
    """The id that the system gave to what was made (note, silence)."""
    baseline: tuple[str, ...] = ()
    """What was there before the first send (ids of equal notes), to tell ours when reading back."""
    next_try: datetime | None = None
    held: str | None = None
    """Why it waits for a person (A7): too old, or the target has changed. ``None``: goes by itself."""
    forced: bool = False
    """A person said: send it, whatever its age or its target's version."""

    @property
    def pending(self) -> bool:
        """Queued or sending."""
        return self.state in PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One line of the append-only audit (K4)."""

    at: datetime
    seat: str
    event: str
    """``queued``, ``sending``, ``confirmed``, ``refused`` … or ``cancelled``, ``retried``, ``accepted``."""
    key: str
    verb: str
    target: str
    detail: str = ""
    """What was seen, what was sent, what the system answered; one clean line or JSON; no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Text that a person is writing: survives Esc, a dropped link and a crash (A3)."""

    key: str
    """``note:INCIDENT_ID`` or ``handover:SHIFT_START``."""
    text: str
    updated_at: datetime
