"""The account's answers to GET."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from oncall_tui.clock import parse_instant
from oncall_tui.demo.genie.estate import Schedule
from oncall_tui.demo.genie.life import Alert, Incident, Life
from oncall_tui.demo.genie.past import Archive
from oncall_tui.demo.opsgenie import forms
from oncall_tui.demo.opsgenie.forms import Form
from oncall_tui.demo.opsgenie.refusing import Refusal
from oncall_tui.demo.wire import Request

MAX_LIMIT = 100
_SORTS: Mapping[str, Callable[[Alert], datetime]] = {
    "createdAt": lambda one: one.created_at,
    "updatedAt": lambda one: one.updated_at,
    "lastOccurredAt": lambda one: one.last_at,
}
_TERM = re.compile(r"(status|createdAt|lastOccurredAt)\s*(:|>|<|>=|<=)\s*([A-Za-z0-9]+)")


class Reader:
    """Answers one GET."""

    def __init__(
        self,
        life: Life,
        request: Request,
        now: datetime,
        heartbeats: Mapping[str, datetime | None],
        archive: Archive | None = None,
    ) -> None:
        self._archive = archive
        self._life = life
        self._request = request
        self._now = now
        self._heartbeats = heartbeats

    def answer(self) -> Form:
        """The JSON without what every answer has. Raises Refusal."""
        match self._request.segments:
            case ("v2", "alerts"):
                return self._alerts()
            case ("v2", "alerts", "count"):
                return {"data": {"count": len(self._matching(self._life.alerts.values()))}}
            case ("v2" | "v1", "alerts" | "incidents", "requests", request_id):
                return self._request_status(request_id)
            case ("v2", "alerts", alert_id):
                return {"data": forms.alert_whole(self._alert(alert_id))}
            case ("v2", "alerts", alert_id, "logs"):
                alert = self._alert(alert_id)
                return self._following([forms.line(one, n) for n, one in enumerate(alert.log, 1)])
            case ("v2", "alerts", alert_id, "notes"):
                alert = self._alert(alert_id)
                return self._following([forms.note(one, n) for n, one in enumerate(alert.notes, 1)])
            case ("v1", "incidents"):
                return self._incidents()
            case ("v1", "incidents", incident_id):
                if incident_id not in self._life.incidents:
                    raise Refusal(404, "Incident not found")
                return {"data": forms.incident(self._life.incidents[incident_id])}
            case ("v2", what, *rest):
                return self._furniture(what, tuple(rest))
        raise Refusal(404, "No such resource")

    # -- alerts ------------------------------------------------------------------------------------------------

    def _alert(self, alert_id: str) -> Alert:
        if self._request.value("identifierType") == "alias":
            found = self._life.with_alias(alert_id)
            if found is None:
                raise Refusal(404, "Alert not found")
            return found
        found = self._life.alerts.get(alert_id) or (self._archive.known.get(alert_id) if self._archive else None)
        if found is None:
            raise Refusal(404, "Alert not found")
        return found

    def _alerts(self) -> Form:
        found: Sequence[Alert] = self._matching(self._life.alerts.values())
        if self._archive is not None:
            terms = _TERM.findall(self._request.value("query"))
            found = [
                *found,
                *(one for one in self._archive.asked_for(terms) if all(_holds(one, *term) for term in terms)),
            ]
        key = _SORTS.get(self._request.value("sort", "createdAt"), _SORTS["createdAt"])
        ordered = sorted(found, key=key, reverse=self._request.value("order", "desc") == "desc")
        return self._paged([forms.alert_row(one) for one in ordered])

    def _incidents(self) -> Form:
        if not self._request.values("query"):
            raise Refusal(422, "query must not be empty")
        found = self._matching(self._life.incidents.values())
        return self._paged([forms.incident(one) for one in sorted(found, key=lambda one: one.created_at, reverse=True)])

    def _matching(self, things: Any) -> list[Any]:
        """What the query says: its terms are joined by AND; terms of other fields are refused."""
        query = self._request.value("query")
        terms = _TERM.findall(query)
        if re.sub(r"\bAND\b|\s", "", _TERM.sub("", query)):
            raise Refusal(422, "query is not valid")
        return [one for one in things if all(_holds(one, *term) for term in terms)]

    def _paged(self, rows: list[Form]) -> Form:
        limit = int(self._request.value("limit", "20"))
        offset = int(self._request.value("offset", "0"))
        if not 1 <= limit <= MAX_LIMIT or offset < 0:
            raise Refusal(422, f"limit must be between 1 and {MAX_LIMIT}")
        paging = {"first": self._link(0), "last": self._link(max(0, (len(rows) - 1) // limit * limit))}
        if offset + limit < len(rows):
            paging["next"] = self._link(offset + limit)
        return {"data": rows[offset : offset + limit], "paging": paging}

    def _link(self, offset: int) -> str:
        kept = [(key, value) for key, value in self._request.query if key != "offset"]
        return f"https://api.opsgenie.com{self._request.path}?{urlencode([*kept, ('offset', str(offset))])}"

    def _following(self, rows: list[Form]) -> Form:
        """Notes and logs go on from the last row's offset."""
        limit = int(self._request.value("limit", "20"))
        if self._request.value("order", "desc") == "desc":
            rows.reverse()
        start = 0
        if self._request.values("offset"):
            numbers = [forms.place(row["offset"]) for row in rows]
            held = forms.place(self._request.value("offset"))
            start = numbers.index(held) + 1 if held in numbers else len(rows)
        page = rows[start : start + limit]
        paging = {"first": self._link(0)}
        if start + limit < len(rows):
            paging["next"] = f"https://api.opsgenie.com{self._request.path}?offset={page[-1]['offset']}"
        return {"data": page, "paging": paging}

    def _request_status(self, request_id: str) -> Form:
        found = self._life.requests.get(request_id)
        if found is None or found.done is None:
            raise Refusal(404, "Request not found. It might not be processed, yet.")
        return {"data": forms.request(found)}

    # -- furniture -----------------------------------------------------------------------------------------------

    def _furniture(self, what: str, rest: tuple[str, ...]) -> Form:
        estate = self._life.estate
        match (what, *rest):
            case ("users",):
                paged = self._paged([forms.user(one) for one in estate.users.values()])
                return {**paged, "totalCount": len(estate.users)}
            case ("users", who):
                user = next((one for one in estate.users.values() if who in (one.id, one.email)), None)
                if user is None:
                    raise Refusal(404, f"User does not exist with username [{who}]")
                return {"data": forms.user(user), "expandable": ["contact"]}
            case ("teams",):
                return {"data": [forms.team(one) for one in estate.teams.values()], "expandable": ["member"]}
            case ("escalations",):
                return {"data": [forms.escalation(one) for one in estate.escalations]}
            case ("schedules",):
                return {"data": [forms.schedule(one) for one in estate.schedules], "expandable": ["rotation"]}
            case ("schedules", "on-calls"):
                flat = self._request.value("flat") == "true"
                return {"data": [forms.on_call(one, self._now, flat) for one in estate.schedules if one.enabled]}
            case ("schedules", schedule_id, "overrides"):
                return {"data": [forms.override(one) for one in self.schedule(schedule_id).overrides]}
            case ("schedules", schedule_id, "timeline"):
                return {"data": self._timeline(self.schedule(schedule_id)), "expandable": ["base", "forwarding"]}
            case ("heartbeats",):
                return {"data": {"heartbeats": [self._heartbeat(name) for name in self._heartbeats]}}
            case ("account",):
                plan = {"maxUserCount": 100, "name": "Enterprise", "isYearly": True}
                return {"data": {"name": "example", "userCount": len(estate.users), "plan": plan}}
        raise Refusal(404, "No such resource")

    def schedule(self, schedule_id: str) -> Schedule:
        """By id. Raises Refusal."""
        found = next((one for one in self._life.estate.schedules if one.id == schedule_id), None)
        if found is None:
            raise Refusal(404, "Schedule not found")
        return found

    def _timeline(self, schedule: Schedule) -> Form:
        days = {"days": 1, "weeks": 7, "months": 30}[self._request.value("intervalUnit", "weeks")]
        length = timedelta(days=days * int(self._request.value("interval", "1")))
        since = parse_instant(self._request.value("date")) if self._request.values("date") else self._now
        return forms.timeline(schedule, since, length)

    def _heartbeat(self, name: str) -> Form:
        pinged = self._heartbeats[name]
        expired = pinged is not None and self._now - pinged > timedelta(days=1)
        last = {"lastPingTime": forms.time(pinged)} if pinged else {}
        return {"name": name, "interval": 1, "intervalUnit": "days", "enabled": True, "expired": expired, **last}


def _holds(thing: Alert | Incident, name: str, sign: str, value: str) -> bool:
    if name == "status":
        status = thing.status if isinstance(thing, Incident) else "closed" if thing.closed else "open"
        return status == value
    at = thing.last_at if name == "lastOccurredAt" and isinstance(thing, Alert) else thing.created_at
    moment, limit = at.timestamp() * 1000, float(value)
    return {
        ">": moment > limit,
        "<": moment < limit,
        ">=": moment >= limit,
        "<=": moment <= limit,
        ":": moment == limit,
    }[sign]
