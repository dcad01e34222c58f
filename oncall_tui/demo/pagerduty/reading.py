"""What the simulated account answers to GET."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import parse_instant
from oncall_tui.demo.pagerduty import forms
from oncall_tui.demo.pagerduty.estate import ChangeEvent, MaintenanceWindow, Override, Schedule, Service
from oncall_tui.demo.pagerduty.life import ACKNOWLEDGED, OVERVIEW, RESOLVED, TRIGGERED, Entry, Incident, Life, Rejected
from oncall_tui.demo.pagerduty.past import Archive
from oncall_tui.demo.wire import Request

MAX_OFFSET = 10_000
MONTH, HALF_YEAR = timedelta(days=31), timedelta(days=184)
ABILITIES = ("teams", "urgencies", "coordinated_responding", "event_rules", "service_support_hours")
_STATUSES = (TRIGGERED, ACKNOWLEDGED, RESOLVED)


class NotThere(Exception):
    """404."""


def invalid(detail: str) -> Rejected:
    """400 with the code for input that makes no sense."""
    return Rejected(2001, "Invalid Input Provided", detail)


class Reader:
    """Answers to GET, as of ``now``.

    Args:
        me: key of the user whose own key the token is; ``None`` for an account's key.
        priorities: whether the account has them.
        archive: incidents of long ago, which are there for who asks for that time.
    """

    def __init__(
        self,
        life: Life,
        request: Request,
        now: datetime,
        *,
        me: str | None,
        priorities: bool,
        archive: Archive | None = None,
    ) -> None:
        self._archive = archive
        self._life = life
        self._estate = life.estate
        self._request = request
        self._now = now
        self._me = me
        self._priorities = priorities

    def answer(self) -> Any:
        """The answer's JSON. Raises NotThere and Rejected."""
        match self._request.segments:
            case ("incidents",):
                return self._page("incidents", self._incidents(), forms.incident)
            case ("incidents", key):
                return {"incident": forms.incident(self.incident(key))}
            case ("incidents", key, "alerts"):
                incident = self.incident(key)
                return self._page("alerts", self._alerts(incident), lambda alert: forms.alert(alert, incident))
            case ("incidents", key, "notes"):
                return {"notes": [forms.note(note) for note in reversed(self.incident(key).notes)]}
            case ("incidents", key, "log_entries"):
                return self._page("log_entries", self._entries(self.incident(key).log), forms.entry)
            case ("log_entries",):
                return self._page("log_entries", self._account_log(), forms.entry)
            case ("oncalls",):
                return self._page("oncalls", self._on_calls(), lambda row: row)
            case ("schedules", key, "overrides"):
                return {"overrides": [forms.override(one) for one in self._overrides(key)]}
            case ("schedules",) | ("schedules", _) | ("v3", "schedules") | ("v3", "schedules", _):
                return self._schedules(self._request.segments)
            case ("escalation_policies",):
                return self._page("escalation_policies", self._estate.policies, forms.policy)
            case ("escalation_policies", key):
                return {"escalation_policy": forms.policy(_found(self._estate.policy(key)))}
            case ("priorities",):
                if not self._priorities:
                    raise Rejected(2014, "Account does not have the priorities ability", status=402)
                return self._page("priorities", self._estate.priorities, forms.priority)
            case ("services",):
                return self._page("services", self._matching(self._estate.services.values()), self._service)
            case ("services", key):
                return {"service": self._service(_found(self._by_id(self._estate.services.values(), key)))}
            case ("teams",):
                return self._page("teams", self._matching(self._estate.teams.values()), _team)
            case ("users",):
                return self._page("users", self._matching(self._estate.users.values()), self._user)
            case ("users", "me"):
                if self._me is None:
                    raise invalid("a user-level key is needed to know who you are")
                return {"user": self._user(_found(self._estate.user(self._me)))}
            case ("users", key):
                return {"user": self._user(_found(self._by_id(self._estate.users.values(), key)))}
            case ("change_events",):
                return self._page("change_events", self._changes(), forms.change_event)
            case ("maintenance_windows",):
                return self._page("maintenance_windows", self._maintenance(), forms.maintenance_window)
            case ("abilities",):
                return {"abilities": list(ABILITIES)}
        raise NotThere

    def incident(self, key: str) -> Incident:
        """By id or number."""
        found = self._life.incidents.get(key) or (self._archive.known.get(key) if self._archive else None)
        return found or _found(next((i for i in self._life.incidents.values() if str(i.number) == key), None))

    # -- lists -------------------------------------------------------------------------------------------------

    def _page(self, key: str, items: Iterable[Any], form: Callable[[Any], Any]) -> dict[str, Any]:
        limit, offset = min(self._number("limit", 25), 100), self._number("offset", 0)
        if limit < 1 or offset + limit > MAX_OFFSET:
            raise invalid("Offset and limit must not go past 10000")
        found = list(items)
        return {
            key: [form(item) for item in found[offset : offset + limit]],
            "limit": limit,
            "offset": offset,
            "more": offset + limit < len(found),
            "total": len(found) if self._request.value("total") == "true" else None,
        }

    def _incidents(self) -> list[Incident]:
        request = self._request
        statuses = request.values("statuses[]") or _STATUSES
        if not set(statuses) <= set(_STATUSES):
            raise invalid("Status is not one of triggered, acknowledged, resolved")
        since = until = None
        if request.value("date_range") != "all":
            until = self._instant("until") or self._now
            since = self._instant("since") or until - MONTH
            if until - since > HALF_YEAR:
                raise invalid("The range of since and until is over six months")
        users = set(request.values("user_ids[]"))
        older: Iterable[Incident] = ()
        if self._archive is not None and since is not None and until is not None and request.value("since"):
            older = self._archive.triggered(since, until)
        found = [
            item
            for item in (*self._life.incidents.values(), *older)
            if item.status in statuses
            and (since is None or item.created_at >= since)
            and (until is None or item.created_at <= until)
            and item.urgency in (request.values("urgencies[]") or (item.urgency,))
            and item.service.id in (request.values("service_ids[]") or (item.service.id,))
            and item.policy.team.id in (request.values("team_ids[]") or (item.policy.team.id,))
            and (not users or users & {person.id for person in item.assignees})
            and item.key == request.value("incident_key", item.key)
        ]
        for order in reversed(request.value("sort_by", "incident_number").split(",")):
            name, _, way = order.partition(":")
            found.sort(key=_sorter(name), reverse=way == "desc")
        return found

    def _alerts(self, incident: Incident) -> list[Any]:
        wanted = self._request.values("statuses[]")
        return [
            alert for alert in incident.alerts if not wanted or (RESOLVED if alert.resolved else TRIGGERED) in wanted
        ]

    def _account_log(self) -> list[Entry]:
        teams = self._request.values("team_ids[]")
        since = self._instant("since")
        older = self._archive.touched(since, self._instant("until") or self._now) if self._archive and since else ()
        found = (
            entry
            for incident in (*self._life.incidents.values(), *older)
            if not teams or incident.policy.team.id in teams
            for entry in incident.log
            if entry.kind != "field_value_change"
        )
        return self._entries(sorted(found, key=lambda entry: entry.at))

    def _entries(self, log: Sequence[Entry]) -> list[Entry]:
        since, until = self._instant("since"), self._instant("until")
        overview = self._request.value("is_overview") == "true"
        return [
            entry
            for entry in reversed(log)
            if (since is None or entry.at >= since)
            and (until is None or entry.at <= until)
            and (not overview or entry.kind in OVERVIEW)
        ]

    def _on_calls(self) -> list[dict[str, Any]]:
        request = self._request
        since = self._instant("since") or self._now
        until = max(self._instant("until") or since, since + timedelta(seconds=1))
        if until - self._now > timedelta(days=90):
            raise invalid("until is more than 90 days ahead")
        rows: list[dict[str, Any]] = []
        for policy in self._estate.policies:
            for level, rule in enumerate(policy.rules, 1):
                for target in rule.targets:
                    if isinstance(target, Schedule):
                        for start, end, user, _ in target.entries(since, until):
                            rows.append(forms.on_call(policy, level, user, target, start, end))
                    else:
                        rows.append(forms.on_call(policy, level, target, None, None, None))
        filters = (
            ("escalation_policy_ids[]", "escalation_policy"),
            ("schedule_ids[]", "schedule"),
            ("user_ids[]", "user"),
        )
        for name, part in filters:
            if wanted := request.values(name):
                rows = [row for row in rows if row.get(part, {}).get("id") in wanted]
        if request.value("earliest") == "true":
            first: dict[tuple[str, int, str], dict[str, Any]] = {}
            for row in sorted(rows, key=lambda row: row.get("start", "")):
                first.setdefault((row["escalation_policy"]["id"], row["escalation_level"], row["user"]["id"]), row)
            rows = list(first.values())
        return rows

    def _changes(self) -> list[ChangeEvent]:
        for name in ("since", "until"):
            word = self._request.value(name)
            if word and not word.endswith("Z"):
                raise invalid(f"{name} must be in UTC")
        since, until = self._instant("since"), self._instant("until")
        found = [
            item
            for item in self._estate.changes
            if item.at <= self._now
            and (since is None or item.at >= since)
            and (until is None or item.at <= until)
            and item.service.team.id in (self._request.values("team_ids[]") or (item.service.team.id,))
        ]
        return sorted(found, key=lambda item: item.at, reverse=True)

    def _maintenance(self) -> list[MaintenanceWindow]:
        kind = self._request.value("filter", "all")
        if kind not in ("past", "future", "ongoing", "open", "all"):
            raise invalid("Filter is not one of past, future, ongoing, open, all")
        return [item for item in self._estate.maintenance if kind in ("all", *_stages(item, self._now))]

    def _schedules(self, segments: tuple[str, ...]) -> Any:
        since, until = self._instant("since"), self._instant("until")
        parts = self._request.values("include[]")
        newer = segments[0] == "v3"
        listed = [item for item in self._estate.schedules if item.shift_based is newer]
        if segments[-1] == "schedules":
            if newer:
                return self._page("schedules", listed, forms.schedule_ref)
            return self._page("schedules", listed, lambda item: forms.schedule(item, since, until, parts, True))
        found = _found(self._by_id(listed, segments[-1]))
        if newer:
            return {"schedule": forms.shift_schedule(found, since, until)}
        whole = ("final_schedule", "overrides_subschedule")
        cut = self._request.value("overflow") != "true"
        return {"schedule": forms.schedule(found, since, until, whole, cut)}

    def _overrides(self, schedule_id: str) -> list[Override]:
        since, until = self._instant("since"), self._instant("until")
        if since is None or until is None:
            raise invalid("Since and Until are required")
        older = [item for item in self._estate.schedules if not item.shift_based]
        return [one for one in _found(self._by_id(older, schedule_id)).overrides if one.start < until > since < one.end]

    # -- parts -------------------------------------------------------------------------------------------------

    def _service(self, service: Service) -> Any:
        mine = [item for item in self._life.incidents.values() if item.service is service]
        statuses = {item.status for item in mine}
        status = "critical" if TRIGGERED in statuses else "warning" if ACKNOWLEDGED in statuses else "active"
        return forms.service(service, status, max((item.created_at for item in mine), default=None))

    def _user(self, person: Any) -> Any:
        return forms.user(person, list(self._estate.teams.values()))

    def _matching(self, things: Iterable[Any]) -> list[Any]:
        query = self._request.value("query").lower()
        return [
            thing for thing in things if query in thing.name.lower() or query in getattr(thing, "email", "").lower()
        ]

    def _by_id(self, things: Iterable[Any], key: str) -> Any:
        return next((thing for thing in things if thing.id == key), None)

    def _number(self, name: str, default: int) -> int:
        word = self._request.value(name) or str(default)
        if not (word.isascii() and word.isdigit() and len(word) < 10):
            raise invalid(f"{name} is not a number")
        return int(word)

    def _instant(self, name: str) -> datetime | None:
        word = self._request.value(name)
        if not word:
            return None
        try:
            return parse_instant(word)
        except (ValueError, OverflowError):
            raise invalid(f"{name} is not a date and time") from None


def _stages(item: MaintenanceWindow, now: datetime) -> tuple[str, ...]:
    if item.end <= now:
        return ("past",)
    return ("ongoing", "open") if item.start <= now else ("future", "open")


def _found(thing: Any) -> Any:
    if thing is None:
        raise NotThere
    return thing


def _team(team: Any) -> Any:
    return forms.whole(forms.team_ref(team), "team", name=team.name)


def _sorter(name: str) -> Callable[[Incident], Any]:
    keys: dict[str, Callable[[Incident], Any]] = {
        "incident_number": lambda item: item.number,
        "created_at": lambda item: item.created_at,
        "resolved_at": lambda item: item.resolved_at.timestamp() if item.resolved_at else 0.0,
        "urgency": lambda item: item.urgency == "high",
    }
    if name not in keys:
        raise invalid(f"cannot sort by {name}")
    return keys[name]
