"""Roles and escalation on the screen: from the on-call pane, the palette; as people; at every size."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oncall_tui.board import Board
from oncall_tui.policy import SeverityPolicy
from oncall_tui.policy.roles import DEFAULT_ROLES
from oncall_tui.schedule.duties import duties
from oncall_tui.text import width
from screens.dashboard import DashboardScreen
from screens.requests import ScreenRequested
from screens.roles import RolesScreen
from screens.shift_requests import RolesWanted
from tests.support.ui import BOB, HOSTILE, ScreenApp, on_call, sample_board, sample_facts, screen_lines, screen_text

BOARD = sample_board()


def app_of(board: Board = BOARD, team: str | None = None) -> ScreenApp:
    return ScreenApp(RolesScreen(team), board, answers={RolesWanted: duties(board, DEFAULT_ROLES, SeverityPolicy())})


def flat(app: ScreenApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_one_teams_path_and_roles(size: tuple[int, int]) -> None:
    app = app_of(team="Payments")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = flat(app)
        assert "Escalation path Payments escalation (pager)" in text
        assert "1 at once Alice Martin (you) → 20:00 Bob Chen" in text
        assert "2 +5m Bob Chen <bob@example.com>" in text
        assert "Primary On-Call Engineer Alice Martin (you) level 1 of Payments" in text
        assert "answers Sev1 5m, Sev2 15m, Sev3 30m, Sev4 in business hours" in text
        assert "Storage" not in text
        await pilot.press("G")
        assert "owes L1 and L2 support tasks" in flat(app)


async def test_all_teams_from_the_palette_and_one_from_the_on_call_pane() -> None:
    app = app_of()
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.pause()
        assert "Payments" in flat(app) and "Storage" in flat(app)
        assert "Secondary On-Call Engineer NOBODY level 2 of Storage" in flat(app)
    dashboard = ScreenApp(DashboardScreen(scope="all"), BOARD)
    async with dashboard.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await pilot.press("4", "down", "enter")
        await pilot.pause()
        (asked,) = dashboard.asked(ScreenRequested)
        assert (asked.name, asked.target) == ("roles", "Payments")
        await pilot.press("colon", *"roles", "enter")
        await pilot.pause()
        assert [(one.name, one.target) for one in dashboard.asked(ScreenRequested)][1:] == [("roles", None)]


async def test_hostile_names_and_nobody_at_every_size() -> None:
    facts = sample_facts()
    hostile = replace(
        facts,
        on_call=tuple(
            on_call(replace(BOB, name=name, contact=name), n + 1, team=name) for n, name in enumerate(HOSTILE)
        ),
    )
    app = app_of(sample_board(hostile))
    async with app.run_test(size=(120, 36)) as pilot:
        for size in ((120, 36), (80, 24), (40, 8), (20, 5), (1, 1), (200, 60)):
            await pilot.resize_terminal(*size)
            await pilot.press("j")
            lines = screen_lines(app)
            assert len(lines) == size[1] and all(width(line) <= size[0] for line in lines)
        await pilot.press("g")
        assert "[@click=app.quit]x[/]" in screen_text(app)
    empty = app_of(sample_board(replace(facts, on_call=())))
    async with empty.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "no configured source tells who is on call" in flat(empty)
