"""The handover's screen: the live draft, what is added, edited, discarded, exported."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall_tui.board import Board
from oncall_tui.handover import HandoverEdits, decode_edits, edits_key, encode_edits, to_markdown, with_text
from oncall_tui.model import EntryKind, IncidentState, ShiftFacts, TimelineEntry
from screens.dialogs.export import ExportDialog
from screens.dialogs.frame import Dialog
from screens.dialogs.line import LineDialog
from screens.handover import HandoverScreen
from screens.handover_words import document_lines
from screens.requests import EditorWanted, EditsWanted, FileWanted, QuestionFailed, ShiftWanted, ValueWanted
from screens.shift_requests import EditsKept
from tests.support.ui import (
    HOSTILE,
    NOW,
    ScreenApp,
    ago,
    incident,
    sample_alerts,
    sample_board,
    sample_facts,
    sample_incidents,
    screen_lines,
    screen_text,
    silence,
)
from widgets.signs import UNICODE
from widgets.theme import Look

SIZES = ((80, 24), (120, 36), (40, 12))
BOARD = sample_board()
KEY = edits_key(BOARD.shift.start, BOARD.shift.end, on_call=True)
FILE = Path("exports/handover-alice.md")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def facts_of(**fields: Any) -> ShiftFacts:
    given: dict[str, Any] = {
        "start": BOARD.shift.start,
        "end": BOARD.shift.end,
        "incidents": sample_incidents(),
        "timeline": (
            TimelineEntry(
                id="pager:n1",
                incident_id="pager:Q3",
                at=ago(minutes=30),
                kind=EntryKind.NOTE,
                text="Action item: fix the pool size (owner: Bob) OPS-12",
                author="Alice Martin",
                origin="pager",
            ),
        ),
        "alerts": sample_alerts(),
        "silences": (silence(),),
        "sources": sample_facts().sources,
    }
    return ShiftFacts(**(given | fields))


def app_of(*, facts: ShiftFacts | None = None, edits: HandoverEdits | None = None, **more: Any) -> ScreenApp:
    answers: dict[Any, Any] = {
        ShiftWanted: facts or facts_of(),
        ValueWanted: encode_edits(edits) if edits is not None else None,
        FileWanted: FILE,
        EditsWanted: HandoverEdits(),
        EditorWanted: more.get("edited"),
    }
    return ScreenApp(HandoverScreen(), more.get("board") or BOARD, answers=answers)


def flat(app: ScreenApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


def kept(app: ScreenApp) -> HandoverEdits:
    """The edits as they were last kept."""
    one = app.asked(EditsKept)[-1]
    assert one.name == KEY
    return decode_edits(one.text)


def screen(app: ScreenApp) -> HandoverScreen:
    assert isinstance(app.first, HandoverScreen)
    return app.first


# -- the document's words --------------------------------------------------------------------------------------


def plain(document: str, cells: int = 60) -> list[str]:
    lines = document_lines(document, cells, Look("dark", UNICODE))
    return ["".join(span.text for span in line).rstrip() for line in lines]


def test_marks_are_drawn_not_shown() -> None:
    document = (
        "# Title\n\n## Part\n- **Sev1** disk \\[/dev/sda1\\] full\n  - note\n- [ ] do\n1. first\n"
        "| Severity | Count |\n| --- | --- |\n| Sev1 | 2 |\nplain **strong** \\*\\*literal\\*\\*\n"
    )
    assert plain(document) == [
        "Title",
        "",
        "Part",
        "· Sev1 disk [/dev/sda1] full",
        "  · note",
        "· [ ] do",
        "1. first",
        "  Severity   Count",
        "  Sev1       2",
        "plain strong **literal**",
    ]


def test_a_long_item_hangs_under_its_text() -> None:
    assert plain("- " + "word " * 20, 30) == ["· word word word word word", *["  word word word word word"] * 3]


@pytest.mark.parametrize("title", HOSTILE)
def test_outside_text_comes_through_the_document_as_it_is(title: str) -> None:
    from oncall_tui.handover import draft

    one = incident("Q1", title=title)
    handover = draft(facts_of(incidents=(one,)), user="alice", on_call=True, now=NOW)
    assert any(title in line for line in plain(to_markdown(handover), 200))


def test_a_huge_document_is_drawn() -> None:
    assert len(plain("- line **x** \\[y\\]\n" * 5000)) == 5000


# -- the screen ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_the_draft_writes_itself(size: tuple[int, int]) -> None:
    app = app_of()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = flat(app)
        assert "Handover ─ 4 incide" in text and "Shift handover: alice@example.com" in text
        assert all(len(line) <= size[0] for line in screen_lines(app))
        assert screen(app).document == to_markdown(screen(app).handover, BOARD.zone)  # type: ignore[arg-type]
        if size[0] >= 80:
            assert "5 open · 1 to do" in text and "Start here: still open (5)" in text


async def test_asks_for_the_boards_shift() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        [asked] = app.asked(ShiftWanted)
        assert (asked.start, asked.end) == (BOARD.shift.start, BOARD.shift.end)
        assert [one.name for one in app.asked(ValueWanted)] == [KEY]


async def test_it_goes_on_writing_itself() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        closed = tuple(
            replace(one, state=IncidentState.RESOLVED, resolved_at=NOW) if one.native_id == "Q1" else one
            for one in sample_incidents()
        )
        app.answers[ShiftWanted] = facts_of(incidents=closed)
        screen(app).facts_changed()
        await pilot.pause()
        assert "4 open" in flat(app)
        app.show(sample_board(now=NOW + timedelta(minutes=5)))
        await pilot.pause()
        assert "written 2026-11-23 14:47" in flat(app)


async def test_a_storm_of_changes_asks_no_more_than_it_can_be_answered() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for _ in range(50):
            screen(app).facts_changed()
        await pilot.pause()
        await pilot.pause()
        assert len(app.asked(ShiftWanted)) == 3, "one at first, one at once, one for all that came meanwhile"


async def test_off_call_says_so() -> None:
    facts = replace(sample_facts(), on_call=())
    app = app_of(board=sample_board(facts))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "not on call: 02:42 → 14:42" in flat(app)


@pytest.mark.parametrize(("key", "field"), [("n", "notes"), ("i", "items")])
async def test_a_line_is_added_shown_and_kept(key: str, field: str) -> None:
    app = app_of(edits=HandoverEdits(notes=("before",), items=("before",)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, LineDialog)
        await pilot.press(*"watch [b]db-7", "enter")
        await pilot.pause()
        assert getattr(kept(app), field) == ("before", "watch [b]db-7")
        await pilot.press("G")
        await pilot.pause()
        assert "watch \\[b\\]db-7" in screen(app).document
        if key == "n":
            assert "watch [b]db-7" in flat(app)


async def test_a_line_that_is_left_adds_nothing() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("n", "x", "escape")
        await pilot.pause()
        assert not app.asked(EditsKept)


async def test_the_whole_is_edited_in_the_editor() -> None:
    app = app_of(edited="# Mine\n\nquiet night\n")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        draft = screen(app).document
        await pilot.press("e")
        await pilot.pause()
        [asked] = app.asked(EditorWanted)
        assert asked.text == draft and asked.suffix == ".md"
        assert "quiet night" in flat(app) and "rewritten 14:42" in flat(app)
        assert kept(app).text == "# Mine\n\nquiet night"
        app.show(sample_board(now=NOW + timedelta(minutes=5)))
        screen(app).facts_changed()
        await pilot.pause()
        assert "quiet night" in flat(app), "what a person wrote is never overwritten"


@pytest.mark.parametrize(("edited", "said"), [(None, "unchanged"), ("  \n", "an empty text was not taken")])
async def test_an_edit_that_changes_nothing(edited: str | None, said: str) -> None:
    app = app_of(edited=edited)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("e")
        await pilot.pause()
        assert said in flat(app) and not app.asked(EditsKept)


async def test_discarding_a_rewritten_text_asks_and_keeps_the_lines() -> None:
    edits = with_text(HandoverEdits(notes=("watch",)), "# Mine\n\nall quiet\n", NOW)
    app = app_of(edits=edits)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("D")
        await pilot.pause()
        assert "The text that you rewrote is dropped: 4 words." in flat(app)
        await pilot.press("escape")
        await pilot.pause()
        assert not app.asked(EditsKept)
        await pilot.press("D")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause()
        assert kept(app) == HandoverEdits(notes=("watch",))
        assert "Start here" in flat(app)


async def test_discarding_lines_says_how_many() -> None:
    app = app_of(edits=HandoverEdits(notes=("watch",), items=("a", "b")))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("D")
        await pilot.pause()
        assert "What you added is dropped: 1 note, 2 action items." in flat(app)
        await pilot.press("y")
        await pilot.pause()
        assert kept(app) == HandoverEdits()


async def test_nothing_to_discard() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("D")
        await pilot.pause()
        assert "nothing was edited" in flat(app)


async def test_a_long_folder_does_not_hide_the_files_name() -> None:
    path = Path("/home/somebody/.local/share/oncall-tui/of a rather long name of a seat/exports/handover-alice.md")
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.first.say_written(path)  # type: ignore[attr-defined]
        await pilot.pause()
        line = screen_lines(app)[-2]
        assert line.startswith(" written: …") and line.rstrip().endswith("/exports/handover-alice.md")
        await pilot.resize_terminal(120, 24)
        app.first.say_written(path)  # type: ignore[attr-defined]
        await pilot.pause()
        assert f"written: {path}" in screen_lines(app)[-2]


@pytest.mark.parametrize(("tabs", "form"), [(0, "md"), (1, "html"), (2, "json")])
async def test_exports_what_is_shown(tabs: int, form: str) -> None:
    app = app_of(edits=HandoverEdits(notes=("watch db-7",)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("w")
        await pilot.pause()
        assert isinstance(app.screen, ExportDialog)
        await pilot.press(*["tab"] * tabs, "enter")
        await pilot.pause()
        await pilot.pause()
        [asked] = app.asked(FileWanted)
        assert asked.name == f"handover-alice-2026-11-23-2000.{form}"
        assert f"written: {FILE}" in flat(app)
        if form == "md":
            assert asked.text.startswith(screen(app).document) and "ONCALL-TUI HANDOVER" in asked.text
        elif form == "html":
            assert asked.text.startswith("<!doctype html>") and "watch db-7" in asked.text
        else:
            told = json.loads(asked.text)
            assert told["counts"]["total"] == 4 and told["notes"] == ["watch db-7"]


async def test_an_export_that_cannot_be_written_is_said() -> None:
    class Full(ScreenApp):
        async def _on_message(self, message: Any) -> None:
            if isinstance(message, FileWanted):
                message.fail(QuestionFailed("cannot write exports/h.md: No space left on device"))
                return
            await super()._on_message(message)

    app = Full(HandoverScreen(), BOARD, answers={ShiftWanted: facts_of()})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("w", "enter")
        await pilot.pause()
        await pilot.pause()
        assert "No space left on device" in flat(app)


async def test_before_the_facts_are_here_nothing_can_be_done_to_them() -> None:
    class Silent(ScreenApp):
        async def _on_message(self, message: Any) -> None:
            if not isinstance(message, (ShiftWanted, ValueWanted)):
                await super()._on_message(message)

    app = Silent(HandoverScreen(), BOARD)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for key in ("e", "n", "i", "w", "D"):
            await pilot.press(key)
            await pilot.pause()
            assert app.screen is app.first and "the draft is not here yet" in flat(app)


def off_call(board: Board) -> str:
    return edits_key(board.shift.start, board.shift.end, on_call=board.shift.on_call)


async def test_what_was_written_for_the_next_seat_is_there_after_the_shift_has_ended() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.answers[EditsWanted] = HandoverEdits(notes=("watch the pool at 15:00",))
        later = sample_board(now=BOARD.shift.end + timedelta(minutes=5))
        assert not later.shift.on_call
        app.show(later)
        screen(app).facts_changed()
        await pilot.pause()
        assert screen(app).edits.notes == ("watch the pool at 15:00",)
        (asked,) = app.asked(EditsWanted)
        assert (asked.start, asked.end) == (later.shift.start, later.shift.end)


async def test_the_next_shift_begins_with_nothing_of_the_last() -> None:
    app = app_of(edits=HandoverEdits(notes=("old",)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert screen(app).edits.notes == ("old",)
        app.answers[ValueWanted] = None
        later = sample_board(now=BOARD.shift.end + timedelta(hours=1))
        app.show(later)
        screen(app).facts_changed()
        await pilot.pause()
        assert screen(app).edits == HandoverEdits()
        assert [one.name for one in app.asked(ValueWanted)] == [KEY, off_call(later)]


async def test_back() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await pilot.pause()
        assert app.results == [None]
