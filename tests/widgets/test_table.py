"""The list: the cursor stays on its row, equal rows draw nothing, any text is only text."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult
from textual.message import Message

from tests.support.ui import HOSTILE, screen_lines
from widgets.lines import Span
from widgets.messages import CursorMoved, RowOpened, SelectionChanged
from widgets.table import Column, ListTable, grown


class Names(ListTable[str]):
    NUMBER = "1"
    NAME = "Names"
    DEFAULT_CSS = "Names { height: 1fr; }"

    def key_of(self, row: str) -> str:
        return row

    def columns(self, cells: int) -> Sequence[Column[str]]:
        return grown([Column[str]("Name", 0, lambda row, look: (Span(row),), here=True)], cells)


class NamesApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield Names()

    def on_mount(self) -> None:
        self.query_one(Names).focus()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        self.heard.append(event)

    def on_selection_changed(self, event: SelectionChanged) -> None:
        self.heard.append(event)

    def on_row_opened(self, event: RowOpened) -> None:
        self.heard.append(event)


def rows(*names: str) -> tuple[str, ...]:
    return names


async def test_the_cursor_starts_on_the_first_row_and_follows_its_row() -> None:
    app = NamesApp()
    async with app.run_test(size=(30, 10)) as pilot:
        names = app.query_one(Names)
        names.show(rows("a", "b", "c"))
        await pilot.press("j")
        assert names.cursor == "b"
        names.show(rows("x", "y", "c", "b", "a"))
        assert names.cursor == "b"
        await pilot.pause()
        assert [line for line in screen_lines(app) if "▌" in line] == ["│▌ b                         │"]


async def test_a_vanished_row_loses_the_cursor_until_it_is_moved() -> None:
    app = NamesApp()
    async with app.run_test(size=(30, 10)) as pilot:
        names = app.query_one(Names)
        names.show(rows("a", "b", "c"))
        await pilot.press("j")
        names.show(rows("a", "c"))
        await pilot.pause()
        assert names.cursor is None and names.lost and names.vanished == "b"
        assert any("╳ c" in line for line in screen_lines(app)), "the place is marked, the neighbour is not under it"
        await pilot.press("j")
        assert names.cursor == "c" and not names.lost


async def test_a_vanished_row_that_comes_back_is_under_the_cursor_again() -> None:
    app = NamesApp()
    async with app.run_test(size=(30, 10)):
        names = app.query_one(Names)
        names.show(rows("a", "b"))
        names.show(rows("b"))
        names.show(rows("b", "a"))
        assert names.cursor == "a"


async def test_an_emptied_list_starts_anew() -> None:
    app = NamesApp()
    async with app.run_test(size=(30, 10)) as pilot:
        names = app.query_one(Names)
        names.show(rows("a"))
        names.show(())
        await pilot.pause()
        assert "nothing here" in "\n".join(screen_lines(app))
        names.show(rows("b"))
        assert names.cursor == "b"


async def test_keys_move_and_the_window_follows() -> None:
    app = NamesApp()
    async with app.run_test(size=(30, 10)) as pilot:
        names = app.query_one(Names)
        names.show(tuple(f"row {number:03}" for number in range(100)))
        await pilot.press("G")
        assert names.cursor == "row 099"
        await pilot.pause()
        assert "↑ 93" in screen_lines(app)[-1]
        await pilot.press("g", "pagedown")
        assert names.cursor == "row 006"
        await pilot.press("pageup", "end", "home", "down", "up", "k")
        assert names.cursor == "row 000"
        await pilot.pause()
        assert "↓ 93 more" in screen_lines(app)[-1]


async def test_rows_above_the_window_do_not_move_what_is_looked_at() -> None:
    app = NamesApp()
    async with app.run_test(size=(30, 10)) as pilot:
        names = app.query_one(Names)
        many = tuple(f"row {number:03}" for number in range(50))
        names.show(many)
        await pilot.press("G", "k")
        await pilot.pause()
        before = [line for line in screen_lines(app) if "row" in line]
        names.show(("new 1", "new 2", *many))
        await pilot.pause()
        assert [line for line in screen_lines(app) if "row" in line] == before


async def test_equal_rows_draw_nothing() -> None:
    app = NamesApp()
    async with app.run_test(size=(30, 10)) as pilot:
        names = app.query_one(Names)
        names.show(rows("a", "b", "c"))
        await pilot.pause()
        painted = names.paints
        names.show(rows("a", "b", "c"))
        await pilot.pause()
        assert names.paints == painted
        names.show(rows("a", "B", "c"))
        await pilot.pause()
        assert names.paints == painted + 1, "one row differs, one line is drawn"


async def test_a_cursor_step_draws_two_rows() -> None:
    app = NamesApp()
    async with app.run_test(size=(30, 20)) as pilot:
        names = app.query_one(Names)
        names.show(tuple("abcdefgh"))
        await pilot.pause()
        painted = names.paints
        await pilot.press("j")
        await pilot.pause()
        assert names.paints == painted + 2


async def test_marks_follow_their_rows_and_go_with_them() -> None:
    app = NamesApp()
    async with app.run_test(size=(40, 12)) as pilot:
        names = app.query_one(Names)
        names.show(rows("a", "b", "c"))
        names.toggle_mark()
        names.toggle_mark()
        assert names.selected == {"a", "b"} and names.cursor == "c"
        names.show(rows("c", "b"))
        assert names.selected_rows() == ("b",)
        await pilot.pause()
        assert "1 selected" in screen_lines(app)[0]
        names.toggle_all()
        assert names.selected == {"b", "c"}
        names.toggle_all()
        assert not names.selected
        await pilot.pause()
        assert [event.keys for event in app.heard if isinstance(event, SelectionChanged)][-1] == ()


async def test_the_mouse_moves_the_cursor_and_a_double_click_opens() -> None:
    app = NamesApp()
    async with app.run_test(size=(30, 10)) as pilot:
        names = app.query_one(Names)
        names.show(rows("a", "b", "c"))
        await pilot.click(Names, offset=(5, 3))
        assert names.cursor == "b"
        await pilot.click(Names, offset=(5, 9))
        assert names.cursor == "b", "the frame is no row"
        await pilot.click(Names, offset=(5, 4), times=2)
        assert [event.key for event in app.heard if isinstance(event, RowOpened)] == ["c"]


@pytest.mark.parametrize("title", HOSTILE)
@pytest.mark.parametrize("size", [(40, 8), (120, 20)])
async def test_any_title_is_only_text(title: str, size: tuple[int, int]) -> None:
    app = NamesApp()
    async with app.run_test(size=size) as pilot:
        names = app.query_one(Names)
        names.show((title,))
        await pilot.pause()
        shown = screen_lines(app)
        assert any(title[:12] in line for line in shown)
        await pilot.click(Names, offset=(6, 2))
        await pilot.pause()
        assert app.is_running and screen_lines(app) == shown


async def test_a_hundred_thousand_rows() -> None:
    app = NamesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        names = app.query_one(Names)
        many = tuple(f"row {number}" for number in range(100_000))
        begun = time.perf_counter()
        names.show(many)
        await pilot.press("G", "pageup", "g")
        assert names.cursor == "row 0"
        assert time.perf_counter() - begun < 2.0


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 1), (5, 3), (8, 200)])
async def test_any_size(size: tuple[int, int]) -> None:
    app = NamesApp()
    async with app.run_test(size=size) as pilot:
        names = app.query_one(Names)
        names.show(rows("a", "b", "c"))
        await pilot.press("j", "G")
        await pilot.pause()
        assert names.cursor == "c"


async def test_a_row_that_cannot_be_drawn_marks_its_line_and_nothing_else() -> None:
    class Broken(Names):
        def columns(self, cells: int) -> Sequence[Column[str]]:
            def words(row: str, look: object) -> tuple[Span, ...]:
                if row == "bad":
                    raise ValueError("no words")
                return (Span(row),)

            return grown([Column[str]("Name", 0, words)], cells)

    caught: list[Exception] = []

    class BrokenApp(NamesApp):
        def compose(self) -> ComposeResult:
            yield Broken()

        def on_mount(self) -> None:
            pass

        def _handle_exception(self, error: Exception) -> None:
            caught.append(error)

    app = BrokenApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.query_one(Broken).show(rows("good", "bad", "fine"))
        await pilot.pause()
        shown = "\n".join(screen_lines(app))
        assert "good" in shown and "fine" in shown and "cannot be drawn" in shown
        assert [str(error) for error in caught] == ["no words"]


async def test_a_pane_that_nobody_has_entered_stays_at_its_first_row() -> None:
    app = NamesApp()
    async with app.run_test(size=(30, 10)) as pilot:
        names = app.query_one(Names)
        app.set_focus(None)
        names._touched = False
        names.show(rows("late"))
        names.show((*(f"row {number:02}" for number in range(20)), "late"))
        assert names.cursor == "row 00"
        names.focus()
        await pilot.pause()
        names.show(("newer", *names.rows))
        assert names.cursor == "row 00", "from then on the cursor keeps its row"


async def test_rows_that_are_still_being_read_are_counted_and_not_marked_by_all() -> None:
    app = NamesApp()
    async with app.run_test(size=(30, 6)) as pilot:
        names = app.query_one(Names)
        names.show(rows(*"abcdef"), unread=100)
        await pilot.pause()
        assert "102 more" in screen_lines(app)[-1]
        names.toggle_all()
        assert not names.selected
        names.show(rows(*"abcdefg"))
        names.toggle_all()
        assert len(names.selected) == 7


@pytest.mark.parametrize(("keys", "expected"), [(["G"], "z"), (["G", "k"], "e"), (["j"], "b")])
async def test_the_end_is_the_end_also_where_it_was_not_read_yet(keys: list[str], expected: str) -> None:
    app = NamesApp()
    async with app.run_test(size=(30, 6)) as pilot:
        names = app.query_one(Names)
        names.show(rows(*"abcdef"), unread=3)
        await pilot.press(*keys)
        names.show(rows(*"abcdefxyz"))
        assert names.cursor == expected
