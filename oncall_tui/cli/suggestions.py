"""``suggestions``: alerts, log spikes and users' reports that may be one incident, with why; dismiss, restore."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace

import msgspec

from oncall_tui.board import Board, SourceStatus
from oncall_tui.board.suggestion_report import suggestion_report
from oncall_tui.cli import exits
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import age_words
from oncall_tui.desk import ActRefused, past
from oncall_tui.policy.suggest import Suggestion
from oncall_tui.store import StoreError
from oncall_tui.text import clean, clip, paint_safe


def suggestions(args: Namespace) -> int:
    """The command."""
    if args.do is not None and not args.id:
        raise exits.UsageError(f"suggestions {args.do}: which one? give its ID")
    return asyncio.run(_suggestions(args))


async def _suggestions(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=False, read_only=args.read_only) as house:
        tell_notices(house)
        failed = {} if args.cached else await house.desk.poll_once()
        board = await house.desk.board()
        if args.do is not None:
            await _do(house, board, args.do, args.id)
            board = await house.desk.board()
    if args.json:
        told = [suggestion_report(one) for one in (*board.suggestions, *board.dismissed)]
        document = {"version": 1, "suggestions": told}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
    elif args.do is None:
        sys.stdout.write("\n".join(paint_safe(line) for line in suggestion_lines(board)) + "\n")
    return exits.STALE if any(failed.values()) else exits.OK


async def _do(house: House, board: Board, what: str, name: str) -> None:
    one = board.suggestion(name)
    if one is None:
        raise exits.UsageError(f"no suggestion is called {clean(name, 60)!r}: 'oncall-tui suggestions' lists them")
    try:
        if what == "restore":
            await past.restore(house.desk, one)
        elif one.dismissed is None:
            await past.dismiss(house.desk, one)
    except (ActRefused, StoreError) as error:
        raise exits.Failure(str(error), exits.REFUSED) from None


def suggestion_lines(board: Board) -> list[str]:
    """Those that are suggested with all that speaks for them; of those dismissed a line each."""
    lines = [f"=== Suggested incidents: {len(board.suggestions)} ==="]
    for one in board.suggestions:
        lines += _lines(one, board)
    late = [one.name for one in board.sources if one.status is not SourceStatus.OK and "alerts" in one.serves]
    if late:
        lines.append(f"  not up to date: {', '.join(late)}")
    if board.dismissed:
        lines += ["", f"=== Dismissed: {len(board.dismissed)} ==="]
        lines += [f"  {one.id}: {clip(one.title, 100)}" for one in board.dismissed]
    return lines


def _lines(one: Suggestion, board: Board) -> list[str]:
    lines = [
        f"  {one.id}  SEV{one.severity} {age_words(board.minute - one.first_at)}  {one.title}",
        f"    severity: {one.severity_reason}",
    ]
    for member in one.members:
        signal = member.signal
        lines.append(f"    {signal.kind.value} {clip(signal.name, 60)} ({signal.source}): {'; '.join(member.reasons)}")
    for incident_id in one.beside:
        row = board.incident(incident_id)
        lines.append(f"    perhaps of {incident_id}{f' {clip(row.incident.title, 60)}' if row is not None else ''}")
    return lines
