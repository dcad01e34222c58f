"""What is due or offered on an incident: what, when, to whom, where, and which row of which rule says so. Pure.

:func:`oncall_tui.policy.due.next_due` is the nearest deadline alone, for the dashboard's row; this is all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from oncall_tui.model import (
    PUBLICATION_STATES,
    EntryKind,
    HealthCheck,
    HealthSample,
    Incident,
    IncidentFacts,
    IncidentState,
    OutboxRow,
    Severity,
    TimelineEntry,
)
from oncall_tui.policy import communication as comms
from oncall_tui.policy.calendar import Calendar
from oncall_tui.policy.communication import STAKEHOLDERS, Audience, Communication, length
from oncall_tui.policy.due import Due, DueKind
from oncall_tui.policy.escalating import breach, escalated, severity_since
from oncall_tui.policy.life import Life, life
from oncall_tui.policy.marks import Mark, MarkKind, marks
from oncall_tui.policy.publication import RESOLVED, Published, is_behind, wanted
from oncall_tui.policy.severity import SeverityPolicy, SeverityRule
from oncall_tui.policy.writeup import write_up
from oncall_tui.records import dataclass


class Duty(StrEnum):
    """What somebody ought to do."""

    ACKNOWLEDGE = "acknowledge"
    TAKE_PART = "take part"
    UPDATE = "update"
    PUBLISH = "publish"
    ESCALATE = "escalate"
    RESOLVE = "resolve"
    POSTMORTEM = "post-mortem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One thing that is due at ``at`` (aware UTC), or offered (``None``)."""

    duty: Duty
    does: str
    """In words: ``tell customers``, ``escalate to VP Engineering``."""
    at: datetime | None
    to: tuple[str, ...]
    """Who is told, who does it, who it goes to: roles and audiences as the policy names them."""
    where: tuple[str, ...]
    """Systems and channels, as the policy words them."""
    rule: str
    """The row that says so: ``Sev1 · communication: every 30 min to stakeholders``."""
    audience: str = ""
    """Of an update: whose it is, by the matrix's name, or :data:`STAKEHOLDERS`."""
    status: str = ""
    """Of what is published: what it ought to say."""

    def overdue(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.at is not None and now >= self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The team's rules that reminders come from."""

    policy: SeverityPolicy = field(default_factory=SeverityPolicy)
    calendar: Calendar = field(default_factory=Calendar)
    communication: Communication = field(default_factory=Communication)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What of the world beside the incident the rules look at."""

    channels: tuple[tuple[str, str], ...] = ()
    """(name, kind) of the configured channels."""
    pages: tuple[Published, ...] = ()
    """What each status page has of it."""
    health: tuple[tuple[HealthCheck, tuple[HealthSample, ...]], ...] = ()
    """All checks with their latest samples, oldest first."""
    recovered_at: datetime | None = None
    """When the watch after the fix said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One incident under the rules."""

    incident: Incident
    timeline: Sequence[TimelineEntry]
    outbox: Sequence[OutboxRow]
    life: Life
    marks: Sequence[Mark]
    rules: Rules
    around: Around
    row: SeverityRule
    name: str
    """How its rules begin: ``Sev2``."""

    @property
    def severity(self) -> Severity:
        """The one that its rules are of."""
        return self.row.severity

    @property
    def begun(self) -> datetime:
        """From when on others wait for news: the acknowledgement, or the trigger."""
        incident = self.incident
        return incident.first_acknowledged_at or incident.acknowledged_at or incident.created_at

    @property
    def is_asleep(self) -> bool:
        """Snoozed until a time that is known: nobody waits for anything before."""
        return self.incident.state is IncidentState.SNOOZED and self.incident.wakes_at is not None


def reminders(facts: IncidentFacts, rules: Rules, around: Around | None = None) -> tuple[Reminder, ...]:
    """All that is due or offered, the nearest deadline first, offers last."""
    incident = facts.incident
    row = rules.policy.rule(incident.severity)
    first_alert = min((alert.first_at for alert in facts.alerts), default=None)
    case = _Case(
        incident=incident,
        timeline=facts.timeline,
        outbox=facts.outbox,
        life=life(incident, facts.timeline, first_alert),
        marks=marks(facts.timeline),
        rules=rules,
        around=around or Around(),
        row=row,
        name=severity_name(incident.severity, row),
    )
    found = [*(_after(case) if not incident.is_open else _during(case)), *_status_page(case)]
    order = tuple(Duty)
    # Stable: what the matrix has first stays first among equals.
    return tuple(
        sorted(found, key=lambda one: (one.at is None, one.at.timestamp() if one.at else 0.0, order.index(one.duty)))
    )


def rule_of(incident: Incident, due: Due, policy: SeverityPolicy) -> str:
    """The row that the nearest deadline of an incident comes from, as :func:`reminders` names it."""
    row = policy.rule(incident.severity)
    name = severity_name(incident.severity, row)
    match due.what:
        case DueKind.ACKNOWLEDGE:
            return _response_line(name, row)
        case DueKind.UPDATE:
            return f"{name} · communication: every {length(row.update)} to {STAKEHOLDERS}"
        case DueKind.RESOLVE:
            return f"{name} · resolution: within {length(row.resolve)} of the trigger"
        case DueKind.POSTMORTEM:
            return f"{name} · post-mortem: {_within_days(row)}"
    return "the snooze ends"


def _response_line(name: str, row: SeverityRule) -> str:
    within = f"within {length(row.respond)}" if row.respond is not None else "within business hours"
    return f"{name} · response: acknowledge {within}"


def severity_name(severity: Severity | None, row: SeverityRule) -> str:
    """How the rules of an incident begin: ``Sev2``, ``severity not known, counts as Sev2``."""
    return f"Sev{row.severity}" if severity == row.severity else f"severity not known, counts as Sev{row.severity}"


def _during(case: _Case) -> Iterator[Reminder]:
    yield _take_part(case)
    if not case.is_asleep:
        if case.incident.state in (IncidentState.TRIGGERED, IncidentState.UNKNOWN):
            yield _acknowledge(case)
        yield _resolve(case)
        yield from _updates(case)
    yield from _escalation(case)


# -- response --------------------------------------------------------------------------------------------------


def _acknowledge(case: _Case) -> Reminder:
    incident, row = case.incident, case.row
    again = [entry.at for entry in case.timeline if entry.kind in (EntryKind.UNACKNOWLEDGED, EntryKind.REOPENED)]
    start = max((incident.created_at, *again))
    return Reminder(
        duty=Duty.ACKNOWLEDGE,
        does="acknowledge",
        at=start + row.respond if row.respond is not None else case.rules.calendar.end_of_business_day(start),
        to=row.participants[:1],
        where=(incident.source,),
        rule=_response_line(case.name, row),
    )


def _take_part(case: _Case) -> Reminder:
    row = case.row
    return Reminder(
        duty=Duty.TAKE_PART,
        does="take part",
        at=None,
        to=row.participants,
        where=row.channels,
        rule=f"{case.name} · participants: {', '.join(row.participants) or 'nobody is named'}",
    )


def _resolve(case: _Case) -> Reminder:
    return Reminder(
        duty=Duty.RESOLVE,
        does="resolve",
        at=case.incident.created_at + case.row.resolve,
        to=case.row.participants,
        where=(case.incident.source,),
        rule=f"{case.name} · resolution: within {length(case.row.resolve)} of the trigger",
    )


# -- communication ---------------------------------------------------------------------------------------------


def _updates(case: _Case) -> Iterator[Reminder]:
    row, told = case.row, comms.told_at(case.timeline)
    recovered = case.around.recovered_at
    if recovered is not None and (told is None or told < recovered) and (row.update is not None or told is not None):
        yield Reminder(
            duty=Duty.UPDATE,
            does=f"tell {STAKEHOLDERS}: recovered",
            at=recovered,
            to=(STAKEHOLDERS,),
            where=row.channels,
            rule=f"resolution · tell {STAKEHOLDERS}: the watch says recovered",
            audience=STAKEHOLDERS,
        )
    elif row.update is not None:
        yield Reminder(
            duty=Duty.UPDATE,
            does=f"tell {STAKEHOLDERS}",
            at=max(case.begun, told or case.begun) + row.update,
            to=(STAKEHOLDERS,),
            where=row.channels,
            rule=f"{case.name} · communication: every {length(row.update)} to {STAKEHOLDERS}",
            audience=STAKEHOLDERS,
        )
    elif row.as_needed:
        yield Reminder(
            duty=Duty.UPDATE,
            does=f"tell {STAKEHOLDERS}",
            at=None,
            to=(STAKEHOLDERS,),
            where=row.channels,
            rule=f"{case.name} · communication: as needed",
            audience=STAKEHOLDERS,
        )
    for audience in case.rules.communication.audiences:
        every = audience.every.get(case.severity)
        if every is not None:
            told = comms.audience_told_at(audience, case.timeline, case.outbox, case.around.channels)
            at = max(case.begun, told or case.begun) + every
            yield _to_audience(case, audience, at, f"every {length(every)}")


def _to_audience(case: _Case, audience: Audience, at: datetime, often: str) -> Reminder:
    content = f": {audience.content}" if audience.content else ""
    where = ", ".join(audience.where)
    return Reminder(
        duty=Duty.UPDATE,
        does=f"tell {audience.name}",
        at=at,
        to=(audience.name,),
        where=audience.where,
        rule=f"{case.name} · communication matrix, {audience.name}: {often} by {where}{content}",
        audience=audience.name,
    )


def _after(case: _Case) -> Iterator[Reminder]:
    """What is owed once it is over."""
    yield from _closing(case)
    owed = write_up(case.incident.severity, case.life.resolved, case.rules.policy, case.rules.calendar)
    row = case.row
    is_written = any(mark.kind is MarkKind.POSTMORTEM for mark in case.marks)
    if is_written or not (owed.required or row.postmortem_optional):
        return
    yield Reminder(
        duty=Duty.POSTMORTEM,
        does="write the post-mortem",
        at=owed.due,
        to=_author(row),
        where=(case.incident.source,),
        rule=f"{case.name} · post-mortem: {_within_days(row)}",
    )


def _within_days(row: SeverityRule) -> str:
    days = row.postmortem_days
    return f"within {days} business day{'' if days == 1 else 's'} of the resolution" if days else "optional"


def _author(row: SeverityRule) -> tuple[str, ...]:
    leads = tuple(one for one in row.participants if "commander" in one.casefold())
    return leads or row.participants[:1]


def _closing(case: _Case) -> Iterator[Reminder]:
    """They hear that it is resolved: whom the policy has told while it was open, or who was told of it."""
    over, told = case.life.resolved, comms.told_at(case.timeline)
    if over is None or (told is not None and told >= over) or (case.row.update is None and told is None):
        return
    yield Reminder(
        duty=Duty.UPDATE,
        does=f"tell {STAKEHOLDERS}: resolved",
        at=over,
        to=(STAKEHOLDERS,),
        where=case.row.channels,
        rule=f"{case.name} · communication: {STAKEHOLDERS} hear that it is resolved",
        audience=STAKEHOLDERS,
        status=RESOLVED,
    )


# -- status page -----------------------------------------------------------------------------------------------


def _status_page(case: _Case) -> Iterator[Reminder]:
    ought = wanted(case.incident, case.life, case.marks)
    for page in case.around.pages:
        if page.is_on_way:
            continue
        if page.status is None and case.incident.is_open and case.severity in case.rules.communication.published:
            named = " and ".join(f"Sev{one}" for one in sorted(case.rules.communication.published))
            yield Reminder(
                duty=Duty.PUBLISH,
                does=f"publish: {ought.status}",
                at=None,
                to=("customers",),
                where=(page.channel,),
                rule=f"{case.name} · status page: published for {named} if customers are affected",
                status=ought.status,
            )
        elif is_behind(page.status, ought.status):
            yield Reminder(
                duty=Duty.PUBLISH,
                does=f"publish: {ought.status}",
                at=ought.since,
                to=("customers",),
                where=(page.channel,),
                rule=f"status page · follows the phases: {ought.why}, and it says {page.status}",
                status=ought.status,
            )
        elif page.status in PUBLICATION_STATES and page.status != RESOLVED and page.told_at is not None:
            promised = case.rules.communication.promised
            yield Reminder(
                duty=Duty.PUBLISH,
                does="publish an update",
                at=page.told_at + promised,
                to=("customers",),
                where=(page.channel,),
                rule=f"status page · news is promised every {length(promised)}",
                status=page.status,
            )


# -- escalation ------------------------------------------------------------------------------------------------


def _escalation(case: _Case) -> Iterator[Reminder]:
    row, rule = case.row, case.row.escalate
    since: datetime | None = None
    line = f"{case.name} · escalation: {row.escalation or 'by hand'}"
    match rule.when:
        case "at-once":
            since = severity_since(case.incident, case.timeline)
        case "not-resolved":
            since = case.incident.created_at + (rule.after or row.resolve)
        case "slo-breach":
            breached = breach(case.incident, rule, case.around.health)
            if breached is False:
                return
            if isinstance(breached, tuple):
                since = breached[0]
                line = f"{line}: {breached[1]}"
            else:
                line = f"{line} (look yourself: {breached or 'no query tells of it'})"
    if since is not None and escalated(case.timeline, since, rule.to):
        return
    to = rule.to or "the next level"
    yield Reminder(
        duty=Duty.ESCALATE,
        does=f"escalate to {to}",
        at=since,
        to=(to,),
        where=(case.incident.source,),
        rule=line,
    )
