"""Leading an incident as the desk has it: what is due by the team's rules, the resolution checklist with its ticks and
commands, the watch that goes on by itself, one look a minute."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from oncall_tui.board import Board
from oncall_tui.board.led import BEGAN, COMPLETE, OVER, SAID, SEEN, WATCH, Led, led, sight_of, watched_of
from oncall_tui.config.lead_rules import checklists, communication
from oncall_tui.desk.settings import ActRefused
from oncall_tui.model import IncidentFacts, OutboxRow, Verb
from oncall_tui.policy.checklists import RESOLUTION, Checklist, Item, Tick, is_complete, note_text
from oncall_tui.policy.reminders import Rules
from oncall_tui.policy.watching import Bad, Watch, WatchState
from oncall_tui.records import dataclass
from oncall_tui.text import clean

if TYPE_CHECKING:
    from oncall_tui.desk import Desk
    from oncall_tui.desk.commands import Run

LOOKED_BACK = timedelta(hours=24)
"""A watch that has not said *recovered* within this time is given up: nobody waits for it."""


def rules_of(desk: Desk) -> Rules:
    """The team's rules that reminders come from."""
    board = desk.settings.board
    return Rules(policy=board.policy, calendar=board.calendar, communication=communication(desk.settings.rules))


def checklists_of(desk: Desk) -> Mapping[str, Checklist]:
    """Every checklist, by its name."""
    return checklists(desk.settings.rules)


async def led_now(desk: Desk, board: Board, incident_id: str) -> Led | None:
    """How the incident is led now; ``None``: the store has none of that id."""
    view = await desk.view(incident_id)
    return None if view is None else await _led(desk, board, view)


async def _led(desk: Desk, board: Board, view: IncidentFacts) -> Led:
    incident_id = view.incident.id
    return led(
        view,
        board,
        rules_of(desk),
        checklists_of(desk)[RESOLUTION],
        desk.settings.rules.watch,
        desk.clock.now(),
        ticks=await desk.ticks(RESOLUTION, incident_id),
        watch_ticks=await desk.ticks(WATCH, incident_id),
    )


# -- the checklist ---------------------------------------------------------------------------------------------


async def tick(desk: Desk, incident_id: str, word: str, *, done: bool = True) -> Item:
    """Say that an item of the resolution checklist is done, or that it is not.

    Args:
        word: the item's id, its number, or the beginning of its id.

    Raises:
        ActRefused: a read-only seat; no such item.
        StoreError: it could not be stored.
    """
    _check_may_act(desk)
    item = item_of(desk, word)
    said = Tick(item=item.id, at=desk.clock.now(), by=_seat(desk)) if done else item.id
    await desk.put_tick(RESOLUTION, incident_id, said)
    return item


async def complete_now(desk: Desk, board: Board, incident_id: str) -> bool:
    """Whether the checklist is complete and was not before: once, whichever window asks. What became incomplete again
    may become complete again.

    Raises:
        StoreError: it could not be remembered.
    """
    found = await led_now(desk, board, incident_id)
    if found is None or not found.standing:
        return False
    complete = is_complete(found.standing)
    known = any(one.item == COMPLETE for one in await desk.ticks(WATCH, incident_id))
    if complete and not known:
        await desk.put_tick(WATCH, incident_id, Tick(item=COMPLETE, at=desk.clock.now(), by=_seat(desk)))
    elif known and not complete:
        await desk.put_tick(WATCH, incident_id, COMPLETE)
    return complete and not known


def item_of(desk: Desk, word: str) -> Item:
    """The item of the resolution checklist that a person means. Raises ActRefused."""
    checklist = checklists_of(desk)[RESOLUTION]
    item = checklist.item(word)
    if item is None:
        known = ", ".join(one.id for one in checklist.items) or "it is empty"
        raise ActRefused(f"no item of the resolution checklist is called {clean(word, 40)!r} ({known})")
    return item


async def note_checklist(desk: Desk, board: Board, incident_id: str, *, undo: bool = True) -> OutboxRow:
    """Write the resolution checklist as it stands on the incident's timeline.

    Raises:
        ActRefused, StoreError: as :meth:`Desk.act`.
    """
    found = await led_now(desk, board, incident_id)
    row = board.incident(incident_id)
    if found is None:
        raise ActRefused(f"nothing is known of {clean(incident_id, 80)}")
    view = await desk.view(incident_id)
    incident = row.incident if row is not None else view.incident if view is not None else None
    assert incident is not None, "it was found"
    params = {"text": note_text(found.checklist, found.standing), "at": None, "kind": "did"}
    return await desk.act(Verb.NOTE, incident_id, params=params, seen=incident.version, title=incident.title, undo=undo)


