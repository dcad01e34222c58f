"""Beneath a list without rows no large empty frame: it says what will stand there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from screens.base import OncallScreen
from screens.declaration import DeclarationScreen
from screens.history import HistoryScreen
from screens.inventory import SilencesScreen
from screens.lead_requests import DeclarationsWanted
from screens.outbox import OutboxScreen
from screens.suggestions import SuggestionsScreen
from tests.support.ui import ScreenApp, sample_board, sample_facts, screen_lines, screen_text

BOARD = sample_board(replace(sample_facts(), outbox=(), silences=()))


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20)])
@pytest.mark.parametrize(
    ("make", "what"),
    [
        (OutboxScreen, "the action under the cursor"),
        (SuggestionsScreen, "the suggestion under the cursor"),
        (DeclarationScreen, "the step under the cursor"),
        (lambda: HistoryScreen(None), "the line under the cursor"),
        (SilencesScreen, "the silence under the cursor"),
    ],
)
async def test_an_empty_list_says_what_will_stand_beneath_it(
    make: Callable[[], OncallScreen[None]], what: str, size: tuple[int, int]
) -> None:
    app = ScreenApp(make(), replace(BOARD, suggestions=(), dismissed=()), answers={DeclarationsWanted: ()})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert f"here stands in full {what}" in " ".join(screen_text(app).replace("│", " ").split())
        if isinstance(app.first, DeclarationScreen):
            assert screen_lines(app)[1].startswith("╭"), "no blank line above the first frame"
