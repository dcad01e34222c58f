"""The operations' answers to GET."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from oncall_tui.clock import parse_instant
from oncall_tui.demo.genie.estate import Schedule
from oncall_tui.demo.genie.life import Alert, Life
from oncall_tui.demo.genie.past import Archive
from oncall_tui.demo.jsm import forms
from oncall_tui.demo.jsm.forms import Form
from oncall_tui.demo.jsm.refusing import Refusal
from oncall_tui.demo.wire import Request

MAX_SIZE = 100
MAX_WINDOW = 20_000
_TERM = re.compile(r"(status|createdAt)\s*(:|>|<)\s*([A-Za-z0-9]+)")
_DAYS: Mapping[str, int] = {"days": 1, "weeks": 7, "months": 30}


class Reader:
    """Answers one GET below ``/api/{cloudId}/v1``."""

    def __init__(
        self, life: Life, request: Request, rest: tuple[str, ...], now: datetime, archive: Archive | None = None
    ) -> None:
        self._archive = archive
        self._life = life
        self._request = request
        self._rest = rest
        self._now = now

    def answer(self) -> Form:
        """The JSON. Raises Refusal."""
        estate = self._life.estate
        match self._rest:
            case ("alerts",):
                return self._alerts()
            case ("alerts", "requests", request_id):
                found = self._life.requests.get(request_id)
                if found is None or found.done is None:
                    raise Refusal(404, "Request not found")
                return forms.request(found)
            case ("alerts", "alias"):
                alert = self._life.with_alias(self._request.value("alias"))
                if alert is None:
                    raise Refusal(404, "Alert does not exist")
                return forms.alert(alert)
            case ("alerts", alert_id):
                return forms.alert(self._alert(alert_id))
            case ("alerts", alert_id, "logs"):
                return self._following([forms.line(one) for one in reversed(self._alert(alert_id).log)])
            case ("alerts", alert_id, "notes"):
                return self._following([forms.note(one) for one in reversed(self._alert(alert_id).notes)])
            case ("teams",):
                return {"platformTeams": [{"teamId": one.id, "teamName": one.name} for one in estate.teams.values()]}
            case ("teams", team_id, "escalations"):
                return self._paged([forms.escalation(one) for one in estate.escalations if one.team.id == team_id])
            case ("schedules",):
                return self._paged([forms.schedule(one) for one in estate.schedules])
            case ("schedules", schedule_id, "on-calls"):
                return self._on_calls(self._schedule(schedule_id))
            case ("schedules", schedule_id, "overrides"):
                return self._paged([forms.override(one) for one in self._schedule(schedule_id).overrides])
            case ("schedules", schedule_id, "timeline"):
                return self._timeline(self._schedule(schedule_id))
        raise Refusal(404, "No such resource")

    def _alert(self, alert_id: str) -> Alert:
        found = self._life.alerts.get(alert_id) or (self._archive.known.get(alert_id) if self._archive else None)
        if found is None:
            raise Refusal(404, "Alert does not exist")
        return found

    def _alerts(self) -> Form:
        query = self._request.value("query")
        terms = _TERM.findall(query)
        if re.sub(r"\bAND\b|\s", "", _TERM.sub("", query)):
            raise Refusal(400, "Query is not valid")
        older = self._archive.asked_for(terms) if self._archive is not None else ()
        found = [one for one in (*self._life.alerts.values(), *older) if all(_holds(one, *term) for term in terms)]
        ordered = sorted(found, key=lambda one: one.created_at, reverse=self._request.value("order", "desc") == "desc")
        return {**self._paged([forms.alert(one) for one in ordered]), "count": len(ordered)}

    def _paged(self, rows: list[Form]) -> Form:
        size = int(self._request.value("size", "20"))
        offset = int(self._request.value("offset", "0"))
        if not 1 <= size <= MAX_SIZE or offset < 0 or offset + size >= MAX_WINDOW:
            raise Refusal(422, f"size must be from 1 to {MAX_SIZE}, offset and size below {MAX_WINDOW}")
        links = {"next": self._link("offset", str(offset + size))} if offset + size < len(rows) else {}
        return {"values": rows[offset : offset + size], "links": links}

    def _following(self, rows: list[Form]) -> Form:
        """Notes and logs go on from a cursor."""
        size = int(self._request.value("size", "20"))
        word = self._request.value("after", "c0").removeprefix("c")
        start = int(word) if word.isdigit() else len(rows)
        links = {"next": self._link("after", f"c{start + size}")} if start + size < len(rows) else {}
        return {"values": rows[start : start + size], "links": links}

    def _link(self, name: str, value: str) -> str:
        kept = [(key, given) for key, given in self._request.query if key != name]
        return f"https://api.atlassian.com{self._request.path}?{urlencode([*kept, (name, value)])}"

    def _schedule(self, schedule_id: str) -> Schedule:
        found = next((one for one in self._life.estate.schedules if one.id == schedule_id), None)
        if found is None:
            raise Refusal(404, "Schedule does not exist")
        return found

    def _on_calls(self, schedule: Schedule) -> Form:
        holder = schedule.holder(self._now).id
        if self._request.value("flat") == "true":
            return {"onCallUsers": [holder]}
        return {"onCallParticipants": [{"id": holder, "type": "user"}]}

    def _timeline(self, schedule: Schedule) -> Form:
        days = _DAYS[self._request.value("intervalUnit", "weeks")]
        length = timedelta(days=days * int(self._request.value("interval", "1")))
        since = parse_instant(self._request.value("date")) if self._request.values("date") else self._now
        return forms.timeline(schedule, since, length)


def _holds(alert: Alert, name: str, sign: str, value: str) -> bool:
    """``status`` in a query is open or closed, whatever finer word the alert itself tells."""
    if name == "status":
        return value == ("closed" if alert.closed else "open")
    moment, limit = alert.created_at.timestamp() * 1000, float(value)
    return {">": moment > limit, "<": moment < limit, ":": moment == limit}[sign]
