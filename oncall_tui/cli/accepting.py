"""``handover --accept``, ``handover --previous``: the next seat reads what was handed over, and takes over."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from pathlib import Path

from oncall_tui.board import Board
from oncall_tui.cli import exits
from oncall_tui.cli.acting import tell
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import iso
from oncall_tui.desk import ActRefused
from oncall_tui.desk.handing import accept, previous
from oncall_tui.handover import Handed, HandedError, Kept, handed_markdown, read_handed
from oncall_tui.handover.files import read_file
from oncall_tui.handover.handed import MAX_FILE
from oncall_tui.store import StoreError
from oncall_tui.text import clean, paint_safe

_OTHERS = ("since", "until", "format", "output", "send", "note", "item", "text", "discard")


def accepting(args: Namespace) -> int:
    """Either of them.

    Raises:
        UsageError: together with what makes a handover, or the file is none.
    """
    given = [name for name in _OTHERS if getattr(args, name) is not None]
    if given:
        raise exits.UsageError(f"--{given[0]} makes a handover; --accept and --previous read one")
    if args.receipt is not None and args.accept is None:
        raise exits.UsageError("--receipt is of --accept")
    return asyncio.run(_accepting(args))


async def _accepting(args: Namespace) -> int:
    handed = _read(args.accept) if args.accept else None
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=args.accept is not None, read_only=args.read_only) as house:
        tell_notices(house)
        for name, problem in ({} if args.cached else await house.desk.poll_once()).items():
            if problem:
                sys.stderr.write(paint_safe(f"oncall-tui: {name} is not up to date: {problem}") + "\n")
        board = await house.desk.board()
        if handed is None:
            kept = await previous(house.desk, board)
            if kept is None:
                raise exits.Failure("no handover from before this shift is kept here")
            handed = kept.handed
            _show(handed, board, kept)
        else:
            _show(handed, board, None)
        return exits.OK if args.accept is None else await _accept(house, board, handed, args)


def _read(name: str) -> Handed:
    try:
        if name != "-":
            return read_file(Path(name))
        return read_handed(sys.stdin.buffer.read(MAX_FILE + 1))
    except HandedError as error:
        what = "standard input" if name == "-" else clean(name, 200)
        raise exits.UsageError(f"{what}: {error}") from None


def _show(handed: Handed, board: Board, kept: Kept | None) -> None:
    text = handed_markdown(handed, board.zone)
    sys.stdout.write("\n".join(paint_safe(line) for line in text.split("\n")))
    if kept is not None and kept.accepted_at is not None:
        sys.stdout.write(f"\n{paint_safe(f'accepted {iso(kept.accepted_at)} by {kept.accepted_by}')}\n")


async def _accept(house: House, board: Board, handed: Handed, args: Namespace) -> int:
    await house.desk.start(poll=False)
    try:
        done = await accept(house.desk, board, handed, args.receipt)
    except ActRefused as error:
        sys.stderr.write(f"oncall-tui: {paint_safe(str(error))}\n")
        return exits.REFUSED
    except StoreError as error:
        sys.stderr.write(f"oncall-tui: not accepted: {paint_safe(str(error))}\n")
        return exits.REFUSED
    sys.stdout.write(f"\n{paint_safe(f'accepted from {handed.user}: {done.words}')}\n")
    codes = []
    for row in done.rows:
        ended = await house.desk.wait(row.key, args.timeout)
        tell(ended)
        codes.append(exits.of_row(ended))
    return exits.worst(codes)
