"""Suggested incidents: first in the alerts pane, opened, dismissed, brought back; the ``a`` key is as near as ever."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oncall_tui.board import Board
from oncall_tui.model import Facts
from oncall_tui.policy.suggest import Suggestion, dismissal_of
from oncall_tui.text import width
from screens.dashboard import DashboardScreen
from screens.past_requests import SuggestionDismissed, SuggestionRestored
from screens.requests import ActionRequested
from screens.suggestions import SuggestionsScreen
from tests.support.make import grouped
from tests.support.ui import (
    HOSTILE,
    NOW,
    ScreenApp,
    ago,
    alert,
    sample_alerts,
    sample_board,
    sample_facts,
    screen_lines,
    screen_text,
)

SIZES = ((80, 24), (120, 36))
TROUBLE = (
    alert("HandshakesFail", service="edge", summary="7 % of handshakes fail"),
    alert("ConnectionsCut", service="edge", severity=4, severity_word="warning"),
)


def facts(*more: Any) -> Facts:
    return replace(sample_facts(), groups=grouped((*sample_alerts(), *TROUBLE, *more)))


def dismissed(board: Board) -> Board:
    (one,) = board.suggestions
    return sample_board(replace(facts(), dismissals=(dismissal_of(one, NOW, "bob@example.com"),)))


def row_with(app: ScreenApp, word: str) -> str:
    return next(line for line in screen_lines(app) if word in line)


@pytest.mark.parametrize("size", SIZES)
async def test_it_stands_first_in_the_alerts_pane_and_the_title_counts_it(size: tuple[int, int]) -> None:
    app = ScreenApp(DashboardScreen(), sample_board(facts()))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        lines = screen_lines(app)
        row = next(number for number, line in enumerate(lines) if "SUGGESTED" in line)
        assert "✚ SUGGESTED SEV1 edge: HandshakesFail, ConnectionsCut" in lines[row]
        assert "crit HandshakesFail" in lines[row + 1] and "Alert" in lines[row - 1]
        assert "1 suggested · 45 in 5 groups" in row_with(app, "2 Alerts")
        assert "i declare  D dismiss" in lines[row]
        await pilot.press("a")  # the keys begin at the incidents, as ever
        await pilot.pause()
        assert app.asked(ActionRequested)[0].action_id == "acknowledge"


async def test_in_ascii_it_is_told_by_a_sign_and_a_word() -> None:
    app = ScreenApp(DashboardScreen(), sample_board(facts()), ascii_signs=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "+ SUGGESTED SEV1" in row_with(app, "SUGGESTED")


async def test_three_have_a_row_and_the_title_counts_all() -> None:
    more = [alert(f"{word}{n}", service=f"s{n}") for n in range(5) for word in ("Down", "Slow")]
    app = ScreenApp(DashboardScreen(), sample_board(facts(*more)))
    async with app.run_test(size=(120, 50)) as pilot:
        await pilot.pause()
        assert sum("SUGGESTED" in line for line in screen_lines(app)) == 3
        assert "6 suggested" in row_with(app, "2 Alerts")


async def test_a_pager_that_is_late_is_told_with_it() -> None:
    late = tuple(
        replace(one, last_success=ago(hours=1), error="no route") if one.name == "pager" else one
        for one in sample_facts().sources
    )
    app = ScreenApp(DashboardScreen(), sample_board(replace(facts(), sources=late)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "enter")
        await pilot.pause()
        assert "the pagers are late: it may be paged by now" in screen_text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_enter_shows_its_signals_and_why_each_is_one(size: tuple[int, int]) -> None:
    app = ScreenApp(DashboardScreen(), sample_board(facts()))
    async with app.run_test(size=size) as pilot:
        await pilot.press("2", "enter")
        await pilot.pause()
        text = screen_text(app)
        assert "Sev1, a guess: HandshakesFail is critical" in text
        assert "same service edge, at the same time as ConnectionsCut" in text
        assert "Cache refresh" in text and "it may be theirs" in text
        await pilot.press("escape")
        await pilot.pause()
        assert "SUGGESTED" in screen_text(app)


async def test_d_dismisses_and_the_cursor_goes_on() -> None:
    board = sample_board(facts())
    app = ScreenApp(DashboardScreen(), board)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "D")
        await pilot.pause()
        (asked,) = app.asked(SuggestionDismissed)
        assert asked.suggestion is board.suggestions[0] and not asked.declared
        app.show(dismissed(board))
        await pilot.pause()
        assert "SUGGESTED" not in screen_text(app) and "suggested" not in row_with(app, "2 Alerts")
        screen = app.screen
        assert isinstance(screen, DashboardScreen)
        assert not screen.alerts.lost and screen.alerts.cursor is not None
        await pilot.press("D")
        await pilot.pause()
        assert len(app.asked(SuggestionDismissed)) == 1 and "no suggested incident" in screen_text(app)


async def test_a_read_only_seat_dismisses_nothing() -> None:
    app = ScreenApp(DashboardScreen(), sample_board(facts(), read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2", "D")
        await pilot.pause()
        assert not app.asked(SuggestionDismissed) and "read-only seat" in screen_text(app)


async def test_what_works_on_alerts_does_not_work_on_it() -> None:
    app = ScreenApp(DashboardScreen(), sample_board(facts()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await pilot.pause()
        assert "S Silence" not in screen_text(app), "no key for what cannot be"
        await pilot.press("S")
        await pilot.pause()
        assert "silence works on alerts: this is a suggested incident" in screen_text(app)
        await pilot.press("asterisk", "S")  # marked with all others: the alerts alone are meant
        await pilot.pause()
        assert "works on one at a time: 5 are selected" in screen_text(app)
        await pilot.press("o")
        await pilot.pause()
        assert "nothing here has a link" in screen_text(app)


async def test_a_filter_keeps_it_while_one_of_its_signals_is_let_through() -> None:
    app = ScreenApp(DashboardScreen(), sample_board(facts()))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2", "slash", *"handshakes", "enter")
        await pilot.pause()
        assert "SUGGESTED" in screen_text(app) and "4 hidden" in row_with(app, "2 Alerts")
        await pilot.press("slash", *(["backspace"] * 10), *"disk", "enter")
        await pilot.pause()
        assert "SUGGESTED" not in screen_text(app) and "5 hidden" in row_with(app, "2 Alerts")


async def test_equal_boards_draw_nothing() -> None:
    app = ScreenApp(DashboardScreen(), sample_board(facts()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, DashboardScreen)
        paints = screen.alerts.paints
        app.show(sample_board(facts()))
        await pilot.pause()
        assert screen.alerts.paints == paints


@pytest.mark.parametrize("size", ((80, 24), (120, 36), (40, 12)))
async def test_hostile_signals_are_drawn_as_text(size: tuple[int, int]) -> None:
    bad = [alert(text, native=f"h{n}", service=HOSTILE[0], summary=text) for n, text in enumerate(HOSTILE)]
    app = ScreenApp(DashboardScreen(), sample_board(replace(sample_facts(), groups=grouped(bad))))
    async with app.run_test(size=size) as pilot:
        await pilot.press("2", "enter")
        await pilot.pause()
        assert HOSTILE[0] in screen_text(app) if size[0] >= 60 else "disk [/dev/" in screen_text(app), screen_text(app)
        assert all(width(line) <= size[0] for line in screen_lines(app))


# -- the list --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_has_the_dismissed_ones_too_and_brings_them_back(size: tuple[int, int]) -> None:
    board = dismissed(sample_board(facts()))
    app = ScreenApp(SuggestionsScreen(), board)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "1 dismissed" in text and "edge: HandshakesFail, ConnectionsCut" in text
        assert "by bob@example.com 14:42; back when something new and worse joins" in " ".join(text.split()).replace(
            "│ │ ", ""
        )
        await pilot.press("D")
        await pilot.pause()
        (asked,) = app.asked(SuggestionRestored)
        assert asked.suggestion.dismissed is not None
        app.show(sample_board(facts()))
        await pilot.pause()
        await pilot.press("D")
        await pilot.pause()
        assert isinstance(app.asked(SuggestionDismissed)[0].suggestion, Suggestion)


async def test_the_empty_list_says_so() -> None:
    app = ScreenApp(SuggestionsScreen(), sample_board())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("D", "tab", "tab")
        await pilot.pause()
        assert "no alerts, log spikes and reports without an incident hang together" in screen_text(app)
