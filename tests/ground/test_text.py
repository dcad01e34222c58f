"""The cleaning boundary: nothing that can steer a terminal passes, and what was there stays visible."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from oncall_tui.text import (
    MAX_MARKS,
    MAX_TITLE,
    clean,
    clean_block,
    clip,
    clip_start,
    fit,
    fit_right,
    paint_safe,
    unsafe_count,
    width,
    wrap,
)

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=200)
HOSTILE = st.text(
    alphabet="a\x1b[]\x07\x9b\x9d\x00\x7f\u202e\u200b\u0301\U000e0041\ud800é日👩\u200d\ufe0f \n\t\r", max_size=80
)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("disk [/dev/sda1] full", "disk [/dev/sda1] full"),
        ("[ERROR] db", "[ERROR] db"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
        ("\x1b]52;c;cHduZWQ=\x07", "\\x1b]52;c;cHduZWQ=\\x07"),
        ("\x1b[c", "\\x1b[c"),
        ("a\x9b31mb", "a\\x9b31mb"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("lone \ud800", "lone \\ud800"),
        ("nul\x00", "nul\\x00"),
        ("cr\rover", "cr\\x0dover"),
        ("two\nlines\tand tabs", "two lines and tabs"),
        ("  many   spaces ", "many spaces"),
        ("back\\slash", "back\\slash"),
        ("日本語 ไทย 👩\u200d💻", "日本語 ไทย 👩\u200d💻"),
        (None, ""),
        (42, "42"),
    ],
)
def test_clean(raw: object, shown: str) -> None:
    assert clean(raw) == shown


@given(ANY_TEXT | HOSTILE)
def test_no_text_passes_a_control_and_cleaning_is_settled(raw: str) -> None:
    once = clean(raw)
    assert not CONTROL.search(once)
    assert len(once) <= MAX_TITLE
    assert clean(once) == once
    assert paint_safe(once) == once
    assert unsafe_count(once) == 0
    block = clean_block(raw)
    assert not CONTROL.search(block.replace("\n", ""))


@pytest.mark.parametrize(
    "raw", ["\u200d\u200dĀ", "\ufe0f\u200dĀ", "Ā\u200d\u200dĀ", "\ufe0f\u200d" * 50 + "Ā", "❤\ufe0f\u200d🔥"]
)
def test_joiners_are_settled_however_they_stand(raw: str) -> None:
    once = clean(raw)
    assert clean(once) == once
    assert once == raw or "\\u" in once


def test_combining_marks_are_capped_and_cost_no_bytes() -> None:
    zalgo = clean("a" + "\u0301" * 200_000)
    assert len(zalgo) == 1 + MAX_MARKS


def test_a_megabyte_is_cut_with_a_sign() -> None:
    cut = clean("x" * 1_000_000)
    assert len(cut) == MAX_TITLE
    assert cut.endswith("…")


def test_a_block_keeps_its_lines() -> None:
    assert clean_block("one\r\ntwo\n\n\tthree\x1b\n") == "one\ntwo\n\n    three\\x1b"


def test_unsafe_characters_are_counted() -> None:
    assert unsafe_count("a\x1bb\u202ec\nd") == 2


@given(HOSTILE | st.text(max_size=60), st.integers(0, 80))
def test_fit_takes_exactly_the_cells(raw: str, cells: int) -> None:
    text = clean(raw)
    assert cell_len(fit(text, cells)) == cells
    assert cell_len(fit_right(text, cells)) == cells
    assert width(clip(text, cells)) <= cells


@given(st.text(max_size=120), st.integers(4, 60))
def test_wrap_loses_no_word_and_fits(raw: str, cells: int) -> None:
    text = clean_block(raw)
    lines = wrap(text, cells)
    assert all(width(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")


@pytest.mark.parametrize(
    ("text", "cells", "shown"),
    [
        ("/a/b.md", 7, "/a/b.md"),
        ("/a/b.md", 6, "…/b.md"),
        ("日本語", 5, "…本語"),
        ("日本語", 4, "…語"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
        ("", 0, ""),
    ],
)
def test_the_end_of_a_path_is_kept(text: str, cells: int, shown: str) -> None:
    assert clip_start(text, cells) == shown
