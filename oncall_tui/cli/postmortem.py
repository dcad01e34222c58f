"""``postmortem``: one that is written, rewritten, sent, done; its action items as tickets; which are owed."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable

import msgspec

from oncall_tui.cli import exits
from oncall_tui.cli.acting import pressed, resolve_id, text_given
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.cli.telling import channel_named
from oncall_tui.clock import iso, zone_named
from oncall_tui.desk import ActRefused
from oncall_tui.desk.postmortem import (
    TemplateFault,
    drop_text,
    keep_text,
    make_ticket,
    owed,
    tell_tickets,
    written_postmortem,
)
from oncall_tui.documents import ExportError, write_document
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.policy.writeup import OwedPostMortem, done_note, item_done_note, item_note
from oncall_tui.postmortem import StandingItem, Written, message_of, target_of, to_text, why_no_ticket
from oncall_tui.sources.base import reach_of
from oncall_tui.text import clean, paint_safe


def postmortem(args: Namespace) -> int:
    """The command."""
    if args.owed != (args.id is None):
        raise exits.UsageError("postmortem takes the ID of an incident, or --owed")
    try:
        return asyncio.run(_owed(args) if args.owed else _postmortem(args))
    except TemplateFault as error:
        raise exits.UsageError(str(error)) from None


async def _postmortem(args: Namespace) -> int:
    config = read_config(args)
    acts = _act_of(args)
    async with open_house(config, data_folder(args), sends=acts is not None, read_only=args.read_only) as house:
        tell_notices(house)
        if args.send or args.tickets:
            channel_named(house, args.send or args.tickets)
        if acts is not None:
            await house.desk.start(poll=False)
        incident_id = await resolve_id(house, args.id, cached=args.cached)
        problem = None if args.cached else await house.desk.read(incident_id)
        await _rewrite(house, args, incident_id)
        written = await written_postmortem(house.desk, incident_id)
        if written is None:
            raise exits.UsageError(f"no incident {clean(incident_id, 80)}: {problem or 'it is not in the cache'}")
        if args.output is not None or acts is None:
            _put_out(args, written)
        if problem:
            sys.stderr.write(paint_safe(f"oncall-tui: {incident_id} is not up to date: {problem}") + "\n")
        if acts is not None:
            return await acts(house, args, incident_id, written)
    return exits.STALE if problem else exits.OK


async def _rewrite(house: House, args: Namespace, incident_id: str) -> None:
    try:
        if args.text is not None:
            await keep_text(house.desk, incident_id, text_given(args.text, "text"))
        elif args.discard:
            await drop_text(house.desk, incident_id)
    except ActRefused as error:
        raise exits.Failure(str(error), exits.REFUSED) from None


def _put_out(args: Namespace, written: Written) -> None:
    text = to_text(written.document, written.text, args.format or "md", is_edited=written.is_edited)
    if args.output is None:
        sys.stdout.write(text)
        return
    try:
        write_document(args.output, text, replace=args.overwrite)
    except ExportError as error:
        raise exits.Failure(str(error), exits.USAGE) from None
    sys.stdout.write(paint_safe(f"{args.output}") + "\n")


# -- what goes out ----------------------------------------------------------------------------------------------------

_Act = Callable[[House, Namespace, str, Written], Awaitable[int]]


def _act_of(args: Namespace) -> _Act | None:
    """What of this call goes through the outbox; ``None``: nothing."""
    if args.send is not None:
        return _send
    if args.tickets is not None:
        return _tickets
    wants_note = args.item is not None or args.item_done is not None or args.done is not None
    return _note if wants_note else None


async def _send(house: House, args: Namespace, incident_id: str, written: Written) -> int:
    """Through the outbox, as any action: its line, its exit code."""
    channel, target = channel_named(house, args.send), target_of(incident_id)
    message = message_of(written.document, written.text, html=reach_of(channel).html)

    async def press() -> OutboxRow:
        return await house.desk.tell(
            Verb.MESSAGE, channel.name, about=target, params=message, title=message["subject"], undo=False
        )

    return await pressed(house, target, press, args.timeout)


async def _note(house: House, args: Namespace, incident_id: str, written: Written) -> int:
    """A mark on the timeline, which the pager shows to everybody."""
    if args.item is not None:
        text = item_note(text_given(args.item, "action item"))
    elif args.item_done is not None:
        text = item_done_note(_item(written, args.item_done).noted)
    else:
        text = done_note(args.done)
    title = written.document.incident.title

    async def press() -> OutboxRow:
        params = {"text": text, "at": None, "kind": None}
        return await house.desk.act(Verb.NOTE, incident_id, params=params, seen=None, title=title, undo=False)

    return await pressed(house, incident_id, press, args.timeout)


def _item(written: Written, word: str) -> StandingItem:
    """The action item that a number, a ticket's key or the beginning of its words means."""
    items = written.document.standing
    if word.isascii() and word.isdigit() and 1 <= int(word[:4]) <= len(items):
        return items[int(word) - 1]
    folded = word.strip().casefold()
    found = [one for one in items if folded and (one.ticket_key or "").casefold() == folded]
    found = found or [one for one in items if folded and one.key.startswith(folded)]
    if len(found) == 1:
        return found[0]
    told = "; ".join(f"{number} {one.noted.task}" for number, one in enumerate(items, 1)) or "none is noted"
    raise exits.UsageError(f"{'more than one' if found else 'no'} action item {clean(word, 60)!r}: {told}")


async def _tickets(house: House, args: Namespace, incident_id: str, written: Written) -> int:
    """A ticket for each action item that has none; each told on the timeline once it is there."""
    worst = exits.OK
    open_items = [one for one in written.document.standing if why_no_ticket(one) is None]
    for one in open_items:

        async def press(key: str = one.key) -> OutboxRow:
            return await make_ticket(house.desk, incident_id, key, args.tickets, undo=False)

        worst = max(worst, await pressed(house, incident_id, press, args.timeout))
    for note in await tell_tickets(house.desk, incident_id):

        async def told(row: OutboxRow = note) -> OutboxRow:
            return row

        worst = max(worst, await pressed(house, incident_id, told, args.timeout))
    if not open_items:
        sys.stdout.write("no action item is without a ticket\n")
    return worst


# -- what is owed -----------------------------------------------------------------------------------------------------


async def _owed(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=False) as house:
        tell_notices(house)
        failed = {} if args.cached else await house.desk.poll_once()
        found = await owed(house.desk)
        zone = zone_named(house.config.seat.time_zone)
    if args.format == "json":
        document = {"version": 1, "owed": [_owed_json(one) for one in found]}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
    else:
        for one in found:
            late = "OVERDUE " if one.is_overdue else ""
            due = f"{one.due.astimezone(zone):%Y-%m-%d}"
            line = f"{late}due {due}  Sev{one.incident.severity or '?'}  {one.incident.id}  {one.incident.title}"
            sys.stdout.write(paint_safe(line) + "\n")
        if not found:
            sys.stdout.write("no post-mortem is owed\n")
    return exits.STALE if any(failed.values()) else exits.OK


def _owed_json(one: OwedPostMortem) -> dict[str, object]:
    return {
        "id": one.incident.id,
        "title": one.incident.title,
        "severity": one.incident.severity,
        "due": iso(one.due),
        "overdue": one.is_overdue,
        "rule": one.rule,
    }
