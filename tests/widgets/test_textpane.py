"""The pane of text: wrapping that loses nothing, a window that stays where the eye is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from widgets.lines import Span, Words, words_width
from widgets.textpane import TextPane, wrap_words
from widgets.theme import Look

TEXTS = st.lists(st.tuples(st.text(alphabet="ab 日é→", max_size=20), st.sampled_from(["text", "dim"])), max_size=6)


@given(TEXTS, st.integers(2, 30), st.integers(0, 12))
def test_wrapping_loses_no_letter_and_fits(parts: list[tuple[str, str]], cells: int, indent: int) -> None:
    words = tuple(Span(text, role) for text, role in parts)
    lines = wrap_words(words, cells, indent=indent)
    assert lines
    assert all(words_width(line) <= cells for line in lines)
    letters = "".join(span.text for line in lines for span in line).replace(" ", "")
    assert letters == "".join(span.text for span in words).replace(" ", "")


def plain(lines: Sequence[Words]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def test_wrapping_hangs_and_keeps_roles() -> None:
    words = (Span("14:39 ", "dim"), Span("one two three four", "strong"), Span("  by me", "dim"))
    lines = wrap_words(words, 16, indent=6)
    assert plain(lines) == ["14:39 one two", "      three four", "      by me"]
    assert lines[2][-1] == Span("by me", "dim")
    assert lines[0] == (Span("14:39 ", "dim"), Span("one two", "strong"))


def test_an_address_that_fits_nowhere_is_cut_where_it_stands() -> None:
    lines = wrap_words((Span("link ", "label"), Span("https://example.com/" + "x" * 30, "link", "u")), 30, indent=5)
    assert plain(lines)[0] == "link https://example.com/xxxxxx"[:30]
    assert all(span.link == "u" for line in lines for span in line if "x" in span.text)


class Bench(App[None]):
    CSS = "TextPane { height: 8; width: 30; }"

    def __init__(self, *, follow: bool) -> None:
        super().__init__()
        self.pane = TextPane(follow=follow)

    def compose(self) -> ComposeResult:
        yield self.pane

    def lines(self, count: int) -> None:
        def make(cells: int, look: Look) -> list[Words]:
            return [(Span(f"line {number}"),) for number in range(count)]

        self.pane.show(make, title=(Span("T", "title"),))


@pytest.mark.parametrize("follow", [True, False])
async def test_the_window_stays_on_what_it_shows(follow: bool) -> None:
    app = Bench(follow=follow)
    async with app.run_test(size=(40, 12)) as pilot:
        app.lines(20)
        await pilot.pause()
        assert app.pane.top == (14 if follow else 0)
        app.pane.focus()
        await pilot.press("k", "k")
        top = app.pane.top
        app.lines(25)
        assert app.pane.top == top
        await pilot.press("G")
        app.lines(30)
        assert app.pane.top == (24 if follow else 19)
        await pilot.press("g")
        assert app.pane.top == 0
        app.lines(2)
        assert app.pane.top == 0


async def test_equal_lines_draw_nothing() -> None:
    app = Bench(follow=True)
    async with app.run_test(size=(40, 12)) as pilot:
        app.lines(20)
        await pilot.pause()
        before = app.pane.paints
        app.lines(20)
        await pilot.pause()
        assert app.pane.paints == before


@pytest.mark.parametrize("follow", [True, False])
async def test_the_end_stays_in_sight_in_a_lower_window(follow: bool) -> None:
    app = Bench(follow=follow)
    async with app.run_test(size=(40, 12)) as pilot:
        app.lines(20)
        await pilot.pause()
        app.pane.styles.height = 6
        await pilot.pause(1 / 30)  # (a frame)
        assert app.pane.window == 4
        assert app.pane.top == (16 if follow else 0)
        app.lines(21)
        assert app.pane.top == (17 if follow else 0)