async def run_item(desk: Desk, board: Board, incident_id: str, word: str) -> Run:
    """Begin the command of an item; how it ends is kept as the item's tick.

    Raises:
        ActRefused: a read-only seat, an item without a command, or as :meth:`Runs.start`.
    """
    from oncall_tui.desk.about import about

    _check_may_act(desk)
    item = item_of(desk, word)
    options = next((one for one in desk.settings.commands if one.name == item.command), None)
    if options is None:
        raise ActRefused(f"no command is configured for {item.id}: it is ticked by hand")
    return desk.runs.start(options, await about(desk, board, incident_id))


async def keep_run(desk: Desk, run: Run) -> None:
    """Wait for the end of a command, and keep how it ended as the tick of the items that name it, for the incident that
    it was about; of a read-only seat nothing is kept.

    Raises:
        StoreError: it could not be stored.
    """
    await run.wait()
    items = [one for one in checklists_of(desk)[RESOLUTION].items if one.command == run.options.name]
    if run.about.kind != "incident" or run.about.target is None or desk.settings.read_only:
        return
    last = run.lines[-1] if run.lines else ""
    said = clean(f"{run.options.name}: {run.result}{f', {last}' if last and not run.ok else ''}", 200)
    ended = run.ended_at or desk.clock.now()
    for item in items:
        ticked = Tick(item=item.id, at=ended, by=_seat(desk), done=run.ok, said=said)
        await desk.put_tick(RESOLUTION, run.about.target, ticked)


def _check_may_act(desk: Desk) -> None:
    if desk.settings.read_only:
        raise ActRefused("this seat is read-only: nothing is ticked from here")


def _seat(desk: Desk) -> str:
    return desk.settings.board.user or "seat"


# -- the watch -------------------------------------------------------------------------------------------------


async def begin_watch(desk: Desk, incident_id: str) -> None:
    """Watch the incident's service from now on, whatever was watched before.

    Raises:
        ActRefused: a read-only seat.
        StoreError: it could not be stored.
    """
    _check_may_act(desk)
    await desk.put_tick(WATCH, incident_id, Tick(item=BEGAN, at=desk.clock.now(), by=_seat(desk)))


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a watch says that it did not say before."""

    incident_id: str
    title: str
    watch: Watch


async def look(desk: Desk, board: Board) -> tuple[News, ...]:
    """One look at every incident that is watched; what was seen is kept, so that a restart goes on from there. To be
    called once a minute. What was told once, by whichever window, is not told again; a read-only seat neither keeps nor
    tells anything, so that it takes no news from the others.

    Raises:
        StoreError: the disk or the database refuses.
    """
    if desk.settings.read_only:
        return ()
    now = desk.clock.now()
    since = now - LOOKED_BACK
    watched = {*await desk.mitigated_since(since), *await desk.tick_subjects(WATCH, since)}
    news: list[News] = []
    for incident_id in sorted(watched):
        view = await desk.view(incident_id)
        if view is None:
            continue
        ticks = await desk.ticks(WATCH, incident_id)
        found = watched_of(view, sight_of(view, board), desk.settings.rules.watch, now, ticks)
        if found is not None and found.began >= since:
            told = await _keep(desk, incident_id, found, {one.item: one for one in ticks}, now)
            if told:
                news.append(News(incident_id=incident_id, title=view.incident.title, watch=found))
    return tuple(news)


async def _keep(desk: Desk, incident_id: str, found: Watch, kept: Mapping[str, Tick], now: datetime) -> bool:
    """Keep what was seen; whether it is news. News is a verdict: recovered, or that something fires or fails anew."""

    def is_new(item: str, said: str) -> bool:
        held = kept.get(item)
        return held is None or held.at < found.began or held.said != said

    def of(item: str, at: datetime, said: str) -> Tick:
        return Tick(item=item, at=at, by=_seat(desk), done=item == OVER, said=said)

    if found.bad is not None and _is_later(found.bad, kept.get(SEEN)):
        await desk.put_tick(WATCH, incident_id, of(SEEN, found.bad.at, found.bad.words))
    if found.state is WatchState.RECOVERED and is_new(OVER, found.words) and not _is_over(kept, found):
        await desk.put_tick(WATCH, incident_id, of(OVER, found.until, found.words))
    if found.state is WatchState.WATCHING:
        return False
    if not is_new(SAID, found.state.value):
        return False
    await desk.put_tick(WATCH, incident_id, of(SAID, now, found.state.value))
    return found.state is not WatchState.UNKNOWN


def _is_later(bad: Bad, held: Tick | None) -> bool:
    return held is None or held.at < bad.at


def _is_over(kept: Mapping[str, Tick], found: Watch) -> bool:
    over = kept.get(OVER)
    return over is not None and over.at >= found.began
