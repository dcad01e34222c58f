"""One key, one frame; and what is written is what Textual would have drawn."""

from __future__ import annotations

import inspect
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from textual._compositor import Compositor, CompositorUpdate
from textual._styles_cache import StylesCache
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from oncall_tui.terminal.cells import Grid
from screens.dashboard import DashboardScreen
from tests.support.ui import NOW, ScreenApp, sample_board, sample_facts, screen_lines, screen_text
from widgets.lines import Lines
from widgets.painter import LinesUpdate, _stretches
from widgets.strip import StatusStrip
from widgets.theme import THEMES
from widgets.words import note_words

WIDTH, HEIGHT = 120, 36


class Watched(ScreenApp):
    """Keeps what would be written, and the cells that it makes."""

    def __init__(self, *screens: Screen[Any]) -> None:
        super().__init__(*screens)
        self.cells = Grid(WIDTH, HEIGHT)
        self.updates: list[object] = []

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            self.updates.append(renderable)
            self.cells.apply(renderable.render_segments(self.console))
        super()._display(screen, renderable)

    def assert_drawn(self) -> None:
        """The cells are those of a screen that is drawn whole."""
        whole = Grid(WIDTH, HEIGHT)
        for widget in self.screen.query("*"):
            widget._styles_cache.clear()
            if isinstance(widget, Lines):
                widget._forget()
        whole.apply(self.screen._compositor.render_full_update().render_segments(self.console))
        assert ["".join(row) for row in self.cells.chars] == ["".join(row) for row in whole.chars]
        assert self.cells.styles == whole.styles


async def at_rest(app: Watched, pilot: Pilot[None]) -> None:
    """Until nothing is drawn any more: Textual lays out once more a frame after the first."""
    app.updates.append(None)
    while app.updates:
        app.updates.clear()
        for _ in range(3):
            await pilot.pause()


def watched() -> tuple[Watched, DashboardScreen]:
    screen = DashboardScreen()
    screen.board = sample_board()
    return Watched(screen), screen


async def test_a_cursor_key_is_one_frame_of_lines() -> None:
    app, screen = watched()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await at_rest(app, pilot)
        for key in ("j", "down", "k", "end", "home"):
            app.updates.clear()
            await pilot.press(key)
            await pilot.pause()
            assert [type(one) for one in app.updates] == [LinesUpdate], key
            row = screen.incidents.cursor
            assert row is not None
            assert screen.query_one(StatusStrip).note == note_words(row, NOW), "in the same frame: of this row"
            app.assert_drawn()


async def test_the_focus_goes_on_in_one_frame_of_few_lines() -> None:
    app, screen = watched()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await at_rest(app, pilot)
        for key in ("tab", "tab", "shift+tab", "4", "1"):
            app.updates.clear()
            before = sum(widget.paints for widget in screen.query(Lines))
            await pilot.press(key)
            await pilot.pause()
            assert [type(one) for one in app.updates] == [LinesUpdate], key
            assert sum(widget.paints for widget in screen.query(Lines)) - before <= 6, "two lines a pane, footer, note"
            app.assert_drawn()


async def test_a_key_right_after_tab_is_the_next_panes() -> None:
    app, screen = watched()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await at_rest(app, pilot)
        before = screen.incidents.cursor_key, screen.alerts.cursor_key
        app.simulate_key("tab")
        app.simulate_key("j")
        await pilot.pause()
        assert screen.incidents.cursor_key == before[0]
        assert screen.alerts.cursor_key != before[1]


async def test_a_new_board_is_one_frame_of_the_lines_that_differ() -> None:
    app, screen = watched()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await at_rest(app, pilot)
        app.updates.clear()
        screen.board = sample_board(now=NOW + timedelta(minutes=2))
        await pilot.pause()
        assert [type(one) for one in app.updates] == [LinesUpdate]
        app.assert_drawn()


