"""What is told and made through channels: message, publication, ticket, room, what was done by hand. The same as by the
key, through the same outbox."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any

from oncall_tui.board import Made, made_of, room_name, room_topic
from oncall_tui.cli import exits
from oncall_tui.cli.acting import pressed, resolve_target, text_given
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.desk import ActRefused
from oncall_tui.model import Incident, OutboxRow, OutboxState, Verb
from oncall_tui.sources.base import Receiver, reach_of
from oncall_tui.text import MAX_TITLE, clean

Order = tuple[Verb, dict[str, Any]]


def telling(args: Namespace) -> int:
    """Any of these commands."""
    return asyncio.run(_telling(args))


async def _telling(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=True, read_only=args.read_only) as house:
        tell_notices(house)
        channel = channel_named(house, args.channel)
        await house.desk.start(poll=False)
        target = await resolve_target(house, args.id)
        return await pressed(house, target, lambda: _press(house, channel, target, args), args.timeout)


def channel_named(house: House, name: str) -> Receiver:
    """The configured channel of that name.

    Raises:
        UsageError: there is none.
    """
    for channel in house.channels:
        if channel.name == name:
            return channel
    names = ", ".join(channel.name for channel in house.channels) or "none"
    raise exits.UsageError(f"no channel named {clean(name, 40)!r} is configured; there are: {names}")


async def _press(house: House, channel: Receiver, target: str, args: Namespace) -> OutboxRow:
    problem = await house.desk.read(target)
    view = await house.desk.view(target)
    if view is None:
        raise ActRefused(problem or f"no such incident: {target}")
    made = made_of(view.outbox, channel.name)
    if args.command == "publish":
        await _check_not_twice(house, target, channel.name)
    verb, params = _ORDERS[args.command](args, view.incident, made, channel)
    return await house.desk.tell(verb, channel.name, about=target, params=params, title=view.incident.title, undo=False)


def _message(args: Namespace, incident: Incident, made: Made, channel: Receiver) -> Order:
    reach = reach_of(channel)
    takes = {"room": reach.named_by == "room", "to": reach.named_by == "to", "subject": reach.subject}
    for option, taken in takes.items():
        if getattr(args, option) and not taken:
            raise ActRefused(f"{channel.name} ({channel.kind}) takes no --{option}")
    room = args.room
    if room is None and made.room is not None:
        room = made.room.native_ref
    subject = clean(args.subject, MAX_TITLE) or incident.title
    return Verb.MESSAGE, {"text": text_given(args.text, "message"), "subject": subject, "room": room, "to": args.to}


def _publication(args: Namespace, incident: Incident, made: Made, channel: Receiver) -> Order:
    params = {
        "text": text_given(args.text, "text"),
        "status": args.status,
        "impact": args.impact,
        "components": dict(args.component),
    }
    there = made.publication
    if there is None or (made.status == "resolved" and args.status != "resolved"):
        return Verb.PUBLISH, {**params, "title": clean(args.title or incident.title, MAX_TITLE)}
    if args.title is not None:
        raise ActRefused(f"it is published already ({there.native_ref}): an update has no --title")
    return Verb.PUBLISH_UPDATE, {**params, "publication": there.native_ref}


async def _check_not_twice(house: House, target: str, channel: str) -> None:
    """A publication that may be there, or is on its way, is not made a second time.

    Raises:
        ActRefused: which one it is.
    """
    for row in (await house.desk.board()).outbox:
        if (row.target, row.source, row.verb) != (target, channel, Verb.PUBLISH):
            continue
        if row.pending:
            raise ActRefused(f"it is being published already (key {row.key}): see 'oncall-tui outbox'")
        if row.state is OutboxState.UNKNOWN:
            words = "what became of an earlier one is not known"
            raise ActRefused(f"{words} (key {row.key}): look at the page, then 'outbox retry' or 'outbox cancel' it")


def _ticket(args: Namespace, incident: Incident, made: Made, channel: Receiver) -> Order:
    text = text_given(args.text, "text") if args.text else ""
    title = clean(args.title, MAX_TITLE)
    return Verb.TICKET, {"title": title, "text": text, "owner": args.owner, "due": args.due, "labels": args.label}


def _room(args: Namespace, incident: Incident, made: Made, channel: Receiver) -> Order:
    name = args.name or (str(made.room.params["name"]) if made.room is not None else room_name(incident))
    return Verb.ROOM, {"name": name, "topic": args.topic if args.topic is not None else room_topic(incident)}


def _tick(args: Namespace, incident: Incident, made: Made, channel: Receiver) -> Order:
    text = text_given(args.text, "text")
    # The name of a contact means all of its line.
    lines = [line for line in reach_of(channel).contacts if line.casefold().startswith(text.casefold())]
    return Verb.TICK, {"text": lines[0] if len(lines) == 1 else text}


_ORDERS: Mapping[str, Callable[[Namespace, Incident, Made, Receiver], Order]] = {
    "tell": _message,
    "publish": _publication,
    "ticket": _ticket,
    "room": _room,
    "tick": _tick,
}
