"""Who hears what of an incident, where, how often: the communication matrix of the seed (SRO-001, "Incident
Communication Matrix"), beside the severity's own row. Any part of it can be replaced in the config. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from oncall_tui.model import EntryKind, NoteKind, OutboxRow, OutboxState, Severity, TimelineEntry, Verb
from oncall_tui.records import dataclass

STAKEHOLDERS = "stakeholders"
"""Whom the severity's own row has told."""

TELLING = frozenset({Verb.MESSAGE, Verb.UPDATE_MESSAGE, Verb.PUBLISH, Verb.PUBLISH_UPDATE, Verb.TICK})
"""Actions that tell somebody something."""

_KINDS: Mapping[str, str] = {
    "slack": "slack",
    "slack war room": "slack",
    "chat": "slack",
    "status page": "statuspage",
    "status_page": "statuspage",
    "email": "smtp",
    "mail": "smtp",
    "phone": "manual",
    "conference bridge": "manual",
    "ticket system": "jira",
}
"""Words for a place, and the kind of channel that they mean; every kind means itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """One row of the matrix."""

    name: str
    internal: bool
    where: tuple[str, ...]
    """Names of channels, or words for a kind of them: ``slack``, ``status page``, ``email``, ``phone``."""
    every: Mapping[Severity, timedelta] = field(default_factory=dict)
    """How often, by severity; one that is left out has no clock."""
    content: str = ""
    """What they hear: ``impact summary``."""
    room: str = ""
    """The chat room, where it is not the channel's own or the incident's."""
    to: tuple[str, ...] = ()
    """Mail addresses, where they are not the channel's own."""

    def often(self, severity: Severity) -> str:
        """How often in words: ``every 30 min``, ``as it happens``."""
        every = self.every.get(severity)
        return f"every {length(every)}" if every is not None else "as it happens" if not self.every else "as needed"


_HOURLY = {1: timedelta(hours=1), 2: timedelta(hours=1)}
# The seed says "hourly" of these without a severity; its severity rows keep a clock for Sev1 and Sev2 only.

DEFAULT_AUDIENCES: tuple[Audience, ...] = (
    Audience(name="team", internal=True, where=("slack",), content="technical details"),
    Audience(
        name="company",
        internal=True,
        where=("slack",),
        room="#general-updates",
        every=_HOURLY,
        content="high-level status",
    ),
    Audience(
        name="customers",
        internal=False,
        where=("status page",),
        every={1: timedelta(minutes=30)},
        content="impact summary",
    ),
    Audience(
        name="enterprise clients",
        internal=False,
        where=("email", "phone"),
        every={1: timedelta(minutes=15)},
        content="detailed status",
    ),
    Audience(name="partners", internal=False, where=("status page", "email"), every=_HOURLY, content="service impact"),
)


PROMISED = timedelta(minutes=30)
"""How often a status page promises news (SRO-001, "Status Page Template": whatever the severity)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """The matrix in force."""

    audiences: tuple[Audience, ...] = DEFAULT_AUDIENCES
    published: frozenset[Severity] = frozenset({1, 2})
    """Severities that go on the status page."""
    promised: timedelta = PROMISED
    """How often what is published promises news: it is kept until it says that it is resolved."""


def length(span: timedelta | None) -> str:
    """A length of time in a rule's line: ``30 min``, ``4 h``, ``3 d``."""
    minutes = 0 if span is None else int(span.total_seconds() // 60)
    if minutes >= 48 * 60 and minutes % 1440 == 0:
        return f"{minutes // 1440} d"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def channels_of(words: Iterable[str], channels: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Names of the configured channels (name, kind) that these words for places mean, in the words' order."""
    configured = tuple(channels)
    found: dict[str, None] = {}
    for word in words:
        kind = kind_of(word)
        named = [name for name, _ in configured if name == word]
        found |= dict.fromkeys(named or [name for name, its in configured if its == kind])
    return tuple(found)


def kind_of(word: str) -> str:
    """The kind of channel that a word for a place means; a word for none means itself."""
    return _KINDS.get(word.casefold(), word.casefold())


def is_place(word: str, channels: Iterable[tuple[str, str]]) -> bool:
    """Whether the word means channels: the name or the kind of one that is configured, or a word for a kind."""
    return word.casefold() in _KINDS or bool(channels_of((word,), channels))


def told_at(timeline: Iterable[TimelineEntry]) -> datetime | None:
    """When stakeholders were last told: a note of kind ``told``, a status update. As the board's clock has it."""
    return max((entry.at for entry in timeline if _tells(entry)), default=None)


def _tells(entry: TimelineEntry) -> bool:
    return entry.kind is EntryKind.STATUS_UPDATE or entry.note_kind is NoteKind.TOLD


def audience_told_at(
    audience: Audience,
    timeline: Iterable[TimelineEntry],
    outbox: Iterable[OutboxRow],
    channels: Sequence[tuple[str, str]],
) -> datetime | None:
    """When that audience was last told: by a confirmed action on one of its channels, or by a note of kind ``told``
    that names it."""
    names = channels_of(audience.where, channels)
    times = [
        row.sent_at or row.created_at
        for row in outbox
        if row.state is OutboxState.CONFIRMED
        and row.verb in TELLING
        and row.source in names
        and _reaches(row, audience)
    ]
    named = audience.name.casefold()
    times += [entry.at for entry in timeline if entry.note_kind is NoteKind.TOLD and named in entry.text.casefold()]
    return max(times, default=None)


def _reaches(row: OutboxRow, audience: Audience) -> bool:
    if row.verb is Verb.UPDATE_MESSAGE:
        return False  # who has read the message already is told; whose room it is in, it does not say
    if row.verb is not Verb.MESSAGE:
        return True
    room, to = row.params.get("room"), row.params.get("to") or ()
    if audience.room and str(room or "").lstrip("#").casefold() != audience.room.lstrip("#").casefold():
        return False
    return set(audience.to) <= set(to) if audience.to else True
