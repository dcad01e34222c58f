"""Cover a turn by keys: from, until, who; what changes is shown; what cannot be is said; a read-only seat cannot."""

from __future__ import annotations

import re
from typing import Any

import pytest

from screens.dialogs.cover import CoverDialog
from screens.dialogs.frame import Dialog
from screens.requests import ActionRequested
from tests.screens.test_schedule_screen import FACTS, NOW, SHIFTS, app_of, shift
from tests.support.ui import ALICE, BOB, CAPABILITIES, ScreenApp, sample_board, screen_text

ABLE = {**CAPABILITIES, "pager": CAPABILITIES["pager"] | {"override"}}
BOARD = sample_board(FACTS, now=NOW, capabilities=ABLE)
COVERED = tuple(
    shift(one.start, one.end, one.person, level=one.level, schedule=one.schedule, team=one.team, schedule_id=native)
    for one in SHIFTS
    if one.level == 1 and not one.is_override
    for native in ("PS1" if one.team == "Payments" else None,)
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def app(**more: Any) -> ScreenApp:
    return app_of(*COVERED, board=more.pop("board", BOARD), **more)


def flat(app: ScreenApp) -> str:
    """The words on the screen, without the frames of what lies under the dialog."""
    return " ".join(re.sub("[│╭╮╰╯─▌]", " ", screen_text(app)).split())


def sent(app: ScreenApp) -> ActionRequested:
    (one,) = app.asked(ActionRequested)
    assert isinstance(one, ActionRequested)
    return one


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_cover_for_me(size: tuple[int, int]) -> None:
    one = app()
    async with one.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("down", "c")
        await pilot.pause()
        assert isinstance(one.screen, CoverDialog)
        text = flat(one)
        assert "Cover Payments primary" in text and "2026-10-23 12:42" in text and "2026-10-26 08:00" in text
        await pilot.press(*"bob")
        assert "Fri 23 Oct 12:42 UTC to Mon 26 Oct 08:00 UTC: Bob Chen instead of Alice Martin" in flat(one)
        await pilot.press("shift+tab", *["backspace"] * 16, *"20:00")
        assert "Fri 23 Oct 12:42 UTC to Fri 23 Oct 20:00 UTC: Bob Chen instead of Alice Martin" in flat(one)
        await pilot.press("enter")
        await pilot.pause()
        request = sent(one)
        assert request.action_id == "cover" and [target.id for target in request.targets] == ["pager:PS1"]
        assert request.params == {
            "start": "2026-10-23T12:42:00Z",
            "end": "2026-10-23T20:00:00Z",
            "person": BOB.id,
            "person_name": "Bob Chen",
            "instead": ALICE.id,
            "instead_name": "Alice Martin",
        }


async def test_a_gap_is_filled_from_the_gap_itself() -> None:
    one = app()
    async with one.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("down", "down", "down", "c")
        await pilot.pause()
        assert "Mon 02 Nov 08:00 UTC to Tue 03 Nov 08:00 UTC: Alice Martin instead of nobody" in flat(one)
        await pilot.press("enter")
        await pilot.pause()
        assert sent(one).params["instead"] is None


async def test_what_cannot_be_is_said_and_nothing_is_sent() -> None:
    one = app()
    async with one.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("c")
        await pilot.pause()
        assert "choose a turn or a gap" in flat(one)
        await pilot.press("down", "c")
        await pilot.pause()
        await pilot.press("shift+tab", *["backspace"] * 16, *"yesterday", "enter")
        await pilot.pause()
        assert "not a time to come" in flat(one)
        await pilot.press(*["backspace"] * 9, *"2026-10-22 08:00", "enter")
        await pilot.pause()
        assert "that is over already" in flat(one)
        await pilot.press("tab", *"nobody at all", "enter")
        await pilot.pause()
        assert isinstance(one.screen, CoverDialog)
        await pilot.press("escape")
        await pilot.pause()
        assert "left undone" in flat(one) and not one.asked(ActionRequested)


async def test_the_one_on_call_cannot_stand_in_for_themselves() -> None:
    one = app()
    async with one.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("down", "c", *"alice", "enter")
        await pilot.pause()
        assert "Alice Martin is on call there then already" in flat(one) and not one.asked(ActionRequested)


async def test_a_schedule_that_takes_none_and_a_system_that_cannot_say_why() -> None:
    one = app()
    async with one.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("end", "c")
        await pilot.pause()
        assert "nobody can stand in on this schedule from here: do it in pager" in flat(one)
    unable = app(board=sample_board(FACTS, now=NOW))
    async with unable.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("down")
        await pilot.pause()
        assert "c Cover" not in flat(unable), "the key is not offered"
        await pilot.press("c")
        await pilot.pause()
        assert "pager (pagerduty) cannot cover a turn" in flat(unable) and not unable.asked(ActionRequested)
        await pilot.press("colon", *"cover")
        await pilot.pause()
        assert "cannot cover a turn" in flat(unable), "the palette says why"


async def test_a_read_only_seat_covers_nothing() -> None:
    one = app(board=sample_board(FACTS, now=NOW, capabilities=ABLE, read_only=True))
    async with one.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("down", "c")
        await pilot.pause()
        assert "read-only seat: nothing is sent" in flat(one) and not one.asked(ActionRequested)


async def test_it_is_not_sent_when_the_schedule_has_gone_meanwhile() -> None:
    one = app()
    async with one.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("down", "c", *"bob")
        one.first.schedule = None  # type: ignore[attr-defined]
        await pilot.press("enter")
        await pilot.pause()
        assert "gone since the key: Payments primary" in flat(one) and not one.asked(ActionRequested)
