"""The simulated site: requests in, answers out, in the words of Jira Cloud (v3) or of a Data Center (v2)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal

import msgspec

from oncall_tui.clock import Clock
from oncall_tui.demo import company
from oncall_tui.demo.jira import forms
from oncall_tui.demo.jira.estate import CATEGORIES, PROJECTS, TYPES, Estate, Issue
from oncall_tui.demo.jira.jql import JqlError, Query
from oncall_tui.demo.wire import Request, Response, json_response

TOKEN = "demo-jira-token"  # noqa: S105 - opens the simulated site only
_FIELDS = frozenset(
    {"project", "labels", "status", "statuscategory", "issuetype", "created", "updated", "resolved", "key", "assignee"}
)
_CREATED = ("project", "issuetype", "summary", "description", "labels", "duedate", "assignee", "priority")

Deployment = Literal["Cloud", "Data Center"]


class Refusal(Exception):
    """An error: ``errorMessages`` and, by field, ``errors``."""

    def __init__(self, status: int, *messages: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(*messages)
        self.status = status
        self.body = {"errorMessages": list(messages), "errors": dict(errors or {})}


class JiraSim:
    """A simulated Jira.

    Args:
        clock: its time.
        seed: account ids follow from it.
        deployment: ``Cloud`` or ``Data Center``.
        lag_s: seconds until the search has a new issue.
        rate_limit: requests in ten seconds.
        lacking: permissions that the account does not have (``CREATE_ISSUES``).
    """

    prefix = "jira"

    def __init__(
        self,
        clock: Clock,
        seed: int = 1,
        *,
        deployment: Deployment = "Cloud",
        lag_s: float = 3.0,
        rate_limit: int = 200,
        lacking: tuple[str, ...] = (),
    ) -> None:
        self.deployment = deployment
        self.token = TOKEN
        self.rate_limit = rate_limit
        self.lacking = lacking
        self.writes: list[dict[str, Any]] = []
        self.forms: forms.Forms = forms.CloudForms() if deployment == "Cloud" else forms.ServerForms()
        self.estate = Estate(seed, clock.now(), self.forms.document)
        self._clock = clock
        self._lag = timedelta(seconds=lag_s)
        self._window: tuple[datetime, int] = (clock.now(), 0)

    # -- the API -----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises for anything a client can send."""
        now = self._clock.now()
        self.estate.advance(now)
        headers = {"date": format_datetime(now, usegmt=True)}
        try:
            if self._is_too_often(now):
                raise Refusal(429, "Rate limit exceeded.")
            status, data = self._routed(request, now)
            answer = json_response(data, status)
        except Refusal as no:
            answer = json_response(no.body, no.status)
            if no.status == 429:
                headers |= {"retry-after": "10", "ratelimit-reason": "jira-burst-based"}
        except JqlError as error:
            answer = json_response({"errorMessages": [str(error)], "errors": {}}, 400)
        return Response(status=answer.status, headers={**headers, **answer.headers}, body=answer.body)

    def _is_too_often(self, now: datetime) -> bool:
        began, used = self._window
        if not timedelta() <= now - began < timedelta(seconds=10):
            began, used = now, 0
        self._window = (began, used + 1)
        return used >= self.rate_limit

    def _routed(self, request: Request, now: datetime) -> tuple[int, Any]:
        version, *rest = request.segments[2:] or ("",)
        if request.segments[:2] != ("rest", "api") or version != self.forms.version:
            raise Refusal(404, "Not found.")
        known = self._is_known(request)
        match request.method, tuple(rest):
            case "GET", ("serverInfo",):
                return 200, self.forms.server_info(now)
            case "GET", self.forms.search_path:
                return 200, self._search(request, now, known)
        if not known:
            raise Refusal(401, "Client must be authenticated to access this resource.")
        match request.method, tuple(rest):
            case "GET", ("myself",):
                return 200, self.forms.user("alice", self.estate)
            case "GET", ("mypermissions",):
                return 200, self._permissions(request)
            case "GET", ("user", "assignable", "search"):
                return 200, self._assignable(request)
            case "GET", ("issue", "createmeta", project, "issuetypes"):
                self._project(project)
                return 200, self.forms.types(TYPES)
            case "GET", ("issue", key):
                return 200, self.forms.issue(self._issue(key), self.estate, request.value("fields"))
            case "POST", ("issue",):
                return 201, self._create(request, now)
        raise Refusal(404, "Not found.")

    def _is_known(self, request: Request) -> bool:
        given = request.headers.get("authorization")
        pair = b64encode(f"{company.SEAT_USER}:{self.token}".encode()).decode()
        return given == (f"Basic {pair}" if self.deployment == "Cloud" else f"Bearer {self.token}")

    # -- reading -----------------------------------------------------------------------------------------------

    def _search(self, request: Request, now: datetime, known: bool) -> Any:
        query = Query(request.value("jql"), _FIELDS, now)
        # To whoever it does not know it shows nothing, and does not say why.
        indexed = [one for one in self.estate.issues.values() if known and one.created <= now - self._lag]
        found = [one for one in indexed if query.holds(_attributes(one))]
        found.sort(key=lambda one: (one.created, one.id), reverse=query.newest_first)
        return self.forms.page(found, request, self.estate)

    def _permissions(self, request: Request) -> Any:
        self._project(request.value("projectKey"))
        return {
            "permissions": {
                name: {"id": str(number), "key": name, "name": name.title(), "havePermission": name not in self.lacking}
                for number, name in enumerate(request.value("permissions").split(","), 1)
            }
        }

    def _assignable(self, request: Request) -> Any:
        self._project(request.value("project"))
        word = request.value(self.forms.user_parameter).casefold()
        return [
            self.forms.user(one.key, self.estate)
            for one in company.EMPLOYEES
            if word and any(part.casefold().startswith(word) for part in (one.email, one.name, *one.name.split()))
        ]

    def _project(self, key: str) -> str:
        if key not in PROJECTS:
            raise Refusal(404, f"No project could be found with key '{key}'.")
        return key

    def _issue(self, key: str) -> Issue:
        found = self.estate.issues.get(key)
        if found is None:
            raise Refusal(404, "Issue does not exist or you do not have permission to see it.")
        return found

    # -- writing -----------------------------------------------------------------------------------------------

    def _create(self, request: Request, now: datetime) -> Any:
        try:
            body = request.json()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Refusal(400, "There was an error parsing JSON. Check that your request body is valid.") from None
        told = body.get("fields") if isinstance(body, dict) else None
        if not isinstance(told, dict):
            raise Refusal(400, "fields are required")
        errors = {name: f"Field '{name}' cannot be set." for name in told if name not in _CREATED}
        errors |= self._wrong(told)
        if errors:
            raise Refusal(400, errors=errors)
        if "CREATE_ISSUES" in self.lacking:
            raise Refusal(403, "You do not have permission to create issues in this project.")
        made = self.estate.add(
            told["project"]["key"], told["summary"], now, "alice",
            type=told["issuetype"]["name"], description=told.get("description"), labels=tuple(told.get("labels") or ()),
            due=told.get("duedate"), assignee=self._assignee(told),
        )  # fmt: skip
        self.writes.append({"action": "ticket", "target": made.key, "title": made.summary, "labels": list(made.labels)})
        return {"id": made.id, "key": made.key, "self": f"https://jira.example.com/rest/api/latest/issue/{made.id}"}

    def _wrong(self, told: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong, by field, in Jira's words."""
        wrong = {}
        summary, labels, due = told.get("summary"), told.get("labels") or [], told.get("duedate")
        if not isinstance(summary, str) or not summary.strip():
            wrong["summary"] = "You must specify a summary of the issue."
        elif len(summary) > 255:
            wrong["summary"] = "Summary must be less than 255 characters."
        if _inner(told, "project", "key") not in PROJECTS:
            wrong["project"] = "Specify a valid project ID or key"
        if _inner(told, "issuetype", "name") not in TYPES.values():
            wrong["issuetype"] = "Specify a valid issue type"
        if "description" in told and not self.forms.is_document(told["description"]):
            wrong["description"] = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
        if not isinstance(labels, list) or any(
            not isinstance(one, str) or " " in one or len(one) > 255 for one in labels
        ):
            wrong["labels"] = "The label contains spaces which is invalid."
        if due is not None and not _is_day(due):
            wrong["duedate"] = "Error parsing date string."
        if "assignee" in told and ("ASSIGN_ISSUES" in self.lacking or self._assignee(told) is None):
            wrong["assignee"] = "User cannot be assigned issues."
        return wrong

    def _assignee(self, told: Mapping[str, Any]) -> str | None:
        return self.forms.assignee(told.get("assignee"), self.estate)

    def told(self) -> dict[str, Any]:
        """What it holds now, as JSON; see :class:`~oncall_tui.demo.systems.Living`."""
        return {
            "issues": [
                {
                    "key": one.key,
                    "summary": one.summary,
                    "status": one.status,
                    "assignee": one.assignee,
                    "due": one.due,
                    "labels": list(one.labels),
                }
                for one in self.estate.issues.values()
            ],
            "writes": list(self.writes),
        }


def _attributes(issue: Issue) -> dict[str, Any]:
    category = {"new": "To Do", "indeterminate": "In Progress", "done": "Done"}.get(
        CATEGORIES.get(issue.status, ""), ""
    )
    return {
        "project": [issue.project, PROJECTS[issue.project]],
        "labels": issue.labels,
        "status": issue.status,
        "statuscategory": [category, CATEGORIES.get(issue.status, "")],
        "issuetype": issue.type,
        "created": issue.created,
        "updated": issue.updated,
        "resolved": issue.resolved,
        "key": issue.key,
        "assignee": issue.assignee or "",
    }


def _inner(told: Mapping[str, Any], name: str, key: str) -> Any:
    found = told.get(name)
    return found.get(key) if isinstance(found, dict) else None


def _is_day(value: Any) -> bool:
    try:
        date.fromisoformat(value)
    except (ValueError, TypeError):
        return False
    return len(value) == 10
