"""``declare``: run the response to an incident in all systems, look at how it stands, do one step again."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from oncall_tui.board import Board
from oncall_tui.cli import exits
from oncall_tui.cli.acting import resolve_target, text_given
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import iso
from oncall_tui.desk import ActRefused
from oncall_tui.desk.declaring import declarations, plan_declaration, retry_step, wait_for, wish_from
from oncall_tui.desk.declaring import declare as say_yes
from oncall_tui.desk.past import dismiss
from oncall_tui.policy.declaring import INCIDENT, Declaration, Plan, Skipped, Standing, Step, StepState, Wish, shown
from oncall_tui.store import StoreError
from oncall_tui.text import clean, paint_safe

_CODES = {
    StepState.DONE: exits.OK,
    StepState.DROPPED: exits.OK,
    StepState.REFUSED: exits.REFUSED,
    StepState.UNKNOWN: exits.UNKNOWN,
}
"""What is left has not ended: queued."""


def declare(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_declare(args))


async def _declare(args: Namespace) -> int:
    _check(args)
    config = read_config(args)
    looks = args.list or args.dry_run
    async with open_house(config, data_folder(args), sends=not looks, read_only=args.read_only) as house:
        tell_notices(house)
        try:
            if args.list:
                return await _list(house, args)
            if args.retry:
                return await _retry(house, args)
            return await _new(house, args)
        except (ActRefused, StoreError) as error:
            sys.stderr.write(f"oncall-tui: not declared: {paint_safe(str(error))}\n")
            return exits.REFUSED


def _check(args: Namespace) -> None:
    if args.list and args.retry:
        raise exits.UsageError("one of --list, --retry")
    other = args.list or args.retry
    if other and (args.title or args.origin):
        raise exits.UsageError("--list and --retry take no title and no --from")
    if not other and not args.title and not args.origin:
        raise exits.UsageError("what has happened? declare TITLE, or --from an alert or incident")


# -- a new one -----------------------------------------------------------------------------------------------------


async def _new(house: House, args: Namespace) -> int:
    await _refresh(house)
    board = await house.desk.board()
    if not args.dry_run:
        await house.desk.start(poll=False)
    plan = await plan_declaration(house.desk, board, await _wish(house, board, args))
    for name in args.without:
        if plan.step(name) is None and name not in [one.id for one in plan.skipped]:
            known = ", ".join(step.id for step in plan.steps)
            raise exits.UsageError(f"no step is called {clean(name, 40)!r}; there are: {known}")
        if plan.step(name) is not None:
            plan = plan.without(name)
    if args.dry_run:
        _write(_plan_json(plan) if args.json else _plan_lines(plan), args)
        return exits.OK
    declared = await say_yes(house.desk, plan)
    suggestion = board.suggestion(args.origin) if args.origin is not None else None
    if suggestion is not None:
        await dismiss(house.desk, suggestion, declared=True)
    return await _tell(house, declared, args)


async def _refresh(house: House) -> None:
    """Who is on call and which services there are, where it is not known or old."""
    now = house.clock.now()
    if not any(state.is_stale(now) for state in await house.desk.source_states()):
        return
    for name, problem in (await house.desk.poll_once()).items():
        if problem:
            sys.stderr.write(paint_safe(f"oncall-tui: {name} is not up to date: {problem}") + "\n")


async def _wish(house: House, board: Board, args: Namespace) -> Wish:
    origin = args.origin
    if origin is not None and board.suggestion(origin) is None and board.alert(origin) is None:
        origin = await resolve_target(house, origin)
    begun = wish_from(board, origin)
    return replace(
        begun,
        title=clean(args.title or begun.title),
        severity=args.severity or begun.severity,
        service=args.service or begun.service,
        text=text_given(args.text, "text") if args.text else begun.text,
        customer_impact=args.impact or begun.customer_impact,
        commander=args.commander,
        pager=args.pager or begun.pager,
    )


# -- those that there are --------------------------------------------------------------------------------------------


async def _list(house: House, args: Namespace) -> int:
    found = await declarations(house.desk)
    if args.json:
        _write({"version": 1, "declarations": [_json(one) for one in found]}, args)
        return exits.OK
    for one in found:
        _write(_lines(one), args)
    if not found:
        sys.stdout.write("nothing was declared from here\n")
    return exits.OK


async def _retry(house: House, args: Namespace) -> int:
    await house.desk.start(poll=False)
    word, step = args.retry
    return await _tell(house, await retry_step(house.desk, word, step), args)


async def _tell(house: House, declared: Declaration, args: Namespace) -> int:
    """Wait for its end; what became of each step, and the exit code."""
    ended = await wait_for(house.desk, declared.id, args.timeout)
    _write(_json(ended) if args.json else _lines(ended), args)
    return exits.worst(_CODES.get(one.state, exits.QUEUED) for one in ended.steps)


# -- words ---------------------------------------------------------------------------------------------------------


def _write(what: Any, args: Namespace) -> None:
    if args.json:
        sys.stdout.write(json.dumps(what, ensure_ascii=False, indent=2) + "\n")
        return
    for line in what:
        sys.stdout.write(paint_safe(line) + "\n")


def _lines(one: Declaration) -> Iterable[str]:
    yield f"declaration {one.id}: Sev{one.severity} {one.title}, {one.incident or 'no incident yet'}"
    for each in one.steps:
        why = f" ({each.why})" if each.why else ""
        yield f"  {each.step.id} {each.state.value}: {shown(each.step.does)}{why}"
    yield from _besides(one.skipped, one.by_hand)


def _plan_lines(plan: Plan) -> Iterable[str]:
    what = f"Sev{plan.wish.severity} {plan.wish.title}"
    yield f"{what}: the response to {plan.incident}" if plan.incident else f"{what}: a new incident"
    for step in plan.steps:
        yield f"  {step.id} ({step.to}): {shown(step.does)}"
        yield f"    by {step.rule}"
        if step.id != INCIDENT:
            for line in shown(step.text).splitlines():
                yield f"    | {line}".rstrip()
    yield from _besides(plan.skipped, plan.by_hand)


def _besides(skipped: Iterable[Skipped], by_hand: Iterable[str]) -> Iterable[str]:
    for left in skipped:
        yield f"  not {left.id}: {left.why}"
    for line in by_hand:
        yield f"  by hand: {line}"


def _json(one: Declaration) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "severity": one.severity,
        "seat": one.seat,
        "at": iso(one.at),
        "incident": one.incident,
        "is_over": one.is_over,
        "steps": [_standing_json(each) for each in one.steps],
        "skipped": [{"id": left.id, "why": left.why} for left in one.skipped],
        "by_hand": list(one.by_hand),
    }


def _standing_json(one: Standing) -> dict[str, Any]:
    row = one.row
    return {
        **_step_json(one.step),
        "state": one.state.value,
        "why": one.why or None,
        "key": row.key if row is not None else None,
        "ref": row.native_ref if row is not None else None,
    }


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "verb": step.verb.value,
        "to": step.to,
        "does": shown(step.does),
        "whom": [shown(one) for one in step.whom],
        "rule": step.rule,
    }


def _plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "version": 1,
        "title": plan.wish.title,
        "severity": plan.wish.severity,
        "service": plan.wish.service,
        "incident": plan.incident,
        "steps": [{**_step_json(step), "text": shown(step.text) or None} for step in plan.steps],
        "skipped": [{"id": left.id, "why": left.why} for left in plan.skipped],
        "by_hand": list(plan.by_hand),
    }
