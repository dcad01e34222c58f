"""``backfill``: the pagers' history, read into the cache; stopped at any time, it goes on where it was."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TextIO

import msgspec

from oncall_tui.cli import exits
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.cli.handover import moment_given
from oncall_tui.clock import iso
from oncall_tui.desk import ActRefused
from oncall_tui.desk.backfill import DAYS
from oncall_tui.model import HistoryProgress
from oncall_tui.text import clean, clip, paint_safe

_BAR = 20
_WIDTH = 79


def backfill(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_backfill(args))


async def _backfill(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=False) as house:
        tell_notices(house)
        since = moment_given(house, args.since) or house.clock.now() - timedelta(days=args.days or DAYS)
        names = _names(house, args.source)
        # The present first: what is open is the polls', and is known before the past is read.
        await house.desk.poll_once()
        found = await _read(house, since, names)
    if args.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(to_json(found))).decode() + "\n")
    else:
        for one in found:
            sys.stdout.write(paint_safe(_line(one)) + "\n")
    return exits.STALE if any(one.stage == "failed" for one in found) else exits.OK


def _names(house: House, given: Sequence[str] | None) -> list[str] | None:
    if given is None:
        return None
    known = [name for name, _ in house.desk.settings.board.sources]
    for name in given:
        if name not in known:
            raise exits.UsageError(f"no source named {clean(name, 40)!r} is configured; there are: {', '.join(known)}")
    return list(given)


async def _read(house: House, since: datetime, names: Sequence[str] | None) -> tuple[HistoryProgress, ...]:
    work = house.desk.backfill
    try:
        work.start(since, names)
    except ActRefused as error:
        raise exits.UsageError(str(error)) from None
    bar = _Bar(sys.stderr) if sys.stderr.isatty() else None
    try:
        while work.is_running:
            if bar is None:
                return await work.wait()
            bar.draw(await work.moved())
        return await work.wait()
    except asyncio.CancelledError:
        # ctrl+c: what was read is stored, and so is the place.
        sys.stderr.write("\noncall-tui: stopped; the same command goes on from here\n")
        raise
    finally:
        if bar is not None:
            bar.clear()


class _Bar:
    """One line on a terminal, written over itself."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._last = ""

    def draw(self, progress: Sequence[HistoryProgress]) -> None:
        """What is read now."""
        one = next((one for one in progress if one.stage in ("reading", "pausing")), None)
        if one is None:
            return
        line = bar_line(one)
        if line != self._last:
            self._last = line
            self._out.write(f"\r{paint_safe(clip(line, _WIDTH)):<{_WIDTH}}")
            self._out.flush()

    def clear(self) -> None:
        """The line is free again."""
        if self._last:
            self._out.write(f"\r{'':<{_WIDTH}}\r")
            self._out.flush()


def bar_line(one: HistoryProgress) -> str:
    """``pager [########------------]  42 %  1234 incidents, back to 2026-09-12``."""
    done = round(_BAR * one.share)
    words = f"{one.source} [{'#' * done}{'-' * (_BAR - done)}] {100 * one.share:3.0f} %  {one.incidents} incidents"
    return f"{words}, back to {one.read_to:%Y-%m-%d}" + (f"; {one.note}" if one.stage == "pausing" else "")


def _line(one: HistoryProgress) -> str:
    told = f"{one.source}: {one.stage}"
    if one.stage != "cannot":
        told += f", {one.incidents} incidents read, {one.new} new, back to {one.read_to:%Y-%m-%d %H:%M} UTC"
    return f"{told} ({one.note})" if one.note else told


def to_json(found: Sequence[HistoryProgress]) -> dict[str, object]:
    """The document of ``--json``."""
    return {
        "version": 1,
        "sources": [
            {
                "name": one.source,
                "kind": one.kind,
                "state": one.stage,
                "since": iso(one.since),
                "until": iso(one.until),
                "read_to": iso(one.read_to),
                "incidents": one.incidents,
                "new": one.new,
                "note": one.note or None,
            }
            for one in found
        ],
    }
