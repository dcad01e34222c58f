"""The simulated server as one thing: requests in, answers out, and its opening scene.

It is no GraphQL engine: it knows the documents that it is asked by the names of their operations, and answers with what
their forms select.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import msgspec

from oncall_tui.clock import Clock, iso, parse_instant
from oncall_tui.demo import company
from oncall_tui.demo.company import Employee
from oncall_tui.demo.goalert import forms
from oncall_tui.demo.goalert.account import Account, Alert, Override
from oncall_tui.demo.past import Archive
from oncall_tui.demo.wire import Request, Response, json_response

TOKEN = "demo-goalert-session"  # noqa: S105 - opens the simulated server only
PASSWORD = "demo-goalert-password"  # noqa: S105 - as above
_TEXT = {"content-type": "text/plain; charset=utf-8"}


class _Invalid(Exception):
    """An error of GraphQL's: 200 all the same."""


class GoAlertSim:
    """A simulated GoAlert server.

    Args:
        clock: its time; what became due is applied when a request comes.
        seed: ids follow from it.
        me: key of the user whose session the token is; ``None``: a token that is no user's.
    """

    prefix = "goalert"

    def __init__(self, clock: Clock, seed: int = 1, *, me: str | None = "alice") -> None:
        self.account = Account(seed, clock.now())
        self._archive = Archive(seed, clock.now(), self.account.past, lambda one: str(one.number))
        self.tokens = {TOKEN: me}
        """Session token -> key of its user."""
        self.writes: list[dict[str, Any]] = []
        self.down: str | None = None
        """What ``/health`` says while the server is not well."""
        self._clock = clock

    # -- the API -----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request as of the clock's now. Never raises for anything a client can send."""
        match request.method, request.segments:
            case "GET", ("health",):
                return Response(status=500 if self.down else 200, headers=_TEXT, body=(self.down or "").encode())
            case "POST", ("api", "v2", "identity", "providers", "basic"):
                return self._sign_in(request)
            case "POST", ("api", "graphql"):
                return self._graphql(request)
        return Response(status=404, headers=_TEXT, body=b"404 page not found\n")

    def _sign_in(self, request: Request) -> Response:
        form = parse_qs(request.body.decode("utf-8", "replace"))
        user = form.get("username", [""])[0]
        if not request.headers.get("referer", "").startswith("http"):
            return Response(status=400, headers=_TEXT, body=b"missing or invalid referer\n")
        if user not in self.account.people or form.get("password") != [PASSWORD]:
            return Response(status=400, headers=_TEXT, body=b"invalid username or password\n")
        token = f"session-{len(self.tokens)}-{self.account.uuid()}"
        self.tokens[token] = user
        return Response(status=200, headers=_TEXT, body=token.encode())

    def _graphql(self, request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return Response(status=401, headers=_TEXT, body=b"Unauthorized\n")
        me = self.account.people.get(self.tokens[token] or "")
        now = self._clock.now()
        for alert in self.account.alerts.values():
            self.account.advance(alert, now)
        try:
            body = request.json()
            name, variables = body["operationName"], body["variables"]
            if name not in body["query"]:
                raise _Invalid(f"operation {name} not found")
            return json_response({"data": self._operations(me, now)[name](variables)})
        except _Invalid as no:
            errors = [{"message": str(no), "extensions": {"code": "INVALID_INPUT_VALUE"}}]
            return json_response({"data": None, "errors": errors})
        except (msgspec.DecodeError, RecursionError, ValueError, KeyError, TypeError, AttributeError):
            return json_response({"data": None, "errors": [{"message": "cannot be understood"}]}, 422)

    def _operations(self, me: Employee | None, now: datetime) -> Mapping[str, Callable[[Any], dict[str, Any]]]:
        account = self.account
        return {
            "Alerts": self._alerts,
            "Alert": lambda v: {"alert": forms.alert(account, self._alert(v["id"]), _events(v["limit"]))},
            "Services": lambda v: _page(
                "services", list(account.services.values()), v, lambda one: forms.service(account, one, now)
            ),
            "Policies": lambda v: _page(
                "escalationPolicies", account.policies, v, lambda one: forms.policy(account, one)
            ),
            "Schedules": lambda v: self._schedules(v),
            "Users": lambda v: _page("users", company.EMPLOYEES, v, lambda one: forms.user(account, one)),
            "Me": lambda v: {"user": {**forms.user(account, me), "role": "user"} if me is not None else None},
            "UserOverrides": self._overrides,
            "CreateUserOverride": lambda v: self._override(v, me, now),
            "CreateAlert": lambda v: self._create(v, me, now),
            "UpdateAlerts": lambda v: self._update(v, me, now),
            "EscalateAlerts": lambda v: self._escalate(v, me, now),
        }

    def _alerts(self, variables: Any) -> dict[str, Any]:
        given = _input(variables)
        before = given.get("notClosedBefore")
        found = self.account.found(
            given.get("filterByStatus") or (), parse_instant(before) if before is not None else None
        )
        first, last = given.get("notCreatedBefore"), given.get("createdBefore")
        services = given.get("filterByServiceID")
        found = [one for one in found if not services or one.service.id in services]
        if first is not None:
            found = [one for one in found if parse_instant(first) <= one.created]
        if first is not None and last is not None:
            since, until = parse_instant(first), parse_instant(last)
            found = [one for one in found if since <= one.created < until]
            if "StatusClosed" in (given.get("filterByStatus") or ("StatusClosed",)):
                found += reversed(list(self._archive.triggered(since, until)))
        return _page("alerts", found, {"input": given}, lambda one: forms.alert(self.account, one, None))

    def _create(self, variables: Any, me: Employee | None, now: datetime) -> dict[str, Any]:
        by, given = _acting(me), variables["input"]
        service = next((one for one in self.account.services.values() if one.id == given["serviceID"]), None)
        if service is None:
            raise _Invalid("serviceID: service does not exist")
        if not given["summary"].strip():
            raise _Invalid("Summary: must not be empty")
        dedup = given.get("dedup") or ""
        there = next((one for one in self.account.alerts.values() if dedup and one.dedup == dedup), None)
        if there is None or there.status == "StatusClosed" or there.service is not service:
            meta = {one["key"]: one["value"] for one in given.get("meta") or ()}
            there = self.account.create(service, given["summary"], given.get("details") or "", now, meta)
            there.dedup = dedup
        return {"createAlert": self._wrote("declare", there, by, forms.changed(there))}

    def _alert(self, number: Any) -> Alert | None:
        return self.account.alerts.get(number) or self._archive.known.get(str(number))

    def _schedules(self, variables: Any) -> dict[str, Any]:
        start, end = parse_instant(variables["start"]), parse_instant(variables["end"])
        every = [schedule for policy in self.account.policies for schedule in policy.schedules]
        return _page("schedules", every, variables, lambda one: forms.schedule(self.account, one, start, end))

    def _update(self, variables: Any, me: Employee | None, now: datetime) -> dict[str, Any]:
        by, status = _acting(me), variables["input"]["newStatus"]
        change = {"StatusAcknowledged": self.account.acknowledge, "StatusClosed": self.account.close}.get(status)
        if change is None:
            raise _Invalid("newStatus: unsupported status")
        word = "acknowledge" if status == "StatusAcknowledged" else "resolve"
        changed = [one for one in self._named(variables["input"]["alertIDs"]) if change(one, by, now)]
        return {"updateAlerts": [self._wrote(word, one, by, forms.changed(one)) for one in changed]}

    def _escalate(self, variables: Any, me: Employee | None, now: datetime) -> dict[str, Any]:
        by = _acting(me)
        changed = [one for one in self._named(variables["ids"]) if self.account.escalate(one, by, now)]
        return {"escalateAlerts": [self._wrote("escalate", one, by, forms.escalated(one)) for one in changed]}

    def _overrides(self, variables: Any) -> dict[str, Any]:
        given = _input(variables)
        start, end = parse_instant(given["start"]), parse_instant(given["end"])
        adds = given.get("filterAddUserID") or list(self.account.users.values())
        found = [
            one
            for one in self.account.overrides
            if one.schedule.id == given["scheduleID"]
            and self.account.users[one.adds.key] in adds
            and one.start < end
            and one.end > start
        ]
        return _page("userOverrides", found, variables, lambda one: forms.override(self.account, one))

    def _override(self, variables: Any, me: Employee | None, now: datetime) -> dict[str, Any]:
        by, given = _acting(me), variables["input"]
        every = {one.id: one for policy in self.account.policies for one in policy.schedules}
        people = {self.account.users[one.key]: one for one in company.EMPLOYEES}
        schedule, adds = every.get(given["scheduleID"]), people.get(given["addUserID"])
        start, end = parse_instant(given["start"]), parse_instant(given["end"])
        if schedule is None or adds is None:
            raise _Invalid("scheduleID: not found" if schedule is None else "addUserID: user does not exist")
        if end <= max(start, now):
            raise _Invalid("End: must be after start time, and in the future")
        made = Override(self.account.uuid(), schedule, start, end, adds, people.get(given.get("removeUserID") or ""))
        self.account.overrides.append(made)
        self.writes.append({"action": "override", "target": schedule.id, "by": by.key, "adds": adds.key})
        return {"createUserOverride": forms.override(self.account, made)}

    def _named(self, numbers: Sequence[int]) -> list[Alert]:
        if not numbers:
            raise _Invalid("alertIDs: must not be empty")
        return [self.account.alerts[number] for number in numbers if number in self.account.alerts]

    def _wrote(self, action: str, alert: Alert, by: Employee, answer: dict[str, Any]) -> dict[str, Any]:
        self.writes.append({"action": action, "target": str(alert.number), "by": by.key, "level": alert.step + 1})
        return answer

    # -- the scene and the tests -----------------------------------------------------------------------------------

    def open_scene(self) -> None:
        """What is going on when the company's day begins."""
        now, account = self._clock.now(), self.account
        people, services = account.people, account.services
        account.create(
            services["payments"],
            "Card authorisations time out",
            "p99 over 5 s for 3 minutes\n\nSee the gateway's dashboard.",
            now - timedelta(minutes=3),
            {"severity": "critical", "region": "eu"},
        )
        slow = account.create(
            services["gateway"],
            "Gateway queue grows",
            "1200 waiting",
            now - timedelta(minutes=26),
            {"severity": "warning"},
        )
        account.acknowledge(slow, people["alice"], now - timedelta(minutes=24))
        disk = account.create(services["storage"], "Replica lags", "90 s behind", now - timedelta(hours=3), {})
        account.acknowledge(disk, people["charlie"], now - timedelta(minutes=178))
        account.close(disk, people["charlie"], now - timedelta(minutes=140))

    def told(self) -> dict[str, Any]:
        """The alerts with status and step, and each applied write."""
        return {
            "incidents": [
                {
                    "id": str(one.number),
                    "title": one.summary,
                    "status": one.status,
                    "level": one.step + 1,
                    "created_at": iso(one.created),
                    "log": [event.message for event in one.log],
                }
                for one in self.account.alerts.values()
            ],
            "writes": list(self.writes),
        }


def _events(limit: int) -> int:
    """One more than is asked for is looked for, to tell whether there are more, and 150 is the most."""
    if not 0 < limit < 150:
        raise _Invalid("Limit: must not be over 150")
    return limit


def _acting(me: Employee | None) -> Employee:
    if me is None:
        raise _Invalid("access denied: requires auth: User")
    return me


def _input(variables: Any) -> dict[str, Any]:
    """A connection's input; a cursor carries the filters, and what is given with it besides ``first`` is ignored."""
    given: dict[str, Any] = variables.get("input") or {}
    if not given.get("after"):
        return given
    carried: dict[str, Any] = msgspec.json.decode(given["after"])
    return {**carried, "first": given.get("first", 15)}


def _page(key: str, items: Sequence[Any], variables: Any, form: Callable[[Any], Any]) -> dict[str, Any]:
    given = _input(variables)
    first, skip = given.get("first", 15), given.get("skip", 0)
    if not 1 <= first <= 1000:
        raise _Invalid("first: must be between 1 and 1000")
    more = skip + first < len(items)
    cursor = msgspec.json.encode({**given, "after": None, "skip": skip + first}).decode() if more else None
    return {
        key: {
            "nodes": [form(item) for item in items[skip : skip + first]],
            "pageInfo": {"endCursor": cursor, "hasNextPage": more},
        }
    }
