"""From a board's rows to the words of a cell. Pure: ages and countdowns are counted from the board's minute."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from oncall_tui.board import IncidentRow, PaneState, SourceStatus, SourceView
from oncall_tui.clock import age_words
from oncall_tui.model import IncidentState, OutboxRow, OutboxState, Severity, Verb
from oncall_tui.policy import Due, DueKind
from oncall_tui.text import clip, width
from widgets.lines import BLANK, Span, Words
from widgets.signs import Signs

VERB_WORD: dict[Verb, str] = {
    Verb.ACKNOWLEDGE: "ack",
    Verb.UNACKNOWLEDGE: "un-ack",
    Verb.RESOLVE: "resolve",
    Verb.REOPEN: "reopen",
    Verb.ESCALATE: "escalate",
    Verb.REASSIGN: "assign",
    Verb.SNOOZE: "snooze",
    Verb.NOTE: "note",
    Verb.SEVERITY: "severity",
    Verb.MERGE: "merge",
    Verb.RESPONDERS: "responders",
    Verb.TITLE: "title",
    Verb.SILENCE: "silence",
    Verb.EXPIRE_SILENCE: "end silence",
    Verb.ROOM: "room",
    Verb.TOPIC: "topic",
    Verb.MESSAGE: "message",
    Verb.UPDATE_MESSAGE: "change",
    Verb.PUBLISH: "publish",
    Verb.PUBLISH_UPDATE: "publish",
    Verb.TICKET: "ticket",
    Verb.TICK: "tick",
    Verb.OVERRIDE: "cover",
    Verb.DECLARE: "declare",
}

_STATE_WORD = {
    IncidentState.TRIGGERED: ("TRIGGERED", "triggered"),
    IncidentState.ACKNOWLEDGED: ("ACKED", "acknowledged"),
    IncidentState.SNOOZED: ("SNOOZED", "snoozed"),
    IncidentState.RESOLVED: ("RESOLVED", "resolved"),
    IncidentState.UNKNOWN: ("UNKNOWN", "state-unknown"),
}
# What a row will be once the pending verb is confirmed; other verbs leave the state's own word.
_BECOMES = {
    Verb.ACKNOWLEDGE: "ACKED",
    Verb.UNACKNOWLEDGE: "TRIGGERED",
    Verb.RESOLVE: "RESOLVED",
    Verb.REOPEN: "TRIGGERED",
    Verb.SNOOZE: "SNOOZED",
    Verb.ESCALATE: "ESCALATED",
    Verb.MERGE: "MERGED",
}
_SOON = {
    DueKind.ACKNOWLEDGE: timedelta(minutes=2),
    DueKind.UPDATE: timedelta(minutes=10),
    DueKind.POSTMORTEM: timedelta(days=2),
}
_SOON_ELSE = timedelta(minutes=30)
_DUE_WORD = {
    DueKind.ACKNOWLEDGE: "ack",
    DueKind.UPDATE: "update",
    DueKind.RESOLVE: "resolve",
    DueKind.WAKE: "wakes",
    DueKind.POSTMORTEM: "PM",
}


# -- times -----------------------------------------------------------------------------------------------------


def age(moment: datetime, minute: datetime) -> str:
    """How long ago, in at most four cells."""
    return age_words(minute - moment)


def since(moment: datetime, minute: datetime) -> str:
    """The same in a sentence: ``4m ago``, ``just now``."""
    told = age(moment, minute)
    return "just now" if told == "now" else f"{told} ago"


def ahead(moment: datetime, minute: datetime) -> str:
    """How long until, one unit, rounded down: nobody is told of more time than there is. ``<1m``, ``2m``, ``22h``."""
    minutes = max(0, int((moment - minute).total_seconds()) // 60)
    if minutes < 1:
        return "<1m"
    if minutes < 100:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // 1440}d"


def stretch(length: timedelta) -> str:
    """A length in two units: ``5h 18m``, ``18m``, ``3d 4h``."""
    minutes = max(0, int(length.total_seconds()) // 60)
    if minutes < 60:
        return f"{minutes}m"
    if minutes < 1440:
        return f"{minutes // 60}h {minutes % 60:02d}m"
    return f"{minutes // 1440}d {minutes % 1440 // 60}h"


def left(moment: datetime, minute: datetime) -> str:
    """How long until, in two units: ``<1m``, ``18m``, ``1h 23m``, ``3d 4h``."""
    return stretch(moment - minute) if moment - minute >= timedelta(minutes=1) else "<1m"


def clock(moment: datetime, minute: datetime, zone: tzinfo) -> str:
    """A time of day in the seat's zone; with its weekday on another day; the date alone beyond a week."""
    local, today = moment.astimezone(zone), minute.astimezone(zone)
    days = abs((local.date() - today.date()).days)
    if days == 0:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if days < 7 else f"{local:%d %b}"


