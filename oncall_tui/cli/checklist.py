"""``checklist``: runs what a program can check of a shift's list, and prints the rest to be ticked by hand."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Iterator

import msgspec

from oncall_tui.board import Board
from oncall_tui.cli import exits
from oncall_tui.cli.compose import data_folder, open_house, read_config, tell_notices
from oncall_tui.desk import ActRefused
from oncall_tui.desk.checking import item_named, list_named, sheet, shift_lists, tick
from oncall_tui.handover.review import Review
from oncall_tui.handover.sheet import Sheet, sheet_json, subject_words
from oncall_tui.policy.checklists import Outcome, Standing
from oncall_tui.store import StoreError
from oncall_tui.text import paint_safe, wrap

WIDTH = 80


def checklist(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_checklist(args))


async def _checklist(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=False, read_only=args.read_only) as house:
        tell_notices(house)
        if args.name is None:
            names = ", ".join(shift_lists(house.desk))
            raise exits.UsageError(f"which list? there are: {names}; that of an incident: 'oncall-tui resolution ID'")
        try:
            list_named(house.desk, args.name)
            for word in (*args.tick, *args.untick):
                item_named(house.desk, args.name, word)
        except ActRefused as error:
            raise exits.UsageError(str(error)) from None
        await house.desk.poll_once()
        board = await house.desk.board()
        try:
            for word in args.tick:
                await tick(house.desk, board, args.name, word)
            for word in args.untick:
                await tick(house.desk, board, args.name, word, done=False)
        except (ActRefused, StoreError) as error:
            sys.stderr.write(f"oncall-tui: {paint_safe(str(error))}\n")
            return exits.REFUSED
        found = await sheet(house.desk, board, args.name, await house.desk.probe())
    if args.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(sheet_json(found))).decode() + "\n")
    else:
        sys.stdout.write("\n".join(paint_safe(line) for line in _lines(found, board)) + "\n")
    return exits.OK if found.is_well else exits.FAILED


def _lines(found: Sheet, board: Board) -> Iterator[str]:
    done = sum(one.done for one in found.standing)
    subject = subject_words(found.subject, board.zone)
    yield f"=== {found.checklist.title} ({subject}): {done} of {len(found.standing)} ==="
    for one in found.standing:
        yield from _wrapped(f"{_box(one)} ", one.item.text)
        said = _said(one, board)
        if said:
            yield from _wrapped("      ", said)
    if found.review is not None:
        yield from _review(found.review)


def _box(one: Standing) -> str:
    if one.done:
        return "[x]"
    if one.failed or (one.finding is not None and one.finding.outcome is Outcome.NOT_YET):
        return "[!]"
    return "[?]" if one.finding is not None else "[ ]"


def _said(one: Standing, board: Board) -> str:
    words = [one.finding.words] if one.finding is not None else []
    if one.tick is not None:
        at = f"{one.tick.at.astimezone(board.zone):%a %H:%M} {one.tick.by}"
        words.append(f"{at}: {one.tick.said}" if one.tick.said else at)
    if not words and one.item.command:
        words.append(f"runs {one.item.command}: 'oncall-tui run'")
    return ", ".join(words)


def _review(found: Review) -> Iterator[str]:
    counts = found.counts
    yield ""
    yield "=== The last 7 days ==="
    told = ", ".join(f"Sev{severity} {counts[f'sev{severity}']}" for severity in (1, 2, 3, 4))
    yield f"incidents {counts['total']} ({told}); alerts {found.fired_total}, {found.fired_before} the week before"
    for one in found.fired:
        service = f" ({one.service})" if one.service else ""
        yield from _wrapped(f"  x{one.count:<5} ", f"{one.name}{service}: {one.trend}, {one.before} before")
    unresolved = [f"{_severity(one.severity)} {one.title}, {one.id}" for one in found.unresolved]
    recurring = [f"x{one.count} {one.latest.title}" for one in found.recurring]
    runbooks = [f"{of}: {url}" for of, url in found.runbooks]
    parts = (("not resolved", unresolved), ("coming back", recurring), ("runbooks to read again", runbooks))
    for heading, rows in parts:
        yield f"{heading}:{'' if rows else ' none'}"
        for row in rows:
            yield from _wrapped("  ", row)


def _severity(severity: int | None) -> str:
    return f"Sev{severity}" if severity else "Sev?"


def _wrapped(head: str, text: str) -> Iterator[str]:
    first, *rest = wrap(text, WIDTH - len(head))
    yield f"{head}{first}"
    for part in rest:
        yield f"{' ' * len(head)}{part}"
