"""Incidents, pages (escalations), updates and alerts, out of incident.io's JSON into the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall_tui.model import (
    Alert,
    AlertState,
    EntryKind,
    Incident,
    IncidentState,
    Person,
    Ref,
    TimelineEntry,
    Verb,
    join_id,
)
from oncall_tui.sources import fields
from oncall_tui.sources.incident_io.options import Options
from oncall_tui.sources.incident_io.paging import Row
from oncall_tui.sources.incident_io.roster import Roster, person
from oncall_tui.text import clean_block

_MOST_NAMES = 20
"""Alerts of an incident whose names are kept."""

PAGE = "page-"
"""Before the id of an escalation that is shown as an incident: both have ids of the same form."""
ENDED = ("learning", "closed", "declined", "canceled", "merged")
PAGED = ("resolved", "expired", "cancelled")
EXPIRED_FOR = timedelta(hours=24)
"""So long a page that nobody answered stays in sight: it is over there, and nothing is solved by it."""

_PAGE_STATES = {
    "pending": IncidentState.TRIGGERED,
    "triggered": IncidentState.TRIGGERED,
    "delayed": IncidentState.TRIGGERED,
    "pending_repeat": IncidentState.TRIGGERED,
    "acked": IncidentState.ACKNOWLEDGED,
    "snoozed": IncidentState.SNOOZED,
    "resolved": IncidentState.RESOLVED,
    "cancelled": IncidentState.RESOLVED,
}
_EVENTS = {
    "triggered": EntryKind.TRIGGERED,
    "notified_users": EntryKind.NOTIFIED,
    "notified_channels": EntryKind.NOTIFIED,
    "acked": EntryKind.ACKNOWLEDGED,
    "resolved": EntryKind.RESOLVED,
    "cancelled": EntryKind.RESOLVED,
}


@dataclass(frozen=True, slots=True)
class Update:
    """One update of an incident. ``by_key``: the name of the API key that made it, where one did."""

    id: str
    at: datetime
    text: str
    kind: EntryKind
    by: str | None
    by_key: str | None
    category: str | None


def updates(rows: Iterable[Row]) -> list[Update]:
    """Those that have an id and a time, oldest first. The one that ends the incident is its resolution; what is said
    afterwards is not."""
    found: dict[str, Update] = {}
    for row in rows:
        update, at = fields.native_id(row, "id"), fields.instant(row, "created_at")
        if update is None or at is None:
            continue
        status, severity = fields.text(row, "new_incident_status", "name"), fields.text(row, "new_severity", "name")
        message = fields.block(row, "message")
        parts = (message, f"status {status}" if status else None, f"severity {severity}" if severity else None)
        text = clean_block("; ".join(part for part in parts if part)) or "updated"
        key = fields.text(row, "updater", "api_key", "name")
        by = fields.text(row, "updater", "user", "name") or fields.text(row, "updater", "workflow", "name") or key
        category = fields.text(row, "new_incident_status", "category")
        found[update] = Update(update, at, text, EntryKind.STATUS_UPDATE, by, key, category)
    ordered = sorted(found.values(), key=lambda one: (one.at, one.id))
    return [
        replace(one, kind=EntryKind.RESOLVED)
        if one.category in ENDED and (before is None or before.category not in ENDED)
        else one
        for before, one in zip((None, *ordered), ordered, strict=False)
    ]


def resolution(found: Iterable[Update]) -> Update | None:
    """The latest update that has ended the incident."""
    return max((one for one in found if one.kind is EntryKind.RESOLVED), key=lambda one: one.at, default=None)


class Decoder:
    """Decodes for one source."""

    def __init__(self, source: str, options: Options) -> None:
        self.source = source
        self._options = options

    # -- incidents ---------------------------------------------------------------------------------------------

    def incident(
        self, row: Row, roster: Roster, pages: Sequence[Row], known: Incident | None, now: datetime
    ) -> Incident | None:
        """One incident; ``None`` where it has no id. ``pages``: the escalations that belong to it, as far as read."""
        native_id = fields.native_id(row, "id")
        if native_id is None:
            return None
        leads = _assigned(row)
        standing = _standing(pages, known)
        state = _state(fields.text(row, "incident_status", "category"), standing, leads)
        if state is not IncidentState.ACKNOWLEDGED:
            standing = []
        name = fields.text(row, "severity", "name")
        updated = fields.instant(row, "updated_at")
        created = fields.instant(row, "created_at") or (known.created_at if known else None)
        resolved = state is IncidentState.RESOLVED
        first = [at for at, _ in _acks(pages)]
        if known is not None and known.first_acknowledged_at is not None:
            first.append(known.first_acknowledged_at)
        reference = fields.text(row, "reference", limit=40)
        return Incident(
            id=join_id(self.source, native_id),
            source=self.source,
            native_id=native_id,
            title=fields.text(row, "name") or reference or native_id,
            state=state,
            created_at=created or updated or now,
            number=reference,
            severity=self._options.severity_of(name, roster.severities),
            severity_word=name,
            service=None,
            assignees=leads or _notified(pages),
            acknowledged_by=tuple({who.id: who for _, who in standing if who is not None}.values()),
            acknowledged_at=max((at for at, _ in standing), default=None),
            first_acknowledged_at=min(first, default=None),
            resolved_at=(known.resolved_at if known and known.resolved_at else updated) if resolved else None,
            updated_at=updated,
            escalation_policy=_path(pages, roster),
            mergeable=False,
            url=fields.url(row, "permalink"),
            bridge=fields.url(row, "call_url"),
            keys=_keys(pages),
            links=_links(pages),
        )

    def timeline(self, found: Iterable[Update], pages: Iterable[Row], incident: Incident) -> list[TimelineEntry]:
        """Updates of an incident and events of its pages."""
        entries = {
            update.id: TimelineEntry(
                id=join_id(self.source, update.id),
                incident_id=incident.id,
                at=update.at,
                kind=update.kind,
                text=update.text,
                author=update.by,
                origin=self.source,
            )
            for update in found
        }
        for page in pages:
            entries |= {entry.id: entry for entry in self.events(page, incident)}
        return list(entries.values())

    # -- pages -------------------------------------------------------------------------------------------------

    def page(self, row: Row, roster: Roster, known: Incident | None, now: datetime) -> Incident | None:
        """An escalation as an incident; ``None`` where it has no id."""
        escalation = fields.native_id(row, "id")
        if escalation is None:
            return None
        updated = fields.instant(row, "updated_at")
        created = fields.instant(row, "created_at") or (known.created_at if known else None)
        status = fields.text(row, "status") or ""
        state = _PAGE_STATES.get(status, IncidentState.UNKNOWN)
        if status == "expired" and updated is not None and now - updated > EXPIRED_FOR:
            state = IncidentState.RESOLVED
        acks = _acks([row])
        standing = acks if state in (IncidentState.ACKNOWLEDGED, IncidentState.SNOOZED) else []
        resolved = state is IncidentState.RESOLVED
        word = fields.text(row, "priority", "name")
        title = fields.text(row, "title") or escalation
        return Incident(
            id=join_id(self.source, PAGE + escalation),
            source=self.source,
            native_id=PAGE + escalation,
            title=f"{title} (nobody answered)" if status == "expired" else title,
            state=state,
            created_at=created or updated or now,
            severity=self._options.severity_of(word, roster.severities),
            severity_word=word,
            assignees=_notified([row]) if not resolved else (),
            acknowledged_by=tuple({who.id: who for _, who in standing if who is not None}.values()),
            acknowledged_at=max((at for at, _ in standing), default=None),
            first_acknowledged_at=min((at for at, _ in acks), default=None),
            resolved_at=updated if resolved else None,
            updated_at=updated,
            escalation_policy=_path([row], roster),
            alert_count=len(list(fields.rows(row, "related_alerts"))) or None,
            keys=_keys([row]),
            links=_links([row]),
            mergeable=False,
            takes=(Verb.RESOLVE.value, Verb.ESCALATE.value),
        )

    def events(self, row: Row, incident: Incident) -> list[TimelineEntry]:
        """What has happened to a page."""
        found = {}
        for event in fields.rows(row, "events"):
            key, at = fields.native_id(event, "id"), fields.instant(event, "occurred_at")
            if key is None or at is None:
                continue
            word = fields.text(event, "event", limit=60) or "changed"
            people = [who.name for item in fields.rows(event, "users") if (who := person(item)) is not None]
            kind = _EVENTS.get(word, EntryKind.OTHER)
            said = f"page {word.replace('_', ' ')}"
            found[key] = TimelineEntry(
                id=join_id(self.source, f"event-{key}"),
                incident_id=incident.id,
                at=at,
                kind=kind if incident.native_id.startswith(PAGE) or kind is not EntryKind.RESOLVED else EntryKind.OTHER,
                text=f"{said}: {', '.join(people)}" if people else said,
                author=people[0] if people and kind is EntryKind.ACKNOWLEDGED else None,
                origin=self.source,
            )
        return list(found.values())

    # -- alerts ------------------------------------------------------------------------------------------------

    def alert(self, row: Row, belongs: Mapping[str, str], now: datetime) -> Alert | None:
        """One alert; ``belongs``: alert -> native id of the incident. ``None`` where it has no id."""
        native_id = fields.native_id(row, "id")
        if native_id is None:
            return None
        state = {"firing": AlertState.FIRING, "resolved": AlertState.RESOLVED}.get(
            fields.text(row, "status") or "", AlertState.UNKNOWN
        )
        first = fields.instant(row, "created_at") or now
        incident = belongs.get(native_id)
        return Alert(
            id=join_id(self.source, native_id),
            source=self.source,
            native_id=native_id,
            name=fields.text(row, "title") or native_id,
            state=state,
            first_at=first,
            last_at=fields.instant(row, "updated_at") or first,
            summary=fields.text(row, "description"),
            labels=_attributes(row),
            incident_id=join_id(self.source, incident) if incident is not None else None,
            ended_at=fields.instant(row, "resolved_at"),
            url=fields.url(row, "source_url"),
        )


def related(row: Row) -> list[str]:
    """The ids of the incidents that a page belongs to."""
    found = (fields.native_id(item, "id") for item in fields.rows(row, "related_incidents"))
    return [incident for incident in found if incident]


def _attributes(row: Row) -> dict[str, str]:
    found = {}
    for item in list(fields.rows(row, "attributes"))[:64]:
        name = fields.text(item, "attribute", "name", limit=200)
        value = fields.text(item, "value", "label") or fields.text(item, "value", "literal")
        if name and value:
            found[name] = value
    return found


def _state(
    category: str | None, acks: Sequence[tuple[datetime, Person | None]], leads: Sequence[Person]
) -> IncidentState:
    """A live incident counts as acknowledged once somebody leads it or has answered its page."""
    match category:
        case "triage":
            return IncidentState.ACKNOWLEDGED if acks else IncidentState.TRIGGERED
        case "live":
            return IncidentState.ACKNOWLEDGED if acks or leads else IncidentState.TRIGGERED
        case "paused":
            return IncidentState.SNOOZED
    return IncidentState.RESOLVED if category in ENDED else IncidentState.UNKNOWN


def _assigned(row: Row) -> tuple[Person, ...]:
    """Who has a role, the lead first; the reporter does nothing by being so."""
    found: dict[str, tuple[int, Person]] = {}
    for item in fields.rows(row, "incident_role_assignments"):
        who, kind = person(item, "assignee"), fields.text(item, "role", "role_type")
        if who is not None and kind != "reporter":
            rank = 0 if kind == "lead" else 1
            if who.id not in found or rank < found[who.id][0]:
                found[who.id] = (rank, who)
    return tuple(who for _, who in sorted(found.values(), key=lambda pair: pair[0]))


def _happened(pages: Iterable[Row], *words: str) -> list[tuple[datetime, Row]]:
    found = []
    for page in pages:
        for event in fields.rows(page, "events"):
            at = fields.instant(event, "occurred_at")
            if at is not None and fields.text(event, "event") in words:
                found.append((at, event))
    return sorted(found, key=lambda pair: pair[0])


def _acks(pages: Sequence[Row]) -> list[tuple[datetime, Person | None]]:
    """When and by whom pages that still count as answered were."""
    answered = [page for page in pages if fields.text(page, "status") in ("acked", "snoozed", "resolved")]
    found: list[tuple[datetime, Person | None]] = []
    for at, event in _happened(answered, "acked"):
        people = [who for item in fields.rows(event, "users") if (who := person(item)) is not None]
        found += [(at, who) for who in people] or [(at, None)]
    return found


def _standing(pages: Sequence[Row], known: Incident | None) -> list[tuple[datetime, Person | None]]:
    """When and by whom an incident was answered: by the pages that are still going; where none is, by those that are
    over, and what is known of those that are not read any more. A page that is going unanswered is a page, whoever has
    answered one before."""
    going = [page for page in pages if _is_going(page)]
    found = _acks(going or pages)
    if going or found or known is None or known.acknowledged_at is None:
        return found
    return [(known.acknowledged_at, who) for who in known.acknowledged_by or (None,)]


def _is_going(page: Row) -> bool:
    return fields.text(page, "status") not in PAGED


def _notified(pages: Sequence[Row]) -> tuple[Person, ...]:
    """Whom the pages that are still going have notified last."""
    happened = _happened(filter(_is_going, pages), "notified_users")
    if not happened:
        return ()
    people = (person(item) for item in fields.rows(happened[-1][1], "users"))
    return tuple({who.id: who for who in people if who is not None}.values())


def _keys(pages: Sequence[Row]) -> tuple[str, ...]:
    """By what the senders of the pages' alerts call them."""
    alerts = (alert for page in pages for alert in fields.rows(page, "related_alerts"))
    found = (fields.text(alert, "deduplication_key", limit=512) for alert in alerts)
    return tuple(dict.fromkeys(key for key in found if key))[:_MOST_NAMES]


def _links(pages: Sequence[Row]) -> tuple[str, ...]:
    """Where the pages' alerts came from."""
    alerts = (alert for page in pages for alert in fields.rows(page, "related_alerts"))
    found = (fields.url(alert, "source_url") for alert in alerts)
    return tuple(dict.fromkeys(link for link in found if link))[:_MOST_NAMES]


def _path(pages: Sequence[Row], roster: Roster) -> Ref | None:
    for page in pages:
        path = fields.native_id(page, "escalation_path_id")
        if path is not None:
            known = roster.paths.get(path)
            return Ref(id=path, name=known.name if known else path)
    return None
