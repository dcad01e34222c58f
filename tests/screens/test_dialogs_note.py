"""A note: typed, pasted, back-dated, of a kind; its draft is never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from textual import events

from oncall_tui.model import Draft
from screens.dashboard import DashboardScreen
from screens.dialogs.frame import Dialog
from screens.dialogs.note import NoteDialog, pasted_text
from screens.dialogs.note_text import MAX_NOTE, read_note
from screens.requests import DraftDropped, DraftSaved, DraftWanted, EditorWanted
from tests.screens.dialog_bench import SIZES, assert_whole, bench, dialog, params, words
from tests.support.ui import ScreenApp, ago, sample_board

NOW = datetime(2026, 11, 23, 14, 42, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def draft(text: str) -> dict[Any, Any]:
    return {DraftWanted: Draft(key="note:pager:Q1", text=text, updated_at=ago(minutes=5))}


# -- what a text says of its time ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "text", "at", "told"),
    [
        ("restarted", "restarted", None, "now"),
        ("14:32 restarted", "restarted", datetime(2026, 11, 23, 14, 32, tzinfo=UTC), "14:32 today, 10m ago"),
        ("9:05 began", "began", datetime(2026, 11, 23, 9, 5, tzinfo=UTC), "09:05 today, 5h 37m ago"),
        ("14:50 late", "late", datetime(2026, 11, 22, 14, 50, tzinfo=UTC), "14:50 yesterday, 23h 52m ago"),
        ("14:42 this minute", "this minute", NOW, "14:42 today, just now"),
        ("14:43 clock ahead", "clock ahead", NOW + timedelta(minutes=1), "14:43 today, just now"),
        ("2026-11-20 08:00 old", "old", datetime(2026, 11, 20, 8, tzinfo=UTC), "08:00 Fri 20 Nov 2026, 3d 6h ago"),
        ("2026-11-23T14:32Z x", "x", datetime(2026, 11, 23, 14, 32, tzinfo=UTC), "14:32 today, 10m ago"),
        ("14:32\nfirst\nsecond", "first\nsecond", datetime(2026, 11, 23, 14, 32, tzinfo=UTC), "14:32 today, 10m ago"),
        ("25:00 no time", "25:00 no time", None, "now (25:00 is not a time)"),
        ("at 14:32 it broke", "at 14:32 it broke", None, "now"),
        ("10m of errors", "10m of errors", None, "now"),
        ("14:321 requests", "14:321 requests", None, "now"),
        ("99:99", "99:99", None, "now (99:99 is not a time)"),
    ],
)
def test_a_time_at_the_beginning_back_dates(typed: str, text: str, at: datetime | None, told: str) -> None:
    note = read_note(typed, NOW, UTC)
    assert (note.text, note.at, note.told, note.problem) == (text, at, told, None)


@pytest.mark.parametrize("typed", ["", "   \n ", "14:32", "14:32   "])
def test_a_note_without_text_is_none(typed: str) -> None:
    assert read_note(typed, NOW, UTC).problem == "the note is empty"


def test_a_time_to_come_is_no_note() -> None:
    assert read_note("2026-11-24 08:00 x", NOW, UTC).problem == "a note cannot be of a time to come"


def test_the_time_is_of_the_seats_zone() -> None:
    note = read_note("15:32 x", NOW, ZoneInfo("Europe/Berlin"))
    assert note.at == datetime(2026, 11, 23, 14, 32, tzinfo=UTC) and note.told == "15:32 today, 10m ago"


def test_a_paste_is_text_only() -> None:
    assert pasted_text("a \r\nb\tc\x1b[31m", 100) == "a \nb    c\\x1b[31m"
    assert pasted_text("x" * 50, 10) == "x" * 10
    assert pasted_text("x" * 5, 0) == ""


# -- the dialog ------------------------------------------------------------------------------------------------


async def test_one_line_and_enter() -> None:
    app = bench(dialog("note"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"restarted", "enter")
    assert params(app) == {"text": "restarted", "at": None, "kind": None}


async def test_back_dated_and_of_a_kind() -> None:
    app = ScreenApp(DashboardScreen(), sample_board())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(dialog("note"), app.results.append)
        await pilot.pause()
        await pilot.press(*"14:32 raised the pool", "tab", "tab")
        await pilot.pause()
        assert "14:32 today, 10m ago" in words(app)
        await pilot.press("enter")
        await pilot.pause()
    assert params(app) == {"text": "raised the pool", "at": "2026-11-23T14:32:00Z", "kind": "did"}


@pytest.mark.parametrize(
    ("tabs", "kind"), [(0, None), (1, "observed"), (2, "did"), (3, "decided"), (4, "told"), (5, None), (-1, "told")]
)
async def test_the_kind(tabs: int, kind: str | None) -> None:
    app = bench(dialog("note"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*["tab"] * tabs, *["shift+tab"] * -tabs, "x", "enter")
    assert params(app)["kind"] == kind


@pytest.mark.parametrize("key", ["ctrl+j", "alt+enter", "shift+enter"])
async def test_a_new_line(key: str) -> None:
    app = bench(dialog("note"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a", key, "b", "enter")
    assert params(app)["text"] == "a\nb"


async def test_an_empty_note_is_not_sent() -> None:
    app = bench(dialog("note"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert "the note is empty" in words(app) and app.results == []
        await pilot.press("x")
        await pilot.pause()
        assert "the note is empty" not in words(app)


async def test_a_paste_with_lines_is_text_and_sends_nothing() -> None:
    app = bench(dialog("note"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.focused.post_message(events.Paste("one\r\ntwo [b]x[/b]\x1b]0;t\x07\n"))  # type: ignore[union-attr]
        await pilot.pause()
        assert app.results == [] and "two [b]x[/b]\\x1b]0;t\\x07" in words(app)
        await pilot.press("enter")
    assert params(app)["text"] == "one\ntwo [b]x[/b]\\x1b]0;t\\x07"


async def test_what_follows_a_paste_at_once_does_not_send(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [10.0]
    monkeypatch.setattr("screens.dialogs.frame.monotonic", lambda: now[0])
    monkeypatch.setattr(Dialog, "HOLD_S", 0.15)
    app = bench(dialog("note"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        now[0] += 5
        app.focused.post_message(events.Paste("restarted"))  # type: ignore[union-attr]
        await pilot.press("enter")
        await pilot.pause()
        assert app.results == []
        now[0] += 1
        await pilot.press("enter")
    assert params(app)["text"] == "restarted"


async def test_never_more_than_a_note_holds() -> None:
    app = bench(dialog("note"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.focused.post_message(events.Paste("word " * 100_000))  # type: ignore[union-attr]
        await pilot.pause()
        await pilot.press("x", "ctrl+j")
        app.focused.post_message(events.Paste("more"))  # type: ignore[union-attr]
        await pilot.pause()
        assert f"{MAX_NOTE} / {MAX_NOTE}" in words(app)
        await pilot.press("enter")
    assert len(params(app)["text"]) <= MAX_NOTE


async def test_the_draft_is_kept_as_it_is_typed() -> None:
    app = bench(dialog("note"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"abc")
        await pilot.pause()
        assert [(one.key, one.text) for one in app.asked(DraftSaved)][-1] == ("note:pager:Q1", "abc")
        await pilot.press("escape")
        await pilot.pause()
    assert app.results == [None]
    assert not app.asked(DraftDropped), "esc keeps the draft"


async def test_a_draft_that_is_emptied_is_dropped() -> None:
    app = bench(dialog("note"), answers=draft("x"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("backspace")
        await pilot.pause()
        assert [one.key for one in app.asked(DraftDropped)] == ["note:pager:Q1"]


async def test_the_draft_comes_back_and_is_sent_whole() -> None:
    app = bench(dialog("note"), answers=draft("14:32 pool raised\nsecond line"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "pool raised" in words(app) and "14:32 today" in words(app)
        assert not app.asked(DraftSaved), "what was only read is not written back"
        await pilot.press("!", "enter")
    assert params(app) == {"text": "pool raised\nsecond line!", "at": "2026-11-23T14:32:00Z", "kind": None}


class Slow(ScreenApp):
    """Answers a question about drafts only when told."""

    waiting: DraftWanted | None = None

    async def _on_message(self, message: Any) -> None:
        if isinstance(message, DraftWanted):
            self.waiting = message
            return
        await super()._on_message(message)


async def test_what_is_typed_before_the_draft_is_here_neither_loses_nor_overwrites_it() -> None:
    app = Slow(dialog("note"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"new")
        await pilot.pause()
        assert not app.asked(DraftSaved)
        assert app.waiting is not None
        app.waiting.tell(Draft(key="note:pager:Q1", text="old ", updated_at=ago(minutes=5)))
        await pilot.pause()
        await pilot.pause()
        assert [one.text for one in app.asked(DraftSaved)][-1] == "old new"
        await pilot.press("enter")
    assert params(app)["text"] == "old new"


@pytest.mark.parametrize(("edited", "text"), [("from vi\nmore", "from vi\nmore"), (None, "typed")])
async def test_the_editor(edited: str | None, text: str) -> None:
    app = bench(dialog("note"), answers={EditorWanted: edited})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"typed", "ctrl+o")
        await pilot.pause()
        await pilot.pause()
        assert [one.text for one in app.asked(EditorWanted)] == ["typed"]
        await pilot.press("enter")
    assert params(app)["text"] == text


async def test_the_time_is_read_by_the_minute_of_the_screen_below() -> None:
    app = ScreenApp(DashboardScreen(), sample_board())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(dialog("note"), app.results.append)
        await pilot.pause()
        app.show(sample_board(now=ago(minutes=-18)))
        await pilot.press(*"14:55 x", "enter")
        await pilot.pause()
    assert params(app)["at"] == "2026-11-23T14:55:00Z", "not yesterday"


@pytest.mark.parametrize("size", SIZES)
async def test_a_long_text_scrolls_in_its_place(size: tuple[int, int]) -> None:
    app = bench(dialog("note"), answers=draft("\n".join(f"line {number}" for number in range(60))))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert_whole(app)
        assert "line 59" in words(app), "the end is where it goes on"


def test_the_draft_belongs_to_the_incident() -> None:
    found = dialog("note", sample_board(), "pager:Q3")
    assert isinstance(found, NoteDialog) and found.draft_key == "note:pager:Q3"
