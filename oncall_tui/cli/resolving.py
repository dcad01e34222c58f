"""``due``: what is due on open incidents, by which rule. ``resolution``: the checklist of one, and its watch."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from datetime import datetime
from typing import Any

import msgspec

from oncall_tui.board import Board
from oncall_tui.board.led import Led
from oncall_tui.cli import exits
from oncall_tui.cli.acting import pressed, resolve_id
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import age_words, iso
from oncall_tui.desk import ActRefused
from oncall_tui.desk.lead import begin_watch, complete_now, item_of, led_now, look, note_checklist, tick
from oncall_tui.model import Incident, OutboxRow
from oncall_tui.policy.checklists import Standing
from oncall_tui.policy.reminders import Reminder
from oncall_tui.policy.watching import Watch
from oncall_tui.store import StoreError
from oncall_tui.text import clean, paint_safe


def due(args: Namespace) -> int:
    """The command ``due``."""
    return asyncio.run(_due(args))


async def _due(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=False, read_only=args.read_only) as house:
        tell_notices(house)
        failed = {} if args.cached else await house.desk.poll_once()
        board = await house.desk.board()
        wanted = [await resolve_id(house, name, cached=True) for name in args.ids]
        found = await _led(house, board, wanted)
        now = house.clock.now()
    if args.json:
        _put(
            {"version": 1, "taken_at": iso(now), "incidents": [_due_report(one, led, board, now) for one, led in found]}
        )
    else:
        _put_lines([line for one, led in found for line in _due_lines(one, led, board, now)] or ["nothing is due"])
    return exits.STALE if any(failed.values()) else exits.OK


async def _led(house: House, board: Board, wanted: list[str]) -> list[tuple[Incident, Led]]:
    """Those that are asked for, or all that are open, by what needs a hand."""
    ids = wanted or [row.id for row in board.incidents if row.incident.is_open]
    found = []
    for incident_id in ids:
        view = await house.desk.view(incident_id)
        led = await led_now(house.desk, board, incident_id)
        if view is None or led is None:
            raise exits.UsageError(f"no such incident: {clean(incident_id, 80)}")
        found.append((view.incident, led))
    return found


def _due_lines(incident: Incident, led: Led, board: Board, now: datetime) -> list[str]:
    severity = f"SEV{incident.severity}" if incident.severity else "SEV?"
    lines = [f"{incident.id} {severity} {incident.title}"]
    lines += [
        f"  {_when(one, board, now):<22} {one.does}: {', '.join(one.to)}\n    {one.rule}" for one in led.reminders
    ]
    return "\n".join(lines).split("\n")


def _when(one: Reminder, board: Board, now: datetime) -> str:
    if one.at is None:
        return "offered"
    at = f"{one.at.astimezone(board.zone):%a %H:%M}"
    if one.overdue(now):
        return f"{at} OVERDUE {age_words(now - one.at).replace('now', '<1m')}"
    return f"{at} in {age_words(one.at - now).replace('now', '<1m')}"


def _due_report(incident: Incident, led: Led, board: Board, now: datetime) -> dict[str, Any]:
    from oncall_tui.documents.messages import publication

    return {
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "due": [
            {
                "what": one.duty.value,
                "does": one.does,
                "at": iso(one.at) if one.at is not None else None,
                "overdue": one.overdue(now),
                "to": list(one.to),
                "where": list(one.where),
                "rule": one.rule,
            }
            for one in led.reminders
        ],
        "status_page": {
            "wanted": led.story.status,
            "why": led.story.wanted.why,
            "text": publication(
                incident, board.policy, board.zone, led.story, promised=led.communication.promised, now=now
            ),
            "pages": [{"channel": page.channel, "status": page.status} for page in led.pages],
        },
    }


# -- resolution ------------------------------------------------------------------------------------------------


def resolution(args: Namespace) -> int:
    """The command ``resolution``."""
    return asyncio.run(_resolution(args))


async def _resolution(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=args.note, read_only=args.read_only) as house:
        tell_notices(house)
        desk = house.desk
        try:
            for word in (*args.tick, *args.untick):
                item_of(desk, word)
        except ActRefused as error:
            raise exits.UsageError(str(error)) from None
        target = await resolve_id(house, args.id, cached=args.cached)
        failed = {} if args.cached else await desk.poll_once()
        problem = None if args.cached else await desk.read(target)
        if await desk.view(target) is None:
            why = f" ({problem})" if problem else ""
            raise exits.UsageError(f"no such incident: {clean(args.id, 80)}{why}")
        try:
            for word in args.tick:
                await tick(desk, target, word)
            for word in args.untick:
                await tick(desk, target, word, done=False)
            if args.watch:
                await begin_watch(desk, target)
        except (ActRefused, StoreError) as error:
            raise exits.Failure(str(error), exits.REFUSED) from None
        board = await desk.board()
        await look(desk, board)
        complete = bool(args.tick) and await complete_now(desk, board, target)
        led = await led_now(desk, board, target)
        assert led is not None, "it was there a moment ago"
        if args.json:
            _put(_resolution_report(led))
        else:
            _put_lines(_resolution_lines(led, board))
            if complete and not args.note:
                sys.stdout.write("complete: --note puts it on the timeline\n")
        noted = await _note(house, board, target, args) if args.note else exits.OK
    return noted or (exits.STALE if any(failed.values()) else exits.OK)


async def _note(house: House, board: Board, target: str, args: Namespace) -> int:
    await house.desk.start(poll=False)

    async def press() -> OutboxRow:
        return await note_checklist(house.desk, board, target, undo=False)

    return await pressed(house, target, press, args.timeout)


def _resolution_lines(led: Led, board: Board) -> list[str]:
    lines = [f"{led.checklist.title}: {sum(one.done for one in led.standing)} of {len(led.standing)} done"]
    if led.watch is not None:
        lines.append(f"  watch since {led.watch.began.astimezone(board.zone):%H:%M}: {led.watch.words}")
    for number, one in enumerate(led.standing, 1):
        box = "[x]" if one.done else "[!]" if one.failed else "[ ]"
        lines.append(f"  {box} {number} {one.item.id:<14} {one.item.text}{_aside(one, board)}")
    return lines


def _aside(one: Standing, board: Board) -> str:
    parts = []
    if one.tick is not None:
        said = f": {one.tick.said}" if one.tick.said else ""
        parts.append(f"{one.tick.at.astimezone(board.zone):%H:%M} {one.tick.by}{said}")
    if one.finding is not None and one.finding.words:
        parts.append(one.finding.words)
    return f" ({'; '.join(parts)})" if parts else ""


def _resolution_report(led: Led) -> dict[str, Any]:
    return {
        "version": 1,
        "id": led.incident_id,
        "checklist": led.checklist.name,
        "done": all(one.done for one in led.standing),
        "items": [
            {
                "id": one.item.id,
                "text": one.item.text,
                "done": one.done,
                "failed": one.failed,
                "by": one.tick.by if one.tick is not None else None,
                "at": iso(one.tick.at) if one.tick is not None else None,
                "said": one.tick.said if one.tick is not None else None,
                "check": one.finding.outcome.value if one.finding is not None else None,
                "found": one.finding.words if one.finding is not None else None,
                "command": one.item.command or None,
            }
            for one in led.standing
        ],
        "watch": _watch_report(led.watch),
    }


def _watch_report(watch: Watch | None) -> dict[str, Any] | None:
    if watch is None:
        return None
    return {
        "state": watch.state.value,
        "began": iso(watch.began),
        "well_since": iso(watch.well_since),
        "until": iso(watch.until),
        "says": watch.words,
    }


def _put(document: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")


def _put_lines(lines: list[str]) -> None:
    sys.stdout.write("\n".join(paint_safe(line) for line in lines) + "\n")
