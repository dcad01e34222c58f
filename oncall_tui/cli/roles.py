"""``roles``: who has which role, what it owes and how fast; who is paged after whom."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Iterator

import msgspec

from oncall_tui.board import Board
from oncall_tui.cli import exits
from oncall_tui.cli.compose import data_folder, open_house, read_config, tell_notices
from oncall_tui.config.shift_rules import roles as roles_of
from oncall_tui.schedule.duties import Duty, Named, Path, TeamDuties, duties, to_json
from oncall_tui.schedule.render import when
from oncall_tui.text import paint_safe, wrap

WIDTH = 80


def roles(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_roles(args))


async def _roles(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=False) as house:
        tell_notices(house)
        failed = {} if args.cached else await house.desk.poll_once()
        board = await house.desk.board()
        found = duties(board, roles_of(config.policy), board.policy)
    if args.team is not None:
        found = tuple(one for one in found if one.team.casefold() == args.team.casefold())
        if not found:
            raise exits.UsageError(f"nobody is on call for {paint_safe(args.team)[:60]!r}")
    if args.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(to_json(found))).decode() + "\n")
    else:
        sys.stdout.write("\n".join(paint_safe(line) for line in _lines(found, board)) + "\n")
    for name, problem in failed.items():
        if problem:
            sys.stderr.write(paint_safe(f"oncall-tui: {name} is not up to date: {problem}") + "\n")
    return exits.STALE if any(failed.values()) else exits.OK


def _lines(found: tuple[TeamDuties, ...], board: Board) -> Iterator[str]:
    if not found:
        yield "no configured source tells who is on call"
    for number, team in enumerate(found):
        if number:
            yield ""
        yield f"=== {team.team} ==="
        for path in team.paths:
            yield from _path(path, board)
        for duty in team.roles:
            yield from _duty(duty)


def _path(path: Path, board: Board) -> Iterator[str]:
    yield f"escalation path {path.policy} ({path.source}{f', repeated {path.repeats} times' if path.repeats else ''})"
    for step in path.steps:
        after = "" if step.after_s is None else "at once" if step.after_s < 30 else f"+{round(step.after_s / 60)}m"
        until = f", until {when(step.until, board.zone)}" if step.until is not None else ""
        following = f", then {step.following}" if step.following else ""
        yield from _wrapped(f"  {step.level:>2} {after:<8} ", f"{_people(step.people)}{until}{following}")


def _duty(duty: Duty) -> Iterator[str]:
    role = duty.role
    who = f"{_people(duty.people)} ({duty.known_by})" if duty.people else duty.known_by
    yield from _wrapped("", f"{role.title}{f', {role.when}' if role.when else ''}: {who}")
    if duty.answers:
        yield from _wrapped("  answers ", duty.answers)
    if role.owes:
        yield from _wrapped("  owes ", ", ".join(role.owes))
    if role.escalates:
        yield from _wrapped("  goes on to ", role.escalates)


def _people(people: tuple[Named, ...]) -> str:
    return ", ".join(f"{one.name}{f' <{one.contact}>' if one.contact else ''}" for one in people) or "NOBODY"


def _wrapped(head: str, text: str) -> Iterator[str]:
    first, *rest = wrap(text, WIDTH - len(head))
    yield f"{head}{first}"
    for part in rest:
        yield f"{' ' * len(head)}{part}"
