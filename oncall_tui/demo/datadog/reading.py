"""The simulated organisation's answers to GET."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from oncall_tui.demo import company
from oncall_tui.demo.datadog import forms, metrics
from oncall_tui.demo.datadog.estate import Estate, Event, Incident, Monitor
from oncall_tui.demo.datadog.refusal import Refusal
from oncall_tui.demo.datadog.search import holds
from oncall_tui.demo.past import DAYS, Archive
from oncall_tui.demo.wire import Request

T = TypeVar("T")


class Reader:
    """Answers one GET."""

    def __init__(self, estate: Estate, request: Request, now: datetime, archive: Archive[Incident]) -> None:
        self._archive = archive
        self._estate = estate
        self._request = request
        self._now = now

    def answer(self) -> Any:
        """The JSON. Raises Refusal."""
        match self._request.segments:
            case ("api", "v1", "validate"):
                return {"valid": True}
            case ("api", "v1", "monitor", "search"):
                return self._monitors()
            case ("api", "v1", "monitor", "groups", "search"):
                return self._groups()
            case ("api", "v1", "query"):
                start, end = (metrics.moment(self._request.value(name)) for name in ("from", "to"))
                return metrics.answer(self._request.value("query"), start, end)
            case ("api", "v2", "events"):
                return self._events()
            case ("api", "v2", "downtime"):
                return self._downtimes()
            case ("api", "v2", "downtime", native_id):
                return self._downtime(native_id)
            case ("api", "v2", "incidents", "search"):
                return self._incidents()
            case ("api", "v2", "incidents", native_id):
                return self._incident(native_id)
            case ("api", "v2", "users"):
                return self._users()
            case ("api", "v2", "team"):
                return self._teams()
            case ("api", "v2", "on-call", "teams", native_id, "on-call"):
                return self._on_call(native_id)
        raise Refusal(404, "Not Found")

    def _number(self, name: str, default: int, most: int | None = None) -> int:
        word = self._request.value(name, str(default))
        if not word.isdigit() or (most is not None and int(word) > most):
            raise Refusal(400, f"Invalid value for {name}")
        return int(word)

    # -- monitors ------------------------------------------------------------------------------------------------

    def _matching(self) -> list[tuple[Monitor, list[int]]]:
        """The monitors that the query finds, each with the indexes of its groups that it finds."""
        query = self._request.value("query")
        found = []
        for monitor in self._estate.monitors.values():
            groups = [
                at
                for at, group in enumerate(monitor.groups)
                if holds(query, lambda key, m=monitor, g=group: _attributes(m, key, g.status), monitor.name)  # type: ignore[misc]
            ]
            if groups:
                found.append((monitor, groups))
        return found

    def _monitors(self) -> Any:
        found = [forms.monitor(monitor) for monitor, _ in self._matching()]
        rows, metadata = self._page(found)
        return {"counts": forms.counts(found), "metadata": metadata, "monitors": rows}

    def _groups(self) -> Any:
        found = [forms.group(monitor, monitor.groups[at]) for monitor, groups in self._matching() for at in groups]
        rows, metadata = self._page(found)
        counts = forms.counts(found)
        return {"counts": {"status": counts["status"], "type": counts["type"]}, "groups": rows, "metadata": metadata}

    def _page(self, found: Sequence[T]) -> tuple[Sequence[T], dict[str, int]]:
        page, size = self._number("page", 0), max(1, self._number("per_page", 30))
        metadata = {
            "page": page,
            "page_count": -(-len(found) // size),
            "per_page": size,
            "total_count": len(found),
        }
        return found[page * size : (page + 1) * size], metadata

    # -- events --------------------------------------------------------------------------------------------------

    def _events(self) -> Any:
        start, end = self._moment("filter[from]"), self._moment("filter[to]")
        query = self._request.value("filter[query]")
        found = [
            event
            for event in self._estate.events
            if start <= event.at <= end and holds(query, lambda key, e=event: _event_attributes(e, key), event.title)  # type: ignore[misc]
        ]
        found.sort(key=lambda event: event.at, reverse=self._request.value("sort").startswith("-"))
        limit, cursor = self._number("page[limit]", 10, 1000), self._number("page[cursor]", 0)
        meta: dict[str, Any] = {"elapsed": 5, "request_id": "simulated", "status": "done", "warnings": []}
        if cursor + limit < len(found):
            meta["page"] = {"after": str(cursor + limit)}
        return {"data": [forms.event(one) for one in found[cursor : cursor + limit]], "meta": meta}

    def _moment(self, name: str) -> datetime:
        word = self._request.value(name)
        if not word.isdigit():
            raise Refusal(400, f"Invalid value for {name}: milliseconds are expected")
        return datetime.fromtimestamp(int(word) / 1000, UTC)

    # -- downtimes -----------------------------------------------------------------------------------------------

    def _downtimes(self) -> Any:
        current = self._request.value("current_only") == "true"
        found = [
            one
            for one in self._estate.downtimes.values()
            if not current or one.status(self._now) in ("active", "scheduled")
        ]
        offset, limit = self._number("page[offset]", 0), self._number("page[limit]", 30)
        shown = found[offset : offset + limit]
        included: list[Any] = []
        if "created_by" in self._request.value("include"):
            included += self._included({one.created_by for one in shown})
        if "monitor" in self._request.value("include").split(","):
            ids = {one.identifier.get("monitor_id") for one in shown}
            included += [forms.monitor_resource(one) for one in self._estate.monitors.values() if one.id in ids]
        return {
            "data": [forms.downtime(one, self._estate, self._now) for one in shown],
            "included": included,
            "meta": {"page": {"total_filtered_count": len(found)}},
        }

    def _downtime(self, native_id: str) -> Any:
        if native_id not in self._estate.downtimes:
            raise Refusal(404, "Downtime not found")
        return {"data": forms.downtime(self._estate.downtimes[native_id], self._estate, self._now)}

    # -- incidents -----------------------------------------------------------------------------------------------

    def _incidents(self) -> Any:
        query = self._request.value("query")
        if not query:
            raise Refusal(400, "query is required")
        # Who asks for those that are over asks for the past.
        older = self._archive.triggered(self._now - timedelta(days=DAYS), self._now) if "completed" in query else ()
        found = [
            one
            for one in (*self._estate.incidents.values(), *older)
            if holds(query, lambda key, i=one: forms.incident_attributes(i, key), one.title)  # type: ignore[misc]
        ]
        found.sort(key=lambda one: one.created, reverse=self._request.value("sort").startswith("-"))
        offset, size = self._number("page[offset]", 0), self._number("page[size]", 10, 100)
        shown = found[offset : offset + size]
        facets = ("commander", "created_by", "fields", "impact", "last_modified_by", "postmortem", "responder",
                  "severity", "state", "time_to_repair", "time_to_resolve")  # fmt: skip
        people = {key for one in shown for key in (one.commander, one.created_by) if key}
        return {
            "data": {
                "type": "incidents_search_results",
                "attributes": {
                    "facets": {name: [] for name in facets},
                    "incidents": [{"data": forms.incident(one, self._estate)} for one in shown],
                    "total": len(found),
                },
            },
            "included": self._short(people) if self._request.value("include") == "users" else [],
            "meta": {"pagination": {"offset": offset, "next_offset": offset + len(shown), "size": size}},
        }

    def _incident(self, native_id: str) -> Any:
        one = self._estate.incidents.get(native_id) or self._archive.known.get(native_id)
        if one is None:
            raise Refusal(404, "incident not found")
        people = {key for key in (one.commander, one.created_by) if key}
        included = self._short(people) if "users" in self._request.values("include") else []
        return {"data": forms.incident(one, self._estate), "included": included}

    # -- people --------------------------------------------------------------------------------------------------

    def _included(self, keys: Iterable[str]) -> list[Any]:
        return [forms.user(one, self._estate) for one in company.EMPLOYEES if one.key in keys]

    def _short(self, keys: Iterable[str]) -> list[Any]:
        return [forms.incident_user(one, self._estate) for one in company.EMPLOYEES if one.key in keys]

    def _users(self) -> Any:
        everybody = [forms.user(one, self._estate) for one in company.EMPLOYEES]
        number, size = self._number("page[number]", 0), self._number("page[size]", 10)
        page = {"total_count": len(everybody), "total_filtered_count": len(everybody)}
        return {"data": everybody[number * size : (number + 1) * size], "meta": {"page": page}}

    def _teams(self) -> Any:
        teams = [forms.team(one, self._estate) for one in company.TEAMS]
        number, size = self._number("page[number]", 0), self._number("page[size]", 10, 100)
        return {"data": teams[number * size : (number + 1) * size], "meta": {"pagination": {"total": len(teams)}}}

    def _on_call(self, native_id: str) -> Any:
        team = next((key for key, uuid in self._estate.teams.items() if uuid == native_id), None)
        if team is None or team == "edge":
            raise Refusal(404, "on-call for this team was not found")
        duties = dict(self._estate.duties(team, self._now))
        people = {key for keys in duties.values() for key in keys}
        steps = [forms.step(team, level, keys, self._estate) for level, keys in duties.items()]
        return {
            "data": {
                "id": native_id,
                "type": "team_oncall_responders",
                "relationships": {
                    "responders": {"data": [{"id": self._estate.users[key], "type": "users"} for key in duties[1]]},
                    "escalations": {"data": [{"id": one["id"], "type": "escalation_policy_steps"} for one in steps]},
                },
            },
            "included": [*self._included(people), *steps],
        }


def _attributes(monitor: Monitor, key: str, group_status: str) -> frozenset[str]:
    match key:
        case "status":
            return frozenset({monitor.status.casefold()})
        case "group_status":
            return frozenset({group_status.casefold()})
        case "type":
            return frozenset({"metric"})
        case "tag":
            return frozenset(monitor.tags)
    return frozenset(value for name, _, value in (tag.partition(":") for tag in monitor.tags) if name == key)


def _event_attributes(event: Event, key: str) -> frozenset[str]:
    match key:
        case "source":
            return frozenset({event.source})
        case "status":
            return frozenset({event.status})
    return frozenset(value for name, _, value in (tag.partition(":") for tag in event.tags) if name == key)
