"""``outbox``: the queue; retry, cancel, turn into a note, flush."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from oncall_tui.cli import exits
from oncall_tui.cli.acting import tell
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.cli.now import whole
from oncall_tui.clock import age_words, iso
from oncall_tui.desk import ActRefused
from oncall_tui.model import OutboxRow
from oncall_tui.text import clean, clip, fit, paint_safe


def outbox(args: Namespace) -> int:
    """The command."""
    if args.do in ("retry", "cancel", "note") and not args.key:
        raise exits.UsageError(f"outbox {args.do}: which one? give its KEY")
    if args.do == "flush" and args.key:
        raise exits.UsageError("outbox flush takes no KEY")
    return asyncio.run(_outbox(args))


async def _outbox(args: Namespace) -> int:
    config = read_config(args)
    sends = args.do in ("retry", "note", "flush")
    async with open_house(config, data_folder(args), sends=sends, read_only=args.read_only) as house:
        tell_notices(house)
        if args.do is None:
            _show(await house.desk.outbox(), house.clock.now(), as_json=args.json)
            return exits.OK
        try:
            rows = await _do(house, args)
        except ActRefused as error:
            raise exits.Failure(str(error), exits.REFUSED) from None
        now = house.clock.now()
    if args.json:
        _write([_json(row, now) for row in rows])
    else:
        for row in rows:
            tell(row)
    if args.do == "cancel":
        return exits.OK
    return exits.worst(exits.of_row(row) for row in rows)


async def _do(house: House, args: Namespace) -> Sequence[OutboxRow]:
    if args.do == "flush":
        await house.desk.start(poll=False)
        return await house.desk.flush(args.timeout)
    row = await house.store.outbox_row(args.key)
    if row is None:
        raise exits.UsageError(f"no action has the key {clean(args.key, 60)!r}: 'oncall-tui outbox' lists them")
    if args.do == "cancel":
        return [await house.desk.cancel(row.key)]
    await house.desk.start(poll=False)
    row = await (house.desk.as_note(row.key) if args.do == "note" else house.desk.retry(row.key))
    return [await house.desk.wait(row.key, args.timeout)]


def _show(rows: Sequence[OutboxRow], now: datetime, *, as_json: bool) -> None:
    if as_json:
        _write([_json(row, now) for row in rows])
        return
    if not rows:
        sys.stdout.write("The outbox is empty.\n")
    for row in rows:
        reason = row.held or row.answer or ""
        state = f"{row.state.value} (waits for you)" if row.held and row.pending else row.state.value
        line = (
            f"{fit(row.key, 12)} {fit(state, 24)} {fit(row.verb.value, 14)} {whole(row.target, 20)} "
            f"{fit(age_words(now - row.created_at), 4)} {clip(row.target_title, 50)}{f': {reason}' if reason else ''}"
        )
        sys.stdout.write(paint_safe(line) + "\n")


def _write(data: Any) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode({"version": 1, "outbox": data})).decode() + "\n")


def _json(row: OutboxRow, now: datetime) -> dict[str, Any]:
    return {
        "key": row.key,
        "verb": row.verb.value,
        "target": row.target,
        "title": row.target_title,
        "state": row.state.value,
        "held": row.held,
        "created_at": iso(row.created_at),
        "age_s": round((now - row.created_at).total_seconds(), 1),
        "attempts": row.attempts,
        "sent_at": iso(row.sent_at) if row.sent_at else None,
        "answered_at": iso(row.answered_at) if row.answered_at else None,
        "answer": row.answer,
        "seat": row.seat,
        "params": row.params,
    }
