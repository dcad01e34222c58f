"""Issues as action items and as users' reports. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from oncall_tui.model import ActionItem, Alert, AlertState, join_id
from oncall_tui.sources import fields
from oncall_tui.sources.jira.dialects import Dialect, Row, issue_key
from oncall_tui.sources.jira.marks import incident_of
from oncall_tui.sources.jira.options import Options
from oncall_tui.text import MAX_TITLE, clean

ITEM_FIELDS = ("summary", "status", "assignee", "duedate", "labels", "created", "updated")
REPORT_FIELDS = (
    "summary",
    "description",
    "status",
    "priority",
    "reporter",
    "components",
    "labels",
    "created",
    "updated",
    "resolutiondate",
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the issues of one Jira."""

    source: str
    options: Options
    dialect: Dialect
    now: datetime

    def item(self, row: Row) -> ActionItem | None:
        """An action item; ``None`` where it has no key."""
        key = issue_key(row)
        if key is None:
            return None
        told = fields.obj(row, "fields")
        return ActionItem(
            id=join_id(self.source, key),
            source=self.source,
            native_id=key,
            title=fields.text(told, "summary") or "(no summary)",
            state=fields.text(told, "status", "name", limit=60) or "?",
            done=fields.text(told, "status", "statusCategory", "key") == "done",
            owner=self.dialect.person(fields.obj(told, "assignee")),
            due=_day(told, "duedate"),
            incident_id=incident_of(_labels(told)),
            created_at=fields.instant(told, "created"),
            updated_at=fields.instant(told, "updated"),
            url=self.options.page(key),
        )

    def report(self, row: Row) -> Alert | None:
        """A user's report; ``None`` where it has no key."""
        key = issue_key(row)
        if key is None:
            return None
        told = fields.obj(row, "fields")
        category = fields.text(told, "status", "statusCategory", "key")
        state = AlertState.UNKNOWN if category is None else AlertState.FIRING
        updated_at = fields.instant(told, "updated")
        first_at = fields.instant(told, "created") or updated_at or self.now
        priority = fields.text(told, "priority", "name", limit=60)
        component = next((fields.text(one, "name", limit=200) for one in fields.rows(told, "components")), None)
        reporter = self.dialect.person(fields.obj(told, "reporter"))
        ended_at = fields.instant(told, "resolutiondate") or updated_at or self.now
        return Alert(
            id=join_id(self.source, key),
            source=self.source,
            native_id=key,
            name=fields.text(told, "summary") or "(no summary)",
            state=AlertState.RESOLVED if category == "done" else state,
            first_at=first_at,
            last_at=max(first_at, updated_at or first_at),
            severity_word=priority,
            severity=self.options.severity_of(priority),
            service=component,
            summary=self._text(told) or None,
            group_key=key,
            labels={
                "issue": key,
                "status": fields.text(told, "status", "name", limit=60) or "?",
                **({"reporter": reporter.name} if reporter else {}),
            },
            incident_id=incident_of(_labels(told)),
            ended_at=ended_at if category == "done" else None,
            url=self.options.page(key),
        )

    def _text(self, told: Row) -> str:
        """What the user wrote, as one line."""
        return clean(" ".join(self.dialect.plain(told.get("description")).split()), MAX_TITLE)


def _labels(told: Row) -> tuple[str, ...]:
    listed = told.get("labels")
    return tuple(clean(one, 255) for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()


def _day(told: Row, name: str) -> date | None:
    found = told.get(name)
    try:
        return date.fromisoformat(found) if isinstance(found, str) and len(found) == 10 else None
    except ValueError:
        return None
