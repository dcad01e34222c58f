"""Commands of the team's own at the keyboard: choosing, confirming, watching, stopping, a note of what was said."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oncall_tui.app import AppSettings, build_app
from oncall_tui.board import Board
from oncall_tui.config.commands import CommandOptions
from oncall_tui.desk.commands import Run, Runs
from oncall_tui.model import AuditLine, Verb
from screens.dialogs.frame import Dialog
from screens.run import RunScreen, folded
from tests.screens.test_app import Seat
from tests.support import ui
from tests.support.clock import ManualClock
from tests.support.desk import FakeDesk
from tests.support.ui import screen_text

TOLD = CommandOptions(name="told", command=("cat",), key="f6", changes=False)
GROUP = CommandOptions(name="group", command=("cat",), on="alert", changes=False)
DATE = CommandOptions(name="date", command=("echo", "today"), on="none", changes=False)
HANGS = CommandOptions(name="hangs", command="echo begun; sleep 1000", shell=True, changes=False)
RESTART = CommandOptions(
    name="restart", command='echo "restarted $ONCALL_SERVICE"', shell=True, title="Restart it", output="note"
)
ALL = (TOLD, GROUP, DATE, HANGS, RESTART)


class RunningDesk(FakeDesk):
    """A desk that really runs commands."""

    def __init__(self, board: Board, clock: ManualClock) -> None:
        super().__init__(board)
        self.clock = clock
        self.audited: list[AuditLine] = []
        self.runs = Runs(clock, seat="alice", read_only=board.seat.read_only, record=self._record)

    async def _record(self, line: AuditLine) -> None:
        self.audited.append(line)


@asynccontextmanager
async def seat(
    tmp_path: Path,
    *,
    read_only: bool = False,
    commands: tuple[CommandOptions, ...] = ALL,
    size: tuple[int, int] = (80, 24),
) -> AsyncIterator[Seat]:
    board = ui.sample_board()
    if read_only:
        board = replace(board, seat=replace(board.seat, read_only=True))
    clock = ManualClock(ui.NOW)
    desk = RunningDesk(board, clock)
    given: dict[str, Any] = {"folder": tmp_path, "environ": {"LANG": "C.UTF-8"}, "theme": "dark", "commands": commands}
    app = build_app(desk, clock=clock, settings=AppSettings(**given))  # type: ignore[arg-type]  # a desk by its face
    app.send_raw = lambda sequence: None  # type: ignore[method-assign]
    try:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Seat(app, desk, clock, pilot, [])
    finally:
        await desk.runs.stop()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def runs_of(one: Seat) -> tuple[Run, ...]:
    assert isinstance(one.desk, RunningDesk)
    return one.desk.runs.all


async def shown(one: Seat, text: str) -> None:
    await one.until(lambda: text in screen_text(one.app), f"shown: {text}")


async def test_one_is_chosen_run_and_watched(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.pilot.press("X")
        await shown(one, "Commands")
        text = screen_text(one.app)
        assert "told" in text
        assert "group" not in text  # the cursor is on an incident
        await one.pilot.press(*"date", "enter")
        await shown(one, "today")
        await shown(one, "date  exit 0")
        assert "n As note" not in screen_text(one.app)  # about nothing: there is no timeline
        await one.pilot.press("escape", "X")
        await shown(one, "exit 0, ")


async def test_its_own_key_runs_it_about_what_is_under_the_cursor(tmp_path: Path) -> None:
    async with seat(tmp_path, size=(120, 36)) as one:
        await one.pilot.press("j", "f6")
        await one.until(lambda: isinstance(one.app.screen, RunScreen) and bool(runs_of(one)), "it runs")
        await one.until(lambda: not runs_of(one)[0].is_running, "it has ended")
        assert one.app.board is not None
        wanted = one.app.board.incidents[1]
        assert json.loads("\n".join(runs_of(one)[0].lines))["incidents"][0]["id"] == wanted.id
        await one.until(lambda: "told  exit 0" in screen_text(one.app), "how it ended is shown")


async def test_what_changes_something_is_marked_asked_for_and_noted(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.pilot.press("X")
        await shown(one, "! Restart it")
        await one.pilot.press(*"restart", "enter")
        await shown(one, "It changes something.")
        assert runs_of(one) == ()
        await one.pilot.press("y")
        await shown(one, "restarted gateway")
        await one.until(lambda: bool(one.acts()), "the note")
        (_, verb, target, params, _, _) = one.acts()[0]
        assert (verb, target) == (Verb.NOTE, "pager:Q2")
        assert params["text"] == "Ran restart: exit 0\n> restarted gateway"


async def test_leaving_the_question_runs_nothing(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.pilot.press("X")
        await shown(one, "! Restart it")
        await one.pilot.press(*"restart", "enter")
        await shown(one, "It changes something.")
        await one.pilot.press("escape")
        await one.said("left undone")
        assert runs_of(one) == ()


async def test_a_read_only_seat_runs_only_what_changes_nothing(tmp_path: Path) -> None:
    async with seat(tmp_path, read_only=True) as one:
        await one.pilot.press("X")
        await shown(one, "! Restart it")
        await one.pilot.press(*"restart", "enter")
        await one.said("read-only seat")
        await one.pilot.press("colon", *"run restart", "enter")
        await one.said("read-only seat")
        assert runs_of(one) == ()
        await one.pilot.press("f6")
        await one.until(lambda: bool(runs_of(one)), "it runs")


async def test_it_goes_on_when_it_is_left_and_is_stopped_by_its_key(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.pilot.press("colon", *"run hangs", "enter")
        await shown(one, "begun")
        await one.pilot.press("escape")
        assert runs_of(one)[0].is_running
        await one.pilot.press("X")
        await shown(one, "running, ")
        await one.pilot.press(*"run:", "enter")  # the run, not the command
        await shown(one, "begun")
        await one.pilot.press("ctrl+x")
        await shown(one, "hangs  stopped")
        await one.pilot.press("ctrl+x")
        await one.said("it has ended")


async def test_how_it_ended_is_said_to_who_looks_elsewhere(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.pilot.press("colon", *"run hangs", "enter")
        await shown(one, "begun")
        await one.pilot.press("escape")
        runs_of(one)[0].stop()
        await one.said("hangs: stopped (X shows it)")


async def test_a_note_is_made_of_its_output(tmp_path: Path) -> None:
    async with seat(tmp_path) as one:
        await one.pilot.press("colon", *"run hangs", "enter")
        await shown(one, "begun")
        await one.pilot.press("n")
        await shown(one, "Ran hangs: running")
        assert "> begun" in screen_text(one.app)
        await one.until(lambda: "note:pager:Q2" in str(one.desk.asked), "the draft is kept")
        await one.pilot.press("enter")
        await one.until(lambda: bool(one.acts()), "the note")
        assert one.acts()[0][3]["text"] == "Ran hangs: running\n> begun"


async def test_a_key_that_something_else_has_is_told_and_not_taken(tmp_path: Path) -> None:
    taken = CommandOptions(name="taken", command=("true",), key="a", changes=False)
    async with seat(tmp_path, commands=(taken,)) as one:
        await one.said("commands, taken: a is also Acknowledge")
        await one.pilot.press("a")
        await one.until(lambda: bool(one.acts()), "acknowledged")
        assert runs_of(one) == ()


async def test_without_any_it_says_so(tmp_path: Path) -> None:
    async with seat(tmp_path, commands=()) as one:
        await one.pilot.press("X")
        await one.said("no command is configured")


@pytest.mark.parametrize(
    ("line", "cells", "pieces"),
    [
        ("", 4, [""]),
        ("abcd", 4, ["abcd"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("日本語", 3, ["日", "本", "語"]),
    ],
)
def test_long_lines_are_cut_where_they_must_be(line: str, cells: int, pieces: list[str]) -> None:
    assert list(folded(line, cells)) == pieces
