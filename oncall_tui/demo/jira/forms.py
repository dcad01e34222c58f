"""Issues and people as each kind of Jira writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from oncall_tui.demo import company
from oncall_tui.demo.jira.estate import CATEGORIES, Estate, Issue
from oncall_tui.demo.wire import Request

_SITE = "https://jira.example.com"


class Forms(Protocol):
    """One kind of Jira's words."""

    version: str
    search_path: tuple[str, ...]
    user_parameter: str

    def server_info(self, now: datetime) -> Any:
        """Which Jira it is."""
        ...

    def document(self, text: str) -> Any:
        """Text as a description."""
        ...

    def is_document(self, value: Any) -> bool:
        """Whether a description can be that."""
        ...

    def user(self, key: str, estate: Estate) -> dict[str, Any]:
        """One of the company's people."""
        ...

    def assignee(self, value: Any, estate: Estate) -> str | None:
        """Whom a field means."""
        ...

    def types(self, types: Mapping[str, str]) -> Any:
        """The issue types of a project."""
        ...

    def issue(self, one: Issue, estate: Estate, names: str) -> dict[str, Any]:
        """An issue with the fields of these names."""
        ...

    def page(self, found: Sequence[Issue], request: Request, estate: Estate) -> Any:
        """A page of a search."""
        ...


def _time(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000") if moment else None


class _Both:
    """What both write alike."""

    version = "3"

    def user(self, key: str, estate: Estate) -> dict[str, Any]:
        """One of the company's people."""
        raise NotImplementedError

    def issue(self, one: Issue, estate: Estate, names: str) -> dict[str, Any]:
        """An issue with the fields of these names; all without any."""
        category = CATEGORIES.get(one.status, "undefined")
        every: dict[str, Any] = {
            "summary": one.summary,
            "description": one.description,
            "labels": list(one.labels),
            "duedate": one.due,
            "created": _time(one.created),
            "updated": _time(one.updated),
            "resolutiondate": _time(one.resolved),
            "status": {"name": one.status, "statusCategory": {"key": category, "name": category}},
            "priority": {"name": one.priority},
            "issuetype": {"name": one.type},
            "project": {"key": one.project},
            "components": [{"name": one.component}] if one.component else [],
            "assignee": self.user(one.assignee, estate) if one.assignee else None,
            "reporter": self.user(one.reporter, estate),
        }
        wanted = names.split(",") if names else list(every)
        return {
            "id": one.id,
            "key": one.key,
            "self": f"{_SITE}/rest/api/{self.version}/issue/{one.id}",
            "fields": {name: every[name] for name in wanted if name in every},
        }


class CloudForms(_Both):
    """Jira Cloud, REST API v3."""

    version = "3"
    search_path: tuple[str, ...] = ("search", "jql")
    user_parameter = "query"

    def server_info(self, now: datetime) -> Any:
        """As every Cloud site answers."""
        return {
            "baseUrl": _SITE,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100288,
            "serverTime": now.isoformat(timespec="milliseconds"),
            "serverTitle": "Jira",
        }

    def document(self, text: str) -> Any:
        """A paragraph for each block."""
        blocks = [{"type": "paragraph", "content": [{"type": "text", "text": block}]} for block in text.split("\n\n")]
        return {"type": "doc", "version": 1, "content": blocks}

    def is_document(self, value: Any) -> bool:
        """A document; plain text is none."""
        return isinstance(value, dict) and value.get("type") == "doc" and isinstance(value.get("content"), list)

    def user(self, key: str, estate: Estate) -> dict[str, Any]:
        """By account id; the mail address only of who lets it be seen."""
        person = next(one for one in company.EMPLOYEES if one.key == key)
        mail = {} if key in estate.hidden else {"emailAddress": person.email}
        return {
            "accountId": estate.accounts[key],
            "accountType": "atlassian",
            "active": True,
            "displayName": person.name,
            "timeZone": "Europe/Berlin",
            "self": f"{_SITE}/rest/api/3/user?accountId={estate.accounts[key]}",
            **mail,
        }

    def assignee(self, value: Any, estate: Estate) -> str | None:
        """By account id."""
        native_id = (value.get("id") or value.get("accountId")) if isinstance(value, dict) else None
        return estate.person(native_id) if isinstance(native_id, str) else None

    def types(self, types: Mapping[str, str]) -> Any:
        """Below ``issueTypes``."""
        listed = [{"id": native_id, "name": name, "subtask": False} for native_id, name in types.items()]
        return {"issueTypes": listed, "startAt": 0, "maxResults": 50, "total": len(listed)}

    def page(self, found: Sequence[Issue], request: Request, estate: Estate) -> Any:
        """By token."""
        start = int(request.value("nextPageToken", "0"))
        size = int(request.value("maxResults", "50"))
        shown = [self.issue(one, estate, request.value("fields")) for one in found[start : start + size]]
        is_last = start + size >= len(found)
        return {"issues": shown, "isLast": is_last, **({} if is_last else {"nextPageToken": str(start + size)})}


class ServerForms(_Both):
    """Jira Data Center, REST API v2."""

    version = "2"
    search_path: tuple[str, ...] = ("search",)
    user_parameter = "username"

    def server_info(self, now: datetime) -> Any:
        """As a Data Center answers."""
        return {"baseUrl": _SITE, "version": "10.3.5", "deploymentType": "Server", "serverTitle": "Jira"}

    def document(self, text: str) -> Any:
        """Plain text."""
        return text

    def is_document(self, value: Any) -> bool:
        """Plain text."""
        return isinstance(value, str)

    def user(self, key: str, estate: Estate) -> dict[str, Any]:
        """By user name."""
        person = next(one for one in company.EMPLOYEES if one.key == key)
        return {
            "name": key,
            "key": f"JIRAUSER{estate.accounts[key][-4:]}",
            "emailAddress": person.email,
            "displayName": person.name,
            "active": True,
        }

    def assignee(self, value: Any, estate: Estate) -> str | None:
        """By user name."""
        name = value.get("name") if isinstance(value, dict) else None
        return name if name in estate.accounts else None

    def types(self, types: Mapping[str, str]) -> Any:
        """Below ``values``."""
        listed = [{"id": native_id, "name": name, "subtask": False} for native_id, name in types.items()]
        return {"values": listed, "startAt": 0, "maxResults": 50, "total": len(listed), "isLast": True}

    def page(self, found: Sequence[Issue], request: Request, estate: Estate) -> Any:
        """By offset."""
        start, size = int(request.value("startAt", "0")), int(request.value("maxResults", "50"))
        shown = [self.issue(one, estate, request.value("fields")) for one in found[start : start + size]]
        return {"issues": shown, "startAt": start, "maxResults": size, "total": len(found)}
