"""The JSON of Jira Service Management Operations in terms of both systems."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from oncall_tui.model import IncidentState, Person
from oncall_tui.sources import fields
from oncall_tui.sources.genie.api import LogRow, NoteRow, Page, Responder
from oncall_tui.sources.genie.decoding import log_kind, made_id, page_id
from oncall_tui.sources.genie.roster import Policy, Schedule, Step, Stretch
from oncall_tui.sources.labels import runbook_of

Row = Mapping[str, Any]

_SERVICE_KEYS = ("service", "service_name", "job", "app")
_EPOCH_FROM = 10**12
"""Milliseconds from here on are a moment, not a length of time: thirty years of either."""


def alert_page(row: Row, now: datetime) -> Page | None:
    """One alert; ``None`` where it has no id that can be called by. ``now`` is by Atlassian's clock."""
    native_id = page_id(row)
    if native_id is None:
        return None
    created = fields.instant(row, "createdAt")
    properties = fields.labels(row, "extraProperties")
    wakes_at = fields.instant(row, "snoozedUntil")
    service = next((properties[key] for key in _SERVICE_KEYS if properties.get(key)), None)
    return Page(
        native_id=native_id,
        title=fields.text(row, "message") or fields.text(row, "alias") or native_id,
        state=_state(row, wakes_at, now),
        created_at=created,
        updated_at=fields.instant(row, "updatedAt"),
        number=fields.text(row, "tinyId"),
        priority=fields.text(row, "priority"),
        owner=fields.text(row, "owner"),
        responders=_responders(row),
        acknowledged_at=_moment(created, fields.integer(row, "ackTime")),
        closed_at=_moment(created, fields.integer(row, "closeTime")),
        wakes_at=wakes_at,
        count=max(1, fields.integer(row, "count") or 1),
        # Spelt with one r in the answer.
        last_at=fields.instant(row, "lastOccuredAt") or fields.instant(row, "lastOccurredAt"),
        service=service or fields.text(row, "entity"),
        key=fields.text(row, "alias", limit=512),
        url=fields.url(row, "source"),
        runbook=runbook_of(properties, {}),
        labels=properties,
    )


def _state(row: Row, wakes_at: datetime | None, now: datetime) -> IncidentState:
    """``status`` has a word for each state; where it stays ``open``, the booleans beside it tell, as in Opsgenie."""
    match fields.text(row, "status"):
        case "closed" | "resolved":
            return IncidentState.RESOLVED
        case "open" | "acked" | "snoozed" as word:
            snoozed = word == "snoozed" or fields.boolean(row, "snoozed")
            if snoozed and (wakes_at is None or wakes_at > now):
                return IncidentState.SNOOZED
            acked = word == "acked" or fields.boolean(row, "acknowledged")
            return IncidentState.ACKNOWLEDGED if acked else IncidentState.TRIGGERED
    return IncidentState.UNKNOWN


def _moment(created: datetime | None, milliseconds: int | None) -> datetime | None:
    """``ackTime`` and ``closeTime``, whose unit is not documented: milliseconds after the creation, as in Opsgenie, or
    Unix milliseconds."""
    if milliseconds is None or milliseconds <= 0:
        return None
    if milliseconds >= _EPOCH_FROM:
        return fields.unix(milliseconds / 1000)
    return created + timedelta(milliseconds=milliseconds) if created is not None else None


def _responders(row: Row) -> tuple[Responder, ...]:
    found = []
    for one in fields.rows(row, "responders"):
        responder_id, kind = fields.native_id(one, "id"), fields.text(one, "type")
        if responder_id is not None and kind is not None:
            found.append(Responder(kind=kind, id=responder_id))
    return tuple(found)


def log_row(row: Row) -> LogRow | None:
    """One line of a log; ``None`` where it has no time. The description and live answers differ in their names."""
    at = fields.instant(row, "logTime") or fields.instant(row, "createdAt")
    if at is None:
        return None
    text, author = fields.text(row, "log") or "", fields.text(row, "owner")
    kind = fields.text(row, "logType") or fields.text(row, "type") or ""
    return LogRow(
        id=made_id(at.isoformat(), kind, author, text),
        at=at,
        kind=log_kind(text, of_recipient="recipient" in kind.lower()),
        text=text or kind or "?",
        author=author,
    )


