"""The incident's tabs: which are in sight, whose keys are live, the cursor of one with rows."""

from __future__ import annotations

from typing import Any

import pytest

from oncall_tui.actions import ACTIONS, BY_ID, Action, Scope
from oncall_tui.board import Board, IncidentRow
from oncall_tui.model import IncidentFacts
from screens import incident as screen_module
from screens.incident import IncidentScreen
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import IncidentWanted
from screens.tabs import TABS, Tab, strip_words
from screens.tabs.facts import FactsTab
from screens.tabs.rows import Line, RowsTab
from tests.support.ui import NOW, ScreenApp, sample_board, sample_facts, screen_lines, screen_text
from widgets.lines import Span, words_width

OWN = Action(
    id="trial_keep",
    keys=("b",),
    title="Keep the trial",
    short="Keep",
    help="Only here.",
    scope=Scope.INVESTIGATION,
    footer=1,
    group="Trial",
)


class TrialTab(RowsTab):
    NAME = "trial"
    TITLE = "A rather long trial"
    SHORT = "Trial"
    ACTIONS = ("trial_keep",)

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__(keys)
        self.lines = tuple(
            Line((Span(f"row {number}"),), f"r{number // 2}" if number > 1 else "") for number in range(60)
        )
        self.kept: list[str | None] = []
        self.asked = 0

    def count(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> int:
        return 7

    def refresh_facts(self) -> None:
        self.asked += 1

    def show_incident(self, view: IncidentFacts | None, row: IncidentRow, board: Board) -> None:
        self.draw_lines(lambda cells, look: self.lines)

    def do_trial_keep(self) -> None:
        self.kept.append(self.cursor)


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_module, "TABS", (*TABS, TrialTab))
    monkeypatch.setitem(BY_ID, OWN.id, OWN)


def app_of() -> ScreenApp:
    view = IncidentFacts(incident=sample_facts().incidents[0])
    return ScreenApp(IncidentScreen("pager:Q1"), sample_board(), answers={IncidentWanted: view})


def screen_of(app: ScreenApp) -> Any:
    return app.first


def trial_of(app: ScreenApp) -> TrialTab:
    return next(tab for tab in screen_of(app).tabs if isinstance(tab, TrialTab))


def shown(app: ScreenApp) -> list[str]:
    return [tab.NAME for tab in screen_of(app).tabs if tab.region.height]


async def test_narrow_the_headline_names_all_and_tab_goes_through_them(trial: None) -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Timeline" in screen_text(app) and "Alerts" in screen_text(app)
        await pilot.press("shift+tab")
        await pilot.pause()
        assert shown(app) == ["trial"] and trial_of(app).has_focus
        assert all(len(line) <= 80 for line in screen_lines(app))


async def test_wide_they_share_the_left_half_and_facts_and_alerts_stay(trial: None) -> None:
    app = app_of()
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert shown(app) == ["timeline", "alerts", "facts"]
        await pilot.press("shift+tab")
        await pilot.pause()
        assert shown(app) == ["alerts", "facts", "trial"]
        screen_of(app).open_tab(screen_of(app).tabs[TABS.index(FactsTab)])
        await pilot.pause()
        assert shown(app) == ["alerts", "facts", "trial"], "the facts have the focus, the left half stays"
        assert screen_of(app).keyed.NAME == "facts"


async def test_its_keys_are_live_only_while_it_has_the_focus(trial: None) -> None:
    app = app_of()
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await pilot.press("b")
        assert "b Keep" not in screen_lines(app)[-1] and trial_of(app).kept == []
        await pilot.press("shift+tab")
        await pilot.pause()
        assert "b Keep" in screen_lines(app)[-1], "first in the footer"
        assert OWN.id in screen_of(app).action_ids()
        await pilot.press("b")
        assert trial_of(app).kept == ["r1"]
        await pilot.press("shift+tab", "b")
        await pilot.pause()
        assert trial_of(app).kept == ["r1"] and "b Keep" not in screen_lines(app)[-1]


