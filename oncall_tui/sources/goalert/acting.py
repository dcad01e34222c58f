"""Actions as mutations, one an action, sent once; and what reading back says of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from oncall_tui.model import EntryKind, Incident, IncidentState, OutboxRow, Person, Verb
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Confirmation, Outcome, Refused, Sent, Unsupported
from oncall_tui.sources.goalert import documents
from oncall_tui.sources.goalert.api import Api, Row
from oncall_tui.sources.goalert.decoding import Event, alert_id
from oncall_tui.sources.goalert.furniture import Furniture, nobody
from oncall_tui.sources.goalert.roster import Roster

TOLERANCE = timedelta(seconds=2)
"""What we know of its clock is whole seconds."""
_STATUS = {Verb.ACKNOWLEDGE: "StatusAcknowledged", Verb.RESOLVE: "StatusClosed"}
LACKS = {
    Verb.NOTE: "GoAlert keeps no notes",
    Verb.SNOOZE: "GoAlert cannot snooze an alert",
    Verb.UNACKNOWLEDGE: "GoAlert takes no acknowledgement back: escalate it instead",
    Verb.REOPEN: "GoAlert opens no closed alert again",
    Verb.REASSIGN: "GoAlert gives alerts to steps of a policy, not to people",
}
"""Why its API does not take a verb that others take."""


def unsupported(verb: Verb) -> Unsupported:
    """Why GoAlert cannot do that."""
    return Unsupported(LACKS.get(verb, f"GoAlert cannot {verb.value.replace('_', ' ')}: its API has no call for it"))


def wanted_level(row: OutboxRow) -> int:
    """The level that an escalation names. Raises Unsupported where it names a person or a policy."""
    if "level" not in row.params:
        raise Unsupported("GoAlert escalates to the next level of the alert's policy only: choose that")
    level: int = row.params["level"]
    return level


async def set_status(api: Api, furniture: Furniture, number: str, verb: Verb) -> Sent:
    """Acknowledge or close.

    Raises:
        Refused: nothing was changed: it is so already, or GoAlert says no.
        SourceError: ``maybe_applied`` where it may have taken effect.
    """
    me = await furniture.me()
    if me is None:
        raise nobody(api.client.host)
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise Refused(f"GoAlert has no alert {number[:40]}", status=404)
    data = await api.mutate(documents.UPDATE, input={"alertIDs": [int(number)], "newStatus": _STATUS[verb]})
    word = "acknowledged or closed" if verb is Verb.ACKNOWLEDGE else "closed"
    _changed(data, "updateAlerts", number, f"it is {word} already")
    return Sent()


async def escalate(api: Api, furniture: Furniture, row: Row, level: int) -> Sent:
    """To the next step of the alert's policy, which must be ``level``.

    Raises:
        Refused: the next step is another one, or GoAlert says no.
        SourceError: ``maybe_applied`` where it may have taken effect.
    """
    if await furniture.me() is None:
        raise nobody(api.client.host)
    step = fields.integer(row, "state", "stepNumber")
    policy = (await furniture.known_policies()).get(fields.native_id(row, "service", "escalationPolicyID") or "")
    if step is None or policy is None or not policy.steps:
        raise Refused("GoAlert does not tell at which step it is: open it there")
    following = (step + 1) % len(policy.steps) + 1
    if level != following:
        raise Refused(f"it is at level {step + 1}, and GoAlert escalates to the next one only: level {following}")
    number = alert_id(row) or ""
    data = await api.mutate(documents.ESCALATE, ids=[int(number)])
    _changed(data, "escalateAlerts", number, "GoAlert did not escalate it: it is closed, or was escalated just now")
    return Sent()


def _changed(data: Row, key: str, number: str, otherwise: str) -> None:
    """Only the alerts that have changed are told: one alert was named, so it is that one or none.

    Raises:
        Refused: nothing has changed, with ``otherwise``.
        BadAnswer: neither is told.
    """
    if fields.walk(data, key) == []:
        raise Refused(otherwise)
    if not any(alert_id(row) == number for row in fields.rows(data, key)):
        raise BadAnswer("GoAlert does not say what became of it", maybe_applied=True)


def escalations(log: Sequence[Event]) -> tuple[str, ...]:
    """The ids of the log's escalations, and of what asked for them."""
    return tuple(event.id for event in log if event.kind is EntryKind.ESCALATED or event.asks)


