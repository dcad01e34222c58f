"""The simulated engine as one thing: requests in, answers out, and what a story or a test does to it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any

import msgspec

from oncall_tui.clock import Clock, parse_instant
from oncall_tui.demo.grafana_oncall.estate import Estate, User
from oncall_tui.demo.grafana_oncall.life import Group, Life, Rejected, bad, stamp
from oncall_tui.demo.past import Archive
from oncall_tui.demo.wire import Request, Response, json_response

TOKEN = "demo-grafana-oncall-token"  # noqa: S105 - opens the simulated engine only
SERVICE_TOKEN = "demo-grafana-service-account"  # noqa: S105 - the same
RATE_LIMIT = 300
WINDOW = timedelta(minutes=5)
_RANGE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)_(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)", re.ASCII)
_PAGE_SIZES = {"users": 100, "routes": 25, "escalation_chains": 100}
_WORDS = {
    "acknowledge": "acknowledge",
    "unacknowledge": "unacknowledge",
    "resolve": "resolve",
    "unresolve": "reopen",
    "silence": "snooze",
}
"""The last segment of a write's path -> the product's word for it."""


def _gone() -> Rejected:
    return Rejected(404, {"detail": "Not found."})


class GrafanaOnCallSim:
    """A simulated OnCall engine.

    Args:
        clock: its time.
        seed: ids follow from it.
        me: whose token :data:`TOKEN` is (key, id or mail).
        rate_limit: calls in five minutes.
    """

    prefix = "grafana-oncall"

    def __init__(self, clock: Clock, seed: int = 1, *, me: str = "alice", rate_limit: int = RATE_LIMIT) -> None:
        self.estate = Estate(seed, clock.now())
        self.life = Life(self.estate)
        self.writes: list[dict[str, Any]] = []
        """Each write that was applied, in order."""
        self.denied: set[str] = set()
        """First segments of paths that the token may not read."""
        self._clock = clock
        self._me = me
        self._archive = Archive(seed, clock.now(), self.life.past, lambda group: group.id)
        self._rate_limit = rate_limit
        self._calls: deque[datetime] = deque()

    # -- the API -----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises for anything a client can send."""
        now = self._clock.now()
        headers = {"date": format_datetime(now, usegmt=True)}
        try:
            user = self._authorised(request)
            if wait := self._wait(now):
                headers["ratelimit-reset"] = str(wait)
                words = f"Request was throttled. Expected available in {wait} seconds."
                raise Rejected(429, {"detail": words})
            self.life.advance(now)
            answer = self._routed(request, user, now)
        except Rejected as no:
            answer = json_response(no.data, no.status)
        return Response(status=answer.status, headers={**answer.headers, **headers}, body=answer.body)

    def _authorised(self, request: Request) -> User | None:
        """Whose the token is; ``None``: a service account's."""
        given = request.headers.get("authorization", "")
        if given == SERVICE_TOKEN and request.headers.get("x-grafana-url"):
            return None
        if given != TOKEN:
            raise Rejected(401, {"detail": "Invalid token."})
        user = self.estate.user(self._me)
        assert user is not None
        return user

    def _wait(self, now: datetime) -> int:
        """Seconds until a call is allowed; 0: now."""
        while self._calls and self._calls[0] <= now - WINDOW:
            self._calls.popleft()
        if len(self._calls) >= self._rate_limit:
            return max(1, round((self._calls[0] + WINDOW - now).total_seconds()))
        self._calls.append(now)
        return 0

    def _routed(self, request: Request, user: User | None, now: datetime) -> Response:
        if request.segments[:2] != ("api", "v1") or len(request.segments) < 3:
            raise _gone()
        what, *rest = request.segments[2:]
        if what in self.denied:
            raise Rejected(403, {"detail": "You do not have permission to perform this action."})
        match request.method, what, rest:
            case "GET", "info", []:
                return json_response({"url": "https://grafana.example.com"})
            case "GET", "users", ["current"] if user is not None:
                return json_response(user.told())
            case "GET", "schedules", [key, "final_shifts"]:
                return self._final_shifts(request, key)
            case "GET", _, []:
                return self._page(request, what, self._list(request, what, now))
            case "GET", _, [key]:
                found = next((row for row in self._list(request, what, now) if row["id"] == key), None)
                if found is None:
                    raise _gone()
                return json_response(found)
            case "POST", _, _:
                return self._write(request, what, rest, user, now)
        raise Rejected(405, {"detail": f'Method "{request.method}" not allowed.'})

    # -- reading -----------------------------------------------------------------------------------------------

    def _list(self, request: Request, what: str, now: datetime) -> list[dict[str, Any]]:
        estate = self.estate
        match what:
            case "alert_groups":
                return [group.told() for group in self._filtered(request)]
            case "alerts":
                of = request.value("alert_group_id")
                groups = [one for one in self.life.newest_first() if of in ("", one.id)]
                return [group.told_alert(alert) for group in groups for alert in reversed(group.alerts)]
            case "resolution_notes":
                of = request.value("alert_group_id")
                groups = [one for one in reversed(self.life.newest_first()) if of in ("", one.id)]
                return [group.told_note(note) for group in groups for note in group.notes]
            case "users":
                name = request.value("username")
                return [user.told() for user in estate.users.values() if name in ("", user.key)]
            case "teams":
                return estate.teams
            case "schedules":
                return [schedule.told(now) for schedule in estate.schedules]
            case "escalation_chains":
                return estate.chains
            case "escalation_policies":
                of = request.value("escalation_chain_id")
                return [step for step in estate.steps if of in ("", step["escalation_chain_id"])]
            case "integrations":
                return estate.integrations()
            case "routes":
                return estate.routes()
        raise _gone()

    def _filtered(self, request: Request) -> list[Group]:
        found = self.life.newest_first()
        if state := request.value("state").lower():
            if state not in ("new", "acknowledged", "resolved", "silenced"):
                raise Rejected(400, {"state": "Must be one of the following: new, acknowledged, resolved, silenced"})
            found = [group for group in found if group.filtered_as == state]
        if window := request.value("started_at"):
            match = _RANGE.fullmatch(window)
            if match is None:
                raise bad("Invalid range value")
            since, until = (parse_instant(word) for word in match.groups())
            found = [group for group in found if since <= group.created_at <= until]
            if state in ("", "resolved"):
                found += sorted(self._archive.triggered(since, until), key=lambda one: one.created_at, reverse=True)
        return found

    def _page(self, request: Request, what: str, rows: Sequence[dict[str, Any]]) -> Response:
        given, word = request.value("perpage"), request.value("page", "1")
        size = min(int(given), 100) if given.isdecimal() and int(given) else _PAGE_SIZES.get(what, 50)
        pages = max(1, -(-len(rows) // size))
        # Beyond the last page it gives the last one again.
        page = min(max(1, int(word)), pages) if word.isdecimal() else 1
        address = f"http://oncall-engine.internal:8080{request.path}"
        return json_response(
            {
                "count": len(rows),
                "next": f"{address}?page={page + 1}" if page < pages else None,
                "previous": f"{address}?page={page - 1}" if page > 1 else None,
                "results": list(rows[(page - 1) * size : page * size]),
                "current_page_number": page,
                "page_size": size,
                "total_pages": pages,
            }
        )

    def _final_shifts(self, request: Request, key: str) -> Response:
        schedule = next((one for one in self.estate.schedules if one.id == key), None)
        if schedule is None:
            raise _gone()
        since, until = (_day(request, name) for name in ("start_date", "end_date"))
        if until < since or until - since > timedelta(days=365):
            raise bad("end_date must be within a year after start_date")
        return self._page(request, "final_shifts", schedule.final_shifts(since, until + timedelta(days=1)))

    # -- writing -----------------------------------------------------------------------------------------------

    def _write(self, request: Request, what: str, rest: list[str], user: User | None, now: datetime) -> Response:
        if user is None:
            verb = rest[-1] if rest else what
            raise Rejected(403, {"detail": f"Service accounts are not allowed to {verb} alert groups"})
        if user.role == "observer":
            raise Rejected(403, {"detail": "You do not have permission to perform this action."})
        match what, rest:
            case "alert_groups", [key, verb] if verb in (*_WORDS, "unsilence"):
                self._act(self._group(key), verb, request, user, now)
                return Response(headers={"content-type": "application/json"})
            case "resolution_notes", []:
                return self._note(_body(request), user, now)
            case "escalation", []:
                return self._escalate(_body(request))
        raise _gone()

    def _act(self, group: Group, verb: str, request: Request, user: User, now: datetime) -> None:
        life = self.life
        match verb:
            case "acknowledge":
                life.acknowledge(group, user, now)
            case "unacknowledge":
                life.unacknowledge(group)
            case "resolve":
                life.resolve(group, user, now)
            case "unresolve":
                life.unresolve(group)
            case "unsilence":
                life.unsilence(group)
            case _:
                delay = _body(request).get("delay")
                if isinstance(delay, bool) or not isinstance(delay, int) or delay < -1:
                    raise Rejected(400, {"delay": ["A valid integer is required."]})
                life.silence(group, delay, now)
        self.writes.append({"action": _WORDS.get(verb, verb), "target": group.id, "by": user.email})

    def _note(self, body: dict[str, Any], user: User, now: datetime) -> Response:
        text, key = body.get("text"), body.get("alert_group_id")
        if not isinstance(text, str) or not text:
            raise Rejected(400, {"text": ["This field may not be blank."]})
        if not isinstance(key, str) or key not in self.life.groups:
            raise Rejected(400, {"alert_group_id": ["Object does not exist"]})
        group = self.life.groups[key]
        note = self.life.note(group, user, text, now)
        self.writes.append({"action": "note", "target": group.id, "by": user.email, "text": text})
        return json_response(group.told_note(note), 201)

    def _escalate(self, body: dict[str, Any]) -> Response:
        key, listed = body.get("alert_group_id"), body.get("users")
        if key is None:
            return self._declare(body)
        if any(body.get(name) for name in ("title", "message", "source_url")) or not isinstance(key, str):
            raise bad("alert_group_id and (title, message, source_url) are mutually exclusive")
        if not isinstance(listed, list) or not listed:
            raise bad("users or team must be provided")
        users = []
        for one in listed:
            found = self.estate.user(str(one.get("id"))) if isinstance(one, dict) else None
            if found is None:
                raise Rejected(400, {"users": ["User does not exist"]})
            users.append((found, bool(one.get("important"))))
        group = self._group(key)
        self.life.page(group, users)
        to = [user.email for user, _ in users]
        self.writes.append({"action": "escalate", "target": group.id, "to": to, "important": users[0][1]})
        return json_response(group.told())

    def _declare(self, body: dict[str, Any]) -> Response:
        title, team = body.get("title"), body.get("team")
        service = next((one for one in self.estate.services.values() if one.team_id == team), None)
        if not isinstance(title, str) or not title.strip() or service is None or body.get("users"):
            raise bad("users or team must be provided")
        message = str(body.get("message") or "")
        payload = {"title": title, "message": message}
        group = self.life.trigger(service, title, self._clock.now(), {}, [payload])
        self.writes.append({"action": "declare", "target": group.id, "to": team})
        return json_response(group.told())

    def _group(self, key: str) -> Group:
        if key not in self.life.groups:
            raise _gone()
        return self.life.groups[key]

    # -- the story and the tests ---------------------------------------------------------------------------------

    def trigger(
        self,
        service_key: str,
        title: str,
        *,
        severity: str = "critical",
        at: datetime | None = None,
        alerts: int = 1,
        labels: dict[str, str] | None = None,
    ) -> str:
        """A new alert group on a service of the company, ``at`` a time in the past or now; its id."""
        service = self.estate.services[service_key]
        own = {"severity": severity, "service": service_key, **(labels or {})}
        group = self.life.trigger(
            service, title, at or self._clock.now(), own, [_payload(title, own) for _ in range(alerts)]
        )
        return group.id

    def person(self, who: str) -> User:
        """By key, id or mail. Raises KeyError."""
        found = self.estate.user(who)
        if found is None:
            raise KeyError(who)
        return found

    def open_scene(self) -> None:
        """What stands when the company's day begins."""
        now = self._clock.now()

        def ago(minutes: float) -> datetime:
            return now - timedelta(minutes=minutes)

        life = self.life
        self.trigger("payments", "PaymentQueueStuck: 5200 payments wait", at=ago(6), alerts=3)
        self.trigger("edge", "CertificateExpires: edge.example.com in 5 days", severity="warning", at=ago(55))
        storage = life.groups[self.trigger("storage", "ReplicaLag: db-7 is 90 s behind", severity="error", at=ago(42))]
        life.acknowledge(storage, self.person("charlie"), ago(39))
        life.note(storage, self.person("charlie"), "[observed] a backup reads from the replica", ago(30))
        web = life.groups[self.trigger("web", "SlowPages: median above 2 s", severity="warning", at=ago(80))]
        life.silence(web, 2 * 3600, ago(70))
        search = life.groups[self.trigger("search", "IndexStale: no commit for 20 minutes", at=ago(150), alerts=2)]
        life.acknowledge(search, self.person("ivan"), ago(146))
        life.note(search, self.person("ivan"), "restarted the indexer", ago(130))
        life.resolve(search, self.person("ivan"), ago(121))

    def told(self) -> dict[str, Any]:
        """What it holds now, as JSON."""
        self.life.advance(self._clock.now())
        return {
            "alert_groups": [
                {
                    "id": group.id,
                    "title": group.title,
                    "state": group.state,
                    "created_at": stamp(group.created_at),
                    "acknowledged_by": group.acknowledged_by.email if group.acknowledged_by else None,
                    "resolved_by": group.resolved_by.email if group.resolved_by else None,
                    "notes": [note.text for note in group.notes],
                    "paged": [user.email for user, _ in group.paged],
                }
                for group in self.life.groups.values()
            ],
            "writes": list(self.writes),
        }


def _payload(title: str, labels: dict[str, str]) -> dict[str, Any]:
    """What Alertmanager's webhook sends."""
    name, _, words = title.partition(": ")
    return {
        "status": "firing",
        "receiver": "oncall",
        "groupLabels": {"alertname": name},
        "commonLabels": {"alertname": name, **labels},
        "commonAnnotations": {
            "summary": words or title,
            "runbook_url": f"https://runbooks.example.com/{re.sub(r'[^A-Za-z0-9]', '', name)}",
        },
        "alerts": [{"status": "firing", "labels": {"alertname": name, **labels}, "annotations": {}}],
    }


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise bad("JSON parse error - Expecting value: line 1 column 1 (char 0)") from None
    if not isinstance(body, dict):
        raise Rejected(400, {"non_field_errors": ["Invalid data. Expected a dictionary."]})
    return body


def _day(request: Request, name: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(request.value(name)), time(), UTC)
    except ValueError:
        raise Rejected(400, {name: ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]}) from None
