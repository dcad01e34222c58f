"""Opsgenie's JSON in terms of both systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.model import HealthCheck, HealthStatus, IncidentState, Person, Verb, join_id
from oncall_tui.sources import fields
from oncall_tui.sources.genie.api import LogRow, NoteRow, Page, Responder
from oncall_tui.sources.genie.decoding import log_kind, made_id, page_id
from oncall_tui.sources.genie.roster import Policy, Schedule, Step, Stretch
from oncall_tui.sources.labels import runbook_of

Row = Mapping[str, Any]

INCIDENT = "incident-"
"""What the native id of an Opsgenie incident begins with here: an alert's is a UUID and a time, a pure UUID's first
eight characters are hexadecimal digits."""
_SERVICE_KEYS = ("service", "service_name", "job", "app")
_INCIDENT_STATES = {
    "open": IncidentState.TRIGGERED,
    "resolved": IncidentState.RESOLVED,
    "closed": IncidentState.RESOLVED,
}
_MINUTES = {
    "days": 1440.0,
    "hours": 60.0,
    "minutes": 1.0,
    "seconds": 1 / 60,
    "miliseconds": 1 / 60_000,
    "micros": 1 / 60_000_000,
    "nanos": 1 / 60_000_000_000,
}
"""Spelt as the API spells them."""


def alert_page(row: Row, now: datetime) -> Page | None:
    """One alert; ``None`` where it has no id that can be called by. ``now`` is by Opsgenie's clock."""
    native_id = page_id(row)
    if native_id is None:
        return None
    created = fields.instant(row, "createdAt")
    details = fields.labels(row, "details")
    wakes_at = fields.instant(row, "snoozedUntil")
    service = next((details[key] for key in _SERVICE_KEYS if details.get(key)), None)
    return Page(
        native_id=native_id,
        title=fields.text(row, "message") or fields.text(row, "alias") or native_id,
        state=_alert_state(row, wakes_at, now),
        created_at=created,
        updated_at=fields.instant(row, "updatedAt"),
        number=fields.text(row, "tinyId"),
        priority=fields.text(row, "priority"),
        owner=fields.text(row, "owner"),
        responders=responders(row),
        acknowledged_by=fields.text(row, "report", "acknowledgedBy"),
        acknowledged_at=_after(created, fields.integer(row, "report", "ackTime")),
        closed_by=fields.text(row, "report", "closedBy"),
        closed_at=_after(created, fields.integer(row, "report", "closeTime")),
        wakes_at=wakes_at,
        count=max(1, fields.integer(row, "count") or 1),
        last_at=fields.instant(row, "lastOccurredAt"),
        service=service or fields.text(row, "entity"),
        key=fields.text(row, "alias", limit=512),
        url=fields.url(row, "source"),
        runbook=runbook_of(details, {}),
        labels=details,
    )


def _alert_state(row: Row, wakes_at: datetime | None, now: datetime) -> IncidentState:
    match fields.text(row, "status"):
        case "closed":
            return IncidentState.RESOLVED
        case "open":
            if fields.boolean(row, "snoozed") and (wakes_at is None or wakes_at > now):
                return IncidentState.SNOOZED
            return IncidentState.ACKNOWLEDGED if fields.boolean(row, "acknowledged") else IncidentState.TRIGGERED
    return IncidentState.UNKNOWN


def _after(start: datetime | None, milliseconds: int | None) -> datetime | None:
    """``report`` tells its times in milliseconds after the alert's creation."""
    if start is None or milliseconds is None or not 0 <= milliseconds < 10 * 366 * 86_400_000:
        return None
    return start + timedelta(milliseconds=milliseconds)


def incident_page(row: Row) -> Page | None:
    """One of Opsgenie's incidents; ``None`` where it has no id that can be called by."""
    native_id = page_id(row)
    if native_id is None:
        return None
    properties = fields.labels(row, "extraProperties")
    team = fields.native_id(row, "ownerTeam")
    asked = responders(row)
    if team is not None and all(one.id != team for one in asked):
        asked = (Responder(kind="team", id=team), *asked)
    state = _INCIDENT_STATES.get(fields.text(row, "status") or "", IncidentState.UNKNOWN)
    return Page(
        native_id=INCIDENT + native_id,
        title=fields.text(row, "message") or native_id,
        state=state,
        created_at=fields.instant(row, "createdAt"),
        updated_at=fields.instant(row, "updatedAt"),
        number=fields.text(row, "tinyId"),
        priority=fields.text(row, "priority"),
        owner=fields.text(row, "owner"),
        responders=asked,
        closed_at=fields.instant(row, "updatedAt") if state is IncidentState.RESOLVED else None,
        service=next((properties[key] for key in _SERVICE_KEYS if properties.get(key)), None),
        runbook=runbook_of(properties, {}),
        takes=(Verb.RESOLVE.value,),
    )


def responders(row: Row) -> tuple[Responder, ...]:
    """Who is asked to look."""
    found = []
    for one in fields.rows(row, "responders"):
        responder_id, kind = fields.native_id(one, "id"), fields.text(one, "type")
        if responder_id is not None and kind is not None:
            found.append(Responder(kind=kind, id=responder_id))
    return tuple(found)


