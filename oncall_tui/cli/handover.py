"""``handover``: the handover of the current, or a given, shift."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from datetime import datetime

from oncall_tui.cli import exits
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import parse_moment, zone_named
from oncall_tui.desk.shift import draft_handover, edits_between, load_edits
from oncall_tui.handover import ExportError, to_text, write_document
from oncall_tui.text import paint_safe


def handover(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_handover(args))


async def _handover(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=False) as house:
        tell_notices(house)
        failed = {} if args.cached else await house.desk.poll_once()
        board = await house.desk.board()
        since = moment_given(house, args.since) or board.shift.start
        until = moment_given(house, args.until) or house.clock.now()
        if until <= since:
            raise exits.UsageError("the shift ends before it begins: see --since and --until")
        given = args.since is not None or args.until is not None
        desk = house.desk
        edits = await edits_between(desk, since, until) if given else await load_edits(desk, board)
        document = await draft_handover(house.desk, board, since, until, edits)
        zone = zone_named(house.config.seat.time_zone)
    text = to_text(document, args.format, zone)
    if args.output is None:
        sys.stdout.write(text)
    else:
        try:
            write_document(args.output, text, replace=args.overwrite)
        except ExportError as error:
            raise exits.Failure(str(error), exits.USAGE) from None
        sys.stdout.write(paint_safe(f"{args.output}") + "\n")
    for name, problem in failed.items():
        if problem:
            sys.stderr.write(paint_safe(f"oncall-tui: {name} is not up to date: {problem}") + "\n")
    return exits.STALE if any(failed.values()) else exits.OK


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
