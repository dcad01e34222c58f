"""What channels are asked for: the room, the first message, the status page, the ticket, what is done by hand. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from oncall_tui.model import Severity, Verb
from oncall_tui.policy.communication import STAKEHOLDERS, Audience, channels_of, kind_of
from oncall_tui.policy.declaring import (
    LINK,
    MESSAGE,
    NUMBER,
    PUBLICATION,
    ROOM,
    ROOM_ID,
    ROOM_NAME,
    TICKET,
    Skipped,
    Step,
    Wish,
)
from oncall_tui.policy.response_ground import CALL, MAIL, Channel, Found, Ground, severities

_IMPACTS: Mapping[Severity, str] = {1: "critical", 2: "major", 3: "minor", 4: "minor"}
_COMPONENTS: Mapping[Severity, str] = {
    1: "major_outage",
    2: "partial_outage",
    3: "degraded_performance",
    4: "degraded_performance",
}


def room(wish: Wish, ground: Ground, steps: Sequence[Step]) -> Found:
    """The incident's room, where the severity's row names a chat."""
    if not ground.asks_for_chat:
        yield Skipped(id=ROOM, why=f"{ground.name} asks for {ground.its_channels} only")
        return
    chosen = _part(ground, ground.parts.room, Verb.ROOM)
    if isinstance(chosen, str):
        yield Skipped(id=ROOM, why=chosen)
        return
    yield Step(
        id=ROOM,
        verb=Verb.ROOM,
        to=chosen.name,
        does=f"make the room #{ROOM_NAME}",
        rule=ground.by_channels,
        params={"name": ROOM_NAME, "topic": ground.words.topic},
        needs=ground.needs,
    )


def messages(wish: Wish, ground: Ground, steps: Sequence[Step]) -> Found:
    """The first message: in the room, to the team and to whom the matrix has told, to stakeholders."""
    room = next((one for one in steps if one.id == ROOM), None)
    subject = f"{ground.name} {NUMBER}: {wish.title}"
    if room is not None:
        yield Step(
            id=f"{MESSAGE}room",
            verb=Verb.MESSAGE,
            to=room.to,
            does="tell those in the incident's room",
            whom=(f"#{ROOM_NAME}",),
            rule="initial communication: the incident's room",
            params=_message(ground, subject, room=ROOM_ID),
            needs=(*ground.needs, ROOM),
        )
    for audience in ground.communication.audiences:
        yield from _to_audience(wish, ground, audience, subject, room)
    yield from _to_stakeholders(ground, subject, room)


def _to_audience(wish: Wish, ground: Ground, audience: Audience, subject: str, room: Step | None) -> Found:
    """The engineering team, and whom the matrix has told at this severity inside the company."""
    step_id = MESSAGE + _slug(audience.name)
    if not audience.internal:
        if audience.every.get(ground.rule.severity) is not None:
            yield Skipped(id=step_id, why=f"{audience.name} hear {audience.content or 'of it'}: see what is due")
        return
    if audience.every and audience.every.get(ground.rule.severity) is None:
        return
    if not audience.every and not ground.asks_for_chat:
        yield Skipped(id=step_id, why=f"{ground.name} asks for {ground.its_channels} only")
        return
    named = ground.parts.team if not audience.every else None
    chosen = _channel_of(ground, audience, named)
    if chosen is None:
        yield Skipped(id=step_id, why=f"no channel reaches {audience.name} ({', '.join(audience.where) or 'nowhere'})")
        return
    takes_room, takes_to = chosen.named_by == "room", chosen.named_by == "to"
    place = audience.room if takes_room and audience.room else ", ".join(audience.to) if takes_to else ""
    whom = place or chosen.place or chosen.name
    yield Step(
        id=step_id,
        verb=Verb.MESSAGE,
        to=chosen.name,
        does=f"tell {audience.name} in {whom}",
        whom=(whom,),
        rule=f"communication matrix, {audience.name}: {audience.often(ground.rule.severity)}",
        params=_message(
            ground,
            subject,
            room=audience.room or None if takes_room else None,
            to=audience.to if takes_to else (),
        ),
        needs=ground.needs,
        after=(ROOM,) if room is not None else (),
    )


def _channel_of(ground: Ground, audience: Audience, named: str | None) -> Channel | None:
    names = channels_of(audience.where, [(one.name, one.kind) for one in ground.channels])
    able = [one for one in ground.channels if one.can(Verb.MESSAGE) and (one.name == named or one.name in names)]
    if named is not None:
        return next((one for one in able if one.name == named), None)
    if audience.room:
        able.sort(key=lambda one: one.named_by != "room")
    return next(iter(able), None)


def _to_stakeholders(ground: Ground, subject: str, room: Step | None) -> Found:
    """By mail, where the severity's row says so."""
    step_id = f"{MESSAGE}{STAKEHOLDERS}"
    if not any(kind_of(word) == MAIL for word in ground.rule.channels):
        yield Skipped(id=step_id, why=f"{ground.name} asks for {ground.its_channels} only")
        return
    named = ground.parts.stakeholders
    able = [one for one in ground.channels if one.can(Verb.MESSAGE)]
    chosen = next((one for one in able if (one.name == named if named is not None else one.kind == MAIL)), None)
    if chosen is None:
        yield Skipped(id=step_id, why="no channel sends mail: tell them yourself")
        return
    whom = chosen.place or chosen.name
    yield Step(
        id=step_id,
        verb=Verb.MESSAGE,
        to=chosen.name,
        does=f"tell {STAKEHOLDERS} through {chosen.name}",
        whom=(whom,),
        rule=ground.by_channels,
        params=_message(ground, subject),
        needs=ground.needs,
        after=(ROOM,) if room is not None else (),
    )


