"""What the simulated account does on PUT and POST."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from oncall_tui.clock import iso, parse_instant
from oncall_tui.demo.pagerduty import forms
from oncall_tui.demo.pagerduty.estate import User
from oncall_tui.demo.pagerduty.life import Incident, Life, Rejected
from oncall_tui.demo.pagerduty.reading import NotThere, invalid
from oncall_tui.demo.wire import Request

MAX_BULK = 250
MAX_SNOOZE_S = 604_800


class Writer:
    """Carries out one PUT or POST at ``now``, for the user that its ``From`` header names."""

    def __init__(self, life: Life, request: Request, now: datetime) -> None:
        self._life = life
        self._request = request
        self._now = now

    def answer(self) -> tuple[int, Any]:
        """Status and JSON of the answer. Raises NotThere and Rejected."""
        try:
            body = self._request.json()
        except msgspec.DecodeError:
            raise invalid("the body is not JSON") from None
        match self._request.method, self._request.segments:
            case "POST", ("incidents",):
                return 201, {"incident": forms.incident(self._create(_dig(body, "incident")))}
            case "PUT", ("incidents",):
                return 200, self._bulk(body)
            case "PUT", ("incidents", key):
                incident = self._incident(key)
                self._apply(incident, _dig(body, "incident"))
                return 200, {"incident": forms.incident(incident)}
            case "PUT", ("incidents", key, "merge"):
                return 200, self._merge(self._incident(key), _dig(body, "source_incidents"))
            case "POST", ("incidents", key, "notes"):
                content = _dig(body, "note", "content")
                if not isinstance(content, str) or not content.strip():
                    raise invalid("Content is too short.")
                return 200, {"note": forms.note(self._life.note(self._incident(key), self._by(), content, self._now))}
            case "POST", ("incidents", key, "snooze"):
                return 201, self._snooze(self._incident(key), _dig(body, "duration"))
            case "POST", ("incidents", key, "responder_requests"):
                return 200, self._ask_responders(self._incident(key), body)
            case "POST", ("schedules", key, "overrides"):
                return 201, self._override(key, _dig(body, "overrides"))
            case "POST", ("incidents", key, "status_updates"):
                return 200, self._status_update(self._incident(key), _dig(body, "message"))
        raise NotThere

    def _by(self) -> User:
        found = self._life.estate.user(self._request.headers.get("from", ""))
        if found is None:
            raise invalid("Requester User Not Found")
        return found

    def _incident(self, key: Any) -> Incident:
        found = self._life.incidents.get(key) if isinstance(key, str) else None
        if found is None:
            raise NotThere
        return found

    def _create(self, wanted: Any) -> Incident:
        by, title = self._by(), _dig(wanted, "title")
        if _dig(wanted, "type") != "incident" or not isinstance(title, str) or not title.strip():
            raise invalid("Title can't be blank.")
        estate = self._life.estate
        service = next((one for one in estate.services.values() if one.id == _dig(wanted, "service", "id")), None)
        if service is None:
            raise invalid("Service Not Found")
        priority = estate.priority(str(_dig(wanted, "priority", "id"))) if wanted.get("priority") else None
        policy = estate.policy(str(_dig(wanted, "escalation_policy", "id"))) if "escalation_policy" in wanted else None
        key, urgency = _dig(wanted, "incident_key"), wanted.get("urgency") or "high"
        if ("escalation_policy" in wanted and policy is None) or urgency not in ("high", "low"):
            raise invalid("Escalation policy or urgency is not known.")
        if wanted.get("priority") and priority is None:
            raise Rejected(1020, "Invalid Priority Provided")
        if key and self._life.open_with(service, str(key)) is not None:
            raise invalid("Open incident with matching dedup key already exists on this service")
        made = self._life.declare(
            service, by, title[:255], self._now, urgency=urgency, priority=priority, key=str(key) if key else None
        )
        if policy is not None:
            self._life.set_policy(made, by, policy, self._now)
        return made

    def _bulk(self, body: Any) -> Any:
        items = _dig(body, "incidents")
        if not isinstance(items, list) or not items:
            raise invalid("Incidents is empty.")
        if len(items) > MAX_BULK:
            raise Rejected(2001, "Too many incidents", status=413)
        changed = []
        for item in items:
            try:
                incident = self._incident(_dig(item, "id"))
            except NotThere:
                raise invalid(f"Incident {_dig(item, 'id')} Not Found") from None
            self._apply(incident, item)
            changed.append(incident)
        return {
            "incidents": [forms.incident(incident) for incident in changed],
            "limit": len(changed),
            "offset": 0,
            "more": False,
            "total": None,
        }

    def _apply(self, incident: Incident, wanted: Any) -> None:
        by = self._by()
        if not isinstance(wanted, dict) or _dig(wanted, "type") not in ("incident", "incident_reference"):
            raise invalid("Type is not incident_reference.")
        if "escalation_level" in wanted and "escalation_policy" in wanted:
            raise invalid("Give escalation_level or escalation_policy, not both.")
        if "resolution" in wanted and wanted.get("status") != "resolved":
            raise invalid("A resolution needs the status resolved.")
        if title := wanted.get("title"):
            self._life.change(incident, by, self._now, "Title changed", title=str(title)[:255])
        if "priority" in wanted:
            self._set_priority(incident, by, wanted["priority"])
        if (urgency := wanted.get("urgency")) is not None:
            if urgency not in ("high", "low"):
                raise invalid("Urgency is not high or low.")
            self._life.change(incident, by, self._now, f"Urgency changed to {urgency}", urgency=urgency)
        if "escalation_policy" in wanted:
            policy = self._life.estate.policy(str(_dig(wanted, "escalation_policy", "id")))
            if policy is None:
                raise invalid("Escalation Policy Not Found")
            self._life.set_policy(incident, by, policy, self._now)
        if "escalation_level" in wanted:
            level = wanted["escalation_level"]
            if not isinstance(level, int):
                raise invalid("Escalation level is not a number.")
            self._life.escalate(incident, by, level, self._now)
        if "assignments" in wanted:
            self._life.assign(incident, by, self._people(wanted["assignments"]), self._now)
        if "status" in wanted:
            self._set_status(incident, by, wanted["status"], wanted.get("resolution"))

    def _set_status(self, incident: Incident, by: User, status: Any, resolution: Any) -> None:
        match status:
            case "acknowledged":
                self._life.acknowledge(incident, by, self._now)
            case "resolved":
                self._life.resolve(incident, by, self._now, str(resolution) if resolution else None)
            case "triggered":
                self._life.set_triggered(incident, by, self._now)
            case _:
                raise Rejected(1003, "Invalid Status Provided")

    def _set_priority(self, incident: Incident, by: User, wanted: Any) -> None:
        word = wanted if isinstance(wanted, str) else _dig(wanted, "id")
        priority = self._life.estate.priority(str(word)) if word else None
        if priority is None:
            raise Rejected(1020, "Invalid Priority Provided")
        self._life.change(incident, by, self._now, f"Priority changed to {priority.name}", priority=priority)

    def _people(self, assignments: Any) -> tuple[User, ...]:
        ids = [_dig(item, "assignee", "id") for item in assignments] if isinstance(assignments, list) else []
        people = tuple(user for one in ids if (user := self._life.estate.user(str(one))) is not None)
        if not people or len(people) < len(ids):
            raise Rejected(1007, "Incident Cannot Be Reassigned To This User")
        return people

    def _snooze(self, incident: Incident, seconds: Any) -> Any:
        if not isinstance(seconds, int) or not 1 <= seconds <= MAX_SNOOZE_S:
            raise Rejected(1013, "Snooze Duration Is Invalid")
        self._life.snooze(incident, self._by(), seconds, self._now)
        return {"incident": forms.incident(incident)}

    def _merge(self, target: Incident, sources: Any) -> Any:
        found = [self._incident(_dig(item, "id")) for item in sources] if isinstance(sources, list) else []
        if not found:
            raise invalid("Source incidents is empty.")
        self._life.merge(target, found, self._by(), self._now)
        return {"incident": forms.incident_ref(target)}

    def _ask_responders(self, incident: Incident, body: Any) -> Any:
        requester = self._life.estate.user(str(_dig(body, "requester_id")))
        message, targets = str(_dig(body, "message") or ""), _dig(body, "responder_request_targets")
        if requester is None or not isinstance(targets, list) or not targets:
            raise invalid("Requester or responders are missing.")
        asked = [self._life.estate.user(str(_dig(item, "responder_request_target", "id"))) for item in targets]
        people = [person for person in asked if person is not None]
        if len(people) < len(targets):
            raise invalid("Responder Not Found")
        incident.responders += [(person, requester, message, self._now) for person in people]
        incident.updated_at = self._now
        return {
            "responder_request": {
                "incident": forms.incident_ref(incident),
                "requester": forms.user_ref(requester),
                "requested_at": iso(self._now),
                "message": message,
                "responder_request_targets": [
                    {"type": "user", "id": person.id, "summary": person.name} for person in people
                ],
            }
        }

    def _override(self, key: str, wanted: Any) -> Any:
        estate = self._life.estate
        if not any(item.id == key and not item.shift_based for item in estate.schedules):
            raise NotThere
        if not isinstance(wanted, list) or not wanted:
            raise invalid("Overrides is empty.")
        return [self._one_override(key, item) for item in wanted]

    def _one_override(self, key: str, item: Any) -> Any:
        estate = self._life.estate
        user = estate.user(str(_dig(item, "user", "id")))
        try:
            start, end = parse_instant(str(_dig(item, "start"))), parse_instant(str(_dig(item, "end")))
        except ValueError:
            raise invalid("Start and End are not times.") from None
        told = {"start": iso(start), "end": iso(end), "user": _dig(item, "user")}
        if user is None:
            return {"status": 400, "errors": ["User not found"], "override": told}
        if end <= start:
            return {"status": 400, "errors": ["Override must end after its start"], "override": told}
        if end <= self._now:
            return {"status": 400, "errors": ["Override must end in the future"], "override": told}
        return {"status": 201, "override": forms.override(estate.override(key, user.id, max(start, self._now), end))}

    def _status_update(self, incident: Incident, message: Any) -> Any:
        by = self._by()
        if not isinstance(message, str) or not message.strip():
            raise invalid("Message is too short.")
        incident.status_updates.append((by, message, self._now))
        update_id = f"{incident.id}-{len(incident.status_updates)}"
        return {
            "status_update": {
                "id": update_id,
                "message": message,
                "created_at": iso(self._now),
                "sender": forms.user_ref(by),
            }
        }


def _dig(data: Any, *path: str) -> Any:
    for step in path:
        if not isinstance(data, dict):
            return None
        data = data.get(step)
    return data
