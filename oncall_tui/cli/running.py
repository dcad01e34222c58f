"""``run``: a command of the team's own, with its output as it comes, or as one JSON document."""

from __future__ import annotations

import asyncio
import signal
import sys
from argparse import Namespace
from typing import Any

import msgspec

from oncall_tui.cli import exits
from oncall_tui.cli.acting import pressed, resolve_target
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import iso
from oncall_tui.config.commands import CommandOptions
from oncall_tui.config.problems import nearest
from oncall_tui.desk import ActRefused
from oncall_tui.desk.about import about
from oncall_tui.desk.commands import Run, note_run
from oncall_tui.desk.lead import keep_run
from oncall_tui.desk.output import HEAD_BYTES
from oncall_tui.text import clean, paint_safe


def run(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_run(args))


async def _run(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=True, read_only=args.read_only) as house:
        tell_notices(house)
        options = _named(house, args.name)
        noting = options.output == "note"
        if noting:
            await house.desk.start(poll=False)
        target = await _target(house, options, args)
        try:
            one = await _begin(house, options, target)
        except ActRefused as error:
            raise exits.Failure(str(error), exits.REFUSED) from None
        signals = _ending(one)
        if args.json:
            await one.wait()
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(_report(one))).decode() + "\n")
        else:
            await _follow(house, one)
        if signals:
            return 128 + signals[0]
        noted = await _note(house, one, args.timeout) if noting else exits.OK
        await keep_run(house.desk, one)
    return exits.worst([noted, exits.OK if one.ok else exits.REFUSED])


def _ending(one: Run) -> list[int]:
    """A signal to end ends the command first: it must not go on without anybody. The list has those that came."""
    came: list[int] = []

    def end(number: int) -> None:
        came.append(number)
        one.stop()

    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    return came


def _named(house: House, name: str) -> CommandOptions:
    commands = house.config.commands
    found = next((one for one in commands if one.name == name), None)
    if found is None:
        hint = nearest(clean(name, 40), [one.name for one in commands]) if commands else "none is configured"
        raise exits.UsageError(f"no command is called {clean(name, 40)!r}; {hint}")
    return found


async def _target(house: House, options: CommandOptions, args: Namespace) -> str | None:
    if options.on == "none":
        if args.id is not None:
            raise exits.UsageError(f"{options.name} is about nothing: it takes no ID")
        return None
    if args.id is None:
        raise exits.UsageError(f"{options.name} is about an {options.on}: give its ID")
    return await resolve_target(house, args.id)


async def _begin(house: House, options: CommandOptions, target: str | None) -> Run:
    desk = house.desk
    problem = None
    if target is not None and options.on == "incident" and await desk.view(target) is None:
        problem = await desk.read(target)
    try:
        found = await about(desk, await desk.board(), target)
    except ActRefused as error:
        raise ActRefused(problem or str(error)) from None
    return desk.runs.start(options, found)


async def _follow(house: House, one: Run) -> None:
    """Its output on stdout, line by line, as the dashboard would show it; how it ended on stderr."""
    news = asyncio.Event()
    end = house.desk.runs.subscribe(lambda _: news.set())
    told = 0
    while one.is_running:
        # The last line may still be growing; of what comes after the head, the end decides what is left out.
        if one.output.total <= HEAD_BYTES:
            told = _tell(one.lines[:-1], told)
        news.clear()
        await news.wait()
    end()
    _tell(one.lines, told)
    sys.stderr.write(f"oncall-tui: {one.options.name}: {paint_safe(one.result)}\n")


def _tell(lines: tuple[str, ...], told: int) -> int:
    for line in lines[told:]:
        sys.stdout.write(paint_safe(line) + "\n")
    sys.stdout.flush()
    return max(told, len(lines))


async def _note(house: House, one: Run, timeout_s: float) -> int:
    return await pressed(house, one.about.target or "", lambda: note_run(house.desk, one, undo=False), timeout_s)


def _report(one: Run) -> dict[str, Any]:
    return {
        "version": 1,
        "command": one.options.name,
        "target": one.about.target,
        "changes": one.options.changes,
        "started_at": iso(one.started_at),
        "ended_at": iso(one.ended_at) if one.ended_at is not None else None,
        "state": one.state.value,
        "exit_code": one.code,
        "result": one.result,
        "ok": one.ok,
        "output": list(one.lines),
    }