async def test_it_asks_when_it_comes_into_sight_and_when_the_store_changes_while_it_is(trial: None) -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen_of(app).facts_changed()
        assert trial_of(app).asked == 0
        await pilot.press("shift+tab")
        assert trial_of(app).asked == 1
        screen_of(app).facts_changed()
        assert trial_of(app).asked == 2


async def test_the_cursor_goes_over_rows_and_the_window_with_it(trial: None) -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("shift+tab")
        tab = trial_of(app)
        assert tab.cursor == "r1"
        await pilot.press("j", "j", "k")
        assert tab.cursor == "r2" and tab.top == 0
        await pilot.press("G")
        assert tab.cursor == "r29" and tab.at_end
        await pilot.press("g")
        assert tab.cursor == "r1" and tab.top == 0, "the lines above the first row are seen again"
        await pilot.press("pagedown")
        assert tab.cursor not in (None, "r1") and tab.top > 0


async def test_a_row_that_went_leaves_the_cursor_nowhere_until_it_is_moved(trial: None) -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("shift+tab", "j")
        tab = trial_of(app)
        assert tab.cursor == "r2"
        tab.lines = tuple(line for line in tab.lines if line.key != "r2")
        screen_of(app)._draw()
        await pilot.press("b")
        assert tab.kept == [None]
        await pilot.press("j", "b")
        assert tab.kept == [None, "r3"]


async def test_rows_above_it_may_come_and_go(trial: None) -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("shift+tab", "j", "j")
        tab = trial_of(app)
        tab.lines = tab.lines[4:]
        screen_of(app)._draw()
        assert tab.cursor == "r3"
        await pilot.press("k")
        assert tab.cursor == "r2"


async def test_without_rows_the_keys_scroll(trial: None) -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        tab = trial_of(app)
        tab.lines = tuple(Line(line.words) for line in tab.lines)
        await pilot.press("shift+tab")
        await pilot.pause()
        await pilot.press("j", "j")
        assert tab.cursor is None and tab.top == 2


@pytest.mark.parametrize("cells", (20, 40, 66, 76, 200))
@pytest.mark.parametrize("chosen", ("timeline", "facts", "trial"))
def test_the_names_fit_and_the_chosen_one_is_among_them(cells: int, chosen: str) -> None:
    tabs: tuple[type[Tab], ...] = (*TABS, TrialTab)
    words = strip_words(tabs, chosen, {"alerts": 12}, cells)
    assert words_width(words) <= cells
    [title] = [span.text for span in words if span.role == "title"]
    assert title.strip("[]").startswith({"timeline": "Timeline", "facts": "Facts"}.get(chosen, "")) and title


def test_every_action_of_a_tab_is_registered_has_a_handler_and_a_key_that_is_free_there() -> None:
    for tab in TABS:
        for action_id in tab.ACTIONS:
            assert hasattr(tab, f"do_{action_id}"), action_id
            taken = {key for one in IncidentScreen.ACTIONS for key in BY_ID[one].keys}
            assert not taken & set(BY_ID[action_id].keys), action_id
    names = [tab.NAME for tab in TABS]
    assert len(names) == len(set(names)) and len(ACTIONS) == len({action.id for action in ACTIONS})


def test_tabs_of_today_come_first() -> None:
    assert [tab.NAME for tab in TABS][:3] == ["timeline", "alerts", "facts"]
    assert all(issubclass(tab, Tab) for tab in TABS)


async def test_the_headline_of_a_tab_that_has_come_into_sight_fits_at_once() -> None:
    view = IncidentFacts(incident=sample_facts().incidents[0], read_at=NOW)
    app = ScreenApp(IncidentScreen("pager:Q1"), sample_board(), answers={IncidentWanted: view})
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        first = screen_lines(app)[3]
        assert "read " in first and "PM" in first, first
        await pilot.press("shift+tab")
        await pilot.pause()
        assert screen_lines(app)[3] != first
        await pilot.press("tab")
        await pilot.pause()
        assert screen_lines(app)[3] == first, "as it was before another was in its place"
