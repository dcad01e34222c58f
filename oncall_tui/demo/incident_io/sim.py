"""The simulated account as one thing: requests in, answers out, and its opening scene."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from oncall_tui.clock import Clock, iso, parse_instant
from oncall_tui.demo import company
from oncall_tui.demo.incident_io import forms
from oncall_tui.demo.incident_io.account import Account, Incident, Named, Page
from oncall_tui.demo.past import Archive
from oncall_tui.demo.wire import Request, Response, json_response

TOKEN = "demo-incident-io-key"  # noqa: S105 - opens the simulated account only
RATE_LIMIT = 1200
ROLES = (
    "viewer",
    "incident_creator",
    "incident_editor",
    "escalation_creator",
    "on_call_viewer",
    "schedules_reader",
)
_NEEDS = {
    "edit": "incident_editor",
    "incidents": "incident_creator",
    "cancel": "escalation_creator",
    "escalations": "escalation_creator",
}


class _Answer(Exception):
    """An error as incident.io tells it."""

    def __init__(self, status: int, kind: str, message: str, code: str = "", **more: Any) -> None:
        super().__init__(message)
        body = {
            "type": kind,
            "status": status,
            "request_id": "demo-request",
            "errors": [{"code": code or kind, "message": message}],
            **more,
        }
        self.response = json_response(body, status)


class IncidentIoSim:
    """A simulated incident.io account.

    Args:
        clock: its time; what became due is applied when a request comes.
        seed: ids follow from it.
        roles: of its key.
        rate_limit: calls a minute.
    """

    prefix = "incident-io"

    def __init__(
        self, clock: Clock, seed: int = 1, *, roles: Sequence[str] = ROLES, rate_limit: int = RATE_LIMIT
    ) -> None:
        self.account = Account(seed, clock.now())
        self._archive = Archive(seed, clock.now(), self.account.past, lambda one: one.id)
        self.writes: list[dict[str, Any]] = []
        self._clock = clock
        self._roles = roles
        self._declared: dict[str, str] = {}
        """Idempotency key -> the incident that was made with it."""
        self._rate_limit = rate_limit
        self._minute: datetime | None = None
        self._used = 0

    # -- the API -----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request as of the clock's now. Never raises for anything a client can send."""
        now = self._clock.now()
        headers = self._count(now)
        try:
            answer = self._answered(request, now)
        except _Answer as no:
            answer = no.response
        except (msgspec.DecodeError, RecursionError, ValueError, KeyError, TypeError, AttributeError):
            answer = _Answer(422, "validation_error", "cannot be understood").response
        return Response(status=answer.status, headers={**answer.headers, **headers}, body=answer.body)

    def _answered(self, request: Request, now: datetime) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise _Answer(401, "authentication_error", "Invalid API key")
        if self._used > self._rate_limit:
            told = {"name": "api_key", "limit": self._rate_limit, "remaining": 0, "retry_after": self._left(now)}
            no = _Answer(429, "too_many_requests", "Too many requests", rate_limit=told).response
            return Response(status=429, headers={**no.headers, "retry-after": str(self._left(now))}, body=no.body)
        for page in self.account.pages.values():
            self.account.advance(page, now)
        if request.method == "GET":
            return json_response(self._read(request, now))
        return self._write(request, now)

    def _left(self, now: datetime) -> int:
        return 60 - int((now - (self._minute or now)).total_seconds())

    def _count(self, now: datetime) -> dict[str, str]:
        if self._minute is None or not timedelta() <= now - self._minute < timedelta(minutes=1):
            self._minute, self._used = now, 0
        self._used += 1
        limit = self._rate_limit
        return {
            "x-ratelimit-limit": f"{limit}, {limit};window=60",
            "x-ratelimit-remaining": str(max(0, limit - self._used)),
            "x-ratelimit-used": str(self._used),
            "x-ratelimit-reset": str(int(now.timestamp()) + self._left(now)),
        }

    def _read(self, request: Request, now: datetime) -> Any:
        account = self.account
        match request.segments:
            case ("v1", "identity"):
                return {
                    "identity": {
                        "name": "oncall",
                        "dashboard_url": "https://app.incident.io/demo",
                        "roles": list(self._roles),
                        "team_roles": [],
                        "teams": [],
                    }
                }
            case ("v1", "severities"):
                return {"severities": [forms.named(account, one) for one in account.severities]}
            case ("v1", "incident_statuses"):
                return {"incident_statuses": [forms.named(account, one) for one in account.statuses]}
            case ("v2", "incidents"):
                found = reversed(self._incidents(request))
                return _page(request, "incidents", [forms.incident(account, one) for one in found], 500)
            case ("v2", "incidents", key):
                return {"incident": forms.incident(account, self._incident(key))}
            case ("v2", "incident_updates"):
                return self._updates(request)
            case ("v2", "escalations"):
                return _page(request, "escalations", [forms.page(account, one) for one in self._pages(request)], 50)
            case ("v2", "escalations", key):
                return {"escalation": forms.page(account, account.pages.get(key) or _absent())}
            case ("v2", "alerts"):
                words = request.values("status[one_of]")
                alerts = [forms.alert(one) for one in account.alerts.values()]
                return _page(request, "alerts", [one for one in alerts if not words or one["status"] in words], 50)
            case ("v2", "users"):
                people = [forms.whole_user(account, one) for one in company.EMPLOYEES]
                return _page(request, "users", people, 10_000)
            case ("v3", "teams"):
                return _page(request, "teams", [forms.team(account, one) for one in company.TEAMS], 10_000)
            case ("v2", "escalation_paths"):
                paths = [forms.path(account, one, now) for one in account.paths]
                return _page(request, "escalation_paths", paths, 25)
            case ("v2", "schedules"):
                following = int(request.value("page_size") or 25) <= 25
                every = (schedule for path in account.paths for schedule in path.schedules)
                rows = [forms.schedule(account, one, now, following=following) for one in every]
                return _page(request, "schedules", rows, 10_000)
            case ("v2", "schedule_entries"):
                return self._entries(request)
        return _absent()

    def _incidents(self, request: Request) -> list[Incident]:
        since = _day(request, "updated_at[gte]")
        first, last = _days(request, "created_at[date_range]")
        older = self._archive.triggered(first, last) if first is not None and last is not None else ()
        return [
            one
            for one in (*older, *self.account.incidents.values())
            if _matches(request, "status_category", one.status.category)
            and (since is None or one.updated >= since)
            and (first is None or one.created >= first)
            and (last is None or one.created < last)
        ]

    def _pages(self, request: Request) -> list[Page]:
        since = _day(request, "updated_at[gte]")
        incidents = request.values("incident[one_of]")
        key = request.value("idempotency_key[is]")
        return [
            one
            for one in self.account.pages.values()
            if _matches(request, "status", one.status)
            and (not incidents or any(item.id in incidents for item in one.incidents))
            and (since is None or one.updated >= since)
            and (not key or one.key == key)
        ]

    def _updates(self, request: Request) -> Any:
        chosen = request.value("incident_id")
        incidents = [self._incident(chosen)] if chosen else list(self.account.incidents.values())
        rows = [forms.update(self.account, one, update) for one in incidents for update in reversed(one.updates)]
        return _page(request, "incident_updates", rows, 250)

    def _entries(self, request: Request) -> Any:
        start, end = (
            parse_instant(request.value("entry_window_start")),
            parse_instant(request.value("entry_window_end")),
        )
        wanted = request.value("schedule_id") or _absent()
        cut = min(end, start + timedelta(days=7))  # a week a page
        final = [
            forms.entry(self.account, schedule, shift)
            for path in self.account.paths
            for schedule in path.schedules
            if wanted in ("*", schedule.id)
            for shift in self.account.shifts(schedule, start, cut)
        ]
        found: dict[str, Any] = {"schedule_entries": {"final": final, "overrides": [], "scheduled": final}}
        if cut < end:
            found["pagination_meta"] = {"after": iso(cut), "after_url": f"/v2/schedule_entries?x={iso(cut)}"}
        return found

    def _write(self, request: Request, now: datetime) -> Response:
        body = request.json() if request.body else {}
        needed = _NEEDS.get(request.segments[-1] if request.segments else "")
        if needed is not None and needed not in self._roles:
            raise _Answer(403, "authorization_error", f"API key does not have the {needed} role")
        match request.segments:
            case ("v2", "incidents"):
                return json_response({"incident": forms.incident(self.account, self._declare(body, now))})
            case ("v2", "incidents", key, "actions", "edit"):
                return json_response(self._edit(self._incident(key), body["incident"], now))
            case ("v2", "escalations"):
                return json_response(self._page(body, now), 201)
            case ("v2", "escalations", key, "actions", "cancel"):
                return self._cancel(self.account.pages.get(key) or _absent(), now)
        return _absent()  # type: ignore[no-any-return]  # it raises

    def _declare(self, body: dict[str, Any], now: datetime) -> Incident:
        key, name = str(body.get("idempotency_key") or ""), str(body.get("name") or "")
        if not key or body.get("visibility") not in ("public", "private"):
            raise _Answer(422, "validation_error", "idempotency_key and visibility are required", "is_required")
        if key in self._declared:
            return self.account.incidents[self._declared[key]]
        wanted = body.get("severity_id")
        severity = next((one for one in self.account.severities if one.id == wanted), None)
        if wanted is not None and severity is None:
            raise _Answer(422, "validation_error", "severity does not exist", "not_found")
        made = self.account.declare(name, "Triage", severity.name if severity is not None else None, now)
        self._declared[key] = made.id
        self.writes.append({"action": "declare", "target": made.id})
        return made

    def _edit(self, incident: Incident, given: dict[str, Any], now: datetime) -> Any:
        account = self.account
        status = _chosen(account.statuses, given.get("incident_status_id"), "incident_status_id")
        severity = _chosen(account.severities, given.get("severity_id"), "severity_id")
        account.edit(incident, now, name=given.get("name"), status=status, severity=severity)
        for verb, value in (("resolve", status), ("severity", severity), ("title", given.get("name"))):
            if value is not None:
                told = value.name if isinstance(value, Named) else value
                self.writes.append({"action": verb, "target": incident.id, "to": told})
        return {"incident": forms.incident(account, incident)}

    def _page(self, body: dict[str, Any], now: datetime) -> Any:
        account = self.account
        key, title, users = body["idempotency_key"], body["title"], body.get("user_ids")
        for page in account.pages.values():
            if page.key == key:
                return {"escalation": forms.page(account, page)}
        path = next((one for one in account.paths if one.id == body.get("escalation_path_id")), None)
        known = {account.users[one.key]: one for one in company.EMPLOYEES}
        if (path is None) == (not users) or not all(user in known for user in users or ()):
            raise _Answer(422, "validation_error", "Give an escalation path or users that exist", "is_required")
        incident = self._incident(body["incident_id"]) if body.get("incident_id") else None
        people = [known[user] for user in users or ()]
        page = account.page(title, now, path=path, users=people, incident=incident, key=key)
        target = incident.id if incident is not None else page.id
        to = [one.key for one in people] or [path.name if path is not None else ""]
        self.writes.append({"action": "escalate", "target": target, "page": page.id, "to": to})
        return {"escalation": forms.page(account, page)}

    def _cancel(self, page: Page, now: datetime) -> Response:
        if page.status in ("resolved", "expired"):
            raise _Answer(422, "validation_error", "The escalation is over already", "invalid_value")
        if page.status != "cancelled":
            self.account.end(page, "cancelled", now)
            self.writes.append({"action": "resolve", "target": f"page-{page.id}"})
        return Response(status=200)

    def _incident(self, key: str) -> Incident:
        found = self.account.incidents.get(key) or self._archive.known.get(key)
        by_number = (one for one in self.account.incidents.values() if str(one.number) == key)
        incident: Incident = found or next(by_number, None) or _absent()
        return incident

    # -- the scene and the tests -----------------------------------------------------------------------------------

    def open_scene(self) -> None:
        """What is going on when the company's day begins."""
        now, account = self._clock.now(), self.account
        payments, storage, edge = account.paths
        latency = account.alert("High latency", "p99 over 2 s", "payments", _before(now, 4))
        new = account.declare("Payments are slow", "Triage", "Major", _before(now, 3))
        account.page("High latency", _before(now, 4), path=payments, alert=latency, incident=new)
        held = account.declare("Search index is stale", "Fixing", "Minor", _before(now, 95), lead="charlie")
        account.edit(held, _before(now, 60), by=account.people["charlie"], message="Rebuilding the index")
        stale = account.alert("Index age", "older than 2 h", "search", _before(now, 97))
        answered = account.page("Index age", _before(now, 97), path=storage, alert=stale, incident=held)
        account.acknowledge(answered, "charlie", _before(now, 96))
        certificate = account.alert("Certificate expires", "in 6 days", "edge", _before(now, 2))
        account.page("Certificate expires", _before(now, 2), path=edge, alert=certificate)
        over = account.declare("Checkout was down", "Investigating", "Critical", _before(now, 600), lead="alice")
        alice, closed = account.people["alice"], account.status("Closed")
        account.edit(over, _before(now, 490), by=alice, status=closed, message="Rolled back")
        account.edit(over, _before(now, 480), by=alice, message="The report follows")

    def told(self) -> dict[str, Any]:
        """The incidents and pages with their states, and each applied write."""
        return {
            "incidents": [
                {
                    "id": one.id,
                    "title": one.name,
                    "status": one.status.name,
                    "severity": one.severity.name if one.severity else None,
                }
                for one in self.account.incidents.values()
            ],
            "pages": [{"id": one.id, "title": one.title, "status": one.status} for one in self.account.pages.values()],
            "writes": list(self.writes),
        }


