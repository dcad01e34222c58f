"""What can be told or made about an incident, channel by channel, and the form of each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from typing import Any

from oncall_tui.board import Board, ChannelView, Made, made_of, room_name, room_topic
from oncall_tui.board.led import Led
from oncall_tui.model import PUBLICATION_IMPACTS, PUBLICATION_STATES, Incident, OutboxRow, Verb
from oncall_tui.policy.publication import is_behind
from oncall_tui.policy.reminders import Reminder
from oncall_tui.records import dataclass
from oncall_tui.text import clean, clean_block
from screens.dialogs.note_text import MAX_NOTE
from widgets.words import clock

MAX_LINE = 250
"""Characters of a line: a topic holds no more, and titles are longer nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One thing that a channel can do about an incident."""

    channel: ChannelView
    verb: Verb
    does: str
    """``post to the incident's room``."""
    where: str
    """Whom it reaches, as far as that is settled."""
    made: Made
    given: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that are settled by the choice: the room, the message, the publication."""
    note: str = ""
    """What was done there before."""
    why_not: str = ""
    """Why it cannot be begun now."""
    due: Reminder | None = None
    """What it does that is due or offered, and by which rule."""
    fill: Mapping[str, str] = field(default_factory=dict)
    """What of its form is settled by whom it is for: ``room``, ``to``, the ``text`` of a tick."""

    @property
    def draft_part(self) -> str:
        """What tells its draft from those of other ways."""
        what = [self.does] if self.verb is Verb.TICK else [str(value) for value in self.given.values()]
        for_whom = [self.due.audience, self.due.status] if self.due is not None else []
        return ":".join([self.channel.name, self.verb.value, *what, *for_whom])


def ways_of(board: Board, rows: Sequence[OutboxRow]) -> tuple[Way, ...]:
    """What can be done about the incident that ``rows`` (its actions, oldest first) are of, in the config's order."""
    found: list[Way] = []
    for channel in board.channels:
        made = made_of(rows, channel.name)
        for make in (_talking, _publishing, _tickets, _by_hand):
            found += make(channel, made, board)
    return tuple(found)


def _at(row: OutboxRow, board: Board) -> str:
    return clock(row.sent_at or row.created_at, board.minute, board.zone)


def _doubt(made: Made, verb: Verb) -> str:
    return "an earlier one may be there: its outcome is unknown" if verb in made.unknown else ""


def room_words(row: OutboxRow) -> str:
    """The room's name as the chat told it: ``#inc-1234``."""
    told = (row.answer or "").split(",")[0]
    return told if told.startswith("#") else f"#{row.params.get('name', '')}"


def _talking(channel: ChannelView, made: Made, board: Board) -> Iterator[Way]:
    room = made.room
    if channel.can(Verb.MESSAGE):
        doubt = _doubt(made, Verb.MESSAGE)
        if room is not None:
            yield Way(
                channel=channel,
                verb=Verb.MESSAGE,
                does="post to the incident's room",
                where=room_words(room),
                made=made,
                given={"room": room.native_ref},
                note=doubt,
            )
        yield Way(channel=channel, verb=Verb.MESSAGE, does="message", where=channel.place, made=made, note=doubt)
    if channel.can(Verb.UPDATE_MESSAGE) and made.message is not None:
        yield Way(
            channel=channel,
            verb=Verb.UPDATE_MESSAGE,
            does="change the last message",
            where="who has read it",
            made=made,
            given={"message": made.message.native_ref},
            note=f"of {_at(made.message, board)}",
        )
    if channel.can(Verb.ROOM):
        yield Way(
            channel=channel,
            verb=Verb.ROOM,
            does="make its room" if room is None else "its room again",
            where="a room of its own",
            made=made,
            note=f"{room_words(room)} is there" if room is not None else _doubt(made, Verb.ROOM),
            why_not="its room is being made" if Verb.ROOM in made.on_way else "",
        )
    if channel.can(Verb.TOPIC) and room is not None:
        yield Way(
            channel=channel,
            verb=Verb.TOPIC,
            does="set the room's topic",
            where=room_words(room),
            made=made,
            given={"room": room.native_ref},
        )


def _publishing(channel: ChannelView, made: Made, board: Board) -> Iterator[Way]:
    there = made.publication
    if channel.can(Verb.PUBLISH_UPDATE) and there is not None:
        yield Way(
            channel=channel,
            verb=Verb.PUBLISH_UPDATE,
            does="update what is published",
            where=channel.place,
            made=made,
            given={"publication": there.native_ref},
            note=f"{made.status}, since {_at(there, board)}",
        )
    if channel.can(Verb.PUBLISH) and (there is None or made.status == "resolved"):
        yield Way(
            channel=channel,
            verb=Verb.PUBLISH,
            does="publish" if there is None else "publish anew",
            where=channel.place,
            made=made,
            note=_doubt(made, Verb.PUBLISH),
            why_not="it is being published" if Verb.PUBLISH in made.on_way else "",
        )


