"""What the checks of the three ways share: which actions change something, and a company with a seat's day behind it.

A day has everything that a writing action may be about: a queued action, a declaration, a handover of somebody else, a
judged group of alerts, a post-mortem and a handover that were rewritten, an action item, a silence.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from argparse import Namespace
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from oncall_tui import actions, channels, sources
from oncall_tui.actions import ACTIONS, Action, Scope
from oncall_tui.cli.compose import House, open_house
from oncall_tui.clock import SystemClock
from oncall_tui.config.load import load_config
from oncall_tui.demo.transport import BASE_URL
from oncall_tui.demo.world import World
from oncall_tui.desk.declaring import declare, plan_declaration
from oncall_tui.desk.handing import keep
from oncall_tui.desk.postmortem import keep_text
from oncall_tui.desk.shift import draft_handover, edit_handover
from oncall_tui.handover import HandoverEdits, with_note
from oncall_tui.model import Verb
from oncall_tui.policy.declaring import Wish
from oncall_tui.policy.marks import MarkKind
from oncall_tui.policy.writeup import item_note

LOOKS = {
    # of the metrics: another stretch, cut or plot; a file of the person's own
    *("metrics_shift", "metrics_week", "metrics_month", "metrics_older", "metrics_newer", "metrics_by"),
    *("metrics_plot", "metrics_export"),
    # reads the pagers' past into the cache, as a poll reads their present
    "backfill",
    # of the investigation, the schedule, the checklists: more or less of it, asked anew
    *("frame_wider", "frame_narrower", "investigation_open", "schedule_week_on", "schedule_week_back"),
    *("checklist_check", "checklist_next", "checklist_last"),
    # shows a screen, a file, or writes a file of the person's own
    *("postmortem", "postmortem_export", "handover_export", "handover_previous", "handed_file"),
    # ends what this seat itself has begun
    "run_stop",
}
"""Actions whose target is more than the view, and that change nothing of it: everything else is held to write."""


def writes(action: Action) -> bool:
    """Whether the action changes something: an action that is added is held to, until it is named in :data:`LOOKS`."""
    if action.scope is Scope.VIEW:
        return action.verb is not None or action.id in ("undo", "commands")
    return action.id not in LOOKS


WRITING = tuple(action for action in ACTIONS if writes(action))


@dataclass(frozen=True, kw_only=True)
class Day:
    """The company, and a data folder and config of Alice's seat there; copied for each use."""

    world: World
    folder: Path
    incident: str
    """An incident that is open, with an action item."""
    resolved: str
    alert: str
    silence: str
    suggestion: str
    key: str
    """Of the queued action."""
    declaration: str
    step: str

    @property
    def config(self) -> Path:
        """The seat's."""
        return self.folder / "config.yaml"

    @property
    def data(self) -> Path:
        """The seat's."""
        return self.folder / "data"

    def copied(self, folder: Path) -> Day:
        """The same with files of its own."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return replace(self, folder=folder)

    def decisions(self) -> dict[str, list[Any]]:
        """What people decided, as the data folder holds it. Left out: drafts, places of reading, whose incidents are
        shown."""
        with sqlite3.connect(self.data / "oncall.db") as db:
            found = {name: db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in TABLES}
        found["value"] = [row for row in found["value"] if not row[0].startswith(("backfill", "scope"))]
        return found

    def writes(self) -> dict[str, Any]:
        """What the systems received to be changed."""
        return dict(self.world.state()["writes"]["received"])


TABLES = ("outbox", "value", "tick", "judgement", "declaration", "audit")


@asynccontextmanager
async def house_of(world: World, folder: Path, *, sends: bool = True, read_only: bool = False) -> Any:
    """The seat's program without a face, on the company."""
    path = folder / "config.yaml"
    config = load_config(path, kinds=sources, channels=channels, environ=os.environ, known_actions=actions.BY_ID)
    async with open_house(
        config, folder / "data", sends=sends, read_only=read_only, clock=world.clock, transport=world.transport()
    ) as house:
        yield house


async def make_day(folder: Path) -> Day:
    """A seat's day at the company, as the seat's own program has written it."""
    world = World(SystemClock(), seed=1, channels=("slack", "statuspage", "jira"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.yaml"
    path.touch(mode=0o600)
    path.write_text(world.config_yaml(BASE_URL))
    async with house_of(world, folder) as house:
        day = await _spend(world, folder, house)
    async with house_of(world, folder, sends=False) as house:
        # Nobody sends: it stays queued.
        row = await house.desk.act(Verb.TITLE, day.incident, params={"title": "Other"}, seen=None, title="Other")
    return replace(day, key=row.key)


async def _spend(world: World, folder: Path, house: House) -> Day:
    desk = house.desk
    await desk.poll_once()
    await desk.start(poll=False)
    board = await desk.board()
    row = next(one for one in board.incidents if one.incident.is_open)
    incident = row.id
    for text in (item_note("Watch the pool (owner: Bob)"), f"{MarkKind.HYPOTHESIS.value}: the pool is small"):
        note = {"text": text, "at": None, "kind": None}
        done = await desk.act(Verb.NOTE, incident, params=note, seen=None, title=row.incident.title, undo=False)
        await desk.wait(done.key, 20)
    await desk.read(incident)
    closing = [one for one in board.incidents if one.incident.is_open][-1]
    done = await desk.act(Verb.RESOLVE, closing.id, params={}, seen=None, title=closing.incident.title, undo=False)
    await desk.wait(done.key, 20)
    declared = await declare(
        desk, await plan_declaration(desk, board, Wish(title="Declared", severity=2, service="web"))
    )
    await keep_text(desk, incident, "# Rewritten\n")
    await edit_handover(desk, board, lambda edits: with_note(edits, "Watch the pool"))
    now = desk.clock.now()
    handed = await draft_handover(desk, board, now - timedelta(hours=20), now - timedelta(hours=12), HandoverEdits())
    await keep(desk, replace(handed, user="bob@example.com"), "sent")
    return Day(
        world=world,
        folder=folder,
        incident=incident,
        resolved=closing.id,
        alert=next(one.ids[0] for one in board.alerts if not one.joins),
        silence=board.silences[0].id,
        suggestion=board.suggestions[0].id,
        key="",
        declaration=declared.id,
        step=declared.steps[0].step.id,
    )


def arguments(words: Sequence[str], day: Day) -> Namespace:
    """A command line of the day's seat that only looks, as the parser has it."""
    from oncall_tui.cli import _parsed

    return _parsed(["--config", str(day.config), "--data-dir", str(day.data), "--read-only", *words])
