"""The simulated organisation as one thing: requests in, answers out, and its opening scene."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from oncall_tui.clock import Clock
from oncall_tui.demo import company
from oncall_tui.demo.company import Employee, Team
from oncall_tui.demo.past import Archive
from oncall_tui.demo.splunk_oncall import forms
from oncall_tui.demo.splunk_oncall.account import RECENT, RESOLVED, Account, Incident, Refusal, policy_slug, team_slug
from oncall_tui.demo.wire import Request, Response, json_response

API_ID = "demo-splunk-id"
API_KEY = "demo-splunk-key"
RATE_LIMIT = 60
"""Calls a minute; some calls once."""
_ONCE = (("api-public", "v1", "policies"), ("api-reporting", "v2", "incidents"))


class _Answer(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.response = json_response({"error": error}, status)


class SplunkSim:
    """A simulated Splunk On-Call organisation.

    Args:
        clock: its time; what became due is applied when a request comes.
        seed: ids follow from it.
        read_only: its key may only read.
        rate_limit: calls a minute.
    """

    prefix = "splunk-oncall"

    def __init__(self, clock: Clock, seed: int = 1, *, read_only: bool = False, rate_limit: int = RATE_LIMIT) -> None:
        self.account = Account(seed, clock.now())
        self._archive = Archive(seed, clock.now(), self.account.past, lambda one: one.number)
        self.writes: list[dict[str, Any]] = []
        self._clock = clock
        self._read_only = read_only
        self._rate_limit = rate_limit
        self._calls: deque[datetime] = deque()
        self._last: dict[tuple[str, ...], datetime] = {}

    # -- the API -----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request as of the clock's now. Never raises for anything a client can send."""
        now = self._clock.now()
        try:
            self._let_in(request, now)
            for incident in self.account.incidents.values():
                self.account.advance(incident, now)
            return json_response(self._read(request, now) if request.method == "GET" else self._write(request, now))
        except _Answer as no:
            return no.response
        except (msgspec.DecodeError, RecursionError, ValueError, KeyError, TypeError, AttributeError):
            return json_response({"error": "Problem with the request arguments"}, 400)

    def _let_in(self, request: Request, now: datetime) -> None:
        sent_id, key = request.headers.get("x-vo-api-id"), request.headers.get("x-vo-api-key")
        if not sent_id or not key:
            raise _Answer(401, "Authentication parameters missing")
        while self._calls and now - self._calls[0] >= timedelta(minutes=1):
            self._calls.popleft()
        if (sent_id, key) != (API_ID, API_KEY) or len(self._calls) >= self._rate_limit:
            raise _Answer(403, "Authentication failed or rate-limit reached")
        self._calls.append(now)
        if request.method != "GET" and self._read_only:
            raise _Answer(403, "Authentication failed or rate-limit reached")
        if request.method == "GET" and request.segments in _ONCE:
            last = self._last.get(request.segments)
            if last is not None and now - last < timedelta(minutes=1):
                raise _Answer(403, "Authentication failed or rate-limit reached")
            self._last[request.segments] = now

    def _read(self, request: Request, now: datetime) -> Any:
        account = self.account
        match request.segments:
            case ("api-public", "v1", "incidents"):
                live = [one for one in account.incidents.values() if self._is_live(one, now)]
                return {"incidents": [forms.incident(one) for one in live]}
            case ("api-public", "v1", "incidents", number):
                return forms.incident(self._incident(number))
            case ("api-public", "v1", "incidents", number, "notes"):
                return {"notes": [forms.note(one) for one in self._incident(number).notes]}
            case ("api-public", "v1", "alerts", uuid):
                return forms.alert(account.incidents.values(), uuid) or self._absent()
            case ("api-reporting", "v2", "incidents"):
                return self._history(request)
            case ("api-public", "v1", "user"):
                return {"users": [forms.user(one) for one in company.EMPLOYEES], "_selfUrl": "/api-public/v1/user"}
            case ("api-public", "v1", "oncall", "current"):
                return {"teamsOnCall": [forms.current(account, team, now) for team in company.TEAMS]}
            case ("api-public", "v1", "policies"):
                return {"policies": [forms.policy_info(team) for team in company.TEAMS]}
            case ("api-public", "v1", "policies", slug):
                team = next((one for one in company.TEAMS if policy_slug(one) == slug), None)
                return forms.policy(team) if team is not None else self._absent()
            case ("api-public", "v2", "team", slug, "oncall", "schedule"):
                team = next((one for one in company.TEAMS if team_slug(one) == slug), None)
                days, step = _whole(request, "daysForward", 14, 123), _whole(request, "step", 0, 3)
                return forms.schedule(account, team, step, days, now) if team is not None else self._absent()
        return self._absent()

    def _write(self, request: Request, now: datetime) -> Any:
        body = request.json()
        if not isinstance(body, dict):
            raise ValueError
        match request.method, request.segments:
            case ("PATCH", ("api-public", "v1", "incidents", "ack" | "resolve" as word)):
                return {"results": [self._set(word, number, body, now) for number in body["incidentNames"]]}
            case ("POST", ("api-public", "v1", "incidents")):
                return self._create(body, now)
            case ("POST", ("api-public", "v1", "incidents", "reroute")):
                return {"statuses": [self._reroute(item, body, now) for item in body["reroutes"]]}
            case ("POST", ("api-public", "v1", "incidents", number, "notes")):
                incident = self._incident(number)
                note = self.account.note(
                    incident, str(body["name"]), str(body.get("display_name", "")), body["json_value"]
                )
                self._wrote("note", incident, name=note.name)
                return forms.note(note)
        return self._absent()

    def _set(self, word: str, number: str, body: dict[str, Any], now: datetime) -> dict[str, Any]:
        by, message = self._user(body), body.get("message")
        incident = self.account.incidents.get(number)
        result = {"incidentNumber": number, "entityId": incident.entity_id if incident else ""}
        if incident is None:
            return {**result, "cmdAccepted": False, "message": "Incident not found"}
        try:
            if word == "ack":
                self.account.acknowledge(incident, by.key, message, now)
            else:
                self.account.resolve(incident, by.key, message, now)
        except Refusal as no:
            return {**result, "cmdAccepted": False, "message": str(no)}
        self._wrote("acknowledge" if word == "ack" else "resolve", incident, by=by.key, message=message)
        return {**result, "cmdAccepted": True, "message": ""}

    def _create(self, body: dict[str, Any], now: datetime) -> dict[str, Any]:
        by, targets = self._user(body), [self._target(one) for one in body["targets"]]
        team = next((one for one in targets if isinstance(one, Team)), None)
        if not str(body["summary"]).strip() or team is None or None in targets:
            return {"error": "A summary and targets that exist are required"}
        incident = self.account.declare(team, str(body["summary"]), str(body["details"]), by.key, now)
        self._wrote("declare", incident, by=by.key)
        return {"incidentNumber": incident.number}

    def _reroute(self, item: dict[str, Any], body: dict[str, Any], now: datetime) -> dict[str, Any]:
        by = self._user(body)
        number = str(item["incidentNumber"])
        incident = self.account.incidents.get(number)
        found = [(one["slug"], self._target(one)) for one in item["targets"]]
        statuses = [
            {"slug": slug, "success": target is not None, "message": "" if target else "Target not found"}
            for slug, target in found
        ]
        status = {"incidentNumber": number, "success": False, "targetStatus": statuses, "message": ""}
        if incident is None:
            return {**status, "message": "Incident not found"}
        targets = [target for _, target in found if target is not None]
        if len(targets) < len(found):
            return {**status, "message": "Not all targets were found"}
        try:
            self.account.reroute(incident, by.key, targets, bool(item.get("addTargets")), now)
        except Refusal as no:
            return {**status, "message": str(no)}
        people = all(isinstance(target, Employee) for target in targets)
        self._wrote("reassign" if people else "escalate", incident, by=by.key, to=[slug for slug, _ in found])
        return {**status, "success": True}

    # -- parts -------------------------------------------------------------------------------------------------

    def _incident(self, number: str) -> Incident:
        return self.account.incidents.get(number) or self._absent()

    def _absent(self) -> Any:
        raise _Answer(404, "Not found")

    def _user(self, body: dict[str, Any]) -> Employee:
        found = self.account.people.get(str(body.get("userName")))
        if found is None:
            raise _Answer(400, "User not found")
        return found

    def _target(self, item: dict[str, Any]) -> Employee | Team | None:
        slug = str(item["slug"])
        if item["type"] == "User":
            return self.account.people.get(slug)
        return next((one for one in company.TEAMS if policy_slug(one) == slug), None)

    def _is_live(self, incident: Incident, now: datetime) -> bool:
        return incident.phase != RESOLVED or now - incident.transitions[-1].at < RECENT

    def _history(self, request: Request) -> Any:
        offset, limit = _whole(request, "offset", 0, 10**9), _whole(request, "limit", 20, 100)
        phases = (request.value("currentPhase") or "resolved").split(",")
        after = request.value("startedAfter")
        before = request.value("startedBefore")
        found: Iterable[Incident] = self.account.incidents.values()
        if after and before:
            since, until = datetime.fromisoformat(after), datetime.fromisoformat(before)
            found = [*self._archive.triggered(since, until), *(one for one in found if one.started < until)]
        wanted = [one for one in found if forms.PHASES[one.phase] in phases]
        if after:
            wanted = [one for one in wanted if one.started >= datetime.fromisoformat(after)]
        page = wanted[offset : offset + limit]
        return {
            "offset": offset,
            "limit": limit,
            "total": len(wanted),
            "incidents": [forms.past(one) for one in page],
        }

    def _wrote(self, action: str, incident: Incident, **more: Any) -> None:
        self.writes.append({"action": action, "target": incident.number, **more})

    # -- the scene and the tests -----------------------------------------------------------------------------------

    def open_scene(self) -> None:
        """What is going on when the company's day begins."""
        now = self._clock.now()
        account, (payments, storage, edge) = self.account, company.TEAMS
        account.alert(
            payments, "payments", "Checkout returns 503", "Error rate 12 % over 5 %", _before(now, 4), "CRITICAL"
        )
        slow = account.alert(storage, "search", "Queries are slow", "p99 4.1 s over 2 s", _before(now, 38), "WARNING")
        account.advance(slow, _before(now, 36))
        account.acknowledge(slow, "charlie", "looking at the shards", _before(now, 35))
        account.note(slow, "shards", "shards", {"text": "one shard is rebuilding"})
        disk = account.alert(edge, "edge", "Disk full on edge-1", "/var at 97 %", _before(now, 190), "CRITICAL")
        account.advance(disk, _before(now, 189))
        account.acknowledge(disk, "eve", None, _before(now, 188))
        account.resolve(disk, "eve", "logs rotated", _before(now, 150))

    def told(self) -> dict[str, Any]:
        """The incidents with phase, people and notes, and each applied write."""
        return {
            "incidents": [
                {
                    "id": one.number,
                    "title": one.display,
                    "phase": one.phase,
                    "users": list(one.users),
                    "policies": [policy_slug(team) for team in one.policies],
                    "notes": [note.value for note in one.notes],
                }
                for one in self.account.incidents.values()
            ],
            "writes": list(self.writes),
        }


def _before(now: datetime, minutes: float) -> datetime:
    return now - timedelta(minutes=minutes)


def _whole(request: Request, name: str, default: int, most: int) -> int:
    number = int(request.value(name) or default)
    if not 0 <= number <= most:
        raise ValueError
    return number
