"""A shift's checklists as the desk has them: what a program can check is checked, what was ticked is remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from oncall_tui.board import Board
from oncall_tui.config.lead_rules import checklists
from oncall_tui.desk.handing import kept, previous
from oncall_tui.desk.history import schedule_ahead
from oncall_tui.desk.settings import ActRefused
from oncall_tui.desk.shift import draft_handover, forgotten_now, load_edits
from oncall_tui.handover import Handover
from oncall_tui.handover.review import review, stretch
from oncall_tui.handover.sheet import Sheet
from oncall_tui.model import HealthStatus, OutboxState
from oncall_tui.policy.checklists import (
    AFTER_SHIFT,
    BEFORE_SHIFT,
    RESOLUTION,
    Checklist,
    Finding,
    Item,
    Outcome,
    Tick,
    standings,
)
from oncall_tui.sources.base import Probe
from oncall_tui.text import clean

if TYPE_CHECKING:
    from oncall_tui.desk import Desk

CLOCK_LIMIT_S = 60.0
AHEAD = timedelta(days=1)
"""A turn that begins within it is the next shift."""
_MOST = 4
"""Names that one line tells."""


def shift_lists(desk: Desk) -> dict[str, Checklist]:
    """The lists of a shift by name: before, after, then the team's own. That of a resolution is an incident's."""
    known = checklists(desk.settings.rules)
    first = [name for name in (BEFORE_SHIFT, AFTER_SHIFT) if name in known]
    return {name: known[name] for name in (*first, *(one for one in known if one not in (*first, RESOLUTION)))}


def list_named(desk: Desk, name: str) -> Checklist:
    """The list of that name. Raises ActRefused."""
    known = shift_lists(desk)
    if name == RESOLUTION:
        raise ActRefused("the resolution checklist is an incident's: 'oncall-tui resolution ID', or its tab")
    if name not in known:
        raise ActRefused(f"no checklist is called {clean(name, 40)!r}; there are: {', '.join(known)}")
    return known[name]


async def sheet(desk: Desk, board: Board, name: str, probes: Mapping[str, Probe] | None) -> Sheet:
    """The list as it stands now.

    Args:
        probes: what every source and channel answered; ``None``: they were not asked yet.

    Raises:
        ActRefused: no such list.
        StoreError: the store cannot be read.
    """
    checklist = list_named(desk, name)
    subject = await subject_of(desk, board, name)
    found = await findings(desk, board, checklist, probes)
    week = review(await desk.shift_facts(*stretch(desk.clock.now()))) if name == BEFORE_SHIFT else None
    ticks = await desk.ticks(name, subject)
    return Sheet(checklist=checklist, subject=subject, standing=standings(checklist, ticks, found), review=week)


async def subject_of(desk: Desk, board: Board, name: str) -> str:
    """The shift that the list is of: the one under way; before it the seat's next turn, after it the one that ended."""
    begins = board.shift.start
    if not board.shift.on_call:
        begins = await _next_turn(desk, board) or board.shift.end if name != AFTER_SHIFT else board.shift.end
        if begins == board.shift.end:
            return f"off call {begins.astimezone(board.zone):%Y-%m-%d}"
    return f"shift {begins:%Y-%m-%dT%H:%M}"


async def _next_turn(desk: Desk, board: Board) -> datetime | None:
    ahead = await schedule_ahead(desk, board, AHEAD)
    starts = [
        turn.start
        for one in ahead.rotations
        for turn in one.turns
        if f"{one.source}:{turn.person.id}" in board.seat.my_ids and turn.start > ahead.start
    ]
    return min(starts, default=None)


def item_named(desk: Desk, name: str, word: str) -> Item:
    """The item of that list that a person means. Raises ActRefused: no such list or item."""
    checklist = list_named(desk, name)
    item = checklist.item(word)
    if item is None:
        known = ", ".join(one.id for one in checklist.items) or "it is empty"
        raise ActRefused(f"no item of {name} is called {clean(word, 40)!r} ({known})")
    return item