def note_row(row: Row) -> NoteRow | None:
    """One note; ``None`` where it has no id or time."""
    note_id, at = fields.native_id(row, "id"), fields.instant(row, "createdAt")
    if note_id is None or at is None:
        return None
    content = fields.block(row, "note") or ""
    return NoteRow(id=note_id, at=at, content=content, author=fields.text(row, "owner"))


def after(data: Row) -> str | None:
    """The cursor of the next page, out of its link."""
    link = fields.walk(data, "links", "next")
    if not isinstance(link, str):
        return None
    try:
        found = parse_qs(urlsplit(link).query).get("after")
    except ValueError:
        return None
    return found[0] if found else None


def policy(row: Row, team: str) -> Policy | None:
    """One escalation of a team; ``None`` where it has no id or is off."""
    policy_id = fields.native_id(row, "id")
    if policy_id is None or fields.boolean(row, "enabled") is False:
        return None
    steps = []
    for rule in fields.rows(row, "rules"):
        recipient, kind = fields.native_id(rule, "recipient", "id"), fields.text(rule, "recipient", "type") or ""
        if recipient is None:
            continue
        steps.append(
            Step(
                delay_minutes=fields.number(rule, "delay") or 0.0,
                kind=kind,
                id=recipient,
                name=fields.text(rule, "recipient", "name"),
                notify=fields.text(rule, "notifyType") or "default",
            )
        )
    return Policy(
        id=policy_id,
        name=fields.text(row, "name") or policy_id,
        team=team,
        repeats=max(0, fields.integer(row, "repeat", "count") or 0),
        steps=tuple(sorted(steps, key=lambda step: step.delay_minutes)),
    )


def schedule(row: Row, teams: Mapping[str, str]) -> Schedule | None:
    """One schedule; ``None`` where it has no id or is off."""
    schedule_id = fields.native_id(row, "id")
    if schedule_id is None or fields.boolean(row, "enabled") is False:
        return None
    team = fields.native_id(row, "teamId")
    return Schedule(id=schedule_id, name=fields.text(row, "name") or schedule_id, team=teams.get(team or "", team))


def on_call(data: Row) -> tuple[Person, ...]:
    """Who is on call, by account id."""
    listed = fields.walk(data, "onCallUsers")
    ids = (fields.native_id(one) for one in listed) if isinstance(listed, list) else ()
    return tuple(nameless(one) for one in dict.fromkeys(one for one in ids if one is not None))


def nameless(account_id: str) -> Person:
    """Somebody of whom only the account is known."""
    return Person(id=account_id, name=account_id)


def account(row: Row) -> Person | None:
    """An Atlassian account as Jira tells it; ``None`` where it has no id."""
    account_id = fields.native_id(row, "accountId")
    if account_id is None:
        return None
    address = fields.text(row, "emailAddress")
    return Person(id=account_id, name=fields.text(row, "displayName") or address or account_id, contact=address)


def stretches(data: Row) -> list[Stretch]:
    """A schedule's final timeline."""
    found = []
    for rotation in fields.rows(data, "finalTimeline", "rotations"):
        if fields.boolean(rotation, "deleted"):
            continue
        name = fields.text(rotation, "id") or fields.text(rotation, "name") or ""
        for period in fields.rows(rotation, "periods"):
            start, end = fields.instant(period, "startDate"), fields.instant(period, "endDate")
            if start is None or end is None or end <= start:
                continue
            holder = fields.obj(period, "responder")
            user_id = fields.native_id(holder, "id") if fields.text(holder, "type") == "user" else None
            found.append(
                Stretch(
                    rotation=name,
                    start=start,
                    end=end,
                    person=nameless(user_id) if user_id else None,
                    is_override=fields.text(period, "type") == "override",
                )
            )
    return found
