"""Pages, their logs and notes as the model has them; and what a line of a log tells by its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from oncall_tui.model import (
    Alert,
    AlertState,
    EntryKind,
    Incident,
    IncidentState,
    Person,
    Ref,
    Severity,
    TimelineEntry,
    join_id,
)
from oncall_tui.sources import fields, notes
from oncall_tui.sources.genie.api import Detail, LogRow, Page
from oncall_tui.sources.genie.roster import Roster
from oncall_tui.sources.labels import group_key
from oncall_tui.sources.overriding import Standing

_ACCEPTED = (IncidentState.ACKNOWLEDGED, IncidentState.SNOOZED)

_KINDS: tuple[tuple[str, EntryKind], ...] = (
    (r"un-?ack", EntryKind.UNACKNOWLEDGED),
    (r"ack(ed|nowledge)", EntryKind.ACKNOWLEDGED),
    (r"snoozed? (ended|expired)", EntryKind.OTHER),
    (r"snooze", EntryKind.SNOOZED),
    (r"reopened", EntryKind.REOPENED),
    (r"closed|resolved", EntryKind.RESOLVED),
    (r"note", EntryKind.NOTE),
    (r"priority", EntryKind.SEVERITY),
    (r"escalat", EntryKind.ESCALATED),
    (r"assign|owner|ownership|responder|recipient added|team", EntryKind.ASSIGNED),
    (r"notif|sent|called|delivered", EntryKind.NOTIFIED),
    (r"created|triggered", EntryKind.TRIGGERED),
)
_PATTERNS = tuple((re.compile(rf"\b(?:{pattern})", re.IGNORECASE), kind) for pattern, kind in _KINDS)
_LOOKED_AT = 60
"""Characters of a log line that its kind is told by: what comes later is what people wrote."""


def log_kind(text: str, *, of_recipient: bool) -> EntryKind:
    """What a line of the log tells. Neither system has a field for it: its first word that is known does (what
    follows may be what people wrote), and without one it is :attr:`EntryKind.OTHER`. ``of_recipient``: the line is
    about somebody who is notified."""
    if of_recipient:
        return EntryKind.NOTIFIED
    head = text[:_LOOKED_AT]
    found = [(match.start(), kind) for pattern, kind in _PATTERNS if (match := pattern.search(head))]
    return min(found, key=lambda one: one[0], default=(0, EntryKind.OTHER))[1]


def made_id(*parts: object) -> str:
    """A short stable id for what has none there."""
    return blake2b("\x1f".join(str(part) for part in parts).encode(), digest_size=8).hexdigest()


def page_id(row: Mapping[str, Any]) -> str | None:
    """The id of a page, which is text in both systems: a number there tells that the answer was spoilt on its way."""
    return fields.native_id(row, "id") if isinstance(row.get("id"), str) else None


@dataclass(frozen=True, slots=True)
class Decoder:
    """Decodes for one source, by its name and what its priorities mean."""

    source: str
    severities: Mapping[str, Severity]

    def incident(self, page: Page, roster: Roster, now: datetime, log: Sequence[LogRow] = ()) -> Incident:
        """A page as an incident. Whom it was given to is its owner, or else the people among its responders: who is on
        call for a team or schedule now need not be who was paged.

        Args:
            now: stands in where it tells no time at all.
            log: as far as it is at hand; tells who acknowledged and closed where the page does not.
        """
        accepted = page.state in _ACCEPTED
        closed = page.state is IncidentState.RESOLVED
        acks = [row for row in log if row.kind is EntryKind.ACKNOWLEDGED]
        closings = [row for row in log if row.kind is EntryKind.RESOLVED]
        latest = max(acks, key=lambda row: row.at, default=None)
        closing = max(closings, key=lambda row: row.at, default=None)
        who = page.acknowledged_by or (latest.author if latest else None)
        acknowledged_at = latest.at if latest else page.acknowledged_at
        times = [row.at for row in acks] + [at for at in (page.acknowledged_at,) if at]
        closed_by = page.closed_by or (closing.author if closing else None)
        return Incident(
            id=join_id(self.source, page.native_id),
            source=self.source,
            native_id=page.native_id,
            title=page.title,
            state=page.state,
            created_at=page.created_at or page.updated_at or page.last_at or now,
            number=page.number,
            severity=self.severities.get(page.priority.upper()) if page.priority else None,
            severity_word=page.priority,
            service=Ref(id=page.service, name=page.service) if page.service else None,
            teams=tuple(roster.teams.get(one.id, one.id) for one in page.responders if one.kind == "team"),
            assignees=self._assignees(page, roster),
            acknowledged_by=(roster.person(who),) if accepted and who else (),
            acknowledged_at=acknowledged_at if accepted else None,
            first_acknowledged_at=min(times, default=None),
            resolved_at=(page.closed_at or (closing.at if closing else None)) if closed else None,
            resolved_by=roster.person(closed_by).name if closed and closed_by else None,
            updated_at=page.updated_at,
            escalation_policy=self._policy(page, roster),
            wakes_at=page.wakes_at if page.state is IncidentState.SNOOZED else None,
            alert_count=page.count,
            mergeable=False,
            url=page.url,
            runbook=page.runbook,
            keys=(page.key,) if page.key else (),
            links=(page.url,) if page.url else (),
            takes=page.takes,
        )

    def _assignees(self, page: Page, roster: Roster) -> tuple[Person, ...]:
        words = [page.owner] if page.owner else [one.id for one in page.responders if one.kind == "user"]
        return tuple({person.id: person for person in map(roster.person, words)}.values())

    def _policy(self, page: Page, roster: Roster) -> Ref | None:
        asked = next((one.id for one in page.responders if one.kind == "escalation"), None)
        if asked is None:
            return None
        policy = roster.policy(asked)
        return Ref(id=asked, name=policy.name if policy else asked)

    def alert(self, page: Page, incident: Incident) -> Alert | None:
        """What the monitor says under a page: how often, since when, when last; ``None`` where no monitor counts."""
        if page.count is None:
            return None
        open_state = AlertState.UNKNOWN if page.state is IncidentState.UNKNOWN else AlertState.FIRING
        native_id = f"{page.native_id}-alert"
        service = incident.service.name if incident.service else None
        return Alert(
            id=join_id(self.source, native_id),
            source=self.source,
            native_id=native_id,
            name=page.title,
            state=open_state if incident.is_open else AlertState.RESOLVED,
            first_at=incident.created_at,
            last_at=max(page.last_at or incident.created_at, incident.created_at),
            severity_word=page.priority,
            severity=incident.severity,
            service=service,
            count=max(1, page.count),
            group_key=group_key(page.title, service),
            labels=dict(page.labels),
            incident_id=incident.id,
            ended_at=incident.resolved_at if not incident.is_open else None,
            url=page.url,
            runbook=page.runbook,
        )

    def timeline(self, detail: Detail, roster: Roster) -> tuple[TimelineEntry, ...]:
        """Log and notes of one page. The log's mention of a note is left out: the note itself is there."""
        of = detail.page.native_id
        told = [
            TimelineEntry(
                id=join_id(self.source, f"{of}/log/{row.id}"),
                incident_id=join_id(self.source, of),
                at=row.at,
                kind=row.kind,
                text=row.text,
                author=roster.person(row.author).name if row.author else None,
                origin=self.source,
            )
            for row in detail.log
            if row.kind is not EntryKind.NOTE
        ]
        for note in detail.notes:
            text, at, kind = notes.decode(note.content, note.at)
            told.append(
                TimelineEntry(
                    id=join_id(self.source, f"{of}/note/{note.id}"),
                    incident_id=join_id(self.source, of),
                    at=at,
                    kind=EntryKind.NOTE,
                    text=text,
                    author=roster.person(note.author).name if note.author else None,
                    origin=self.source,
                    note_kind=kind,
                    written_at=note.at,
                )
            )
        return tuple(told)


def standing(row: Mapping[str, Any], who: str) -> Standing | None:
    """An override. ``who``: the key that tells who stands in."""
    native_id, person = fields.native_id(row, "alias"), fields.native_id(row, who, "id")
    start, end = fields.instant(row, "startDate"), fields.instant(row, "endDate")
    if native_id is None or person is None or start is None or end is None:
        return None
    return Standing(id=native_id, person=person, start=start, end=end)


def of_alias(rows: Iterable[Mapping[str, Any]], alias: str) -> str | None:
    """Native id of the first alert of that alias."""
    return next((page_id(row) for row in rows if fields.text(row, "alias") == alias and page_id(row)), None)