async def tick(desk: Desk, board: Board, name: str, word: str, *, done: bool = True) -> Item:
    """Say that an item is done, or that it is not.

    Raises:
        ActRefused: a read-only seat, no such list or item.
        StoreError: it could not be stored.
    """
    if desk.settings.read_only:
        raise ActRefused("this seat is read-only: nothing is ticked from here")
    item = item_named(desk, name, word)
    by = desk.settings.board.user or board.seat.name
    said = Tick(item=item.id, at=desk.clock.now(), by=by) if done else item.id
    await desk.put_tick(name, await subject_of(desk, board, name), said)
    return item


# -- what a program can check ----------------------------------------------------------------------------------


async def findings(
    desk: Desk, board: Board, checklist: Checklist, probes: Mapping[str, Probe] | None
) -> dict[str, Finding]:
    """What each check of the list finds now, by the item's id."""
    found: dict[str, Finding] = {}
    for item in checklist.items:
        if item.check in _PROBED:
            found[item.id] = _unknown("not asked yet") if probes is None else _PROBED[item.check](board, probes)
        elif item.check == "on-call":
            found[item.id] = await _on_call(desk, board)
        elif item.check == "escalation":
            found[item.id] = _escalation(board)
        elif item.check == "hosts":
            found[item.id] = _hosts(board)
        elif item.check == "handover":
            found[item.id] = await _handover(desk, board)
        elif item.check == "forgotten":
            found[item.id] = await _forgotten(desk)
        elif item.check == "sent":
            found[item.id] = _sent(board)
        elif item.check in ("items", "notes", "handed-over"):
            found[item.id] = await _own(desk, board, item.check)
        elif item.check:
            found[item.id] = _unknown("is checked of an incident, not of a shift")
    return found


def _ok(words: str) -> Finding:
    return Finding(outcome=Outcome.OK, words=words)


def _bad(words: str) -> Finding:
    return Finding(outcome=Outcome.NOT_YET, words=words)


def _unknown(words: str) -> Finding:
    return Finding(outcome=Outcome.UNKNOWN, words=words)


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def _sources(board: Board, probes: Mapping[str, Probe]) -> Finding:
    names = [one.name for one in board.sources]
    return _reached(names, probes, "source")


def _channels(board: Board, probes: Mapping[str, Probe]) -> Finding:
    names = [one.name for one in board.channels]
    if not names:
        return _unknown("no channel is configured")
    return _reached(names, probes, "channel")


def _reached(names: list[str], probes: Mapping[str, Probe], what: str) -> Finding:
    bad = [f"{name}: {probe.error or 'not well'}" for name in names if (probe := probes.get(name)) and not probe.ok]
    if bad:
        return _bad(_named(bad))
    asked = {name: probe for name in names if (probe := probes.get(name)) is not None}
    strangers = [f"{name}: {note}" for name, probe in asked.items() for note in probe.notes if _lost(note)]
    if strangers:
        return _bad(_named(strangers))
    return _ok(f"{len(names)} {what}{'' if len(names) == 1 else 's'} answered")


def _lost(note: str) -> bool:
    """A probe's note that the seat is nobody there: then nothing is its own."""
    return "nothing is mine" in note


def _clock(board: Board, probes: Mapping[str, Probe]) -> Finding:
    told = {name: probe.clock_skew_s for name, probe in probes.items() if probe.clock_skew_s is not None}
    if not told:
        return _unknown("no system tells its time")
    off = [f"{name} {skew:+.0f} s" for name, skew in told.items() if abs(skew) >= CLOCK_LIMIT_S]
    if off:
        return _bad(f"differs from {_named(off)}")
    worst = max(abs(skew) for skew in told.values())
    return _ok(f"within {worst:.0f} s of {len(told)} system{'' if len(told) == 1 else 's'}")


_PROBED: Mapping[str, Callable[[Board, Mapping[str, Probe]], Finding]] = {
    "sources": _sources,
    "channels": _channels,
    "clock": _clock,
}


