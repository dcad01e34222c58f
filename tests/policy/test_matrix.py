"""Every row of the seed's severity matrix and of its communication matrix: what is due, when, who is told, where, and
the line that says which row it is. Each case is named after its row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oncall_tui.model import (
    EntryKind,
    HealthCheck,
    HealthSample,
    HealthStatus,
    Incident,
    IncidentFacts,
    IncidentState,
    NoteKind,
    OutboxRow,
    OutboxState,
    TimelineEntry,
    Verb,
)
from oncall_tui.policy import DEFAULT_RULES, Calendar, SeverityPolicy, next_due
from oncall_tui.policy.communication import Audience, Communication, channels_of
from oncall_tui.policy.publication import Published
from oncall_tui.policy.reminders import Around, Duty, Reminder, Rules, reminders, rule_of
from oncall_tui.policy.severity import EscalationRule
from tests.support.make import NOW, ago, incident

ACKED = IncidentState.ACKNOWLEDGED
RESOLVED = IncidentState.RESOLVED
H, M = timedelta(hours=1), timedelta(minutes=1)
CHANNELS = (("war-room", "slack"), ("page", "statuspage"), ("mail", "smtp"), ("bridge", "manual"))
RULES = Rules()


def entry(minutes: float, kind: EntryKind = EntryKind.NOTE, text: str = "", **fields: Any) -> TimelineEntry:
    return TimelineEntry(
        id=f"pager:E{minutes}{kind}{text[:8]}", incident_id="pager:Q1", at=ago(minutes), kind=kind, text=text, **fields
    )


def utc(parts: tuple[int, ...]) -> datetime:
    year, month, day, hour, minute = (*parts, 0)[:5]
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def told(minutes: float, text: str = "told them") -> TimelineEntry:
    return entry(minutes, text=text, note_kind=NoteKind.TOLD)


def said(minutes: float, channel: str, verb: Verb = Verb.MESSAGE, **params: Any) -> OutboxRow:
    return OutboxRow(
        key=f"k{channel}{minutes}",
        verb=verb,
        target="pager:Q1",
        source=channel,
        target_title="x",
        params=params,
        seat="alice",
        created_at=ago(minutes),
        not_before=ago(minutes),
        sent_at=ago(minutes),
        state=OutboxState.CONFIRMED,
    )


def due(
    one: Incident,
    *timeline: TimelineEntry,
    rules: Rules = RULES,
    outbox: tuple[OutboxRow, ...] = (),
    **around: Any,
) -> tuple[Reminder, ...]:
    facts = IncidentFacts(incident=one, timeline=timeline, outbox=outbox)
    return reminders(facts, rules, Around(**{"channels": CHANNELS, **around}))


def only(found: tuple[Reminder, ...], duty: Duty, audience: str = "") -> Reminder:
    (one,) = [one for one in found if one.duty is duty and (not audience or one.audience == audience)]
    return one


def open_one(severity: int | None, minutes: float = 20, **fields: Any) -> Incident:
    return incident(minutes=minutes, severity=severity, **fields)


def acked(severity: int | None, minutes: float = 20, **fields: Any) -> Incident:
    at = {"acknowledged_at": ago(minutes - 2), "first_acknowledged_at": ago(minutes - 2)}
    return open_one(severity, minutes, **{"state": ACKED, **at, **fields})


def over(severity: int | None, minutes: float = 20, **fields: Any) -> Incident:
    return open_one(severity, minutes, **{"state": RESOLVED, "resolved_at": ago(0), **fields})


def of(severity: int, what: str) -> Any:
    return f"sev{severity}-{what}"


# -- definition and examples -----------------------------------------------------------------------------------

_MEANS = {
    1: ("Complete service unavailability for most users", ("website down", "payment system down", "data loss")),
    2: ("Significant service degradation or important feature unavailability", ("50 % of requests fail",)),
    3: ("Minimal user impact or workaround available", ("10 % of requests slower", "monitoring gap")),
    4: ("Cosmetic or informational issues, no user impact", ("wrong colour in the UI", "technical questions")),
}


@pytest.mark.parametrize("severity", _MEANS, ids=lambda one: of(one, "definition-and-examples"))
def test_what_a_severity_means(severity: int) -> None:
    definition, examples = _MEANS[severity]
    rule = DEFAULT_RULES[severity]
    assert rule.definition == definition
    assert set(examples) <= set(rule.examples) and len(rule.examples) == 4


# -- response --------------------------------------------------------------------------------------------------

_BUSINESS = datetime(2026, 11, 23, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("severity", "at", "line"),
    [
        pytest.param(1, ago(20) + 5 * M, "Sev1 · response: acknowledge within 5 min", id=of(1, "response-time")),
        pytest.param(2, ago(20) + 15 * M, "Sev2 · response: acknowledge within 15 min", id=of(2, "response-time")),
        pytest.param(3, ago(20) + 30 * M, "Sev3 · response: acknowledge within 30 min", id=of(3, "response-time")),
        pytest.param(4, _BUSINESS, "Sev4 · response: acknowledge within business hours", id=of(4, "response-time")),
        pytest.param(
            None,
            ago(20) + 15 * M,
            "severity not known, counts as Sev2 · response: acknowledge within 15 min",
            id="unknown-response-time",
        ),
    ],
)
def test_response(severity: int | None, at: datetime, line: str) -> None:
    one = only(due(open_one(severity)), Duty.ACKNOWLEDGE)
    assert (one.at, one.rule) == (at, line)
    assert one.to == (("on-call as needed",) if severity == 4 else ("primary on-call",))
    assert one.where == ("pager",)
    assert not [one for one in due(acked(severity)) if one.duty is Duty.ACKNOWLEDGE], "it is acknowledged"


def test_a_second_page_starts_the_response_anew() -> None:
    found = due(open_one(1), entry(2, EntryKind.UNACKNOWLEDGED, "nobody answered"))
    assert only(found, Duty.ACKNOWLEDGE).at == ago(2) + 5 * M


_HOLIDAY = Calendar(
    zone=ZoneInfo("Europe/Berlin"), opens=time(9), closes=time(18), holidays=frozenset({date(2026, 12, 25)})
)


@pytest.mark.parametrize(
    ("triggered", "at"),
    [
        pytest.param((2026, 11, 23, 9), (2026, 11, 23, 17), id="sev4-response-same-day"),
        pytest.param((2026, 11, 23, 17, 30), (2026, 11, 24, 17), id="sev4-response-after-hours"),
        pytest.param((2026, 11, 27, 20), (2026, 11, 30, 17), id="sev4-response-across-a-weekend"),
        pytest.param((2026, 12, 24, 20), (2026, 12, 28, 17), id="sev4-response-across-a-holiday-and-a-weekend"),
        pytest.param((2027, 3, 26, 18), (2027, 3, 29, 16), id="sev4-response-across-the-clocks-change"),
    ],
)
def test_within_business_hours(triggered: tuple[int, ...], at: tuple[int, ...]) -> None:
    one = open_one(4, created_at=utc(triggered))
    found = due(one, rules=replace(RULES, calendar=_HOLIDAY))
    assert only(found, Duty.ACKNOWLEDGE).at == utc(at)


@pytest.mark.parametrize(
    ("severity", "hours"),
    [pytest.param(severity, hours, id=of(severity, "resolution-target")) for severity, hours in
     ((1, 4), (2, 8), (3, 24), (4, 72))],
)  # fmt: skip
def test_resolution(severity: int, hours: int) -> None:
    one = only(due(acked(severity)), Duty.RESOLVE)
    assert one.at == ago(20) + hours * H
    assert one.to == DEFAULT_RULES[severity].participants
    assert one.where == ("pager",)
    words = f"{hours // 24} d" if hours == 72 else f"{hours} h"
    assert one.rule == f"Sev{severity} · resolution: within {words} of the trigger"


_PARTICIPANTS = {
    1: ("primary on-call", "secondary on-call", "incident commander", "engineering manager", "stakeholders"),
    2: ("primary on-call", "secondary on-call", "incident commander", "relevant team lead"),
    3: ("primary on-call", "secondary on-call (optional)"),
    4: ("on-call as needed",),
}


@pytest.mark.parametrize("severity", _PARTICIPANTS, ids=lambda one: of(one, "participants"))
def test_participants(severity: int) -> None:
    one = only(due(open_one(severity)), Duty.TAKE_PART)
    assert one.at is None
    assert one.to == _PARTICIPANTS[severity]
    assert one.where == DEFAULT_RULES[severity].channels
    assert one.rule == f"Sev{severity} · participants: {', '.join(_PARTICIPANTS[severity])}"


# -- communication of the severity's row -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "every", "line"),
    [
        pytest.param(
            1, 30 * M, "Sev1 · communication: every 30 min to stakeholders", id=of(1, "communication-frequency")
        ),
        pytest.param(2, H, "Sev2 · communication: every 1 h to stakeholders", id=of(2, "communication-frequency")),
        pytest.param(3, None, "Sev3 · communication: as needed", id=of(3, "communication-frequency")),
    ],
)
def test_how_often_stakeholders_are_told(severity: int, every: timedelta | None, line: str) -> None:
    one = only(due(acked(severity)), Duty.UPDATE, "stakeholders")
    assert one.at == (ago(18) + every if every else None), "from the acknowledgement"
    assert one.to == ("stakeholders",)
    assert one.rule == line
    again = only(due(acked(severity), told(6)), Duty.UPDATE, "stakeholders")
    assert again.at == (ago(6) + every if every else None), "from when they were told last"
    by_page = entry(4, EntryKind.STATUS_UPDATE, "investigating: …")
    assert only(due(acked(severity), by_page), Duty.UPDATE, "stakeholders").at == (ago(4) + every if every else None)


@pytest.mark.parametrize("severity", [4], ids=lambda one: of(one, "communication-frequency"))
def test_nobody_waits_for_news_of_the_least(severity: int) -> None:
    assert not [one for one in due(acked(severity)) if one.duty is Duty.UPDATE]


_WHERE = {
    1: (("incident management tool", "slack war room", "email", "conference bridge"), ("war-room", "mail", "bridge")),
    2: (("incident tool", "slack"), ("war-room",)),
    3: (("incident tool",), ()),
    4: (("ticket system",), ("ops",)),
}


@pytest.mark.parametrize("severity", _WHERE, ids=lambda one: of(one, "communication-channels"))
def test_where_it_is_talked_about(severity: int) -> None:
    words, channels = _WHERE[severity]
    found = due(acked(severity))
    update = [one for one in found if one.audience == "stakeholders"]
    assert [one.where for one in update or [only(found, Duty.TAKE_PART)]] == [words]
    assert channels_of(words, (*CHANNELS, ("ops", "jira"))) == channels


# -- escalation ------------------------------------------------------------------------------------------------


def test_sev1_escalation_goes_to_the_vp_at_once() -> None:
    one = only(due(open_one(1)), Duty.ESCALATE)
    assert (one.at, one.to, one.where) == (ago(20), ("VP Engineering",), ("pager",))
    assert one.rule == "Sev1 · escalation: VP Engineering at once"
    assert one.overdue(NOW)


def test_sev1_escalation_counts_from_when_it_became_one() -> None:
    assert only(due(open_one(1), entry(7, EntryKind.SEVERITY, "P1")), Duty.ESCALATE).at == ago(7)


@pytest.mark.parametrize(
    "done",
    [
        pytest.param(entry(1, EntryKind.ESCALATED, "to level 3"), id="the-pagers-log"),
        pytest.param(entry(1, text="Escalated to the VP by phone"), id="a-note-that-begins-so"),
        pytest.param(told(1, "called VP Engineering"), id="a-note-that-names-who"),
        pytest.param(entry(1, text="Phone VP Engineering", note_kind=NoteKind.DID), id="a-tick-of-the-call"),
    ],
)
def test_sev1_escalation_is_done(done: TimelineEntry) -> None:
    assert not [one for one in due(open_one(1), done) if one.duty is Duty.ESCALATE]


def test_sev1_escalation_is_not_done_by_a_wish() -> None:
    wish = entry(1, text="VP Engineering should hear of it", note_kind=NoteKind.OBSERVED)
    assert only(due(open_one(1), wish), Duty.ESCALATE).at is not None


def _slo(status: HealthStatus, service: str | None = "payments", name: str = "payments slo") -> Any:
    check = HealthCheck(
        id=f"m:{name}", source="m", name=name, status=status, checked_at=NOW, service=service, value=7, unit="%"
    )
    bad, well = HealthStatus.DOWN, HealthStatus.OK
    return check, tuple(
        HealthSample(at=ago(m), value=1, status=s) for m, s in ((9, bad), (8, well), (4, bad), (2, bad))
    )


WITH_SLO = replace(
    RULES,
    policy=SeverityPolicy(
        {
            **DEFAULT_RULES,
            2: replace(DEFAULT_RULES[2], escalate=EscalationRule(when="slo-breach", slo=("Payments SLO",))),
        }
    ),
)


def test_sev2_escalation_is_due_since_the_objective_is_breached() -> None:
    one = only(due(acked(2), rules=WITH_SLO, health=(_slo(HealthStatus.DOWN),)), Duty.ESCALATE)
    assert one.at == ago(4)
    assert one.to == ("the next level",)
    assert one.rule == "Sev2 · escalation: on SLO breach: payments slo 7 %"


def test_sev2_escalation_is_not_due_while_the_objective_is_kept() -> None:
    found = due(acked(2), rules=WITH_SLO, health=(_slo(HealthStatus.OK),))
    assert not [one for one in found if one.duty is Duty.ESCALATE]


@pytest.mark.parametrize(
    ("rules", "health", "why"),
    [
        pytest.param(RULES, (_slo(HealthStatus.DOWN),), "no query tells of it", id="none-is-configured"),
        pytest.param(WITH_SLO, (), "no query of its service tells of it", id="none-is-told"),
        pytest.param(
            WITH_SLO,
            (_slo(HealthStatus.DOWN, "search"),),
            "no query of its service tells of it",
            id="of-another-service",
        ),
        pytest.param(WITH_SLO, (_slo(HealthStatus.UNKNOWN),), "no data of payments slo", id="no-data"),
    ],
)
def test_sev2_escalation_is_offered_where_no_query_tells(rules: Rules, health: Any, why: str) -> None:
    one = only(due(acked(2), rules=rules, health=health), Duty.ESCALATE)
    assert one.at is None
    assert one.rule == f"Sev2 · escalation: on SLO breach (look yourself: {why})"


def test_sev3_escalation_is_due_if_it_is_not_resolved_in_24_hours() -> None:
    one = only(due(acked(3)), Duty.ESCALATE)
    assert (one.at, one.to) == (ago(20) + 24 * H, ("the next level",))
    assert one.rule == "Sev3 · escalation: if not resolved in 24 h"
    assert not one.overdue(NOW) and one.overdue(ago(20) + 24 * H)
    early = entry(1, EntryKind.ESCALATED, "to level 2")
    assert only(due(acked(3), early), Duty.ESCALATE).at is not None, "an escalation before does not settle it"


def test_sev4_escalation_is_only_offered() -> None:
    one = only(due(acked(4)), Duty.ESCALATE)
    assert (one.at, one.rule) == (None, "Sev4 · escalation: rare")


# -- post-mortem -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "days", "resolved", "at"),
    [
        # Monday evening, in Berlin: closes at 18:00, which is 17:00 UTC.
        pytest.param(1, 5, (2026, 11, 23, 20), (2026, 11, 30, 17), id=of(1, "postmortem-across-a-weekend")),
        pytest.param(1, 5, (2026, 12, 21, 20), (2026, 12, 29, 17), id=of(1, "postmortem-across-a-holiday")),
        pytest.param(1, 5, (2026, 11, 28, 12), (2026, 12, 4, 17), id=of(1, "postmortem-from-a-weekend")),
        pytest.param(2, 10, (2026, 11, 23, 20), (2026, 12, 7, 17), id=of(2, "postmortem-across-weekends")),
        pytest.param(2, 10, (2026, 12, 18, 9), (2027, 1, 4, 17), id=of(2, "postmortem-across-a-holiday")),
    ],
)
def test_post_mortem(severity: int, days: int, resolved: tuple[int, ...], at: tuple[int, ...]) -> None:
    moment = utc(resolved)
    one = open_one(severity, state=RESOLVED, created_at=moment - H, resolved_at=moment)
    found = only(due(one, rules=replace(RULES, calendar=_HOLIDAY)), Duty.POSTMORTEM)
    assert found.at == utc(at)
    assert found.to == ("incident commander",)
    assert found.rule == f"Sev{severity} · post-mortem: within {days} business days of the resolution"
    written = TimelineEntry(
        id="pager:W", incident_id=one.id, at=moment + H, kind=EntryKind.NOTE, text="post-mortem: wiki/123"
    )
    assert not [one for one in due(one, written) if one.duty is Duty.POSTMORTEM]


def test_sev3_postmortem_is_optional() -> None:
    one = only(due(over(3)), Duty.POSTMORTEM)
    assert (one.at, one.rule, one.to) == (None, "Sev3 · post-mortem: optional", ("primary on-call",))


def test_sev4_postmortem_is_not_required() -> None:
    assert not due(over(4))


# -- who hears what --------------------------------------------------------------------------------------------

_MATRIX = [
    ("company", 1, 60, ("slack",), "every 1 h by slack: high-level status"),
    ("company", 2, 60, ("slack",), "every 1 h by slack: high-level status"),
    ("customers", 1, 30, ("status page",), "every 30 min by status page: impact summary"),
    ("enterprise clients", 1, 15, ("email", "phone"), "every 15 min by email, phone: detailed status"),
    ("partners", 1, 60, ("status page", "email"), "every 1 h by status page, email: service impact"),
    ("partners", 2, 60, ("status page", "email"), "every 1 h by status page, email: service impact"),
]


@pytest.mark.parametrize(
    ("audience", "severity", "minutes", "where", "words"),
    [pytest.param(*row, id=f"{row[0].replace(' ', '-')}-sev{row[1]}") for row in _MATRIX],
)
def test_communication_matrix(audience: str, severity: int, minutes: int, where: tuple[str, ...], words: str) -> None:
    one = only(due(acked(severity)), Duty.UPDATE, audience)
    assert one.at == ago(18) + minutes * M
    assert one.to == (audience,)
    assert one.where == where
    assert one.rule == f"Sev{severity} · communication matrix, {audience}: {words}"


@pytest.mark.parametrize(
    ("severity", "whom"),
    [
        pytest.param(1, {"stakeholders", "company", "customers", "enterprise clients", "partners"}, id="sev1"),
        pytest.param(2, {"stakeholders", "company", "partners"}, id="sev2"),
        pytest.param(3, {"stakeholders"}, id="sev3"),
        pytest.param(4, set(), id="sev4"),
    ],
)
def test_the_team_hears_it_as_it_happens_and_nobody_else_is_due(severity: int, whom: set[str]) -> None:
    assert {one.audience for one in due(acked(severity)) if one.duty is Duty.UPDATE} == whom


@pytest.mark.parametrize(
    ("audience", "rows", "notes", "since"),
    [
        pytest.param("company", (said(3, "war-room", room="general-updates"),), (), 3, id="company-in-its-room"),
        pytest.param("company", (said(3, "war-room", room="C1"),), (), 18, id="company-not-by-the-war-room"),
        pytest.param("customers", (said(3, "page", Verb.PUBLISH),), (), 3, id="customers-by-the-page"),
        pytest.param("customers", (said(3, "war-room", room=None),), (), 18, id="customers-not-by-chat"),
        pytest.param("enterprise clients", (said(3, "mail", to=[]),), (), 3, id="clients-by-mail"),
        pytest.param("enterprise clients", (said(3, "bridge", Verb.TICK),), (), 3, id="clients-by-phone"),
        pytest.param("enterprise clients", (), (told(5, "Told enterprise clients"),), 5, id="clients-by-a-note"),
        pytest.param("enterprise clients", (), (told(5, "Told the boss"),), 18, id="clients-not-by-another-note"),
        pytest.param(
            "customers",
            (replace(said(3, "page", Verb.PUBLISH), state=OutboxState.REFUSED),),
            (),
            18,
            id="customers-not-by-what-was-refused",
        ),
    ],
)
def test_what_was_said_sets_the_clock_of_whom_it_reached(
    audience: str, rows: tuple[OutboxRow, ...], notes: tuple[TimelineEntry, ...], since: float
) -> None:
    every = {"company": 60, "customers": 30, "enterprise clients": 15}[audience]
    assert only(due(acked(1), *notes, outbox=rows), Duty.UPDATE, audience).at == ago(since) + every * M


def test_an_audience_of_the_teams_own() -> None:
    board = Audience(name="board", internal=True, where=("mail",), every={3: 2 * H}, to=("board@example.com",))
    rules = replace(RULES, communication=Communication(audiences=(board,)))
    assert only(due(acked(3), rules=rules), Duty.UPDATE, "board").at == ago(18) + 2 * H
    elsewhere = said(3, "mail", to=["ops@example.com"])
    assert only(due(acked(3), rules=rules, outbox=(elsewhere,)), Duty.UPDATE, "board").at == ago(18) + 2 * H
    there = said(3, "mail", to=["board@example.com", "ops@example.com"])
    assert only(due(acked(3), rules=rules, outbox=(there,)), Duty.UPDATE, "board").at == ago(3) + 2 * H


# -- the end, the page, the order ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "timeline", "is_due"),
    [
        pytest.param(1, (), True, id=of(1, "communication-resolved")),
        pytest.param(2, (told(5),), True, id=of(2, "communication-resolved")),
        pytest.param(2, (told(0),), False, id="sev2-communication-resolved-and-told"),
        pytest.param(3, (), False, id="sev3-communication-never-told"),
        pytest.param(3, (told(5),), True, id="sev3-communication-told-before"),
    ],
)
def test_they_hear_that_it_is_resolved(severity: int, timeline: tuple[TimelineEntry, ...], is_due: bool) -> None:
    found = [one for one in due(over(severity), *timeline) if one.duty is Duty.UPDATE]
    assert bool(found) is is_due
    for one in found:
        assert (one.at, one.status) == (ago(0), "resolved")
        assert one.rule == f"Sev{severity} · communication: stakeholders hear that it is resolved"


@pytest.mark.parametrize(
    ("timeline", "state", "page", "status", "since", "why"),
    [
        pytest.param((), ACKED, "investigating", None, 0, "", id="investigating"),
        pytest.param(
            (entry(9, text="root cause: pool exhausted"),),
            ACKED,
            "investigating",
            "identified",
            9,
            "root cause noted",
            id="identified-by-root-cause",
        ),
        pytest.param(
            (entry(8, text="phase: resolution"),),
            ACKED,
            "investigating",
            "identified",
            8,
            "phase resolution",
            id="identified-by-the-end-of-investigation",
        ),
        pytest.param(
            (entry(9, text="root cause: x"), entry(5, text="phase: resolution")),
            ACKED,
            "investigating",
            "identified",
            9,
            "root cause noted",
            id="identified-since-the-first-sign-of-it",
        ),
        pytest.param(
            (entry(9, text="root cause: x"), entry(5, text="mitigated: bigger pool")),
            ACKED,
            "identified",
            "monitoring",
            5,
            "mitigated",
            id="monitoring",
        ),
        pytest.param((), RESOLVED, "monitoring", "resolved", 0, "resolved", id="resolved"),
        pytest.param((), ACKED, "monitoring", None, 0, "", id="ahead-is-a-persons-word"),
        pytest.param((), RESOLVED, "resolved", None, 0, "", id="done"),
    ],
)
def test_the_status_page_follows_the_phases(
    timeline: tuple[TimelineEntry, ...], state: IncidentState, page: str, status: str | None, since: int, why: str
) -> None:
    incident_ = acked(2, state=state, resolved_at=ago(0) if state is RESOLVED else None)
    found = due(incident_, *timeline, pages=(Published(channel="page", status=page),))
    behind = [one for one in found if one.duty is Duty.PUBLISH]
    assert [one.status for one in behind] == ([status] if status else [])
    for one in behind:
        assert (one.at, one.to, one.where) == (ago(since), ("customers",), ("page",))
        assert one.rule == f"status page · follows the phases: {why}, and it says {page}"


@pytest.mark.parametrize(
    ("severity", "is_offered"),
    [pytest.param(one, one <= 2, id=of(one, "status-page")) for one in (1, 2, 3, 4)],
)
def test_a_page_is_offered_for_the_severities_that_are_published(severity: int, is_offered: bool) -> None:
    found = due(acked(severity), pages=(Published(channel="page", status=None),))
    offered = [one for one in found if one.duty is Duty.PUBLISH]
    assert bool(offered) is is_offered
    for one in offered:
        assert (one.at, one.status) == (None, "investigating")
        assert one.rule == f"Sev{severity} · status page: published for Sev1 and Sev2 if customers are affected"


def test_what_the_page_promises_is_due() -> None:
    page = Published(channel="page", status="investigating", told_at=ago(12))
    one = only(due(acked(2), pages=(page,)), Duty.PUBLISH)
    assert (one.at, one.to, one.where) == (ago(12) + 30 * M, ("customers",), ("page",))
    assert one.rule == "status page · news is promised every 30 min"
    assert not [one for one in due(over(2), pages=(replace(page, status="resolved"),)) if one.duty is Duty.PUBLISH]


def test_what_is_on_its_way_to_the_page_is_not_asked_for_again() -> None:
    page = Published(channel="page", status="investigating", is_on_way=True)
    assert not [one for one in due(over(2), pages=(page,)) if one.duty is Duty.PUBLISH]


def test_the_nearest_deadline_comes_first_and_offers_last() -> None:
    found = due(acked(1))
    times = [one.at for one in found]
    dated = [at for at in times if at is not None]
    assert dated == sorted(dated)
    assert times == [*dated, *[None] * (len(times) - len(dated))]


@pytest.mark.parametrize("severity", [1, 2, 3, 4, None])
@pytest.mark.parametrize("make", [open_one, acked])
@pytest.mark.parametrize("timeline", [(), (told(6),)], ids=["never-told", "told"])
def test_the_row_of_the_dashboard_counts_down_to_the_same(severity: int | None, make: Any, timeline: Any) -> None:
    one = make(severity)
    row = next_due(one, RULES.policy, RULES.calendar, last_told=timeline[0].at if timeline else None)
    assert row is not None
    audience = "stakeholders" if row.what == "update" else ""
    same = only(due(one, *timeline), Duty(row.what.value), audience)
    assert same.at == row.at
    assert same.rule == rule_of(one, row, RULES.policy)


@pytest.mark.parametrize(
    ("severity", "timeline", "is_due"),
    [
        pytest.param(1, (), True, id=of(1, "communication-recovered")),
        pytest.param(2, (told(9),), True, id=of(2, "communication-recovered")),
        pytest.param(2, (told(1),), False, id="sev2-communication-recovered-and-told"),
        pytest.param(3, (), False, id="sev3-communication-never-told-of-it"),
        pytest.param(3, (told(9),), True, id="sev3-communication-told-of-it"),
    ],
)
def test_they_hear_that_it_has_recovered(severity: int, timeline: tuple[TimelineEntry, ...], is_due: bool) -> None:
    found = due(acked(severity), *timeline, recovered_at=ago(3))
    news = [one for one in found if "recovered" in one.does]
    assert bool(news) is is_due
    for one in news:
        assert (one.at, one.to) == (ago(3), ("stakeholders",))
        assert one.rule == "resolution · tell stakeholders: the watch says recovered"
        assert only(found, Duty.UPDATE, "stakeholders") == one, "nobody is told twice"


def test_nobody_waits_for_what_sleeps() -> None:
    found = due(acked(2, state=IncidentState.SNOOZED, wakes_at=ago(-60)))
    assert {one.duty for one in found} == {Duty.TAKE_PART, Duty.ESCALATE}
