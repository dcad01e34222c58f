"""A screen that is left before it was whole leaves no fault behind."""

from __future__ import annotations

import pytest
from textual.css.query import NoMatches
from textual.widget import Widget

from screens.handover import HandoverScreen
from screens.incident import IncidentScreen
from screens.outbox import OutboxScreen
from screens.sources import SourcesScreen
from tests.support.ui import ScreenApp, sample_board
from widgets.sturdy import Sturdy

MAKERS = {
    "incident": lambda: IncidentScreen("pager:Q1"),
    "handover": HandoverScreen,
    "outbox": OutboxScreen,
    "sources": SourcesScreen,
}


@pytest.mark.parametrize("name", MAKERS)
async def test_left_at_once_is_no_fault(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = ScreenApp(OutboxScreen(), sample_board())
    faults: list[Exception] = []
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        monkeypatch.setattr(app, "_handle_exception", faults.append)
        for _ in range(5):
            app.push_screen(MAKERS[name]())
            app.pop_screen()
            await pilot.pause()
    assert faults == []


class Part(Sturdy, Widget):
    """Looks for a part that it does not have."""

    def on_mount(self) -> None:
        self.query_one("#nowhere")


async def test_what_is_missing_on_a_screen_that_stays_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    app = ScreenApp(OutboxScreen(), sample_board())
    faults: list[Exception] = []
    async with app.run_test(size=(80, 24)) as pilot:
        monkeypatch.setattr(app, "_handle_exception", faults.append)
        await app.screen.mount(Part())
        await pilot.pause()
    assert [type(fault) for fault in faults] == [NoMatches]