# -- incidents -------------------------------------------------------------------------------------------------


def severity_words(severity: Severity | None, *, short: bool = False) -> Words:
    """``SEV1`` (``S1``), or ``SEV?`` where the system told none that we know."""
    if severity is None:
        return (Span("S?" if short else "SEV?", "sev-none"),)
    return (Span(f"S{severity}" if short else f"SEV{severity}", f"sev{severity}"),)


def newest(rows: Iterable[OutboxRow]) -> OutboxRow | None:
    """The latest of a row's actions: the one that its words tell of."""
    return max(rows, key=lambda row: (row.created_at, row.key), default=None)


def sign_words(row: IncidentRow, signs: Signs) -> Words:
    """The sign of an incident's state: of what its system says, whatever is pending."""
    state = row.incident.state
    return (Span(signs.incident(state), _STATE_WORD[state][1]),)


def state_words(row: IncidentRow, signs: Signs) -> Words:
    """The state's word; with a pending action what it will become, marked so: ``ACKED…``."""
    word, role = _STATE_WORD[row.incident.state]
    action = newest(row.actions)
    if action is not None and action.pending and not action.held:
        return (Span(_BECOMES.get(action.verb, word) + signs.pending, "pending"),)
    return (Span(word, role),)


def pending_sign(row: IncidentRow, signs: Signs) -> Words:
    """One cell for a narrow row: what hangs on it."""
    action = newest(row.actions)
    if action is None:
        return (Span(" "),)
    if action.pending:
        return (Span(signs.pending, "pending"),)
    if action.state is OutboxState.UNKNOWN:
        return (Span(signs.unknown, "outcome-unknown"),)
    return (Span(signs.refused, "refused"),)


def due_words(row: IncidentRow, minute: datetime, zone: tzinfo) -> Words:
    """What is due next and when: ``ack in 2m``, ``ACK +1m`` when it is late, ``wakes 16:00``. An action that went
    wrong comes before every deadline: ``resolve refused``, ``escalate?``, ``note held``."""
    told = trouble(newest(row.actions))
    if told is not None:
        return (told[0],)
    incident = row.incident
    if incident.state is IncidentState.RESOLVED and row.due is None:
        ended = incident.resolved_at
        return (Span(f"ended {age(ended, minute)}" if ended else "ended", "resolved"),)
    return () if row.due is None else deadline_words(row.due, minute, zone)


def deadline_words(due: Due, minute: datetime, zone: tzinfo) -> Words:
    """One deadline seen from ``minute``."""
    word = _DUE_WORD[due.what]
    if due.what is DueKind.WAKE:
        return (Span(f"{word} {clock(due.at, minute, zone)}", "dim"),)
    left = due.at - minute
    if left > timedelta():
        role = "soon" if left <= _SOON.get(due.what, _SOON_ELSE) else "text"
        return (Span(f"{word} in {ahead(due.at, minute)}", role),)
    late = age_words(-left)
    return (Span(f"{word.upper()} {'now' if late == 'now' else '+' + late}", "overdue"),)


def by_itself_words(row: IncidentRow, minute: datetime) -> Words:
    """What the pager will do by itself: ``L2 in 3m``, ``again in 12m``."""
    incident = row.incident
    if not incident.is_open:
        return BLANK
    if incident.escalates_at is not None and incident.state is IncidentState.TRIGGERED:
        level = f"L{incident.escalation_level + 1}" if incident.escalation_level else "next"
        return (Span(f"{level} in {ahead(incident.escalates_at, minute)}", "dim"),)
    if incident.retriggers_at is not None and incident.state is IncidentState.ACKNOWLEDGED:
        return (Span(f"again in {ahead(incident.retriggers_at, minute)}", "dim"),)
    return BLANK


def trouble(action: OutboxRow | None) -> tuple[Span, Span] | None:
    """What a person has to know of an action, and why: refused, unknown, or held. ``None`` when all goes its way."""
    if action is None:
        return None
    word = VERB_WORD[action.verb]
    if action.state is OutboxState.REFUSED:
        return Span(f"{word} refused", "refused"), Span(action.answer or "no reason given", "refused")
    if action.state is OutboxState.UNKNOWN:
        return Span(f"{word}?", "outcome-unknown"), Span("outcome unknown", "outcome-unknown")
    if action.pending and action.held:
        return Span(f"{word} held", "stale"), Span(action.held, "stale")
    return None


_SHORTER_AND_SHORTER = ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 1))


