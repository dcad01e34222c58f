"""``cover``: somebody stands in on the schedule for a time, through the same outbox as the key."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Iterable
from datetime import datetime, timedelta

from oncall_tui.board import Board
from oncall_tui.cli import exits
from oncall_tui.cli.acting import pick_person, pressed
from oncall_tui.cli.compose import House, data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import zone_named
from oncall_tui.desk.history import schedule_ahead
from oncall_tui.model import Directory, OutboxRow, Person, Verb, join_id
from oncall_tui.records import dataclass
from oncall_tui.schedule import Rotation, Schedule, Turn
from oncall_tui.schedule.cover import Cover, cover_of, next_turn, parse_ahead, preview
from oncall_tui.text import clean, paint_safe

AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One schedule of one rotation, and the turn on it that is meant, if one is."""

    rotation: Rotation
    schedule_id: str
    schedule: str
    turn: Turn | None = None

    @property
    def named(self) -> str:
        """``Payments primary (pager)``."""
        return f"{self.schedule} ({self.rotation.source})"


def cover(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_cover(args))


async def _cover(args: Namespace) -> int:
    config = read_config(args)
    sends = not args.preview
    async with open_house(config, data_folder(args), sends=sends, read_only=args.read_only) as house:
        tell_notices(house)
        failed = await house.desk.poll_once()
        for name, problem in failed.items():
            if problem:
                sys.stderr.write(paint_safe(f"oncall-tui: {name} is not up to date: {problem}") + "\n")
        board = await house.desk.board()
        place, wanted = _meant(house, board, await schedule_ahead(house.desk, board, AHEAD), args)
        for line in preview(wanted, place.rotation, board.zone):
            sys.stdout.write(paint_safe(f"{place.named}: {line}") + "\n")
        if args.preview:
            return exits.OK
        target = join_id(place.rotation.source, place.schedule_id)

        async def press() -> OutboxRow:
            return await house.desk.act(
                Verb.OVERRIDE, target, params=wanted.params, seen=None, title=place.schedule, undo=False
            )

        await house.desk.start(poll=False)
        return await pressed(house, target, press, args.timeout)


def _meant(house: House, board: Board, schedule: Schedule, args: Namespace) -> tuple[Place, Cover]:
    """Which schedule, from when to when, and who.

    Raises:
        UsageError: it is not clear, or cannot be.
    """
    now, zone = house.clock.now(), zone_named(house.config.seat.time_zone)
    place = _place(schedule, board, args)
    try:
        start = parse_ahead(args.since, after=now, zone=zone) if args.since else _default(place, now)[0]
        end = parse_ahead(args.until, after=max(start, now), zone=zone) if args.until else _default(place, now)[1]
        if end <= now:
            raise ValueError("that is over already")
        person = _person(board.directories.get(place.rotation.source, Directory()), args.who)
        wanted = cover_of(place.rotation, place.schedule_id, max(start, now), end, person)
    except ValueError as error:
        raise exits.UsageError(str(error)) from None
    return place, wanted


def _default(place: Place, now: datetime) -> tuple[datetime, datetime]:
    if place.turn is None:
        raise ValueError("you hold no turn there: say --from and --until")
    return max(now, place.turn.start), place.turn.end


def _place(schedule: Schedule, board: Board, args: Namespace) -> Place:
    fitting = [one for one in schedule.rotations if _fits(one, args)]
    able = [one for one in fitting if Verb.OVERRIDE.value in board.capabilities.get(one.source, ())]
    if fitting and not able:
        names = ", ".join(sorted({one.source for one in fitting}))
        raise exits.Failure(f"{names}: nobody can be put on a schedule there from here", exits.REFUSED)
    narrowed = Schedule(start=schedule.start, end=schedule.end, rotations=tuple(able))
    found = next_turn(narrowed, board.seat.my_ids)
    if found is not None:
        rotation, turn = found
        assert turn.schedule_id is not None, "next_turn gives only turns that can be covered"
        return Place(rotation=rotation, schedule_id=turn.schedule_id, schedule=turn.schedule, turn=turn)
    wanted = (args.schedule or "").casefold()
    places = [
        Place(rotation=one, schedule_id=native, schedule=name)
        for one in able
        for native, name in one.covered_at
        if wanted in ("", name.casefold(), native.casefold())
    ]
    if len(places) == 1:
        return places[0]
    names = ", ".join(place.named for place in places[:8]) or "none"
    raise exits.UsageError(f"which schedule? name it with --team, --level or --schedule; there are: {names}")


def _fits(one: Rotation, args: Namespace) -> bool:
    team, name = (args.team or "").casefold(), (args.schedule or "").casefold()
    return (
        (not team or one.team.casefold() == team)
        and (args.level is None or one.level == args.level)
        and (not name or any(name in (called.casefold(), native.casefold()) for native, called in one.covered_at))
    )


def _person(directory: Directory, who: str) -> Person:
    if who == "me":
        if directory.me is None:
            raise exits.UsageError("who you are there is not known: set seat.user")
        return directory.me
    people: Iterable[Person] = directory.people
    if not directory.people:
        raise exits.UsageError(f"who {clean(who, 60)!r} is there is not known: the system told of no people")
    return pick_person(people, who)
