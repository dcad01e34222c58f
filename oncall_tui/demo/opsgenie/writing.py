"""The account's answers to writes: each is taken, and done when its turn has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oncall_tui.clock import parse_instant
from oncall_tui.demo.genie.estate import Schedule
from oncall_tui.demo.genie.life import Life, Queued
from oncall_tui.demo.opsgenie.forms import Form
from oncall_tui.demo.opsgenie.refusing import Refusal, not_processable
from oncall_tui.demo.wire import Request

PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
MAX_NOTE = 25_000
MAX_MESSAGE = 130


class Writer:
    """Takes one write."""

    def __init__(self, life: Life, request: Request, now: datetime) -> None:
        self._life = life
        self._request = request
        self._now = now

    def override(self, schedule: Schedule) -> Form:
        """Somebody stands in, at once: the JSON of the 201. Raises as :meth:`answer`."""
        body = self._request.json()
        start, end = parse_instant(_text(body, "startDate", 40)), parse_instant(_text(body, "endDate", 40))
        user = self._life.estate.user(str(_object(body, "user").get("id") or ""))
        if user is None:
            raise not_processable(user="must be a valid user")
        if end <= start or end <= self._now:
            raise not_processable(endDate="must be after startDate, and in the future")
        made = schedule.stand_in(user, start, end, str(body.get("alias") or ""))
        self._life.record("override", schedule.id, person=user.email)
        return {"data": {"_parent": {"id": schedule.id, "name": schedule.name, "enabled": True}, "alias": made.alias}}

    def answer(self) -> Form:
        """The JSON of the 202. Raises Refusal, and ValueError or TypeError for a body of another shape."""
        body = self._request.json() if self._request.body else {}
        if not isinstance(body, dict):
            raise TypeError("the body is no object")
        match self._request.method, *self._request.segments:
            case ("POST", "v2", "alerts"):
                taken = self._create(body)
            case ("POST", "v2", "alerts", alert_id, what):
                taken = self._act(alert_id, what, body)
            case ("PUT", "v2", "alerts", alert_id, what):
                taken = self._change(alert_id, what, body)
            case ("POST", "v1", "incidents", incident_id, "close"):
                taken = self._life.take(
                    "resolve",
                    f"incident-{incident_id}",
                    self._now,
                    lambda at: self._life.close_incident(incident_id, body.get("note"), at),
                )
            case _:
                raise Refusal(404, "No such resource")
        return {"result": "Request will be processed", "requestId": taken.id}

    def _create(self, body: dict[str, Any]) -> Queued:
        message = _text(body, "message", MAX_MESSAGE)
        priority = body.get("priority", "P3")
        if priority not in PRIORITIES:
            raise not_processable(priority="must be one of P1, P2, P3, P4, P5")
        return self._life.take_new(
            message,
            self._now,
            priority=priority,
            alias=str(body.get("alias") or message),
            service=(body.get("details") or {}).get("service"),
            asked=body.get("responders") or [],
        )

    def _act(self, alert_id: str, what: str, body: dict[str, Any]) -> Queued:
        life, by = self._life, body.get("user") or "API"
        match what:
            case "acknowledge":
                return life.take(what, alert_id, self._now, lambda at: life.acknowledge(alert_id, by, at))
            case "unacknowledge":
                return life.take(what, alert_id, self._now, lambda at: life.unacknowledge(alert_id, by, at))
            case "close":
                note = body.get("note")
                return life.take("resolve", alert_id, self._now, lambda at: life.close(alert_id, by, at, note))
            case "snooze":
                until = self._future(body)
                return life.take(what, alert_id, self._now, lambda at: life.snooze(alert_id, by, until, at))
            case "notes":
                text = _text(body, "note", MAX_NOTE)
                return life.take("note", alert_id, self._now, lambda at: life.note(alert_id, by, text, at), text=text)
            case "assign":
                owner = _object(body, "owner")
                user = life.estate.user(str(owner.get("id") or owner.get("username") or ""))
                return life.take(
                    "reassign",
                    alert_id,
                    self._now,
                    lambda at: life.assign(alert_id, by, user, at),
                    person=user.email if user else None,
                )
            case "escalate":
                asked = _object(body, "escalation")
                wanted = str(asked.get("id") or asked.get("name") or "")
                return life.take(what, alert_id, self._now, lambda at: life.escalate(alert_id, by, wanted, at))
            case "responders":
                return self._responder(alert_id, by, _object(body, "responder"))
        raise Refusal(404, "No such resource")

    def _responder(self, alert_id: str, by: str, asked: dict[str, Any]) -> Queued:
        kind, thing = str(asked.get("type")), str(asked.get("id") or "")
        if kind == "user":
            user = self._life.estate.user(thing or str(asked.get("username") or ""))
            thing = user.id if user else thing
        return self._life.take(
            "responders",
            alert_id,
            self._now,
            lambda at: self._life.add_responder(alert_id, by, kind, thing, at),
            responder=f"{kind}/{thing}",
        )

    def _change(self, alert_id: str, what: str, body: dict[str, Any]) -> Queued:
        life = self._life
        match what:
            case "priority":
                priority = body.get("priority")
                if priority not in PRIORITIES:
                    raise not_processable(priority="must be one of P1, P2, P3, P4, P5")
                return life.take(
                    "severity",
                    alert_id,
                    self._now,
                    lambda at: life.set_priority(alert_id, "API", priority, at),
                    priority=priority,
                )
            case "message":
                message = _text(body, "message", MAX_MESSAGE)
                return life.take(
                    "title", alert_id, self._now, lambda at: life.set_message(alert_id, "API", message, at)
                )
        raise Refusal(404, "No such resource")

    def _future(self, body: dict[str, Any]) -> datetime:
        until = parse_instant(_text(body, "endTime", 40))
        if until <= self._now:
            raise not_processable(endTime="must be in the future")
        return until


def _text(body: dict[str, Any], name: str, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise not_processable(**{name: "must not be empty"})
    if len(value) > longest:
        raise not_processable(**{name: f"must be at most {longest} characters"})
    return value


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise not_processable(**{name: "must not be null"})
    return value