def _before(now: datetime, minutes: float) -> datetime:
    return now - timedelta(minutes=minutes)


def _absent() -> Any:
    raise _Answer(404, "not_found", "Not found")


def _day(request: Request, name: str) -> datetime | None:
    word = request.value(name)
    return parse_instant(f"{word}T00:00:00Z") if word else None


def _days(request: Request, name: str) -> tuple[datetime | None, datetime | None]:
    """``2026-11-20~2026-11-23``: both days are in it."""
    first, _, last = request.value(name).partition("~")
    if not first or not last:
        return None, None
    return parse_instant(f"{first}T00:00:00Z"), parse_instant(f"{last}T00:00:00Z") + timedelta(days=1)


def _matches(request: Request, name: str, word: str) -> bool:
    """Whether the filter of that name lets the word through."""
    among = request.values(f"{name}[one_of]")
    return (not among or word in among) and word not in request.values(f"{name}[not_in]")


def _chosen(things: Iterable[Named], key: str | None, field: str) -> Named | None:
    if key is None:
        return None
    found = next((one for one in things if one.id == key), None)
    if found is None:
        raise _Answer(422, "validation_error", f"{field} is not known", "invalid_value")
    return found


def _page(request: Request, key: str, rows: Sequence[dict[str, Any]], most: int) -> dict[str, Any]:
    size = int(request.value("page_size") or 25)
    if not 1 <= size <= most:
        raise _Answer(422, "validation_error", f"page_size must be 1 to {most}", "invalid_value")
    after = request.value("after")
    ids = [row["id"] for row in rows]
    start = ids.index(after) + 1 if after else 0
    page = rows[start : start + size]
    meta: dict[str, Any] = {"page_size": size}
    if start + size < len(rows):
        meta["after"] = page[-1]["id"]
    return {key: list(page), "pagination_meta": meta}
