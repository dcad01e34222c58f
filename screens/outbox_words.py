"""What an action of the outbox says in words: what was meant, how it stands, what a person has to decide. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from oncall_tui.clock import format_duration, parse_instant
from oncall_tui.model import OutboxRow, OutboxState, Verb
from widgets.lines import Span
from widgets.signs import Signs
from widgets.words import clock

_STATE_ROLE = {
    OutboxState.QUEUED: "pending",
    OutboxState.SENDING: "pending",
    OutboxState.CONFIRMED: "good",
    OutboxState.SUPERSEDED: "dim",
    OutboxState.REFUSED: "refused",
    OutboxState.UNKNOWN: "outcome-unknown",
    OutboxState.CANCELLED: "dim",
}


def is_held(row: OutboxRow) -> bool:
    """It waits for a person."""
    return row.pending and row.held is not None


def needs_decision(row: OutboxRow) -> bool:
    """A person has to say what becomes of it: held, refused, outcome unknown."""
    return is_held(row) or row.state in (OutboxState.REFUSED, OutboxState.UNKNOWN)


def meant(row: OutboxRow) -> str:
    """What the key press meant, with its parameters: ``escalate to level 2``, ``note (did): restarted``."""
    params = row.params
    match row.verb:
        case Verb.ESCALATE:
            if params.get("person"):
                return f"escalate to {params.get('person_name') or params['person']}"
            if params.get("policy"):
                return f"escalate by {params.get('policy_name') or params['policy']}"
            return f"escalate to level {params.get('level', '?')}"
        case Verb.NOTE:
            kind = f" ({params['kind']})" if params.get("kind") else ""
            return f"note{kind}: {params.get('text', '')}"
        case Verb.REASSIGN:
            return f"assign to {_names(row)}"
        case Verb.RESPONDERS:
            return f"ask {_names(row)} to help"
        case Verb.SNOOZE:
            return f"snooze for {_length(params.get('seconds'))}"
        case Verb.SEVERITY:
            return f"set Sev{params.get('severity', '?')}"
        case Verb.MERGE:
            return f"merge into {params.get('into', '?')}"
        case Verb.TITLE:
            return f"call it: {params.get('title', '')}"
        case Verb.SILENCE:
            return f"silence for {_length(params.get('seconds'))}: {params.get('reason', '')}"
        case Verb.EXPIRE_SILENCE:
            return "end the silence"
        case Verb.UNACKNOWLEDGE:
            return "take the acknowledgement back"
        case Verb.OVERRIDE:
            instead = f" instead of {params['instead_name']}" if params.get("instead_name") else ""
            when = f"{params.get('start', '?')} to {params.get('end', '?')}"
            return f"{params.get('person_name', '?')} on call {when}{instead}"
        case Verb.DECLARE:
            of = f" of {params['service_name']}" if params.get("service_name") else ""
            return f"declare Sev{params.get('severity', '?')}{of} in {row.source}: {params.get('title', '')}"
    return _told(row) or row.verb.value


def _told(row: OutboxRow) -> str | None:
    """What a channel was to do."""
    params = row.params
    text = " ".join(str(params.get("text") or "").split())
    match row.verb:
        case Verb.ROOM:
            return f"make the room {params.get('name', '?')} in {row.source}"
        case Verb.TOPIC:
            return f"set the topic in {row.source}: {params.get('topic', '')}"
        case Verb.MESSAGE if row.target.startswith("local:handover-"):
            return f"send the handover to {row.source}"
        case Verb.MESSAGE:
            return f"tell {row.source}: {text}"
        case Verb.UPDATE_MESSAGE:
            return f"change the message in {row.source} to: {text}"
        case Verb.PUBLISH:
            return f"publish on {row.source}, {params.get('status', '?')}: {params.get('title', '')}: {text}"
        case Verb.PUBLISH_UPDATE:
            return f"update on {row.source}, {params.get('status', '?')}: {text}"
        case Verb.TICKET:
            owner = f" for {params['owner']}" if params.get("owner") else ""
            due = f" due {params['due']}" if params.get("due") else ""
            return f"make a ticket in {row.source}{owner}{due}: {params.get('title', '')}"
        case Verb.TICK:
            return f"done by hand: {text}"
    return None


def meant_at(row: OutboxRow) -> datetime:
    """The time that it is about: a back-dated note's own, else when the key was pressed."""
    at = row.params.get("at") if row.verb is Verb.NOTE else None
    try:
        return parse_instant(at) if isinstance(at, str) else row.created_at
    except ValueError:
        return row.created_at


def _names(row: OutboxRow) -> str:
    names = row.params.get("names") or row.params.get("people") or ()
    return ", ".join(str(name) for name in names) or "?"


def _length(seconds: object) -> str:
    return format_duration(timedelta(seconds=seconds)) if isinstance(seconds, int) else "?"


def state_span(row: OutboxRow) -> Span:
    """How it stands, in one word."""
    if is_held(row):
        return Span("waits for you", "stale")
    return Span(row.state.value, _STATE_ROLE[row.state])


def sign_span(row: OutboxRow, signs: Signs) -> Span:
    """Its sign."""
    sign = {
        OutboxState.QUEUED: signs.pending,
        OutboxState.SENDING: signs.pending,
        OutboxState.REFUSED: signs.refused,
        OutboxState.UNKNOWN: signs.unknown,
    }.get(row.state, " ")
    return Span(sign, state_span(row).role)


def stands(row: OutboxRow, minute: datetime, zone: tzinfo) -> str:
    """How it stands, in a sentence: why it waits, when it is tried again, what the system said."""
    if is_held(row):
        return f"waits for you: {row.held}"
    match row.state:
        case OutboxState.QUEUED:
            again = f", next try {clock(row.next_try, minute, zone)}" if row.next_try is not None else ""
            tried = f", tried {row.attempts}x" if row.attempts else ""
            why = f": {row.answer}" if row.answer else ""
            return f"queued{tried}{again}{why}"
        case OutboxState.SENDING:
            return "being sent"
        case OutboxState.UNKNOWN:
            return f"outcome unknown: {row.answer or 'the answer was lost'}"
        case OutboxState.REFUSED:
            return f"refused: {row.answer or 'no reason given'}"
        case OutboxState.SUPERSEDED:
            return f"somebody was first: {row.answer}" if row.answer else "somebody was first"
    at = f" {clock(row.answered_at, minute, zone)}" if row.answered_at is not None else ""
    return f"{row.state.value}{at}{f': {row.answer}' if row.answer else ''}"
