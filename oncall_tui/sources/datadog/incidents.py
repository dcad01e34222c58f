"""Incidents: read, and what can be done to one by changing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.model import (
    EntryKind,
    Incident,
    IncidentDetail,
    IncidentState,
    OutboxRow,
    Person,
    Ref,
    TimelineEntry,
    Verb,
    join_id,
    split_id,
)
from oncall_tui.records import dataclass
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Confirmation, Outcome, Refused, Sent, Unsupported
from oncall_tui.sources.datadog.api import Row, people
from oncall_tui.sources.datadog.options import Options
from oncall_tui.sources.http import HttpClient, segment
from oncall_tui.text import clean

PATH = "/api/v2/incidents"
_OVER = frozenset({"resolved", "completed"})
_OPEN = frozenset({"active", "stable"})
_BEFORE_PRESSED = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Decoder:
    """Datadog's incidents as the model's."""

    source: str
    options: Options

    def incident(self, row: Row, users: Mapping[str, Person], now: datetime) -> Incident | None:
        """One incident; ``None`` where it has no usable id.

        Args:
            row: its ``data``.
            users: those that the answer included, by id.
        """
        native_id = fields.native_id(row, "id")
        if native_id is None:
            return None
        told = fields.obj(row, "attributes")
        word = _field(told, "state") or fields.text(told, "state", limit=60)
        commander = _person(row, "commander_user", users)
        severity = _field(told, "severity") or fields.text(told, "severity", limit=60)
        number = fields.integer(told, "public_id")
        created_at = fields.instant(told, "declared") or fields.instant(told, "created") or now
        state = _state(word, commander)
        services, teams = _names(told, "services"), _names(told, "teams")
        return Incident(
            id=join_id(self.source, native_id),
            source=self.source,
            native_id=native_id,
            title=fields.text(told, "title") or "(no title)",
            state=state,
            created_at=created_at,
            number=f"IR-{number}" if number is not None else None,
            severity=self.options.severity_word(severity),
            severity_word=severity,
            urgency=word,
            service=Ref(id=services[0], name=services[0]) if services else None,
            teams=teams,
            assignees=(commander,) if commander else (),
            acknowledged_by=(commander,) if commander and state is IncidentState.ACKNOWLEDGED else (),
            resolved_at=fields.instant(told, "resolved") if state is IncidentState.RESOLVED else None,
            updated_at=fields.instant(told, "modified"),
            url=self.options.page(f"/incidents/{number}") if number is not None else None,
        )

    def timeline(self, row: Row, incident: Incident, users: Mapping[str, Person]) -> tuple[TimelineEntry, ...]:
        """What its own times tell: its timeline cannot be read."""
        told = fields.obj(row, "attributes")
        by = _person(row, "declared_by_user", users) or _person(row, "created_by_user", users)
        moments = (
            ("declared", incident.created_at, EntryKind.TRIGGERED, "declared"),
            ("detected", fields.instant(told, "detected"), EntryKind.OTHER, "detected"),
            ("impact", fields.instant(told, "customer_impact_start"), EntryKind.OTHER, _impact(told)),
            ("unaffected", fields.instant(told, "customer_impact_end"), EntryKind.OTHER, "customers are well again"),
            ("resolved", fields.instant(told, "resolved"), EntryKind.RESOLVED, "resolved"),
        )
        entries = [
            TimelineEntry(
                id=join_id(self.source, f"{incident.native_id}-{name}"),
                incident_id=incident.id,
                at=at,
                kind=kind,
                text=text,
                author=by.name if by and name == "declared" else None,
                origin=self.source,
            )
            for name, at, kind, text in moments
            if at is not None
        ]
        return tuple(sorted(entries, key=lambda entry: entry.at))


def _impact(told: Row) -> str:
    scope = fields.text(told, "customer_impact_scope")
    return f"customers are affected: {scope}" if scope else "customers are affected"


def _state(word: str | None, commander: Person | None) -> IncidentState:
    known = (word or "").casefold()
    if known in _OVER:
        return IncidentState.RESOLVED
    if known not in _OPEN:
        return IncidentState.UNKNOWN
    taken = commander is not None or known == "stable"
    return IncidentState.ACKNOWLEDGED if taken else IncidentState.TRIGGERED


def _field(told: Row, name: str) -> str | None:
    return fields.text(told, "fields", name, "value", limit=60)


def _names(told: Row, name: str) -> tuple[str, ...]:
    listed = fields.walk(told, "fields", name, "value")
    found = (clean(item, 200) for item in listed if isinstance(item, str)) if isinstance(listed, list) else ()
    return tuple(item for item in found if item)


def _person(row: Row, relation: str, users: Mapping[str, Person]) -> Person | None:
    native_id = fields.native_id(row, "relationships", relation, "data", "id")
    if native_id is None:
        return None
    return users.get(native_id) or Person(id=native_id, name=native_id)


class Incidents:
    """One incident read, changed, and read back."""

    def __init__(self, client: HttpClient, decoder: Decoder) -> None:
        self._client = client
        self._decoder = decoder

    async def read(self, native_id: str, now: datetime) -> IncidentDetail:
        """One incident, fresh. Raises NotFound and other SourceErrors."""
        answer = await self._client.get(f"{PATH}/{segment(native_id)}", [("include", "users")], meter=f"{PATH}/ID")
        row = fields.obj(answer.data, "data")
        users = people(list(fields.rows(answer.data, "included")))
        incident = self._decoder.incident(row, users, now)
        if incident is None or incident.native_id != native_id:
            raise BadAnswer(f"{self._client.host} answers with another thing than the incident asked for")
        return IncidentDetail(incident=incident, timeline=self._decoder.timeline(row, incident, users))

    async def send(self, row: OutboxRow) -> Sent:
        """Change the incident once. Raises SourceError."""
        native_id = split_id(row.target)[1]
        change, text = self._change(row)
        body = {"data": {"id": native_id, "type": "incidents", **change}}
        await self._client.request("PATCH", f"{PATH}/{segment(native_id)}", json=body, meter=f"PATCH {PATH}")
        return Sent(text=text)

    def _change(self, row: OutboxRow) -> tuple[dict[str, Any], str]:
        match row.verb:
            case Verb.RESOLVE:
                lost = "; Datadog takes no text with it" if row.params.get("resolution") else ""
                return _fields("state", "resolved"), f"resolved{lost}"
            case Verb.SEVERITY:
                word = self._decoder.options.written(row.params["severity"])
                if word is None:
                    raise Refused(f"no severity of Datadog's stands for Sev{row.params['severity']} in the config")
                return _fields("severity", word), f"severity {word}"
            case Verb.TITLE:
                return {"attributes": {"title": row.params["title"]}}, "title changed"
            case Verb.REASSIGN:
                if len(row.params["people"]) != 1:
                    raise Refused("an incident in Datadog has one commander: choose one person")
                commander = {"data": {"type": "users", "id": row.params["people"][0]}}
                return {"relationships": {"commander_user": commander}}, "commander set"
        raise Unsupported(f"Datadog cannot {row.verb.value}")

    async def confirm(self, row: OutboxRow, now: datetime) -> Confirmation:
        """Read back whether it has taken effect. Raises SourceError."""
        detail = await self.read(split_id(row.target)[1], now)
        incident = detail.incident
        if self._holds(row, incident):
            outcome, text = Outcome.APPLIED, ""
            pressed_at = row.created_at + (self._client.clock_skew or timedelta()) - _BEFORE_PRESSED
            if row.verb is Verb.RESOLVE and incident.resolved_at is not None and incident.resolved_at < pressed_at:
                outcome, text = Outcome.SUPERSEDED, f"resolved at {incident.resolved_at:%H:%M} UTC, yours not needed"
            return Confirmation(outcome=outcome, text=text, detail=detail)
        if not incident.is_open:
            return Confirmation(outcome=Outcome.SUPERSEDED, text="resolved, yours not needed", detail=detail)
        return Confirmation(outcome=Outcome.NOT_APPLIED, detail=detail)

    def _holds(self, row: OutboxRow, incident: Incident) -> bool:
        match row.verb:
            case Verb.RESOLVE:
                return not incident.is_open
            case Verb.SEVERITY:
                return incident.severity_word == self._decoder.options.written(row.params["severity"])
            case Verb.TITLE:
                return incident.title == clean(row.params["title"])
            case Verb.REASSIGN:
                return [person.id for person in incident.assignees] == list(row.params["people"])
        raise Unsupported(f"Datadog cannot {row.verb.value}")


def _fields(name: str, value: str) -> dict[str, Any]:
    return {"attributes": {"fields": {name: {"type": "dropdown", "value": value}}}}
