"""``handover``: the handover of the current, or a given, shift."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from datetime import datetime

from oncall_tui.cli import exits
from oncall_tui.cli.acting import pressed, text_given
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.cli.telling import channel_named
from oncall_tui.clock import parse_moment, zone_named
from oncall_tui.desk import ActRefused
from oncall_tui.desk.handing import keep
from oncall_tui.desk.shift import draft_handover, edit_handover, edits_between, load_edits
from oncall_tui.handover import (
    ExportError,
    Format,
    Handover,
    HandoverEdits,
    Origin,
    exported,
    message_of,
    target_of,
    to_text,
    with_item,
    with_note,
    with_text,
    write_document,
)
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.sources.base import reach_of
from oncall_tui.store import StoreError
from oncall_tui.text import clean, paint_safe


def handover(args: Namespace) -> int:
    """The command."""
    if args.accept is not None or args.previous:
        from oncall_tui.cli.accepting import accepting

        return accepting(args)
    if args.receipt is not None:
        raise exits.UsageError("--receipt is of --accept")
    return asyncio.run(_handover(args))


async def _handover(args: Namespace) -> int:
    if args.send is not None and args.output is None and args.format is not None:
        raise exits.UsageError("--format is of what is printed or written: --send takes what the channel shows")
    config = read_config(args)
    sends = args.send is not None
    async with open_house(config, data_folder(args), sends=sends, read_only=args.read_only) as house:
        tell_notices(house)
        if sends:
            channel_named(house, args.send)
        failed = {} if args.cached else await house.desk.poll_once()
        await _edit(house, args)
        document = await _document(house, args)
        if args.output is not None or not sends:
            await _put_out(house, args, document)
        for name, problem in failed.items():
            if problem:
                sys.stderr.write(paint_safe(f"oncall-tui: {name} is not up to date: {problem}") + "\n")
        if sends:
            return await _send(house, args, document)
    return exits.STALE if any(failed.values()) else exits.OK


async def _edit(house: House, args: Namespace) -> None:
    """What was added by hand, discarded first where that is wanted.

    Raises:
        Failure: the seat is read-only, or it could not be stored.
    """
    notes, items = ([text_given(one, "line") for one in given or ()] for given in (args.note, args.item))
    text = text_given(args.text, "text") if args.text is not None else None
    if not (notes or items or text or args.discard):
        return

    def changed(edits: HandoverEdits) -> HandoverEdits:
        edits = HandoverEdits() if args.discard else edits
        for one in notes:
            edits = with_note(edits, clean(one))
        for one in items:
            edits = with_item(edits, clean(one))
        return with_text(edits, text, house.clock.now()) if text is not None else edits

    try:
        await edit_handover(house.desk, await house.desk.board(), changed)
    except (ActRefused, StoreError) as error:
        raise exits.Failure(str(error), exits.REFUSED) from None


async def _document(house: House, args: Namespace) -> Handover:
    desk, board = house.desk, await house.desk.board()
    since = moment_given(house, args.since) or board.shift.start
    until = moment_given(house, args.until) or house.clock.now()
    if until <= since:
        raise exits.UsageError("the shift ends before it begins: see --since and --until")
    given = args.since is not None or args.until is not None
    edits = await edits_between(desk, since, until) if given else await load_edits(desk, board)
    return await draft_handover(desk, board, since, until, edits)


async def _put_out(house: House, args: Namespace, document: Handover) -> None:
    """What is printed is for eyes; a file carries what the next seat's program reads, and is kept here, too."""
    zone = zone_named(house.config.seat.time_zone)
    form: Format = args.format or "md"
    if args.output is None:
        sys.stdout.write(to_text(document, form, zone))
        return
    try:
        write_document(args.output, exported(document, form, zone), replace=args.overwrite)
    except ExportError as error:
        raise exits.Failure(str(error), exits.USAGE) from None
    await _keep(house, document, "exported")
    sys.stdout.write(paint_safe(f"{args.output}") + "\n")


async def _keep(house: House, document: Handover, origin: Origin) -> None:
    try:
        await keep(house.desk, document, origin)
    except StoreError as error:
        sys.stderr.write(paint_safe(f"oncall-tui: it is not kept here: {error}") + "\n")


async def _send(house: House, args: Namespace, document: Handover) -> int:
    """Through the outbox, as any action: its line, its exit code."""
    channel, target = channel_named(house, args.send), target_of(document)
    zone = zone_named(house.config.seat.time_zone)
    message = message_of(document, zone, html=reach_of(channel).html)

    async def press() -> OutboxRow:
        return await house.desk.tell(
            Verb.MESSAGE, channel.name, about=target, params=message, title=message["subject"], undo=False
        )

    await house.desk.start(poll=False)
    code = await pressed(house, target, press, args.timeout)
    if code != exits.REFUSED:
        await _keep(house, document, "sent")
    return code


def moment_given(house: House, words: str | None) -> datetime | None:
    """A time as it was given, in the seat's zone.

    Raises:
        UsageError: it is none.
    """
    if words is None:
        return None
    try:
        return parse_moment(words, now=house.clock.now(), zone=zone_named(house.config.seat.time_zone))
    except ValueError as error:
        raise exits.UsageError(str(error)) from None
