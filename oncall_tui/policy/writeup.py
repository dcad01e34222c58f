"""What is owed after an incident: its post-mortem, until when and by which rule, and its action items. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from oncall_tui.model import Severity
from oncall_tui.policy.calendar import Calendar
from oncall_tui.policy.marks import Mark, MarkKind, NotedItem, item
from oncall_tui.policy.severity import SeverityPolicy
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteUp:
    """Whether a post-mortem is owed. ``due`` is the end (UTC) of its last business day; ``None`` while the incident is
    open, and where none is owed. ``rule`` names the row of the severity policy that says so."""

    required: bool
    due: datetime | None
    rule: str


def write_up(
    severity: Severity | None, resolved: datetime | None, policy: SeverityPolicy, calendar: Calendar
) -> WriteUp:
    """The post-mortem that the severity's rule asks for, counted from the resolution."""
    row = policy.rule(severity)
    name = f"Sev{row.severity} ({row.title})"
    if severity is None:
        name = f"severity not known, which counts as {name}"
    days = row.postmortem_days
    if days is None:
        return WriteUp(required=False, due=None, rule=f"{name}: no post-mortem required")
    rule = f"{name}: post-mortem within {days} business day{'' if days == 1 else 's'} of the resolution"
    due = calendar.after_business_days(resolved, days) if resolved is not None else None
    return WriteUp(required=True, due=due, rule=rule)


def noted_items(found: Sequence[Mark]) -> tuple[tuple[NotedItem, bool], ...]:
    """The action items among these marks, each with whether a later ``done: …`` of the same incident names its ticket
    or its words."""
    done = {
        (mark.incident_id, _key(word))
        for mark in found
        if mark.kind is MarkKind.DONE
        for word in (mark.text, mark.text.split(" ")[0])
    }
    items = [item(mark.text, mark.incident_id) for mark in found if mark.kind is MarkKind.ACTION]
    return tuple(
        (one, any((one.incident_id, _key(word)) in done for word in (one.ticket, one.task, one.text) if word))
        for one in items
    )


def _key(words: str) -> str:
    return words.casefold().strip(" .:,;")
