"""Words in cells: nothing wider than its room, whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.model import HealthSample, HealthStatus
from oncall_tui.text import clean
from tests.support.ui import NOW, history
from widgets.health import number_text, spark
from widgets.lines import Span, clip_words, fit_words, sides, strip_of, words_width
from widgets.pane import bottom_line, side_line, top_line
from widgets.signs import ASCII, UNICODE, Signs, ascii_only
from widgets.theme import THEMES, Look, textual_themes

LOOK = Look()
SPANS = st.lists(st.text(max_size=30).map(lambda text: Span(clean(text))), max_size=5).map(tuple)


@given(SPANS, st.integers(0, 60))
def test_clipped_and_fitted_words_keep_to_their_cells(words: tuple[Span, ...], cells: int) -> None:
    assert words_width(clip_words(words, cells)) <= cells
    assert words_width(fit_words(words, cells)) == cells
    assert words_width(fit_words(words, cells, right=True)) == cells


@given(SPANS, SPANS, st.integers(0, 90))
def test_every_line_is_as_wide_as_its_place(left: tuple[Span, ...], right: tuple[Span, ...], cells: int) -> None:
    for words in (
        sides(left, right, cells),
        top_line(left, right, cells, LOOK),
        bottom_line(left, cells, LOOK),
        side_line(left, cells, LOOK),
    ):
        assert words_width(words) <= cells
        assert strip_of(words, LOOK, cells).cell_length == cells


def test_a_note_without_a_word_is_none() -> None:
    assert bottom_line((Span(""),), 2, LOOK) == bottom_line((), 2, LOOK)


def test_a_cut_is_marked() -> None:
    words = (Span("Checkout "), Span("returns 503"))
    assert "".join(span.text for span in clip_words(words, 12)) == "Checkout re…"
    assert "".join(span.text for span in clip_words(words, 9)) == "Checkout…"
    assert clip_words(words, 20) == words


def test_the_title_keeps_its_name_and_freshness_wins_over_counts() -> None:
    title = (Span("1 Incidents"), Span(" ─ 2 need you · 5 open"))
    line = "".join(span.text for span in top_line(title, (Span("as of 14:36 (6m)"),), 40, LOOK))
    assert line.startswith("╭ 1 Incidents")
    assert "as of 14:36 (6m)" in line


def test_a_long_reason_beside_the_title_takes_no_count_away() -> None:
    """How many are hidden is told nowhere else; the reason of a source is."""
    title = (Span("1 Incidents"), Span(" ─ 2 need you · 5 open · 12 hidden"))
    reason = (Span("as of 14:36 (6m) · pager: 127.0.0.1:18931 limits the rate (429): Request was throttled"),)
    line = "".join(span.text for span in top_line(title, reason, 80, LOOK))
    assert line.startswith("╭ 1 Incidents ─ 2 need you · 5 open · 12 hidden  ")
    assert "as of 14:36 (6m) · " in line


@pytest.mark.parametrize("signs", [UNICODE, ASCII])
def test_every_sign_is_one_cell(signs: Signs) -> None:
    for name in Signs.__dataclass_fields__:
        value = getattr(signs, name)
        if name == "frame":
            assert all(words_width((Span(part),)) == 1 for part in vars_of(value))
        else:
            assert words_width((Span(value),)) == (8 if name == "spark" else 1), name


def vars_of(frame: object) -> list[str]:
    return [getattr(frame, name) for name in frame.__dataclass_fields__]  # type: ignore[attr-defined]


def test_the_ascii_signs_are_ascii() -> None:
    assert all(str(getattr(ASCII, name)).isascii() for name in Signs.__dataclass_fields__)
    assert ascii_only("→ ☃ …") == "> ? ~"
    assert ascii_only("Judy Jónsdóttir waits ‹…› ms") == "Judy Jonsdottir waits <~> ms", "as wide, and still to be read"


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_draws_every_role(theme: str) -> None:
    look = Look(theme)
    roles = set(textual_themes()[0].variables) - {"border", "border-blurred"}
    for role in roles | {"strong", "banner", "link"}:
        look.style(role)


def test_severities_stay_apart_without_colour() -> None:
    mono = Look("mono")
    assert all(mono.style(role).color is None for role in ("sev1", "sev2", "triggered", "ok", "down"))
    assert mono.style("sev1") != mono.style("sev2") != mono.style("sev4")


def test_sparks() -> None:
    assert spark(history(0, 1, 2, 3), 6, UNICODE) == "▁▃▆█"
    assert spark(history(1, 1, 1), 6, UNICODE) == "▁▁▁"
    assert spark(history(1), 6, UNICODE) == ""
    gap = HealthSample(at=NOW, value=None, status=HealthStatus.UNKNOWN)
    assert spark((*history(0, 5), gap), 6, ASCII) == "_# "
    assert len(spark(history(*range(24)), 6, UNICODE)) == 6


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (12.4, "12.4"),
        (0.02, "0.02"),
        (5230, "5230"),
        (433.2, "433"),
        (1_234_567, "1.23M"),
        (-3.0, "-3"),
        (0.0, "0"),
        (float("nan"), "no number"),
        (float("inf"), "no number"),
        (1e30, "1e+30"),
    ],
)
def test_numbers(value: float, said: str) -> None:
    assert number_text(value) == said