def beside_words(row: IncidentRow, cells: int) -> Words:
    """What a person has to know besides the title, in at most ``cells`` cells: the same trouble is paged elsewhere too
    (only where that is sure), its service is in maintenance. What does not fit is said shorter, or is left out: the
    row's note says all of it."""
    if not row.also and row.maintenance is None:
        return BLANK
    also = [one.id for one in row.also if one.is_sure]
    more = f" +{len(also) - 1}" if len(also) > 1 else ""
    other = (f"  also {also[0]}{more}", f"  +{also[0].partition(':')[0]}{more}", "") if also else ("", "", "")
    work = ("  maintenance", "  maint", "") if row.maintenance is not None else ("", "", "")
    pairs = ((other[one], work[two]) for one, two in _SHORTER_AND_SHORTER)
    fitting = next((pair for pair in pairs if width(pair[0]) + width(pair[1]) <= cells), ("", ""))
    return tuple(Span(text, role) for text, role in zip(fitting, ("label", "soon"), strict=True) if text)


def title_words(row: IncidentRow, cells: int) -> Words:
    """The title, and after it why an action went wrong, else what stands beside it; neither hides the other."""
    role = "strong" if row.incident.state is IncidentState.TRIGGERED else "text"
    if row.incident.state is IncidentState.SNOOZED:
        role = "dim"
    title = Span(row.incident.title or "(no title)", role)
    told = trouble(newest(row.actions))
    if told is None:
        beside = beside_words(row, max(cells * 9 // 20, cells - width(title.text)))
        room = cells - sum(width(span.text) for span in beside)
    else:
        beside = (Span("  "), told[1])
        room = max(cells * 2 // 5, cells - width(told[1].text) - 2)
    if beside and width(title.text) > room:
        title = Span(clip(title.text, room), role)
    return (title, *beside)


def note_words(row: IncidentRow, minute: datetime) -> Words:
    """What there is to know of an incident beside its row: an action's trouble in full, else its number, who has it,
    what the pager will do by itself."""
    told = trouble(newest(row.actions))
    if told is not None:
        return (told[0], Span(f": {told[1].text}", told[1].role), Span(" (Q: outbox)", "dim"))
    incident = row.incident
    people = ", ".join(person.name for person in incident.assignees)
    parts = [f"#{incident.number}" if incident.number else incident.native_id, people or "nobody assigned"]
    parts += [f"also {one.id}: {one.reason}" for one in row.also if one.is_sure]
    if row.maintenance is not None:
        parts.append(f"in maintenance: {row.maintenance.title}")
    if incident.escalation_policy is not None and incident.escalation_level is not None:
        parts.append(f"{incident.escalation_policy.name}, level {incident.escalation_level}")
    by_itself = by_itself_words(row, minute)
    if by_itself:
        parts.append(f"pager: {by_itself[0].text}")
    return (Span(" · ".join(parts), "dim"),)


# -- panes and sources -----------------------------------------------------------------------------------------


def freshness_words(state: PaneState | None, minute: datetime, zone: tzinfo) -> Words:
    """What a pane's title says of its sources; nothing while they are fresh.

    ``as of 14:36 (6m) · grafana: 429``; ``no answer yet from pager``.
    """
    if state is None or not state.served:
        return BLANK
    parts = []
    if state.stale and state.as_of is not None:
        parts.append(f"as of {clock(state.as_of, minute, zone)} ({since(state.as_of, minute).removesuffix(' ago')})")
    silent = [name for name in state.missing if not (state.reason or "").startswith(f"{name}: ")]
    if silent:
        parts.append(f"no answer yet from {', '.join(silent)}")
    if state.reason:
        parts.append(state.reason)
    return (Span(" · ".join(parts), "stale"),) if parts else BLANK


_ERROR_WORD = {"rate_limited": "429", "auth": "token refused", "bad_answer": "bad answer", "server": "5xx"}


def source_words(source: SourceView, minute: datetime, signs: Signs) -> Words:
    """A source in the header: its dot and name, and only where it is not well its age and why."""
    role = {SourceStatus.OK: "ok", SourceStatus.LATE: "late", SourceStatus.DOWN: "down"}.get(source.status, "no-data")
    words = [Span(signs.source(source.status), role), Span(f" {source.name}", "dim")]
    if source.status is SourceStatus.OK:
        return tuple(words)
    told = []
    if source.last_success is not None:
        told.append(age(source.last_success, minute))
    if source.error_kind:
        told.append(_ERROR_WORD.get(source.error_kind, source.error_kind.replace("_", " ")))
    elif source.problems:
        told.append("partial")
    elif source.last_success is None:
        told.append("no answer yet")
    return (*words, Span(f" {' '.join(told)}", role)) if told else tuple(words)


def short_freshness(state: PaneState | None, minute: datetime) -> Words:
    """The same where there is room for a word or two: ``6m old``, ``late``, ``no answer``; nothing while fresh."""
    if state is None or not state.served:
        return BLANK
    if state.stale and state.as_of is not None:
        told = age(state.as_of, minute)
        return (Span("late " if told == "now" else f"{told} old ", "stale"),)
    return (Span("no answer ", "stale"),) if state.stale or state.missing else BLANK
