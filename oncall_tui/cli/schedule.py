"""``schedule``: who is on call in the days ahead, with hand-offs, gaps and overlaps."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from datetime import timedelta

import msgspec

from oncall_tui.cli import exits
from oncall_tui.cli.compose import data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import zone_named
from oncall_tui.desk.history import schedule_ahead
from oncall_tui.schedule import to_json, to_lines
from oncall_tui.text import paint_safe


def schedule(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_schedule(args))


async def _schedule(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=False) as house:
        tell_notices(house)
        failed = {} if args.cached else await house.desk.poll_once()
        board = await house.desk.board()
        ahead = await schedule_ahead(house.desk, board, timedelta(days=args.days))
        zone = zone_named(house.config.seat.time_zone)
    if args.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(to_json(ahead))).decode() + "\n")
    else:
        sys.stdout.write("\n".join(paint_safe(line) for line in to_lines(ahead, zone)) + "\n")
    for name, problem in failed.items():
        if problem:
            sys.stderr.write(paint_safe(f"oncall-tui: {name} is not up to date: {problem}") + "\n")
    return exits.STALE if any(failed.values()) else exits.OK
