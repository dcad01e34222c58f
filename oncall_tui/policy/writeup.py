"""What is owed after an incident: its post-mortem, until when and by which rule, and its action items. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from oncall_tui.model import Incident, IncidentHistory, Severity
from oncall_tui.policy.calendar import Calendar
from oncall_tui.policy.life import life
from oncall_tui.policy.marks import Mark, MarkKind, NotedItem, item, marks
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedPostMortem:
    """A post-mortem that is owed and not written."""

    incident: Incident
    due: datetime
    rule: str
    is_overdue: bool


def owed_postmortems(
    histories: Iterable[IncidentHistory], policy: SeverityPolicy, calendar: Calendar, now: datetime
) -> tuple[OwedPostMortem, ...]:
    """Of these incidents the post-mortems that are owed and that no note says are done; what is due first, first."""
    found = [one for history in histories if (one := _owed(history, policy, calendar, now)) is not None]
    return tuple(sorted(found, key=lambda one: (one.due, one.incident.id)))


def _owed(history: IncidentHistory, policy: SeverityPolicy, calendar: Calendar, now: datetime) -> OwedPostMortem | None:
    incident = history.incident
    if incident.merged_into is not None:
        return None
    resolved = life(incident, history.timeline, history.first_alert_at).resolved
    what = write_up(incident.severity, resolved, policy, calendar)
    if what.due is None or written(marks(history.timeline)) is not None:
        return None
    return OwedPostMortem(incident=incident, due=what.due, rule=what.rule, is_overdue=what.due < now)


def written(found: Sequence[Mark]) -> Mark | None:
    """The mark that says that the post-mortem is written, and where; the latest."""
    return max((mark for mark in found if mark.kind is MarkKind.POSTMORTEM), key=lambda mark: mark.at, default=None)


def done_note(where: str) -> str:
    """The note that says that a post-mortem is written; ``where``: an address or words, may be empty."""
    where = " ".join(where.split())
    return f"post-mortem: {where or 'done'}"


def item_note(text: str) -> str:
    """The note that an action item is: ``action: …``."""
    return f"action: {' '.join(text.split())}"


def item_done_note(one: NotedItem) -> str:
    """The note that says that an action item is done: it names its ticket, or its words."""
    return f"done: {one.ticket or one.task}"


def ticket_note(one: NotedItem, key: str) -> str:
    """The note that says which ticket an action item has become, for everybody who reads the pager."""
    return f"ticket: {key} {one.task}"


def noted_items(
    found: Sequence[Mark], done_tickets: Collection[str] = frozenset()
) -> tuple[tuple[NotedItem, bool], ...]:
    """The action items among these marks, each with whether it is done: a later ``done: …`` of the same incident names
    its ticket or its words, or its ticket is among ``done_tickets`` (folded keys). The ticket is the one that the item
    names, or that a mark ``ticket: …`` says it has become."""
    done = {
        (mark.incident_id, _key(word))
        for mark in found
        if mark.kind is MarkKind.DONE
        for word in (mark.text, mark.text.split(" ")[0])
    }
    became = _tickets(found)
    items = [_with_ticket(item(mark.text, mark.incident_id), became) for mark in found if mark.kind is MarkKind.ACTION]
    return tuple(
        (
            one,
            (one.ticket is not None and one.ticket.casefold() in done_tickets)
            or any((one.incident_id, _key(word)) in done for word in (one.ticket, one.task, one.text) if word),
        )
        for one in items
    )


def _tickets(found: Sequence[Mark]) -> dict[tuple[str | None, str], str]:
    told = [(mark.incident_id, *mark.text.partition(" ")[::2]) for mark in found if mark.kind is MarkKind.TICKET]
    return {(incident_id, _key(words)): key.strip(",:;") for incident_id, key, words in told if words}


def _with_ticket(one: NotedItem, became: dict[tuple[str | None, str], str]) -> NotedItem:
    ticket = one.ticket or became.get((one.incident_id, _key(one.task)))
    return one if ticket == one.ticket else replace(one, ticket=ticket)


def _key(words: str) -> str:
    return words.casefold().strip(" .:,;")
