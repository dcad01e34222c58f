"""The operations' answers to writes: all but a note are taken, and done when their turn has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oncall_tui.clock import parse_instant
from oncall_tui.demo.genie.life import Impossible, Life, Queued
from oncall_tui.demo.jsm import forms
from oncall_tui.demo.jsm.forms import Form
from oncall_tui.demo.jsm.refusing import Refusal
from oncall_tui.demo.wire import Request

MAX_NOTE = 25_000
MAX_MESSAGE = 130
_PRIORITIES = ("P1", "P2", "P3", "P4", "P5")


class Writer:
    """Takes one write of ``by``, whose token it is."""

    def __init__(self, life: Life, request: Request, rest: tuple[str, ...], by: str, now: datetime) -> None:
        self._life = life
        self._request = request
        self._rest = rest
        self._by = by
        self._now = now

    def answer(self) -> tuple[int, Form]:
        """Status and JSON. Raises Refusal, and ValueError or TypeError for a body of another shape."""
        body = self._request.json() if self._request.body else {}
        if not isinstance(body, dict):
            raise TypeError("the body is no object")
        match self._request.method, *self._rest:
            case ("POST", "alerts"):
                taken = self._create(body)
                return 200, {"result": "Request will be processed", "requestId": taken.id, "took": 0.012}
            case ("POST" | "PATCH" as method, "alerts", alert_id, what):
                if alert_id not in self._life.alerts:
                    raise Refusal(404, "Alert does not exist")
                if (method, what) == ("POST", "notes"):
                    return 200, self._note(alert_id, _text(body, "note", MAX_NOTE))
                taken = self._act(alert_id, what, body) if method == "POST" else self._change(alert_id, what, body)
                return 202, {"result": "Request will be processed", "requestId": taken.id, "took": 0.012}
            case ("POST", "schedules", schedule_id, "overrides"):
                return 201, self._override(schedule_id, body)
        raise Refusal(404, "No such resource")

    def _create(self, body: dict[str, Any]) -> Queued:
        message = _text(body, "message", MAX_MESSAGE)
        priority = body.get("priority", "P3")
        if priority not in _PRIORITIES:
            raise Refusal(422, "priority must be one of P1, P2, P3, P4, P5")
        return self._life.take_new(
            message,
            self._now,
            priority=priority,
            alias=str(body.get("alias") or message),
            service=(body.get("extraProperties") or {}).get("service"),
            asked=body.get("responders") or [],
        )

    def _override(self, schedule_id: str, body: dict[str, Any]) -> Form:
        schedule = next((one for one in self._life.estate.schedules if one.id == schedule_id), None)
        if schedule is None:
            raise Refusal(404, "Schedule does not exist")
        start, end = parse_instant(_text(body, "startDate", 40)), parse_instant(_text(body, "endDate", 40))
        told = body.get("responder")
        wanted = told.get("id") if isinstance(told, dict) else None
        user = next((one for one in self._life.estate.users.values() if one.id == wanted), None)
        if user is None:
            raise Refusal(422, "responder must be a valid user")
        if end <= start or end <= self._now:
            raise Refusal(422, "endDate must be after startDate, and in the future")
        made = schedule.stand_in(user, start, end, str(body.get("alias") or ""))
        self._life.record("override", schedule.id, person=user.id)
        return forms.override(made)

    def _note(self, alert_id: str, text: str) -> Form:
        try:
            self._life.note(alert_id, self._by, text, self._now)
        except Impossible as no:
            raise Refusal(422, str(no)) from None
        self._life.record("note", alert_id, text=text)
        return forms.note(self._life.alerts[alert_id].notes[-1])

    def _act(self, alert_id: str, what: str, body: dict[str, Any]) -> Queued:
        life, by, now = self._life, self._by, self._now
        match what:
            case "acknowledge":
                return life.take(what, alert_id, now, lambda at: life.acknowledge(alert_id, by, at))
            case "unacknowledge":
                return life.take(what, alert_id, now, lambda at: life.unacknowledge(alert_id, by, at))
            case "close":
                return life.take("resolve", alert_id, now, lambda at: life.close(alert_id, by, at))
            case "snooze":
                until = parse_instant(_text(body, "endTime", 40))
                if until <= now:
                    raise Refusal(422, "endTime must be in the future")
                return life.take(what, alert_id, now, lambda at: life.snooze(alert_id, by, until, at))
            case "assign":
                wanted = _text(body, "accountId", 128)
                user = next((one for one in life.estate.users.values() if one.id == wanted), None)
                return life.take(
                    "reassign", alert_id, now, lambda at: life.assign(alert_id, by, user, at), person=wanted
                )
            case "escalate":
                escalation = _text(body, "escalationId", 100)
                return life.take(what, alert_id, now, lambda at: life.escalate(alert_id, by, escalation, at))
            case "responders":
                kind, thing = _text(body, "type", 20), _text(body, "id", 128)
                return life.take(
                    what,
                    alert_id,
                    now,
                    lambda at: life.add_responder(alert_id, by, kind, thing, at),
                    responder=f"{kind}/{thing}",
                )
        raise Refusal(404, "No such resource")

    def _change(self, alert_id: str, what: str, body: dict[str, Any]) -> Queued:
        life, by, now = self._life, self._by, self._now
        match what:
            case "priority":
                word = _text(body, "priority", 2)
                if word not in _PRIORITIES:
                    raise Refusal(422, "priority must be one of P1, P2, P3, P4, P5")
                return life.take(
                    "severity", alert_id, now, lambda at: life.set_priority(alert_id, by, word, at), priority=word
                )
            case "message":
                text = _text(body, "message", MAX_MESSAGE)
                return life.take("title", alert_id, now, lambda at: life.set_message(alert_id, by, text, at))
        raise Refusal(404, "No such resource")


def _text(body: dict[str, Any], name: str, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refusal(422, f"{name} must not be empty")
    if len(value) > longest:
        raise Refusal(422, f"{name} must be at most {longest} characters")
    return value
