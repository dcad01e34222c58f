"""The simulated organisation's answers to what changes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oncall_tui.clock import parse_instant
from oncall_tui.demo.datadog import forms
from oncall_tui.demo.datadog.estate import Estate, Incident
from oncall_tui.demo.datadog.refusal import Refusal
from oncall_tui.demo.wire import Request

_SEVERITIES = ("UNKNOWN", "SEV-0", "SEV-1", "SEV-2", "SEV-3", "SEV-4", "SEV-5")
_STATES = ("active", "stable", "resolved", "completed")


class Writer:
    """Applies one request.

    Args:
        owner: whose application key it is.
    """

    def __init__(self, estate: Estate, now: datetime, owner: str) -> None:
        self._estate = estate
        self._now = now
        self._owner = owner
        self.done: list[dict[str, Any]] = []
        """What was applied, as :meth:`~oncall_tui.demo.systems.Living.told` tells it."""

    def answer(self, request: Request, body: Any) -> tuple[int, Any]:
        """Status and JSON (``None``: an empty body). Raises Refusal."""
        match request.method, request.segments:
            case "POST", ("api", "v2", "downtime"):
                return 200, self._mute(body)
            case "DELETE", ("api", "v2", "downtime", native_id):
                self._unmute(native_id)
                return 204, None
            case "POST", ("api", "v2", "incidents"):
                return 201, self._declare(body)
            case "PATCH", ("api", "v2", "incidents", native_id):
                return 200, self._change(native_id, body)
        raise Refusal(404, "Not Found")

    def _mute(self, body: Any) -> Any:
        told = _attributes(body)
        identifier, scope = told.get("monitor_identifier"), told.get("scope")
        if not isinstance(scope, str) or not scope or not isinstance(identifier, dict):
            raise Refusal(400, "scope and monitor_identifier are required")
        number = identifier.get("monitor_id")
        if number is not None and number not in self._estate.monitors:
            raise Refusal(400, f"The value provided for parameter 'monitor_id' is invalid: monitor {number} not found")
        schedule = told.get("schedule") or {}
        start, end = _moment(schedule, "start") or self._now, _moment(schedule, "end")
        if end is not None and end <= max(start, self._now):
            raise Refusal(400, "Schedule end must be in the future")
        message = told.get("message")
        made = self._estate.mute(scope, identifier, message, start, end, self._owner)
        self.done.append(
            {"action": "silence", "target": str(number), "id": made.id, "scope": scope, "message": message}
        )
        return {"data": forms.downtime(made, self._estate, self._now)}

    def _unmute(self, native_id: str) -> None:
        found = self._estate.downtimes.get(native_id)
        if found is None or found.status(self._now) in ("canceled", "ended"):
            raise Refusal(404, "Downtime not found")
        found.canceled = self._now
        self.done.append({"action": "expire_silence", "target": native_id})

    def _declare(self, body: Any) -> Any:
        told = _attributes(body)
        title, impacted = told.get("title"), told.get("customer_impacted")
        if not isinstance(title, str) or not title.strip() or not isinstance(impacted, bool):
            raise Refusal(400, "title and customer_impacted are required")
        given = told.get("fields") or {}
        severity = (given.get("severity") or {}).get("value") or "UNKNOWN"
        if severity not in _SEVERITIES:
            raise Refusal(400, "Invalid value for field severity")
        named = (given.get("services") or {}).get("value") or []
        service = next((one for one in named if self._estate.has_service(one)), "payments")
        made = self._estate.declare(title, severity, service, self._now, self._owner)
        self.done.append({"action": "declare", "target": made.id, "title": title})
        return {"data": forms.incident(made, self._estate)}

    def _change(self, native_id: str, body: Any) -> Any:
        incident = self._estate.incidents.get(native_id)
        if incident is None:
            raise Refusal(404, "incident not found")
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, dict) or data.get("id") != native_id or data.get("type") != "incidents":
            raise Refusal(400, "data.id and data.type are required")
        told = _attributes(body)
        title = told.get("title")
        if isinstance(title, str):
            incident.title, incident.modified = title, self._now
            self.done.append({"action": "title", "target": native_id, "title": title})
        given = told.get("fields")
        for name, field in given.items() if isinstance(given, dict) else ():
            self._set_field(incident, name, field.get("value") if isinstance(field, dict) else None)
        relations = data.get("relationships")
        if isinstance(relations, dict) and "commander_user" in relations:
            self._set_commander(incident, relations["commander_user"])
        return {"data": forms.incident(incident, self._estate)}

    def _set_field(self, incident: Incident, name: str, value: Any) -> None:
        if name == "state" and value in _STATES:
            self._estate.set_state(incident, value, self._now)
            self.done.append({"action": "resolve" if value == "resolved" else value, "target": incident.id})
        elif name == "severity" and value in _SEVERITIES:
            incident.severity, incident.modified = value, self._now
            self.done.append({"action": "severity", "target": incident.id, "severity": value})
        else:
            raise Refusal(400, f"Invalid value for field {name}")

    def _set_commander(self, incident: Incident, relation: Any) -> None:
        data = relation.get("data") if isinstance(relation, dict) else None
        native_id = data.get("id") if isinstance(data, dict) else None
        key = next((one for one, uuid in self._estate.users.items() if uuid == native_id), None)
        if data is not None and key is None:
            raise Refusal(400, "commander_user: no such user")
        incident.commander, incident.modified = key, self._now
        self.done.append({"action": "reassign", "target": incident.id, "person": key})


def _attributes(body: Any) -> Mapping[str, Any]:
    data = body.get("data") if isinstance(body, dict) else None
    found = data.get("attributes") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _moment(schedule: Any, name: str) -> datetime | None:
    word = schedule.get(name) if isinstance(schedule, dict) else None
    if word is None:
        return None
    try:
        return parse_instant(str(word))
    except (ValueError, OverflowError):
        raise Refusal(400, f"Invalid value for schedule.{name}") from None