def log_row(row: Row) -> LogRow | None:
    """One line of a log; ``None`` where it has no time."""
    at = fields.instant(row, "createdAt")
    if at is None:
        return None
    text, author = fields.text(row, "log") or "", fields.text(row, "owner")
    kind = fields.text(row, "type") or ""
    return LogRow(
        id=made_id(at.isoformat(), kind, author, text),
        at=at,
        kind=log_kind(text, of_recipient="recipient" in kind.lower()),
        text=text or kind or "?",
        author=author,
    )


def note_row(row: Row) -> NoteRow | None:
    """One note; ``None`` where it has no time."""
    at = fields.instant(row, "createdAt")
    if at is None:
        return None
    content, author = fields.block(row, "note") or "", fields.text(row, "owner")
    return NoteRow(id=made_id(at.isoformat(), author, content), at=at, content=content, author=author)


def people(rows: Iterable[Row]) -> dict[str, Person]:
    """Users by id; blocked ones are left out."""
    found = {}
    for row in rows:
        user_id = fields.native_id(row, "id")
        if user_id is not None and fields.boolean(row, "blocked") is not True:
            address = fields.text(row, "username")
            found[user_id] = Person(
                id=user_id, name=fields.text(row, "fullName") or address or user_id, contact=address
            )
    return found


def names(rows: Iterable[Row]) -> dict[str, str]:
    """Names by id."""
    return {one: fields.text(row, "name") or one for row in rows if (one := fields.native_id(row, "id"))}


def policy(row: Row) -> Policy | None:
    """One escalation; ``None`` where it has no id."""
    policy_id = fields.native_id(row, "id")
    if policy_id is None:
        return None
    steps = []
    for rule in fields.rows(row, "rules"):
        recipient = fields.native_id(rule, "recipient", "id")
        if recipient is None:
            continue
        unit = _MINUTES.get(fields.text(rule, "delay", "timeUnit") or "minutes", 1.0)
        steps.append(
            Step(
                delay_minutes=(fields.number(rule, "delay", "timeAmount") or 0.0) * unit,
                kind=fields.text(rule, "recipient", "type") or "",
                id=recipient,
                name=fields.text(rule, "recipient", "name") or fields.text(rule, "recipient", "username"),
                notify=fields.text(rule, "notifyType") or "default",
            )
        )
    return Policy(
        id=policy_id,
        name=fields.text(row, "name") or policy_id,
        team=fields.text(row, "ownerTeam", "name"),
        repeats=max(0, fields.integer(row, "repeat", "count") or 0),
        steps=tuple(sorted(steps, key=lambda step: step.delay_minutes)),
    )


def schedule(row: Row) -> Schedule | None:
    """One schedule; ``None`` where it has no id or is off."""
    schedule_id = fields.native_id(row, "id")
    if schedule_id is None or fields.boolean(row, "enabled") is False:
        return None
    name = fields.text(row, "name") or schedule_id
    return Schedule(id=schedule_id, name=name, team=fields.text(row, "ownerTeam", "name"))


def participants(rows: Iterable[Row]) -> tuple[Person, ...]:
    """The people among those on call, however deep they are nested, each once."""
    found: dict[str, Person] = {}
    waiting = list(rows)
    while waiting and len(found) < 500:
        row = waiting.pop(0)
        user_id = fields.native_id(row, "id")
        if fields.text(row, "type") == "user" and user_id is not None:
            found.setdefault(user_id, person(row, user_id))
        waiting += fields.rows(row, "onCallParticipants")
    return tuple(found.values())


def person(row: Row, user_id: str) -> Person:
    """Somebody as a schedule names them: by the address, until the users are known."""
    name = fields.text(row, "name") or user_id
    return Person(id=user_id, name=name, contact=name if "@" in name else None)


def stretches(row: Row) -> list[Stretch]:
    """A schedule's final timeline."""
    found = []
    for rotation in fields.rows(row, "finalTimeline", "rotations"):
        name = fields.text(rotation, "id") or fields.text(rotation, "name") or ""
        for period in fields.rows(rotation, "periods"):
            start, end = fields.instant(period, "startDate"), fields.instant(period, "endDate")
            if start is None or end is None or end <= start:
                continue
            holder = fields.obj(period, "recipient")
            user_id = fields.native_id(holder, "id") if fields.text(holder, "type") == "user" else None
            found.append(
                Stretch(
                    rotation=name,
                    start=start,
                    end=end,
                    person=person(holder, user_id) if user_id else None,
                    is_override=fields.text(period, "type") == "override",
                )
            )
    return found


def heartbeat(row: Row, source: str, now: datetime) -> HealthCheck | None:
    """One heartbeat that is on, as a check: a ping that did not come in time is down, one that never came unknown."""
    name = fields.text(row, "name")
    if name is None or fields.boolean(row, "enabled") is False:
        return None
    expired, pinged = fields.boolean(row, "expired"), fields.instant(row, "lastPingTime")
    every = f"{fields.integer(row, 'interval') or '?'} {fields.text(row, 'intervalUnit') or ''}".strip()
    if expired is None or (pinged is None and not expired):
        status, detail = HealthStatus.UNKNOWN, "no ping has come yet"
    elif expired:
        since = f" since {pinged:%H:%M} UTC" if pinged else ""
        status, detail = HealthStatus.DOWN, f"no ping{since}, expected every {every}"
    else:
        status, detail = HealthStatus.OK, None
    return HealthCheck(
        id=join_id(source, f"heartbeat-{name}"),
        source=source,
        name=f"heartbeat {name}",
        status=status,
        checked_at=now,
        detail=detail,
    )
