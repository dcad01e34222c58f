"""The handover before, read and accepted by keys; what is forgotten and what is muted, as lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.board import Board
from oncall_tui.handover import HandoverIncident, Kept, exported, read_handed
from oncall_tui.model import IncidentState
from oncall_tui.text import width
from screens.base import OncallScreen
from screens.dialogs.accept import AcceptDialog
from screens.dialogs.frame import Dialog
from screens.handed import HandedScreen
from screens.handover import HandoverScreen
from screens.inventory import ForgottenScreen, SilencesScreen
from screens.requests import ActionRequested, EditsWanted, FileWanted, ScreenRequested, ShiftWanted
from screens.shift_requests import AcceptWanted, ForgottenWanted, HandedFileWanted, HandoverKept, PreviousWanted
from tests.handover.test_handover import made
from tests.screens.test_handover_screen import FILE, facts_of
from tests.support.ui import (
    HOSTILE,
    NOW,
    ScreenApp,
    ago,
    incident,
    sample_board,
    sample_facts,
    screen_lines,
    screen_text,
    silence,
    with_incidents,
)

BOARD = sample_board()
HANDED = read_handed(exported(replace(made(facts_of()), user="bob@example.com"), "md").encode())
KEPT = Kept(name="handed:x", handed=HANDED, origin="sent", kept_at=NOW)
SIZES = ((80, 24), (120, 36))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def app_of(kept: Kept | None = KEPT, board: Board = BOARD) -> ScreenApp:
    answers: dict[Any, Any] = {
        PreviousWanted: kept,
        HandedFileWanted: HANDED,
        AcceptWanted: "accepted from bob@example.com: receipt as a note on 4 open incidents, and in the audit",
    }
    return ScreenApp(HandedScreen(), board, answers=answers)


def flat(app: ScreenApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_read_with_how_it_stands_now_and_accepted(size: tuple[int, int]) -> None:
    app = app_of()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = flat(app)
        assert "from bob@example.com" in text and "not accepted" in text
        assert "Now, of what was open" in text and "S1 triggered Checkout returns 503 pager:Q1" in text
        await pilot.press("a")
        await pilot.pause()
        assert isinstance(app.screen, AcceptDialog)
        assert "Take over from bob@example.com?" in flat(app) and "notes a note on 5 open incidents" in flat(app)
        await pilot.press("enter")
        await pilot.pause()
        (asked,) = app.asked(AcceptWanted)
        assert asked.handed is HANDED and asked.receipt == "notes"
        assert "receipt as a note on 4 open incidents" in flat(app)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_only_what_is_still_open_is_taken_over(size: tuple[int, int]) -> None:
    rows = [one.incident for one in BOARD.incidents]
    gone, *others = [one for one in rows if one.id in {open_.id for open_ in HANDED.document.open}]
    over = replace(gone, state=IncidentState.RESOLVED, resolved_at=ago(minutes=1))
    before = len(others)
    app = app_of(board=sample_board(with_incidents(over, *others[1:])))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("a")
        await pilot.pause()
        text = flat(app)
        assert f"{before - 1} open incident" in text, (before, text)
        assert f"a note on {before - 1} open" in text
        if size[0] >= 80:
            assert f"Resolved since it was written: {gone.title[:20]}" in text
            assert f"Not on the list here: {others[0].title[:20]}" in text


async def test_another_receipt_or_none_at_all() -> None:
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("a", "down", "enter")
        await pilot.pause()
        assert app.asked(AcceptWanted)[0].receipt == "none"
        await pilot.press("a", "escape")
        await pilot.pause()
        assert len(app.asked(AcceptWanted)) == 1 and "left undone" in flat(app)


async def test_a_file_is_only_shown_until_it_is_accepted() -> None:
    app = app_of(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "no handover from before this shift is kept here" in flat(app)
        await pilot.press("a")
        await pilot.pause()
        assert "there is no handover to accept" in flat(app)
        await pilot.press("f", *"~/h.md")
        await pilot.pause()
        assert "enter show it" in flat(app), "nothing is added"
        await pilot.press("enter")
        await pilot.pause()
        assert app.asked(HandedFileWanted)[0].path == "~/h.md"
        assert "read from a file" in flat(app) and not app.asked(AcceptWanted)
        await pilot.press("a", "enter")
        await pilot.pause()
        assert len(app.asked(AcceptWanted)) == 1


async def test_what_is_accepted_already_and_a_read_only_seat() -> None:
    done = app_of(replace(KEPT, accepted_at=ago(minutes=5), accepted_by="alice@example.com"))
    async with done.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "accepted 14:37 by alice@example.com" in flat(done)
        await pilot.press("a")
        await pilot.pause()
        assert "has accepted it already" in flat(done) and not done.asked(AcceptWanted)
    shadow = app_of(board=sample_board(read_only=True))
    async with shadow.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("a")
        await pilot.pause()
        assert "read-only seat" in flat(shadow) and not shadow.asked(AcceptWanted)


async def test_from_the_handovers_screen_and_what_is_exported_is_kept() -> None:
    answers: dict[Any, Any] = {ShiftWanted: facts_of(), FileWanted: FILE, EditsWanted: None}
    app = ScreenApp(HandoverScreen(), BOARD, answers=answers)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("p")
        await pilot.pause()
        assert [one.name for one in app.asked(ScreenRequested)] == ["handed"]
        await pilot.press("w", "enter")
        await pilot.pause()
        await pilot.pause()
        (one,) = app.asked(HandoverKept)
        assert one.origin == "exported" and one.handover.user == "alice@example.com"


# -- lists -----------------------------------------------------------------------------------------------------


def silent(native: str, hours: float, **fields: Any) -> HandoverIncident:
    one = incident(native, state=IncidentState.ACKNOWLEDGED, created_at=ago(hours=hours), **fields)
    return HandoverIncident(
        incident=one, acknowledged_after=None, resolved_after=None, last_note=None, last_touched=ago(hours=hours)
    )


@pytest.mark.parametrize("size", SIZES)
async def test_forgotten_ones_can_be_acted_on_and_opened(size: tuple[int, int]) -> None:
    rows = (silent("Q3", 9, title="Payment gateway latency"), silent("Q9", 5, title="Not on the board"))
    app = ScreenApp(ForgottenScreen(), BOARD, answers={ForgottenWanted: rows})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = flat(app)
        assert "2 acknowledged and silent for hours" in text and "SEV1 8h Payment gateway latency" in text
        await pilot.press("enter", "r")
        await pilot.pause()
        assert [(one.name, one.target) for one in app.asked(ScreenRequested)] == [("incident", "pager:Q3")]
        await pilot.press("y")
        await pilot.pause()
        assert [one.action_id for one in app.asked(ActionRequested)] == ["resolve"]
        await pilot.press("down", "r")
        await pilot.pause()
        assert "gone from the board: Not on the board" in flat(app)


async def test_nothing_forgotten_is_said() -> None:
    app = ScreenApp(ForgottenScreen(), BOARD, answers={ForgottenWanted: ()})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "nothing that is acknowledged is forgotten" in flat(app)


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_muted_by_whom_why_until_when_and_it_can_be_ended(size: tuple[int, int]) -> None:
    later = silence("s2", ends_at=NOW + timedelta(days=1), created_by="bob", comment="load test", state="pending")
    gone = silence("s3", state="expired")
    board = sample_board(replace(sample_facts(), silences=(later, gone, silence("s1"))))
    app = ScreenApp(SilencesScreen(), board)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = flat(app)
        assert "1 active · 1 planned" in text and '16:42 2h 00m alertname="DiskWillFill" alice' in text
        assert (
            "why resize under way" in text
            and "by alice" in text
            and "times 14:32 to 16:42 (2h 00m left), active" in text
        )
        await pilot.press("E", "y")
        await pilot.pause()
        (one,) = app.asked(ActionRequested)
        assert one.action_id == "expire_silence" and [target.id for target in one.targets] == ["alerts:s1"]


@pytest.mark.parametrize(
    ("left", "told"), [(83, "1h 23m"), (59, "59m"), (0.5, "<1m"), (3 * 1440 + 250, "3d 4h"), (-1, "<1m")]
)
async def test_how_long_it_is_muted_yet_is_told_as_everywhere(left: float, told: str) -> None:
    board = sample_board(replace(sample_facts(), silences=(silence(ends_at=NOW + timedelta(minutes=left)),)))
    app = ScreenApp(SilencesScreen(), board)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        row = next(line for line in screen_lines(app) if "DiskWillFill" in line)
        assert f" {told} " in row and f"({told} left)" in flat(app)


@pytest.mark.parametrize("name", ["silences", "forgotten"])
async def test_the_lists_are_in_the_palette_of_every_screen(name: str) -> None:
    app = ScreenApp(HandedScreen(), BOARD, answers={PreviousWanted: None})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("colon", *name, "enter")
        await pilot.pause()
        assert [one.name for one in app.asked(ScreenRequested)] == [name]


@pytest.mark.parametrize("which", ["handed", "forgotten", "silences"])
async def test_hostile_texts_at_every_size(which: str) -> None:
    facts = with_incidents(*(incident(f"H{n}", title=title) for n, title in enumerate(HOSTILE)))
    board = sample_board(
        replace(
            facts, silences=tuple(silence(f"s{n}", comment=text, matchers=(text,)) for n, text in enumerate(HOSTILE))
        )
    )
    screens: dict[str, OncallScreen[None]] = {
        "handed": HandedScreen(),
        "forgotten": ForgottenScreen(),
        "silences": SilencesScreen(),
    }
    rows = tuple(silent(f"H{n}", 9, title=title) for n, title in enumerate(HOSTILE))
    app = ScreenApp(screens[which], board, answers={PreviousWanted: KEPT, ForgottenWanted: rows})
    async with app.run_test(size=(120, 36)) as pilot:
        for size in ((120, 36), (80, 24), (60, 20), (40, 8), (20, 5), (1, 1), (200, 60)):
            await pilot.resize_terminal(*size)
            await pilot.press("j")
            lines = screen_lines(app)
            assert len(lines) == size[1] and all(width(line) <= size[0] for line in lines)