def _hosts(board: Board) -> Finding:
    probing = {one.name for one in board.sources if one.kind == "http"}
    rows = [row for row in board.health if row.check.source in probing]
    if not rows:
        return _unknown("no host is probed: a source of kind http does")
    bad = [row.check.name for row in rows if row.stale or row.check.status in (HealthStatus.DOWN, HealthStatus.UNKNOWN)]
    if bad:
        return _bad(f"not well: {_named(bad)}")
    return _ok(f"{len(rows)} host{'' if len(rows) == 1 else 's'} well")


async def _on_call(desk: Desk, board: Board) -> Finding:
    seat = board.seat
    if seat.role is not None:
        until = f" until {seat.until.astimezone(board.zone):%a %H:%M %Z}" if seat.until is not None else ""
        return _ok(f"{seat.role} now{until}")
    start = await _next_turn(desk, board)
    if start is not None:
        return _ok(f"your turn begins {start.astimezone(board.zone):%a %H:%M %Z}")
    return _bad("you are not on call now, nor within a day")


def _escalation(board: Board) -> Finding:
    teams = [team for team in board.on_call if team.mine]
    if not teams:
        return _unknown("no system tells who is on call in your teams")
    empty = []
    for team in teams:
        held = {row.level for row in team.rows}
        policies = {(row.source, row.policy.id) for row in team.rows if row.policy is not None}
        for source, policy_id in sorted(policies):
            directory = board.directories.get(source)
            known = directory.policies if directory is not None else ()
            levels = {level.level for one in known if one.id == policy_id for level in one.levels}
            empty += [f"{team.team} level {level}" for level in sorted(levels - held)]
    if empty:
        return _bad(f"nobody on {_named(empty)}")
    count = sum(len({row.level for row in team.rows}) for team in teams)
    return _ok(f"{count} level{'' if count == 1 else 's'} held")


async def _handover(desk: Desk, board: Board) -> Finding:
    last = await previous(desk, board)
    if last is None:
        return _unknown("none is kept here: 'handover --accept FILE', or by key from a file")
    me = desk.settings.board.user or board.seat.name
    mine = last.handed.user.casefold() == me.casefold()
    if mine:
        return _ok("the one before is your own")
    if last.accepted_at is None:
        return _bad(f"of {last.handed.user}, not accepted")
    at = last.accepted_at.astimezone(board.zone)
    return _ok(f"of {last.handed.user}, accepted {at:%a %H:%M} by {last.accepted_by}")


async def _forgotten(desk: Desk) -> Finding:
    found = await forgotten_now(desk)
    if not found:
        return _ok("none is")
    return _bad(_named([one.incident.title for one in found]))


def _sent(board: Board) -> Finding:
    bad = [row for row in board.outbox if row.pending or row.state in (OutboxState.REFUSED, OutboxState.UNKNOWN)]
    if not bad:
        return _ok("none waits or failed")
    return _bad(f"{len(bad)} in the outbox: {_named([row.target_title for row in bad])}")


async def _own(desk: Desk, board: Board, check: str) -> Finding:
    """Of the handover that this seat gives."""
    edits = await load_edits(desk, board)
    own = await draft_handover(desk, board, board.shift.start, min(board.shift.end, desk.clock.now()), edits)
    if check == "notes":
        count = len(own.notes) + (own.edits.text is not None)
        return _ok(f"{count} written") if count else _bad("none is written")
    if check == "items":
        bare = [one.text for one in own.action_items if not one.owner and not one.ticket]
        if bare:
            return _bad(_named(bare))
        return _ok(f"{len(own.action_items)} to do")
    return await _handed_over(desk, board, own)


async def _handed_over(desk: Desk, board: Board, own: Handover) -> Finding:
    mine = [one for one in await kept(desk) if one.handed.user.casefold() == own.user.casefold()]
    found = next((one for one in mine if one.handed.start == own.start), None)
    if found is None:
        return _bad("neither exported nor sent")
    at = f"{found.kept_at.astimezone(board.zone):%a %H:%M}"
    open_then, open_now = {one.id for one in found.handed.document.open}, {one.incident.id for one in own.open}
    if open_now - open_then:
        return _bad(f"{found.origin} {at}; {len(open_now - open_then)} opened since")
    told = f", accepted by {found.accepted_by}" if found.accepted_at is not None else ""
    return _ok(f"{found.origin} {at}{told}")