async def test_whatever_happens_the_cells_are_those_of_a_whole_drawing() -> None:
    chance = random.Random(8)
    app, screen = watched()
    facts = sample_facts()

    def another_board() -> None:
        kept = tuple(one for one in facts.incidents if chance.random() < 0.8)
        screen.board = sample_board(replace(facts, incidents=kept), now=NOW + timedelta(minutes=chance.randrange(5)))

    keys = (
        "j",
        "k",
        "tab",
        "1",
        "2",
        "3",
        "4",
        "end",
        "home",
        "space",
        "*",
        "/",
        "e",
        "r",
        "escape",
        "question_mark",
        "v",
    )
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        for _ in range(120):
            if chance.random() < 0.3:
                another_board()  # also while the keys' own effects are on their way, or a dialog is open
            else:
                app.simulate_key(chance.choice(keys))
            if chance.random() < 0.5:
                await pilot.pause()
        await pilot.pause()
        while len(app.screen_stack) > 2:
            app.pop_screen()
            await pilot.pause()
        screen._filtering = None
        await pilot.pause()
        app.assert_drawn()


async def test_what_something_stands_in_front_of_goes_textuals_way() -> None:
    app, screen = watched()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await at_rest(app, pilot)
        cover = Static("covers", markup=False)
        cover.styles.layer = "above"
        cover.styles.width, cover.styles.height = 20, 12
        screen.styles.layers = ("default", "above")
        await screen.mount(cover)
        await pilot.pause()
        app.updates.clear()
        await pilot.press("j")
        await pilot.pause()
        assert app.updates
        assert "covers" in screen_text(app)
        app.assert_drawn()


async def test_a_change_behind_a_dialog_does_not_draw_over_it() -> None:
    app, screen = watched()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await at_rest(app, pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        shown = ["".join(row) for row in app.cells.chars]
        app.updates.clear()
        screen.board = sample_board(now=NOW + timedelta(minutes=3))
        await pilot.pause()
        assert LinesUpdate not in [type(one) for one in app.updates]
        x, y, width, height = app.screen.children[-1].region
        assert width and height
        for row in range(y, y + height):
            assert "".join(app.cells.chars[row][x : x + width]) == shown[row][x : x + width]
        await pilot.press("escape")
        await pilot.pause()
        app.assert_drawn()


@pytest.mark.parametrize("theme", THEMES)
async def test_the_board_is_seen_behind_a_dialog_in_every_theme(theme: str) -> None:
    screen = DashboardScreen()
    app = ScreenApp(screen, sample_board(), theme=theme)
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        before = screen_lines(app)
        await pilot.press("colon")
        await pilot.pause()
        x, y, width, height = app.screen.children[-1].region
        assert width and height
        for row, line in enumerate(screen_lines(app)):
            beside = line[:x] if y <= row < y + height else line
            assert before[row].startswith(beside), "as it was"


def test_stretches_of_lines() -> None:
    def stretches(*ys: int) -> list[tuple[int, int]]:
        told: Iterator[tuple[int, int]] = _stretches(ys)
        return list(told)

    assert stretches() == []
    assert stretches(4) == [(4, 1)]
    assert stretches(9, 2, 3, 1, 7) == [(1, 3), (7, 1), (9, 1)]


def test_alarm_private_names_of_textual_are_as_relied_on() -> None:
    """When this is red, Textual was changed: read ``widgets/painter.py`` before anything else."""
    assert isinstance(vars(Compositor)["visible_widgets"], property)
    assert "reverse=True" in inspect.getsource(Compositor.visible_widgets.fget), "from the front to the back"
    assert "CompositorUpdate" in inspect.getsource(App._display)
    assert list(inspect.signature(StylesCache.set_dirty).parameters) == ["self", "regions"]
    update = inspect.getsource(Screen._on_timer_update)
    for name in ("_layout_required", "_scroll_required", "_repaint_required", "_batch_count"):
        assert f".{name}" in update, name