# -- reading back ------------------------------------------------------------------------------------------------


def judge(
    row: OutboxRow, incident: Incident, log: Sequence[Event], me: Person | None, roster: Roster, since: datetime
) -> Confirmation:
    """What the alert and its log say of the action. ``since``: by the server's clock, what is later may be its
    effect."""
    name = _my_name(row, me, roster)
    match row.verb:
        case Verb.ACKNOWLEDGE:
            by_me = name is not None and any(person.name == name for person in incident.acknowledged_by)
            if by_me or _mine(log, EntryKind.ACKNOWLEDGED, name, since):
                return Confirmation(outcome=Outcome.APPLIED)
            if incident.state is IncidentState.ACKNOWLEDGED:
                who = _who(", ".join(person.name for person in incident.acknowledged_by), roster)
                text = f"acknowledged by {who}{_at(incident.acknowledged_at)}, yours not needed"
                return Confirmation(outcome=Outcome.SUPERSEDED, text=text)
            return _not_unless_closed(incident, roster)
        case Verb.RESOLVE:
            if _mine(log, EntryKind.RESOLVED, name, since):
                return Confirmation(outcome=Outcome.APPLIED)
            return _not_unless_closed(incident, roster)
        case Verb.ESCALATE:
            return _escalated(row, incident, log, name, roster, since)
    return Confirmation(outcome=Outcome.UNKNOWN)


def _my_name(row: OutboxRow, me: Person | None, roster: Roster) -> str | None:
    """By what the log tells that the seat did it: a name is all that it has. One that somebody else has too tells it
    only where GoAlert has answered that the action was done."""
    if me is None or (roster.is_shared(me.name) and row.answered_at is None):
        return None
    return me.name


def _who(name: str, roster: Roster) -> str:
    if not name:
        return "somebody"
    return f"{name} (several are called so)" if roster.is_shared(name) else name


def _mine(log: Sequence[Event], kind: EntryKind, name: str | None, since: datetime) -> bool:
    return name is not None and any(event.kind is kind and event.at >= since and event.by == name for event in log)


def _escalated(
    row: OutboxRow, incident: Incident, log: Sequence[Event], name: str | None, roster: Roster, since: datetime
) -> Confirmation:
    new = [event for event in log if event.id not in row.baseline]
    newer = [event for event in new if event.kind is EntryKind.ESCALATED]
    asked = next((one for one in new if one.asks and one.at >= since and name is not None and one.by == name), None)
    if asked is not None and any(event.at >= asked.at for event in newer):
        return Confirmation(outcome=Outcome.APPLIED)
    if asked is not None and incident.is_open:
        return Confirmation(outcome=Outcome.UNKNOWN, text="GoAlert has taken it and not yet done it")
    if incident.is_open and newer and incident.escalation_level == row.params.get("level"):
        if row.answered_at is not None:
            return Confirmation(outcome=Outcome.APPLIED)
        text = f"at level {incident.escalation_level} already{_at(newer[-1].at)}, yours not needed"
        return Confirmation(outcome=Outcome.SUPERSEDED, text=text)
    somebody = next((one for one in new if one.asks and one.at >= since), None)
    if somebody is not None and name is None and incident.is_open:
        text = f"{_who(somebody.by or '', roster)} has asked for an escalation: whether it is yours is not told"
        return Confirmation(outcome=Outcome.UNKNOWN, text=text)
    return _not_unless_closed(incident, roster)


def _at(moment: datetime | None) -> str:
    return f" {moment:%H:%M} UTC" if moment else ""


def _not_unless_closed(incident: Incident, roster: Roster) -> Confirmation:
    if incident.is_open:
        return Confirmation(outcome=Outcome.NOT_APPLIED)
    who = _who(incident.resolved_by or "", roster)
    return Confirmation(
        outcome=Outcome.SUPERSEDED, text=f"closed by {who}{_at(incident.resolved_at)}, yours not needed"
    )