def _message(ground: Ground, subject: str, room: str | None = None, to: Sequence[str] = ()) -> dict[str, Any]:
    return {"text": ground.words.message, "subject": subject, "html": None, "room": room, "to": list(to)}


# -- status page and ticket ------------------------------------------------------------------------------------


def publication(wish: Wish, ground: Ground, steps: Sequence[Step]) -> Found:
    """On the status page, where the severity is published and customers notice something."""
    published = ground.communication.published
    if ground.rule.severity not in published:
        named = severities(published)
        yield Skipped(id=PUBLICATION, why=f"{ground.name} is not published{f' ({named} are)' if named else ''}")
        return
    if not wish.customer_impact:
        yield Skipped(id=PUBLICATION, why="customers notice nothing, as far as was said")
        return
    chosen = _part(ground, ground.parts.status_page, Verb.PUBLISH)
    if isinstance(chosen, str):
        yield Skipped(id=PUBLICATION, why=chosen)
        return
    severity = ground.rule.severity
    service = ground.service.name if ground.service is not None else wish.service or ""
    components = dict.fromkeys(_affected(ground.components, service), _COMPONENTS[severity])
    told = "".join(f", {name}: {state.replace('_', ' ')}" for name, state in components.items())
    yield Step(
        id=PUBLICATION,
        verb=Verb.PUBLISH,
        to=chosen.name,
        does=f"publish, investigating: {wish.title}{told}",
        whom=(chosen.place or chosen.name,),
        rule=f"status page: {severities(published)} are published if customers are affected",
        params={
            "title": wish.title,
            "text": ground.words.publication,
            "status": "investigating",
            "impact": _IMPACTS[severity],
            "components": components,
        },
        needs=ground.needs,
    )


def _affected(components: Sequence[str], service: str) -> Sequence[str]:
    """The component that the service is: called so, or the only one with the service's name among its words."""
    wanted = service.casefold()
    exact = [one for one in components if one.casefold() == wanted]
    named = exact or [one for one in components if wanted in one.casefold().split()]
    return named if len(named) == 1 else ()


def ticket(wish: Wish, ground: Ground, steps: Sequence[Step]) -> Found:
    """A ticket, where there is a place for it."""
    chosen = _part(ground, ground.parts.tickets, Verb.TICKET)
    if isinstance(chosen, str):
        yield Skipped(id=TICKET, why=chosen)
        return
    text = "\n\n".join(part for part in (wish.text, wish.customer_impact, LINK) if part)
    yield Step(
        id=TICKET,
        verb=Verb.TICKET,
        to=chosen.name,
        does=f"make a ticket: {wish.title}",
        whom=(chosen.place or chosen.name,),
        rule="declaring: a ticket for each incident",
        params={
            "title": f"{NUMBER} {wish.title}",
            "text": text,
            "owner": None,
            "due": None,
            "labels": ["incident"],
        },
        needs=ground.needs,
    )


# -- channels ------------------------------------------------------------------------------------------------


def _part(ground: Ground, named: str | None, verb: Verb) -> Channel | str:
    """The channel that plays a part, or why none does."""
    able = [one for one in ground.channels if one.can(verb)]
    chosen = next((one for one in able if named is None or one.name == named), None)
    what = {Verb.ROOM: "makes rooms", Verb.PUBLISH: "publishes", Verb.TICKET: "makes tickets"}[verb]
    return chosen or (f"no channel {what}" if named is None else f"{named} is no channel that {what}")


def by_hand(ground: Ground) -> Iterator[str]:
    """What the severity's row has told by phone or bridge."""
    words = [word for word in ground.rule.channels if kind_of(word) == CALL]
    bridge = ground.incident.bridge if ground.incident is not None else None
    lines = [line for one in ground.channels if one.kind == CALL for line in one.contacts]
    for word in words:
        told = [line for line in lines if line.casefold().startswith(word.casefold())] or lines
        for line in [bridge] if bridge else told:
            yield f"{word}: {line}"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40] or "audience"
