"""``metrics``: the figures of a period, beside those of the period before."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from datetime import timedelta

import msgspec

from oncall_tui.cli import exits
from oncall_tui.cli.compose import data_folder, open_house, read_config, tell_notices
from oncall_tui.cli.handover import moment_given
from oncall_tui.desk.history import metrics as read_metrics
from oncall_tui.metrics import PeriodError, Report, to_csv, to_json, to_lines
from oncall_tui.text import paint_safe

_BACK = {"day": timedelta(days=14), "week": timedelta(weeks=8), "month": timedelta(days=180)}
_WEEK = timedelta(days=7)


def metrics(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_metrics(args))


async def _metrics(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=False) as house:
        tell_notices(house)
        failed = {} if args.cached else await house.desk.poll_once()
        board = await house.desk.board()
        until = moment_given(house, args.until) or house.clock.now()
        since = moment_given(house, args.since) or until - _BACK.get(args.by, _WEEK)
        try:
            report = await read_metrics(house.desk, board, since, until, args.by)
        except PeriodError as error:
            raise exits.UsageError(str(error)) from None
    sys.stdout.write(_written(report, args))
    for name, problem in failed.items():
        if problem:
            sys.stderr.write(paint_safe(f"oncall-tui: {name} is not up to date: {problem}") + "\n")
    return exits.STALE if any(failed.values()) else exits.OK


def _written(report: Report, args: Namespace) -> str:
    if args.json:
        return msgspec.json.format(msgspec.json.encode(to_json(report))).decode() + "\n"
    if args.csv:
        return to_csv(report)
    return "\n".join(paint_safe(line) for line in to_lines(report)) + "\n"
