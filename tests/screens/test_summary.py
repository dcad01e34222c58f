"""The line that stands for two panes at 80x24 says how old they are, as the panes do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oncall_tui.board import Board, PaneName, PaneState
from screens.dashboard import DashboardScreen
from tests.support.ui import ScreenApp, sample_board, screen_lines


def board_with(pane: PaneName, state: PaneState) -> Board:
    board = sample_board()
    return replace(board, panes={**board.panes, pane: state})


async def summary(board: Board) -> str:
    app = ScreenApp(DashboardScreen(scope="all"), board)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        (line,) = [line for line in screen_lines(app) if line.startswith(" 3 Health ")]
        assert len(line) <= 80
        return line


async def test_fresh_says_nothing_of_age() -> None:
    line = await summary(sample_board())
    assert " old " not in line and "no answer" not in line


@pytest.mark.parametrize(
    ("pane", "words"), [(PaneName.HEALTH, "3 Health 6m old "), (PaneName.ON_CALL, "4 On call 6m old ")]
)
async def test_old_says_how_old(pane: PaneName, words: str) -> None:
    then = sample_board().minute - timedelta(minutes=6)
    assert words in await summary(board_with(pane, PaneState(stale=True, as_of=then)))


@pytest.mark.parametrize(
    ("pane", "words"), [(PaneName.HEALTH, "3 Health no answer "), (PaneName.ON_CALL, "4 On call no answer ")]
)
async def test_never_answered_is_not_quiet(pane: PaneName, words: str) -> None:
    assert words in await summary(board_with(pane, PaneState(stale=True, missing=("metrics",))))
