"""What the simulated site holds: projects, issues, people; and what happens to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.demo import company

CATEGORIES = {"To Do": "new", "In Progress": "indeterminate", "Done": "done"}
TYPES = {"10001": "Task", "10002": "Bug", "10003": "Story"}
PROJECTS = {"OPS": "Operations", "SUP": "Support"}


@dataclass(slots=True)
class Issue:
    """One issue; ``description`` is as it was given: a document, or plain text in a Data Center."""

    id: str
    key: str
    summary: str
    type: str
    created: datetime
    updated: datetime
    reporter: str
    status: str = "To Do"
    description: Any = None
    labels: tuple[str, ...] = ()
    assignee: str | None = None
    due: str | None = None
    priority: str = "Medium"
    component: str | None = None
    resolved: datetime | None = None

    @property
    def project(self) -> str:
        """The key of its project."""
        return self.key.partition("-")[0]


class Estate:
    """The site's things.

    Args:
        document: makes a description of plain text.
    """

    def __init__(self, seed: int, now: datetime, document: Any) -> None:
        self.accounts = {person.key: f"{seed:02x}aa{number:020x}" for number, person in enumerate(company.EMPLOYEES, 1)}
        """Account ids of the company's people."""
        self.hidden = {"grace", "henry"}
        """Who does not let the mail address be seen."""
        self.issues: dict[str, Issue] = {}
        self._numbers = dict.fromkeys(PROJECTS, 40)
        self._document = document
        self._plans: list[tuple[datetime, str]] = [
            (now + timedelta(minutes=6), "report"),
            (now + timedelta(minutes=10), "done"),
        ]
        self._open_scene(now)

    def add(self, project: str, summary: str, at: datetime, reporter: str, **more: Any) -> Issue:
        """A new issue."""
        self._numbers[project] += 1
        key = f"{project}-{self._numbers[project]}"
        native_id = str(10_000 + len(self.issues))
        issue = Issue(native_id, key, summary, more.pop("type", "Task"), at, at, reporter, **more)
        self.issues[key] = issue
        return issue

    def move(self, key: str, status: str, at: datetime) -> None:
        """An issue goes over into that state."""
        issue = self.issues[key]
        issue.status, issue.updated = status, at
        issue.resolved = at if CATEGORIES.get(status) == "done" else None

    def report(self, summary: str, text: str, at: datetime, component: str, priority: str = "High") -> Issue:
        """A user reports trouble."""
        return self.add(
            "SUP", summary, at, "kevin", type="Bug", description=self._document(text), labels=("outage",),
            component=component, priority=priority,
        )  # fmt: skip

    def advance(self, now: datetime) -> None:
        """Let happen what was due."""
        while self._plans and self._plans[0][0] <= now:
            at, what = self._plans.pop(0)
            if what == "report":
                self.report("Invoices are empty", "Every invoice of today shows no lines.", at, "storage", "Medium")
            else:
                self.move("OPS-42", "Done", at)

    def person(self, account: str) -> str | None:
        """Whose that account id is."""
        return next((key for key, native_id in self.accounts.items() if native_id == account), None)

    def labelled(self, label: str) -> Sequence[Issue]:
        """The issues with that label."""
        return [issue for issue in self.issues.values() if label in issue.labels]

    def _open_scene(self, now: datetime) -> None:
        def ago(hours: float) -> datetime:
            return now - timedelta(hours=hours)

        day = (now + timedelta(days=4)).date().isoformat()
        late = (now - timedelta(days=1)).date().isoformat()
        self.add(
            "OPS", "Raise the connection pool's limit", ago(50), "alice", assignee="ivan",
            labels=("oncall-action", "oncall-pager:Q2ABC"), due=day,
            description=self._document("It ran out twice this week."),
        )  # fmt: skip
        self.add(
            "OPS", "Alert on the age of the search index", ago(70), "charlie", labels=("oncall-action",),
            assignee="judy", due=late, status="In Progress",
        )  # fmt: skip
        self.add("OPS", "Write a runbook for the gateway", ago(90), "bob", labels=("oncall-action",))
        done = self.add(
            "OPS", "Rotate the edge certificates", ago(200), "eve", labels=("oncall-action",), assignee="eve"
        )
        self.move(done.key, "Done", ago(30))
        old = self.add("OPS", "Replace the old load balancer", ago(900), "eve", labels=("oncall-action",))
        self.move(old.key, "Done", ago(600))
        self.add("OPS", "Tidy up the wiki", ago(20), "eve")
        self.report(
            "Cannot pay with a card", "I press Pay, it spins, then:\n\"Something went wrong\".\n\nOrder 4711.",
            ago(0.2), "payments",
        )  # fmt: skip
        closed = self.report("Login mail does not come", "Nothing in the inbox.", ago(1.5), "web", "Low")
        self.move(closed.key, "Done", ago(0.8))
        self.report("The shop does not open", "My phone says that the connection is not safe.", ago(0.05), "edge")