def _tickets(channel: ChannelView, made: Made, board: Board) -> Iterator[Way]:
    if channel.can(Verb.TICKET):
        there = ", ".join(row.native_ref or "" for row in made.tickets)
        yield Way(
            channel=channel,
            verb=Verb.TICKET,
            does="make a ticket",
            where=channel.place,
            made=made,
            note=f"{there} made" if there else _doubt(made, Verb.TICKET),
        )


def _by_hand(channel: ChannelView, made: Made, board: Board) -> Iterator[Way]:
    if not channel.can(Verb.TICK):
        return
    for contact in channel.contacts or ("done by hand",):
        done = next((row for row in reversed(made.ticks) if contact in str(row.params.get("text", ""))), None)
        yield Way(
            channel=channel,
            verb=Verb.TICK,
            does=f"tick: {contact}" if channel.contacts else "tick what was done by hand",
            where="nothing is sent: it goes on the timeline",
            made=made,
            given={},
            note=f"ticked {_at(done, board)}" if done is not None else "",
        )


# -- forms -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line to type."""

    name: str
    label: str
    value: str = ""
    placeholder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of a few words; ``None`` among them is drawn as ``unset``."""

    name: str
    label: str
    options: tuple[str | None, ...]
    value: str | None = None
    unset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What is asked for before it is sent: lines, choices, components, and a text of several lines (``None``: none)."""

    lines: tuple[Line, ...] = ()
    choices: tuple[Choice, ...] = ()
    components: bool = False
    proposals: Mapping[str, Proposed] = field(default_factory=dict)
    """Of a publication, by status: what is proposed to be said with it."""
    text: str | None = None
    placeholder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What a status page is proposed to say: by the phase that the incident is in."""

    status: str
    impact: str | None
    states: Mapping[str, str]
    text: str


_IMPACTS = {1: "critical", 2: "major", 3: "minor", 4: "none"}
_STATES = {1: "major_outage", 2: "partial_outage", 3: "degraded_performance"}
"""Of the component that is named as the service, while it is not mitigated."""


def publication_of(
    way: Way, incident: Incident, board: Board, led: Led | None, *, status: str | None = None
) -> Proposed:
    """The proposal for one status page: with that status, or the one that its phase asks for; without ``led`` it stays
    where it is."""
    from oncall_tui.documents.messages import initial_publication, publication

    there = way.made.status
    if led is None:
        text = "" if there else initial_publication(incident, board.policy, board.zone)
        return Proposed(status=there or PUBLICATION_STATES[0], impact=None, states={}, text=text)
    if status is None:
        is_ahead = there in PUBLICATION_STATES and not is_behind(there, led.story.status)
        status = there if there is not None and is_ahead else led.story.status
    story = replace(led.story, wanted=replace(led.story.wanted, status=status))
    promised = led.communication.promised
    text = publication(incident, board.policy, board.zone, story, promised=promised, now=board.minute)
    severity = board.policy.rule(incident.severity).severity
    state = {"resolved": "operational", "monitoring": "degraded_performance"}.get(status, _STATES.get(severity))
    service = incident.service.name.casefold() if incident.service is not None else ""
    return Proposed(
        status=status,
        impact=_IMPACTS.get(severity),
        states={service: state} if service and state is not None else {},
        text=text,
    )


def form_of(way: Way, incident: Incident, board: Board, led: Led | None = None) -> Form:
    """The form of a way, filled in with what is known of the incident. ``led``: how it is led, where that is known."""
    channel, made = way.channel, way.made
    match way.verb:
        case Verb.MESSAGE:
            lines = []
            if channel.named_by and "room" not in way.given:
                label = "To" if channel.named_by == "to" else "Room"
                named = way.fill.get(channel.named_by, "")
                placeholder = channel.place or "must be named"
                lines.append(Line(name=channel.named_by, label=label, value=named, placeholder=placeholder))
            if channel.subject:
                lines.append(Line(name="subject", label="Subject", value=incident.title))
            text = _words(way, incident, board, led)
            return Form(lines=tuple(lines), text=text, placeholder="what is to be known")
        case Verb.UPDATE_MESSAGE:
            assert made.message is not None
            return Form(text=str(made.message.params.get("text", "")), placeholder="what it says from now on")
        case Verb.ROOM:
            name = str(made.room.params.get("name", "")) if made.room is not None else room_name(incident)
            return Form(
                lines=(
                    Line(name="name", label="Name", value=name),
                    Line(name="topic", label="Topic", value=room_topic(incident)),
                )
            )
        case Verb.TOPIC:
            return Form(lines=(Line(name="topic", label="Topic", value=room_topic(incident)),))
        case Verb.PUBLISH:
            title = Line(name="title", label="Title", value=incident.title)
            return _publication((title,), way, incident, board, led)
        case Verb.PUBLISH_UPDATE:
            return _publication((), way, incident, board, led)
        case Verb.TICKET:
            lines = [
                Line(name="title", label="Title", value=incident.title),
                Line(name="owner", label="Owner", placeholder="a mail address; empty: nobody yet"),
                Line(name="due", label="Due", placeholder=f"a date: {board.minute.astimezone(board.zone):%Y}-12-24"),
            ]
            return Form(lines=tuple(lines), text="", placeholder="what is to be done, and why")
        case Verb.TICK:
            told = way.fill.get("text") or (way.does.removeprefix("tick: ") if channel.contacts else "")
            return Form(text=told, placeholder="what was done, and what came of it")
    raise KeyError(way.verb)


def _publication(lines: tuple[Line, ...], way: Way, incident: Incident, board: Board, led: Led | None) -> Form:
    proposed = publication_of(way, incident, board, led)
    of_others = {one: publication_of(way, incident, board, led, status=one) for one in PUBLICATION_STATES if led}
    impacts: tuple[str | None, ...] = (None, *PUBLICATION_IMPACTS)
    return Form(
        lines=lines,
        choices=(
            Choice(name="status", label="Status", options=PUBLICATION_STATES, value=proposed.status),
            Choice(name="impact", label="Impact", options=impacts, value=proposed.impact, unset="by components"),
        ),
        components=True,
        proposals=of_others,
        text=proposed.text,
        placeholder="what customers read",
    )


def _words(way: Way, incident: Incident, board: Board, led: Led | None) -> str:
    """The first words to those who know nothing of it; to whom it is due again, how it stands now."""
    from oncall_tui.documents.messages import initial_message, update

    if way.due is not None and led is not None and _was_told(way.due, led):
        audience = next((one for one in led.communication.audiences if one.name == way.due.audience), None)
        detailed = audience is None or audience.internal or "detail" in audience.content
        return update(incident, board.policy, board.zone, led.story, detailed=detailed)
    if way.due is None and way.made.message is not None:
        return ""
    room = room_words(way.made.room) if way.made.room is not None and "room" not in way.given else ""
    return initial_message(incident, board.policy, board.zone, room=room)


def _was_told(due: Reminder, led: Led) -> bool:
    return led.told.get(due.audience) is not None or led.story.status == PUBLICATION_STATES[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A form as it is filled in: by name what was typed and chosen; ``components`` only those that were touched."""

    lines: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, str | None] = field(default_factory=dict)
    components: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


