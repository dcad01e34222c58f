"""Sending the handover from its screen: through which channel, to whom, as what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oncall_tui.board import Board, ChannelView
from oncall_tui.clock import iso
from oncall_tui.handover import HandoverEdits
from oncall_tui.model import Verb
from screens.dialogs.frame import Dialog
from screens.dialogs.send_handover import SendHandoverDialog
from screens.handover import HandoverScreen
from screens.requests import EditsWanted, ShiftWanted, TellRequested, ValueWanted
from tests.screens.dialog_bench import SIZES, assert_whole, bench, words
from tests.screens.test_handover_screen import facts_of
from tests.support.ui import HOSTILE, ScreenApp, sample_board, screen_lines, screen_text

CHAT = ChannelView(
    name="chat", kind="slack", capabilities=frozenset({"message", "room"}), place="#incidents", named_by="room"
)
MAIL = ChannelView(
    name="mail", kind="smtp", capabilities=frozenset({"message"}), named_by="to", subject=True, html=True
)
HOOK = ChannelView(name="hook", kind="webhook", capabilities=frozenset({"message"}), place="example.com", subject=True)
PAGE = ChannelView(name="page", kind="statuspage", capabilities=frozenset({"publish"}), place="everybody")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "HOLD_S", 0.0)


def app_of(*channels: ChannelView, **settings: Any) -> ScreenApp:
    answers = {ShiftWanted: facts_of(), ValueWanted: None, EditsWanted: HandoverEdits()}
    return ScreenApp(HandoverScreen(), sample_board(channels=channels, **settings), answers=answers)


def told(app: ScreenApp) -> TellRequested:
    (request,) = app.asked(TellRequested)
    assert isinstance(request, TellRequested)
    return request


def board_of(app: ScreenApp) -> Board:
    assert app.first_board is not None
    return app.first_board


async def test_it_is_sent_as_it_stands() -> None:
    app = app_of(CHAT, PAGE, MAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "s Send" in screen_lines(app)[-1]
        await pilot.press("s")
        await pilot.pause()
        assert isinstance(app.screen, SendHandoverDialog)
        assert [one.name for one in app.screen.channels] == ["chat", "mail"], "a status page takes no messages"
        assert "reaches #incidents, by chat (slack)" in words(app)
        await pilot.press("enter")
        await pilot.pause()
        document = app.first.document  # type: ignore[attr-defined]  # it is the handover's screen
    request = told(app)
    assert (request.verb, request.channel) == (Verb.MESSAGE, "chat")
    assert request.about == f"local:handover-{iso(board_of(app).shift.start)}"
    assert request.params["text"].startswith(document) and document.startswith("# ")
    assert request.params["html"] is None, "Slack shows no HTML: it is not kept"
    assert (request.params["room"], request.params["to"]) == (None, [])
    assert request.title.startswith("Handover alice@example.com 2026-11-23")


async def test_mail_gets_html_and_asks_for_whom() -> None:
    app = app_of(CHAT, MAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("s")
        await pilot.pause()
        await pilot.press("down", "enter")
        await pilot.pause()
        assert "mail: the config names nobody" in words(app) and not app.asked(TellRequested)
        await pilot.press(*"bob@example.com; eve@example.com", "enter")
        await pilot.pause()
    params = told(app).params
    assert params["html"].startswith("<!doctype html>") and params["to"] == ["bob@example.com", "eve@example.com"]
    assert params["subject"] == told(app).title


async def test_what_was_typed_for_one_channel_is_not_for_the_next() -> None:
    app = app_of(CHAT, MAIL, HOOK)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("s")
        await pilot.pause()
        await pilot.press(*"#other")
        await pilot.pause()
        assert "reaches #other, by chat (slack)" in words(app)
        await pilot.press("down")
        await pilot.pause()
        assert "reaches nobody yet, by mail (smtp)" in words(app)
        await pilot.press("down")
        await pilot.pause()
        assert "reaches example.com, by hook (webhook)" in words(app)
        await pilot.press("enter")
        await pilot.pause()
    assert told(app).channel == "hook" and told(app).params["room"] is None


@pytest.mark.parametrize(
    ("channels", "settings", "words_"),
    [
        ((), {}, "send: no channel is configured"),
        ((PAGE,), {}, "send: no channel that takes it is configured"),
        ((CHAT,), {"read_only": True}, "read-only seat: nothing is sent"),
    ],
)
async def test_where_it_cannot_be_sent_it_says_why(
    channels: tuple[ChannelView, ...], settings: dict[str, Any], words_: str
) -> None:
    app = app_of(*channels, **settings)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert ("s Send" in screen_lines(app)[-1]) is bool(settings)
        await pilot.press("s")
        await pilot.pause()
        assert isinstance(app.screen, HandoverScreen) and words_ in screen_text(app)


async def test_leaving_sends_nothing() -> None:
    app = app_of(CHAT)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("s")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert "send: left undone" in screen_text(app) and not app.asked(TellRequested)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["chat", *HOSTILE[:3]])
async def test_it_is_whole_at_every_size(size: tuple[int, int], name: str) -> None:
    many = tuple(replace(CHAT, name=f"{name}{number}", place=name) for number in range(12))
    app = bench(SendHandoverDialog("08:00 to 20:00: 120 words.", sample_board(channels=many)))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert_whole(app)