def params_of(way: Way, filled: Filled) -> dict[str, Any] | str:
    """The parameters of the action, as :class:`~oncall_tui.model.OutboxRow` has them; or one line that says what is
    missing."""
    text = clean_block(filled.text, MAX_NOTE).strip()
    lines = {name: clean(value, MAX_LINE) for name, value in filled.lines.items()}
    problem = _problem(way, lines, text)
    if problem is not None:
        return problem
    params: dict[str, Any] = {**way.given, **filled.choices}
    if way.verb in (Verb.PUBLISH, Verb.PUBLISH_UPDATE):
        params["components"] = dict(filled.components)
    if way.verb not in (Verb.ROOM, Verb.TOPIC):
        params["text"] = text
    for name, value in lines.items():
        params[name] = (
            addresses(value) if name == "to" else value or None if name in ("room", "owner", "due") else value
        )
    return params


def addresses(typed: str) -> list[str]:
    """Receivers that were typed in one line, with commas."""
    return [one for part in typed.replace(";", ",").split(",") if (one := part.strip())]


def _problem(way: Way, lines: Mapping[str, str], text: str) -> str | None:
    named_by = way.channel.named_by
    if way.verb is Verb.MESSAGE and named_by in lines and not lines[named_by] and not way.channel.place:
        return "to whom? the config names nobody" if named_by == "to" else "into which room? the config names none"
    for name, what in (("title", "the title"), ("name", "the name"), ("topic", "the topic")):
        if name in lines and not lines[name] and not (name == "topic" and way.verb is Verb.ROOM):
            return f"{what} is empty"
    if not text and way.verb not in (Verb.ROOM, Verb.TOPIC, Verb.TICKET, Verb.TICK):
        return "there is no text yet"
    return due_problem(lines.get("due", ""))


def due_problem(typed: str) -> str | None:
    """Why that is no date, or ``None``; nothing typed is fine."""
    if not typed:
        return None
    try:
        date.fromisoformat(typed)
    except ValueError:
        return f"not a date: {typed[:20]} (2026-12-24)"
    return None


def reached(way: Way, lines: Mapping[str, str]) -> str:
    """Whom it reaches, with what is typed now: ``#inc-1234 by war-room (slack)``."""
    typed = clean(lines.get(way.channel.named_by, ""), MAX_LINE) if way.channel.named_by else ""
    name = clean(lines.get("name", ""), MAX_LINE) if way.verb is Verb.ROOM else ""
    where = typed or (f"a room named {name}" if name else "") or way.where or "nobody yet"
    return where if way.verb is Verb.TICK else f"{where}, by {named(way.channel)}"


def named(channel: ChannelView) -> str:
    """``war-room (slack)``, or the name alone where it says the same."""
    return channel.name if channel.name == channel.kind else f"{channel.name} ({channel.kind})"
